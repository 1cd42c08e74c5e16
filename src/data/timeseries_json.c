/* timeseries_json.c: a TimeseriesGenerator as Keras's JSON: its data and targets are JSON in a text, as nested lists. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "array/array.h"
#include "base/number_text.h"
#include "base/plain_locale.h"
#include "base/text.h"
#include "data/timeseries.h"
#include "data/words.h"
#include "format/json.h"

#define CLASS_NAME "TimeseriesGenerator"

/* --- Writing --- */

static cornu_status add_element(cornu__text *out, const cornu_array *array, int64_t index)
{
    char number[CORNU__NUMBER_TEXT_SIZE];
    double value = cornu_array_get(array, index);
    switch (array->dtype) {
    case CORNU_BOOL:
        cornu__text_add(out, value != 0 ? "true" : "false");
        return CORNU_OK;
    case CORNU_INT64:
        cornu__text_add(out, "%" PRId64, ((const int64_t *)array->data)[index]);
        return CORNU_OK;
    case CORNU_UINT64:
        cornu__text_add(out, "%" PRIu64, ((const uint64_t *)array->data)[index]);
        return CORNU_OK;
    case CORNU_FLOAT16:
    case CORNU_FLOAT32:
    case CORNU_FLOAT64:
        if (!isfinite(value))
            return cornu__fail(CORNU_ERROR_DATA, "element %lld is %g, which has no place in JSON", (long long)index,
                               value);
        cornu__text_add(out, "%s", cornu__number_text(value, number));
        return CORNU_OK;
    default:
        cornu__text_add(out, "%" PRId64, (int64_t)value);
        return CORNU_OK;
    }
}

/* The elements from *index on, as lists of the axes from `axis` on; *index goes on behind them. */
static cornu_status add_lists(cornu__text *out, const cornu_array *array, int axis, int64_t *index)
{
    if (axis == array->rank)
        return add_element(out, array, (*index)++);
    cornu__text_add(out, "[");
    for (int64_t i = 0; i < array->shape[axis]; i++) {
        if (i > 0)
            cornu__text_add(out, ", ");
        CORNU_TRY(add_lists(out, array, axis + 1, index));
    }
    cornu__text_add(out, "]");
    return CORNU_OK;
}

/* Numbers and brackets hold nothing that a string in JSON must escape. */
static cornu_status add_array(cornu__text *out, const char *name, const cornu_array *array)
{
    int64_t index = 0;
    cornu__text_add(out, "\"%s\": \"", name);
    if (add_lists(out, array, 0, &index) != CORNU_OK)
        return cornu__fail_context("timeseries_generator_to_json: %s", name);
    cornu__text_add(out, "\", ");
    return CORNU_OK;
}

static const char *truth(bool value)
{
    return value ? "true" : "false";
}

/* start_index and end_index as Keras keeps them: the first and the last row that is a target. */
static cornu_status add_generator(cornu__text *out, const cornu__timeseries_made *made)
{
    const cornu_timeseries_generator_options *options = &made->options;
    int64_t end = options->end_index == CORNU_NONE ? made->data->shape[0] - 1 : options->end_index;
    cornu__text_add(out, "{\"class_name\": \"" CLASS_NAME "\", \"config\": {");
    CORNU_TRY(add_array(out, "data", made->data));
    CORNU_TRY(add_array(out, "targets", made->targets));
    cornu__text_add(out,
                    "\"length\": %" PRId64 ", \"sampling_rate\": %" PRId64 ", \"stride\": %" PRId64
                    ", \"start_index\": %" PRId64 ", \"end_index\": %" PRId64,
                    made->length, options->sampling_rate, options->stride, options->start_index + made->length, end);
    cornu__text_add(out, ", \"shuffle\": %s, \"reverse\": %s, \"batch_size\": %" PRId64 "}}", truth(options->shuffle),
                    truth(options->reverse), options->batch_size);
    return CORNU_OK;
}

