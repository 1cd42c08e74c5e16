/* array_iterator.c: the order of an epoch, and the pictures of a batch. */
#include <string.h>

#include <cornu/image.h>

#include "array/array.h"
#include "base/memory.h"
#include "base/text.h"
#include "image/array_iterator.h"

typedef cornu__worker_space worker_space;
typedef cornu__array_iterator array_iterator;

/* --- Order --- */

static int64_t batches_of(const array_iterator *self)
{
    return (self->count + self->batch_size - 1) / self->batch_size;
}

/* The seed of numpy's stream for batch `index` of the epoch: Keras adds the batches seen before, and wraps nowhere; here at 2^32. */
static uint32_t numpy_seed(const array_iterator *self, int64_t index)
{
    return (uint32_t)(self->seed + (uint64_t)(self->epoch * batches_of(self) + index));
}

void cornu__array_iterator_draw_order(array_iterator *self)
{
    if (!self->order)
        return;
    if (self->generator->numpy_draws) {
        cornu__numpy_random numpy;
        cornu__numpy_seed(&numpy, numpy_seed(self, 0));
        cornu__numpy_permutation(&numpy, self->count, self->order);
        return;
    }
    cornu__random_key key = cornu__random_key_make(self->seed, CORNU__RANDOM_SHUFFLE, (uint64_t)self->epoch, 0);
    cornu__random_permutation(key, self->count, self->order);
}

/* numpy's stream where the draws of batch `index` begin: behind the order, if Keras drew one for this batch. */
static void begin_numpy(const array_iterator *self, int64_t index, cornu__numpy_random *numpy)
{
    cornu__numpy_seed(numpy, numpy_seed(self, index));
    if (index > 0 || !self->order)
        return;
    for (int64_t i = self->count - 1; i > 0; i--)
        cornu__numpy_below(numpy, (uint64_t)i + 1);
}

/* --- Memory of workers --- */

static void space_free(worker_space *space)
{
    if (!space)
        return;
    cornu__picture_space_free(&space->picture);
    cornu__free(space->rows);
    cornu__free(space->values);
    cornu__free(space->transforms);
    cornu__free(space->mask);
    cornu__free(space->moved_mask);
    cornu__free(space);
}

static size_t count_of(cornu__picture_shape shape)
{
    return (size_t)(shape.height * shape.width * shape.channels);
}

static cornu_status add_mask_space(const array_iterator *self, worker_space *space)
{
    size_t count = count_of(self->mask_shape);
    space->transforms = cornu__alloc_array((size_t)self->batch_size, sizeof *space->transforms);
    space->mask = cornu__alloc_array(count, sizeof *space->mask);
    space->moved_mask = cornu__alloc_array(count, sizeof *space->moved_mask);
    return space->transforms && space->mask && space->moved_mask ? CORNU_OK : CORNU_ERROR_OUT_OF_MEMORY;
}

static worker_space *space_create(const array_iterator *self)
{
    worker_space *space = cornu__alloc(sizeof *space);
    if (!space)
        return NULL;
    space->rows = cornu__alloc_array((size_t)self->batch_size, sizeof *space->rows);
    space->values = cornu__alloc_array(count_of(self->shape), sizeof *space->values);
    if (space->rows && space->values &&
        cornu__picture_space_create(self->generator, self->shape, &space->picture) == CORNU_OK &&
        (!self->mask_y || add_mask_space(self, space) == CORNU_OK))
        return space;
    space_free(space);
    return NULL;
}

static worker_space *space_take(array_iterator *self)
{
    pthread_mutex_lock(&self->lock);
    worker_space *space = self->spaces;
    if (space)
        self->spaces = space->next;
    pthread_mutex_unlock(&self->lock);
    return space ? space : space_create(self);
}

static void space_give(array_iterator *self, worker_space *space)
{
    pthread_mutex_lock(&self->lock);
    space->next = self->spaces;
    self->spaces = space;
    pthread_mutex_unlock(&self->lock);
}

/* --- A batch --- */

static int64_t choose_rows(const array_iterator *self, int64_t index, int64_t *rows)
{
    int64_t first = index * self->batch_size, left = self->count - first;
    int64_t count = left < self->batch_size ? left : self->batch_size;
    for (int64_t i = 0; i < count; i++)
        rows[i] = self->begin + (self->order ? self->order[first + i] : first + i);
    return count;
}

/* The picture of a row as floats, in the worker's memory. Pictures of floats are copied there too: a turned picture is read along slanting lines,
 * which is slow out of main memory, and the copy brings it near in one straight run. */
static const float *picture_of(const array_iterator *self, int64_t row, worker_space *space)
{
    const cornu_array *all = self->pictures;
    int64_t size = cornu__row_count(all);
    const char *from = (const char *)all->data + (size_t)(row * size) * cornu_dtype_size(all->dtype);
    cornu__convert(CORNU_FLOAT32, space->picture.picture, all->dtype, from, size);
    return space->picture.picture;
}

