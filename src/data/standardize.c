/* standardize.c: x, y and sample_weight brought into the order and shapes of a model's inputs and outputs. */
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "data/standardize.h"

#define LABELS_AT_ONCE 256

/* --- Which array feeds which port --- */

static void add_name(cornu__text *text, const char *name)
{
    cornu__text_add(text, "%s'%s'", text->length > 0 ? ", " : "", name);
}

/* Names everything a dictionary has, and the key nearest to what was wanted. */
static cornu_status fail_missing(const char *what, const char *name, const cornu_array *given)
{
    const char *keys[4 * CORNU__MAX_PORTS];
    size_t count = 0;
    cornu__text list = {0};
    for (size_t i = 0; i < cornu_array_item_count(given); i++) {
        const char *key = cornu_array_item_name(given, i);
        add_name(&list, key);
        if (count < sizeof keys / sizeof *keys)
            keys[count++] = key;
    }
    const char *nearest = cornu__text_nearest(name, keys, count);
    cornu_status status = cornu__fail(CORNU_ERROR_UNKNOWN_NAME, "%s '%s' is missing: the dictionary has %s%s%s%s", what,
                                      name, list.data ? list.data : "no items", nearest ? "; was '" : "",
                                      nearest ? nearest : "", nearest ? "' meant?" : "");
    cornu__text_free(&list);
    return status;
}

static cornu_status pick_named(const char *what, const cornu_array *given, int count, const cornu__port *const *ports,
                               bool all, const cornu_array **items)
{
    for (int i = 0; i < count; i++) {
        items[i] = cornu_array_item_named(given, ports[i]->name);
        if (!items[i] && all && ports[i]->expected)
            return fail_missing(what, ports[i]->name, given);
    }
    return CORNU_OK;
}

/* A sample weight for an output that is not there is a slip, not something to pass over. */
static cornu_status check_keys(const char *what, const cornu_array *given, int count, const cornu__port *const *ports)
{
    const char *names[CORNU__MAX_PORTS];
    for (int i = 0; i < count; i++)
        names[i] = ports[i]->name;
    for (size_t k = 0; k < cornu_array_item_count(given); k++) {
        const char *key = cornu_array_item_name(given, k);
        int i = 0;
        while (i < count && strcmp(names[i], key) != 0)
            i++;
        if (i < count)
            continue;
        cornu__text list = {0};
        for (i = 0; i < count; i++)
            add_name(&list, names[i]);
        const char *nearest = cornu__text_nearest(key, names, (size_t)count);
        cornu_status status = cornu__fail(CORNU_ERROR_UNKNOWN_NAME, "%s '%s' is for no output: the model has %s%s%s%s",
                                          what, key, list.data ? list.data : "none", nearest ? "; was '" : "",
                                          nearest ? nearest : "", nearest ? "' meant?" : "");
        cornu__text_free(&list);
        return status;
    }
    return CORNU_OK;
}

static int expected_count(int count, const cornu__port *const *ports)
{
    int expected = 0;
    for (int i = 0; i < count; i++)
        expected += ports[i]->expected;
    return expected;
}

static cornu_status fail_count(const char *what, int wanted, size_t came, int count, const cornu__port *const *ports)
{
    cornu__text list = {0};
    for (int i = 0; i < count; i++) {
        if (ports[i]->expected)
            add_name(&list, ports[i]->name);
    }
    cornu_status status = cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "the model takes %d %s%s (%s), but %zu came",
                                      wanted, what, wanted == 1 ? "" : "s", list.data ? list.data : "", came);
    cornu__text_free(&list);
    return status;
}

/* items[i] := the array for port i, NULL where none is expected. A list may hold one item for every port or for every expected one. */
static cornu_status pick_items(const char *what, const cornu_array *given, int count, const cornu__port *const *ports,
                               bool all, const cornu_array **items)
{
    memset(items, 0, (size_t)count * sizeof *items);
    int expected = expected_count(count, ports);
    size_t came = cornu_array_item_count(given);
    if (cornu_array_is_collection(given) && came > 0 && cornu_array_item_name(given, 0))
        return pick_named(what, given, count, ports, all, items);
    if (came != (size_t)expected && came != (size_t)count)
        return fail_count(what, expected, came, count, ports);
    size_t next = 0;
    for (int i = 0; i < count; i++) {
        if (ports[i]->expected)
            items[i] = cornu_array_item(given, next++);
        else if (came == (size_t)count)
            next++;
    }
    return CORNU_OK;
}

/* --- Shapes --- */

