/* image_iterator.c: the order of an epoch, the pictures of a batch, and the Sequence that gives them. */
#include <string.h>

#include <cornu/image.h>

#include "array/array.h"
#include "base/memory.h"
#include "base/text.h"
#include "data/generator.h"
#include "data/stages.h"
#include "image/image_iterator.h"

typedef cornu__worker_space worker_space;
typedef cornu__image_iterator image_iterator;

/* --- Order --- */

static int64_t batches_of(const image_iterator *self)
{
    return (self->count + self->batch_size - 1) / self->batch_size;
}

/* The seed of numpy's stream for batch `index` of the epoch: Keras adds the batches seen before, and wraps nowhere; here at 2^32. */
static uint32_t numpy_seed(const image_iterator *self, int64_t index)
{
    return (uint32_t)(self->seed + (uint64_t)(self->epoch * batches_of(self) + index));
}

static void draw_order(image_iterator *self)
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
static void begin_numpy(const image_iterator *self, int64_t index, cornu__numpy_random *numpy)
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
    cornu__loader_free(&space->loader);
    cornu__free(space->rows);
    cornu__free(space->values);
    cornu__free(space->transforms);
    cornu__free(space->mask);
    cornu__free(space->moved_mask);
    cornu__augmenting_free(space->augmenting);
    cornu__free(space);
}

static size_t count_of(cornu__picture_shape shape)
{
    return (size_t)(shape.height * shape.width * shape.channels);
}

static cornu_status add_mask_space(const image_iterator *self, worker_space *space)
{
    size_t count = (size_t)self->mask_size;
    space->transforms = cornu__alloc_array((size_t)self->batch_size, sizeof *space->transforms);
    space->mask = cornu__alloc_array(count, sizeof *space->mask);
    space->moved_mask = cornu__alloc_array(count, sizeof *space->moved_mask);
    return space->transforms && space->mask && space->moved_mask ? CORNU_OK : CORNU_ERROR_OUT_OF_MEMORY;
}

static cornu_status add_augmenting(const image_iterator *self, worker_space *space)
{
    const cornu__picture_shape *shape = &self->shape;
    cornu__extent extent = {(int)shape->height, (int)shape->width, (int)shape->channels};
    space->augmenting =
        cornu__augmenting_create(self->augmentation, self->training, extent, self->mask_channels, self->batch_size);
    return space->augmenting ? CORNU_OK : cornu_error_status();
}

static worker_space *space_create(const image_iterator *self)
{
    worker_space *space = cornu__alloc(sizeof *space);
    if (!space)
        return NULL;
    space->rows = cornu__alloc_array((size_t)self->batch_size, sizeof *space->rows);
    space->values = cornu__alloc_array(count_of(self->shape), sizeof *space->values);
    if (space->rows && space->values &&
        cornu__picture_space_create(self->generator, self->shape, &space->picture) == CORNU_OK &&
        (self->mask_size == 0 || add_mask_space(self, space) == CORNU_OK) &&
        (!self->augmentation || add_augmenting(self, space) == CORNU_OK))
        return space;
    space_free(space);
    return NULL;
}

static worker_space *space_take(image_iterator *self)
{
    pthread_mutex_lock(&self->lock);
    worker_space *space = self->spaces;
    if (space)
        self->spaces = space->next;
    pthread_mutex_unlock(&self->lock);
    return space ? space : space_create(self);
}

static void space_give(image_iterator *self, worker_space *space)
{
    pthread_mutex_lock(&self->lock);
    space->next = self->spaces;
    self->spaces = space;
    pthread_mutex_unlock(&self->lock);
}

/* --- A batch --- */

int64_t cornu__image_iterator_rows(const image_iterator *self, int64_t index, int64_t *rows)
{
    int64_t first = index * self->batch_size, left = self->count - first;
    int64_t count = left < self->batch_size ? left : self->batch_size;
    for (int64_t i = 0; i < count; i++)
        rows[i] = self->begin + (self->order ? self->order[first + i] : first + i);
    return count;
}

/* Reads the picture of *row, or of what stands in for it: *row says what it was, or CORNU__LEFT_OUT. */
static cornu_status read_picture(const image_iterator *self, int64_t *row, bool may_leave_out, worker_space *space)
{
    for (;;) {
        int64_t chosen = self->kind->choose ? self->kind->choose(self, *row, may_leave_out) : *row;
        if (chosen == CORNU__NONE_READABLE)
            return cornu__fail(CORNU_ERROR_DATA, "none of the %lld pictures can be read", (long long)self->count);
        if (chosen == CORNU__LEFT_OUT || self->kind->read(self, chosen, space) == CORNU_OK) {
            *row = chosen;
            return CORNU_OK;
        }
        if (!self->kind->give_up)
            return cornu_error_status();
        CORNU_TRY(self->kind->give_up(self, chosen));
    }
}

