/*
 * statistics.c: fit: means, standard deviations and whitening over any number of pictures in one pass.
 *
 * All sums are in double, of the values less a shift near their mean (the first picture's), so that nothing cancels.
 */
#include <math.h>
#include <string.h>

#include "array/array.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/options.h"
#include "base/text.h"
#include "data/generator.h"

#include <cblas.h>

#include "image/image_data_generator.h"

#define BLOCK 64 /* pictures that are multiplied at once */

typedef struct statistics {
    cornu_image_data_generator *generator;
    cornu__picture_shape shape;
    cornu__picture_space space;
    float *values;                 /* one picture */
    int64_t count;                 /* pictures so far */
    double *shift, *sum, *squares; /* of each channel */

    /* for whitening */
    int64_t size;     /* values of a picture; 0: not wanted */
    double *products; /* size x size: sum of (x - shift)(x - shift)', upper triangle */
    double *sums;     /* of each value */
    double *block;    /* BLOCK pictures that are not in `products` yet */
    int block_count;

    /* for stats_compat */
    float *legacy_sum, *legacy_mean,
        *legacy_offset; /* of each channel: running; the mean; the mean of what is left without it */
} statistics;

static void statistics_free(statistics *all)
{
    cornu__picture_space_free(&all->space);
    cornu__free(all->values);
    cornu__free(all->shift);
    cornu__free(all->sum);
    cornu__free(all->squares);
    cornu__free(all->products);
    cornu__free(all->sums);
    cornu__free(all->block);
    cornu__free(all->legacy_sum);
    cornu__free(all->legacy_mean);
    cornu__free(all->legacy_offset);
}

static cornu_status begin_whitening(statistics *all, int64_t size)
{
    int64_t wanted = cornu__whitening_memory(size), limit = all->generator->options.zca_memory_limit;
    if (wanted < 0 || wanted > limit)
        return cornu__fail(
            CORNU_ERROR_LIMIT,
            "zca_whitening of pictures of %lld values wants %.3g bytes (28 for each pair of values), and "
            "zca_memory_limit is %.3g; whiten smaller pictures, or raise the limit",
            (long long)size, 28.0 * (double)size * (double)size, (double)limit);
    all->size = size;
    all->products = cornu__alloc_array((size_t)(size * size), sizeof *all->products);
    all->sums = cornu__alloc_array((size_t)size, sizeof *all->sums);
    all->block = cornu__alloc_array((size_t)(size * BLOCK), sizeof *all->block);
    return all->products && all->sums && all->block ? CORNU_OK : CORNU_ERROR_OUT_OF_MEMORY;
}

static cornu_status begin(statistics *all, cornu_image_data_generator *generator, cornu__picture_shape shape)
{
    *all = (statistics){.generator = generator, .shape = shape};
    size_t channels = (size_t)shape.channels;
    int64_t size = shape.height * shape.width * shape.channels;
    CORNU_TRY(cornu__picture_space_create(generator, shape, &all->space));
    all->values = cornu__alloc_array((size_t)size, sizeof *all->values);
    all->shift = cornu__alloc_array(channels, sizeof *all->shift);
    all->sum = cornu__alloc_array(channels, sizeof *all->sum);
    all->squares = cornu__alloc_array(channels, sizeof *all->squares);
    if (!all->values || !all->shift || !all->sum || !all->squares)
        return CORNU_ERROR_OUT_OF_MEMORY;
    return generator->options.zca_whitening ? begin_whitening(all, size) : CORNU_OK;
}

/* --- One picture --- */

typedef struct channel_view {
    const float *first;
    size_t count, step;
} channel_view;

static channel_view view_channel(const statistics *all, const float *picture, int64_t channel)
{
    size_t pixels = (size_t)(all->shape.height * all->shape.width);
    if (all->generator->channels_first)
        return (channel_view){picture + (size_t)channel * pixels, pixels, 1};
    return (channel_view){picture + channel, pixels, (size_t)all->shape.channels};
}

