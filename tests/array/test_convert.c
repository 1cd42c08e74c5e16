/* test_convert.c: conversion between all pairs of dtypes, float16 in full, and rows gathered in any order. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "array/array.h"

#define MOST 2048 /* more than one piece of the float16 path, and not a multiple of it */

static void put(cornu_dtype dtype, void *to, double value)
{
    cornu__convert(dtype, to, CORNU_FLOAT64, &value, 1);
}

static double take(cornu_dtype dtype, const void *from)
{
    double value;
    cornu__convert(CORNU_FLOAT64, &value, dtype, from, 1);
    return value;
}

static void every_pair_keeps_values_that_both_can_hold(void **state)
{
    (void)state;
    static uint64_t from[MOST], to[MOST];
    for (int from_dtype = 0; from_dtype < CORNU_DTYPE_COUNT; from_dtype++) {
        for (int to_dtype = 0; to_dtype < CORNU_DTYPE_COUNT; to_dtype++) {
            bool either_bool = from_dtype == CORNU_BOOL || to_dtype == CORNU_BOOL;
            int64_t count = 1500;
            size_t from_size = cornu_dtype_size(from_dtype), to_size = cornu_dtype_size(to_dtype);
            memset(to, 0xAA, sizeof to);
            for (int64_t i = 0; i < count; i++)
                put(from_dtype, (char *)from + (size_t)i * from_size,
                    either_bool ? (double)(i % 2) : (double)(i % 128));
            cornu__convert(to_dtype, to, from_dtype, from, count);
            for (int64_t i = 0; i < count; i++)
                assert_true(take(to_dtype, (char *)to + (size_t)i * to_size) ==
                            (either_bool ? (double)(i % 2) : (double)(i % 128)));
            assert_int_equal(((unsigned char *)to)[(size_t)count * to_size], 0xAA); /* and not one byte more */
        }
    }
}

static void large_integers_do_not_go_through_double(void **state)
{
    (void)state;
    const int64_t values[] = {INT64_MAX, INT64_MIN, (1LL << 53) + 1, -1, 4294967297LL};
    uint64_t wide[5];
    int32_t narrow[5];
    uint8_t bytes[5];
    cornu__convert(CORNU_UINT64, wide, CORNU_INT64, values, 5);
    cornu__convert(CORNU_INT32, narrow, CORNU_INT64, values, 5);
    cornu__convert(CORNU_UINT8, bytes, CORNU_INT64, values, 5);
    for (int i = 0; i < 5; i++) {
        assert_true(wide[i] == (uint64_t)values[i]);
        assert_true(narrow[i] == (int32_t)(uint64_t)values[i]);
        assert_true(bytes[i] == (uint8_t)values[i]);
    }
    int64_t back[5];
    cornu__convert(CORNU_INT64, back, CORNU_UINT64, wide, 5);
    assert_memory_equal(back, values, sizeof values);
}

static void floats_are_cut_and_stop_at_the_ends_of_an_integers_range(void **state)
{
    (void)state;
    const double values[] = {1.9, -1.9, 1e30, -1e30, INFINITY, -INFINITY, NAN, 2147483647.5, -2147483648.5};
    int32_t signed_values[9];
    uint8_t unsigned_values[9];
    int64_t wide[9];
    uint64_t wide_unsigned[9];
    cornu__convert(CORNU_INT32, signed_values, CORNU_FLOAT64, values, 9);
    cornu__convert(CORNU_UINT8, unsigned_values, CORNU_FLOAT64, values, 9);
    cornu__convert(CORNU_INT64, wide, CORNU_FLOAT64, values, 9);
    cornu__convert(CORNU_UINT64, wide_unsigned, CORNU_FLOAT64, values, 9);
    const int32_t wanted_signed[] = {1,         -1,        INT32_MAX, INT32_MIN, INT32_MAX,
                                     INT32_MIN, INT32_MIN, INT32_MAX, INT32_MIN};
    const uint8_t wanted_unsigned[] = {1, 0, 255, 0, 255, 0, 0, 255, 0};
    assert_memory_equal(signed_values, wanted_signed, sizeof wanted_signed);
    assert_memory_equal(unsigned_values, wanted_unsigned, sizeof wanted_unsigned);
    assert_true(wide[2] == INT64_MAX && wide[3] == INT64_MIN && wide[6] == INT64_MIN && wide[7] == 2147483647);
    assert_true(wide_unsigned[2] == UINT64_MAX && wide_unsigned[3] == 0 && wide_unsigned[8] == 0);
    const float floats[] = {3e9f, -3e9f, NAN, 7.99f};
    const int32_t wanted[] = {INT32_MAX, INT32_MIN, INT32_MIN, 7};
    cornu__convert(CORNU_INT32, signed_values, CORNU_FLOAT32, floats, 4);
    assert_memory_equal(signed_values, wanted, sizeof wanted);
}

