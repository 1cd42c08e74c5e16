/* nn/layers/merge.c: several inputs to one: Add, Subtract, Multiply, Average, Maximum, Minimum, Concatenate. */
#include <string.h>

#include "base/text.h"
#include "nn/layers/support.h"

/* --- elementwise, with broadcasting --- */

static cornu_status refuse_shapes(const cornu__spec *a, const cornu__spec *b, const char *wanted)
{
    char first[CORNU__SHAPE_TEXT_SIZE], second[CORNU__SHAPE_TEXT_SIZE];
    return cornu__fail(CORNU_ERROR_SHAPE, "%s, got shapes %s and %s", wanted,
                       cornu__text_shape(first, sizeof first, a->rank, a->shape),
                       cornu__text_shape(second, sizeof second, b->rank, b->shape));
}

/* As Keras: an input of fewer axes gets axes of size 1 behind the batch. */
static void raise_rank(const cornu__spec *input, int rank, int64_t shape[CORNU_MAX_RANK])
{
    shape[0] = input->shape[0];
    for (int i = 1; i < rank; i++)
        shape[i] = i <= rank - input->rank ? 1 : input->shape[i - rank + input->rank];
}

static cornu_status infer_merge(const cornu_layer *layer, int count, const cornu__spec *inputs, cornu__spec *output)
{
    int64_t shape[CORNU_MAX_RANK];
    (void)layer;
    output->dtype = CORNU_FLOAT32;
    for (int i = 1; i < count; i++)
        output->rank = inputs[i].rank > output->rank ? inputs[i].rank : output->rank;
    raise_rank(&inputs[0], output->rank, output->shape);
    for (int i = 1; i < count; i++) {
        raise_rank(&inputs[i], output->rank, shape);
        for (int axis = 0; axis < output->rank; axis++) {
            int64_t *size = &output->shape[axis];
            if (*size == 1 || *size == CORNU_NONE)
                *size = shape[axis] == 1 ? *size : shape[axis];
            else if (shape[axis] != *size && shape[axis] != 1 && shape[axis] != CORNU_NONE)
                return refuse_shapes(&inputs[0], &inputs[i], "wanted inputs whose sizes are equal or 1");
        }
    }
    return CORNU_OK;
}

static cornu_node *as_rank(cornu_node *x, int rank, cornu_dtype dtype)
{
    x = cornu__op_cast(x, dtype);
    while (x && x->rank < rank)
        x = cornu__op_expand_axis(x, 1);
    return x;
}

/* The op between each two inputs. */
static cornu_node *fold(cornu__op_kind kind, cornu__call *call, int count, const cornu__value *inputs)
{
    int rank = 0;
    for (int i = 0; i < count; i++)
        rank = inputs[i].node->rank > rank ? inputs[i].node->rank : rank;
    cornu_node *y = as_rank(inputs[0].node, rank, call->dtype);
    for (int i = 1; i < count; i++)
        y = cornu__op_binary(kind, y, as_rank(inputs[i].node, rank, call->dtype));
    return y;
}