static void choose_shift(statistics *all, const float *picture)
{
    for (int64_t channel = 0; channel < all->shape.channels; channel++) {
        channel_view view = view_channel(all, picture, channel);
        double sum = 0;
        for (size_t i = 0; i < view.count; i++)
            sum += (double)view.first[i * view.step];
        all->shift[channel] = sum / (double)view.count;
    }
}

static void multiply_block(statistics *all)
{
    if (all->block_count > 0)
        cblas_dsyrk(CblasRowMajor, CblasUpper, CblasTrans, (int)all->size, all->block_count, 1, all->block,
                    (int)all->size, 1, all->products, (int)all->size);
    all->block_count = 0;
}

/* The channel of value `i` of a picture. */
static int64_t channel_of(const statistics *all, int64_t i)
{
    return all->generator->channels_first ? i / (all->shape.height * all->shape.width) : i % all->shape.channels;
}

static void add_products(statistics *all, const float *picture)
{
    double *row = all->block + all->block_count * all->size;
    for (int64_t i = 0; i < all->size; i++) {
        row[i] = (double)picture[i] - all->shift[channel_of(all, i)];
        all->sums[i] += row[i];
    }
    if (++all->block_count == BLOCK)
        multiply_block(all);
}

static void add(statistics *all, const float *picture)
{
    if (all->count++ == 0)
        choose_shift(all, picture);
    for (int64_t channel = 0; channel < all->shape.channels; channel++) {
        channel_view view = view_channel(all, picture, channel);
        double shift = all->shift[channel], sum = 0, squares = 0;
        for (size_t i = 0; i < view.count; i++) {
            double value = (double)view.first[i * view.step] - shift;
            sum += value;
            squares += value * value;
        }
        all->sum[channel] += sum;
        all->squares[channel] += squares;
    }
    if (all->size > 0)
        add_products(all, picture);
}

typedef void visitor(statistics *all, const float *picture);

/* Pictures of an array, rescaled, each as it is or transformed, to `visit`. `seed`: of the draws; *drawn counts them. */
static cornu_status add_pictures(statistics *all, const cornu_array *pictures, visitor *visit, bool augment,
                                 uint64_t seed, uint64_t *drawn)
{
    cornu_image_data_generator *generator = all->generator;
    int64_t size = cornu__row_count(pictures);
    float scale = generator->options.rescale != 0 ? (float)generator->options.rescale : 1;
    const char *from = pictures->data;
    for (int64_t row = 0; row < pictures->shape[0]; row++) {
        float *values = all->space.picture;
        cornu__convert(CORNU_FLOAT32, values, pictures->dtype, from, size);
        from += (size_t)size * cornu_dtype_size(pictures->dtype);
        for (int64_t i = 0; i < size; i++)
            values[i] *= scale;
        if (augment) {
            cornu__draws draws = {.numpy = generator->numpy_draws ? &generator->numpy : NULL,
                                  .key =
                                      cornu__random_key_make(seed, CORNU__RANDOM_AUGMENT, UINT64_MAX - 1, (*drawn)++)};
            cornu_transform_options transform = cornu__draw_transform(generator, &draws, all->shape);
            CORNU_TRY(cornu__picture_transform(generator, all->shape, &transform, values, all->values, &all->space));
            values = all->values;
        }
        visit(all, values);
    }
    return CORNU_OK;
}

/* --- The end --- */

/* products := those of the values less their channels' means. `away`: each channel's mean less the shift. */
static void center_products(statistics *all, const double *away)
{
    for (int64_t row = 0; row < all->size; row++) {
        double *products = all->products + row * all->size, by = away[channel_of(all, row)];
        for (int64_t column = row; column < all->size; column++) {
            double other = away[channel_of(all, column)];
            products[column] += (double)all->count * by * other - all->sums[row] * other - by * all->sums[column];
        }
    }
}

