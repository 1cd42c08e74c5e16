/*
 * larger_than_memory.c: a model is trained on files that may not be in memory at once.
 *
 *     larger_than_memory
 *
 * Writes a measured signal (two waves, and noise) into eight .npy files, forbids itself to bring more than half of them into memory, and
 * trains a model to foretell the next number from the 32 before: the files are a dataset behind one another, windows over its rows another, and the
 * first four fifths of these a third. Samples are read while the model trains.
 */
#include <cornu/cornu.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define SHARDS 8
#define ROWS 20000 /* in each file */
#define WINDOW 32
#define VARIANCE (0.5 + 0.125 + 0.01 / 3) /* of two sines and the noise */

/* A number between -1 and 1 that depends on `step` alone. */
static float noise(unsigned step)
{
    step = (step ^ step >> 16) * 0x45d9f3bu;
    step = (step ^ step >> 16) * 0x45d9f3bu;
    return (float)((step ^ step >> 16) & 0xffff) / 32768.0f - 1;
}

static int write_shard(int shard, const char *path)
{
    cornu_array *signal = cornu_array_zeros(CORNU_FLOAT32, 1, (int64_t[]){ROWS});
    float *value = signal ? cornu_array_float32(signal) : NULL;
    for (int i = 0; value && i < ROWS; i++) {
        unsigned step = (unsigned)(shard * ROWS + i);
        value[i] = sinf(0.15f * (float)step) + 0.5f * sinf(0.61f * (float)step) + 0.1f * noise(step);
    }
    cornu_status status = signal ? cornu_save_npy(path, signal) : CORNU_ERROR_OUT_OF_MEMORY;
    cornu_array_release(signal);
    return status == CORNU_OK;
}

/* The files as one dataset with the field "signal". */
static cornu_dataset *open_signal(void)
{
    cornu_dataset *shards[SHARDS] = {NULL};
    int opened = 0;
    for (char path[32]; opened < SHARDS; opened++) {
        snprintf(path, sizeof path, "signal_%d.npy", opened);
        if (!write_shard(opened, path) || !(shards[opened] = cornu_npy_dataset(path, .field = "signal")))
            break;
    }
    cornu_dataset *signal = opened == SHARDS ? cornu_dataset_concatenate(SHARDS, shards) : NULL;
    for (int i = 0; i < opened; i++)
        cornu_dataset_release(shards[i]); /* the whole keeps them */
    return signal;
}

static int train(cornu_dataset *windows)
{
    int64_t count = cornu_dataset_count(windows), split = count / 5 * 4;
    cornu_dataset *before = cornu_dataset_slice(windows, 0, split), *after = cornu_dataset_slice(windows, split, count);
    cornu_sequence *training =
        cornu_dataset_sequence(before, .x = cornu_names("signal"), .y = cornu_names("signal_target"), .batch_size = 64);
    cornu_sequence *test = cornu_dataset_sequence(after, .x = cornu_names("signal"), .y = cornu_names("signal_target"),
                                                  .batch_size = 512, .shuffle = false);
    cornu_model *model = cornu_sequential(.seed = 1);
    cornu_add(model, cornu_dense(16, .activation = "relu", .input_shape = {WINDOW}));
    cornu_add(model, cornu_dense(1));
    cornu_status status = cornu_compile(model, .optimizer = "adam", .loss = "mse");
    cornu_logs results;
    if (training && test && status == CORNU_OK) {
        cornu_history *history = cornu_fit_generator(model, training, .epochs = 2, .workers = 2, .verbose = 2);
        status = history ? cornu_evaluate_generator(model, test, &results) : cornu_error_status();
        if (history && status == CORNU_OK)
            printf("foretold: %.1f %% of the signal's variance\n",
                   100 * (1 - cornu_logs_get(&results, "loss") / VARIANCE));
        cornu_history_release(history);
    }
    cornu_model_release(model);
    cornu_sequence_release(training);
    cornu_sequence_release(test);
    cornu_dataset_release(before);
    cornu_dataset_release(after);
    return training && test && status == CORNU_OK;
}

int main(void)
{
    setenv("CORNU_MAX_READ_BYTES", "320000", 1);
    cornu_dataset *signal = open_signal();
    cornu_array *whole = signal ? cornu_dataset_load(signal, 0, CORNU_NONE) : NULL;
    if (!whole && signal)
        printf("not into memory: %s\n", cornu_error_message());
    cornu_dataset *windows = signal ? cornu_windows_dataset(signal, WINDOW, .windows = cornu_names("signal"),
                                                            .targets = cornu_names("signal"))
                                    : NULL;
    int right = windows && !whole && train(windows);
    if (!right)
        fprintf(stderr, "%s\n", cornu_error_message());
    cornu_array_release(whole);
    cornu_dataset_release(windows);
    cornu_dataset_release(signal);
    return right ? 0 : 1;
}
