/* augmentation.c: a pipeline of steps: making it, and applying it to arrays. */
#include "image/augmentation.h"

#include <string.h>

#include "array/array.h"
#include "base/options.h"
#include "base/text.h"

/* --- Steps --- */

static const cornu__class *const *const families[] = {cornu__place_steps,  cornu__bend_steps,      cornu__size_steps,
                                                      cornu__color_steps,  cornu__gray_steps,      cornu__value_steps,
                                                      cornu__filter_steps, cornu__histogram_steps, cornu__erasing_steps,
                                                      cornu__mix_steps,    cornu__several_steps};

const cornu__step_class *cornu__step_class_of(const cornu_layer *layer)
{
    if (!layer || !layer->object.class)
        return NULL;
    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        for (const cornu__class *const *class = families[i]; *class; class ++)
            if (layer->object.class == *class)
                return (const cornu__step_class *)*class;
    return strcmp(layer->object.class->name, cornu__rescaling_step.layer.base.name) == 0 ? &cornu__rescaling_step
                                                                                         : NULL;
}

static const void *member(const cornu_layer *layer, const char *name)
{
    const cornu__field *field = cornu__class_field(layer->object.class, name);
    return field ? (const char *)layer->object.config + field->offset : NULL;
}

static const char *text_member(const cornu_layer *layer, const char *name)
{
    const void *value = member(layer, name);
    return value ? *(const char *const *)value : NULL;
}

cornu_status cornu__step_settle(cornu_layer *layer, cornu__step *step)
{
    CORNU_TRY(cornu__object_status(layer));
    *step = (cornu__step){.layer = layer, .class = cornu__step_class_of(layer), .config = layer->object.config};
    if (!step->class)
        return cornu__fail(CORNU_ERROR_UNSUPPORTED,
                           "a %s is no step of an augmentation; wanted a layer of augmentation.h, or Rescaling",
                           layer->object.class->name);
    const char *fill_mode = text_member(layer, "fill_mode"), *interpolation = text_member(layer, "interpolation");
    const void *value = member(layer, "fill_value");
    if (!step->class->map || !fill_mode)
        return CORNU_OK;
    step->fills = true;
    step->order = strcmp(interpolation, "nearest") != 0;
    step->fill_value = (float)*(const double *)value;
    return cornu__step_fill_mode(fill_mode, &step->fill_mode);
}

/* --- The pipeline --- */

static cornu_status check_format(const cornu_augmentation *self, const cornu__step *step)
{
    const char *format = text_member(step->layer, "data_format");
    if (!format || cornu__channels_first(format) == self->channels_first)
        return CORNU_OK;
    return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "the step's data_format is \"%s\", and the pipeline's is \"%s\"",
                       format, self->channels_first ? "channels_first" : "channels_last");
}

static cornu_status add(cornu_augmentation *self, cornu_layer *layer)
{
    cornu__step step;
    if (!layer)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "there is no step");
    if (self->count == CORNU_MAX_STEPS)
        return cornu__fail(CORNU_ERROR_LIMIT, "more than %d steps", CORNU_MAX_STEPS);
    CORNU_TRY(cornu__step_settle(layer, &step));
    if (check_format(self, &step) != CORNU_OK)
        return cornu__fail_context("%s", layer->object.class->name);
    step.number = self->count;
    self->steps[self->count++] = step;
    cornu__object_keep(layer);
    return CORNU_OK;
}

cornu_status cornu_augmentation_add(cornu_augmentation *self, cornu_layer *layer)
{
    cornu__object_keep(layer); /* a layer that is refused is freed here */
    cornu_status status = self ? add(self, layer) : cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "there is no pipeline");
    if (status != CORNU_OK)
        status = cornu__fail_context("augmentation: step %d", self ? self->count + 1 : 1);
    if (status != CORNU_OK && self && self->failure == CORNU_OK) {
        self->failure = status;
        self->failure_message = cornu__copy_text(cornu_error_message());
    }
    cornu__object_drop(layer);
    return status;
}