/* Draws, transforms and normalizes the picture of *row into place `i` of the batch. What is drawn belongs to the row that was wanted, so
 * that a bad file changes nothing for the others. */
static cornu_status make_picture(image_iterator *self, int64_t *row, int64_t i, bool may_leave_out, worker_space *space,
                                 cornu_array *batch)
{
    int64_t size = cornu__row_count(batch);
    char *to = (char *)batch->data + (size_t)(i * size) * cornu_dtype_size(batch->dtype);
    bool direct = batch->dtype == CORNU_FLOAT32 && !space->augmenting;
    float *values = direct ? (float *)(void *)to : space->values;
    uint64_t wanted = (uint64_t)*row;
    cornu__draws draws = {
        .numpy = self->generator->numpy_draws ? &space->numpy : NULL,
        .key = cornu__random_key_make(self->seed, CORNU__RANDOM_AUGMENT, (uint64_t)self->epoch, (uint64_t)*row)};
    cornu_transform_options transform = cornu__draw_transform(self->generator, &draws, self->shape);
    if (space->transforms)
        space->transforms[i] = transform;
    CORNU_TRY(read_picture(self, row, may_leave_out, space));
    if (*row == CORNU__LEFT_OUT)
        return CORNU_OK;
    CORNU_TRY(cornu__picture_transform(self->generator, self->shape, &transform,
                                       space->picture.bytes ? NULL : space->picture.picture, values, &space->picture));
    CORNU_TRY(cornu__picture_normalize(self->generator, self->shape, values, &space->picture));
    if (space->augmenting)
        return cornu__augmenting_take(space->augmenting, i, wanted, values);
    if (!direct)
        cornu__convert(batch->dtype, to, CORNU_FLOAT32, values, size);
    return CORNU_OK;
}

