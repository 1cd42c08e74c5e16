/*
 * kernels/vectors.h: the widest integer vectors of the instruction set that is being compiled, in lanes of 16 bytes; all operations stay within
 * their lane, so a sum of widened bytes is packed again in the order in which it came. Only for x86-64.
 */
#ifndef CORNU_IMAGE_KERNELS_VECTORS_H
#define CORNU_IMAGE_KERNELS_VECTORS_H

#include <immintrin.h>
#include <stdint.h>
#include <string.h>

#if defined(__AVX512BW__)

typedef __m512i vector;
#define VECTOR(operation) _mm512_##operation
#define VECTOR_LOGICAL(operation) _mm512_##operation##_si512

#elif defined(__AVX2__)

typedef __m256i vector;
#define VECTOR(operation) _mm256_##operation
#define VECTOR_LOGICAL(operation) _mm256_##operation##_si256

#else

typedef __m128i vector;
#define VECTOR(operation) _mm_##operation
#define VECTOR_LOGICAL(operation) _mm_##operation##_si128

#endif

#define VECTOR_BYTES sizeof(vector)
#define VECTOR_LANES (sizeof(vector) / 16)

static inline vector load_vector(const void *from)
{
    vector value;
    memcpy(&value, from, sizeof value);
    return value;
}

static inline void store_vector(void *to, vector value)
{
    memcpy(to, &value, sizeof value);
}

static inline __m128i load_lane(const uint8_t *from)
{
    return _mm_loadu_si128((const __m128i *)from);
}

/* Sixteen bytes of each of the lanes' rows, `offset` bytes behind their beginnings. */
static inline vector load_lanes(const uint8_t *const *rows, size_t offset)
{
#if defined(__AVX512BW__)
    __m256i first =
        _mm256_inserti128_si256(_mm256_castsi128_si256(load_lane(rows[0] + offset)), load_lane(rows[1] + offset), 1);
    __m256i second =
        _mm256_inserti128_si256(_mm256_castsi128_si256(load_lane(rows[2] + offset)), load_lane(rows[3] + offset), 1);
    return _mm512_inserti64x4(_mm512_castsi256_si512(first), second, 1);
#elif defined(__AVX2__)
    return _mm256_inserti128_si256(_mm256_castsi128_si256(load_lane(rows[0] + offset)), load_lane(rows[1] + offset), 1);
#else
    return load_lane(rows[0] + offset);
#endif
}

static inline void store_lanes(vector value, __m128i lanes[VECTOR_LANES])
{
    memcpy(lanes, &value, sizeof value);
}

#endif