cornu_texts *cornu_timeseries_generator_to_json(const cornu_sequence *generator)
{
    const cornu__timeseries_made *made = cornu__timeseries_made_with(generator);
    if (!made)
        return cornu__fail_null(CORNU_ERROR_INVALID_ARGUMENT,
                                "timeseries_generator_to_json: this is no TimeseriesGenerator%s",
                                generator ? "" : " (NULL)");
    cornu__text out = {0};
    cornu__plain_locale locale = cornu__plain_locale_begin();
    cornu_status status = add_generator(&out, made);
    cornu__plain_locale_end(locale);
    if (status != CORNU_OK) {
        cornu__text_free(&out);
        return NULL;
    }
    char *json = cornu__text_take(&out);
    cornu_texts *texts = json ? cornu__texts_create(1, json, strlen(json) + 1) : NULL;
    cornu__free(json);
    return texts;
}

/* --- Reading --- */

/* What nested lists are as an array. */
typedef struct nested {
    int known; /* axes whose lists were seen */
    int rank;  /* where the numbers are; -1: none was seen */
    int64_t shape[CORNU_MAX_RANK];
    bool whole; /* no number has a fraction */
    bool truths, numbers;
} nested;

static cornu_status fail_depths(const cornu__json_place *place)
{
    return cornu__json_fail(place, CORNU_ERROR_SHAPE, "lists of different depths");
}

/* The first number says how deep all numbers are. */
static cornu_status note_number(const cornu__json_place *place, int axis, nested *found)
{
    if (!json_is_number(place->value) && !json_is_boolean(place->value))
        return cornu__json_fail_kind(place, "a number");
    if (found->rank < 0)
        found->rank = found->known;
    if (axis != found->rank)
        return fail_depths(place);
    found->whole &= !json_is_real(place->value);
    found->truths |= json_is_boolean(place->value);
    found->numbers |= !json_is_boolean(place->value);
    return CORNU_OK;
}

/* The first list of each depth says how long all are. */
static cornu_status measure(const cornu__json_place *place, int axis, nested *found)
{
    if (!json_is_array(place->value))
        return note_number(place, axis, found);
    if (axis == found->rank)
        return fail_depths(place);
    if (axis == CORNU_MAX_RANK)
        return cornu__json_fail(place, CORNU_ERROR_SHAPE, "lists more than %d deep in each other", CORNU_MAX_RANK);
    int64_t length = (int64_t)json_array_size(place->value);
    if (axis == found->known)
        found->shape[found->known++] = length;
    if (found->shape[axis] != length)
        return cornu__json_fail(place, CORNU_ERROR_SHAPE, "a list of %lld where those before have %lld",
                                (long long)length, (long long)found->shape[axis]);
    for (int64_t i = 0; i < length; i++) {
        cornu__json_place item = cornu__json_item(place, (size_t)i);
        CORNU_TRY(measure(&item, axis + 1, found));
    }
    return CORNU_OK;
}

static void put_number(const json_t *value, cornu_array *array, int64_t index)
{
    if (array->dtype == CORNU_FLOAT64)
        ((double *)array->data)[index] = json_is_boolean(value) ? json_is_true(value) : json_number_value(value);
    else if (array->dtype == CORNU_INT64)
        ((int64_t *)array->data)[index] = json_is_boolean(value) ? json_is_true(value) : json_integer_value(value);
    else
        ((bool *)array->data)[index] = json_is_true(value);
}

static void put_numbers(const json_t *value, cornu_array *array, int64_t *index)
{
    if (!json_is_array(value)) {
        put_number(value, array, (*index)++);
        return;
    }
    for (size_t i = 0; i < json_array_size(value); i++)
        put_numbers(json_array_get(value, i), array, index);
}

/* The dtype that numpy gives such lists. */
static cornu_dtype dtype_of(const nested *found)
{
    if (!found->whole)
        return CORNU_FLOAT64;
    return found->truths && !found->numbers ? CORNU_BOOL : CORNU_INT64;
}

static cornu_array *array_of(const cornu__json_place *root)
{
    nested found = {.rank = -1, .whole = true};
    size_t count;
    if (cornu__json_expect_array(root, &count) != CORNU_OK || measure(root, 0, &found) != CORNU_OK)
        return NULL;
    cornu_array *array = cornu__array_uninitialized(dtype_of(&found), found.known, found.shape);
    int64_t index = 0;
    if (array)
        put_numbers(root->value, array, &index);
    return array;
}