static cornu_status finish_whitening(statistics *all, const double *away)
{
    const cornu_image_data_generator *generator = all->generator;
    multiply_block(all);
    center_products(all, away);
    cornu__free(all->block);
    all->block = NULL;
    float *whitening = cornu__alloc_array((size_t)(all->size * all->size), sizeof *whitening);
    if (!whitening)
        return CORNU_ERROR_OUT_OF_MEMORY;
    if (cornu__whitening_make(all->products, all->size, all->count, generator->options.zca_epsilon,
                              generator->zca_kp112, whitening) != CORNU_OK) {
        cornu__free(whitening);
        return cornu_error_status();
    }
    cornu__free(all->generator->whitening);
    all->generator->whitening = whitening;
    all->generator->whitened = all->size;
    return CORNU_OK;
}

/* Gives the generator what was found. On failure it keeps what it had. */
static cornu_status finish(statistics *all)
{
    if (all->count == 0)
        return cornu__fail(CORNU_ERROR_DATA, "there are no pictures");
    double values = (double)all->count * (double)(all->shape.height * all->shape.width);
    for (int64_t channel = 0; channel < all->shape.channels; channel++) {
        double away = all->sum[channel] / values;
        double variance = all->squares[channel] / values - away * away;
        all->sum[channel] = away;
        all->squares[channel] = sqrt(variance > 0 ? variance : 0);
    }
    if (all->size > 0)
        CORNU_TRY(finish_whitening(all, all->sum));
    cornu_image_data_generator *generator = all->generator;
    for (int64_t channel = 0; channel < all->shape.channels; channel++)
        all->shift[channel] += all->sum[channel];
    cornu__free(generator->mean);
    cornu__free(generator->std);
    generator->mean = all->shift;
    generator->std = all->squares;
    generator->channels = all->shape.channels;
    all->shift = all->squares = NULL;
    return CORNU_OK;
}

/* --- Keras's float32 sums, for stats_compat ---
 *
 * numpy adds the values of each channel one after the other in float32 where channels lie side by side, and such a sum stands still once the
 * values are below half of its last bit. One channel, and channels first, it adds in pairs, which is right to a few bits: there the double sums stand. */

static void add_values(statistics *all, const float *picture)
{
    int64_t channels = all->shape.channels, count = all->shape.height * all->shape.width * channels;
    for (int64_t i = 0; i < count; i++)
        all->legacy_sum[i % channels] += picture[i];
}

static void add_offsets(statistics *all, const float *picture)
{
    int64_t channels = all->shape.channels, count = all->shape.height * all->shape.width * channels;
    for (int64_t i = 0; i < count; i++)
        all->legacy_sum[i % channels] += picture[i] - all->legacy_mean[i % channels];
}

static void add_squares(statistics *all, const float *picture)
{
    int64_t channels = all->shape.channels, count = all->shape.height * all->shape.width * channels;
    for (int64_t i = 0; i < count; i++) {
        float rest = picture[i] - all->legacy_mean[i % channels] - all->legacy_offset[i % channels];
        all->legacy_sum[i % channels] += rest * rest;
    }
}

/* One pass over the array's pictures: means of what `visit` adds up. The draws are those of the passes before: `numpy` is where they began. */
static cornu_status legacy_pass(statistics *all, const cornu_array *x, const cornu_image_fit_options *options,
                                const cornu__numpy_random *numpy, visitor *visit, float *means)
{
    uint64_t seed = options->seed == CORNU_NONE ? all->generator->options.seed : (uint64_t)options->seed, drawn = 0;
    all->generator->numpy = *numpy;
    memset(all->legacy_sum, 0, (size_t)all->shape.channels * sizeof *all->legacy_sum);
    for (int round = 0; round < (options->augment ? options->rounds : 1); round++)
        CORNU_TRY(add_pictures(all, x, visit, options->augment, seed, &drawn));
    float count = (float)((double)all->count * (double)(all->shape.height * all->shape.width));
    for (int64_t channel = 0; channel < all->shape.channels; channel++)
        means[channel] = all->legacy_sum[channel] / count;
    return CORNU_OK;
}

