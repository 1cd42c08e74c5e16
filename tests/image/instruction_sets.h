/* instruction_sets.h: the same made on every instruction set that this processor has. */
#ifndef CORNU_TESTS_IMAGE_INSTRUCTION_SETS_H
#define CORNU_TESTS_IMAGE_INSTRUCTION_SETS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/instruction_set.h"
#include "base/memory.h"
#include "base/random.h"
#include "image/kernels/kernels.h"

static inline int64_t between(cornu__random_key key, uint64_t *draw, int64_t low, int64_t high)
{
    return low + (int64_t)cornu__random_below(key, (*draw)++, (uint64_t)(high - low + 1));
}

/* What a test makes of case `number`, with the table in use: bytes, which the caller frees. */
typedef void *maker(uint64_t number, size_t *size);

static inline void expect_same(maker *make, uint64_t cases, const char *what)
{
    int best = (int)cornu__instruction_set_best();
    for (uint64_t number = 0; number < cases; number++) {
        size_t size, other_size;
        cornu__image_kernels_use(CORNU__BASELINE);
        void *expected = make(number, &size);
        for (int set = CORNU__BASELINE + 1; set <= best; set++) {
            cornu__image_kernels_use(set);
            void *made = make(number, &other_size);
            if (size != other_size || memcmp(expected, made, size) != 0)
                fail_msg("%s, case %llu: %s differs from baseline", what, (unsigned long long)number,
                         cornu__instruction_set_name((cornu__instruction_set)set));
            cornu__free(made);
        }
        cornu__free(expected);
    }
    cornu__image_kernels_use(best);
}

/* A copy that belongs to the caller. */
static inline void *bytes_of(const void *from, size_t size)
{
    void *made = cornu__alloc_uninitialized(size);
    assert_non_null(made);
    return memcpy(made, from, size);
}

#endif