/* The array in the text that a key of the configuration holds. */
static cornu_array *read_array(const cornu__json_place *config, const char *key)
{
    cornu__json_place place = cornu__json_member(config, key);
    const char *text;
    if (cornu__json_get_string(&place, &text) != CORNU_OK)
        return NULL;
    json_t *lists = cornu__json_parse(key, text, strlen(text));
    if (!lists)
        return NULL;
    cornu__json_place root = cornu__json_root(key, lists);
    cornu_array *array = array_of(&root);
    json_decref(lists);
    return array;
}

static cornu_status read_integer(const cornu__json_place *config, const char *key, int64_t least, int64_t *out)
{
    cornu__json_place place = cornu__json_member(config, key);
    return cornu__json_is_none(&place) ? CORNU_OK : cornu__json_get_integer(&place, least, INT64_MAX / 2, out);
}

static cornu_status read_truth(const cornu__json_place *config, const char *key, bool *out)
{
    cornu__json_place place = cornu__json_member(config, key);
    return cornu__json_is_none(&place) ? CORNU_OK : cornu__json_get_boolean(&place, out);
}

static cornu_status read_options(const cornu__json_place *config, int64_t *length,
                                 cornu_timeseries_generator_options *options)
{
    cornu__json_place length_place = cornu__json_member(config, "length");
    CORNU_TRY(cornu__json_get_integer(&length_place, 1, INT64_MAX / 2, length));
    int64_t first = *length;
    CORNU_TRY(read_integer(config, "sampling_rate", 1, &options->sampling_rate));
    CORNU_TRY(read_integer(config, "stride", 1, &options->stride));
    CORNU_TRY(read_integer(config, "start_index", *length, &first));
    CORNU_TRY(read_integer(config, "end_index", 0, &options->end_index));
    CORNU_TRY(read_integer(config, "batch_size", 1, &options->batch_size));
    CORNU_TRY(read_truth(config, "shuffle", &options->shuffle));
    CORNU_TRY(read_truth(config, "reverse", &options->reverse));
    options->start_index = first - *length;
    return CORNU_OK;
}

static cornu_status check_class_name(const cornu__json_place *root)
{
    cornu__json_place name = cornu__json_member(root, "class_name");
    const char *class_name = CLASS_NAME;
    if (name.value)
        CORNU_TRY(cornu__json_get_string(&name, &class_name));
    if (strcmp(class_name, CLASS_NAME) != 0)
        return cornu__json_fail(&name, CORNU_ERROR_FORMAT, "wanted '" CLASS_NAME "', got '%.60s'", class_name);
    return CORNU_OK;
}

static cornu_sequence *read_generator(const cornu__json_place *root)
{
    cornu_timeseries_generator_options options = {.struct_size = sizeof options, CORNU_TIMESERIES_GENERATOR_DEFAULTS};
    cornu__json_place config = cornu__json_member(root, "config");
    size_t count;
    int64_t length = 0;
    if (check_class_name(root) != CORNU_OK || cornu__json_expect_object(&config, &count) != CORNU_OK ||
        read_options(&config, &length, &options) != CORNU_OK)
        return NULL;
    cornu_array *data = read_array(&config, "data");
    cornu_array *targets = data ? read_array(&config, "targets") : NULL;
    cornu_sequence *generator = targets ? cornu_timeseries_generator_with(data, targets, length, &options) : NULL;
    cornu_array_release(data);
    cornu_array_release(targets);
    return generator;
}

cornu_sequence *cornu_timeseries_generator_from_json(const char *json)
{
    if (!json)
        return cornu__fail_null(CORNU_ERROR_INVALID_ARGUMENT, "timeseries_generator_from_json: the JSON is NULL");
    json_t *document = cornu__json_parse("timeseries generator", json, strlen(json));
    if (!document)
        return NULL;
    cornu__json_place root = cornu__json_root("timeseries generator", document);
    cornu_sequence *generator = read_generator(&root);
    json_decref(document);
    return generator;
}
