/*
 * bench_waiting.c: how much of a training is lost to waiting for pictures.
 *
 *     bench_waiting --data FOLDER [--workers N] [--epochs N] [--size N]
 *
 * A small CNN on one thread is trained by a folder of pictures with augmentation, made by N workers (1). Prints one JSON line: of the last epoch the seconds, the share of them that
 * was waited (goal: below 0.05 where a worker prepares as fast as the model trains) and its parts by stage; and the seconds of a pass over the batches alone, by which one sees whether
 * the worker could keep up.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cornu/cornu.h>

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static void die(const char *what)
{
    fprintf(stderr, "bench_waiting: %s: %s\n", what, cornu_error_message());
    exit(1);
}

static cornu_model *small_cnn(int size, int classes)
{
    cornu_model *model = cornu_sequential(.seed = 1);
    cornu_add(model, cornu_conv2d(32, 3, .activation = "relu", .input_shape = {size, size, 3}));
    cornu_add(model, cornu_max_pooling2d(2));
    cornu_add(model, cornu_conv2d(64, 3, .activation = "relu"));
    cornu_add(model, cornu_max_pooling2d(2));
    cornu_add(model, cornu_flatten());
    cornu_add(model, cornu_dense(64, .activation = "relu"));
    cornu_add(model, cornu_dense(classes, .activation = "softmax"));
    if (cornu_compile(model, .optimizer = "adam", .loss = "categorical_crossentropy", .threads = 1) != CORNU_OK)
        die("compile");
    return model;
}

/* Seconds that making all batches once takes in this thread. */
static double time_batches(cornu_sequence *pictures)
{
    double begin = now();
    for (int64_t i = 0; i < cornu_sequence_length(pictures); i++) {
        cornu_batch batch = {0};
        if (cornu_sequence_get(pictures, i, &batch) != CORNU_OK)
            die("batch");
        cornu_batch_clear(&batch);
    }
    return now() - begin;
}

static void report(const cornu_history *history, double alone, int workers)
{
    cornu_waiting waiting;
    if (cornu_history_waiting(history, cornu_history_epoch_count(history) - 1, &waiting) != CORNU_OK)
        die("waiting");
    printf("{\"case\": \"waiting\", \"workers\": %d, \"epoch_s\": %.4f, \"batches_alone_s\": %.4f, \"waited\": %.4f",
           workers, waiting.seconds, alone, waiting.waited / waiting.seconds);
    for (int i = 0; i < CORNU_STAGE_COUNT; i++)
        printf(", \"%s\": %.4f", cornu_stage_name((cornu_stage)i), waiting.stages[i] / waiting.seconds);
    printf("}\n");
}

int main(int argc, char **argv)
{
    const char *folder = NULL;
    int workers = 1, epochs = 3, size = 64;
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--data") == 0)
            folder = argv[i + 1];
        else if (strcmp(argv[i], "--workers") == 0)
            workers = atoi(argv[i + 1]);
        else if (strcmp(argv[i], "--epochs") == 0)
            epochs = atoi(argv[i + 1]);
        else if (strcmp(argv[i], "--size") == 0)
            size = atoi(argv[i + 1]);
    }
    if (!folder || workers < 0 || epochs < 1 || size < 16) {
        fprintf(stderr, "Usage: bench_waiting --data FOLDER [--workers N] [--epochs N] [--size N (from 16)]\n");
        return 2;
    }
    cornu_image_data_generator *augment =
        cornu_image_data_generator_create(.rescale = 1.0 / 255, .rotation_range = 20, .width_shift_range = 0.1,
                                          .height_shift_range = 0.1, .shear_range = 10,
                                          .zoom_range = cornu_range(0.8, 1.2), .horizontal_flip = true);
    cornu_sequence *pictures =
        cornu_flow_from_directory(augment, folder, .target_size = cornu_pair(size, size), .interpolation = "bilinear");
    if (!pictures)
        die("pictures");
    cornu_model *model = small_cnn(size, cornu_flow_num_classes(pictures));
    double alone = time_batches(pictures);
    cornu_history *history = cornu_fit_generator(model, pictures, .epochs = epochs, .workers = workers, .verbose = 0);
    if (!history)
        die("fit_generator");
    report(history, alone, workers);
    cornu_history_release(history);
    cornu_model_release(model);
    cornu_sequence_release(pictures);
    cornu_image_data_generator_release(augment);
    return 0;
}
