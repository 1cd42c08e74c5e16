/* golden.h: arrays of real Keras by their names, and batches for steps. */
#ifndef CORNU_TESTS_MODEL_GOLDEN_H
#define CORNU_TESTS_MODEL_GOLDEN_H

#include <cornu/array.h>

#include "model/step.h"
#include "support/oracle.h"

/* The array of that printf'd name; the test fails if there is none. */
const cornu_array *golden_array(const cornu_array *arrays, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A tensor of a batch from an array. */
cornu__tensor tensor_of(const cornu_array *array);
/* The same for plain memory. */
cornu__tensor tensor_of_floats(const float *data, int rank, const int64_t *shape);

/* Fails the test with the thread's last error unless status is CORNU_OK. */
void assert_ok(cornu_status status);
#define assert_refused(status, wanted, part)                                                                           \
    do {                                                                                                               \
        assert_int_equal(status, wanted);                                                                              \
        assert_message_has(part);                                                                                      \
    } while (0)
/* That the thread's last error has this in it. */
void assert_message_has(const char *part);

#endif
