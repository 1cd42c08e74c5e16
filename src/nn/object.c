/* nn/object.c: the life of objects: options laid over defaults, checked, copied; kept and dropped. */
#include "base/options.h"
#include "nn/object.h"

#include <math.h>
#include <string.h>

#include "base/status.h"
#include "base/text.h"
#include "nn/layer.h"

static void *at(const void *config, const cornu__field *field)
{
    return (char *)config + field->offset;
}

bool cornu__is_object(cornu_identifier identifier)
{
    return identifier && *(const unsigned char *)identifier == CORNU__OBJECT_MARK;
}

const cornu__field *cornu__class_field(const cornu__class *class, const char *name)
{
    for (int i = 0; i < class->field_count; i++)
        if (strcmp(class->fields[i].name, name) == 0)
            return &class->fields[i];
    return NULL;
}

void cornu__options_complete(const cornu__class *class, const void *options, void *out)
{
    memcpy(out, class->defaults, class->options_size);
    cornu__options_lay(out, class->options_size, options);
    *(size_t *)out = class->options_size;
}

static bool is_text(cornu__field_type type)
{
    return type == CORNU__FIELD_TEXT || type == CORNU__FIELD_DTYPE;
}

static void release_config(cornu__object *object)
{
    const cornu__class *class = object->class;
    for (int i = 0; class && object->config && i < class->field_count; i++) {
        void *member = at(object->config, &class->fields[i]);
        if (is_text(class->fields[i].type))
            cornu__free(*(char **)member);
        else if (class->fields[i].type == CORNU__FIELD_OBJECT)
            cornu__object_drop(*(cornu__object **)member);
    }
    cornu__free(object->config);
    object->config = NULL;
}

void *cornu__object_poison(void *object_pointer)
{
    cornu__object *object = object_pointer;
    if (!object || object->failure != CORNU_OK)
        return object;
    object->failure = cornu_error_status();
    object->failure_message = cornu__copy_text(cornu_error_message());
    release_config(object);
    object->class = NULL;
    return object;
}

static cornu_status take_text(const cornu__field *field, const char *text, char **out)
{
    if (!text)
        return CORNU_OK;
    size_t count = 0;
    bool found = !field->choices;
    for (; field->choices && field->choices[count]; count++)
        found = found || strcmp(field->choices[count], text) == 0;
    if (!found) {
        const char *nearest = cornu__text_nearest(text, field->choices, count);
        cornu__text list = {0};
        for (size_t i = 0; i < count; i++)
            cornu__text_add(&list, "%s\"%s\"", i == 0 ? "" : i + 1 == count ? " or " : ", ", field->choices[i]);
        cornu_status status =
            cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "%s: wanted %s, got \"%s\"%s%s%s", field->name,
                        list.data ? list.data : "another text", text, nearest ? " (did you mean \"" : "",
                        nearest ? nearest : "", nearest ? "\"?)" : "");
        cornu__text_free(&list);
        return status;
    }
    *out = cornu__copy_text(text);
    return *out ? CORNU_OK : CORNU_ERROR_OUT_OF_MEMORY;
}

/* What the options say for one object field, or the class's default where nothing is meant by NULL. */
static cornu_status take_object(const cornu__class *class, const cornu__field *field, cornu_identifier given,
                                cornu__object **out)
{
    if (!given && !field->optional)
        given = *(const cornu_identifier *)at(class->defaults, field);
    if (cornu__resolve(field->object_kind, given, out) == CORNU_OK)
        return CORNU_OK;
    return cornu__fail_context("%s", field->name);
}

static cornu_status check_interval(const cornu__field *field, const cornu_interval *interval)
{
    bool none = isnan(interval->first) && !interval->pair;
    if (none ? field->optional : isfinite(interval->first) && (!interval->pair || isfinite(interval->second)))
        return CORNU_OK;
    return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "%s: wanted a finite number or two, got %g and %g", field->name,
                       interval->first, interval->pair ? interval->second : interval->first);
}

/* Copies the options into the config. Goes on after a failure, so that every object given is taken over, and reports the first. */
static cornu_status fill_config(cornu__object *object, const cornu__class *class, const void *given)
{
    cornu_status first = CORNU_OK;
    char message[1000] = "";
    memcpy(object->config, given, class->options_size);
    for (int i = 0; i < class->field_count; i++) {
        const cornu__field *field = &class->fields[i];
        cornu_status status = CORNU_OK;
        if (is_text(field->type)) {
            *(char **)at(object->config, field) = NULL;
            const char *text = *(const char *const *)at(given, field);
            if (!text && !field->optional)
                text = *(const char *const *)at(class->defaults, field);
            if (!text && !field->optional && field->choices)
                text = field->choices[0];
            status = take_text(field, text, at(object->config, field));
        } else if (field->type == CORNU__FIELD_OBJECT) {
            *(cornu__object **)at(object->config, field) = NULL;
            status = take_object(class, field, *(const cornu_identifier *)at(given, field), at(object->config, field));
        } else if (field->type == CORNU__FIELD_DOUBLE && !field->optional &&
                   !isfinite(*(const double *)at(given, field))) {
            status = cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "%s: wanted a finite number, got %g", field->name,
                                 *(const double *)at(given, field));
        } else if (field->type == CORNU__FIELD_INTERVAL) {
            status = check_interval(field, at(given, field));
        }
        if (status != CORNU_OK && first == CORNU_OK) {
            first = status;
            strncpy(message, cornu_error_message(), sizeof message - 1);
        }
    }
    return first == CORNU_OK ? CORNU_OK : cornu__fail_from(first, message);
}

