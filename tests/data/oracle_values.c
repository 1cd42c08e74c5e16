/* oracle_values.c: comparing with values of real Keras, and other checks that the tests of preprocessing share. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "data/oracle_values.h"

int64_t json_number_or(const json_t *object, const char *key, int64_t otherwise)
{
    const json_t *value = json_object_get(object, key);
    return json_is_integer(value) ? json_integer_value(value) : otherwise;
}

bool json_truth_or(const json_t *object, const char *key, bool otherwise)
{
    const json_t *value = json_object_get(object, key);
    return json_is_boolean(value) ? json_is_true(value) : otherwise;
}

const char *json_text_or(const json_t *object, const char *key, const char *otherwise)
{
    const json_t *value = json_object_get(object, key);
    return json_is_string(value) ? json_string_value(value) : otherwise;
}

void assert_oracle(cornu_array *array, const cornu_array *arrays, double tolerance, const char *format, ...)
{
    char name[200];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(name, sizeof name, format, arguments);
    va_end(arguments);
    const cornu_array *golden = cornu_array_item_named(arrays, name);
    if (!golden)
        fail_msg("there is no golden array '%s'", name);
    if (!array)
        fail_msg("%s: %s", name, cornu_error_message());
    assert_int_equal(cornu_array_rank(array), cornu_array_rank(golden));
    for (int axis = 0; axis < cornu_array_rank(array); axis++)
        assert_int_equal(cornu_array_size(array, axis), cornu_array_size(golden, axis));
    for (int64_t i = 0; i < cornu_array_count(array); i++) {
        double got = cornu_array_get(array, i), wanted = cornu_array_get(golden, i);
        if (!(fabs(got - wanted) <= tolerance * fmax(1, fabs(wanted))))
            fail_msg("%s: element %lld is %.9g; wanted %.9g", name, (long long)i, got, wanted);
    }
    cornu_array_release(array);
}

cornu_array *sequences_from_json(const json_t *lists)
{
    cornu_array *items[100];
    size_t count = json_array_size(lists);
    assert_in_range(count, 0, 100);
    for (size_t i = 0; i < count; i++) {
        const json_t *list = json_array_get(lists, i);
        int64_t length = (int64_t)json_array_size(list);
        items[i] = cornu_array_zeros(CORNU_INT32, 1, &length);
        for (int64_t k = 0; k < length; k++)
            ((int32_t *)cornu_array_data(items[i]))[k] = (int32_t)json_integer_value(json_array_get(list, (size_t)k));
    }
    cornu_array *sequences = cornu_array_list(count, items);
    assert_non_null(sequences);
    for (size_t i = 0; i < count; i++)
        cornu_array_release(items[i]);
    return sequences;
}

void assert_failed(const void *result, cornu_status status, const char *part)
{
    assert_null(result);
    if (!strstr(cornu_error_message(), part))
        fail_msg("'%s' is not in the message: %s", part, cornu_error_message());
    assert_int_equal(cornu_error_status(), status);
}

void fail_every_allocation(bool (*work)(void *), void *argument)
{
    bool done = false;
    uint64_t failed = 0;
    for (uint64_t n = 1; !done; n++) {
        uint64_t live = cornu__allocation_live();
        cornu__allocation_fail_at(n);
        done = work(argument);
        cornu__allocation_fail_at(0);
        assert_int_equal(cornu__allocation_live(), live);
        failed += !done;
        if (!done)
            assert_int_equal(cornu_error_status(), CORNU_ERROR_OUT_OF_MEMORY);
    }
    assert_true(failed > 0);
}