/* Draws, transforms and normalizes the picture of a row into place `i` of the batch. */
static cornu_status make_picture(array_iterator *self, int64_t row, int64_t i, worker_space *space, cornu_array *batch)
{
    int64_t size = cornu__row_count(batch);
    char *to = (char *)batch->data + (size_t)(i * size) * cornu_dtype_size(batch->dtype);
    float *values = batch->dtype == CORNU_FLOAT32 ? (float *)(void *)to : space->values;
    cornu__draws draws = {
        .numpy = self->generator->numpy_draws ? &space->numpy : NULL,
        .key = cornu__random_key_make(self->seed, CORNU__RANDOM_AUGMENT, (uint64_t)self->epoch, (uint64_t)row)};
    cornu_transform_options transform = cornu__draw_transform(self->generator, &draws, self->shape);
    if (space->transforms)
        space->transforms[i] = transform;
    const float *from = picture_of(self, row, space);
    CORNU_TRY(cornu__picture_transform(self->generator, self->shape, &transform, from, values, &space->picture));
    CORNU_TRY(cornu__picture_normalize(self->generator, self->shape, values, &space->picture));
    if (values == space->values)
        cornu__convert(batch->dtype, to, CORNU_FLOAT32, values, size);
    return CORNU_OK;
}

static cornu_status save_picture(const array_iterator *self, const cornu_array *batch, int64_t i, const char *path)
{
    size_t bytes = (size_t)cornu__row_count(batch) * cornu_dtype_size(batch->dtype);
    cornu_array *picture = cornu_array_view(batch->dtype, 3, batch->shape + 1, (char *)batch->data + (size_t)i * bytes);
    if (!picture)
        return cornu_error_status();
    cornu_status status =
        cornu_save_img(path, picture, .file_format = self->save_format,
                       .data_format = self->generator->channels_first ? "channels_first" : "channels_last");
    cornu_array_release(picture);
    return status;
}

/* Keras's names: prefix_index_hash.format, the hash from numpy's stream behind all the transforms; ours from the key. */
static cornu_status save_pictures(const array_iterator *self, const cornu_array *batch, worker_space *space)
{
    for (int64_t i = 0; i < cornu_array_size(batch, 0); i++) {
        cornu__random_key key =
            cornu__random_key_make(self->seed, CORNU__RANDOM_AUGMENT, (uint64_t)self->epoch, (uint64_t)space->rows[i]);
        unsigned hash = self->generator->numpy_draws ? (unsigned)cornu__numpy_below(&space->numpy, 10000)
                                                     : (unsigned)cornu__random_below(key, UINT32_MAX, 10000);
        cornu__text path = {0};
        cornu__text_add(&path, "%s/%s_%lld_%u.%s", self->save_to_dir, self->save_prefix ? self->save_prefix : "",
                        (long long)(space->rows[i] - self->begin), hash, self->save_format);
        char *name = cornu__text_take(&path);
        if (!name)
            return CORNU_ERROR_OUT_OF_MEMORY;
        cornu_status status = save_picture(self, batch, i, name);
        cornu__free(name);
        CORNU_TRY(status);
    }
    return CORNU_OK;
}

static cornu_status make_pictures(array_iterator *self, int64_t index, int64_t count, worker_space *space,
                                  cornu_array *batch)
{
    if (self->generator->numpy_draws)
        begin_numpy(self, index, &space->numpy);
    for (int64_t i = 0; i < count; i++) {
        if (make_picture(self, space->rows[i], i, space, batch) != CORNU_OK)
            return cornu__fail_context("sample %lld", (long long)space->rows[i]);
    }
    return self->save_to_dir ? save_pictures(self, batch, space) : CORNU_OK;
}

/* *to := the rows of an array, NULL for none. */
static cornu_status take_rows(const cornu_array *from, const int64_t *rows, int64_t count, cornu_array **to)
{
    *to = NULL;
    if (!from)
        return CORNU_OK;
    int64_t shape[CORNU_MAX_RANK];
    memcpy(shape, from->shape, sizeof shape);
    shape[0] = count;
    *to = cornu__array_uninitialized(from->dtype, from->rank, shape);
    if (!*to)
        return cornu_error_status();
    cornu__gather_rows(from->dtype, (*to)->data, from, rows, count);
    return CORNU_OK;
}

/* The items of a collection y or sample_weight, or the plain array. */
static cornu_status take_collection(const cornu_array *from, const int64_t *rows, int64_t count, cornu_array **to)
{
    if (!from || !cornu_array_is_collection(from))
        return take_rows(from, rows, count, to);
    cornu_array *items[CORNU__MOST_ARRAYS] = {NULL};
    const char *names[CORNU__MOST_ARRAYS];
    size_t item_count = cornu_array_item_count(from);
    cornu_status status = CORNU_OK;
    for (size_t i = 0; i < item_count && status == CORNU_OK; i++) {
        names[i] = cornu_array_item_name(from, i);
        status = take_rows(cornu_array_item(from, i), rows, count, &items[i]);
    }
    if (status == CORNU_OK) {
        *to = from->names ? cornu_array_dict(item_count, names, items) : cornu_array_list(item_count, items);
        status = *to ? CORNU_OK : cornu_error_status();
    }
    for (size_t i = 0; i < item_count; i++)
        cornu_array_release(items[i]);
    return status;
}

