/*
 * kernels/vector_math.h: elementary functions of one float, written without branches or calls so that a loop over them becomes
 * vector code. Errors are at most about 2 units in the last place (tests/backend/test_vector_math.c measures them).
 *
 * The reductions and series are the textbook ones: exp by n ln 2 + r and Taylor's series in r; log by 2^e m and the series of
 * log((1 + s) / (1 - s)) (Muller, "Elementary Functions", chapters 5 and 11). erf's coefficients are Chebyshev interpolants of erf(x) / x in x^2
 * on [0, 1] and of -ln erfc(x) on [1, 4].
 */
#ifndef CORNU_BACKEND_CPU_KERNELS_VECTOR_MATH_H
#define CORNU_BACKEND_CPU_KERNELS_VECTOR_MATH_H

#include <stdint.h>

#include "backend/cpu/kernels/isa.h"

static inline float bits_to_float(uint32_t bits)
{
    union {
        uint32_t bits;
        float value;
    } u = {.bits = bits};
    return u.value;
}

static inline uint32_t float_to_bits(float value)
{
    union {
        float value;
        uint32_t bits;
    } u = {.value = value};
    return u.bits;
}

static inline float absolute(float x)
{
    return bits_to_float(float_to_bits(x) & 0x7FFFFFFFu);
}

static inline float with_sign_of(float magnitude, float sign)
{
    return bits_to_float(float_to_bits(magnitude) | (float_to_bits(sign) & 0x80000000u));
}

/* 2^n for -126 <= n <= 127. */
static inline float power_of_two(int32_t n)
{
    return bits_to_float((uint32_t)(n + 127) << 23);
}

#define CORNU_ROUNDING_SHIFT 12582912.0f /* 1.5 * 2^23: adding it rounds a small float to an integer */
#define CORNU_LOG2_E 1.44269504088896341f
#define CORNU_LN2_HIGH 0.693359375f
#define CORNU_LN2_LOW -2.12194440054690583e-4f

/* exp(x) - 1 = 2^n q + (2^n - 1): n and q = e^r - 1, |r| <= ln(2) / 2. */
static inline float exponential_parts(float x, int32_t *n)
{
    float shifted = CORNU_MULTIPLY_ADD(x, CORNU_LOG2_E, CORNU_ROUNDING_SHIFT);
    float whole = shifted - CORNU_ROUNDING_SHIFT;
    *n = (int32_t)(float_to_bits(shifted) - float_to_bits(CORNU_ROUNDING_SHIFT));
    float r = CORNU_MULTIPLY_ADD(whole, -CORNU_LN2_HIGH, x);
    r = CORNU_MULTIPLY_ADD(whole, -CORNU_LN2_LOW, r);
    float series = 1.0f / 5040.0f;
    series = CORNU_MULTIPLY_ADD(series, r, 1.0f / 720.0f);
    series = CORNU_MULTIPLY_ADD(series, r, 1.0f / 120.0f);
    series = CORNU_MULTIPLY_ADD(series, r, 1.0f / 24.0f);
    series = CORNU_MULTIPLY_ADD(series, r, 1.0f / 6.0f);
    series = CORNU_MULTIPLY_ADD(series, r, 0.5f);
    return CORNU_MULTIPLY_ADD(r * r, series, r);
}

/* Comparisons are written so that NaN goes through. */
static inline float clamp_exponent(float x)
{
    x = x < -104.0f ? -104.0f : x;
    return x > 89.0f ? 89.0f : x;
}

static inline float vector_exp(float x)
{
    int32_t n;
    float q = exponential_parts(clamp_exponent(x), &n);
    int32_t half = n >> 1; /* in two steps, so that subnormal results and overflow come out right */
    return (1.0f + q) * power_of_two(half) * power_of_two(n - half);
}

static inline float vector_expm1(float x)
{
    int32_t n;
    float clamped = clamp_exponent(x);
    clamped = clamped < -30.0f ? -30.0f : clamped;
    float q = exponential_parts(clamped, &n);
    float half = power_of_two(n - 1);
    float result = 2.0f * CORNU_MULTIPLY_ADD(half, q, half - 0.5f);
    return absolute(x) < 1e-6f ? x : result;
}

