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

static json_t *facts;
static cornu_array *arrays;

static const char *path_of(const char *extension)
{
    static char path[512];
    const char *root = getenv("CORNU_SOURCE_DIR");
    snprintf(path, sizeof path, "%s/tests/oracle/values/augmentation.%s", root ? root : ".", extension);
    return path;
}

int values_open(void **state)
{
    (void)state;
    json_error_t error;
    facts = json_load_file(path_of("json"), 0, &error);
    arrays = cornu_load_npz(path_of("npz"));
    if (!facts || !arrays)
        print_error("%s\n", facts ? cornu_error_message() : error.text);
    return facts && arrays ? 0 : 1;
}

int values_close(void **state)
{
    (void)state;
    json_decref(facts);
    cornu_array_release(arrays);
    return cornu__allocation_live() == 0 ? 0 : 1;
}

const json_t *value_fact(const char *name)
{
    const json_t *fact = json_object_get(facts, name);
    if (!fact)
        fail_msg("augmentation.json says nothing about '%s'", name);
    return fact;
}

cornu_array *value_array(const char *format, ...)
{
    char name[200];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(name, sizeof name, format, arguments);
    va_end(arguments);
    cornu_array *array = cornu_array_item_named(arrays, name);
    if (!array)
        fail_msg("there is no golden array '%s'", name);
    return array;
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
