/* nn/custom.c: layers, losses and metrics of a program's own. Each carries a class of its own, made from the hooks. */
#include <cornu/custom.h>

#include <string.h>

#include "base/options.h"
#include "nn/layers/support.h"
#include "nn/losses.h"
#include "nn/metrics.h"

/* Weights and lowerings as the public face names them. */
static cornu__weight *inner_weight(cornu_weight *weight)
{
    return (cornu__weight *)(void *)weight;
}

static cornu__call *inner_call(const cornu_layer_call *call)
{
    return (cornu__call *)(void *)call;
}

/* A hook that failed without saying why. */
static cornu_status said_why(cornu_status status, const char *hook)
{
    if (status != CORNU_OK && cornu_error_status() == CORNU_OK)
        return cornu__fail(status, "its function `%s` failed", hook);
    return status;
}

/* --- layers --- */

typedef struct custom_layer {
    cornu_layer layer;
    cornu__layer_class class;
    char *class_name;
    cornu_layer_hooks hooks;
    void *state;
    void (*destroy)(cornu__object *object); /* of a layer */
} custom_layer;

static void to_shapes(int count, const cornu__spec *specs, cornu_shape *shapes)
{
    for (int i = 0; i < count; i++) {
        shapes[i].rank = specs[i].rank;
        memcpy(shapes[i].size, specs[i].shape, sizeof shapes[i].size);
    }
}

static cornu_status build_custom(cornu_layer *layer, int count, const cornu__spec *inputs)
{
    custom_layer *custom = (custom_layer *)layer;
    cornu_shape shapes[CORNU__MAX_INPUTS];
    to_shapes(count, inputs, shapes);
    cornu_error_clear();
    return said_why(custom->hooks.build(layer, count, shapes, custom->state), "build");
}

static cornu_status infer_custom(const cornu_layer *layer, int count, const cornu__spec *inputs, cornu__spec *output)
{
    const custom_layer *custom = (const custom_layer *)layer;
    cornu_shape shapes[CORNU__MAX_INPUTS], shape = {0};
    to_shapes(count, inputs, shapes);
    shape = shapes[0];
    cornu_error_clear();
    CORNU_TRY(said_why(custom->hooks.output_shape(layer, count, shapes, &shape, custom->state), "output_shape"));
    if (shape.rank < 0 || shape.rank > CORNU_MAX_RANK)
        return cornu__fail(CORNU_ERROR_SHAPE, "its function `output_shape` gave a rank of %d", shape.rank);
    output->dtype = CORNU_FLOAT32;
    output->rank = shape.rank;
    memcpy(output->shape, shape.size, sizeof output->shape);
    return CORNU_OK;
}

static cornu_status call_custom(cornu_layer *layer, cornu__call *call, int count, const cornu__value *inputs,
                                cornu__value *output)
{
    custom_layer *custom = (custom_layer *)layer;
    cornu_node *nodes[CORNU__MAX_INPUTS];
    for (int i = 0; i < count; i++)
        nodes[i] = inputs[i].node;
    cornu_error_clear();
    cornu_node *node = custom->hooks.call((cornu_layer_call *)(void *)call, layer, count, nodes, custom->state);
    if (!node)
        return said_why(cornu_error_status() == CORNU_OK ? CORNU_ERROR_INVALID_ARGUMENT : cornu_error_status(), "call");
    return cornu__set_output(output, node);
}

static void destroy_custom(cornu__object *object)
{
    custom_layer *custom = (custom_layer *)object;
    if (custom->hooks.release)
        custom->hooks.release(custom->state);
    custom->destroy(object);
    cornu__free(custom->class_name);
    custom->class.base.name = "custom";
}

static const cornu__layer_class custom_layer_class = {
    CORNU__PLAIN_LAYER_BASE("CustomLayer"),
    .input_min = 1,
    .input_max = 1,
    .build = build_custom,
    .infer = infer_custom,
    .call = call_custom,
};