/* batch->x := the pictures, or a list of them and the rows of the other arrays. */
static cornu_status join_x(const array_iterator *self, const int64_t *rows, int64_t count, cornu_array *pictures,
                           cornu_batch *batch)
{
    if (!self->is_list) {
        batch->x = cornu_array_retain(pictures);
        return CORNU_OK;
    }
    cornu_array *items[1 + CORNU__MOST_ARRAYS] = {pictures};
    cornu_status status = CORNU_OK;
    for (size_t i = 0; i < self->other_count && status == CORNU_OK; i++)
        status = take_rows(self->others[i], rows, count, &items[1 + i]);
    if (status == CORNU_OK) {
        batch->x = cornu_array_list(1 + self->other_count, items);
        status = batch->x ? CORNU_OK : cornu_error_status();
    }
    for (size_t i = 0; i < self->other_count; i++)
        cornu_array_release(items[1 + i]);
    return status;
}

/* *to := the masks of the batch's pictures, moved as those were. Class numbers up to 2^24 are exact in float. */
static cornu_status make_masks(const array_iterator *self, int64_t count, worker_space *space, cornu_array **to)
{
    CORNU_TRY(take_rows(self->y, space->rows, count, to));
    int64_t size = cornu__row_count(*to);
    for (int64_t i = 0; i < count; i++) {
        char *mask = (char *)(*to)->data + (size_t)(i * size) * cornu_dtype_size((*to)->dtype);
        cornu__convert(CORNU_FLOAT32, space->mask, (*to)->dtype, mask, size);
        CORNU_TRY(cornu__mask_transform(self->generator, self->mask_shape, &space->transforms[i], space->mask,
                                        space->moved_mask));
        cornu__convert((*to)->dtype, mask, CORNU_FLOAT32, space->moved_mask, size);
    }
    return CORNU_OK;
}

static cornu_status fill_batch(array_iterator *self, int64_t index, worker_space *space, cornu_batch *batch)
{
    int64_t count = choose_rows(self, index, space->rows), shape[4];
    memcpy(shape, self->pictures->shape, sizeof shape);
    shape[0] = count;
    cornu_array *pictures = cornu__array_uninitialized(self->generator->dtype, 4, shape);
    if (!pictures)
        return cornu_error_status();
    cornu_status status = make_pictures(self, index, count, space, pictures);
    if (status == CORNU_OK)
        status = join_x(self, space->rows, count, pictures, batch);
    cornu_array_release(pictures);
    CORNU_TRY(status);
    CORNU_TRY(self->mask_y ? make_masks(self, count, space, &batch->y)
                           : take_collection(self->y, space->rows, count, &batch->y));
    return take_collection(self->y ? self->sample_weight : NULL, space->rows, count, &batch->sample_weight);
}

/* --- The Sequence's functions --- */

int64_t cornu__array_iterator_length(void *state)
{
    return batches_of(state);
}

cornu_status cornu__array_iterator_get(void *state, int64_t index, cornu_batch *batch)
{
    array_iterator *self = state;
    worker_space *space = space_take(self);
    if (!space)
        return cornu_error_status();
    cornu_status status = fill_batch(self, index, space, batch);
    space_give(self, space);
    return status;
}

void cornu__array_iterator_on_epoch_end(void *state)
{
    array_iterator *self = state;
    self->epoch++;
    cornu__array_iterator_draw_order(self);
}

cornu_array *cornu__array_iterator_save_state(void *state)
{
    return cornu_array_copy_of(CORNU_INT64, 1, (int64_t[]){1}, &((array_iterator *)state)->epoch);
}

cornu_status cornu__array_iterator_load_state(void *state, const cornu_array *saved)
{
    array_iterator *self = state;
    if (cornu_array_dtype(saved) != CORNU_INT64 || cornu_array_count(saved) != 1)
        return cornu__fail(CORNU_ERROR_DATA, "flow: wanted the number of an epoch, one int64");
    self->epoch = *(const int64_t *)cornu_array_data(saved);
    cornu__array_iterator_draw_order(self);
    return CORNU_OK;
}

void cornu__array_iterator_release(void *state)
{
    array_iterator *self = state;
    cornu_image_data_generator_release(self->generator);
    cornu_array_release(self->pictures);
    for (size_t i = 0; i < self->other_count; i++)
        cornu_array_release(self->others[i]);
    cornu_array_release(self->y);
    cornu_array_release(self->sample_weight);
    cornu__free(self->save_to_dir);
    cornu__free(self->save_prefix);
    cornu__free(self->order);
    while (self->spaces) {
        worker_space *space = self->spaces;
        self->spaces = space->next;
        space_free(space);
    }
    pthread_mutex_destroy(&self->lock);
    cornu__free(self);
}
