/*
 * optimizer_state.c: which variables an optimizer has in Keras's files, and in what order.
 *
 * Keras 3: iteration, learning rate (none under a schedule), averages of weights, sums of gradients, and the slots: mostly weight by weight,
 * all slots of a weight together; some slots come after those of all weights. Keras 2: iterations, then slot by slot.
 */
#include "saving/optimizer_state.h"

#include <stdio.h>
#include <string.h>

#include <cornu/optimizers.h>

#include "array/array.h"
#include "base/log.h"
#include "base/text.h"
#include "model/plan.h"

struct listing {
    const cornu_model *model;
    const cornu__plan *plan;
    const int *order;
    int order_count;
    cornu__optimizer_variables *variables;
};

static cornu__optimizer_variable *append(struct listing *listing, cornu__variable_kind kind, const char *name)
{
    cornu__optimizer_variables *list = listing->variables;
    void *grown = cornu__grow(list->items, (size_t)list->count, &list->capacity, sizeof *list->items);
    if (!grown)
        return NULL;
    list->items = grown;
    cornu__optimizer_variable *variable = &list->items[list->count++];
    *variable = (cornu__optimizer_variable){.kind = kind, .weight = -1, .dtype = CORNU_FLOAT32, .count = 1};
    snprintf(variable->name, sizeof variable->name, "%s", name);
    return variable;
}

static cornu_status append_number(struct listing *listing, cornu__variable_kind kind, const char *name,
                                  cornu_dtype dtype)
{
    cornu__optimizer_variable *variable = append(listing, kind, name);
    if (!variable)
        return cornu_error_status();
    variable->dtype = dtype;
    return CORNU_OK;
}

/* A slot of one weight, in the weight's shape. */
static cornu__optimizer_variable *append_slot(struct listing *listing, cornu__variable_kind kind, const char *name,
                                              int part, int index)
{
    cornu__optimizer_variable *variable = append(listing, kind, name);
    if (!variable)
        return NULL;
    const cornu__model_weight *entry = &listing->model->weights[index];
    variable->part = part;
    variable->weight = index;
    variable->rank = entry->weight->rank;
    memcpy(variable->shape, entry->weight->shape, sizeof variable->shape);
    variable->count = entry->weight->count;
    variable->offset = part * listing->plan->part_size + entry->position;
    return variable;
}

/* Trained weight `i` of those in order; -1: it is not trained. */
static int trained_at(const struct listing *listing, int i)
{
    int index = listing->order ? listing->order[i] : i;
    return listing->model->weights[index].trained ? index : -1;
}

/* The slots `parts` of all weights: a weight's together, or one slot after the other. */
static cornu_status append_slots(struct listing *listing, int count, const int *parts, const char *const *names,
                                 bool by_slot)
{
    int outer = by_slot ? count : 1, inner = by_slot ? 1 : count;
    for (int s = 0; s < outer; s++) {
        for (int i = 0; i < listing->order_count; i++) {
            int index = trained_at(listing, i);
            for (int k = 0; k < inner && index >= 0; k++) {
                if (!append_slot(listing, CORNU__VARIABLE_SLOT, names[s + k], parts[s + k], index))
                    return cornu_error_status();
            }
        }
    }
    return CORNU_OK;
}

static cornu_status append_part(struct listing *listing, int part, const char *name)
{
    return part < 0 ? CORNU_OK : append_slots(listing, 1, &part, &name, true);
}

/* A number that is the same for all weights. */
static cornu_status append_shared(struct listing *listing, int part, const char *name)
{
    cornu__optimizer_variable *variable = append(listing, CORNU__VARIABLE_SHARED, name);
    if (!variable)
        return cornu_error_status();
    variable->part = part;
    variable->offset = part * listing->plan->part_size;
    return CORNU_OK;
}

/* --- optimizers that Keras 3 lists in their own way --- */

/* Adafactor: means of rows and columns (two unused integers where there is one axis), then the mean of all. */
static cornu_status append_adafactor(struct listing *listing)
{
    for (int i = 0; i < listing->order_count; i++) {
        int index = trained_at(listing, i);
        if (index < 0)
            continue;
        int rank = listing->model->weights[index].weight->rank;
        bool factored = rank >= 2;
        for (int k = 0; k < 2; k++) {
            cornu__optimizer_variable *mean = append_slot(
                listing, factored ? CORNU__VARIABLE_SLOT : CORNU__VARIABLE_UNUSED, k == 0 ? "row" : "column", k, index);
            if (!mean)
                return cornu_error_status();
            mean->dtype = factored ? CORNU_FLOAT32 : CORNU_INT32;
            int dropped = factored ? rank - 1 - k : 0; /* the axis that the mean is over */
            if (factored) {
                mean->count /= mean->shape[dropped];
                memmove(&mean->shape[dropped], &mean->shape[dropped + 1],
                        (size_t)(rank - 1 - dropped) * sizeof *mean->shape);
                mean->rank = rank - 1;
            } else {
                mean->count = 1;
                mean->rank = 0;
            }
        }
        if (!append_slot(listing, factored ? CORNU__VARIABLE_UNUSED : CORNU__VARIABLE_SLOT, "velocity", 0, index))
            return cornu_error_status();
    }
    return CORNU_OK;
}