/* The user's name, or what Keras calls such an object; layers get theirs from their model. */
static cornu_status take_name(cornu__object *object, const cornu__class *class)
{
    const cornu__field *field = cornu__class_field(class, "name");
    const char *name = field ? *(const char *const *)at(object->config, field) : NULL;
    if (name && (!*name || strchr(name, '/')))
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "name: wanted a text without '/', got \"%s\"", name);
    if (!name && class->kind != CORNU__KIND_LAYER && class->aliases)
        name = class->aliases[0];
    if (!name)
        return CORNU_OK;
    object->name = cornu__copy_text(name);
    return object->name ? CORNU_OK : CORNU_ERROR_OUT_OF_MEMORY;
}

/* What the options say for an object field, if that is an object. */
static void *given_object(const cornu__field *field, const void *options)
{
    if (field->type != CORNU__FIELD_OBJECT || field->offset + sizeof(cornu_identifier) > *(const size_t *)options)
        return NULL;
    cornu_identifier given = *(const cornu_identifier *)at(options, field);
    return cornu__is_object(given) ? (void *)given : NULL;
}

/* While an object is made, those among its options are kept: what nothing can be made of, or what failed, is freed only at the end. One
 * object may be given twice. */
static void keep_given(const cornu__class *class, const void *options)
{
    for (int i = 0; options && i < class->field_count; i++)
        cornu__object_keep(given_object(&class->fields[i], options));
}

static void drop_given(const cornu__class *class, const void *options)
{
    for (int i = 0; options && i < class->field_count; i++)
        cornu__object_drop(given_object(&class->fields[i], options));
}

static cornu_status set_up(cornu__object *object, const cornu__class *class, const void *options)
{
    void *given = cornu__alloc(class->options_size);
    object->config = cornu__alloc(class->options_size);
    if (!given || !object->config) {
        cornu__free(given);
        return CORNU_ERROR_OUT_OF_MEMORY;
    }
    object->class = class;
    cornu__options_complete(class, options, given);
    cornu_status status = fill_config(object, class, given);
    cornu__free(given);
    CORNU_TRY(status);
    if (class->check)
        CORNU_TRY(class->check(object->config));
    return take_name(object, class);
}

void *cornu__object_create(const cornu__class *class, size_t size, const void *options)
{
    keep_given(class, options);
    cornu__object *object = cornu__alloc(size);
    if (object) {
        object->mark = CORNU__OBJECT_MARK;
        cornu__reference_start(&object->reference);
        if (set_up(object, class, options) != CORNU_OK) {
            cornu__fail_context("%s", class->name);
            cornu__object_poison(object);
        }
    }
    drop_given(class, options);
    return object;
}

void *cornu__object_make(const cornu__class *class, const void *options)
{
    return class->kind == CORNU__KIND_LAYER ? (void *)cornu__layer_create((const cornu__layer_class *)class, options)
                                            : cornu__object_create(class, sizeof(cornu__object), options);
}

void *cornu__object_keep(void *object)
{
    if (object)
        cornu__reference_keep(&((cornu__object *)object)->reference);
    return object;
}

void cornu__object_drop(void *pointer)
{
    cornu__object *object = pointer;
    if (!object || !cornu__reference_drop(&object->reference))
        return;
    if (object->destroy)
        object->destroy(object);
    release_config(object);
    cornu__free(object->name);
    cornu__free(object->failure_message);
    cornu__free(object);
}

cornu_status cornu__object_status(const void *pointer)
{
    const cornu__object *object = pointer;
    if (!object || object->failure == CORNU_OK)
        return CORNU_OK;
    return cornu__fail_from(object->failure,
                            object->failure_message ? object->failure_message : "an object could not be made");
}

static const char *article(const char *noun)
{
    return strchr("aeiou", noun[0]) ? "an" : "a";
}

cornu_status cornu__resolve(cornu__kind kind, cornu_identifier identifier, cornu__object **out)
{
    *out = NULL;
    if (!identifier)
        return CORNU_OK;
    if (!cornu__is_object(identifier)) {
        const char *name = identifier;
        if (!*name || (kind == CORNU__KIND_ACTIVATION && strcmp(name, "linear") == 0))
            return CORNU_OK;
        const cornu__class *class = cornu__class_find(kind, name);
        if (!class)
            return cornu_error_status();
        identifier = cornu__object_make(class, NULL);
        if (!identifier)
            return CORNU_ERROR_OUT_OF_MEMORY;
    }
    cornu__object *object = cornu__object_keep((void *)identifier);
    cornu_status status = cornu__object_status(object);
    if (status == CORNU_OK && object->class->kind != kind)
        status =
            cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "wanted %s %s, got the %s %s", article(cornu__kind_name(kind)),
                        cornu__kind_name(kind), cornu__kind_name(object->class->kind), object->class->name);
    if (status != CORNU_OK) {
        cornu__object_drop(object);
        return status;
    }
    *out = object;
    return CORNU_OK;
}

/* --- the public face --- */

void *cornu_object_retain(const void *object)
{
    return cornu__object_keep((void *)object);
}

void cornu_object_release(const void *object)
{
    cornu__object_drop((void *)object);
}

cornu_status cornu_object_status(const void *object)
{
    if (!object)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "cornu_object_status: wanted an object, got NULL");
    return cornu__object_status(object);
}

const char *cornu_object_class_name(const void *object)
{
    const cornu__object *o = object;
    return o && o->class ? o->class->name : "";
}

const char *cornu_object_name(const void *object)
{
    const cornu__object *o = object;
    return o && o->name ? o->name : "";
}