cornu_status cornu_augmentation_status(const cornu_augmentation *self)
{
    if (!self)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "augmentation: there is no pipeline");
    if (self->failure == CORNU_OK)
        return CORNU_OK;
    return cornu__fail_from(self->failure,
                            self->failure_message ? self->failure_message : "augmentation: a step could not be made");
}

static void free_pipeline(cornu_augmentation *self)
{
    for (int i = 0; i < self->count; i++)
        cornu__object_drop(self->steps[i].layer);
    cornu__free(self->failure_message);
    pthread_mutex_destroy(&self->lock);
    cornu__free(self);
}

cornu_augmentation *cornu_augmentation_create_with(const cornu_augmentation_options *options)
{
    cornu_augmentation_options given = {.struct_size = sizeof given, CORNU_AUGMENTATION_DEFAULTS};
    cornu__options_lay(&given, sizeof given, options);
    cornu_augmentation *self = cornu__alloc(sizeof *self);
    if (!self)
        return NULL;
    cornu__reference_start(&self->reference);
    cornu__reference_keep(&self->reference);
    pthread_mutex_init(&self->lock, NULL);
    self->seed = given.seed;
    const char *format = given.data_format;
    self->channels_first = format && strcmp(format, "channels_first") == 0;
    bool known = self->channels_first || (format && strcmp(format, "channels_last") == 0);
    if (!known)
        cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                    "augmentation: data_format is \"%s\"; wanted \"channels_last\" or \"channels_first\"",
                    format ? format : "NULL");
    /* Also when it failed: the steps are taken over. */
    for (int i = 0; i < CORNU_MAX_STEPS && given.steps[i]; i++)
        if (known)
            cornu_augmentation_add(self, given.steps[i]);
        else
            cornu__object_drop(cornu__object_keep(given.steps[i]));
    if (known)
        return self;
    free_pipeline(self);
    return NULL;
}

cornu_augmentation *cornu_augmentation_retain(cornu_augmentation *self)
{
    if (self)
        cornu__reference_keep(&self->reference);
    return self;
}

void cornu_augmentation_release(cornu_augmentation *self)
{
    if (self && cornu__reference_drop(&self->reference))
        free_pipeline(self);
}

int cornu_augmentation_step_count(const cornu_augmentation *self)
{
    return self ? self->count : 0;
}

cornu_layer *cornu_augmentation_step(const cornu_augmentation *self, int index)
{
    return self && index >= 0 && index < self->count ? self->steps[index].layer : NULL;
}

/* --- What it makes of pictures --- */

static cornu_status check_channels(const cornu__step *step, cornu__extent extent)
{
    if (!step->class->colors || extent.channels == 1 || extent.channels == 3)
        return CORNU_OK;
    return cornu__fail(CORNU_ERROR_SHAPE, "wanted pictures of 1 or 3 channels, got %d", extent.channels);
}

cornu_status cornu__step_output(const cornu__step *step, const cornu__extent *from, cornu__extent *to)
{
    *to = *from;
    CORNU_TRY(check_channels(step, *from));
    return step->class->resize ? step->class->resize(step->config, to) : CORNU_OK;
}

cornu_status cornu__augmentation_output(const cornu_augmentation *self, bool training, cornu__extent *extent)
{
    CORNU_TRY(cornu_augmentation_status(self));
    for (int i = 0; i < self->count; i++) {
        cornu__extent from = *extent;
        if ((training || self->steps[i].class->always) &&
            cornu__step_output(&self->steps[i], &from, extent) != CORNU_OK)
            return cornu__fail_context("%s", self->steps[i].class->layer.base.name);
    }
    return CORNU_OK;
}

bool cornu__augmentation_mixes(const cornu_augmentation *self, bool training)
{
    for (int i = 0; training && i < self->count; i++)
        if (self->steps[i].class->mix)
            return true;
    return false;
}

static bool is_float(cornu_dtype dtype)
{
    return dtype == CORNU_FLOAT32 || dtype == CORNU_FLOAT64 || dtype == CORNU_FLOAT16;
}

