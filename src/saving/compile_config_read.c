/*
 * compile_config_read.c: a model compiled as a file says.
 *
 * Keras 3 writes "optimizer", the legacy files "optimizer_config"; losses are one, a list or a dictionary; metrics a list, a list of lists, or a
 * dictionary of either. tf.keras wraps a metric that was given by name in a MeanMetricWrapper, whose name is how it was spelled.
 */
#include <string.h>

#include "saving/compile_config.h"

#define MAX_OBJECTS (4 * CORNU_MAX_PORTS + 4 * CORNU_MAX_METRICS)

struct reading {
    cornu_compile_options options;
    cornu__object *objects[MAX_OBJECTS]; /* kept, until compile has taken them */
    int object_count;
    bool keras_2;
};

/* --- older words --- */

/* tf.keras registers its own optimizers as "Custom>Adam". */
static void strip_package(json_t *object)
{
    const char *class = json_string_value(json_object_get(object, "class_name"));
    const char *mark = class ? strchr(class, '>') : NULL;
    if (mark)
        json_object_set_new(object, "class_name", json_string(mark + 1));
}

static void translate_loss(json_t *object)
{
    json_t *config = json_object_get(object, "config");
    const char *reduction = json_string_value(json_object_get(config, "reduction"));
    strip_package(object);
    if (reduction && strcmp(reduction, "auto") == 0)
        json_object_set_new(config, "reduction", json_string("sum_over_batch_size"));
}

static bool names_metric(const char *name)
{
    static const char *const by_loss[] = {"accuracy", "acc", "crossentropy", "ce"};
    for (size_t i = 0; i < sizeof by_loss / sizeof *by_loss; i++) {
        if (strcmp(by_loss[i], name) == 0)
            return true;
    }
    const cornu__class *class = cornu__class_find(CORNU__KIND_METRIC, name);
    cornu_error_clear();
    return class != NULL;
}

/* The name that a wrapped metric was given by, or NULL: it is an object of a class. */
static const char *wrapped_name(const json_t *object)
{
    const char *class = json_string_value(json_object_get(object, "class_name"));
    const json_t *config = json_object_get(object, "config");
    if (!class || strcmp(class, "MeanMetricWrapper") != 0)
        return NULL;
    const char *name = json_string_value(json_object_get(config, "name")),
               *function = json_string_value(json_object_get(config, "fn"));
    return name && names_metric(name) ? name : function;
}

/* --- one loss, metric or optimizer --- */

static cornu_status read_identifier(struct reading *reading, cornu__kind kind, const cornu__json_place *place,
                                    cornu_identifier *out)
{
    *out = NULL;
    if (cornu__json_is_none(place))
        return CORNU_OK;
    const char *wrapped = kind == CORNU__KIND_METRIC ? wrapped_name(place->value) : NULL;
    if (wrapped || json_is_string(place->value)) {
        *out = wrapped ? wrapped : json_string_value(place->value);
        return CORNU_OK;
    }
    if (kind == CORNU__KIND_LOSS)
        translate_loss(place->value);
    else
        strip_package(place->value);
    if (reading->object_count == MAX_OBJECTS)
        return cornu__json_fail(place, CORNU_ERROR_LIMIT, "more losses and metrics than Cornu has room for");
    cornu__object *object = NULL;
    CORNU_TRY(cornu__object_from_json(kind, place->value, place->name, &object));
    reading->objects[reading->object_count++] = object;
    *out = object;
    return CORNU_OK;
}

/* Keras 2's own RMSprop and Adagrad add epsilon outside the root. */
static void translate_optimizer(const struct reading *reading, json_t *object)
{
    strip_package(object);
    const char *class = json_string_value(json_object_get(object, "class_name"));
    json_t *config = json_object_get(object, "config");
    bool differs = class && (strcmp(class, "RMSprop") == 0 || strcmp(class, "Adagrad") == 0);
    if (reading->keras_2 && differs && json_is_object(config))
        json_object_set_new(config, "keras_2", json_true());
}