/* Replaces the mean and deviation that were found by what Keras would have found, and says both. */
static cornu_status find_legacy(statistics *all, const cornu_array *x, const cornu_image_fit_options *options,
                                const cornu__numpy_random *numpy)
{
    cornu_image_data_generator *generator = all->generator;
    size_t channels = (size_t)all->shape.channels;
    if (!generator->float32_statistics || generator->channels_first || channels == 1)
        return CORNU_OK;
    all->legacy_sum = cornu__alloc_array(channels, sizeof(float));
    all->legacy_mean = cornu__alloc_array(channels, sizeof(float));
    all->legacy_offset = cornu__alloc_array(channels, sizeof(float));
    if (!all->legacy_sum || !all->legacy_mean || !all->legacy_offset)
        return CORNU_ERROR_OUT_OF_MEMORY;
    CORNU_TRY(legacy_pass(all, x, options, numpy, add_values, all->legacy_mean));
    CORNU_TRY(legacy_pass(all, x, options, numpy, add_offsets, all->legacy_offset));
    CORNU_TRY(legacy_pass(all, x, options, numpy, add_squares, all->legacy_sum));
    for (size_t channel = 0; channel < channels; channel++) {
        float deviation = sqrtf(all->legacy_sum[channel]);
        cornu__warn(
            "ImageDataGenerator: stats_compat: channel %zu has the mean %.9g and the standard deviation %.9g; taken "
            "are %.9g and %.9g, as Keras adds in float32",
            channel, generator->mean[channel], generator->std[channel], (double)all->legacy_mean[channel],
            (double)deviation);
        generator->mean[channel] = (double)all->legacy_mean[channel];
        generator->std[channel] = (double)deviation;
    }
    return CORNU_OK;
}

/* --- Arrays and Sequences --- */

static cornu_status check_pictures(const cornu_image_data_generator *generator, const cornu_array *x)
{
    if (!x || cornu_array_is_collection(x) || cornu_array_rank(x) != 4) {
        char text[CORNU__SHAPE_TEXT_SIZE];
        bool plain = x && !cornu_array_is_collection(x);
        return cornu__fail(CORNU_ERROR_SHAPE, "wanted pictures of rank 4, got %s",
                           plain ? cornu__text_shape(text, sizeof text, x->rank, x->shape) : "no plain array");
    }
    return cornu__picture_check(generator, x->shape + 1, "pictures");
}

static cornu_status check_options(const cornu_image_data_generator *generator, const cornu_image_fit_options *options)
{
    if (options->rounds < 1)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "rounds is %d, and must be at least 1", options->rounds);
    if (options->seed < CORNU_NONE || (generator->numpy_draws && options->seed > UINT32_MAX))
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "seed is %lld; wanted CORNU_NONE or 0 to %lld",
                           (long long)options->seed,
                           generator->numpy_draws ? (long long)UINT32_MAX : (long long)INT64_MAX);
    return CORNU_OK;
}

/* Seeds numpy's stream where a seed is given; returns that of ours. */
static uint64_t begin_draws(cornu_image_data_generator *generator, int64_t seed)
{
    if (generator->numpy_draws && seed != CORNU_NONE)
        cornu__numpy_seed(&generator->numpy, (uint32_t)seed);
    return seed == CORNU_NONE ? generator->options.seed : (uint64_t)seed;
}

static int rounds_of(const cornu_image_fit_options *options)
{
    return options->augment ? options->rounds : 1;
}

static cornu_status fit_array(cornu_image_data_generator *generator, const cornu_array *x,
                              const cornu_image_fit_options *options)
{
    CORNU_TRY(check_options(generator, options));
    CORNU_TRY(check_pictures(generator, x));
    uint64_t seed = begin_draws(generator, options->seed), drawn = 0;
    const cornu__numpy_random numpy = generator->numpy;
    statistics all;
    cornu_status status = begin(&all, generator, cornu__picture_shape_of(generator, x->shape + 1));
    for (int round = 0; round < rounds_of(options) && status == CORNU_OK; round++)
        status = add_pictures(&all, x, add, options->augment, seed, &drawn);
    if (status == CORNU_OK)
        status = finish(&all);
    if (status == CORNU_OK)
        status = find_legacy(&all, x, options, &numpy);
    statistics_free(&all);
    return status;
}

static bool same_shape(cornu__picture_shape a, cornu__picture_shape b)
{
    return a.height == b.height && a.width == b.width && a.channels == b.channels;
}