static void bool_is_whether_it_is_not_zero(void **state)
{
    (void)state;
    const double values[] = {0.0, -0.0, 0.25, -3, NAN, INFINITY};
    const uint8_t wanted[] = {0, 0, 1, 1, 1, 1};
    uint8_t got[6];
    cornu__convert(CORNU_BOOL, got, CORNU_FLOAT64, values, 6);
    assert_memory_equal(got, wanted, sizeof wanted);
    const uint8_t odd_bytes[] = {0, 1, 2, 255}, ones[] = {0, 1, 1, 1};
    const float floats[] = {0, 1, 1, 1};
    float got_floats[4];
    cornu__convert(CORNU_BOOL, got, CORNU_BOOL, odd_bytes, 4);
    assert_memory_equal(got, ones, sizeof ones);
    cornu__convert(CORNU_FLOAT32, got_floats, CORNU_BOOL, odd_bytes, 4);
    assert_memory_equal(got_floats, floats, sizeof floats);
}

/* What the 16 bits mean (IEEE 754-2008, binary16), by the definition. */
static double half_by_definition(uint16_t half)
{
    int exponent = half >> 10 & 31, fraction = half & 1023;
    double magnitude = exponent == 31  ? (fraction ? NAN : INFINITY)
                       : exponent == 0 ? ldexp(fraction, -24)
                                       : ldexp(1024 + fraction, exponent - 25);
    return half & 0x8000 ? -magnitude : magnitude;
}

static void every_float16_is_read_and_comes_back(void **state)
{
    (void)state;
    for (unsigned bits = 0; bits < 65536; bits++) {
        uint16_t half = (uint16_t)bits, back;
        float value;
        cornu__convert(CORNU_FLOAT32, &value, CORNU_FLOAT16, &half, 1);
        cornu__convert(CORNU_FLOAT16, &back, CORNU_FLOAT32, &value, 1);
        double wanted = half_by_definition(half);
        if (isnan(wanted)) {
            assert_true(isnan(value) && isnan(half_by_definition(back)));
            continue;
        }
        assert_true((double)value == wanted && !signbit(value) == !signbit(wanted));
        assert_int_equal(back, half);
    }
}

static void float16_is_rounded_to_the_nearest_and_ties_to_even(void **state)
{
    (void)state;
    for (uint16_t half = 0; half < 0x7C00; half++) {
        double low = half_by_definition(half), high = half == 0x7BFF ? 65536 : half_by_definition((uint16_t)(half + 1));
        double middle = (low + high) / 2;
        uint16_t even = half & 1 ? (uint16_t)(half + 1) : half;
        const double values[] = {middle, nextafter(middle, 0), nextafter(middle, INFINITY), -middle};
        const uint16_t wanted[] = {even, half, (uint16_t)(half + 1), (uint16_t)(even | 0x8000)};
        uint16_t got[4];
        cornu__convert(CORNU_FLOAT16, got, CORNU_FLOAT64, values, 4);
        assert_memory_equal(got, wanted, sizeof wanted);
    }
    const double beyond[] = {1e300, -1e300, DBL_MIN, -DBL_TRUE_MIN};
    const uint16_t wanted[] = {0x7C00, 0xFC00, 0, 0x8000};
    uint16_t got[4];
    cornu__convert(CORNU_FLOAT16, got, CORNU_FLOAT64, beyond, 4);
    assert_memory_equal(got, wanted, sizeof wanted);
}

static void rows_are_gathered_in_any_order_and_dtype(void **state)
{
    (void)state;
    const int64_t shape[] = {5, 3};
    uint8_t data[15];
    for (int i = 0; i < 15; i++)
        data[i] = (uint8_t)(i * 10);
    cornu_array *array = cornu_array_view(CORNU_UINT8, 2, shape, data);
    const int64_t rows[] = {4, 0, 1, 2, 4, 3, 0};
    float floats[21 + 1];
    floats[21] = -1;
    cornu__gather_rows(CORNU_FLOAT32, floats, array, rows, 7);
    uint8_t bytes[21];
    cornu__gather_rows(CORNU_UINT8, bytes, array, rows, 7);
    for (int i = 0; i < 21; i++) {
        int64_t place = rows[i / 3] * 3 + i % 3;
        assert_true(floats[i] == (float)data[place]);
        assert_true(bytes[i] == data[place]);
    }
    assert_true(floats[21] == -1);
    cornu__gather_rows(CORNU_FLOAT32, floats, array, NULL, 5);
    for (int i = 0; i < 15; i++)
        assert_true(floats[i] == (float)data[i]);
    cornu_array_release(array);
    const int64_t count = 4;
    const int64_t labels[] = {7, 8, 9, 10};
    array = cornu_array_copy_of(CORNU_INT64, 1, &count, labels);
    const int64_t backwards[] = {3, 2, 1, 0};
    int32_t gathered[4];
    const int32_t wanted[] = {10, 9, 8, 7};
    cornu__gather_rows(CORNU_INT32, gathered, array, backwards, 4);
    assert_memory_equal(gathered, wanted, sizeof wanted);
    cornu_array_release(array);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_pair_keeps_values_that_both_can_hold),
        cmocka_unit_test(large_integers_do_not_go_through_double),
        cmocka_unit_test(floats_are_cut_and_stop_at_the_ends_of_an_integers_range),
        cmocka_unit_test(bool_is_whether_it_is_not_zero),
        cmocka_unit_test(every_float16_is_read_and_comes_back),
        cmocka_unit_test(float16_is_rounded_to_the_nearest_and_ties_to_even),
        cmocka_unit_test(rows_are_gathered_in_any_order_and_dtype),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
