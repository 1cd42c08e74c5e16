/*
 * bench_augmentation_training.c: what augmentation is worth: one training of a tutorial's network on a folder of pictures, with or without it.
 *
 *     bench_augmentation_training --task cats_and_dogs|cifar10 --folder FOLDER --log FILE.csv [--augment] [--seed N] [--epochs N] [--threads N] [--workers N]
 *
 * FOLDER holds train/ and validation/ (cats_and_dogs) or train/ and test/ (cifar10), each with one sub-folder for each class. The log is CSVLogger's: a line for each epoch. The seed is
 * that of the first weights, of dropout, of the order of the samples and of what is drawn for them. bench/augmentation_training.py runs all that docs/augmentation.md reports.
 *
 * cats_and_dogs: the small network of "Building powerful image classification models using very little data" (the Keras blog, 2016), and its changes:
 * rotation 40, shifts 0.2, shear 0.2, zoom 0.2, horizontal flip. Its shear was in radians then; 0.2 is degrees here, as in Keras since 2.0, hence next to nothing.
 *
 * cifar10: the network of Keras's example cifar10_cnn with half of its filters and units and only the last of its dropouts, so that it is soon trained, and its changes: shifts
 * 0.1, horizontal flip.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cornu/cornu.h>

typedef struct settings {
    const char *task, *folder, *log;
    bool augment;
    uint64_t seed;
    int epochs, threads, workers;
} settings;

typedef struct training_task {
    const char *name, *validation;
    int size, batch_size;
    const char *class_mode, *interpolation;
    cornu_model *(*make)(const settings *options);
    cornu_image_data_generator *(*augment)(uint64_t seed);
} training_task;

/* --- Cats and dogs --- */

static cornu_model *make_cats_and_dogs(const settings *options)
{
    cornu_model *model = cornu_sequential(.name = "cats_and_dogs", .seed = options->seed);
    cornu_add(model, cornu_conv2d(32, 3, .activation = "relu", .input_shape = {150, 150, 3}));
    cornu_add(model, cornu_max_pooling2d(2));
    cornu_add(model, cornu_conv2d(32, 3, .activation = "relu"));
    cornu_add(model, cornu_max_pooling2d(2));
    cornu_add(model, cornu_conv2d(64, 3, .activation = "relu"));
    cornu_add(model, cornu_max_pooling2d(2));
    cornu_add(model, cornu_flatten());
    cornu_add(model, cornu_dense(64, .activation = "relu"));
    cornu_add(model, cornu_dropout(0.5));
    cornu_add(model, cornu_dense(1, .activation = "sigmoid"));
    cornu_compile(model, .optimizer = cornu_rmsprop(.learning_rate = 1e-3), .loss = "binary_crossentropy",
                  .metrics = {"accuracy"}, .threads = options->threads);
    return model;
}

static cornu_image_data_generator *augment_cats_and_dogs(uint64_t seed)
{
    return cornu_image_data_generator_create(.rescale = 1.0 / 255, .rotation_range = 40, .width_shift_range = {0.2},
                                             .height_shift_range = {0.2}, .shear_range = 0.2, .zoom_range = {0.2},
                                             .horizontal_flip = true, .seed = seed);
}

/* --- CIFAR-10 --- */

static cornu_model *make_cifar10(const settings *options)
{
    cornu_model *model = cornu_sequential(.name = "cifar10", .seed = options->seed);
    cornu_add(model, cornu_conv2d(16, 3, .padding = "same", .activation = "relu", .input_shape = {32, 32, 3}));
    cornu_add(model, cornu_conv2d(16, 3, .activation = "relu"));
    cornu_add(model, cornu_max_pooling2d(2));
    cornu_add(model, cornu_conv2d(32, 3, .padding = "same", .activation = "relu"));
    cornu_add(model, cornu_conv2d(32, 3, .activation = "relu"));
    cornu_add(model, cornu_max_pooling2d(2));
    cornu_add(model, cornu_flatten());
    cornu_add(model, cornu_dense(256, .activation = "relu"));
    cornu_add(model, cornu_dropout(0.5));
    cornu_add(model, cornu_dense(10, .activation = "softmax"));
    cornu_compile(model, .optimizer = cornu_rmsprop(.learning_rate = 1e-3), .loss = "categorical_crossentropy",
                  .metrics = {"accuracy"}, .threads = options->threads);
    return model;
}

