/*
 * bench_augment.c: how many pictures a second ImageDataGenerator turns, shifts, shears, zooms and flips on one thread.
 *
 *     bench_augment [--size N] [--seconds S] [--order K] [--fill MODE] [--float]
 *
 * Pictures are N x N x 3 of bytes, or of floats. Prints {"size": 224, ..., "transform": 5000.1}: pictures a second through draw and transform
 * alone. What flow makes of it measures bench_pictures.c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cornu/cornu.h>

#include "array/array.h"
#include "image/image_data_generator.h"

#define PICTURES 64

typedef struct settings {
    int size, order;
    const char *fill;
    double seconds;
    bool floats;
} settings;

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time); /* of this thread: other programs may use the machine */
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static cornu_array *make_pictures(const settings *options)
{
    cornu_array *bytes = cornu_array_zeros(CORNU_UINT8, 4, (int64_t[]){PICTURES, options->size, options->size, 3});
    for (int64_t i = 0; bytes && i < cornu_array_count(bytes); i++)
        ((uint8_t *)cornu_array_data(bytes))[i] = (uint8_t)(i * 2654435761u >> 13);
    if (!bytes || !options->floats)
        return bytes;
    cornu_array *floats = cornu_array_cast(bytes, CORNU_FLOAT32);
    cornu_array_release(bytes);
    return floats;
}

/* The best tenth of a run counts. */
typedef struct rate {
    double best, start;
    int64_t done;
} rate;

static void rate_add(rate *self, int64_t pictures, double seconds)
{
    self->done += pictures;
    double elapsed = now() - self->start;
    if (elapsed < seconds / 10)
        return;
    double here = (double)self->done / elapsed;
    self->best = here > self->best ? here : self->best;
    self->done = 0;
    self->start = now();
}

static double measure_transform(const settings *options, cornu_image_data_generator *generator, cornu_array *x)
{
    cornu__picture_shape shape = cornu__picture_shape_of(generator, x->shape + 1);
    cornu__picture_space space;
    int64_t size = cornu__row_count(x);
    cornu_array *to = cornu_array_zeros(CORNU_FLOAT32, 3, x->shape + 1);
    if (!to || cornu__picture_space_create(generator, shape, &space) != CORNU_OK)
        return 0;
    rate pace = {.start = now()};
    double end = now() + options->seconds;
    for (int64_t i = 0; now() < end; i++) {
        const char *row = (const char *)x->data + (size_t)(i % PICTURES * size) * cornu_dtype_size(x->dtype);
        space.bytes = memcpy(space.picture, row, (size_t)size * cornu_dtype_size(x->dtype)); /* as flow does */
        cornu__draws draws = {.key = cornu__random_key_make(1, CORNU__RANDOM_AUGMENT, 0, (uint64_t)i)};
        cornu_transform_options transform = cornu__draw_transform(generator, &draws, shape);
        if (cornu__picture_transform(generator, shape, &transform, options->floats ? space.picture : NULL, to->data,
                                     &space) != CORNU_OK)
            break;
        rate_add(&pace, 1, options->seconds);
    }
    cornu__picture_space_free(&space);
    cornu_array_release(to);
    return pace.best;
}

static int run(const settings *options)
{
    cornu_array *x = make_pictures(options);
    cornu_image_data_generator *generator =
        cornu_image_data_generator_create(.rotation_range = 30, .width_shift_range = 0.1, .height_shift_range = 0.1,
                                          .shear_range = 10, .zoom_range = 0.2, .horizontal_flip = true,
                                          .fill_mode = options->fill, .interpolation_order = options->order);
    bool failed = !x || !generator;
    if (failed)
        fprintf(stderr, "bench_augment: %s\n", cornu_error_message());
    else
        printf("{\"size\": %d, \"order\": %d, \"fill\": \"%s\", \"dtype\": \"%s\", \"transform\": %.1f}\n",
               options->size, options->order, options->fill, options->floats ? "float32" : "uint8",
               measure_transform(options, generator, x));
    cornu_array_release(x);
    cornu_image_data_generator_release(generator);
    return failed;
}

int main(int argc, char **argv)
{
    settings options = {.size = 224, .order = 1, .fill = "nearest", .seconds = 2};
    for (int i = 1; i < argc; i++) {
        bool has_value = i + 1 < argc;
        if (strcmp(argv[i], "--size") == 0 && has_value)
            options.size = atoi(argv[++i]);
        else if (strcmp(argv[i], "--order") == 0 && has_value)
            options.order = atoi(argv[++i]);
        else if (strcmp(argv[i], "--seconds") == 0 && has_value)
            options.seconds = atof(argv[++i]);
        else if (strcmp(argv[i], "--fill") == 0 && has_value)
            options.fill = argv[++i];
        else if (strcmp(argv[i], "--float") == 0)
            options.floats = true;
        else {
            fprintf(stderr, "usage: %s [--size N] [--seconds S] [--order K] [--fill MODE] [--float]\n", argv[0]);
            return 2;
        }
    }
    return run(&options);
}
