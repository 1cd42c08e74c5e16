/* Values of real Keras and of others that Cornu agrees with (tests/oracle). */
#ifndef CORNU_TESTS_ORACLE_H
#define CORNU_TESTS_ORACLE_H

#include <jansson.h>

#include <cornu/array.h>

/* tests/oracle/values/<name>.json and .npz; the test, or the group that is set up, fails if they cannot be read. The caller releases. */
json_t *oracle_json(const char *name);
cornu_array *oracle_arrays(const char *name);

/* A number, or what stands as text where JSON has none: "nan", "inf", "-inf". */
double oracle_number(const json_t *value);

#endif
