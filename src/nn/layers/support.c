/* nn/layers/support.c: what the layers' files share. */
#include "nn/layers/support.h"

#include "base/text.h"

const char *const cornu__layer_dtypes[] = {"float32", NULL};
const char *const cornu__data_formats[] = {"channels_last", "channels_first", NULL};
const cornu_layer_options cornu__plain_layer_defaults = {.struct_size = sizeof(cornu_layer_options), .trainable = true};
const cornu__field cornu__plain_layer_fields[] = {CORNU__LAYER_FIELDS(cornu_layer_options)};
_Static_assert(sizeof cornu__plain_layer_fields / sizeof *cornu__plain_layer_fields == CORNU__PLAIN_LAYER_FIELD_COUNT,
               "fields");

cornu_status cornu__set_output(cornu__value *output, cornu_node *node)
{
    output->node = node;
    return node ? CORNU_OK : cornu_error_status();
}

cornu_node *cornu__weight_value(cornu_layer *layer, cornu__call *call, const char *name)
{
    cornu__weight *weight = cornu__layer_weight(layer, name);
    return weight ? call->weight(call, weight) : NULL;
}

cornu_status cornu__resolve_axis(int axis, int rank, int *resolved)
{
    int place = axis < 0 ? axis + rank : axis;
    if (place < 1 || place >= rank)
        return cornu__fail(CORNU_ERROR_SHAPE,
                           "axis %d: wanted 1 to %d, or -1 to -%d, for an input of %d axes (0 is the batch)", axis,
                           rank - 1, rank - 1, rank);
    *resolved = place;
    return CORNU_OK;
}

cornu_status cornu__known_size(const cornu__spec *input, int axis, const char *what, int64_t *size)
{
    *size = input->shape[axis];
    if (*size >= 1)
        return CORNU_OK;
    char text[CORNU__SHAPE_TEXT_SIZE];
    return cornu__fail(CORNU_ERROR_SHAPE,
                       "the number of %s (axis %d) must be known and not 0, got an input of shape %s", what, axis,
                       cornu__text_shape(text, sizeof text, input->rank, input->shape));
}

cornu_status cornu__fits_weight(const cornu_layer *layer, const char *name, int weight_axis, const cornu__spec *input,
                                int axis)
{
    const cornu__weight *weight = cornu__layer_weight(layer, name);
    if (!weight || input->shape[axis] == CORNU_NONE || input->shape[axis] == weight->shape[weight_axis])
        return CORNU_OK;
    char text[CORNU__SHAPE_TEXT_SIZE];
    return cornu__fail(
        CORNU_ERROR_SHAPE, "its weights were made for inputs of size %lld along axis %d, got an input of shape %s",
        (long long)weight->shape[weight_axis], axis, cornu__text_shape(text, sizeof text, input->rank, input->shape));
}

cornu_status cornu__at_least(const char *option, long long least, long long got)
{
    if (got >= least)
        return CORNU_OK;
    return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "%s: wanted at least %lld, got %lld", option, least, got);
}

cornu_status cornu__check_rate(const char *option, double rate)
{
    if (rate >= 0 && rate < 1)
        return CORNU_OK;
    return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "%s: wanted 0 <= %s < 1, got %g", option, option, rate);
}

cornu_node *cornu__axis_to_last(cornu_node *x, int axis)
{
    return x ? cornu__op_move_axis(x, axis, x->rank - 1) : NULL;
}

cornu_node *cornu__axis_from_last(cornu_node *x, int axis)
{
    return x ? cornu__op_move_axis(x, x->rank - 1, axis) : NULL;
}