static cornu_status save_picture(const image_iterator *self, const cornu_array *batch, int64_t i, const char *path)
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
static cornu_status save_pictures(const image_iterator *self, const cornu_array *batch, worker_space *space)
{
    for (int64_t i = 0; i < cornu_array_size(batch, 0); i++) {
        cornu__random_key key =
            cornu__random_key_make(self->seed, CORNU__RANDOM_AUGMENT, (uint64_t)self->epoch, (uint64_t)space->rows[i]);
        unsigned hash = self->generator->numpy_draws
                            ? (unsigned)cornu__numpy_below(&space->numpy, self->save_hashes)
                            : (unsigned)cornu__random_below(key, UINT32_MAX, self->save_hashes);
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

/* *count := the pictures that were made; space->rows are theirs. */
static cornu_status make_pictures(image_iterator *self, int64_t index, int64_t *count, worker_space *space,
                                  cornu_array *batch)
{
    int64_t made = 0, *rows = space->rows;
    if (space->augmenting)
        cornu__augmenting_begin(space->augmenting, self->seed, (uint64_t)self->epoch, batch);
    if (self->generator->numpy_draws)
        begin_numpy(self, index, &space->numpy);
    for (int64_t i = 0; i < *count; i++) {
        int64_t row = rows[i];
        bool may_leave_out = made > 0 || i + 1 < *count; /* no batch is empty */
        if (make_picture(self, &row, made, may_leave_out, space, batch) != CORNU_OK)
            return cornu__fail_context("sample %lld", (long long)rows[i]);
        if (row != CORNU__LEFT_OUT)
            rows[made++] = row;
    }
    *count = made;
    return space->augmenting ? cornu__augmenting_finish(space->augmenting, made) : CORNU_OK;
}

/* Labels that are an array of their own are mixed as their pictures were. Masks are no labels. */
static cornu_status mix_labels(const image_iterator *self, int64_t count, const worker_space *space, cornu_batch *batch)
{
    if (!space->augmenting || self->mask_size > 0 || !batch->y || batch->y == batch->x)
        return CORNU_OK;
    CORNU_TRY(cornu__augmentation_check_labels(self->augmentation, self->training, batch->y));
    return cornu__augmenting_labels(space->augmenting, count, batch->y);
}

static cornu_status drop_first_axis(cornu_batch *batch)
{
    cornu_array **arrays[] = {&batch->x, &batch->y, &batch->samples};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) {
        cornu_array *array = *arrays[i];
        if (!array)
            continue;
        *arrays[i] = cornu_array_reshape(array, array->rank - 1, array->shape + 1);
        cornu_array_release(array);
        if (!*arrays[i])
            return cornu_error_status();
    }
    return CORNU_OK;
}

static cornu_status fill_batch(image_iterator *self, int64_t index, worker_space *space, cornu_batch *batch)
{
    int64_t wanted = cornu__image_iterator_rows(self, index, space->rows), count = wanted;
    const cornu__picture_shape *size = &self->output;
    int64_t last[] = {count, size->height, size->width, size->channels};
    int64_t first[] = {count, size->channels, size->height, size->width};
    cornu_array *pictures =
        cornu__array_uninitialized(self->generator->dtype, 4, self->generator->channels_first ? first : last);
    if (!pictures)
        return cornu_error_status();
    cornu_status status = make_pictures(self, index, &count, space, pictures);
    if (status == CORNU_OK && count < wanted) {
        cornu_array *made = cornu_array_rows(pictures, 0, count);
        status = made ? CORNU_OK : cornu_error_status();
        cornu_array_release(pictures);
        pictures = made;
    }
    if (status == CORNU_OK && self->save_to_dir)
        status = save_pictures(self, pictures, space);
    if (status == CORNU_OK)
        status = self->kind->join(self, space->rows, count, space, pictures, batch);
    if (status == CORNU_OK) {
        batch->samples = cornu_array_copy_of(CORNU_INT64, 1, &count, space->rows);
        status = batch->samples ? CORNU_OK : cornu_error_status();
    }
    if (status == CORNU_OK)
        status = mix_labels(self, count, space, batch);
    if (status == CORNU_OK && self->unbatched)
        status = drop_first_axis(batch);
    cornu_array_release(pictures);
    return status;
}

/* --- The Sequence's functions --- */

static int64_t length(void *state)
{
    return batches_of(state);
}

static cornu_status get(void *state, int64_t index, cornu_batch *batch)
{
    image_iterator *self = state;
    worker_space *space = space_take(self);
    if (!space)
        return cornu_error_status();
    cornu_stage before = cornu__stage_enter(CORNU_STAGE_AUGMENT);
    cornu_status status = fill_batch(self, index, space, batch);
    cornu__stage_enter(before);
    space_give(self, space);
    return status;
}

static void on_epoch_end(void *state)
{
    image_iterator *self = state;
    self->epoch++;
    draw_order(self);
}

static cornu_array *save_state(void *state)
{
    return cornu_array_copy_of(CORNU_INT64, 1, (int64_t[]){1}, &((image_iterator *)state)->epoch);
}

static cornu_status load_state(void *state, const cornu_array *saved)
{
    image_iterator *self = state;
    if (cornu_array_dtype(saved) != CORNU_INT64 || cornu_array_count(saved) != 1)
        return cornu__fail(CORNU_ERROR_DATA, "flow: wanted the number of an epoch, one int64");
    self->epoch = *(const int64_t *)cornu_array_data(saved);
    draw_order(self);
    return CORNU_OK;
}

/* --- Making and freeing --- */

void cornu__image_iterator_free(image_iterator *self)
{
    if (!self)
        return;
    cornu_image_data_generator_release(self->generator);
    cornu_augmentation_release(self->augmentation);
    self->kind->release(self->source);
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

cornu__image_iterator *cornu__image_iterator_create(cornu_image_data_generator *generator,
                                                    const cornu__picture_source *kind, void *source)
{
    image_iterator *self = cornu__alloc(sizeof *self);
    if (!self)
        return NULL;
    self->generator = cornu_image_data_generator_retain(generator);
    self->kind = kind;
    self->source = source;
    self->save_hashes = 10000000;
    pthread_mutex_init(&self->lock, NULL);
    return self;
}

/* The format's name in memory of ours; NULL if there is no such format. */
static const char *save_format_of(const cornu__flow_settings *settings)
{
    static const char *const formats[] = {"png", "jpg", "jpeg"};
    for (size_t i = 0; settings->save_format && i < sizeof formats / sizeof *formats; i++) {
        if (strcmp(settings->save_format, formats[i]) == 0)
            return formats[i];
    }
    return NULL;
}

cornu_status cornu__flow_settings_check(const cornu_image_data_generator *generator,
                                        const cornu__flow_settings *settings)
{
    if (!generator)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "%s: there is no generator", settings->caller);
    if (settings->batch_size < 1)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "%s: batch_size is %d, and must be at least 1",
                           settings->caller, settings->batch_size);
    if (settings->seed < CORNU_NONE || (generator->numpy_draws && settings->seed > UINT32_MAX))
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "%s: seed is %lld; wanted CORNU_NONE or 0 to %lld",
                           settings->caller, (long long)settings->seed,
                           generator->numpy_draws ? (long long)UINT32_MAX : (long long)INT64_MAX);
    const char *subset = settings->subset;
    if (subset && strcmp(subset, "training") != 0 && strcmp(subset, "validation") != 0)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "%s: subset is \"%s\"; wanted \"training\", \"validation\" or NULL", settings->caller,
                           subset);
    if (settings->save_to_dir && !save_format_of(settings))
        return cornu__fail(CORNU_ERROR_UNSUPPORTED, "%s: save_format is \"%s\"; wanted \"png\", \"jpg\" or \"jpeg\"",
                           settings->caller, settings->save_format ? settings->save_format : "NULL");
    return CORNU_OK;
}

