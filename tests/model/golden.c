#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model/golden.h"

static const char *path_of(const char *name, const char *extension)
{
    static char path[512];
    const char *root = getenv("CORNU_SOURCE_DIR");
    snprintf(path, sizeof path, "%s/tests/oracle/values/%s.%s", root ? root : ".", name, extension);
    return path;
}

json_t *golden_json(const char *name)
{
    json_error_t error;
    json_t *json = json_load_file(path_of(name, "json"), 0, &error);
    if (!json)
        fail_msg("%s: %s", path_of(name, "json"), error.text);
    return json;
}

cornu_array *golden_arrays(const char *name)
{
    cornu_array *arrays = cornu_load_npz(path_of(name, "npz"));
    if (!arrays)
        fail_msg("%s", cornu_error_message());
    return arrays;
}

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