static inline float vector_log(float x)
{
    float scaled = x < 1.17549435e-38f ? x * 8388608.0f : x;
    int32_t bias = x < 1.17549435e-38f ? -23 : 0;
    uint32_t bits = float_to_bits(scaled);
    /* mantissa in [sqrt(1/2), sqrt(2)) */
    int32_t e = (int32_t)(bits - 0x3F3504F3u) >> 23;
    float m = bits_to_float(bits - ((uint32_t)e << 23));
    float f = m - 1.0f;
    float s = f / (2.0f + f);
    float z = s * s;
    float series = 2.0f / 11.0f;
    series = CORNU_MULTIPLY_ADD(series, z, 2.0f / 9.0f);
    series = CORNU_MULTIPLY_ADD(series, z, 2.0f / 7.0f);
    series = CORNU_MULTIPLY_ADD(series, z, 2.0f / 5.0f);
    series = CORNU_MULTIPLY_ADD(series, z, 2.0f / 3.0f);
    series = series * z;
    float half_square = 0.5f * f * f;
    float exponent = (float)(e + bias);
    float low = CORNU_MULTIPLY_ADD(exponent, CORNU_LN2_LOW, s * (half_square + series));
    float result = CORNU_MULTIPLY_ADD(exponent, CORNU_LN2_HIGH, f - (half_square - low));
    result = x > 3.4028234e38f ? x : result;
    result = x < 0.0f ? bits_to_float(0x7FC00000u) : result;
    result = x == 0.0f ? bits_to_float(0xFF800000u) : result;
    return x != x ? x : result;
}

/* Kahan's correction of log(1 + x) for the rounding of 1 + x. */
static inline float vector_log1p(float x)
{
    float u = 1.0f + x;
    float d = u - 1.0f;
    float safe = d == 0.0f ? 1.0f : d;
    float result = vector_log(u) * (x / safe);
    result = d == 0.0f ? x : result;
    return u > 3.4028234e38f || u == 0.0f ? vector_log(u) : result;
}

static inline float vector_tanh(float x)
{
    float magnitude = absolute(x);
    float bounded = magnitude > 10.0f ? 10.0f : magnitude;
    float e = vector_expm1(2.0f * bounded);
    float result = e / (e + 2.0f);
    return with_sign_of(result, x);
}

static inline float vector_sigmoid(float x)
{
    float e = vector_exp(-absolute(x));
    float numerator = x < 0.0f ? e : 1.0f;
    return numerator / (1.0f + e);
}

static inline float vector_softplus(float x)
{
    float positive = x > 0.0f ? x : 0.0f;
    float result = positive + vector_log1p(vector_exp(-absolute(x)));
    return x != x ? x : result;
}

static inline float vector_erf(float x)
{
    float t = absolute(x);
    float z = t > 1.0f ? 1.0f : t * t;
    float inner = -9.6670442947e-06f;
    inner = CORNU_MULTIPLY_ADD(inner, z, 1.1265958925e-04f);
    inner = CORNU_MULTIPLY_ADD(inner, z, -8.4840803909e-04f);
    inner = CORNU_MULTIPLY_ADD(inner, z, 5.2210318068e-03f);
    inner = CORNU_MULTIPLY_ADD(inner, z, -2.6865430727e-02f);
    inner = CORNU_MULTIPLY_ADD(inner, z, 1.1283782495e-01f);
    inner = CORNU_MULTIPLY_ADD(inner, z, -3.7612638468e-01f);
    inner = CORNU_MULTIPLY_ADD(inner, z, 1.1283791671e+00f);
    float u = (t > 4.0f ? 4.0f : t) - 2.5f;
    float outer = 7.5826820524e-08f;
    outer = CORNU_MULTIPLY_ADD(outer, u, -1.6155811457e-06f);
    outer = CORNU_MULTIPLY_ADD(outer, u, 1.2925695864e-05f);
    outer = CORNU_MULTIPLY_ADD(outer, u, -7.7387603643e-05f);
    outer = CORNU_MULTIPLY_ADD(outer, u, 4.2079165063e-04f);
    outer = CORNU_MULTIPLY_ADD(outer, u, -2.1651698714e-03f);
    outer = CORNU_MULTIPLY_ADD(outer, u, 1.0858112936e-02f);
    outer = CORNU_MULTIPLY_ADD(outer, u, 9.4389364455e-01f);
    outer = CORNU_MULTIPLY_ADD(outer, u, 5.3526807492e+00f);
    outer = CORNU_MULTIPLY_ADD(outer, u, 7.8068152768e+00f);
    float far = 1.0f - vector_exp(-outer);
    float result = t > 1.0f ? with_sign_of(far, x) : x * inner;
    return x != x ? x : result;
}

#endif
