/*
 * image_dataset.c: as Keras 3 trains on a folder of pictures: image_dataset_from_directory, and layers that change the pictures as steps of a pipeline.
 *
 *     image_dataset FOLDER [--size 64] [--epochs N] [--workers N]
 *
 * FOLDER has one sub-folder for each class. A fifth of the files is held out: the same pipeline stands behind them, with training off, so that they are
 * only rescaled. MixUp mixes pictures and their labels, so the labels are one-hot rows. The last line is `validation accuracy: ` and the value.
 */
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cornu/cornu.h>

typedef struct settings {
    const char *folder;
    int size, epochs, workers;
} settings;

static cornu_augmentation *make_augmentation(void)
{
    return cornu_augmentation_create(.steps = {cornu_random_rotation(0.03, .fill_mode = "nearest"),
                                               cornu_random_zoom(0.1, .fill_mode = "nearest"),
                                               cornu_random_translation(0.1, 0.1, .fill_mode = "nearest"),
                                               cornu_random_contrast(0.2), cornu_random_brightness(0.1),
                                               cornu_mix_up(.alpha = 0.2), cornu_rescaling(1.0 / 255)});
}

static cornu_sequence *open_folder(const settings *options, cornu_augmentation *augment, const char *subset)
{
    bool training = strcmp(subset, "training") == 0;
    return cornu_image_dataset_from_directory(options->folder, .label_mode = "categorical",
                                              .image_size = cornu_pair(options->size, options->size),
                                              .validation_split = 0.2, .subset = subset, .seed = 1, .augment = augment,
                                              .training = training, .bad_files = "skip");
}

static cornu_model *make_model(int size, int classes)
{
    cornu_model *model = cornu_sequential(.name = "pictures");
    cornu_add(model, cornu_conv2d(32, 3, .padding = "same", .activation = "relu", .input_shape = {size, size, 3}));
    cornu_add(model, cornu_max_pooling2d(2));
    cornu_add(model, cornu_conv2d(64, 3, .padding = "same", .activation = "relu"));
    cornu_add(model, cornu_global_average_pooling2d());
    cornu_add(model, cornu_dense(classes, .activation = "softmax"));
    cornu_compile(model, .optimizer = cornu_adam(.learning_rate = 5e-3), .loss = "categorical_crossentropy",
                  .metrics = {"accuracy"});
    return model;
}

static cornu_history *train(const settings *options, cornu_sequence *training, cornu_sequence *validation)
{
    printf("%lld files for training, %lld for validation, of %d classes\n", (long long)cornu_flow_samples(training),
           (long long)cornu_flow_samples(validation), cornu_flow_num_classes(training));
    cornu_model *model = make_model(options->size, cornu_flow_num_classes(training));
    cornu_history *history =
        cornu_fit_generator(model, training, .epochs = options->epochs, .workers = options->workers,
                            .validation_data = {.generator = validation}, .verbose = 2);
    cornu_model_release(model);
    return history;
}

static int run(const settings *options)
{
    cornu_augmentation *augment = make_augmentation();
    cornu_sequence *training = augment ? open_folder(options, augment, "training") : NULL;
    cornu_sequence *validation = training ? open_folder(options, augment, "validation") : NULL;
    cornu_history *history = validation ? train(options, training, validation) : NULL;
    int64_t epochs;
    if (history)
        printf("validation accuracy: %.4f\n", cornu_history_values(history, "val_accuracy", &epochs)[epochs - 1]);
    else
        fprintf(stderr, "image_dataset: %s\n", cornu_error_message());
    int failed = history == NULL;
    cornu_history_release(history);
    cornu_sequence_release(training);
    cornu_sequence_release(validation);
    cornu_augmentation_release(augment);
    return failed;
}

/* Whether the text is a whole number, `least` or more, and nothing else. */
static bool read_number(const char *text, int least, int *number)
{
    char *end;
    long value = strtol(text, &end, 10);
    *number = (int)value;
    return end != text && *end == '\0' && value >= least && value <= INT_MAX;
}

int main(int argc, char **argv)
{
    settings options = {.size = 64, .epochs = 10, .workers = 4};
    for (int i = 1; i < argc; i++) {
        bool has_value = i + 1 < argc;
        if (strcmp(argv[i], "--size") == 0 && has_value && read_number(argv[i + 1], 1, &options.size))
            i++;
        else if (strcmp(argv[i], "--epochs") == 0 && has_value && read_number(argv[i + 1], 1, &options.epochs))
            i++;
        else if (strcmp(argv[i], "--workers") == 0 && has_value && read_number(argv[i + 1], 0, &options.workers))
            i++;
        else if (argv[i][0] != '-' && !options.folder)
            options.folder = argv[i];
        else
            argc = 0;
    }
    if (!options.folder || argc == 0) {
        fprintf(stderr, "Usage: image_dataset FOLDER [--size 64] [--epochs N] [--workers N]\n");
        return 2;
    }
    return run(&options);
}