/* Muon: a velocity only for weights that its Adam updates; those are the ones that are no matrices. */
static cornu_status append_muon(struct listing *listing)
{
    const cornu__object *optimizer = listing->plan->optimizer;
    bool spares_embeddings = ((const cornu_muon_options *)optimizer->config)->exclude_embeddings;
    for (int i = 0; i < listing->order_count; i++) {
        int index = trained_at(listing, i);
        if (index < 0)
            continue;
        const cornu__model_weight *entry = &listing->model->weights[index];
        bool embedding = strcmp(cornu__layer_class_name(entry->layer), "Embedding") == 0;
        bool by_adam = entry->weight->rank != 2 || (spares_embeddings && embedding);
        if (!append_slot(listing, CORNU__VARIABLE_SLOT, "momentum", 0, index) ||
            (by_adam && !append_slot(listing, CORNU__VARIABLE_SLOT, "velocity", 1, index)))
            return cornu_error_status();
    }
    return CORNU_OK;
}

/* --- the lists --- */

#define KEPT_APART 3 /* slots from this one on come after those of all weights: Adam's velocity_hat */

static cornu_status append_own(struct listing *listing, cornu__optimizer_layout layout)
{
    const cornu__plan *plan = listing->plan;
    const cornu__class *class = plan->optimizer->class;
    const char *names[CORNU__OPTIMIZER_MAX_SLOTS];
    int parts[CORNU__OPTIMIZER_MAX_SLOTS];
    int count = cornu__plan_optimizer_class(plan)->slots(plan->optimizer, names);
    for (int i = 0; i < count; i++)
        parts[i] = i;
    bool is_nadam = strcmp(class->name, "Nadam") == 0;
    if (layout == CORNU__LAYOUT_KERAS_2) {
        if (is_nadam)
            CORNU_TRY(append_shared(listing, 2, "m_schedule"));
        return append_slots(listing, is_nadam ? 2 : count, parts, names, true);
    }
    if (strcmp(class->name, "Adafactor") == 0)
        return append_adafactor(listing);
    if (strcmp(class->name, "Muon") == 0)
        return append_muon(listing);
    if (strcmp(class->name, "RMSprop") == 0)
        return append_slots(listing, count, parts, names, true);
    int together = count < KEPT_APART ? count : KEPT_APART - 1;
    CORNU_TRY(append_slots(listing, together, parts, names, false));
    if (is_nadam)
        return append_shared(listing, 2, "u_product");
    return append_slots(listing, count - together, parts + together, names + together, true);
}

cornu_status cornu__optimizer_list(const cornu_model *model, cornu__optimizer_layout layout, const int *order,
                                   int order_count, cornu__optimizer_variables *variables)
{
    *variables = (cornu__optimizer_variables){.count = 0};
    struct listing listing = {.model = model,
                              .plan = model->plan,
                              .order = order,
                              .order_count = order ? order_count : model->weight_count,
                              .variables = variables};
    const cornu__plan *plan = model->plan;
    bool keras3 = layout == CORNU__LAYOUT_KERAS_3;
    cornu_status status =
        append_number(&listing, CORNU__VARIABLE_ITERATION, keras3 ? "iteration" : "iterations", CORNU_INT64);
    if (status == CORNU_OK && keras3 && !cornu__plan_optimizer_options(plan)->schedule)
        status = append_number(&listing, CORNU__VARIABLE_LEARNING_RATE, "learning_rate", CORNU_FLOAT32);
    if (status == CORNU_OK)
        status = append_part(&listing, plan->average_part, "average");
    if (status == CORNU_OK)
        status = append_part(&listing, plan->sum_part, "gradient_accumulator");
    if (status == CORNU_OK)
        status = append_own(&listing, layout);
    if (status != CORNU_OK)
        cornu__optimizer_list_clear(variables);
    return status;
}

void cornu__optimizer_list_clear(cornu__optimizer_variables *variables)
{
    cornu__free(variables->items);
    *variables = (cornu__optimizer_variables){.count = 0};
}

