/* A TimeseriesGenerator as JSON: the bytes of keras-preprocessing, and the same windows when it is read again. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <cornu/preprocessing.h>

#include "array/array.h"
#include "base/memory.h"
#include "oracle_values.h"

/* Element i of data: (7 i - 20) / 8 of floats, i % 3 == 0 of truths, else i; as tests/oracle/timeseries_json.py makes it. */
static cornu_array *data_of(const json_t *example)
{
    const json_t *sizes = json_object_get(example, "shape");
    int64_t shape[CORNU_MAX_RANK];
    int rank = (int)json_array_size(sizes);
    for (int i = 0; i < rank; i++)
        shape[i] = json_integer_value(json_array_get(sizes, (size_t)i));
    cornu_dtype dtype = cornu__dtype_from_name(json_text_or(example, "dtype", ""));
    cornu_array *values = cornu_array_zeros(CORNU_FLOAT64, rank, shape);
    for (int64_t i = 0; i < values->count; i++)
        ((double *)values->data)[i] = dtype == CORNU_FLOAT32 ? (7 * (double)i - 20) / 8
                                      : dtype == CORNU_BOOL  ? i % 3 == 0
                                                             : (double)i;
    cornu_array *data = cornu_array_cast(values, dtype);
    cornu_array_release(values);
    return data;
}

static cornu_sequence *generator_of(const json_t *example)
{
    cornu_array *data = data_of(example), *targets = cornu_array_zeros(CORNU_INT64, 1, data->shape);
    for (int64_t i = 0; i < targets->count; i++)
        ((int64_t *)targets->data)[i] = 100 + i;
    cornu_sequence *generator = cornu_timeseries_generator(
        data, targets, json_number_or(example, "length", 0),
        .sampling_rate = json_number_or(example, "sampling_rate", 1), .stride = json_number_or(example, "stride", 1),
        .start_index = json_number_or(example, "start_index", 0),
        .end_index = json_number_or(example, "end_index", CORNU_NONE),
        .shuffle = json_truth_or(example, "shuffle", false), .reverse = json_truth_or(example, "reverse", false),
        .batch_size = json_number_or(example, "batch_size", 128));
    cornu_array_release(data);
    cornu_array_release(targets);
    return generator;
}

static void assert_same_batches(cornu_sequence *a, cornu_sequence *b)
{
    assert_int_equal(cornu_sequence_length(a), cornu_sequence_length(b));
    for (int64_t index = 0; index < cornu_sequence_length(a); index++) {
        cornu_batch left, right;
        assert_int_equal(cornu_sequence_get(a, index, &left), CORNU_OK);
        assert_int_equal(cornu_sequence_get(b, index, &right), CORNU_OK);
        assert_int_equal(cornu_array_count(left.x), cornu_array_count(right.x));
        for (int64_t i = 0; i < cornu_array_count(left.x); i++)
            assert_float_equal(cornu_array_get(left.x, i), cornu_array_get(right.x, i), 0);
        for (int64_t i = 0; i < cornu_array_count(left.y); i++)
            assert_float_equal(cornu_array_get(left.y, i), cornu_array_get(right.y, i), 0);
        cornu_batch_clear(&left);
        cornu_batch_clear(&right);
    }
}

static void the_json_is_keras_s_and_comes_back(void **state)
{
    (void)state;
    json_t *examples = oracle_json("timeseries_json"), *example;
    size_t number;
    json_array_foreach(examples, number, example)
    {
        cornu_sequence *generator = generator_of(example);
        assert_non_null(generator);
        cornu_texts *json = cornu_timeseries_generator_to_json(generator);
        assert_non_null(json);
        assert_string_equal(json->text[0], json_text_or(example, "json", ""));
        cornu_sequence *again = cornu_timeseries_generator_from_json(json->text[0]);
        if (!again)
            fail_msg("%s", cornu_error_message());
        assert_same_batches(generator, again);
        cornu_texts *twice = cornu_timeseries_generator_to_json(again);
        assert_string_equal(twice->text[0], json->text[0]);
        cornu_texts_release(twice);
        cornu_texts_release(json);
        cornu_sequence_release(generator);
        cornu_sequence_release(again);
    }
    json_decref(examples);
    assert_int_equal(cornu__allocation_live(), 0);
}

