#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model/golden.h"

const cornu_array *golden_array(const cornu_array *arrays, const char *format, ...)
{
    char name[200];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(name, sizeof name, format, arguments);
    va_end(arguments);
    const cornu_array *array = cornu_array_item_named(arrays, name);
    if (!array)
        fail_msg("there is no golden array '%s'", name);
    return array;
}

cornu__tensor tensor_of(const cornu_array *array)
{
    cornu__tensor tensor = {.data = cornu_array_data(array), .rank = cornu_array_rank(array)};
    memcpy(tensor.shape, cornu_array_shape(array), (size_t)tensor.rank * sizeof(int64_t));
    return tensor;
}

cornu__tensor tensor_of_floats(const float *data, int rank, const int64_t *shape)
{
    cornu__tensor tensor = {.data = data, .rank = rank};
    memcpy(tensor.shape, shape, (size_t)rank * sizeof *shape);
    return tensor;
}

void assert_ok(cornu_status status)
{
    if (status != CORNU_OK)
        fail_msg("%s: %s", cornu_status_name(status), cornu_error_message());
}

void assert_message_has(const char *part)
{
    if (!strstr(cornu_error_message(), part))
        fail_msg("the message lacks '%s': %s", part, cornu_error_message());
}