static cornu_status fail_shape(const char *what, const cornu__port *port, const cornu_array *array)
{
    char wanted[CORNU__SHAPE_TEXT_SIZE], got[CORNU__SHAPE_TEXT_SIZE];
    cornu__text_shape(wanted, sizeof wanted, port->spec.rank, port->spec.shape);
    cornu__text_shape(got, sizeof got, array->rank, array->shape);
    int last = port->spec.rank - 1;
    bool numbers_for_one_hot = port->class_count == 0 && strcmp(what, "target") == 0 && last > 0 &&
                               port->spec.shape[last] > 1 &&
                               (array->rank == last || (array->rank == last + 1 && array->shape[last] == 1));
    return cornu__fail(CORNU_ERROR_SHAPE, "%s '%s' wants the shape %s, but an array of shape %s came%s", what,
                       port->name, wanted, got,
                       numbers_for_one_hot ? " (class numbers go with the loss sparse_categorical_crossentropy)" : "");
}

/* As Keras: a last axis of size 1 may be there or not. */
static cornu_status fit_column(const char *what, const cornu__port *port, const cornu_array *array,
                               cornu__column *column)
{
    if (cornu_array_is_collection(array))
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "%s '%s' wants an array, but a list or dictionary of arrays came", what, port->name);
    int rank = port->spec.rank, last = rank - 1;
    const int64_t *wanted = port->spec.shape;
    *column = (cornu__column){.array = array, .dtype = port->spec.dtype, .rank = array->rank};
    memcpy(column->shape, array->shape, (size_t)array->rank * sizeof *column->shape);
    if (array->rank == 0)
        return fail_shape(what, port, array);
    bool grows =
        array->rank == last && (port->any_shape ? last == 1 : wanted[last] == 1 || (wanted[last] < 0 && last == 1));
    if (grows)
        column->shape[column->rank++] = 1;
    if (array->rank == rank + 1 && array->shape[rank] == 1 && rank > 0)
        column->rank = rank;
    if (port->any_shape)
        return CORNU_OK;
    bool fits = column->rank == rank;
    for (int axis = 1; fits && axis < rank; axis++)
        fits = wanted[axis] < 0 || wanted[axis] == column->shape[axis];
    return fits ? CORNU_OK : fail_shape(what, port, array);
}

/* A weight's shape must lead its target's; a last axis of size 1 too many is dropped. */
static cornu_status fit_weight(const cornu__port *port, const cornu_array *array, const cornu__column *target,
                               cornu__column *column)
{
    if (cornu_array_is_collection(array) || array->rank == 0)
        return cornu__fail(CORNU_ERROR_SHAPE, "sample_weight of '%s' wants one array with a weight for each sample",
                           port->name);
    if (port->temporal && (array->rank != 2 || target->rank < 3))
        return cornu__fail(CORNU_ERROR_SHAPE,
                           "sample_weight of '%s' has %d axes and its target %d: the sample_weight_mode \"temporal\" "
                           "wants weights (batch, time) of a target with at least 3 axes",
                           port->name, array->rank, target->rank);
    *column = (cornu__column){.array = array, .dtype = CORNU_FLOAT32, .rank = array->rank};
    memcpy(column->shape, array->shape, (size_t)array->rank * sizeof *column->shape);
    if (column->rank > 1 && column->shape[column->rank - 1] == 1)
        column->rank--;
    bool leads = column->rank <= target->rank;
    for (int axis = 1; leads && axis < column->rank; axis++)
        leads = column->shape[axis] == target->shape[axis];
    if (leads)
        return CORNU_OK;
    char wanted[CORNU__SHAPE_TEXT_SIZE], got[CORNU__SHAPE_TEXT_SIZE];
    cornu__text_shape(wanted, sizeof wanted, target->rank, target->shape);
    cornu__text_shape(got, sizeof got, array->rank, array->shape);
    return cornu__fail(
        CORNU_ERROR_SHAPE,
        "sample_weight of '%s' has the shape %s, but its target has %s: a weight per sample, (%lld,), is wanted",
        port->name, got, wanted, (long long)target->shape[0]);
}

/* --- Lengths --- */

static void add_lengths(cornu__text *text, const char *what, int count, const cornu__port *const *ports,
                        const cornu__column *columns)
{
    for (int i = 0; i < count; i++) {
        if (columns[i].array)
            cornu__text_add(text, "%s%s '%s' has %lld", text->length > 0 ? ", " : "", what, ports[i]->name,
                            (long long)columns[i].shape[0]);
    }
}

static bool lengths_agree(int count, const cornu__column *columns, int64_t rows)
{
    for (int i = 0; i < count; i++) {
        if (columns[i].array && columns[i].shape[0] != rows)
            return false;
    }
    return true;
}

static cornu_status check_lengths(const cornu__ports *ports, cornu__columns *columns)
{
    columns->rows = columns->inputs[0].shape[0];
    if (!lengths_agree(columns->input_count, columns->inputs, columns->rows) ||
        !lengths_agree(columns->target_count, columns->targets, columns->rows) ||
        !lengths_agree(columns->target_count, columns->sample_weights, columns->rows)) {
        cornu__text text = {0};
        add_lengths(&text, "input", columns->input_count, ports->inputs, columns->inputs);
        add_lengths(&text, "target", columns->target_count, ports->targets, columns->targets);
        add_lengths(&text, "sample_weight of", columns->target_count, ports->targets, columns->sample_weights);
        cornu_status status = cornu__fail(CORNU_ERROR_SHAPE, "the arrays differ in their number of samples: %s",
                                          text.data ? text.data : "");
        cornu__text_free(&text);
        return status;
    }
    if (columns->rows == 0)
        return cornu__fail(CORNU_ERROR_DATA, "there are no data: input '%s' has 0 samples", ports->inputs[0]->name);
    return CORNU_OK;
}

