/*
 * kernels/conv_gradient.c: the gradient of a convolution's kernel on channels-last images:
 *
 *     dkernel[i][j][c][o] += sum over n, h, w of x[n][h s + i d - p][w s + j d - p][c] dy[n][h][w][o]
 *
 * oneDNN's own is a fifth slower on this layout than on its blocked one. Here a few rows of x and dy at a time stay in the first-level
 * cache while each tap (i, j) and each block of channels goes over them with its sums in registers.
 */
#include "backend/cpu/kernels/table.h"

#ifdef __FMA__
#include <immintrin.h>

#ifdef __AVX512F__
typedef __m512 vector;
#define WIDTH 16
#define CHANNELS_WIDE 8    /* input channels with two vectors of outputs: 16 sums */
#define CHANNELS_NARROW 16 /* with one */
#define LOAD _mm512_loadu_ps
#define STORE _mm512_storeu_ps
#define BROADCAST _mm512_set1_ps
#define MULTIPLY_ADD _mm512_fmadd_ps
#else
typedef __m256 vector;
#define WIDTH 8
#define CHANNELS_WIDE 4 /* 16 registers */
#define CHANNELS_NARROW 8
#define LOAD _mm256_loadu_ps
#define STORE _mm256_storeu_ps
#define BROADCAST _mm256_set1_ps
#define MULTIPLY_ADD _mm256_fmadd_ps
#endif

#define CACHED_FLOATS 9000 /* of x and dy: what fits in the first-level cache beside the sums */

/* Rows of one tap: where they begin in x and dy, and how they go on. */
typedef struct tap {
    const float *x, *dy;
    int64_t rows, columns, x_row, dy_row, x_column, dy_column;
    float *out;
    int64_t out_row; /* from one input channel to the next */
} tap;

/* out[c][o] += sum over the rows and columns of x[c] dy[o], c < channels, o < vectors * WIDTH; both constants where it is called. */
static inline __attribute__((always_inline)) void tap_block(const tap *t, const int channels, const int vectors)
{
    vector sum[16][2];
#pragma GCC unroll 16
    for (int c = 0; c < channels; c++)
#pragma GCC unroll 2
        for (int v = 0; v < vectors; v++)
            sum[c][v] = LOAD(t->out + c * t->out_row + v * WIDTH);
    for (int64_t r = 0; r < t->rows; r++) {
        const float *x = t->x + r * t->x_row, *dy = t->dy + r * t->dy_row;
        for (int64_t w = 0; w < t->columns; w++, x += t->x_column, dy += t->dy_column) {
            vector d[2];
#pragma GCC unroll 2
            for (int v = 0; v < vectors; v++)
                d[v] = LOAD(dy + v * WIDTH);
#pragma GCC unroll 16
            for (int c = 0; c < channels; c++) {
                vector from = BROADCAST(x[c]);
#pragma GCC unroll 2
                for (int v = 0; v < vectors; v++)
                    sum[c][v] = MULTIPLY_ADD(from, d[v], sum[c][v]);
            }
        }
    }
#pragma GCC unroll 16
    for (int c = 0; c < channels; c++)
#pragma GCC unroll 2
        for (int v = 0; v < vectors; v++)
            STORE(t->out + c * t->out_row + v * WIDTH, sum[c][v]);
}

static void tap_wide(const tap *t)
{
    tap_block(t, CHANNELS_WIDE, 2);
}

static void tap_narrow(const tap *t)
{
    tap_block(t, CHANNELS_NARROW, 1);
}

/* All blocks of channels of one tap. */
static void tap_channels(const cornu__conv_shape *shape, tap t)
{
    int64_t o = 0;
    const float *x = t.x, *dy = t.dy;
    float *out = t.out;
    for (; o + 2 * WIDTH <= shape->outputs; o += 2 * WIDTH)
        for (int64_t c = 0; c < shape->channels; c += CHANNELS_WIDE) {
            t.x = x + c;
            t.dy = dy + o;
            t.out = out + c * shape->outputs + o;
            tap_wide(&t);
        }
    for (; o < shape->outputs; o += WIDTH)
        for (int64_t c = 0; c < shape->channels; c += CHANNELS_NARROW) {
            t.x = x + c;
            t.dy = dy + o;
            t.out = out + c * shape->outputs + o;
            tap_narrow(&t);
        }
}

