#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/oracle.h"

static const char *path_of(const char *name, const char *extension)
{
    static char path[512];
    const char *root = getenv("CORNU_SOURCE_DIR");
    snprintf(path, sizeof path, "%s/tests/oracle/values/%s.%s", root ? root : ".", name, extension);
    return path;
}

json_t *oracle_json(const char *name)
{
    json_error_t error;
    json_t *json = json_load_file(path_of(name, "json"), 0, &error);
    if (!json)
        fail_msg("%s: %s", path_of(name, "json"), error.text);
    return json;
}

cornu_array *oracle_arrays(const char *name)
{
    cornu_array *arrays = cornu_load_npz(path_of(name, "npz"));
    if (!arrays)
        fail_msg("%s", cornu_error_message());
    return arrays;
}

double oracle_number(const json_t *value)
{
    if (json_is_number(value))
        return json_number_value(value);
    const char *text = json_string_value(value);
    assert_non_null(text);
    return strcmp(text, "nan") == 0 ? NAN : text[0] == '-' ? -INFINITY : INFINITY;
}
