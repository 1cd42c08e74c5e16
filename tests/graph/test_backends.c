/* test_backends.c: the cpu backend, with all its rewriting, means what the plain kernels mean. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/memory.h"
#include "random_graph.h"

static void random_steps_agree_on_both_backends(void **state)
{
    (void)state;
    static double plain[4096], fast[4096];
    for (uint64_t seed = 1; seed <= 150; seed++) {
        cornu__graph *a = random_step(seed, false), *b = random_step(seed, false);
        int count = observe("reference", a, plain);
        assert_int_equal(observe("cpu", b, fast), count);
        for (int i = 0; i < count; i++) {
            if (!(fabs(plain[i] - fast[i]) <= 5e-5 * (1 + fabs(plain[i]))))
                fail_msg("seed %d, number %d: %.9g by plain kernels, %.9g by fast ones", (int)seed, i, plain[i],
                         fast[i]);
        }
        cornu__graph_release(a);
        cornu__graph_release(b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(random_steps_agree_on_both_backends)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
