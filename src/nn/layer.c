/* nn/layer.c: the life of layers and of their weights; the one door by which models prepare and lower them. */
#include "nn/layer.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "nn/training.h"

/* --- life --- */

static void release_weight(cornu__weight *weight)
{
    if (!weight)
        return;
    if (weight->home && weight->release_home)
        weight->release_home(weight->home);
    cornu__object_drop(weight->initializer);
    cornu__object_drop(weight->regularizer);
    cornu__object_drop(weight->constraint);
    cornu__free(weight->initial);
    cornu__free(weight->name);
    cornu__free(weight);
}

static void destroy_layer(cornu__object *object)
{
    cornu_layer *layer = (cornu_layer *)object;
    for (int i = 0; i < layer->weight_count; i++)
        release_weight(layer->weights[i]);
    cornu__free(layer->weights);
    if (layer->kept)
        layer->release_kept(layer->kept);
}

/* .batch_input_shape, or .input_shape with the batch in front. */
static void take_input_shape(cornu_layer *layer)
{
    const cornu_layer_options *options = layer->object.config;
    cornu__spec *spec = &layer->input_shape;
    const int64_t *shape = options->batch_input_shape;
    spec->dtype = CORNU_FLOAT32;
    if (shape[0] == 0 && options->input_shape[0] == 0)
        return;
    if (shape[0] == 0) {
        shape = options->input_shape;
        spec->shape[spec->rank++] = CORNU_NONE;
    }
    for (int i = 0; i < CORNU_MAX_RANK && shape[i] != 0 && spec->rank < CORNU_MAX_RANK; i++)
        spec->shape[spec->rank++] = shape[i];
    layer->has_input_shape = true;
}

static cornu_status check_common(const cornu_layer *layer)
{
    const cornu_layer_options *options = layer->object.config;
    const int64_t *shapes[2] = {options->input_shape, options->batch_input_shape};
    for (int s = 0; s < 2; s++)
        for (int i = 0; i < CORNU_MAX_RANK && shapes[s][i] != 0; i++)
            if (shapes[s][i] < 0 && shapes[s][i] != CORNU_NONE)
                return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                                   "%s: wanted sizes of at least 1, or CORNU_NONE, got %lld",
                                   s ? "batch_input_shape" : "input_shape", (long long)shapes[s][i]);
    return CORNU_OK;
}

cornu_layer *cornu__layer_create_sized(const cornu__layer_class *class, size_t size, const void *options)
{
    cornu_layer *layer = cornu__object_create(&class->base, size, options);
    if (!layer)
        return NULL;
    layer->object.destroy = destroy_layer;
    if (layer->object.failure != CORNU_OK)
        return layer;
    if (check_common(layer) != CORNU_OK) {
        cornu__fail_context("%s", class->base.name);
        return cornu__object_poison(layer);
    }
    layer->trainable = ((const cornu_layer_options *)layer->object.config)->trainable;
    take_input_shape(layer);
    return layer;
}

cornu_layer *cornu__layer_create(const cornu__layer_class *class, const void *options)
{
    return cornu__layer_create_sized(class, sizeof(cornu_layer), options);
}

const cornu__layer_class *cornu__layer_class_of(const cornu_layer *layer)
{
    return (const cornu__layer_class *)layer->object.class;
}

cornu_status cornu__layer_from_json(const json_t *json, const char *path, cornu_layer **layer)
{
    cornu__object *object = NULL;
    CORNU_TRY(cornu__object_from_json(CORNU__KIND_LAYER, json, path, &object));
    if (!object)
        return cornu__fail(CORNU_ERROR_FORMAT, "%s: wanted a layer, got null", path);
    *layer = (cornu_layer *)object;
    return CORNU_OK;
}

/* --- weights --- */

cornu__weight *cornu__layer_weight(const cornu_layer *layer, const char *name)
{
    for (int i = 0; i < layer->weight_count; i++)
        if (strcmp(layer->weights[i]->name, name) == 0)
            return layer->weights[i];
    return NULL;
}

static cornu__weight *make_weight(const char *name, int rank, const int64_t *shape, bool trainable)
{
    if (rank < 0 || rank > CORNU_MAX_RANK)
        return cornu__fail_null(CORNU_ERROR_SHAPE, "weight %s: wanted a rank of 0 to %d, got %d", name, CORNU_MAX_RANK,
                                rank);
    cornu__weight *weight = cornu__alloc(sizeof *weight);
    if (!weight)
        return NULL;
    weight->trainable = trainable;
    weight->rank = rank;
    weight->count = 1;
    bool fits = true;
    for (int i = 0; i < rank && fits; i++) {
        weight->shape[i] = shape[i];
        fits = shape[i] >= 1 && !__builtin_mul_overflow(weight->count, shape[i], &weight->count) &&
               weight->count <= INT64_MAX / 64;
    }
    weight->name = fits ? cornu__copy_text(name) : NULL;
    if (weight->name)
        return weight;
    char text[CORNU__SHAPE_TEXT_SIZE];
    if (!fits)
        cornu__fail(CORNU_ERROR_SHAPE, "weight %s: its shape %s must be known and not too large", name,
                    cornu__text_shape(text, sizeof text, rank, shape));
    cornu__free(weight);
    return NULL;
}

/* Keras's order: the trainable ones in order of making, then the others. */
static bool insert_weight(cornu_layer *layer, cornu__weight *weight)
{
    size_t size = sizeof *layer->weights;
    cornu__weight **grown = layer->weights ? cornu__realloc(layer->weights, (size_t)layer->weight_count * size,
                                                            (size_t)(layer->weight_count + 1) * size)
                                           : cornu__alloc(size);
    if (!grown)
        return false;
    layer->weights = grown;
    int place = layer->weight_count++;
    for (; weight->trainable && place > 0 && !grown[place - 1]->trainable; place--)
        grown[place] = grown[place - 1];
    grown[place] = weight;
    return true;
}