static cornu_status set_up_layer(custom_layer *custom, const char *class_name)
{
    const cornu_layer_hooks *hooks = &custom->hooks;
    if (!class_name || !*class_name)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "cornu_custom_layer: class_name: wanted a name, got none");
    if (!hooks->call)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "%s: wanted hooks with .struct_size and a function .call, got none", class_name);
    if (hooks->input_count < 0 || hooks->input_count > CORNU__MAX_INPUTS)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "%s: input_count: wanted 1 to %d, got %d", class_name,
                           CORNU__MAX_INPUTS, hooks->input_count);
    custom->class_name = cornu__copy_text(class_name);
    return custom->class_name ? CORNU_OK : CORNU_ERROR_OUT_OF_MEMORY;
}

cornu_layer *cornu_custom_layer_with(const char *class_name, const cornu_layer_hooks *hooks, void *state,
                                     const cornu_layer_options *options)
{
    custom_layer *custom =
        (custom_layer *)cornu__layer_create_sized(&custom_layer_class, sizeof(custom_layer), options);
    cornu_layer_hooks known = {.struct_size = 0};
    cornu__options_lay(&known, sizeof known, hooks);
    if (!custom) {
        if (known.release)
            known.release(state); /* given is given */
        return NULL;
    }
    custom->destroy = custom->layer.object.destroy;
    custom->layer.object.destroy = destroy_custom;
    custom->class = custom_layer_class;
    custom->state = state;
    custom->hooks = known;
    if (custom->layer.object.failure != CORNU_OK)
        return &custom->layer;
    if (set_up_layer(custom, class_name) != CORNU_OK)
        return cornu__object_poison(custom);
    custom->class.base.name = custom->class_name;
    custom->class.input_min = custom->class.input_max = custom->hooks.input_count > 0 ? custom->hooks.input_count : 1;
    if (!custom->hooks.build)
        custom->class.build = NULL;
    if (!custom->hooks.output_shape)
        custom->class.infer = NULL;
    custom->layer.object.class = &custom->class.base;
    return &custom->layer;
}

/* The object meant by an identifier; one that is given after something failed is taken over too, so that it is freed. */
static cornu_status take_object(cornu_status so_far, cornu__kind kind, cornu_identifier given, cornu__object **object)
{
    if (so_far == CORNU_OK)
        return cornu__resolve(kind, given, object);
    if (cornu__is_object(given))
        *object = cornu__object_keep((void *)given);
    return so_far;
}

cornu_weight *cornu_layer_add_weight_with(cornu_layer *layer, const char *name, int rank, const int64_t *shape,
                                          const cornu_weight_options *given)
{
    cornu_weight_options o = {.struct_size = sizeof o, CORNU_WEIGHT_DEFAULTS};
    cornu__object *objects[3] = {NULL};
    cornu__weight *weight = NULL;
    cornu__options_lay(&o, sizeof o, given);
    cornu_status status = layer && name && (rank <= 0 || shape)
                              ? CORNU_OK
                              : cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                                            "cornu_layer_add_weight: wanted a layer, a name and a shape, got NULL");
    status = take_object(status, CORNU__KIND_INITIALIZER, o.initializer, &objects[0]);
    status = take_object(status, CORNU__KIND_REGULARIZER, o.regularizer, &objects[1]);
    status = take_object(status, CORNU__KIND_CONSTRAINT, o.constraint, &objects[2]);
    if (status == CORNU_OK)
        weight = cornu__layer_add_weight(layer, name, rank, shape, o.trainable, objects[0], objects[1], objects[2]);
    else
        cornu__fail_context("weight %s", name ? name : "(NULL)");
    for (int i = 0; i < 3; i++)
        cornu__object_drop(objects[i]);
    return (cornu_weight *)(void *)weight;
}

cornu_weight *cornu_layer_weight(const cornu_layer *layer, const char *name)
{
    cornu__weight *weight = layer && name ? cornu__layer_weight(layer, name) : NULL;
    if (!weight)
        return cornu__fail_null(CORNU_ERROR_UNKNOWN_NAME, "there is no weight \"%s\" in layer %s",
                                name ? name : "(NULL)", layer ? cornu_object_class_name(layer) : "(NULL)");
    return (cornu_weight *)(void *)weight;
}

cornu_node *cornu_layer_call_weight(cornu_layer_call *call, cornu_weight *weight)
{
    return call && weight ? inner_call(call)->weight(inner_call(call), inner_weight(weight)) : NULL;
}

bool cornu_layer_call_training(const cornu_layer_call *call)
{
    return call && inner_call(call)->training;
}

