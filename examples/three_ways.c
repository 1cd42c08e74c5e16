/*
 * three_ways.c: the three ways of training that Keras has, on one small regression, and that they do the same.
 *
 *   fit             the data lie in memory
 *   fit_generator   the data come from a function, made ready by other threads while the model trains
 *   train_on_batch  the program holds the loop
 *
 * With one seed and one order of the batches, all three give the same weights to the last bit: their SHA-256 is printed.
 */
#include <stdio.h>
#include <string.h>

#include <cornu/cornu.h>

enum { SAMPLES = 256, FEATURES = 4, BATCH = 32, EPOCHS = 5 };

static float x_values[SAMPLES][FEATURES], y_values[SAMPLES][1];

static void make_data(void)
{
    unsigned bits = 12345;
    for (int n = 0; n < SAMPLES; n++) {
        for (int i = 0; i < FEATURES; i++) {
            bits = bits * 1664525u + 1013904223u;
            x_values[n][i] = (float)(bits >> 8) / 0x1p24F;
        }
        y_values[n][0] = 3 * x_values[n][0] - 2 * x_values[n][1] + x_values[n][2] * x_values[n][3];
    }
}

static cornu_array *view(float *values, int64_t rows, int64_t columns)
{
    return cornu_array_view(CORNU_FLOAT32, 2, (int64_t[]){rows, columns}, values);
}

static cornu_model *make_model(void)
{
    cornu_model *model = cornu_sequential(.name = "regression", .seed = 7);
    cornu_add(model, cornu_dense(16, .activation = "tanh", .input_shape = {FEATURES}));
    cornu_add(model, cornu_dense(1));
    cornu_compile(model, .optimizer = cornu_adam(.learning_rate = 0.01), .loss = "mse", .metrics = {"mae"});
    return model;
}

/* The data lie in memory. */
static int by_fit(cornu_model *model)
{
    cornu_array *x = view(x_values[0], SAMPLES, FEATURES), *y = view(y_values[0], SAMPLES, 1);
    cornu_history *history =
        cornu_fit(model, x, y, .batch_size = BATCH, .epochs = EPOCHS, .shuffle = false, .verbose = 2);
    cornu_array_release(x);
    cornu_array_release(y);
    int trained = history != NULL;
    cornu_history_release(history);
    return trained;
}

/* A generator: the next batch, for ever. In real life it reads a file, a camera, a simulation. */
static cornu_status next_batch(void *state, cornu_batch *batch)
{
    int *row = state;
    batch->x = view(x_values[*row], BATCH, FEATURES);
    batch->y = view(y_values[*row], BATCH, 1);
    *row = (*row + BATCH) % SAMPLES;
    return batch->x && batch->y ? CORNU_OK : cornu_error_status();
}

static int by_fit_generator(cornu_model *model)
{
    int row = 0;
    cornu_generator *generator = cornu_generator_create(.next = next_batch, .state = &row);
    cornu_history *history = cornu_fit_generator(model, generator, .steps_per_epoch = SAMPLES / BATCH, .epochs = EPOCHS,
                                                 .workers = 2, .verbose = 0);
    int trained = history != NULL;
    cornu_generator_release(generator);
    cornu_history_release(history);
    return trained;
}

/* The program holds the loop: for what does not fit the others. */
static int by_train_on_batch(cornu_model *model)
{
    cornu_logs logs;
    for (int step = 0; step < EPOCHS * SAMPLES / BATCH; step++) {
        int row = step * BATCH % SAMPLES;
        cornu_array *x = view(x_values[row], BATCH, FEATURES), *y = view(y_values[row], BATCH, 1);
        cornu_status status = cornu_train_on_batch(model, x, y, &logs);
        cornu_array_release(x);
        cornu_array_release(y);
        if (status != CORNU_OK)
            return 0;
    }
    printf("train_on_batch: last loss %.6f, mean absolute error %.6f\n", logs.values[0], cornu_logs_get(&logs, "mae"));
    return 1;
}

int main(void)
{
    static int (*const ways[])(cornu_model *) = {by_fit, by_fit_generator, by_train_on_batch};
    static const char *const names[] = {"fit", "fit_generator", "train_on_batch"};
    char first[CORNU_SHA256_TEXT_SIZE], text[CORNU_SHA256_TEXT_SIZE];
    make_data();
    for (int way = 0; way < 3; way++) {
        cornu_model *model = make_model();
        int done = ways[way](model) && cornu_weights_sha256(model, text) == CORNU_OK;
        cornu_model_release(model);
        if (!done) {
            fprintf(stderr, "three_ways: %s: %s\n", names[way], cornu_error_message());
            return 1;
        }
        printf("%-14s  %s\n", names[way], text);
        if (way == 0)
            memcpy(first, text, sizeof first);
        if (strcmp(first, text) != 0) {
            fprintf(stderr, "three_ways: %s gave other weights than fit\n", names[way]);
            return 1;
        }
    }
    return 0;
}