static cornu_status read_optimizer(struct reading *reading, const cornu__json_place *config)
{
    cornu__json_place place = cornu__json_member(config, "optimizer");
    if (!place.value)
        place = cornu__json_member(config, "optimizer_config");
    if (cornu__json_is_none(&place))
        return cornu__json_fail_kind(&place, "an optimizer");
    if (json_is_object(place.value))
        translate_optimizer(reading, place.value);
    return read_identifier(reading, CORNU__KIND_OPTIMIZER, &place, &reading->options.optimizer);
}

/* --- losses --- */

static bool is_object_of_class(const cornu__json_place *place)
{
    return json_is_object(place->value) && json_object_get(place->value, "class_name");
}

static cornu_status check_count(const cornu__json_place *place, size_t count, size_t most)
{
    return count <= most ? CORNU_OK
                         : cornu__json_fail(place, CORNU_ERROR_LIMIT, "at most %zu are possible, got %zu", most, count);
}

static cornu_status read_losses(struct reading *reading, const cornu__json_place *config)
{
    cornu_compile_options *options = &reading->options;
    cornu__json_place place = cornu__json_member(config, "loss");
    if (json_is_array(place.value)) {
        size_t count = json_array_size(place.value);
        CORNU_TRY(check_count(&place, count, CORNU_MAX_PORTS));
        for (size_t i = 0; i < count; i++) {
            cornu__json_place item = cornu__json_item(&place, i);
            CORNU_TRY(read_identifier(reading, CORNU__KIND_LOSS, &item, &options->losses[i]));
            if (!options->losses[i])
                options->losses[i] = "";
        }
        return CORNU_OK;
    }
    if (!json_is_object(place.value) || is_object_of_class(&place))
        return read_identifier(reading, CORNU__KIND_LOSS, &place, &options->loss);
    CORNU_TRY(check_count(&place, json_object_size(place.value), CORNU_MAX_PORTS));
    const char *key;
    json_t *value;
    size_t next = 0;
    json_object_foreach(place.value, key, value)
    {
        cornu__json_place item = cornu__json_member(&place, key);
        options->output_losses[next].output = key;
        CORNU_TRY(read_identifier(reading, CORNU__KIND_LOSS, &item, &options->output_losses[next++].object));
    }
    return CORNU_OK;
}

static cornu_status read_loss_weights(struct reading *reading, const cornu__json_place *config)
{
    cornu_compile_options *options = &reading->options;
    cornu__json_place place = cornu__json_member(config, "loss_weights");
    size_t next = 0;
    if (cornu__json_is_none(&place))
        return CORNU_OK;
    if (json_is_number(place.value))
        return cornu__json_get_number(&place, &options->loss_weights[0]);
    if (json_is_array(place.value)) {
        size_t count = json_array_size(place.value);
        CORNU_TRY(check_count(&place, count, CORNU_MAX_PORTS));
        for (size_t i = 0; i < count; i++) {
            cornu__json_place item = cornu__json_item(&place, i);
            CORNU_TRY(cornu__json_get_number(&item, &options->loss_weights[i]));
        }
        return CORNU_OK;
    }
    size_t count;
    CORNU_TRY(cornu__json_expect_object(&place, &count));
    CORNU_TRY(check_count(&place, count, CORNU_MAX_PORTS));
    const char *key;
    json_t *value;
    json_object_foreach(place.value, key, value)
    {
        cornu__json_place item = cornu__json_member(&place, key);
        options->output_loss_weights[next].output = key;
        CORNU_TRY(cornu__json_get_number(&item, &options->output_loss_weights[next++].weight));
    }
    return CORNU_OK;
}

/* --- metrics --- */

/* The two lists of options that metrics go to. */
struct metric_lists {
    cornu_identifier *for_all;
    cornu_for_output *by_name;
    int all_count, named_count;
};