/* --- out --- */

/* The numbers of one variable into `to`, which has room for its shape. */
static cornu_status get(const cornu_model *model, const cornu__optimizer_variable *variable, void *to)
{
    const cornu__plan *plan = model->plan;
    switch (variable->kind) {
    case CORNU__VARIABLE_ITERATION:
        *(int64_t *)to = (int64_t)plan->iterations;
        return CORNU_OK;
    case CORNU__VARIABLE_LEARNING_RATE:
        *(float *)to = (float)plan->learning_rate;
        return CORNU_OK;
    case CORNU__VARIABLE_UNUSED:
        memset(to, 0, (size_t)variable->count * cornu_dtype_size(variable->dtype));
        return CORNU_OK;
    case CORNU__VARIABLE_SHARED:
        *(float *)to = 1; /* where nothing is trained */
        return plan->parts ? cornu__buffer_download(plan->parts, variable->offset, 1, to) : CORNU_OK;
    default:
        return cornu__buffer_download(plan->parts, variable->offset, variable->count, to);
    }
}

int cornu__optimizer_head(const cornu__optimizer_variables *variables)
{
    int count = 0;
    while (count < variables->count && variables->items[count].kind <= CORNU__VARIABLE_LEARNING_RATE)
        count++;
    return count;
}

cornu_status cornu__write_variable(cornu__hdf5_writer *writer, const char *path, const cornu_model *model,
                                   const cornu__optimizer_variable *variable)
{
    void *numbers = cornu__alloc_array((size_t)variable->count, sizeof(int64_t));
    if (!numbers)
        return cornu_error_status();
    cornu_status status = get(model, variable, numbers);
    if (status == CORNU_OK)
        status = cornu__hdf5_write_dataset(writer, path, variable->dtype, variable->rank, variable->shape, numbers);
    cornu__free(numbers);
    return status;
}

cornu_status cornu__write_weight(cornu__hdf5_writer *writer, const char *path, const cornu__weight *weight)
{
    float *numbers = cornu__alloc_array((size_t)weight->count, sizeof *numbers);
    if (!numbers)
        return cornu_error_status();
    cornu_status status = cornu__buffer_download(weight->home, weight->offset, weight->count, numbers);
    if (status == CORNU_OK)
        status = cornu__hdf5_write_dataset(writer, path, CORNU_FLOAT32, weight->rank, weight->shape, numbers);
    cornu__free(numbers);
    return status;
}

/* --- in --- */

static cornu_status check(const cornu__optimizer_variable *variable, const cornu__hdf5_node *dataset)
{
    char wanted[CORNU__SHAPE_TEXT_SIZE], got[CORNU__SHAPE_TEXT_SIZE];
    bool same =
        dataset->is_dataset && cornu__shape_equal(dataset->rank, dataset->shape, variable->rank, variable->shape);
    if (same || variable->kind == CORNU__VARIABLE_UNUSED)
        return CORNU_OK;
    return cornu__hdf5_fail(dataset, CORNU_ERROR_SHAPE, "the optimizer's %s has shape %s, got %s", variable->name,
                            cornu__text_shape(wanted, sizeof wanted, variable->rank, variable->shape),
                            dataset->is_dataset ? cornu__text_shape(got, sizeof got, dataset->rank, dataset->shape)
                                                : "a group");
}

static cornu_status set_shared(const cornu__plan *plan, const cornu__optimizer_variable *variable, double value)
{
    if (!plan->parts)
        return CORNU_OK;
    float *values = cornu__alloc_array((size_t)plan->part_size, sizeof *values);
    if (!values)
        return cornu_error_status();
    for (int64_t i = 0; i < plan->part_size; i++)
        values[i] = (float)value;
    cornu_status status = cornu__buffer_upload(plan->parts, variable->offset, plan->part_size, values);
    cornu__free(values);
    return status;
}

static cornu_status set(cornu_model *model, const cornu__optimizer_variable *variable, const cornu_array *array)
{
    cornu__plan *plan = model->plan;
    switch (variable->kind) {
    case CORNU__VARIABLE_ITERATION:
        plan->iterations = cornu_array_get(array, 0) > 0 ? (uint64_t)cornu_array_get(array, 0) : 0;
        return CORNU_OK;
    case CORNU__VARIABLE_LEARNING_RATE:
        /* Files hold it in single precision; what the config says may be the same number in double. */
        if ((float)plan->learning_rate != (float)cornu_array_get(array, 0))
            plan->learning_rate = cornu_array_get(array, 0);
        return CORNU_OK;
    case CORNU__VARIABLE_SHARED:
        return set_shared(plan, variable, cornu_array_get(array, 0));
    case CORNU__VARIABLE_SLOT:
        return cornu__buffer_upload(plan->parts, variable->offset, variable->count, cornu_array_data(array));
    default:
        return CORNU_OK;
    }
}

