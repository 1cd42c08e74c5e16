/*
 * digits.c: trains a small convolutional network on images of digits, or of clothes, and draws how it went.
 *
 *     digits share/digits.npz              8x8 digits; the last 360 images are held out
 *     digits FOLDER                        the four IDX files of MNIST or Fashion-MNIST, .gz as they come
 *
 * Options: --epochs N, --seed N, --pictures FOLDER. The last line is `test accuracy: ` and the value.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cornu/cornu.h>

#define SHOWN 32

typedef struct settings {
    const char *data;
    const char *pictures; /* folder for the pictures */
    int epochs;
    uint64_t seed;
} settings;

typedef struct images {
    cornu_array *train_x, *train_y, *test_x, *test_y; /* (n, height, width) and (n) */
    double white;                                     /* the largest value of a pixel */
} images;

static cornu_array *load_idx(const char *folder, const char *name)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s-ubyte.gz", folder, name);
    return cornu_load_idx(path);
}

static void load(const char *path, images *data)
{
    size_t length = strlen(path);
    if (length > 4 && strcmp(path + length - 4, ".npz") == 0) {
        cornu_array *all = cornu_load_npz(path);
        cornu_array *x = cornu_array_item_named(all, "x"), *y = cornu_array_item_named(all, "y");
        int64_t count = cornu_array_size(x, 0);
        data->train_x = cornu_array_rows(x, 0, count - 360);
        data->train_y = cornu_array_rows(y, 0, count - 360);
        data->test_x = cornu_array_rows(x, count - 360, count);
        data->test_y = cornu_array_rows(y, count - 360, count);
        data->white = 16;
        cornu_array_release(all);
    } else {
        data->train_x = load_idx(path, "train-images-idx3");
        data->train_y = load_idx(path, "train-labels-idx1");
        data->test_x = load_idx(path, "t10k-images-idx3");
        data->test_y = load_idx(path, "t10k-labels-idx1");
        data->white = 255;
    }
}

static cornu_model *build(const images *data, uint64_t seed)
{
    int64_t height = cornu_array_size(data->train_x, 1), width = cornu_array_size(data->train_x, 2);
    cornu_model *model = cornu_sequential(.name = "digits", .seed = seed);
    cornu_add(model, cornu_rescaling(1 / data->white, .input_shape = {height, width, 1}));
    cornu_add(model, cornu_conv2d(32, 3, .padding = "same", .activation = "relu"));
    cornu_add(model, cornu_conv2d(64, 3, .padding = "same", .activation = "relu"));
    cornu_add(model, cornu_max_pooling2d(2));
    cornu_add(model, cornu_dropout(0.25));
    cornu_add(model, cornu_flatten());
    cornu_add(model, cornu_dense(128, .activation = "relu"));
    cornu_add(model, cornu_dropout(0.5));
    cornu_add(model, cornu_dense(10, .activation = "softmax"));
    cornu_compile(model, .optimizer = "adam", .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"});
    return model;
}

static int draw_curves(const cornu_history *history, const char *folder)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/curves.png", folder);
    return cornu_plot_history(path, history, .title = "Training") == CORNU_OK;
}

static int most_probable(const float *probabilities)
{
    int best = 0;
    for (int k = 1; k < 10; k++)
        best = probabilities[k] > probabilities[best] ? k : best;
    return best;
}

/* Some test images with what the model takes them for: first its mistakes, then others. */
static int draw_predictions(cornu_model *model, const images *data, const char *folder)
{
    int64_t count = cornu_array_size(data->test_x, 0), height = cornu_array_size(data->test_x, 1),
            width = cornu_array_size(data->test_x, 2);
    int64_t shape[] = {SHOWN, height, width};
    cornu_array *probabilities = cornu_predict(model, data->test_x, .batch_size = 128);
    cornu_array *shown = cornu_array_zeros(CORNU_UINT8, 3, shape);
    int done = probabilities && shown;
    char texts[SHOWN][32];
    const char *captions[SHOWN] = {NULL};
    bool marked[SHOWN] = {false};
    int filled = 0;
    for (int mistakes = 1; done && mistakes >= 0; mistakes--) {
        for (int64_t i = 0; i < count && filled < (mistakes ? SHOWN / 2 : SHOWN); i++) {
            int truth = (int)cornu_array_get(data->test_y, i),
                guess = most_probable(cornu_array_float32(probabilities) + 10 * i);
            if ((guess != truth) != mistakes)
                continue;
            const unsigned char *pixels = cornu_array_data(data->test_x);
            memcpy((unsigned char *)cornu_array_data(shown) + filled * height * width, pixels + i * height * width,
                   (size_t)(height * width));
            snprintf(texts[filled], sizeof texts[filled], mistakes ? "%d, not %d" : "%d", truth, guess);
            captions[filled] = texts[filled];
            marked[filled++] = mistakes;
        }
    }
    char path[1024];
    snprintf(path, sizeof path, "%s/predictions.png", folder);
    done = done && cornu_plot_images(path, shown, .title = "Test images; in orange the mistakes", .captions = captions,
                                     .marked = marked, .columns = 8) == CORNU_OK;
    cornu_array_release(shown);
    cornu_array_release(probabilities);
    return done;
}

static int run(const settings *options)
{
    images data = {0};
    load(options->data, &data);
    cornu_model *model = NULL;
    cornu_history *history = NULL;
    cornu_logs results;
    int done = data.train_x && data.train_y && data.test_x && data.test_y;
    if (done) {
        model = build(&data, options->seed);
        done = cornu_summary(model, stdout) == CORNU_OK;
    }
    if (done) {
        history = cornu_fit(model, data.train_x, data.train_y, .epochs = options->epochs, .batch_size = 32,
                            .validation_data = {.x = data.test_x, .y = data.test_y});
        done = history && cornu_evaluate(model, data.test_x, data.test_y, &results, .verbose = 1) == CORNU_OK;
    }
    done = done && draw_curves(history, options->pictures) && draw_predictions(model, &data, options->pictures);
    if (done) {
        printf("pictures: %s/curves.png, %s/predictions.png\n", options->pictures, options->pictures);
        printf("test accuracy: %.4f\n", cornu_logs_get(&results, "accuracy"));
    } else {
        fprintf(stderr, "digits: %s\n", cornu_error_message());
    }
    cornu_history_release(history);
    cornu_model_release(model);
    cornu_array_release(data.train_x);
    cornu_array_release(data.train_y);
    cornu_array_release(data.test_x);
    cornu_array_release(data.test_y);
    return done ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    settings options = {.data = "share/digits.npz", .pictures = ".", .epochs = 15};
    for (int i = 1; i < argc; i++) {
        bool has_value = i + 1 < argc;
        if (strcmp(argv[i], "--epochs") == 0 && has_value)
            options.epochs = atoi(argv[++i]);
        else if (strcmp(argv[i], "--seed") == 0 && has_value)
            options.seed = strtoull(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--pictures") == 0 && has_value)
            options.pictures = argv[++i];
        else if (argv[i][0] != '-')
            options.data = argv[i];
        else {
            fprintf(
                stderr,
                "digits: unknown option or missing value: %s\n"
                "Usage: digits [share/digits.npz | FOLDER of IDX files] [--epochs N] [--seed N] [--pictures FOLDER]\n",
                argv[i]);
            return 2;
        }
    }
    return run(&options);
}
