/*
 * fit_stream.c: the second way of training, fit_generator: samples come from a function, for as long as anybody asks.
 *
 * Here a sensor is simulated: windows of a noisy wave, and the question is whether it is a sine, a square or a sawtooth. No sample is ever seen twice.
 * Two threads make batches while the model trains on those before.
 */
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <cornu/cornu.h>

enum { WINDOW = 64, BATCH = 64, SHAPES = 3 };

/* A number in [0, 1) that depends on where it stands in the stream, and on nothing else. */
static double noise(uint64_t place)
{
    uint64_t bits = (place + 1) * 0x9E3779B97F4A7C15u;
    bits = (bits ^ (bits >> 32)) * 0xD6E8FEB86659FD93u;
    bits ^= bits >> 32;
    return (double)(bits >> 11) / 0x1p53;
}

static double wave(int shape, double turns)
{
    double part = turns - floor(turns);
    if (shape == 0)
        return sin(2 * M_PI * part);
    return shape == 1 ? (part < 0.5 ? 1 : -1) : 2 * part - 1;
}

static void fill_window(uint64_t sample, int shape, float *window)
{
    uint64_t place = sample * (WINDOW + 2);
    double begin = noise(place), turns = 1 + 2 * noise(place + 1);
    for (int i = 0; i < WINDOW; i++)
        window[i] = (float)(wave(shape, begin + turns * i / WINDOW) + 1.5 * (noise(place + 2 + (uint64_t)i) - 0.5));
}

/* Makes batch number batch->number: several threads ask at once, and the order does not depend on who is first. */
static cornu_status make_batch(void *state, cornu_batch *batch)
{
    const uint64_t *first_sample = state;
    batch->x = cornu_array_zeros(CORNU_FLOAT32, 2, (int64_t[]){BATCH, WINDOW});
    batch->y = cornu_array_zeros(CORNU_INT32, 1, (int64_t[]){BATCH});
    if (!batch->x || !batch->y)
        return cornu_error_status();
    float *windows = cornu_array_data(batch->x);
    int32_t *shapes = cornu_array_data(batch->y);
    for (uint64_t i = 0; i < BATCH; i++) {
        uint64_t sample = *first_sample + (uint64_t)batch->number * BATCH + i;
        shapes[i] = (int32_t)(sample % SHAPES);
        fill_window(sample, shapes[i], windows + i * WINDOW);
    }
    return CORNU_OK;
}

static cornu_model *make_model(void)
{
    cornu_model *model = cornu_sequential(.name = "waves", .seed = 3);
    cornu_add(model, cornu_dense(64, .activation = "relu", .input_shape = {WINDOW}));
    cornu_add(model, cornu_dense(32, .activation = "relu"));
    cornu_add(model, cornu_dense(SHAPES, .activation = "softmax"));
    cornu_compile(model, .optimizer = cornu_adam(.learning_rate = 2e-3), .loss = "sparse_categorical_crossentropy",
                  .metrics = {"accuracy"});
    return model;
}

static bool train(cornu_model *model)
{
    uint64_t from_here = 0, from_there = UINT64_C(1) << 40;
    cornu_generator *stream = cornu_generator_create(.next = make_batch, .state = &from_here, .thread_safe = true);
    cornu_generator *other = cornu_generator_create(.next = make_batch, .state = &from_there, .thread_safe = true);
    cornu_history *history =
        cornu_fit_generator(model, stream, .steps_per_epoch = 100, .epochs = 10, .workers = 2, .max_queue_size = 10,
                            .validation_data = {.generator = other}, .validation_steps = 20, .verbose = 2);
    bool trained = history != NULL;
    if (trained)
        printf("accuracy on waves never seen: %.4f\n", cornu_history_get(history, "val_accuracy", -1));
    cornu_history_release(history);
    cornu_generator_release(stream);
    cornu_generator_release(other);
    return trained;
}

int main(void)
{
    cornu_model *model = make_model();
    bool done = train(model);
    if (!done)
        fprintf(stderr, "fit_stream: %s\n", cornu_error_message());
    cornu_model_release(model);
    return done ? 0 : 1;
}
