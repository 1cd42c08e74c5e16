/*
 * dataset_augment.c: cornu_augment_dataset: the pictures and masks of a dataset's samples, changed as an ImageDataGenerator says.
 *
 * All spatial fields of a sample have one transform. It is drawn from the sample's own bits, so that no worker's turn decides about it.
 */
#include <stdio.h>
#include <string.h>

#include <cornu/image_dataset.h>

#include "array/array.h"
#include "base/options.h"
#include "base/text.h"
#include "data/sample_copy.h"
#include "data/stages.h"
#include "image/image_data_generator.h"

#define CALLER "augment_dataset"

typedef enum role { AS_IT_IS, IMAGE, MASK } role;

/* What one field is to the generator. */
typedef struct spatial {
    role role;
    cornu_dtype dtype; /* before */
    cornu__picture_shape shape;
} spatial;

/* Memory of one reader. */
typedef struct augment_space {
    struct augment_space *next;
    cornu__picture_space picture;
    float *values; /* a field transformed, before it is cast */
} augment_space;

typedef struct augmenting_dataset {
    cornu_image_data_generator *generator;
    int field_count;
    spatial *fields;
    cornu__picture_shape largest; /* of the spatial fields: the one with the most channels */
    int first;                    /* of the spatial fields; -1: none yet */
    pthread_mutex_t lock;         /* of `spaces` */
    augment_space *spaces;
} augmenting_dataset;

/* --- Memory of readers --- */

static void space_free(augment_space *space)
{
    cornu__picture_space_free(&space->picture);
    cornu__free(space->values);
    cornu__free(space);
}

static augment_space *space_create(const augmenting_dataset *self)
{
    const cornu__picture_shape *shape = &self->largest;
    augment_space *space = cornu__alloc(sizeof *space);
    if (!space)
        return NULL;
    space->values = cornu__alloc_array((size_t)(shape->height * shape->width * shape->channels), sizeof *space->values);
    if (space->values && cornu__picture_space_create(self->generator, *shape, &space->picture) == CORNU_OK)
        return space;
    space_free(space);
    return NULL;
}

static augment_space *space_take(augmenting_dataset *self)
{
    pthread_mutex_lock(&self->lock);
    augment_space *space = self->spaces;
    self->spaces = space ? space->next : NULL;
    pthread_mutex_unlock(&self->lock);
    return space ? space : space_create(self);
}

static void space_give(augmenting_dataset *self, augment_space *space)
{
    pthread_mutex_lock(&self->lock);
    space->next = self->spaces;
    self->spaces = space;
    pthread_mutex_unlock(&self->lock);
}

static void release(void *state)
{
    augmenting_dataset *self = state;
    cornu_image_data_generator_release(self->generator);
    while (self->spaces) {
        augment_space *space = self->spaces;
        self->spaces = space->next;
        space_free(space);
    }
    pthread_mutex_destroy(&self->lock);
    cornu__free(self->fields);
    cornu__free(self);
}

/* --- A sample --- */

/* Bytes are transformed as they are, other numbers as floats. */
static const float *floats_of(const spatial *field, const void *from, int64_t count, augment_space *space)
{
    space->picture.bytes = field->role == IMAGE && field->dtype == CORNU_UINT8 ? from : NULL;
    if (space->picture.bytes)
        return NULL;
    if (field->dtype == CORNU_FLOAT32)
        return from;
    cornu__convert(CORNU_FLOAT32, space->picture.picture, field->dtype, from, count);
    return space->picture.picture;
}

/* `dtype`: of what is put at `to`. */
static cornu_status change_field(const augmenting_dataset *self, const spatial *field,
                                 const cornu_transform_options *transform, const void *from, cornu_dtype dtype,
                                 void *to, augment_space *space)
{
    cornu_image_data_generator *generator = self->generator;
    int64_t count = field->shape.height * field->shape.width * field->shape.channels;
    float *values = dtype == CORNU_FLOAT32 ? to : space->values;
    const float *floats = floats_of(field, from, count, space);
    if (field->role == MASK) {
        CORNU_TRY(cornu__mask_transform(generator, field->shape, transform, floats, values));
    } else {
        CORNU_TRY(cornu__picture_transform(generator, field->shape, transform, floats, values, &space->picture));
        CORNU_TRY(cornu__picture_normalize(generator, field->shape, values, &space->picture));
    }
    if (dtype != CORNU_FLOAT32)
        cornu__convert(dtype, to, CORNU_FLOAT32, values, count);
    return CORNU_OK;
}

