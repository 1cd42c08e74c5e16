/*
 * bench_augment_values.c: how long what changes the values of a picture takes: a batch of `flow`, without a map or with a flip only.
 *
 *     bench_augment_values [--size N] [--batch B] [--rounds R] [--numbers] [CASE ...]
 *
 * Pictures are N x N x 3 of bytes (--numbers: of floats), in batches of B. Prints one line for each case: microseconds of this thread's processor
 * time a picture, the least of R rounds; the cases take turns, so that all see the same machine. A CASE that is none of the table's is a pipeline
 * of steps, as cornu_augmentation_add_text reads it: "random_hue(0.2)".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cornu/cornu.h>

#define PICTURES 64
#define MOST_CASES 64

typedef struct settings {
    int size, batch, rounds;
    bool floats;
} settings;

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time); /* other programs may use the machine */
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* --- Cases --- */

static cornu_image_data_generator *nothing(void)
{
    return cornu_image_data_generator_create();
}

static cornu_image_data_generator *rescale(void)
{
    return cornu_image_data_generator_create(.rescale = 1.0 / 255);
}

static cornu_image_data_generator *rescale_and_flip(void)
{
    return cornu_image_data_generator_create(.rescale = 1.0 / 255, .horizontal_flip = true);
}

static cornu_image_data_generator *samplewise_center(void)
{
    return cornu_image_data_generator_create(.samplewise_center = true);
}

static cornu_image_data_generator *samplewise_std(void)
{
    return cornu_image_data_generator_create(.samplewise_std_normalization = true);
}

static cornu_image_data_generator *featurewise(void)
{
    return cornu_image_data_generator_create(.featurewise_center = true, .featurewise_std_normalization = true);
}

static cornu_image_data_generator *brightness_range(void)
{
    return cornu_image_data_generator_create(.brightness_range = cornu_range(0.5, 1.5));
}

static cornu_image_data_generator *channel_shift_range(void)
{
    return cornu_image_data_generator_create(.channel_shift_range = 20);
}

static const struct {
    const char *name;
    cornu_image_data_generator *(*create)(void);
} generators[] = {
    {"nothing", nothing},
    {"rescale", rescale},
    {"rescale, horizontal_flip", rescale_and_flip},
    {"samplewise_center", samplewise_center},
    {"samplewise_std_normalization", samplewise_std},
    {"featurewise", featurewise},
    {"brightness_range", brightness_range},
    {"channel_shift_range", channel_shift_range},
};

static const char *const pipelines[] = {
    "rescaling(0.00392156862745098)",
    "random_brightness(0.2)",
    "random_contrast(0.2)",
    "random_saturation(0.7)",
    "random_hue(0.2)",
    "random_color_jitter((0, 255), 0.2, 0.2, 0.7, 0.2)",
    "random_grayscale(1)",
    "random_color_degeneration(0.5)",
    "random_invert(1)",
    "random_posterization(4)",
    "solarization(0.3, 0.3)",
    "auto_contrast",
    "equalization",
    "random_sharpness(0.5)",
    "random_gaussian_blur",
    "mix_up",
    "cut_mix",
    "rand_augment",
    "aug_mix",
};

/* --- Measuring --- */

typedef struct one_case {
    const char *name;
    cornu_sequence *batches;
    double best; /* seconds a picture */
} one_case;

/* A smooth picture with some noise, as photographs are. */
static cornu_array *make_pictures(const settings *options)
{
    int64_t size = options->size;
    cornu_array *bytes = cornu_array_zeros(CORNU_UINT8, 4, (int64_t[]){PICTURES, size, size, 3});
    uint8_t *values = bytes ? cornu_array_data(bytes) : NULL;
    for (int64_t i = 0; bytes && i < cornu_array_count(bytes); i++)
        values[i] =
            (uint8_t)((i / 3 % size + i / 3 / size % size) * 100 / size + (int64_t)(i * 2654435761u >> 13) % 64);
    if (!bytes || !options->floats)
        return bytes;
    cornu_array *floats = cornu_array_cast(bytes, CORNU_FLOAT32);
    cornu_array_release(bytes);
    return floats;
}