typedef struct range {
    int64_t begin, end;
} range;

/* The outputs in begin .. end - 1 whose element `at` of the window lies inside 0 .. size - 1. */
static range inside(int64_t begin, int64_t end, int64_t at, int64_t stride, int64_t size)
{
    int64_t first = at >= 0 ? 0 : (-at + stride - 1) / stride, last = at >= size ? 0 : (size - 1 - at) / stride + 1;
    return (range){first > begin ? first : begin, last < end ? last : end};
}

static void rows_of_image(const cornu__conv_shape *shape, const float *x, const float *dy, int64_t begin, int64_t end,
                          float *dkernel)
{
    int64_t x_line = shape->width * shape->channels, dy_line = shape->output_width * shape->outputs;
    tap t = {.x_row = x_line * shape->strides[0],
             .dy_row = dy_line,
             .x_column = shape->strides[1] * shape->channels,
             .dy_column = shape->outputs,
             .out_row = shape->outputs};
    for (int64_t i = 0; i < shape->size[0]; i++)
        for (int64_t j = 0; j < shape->size[1]; j++) {
            int64_t down = i * shape->dilation[0] - shape->pad_before[0],
                    right = j * shape->dilation[1] - shape->pad_before[1];
            range rows = inside(begin, end, down, shape->strides[0], shape->height);
            range columns = inside(0, shape->output_width, right, shape->strides[1], shape->width);
            if (rows.begin >= rows.end || columns.begin >= columns.end)
                continue;
            t.rows = rows.end - rows.begin;
            t.columns = columns.end - columns.begin;
            t.x = x + (rows.begin * shape->strides[0] + down) * x_line +
                  (columns.begin * shape->strides[1] + right) * shape->channels;
            t.dy = dy + rows.begin * dy_line + columns.begin * shape->outputs;
            t.out = dkernel + (i * shape->size[1] + j) * shape->channels * shape->outputs;
            tap_channels(shape, t);
        }
}

bool CORNU_ISA_NAME(cornu__conv_kernel_gradient_fits)(const cornu__conv_shape *shape)
{
    bool whole = shape->outputs % (2 * WIDTH) == 0;
    return shape->outputs % WIDTH == 0 && shape->channels % (whole ? CHANNELS_WIDE : CHANNELS_NARROW) == 0;
}

void CORNU_ISA_NAME(cornu__conv_kernel_gradient)(const cornu__conv_shape *shape, const float *x, const float *dy,
                                                 int64_t begin, int64_t end, float *dkernel)
{
    int64_t count = shape->size[0] * shape->size[1] * shape->channels * shape->outputs;
    for (int64_t i = 0; i < count; i++)
        dkernel[i] = 0;
    int64_t line = shape->strides[0] * shape->width * shape->channels + shape->output_width * shape->outputs;
    int64_t rows = CACHED_FLOATS / line > 1 ? CACHED_FLOATS / line : 1;
    for (int64_t n = begin; n < end; n++)
        for (int64_t row = 0; row < shape->output_height; row += rows)
            rows_of_image(shape, x + n * shape->height * shape->width * shape->channels,
                          dy + n * shape->output_height * shape->output_width * shape->outputs, row,
                          row + rows < shape->output_height ? row + rows : shape->output_height, dkernel);
}

#else

bool CORNU_ISA_NAME(cornu__conv_kernel_gradient_fits)(const cornu__conv_shape *shape)
{
    (void)shape;
    return false; /* oneDNN's */
}

void CORNU_ISA_NAME(cornu__conv_kernel_gradient)(const cornu__conv_shape *shape, const float *x, const float *dy,
                                                 int64_t begin, int64_t end, float *dkernel)
{
    (void)shape, (void)x, (void)dy, (void)begin, (void)end, (void)dkernel;
}

#endif
