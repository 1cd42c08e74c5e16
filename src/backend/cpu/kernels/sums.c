/* kernels/sums.c: sums in lanes. The order of additions depends on the shape only, not on the instruction set's width. */
#include "backend/cpu/kernels/table.h"
#include "backend/cpu/kernels/vector_math.h"

/* Blocks of this many terms are summed on their own: the error grows with the block and the number of blocks, not with their product. */
#define BLOCK 4096

#define REDUCTION(name, start, step)                                                                                   \
    static float name(const float *restrict x, int64_t count)                                                          \
    {                                                                                                                  \
        float lane[CORNU_LANES];                                                                                       \
        for (int j = 0; j < CORNU_LANES; j++)                                                                          \
            lane[j] = start;                                                                                           \
        int64_t i = 0;                                                                                                 \
        for (; i + CORNU_LANES <= count; i += CORNU_LANES)                                                             \
            for (int j = 0; j < CORNU_LANES; j++) {                                                                    \
                float a = lane[j], b = x[i + j];                                                                       \
                lane[j] = step;                                                                                        \
            }                                                                                                          \
        for (int j = 0; i < count; i++, j++) {                                                                         \
            float a = lane[j], b = x[i];                                                                               \
            lane[j] = step;                                                                                            \
        }                                                                                                              \
        for (int half = CORNU_LANES / 2; half > 0; half /= 2)                                                          \
            for (int j = 0; j < half; j++) {                                                                           \
                float a = lane[j], b = lane[j + half];                                                                 \
                lane[j] = step;                                                                                        \
            }                                                                                                          \
        return lane[0];                                                                                                \
    }

REDUCTION(block_sum, 0.0f, a + b)
REDUCTION(block_maximum, x[0], b > a || b != b ? b : a)
REDUCTION(block_minimum, x[0], b < a || b != b ? b : a)

float CORNU_ISA_NAME(cornu__sum)(const float *x, int64_t count)
{
    double total = 0;
    for (int64_t i = 0; i < count; i += BLOCK)
        total += block_sum(x + i, count - i < BLOCK ? count - i : BLOCK);
    return (float)total;
}

float CORNU_ISA_NAME(cornu__maximum)(const float *x, int64_t count)
{
    return block_maximum(x, count);
}

float CORNU_ISA_NAME(cornu__minimum)(const float *x, int64_t count)
{
    return block_minimum(x, count);
}

/* A strip of columns at a time, so that its sums stay in registers. */
#define STRIP 64

static void strip_sum(const float *restrict x, int64_t rows, int64_t width, int64_t stride, float *restrict out)
{
    float lane[STRIP] = {0};
    if (width == STRIP) {
        for (int64_t r = 0; r < rows; r++)
            for (int j = 0; j < STRIP; j++)
                lane[j] += x[r * stride + j];
    } else {
        for (int64_t r = 0; r < rows; r++)
            for (int64_t j = 0; j < width; j++)
                lane[j] += x[r * stride + j];
    }
    for (int64_t j = 0; j < width; j++)
        out[j] += lane[j];
}

void CORNU_ISA_NAME(cornu__column_sum)(const float *x, int64_t rows, int64_t width, int64_t stride, bool accumulate,
                                       float *out)
{
    if (!accumulate)
        for (int64_t c = 0; c < width; c++)
            out[c] = 0;
    for (int64_t c = 0; c < width; c += STRIP)
        for (int64_t r = 0; r < rows; r += BLOCK / STRIP * 16)
            strip_sum(x + r * stride + c, rows - r < BLOCK / STRIP * 16 ? rows - r : BLOCK / STRIP * 16,
                      width - c < STRIP ? width - c : STRIP, stride, out + c);
}
