/* flow.c: cornu_flow: what it is given, checked, and the iterator made of it. */
#include <stdlib.h>
#include <string.h>

#include "array/array.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/options.h"
#include "base/text.h"
#include "image/array_iterator.h"

typedef cornu__array_iterator array_iterator;

/* --- Checks --- */

static cornu_status check_rows(const char *what, const cornu_array *array, int64_t rows)
{
    size_t count = array ? cornu_array_item_count(array) : 0;
    if (count > CORNU__MOST_ARRAYS)
        return cornu__fail(CORNU_ERROR_LIMIT, "flow: %s has %zu arrays; at most %d are possible", what, count,
                           CORNU__MOST_ARRAYS);
    for (size_t i = 0; i < count; i++) {
        const cornu_array *item = cornu_array_item(array, i);
        if (cornu_array_is_collection(item) || cornu_array_rank(item) == 0)
            return cornu__fail(CORNU_ERROR_SHAPE, "flow: %s has an item without rows", what);
        if (cornu_array_size(item, 0) != rows)
            return cornu__fail(CORNU_ERROR_SHAPE, "flow: %s has %lld samples where x has %lld pictures", what,
                               (long long)cornu_array_size(item, 0), (long long)rows);
    }
    return CORNU_OK;
}

static cornu_status check_pictures(const cornu_image_data_generator *generator, const cornu_array *pictures)
{
    bool plain = pictures && !cornu_array_is_collection(pictures);
    char text[CORNU__SHAPE_TEXT_SIZE] = "none";
    if (plain)
        cornu__text_shape(text, sizeof text, pictures->rank, pictures->shape);
    if (!plain || pictures->rank != 4)
        return cornu__fail(
            CORNU_ERROR_SHAPE, "flow: wanted pictures of rank 4, %s, or a list that begins with them; got shape %s",
            generator->channels_first ? "(n, channels, height, width)" : "(n, height, width, channels)", text);
    CORNU_TRY(cornu__picture_check(generator, pictures->shape + 1, "flow: pictures"));
    int64_t channels = cornu__picture_shape_of(generator, pictures->shape + 1).channels;
    if (channels != 1 && channels != 3 && channels != 4)
        cornu__warn("flow: x of shape %s has %lld channels, by data_format \"%s\"; usual are 1, 3 and 4", text,
                    (long long)channels, generator->channels_first ? "channels_first" : "channels_last");
    return CORNU_OK;
}

/* The format's name in memory of ours; NULL if there is no such format. */
static const char *save_format_of(const cornu_flow_options *options)
{
    static const char *const formats[] = {"png", "jpg", "jpeg"};
    for (size_t i = 0; options->save_format && i < sizeof formats / sizeof *formats; i++) {
        if (strcmp(options->save_format, formats[i]) == 0)
            return formats[i];
    }
    return NULL;
}

static cornu_status check_options(const cornu_image_data_generator *generator, const cornu_flow_options *options)
{
    if (options->batch_size < 1)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "flow: batch_size is %d, and must be at least 1",
                           options->batch_size);
    if (options->seed < CORNU_NONE || (generator->numpy_draws && options->seed > UINT32_MAX))
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "flow: seed is %lld; wanted CORNU_NONE or 0 to %lld",
                           (long long)options->seed,
                           generator->numpy_draws ? (long long)UINT32_MAX : (long long)INT64_MAX);
    const char *subset = options->subset;
    if (subset && strcmp(subset, "training") != 0 && strcmp(subset, "validation") != 0)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "flow: subset is \"%s\"; wanted \"training\", \"validation\" or NULL", subset);
    if (options->save_to_dir && !save_format_of(options))
        return cornu__fail(CORNU_ERROR_UNSUPPORTED, "flow: save_format is \"%s\"; wanted \"png\", \"jpg\" or \"jpeg\"",
                           options->save_format ? options->save_format : "NULL");
    return CORNU_OK;
}

/* --- Subsets --- */

typedef struct values {
    double *sorted;
    int64_t count; /* of different ones */
} values;