static cornu_status change_fields(const augmenting_dataset *self, const cornu_sample *from, cornu_sample *to,
                                  augment_space *space)
{
    cornu__draws draws = {.key = cornu__random_key_make(cornu_sample_seed(to), CORNU__RANDOM_AUGMENT, 0, 0)};
    cornu_transform_options transform =
        cornu__draw_transform(self->generator, &draws, self->largest); /* of height and width alone */
    for (int i = 0; i < self->field_count; i++) {
        if (self->fields[i].role == AS_IT_IS) {
            CORNU_TRY(cornu__sample_copy_field(from, to, i));
        } else if (cornu_sample_wants(to, i) &&
                   change_field(self, &self->fields[i], &transform, cornu_sample_data(from, i),
                                to->dataset->fields[i].dtype, cornu_sample_data(to, i), space) != CORNU_OK) {
            return cornu__fail_context("field '%s'", from->dataset->fields[i].name);
        }
    }
    return CORNU_OK;
}

static cornu_status change(void *state, const cornu_sample *from, cornu_sample *to)
{
    augmenting_dataset *self = state;
    augment_space *space = space_take(self);
    if (!space)
        return cornu_error_status();
    cornu_stage before = cornu__stage_enter(CORNU_STAGE_AUGMENT);
    cornu_status status = change_fields(self, from, to, space);
    cornu__stage_enter(before);
    space_give(self, space);
    return status;
}

/* --- Making it --- */

/* Height, width and channels of a field in the generator's data format; a mask may lack the axis of its one channel. */
static cornu_status find_shape(const augmenting_dataset *self, const cornu_dataset *dataset, int number, role wanted,
                               cornu__picture_shape *shape)
{
    const cornu_field *field = &dataset->fields[number];
    char text[CORNU__SHAPE_TEXT_SIZE], what[64];
    bool flat = wanted == MASK && field->rank == 2;
    if ((field->rank != 3 && !flat) || cornu__field_varies(field))
        return cornu__fail(CORNU_ERROR_SHAPE, "field '%s' has shape %s; wanted one size for all, %s%s", field->name,
                           cornu__text_shape(text, sizeof text, field->rank, field->shape),
                           self->generator->channels_first ? "(channels, height, width)" : "(height, width, channels)",
                           wanted == MASK ? " or (height, width)" : "");
    if (flat) {
        *shape = (cornu__picture_shape){field->shape[0], field->shape[1], 1};
        const int64_t last[] = {shape->height, shape->width, 1}, first[] = {1, shape->height, shape->width};
        snprintf(what, sizeof what, "field '%.40s'", field->name);
        return cornu__picture_check(self->generator, self->generator->channels_first ? first : last, what);
    }
    *shape = cornu__picture_shape_of(self->generator, field->shape);
    snprintf(what, sizeof what, "field '%.40s'", field->name);
    return cornu__picture_check(self->generator, field->shape, what);
}

static cornu_status take_field(augmenting_dataset *self, const cornu_dataset *dataset, const char *name, role wanted)
{
    int number = cornu_dataset_field_named(dataset, name);
    if (number < 0)
        return cornu_error_status();
    spatial *field = &self->fields[number];
    if (field->role != AS_IT_IS)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "field '%s' is named twice among .images and .masks", name);
    CORNU_TRY(find_shape(self, dataset, number, wanted, &field->shape));
    field->role = wanted;
    field->dtype = dataset->fields[number].dtype;
    if (self->first < 0) {
        self->first = number;
        self->largest = field->shape;
    }
    if (field->shape.height != self->largest.height || field->shape.width != self->largest.width)
        return cornu__fail(CORNU_ERROR_SHAPE,
                           "'%s' has %lld x %lld pixels and '%s' %lld x %lld; what is moved together has one height "
                           "and one width",
                           name, (long long)field->shape.height, (long long)field->shape.width,
                           dataset->fields[self->first].name, (long long)self->largest.height,
                           (long long)self->largest.width);
    if (field->shape.channels > self->largest.channels)
        self->largest.channels = field->shape.channels;
    return CORNU_OK;
}