cornu_status cornu_layer_call_assign(cornu_layer_call *call, cornu_weight *weight, cornu_node *value)
{
    if (!call || !weight || !value)
        return cornu_error_status() != CORNU_OK
                   ? cornu_error_status()
                   : cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                                 "cornu_layer_call_assign: wanted a call, a weight and a value, got NULL");
    if (inner_weight(weight)->trainable)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "weight %s is trained; only one made with .trainable = false can be assigned",
                           inner_weight(weight)->name);
    return inner_call(call)->assign(inner_call(call), inner_weight(weight), value);
}

cornu_status cornu_layer_call_add_loss(cornu_layer_call *call, cornu_node *loss)
{
    if (!call || !loss)
        return cornu_error_status() != CORNU_OK
                   ? cornu_error_status()
                   : cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "cornu_layer_call_add_loss: wanted a scalar, got NULL");
    return inner_call(call)->add_loss(inner_call(call), loss);
}

/* --- losses --- */

typedef struct custom_loss {
    cornu__object object;
    cornu__loss_class class;
    cornu_loss_function function;
    void *state;
    char *class_name;
} custom_loss;

/* The function's value, which must have the batch as its first axis or be a scalar. */
static cornu_node *call_function(cornu_loss_function function, void *state, cornu_node *y_true, cornu_node *y_pred)
{
    cornu_error_clear();
    cornu_node *value = function(y_true, y_pred, state);
    if (!value)
        said_why(cornu_error_status() == CORNU_OK ? CORNU_ERROR_INVALID_ARGUMENT : cornu_error_status(), "function");
    return value;
}

static cornu_node *per_sample_custom(const cornu__object *loss, cornu_node *y_true, cornu_node *y_pred)
{
    const custom_loss *custom = (const custom_loss *)loss;
    return call_function(custom->function, custom->state, y_true, y_pred);
}

static void destroy_loss(cornu__object *object)
{
    cornu__free(((custom_loss *)object)->class_name);
}

static const cornu_loss_options loss_defaults = {.struct_size = sizeof loss_defaults, CORNU_LOSS_DEFAULTS};
static const cornu__field loss_fields[] = {CORNU__LOSS_FIELD_TABLE(cornu_loss_options)};
static const cornu__loss_class custom_loss_class = {
    .base = {.kind = CORNU__KIND_LOSS,
             .name = "CustomLoss",
             .options_size = sizeof(cornu_loss_options),
             .defaults = &loss_defaults,
             CORNU__FIELD_TABLE(loss_fields)},
    .per_sample = per_sample_custom,
};

/* Gives an object the name as its class's and, unless it has one, its own. */
static cornu_status take_names(cornu__object *object, char **class_name, const char *name, bool has_function)
{
    if (!name || !*name || !has_function)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "a custom loss or metric: wanted a name and a function, got NULL");
    *class_name = cornu__copy_text(name);
    if (!object->name)
        object->name = cornu__copy_text(name);
    return *class_name && object->name ? CORNU_OK : CORNU_ERROR_OUT_OF_MEMORY;
}

cornu_loss *cornu_custom_loss_with(const char *name, cornu_loss_function function, void *state,
                                   const cornu_loss_options *options)
{
    custom_loss *custom = cornu__object_create(&custom_loss_class.base, sizeof(custom_loss), options);
    if (!custom)
        return NULL;
    custom->object.destroy = destroy_loss;
    custom->function = function;
    custom->state = state;
    if (custom->object.failure != CORNU_OK)
        return (cornu_loss *)(void *)custom;
    if (take_names(&custom->object, &custom->class_name, name, function != NULL) != CORNU_OK)
        return cornu__object_poison(custom);
    custom->class = custom_loss_class;
    custom->class.base.name = custom->class.function_name = custom->class_name;
    custom->object.class = &custom->class.base;
    return (cornu_loss *)(void *)custom;
}

/* --- metrics --- */

typedef struct custom_metric {
    cornu__object object;
    cornu__mean_metric_class class;
    cornu_loss_function function; /* a mean of its values, or */
    cornu_metric_hooks hooks;     /* states of its own */
    void *state;
    char *class_name;
} custom_metric;

