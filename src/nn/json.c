/*
 * nn/json.c: objects from and to Keras's JSON, by the tables of fields.
 *
 * Reads what Keras 1 to 3 write: {"class_name", "config"} with or without "module" and "registered_name", a bare name, null. Fields
 * that older or newer versions write and that say nothing here are passed over where they hold nothing (null, false); any other
 * unknown field is refused by name, since ignoring it would change what is computed.
 */
#include "format/json.h"

#include <math.h>
#include <string.h>

#include "base/text.h"
#include "nn/layer.h"
#include "nn/object.h"

/* Fields that change nothing that Cornu computes, whatever they hold. */
static const char *const passed_over[] = {
    "dtype",         "build_config",    "implementation", "jit_compile", "is_legacy_optimizer",
    "input_length",  "sparse",          "ragged",         "optional",    "fn",
    "sparse_output", "renorm_momentum", "input_dtype",    NULL};

static void *at(const void *config, const cornu__field *field)
{
    return (char *)config + field->offset;
}

/* --- reading --- */

/* What reading one object makes: options that borrow texts from the document and objects that are dropped at the end. */
typedef struct reading {
    const cornu__class *class;
    void *options;
} reading;

static cornu_status read_numbers(const cornu__json_place *place, size_t most, size_t *count, int64_t *out)
{
    CORNU_TRY(cornu__json_expect_array(place, count));
    if (*count > most)
        return cornu__json_fail(place, CORNU_ERROR_FORMAT, "wanted at most %zu numbers, got %zu", most, *count);
    for (size_t i = 0; i < *count; i++) {
        cornu__json_place item = cornu__json_item(place, i);
        out[i] = CORNU_NONE;
        if (!cornu__json_is_none(&item))
            CORNU_TRY(cornu__json_get_integer(&item, INT32_MIN, INT32_MAX, &out[i]));
    }
    return CORNU_OK;
}

static cornu_status read_size2(const cornu__json_place *place, cornu_size2 *out)
{
    int64_t values[2] = {0, 0};
    size_t count = 1;
    if (json_is_array(place->value))
        CORNU_TRY(read_numbers(place, 2, &count, values));
    else
        CORNU_TRY(cornu__json_get_integer(place, INT32_MIN, INT32_MAX, &values[0]));
    if (count == 0)
        return cornu__json_fail(place, CORNU_ERROR_FORMAT, "wanted one or two numbers, got none");
    *out = cornu_pair((int)values[0], (int)values[count - 1]);
    return CORNU_OK;
}

static cornu_status read_sides2(const cornu__json_place *place, cornu_sides2 *out)
{
    cornu__json_place first = cornu__json_item(place, 0), second = cornu__json_item(place, 1);
    if (json_is_array(first.value)) {
        cornu_size2 rows, columns;
        CORNU_TRY(read_size2(&first, &rows));
        CORNU_TRY(read_size2(&second, &columns));
        *out = cornu_sides(rows.first, rows.second, columns.first, columns.second);
        return CORNU_OK;
    }
    cornu_size2 size;
    CORNU_TRY(read_size2(place, &size));
    *out = cornu_border(size.first, size.second);
    return CORNU_OK;
}

static cornu_status read_axes(const cornu__json_place *place, cornu_axes *out)
{
    int64_t values[CORNU_MAX_RANK];
    size_t count = 1;
    if (json_is_array(place->value))
        CORNU_TRY(read_numbers(place, CORNU_MAX_RANK, &count, values));
    else
        CORNU_TRY(cornu__json_get_integer(place, -CORNU_MAX_RANK, CORNU_MAX_RANK, &values[0]));
    out->count = (int)count;
    for (size_t i = 0; i < count; i++)
        out->axis[i] = (int)values[i];
    return CORNU_OK;
}

static cornu_status read_doubles(const cornu__json_place *place, double *out)
{
    size_t count;
    if (!json_is_array(place->value))
        return cornu__json_get_number(place, out);
    CORNU_TRY(cornu__json_expect_array(place, &count));
    if (count >= CORNU__MAX_DOUBLES)
        return cornu__json_fail(place, CORNU_ERROR_LIMIT, "wanted at most %d numbers, got %zu", CORNU__MAX_DOUBLES - 1,
                                count);
    for (size_t i = 0; i < count; i++) {
        cornu__json_place item = cornu__json_item(place, i);
        CORNU_TRY(cornu__json_get_number(&item, &out[i]));
        out[i] = out[i] == 0 ? CORNU__LIST_ZERO : out[i];
    }
    return CORNU_OK;
}

