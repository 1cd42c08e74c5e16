#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <math.h>

#include "base/memory.h"
#include "image/augmentation_values.h"
#include "support/oracle.h"

static json_t *facts;
static cornu_array *arrays, *keras3;

int values_open(void **state)
{
    (void)state;
    facts = oracle_json("augmentation");
    arrays = oracle_arrays("augmentation");
    keras3 = oracle_arrays("augmentation_keras3");
    return 0;
}

int values_close(void **state)
{
    (void)state;
    json_decref(facts);
    cornu_array_release(arrays);
    cornu_array_release(keras3);
    return cornu__allocation_live() == 0 ? 0 : 1;
}

const json_t *value_fact(const char *name)
{
    const json_t *fact = json_object_get(facts, name);
    if (!fact)
        fail_msg("augmentation.json says nothing about '%s'", name);
    return fact;
}

static cornu_array *find(const cornu_array *among, const char *format, va_list arguments)
{
    char name[200];
    vsnprintf(name, sizeof name, format, arguments);
    cornu_array *array = cornu_array_item_named(among, name);
    if (!array)
        fail_msg("there is no golden array '%s'", name);
    return array;
}

cornu_array *value_array(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    cornu_array *array = find(arrays, format, arguments);
    va_end(arguments);
    return array;
}

cornu_array *keras3_array(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    cornu_array *array = find(keras3, format, arguments);
    va_end(arguments);
    return array;
}

bool value_exists(const char *name)
{
    return cornu_array_item_named(arrays, name) != NULL;
}

void value_doubles(const json_t *texts, size_t count, double *values)
{
    assert_int_equal(json_array_size(texts), count);
    for (size_t i = 0; i < count; i++)
        values[i] = strtod(json_string_value(json_array_get(texts, i)), NULL);
}

void assert_near(const float *got, const cornu_array *wanted, double tolerance, const char *what)
{
    for (int64_t i = 0; i < cornu_array_count(wanted); i++) {
        double distance = fabs((double)got[i] - cornu_array_get(wanted, i));
        if (!(distance <= tolerance))
            fail_msg("%s: element %lld is %.9g, wanted %.9g", what, (long long)i, (double)got[i],
                     cornu_array_get(wanted, i));
    }
}
