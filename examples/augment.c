/*
 * augment.c: trains a small convolutional network on digits that ImageDataGenerator turns, moves and stretches while it trains.
 *
 *     augment [share/digits.npz] [--epochs N] [--workers N] [--plain] [--steps]
 *
 * --plain trains on the pictures as they are, for comparison. --steps gives steps_per_epoch = n / 32, as the tutorials do; without it an epoch is
 * all batches. The last 360 pictures, by other writers than the first, are held out. The last line is `test accuracy: ` and the value.
 */
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cornu/cornu.h>

#define HELD_OUT 360

typedef struct settings {
    const char *data;
    int epochs, workers;
    bool plain, steps;
} settings;

typedef struct digits {
    cornu_array *x, *y, *test_x, *test_y;
} digits;

/* Pictures (n, 8, 8, 1) of values 0 .. 16 and their digits. */
static bool load(const char *path, digits *data)
{
    cornu_array *all = cornu_load_npz(path);
    cornu_array *x = all ? cornu_array_item_named(all, "x") : NULL, *y = all ? cornu_array_item_named(all, "y") : NULL;
    if (x && y && cornu_array_size(x, 0) > HELD_OUT) {
        int64_t count = cornu_array_size(x, 0), first = count - HELD_OUT;
        cornu_array *pictures = cornu_array_reshape(x, 4, (int64_t[]){count, 8, 8, 1});
        cornu_array *floats = pictures ? cornu_array_cast(pictures, CORNU_FLOAT32) : NULL;
        data->x = floats ? cornu_array_rows(floats, 0, first) : NULL;
        data->test_x = floats ? cornu_array_rows(floats, first, count) : NULL;
        data->y = cornu_array_rows(y, 0, first);
        data->test_y = cornu_array_rows(y, first, count);
        cornu_array_release(pictures);
        cornu_array_release(floats);
    }
    cornu_array_release(all);
    return data->x && data->y && data->test_x && data->test_y;
}

static cornu_model *make_model(void)
{
    cornu_model *model = cornu_sequential(.name = "digits");
    cornu_add(model, cornu_rescaling(1.0 / 16, .input_shape = {8, 8, 1}));
    cornu_add(model, cornu_conv2d(32, 3, .padding = "same", .activation = "relu"));
    cornu_add(model, cornu_conv2d(32, 3, .activation = "relu"));
    cornu_add(model, cornu_max_pooling2d(2));
    cornu_add(model, cornu_flatten());
    cornu_add(model, cornu_dropout(0.25));
    cornu_add(model, cornu_dense(10, .activation = "softmax"));
    cornu_compile(model, .optimizer = cornu_adam(.learning_rate = 1e-3), .loss = "sparse_categorical_crossentropy",
                  .metrics = {"accuracy"});
    return model;
}

static cornu_image_data_generator *make_augmentation(bool plain)
{
    if (plain)
        return cornu_image_data_generator_create();
    return cornu_image_data_generator_create(.rotation_range = 10, .zoom_range = cornu_range(0.9, 1.1),
                                             .shear_range = 5, .width_shift_range = 0.1, .height_shift_range = 0.1);
}

static cornu_history *train(const settings *options, const digits *data, cornu_model *model)
{
    cornu_image_data_generator *augment = make_augmentation(options->plain);
    cornu_sequence *batches = augment ? cornu_flow(augment, data->x, data->y, .batch_size = 32) : NULL;
    cornu_history *history = NULL;
    if (batches)
        history = cornu_fit_generator(model, batches, .epochs = options->epochs, .workers = options->workers,
                                      .steps_per_epoch = options->steps ? cornu_array_size(data->x, 0) / 32 : 0,
                                      .validation_data = {.x = data->test_x, .y = data->test_y}, .verbose = 2);
    cornu_sequence_release(batches);
    cornu_image_data_generator_release(augment);
    return history;
}

static int run(const settings *options)
{
    digits data = {0};
    cornu_model *model = NULL;
    cornu_history *history = NULL;
    cornu_logs results;
    if (load(options->data, &data))
        model = make_model();
    if (model)
        history = train(options, &data, model);
    bool failed = !history || cornu_evaluate(model, data.test_x, data.test_y, &results, .verbose = 0) != CORNU_OK;
    if (failed)
        fprintf(stderr, "augment: %s\n", cornu_error_message());
    else
        printf("test accuracy: %.4f\n", cornu_logs_get(&results, "accuracy"));
    cornu_history_release(history);
    cornu_model_release(model);
    cornu_array_release(data.x);
    cornu_array_release(data.y);
    cornu_array_release(data.test_x);
    cornu_array_release(data.test_y);
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
    settings options = {.data = "share/digits.npz", .epochs = 30, .workers = 1};
    for (int i = 1; i < argc; i++) {
        bool has_value = i + 1 < argc;
        if (strcmp(argv[i], "--epochs") == 0 && has_value && read_number(argv[i + 1], 1, &options.epochs))
            i++;
        else if (strcmp(argv[i], "--workers") == 0 && has_value && read_number(argv[i + 1], 0, &options.workers))
            i++;
        else if (strcmp(argv[i], "--plain") == 0)
            options.plain = true;
        else if (strcmp(argv[i], "--steps") == 0)
            options.steps = true;
        else if (argv[i][0] != '-')
            options.data = argv[i];
        else {
            fprintf(stderr,
                    "augment: unknown option, or a missing or wrong value: %s\n"
                    "Usage: augment [share/digits.npz] [--epochs N] [--workers N] [--plain] [--steps]\n",
                    argv[i]);
            return 2;
        }
    }
    return run(&options);
}
