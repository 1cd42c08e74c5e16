/*
 * digits.c: trains a small convolutional network on images of digits, or of clothes, and draws how it went.
 *
 *     digits share/digits.npz     8x8 digits; the last 360 images, by other writers than the first, are held out. There are few images, so each
 *                                 epoch sees them moved, turned and stretched a little: a Sequence makes them while the model trains
 *     digits FOLDER               the four IDX files of MNIST or Fashion-MNIST, .gz as they come; enough images for fit
 *
 * Options: --epochs N, --seed N, --pictures FOLDER. The last line is `test accuracy: ` and the value.
 */
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cornu/cornu.h>

#define SHOWN 32

typedef struct settings {
    const char *data;
    const char *pictures; /* folder for the pictures */
    int epochs, seed;
} settings;

typedef struct images {
    cornu_array *train_x, *train_y, *test_x, *test_y; /* uint8 (n, height, width) and (n) */
    double white;                                     /* the largest value of a pixel */
    bool few;                                         /* too few to be seen as they are again and again */
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
        if (!all)
            return;
        cornu_array *x = cornu_array_item_named(all, "x"), *y = cornu_array_item_named(all, "y");
        int64_t count = cornu_array_size(x, 0);
        data->train_x = cornu_array_rows(x, 0, count - 360);
        data->train_y = cornu_array_rows(y, 0, count - 360);
        data->test_x = cornu_array_rows(x, count - 360, count);
        data->test_y = cornu_array_rows(y, count - 360, count);
        data->white = 16;
        data->few = true;
        cornu_array_release(all);
    } else {
        data->train_x = load_idx(path, "train-images-idx3");
        data->train_y = load_idx(path, "train-labels-idx1");
        data->test_x = load_idx(path, "t10k-images-idx3");
        data->test_y = load_idx(path, "t10k-labels-idx1");
        data->white = 255;
    }
}

/* --- a Sequence of batches of images, each a little moved, turned and stretched --- */

enum { BATCH_SIZE = 32 };

typedef struct jitter {
    const cornu_array *x, *y;
    uint32_t seed, epoch;
} jitter;

/* A number in [-1, 1) for a seed; the seed goes on to the next. */
static double symmetric(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    uint32_t bits = *seed ^ *seed >> 16;
    bits *= 0x7FEB352Du;
    bits ^= bits >> 15;
    return (double)bits / 0x1p31 - 1;
}

/* The image's value between its pixels (bilinear), black outside. */
static double value_at(const unsigned char *image, int64_t height, int64_t width, double y, double x)
{
    double top = floor(y), left = floor(x), sum = 0;
    for (int corner = 0; corner < 4; corner++) {
        double row = top + corner / 2, column = left + corner % 2;
        bool inside = row >= 0 && row < (double)height && column >= 0 && column < (double)width;
        if (inside)
            sum += image[(int64_t)row * width + (int64_t)column] * (1 - fabs(y - row)) * (1 - fabs(x - column));
    }
    return sum;
}

/* Each pixel of `to` comes from where it lay before a turn of up to 0.15 rad, a stretch of up to a tenth and a move of up to a pixel. */
static void move_image(const unsigned char *from, int64_t height, int64_t width, uint32_t seed, float *to)
{
    double turn = 0.15 * symmetric(&seed), stretch = 1 + 0.1 * symmetric(&seed), down = symmetric(&seed),
           right = symmetric(&seed);
    double middle_y = (double)(height - 1) / 2, middle_x = (double)(width - 1) / 2;
    for (int64_t row = 0; row < height; row++) {
        for (int64_t column = 0; column < width; column++) {
            double y = stretch * ((double)row - middle_y), x = stretch * ((double)column - middle_x);
            double from_y = sin(turn) * x + cos(turn) * y + middle_y + down;
            double from_x = cos(turn) * x - sin(turn) * y + middle_x + right;
            to[row * width + column] = (float)value_at(from, height, width, from_y, from_x);
        }
    }
}

static int64_t batch_count(void *state)
{
    const jitter *all = state;
    return (cornu_array_size(all->x, 0) + BATCH_SIZE - 1) / BATCH_SIZE;
}