cornu_status cornu__augmentation_check_labels(const cornu_augmentation *self, bool training, const cornu_array *labels)
{
    if (!labels || !cornu__augmentation_mixes(self, training))
        return CORNU_OK;
    if (cornu_array_is_collection(labels))
        return cornu__fail(CORNU_ERROR_SHAPE, "CutMix and MixUp mix the labels of one array, not of a collection");
    char text[CORNU__SHAPE_TEXT_SIZE];
    if (labels->rank < 2 || !is_float(labels->dtype))
        return cornu__fail(
            CORNU_ERROR_SHAPE,
            "CutMix and MixUp mix labels, so they must be one-hot rows (n, classes) of floats, got %s of "
            "shape %s: make them with to_categorical, or with label_mode or class_mode \"categorical\"",
            cornu_dtype_name(labels->dtype), cornu__text_shape(text, sizeof text, labels->rank, labels->shape));
    return CORNU_OK;
}

/* --- On arrays --- */

static cornu_status check_images(const char *what, const cornu_array *images, bool channels_first,
                                 cornu__extent *extent)
{
    char text[CORNU__SHAPE_TEXT_SIZE] = "of no array";
    bool plain = images && !cornu_array_is_collection(images);
    if (plain)
        cornu__text_shape(text, sizeof text, images->rank, images->shape);
    const int64_t *size = plain && images->rank == 4 ? images->shape + 1 : NULL;
    bool possible = size != NULL;
    for (int i = 0; i < 3 && possible; i++)
        possible = size[i] >= 1 && size[i] < 1 << 28;
    if (!possible || size[0] * size[1] >= INT32_MAX / size[2])
        return cornu__fail(CORNU_ERROR_SHAPE, "%s: wanted shape %s, got %s", what,
                           channels_first ? "(n, channels, height, width)" : "(n, height, width, channels)", text);
    *extent = channels_first ? (cornu__extent){(int)size[1], (int)size[2], (int)size[0]}
                             : (cornu__extent){(int)size[0], (int)size[1], (int)size[2]};
    return CORNU_OK;
}

static cornu_array *make_images(cornu_dtype dtype, int64_t count, cornu__extent extent, bool channels_first)
{
    int64_t last[] = {count, extent.height, extent.width, extent.channels};
    int64_t first[] = {count, extent.channels, extent.height, extent.width};
    return cornu__array_uninitialized(dtype, 4, channels_first ? first : last);
}

typedef struct application {
    cornu_augmentation *pipeline;
    cornu_augmentation_apply_options given;
    cornu__extent extent, output, masks;
    int64_t count;
    cornu_array *pictures; /* as float32 */
    cornu__augmenting *run;
    cornu_array *made, *labels, *moved;
} application;

static cornu_status check(application *self, const cornu_array *pictures)
{
    const cornu_augmentation_apply_options *given = &self->given;
    CORNU_TRY(cornu_augmentation_status(self->pipeline));
    CORNU_TRY(check_images("pictures", pictures, self->pipeline->channels_first, &self->extent));
    self->count = pictures->shape[0];
    if (given->seed < CORNU_NONE || given->epoch < CORNU_NONE)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "wanted a seed and an epoch from 0 on, or CORNU_NONE");
    if ((given->labels != NULL) != (given->mixed_labels != NULL) ||
        (given->segmentation_masks != NULL) != (given->moved_masks != NULL))
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "labels go with mixed_labels, and segmentation_masks with moved_masks");
    CORNU_TRY(cornu__augmentation_check_labels(self->pipeline, given->training, given->labels));
    if (given->labels && cornu_array_size(given->labels, 0) != self->count)
        return cornu__fail(CORNU_ERROR_SHAPE, "%lld labels for %lld pictures",
                           (long long)cornu_array_size(given->labels, 0), (long long)self->count);
    if (!given->segmentation_masks)
        return CORNU_OK;
    CORNU_TRY(
        check_images("segmentation_masks", given->segmentation_masks, self->pipeline->channels_first, &self->masks));
    if (self->masks.height != self->extent.height || self->masks.width != self->extent.width ||
        given->segmentation_masks->shape[0] != self->count)
        return cornu__fail(CORNU_ERROR_SHAPE, "%lld masks of %d x %d pixels for %lld pictures of %d x %d",
                           (long long)given->segmentation_masks->shape[0], self->masks.height, self->masks.width,
                           (long long)self->count, self->extent.height, self->extent.width);
    return CORNU_OK;
}

