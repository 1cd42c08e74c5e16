/* class_weight.c: weights of classes, folded into the weights of samples. */
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "data/class_weight.h"

#define LARGEST_CLASS (1 << 24)
#define NUMBERS_AT_ONCE 256

/* --- Whose they are --- */

static bool is_given(const cornu_output_class_weight *item)
{
    return item->output || item->class_weight || item->class_weight_count != 0;
}

bool cornu__class_weights_given(int class_weight_count, const cornu_output_class_weight *outputs)
{
    bool given = class_weight_count != 0;
    for (int i = 0; i < CORNU_MAX_PORTS; i++)
        given |= is_given(&outputs[i]);
    return given;
}

/* The model's outputs by name, in a message. */
static void add_names(cornu__text *text, const cornu__ports *ports)
{
    for (int i = 0; i < ports->target_count; i++)
        cornu__text_add(text, "%s'%s'", i > 0 ? ", " : "", ports->targets[i]->name);
}

static cornu_status fail_output(const cornu__ports *ports, const char *name)
{
    const char *names[CORNU__MAX_PORTS];
    cornu__text list = {0};
    add_names(&list, ports);
    for (int i = 0; i < ports->target_count; i++)
        names[i] = ports->targets[i]->name;
    const char *nearest = cornu__text_nearest(name, names, (size_t)ports->target_count);
    cornu_status status = cornu__fail(
        CORNU_ERROR_UNKNOWN_NAME, "class_weight: the model has no output '%s', but %s%s%s%s", name,
        list.data ? list.data : "none", nearest ? "; was '" : "", nearest ? nearest : "", nearest ? "' meant?" : "");
    cornu__text_free(&list);
    return status;
}

static cornu_status fail_several(const cornu__ports *ports)
{
    cornu__text list = {0};
    add_names(&list, ports);
    cornu_status status = cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                                      "class_weight is for models with one output, and this one has %d (%s): "
                                      "output_class_weights says whose the weights are",
                                      ports->target_count, list.data ? list.data : "");
    cornu__text_free(&list);
    return status;
}

/* The output that item `place` of the list is for. */
static cornu_status find_output(const cornu__ports *ports, const cornu_output_class_weight *item, int place,
                                int *output)
{
    *output = place;
    if (!item->output && place >= ports->target_count)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "class_weight: item %d of output_class_weights has no name, and the model has %d outputs",
                           place + 1, ports->target_count);
    if (!item->output)
        return CORNU_OK;
    for (*output = 0; *output < ports->target_count; ++*output) {
        if (strcmp(ports->targets[*output]->name, item->output) == 0)
            return CORNU_OK;
    }
    return fail_output(ports, item->output);
}

/* Class numbers for each of several places of a sample are no class of the sample. */
static cornu_status check_target(const cornu__port *port)
{
    bool many_classes = port->class_count > 0 && port->spec.rank == 2 && port->spec.shape[1] != 1;
    if (!port->expected)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "class_weight: output '%s' has no loss to be weighted",
                           port->name);
    if (!port->any_shape && (port->spec.rank > 2 || many_classes))
        return cornu__fail(CORNU_ERROR_SHAPE, "class_weight wants a class for each sample, but target '%s' has %d axes",
                           port->name, port->spec.rank);
    return CORNU_OK;
}

/* --- The tables --- */

static void free_table(cornu__class_table *table)
{
    cornu__free(table->weights);
    cornu__free(table->named);
    *table = (cornu__class_table){0};
}

static cornu_status reserve(cornu__class_table *table, int64_t count)
{
    if (count <= table->room)
        return CORNU_OK;
    free_table(table);
    table->weights = cornu__alloc_array((size_t)count, sizeof *table->weights);
    table->named = cornu__alloc_array((size_t)count, sizeof *table->named);
    if (!table->weights || !table->named) {
        free_table(table);
        return CORNU_ERROR_OUT_OF_MEMORY;
    }
    table->room = count;
    return CORNU_OK;
}

static cornu_status check_items(const cornu_class_weight *items, int count, int64_t *largest)
{
    if (count < 0 || !items)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "class_weight: class_weight_count is %d, and the list is %s",
                           count, items ? "there" : "NULL");
    for (int i = 0; i < count; i++) {
        if (items[i].class_number < 0 || items[i].class_number > LARGEST_CLASS)
            return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "class_weight: %lld is no class number",
                               (long long)items[i].class_number);
        if (!isfinite(items[i].weight))
            return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "class_weight: the weight of class %lld is %g",
                               (long long)items[i].class_number, items[i].weight);
        *largest = items[i].class_number > *largest ? items[i].class_number : *largest;
    }
    return CORNU_OK;
}

static cornu_status make_table(const cornu__port *port, const cornu_class_weight *items, int count,
                               cornu__class_table *table)
{
    int64_t largest = 0;
    CORNU_TRY(check_items(items, count, &largest));
    CORNU_TRY(check_target(port));
    if (table->count > 0)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "class_weight: output '%s' has two lists of weights",
                           port->name);
    if (count == 0)
        return CORNU_OK;
    CORNU_TRY(reserve(table, largest + 1));
    table->count = largest + 1;
    for (int64_t c = 0; c < table->count; c++) {
        table->weights[c] = 1.0f;
        table->named[c] = false;
    }
    for (int i = 0; i < count; i++) {
        table->weights[items[i].class_number] = (float)items[i].weight;
        table->named[items[i].class_number] = true;
    }
    return CORNU_OK;
}