static int compare_doubles(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

/* The different values of rows begin .. end - 1 of y. */
static cornu_status find_values(const cornu_array *y, int64_t begin, int64_t end, values *found)
{
    int64_t size = cornu__row_count(y), count = (end - begin) * size;
    found->sorted = cornu__alloc_array((size_t)count, sizeof *found->sorted);
    if (!found->sorted)
        return CORNU_ERROR_OUT_OF_MEMORY;
    for (int64_t i = 0; i < count; i++)
        found->sorted[i] = cornu_array_get(y, begin * size + i);
    qsort(found->sorted, (size_t)count, sizeof *found->sorted, compare_doubles);
    found->count = 0;
    for (int64_t i = 0; i < count; i++) {
        if (found->count == 0 || found->sorted[i] != found->sorted[found->count - 1])
            found->sorted[found->count++] = found->sorted[i];
    }
    return CORNU_OK;
}

/* That the rows before and after `split` have the same values. */
static cornu_status check_split(const cornu_array *y, int64_t split, int64_t rows)
{
    values before = {0}, after = {0};
    cornu_status status = find_values(y, 0, split, &before);
    if (status == CORNU_OK)
        status = find_values(y, split, rows, &after);
    if (status == CORNU_OK && (before.count != after.count ||
                               memcmp(before.sorted, after.sorted, (size_t)before.count * sizeof *before.sorted) != 0))
        status = cornu__fail(CORNU_ERROR_DATA,
                             "flow: training and validation have different classes after the split at %lld of %lld "
                             "(%lld and %lld values of y); shuffle data that are sorted by label, or set "
                             ".ignore_class_split",
                             (long long)split, (long long)rows, (long long)after.count, (long long)before.count);
    cornu__free(before.sorted);
    cornu__free(after.sorted);
    return status;
}

static cornu_status choose_subset(array_iterator *self, const cornu_flow_options *options)
{
    int64_t rows = self->pictures->shape[0];
    self->count = rows;
    if (!options->subset)
        return CORNU_OK;
    int64_t split = (int64_t)((double)rows * self->generator->options.validation_split);
    bool validation = strcmp(options->subset, "validation") == 0;
    self->begin = validation ? 0 : split;
    self->count = validation ? split : rows - split;
    if (self->count < 1)
        return cornu__fail(CORNU_ERROR_DATA, "flow: subset \"%s\" has no pictures: validation_split is %g of %lld",
                           options->subset, self->generator->options.validation_split, (long long)rows);
    if (!self->y || self->mask_y || options->ignore_class_split || cornu_array_is_collection(self->y))
        return CORNU_OK;
    return check_split(self->y, split, rows);
}

/* --- Making it --- */

/* For .mask_y: one mask of its picture's height and width each. */
static cornu_status check_masks(array_iterator *self)
{
    const cornu_array *y = self->y;
    char text[CORNU__SHAPE_TEXT_SIZE];
    if (!y || cornu_array_is_collection(y) || y->rank != 4)
        return cornu__fail(CORNU_ERROR_SHAPE, "flow: mask_y wants y of rank 4, a mask for each picture");
    self->mask_shape = cornu__picture_shape_of(self->generator, y->shape + 1);
    if (self->mask_shape.height != self->shape.height || self->mask_shape.width != self->shape.width)
        return cornu__fail(CORNU_ERROR_SHAPE, "flow: the masks have shape %s, and the pictures %lld x %lld pixels",
                           cornu__text_shape(text, sizeof text, 4, y->shape), (long long)self->shape.height,
                           (long long)self->shape.width);
    self->mask_y = true;
    return cornu__picture_check(self->generator, y->shape + 1, "flow: masks");
}

static cornu_status take_arrays(array_iterator *self, cornu_array *x, cornu_array *y, const cornu_flow_options *options)
{
    if (!x)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "flow: there is no x");
    self->is_list = cornu_array_is_collection(x);
    CORNU_TRY(check_pictures(self->generator, cornu_array_item(x, 0)));
    self->pictures = cornu_array_retain(cornu_array_item(x, 0));
    self->shape = cornu__picture_shape_of(self->generator, self->pictures->shape + 1);
    int64_t rows = self->pictures->shape[0];
    if (rows < 1)
        return cornu__fail(CORNU_ERROR_DATA, "flow: x has no pictures");
    CORNU_TRY(check_rows("x", x, rows));
    CORNU_TRY(check_rows("y", y, rows));
    CORNU_TRY(check_rows("sample_weight", options->sample_weight, rows));
    for (size_t i = 1; i < cornu_array_item_count(x); i++)
        self->others[self->other_count++] = cornu_array_retain(cornu_array_item(x, i));
    self->y = cornu_array_retain(y);
    self->sample_weight = cornu_array_retain(options->sample_weight);
    if (options->mask_y)
        CORNU_TRY(check_masks(self));
    return choose_subset(self, options);
}

static cornu_status take_texts(array_iterator *self, const cornu_flow_options *options)
{
    if (options->save_to_dir) {
        self->save_format = save_format_of(options);
        self->save_to_dir = cornu__copy_text(options->save_to_dir);
        self->save_prefix = cornu__copy_text(options->save_prefix);
        if (!self->save_to_dir || (options->save_prefix && !self->save_prefix))
            return CORNU_ERROR_OUT_OF_MEMORY;
    }
    return CORNU_OK;
}

static cornu_status begin(array_iterator *self, cornu_array *x, cornu_array *y, const cornu_flow_options *options)
{
    CORNU_TRY(check_options(self->generator, options));
    CORNU_TRY(take_arrays(self, x, y, options));
    CORNU_TRY(take_texts(self, options));
    self->batch_size = options->batch_size < self->count ? options->batch_size : self->count;
    self->seed = options->seed == CORNU_NONE ? self->generator->options.seed : (uint64_t)options->seed;
    if (options->shuffle) {
        self->order = cornu__alloc_array((size_t)self->count, sizeof *self->order);
        if (!self->order)
            return CORNU_ERROR_OUT_OF_MEMORY;
    }
    cornu__array_iterator_draw_order(self);
    return CORNU_OK;
}

cornu_sequence *cornu_flow_with(cornu_image_data_generator *generator, cornu_array *x, cornu_array *y,
                                const cornu_flow_options *options)
{
    cornu_flow_options given = {.struct_size = sizeof given, CORNU_FLOW_DEFAULTS};
    cornu__options_lay(&given, sizeof given, options);
    if (!generator)
        return cornu__fail_null(CORNU_ERROR_INVALID_ARGUMENT, "flow: there is no generator");
    array_iterator *self = cornu__alloc(sizeof *self);
    if (!self)
        return NULL;
    self->generator = cornu_image_data_generator_retain(generator);
    pthread_mutex_init(&self->lock, NULL);
    cornu_sequence *sequence = NULL;
    if (begin(self, x, y, &given) == CORNU_OK)
        sequence = cornu_sequence_create(.length = cornu__array_iterator_length, .get = cornu__array_iterator_get,
                                         .on_epoch_end = cornu__array_iterator_on_epoch_end,
                                         .save_state = cornu__array_iterator_save_state,
                                         .load_state = cornu__array_iterator_load_state, .state = self,
                                         .release = cornu__array_iterator_release);
    if (!sequence)
        cornu__array_iterator_release(self);
    return sequence;
}