static cornu_image_data_generator *augment_cifar10(uint64_t seed)
{
    return cornu_image_data_generator_create(.rescale = 1.0 / 255, .width_shift_range = {0.1},
                                             .height_shift_range = {0.1}, .horizontal_flip = true, .seed = seed);
}

static const training_task tasks[] = {
    {"cats_and_dogs", "validation", 150, 16, "binary", "bilinear", make_cats_and_dogs, augment_cats_and_dogs},
    {"cifar10", "test", 32, 32, "categorical", "nearest", make_cifar10, augment_cifar10},
};

/* --- The training --- */

static cornu_sequence *open_folder(const settings *options, const training_task *task,
                                   cornu_image_data_generator *generator, const char *name, bool shuffle)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", options->folder, name);
    return cornu_flow_from_directory(generator, path, .target_size = cornu_pair(task->size, task->size),
                                     .batch_size = task->batch_size, .class_mode = task->class_mode,
                                     .interpolation = task->interpolation, .shuffle = shuffle);
}

static bool train(const settings *options, const training_task *task, cornu_sequence *training,
                  cornu_sequence *validation)
{
    cornu_model *model = task->make(options);
    cornu_history *history = cornu_fit_generator(
        model, training, .epochs = options->epochs, .workers = options->workers,
        .validation_data = {.generator = validation}, .verbose = 2, .callbacks = {cornu_csv_logger(options->log)});
    bool trained = history != NULL;
    cornu_history_release(history);
    cornu_model_release(model);
    return trained;
}

static int run(const settings *options, const training_task *task)
{
    cornu_image_data_generator *plain = cornu_image_data_generator_create(.rescale = 1.0 / 255, .seed = options->seed);
    cornu_image_data_generator *changing =
        options->augment ? task->augment(options->seed) : cornu_image_data_generator_retain(plain);
    cornu_sequence *training = open_folder(options, task, changing, "train", true);
    cornu_sequence *validation = training ? open_folder(options, task, plain, task->validation, false) : NULL;
    bool trained = validation && train(options, task, training, validation);
    if (!trained)
        fprintf(stderr, "bench_augmentation_training: %s\n", cornu_error_message());
    cornu_sequence_release(training);
    cornu_sequence_release(validation);
    cornu_image_data_generator_release(changing);
    cornu_image_data_generator_release(plain);
    return trained ? 0 : 1;
}

static bool read_arguments(int argc, char **argv, settings *options)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--augment") == 0) {
            options->augment = true;
            continue;
        }
        if (i + 1 == argc)
            return false;
        const char *name = argv[i], *value = argv[++i];
        if (strcmp(name, "--task") == 0)
            options->task = value;
        else if (strcmp(name, "--folder") == 0)
            options->folder = value;
        else if (strcmp(name, "--log") == 0)
            options->log = value;
        else if (strcmp(name, "--seed") == 0)
            options->seed = strtoull(value, NULL, 10);
        else if (strcmp(name, "--epochs") == 0)
            options->epochs = atoi(value);
        else if (strcmp(name, "--threads") == 0)
            options->threads = atoi(value);
        else if (strcmp(name, "--workers") == 0)
            options->workers = atoi(value);
        else
            return false;
    }
    return options->task && options->folder && options->log;
}

int main(int argc, char **argv)
{
    settings options = {.epochs = 30, .threads = 1};
    if (read_arguments(argc, argv, &options))
        for (size_t i = 0; i < sizeof tasks / sizeof *tasks; i++)
            if (strcmp(options.task, tasks[i].name) == 0)
                return run(&options, &tasks[i]);
    fprintf(stderr, "Usage: bench_augmentation_training --task cats_and_dogs|cifar10 --folder FOLDER --log FILE.csv "
                    "[--augment] [--seed N] "
                    "[--epochs N] [--threads N] [--workers N]\n");
    return 2;
}
