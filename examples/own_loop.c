/*
 * own_loop.c: the third way of training, train_on_batch: the program holds the loop.
 *
 *     own_loop [share/digits.npz]
 *
 * What no argument of fit says is written down here: a batch on which the model was much worse than usual is trained on a second time.
 */
#include <stdbool.h>
#include <stdio.h>

#include <cornu/cornu.h>

enum { BATCH = 32, EPOCHS = 15, HELD_OUT = 360 };

static cornu_model *make_model(void)
{
    cornu_model *model = cornu_sequential(.name = "digits", .seed = 1);
    cornu_add(model, cornu_rescaling(1.0 / 16, .input_shape = {8, 8}));
    cornu_add(model, cornu_flatten());
    cornu_add(model, cornu_dense(64, .activation = "relu"));
    cornu_add(model, cornu_dense(10, .activation = "softmax"));
    cornu_compile(model, .optimizer = "adam", .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"});
    return model;
}

/* One update on rows begin .. begin + BATCH - 1, and another if the loss is over `limit`. *again counts those. */
static bool train_on_rows(cornu_model *model, cornu_array *x, cornu_array *y, int64_t begin, double limit, double *loss,
                          int *again)
{
    cornu_array *batch_x = cornu_array_rows(x, begin, begin + BATCH),
                *batch_y = cornu_array_rows(y, begin, begin + BATCH);
    cornu_logs logs;
    bool trained = cornu_train_on_batch(model, batch_x, batch_y, &logs) == CORNU_OK;
    *loss = trained ? cornu_logs_get(&logs, "loss") : 0;
    if (trained && *loss > limit) {
        trained = cornu_train_on_batch(model, batch_x, batch_y, NULL) == CORNU_OK;
        ++*again;
    }
    cornu_array_release(batch_x);
    cornu_array_release(batch_y);
    return trained;
}

static bool train(cornu_model *model, cornu_array *x, cornu_array *y, cornu_array *test_x, cornu_array *test_y)
{
    double usual = 3; /* the running mean of the loss */
    for (int epoch = 0; epoch < EPOCHS; epoch++) {
        int again = 0;
        for (int64_t begin = 0; begin + BATCH <= cornu_array_size(x, 0); begin += BATCH) {
            double loss;
            if (!train_on_rows(model, x, y, begin, 2 * usual, &loss, &again))
                return false;
            usual = 0.95 * usual + 0.05 * loss;
        }
        cornu_logs results;
        if (cornu_test_on_batch(model, test_x, test_y, &results) != CORNU_OK)
            return false;
        printf("epoch %2d: loss %.4f, trained again on %d batches, test accuracy: %.4f\n", epoch + 1, usual, again,
               cornu_logs_get(&results, "accuracy"));
    }
    return true;
}

int main(int argc, char **argv)
{
    cornu_array *all = cornu_load_npz(argc > 1 ? argv[1] : "share/digits.npz");
    cornu_array *x = all ? cornu_array_item_named(all, "x") : NULL, *y = all ? cornu_array_item_named(all, "y") : NULL;
    bool done = false;
    if (x && y) {
        int64_t count = cornu_array_size(x, 0), border = count - HELD_OUT;
        cornu_array *train_x = cornu_array_rows(x, 0, border), *train_y = cornu_array_rows(y, 0, border);
        cornu_array *test_x = cornu_array_rows(x, border, count), *test_y = cornu_array_rows(y, border, count);
        cornu_model *model = make_model();
        done = train(model, train_x, train_y, test_x, test_y);
        cornu_model_release(model);
        cornu_array_release(train_x);
        cornu_array_release(train_y);
        cornu_array_release(test_x);
        cornu_array_release(test_y);
    }
    if (!done)
        fprintf(stderr, "own_loop: %s\n", cornu_error_message());
    cornu_array_release(all);
    return done ? 0 : 1;
}
