/* picture_arrays.c: pictures and what belongs to them, out of arrays. */
#include <string.h>

#include "image/picture_arrays.h"
#include "array/array.h"
#include "base/memory.h"

typedef cornu__picture_arrays picture_arrays;

/* Pictures are copied first: a turned picture is read along slanting lines, which is slow out of main memory, and the copy
 * brings it near in one straight run. */
static cornu_status read_picture(const cornu__image_iterator *iterator, int64_t row, cornu__worker_space *space)
{
    const cornu_array *all = ((const picture_arrays *)iterator->source)->pictures;
    int64_t size = cornu__row_count(all);
    const char *from = (const char *)all->data + (size_t)(row * size) * cornu_dtype_size(all->dtype);
    if (all->dtype == CORNU_UINT8)
        space->picture.bytes = memcpy(space->picture.picture, from, (size_t)size);
    else {
        space->picture.bytes = NULL;
        cornu__convert(CORNU_FLOAT32, space->picture.picture, all->dtype, from, size);
    }
    return CORNU_OK;
}

/* batch->x := the pictures, or a list of them and the rows of the other arrays. */
static cornu_status join_x(const picture_arrays *self, const int64_t *rows, int64_t count, cornu_array *pictures,
                           cornu_batch *batch)
{
    if (!self->is_list) {
        batch->x = cornu_array_retain(pictures);
        return CORNU_OK;
    }
    cornu_array *items[1 + CORNU__MOST_ARRAYS] = {pictures};
    cornu_status status = CORNU_OK;
    for (size_t i = 0; i < self->other_count && status == CORNU_OK; i++)
        status = cornu__take_rows(self->others[i], rows, count, &items[1 + i]);
    if (status == CORNU_OK) {
        batch->x = cornu_array_list(1 + self->other_count, items);
        status = batch->x ? CORNU_OK : cornu_error_status();
    }
    for (size_t i = 0; i < self->other_count; i++)
        cornu_array_release(items[1 + i]);
    return status;
}

/* *masks := the same moved by the steps behind the generator's transforms. */
static cornu_status augment_masks(const cornu__image_iterator *iterator, const picture_arrays *self, int64_t count,
                                  cornu__worker_space *space, cornu_array **masks)
{
    const cornu__picture_shape *size = &iterator->output;
    int64_t last[] = {count, size->height, size->width, self->mask_shape.channels};
    int64_t first[] = {count, self->mask_shape.channels, size->height, size->width};
    cornu_array *moved =
        cornu__array_uninitialized((*masks)->dtype, 4, iterator->generator->channels_first ? first : last);
    if (!moved)
        return cornu_error_status();
    cornu_status status = cornu__augmenting_masks(space->augmenting, count, *masks, moved);
    cornu_array_release(*masks);
    *masks = moved;
    return status;
}

/* *to := the masks of the batch's pictures, moved as those were. Class numbers up to 2^24 are exact in float. */
static cornu_status make_masks(const cornu__image_iterator *iterator, const picture_arrays *self, int64_t count,
                               cornu__worker_space *space, cornu_array **to)
{
    CORNU_TRY(cornu__take_rows(self->y, space->rows, count, to));
    int64_t size = cornu__row_count(*to);
    for (int64_t i = 0; i < count; i++) {
        char *mask = (char *)(*to)->data + (size_t)(i * size) * cornu_dtype_size((*to)->dtype);
        cornu__convert(CORNU_FLOAT32, space->mask, (*to)->dtype, mask, size);
        CORNU_TRY(cornu__mask_transform(iterator->generator, self->mask_shape, &space->transforms[i], space->mask,
                                        space->moved_mask));
        cornu__convert((*to)->dtype, mask, CORNU_FLOAT32, space->moved_mask, size);
    }
    return space->augmenting ? augment_masks(iterator, self, count, space, to) : CORNU_OK;
}

static cornu_status join(const cornu__image_iterator *iterator, const int64_t *rows, int64_t count,
                         cornu__worker_space *space, cornu_array *pictures, cornu_batch *batch)
{
    const picture_arrays *self = iterator->source;
    CORNU_TRY(join_x(self, rows, count, pictures, batch));
    CORNU_TRY(self->mask_y ? make_masks(iterator, self, count, space, &batch->y)
                           : cornu__take_collection(self->y, rows, count, &batch->y));
    return cornu__take_collection(self->y ? self->sample_weight : NULL, rows, count, &batch->sample_weight);
}

static void release(void *source)
{
    picture_arrays *self = source;
    cornu_array_release(self->pictures);
    for (size_t i = 0; i < self->other_count; i++)
        cornu_array_release(self->others[i]);
    cornu_array_release(self->y);
    cornu_array_release(self->sample_weight);
    cornu__free(self);
}

const cornu__picture_source cornu__picture_arrays_kind = {.read = read_picture, .join = join, .release = release};
