/* files.h: fixtures and scratch files for the tests of formats. */
#ifndef CORNU_TESTS_FORMAT_FILES_H
#define CORNU_TESTS_FORMAT_FILES_H

#include <stddef.h>

#include <cornu/dataset.h>

#include "support/files.h"

#define PATH_SIZE 512

/* The path of a committed fixture, into `out`; returns `out`. */
char *fixture_path(char out[PATH_SIZE], const char *name);

/* The path of a file of this process for scratch use, into `out`; returns `out`. Remove it with scratch_remove. */
char *scratch_path(char out[PATH_SIZE], const char *name);
void scratch_remove(const char *path);

/* What element `i` of the (3, 4) arrays of make_fixtures.py is. */
double fixture_value(cornu_dtype dtype, int64_t i);

/* Fails the test unless `array` is the (3, 4) array of make_fixtures.py of that dtype; releases it. */
void expect_fixture_values(cornu_array *array, cornu_dtype dtype);

/* Fails the test unless `array` is NULL and the thread's last error is `status` with `part` in its message. */
void expect_failure(const cornu_array *array, cornu_status status, const char *part);
/* The same of a dataset; nothing may be left of the attempt. */
void expect_refused(const cornu_dataset *dataset, cornu_status status, const char *part);

/* Fails the test unless the thread's last message has `wanted` in it. */
void assert_says(const char *wanted);

#endif