#define MERGE_CALL(name, kind)                                                                                         \
    static cornu_status call_##name(cornu_layer *layer, cornu__call *call, int count, const cornu__value *inputs,      \
                                    cornu__value *output)                                                              \
    {                                                                                                                  \
        (void)layer;                                                                                                   \
        return cornu__set_output(output, fold(CORNU__OP_##kind, call, count, inputs));                                 \
    }
MERGE_CALL(add, ADD)
MERGE_CALL(subtract, SUBTRACT)
MERGE_CALL(multiply, MULTIPLY)
MERGE_CALL(maximum, MAXIMUM)
MERGE_CALL(minimum, MINIMUM)

static cornu_status call_average(cornu_layer *layer, cornu__call *call, int count, const cornu__value *inputs,
                                 cornu__value *output)
{
    (void)layer;
    return cornu__set_output(
        output, cornu__op_binary_scalar(CORNU__OP_DIVIDE, fold(CORNU__OP_ADD, call, count, inputs), count));
}

#define MERGE_LAYER(name, class_name, most, constructor)                                                               \
    static const cornu__layer_class name##_class = {                                                                   \
        CORNU__PLAIN_LAYER_BASE(class_name),                                                                           \
        .input_min = 2,                                                                                                \
        .input_max = most,                                                                                             \
        .infer = infer_merge,                                                                                          \
        .call = call_##name,                                                                                           \
    };                                                                                                                 \
    cornu_layer *constructor(const cornu_layer_options *options)                                                       \
    {                                                                                                                  \
        return cornu__layer_create(&name##_class, options);                                                            \
    }
MERGE_LAYER(add, "Add", CORNU__MAX_INPUTS, cornu_add_layer_with)
MERGE_LAYER(subtract, "Subtract", 2, cornu_subtract_with)
MERGE_LAYER(multiply, "Multiply", CORNU__MAX_INPUTS, cornu_multiply_with)
MERGE_LAYER(average, "Average", CORNU__MAX_INPUTS, cornu_average_with)
MERGE_LAYER(maximum, "Maximum", CORNU__MAX_INPUTS, cornu_maximum_with)
MERGE_LAYER(minimum, "Minimum", CORNU__MAX_INPUTS, cornu_minimum_with)

/* --- Concatenate --- */

static const cornu_concatenate_options concatenate_defaults = {.struct_size = sizeof concatenate_defaults,
                                                               CORNU_CONCATENATE_DEFAULTS};

static cornu_status infer_concatenate(const cornu_layer *layer, int count, const cornu__spec *inputs,
                                      cornu__spec *output)
{
    const cornu_concatenate_options *o = cornu__layer_config(layer);
    int axis;
    output->dtype = CORNU_FLOAT32;
    CORNU_TRY(cornu__resolve_axis(o->axis, inputs[0].rank, &axis));
    for (int i = 1; i < count; i++) {
        if (inputs[i].rank != inputs[0].rank)
            return refuse_shapes(&inputs[0], &inputs[i], "wanted inputs with equally many axes");
        for (int a = 0; a < output->rank; a++) {
            int64_t size = inputs[i].shape[a], *sum = &output->shape[a];
            if (a == axis)
                *sum = *sum == CORNU_NONE || size == CORNU_NONE ? CORNU_NONE : *sum + size;
            else if (*sum == CORNU_NONE)
                *sum = size;
            else if (size != CORNU_NONE && size != *sum)
                return refuse_shapes(&inputs[0], &inputs[i],
                                     "wanted inputs that differ along the concatenated axis only");
        }
    }
    return CORNU_OK;
}

/* Joined along time like their inputs, where an input without a mask has all its steps. Side by side, a step counts if it does in any. */
static cornu_node *join_masks(cornu__call *call, int count, const cornu__value *inputs, int axis)
{
    cornu_node *masks[CORNU__MAX_INPUTS];
    int rank = 0;
    for (int i = 0; i < count; i++)
        rank = inputs[i].mask ? inputs[i].mask->rank : rank;
    for (int i = 0; i < count; i++)
        masks[i] =
            inputs[i].mask ? inputs[i].mask : cornu__op_fill(call->graph, call->dtype, rank, inputs[i].node->shape, 1);
    if (axis < rank)
        return cornu__op_concatenate(count, masks, axis);
    cornu_node *any = masks[0];
    for (int i = 1; i < count; i++)
        any = cornu__op_binary(CORNU__OP_MAXIMUM, any, masks[i]);
    return any;
}

static cornu_status call_concatenate(cornu_layer *layer, cornu__call *call, int count, const cornu__value *inputs,
                                     cornu__value *output)
{
    const cornu_concatenate_options *o = cornu__layer_config(layer);
    cornu_node *nodes[CORNU__MAX_INPUTS];
    int axis;
    CORNU_TRY(cornu__resolve_axis(o->axis, inputs[0].node->rank, &axis));
    bool masked = false;
    for (int i = 0; i < count; i++) {
        nodes[i] = cornu__op_cast(inputs[i].node, call->dtype);
        masked = masked || inputs[i].mask;
    }
    output->mask = masked ? join_masks(call, count, inputs, axis) : NULL;
    if (masked && !output->mask)
        return cornu_error_status();
    return cornu__set_output(output, cornu__op_concatenate(count, nodes, axis));
}

static const cornu__field concatenate_fields[] = {
    CORNU__LAYER_FIELDS(cornu_concatenate_options),
    CORNU__FIELD(INT, cornu_concatenate_options, axis),
};
static const cornu__layer_class concatenate_class = {
    CORNU__LAYER_BASE("Concatenate", cornu_concatenate_options, concatenate_defaults, concatenate_fields),
    .input_min = 2,
    .input_max = CORNU__MAX_INPUTS,
    .infer = infer_concatenate,
    .call = call_concatenate,
    .mask = CORNU__MASK_COMPUTE,
};

cornu_layer *cornu_concatenate_with(const cornu_concatenate_options *options)
{
    return cornu__layer_create(&concatenate_class, options);
}

cornu__family cornu__merge_layers = {
    &add_class.base,     &subtract_class.base, &multiply_class.base,    &average_class.base,
    &maximum_class.base, &minimum_class.base,  &concatenate_class.base, NULL};