cornu__weight *cornu__layer_add_weight(cornu_layer *layer, const char *name, int rank, const int64_t *shape,
                                       bool trainable, cornu__object *initializer, cornu__object *regularizer,
                                       cornu__object *constraint)
{
    cornu__weight *weight = make_weight(name, rank, shape, trainable);
    if (!weight)
        return NULL;
    weight->initializer = cornu__object_keep(initializer);
    weight->regularizer = cornu__object_keep(regularizer);
    weight->constraint = cornu__object_keep(constraint);
    if (insert_weight(layer, weight))
        return weight;
    release_weight(weight);
    return NULL;
}

/* --- preparing --- */

static const char *inputs_in_words(int count)
{
    return count == 1 ? "1 input" : "inputs";
}

static cornu_status check_inputs(const cornu__layer_class *class, int count, const cornu__spec *inputs)
{
    if (count < class->input_min || count > class->input_max) {
        if (class->input_min == class->input_max)
            return cornu__fail(CORNU_ERROR_SHAPE, "wanted %d %s, got %d", class->input_min,
                               inputs_in_words(class->input_min), count);
        return cornu__fail(CORNU_ERROR_SHAPE, "wanted %d to %d inputs, got %d", class->input_min, class->input_max,
                           count);
    }
    for (int i = 0; i < count; i++) {
        int rank = inputs[i].rank, least = class->input_rank_min, most = class->input_rank_max;
        if (least == 0 || (rank >= least && rank <= most))
            continue;
        char text[CORNU__SHAPE_TEXT_SIZE], wanted[80];
        if (least == most)
            snprintf(wanted, sizeof wanted, "%d axes", least);
        else if (most == CORNU_MAX_RANK)
            snprintf(wanted, sizeof wanted, "at least %d axes", least);
        else
            snprintf(wanted, sizeof wanted, "%d to %d axes", least, most);
        return cornu__fail(CORNU_ERROR_SHAPE, "wanted an input of %s (the batch is one), got shape %s", wanted,
                           cornu__text_shape(text, sizeof text, rank, inputs[i].shape));
    }
    return CORNU_OK;
}

static cornu_status prepare(cornu_layer *layer, int count, const cornu__spec *inputs, cornu__spec *output)
{
    const cornu__layer_class *class = cornu__layer_class_of(layer);
    CORNU_TRY(check_inputs(class, count, inputs));
    *output = inputs[0];
    /* Inferring first says what is wrong with shapes in the layer's words, before a weight of a wrong shape is made. */
    if (class->infer)
        CORNU_TRY(class->infer(layer, count, inputs, output));
    if (!layer->built && class->build)
        CORNU_TRY(class->build(layer, count, inputs));
    layer->built = true;
    return CORNU_OK;
}

/* Puts the layer in front of the last error. */
static cornu_status layer_context(const cornu_layer *layer)
{
    const char *class_name = cornu__layer_class_of(layer)->base.name;
    if (!layer->object.name)
        return cornu__fail_context("layer %s", class_name);
    return cornu__fail_context("layer \"%s\" (%s)", layer->object.name, class_name);
}

cornu_status cornu__layer_prepare(cornu_layer *layer, int count, const cornu__spec *inputs, cornu__spec *output)
{
    CORNU_TRY(cornu__object_status(layer));
    if (count < 1)
        return cornu__fail(CORNU_ERROR_SHAPE, "a layer wants at least 1 input, got none");
    return prepare(layer, count, inputs, output) == CORNU_OK ? CORNU_OK : layer_context(layer);
}

/* --- lowering --- */

/* Masks of several inputs: a step counts if it does in any of those that have a mask, as in Keras 3. */
static cornu_node *pass_masks(int count, const cornu__value *inputs)
{
    cornu_node *mask = NULL;
    for (int i = 0; i < count; i++)
        if (inputs[i].mask)
            mask = mask ? cornu__op_binary(CORNU__OP_MAXIMUM, mask, inputs[i].mask) : inputs[i].mask;
    return mask;
}

/* Keras 3 divides by the batch size. */
static cornu_status add_activity_loss(cornu_layer *layer, cornu__call *call, cornu_node *output)
{
    const cornu_layer_options *options = layer->object.config;
    const cornu__object *regularizer = options->activity_regularizer;
    if (!regularizer)
        return CORNU_OK;
    cornu_node *penalty = cornu__regularize(regularizer, output);
    penalty = cornu__op_binary_scalar(CORNU__OP_DIVIDE, penalty, (double)output->shape[0]);
    return penalty ? call->add_loss(call, penalty) : cornu_error_status();
}

cornu_status cornu__layer_call(cornu_layer *layer, cornu__call *call, int count, const cornu__value *inputs,
                               cornu__value *output)
{
    const cornu__layer_class *class = cornu__layer_class_of(layer);
    CORNU_TRY(cornu__graph_set_scope(call->graph, layer->object.name ? layer->object.name : class->base.name));
    *output = (cornu__value){NULL, NULL};
    cornu_status status = class->call(layer, call, count, inputs, output);
    if (status == CORNU_OK && !output->node)
        status = cornu_error_status();
    if (status == CORNU_OK && class->mask == CORNU__MASK_PASS)
        output->mask = pass_masks(count, inputs);
    if (status == CORNU_OK)
        status = add_activity_loss(layer, call, output->node);
    if (status != CORNU_OK)
        status = layer_context(layer);
    cornu_status scope = cornu__graph_set_scope(call->graph, NULL);
    return status != CORNU_OK ? status : scope;
}
