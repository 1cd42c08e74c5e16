/* augmentation_values.h: values of scipy and keras-preprocessing (tests/oracle/augmentation.py). */
#ifndef CORNU_TESTS_IMAGE_AUGMENTATION_VALUES_H
#define CORNU_TESTS_IMAGE_AUGMENTATION_VALUES_H

#include <jansson.h>

#include <cornu/array.h>

/* Group set-up and tear-down: read the files; everything that was allocated is freed again. */
int values_open(void **state);
int values_close(void **state);

/* What augmentation.json says under this name; the test fails if there is nothing. */
const json_t *value_fact(const char *name);

/* The array of that printf'd name in augmentation.npz; the test fails if there is none. */
cornu_array *value_array(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same of augmentation_keras3.npz. */
cornu_array *keras3_array(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Doubles that the script wrote as hexadecimal texts. */
void value_doubles(const json_t *texts, size_t count, double *values);

/* Whether there is such an array in augmentation.npz. */
bool value_exists(const char *name);

/* That `got` is, element by element, as near as `tolerance` to the golden array. */
void assert_near(const float *got, const cornu_array *wanted, double tolerance, const char *what);

#endif
