/* oracle_values.h: comparing with values of real Keras, and other checks that the tests of preprocessing share. */
#ifndef CORNU_TESTS_DATA_ORACLE_VALUES_H
#define CORNU_TESTS_DATA_ORACLE_VALUES_H

#include "support/oracle.h"

/* An integer, truth or text of an object, or `otherwise` where it is missing or null. */
int64_t json_number_or(const json_t *object, const char *key, int64_t otherwise);
bool json_truth_or(const json_t *object, const char *key, bool otherwise);
const char *json_text_or(const json_t *object, const char *key, const char *otherwise);

/* That `array` has the shape and the elements (within `tolerance`, relative above 1) of the golden array of that printf'd name. Releases `array`. */
void assert_oracle(cornu_array *array, const cornu_array *arrays, double tolerance, const char *name, ...)
    __attribute__((format(printf, 4, 5)));

/* A list of int32 arrays from a list of lists. */
cornu_array *sequences_from_json(const json_t *lists);

/* That a call failed as it should, and its message holds `part`. */
void assert_failed(const void *result, cornu_status status, const char *part);

/* Calls `work` with the first allocation failing, then the second ... until none fails; `work` says whether it succeeded and must leave nothing behind. */
void fail_every_allocation(bool (*work)(void *), void *argument);

#endif