static cornu_status read_interval(const cornu__json_place *place, cornu_interval *out)
{
    size_t count;
    if (!json_is_array(place->value)) {
        *out = (cornu_interval){0};
        return cornu__json_get_number(place, &out->first);
    }
    CORNU_TRY(cornu__json_expect_array(place, &count));
    if (count != 2)
        return cornu__json_fail(place, CORNU_ERROR_FORMAT, "wanted a number or two, got %zu", count);
    cornu__json_place first = cornu__json_item(place, 0), second = cornu__json_item(place, 1);
    out->pair = true;
    CORNU_TRY(cornu__json_get_number(&first, &out->first));
    return cornu__json_get_number(&second, &out->second);
}

static cornu_status read_integer(const cornu__json_place *place, int *out)
{
    int64_t value;
    /* K2 wrote a batch normalization's axis as [3]. */
    cornu__json_place only =
        json_is_array(place->value) && json_array_size(place->value) == 1 ? cornu__json_item(place, 0) : *place;
    CORNU_TRY(cornu__json_get_integer(&only, INT32_MIN, INT32_MAX, &value));
    *out = (int)value;
    return CORNU_OK;
}

static cornu_status read_object(const cornu__json_place *place, cornu__kind kind, cornu__object **object);

/* A number, or a schedule for the field of that name. */
static cornu_status read_rate(const cornu__json_place *place, reading *r, double *rate)
{
    const cornu__field *schedule = cornu__class_field(r->class, "schedule");
    if (!json_is_object(place->value) || !schedule)
        return cornu__json_get_number(place, rate);
    return read_object(place, CORNU__KIND_SCHEDULE, at(r->options, schedule));
}

/* Nothing was written: the field's own nothing, if it has one. */
static cornu_status read_none(const cornu__json_place *place, const reading *r, const cornu__field *field, void *out)
{
    bool chosen = field->type == CORNU__FIELD_TEXT && field->choices; /* the first choice is the default */
    if (!field->optional && !chosen && field->type != CORNU__FIELD_DTYPE && field->type != CORNU__FIELD_OBJECT)
        return cornu__json_fail_kind(place, "a value");
    switch (field->type) {
    case CORNU__FIELD_INT64:
        *(int64_t *)out = INT64_MIN;
        break;
    case CORNU__FIELD_DOUBLE:
        *(double *)out = NAN;
        break;
    case CORNU__FIELD_INTERVAL:
        *(cornu_interval *)out = (cornu_interval){.first = NAN};
        break;
    case CORNU__FIELD_INT:
        *(int *)out = *(const int *)at(r->class->defaults, field);
        break;
    case CORNU__FIELD_TEXT:
    case CORNU__FIELD_DTYPE:
        *(const char **)out = NULL;
        break;
    case CORNU__FIELD_OBJECT:
        *(cornu_identifier *)out = NULL;
        break;
    case CORNU__FIELD_AXES:
        ((cornu_axes *)out)->count = 0;
        break;
    case CORNU__FIELD_SIZE2:
    case CORNU__FIELD_SHAPE:
    case CORNU__FIELD_DOUBLES:
        break;
    case CORNU__FIELD_BOOL:
    case CORNU__FIELD_SIDES2:
    case CORNU__FIELD_RATE:
        return cornu__json_fail_kind(place, "a value");
    }
    return CORNU_OK;
}

static cornu_status read_field(const cornu__json_place *place, reading *r, const cornu__field *field)
{
    void *out = at(r->options, field);
    size_t count;
    if (cornu__json_is_none(place))
        return read_none(place, r, field, out);
    switch (field->type) {
    case CORNU__FIELD_BOOL:
        return cornu__json_get_boolean(place, out);
    case CORNU__FIELD_INT:
        return read_integer(place, out);
    case CORNU__FIELD_INT64:
        if (json_is_object(place->value)) /* a Keras 3 seed generator: its state is not a seed */
            return CORNU_OK;
        return cornu__json_get_integer(place, INT64_MIN + 1, INT64_MAX, out);
    case CORNU__FIELD_DOUBLE:
        return cornu__json_get_number(place, out);
    case CORNU__FIELD_RATE:
        return read_rate(place, r, out);
    case CORNU__FIELD_TEXT:
        return cornu__json_get_string(place, out);
    case CORNU__FIELD_DTYPE:
        if (json_is_object(place->value)) {
            cornu__json_place config = cornu__json_member(place, "config"), name = cornu__json_member(&config, "name");
            return cornu__json_get_string(&name, out);
        }
        return cornu__json_get_string(place, out);
    case CORNU__FIELD_SIZE2:
        return read_size2(place, out);
    case CORNU__FIELD_SIDES2:
        return read_sides2(place, out);
    case CORNU__FIELD_AXES:
        return read_axes(place, out);
    case CORNU__FIELD_DOUBLES:
        return read_doubles(place, out);
    case CORNU__FIELD_INTERVAL:
        return read_interval(place, out);
    case CORNU__FIELD_SHAPE: {
        int64_t shape[CORNU_MAX_RANK] = {0};
        CORNU_TRY(read_numbers(place, CORNU_MAX_RANK, &count, shape));
        memcpy(out, shape, sizeof shape);
        return CORNU_OK;
    }
    case CORNU__FIELD_OBJECT:
        return read_object(place, field->object_kind, out);
    }
    return CORNU_OK;
}