static cornu_array *read_as(const cornu__optimizer_variable *variable, const cornu__hdf5_node *dataset)
{
    cornu_array *array = cornu__hdf5_read(dataset);
    if (!array || variable->kind != CORNU__VARIABLE_SLOT || cornu_array_dtype(array) == CORNU_FLOAT32)
        return array;
    cornu_array *cast = cornu_array_cast(array, CORNU_FLOAT32);
    cornu_array_release(array);
    return cast;
}

/* items[i] := what variable i gets; all is read before the first is set. */
static cornu_status read_all(const cornu__optimizer_variables *variables, const cornu__hdf5_node *const *datasets,
                             cornu_array **items)
{
    for (int i = 0; i < variables->count; i++)
        CORNU_TRY(check(&variables->items[i], datasets[i]));
    for (int i = 0; i < variables->count; i++) {
        if (variables->items[i].kind == CORNU__VARIABLE_UNUSED)
            continue;
        items[i] = read_as(&variables->items[i], datasets[i]);
        if (!items[i])
            return cornu_error_status();
    }
    return CORNU_OK;
}

/* Sets all variables from datasets: all or none. */
static cornu_status set_all(cornu_model *model, const cornu__optimizer_variables *variables,
                            const cornu__hdf5_node *const *datasets)
{
    cornu_array **items = cornu__alloc_array((size_t)variables->count, sizeof(cornu_array *));
    if (!items)
        return cornu_error_status();
    cornu_status status = read_all(variables, datasets, items);
    for (int i = 0; status == CORNU_OK && i < variables->count; i++)
        status = set(model, &variables->items[i], items[i]);
    for (int i = 0; i < variables->count; i++)
        cornu_array_release(items[i]);
    cornu__free(items);
    return status;
}

/* Takes variables of one kind out of the list. */
static void leave_out(cornu__optimizer_variables *variables, cornu__variable_kind kind)
{
    int kept = 0;
    for (int i = 0; i < variables->count; i++) {
        if (variables->items[i].kind != kind)
            variables->items[kept++] = variables->items[i];
    }
    variables->count = kept;
}

/* Older versions leave numbers out: tf.keras 2 the learning rate, Keras 2.2 the iterations of some optimizers and Nadam's schedule. Keras 2 adds
 * a memory that is not used: SGD's without momentum, Adam's third without amsgrad. */
static void adapt(cornu__optimizer_variables *variables, cornu__optimizer_layout layout,
                  const cornu__hdf5_node *const *datasets, size_t *count)
{
    int wanted = variables->count, file = *count > INT32_MAX ? INT32_MAX : (int)*count;
    if (layout == CORNU__LAYOUT_KERAS_3 && file == wanted - 1)
        leave_out(variables, CORNU__VARIABLE_LEARNING_RATE);
    else if (layout == CORNU__LAYOUT_KERAS_2 && file == wanted - 1 && file > 0)
        leave_out(variables, datasets[0]->rank == 0 ? CORNU__VARIABLE_SHARED : CORNU__VARIABLE_ITERATION);
    else if (layout == CORNU__LAYOUT_KERAS_2 && file > wanted)
        *count = (size_t)wanted;
}

cornu_status cornu__optimizer_restore(cornu_model *model, cornu__optimizer_layout layout, const int *order,
                                      int order_count, const char *path, const cornu__hdf5_node *const *datasets,
                                      size_t count)
{
    cornu__optimizer_variables variables;
    CORNU_TRY(cornu__optimizer_list(model, layout, order, order_count, &variables));
    if (count == (size_t)cornu__optimizer_head(&variables))
        variables.count = (int)count; /* saved before the first update */
    adapt(&variables, layout, datasets, &count);
    cornu_status status = CORNU_OK;
    if (count != (size_t)variables.count)
        cornu__warn("%s: the optimizer begins anew: the file has %zu numbers of its memory, %s of model '%s' has %d",
                    path, count, model->plan->optimizer->class->name, cornu_model_name(model), variables.count);
    else
        status = set_all(model, &variables, datasets);
    if (status == CORNU_ERROR_SHAPE) {
        cornu__warn("the optimizer begins anew: %s", cornu_error_message());
        cornu_error_clear();
        status = CORNU_OK;
    }
    cornu__optimizer_list_clear(&variables);
    return status;
}
