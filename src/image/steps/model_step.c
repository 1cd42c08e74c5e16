/*
 * model_step.c: a step as a layer of a model: the same pixels by the same code, called by an op HOST.
 *
 * What the op wants (a run for batches of this shape) is made when the model is compiled for a shape and kept by the layer, so that a running step
 * allocates nothing. Draws depend on the model's seed, the number of updates, the op's number and the picture's place in the batch.
 */
#include <pthread.h>
#include <string.h>

#include "array/array.h"
#include "image/augmentation.h"

typedef struct model_run {
    struct model_run *next;
    cornu_augmentation pipeline; /* of this step alone, which is not kept: it owns this */
    cornu__augmenting *run;
    cornu__host host;
    pthread_mutex_t lock; /* a layer can stand in two models, and these run at once */
    bool training;
    int64_t from[4], to[4];
} model_run;

static const cornu__step_class *class_of(const cornu_layer *layer)
{
    return (const cornu__step_class *)layer->object.class;
}

static bool is_channels_first(const cornu_layer *layer)
{
    const cornu__field *field = cornu__class_field(layer->object.class, "data_format");
    return field && cornu__channels_first(*(const char *const *)((const char *)layer->object.config + field->offset));
}

/* The extent of pictures of a shape with the batch axis; a size that is not known counts as 1. */
static cornu__extent extent_of(const cornu_layer *layer, const int64_t *shape)
{
    bool first = is_channels_first(layer);
    int64_t sizes[] = {shape[first ? 2 : 1], shape[first ? 3 : 2], shape[first ? 1 : 3]};
    for (int i = 0; i < 3; i++)
        sizes[i] = sizes[i] < 1 ? 1 : sizes[i];
    return (cornu__extent){(int)sizes[0], (int)sizes[1], (int)sizes[2]};
}

cornu_status cornu__step_infer(const cornu_layer *layer, int count, const cornu__spec *inputs, cornu__spec *output)
{
    const cornu__step_class *class = class_of(layer);
    cornu__extent extent = extent_of(layer, inputs->shape);
    int channels = is_channels_first(layer) ? 1 : 3, rows = is_channels_first(layer) ? 2 : 1;
    (void)count;
    if (class->mix)
        return cornu__fail(CORNU_ERROR_UNSUPPORTED,
                           "mixes pictures and their labels, which a model's layer does not see: make it a step of an "
                           "augmentation (cornu_augmentation_add)");
    if (class->colors && inputs->shape[channels] >= 1 && extent.channels != 1 && extent.channels != 3)
        return cornu__fail(CORNU_ERROR_SHAPE, "wanted pictures of 1 or 3 channels, got %d", extent.channels);
    output->dtype = CORNU_FLOAT32;
    if (!class->resize)
        return CORNU_OK;
    CORNU_TRY(class->resize(layer->object.config, &extent));
    output->shape[rows] = extent.height;
    output->shape[rows + 1] = extent.width;
    return CORNU_OK;
}

/* --- What an op runs --- */

static cornu_status run_batch(void *state, const cornu__run_state *run, uint64_t number, const float *from, float *to)
{
    model_run *self = state;
    int64_t size = self->from[1] * self->from[2] * self->from[3];
    cornu_array out = {.dtype = CORNU_FLOAT32, .rank = 4, .data = to, .count = 1};
    memcpy(out.shape, self->to, sizeof self->to);
    for (int i = 0; i < 4; i++)
        out.count *= self->to[i];
    cornu__random_key key = cornu__random_key_make(run->seed, CORNU__RANDOM_STEP, run->update, number);
    pthread_mutex_lock(&self->lock);
    cornu__augmenting_begin(self->run, cornu__key_number(key), 0, &out);
    cornu_status status = CORNU_OK;
    for (int64_t i = 0; i < self->from[0] && status == CORNU_OK; i++)
        status = cornu__augmenting_take(self->run, i, (uint64_t)i, from + i * size);
    if (status == CORNU_OK)
        status = cornu__augmenting_finish(self->run, self->from[0]);
    pthread_mutex_unlock(&self->lock);
    return status;
}

static void release_runs(void *kept)
{
    for (model_run *run = kept, *next; run; run = next) {
        next = run->next;
        cornu__augmenting_free(run->run);
        pthread_mutex_destroy(&run->lock);
        cornu__free(run);
    }
}

static model_run *make_run(cornu_layer *layer, bool training, const int64_t *from, const int64_t *to)
{
    model_run *self = cornu__alloc(sizeof *self);
    if (!self)
        return NULL;
    pthread_mutex_init(&self->lock, NULL);
    self->training = training;
    memcpy(self->from, from, sizeof self->from);
    memcpy(self->to, to, sizeof self->to);
    self->host = (cornu__host){run_batch, self};
    self->pipeline.channels_first = is_channels_first(layer);
    self->pipeline.count = 1;
    if (cornu__step_settle(layer, &self->pipeline.steps[0]) == CORNU_OK)
        self->run = cornu__augmenting_create(&self->pipeline, training, extent_of(layer, from), 0, from[0]);
    if (self->run)
        return self;
    release_runs(self);
    return NULL;
}

static model_run *find_run(cornu_layer *layer, bool training, const int64_t *from, const int64_t *to)
{
    for (model_run *run = layer->kept; run; run = run->next)
        if (run->training == training && memcmp(run->from, from, sizeof run->from) == 0)
            return run;
    model_run *made = make_run(layer, training, from, to);
    if (!made)
        return NULL;
    made->next = layer->kept;
    layer->kept = made;
    layer->release_kept = release_runs;
    return made;
}

cornu_status cornu__step_lower(cornu_layer *layer, cornu__call *call, int count, const cornu__value *inputs,
                               cornu__value *output)
{
    const cornu__step_class *class = class_of(layer);
    cornu_node *x = inputs->node;
    (void)count;
    if (!call->training && !class->always)
        return cornu__set_output(output, cornu__op_cast(x, call->dtype));
    cornu__extent extent = extent_of(layer, x->shape);
    if (class->resize)
        CORNU_TRY(class->resize(layer->object.config, &extent));
    int64_t last[] = {x->shape[0], extent.height, extent.width, extent.channels};
    int64_t first[] = {x->shape[0], extent.channels, extent.height, extent.width};
    const int64_t *shape = is_channels_first(layer) ? first : last;
    model_run *run = find_run(layer, call->training, x->shape, shape);
    if (!run)
        return cornu_error_status();
    cornu_node *y = cornu__op_host(cornu__op_cast(x, CORNU_FLOAT32), &run->host, 4, shape);
    return cornu__set_output(output, cornu__op_cast(y, call->dtype));
}