static const cornu__field *field_of_key(const cornu__class *class, const char *key)
{
    const cornu__field *field = cornu__class_field(class, key);
    for (int i = 0; !field && i < class->field_count; i++)
        if (class->fields[i].alias && strcmp(class->fields[i].alias, key) == 0)
            field = &class->fields[i];
    return field;
}

static bool says_nothing(const char *key, const json_t *value)
{
    for (int i = 0; passed_over[i]; i++)
        if (strcmp(passed_over[i], key) == 0)
            return true;
    return json_is_null(value) || json_is_false(value) || (json_is_number(value) && json_number_value(value) == 0) ||
           (json_is_array(value) && json_array_size(value) == 0);
}

static cornu_status refuse_key(const cornu__json_place *place, const cornu__class *class, const char *key)
{
    const char *names[64];
    size_t count = 0;
    for (int i = 0; i < class->field_count && count < 64; i++)
        names[count++] = class->fields[i].name;
    const char *nearest = cornu__text_nearest(key, names, count);
    return cornu__json_fail(place, CORNU_ERROR_UNKNOWN_NAME, "%s has no option \"%s\"%s%s%s", class->name, key,
                            nearest ? "; did you mean \"" : "", nearest ? nearest : "", nearest ? "\"?" : "");
}

static cornu_status read_config(const cornu__json_place *place, reading *r)
{
    const char *key;
    json_t *value;
    if (cornu__json_is_none(place))
        return CORNU_OK;
    size_t count;
    CORNU_TRY(cornu__json_expect_object(place, &count));
    json_object_foreach(place->value, key, value)
    {
        cornu__json_place member = cornu__json_member(place, key);
        const cornu__field *field = field_of_key(r->class, key);
        if (field)
            CORNU_TRY(read_field(&member, r, field));
        else if (!says_nothing(key, value))
            return refuse_key(place, r->class, key);
    }
    return CORNU_OK;
}

/* The reading's own references to the objects that it read. */
static void let_go(reading *r)
{
    for (int i = 0; i < r->class->field_count; i++) {
        if (r->class->fields[i].type != CORNU__FIELD_OBJECT)
            continue;
        cornu_identifier given = *(const cornu_identifier *)at(r->options, &r->class->fields[i]);
        if (cornu__is_object(given))
            cornu__object_drop((void *)given);
    }
    cornu__free(r->options);
}

static cornu_status make_from_config(const cornu__json_place *place, const cornu__class *class, cornu__object **object)
{
    reading r = {class, cornu__alloc(class->options_size)};
    if (!r.options)
        return CORNU_ERROR_OUT_OF_MEMORY;
    cornu__options_complete(class, NULL, r.options);
    cornu_status status = read_config(place, &r);
    if (status == CORNU_OK) {
        *object = cornu__object_keep(cornu__object_make(class, r.options));
        status = *object ? cornu__object_status(*object) : cornu_error_status();
        if (status != CORNU_OK) {
            status = cornu__json_fail(place, status, "%s", cornu_error_message());
            cornu__object_drop(*object);
            *object = NULL;
        }
    }
    let_go(&r);
    return status;
}

static cornu_status read_named(const cornu__json_place *place, cornu__kind kind, cornu__object **object)
{
    const char *name;
    CORNU_TRY(cornu__json_get_string(place, &name));
    if (cornu__resolve(kind, name, object) == CORNU_OK)
        return CORNU_OK;
    char message[1000] = "";
    strncpy(message, cornu_error_message(), sizeof message - 1);
    return cornu__json_fail(place, cornu_error_status(), "%s", message);
}

