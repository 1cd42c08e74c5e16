/*
 * flow_from_directory.c: trains on a folder of pictures, one sub-folder for each class, that are read, turned and moved while the model trains.
 *
 *     flow_from_directory FOLDER [--from share/digits.npz] [--size 64] [--epochs N] [--workers N]
 *
 * --from first writes the digits of that file into FOLDER as PNG files, for who has no pictures at hand; their --size is 8. A fifth of each class is held out:
 * read by a second generator, so that it is seen as it is. A file that cannot be read is left out and told of. The last line is
 * `validation accuracy: ` and the value.
 */
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cornu/cornu.h>

#define PATH_SIZE 1000

typedef struct settings {
    const char *folder, *from;
    int size, epochs, workers;
} settings;

/* --- A folder of pictures for who has none --- */

static bool make_folder(const char *path)
{
    if (mkdir(path, 0777) == 0 || errno == EEXIST)
        return true;
    char message[PATH_SIZE + 100];
    snprintf(message, sizeof message, "cannot make the folder '%s': %s", path, strerror(errno));
    cornu_error_set(CORNU_ERROR_IO, message);
    return false;
}

/* One digit of values 0 .. 16 as FOLDER/<digit>/<number>.png. */
static bool write_digit(const char *folder, int digit, int64_t number, const uint8_t *values)
{
    char path[PATH_SIZE];
    uint8_t pixels[64];
    for (int i = 0; i < 64; i++)
        pixels[i] = (uint8_t)(values[i] * 15);
    snprintf(path, sizeof path, "%s/%d", folder, digit);
    if (!make_folder(path))
        return false;
    snprintf(path, sizeof path, "%s/%d/%04lld.png", folder, digit, (long long)number);
    cornu_array *picture = cornu_array_view(CORNU_UINT8, 2, (int64_t[]){8, 8}, pixels);
    bool written = picture && cornu_save_img(path, picture, .scale = false) == CORNU_OK;
    cornu_array_release(picture);
    return written;
}

static bool write_digits(const char *folder, const char *from)
{
    cornu_array *all = cornu_load_npz(from);
    cornu_array *x = all ? cornu_array_item_named(all, "x") : NULL, *y = all ? cornu_array_item_named(all, "y") : NULL;
    bool right = x && y && cornu_array_dtype(x) == CORNU_UINT8 && cornu_array_count(x) == 64 * cornu_array_count(y);
    if (all && !right)
        cornu_error_set(CORNU_ERROR_DATA, "the file of --from holds no digits of 8 x 8 bytes");
    right = right && make_folder(folder);
    const uint8_t *values = right ? cornu_array_data(x) : NULL;
    for (int64_t i = 0; right && i < cornu_array_count(y); i++)
        right = write_digit(folder, (int)cornu_array_get(y, i), i, values + 64 * i);
    cornu_array_release(all);
    return right;
}

/* --- The training --- */

static cornu_model *make_model(int size, int classes)
{
    cornu_model *model = cornu_sequential(.name = "pictures");
    cornu_add(model, cornu_conv2d(32, 3, .padding = "same", .activation = "relu", .input_shape = {size, size, 3}));
    cornu_add(model, cornu_max_pooling2d(2));
    cornu_add(model, cornu_conv2d(32, 3, .padding = "same", .activation = "relu"));
    cornu_add(model, cornu_max_pooling2d(2));
    cornu_add(model, cornu_flatten());
    cornu_add(model, cornu_dense(64, .activation = "relu"));
    cornu_add(model, cornu_dropout(0.25));
    cornu_add(model, cornu_dense(classes, .activation = "softmax"));
    cornu_compile(model, .optimizer = cornu_adam(.learning_rate = 2e-3), .loss = "categorical_crossentropy",
                  .metrics = {"accuracy"});
    return model;
}

static cornu_sequence *open_folder(const settings *options, cornu_image_data_generator *generator, const char *subset)
{
    return cornu_flow_from_directory(
        generator, options->folder, .target_size = cornu_pair(options->size, options->size), .batch_size = 32,
        .subset = subset, .interpolation = "bilinear", .shuffle = strcmp(subset, "training") == 0, .bad_files = "skip");
}

static cornu_history *train(const settings *options, cornu_sequence *training, cornu_sequence *validation)
{
    printf("%lld pictures to train with, %lld held out, of %d classes:", (long long)cornu_flow_samples(training),
           (long long)cornu_flow_samples(validation), cornu_flow_num_classes(training));
    for (int i = 0; i < cornu_flow_num_classes(training); i++)
        printf(" %s", cornu_flow_class_name(training, i));
    printf("\n");
    cornu_model *model = make_model(options->size, cornu_flow_num_classes(training));
    cornu_history *history =
        cornu_fit_generator(model, training, .epochs = options->epochs, .workers = options->workers,
                            .validation_data = {.generator = validation}, .verbose = 2);
    cornu_model_release(model);
    return history;
}

static int run(const settings *options)
{
    if (options->from && !write_digits(options->folder, options->from)) {
        fprintf(stderr, "flow_from_directory: %s\n", cornu_error_message());
        return 1;
    }
    cornu_image_data_generator *augmented =
        cornu_image_data_generator_create(.rescale = 1.0 / 255, .rotation_range = 10, .width_shift_range = 0.1,
                                          .height_shift_range = 0.1, .zoom_range = 0.1, .validation_split = 0.2);
    cornu_image_data_generator *plain =
        cornu_image_data_generator_create(.rescale = 1.0 / 255, .validation_split = 0.2);
    cornu_sequence *training = open_folder(options, augmented, "training");
    cornu_sequence *validation = training ? open_folder(options, plain, "validation") : NULL;
    cornu_history *history = validation ? train(options, training, validation) : NULL;
    int64_t epochs;
    if (history)
        printf("validation accuracy: %.4f\n", cornu_history_values(history, "val_accuracy", &epochs)[epochs - 1]);
    else
        fprintf(stderr, "flow_from_directory: %s\n", cornu_error_message());
    int failed = history == NULL;
    cornu_history_release(history);
    cornu_sequence_release(training);
    cornu_sequence_release(validation);
    cornu_image_data_generator_release(augmented);
    cornu_image_data_generator_release(plain);
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
    settings options = {.epochs = 10, .workers = 4};
    for (int i = 1; i < argc; i++) {
        bool has_value = i + 1 < argc;
        if (strcmp(argv[i], "--from") == 0 && has_value)
            options.from = argv[++i];
        else if (strcmp(argv[i], "--size") == 0 && has_value && read_number(argv[i + 1], 1, &options.size))
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
        fprintf(stderr,
                "Usage: flow_from_directory FOLDER [--from share/digits.npz] [--size 64] [--epochs N] [--workers N]\n");
        return 2;
    }
    if (options.size == 0)
        options.size = options.from ? 8 : 64;
    return run(&options);
}
