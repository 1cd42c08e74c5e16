/*
 * fit_arrays.c: the first way of training, fit: all samples lie in memory.
 *
 *     fit_arrays [share/digits.npz]
 *
 * Trains on pictures of digits until they are no longer learned better, measures, and asks the model for its opinion of one picture.
 */
#include <stdbool.h>
#include <stdio.h>

#include <cornu/cornu.h>

#define HELD_OUT 360 /* pictures at the end, by other writers */

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

static bool train(cornu_model *model, cornu_array *x, cornu_array *y)
{
    cornu_history *history =
        cornu_fit(model, x, y, .batch_size = 32, .epochs = 60, .validation_split = 0.1, .verbose = 2,
                  .callbacks = {cornu_early_stopping(.patience = 5, .restore_best_weights = true)});
    bool trained = history != NULL;
    cornu_history_release(history);
    return trained;
}

static bool measure(cornu_model *model, cornu_array *x, cornu_array *y)
{
    cornu_logs results;
    if (cornu_evaluate(model, x, y, &results, .verbose = 0) != CORNU_OK)
        return false;
    printf("test accuracy: %.4f\n", cornu_logs_get(&results, "accuracy"));
    return true;
}

static bool ask(cornu_model *model, cornu_array *x)
{
    cornu_array *first = cornu_array_rows(x, 0, 1), *shares = cornu_predict(model, first);
    int64_t best = 0;
    for (int64_t digit = 1; shares && digit < 10; digit++)
        best = cornu_array_get(shares, digit) > cornu_array_get(shares, best) ? digit : best;
    if (shares)
        printf("the first test picture is a %d, by %.0f %%\n", (int)best, 100 * cornu_array_get(shares, best));
    bool answered = shares != NULL;
    cornu_array_release(shares);
    cornu_array_release(first);
    return answered;
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
        done = train(model, train_x, train_y) && measure(model, test_x, test_y) && ask(model, test_x);
        cornu_model_release(model);
        cornu_array_release(train_x);
        cornu_array_release(train_y);
        cornu_array_release(test_x);
        cornu_array_release(test_y);
    }
    if (!done)
        fprintf(stderr, "fit_arrays: %s\n", cornu_error_message());
    cornu_array_release(all);
    return done ? 0 : 1;
}
