/*
 * legacy_config.c: a model's JSON in Keras 2's words.
 *
 * Keras 3's objects lose what Keras 2 does not know (module, registered_name, build_config), a dtype is a name, an input layer has a
 * batch_input_shape, and calls are lists [layer, call, output, arguments].
 */
#include <string.h>

#include "saving/legacy.h"

static void translate(json_t *value);

static void rename_key(json_t *object, const char *old, const char *new)
{
    json_t *value = json_object_get(object, old);
    if (value)
        json_object_set(object, new, value);
    json_object_del(object, old);
}

static bool is_class(const json_t *object, const char *name)
{
    const char *class = json_string_value(json_object_get(object, "class_name"));
    return class && strcmp(class, name) == 0;
}

/* Appends the tensors among a call's arguments, in lists or not, as [layer, call, output, {}]. */
static void append_tensors(json_t *list, const json_t *arguments)
{
    size_t index;
    json_t *argument;
    json_array_foreach(arguments, index, argument)
    {
        const json_t *history = json_object_get(json_object_get(argument, "config"), "keras_history");
        if (json_is_array(argument)) {
            append_tensors(list, argument);
        } else if (history) {
            json_t *tensor = json_copy((json_t *)history);
            json_array_append_new(tensor, json_object());
            json_array_append_new(list, tensor);
        }
    }
}

static void translate_calls(json_t *layer)
{
    json_t *calls = json_object_get(layer, "inbound_nodes"), *translated = json_array(), *call;
    size_t index;
    json_array_foreach(calls, index, call)
    {
        json_t *tensors = json_array();
        append_tensors(tensors, json_object_get(call, "args"));
        json_array_append_new(translated, tensors);
    }
    if (calls)
        json_object_set(layer, "inbound_nodes", translated);
    json_decref(translated);
}

/* One port alone is a bare triple in Keras 3, a list of one here. */
static void translate_ports(json_t *config, const char *key)
{
    json_t *ports = json_object_get(config, key);
    if (json_is_string(json_array_get(ports, 0)))
        json_object_set_new(config, key, json_pack("[O]", ports));
}

static void translate_object(json_t *object)
{
    static const char *const unknown[] = {"module", "registered_name", "build_config", "compile_config",
                                          "shared_object_id"};
    json_t *config = json_object_get(object, "config");
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++)
        json_object_del(object, unknown[i]);
    if (is_class(object, "InputLayer")) {
        rename_key(config, "batch_shape", "batch_input_shape");
        json_object_del(config, "optional");
    }
    if (is_class(object, "LeakyReLU"))
        rename_key(config, "negative_slope", "alpha");
    translate_calls(object);
    translate_ports(config, "input_layers");
    translate_ports(config, "output_layers");
}

static void translate_members(json_t *object)
{
    const char *key;
    json_t *member;
    void *next;
    json_object_foreach_safe(object, next, key, member)
    {
        if (is_class(member, "DTypePolicy"))
            json_object_set(object, key, json_object_get(json_object_get(member, "config"), "name"));
        else
            translate(member);
    }
}

static void translate(json_t *value)
{
    size_t index;
    json_t *item;
    if (json_is_array(value)) {
        json_array_foreach(value, index, item) translate(item);
    } else if (json_is_object(value)) {
        if (json_object_get(value, "class_name"))
            translate_object(value);
        translate_members(value);
    }
}

void cornu__legacy_config(json_t *config)
{
    translate(config);
}
