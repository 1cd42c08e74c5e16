/* layer_transformation.c: one step with given parameters: Keras's get_random_transformation and transform_images. */
#include <string.h>

#include "array/array.h"
#include "image/augmentation.h"

/* The step of a layer that changes one picture by itself. */
static cornu_status settle(cornu_layer *layer, cornu__step *step)
{
    if (!layer)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "there is no step");
    CORNU_TRY(cornu__step_settle(layer, step));
    if (step->class->mix)
        return cornu__fail(CORNU_ERROR_UNSUPPORTED, "%s wants a batch: see cornu_augmentation_apply",
                           layer->object.class->name);
    return CORNU_OK;
}

static bool is_channels_first(const cornu_layer *layer)
{
    const cornu__field *field = cornu__class_field(layer->object.class, "data_format");
    const char *const *format = field ? (const void *)((const char *)layer->object.config + field->offset) : NULL;
    return format && cornu__channels_first(*format);
}

static cornu_status extent_of(const cornu__step *step, const int64_t *shape, cornu__extent *extent)
{
    for (int i = 0; i < 3; i++)
        if (shape[i] < 1 || shape[i] >= 1 << 28)
            return cornu__fail(CORNU_ERROR_SHAPE, "%s: there is no picture of shape (%lld, %lld, %lld)",
                               step->class->layer.base.name, (long long)shape[0], (long long)shape[1],
                               (long long)shape[2]);
    *extent = is_channels_first(step->layer) ? (cornu__extent){(int)shape[1], (int)shape[2], (int)shape[0]}
                                             : (cornu__extent){(int)shape[0], (int)shape[1], (int)shape[2]};
    return CORNU_OK;
}

cornu_status cornu_layer_get_random_transformation(cornu_layer *layer, const int64_t shape[3], int64_t seed,
                                                   cornu_random_transformation *transformation)
{
    cornu__step step;
    cornu__extent extent;
    CORNU_TRY(settle(layer, &step));
    CORNU_TRY(extent_of(&step, shape, &extent));
    cornu__random_key key = cornu__random_key_make((uint64_t)seed, CORNU__RANDOM_AUGMENT, UINT64_MAX, 0);
    *transformation = (cornu_random_transformation){.key = cornu__key_number(key)};
    if (step.class->draw)
        step.class->draw(layer->object.config, extent, key, transformation->values);
    return CORNU_OK;
}

const char *cornu_layer_transformation_name(const cornu_layer *layer, int index)
{
    const cornu__step_class *class = layer ? cornu__step_class_of(layer) : NULL;
    for (int i = 0; class && class->values && class->values[i]; i++)
        if (i == index)
            return class->values[i];
    return NULL;
}

/* One picture after another through a step, by a pipeline of this step alone whose draw is given. */
typedef struct transforming {
    cornu__step step;
    cornu__step_call call;
    bool channels_first;
    float *before, *after; /* one picture, channels last */
    cornu__resizer resizer;
    cornu__image resized;
    cornu_array *floats, *made;
} transforming;

static cornu_status prepare(transforming *self, const cornu_array *images)
{
    int64_t shape[CORNU_MAX_RANK] = {0};
    if (!images || cornu_array_is_collection(images) || (images->rank != 3 && images->rank != 4))
        return cornu__fail(CORNU_ERROR_SHAPE, "wanted a picture of rank 3, or pictures of rank 4");
    int first = images->rank - 3;
    CORNU_TRY(extent_of(&self->step, images->shape + first, &self->call.from));
    CORNU_TRY(cornu__step_output(&self->step, &self->call.from, &self->call.to));
    self->channels_first = is_channels_first(self->step.layer);
    const cornu__extent *from = &self->call.from, *to = &self->call.to;
    int64_t last[] = {to->height, to->width, to->channels}, planes[] = {to->channels, to->height, to->width};
    shape[0] = images->shape[0];
    memcpy(shape + first, self->channels_first ? planes : last, sizeof last);
    self->floats = cornu_array_cast(images, CORNU_FLOAT32);
    self->made = cornu__array_uninitialized(CORNU_FLOAT32, images->rank, shape);
    self->before =
        cornu__alloc_array((size_t)from->height * (size_t)from->width, (size_t)from->channels * sizeof(float));
    self->after = cornu__alloc_array((size_t)to->height * (size_t)to->width, (size_t)to->channels * sizeof(float));
    const cornu__step_class *class = self->step.class;
    self->call.scratch = cornu__alloc_uninitialized(class->scratch ? class->scratch(self->step.config, *from) : 0);
    self->call.resizer = &self->resizer;
    self->call.resized = &self->resized;
    return self->floats && self->made && self->before && self->after && self->call.scratch ? CORNU_OK
                                                                                           : cornu_error_status();
}

static cornu_status run(transforming *self)
{
    int64_t count = self->made->rank == 4 ? self->made->shape[0] : 1;
    int64_t from_size = self->floats->count / (count > 0 ? count : 1),
            to_size = self->made->count / (count > 0 ? count : 1);
    for (int64_t i = 0; i < count; i++) {
        const float *picture = (const float *)self->floats->data + i * from_size;
        float *to = (float *)self->made->data + i * to_size;
        if (!self->channels_first) {
            CORNU_TRY(cornu__step_run(&self->step, &self->call, picture, to));
            continue;
        }
        cornu__channels_to_last(self->call.from, picture, self->before);
        CORNU_TRY(cornu__step_run(&self->step, &self->call, self->before, self->after));
        cornu__channels_to_first(self->call.to, self->after, to);
    }
    return CORNU_OK;
}

cornu_array *cornu_layer_transform_images(cornu_layer *layer, const cornu_array *images,
                                          const cornu_random_transformation *transformation)
{
    transforming self = {.call.drawn = transformation};
    if (settle(layer, &self.step) != CORNU_OK)
        return NULL;
    cornu_status status = prepare(&self, images);
    if (status == CORNU_OK)
        status = run(&self);
    cornu__free(self.before);
    cornu__free(self.after);
    cornu__free(self.call.scratch);
    cornu__resizer_free(&self.resizer);
    cornu__image_free(&self.resized);
    cornu_array_release(self.floats);
    if (status == CORNU_OK)
        return self.made;
    cornu__fail_context("%s", self.step.class->layer.base.name);
    cornu_array_release(self.made);
    return NULL;
}
