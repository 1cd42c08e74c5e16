/*
 * convert.c: elements from one dtype to another, and rows gathered into a batch.
 *
 * Each pair of native types is one plain loop, which the compiler makes into vector instructions. float16 is not native
 * everywhere: it goes by way of float32 (exactly) on reading and of float64 (so that it rounds once) on writing.
 */
#include <string.h>

#include "array/array.h"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O3") /* gcc leaves loops of unknown length without vectors at -O2 */
#endif

/* --- float16 --- */

static float float_from_half(uint16_t half)
{
    uint32_t sign = (uint32_t)(half & 0x8000u) << 16;
    uint32_t exponent = (half >> 10) & 0x1Fu;
    uint32_t fraction = half & 0x3FFu;
    uint32_t bits;
    float value;
    if (exponent == 0) { /* zero or subnormal: fraction * 2^-24 */
        value = (float)fraction * 0x1p-24f;
        memcpy(&bits, &value, sizeof bits);
        bits |= sign;
    } else if (exponent == 31) {
        bits = sign | 0x7F800000u | fraction << 13;
    } else {
        bits = sign | (exponent + 112) << 23 | fraction << 13;
    }
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Rounded to nearest, ties to even; beyond 65504 (rounded) infinity; a NaN stays one. */
static uint16_t half_from_double(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    uint16_t sign = (uint16_t)(bits >> 48 & 0x8000u);
    double magnitude = value < 0 ? -value : value;
    if (value != value)
        return sign | 0x7E00u;
    if (magnitude >= 65520.0)
        return sign | 0x7C00u;
    if (magnitude < 0x1p-14) { /* subnormal: adding and taking away 2^28 rounds to multiples of 2^-24 */
        double rounded = (magnitude + 0x1p28) - 0x1p28;
        return (uint16_t)(sign | (uint16_t)(rounded * 0x1p24));
    }
    uint64_t body = bits & 0x7FFFFFFFFFFFFFFFu;
    /* 42 of the 52 bits are dropped; a carry moves into the exponent, as it should. */
    body += 0x1FFFFFFFFFFu + (body >> 42 & 1);
    return (uint16_t)(sign | ((body >> 42) - (1008u << 10)));
}

/* --- One function per target type --- */

/* Each case is one loop over elements of one source type. */
#define CONVERT_CASE(dtype_name, from_type, rule)                                                                      \
    case dtype_name: {                                                                                                 \
        const from_type *source = from;                                                                                \
        for (int64_t i = 0; i < count; i++)                                                                            \
            to[i] = rule(source[i]);                                                                                   \
        break;                                                                                                         \
    }

#define IS_NOT_ZERO(value) ((value) != 0)

/* float16 never comes here. A stored bool may be any byte. */
#define CONVERT_SWITCH(integer_rule, float_rule)                                                                       \
    switch (dtype) {                                                                                                   \
        CONVERT_CASE(CORNU_FLOAT32, float, float_rule)                                                                 \
        CONVERT_CASE(CORNU_FLOAT64, double, float_rule)                                                                \
        CONVERT_CASE(CORNU_INT8, int8_t, integer_rule)                                                                 \
        CONVERT_CASE(CORNU_INT16, int16_t, integer_rule)                                                               \
        CONVERT_CASE(CORNU_INT32, int32_t, integer_rule)                                                               \
        CONVERT_CASE(CORNU_INT64, int64_t, integer_rule)                                                               \
        CONVERT_CASE(CORNU_UINT8, uint8_t, integer_rule)                                                               \
        CONVERT_CASE(CORNU_UINT16, uint16_t, integer_rule)                                                             \
        CONVERT_CASE(CORNU_UINT32, uint32_t, integer_rule)                                                             \
        CONVERT_CASE(CORNU_UINT64, uint64_t, integer_rule)                                                             \
        CONVERT_CASE(CORNU_BOOL, uint8_t, IS_NOT_ZERO)                                                                 \
    default:                                                                                                           \
        break;                                                                                                         \
    }

static void to_float32(float *restrict to, cornu_dtype dtype, const void *from, int64_t count)
{
    CONVERT_SWITCH((float), (float))
}

static void to_float64(double *restrict to, cornu_dtype dtype, const void *from, int64_t count)
{
    CONVERT_SWITCH((double), (double))
}

static void to_bool(uint8_t *restrict to, cornu_dtype dtype, const void *from, int64_t count)
{
    CONVERT_SWITCH(IS_NOT_ZERO, IS_NOT_ZERO)
}

/* Integers from integers wrap, as in C. From floats they are cut towards zero; where C leaves it undefined, they stop
 * at the ends of their range, and NaN becomes the smallest value: a label that is NaN must not look like class 0. */
#define INTEGER_CONVERTER(type, minimum, maximum, end)                                                                 \
    static type type##_from_double(double value)                                                                       \
    {                                                                                                                  \
        return !(value > (double)(minimum)) ? (minimum) : value >= (end) ? (maximum) : (type)value;                    \
    }                                                                                                                  \
    static void to_##type(type *restrict to, cornu_dtype dtype, const void *from, int64_t count)                       \
    {                                                                                                                  \
        CONVERT_SWITCH((type), type##_from_double)                                                                     \
    }

/* The formatter takes the list for one declaration. */
/* clang-format off */
INTEGER_CONVERTER(int8_t, INT8_MIN, INT8_MAX, 0x1p7)
INTEGER_CONVERTER(int16_t, INT16_MIN, INT16_MAX, 0x1p15)
INTEGER_CONVERTER(int32_t, INT32_MIN, INT32_MAX, 0x1p31)
INTEGER_CONVERTER(int64_t, INT64_MIN, INT64_MAX, 0x1p63)
INTEGER_CONVERTER(uint8_t, 0, UINT8_MAX, 0x1p8)
INTEGER_CONVERTER(uint16_t, 0, UINT16_MAX, 0x1p16)
INTEGER_CONVERTER(uint32_t, 0, UINT32_MAX, 0x1p32)
INTEGER_CONVERTER(uint64_t, 0, UINT64_MAX, 0x1p64)
/* clang-format on */

static void convert_native(cornu_dtype to_dtype, void *to, cornu_dtype from_dtype, const void *from, int64_t count)
{
    switch (to_dtype) {
    case CORNU_FLOAT32:
        to_float32(to, from_dtype, from, count);
        break;
    case CORNU_FLOAT64:
        to_float64(to, from_dtype, from, count);
        break;
    case CORNU_INT8:
        to_int8_t(to, from_dtype, from, count);
        break;
    case CORNU_INT16:
        to_int16_t(to, from_dtype, from, count);
        break;
    case CORNU_INT32:
        to_int32_t(to, from_dtype, from, count);
        break;
    case CORNU_INT64:
        to_int64_t(to, from_dtype, from, count);
        break;
    case CORNU_UINT8:
        to_uint8_t(to, from_dtype, from, count);
        break;
    case CORNU_UINT16:
        to_uint16_t(to, from_dtype, from, count);
        break;
    case CORNU_UINT32:
        to_uint32_t(to, from_dtype, from, count);
        break;
    case CORNU_UINT64:
        to_uint64_t(to, from_dtype, from, count);
        break;
    case CORNU_BOOL:
        to_bool(to, from_dtype, from, count);
        break;
    default:
        break;
    }
}

/* --- float16 on one side or both: piece by piece through native elements on the stack --- */

#define PIECE 512

static void convert_from_half(cornu_dtype to_dtype, char *to, const uint16_t *from, int64_t count)
{
    float piece[PIECE];
    for (int64_t done = 0; done < count; done += PIECE) {
        int64_t length = count - done < PIECE ? count - done : PIECE;
        for (int64_t i = 0; i < length; i++)
            piece[i] = float_from_half(from[done + i]);
        convert_native(to_dtype, to + (size_t)done * cornu_dtype_size(to_dtype), CORNU_FLOAT32, piece, length);
    }
}

static void convert_to_half(uint16_t *to, cornu_dtype from_dtype, const char *from, int64_t count)
{
    double piece[PIECE];
    for (int64_t done = 0; done < count; done += PIECE) {
        int64_t length = count - done < PIECE ? count - done : PIECE;
        convert_native(CORNU_FLOAT64, piece, from_dtype, from + (size_t)done * cornu_dtype_size(from_dtype), length);
        for (int64_t i = 0; i < length; i++)
            to[done + i] = half_from_double(piece[i]);
    }
}

void cornu__convert(cornu_dtype to_dtype, void *to, cornu_dtype from_dtype, const void *from, int64_t count)
{
    if (count <= 0)
        return;
    if (to_dtype == from_dtype && to_dtype != CORNU_BOOL)
        memcpy(to, from, (size_t)count * cornu_dtype_size(to_dtype));
    else if (from_dtype == CORNU_FLOAT16)
        convert_from_half(to_dtype, to, from, count);
    else if (to_dtype == CORNU_FLOAT16)
        convert_to_half(to, from_dtype, from, count);
    else
        convert_native(to_dtype, to, from_dtype, from, count);
}

/* How many of `rows` from `first` on follow one another in the array: they are converted at one go. */
static int64_t run_length(const int64_t *rows, int64_t first, int64_t row_count)
{
    int64_t length = 1;
    while (first + length < row_count && rows[first + length] == rows[first] + length)
        length++;
    return length;
}

void cornu__gather_rows(cornu_dtype dtype, void *to, const cornu_array *from, const int64_t *rows, int64_t row_count)
{
    int64_t elements = cornu__row_count(from);
    size_t to_size = (size_t)elements * cornu_dtype_size(dtype);
    size_t from_size = (size_t)elements * cornu_dtype_size(from->dtype);
    int64_t length;
    for (int64_t done = 0; done < row_count; done += length) {
        length = rows ? run_length(rows, done, row_count) : row_count;
        int64_t first = rows ? rows[done] : 0;
        cornu__convert(dtype, (char *)to + (size_t)done * to_size, from->dtype,
                       (const char *)from->data + (size_t)first * from_size, length * elements);
    }
}
