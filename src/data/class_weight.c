/* class_weight.c: weights of classes, folded into the weights of samples. */
#include <math.h>

#include "data/class_weight.h"

#define LARGEST_CLASS (1 << 24)

static cornu_status check_target(const cornu__ports *ports)
{
    if (ports->target_count != 1)
        return cornu__fail(CORNU_ERROR_UNSUPPORTED,
                           "class_weight is for models with one output, and this one has %d; sample_weight can do it",
                           ports->target_count);
    const cornu__port *port = ports->targets[0];
    bool many_classes = port->class_count > 0 && port->spec.rank == 2 && port->spec.shape[1] != 1;
    if (port->spec.rank > 2 || many_classes)
        return cornu__fail(CORNU_ERROR_SHAPE, "class_weight wants a class for each sample, but target '%s' has %d axes",
                           port->name, port->spec.rank);
    return CORNU_OK;
}

static cornu_status reserve(cornu__class_weights *made, int64_t count)
{
    if (count <= made->room)
        return CORNU_OK;
    cornu__class_weights_free(made);
    made->weights = cornu__alloc_array((size_t)count, sizeof *made->weights);
    if (!made->weights)
        return CORNU_ERROR_OUT_OF_MEMORY;
    made->room = count;
    return CORNU_OK;
}

cornu_status cornu__class_weights_make(const cornu__ports *ports, const cornu_class_weight *items, int count,
                                       cornu__class_weights *made)
{
    made->count = 0;
    if (count == 0)
        return CORNU_OK;
    if (count < 0 || !items)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "class_weight: class_weight_count is %d, and the list is %s",
                           count, items ? "there" : "NULL");
    CORNU_TRY(check_target(ports));
    int64_t largest = 0;
    for (int i = 0; i < count; i++) {
        if (items[i].class_number < 0 || items[i].class_number > LARGEST_CLASS)
            return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "class_weight: %lld is no class number",
                               (long long)items[i].class_number);
        if (!isfinite(items[i].weight))
            return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "class_weight: the weight of class %lld is %g",
                               (long long)items[i].class_number, items[i].weight);
        largest = items[i].class_number > largest ? items[i].class_number : largest;
    }
    CORNU_TRY(reserve(made, largest + 1));
    made->count = largest + 1;
    for (int64_t c = 0; c < made->count; c++)
        made->weights[c] = 1.0f;
    for (int i = 0; i < count; i++)
        made->weights[items[i].class_number] = (float)items[i].weight;
    return CORNU_OK;
}

void cornu__class_weights_free(cornu__class_weights *class_weights)
{
    cornu__free(class_weights->weights);
    *class_weights = (cornu__class_weights){0};
}

static double class_of_row(cornu_dtype dtype, const void *data, int64_t row, int64_t columns)
{
    if (columns == 1)
        return dtype == CORNU_INT32 ? (double)((const int32_t *)data)[row] : round((double)((const float *)data)[row]);
    const float *values = (const float *)data + row * columns;
    int64_t largest = 0;
    for (int64_t c = 1; c < columns; c++)
        largest = values[c] > values[largest] ? c : largest;
    return (double)largest;
}

void cornu__class_weights_apply(const cornu__class_weights *class_weights, cornu_dtype dtype,
                                const cornu__tensor *target, float *weights, int64_t per_row)
{
    int64_t columns = target->rank > 1 ? target->shape[1] : 1;
    for (int64_t row = 0; row < target->shape[0]; row++) {
        double number = class_of_row(dtype, target->data, row, columns);
        if (!(number >= 0 && number < (double)class_weights->count))
            continue;
        for (int64_t i = 0; i < per_row; i++)
            weights[row * per_row + i] *= class_weights->weights[(int64_t)number];
    }
}