/* One metric for an output (NULL: for all). */
static cornu_status add_metric(struct reading *reading, const cornu__json_place *place, const char *output,
                               struct metric_lists *lists)
{
    cornu_identifier metric;
    CORNU_TRY(read_identifier(reading, CORNU__KIND_METRIC, place, &metric));
    if (!metric)
        return CORNU_OK;
    if (lists->all_count == CORNU_MAX_METRICS || lists->named_count == CORNU_MAX_METRICS)
        return cornu__json_fail(place, CORNU_ERROR_LIMIT, "at most %d metrics are possible", CORNU_MAX_METRICS);
    if (output)
        lists->by_name[lists->named_count++] = (cornu_for_output){output, metric};
    else
        lists->for_all[lists->all_count++] = metric;
    return CORNU_OK;
}

/* One metric or a list of them. */
static cornu_status add_metrics(struct reading *reading, const cornu__json_place *place, const char *output,
                                struct metric_lists *lists)
{
    if (!json_is_array(place->value))
        return add_metric(reading, place, output, lists);
    for (size_t i = 0; i < json_array_size(place->value); i++) {
        cornu__json_place item = cornu__json_item(place, i);
        CORNU_TRY(add_metric(reading, &item, output, lists));
    }
    return CORNU_OK;
}

static cornu_status read_metrics(struct reading *reading, const cornu_model *model, const cornu__json_place *place,
                                 struct metric_lists *lists)
{
    if (json_is_object(place->value) && !is_object_of_class(place)) {
        const char *key;
        json_t *value;
        json_object_foreach(place->value, key, value)
        {
            cornu__json_place item = cornu__json_member(place, key);
            CORNU_TRY(add_metrics(reading, &item, key, lists));
        }
        return CORNU_OK;
    }
    bool per_output = json_is_array(cornu__json_item(place, 0).value) || json_is_null(json_array_get(place->value, 0));
    if (!per_output)
        return add_metrics(reading, place, NULL, lists);
    for (size_t i = 0; i < json_array_size(place->value) && i < (size_t)model->output_count; i++) {
        cornu__json_place item = cornu__json_item(place, i);
        CORNU_TRY(add_metrics(reading, &item, model->output_count > 1 ? model->port_names[CORNU__MAX_PORTS + i] : NULL,
                              lists));
    }
    return CORNU_OK;
}

/* --- all of it --- */

static cornu_status read_all(struct reading *reading, const cornu_model *model, const cornu__json_place *config)
{
    cornu_compile_options *options = &reading->options;
    cornu__json_place metrics = cornu__json_member(config, "metrics"),
                      weighted = cornu__json_member(config, "weighted_metrics");
    struct metric_lists plain_lists = {options->metrics, options->output_metrics, 0, 0},
                        weighted_lists = {options->weighted_metrics, options->output_weighted_metrics, 0, 0};
    CORNU_TRY(cornu__json_expect_object(config, &(size_t){0}));
    CORNU_TRY(read_optimizer(reading, config));
    CORNU_TRY(read_losses(reading, config));
    CORNU_TRY(read_loss_weights(reading, config));
    CORNU_TRY(read_metrics(reading, model, &metrics, &plain_lists));
    return read_metrics(reading, model, &weighted, &weighted_lists);
}

static void change_some(cornu_compile_options *options, cornu__compile_reading *how)
{
    cornu_identifier saved = options->optimizer;
    how->changed = how->change && how->change(how->change_state, options);
    how->optimizer_changed = options->optimizer != saved;
}

cornu_status cornu__compile_config_apply(cornu_model *model, const cornu__json_place *place,
                                         cornu__compile_reading *how)
{
    struct reading *reading = cornu__alloc(sizeof *reading);
    if (!reading)
        return cornu_error_status();
    reading->options.struct_size = sizeof reading->options;
    reading->options.threads = how->threads;
    reading->keras_2 = how->keras_2;
    cornu_status status = read_all(reading, model, place);
    if (status == CORNU_OK) {
        change_some(&reading->options, how);
        status = cornu_compile_with(model, &reading->options);
    }
    for (int i = 0; i < reading->object_count; i++)
        cornu__object_drop(reading->objects[i]);
    cornu__free(reading);
    return status;
}