static bool has_field(const cornu_dataset *dataset, const char *name)
{
    for (int i = 0; i < dataset->field_count; i++) {
        if (strcmp(dataset->fields[i].name, name) == 0)
            return true;
    }
    return false;
}

static cornu_status take_fields(augmenting_dataset *self, const cornu_dataset *dataset,
                                const cornu_augment_dataset_options *given)
{
    static const char *const image[] = {"image", NULL}, *const mask[] = {"mask", NULL}, *const none[] = {NULL};
    const char *const *images = given->images ? given->images : image;
    const char *const *masks = given->masks ? given->masks : has_field(dataset, "mask") ? mask : none;
    if (!images[0] && !masks[0])
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "neither .images nor .masks names a field");
    for (; *images; images++)
        CORNU_TRY(take_field(self, dataset, *images, IMAGE));
    for (; *masks; masks++)
        CORNU_TRY(take_field(self, dataset, *masks, MASK));
    return CORNU_OK;
}

static augmenting_dataset *create(const cornu_dataset *dataset, cornu_image_data_generator *generator)
{
    augmenting_dataset *self = cornu__alloc(sizeof *self);
    if (!self)
        return NULL;
    pthread_mutex_init(&self->lock, NULL);
    self->generator = cornu_image_data_generator_retain(generator);
    self->first = -1;
    self->field_count = dataset->field_count;
    self->fields = cornu__alloc_array((size_t)dataset->field_count, sizeof *self->fields);
    if (self->fields)
        return self;
    release(self);
    return NULL;
}

/* The dataset's fields, the images in the generator's dtype. */
static cornu_dataset *compose(augmenting_dataset *self, cornu_dataset *dataset)
{
    cornu_field *fields = cornu__alloc_array((size_t)dataset->field_count, sizeof *fields);
    if (!fields)
        return NULL;
    memcpy(fields, dataset->fields, (size_t)dataset->field_count * sizeof *fields);
    for (int i = 0; i < dataset->field_count; i++) {
        if (self->fields[i].role == IMAGE)
            fields[i].dtype = self->generator->dtype;
    }
    cornu_dataset *result = cornu_dataset_map(dataset, .function = change, .fields = fields,
                                              .field_count = dataset->field_count, .state = self, .release = release);
    cornu__free(fields);
    return result;
}

cornu_dataset *cornu_augment_dataset_with(cornu_dataset *dataset, cornu_image_data_generator *generator,
                                          const cornu_augment_dataset_options *options)
{
    cornu_augment_dataset_options given = {.struct_size = sizeof given, CORNU_AUGMENT_DATASET_DEFAULTS};
    cornu__options_lay(&given, sizeof given, options);
    if (cornu__dataset_expect(CALLER, dataset) != CORNU_OK)
        return NULL;
    if (!generator)
        return cornu__fail_null(CORNU_ERROR_INVALID_ARGUMENT, CALLER ": there is no generator");
    if (generator->numpy_draws)
        return cornu__fail_null(CORNU_ERROR_INVALID_ARGUMENT,
                                CALLER ": rng_compat \"numpy\" draws batch by batch, as flow does, and a dataset's "
                                       "samples are drawn one by one; wanted a generator without it");
    augmenting_dataset *self = create(dataset, generator);
    if (!self)
        return NULL;
    cornu_dataset *result = NULL;
    if (take_fields(self, dataset, &given) == CORNU_OK)
        result = compose(self, dataset);
    else
        cornu__fail_context(CALLER " of '%s'", dataset->name);
    if (!result)
        release(self);
    return result;
}
