/* test_random.c: Philox against the published answers, and that what is drawn from it is fair. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The published answers use counters that the library's functions never form. */
#include "base/random.c" /* NOLINT(bugprone-suspicious-include) */

static void philox_gives_the_published_answers(void **state)
{
    (void)state;
    /* kat_vectors of Random123 (Salmon and others), philox4x32 with 10 rounds: counter, key, result. */
    static const uint32_t vectors[][10] = {
        {0, 0, 0, 0, 0, 0, 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8},
        {0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0x408f276d, 0x41c83b0e, 0xa20bc7c6,
         0x6d5451fd},
        {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0, 0xd16cfe09, 0x94fdcceb, 0x5001e420,
         0x24126ea1},
    };
    for (size_t i = 0; i < 3; i++) {
        uint32_t counter[4];
        memcpy(counter, vectors[i], sizeof counter);
        philox((cornu__random_key){{vectors[i][4], vectors[i][5]}}, counter);
        assert_memory_equal(counter, vectors[i] + 6, sizeof counter);
    }
    uint32_t block[4];
    cornu__random_block((cornu__random_key){{0, 0}}, 0, block);
    assert_memory_equal(block, vectors[0] + 6, sizeof block);
    for (uint64_t i = 0; i < 4; i++)
        assert_int_equal(cornu__random_word((cornu__random_key){{0, 0}}, i), block[i]);
}

static int compare_keys(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(cornu__random_key));
}

static void every_part_of_a_key_matters(void **state)
{
    (void)state;
    cornu__random_key keys[4 * 5 * 4 * 4];
    const uint64_t parts[] = {0, 1, 2, (uint64_t)1 << 32};
    size_t count = 0;
    for (size_t seed = 0; seed < 4; seed++) {
        for (int purpose = CORNU__RANDOM_INITIALIZER; purpose <= CORNU__RANDOM_USER; purpose++) {
            for (size_t a = 0; a < 4; a++) {
                for (size_t b = 0; b < 4; b++)
                    keys[count++] = cornu__random_key_make(parts[seed], purpose, parts[a], parts[b]);
            }
        }
    }
    qsort(keys, count, sizeof *keys, compare_keys);
    for (size_t i = 1; i < count; i++)
        assert_true(compare_keys(&keys[i - 1], &keys[i]) != 0);
}

/* Chi-square of counts that should all be `expected`. */
static double chi_square(const int *counts, size_t size, double expected)
{
    double sum = 0;
    for (size_t i = 0; i < size; i++)
        sum += (counts[i] - expected) * (counts[i] - expected) / expected;
    return sum;
}

static void numbers_below_a_bound_are_fair(void **state)
{
    (void)state;
    cornu__random_key key = cornu__random_key_make(1, CORNU__RANDOM_USER, 0, 0);
    int counts[7] = {0};
    for (uint64_t i = 0; i < 70000; i++)
        counts[cornu__random_below(key, i, 7)]++;
    assert_true(chi_square(counts, 7, 10000) < 22.46); /* 6 degrees of freedom, 1 in 1000 */
    for (uint64_t i = 0; i < 1000; i++) {
        assert_int_equal(cornu__random_below(key, i, 1), 0);
        uint64_t bound = UINT64_MAX / 3 * 2; /* a third of the draws is rejected */
        assert_true(cornu__random_below(key, i, bound) < bound);
    }
}

static void a_permutation_has_each_number_once(void **state)
{
    (void)state;
    enum { COUNT = 1000 };
    int64_t order[COUNT];
    bool seen[COUNT] = {false};
    cornu__random_permutation(cornu__random_key_make(5, CORNU__RANDOM_SHUFFLE, 3, 0), COUNT, order);
    int in_place = 0;
    for (int i = 0; i < COUNT; i++) {
        assert_true(order[i] >= 0 && order[i] < COUNT && !seen[order[i]]);
        seen[order[i]] = true;
        in_place += order[i] == i;
    }
    assert_true(in_place < 8);
    cornu__random_permutation(cornu__random_key_make(5, CORNU__RANDOM_SHUFFLE, 3, 0), 0, NULL);
    cornu__random_permutation(cornu__random_key_make(5, CORNU__RANDOM_SHUFFLE, 3, 0), 1, order);
    assert_int_equal(order[0], 0);
}

static void all_orders_of_four_are_equally_likely(void **state)
{
    (void)state;
    int counts[256] = {0}, orders[24];
    for (uint64_t epoch = 0; epoch < 24000; epoch++) {
        int64_t order[4];
        cornu__random_permutation(cornu__random_key_make(9, CORNU__RANDOM_SHUFFLE, epoch, 0), 4, order);
        counts[order[0] << 6 | order[1] << 4 | order[2] << 2 | order[3]]++;
    }
    size_t found = 0;
    for (int code = 0; code < 256; code++) {
        if (counts[code] > 0) {
            assert_true(found < 24);
            orders[found++] = counts[code];
        }
    }
    assert_int_equal(found, 24);
    assert_true(chi_square(orders, 24, 1000) < 49.73); /* 23 degrees of freedom, 1 in 1000 */
}

static void uniform_draws_fill_zero_to_one(void **state)
{
    (void)state;
    enum { COUNT = 100000 };
    cornu__random_key key = cornu__random_key_make(2, CORNU__RANDOM_STEP, 0, 0);
    int counts[2][20] = {{0}};
    for (uint64_t i = 0; i < COUNT; i++) {
        float single = cornu__random_uniform(key, i);
        double wide = cornu__random_uniform_double(key, i);
        assert_true(single >= 0 && single < 1 && wide >= 0 && wide < 1);
        counts[0][(int)(single * 20)]++;
        counts[1][(int)(wide * 20)]++;
    }
    assert_true(chi_square(counts[0], 20, COUNT / 20.0) < 43.82); /* 19 degrees of freedom, 1 in 1000 */
    assert_true(chi_square(counts[1], 20, COUNT / 20.0) < 43.82);
}

static void normal_draws_have_the_normal_moments(void **state)
{
    (void)state;
    enum { COUNT = 100000 };
    cornu__random_key key = cornu__random_key_make(3, CORNU__RANDOM_INITIALIZER, 0, 0);
    double sum = 0, squares = 0, fourths = 0;
    int within_one = 0;
    for (uint64_t i = 0; i < COUNT; i++) {
        double x = cornu__random_normal(key, i);
        assert_true(isfinite(x));
        sum += x;
        squares += x * x;
        fourths += x * x * x * x;
        within_one += fabs(x) < 1;
    }
    /* Each within four standard errors. */
    assert_true(fabs(sum / COUNT) < 4 / sqrt(COUNT));
    assert_true(fabs(squares / COUNT - 1) < 4 * sqrt(2.0 / COUNT));
    assert_true(fabs(fourths / COUNT - 3) < 4 * sqrt(96.0 / COUNT));
    assert_true(fabs((double)within_one / COUNT - 0.6826895) < 4 * sqrt(0.2166 / COUNT));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(philox_gives_the_published_answers),    cmocka_unit_test(every_part_of_a_key_matters),
        cmocka_unit_test(numbers_below_a_bound_are_fair),        cmocka_unit_test(a_permutation_has_each_number_once),
        cmocka_unit_test(all_orders_of_four_are_equally_likely), cmocka_unit_test(uniform_draws_fill_zero_to_one),
        cmocka_unit_test(normal_draws_have_the_normal_moments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