/* The augmentation, and what it makes of the pictures' shape. */
static cornu_status take_augmentation(image_iterator *self, const cornu__flow_settings *settings)
{
    self->output = self->shape;
    if (!settings->augment)
        return CORNU_OK;
    cornu__extent extent = {(int)self->shape.height, (int)self->shape.width, (int)self->shape.channels};
    CORNU_TRY(cornu_augmentation_status(settings->augment));
    if (settings->augment->channels_first != self->generator->channels_first)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "%s: augment has data_format \"%s\", and the pictures \"%s\"",
                           settings->caller, settings->augment->channels_first ? "channels_first" : "channels_last",
                           self->generator->channels_first ? "channels_first" : "channels_last");
    if (cornu__augmentation_output(settings->augment, settings->training, &extent) != CORNU_OK)
        return cornu__fail_context("%s", settings->caller);
    self->output = (cornu__picture_shape){.height = extent.height, .width = extent.width, .channels = extent.channels};
    self->augmentation = cornu_augmentation_retain(settings->augment);
    self->training = settings->training;
    return CORNU_OK;
}

static cornu_status take_settings(image_iterator *self, const cornu__flow_settings *settings)
{
    CORNU_TRY(take_augmentation(self, settings));
    self->unbatched = settings->unbatched;
    self->batch_size = settings->batch_size < self->count ? settings->batch_size : self->count;
    self->seed = settings->seed == CORNU_NONE ? self->generator->options.seed : (uint64_t)settings->seed;
    if (settings->save_to_dir) {
        self->save_format = save_format_of(settings);
        self->save_to_dir = cornu__copy_text(settings->save_to_dir);
        self->save_prefix = cornu__copy_text(settings->save_prefix);
        if (!self->save_to_dir || (settings->save_prefix && !self->save_prefix))
            return CORNU_ERROR_OUT_OF_MEMORY;
    }
    if (settings->shuffle) {
        self->order = cornu__alloc_array((size_t)self->count, sizeof *self->order);
        if (!self->order)
            return CORNU_ERROR_OUT_OF_MEMORY;
    }
    draw_order(self);
    return CORNU_OK;
}

static void release(void *state)
{
    cornu__image_iterator_free(state);
}

/* What values are multiplied by; 0: that is not all that is done to them after the transforms. */
static double input_scale(const image_iterator *self)
{
    const cornu_image_data_generator_options *options = &self->generator->options;
    bool more = self->augmentation || options->preprocessing_function || options->samplewise_center ||
                options->samplewise_std_normalization || options->featurewise_center ||
                options->featurewise_std_normalization || options->zca_whitening;
    return more ? 0 : options->rescale != 0 ? options->rescale : 1;
}

cornu_sequence *cornu__image_iterator_sequence(image_iterator *self, const cornu__flow_settings *settings)
{
    cornu_sequence *sequence = NULL;
    if (take_settings(self, settings) == CORNU_OK)
        sequence =
            cornu_sequence_create(.length = length, .get = get, .on_epoch_end = on_epoch_end, .save_state = save_state,
                                  .load_state = load_state, .state = self, .release = release);
    if (!sequence) {
        cornu__image_iterator_free(self);
        return NULL;
    }
    sequence->input_scale = input_scale(self);
    sequence->begins_early = true;
    return sequence;
}

cornu__image_iterator *cornu__image_iterator_of(const cornu_sequence *sequence)
{
    if (sequence && sequence->get == get)
        return sequence->state;
    return cornu__fail_null(CORNU_ERROR_INVALID_ARGUMENT, "this is no Sequence of cornu_flow or its kin");
}