static cornu_status add_batch(statistics *all, cornu_sequence *sequence, int64_t index,
                              const cornu_image_fit_options *options, uint64_t seed, uint64_t *drawn)
{
    cornu_batch batch = {0};
    CORNU_TRY(cornu_sequence_get(sequence, index, &batch));
    const cornu_array *x = batch.x ? cornu_array_item(batch.x, 0) : NULL;
    cornu_image_data_generator *generator = all->generator;
    cornu_status status = check_pictures(generator, x);
    if (status == CORNU_OK) {
        cornu__picture_shape shape = cornu__picture_shape_of(generator, x->shape + 1);
        if (!all->values)
            status = begin(all, generator, shape);
        else if (!same_shape(shape, all->shape))
            status = cornu__fail(CORNU_ERROR_SHAPE, "the pictures have another shape than those before");
        if (status == CORNU_OK)
            status = add_pictures(all, x, add, options->augment, seed, drawn);
    }
    cornu_batch_clear(&batch);
    return status;
}

static cornu_status fit_sequence(cornu_image_data_generator *generator, cornu_sequence *sequence,
                                 const cornu_image_fit_options *options)
{
    CORNU_TRY(check_options(generator, options));
    if (generator->float32_statistics)
        return cornu__fail(
            CORNU_ERROR_UNSUPPORTED,
            "stats_compat \"float32\" goes over the data several times; wanted an array, not a Sequence");
    if (!sequence || !cornu__is_sequence(sequence))
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "wanted a Sequence of batches");
    int64_t length;
    CORNU_TRY(cornu__sequence_length_checked(sequence, &length));
    uint64_t seed = begin_draws(generator, options->seed), drawn = 0;
    statistics all = {.generator = generator};
    cornu_status status = CORNU_OK;
    for (int round = 0; round < rounds_of(options); round++) {
        for (int64_t index = 0; index < length && status == CORNU_OK; index++) {
            status = add_batch(&all, sequence, index, options, seed, &drawn);
            if (status != CORNU_OK)
                cornu__fail_context("batch %lld", (long long)index);
        }
    }
    if (status == CORNU_OK)
        status = finish(&all);
    statistics_free(&all);
    return status;
}

static cornu_status no_generator(void)
{
    return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "fit: there is no ImageDataGenerator");
}

cornu_status cornu_image_data_generator_fit_with(cornu_image_data_generator *generator, const cornu_array *x,
                                                 const cornu_image_fit_options *options)
{
    cornu_image_fit_options given = {.struct_size = sizeof given, CORNU_IMAGE_FIT_DEFAULTS};
    cornu__options_lay(&given, sizeof given, options);
    if (!generator)
        return no_generator();
    cornu_status status = fit_array(generator, x, &given);
    return status == CORNU_OK ? status : cornu__fail_context("ImageDataGenerator's fit");
}

cornu_status cornu_image_data_generator_fit_sequence_with(cornu_image_data_generator *generator,
                                                          cornu_sequence *sequence,
                                                          const cornu_image_fit_options *options)
{
    cornu_image_fit_options given = {.struct_size = sizeof given, CORNU_IMAGE_FIT_DEFAULTS};
    cornu__options_lay(&given, sizeof given, options);
    if (!generator)
        return no_generator();
    cornu_status status = fit_sequence(generator, sequence, &given);
    return status == CORNU_OK ? status : cornu__fail_context("ImageDataGenerator's fit");
}

static cornu_array *copy_found(const cornu_image_data_generator *generator, const double *values)
{
    if (!values)
        return cornu__fail_null(CORNU_ERROR_STATE, "the ImageDataGenerator was not fit");
    return cornu_array_copy_of(CORNU_FLOAT64, 1, &generator->channels, values);
}

cornu_array *cornu_image_data_generator_mean(const cornu_image_data_generator *generator)
{
    return copy_found(generator, generator->mean);
}

cornu_array *cornu_image_data_generator_std(const cornu_image_data_generator *generator)
{
    return copy_found(generator, generator->std);
}