static cornu_sequence *make_sequence(const char *name, cornu_array *x, const settings *options)
{
    cornu_image_data_generator *generator = NULL;
    cornu_augmentation *augment = NULL;
    for (size_t i = 0; i < sizeof generators / sizeof *generators; i++)
        if (strcmp(name, generators[i].name) == 0)
            generator = generators[i].create();
    if (!generator) {
        generator = nothing();
        augment = cornu_augmentation_create();
        cornu_augmentation_add_text(augment, name); /* what fails makes the pipeline a failed one */
    }
    cornu_sequence *batches = NULL;
    if (!generator || cornu_image_data_generator_fit(generator, x) == CORNU_OK)
        batches = cornu_flow(generator, x, NULL, .batch_size = options->batch, .augment = augment);
    cornu_image_data_generator_release(generator);
    cornu_augmentation_release(augment);
    return batches;
}

/* One epoch. */
static bool run(one_case *self)
{
    double start = now();
    for (int64_t i = 0; i < cornu_sequence_length(self->batches); i++) {
        cornu_batch batch = {0};
        if (cornu_sequence_get(self->batches, i, &batch) != CORNU_OK)
            return false;
        cornu_batch_clear(&batch);
    }
    double seconds = (now() - start) / PICTURES;
    self->best = self->best > 0 && self->best < seconds ? self->best : seconds;
    return true;
}

static bool measure(one_case *cases, size_t count, const settings *options)
{
    cornu_array *x = make_pictures(options);
    bool done = x != NULL;
    for (size_t i = 0; done && i < count; i++)
        done = (cases[i].batches = make_sequence(cases[i].name, x, options)) != NULL;
    for (int round = 0; done && round < options->rounds; round++)
        for (size_t i = 0; done && i < count; i++)
            done = run(&cases[i]);
    for (size_t i = 0; i < count; i++) {
        if (done)
            printf("%-50s %9.1f\n", cases[i].name, 1e6 * cases[i].best);
        cornu_sequence_release(cases[i].batches);
    }
    cornu_array_release(x);
    return done;
}

static size_t all_cases(one_case *cases)
{
    size_t count = 0;
    for (size_t i = 0; i < sizeof generators / sizeof *generators; i++)
        cases[count++].name = generators[i].name;
    for (size_t i = 0; i < sizeof pipelines / sizeof *pipelines; i++)
        cases[count++].name = pipelines[i];
    return count;
}

int main(int argc, char **argv)
{
    settings options = {.size = 224, .batch = 32, .rounds = 10};
    static one_case cases[MOST_CASES];
    size_t count = 0;
    for (int i = 1; i < argc; i++) {
        bool has_value = i + 1 < argc;
        if (strcmp(argv[i], "--size") == 0 && has_value)
            options.size = atoi(argv[++i]);
        else if (strcmp(argv[i], "--batch") == 0 && has_value)
            options.batch = atoi(argv[++i]);
        else if (strcmp(argv[i], "--rounds") == 0 && has_value)
            options.rounds = atoi(argv[++i]);
        else if (strcmp(argv[i], "--numbers") == 0)
            options.floats = true;
        else if (argv[i][0] != '-' && count < MOST_CASES)
            cases[count++].name = argv[i];
        else {
            fprintf(stderr, "usage: bench_augment_values [--size N] [--batch B] [--rounds R] [--numbers] [CASE ...]\n");
            return 2;
        }
    }
    if (count == 0)
        count = all_cases(cases);
    if (measure(cases, count, &options))
        return 0;
    fprintf(stderr, "bench_augment_values: %s\n", cornu_error_message());
    return 1;
}