static void what_is_no_generator_is_refused(void **state)
{
    (void)state;
    float values[] = {1, 2, NAN, 4};
    cornu_array *data = cornu_array_view(CORNU_FLOAT32, 1, (int64_t[]){4}, values);
    cornu_sequence *arrays = cornu_array_sequence(data, data), *windows = cornu_timeseries_generator(data, data, 2);
    assert_failed(cornu_timeseries_generator_to_json(NULL), CORNU_ERROR_INVALID_ARGUMENT, "no TimeseriesGenerator");
    assert_failed(cornu_timeseries_generator_to_json(arrays), CORNU_ERROR_INVALID_ARGUMENT, "no TimeseriesGenerator");
    assert_failed(cornu_timeseries_generator_to_json(windows), CORNU_ERROR_DATA, "data: element 2 is nan");
    cornu_sequence_release(arrays);
    cornu_sequence_release(windows);
    cornu_array_release(data);
    assert_int_equal(cornu__allocation_live(), 0);
}

#define CONFIG(data, rest)                                                                                             \
    "{\"class_name\": \"TimeseriesGenerator\", \"config\": {\"data\": \"" data "\", \"targets\": \"[1, 2, 3]\"" rest   \
    "}}"

static void json_that_is_none_is_refused(void **state)
{
    (void)state;
    const struct {
        const char *json, *part;
    } bad[] = {{"", "timeseries generator"},
               {"[]", "config"},
               {"{\"class_name\": \"Tokenizer\", \"config\": {}}", "wanted 'TimeseriesGenerator', got 'Tokenizer'"},
               {CONFIG("[1, 2, 3]", ""), "length"},
               {CONFIG("[1, 2, 3]", ", \"length\": 0"), "length"},
               {CONFIG("[1, 2, 3]", ", \"length\": 2, \"start_index\": 1"), "start_index"},
               {CONFIG("[1, 2, 3]", ", \"length\": 2, \"stride\": 0"), "stride"},
               {CONFIG("[1, 2, 3]", ", \"length\": 2, \"reverse\": 3"), "reverse"},
               {CONFIG("[1, 2, 3]", ", \"length\": 3"), "no row is left"},
               {CONFIG("[1, 2]", ", \"length\": 1"), "data has 2 rows and targets 3"},
               {CONFIG("[1, [2], 3]", ", \"length\": 1"), "data: [1]: lists of different depths"},
               {CONFIG("[[1], 2, 3]", ", \"length\": 1"), "data: [1]"},
               {CONFIG("[[1, 2], [3], [4, 5]]", ", \"length\": 1"), "a list of 1 where those before have 2"},
               {CONFIG("[1, 2, null]", ", \"length\": 1"), "data: [2]: wanted a number"},
               {CONFIG("[[[[[[[[[1]]]]]]]]]", ", \"length\": 1"), "more than 8 deep"},
               {CONFIG("[[], [], [1]]", ", \"length\": 1"), "data: [2]: a list of 1 where those before have 0"},
               {CONFIG("3", ", \"length\": 1"), "data"},
               {CONFIG("[]", ", \"length\": 1"), "data has 0 rows"},
               {CONFIG("[1,", ", \"length\": 1"), "data"}};
    assert_failed(cornu_timeseries_generator_from_json(NULL), CORNU_ERROR_INVALID_ARGUMENT, "NULL");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        cornu_error_clear();
        assert_null(cornu_timeseries_generator_from_json(bad[i].json));
        if (!strstr(cornu_error_message(), bad[i].part))
            fail_msg("%s: \"%s\" does not say \"%s\"", bad[i].json, cornu_error_message(), bad[i].part);
    }
    assert_int_equal(cornu__allocation_live(), 0);
}

static bool round_trip(void *argument)
{
    cornu_sequence *generator = cornu_timeseries_generator_from_json(argument);
    cornu_texts *json = generator ? cornu_timeseries_generator_to_json(generator) : NULL;
    bool whole = json != NULL;
    cornu_texts_release(json);
    cornu_sequence_release(generator);
    return whole;
}

static void refused_memory_is_an_error_that_leaves_nothing(void **state)
{
    (void)state;
    static char json[] = CONFIG("[1, 2.5, 3]", ", \"length\": 1");
    fail_every_allocation(round_trip, json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_json_is_keras_s_and_comes_back),
        cmocka_unit_test(what_is_no_generator_is_refused),
        cmocka_unit_test(json_that_is_none_is_refused),
        cmocka_unit_test(refused_memory_is_an_error_that_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
