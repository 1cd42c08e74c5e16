/* tensor.c: symbolic tensors, the joints of functional models. They only record what was called with what; the model checks it. */
#include <string.h>

#include "base/options.h"
#include "model/model.h"

static cornu_tensor *create(void)
{
    cornu_tensor *tensor = cornu__alloc(sizeof *tensor);
    if (tensor)
        cornu__reference_start(&tensor->reference);
    return tensor;
}

static cornu_tensor *keep(cornu_tensor *tensor)
{
    if (tensor)
        cornu__reference_keep(&tensor->reference);
    return tensor;
}

cornu_tensor *cornu_tensor_retain(cornu_tensor *tensor)
{
    return keep(tensor);
}

/* Chains may be long: what a tensor kept is released by a list, not by going down. */
void cornu_tensor_release(cornu_tensor *tensor)
{
    cornu_tensor *going = NULL;
    if (tensor && cornu__reference_drop(&tensor->reference))
        going = tensor;
    cornu_tensor *last = going;
    while (going) {
        for (int i = -1; i < going->input_count; i++) {
            cornu_tensor *kept = i >= 0 ? going->inputs[i] : going->call;
            if (kept && cornu__reference_drop(&kept->reference)) {
                last->next_to_release = kept;
                last = kept;
            }
        }
        cornu_tensor *next = going->next_to_release;
        cornu__object_drop(going->layer);
        cornu__free(going->inputs);
        cornu__free(going->failure_message);
        cornu__free(going);
        going = next;
    }
}

static cornu_tensor *poison(cornu_tensor *tensor)
{
    tensor->failure = cornu_error_status();
    tensor->failure_message = cornu__copy_text(cornu_error_message());
    return tensor;
}

cornu_tensor *cornu_input_with(const cornu_input_options *options)
{
    cornu_input_options given = {.struct_size = sizeof given};
    cornu__options_lay(&given, sizeof given, options);
    cornu_input_layer_options layer = {
        .struct_size = sizeof layer, .trainable = true, .name = given.name, .dtype = cornu_dtype_name(given.dtype)};
    int rank = 0;
    while (rank < CORNU_MAX_RANK - 1 && given.shape[rank] != 0)
        rank++;
    layer.batch_shape[0] = given.batch_size > 0 ? given.batch_size : CORNU_NONE;
    memcpy(layer.batch_shape + 1, given.shape, (size_t)rank * sizeof(int64_t));
    bool twice = given.batch_shape[0] != 0 && (rank > 0 || given.batch_size != 0);
    if (given.batch_shape[0] != 0)
        memcpy(layer.batch_shape, given.batch_shape, sizeof layer.batch_shape);
    cornu_layer *input = cornu_input_layer_with(&layer);
    cornu_tensor *tensor = input ? cornu_call_with(input, 0, NULL) : NULL;
    if (!tensor || !twice)
        return tensor;
    cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "cornu_input: .batch_shape stands for .shape and .batch_size; got both");
    return poison(tensor);
}

cornu_tensor *cornu_call_with(cornu_layer *layer, int count, cornu_tensor *const *tensors)
{
    cornu_tensor *tensor = create();
    if (tensor && count > 0)
        tensor->inputs = cornu__alloc_array((size_t)count, sizeof *tensor->inputs);
    if (layer)
        cornu__object_keep(layer);
    for (int i = 0; i < count; i++)
        keep(tensors[i]); /* all before the first may be released: one tensor can be given twice */
    if (!tensor || (count > 0 && !tensor->inputs)) {
        for (int i = 0; i < count; i++)
            cornu_tensor_release(tensors[i]);
        cornu__object_drop(layer);
        cornu_tensor_release(tensor);
        return NULL;
    }
    tensor->layer = layer;
    for (int i = 0; i < count; i++)
        tensor->inputs[tensor->input_count++] = tensors[i];
    if (!layer) {
        cornu__fail_null_argument("cornu_call: the layer");
        return poison(tensor);
    }
    for (int i = 0; i < count; i++) {
        if (!tensors[i]) {
            cornu__fail_null_argument("cornu_call: a tensor");
            return poison(tensor);
        }
    }
    return tensor;
}

cornu_tensor *cornu_tensor_output(cornu_tensor *tensor, int index)
{
    if (!tensor) {
        cornu__fail_null_argument("cornu_tensor_output: the tensor");
        return NULL;
    }
    cornu_tensor *call = tensor->call ? tensor->call : tensor;
    if (index == 0)
        return call;
    cornu_tensor *other = create();
    if (!other)
        return NULL;
    other->call = keep(call);
    other->output = index;
    if (index < 0) {
        cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "cornu_tensor_output: there is no output %d", index);
        poison(other);
    }
    return other;
}