/* --- The whole --- */

static cornu_status standardize_weights(const cornu__ports *ports, const cornu_array *given, cornu__columns *columns)
{
    const cornu_array *items[CORNU__MAX_PORTS];
    if (cornu_array_is_collection(given) && cornu_array_item_name(given, 0))
        CORNU_TRY(check_keys("sample_weight", given, ports->target_count, ports->targets));
    CORNU_TRY(pick_items("sample_weight", given, ports->target_count, ports->targets, false, items));
    for (int i = 0; i < ports->target_count; i++) {
        if (items[i] && columns->targets[i].array)
            CORNU_TRY(fit_weight(ports->targets[i], items[i], &columns->targets[i], &columns->sample_weights[i]));
    }
    return CORNU_OK;
}

static cornu_status standardize_targets(const cornu__ports *ports, const cornu_array *y, cornu__columns *columns)
{
    const cornu_array *items[CORNU__MAX_PORTS];
    if (!y) {
        if (expected_count(ports->target_count, ports->targets) == 0)
            return CORNU_OK;
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "there is no y: target '%s' is wanted",
                           ports->targets[0]->name);
    }
    CORNU_TRY(pick_items("target", y, ports->target_count, ports->targets, true, items));
    for (int i = 0; i < ports->target_count; i++) {
        if (items[i] && ports->targets[i]->expected)
            CORNU_TRY(fit_column("target", ports->targets[i], items[i], &columns->targets[i]));
    }
    return CORNU_OK;
}

cornu_status cornu__standardize(const cornu__ports *ports, const cornu_array *x, const cornu_array *y,
                                const cornu_array *sample_weight, cornu__columns *columns)
{
    const cornu_array *items[CORNU__MAX_PORTS];
    columns->input_count = ports->input_count;
    columns->target_count = ports->target_count;
    for (int i = 0; i < ports->target_count; i++)
        columns->targets[i].array = columns->sample_weights[i].array = NULL;
    if (!x)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "there is no x: input '%s' is wanted", ports->inputs[0]->name);
    CORNU_TRY(pick_items("input", x, ports->input_count, ports->inputs, true, items));
    for (int i = 0; i < ports->input_count; i++)
        CORNU_TRY(fit_column("input", ports->inputs[i], items[i], &columns->inputs[i]));
    if (ports->target_count > 0) {
        CORNU_TRY(standardize_targets(ports, y, columns));
        if (sample_weight)
            CORNU_TRY(standardize_weights(ports, sample_weight, columns));
    }
    return check_lengths(ports, columns);
}

/* --- Class numbers --- */

static cornu_status fail_label(const cornu__port *port, int64_t sample, double label)
{
    const char *why = label != floor(label) ? "class numbers are whole" : "class numbers begin at 0";
    if (label == floor(label) && label >= 0)
        return cornu__fail(
            CORNU_ERROR_DATA, "target '%s': sample %lld has the label %g, but there are %lld classes: 0 to %lld",
            port->name, (long long)sample, label, (long long)port->class_count, (long long)port->class_count - 1);
    return cornu__fail(CORNU_ERROR_DATA, "target '%s': sample %lld has the label %g, but %s", port->name,
                       (long long)sample, label, why);
}

static cornu_status check_labels(const cornu__port *port, const cornu_array *array, int64_t first_sample)
{
    double labels[LABELS_AT_ONCE];
    const char *data = array->data;
    size_t size = cornu_dtype_size(array->dtype);
    double class_count = (double)port->class_count;
    for (int64_t begin = 0; begin < array->count; begin += LABELS_AT_ONCE) {
        int64_t count = array->count - begin < LABELS_AT_ONCE ? array->count - begin : LABELS_AT_ONCE;
        cornu__convert(CORNU_FLOAT64, labels, array->dtype, data + (size_t)begin * size, count);
        for (int64_t i = 0; i < count; i++) {
            bool fine =
                labels[i] >= 0 && labels[i] < class_count && labels[i] == floor(labels[i]); /* false for NaN too */
            if (!fine)
                return fail_label(port, first_sample + (begin + i) / (array->count / array->shape[0]), labels[i]);
        }
    }
    return CORNU_OK;
}

cornu_status cornu__labels_check(const cornu__ports *ports, const cornu__columns *columns, int64_t first_sample)
{
    for (int i = 0; i < columns->target_count; i++) {
        if (columns->targets[i].array && ports->targets[i]->class_count > 0)
            CORNU_TRY(check_labels(ports->targets[i], columns->targets[i].array, first_sample));
    }
    return CORNU_OK;
}