static cornu_node *value_of_custom(const cornu__object *metric, cornu_node *y_true, cornu_node *y_pred)
{
    const custom_metric *custom = (const custom_metric *)metric;
    return call_function(custom->function, custom->state, y_true, y_pred);
}

static cornu_status states_of_hooks(const cornu__object *metric, const cornu__spec *y_pred, int *count, int64_t *sizes)
{
    const custom_metric *custom = (const custom_metric *)metric;
    (void)y_pred;
    *count = custom->hooks.state_count;
    memcpy(sizes, custom->hooks.state_sizes, (size_t)*count * sizeof *sizes);
    return CORNU_OK;
}

static cornu_status update_by_hooks(const cornu__object *metric, cornu_node *y_true, cornu_node *y_pred,
                                    cornu_node *weight, cornu_node *const *states, cornu_node **new_states)
{
    const custom_metric *custom = (const custom_metric *)metric;
    cornu_error_clear();
    CORNU_TRY(said_why(custom->hooks.update(y_true, y_pred, weight, states, new_states, custom->state), "update"));
    for (int i = 0; i < custom->hooks.state_count; i++)
        if (!new_states[i])
            return said_why(cornu_error_status() == CORNU_OK ? CORNU_ERROR_INVALID_ARGUMENT : cornu_error_status(),
                            "update");
    return CORNU_OK;
}

static double result_of_hooks(const cornu__object *metric, const float *const *states, const int64_t *sizes)
{
    const custom_metric *custom = (const custom_metric *)metric;
    (void)sizes;
    return custom->hooks.result(states, custom->state);
}

static void destroy_metric(cornu__object *object)
{
    cornu__free(((custom_metric *)object)->class_name);
}

static const cornu__mean_metric_class custom_metric_class = {
    .metric = {.base = {.kind = CORNU__KIND_METRIC,
                        .name = "CustomMetric",
                        .options_size = sizeof(cornu_metric_options),
                        .defaults = &cornu__plain_metric_defaults,
                        .fields = cornu__plain_metric_fields,
                        .field_count = 1},
               .states = cornu__mean_metric_states,
               .update = cornu__mean_metric_update,
               .result = cornu__mean_metric_result},
    .value = value_of_custom,
};

static custom_metric *create_metric(const char *name, bool has_function, void *state,
                                    const cornu_metric_options *options)
{
    custom_metric *custom = cornu__object_create(&custom_metric_class.metric.base, sizeof(custom_metric), options);
    if (!custom)
        return NULL;
    custom->object.destroy = destroy_metric;
    custom->state = state;
    if (custom->object.failure != CORNU_OK)
        return custom;
    if (take_names(&custom->object, &custom->class_name, name, has_function) != CORNU_OK)
        return cornu__object_poison(custom);
    custom->class = custom_metric_class;
    custom->class.metric.base.name = custom->class_name;
    custom->object.class = &custom->class.metric.base;
    return custom;
}

cornu_metric *cornu_custom_metric_with(const char *name, cornu_loss_function function, void *state,
                                       const cornu_metric_options *options)
{
    custom_metric *custom = create_metric(name, function != NULL, state, options);
    if (custom)
        custom->function = function;
    return (cornu_metric *)(void *)custom;
}

cornu_metric *cornu_custom_metric_of_hooks(const char *name, const cornu_metric_hooks *hooks, void *state)
{
    cornu_metric_hooks known = {.struct_size = 0};
    cornu__options_lay(&known, sizeof known, hooks);
    custom_metric *custom = create_metric(name, known.update && known.result, state, NULL);
    if (!custom || custom->object.failure != CORNU_OK)
        return (cornu_metric *)(void *)custom;
    custom->hooks = known;
    bool sizes_fit = known.state_count >= 1 && known.state_count <= CORNU__METRIC_MAX_STATES;
    for (int i = 0; sizes_fit && i < known.state_count; i++)
        sizes_fit = known.state_sizes[i] >= 1;
    if (!sizes_fit) {
        cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "metric %s: wanted 1 to %d states of at least 1 element each", name,
                    CORNU__METRIC_MAX_STATES);
        return cornu__object_poison(custom);
    }
    custom->class.metric.states = states_of_hooks;
    custom->class.metric.update = update_by_hooks;
    custom->class.metric.result = result_of_hooks;
    return (cornu_metric *)(void *)custom;
}