static cornu_status read_object(const cornu__json_place *place, cornu__kind kind, cornu__object **object)
{
    *object = NULL;
    if (cornu__json_is_none(place))
        return CORNU_OK;
    if (json_is_string(place->value))
        return read_named(place, kind, object);
    if (!json_is_object(place->value))
        return cornu__json_fail_kind(place, "a name or an object with class_name and config");
    cornu__json_place class_name = cornu__json_member(place, "class_name"),
                      config = cornu__json_member(place, "config");
    const char *name;
    CORNU_TRY(cornu__json_get_string(&class_name, &name));
    if (strcmp(name, "function") == 0) /* Keras 3's way to write a function */
        return read_named(&config, kind, object);
    if (strcmp(name, "Lambda") == 0 || strcmp(name, "__lambda__") == 0)
        return cornu__json_fail(place, CORNU_ERROR_UNSUPPORTED, "a Lambda holds Python code, which is not run");
    const cornu__class *class = cornu__class_find(kind, name);
    if (!class) {
        char message[1000] = "";
        strncpy(message, cornu_error_message(), sizeof message - 1);
        return cornu__json_fail(&class_name, CORNU_ERROR_UNKNOWN_NAME, "%s", message);
    }
    return make_from_config(&config, class, object);
}

cornu_status cornu__object_from_json(cornu__kind kind, const json_t *json, const char *path, cornu__object **object)
{
    cornu__json_place root = cornu__json_root(path, (json_t *)json);
    return read_object(&root, kind, object);
}

/* --- writing --- */

static json_t *write_numbers(size_t count, const int64_t *values, bool none)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, none && values[i] == CORNU_NONE ? json_null() : json_integer(values[i]));
    return list;
}

/* An axis may be -1, which is no None. */
static json_t *write_axes(const cornu_axes *axes, bool single)
{
    if (axes->count == 0)
        return json_null();
    if (single && axes->count == 1)
        return json_integer(axes->axis[0]);
    json_t *list = json_array();
    for (int i = 0; i < axes->count; i++)
        json_array_append_new(list, json_integer(axes->axis[i]));
    return list;
}

static json_t *write_doubles(const double *values)
{
    if (values[0] == 0)
        return json_null();
    json_t *list = json_array();
    for (int i = 0; i < CORNU__MAX_DOUBLES && values[i] != 0; i++)
        json_array_append_new(list, json_real(values[i] == CORNU__LIST_ZERO ? 0 : values[i]));
    return list;
}

/* A whole number without a point: Keras's numbers of bits are no floats. */
static json_t *write_number(double number)
{
    bool whole = fabs(number) < 0x1p53 && number == trunc(number);
    return isnan(number) ? json_null() : whole ? json_integer((json_int_t)number) : json_real(number);
}

static json_t *write_interval(const cornu_interval *interval)
{
    if (!interval->pair)
        return write_number(interval->first);
    return json_pack("[o, o]", write_number(interval->first), write_number(interval->second));
}

static json_t *write_policy(const char *name)
{
    return json_pack("{s:s, s:s, s:{s:s}, s:n}", "module", "keras", "class_name", "DTypePolicy", "config", "name",
                     name ? name : "float32", "registered_name");
}

static json_t *write_shape(const int64_t *shape, const cornu__field *field)
{
    size_t rank = 0;
    while (rank < CORNU_MAX_RANK && shape[rank] != 0)
        rank++;
    return rank == 0 && field->optional ? json_null() : write_numbers(rank, shape, !field->minus_one);
}