cornu_status cornu__class_weights_make(const cornu__ports *ports, const cornu__class_weight_options *given,
                                       cornu__class_weights *made)
{
    made->strict = given->strict;
    for (int i = 0; i < CORNU__MAX_PORTS; i++)
        made->outputs[i].count = 0;
    if (given->class_weight_count != 0) {
        if (ports->target_count != 1)
            return fail_several(ports);
        CORNU_TRY(make_table(ports->targets[0], given->class_weight, given->class_weight_count, &made->outputs[0]));
    }
    for (int i = 0; i < CORNU_MAX_PORTS; i++) {
        const cornu_output_class_weight *item = &given->outputs[i];
        int output;
        if (!is_given(item))
            continue;
        CORNU_TRY(find_output(ports, item, i, &output));
        CORNU_TRY(
            make_table(ports->targets[output], item->class_weight, item->class_weight_count, &made->outputs[output]));
    }
    return CORNU_OK;
}

void cornu__class_weights_free(cornu__class_weights *class_weights)
{
    for (int i = 0; i < CORNU__MAX_PORTS; i++)
        free_table(&class_weights->outputs[i]);
}

/* --- Classes without a weight --- */

/* The class of a row of a target of any dtype. */
static double class_in_array(const cornu_array *array, int64_t row, int64_t columns)
{
    double numbers[NUMBERS_AT_ONCE], largest = -INFINITY;
    int64_t place = 0;
    size_t size = cornu_dtype_size(array->dtype);
    const char *from = (const char *)array->data + (size_t)(row * columns) * size;
    for (int64_t begin = 0; begin < columns; begin += NUMBERS_AT_ONCE) {
        int64_t count = columns - begin < NUMBERS_AT_ONCE ? columns - begin : NUMBERS_AT_ONCE;
        cornu__convert(CORNU_FLOAT64, numbers, array->dtype, from + (size_t)begin * size, count);
        for (int64_t i = 0; i < count; i++) {
            if (numbers[i] > largest) {
                largest = numbers[i];
                place = begin + i;
            }
        }
    }
    return columns == 1 ? round(largest) : (double)place;
}

static cornu_status check_rows(const cornu__class_table *classes, const cornu__port *port, const cornu__column *target,
                               int64_t rows)
{
    int64_t columns = target->rank > 1 ? target->shape[1] : 1;
    for (int64_t row = 0; row < rows; row++) {
        double number = class_in_array(target->array, row, columns);
        bool known = number >= 0 && number < (double)classes->count && classes->named[(int64_t)number];
        if (!known)
            return cornu__fail(
                CORNU_ERROR_DATA,
                "target '%s': sample %lld is of the class %g, which class_weight does not name (class_weight_strict)",
                port->name, (long long)row, number);
    }
    return CORNU_OK;
}

cornu_status cornu__class_weights_check(const cornu__class_weights *class_weights, const cornu__ports *ports,
                                        const cornu__columns *columns, int64_t rows)
{
    for (int i = 0; i < columns->target_count; i++) {
        const cornu__column *target = &columns->targets[i];
        if (class_weights->outputs[i].count == 0 || !target->array)
            continue;
        if (target->rank > 2)
            return cornu__fail(CORNU_ERROR_SHAPE,
                               "class_weight wants a class for each sample, but target '%s' has %d axes",
                               ports->targets[i]->name, target->rank);
        if (class_weights->strict)
            CORNU_TRY(check_rows(&class_weights->outputs[i], ports->targets[i], target, rows));
    }
    return CORNU_OK;
}

/* --- In a batch --- */

static double number_at(cornu_dtype dtype, const void *data, int64_t index)
{
    return dtype == CORNU_INT32 ? (double)((const int32_t *)data)[index] : (double)((const float *)data)[index];
}

static double class_of_row(cornu_dtype dtype, const void *data, int64_t row, int64_t columns)
{
    int64_t first = row * columns, largest = first;
    if (columns == 1)
        return round(number_at(dtype, data, row));
    for (int64_t i = first + 1; i < first + columns; i++)
        largest = number_at(dtype, data, i) > number_at(dtype, data, largest) ? i : largest;
    return (double)(largest - first);
}

void cornu__class_weights_apply(const cornu__class_table *classes, cornu_dtype dtype, const cornu__tensor *target,
                                float *weights, int64_t per_row)
{
    int64_t columns = target->rank > 1 ? target->shape[1] : 1;
    for (int64_t row = 0; row < target->shape[0]; row++) {
        double number = class_of_row(dtype, target->data, row, columns);
        if (!(number >= 0 && number < (double)classes->count))
            continue;
        for (int64_t i = 0; i < per_row; i++)
            weights[row * per_row + i] *= classes->weights[(int64_t)number];
    }
}