/* Called by worker threads, several at once: it only reads the state. */
static cornu_status get_batch(void *state, int64_t index, cornu_batch *batch)
{
    const jitter *all = state;
    int64_t count = cornu_array_size(all->x, 0), height = cornu_array_size(all->x, 1),
            width = cornu_array_size(all->x, 2);
    int64_t first = index * BATCH_SIZE, rows = count - first < BATCH_SIZE ? count - first : BATCH_SIZE;
    batch->x = cornu_array_zeros(CORNU_FLOAT32, 4, (int64_t[]){rows, height, width, 1});
    batch->y = cornu_array_copy_of(CORNU_UINT8, 1, &rows, (const unsigned char *)cornu_array_data(all->y) + first);
    if (!batch->x || !batch->y)
        return cornu_error_status();
    const unsigned char *pixels = cornu_array_data(all->x);
    for (int64_t i = 0; i < rows; i++) {
        uint32_t seed = (all->seed * 69069u + all->epoch) * 1000003u + (uint32_t)(first + i) * 2654435761u;
        move_image(pixels + (first + i) * height * width, height, width, seed,
                   cornu_array_float32(batch->x) + i * height * width);
    }
    return CORNU_OK;
}

static void next_epoch(void *state)
{
    jitter *all = state;
    all->epoch++;
}

/* --- the model --- */

static cornu_model *build(const images *data, const settings *options)
{
    int64_t count = cornu_array_size(data->train_x, 0), height = cornu_array_size(data->train_x, 1),
            width = cornu_array_size(data->train_x, 2);
    double updates = (double)((count + BATCH_SIZE - 1) / BATCH_SIZE * options->epochs);
    cornu_model *model = cornu_sequential(.name = "digits", .seed = (uint64_t)options->seed);
    cornu_add(model, cornu_rescaling(1 / data->white, .input_shape = {height, width, 1}));
    cornu_add(model, cornu_conv2d(32, 3, .padding = "same", .activation = "relu"));
    cornu_add(model, cornu_batch_normalization(.momentum = 0.9));
    cornu_add(model, cornu_conv2d(64, 3, .padding = "same", .activation = "relu"));
    cornu_add(model, cornu_batch_normalization(.momentum = 0.9));
    cornu_add(model, cornu_max_pooling2d(2));
    cornu_add(model, cornu_dropout(0.25));
    cornu_add(model, cornu_flatten());
    cornu_add(model, cornu_dense(128, .activation = "relu"));
    cornu_add(model, cornu_dropout(0.5));
    cornu_add(model, cornu_dense(10, .activation = "softmax"));
    cornu_compile(model, .optimizer = cornu_adam(.schedule = cornu_cosine_decay(0.002, updates)),
                  .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"});
    return model;
}

static cornu_history *train(cornu_model *model, const images *data, const settings *options)
{
    cornu_validation_data test = {.x = data->test_x, .y = data->test_y};
    if (!data->few)
        return cornu_fit(model, data->train_x, data->train_y, .epochs = options->epochs, .batch_size = BATCH_SIZE,
                         .validation_data = test);
    jitter state = {.x = data->train_x, .y = data->train_y, .seed = (uint32_t)options->seed};
    cornu_sequence *batches =
        cornu_sequence_create(.length = batch_count, .get = get_batch, .on_epoch_end = next_epoch, .state = &state);
    cornu_history *history =
        batches ? cornu_fit_generator(model, batches, .epochs = options->epochs, .workers = 1, .validation_data = test)
                : NULL;
    cornu_sequence_release(batches);
    return history;
}

/* --- pictures --- */

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
            snprintf(texts[filled], sizeof texts[filled], mistakes ? "%d, taken for %d" : "%d", truth, guess);
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
        model = build(&data, options);
        done = cornu_summary(model, stdout) == CORNU_OK;
    }
    if (done) {
        history = train(model, &data, options);
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
    settings options = {.data = "share/digits.npz", .pictures = ".", .epochs = 30};
    for (int i = 1; i < argc; i++) {
        bool has_value = i + 1 < argc;
        if (strcmp(argv[i], "--epochs") == 0 && has_value && read_number(argv[i + 1], 1, &options.epochs))
            i++;
        else if (strcmp(argv[i], "--seed") == 0 && has_value && read_number(argv[i + 1], 0, &options.seed))
            i++;
        else if (strcmp(argv[i], "--pictures") == 0 && has_value)
            options.pictures = argv[++i];
        else if (argv[i][0] != '-')
            options.data = argv[i];
        else {
            fprintf(
                stderr,
                "digits: unknown option, or a missing or wrong value: %s\n"
                "Usage: digits [share/digits.npz | FOLDER of IDX files] [--epochs N] [--seed N] [--pictures FOLDER]\n",
                argv[i]);
            return 2;
        }
    }
    return run(&options);
}
