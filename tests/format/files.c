/* files.c: fixtures and scratch files for the tests of formats. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/memory.h"
#include "files.h"

char *fixture_path(char out[PATH_SIZE], const char *name)
{
    const char *root = getenv("CORNU_SOURCE_DIR");
    snprintf(out, PATH_SIZE, "%s/tests/format/fixtures/%s", root ? root : ".", name);
    return out;
}

char *scratch_path(char out[PATH_SIZE], const char *name)
{
    const char *folder = getenv("TMPDIR");
    snprintf(out, PATH_SIZE, "%s/cornu-test-%ld-%s", folder ? folder : "/tmp", (long)getpid(), name);
    return out;
}

void scratch_remove(const char *path)
{
    unlink(path);
}

double fixture_value(cornu_dtype dtype, int64_t i)
{
    switch (dtype) {
    case CORNU_FLOAT16:
    case CORNU_FLOAT32:
    case CORNU_FLOAT64:
        return (double)(7 * i - 20) / 8;
    case CORNU_UINT8:
    case CORNU_UINT16:
    case CORNU_UINT32:
    case CORNU_UINT64:
        return (double)(7 * i);
    case CORNU_BOOL:
        return i % 3 == 0;
    default:
        return (double)(7 * i - 20);
    }
}

void expect_fixture_values(cornu_array *array, cornu_dtype dtype)
{
    if (!array)
        fail_msg("%s", cornu_error_message());
    assert_int_equal(cornu_array_dtype(array), dtype);
    assert_int_equal(cornu_array_rank(array), 2);
    assert_int_equal(cornu_array_size(array, 0), 3);
    assert_int_equal(cornu_array_size(array, 1), 4);
    for (int64_t i = 0; i < 12; i++)
        assert_true(cornu_array_get(array, i) == fixture_value(dtype, i));
    cornu_array_release(array);
}

void expect_failure(const cornu_array *array, cornu_status status, const char *part)
{
    if (array)
        fail_msg("an array came where an error with '%s' was due", part);
    if (!strstr(cornu_error_message(), part))
        fail_msg("'%s' is not in the message: %s", part, cornu_error_message());
    assert_string_equal(cornu_status_name(cornu_error_status()), cornu_status_name(status));
}

void assert_says(const char *wanted)
{
    if (!strstr(cornu_error_message(), wanted))
        fail_msg("\"%s\" does not say \"%s\"", cornu_error_message(), wanted);
}

void expect_refused(const cornu_dataset *dataset, cornu_status status, const char *part)
{
    assert_null(dataset);
    assert_int_equal(cornu_error_status(), status);
    assert_says(part);
    assert_int_equal(cornu__allocation_live(), 0);
}
