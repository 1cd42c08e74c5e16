/* flow.c: cornu_flow: what it is given, checked, and the iterator made of it. */
#include <stdlib.h>
#include <string.h>

#include "array/array.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/options.h"
#include "base/text.h"
#include "image/picture_arrays.h"

typedef cornu__picture_arrays picture_arrays;

/* --- Checks --- */

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

static cornu_status choose_subset(cornu__image_iterator *iterator, const picture_arrays *self,
                                  const cornu_flow_options *options)
{
    int64_t rows = self->pictures->shape[0];
    iterator->count = rows;
    if (!options->subset)
        return CORNU_OK;
    int64_t split = (int64_t)((double)rows * iterator->generator->options.validation_split);
    bool validation = strcmp(options->subset, "validation") == 0;
    iterator->begin = validation ? 0 : split;
    iterator->count = validation ? split : rows - split;
    if (iterator->count < 1)
        return cornu__fail(CORNU_ERROR_DATA, "flow: subset \"%s\" has no pictures: validation_split is %g of %lld",
                           options->subset, iterator->generator->options.validation_split, (long long)rows);
    if (!self->y || self->mask_y || options->ignore_class_split || cornu_array_is_collection(self->y))
        return CORNU_OK;
    return check_split(self->y, split, rows);
}

/* --- Making it --- */

/* For .mask_y: one mask of its picture's height and width each. */
static cornu_status check_masks(cornu__image_iterator *iterator, picture_arrays *self)
{
    const cornu_array *y = self->y;
    char text[CORNU__SHAPE_TEXT_SIZE];
    if (!y || cornu_array_is_collection(y) || y->rank != 4)
        return cornu__fail(CORNU_ERROR_SHAPE, "flow: mask_y wants y of rank 4, a mask for each picture");
    self->mask_shape = cornu__picture_shape_of(iterator->generator, y->shape + 1);
    if (self->mask_shape.height != iterator->shape.height || self->mask_shape.width != iterator->shape.width)
        return cornu__fail(CORNU_ERROR_SHAPE, "flow: the masks have shape %s, and the pictures %lld x %lld pixels",
                           cornu__text_shape(text, sizeof text, 4, y->shape), (long long)iterator->shape.height,
                           (long long)iterator->shape.width);
    self->mask_y = true;
    iterator->mask_size = cornu__row_count(y);
    iterator->mask_channels = (int)self->mask_shape.channels;
    return cornu__picture_check(iterator->generator, y->shape + 1, "flow: masks");
}

static cornu_status take_arrays(cornu__image_iterator *iterator, picture_arrays *self, cornu_array *x, cornu_array *y,
                                const cornu_flow_options *options)
{
    if (!x)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "flow: there is no x");
    self->is_list = cornu_array_is_collection(x);
    CORNU_TRY(check_pictures(iterator->generator, cornu_array_item(x, 0)));
    self->pictures = cornu_array_retain(cornu_array_item(x, 0));
    iterator->shape = cornu__picture_shape_of(iterator->generator, self->pictures->shape + 1);
    int64_t rows = self->pictures->shape[0];
    if (rows < 1)
        return cornu__fail(CORNU_ERROR_DATA, "flow: x has no pictures");
    CORNU_TRY(cornu__check_rows("flow", "x", x, rows));
    CORNU_TRY(cornu__check_rows("flow", "y", y, rows));
    CORNU_TRY(cornu__check_rows("flow", "sample_weight", options->sample_weight, rows));
    for (size_t i = 1; i < cornu_array_item_count(x); i++)
        self->others[self->other_count++] = cornu_array_retain(cornu_array_item(x, i));
    self->y = cornu_array_retain(y);
    self->sample_weight = cornu_array_retain(options->sample_weight);
    if (options->mask_y)
        CORNU_TRY(check_masks(iterator, self));
    return choose_subset(iterator, self, options);
}

static cornu__image_iterator *iterator_create(cornu_image_data_generator *generator)
{
    picture_arrays *source = cornu__alloc(sizeof *source);
    cornu__image_iterator *iterator =
        source ? cornu__image_iterator_create(generator, &cornu__picture_arrays_kind, source) : NULL;
    if (iterator)
        iterator->save_hashes = 10000;
    else
        cornu__free(source);
    return iterator;
}

cornu_sequence *cornu_flow_with(cornu_image_data_generator *generator, cornu_array *x, cornu_array *y,
                                const cornu_flow_options *options)
{
    cornu_flow_options given = {.struct_size = sizeof given, CORNU_FLOW_DEFAULTS};
    cornu__options_lay(&given, sizeof given, options);
    cornu__flow_settings settings = {.caller = "flow",
                                     .batch_size = given.batch_size,
                                     .shuffle = given.shuffle,
                                     .seed = given.seed,
                                     .save_to_dir = given.save_to_dir,
                                     .save_prefix = given.save_prefix,
                                     .save_format = given.save_format,
                                     .subset = given.subset,
                                     .augment = given.augment,
                                     .training = given.training};
    if (cornu__flow_settings_check(generator, &settings) != CORNU_OK)
        return NULL;
    cornu__image_iterator *iterator = iterator_create(generator);
    if (!iterator)
        return NULL;
    if (take_arrays(iterator, iterator->source, x, y, &given) == CORNU_OK)
        return cornu__image_iterator_sequence(iterator, &settings);
    cornu__image_iterator_free(iterator);
    return NULL;
}