static cornu_status prepare(application *self, const cornu_array *pictures)
{
    bool first = self->pipeline->channels_first, training = self->given.training;
    self->output = self->extent;
    CORNU_TRY(cornu__augmentation_output(self->pipeline, training, &self->output));
    self->run = cornu__augmenting_create(self->pipeline, training, self->extent, self->masks.channels, self->count);
    self->pictures = pictures->dtype == CORNU_FLOAT32 ? cornu_array_retain((cornu_array *)pictures)
                                                      : cornu_array_cast(pictures, CORNU_FLOAT32);
    self->made = make_images(CORNU_FLOAT32, self->count, self->output, first);
    if (self->given.labels)
        self->labels = cornu_array_cast(self->given.labels, self->given.labels->dtype);
    if (self->given.segmentation_masks) {
        cornu__extent moved = {self->output.height, self->output.width, self->masks.channels};
        self->moved = make_images(self->given.segmentation_masks->dtype, self->count, moved, first);
    }
    bool got = self->run && self->pictures && self->made && (self->labels || !self->given.labels) &&
               (self->moved || !self->given.segmentation_masks);
    return got ? CORNU_OK : cornu_error_status();
}

static uint64_t epoch_of(application *self)
{
    if (self->given.epoch != CORNU_NONE)
        return (uint64_t)self->given.epoch;
    pthread_mutex_lock(&self->pipeline->lock);
    uint64_t epoch = (uint64_t)self->pipeline->applied++;
    pthread_mutex_unlock(&self->pipeline->lock);
    return epoch;
}

static cornu_status run(application *self)
{
    uint64_t seed = self->given.seed == CORNU_NONE ? self->pipeline->seed : (uint64_t)self->given.seed;
    const float *picture = cornu_array_float32(self->pictures);
    cornu__augmenting_begin(self->run, seed, epoch_of(self), self->made);
    for (int64_t i = 0; i < self->count; i++)
        if (cornu__augmenting_take(self->run, i, (uint64_t)i, picture + i * cornu__row_count(self->pictures)) !=
            CORNU_OK)
            return cornu__fail_context("picture %lld", (long long)i);
    CORNU_TRY(cornu__augmenting_finish(self->run, self->count));
    if (self->moved)
        CORNU_TRY(cornu__augmenting_masks(self->run, self->count, self->given.segmentation_masks, self->moved));
    return self->labels ? cornu__augmenting_labels(self->run, self->count, self->labels) : CORNU_OK;
}

cornu_array *cornu_augmentation_apply_with(cornu_augmentation *augmentation, const cornu_array *pictures,
                                           const cornu_augmentation_apply_options *options)
{
    application self = {.pipeline = augmentation,
                        .given = {.struct_size = sizeof self.given, CORNU_AUGMENTATION_APPLY_DEFAULTS}};
    cornu__options_lay(&self.given, sizeof self.given, options);
    cornu_status status = check(&self, pictures);
    if (status == CORNU_OK)
        status = prepare(&self, pictures);
    if (status == CORNU_OK)
        status = run(&self);
    cornu__augmenting_free(self.run);
    cornu_array_release(self.pictures);
    if (status == CORNU_OK) {
        if (self.labels)
            *self.given.mixed_labels = self.labels;
        if (self.moved)
            *self.given.moved_masks = self.moved;
        return self.made;
    }
    cornu__fail_context("cornu_augmentation_apply");
    cornu_array_release(self.made);
    cornu_array_release(self.labels);
    cornu_array_release(self.moved);
    return NULL;
}
