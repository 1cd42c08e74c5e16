/* kernels/matmul.c: matrices so small that a call to oneDNN would cost more than the arithmetic. */
#include "backend/cpu/kernels/table.h"

#define COLUMNS 32 /* columns of y kept in registers */

static void row_block(int64_t n, int64_t k, const float *restrict a, int64_t a_column, const float *restrict b,
                      int64_t b_row, const float *restrict bias, bool relu, float *restrict y)
{
    float sum[COLUMNS];
    for (int64_t j = 0; j < n; j++)
        sum[j] = bias ? bias[j] : 0.0f;
    for (int64_t i = 0; i < k; i++) {
        float left = a[i * a_column];
        for (int64_t j = 0; j < n; j++)
            sum[j] = CORNU_MULTIPLY_ADD(left, b[i * b_row + j], sum[j]);
    }
    for (int64_t j = 0; j < n; j++)
        y[j] = relu && sum[j] < 0.0f ? 0.0f : sum[j];
}

static float dot(int64_t k, const float *restrict a, int64_t a_column, const float *restrict b, int64_t b_row,
                 float start)
{
    float sum = start;
    for (int64_t i = 0; i < k; i++)
        sum = CORNU_MULTIPLY_ADD(a[i * a_column], b[i * b_row], sum);
    return sum;
}

void CORNU_ISA_NAME(cornu__matmul)(int64_t m, int64_t n, int64_t k, const float *a, int64_t a_row, int64_t a_column,
                                   const float *b, int64_t b_row, int64_t b_column, const float *bias, bool relu,
                                   float *y)
{
    for (int64_t i = 0; i < m; i++, a += a_row, y += n) {
        if (b_column == 1) {
            for (int64_t j = 0; j < n; j += COLUMNS)
                row_block(n - j < COLUMNS ? n - j : COLUMNS, k, a, a_column, b + j, b_row, bias ? bias + j : NULL, relu,
                          y + j);
        } else {
            for (int64_t j = 0; j < n; j++) {
                float sum = dot(k, a, a_column, b + j * b_column, b_row, bias ? bias[j] : 0.0f);
                y[j] = relu && sum < 0.0f ? 0.0f : sum;
            }
        }
    }
}