static json_t *write_field(const cornu__object *object, const cornu__field *field)
{
    const void *value = at(object->config, field);
    switch (field->type) {
    case CORNU__FIELD_BOOL:
        return json_boolean(*(const bool *)value);
    case CORNU__FIELD_INT: {
        int number = *(const int *)value;
        bool nothing = field->optional && number == *(const int *)at(object->class->defaults, field);
        return nothing ? json_null() : json_integer(number);
    }
    case CORNU__FIELD_INT64: {
        int64_t number = *(const int64_t *)value;
        return field->optional && number == INT64_MIN ? json_null() : json_integer(number);
    }
    case CORNU__FIELD_DOUBLE:
    case CORNU__FIELD_RATE: {
        const cornu__field *schedule =
            field->type == CORNU__FIELD_RATE ? cornu__class_field(object->class, "schedule") : NULL;
        const cornu__object *given = schedule ? *(cornu__object *const *)at(object->config, schedule) : NULL;
        double number = *(const double *)value;
        return given ? cornu__object_to_json(given) : isnan(number) ? json_null() : json_real(number);
    }
    case CORNU__FIELD_TEXT: {
        const char *text = strcmp(field->name, "name") == 0 ? object->name : *(const char *const *)value;
        return text ? json_string(text) : json_null();
    }
    case CORNU__FIELD_DTYPE:
        return write_policy(*(const char *const *)value);
    case CORNU__FIELD_SIZE2: {
        const cornu_size2 *size = value;
        int64_t sizes[2] = {size->first, size->second};
        if (field->optional && size->first < 0)
            return json_null();
        return write_numbers(field->single ? 1 : 2, sizes, false);
    }
    case CORNU__FIELD_SIDES2: {
        const cornu_sides2 *sides = value;
        return json_pack("[[i, i], [i, i]]", sides->top, sides->bottom, sides->left, sides->right);
    }
    case CORNU__FIELD_AXES:
        return write_axes(value, field->single);
    case CORNU__FIELD_DOUBLES:
        return write_doubles(value);
    case CORNU__FIELD_INTERVAL:
        return write_interval(value);
    case CORNU__FIELD_SHAPE:
        return write_shape(value, field);
    case CORNU__FIELD_OBJECT: {
        const cornu__object *given = *(cornu__object *const *)value;
        if (given)
            return cornu__object_to_json(given);
        return field->object_kind == CORNU__KIND_ACTIVATION ? json_string("linear") : json_null();
    }
    }
    return json_null();
}

json_t *cornu__object_config_to_json(const cornu__object *object)
{
    json_t *config = json_object();
    for (int i = 0; config && i < object->class->field_count; i++) {
        const cornu__field *field = &object->class->fields[i];
        bool given = field->type == CORNU__FIELD_OBJECT && *(cornu__object *const *)at(object->config, field) &&
                     strcmp(field->name, "schedule") != 0;
        given =
            given || (field->type == CORNU__FIELD_AXES && ((const cornu_axes *)at(object->config, field))->count > 0);
        if (field->unwritten && !given)
            continue;
        if (json_object_set_new(config, field->name, write_field(object, field)) != 0) {
            json_decref(config);
            config = NULL;
        }
    }
    if (!config)
        cornu__fail_memory("writing an object as JSON", object->class->options_size);
    return config;
}

static const char *module_of(cornu__kind kind)
{
    static const char *const modules[CORNU__KIND_COUNT] = {
        [CORNU__KIND_LAYER] = "keras.layers",
        [CORNU__KIND_LOSS] = "keras.losses",
        [CORNU__KIND_METRIC] = "keras.metrics",
        [CORNU__KIND_OPTIMIZER] = "keras.optimizers",
        [CORNU__KIND_SCHEDULE] = "keras.optimizers.schedules",
        [CORNU__KIND_INITIALIZER] = "keras.initializers",
        [CORNU__KIND_REGULARIZER] = "keras.regularizers",
        [CORNU__KIND_CONSTRAINT] = "keras.constraints",
        [CORNU__KIND_ACTIVATION] = "keras.activations",
    };
    return modules[kind];
}

/* Whether each number of an object is its class's default: Keras can write an activation by name only then. */
static bool is_default(const cornu__object *object)
{
    for (int i = 0; i < object->class->field_count; i++) {
        const cornu__field *field = &object->class->fields[i];
        const void *mine = at(object->config, field), *theirs = at(object->class->defaults, field);
        if (field->type == CORNU__FIELD_DOUBLE) {
            double a = *(const double *)mine, b = *(const double *)theirs;
            if (a != b && !(isnan(a) && isnan(b)))
                return false;
        } else if (field->type == CORNU__FIELD_INT && *(const int *)mine != *(const int *)theirs) {
            return false;
        } else if (field->type == CORNU__FIELD_BOOL && *(const bool *)mine != *(const bool *)theirs) {
            return false;
        }
    }
    return true;
}

json_t *cornu__object_to_json(const cornu__object *object)
{
    if (object->class->kind == CORNU__KIND_ACTIVATION && is_default(object))
        return json_string(object->class->name);
    json_t *config = cornu__object_config_to_json(object);
    if (!config)
        return NULL;
    json_t *json = json_pack("{s:s, s:s, s:o, s:n}", "module", module_of(object->class->kind), "class_name",
                             object->class->name, "config", config, "registered_name");
    if (!json)
        cornu__fail_memory("writing an object as JSON", object->class->options_size);
    return json;
}
