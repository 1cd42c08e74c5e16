/* kernels/pool.c: pooling of channels-last images, a pixel's channels at a time. */
#include "backend/cpu/kernels/table.h"

/* The part of a window that lies in the image, along one axis. */
typedef struct reach {
    int64_t first, last; /* elements of the window, last excluded */
    int64_t start;       /* where element 0 would lie */
} reach;

static reach reach_of(const cornu__pool_shape *shape, int axis, int64_t position)
{
    int64_t size = axis == 0 ? shape->height : shape->width;
    int64_t start = position * shape->strides[axis] - shape->pad_before[axis], step = shape->dilation[axis];
    reach r = {.first = start < 0 ? (-start + step - 1) / step : 0, .last = shape->size[axis], .start = start};
    if (start + (r.last - 1) * step >= size)
        r.last = start >= size ? r.first : (size - start + step - 1) / step;
    return r;
}

#define STRIP 32 /* channels whose maxima stay in registers over a window */

/* The maximum over the window and the number of its element, for `channels` channels; the first of equals, and NaN, win. */
static inline __attribute__((always_inline)) void window_maximum(const cornu__pool_shape *shape, const float *plane,
                                                                 reach vertical, reach horizontal,
                                                                 const int64_t channels, float *restrict y,
                                                                 int32_t *restrict index)
{
    float highest[STRIP];
    int32_t held[STRIP];
    bool started = false;
    for (int64_t i = vertical.first; i < vertical.last; i++)
        for (int64_t j = horizontal.first; j < horizontal.last; j++) {
            int64_t pixel =
                (vertical.start + i * shape->dilation[0]) * shape->width + horizontal.start + j * shape->dilation[1];
            const float *restrict x = plane + pixel * shape->channels;
            int32_t number = (int32_t)(i * shape->size[1] + j);
            if (!started) {
                for (int64_t c = 0; c < channels; c++) {
                    highest[c] = x[c];
                    held[c] = number;
                }
                started = true;
                continue;
            }
            for (int64_t c = 0; c < channels; c++) {
                int higher = (x[c] > highest[c]) | ((x[c] != x[c]) & (highest[c] == highest[c]));
                highest[c] = higher ? x[c] : highest[c];
                held[c] = higher ? number : held[c];
            }
        }
    for (int64_t c = 0; c < channels; c++) {
        y[c] = highest[c];
        index[c] = held[c];
    }
}

void CORNU_ISA_NAME(cornu__max_pool)(const cornu__pool_shape *shape, const float *x, int64_t begin, int64_t end,
                                     float *y, int32_t *index)
{
    int64_t channels = shape->channels;
    for (int64_t row = begin; row < end; row++) {
        int64_t image = row / shape->output_height;
        reach vertical = reach_of(shape, 0, row % shape->output_height);
        const float *plane = x + image * shape->height * shape->width * channels;
        for (int64_t column = 0; column < shape->output_width; column++) {
            reach horizontal = reach_of(shape, 1, column);
            int64_t at = (row * shape->output_width + column) * channels, c = 0;
            for (; c + STRIP <= channels; c += STRIP)
                window_maximum(shape, plane + c, vertical, horizontal, STRIP, y + at + c, index + at + c);
            if (c < channels)
                window_maximum(shape, plane + c, vertical, horizontal, channels - c, y + at + c, index + at + c);
        }
    }
}

void CORNU_ISA_NAME(cornu__average_pool)(const cornu__pool_shape *shape, const float *x, int64_t begin, int64_t end,
                                         float *y)
{
    int64_t channels = shape->channels;
    for (int64_t row = begin; row < end; row++) {
        int64_t image = row / shape->output_height;
        reach vertical = reach_of(shape, 0, row % shape->output_height);
        const float *plane = x + image * shape->height * shape->width * channels;
        for (int64_t column = 0; column < shape->output_width; column++) {
            reach horizontal = reach_of(shape, 1, column);
            float *restrict to = y + (row * shape->output_width + column) * channels;
            int64_t count = (vertical.last - vertical.first) * (horizontal.last - horizontal.first);
            for (int64_t c = 0; c < channels; c++)
                to[c] = 0;
            for (int64_t i = vertical.first; i < vertical.last; i++)
                for (int64_t j = horizontal.first; j < horizontal.last; j++) {
                    int64_t pixel = (vertical.start + i * shape->dilation[0]) * shape->width + horizontal.start +
                                    j * shape->dilation[1];
                    const float *restrict from = plane + pixel * channels;
                    for (int64_t c = 0; c < channels; c++)
                        to[c] += from[c];
                }
            float scale = count > 0 ? 1.0f / (float)count : 0.0f;
            for (int64_t c = 0; c < channels; c++)
                to[c] *= scale;
        }
    }
}

static bool windows_overlap(const cornu__pool_shape *shape)
{
    return shape->strides[0] < (shape->size[0] - 1) * shape->dilation[0] + 1 ||
           shape->strides[1] < (shape->size[1] - 1) * shape->dilation[1] + 1;
}

/* Each element of dy goes to the element of its window that was the maximum, and the others of the window are written 0. */
static void scatter_exclusive(const float *restrict dy, const int32_t *restrict index, int64_t channels, int32_t number,
                              float *restrict dx)
{
    for (int64_t c = 0; c < channels; c++)
        dx[c] = index[c] == number ? dy[c] : 0.0f;
}

static void scatter_shared(const float *restrict dy, const int32_t *restrict index, int64_t channels, int32_t number,
                           float *restrict dx)
{
    for (int64_t c = 0; c < channels; c++)
        dx[c] += index[c] == number ? dy[c] : 0.0f;
}

/* Whether every element of x lies in exactly one window, so that the gradient need not start from zeros. */
static bool windows_tile(const cornu__pool_shape *shape)
{
    for (int axis = 0; axis < 2; axis++) {
        int64_t size = axis == 0 ? shape->height : shape->width,
                out = axis == 0 ? shape->output_height : shape->output_width;
        if (shape->strides[axis] != shape->size[axis] || shape->dilation[axis] != 1 ||
            out * shape->size[axis] - shape->pad_before[axis] < size)
            return false;
    }
    return true;
}

static void clear(float *to, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        to[i] = 0;
}

void CORNU_ISA_NAME(cornu__max_pool_gradient)(const cornu__pool_shape *shape, const float *dy, const int32_t *index,
                                              int64_t begin, int64_t end, float *dx)
{
    int64_t channels = shape->channels, image_size = shape->height * shape->width * channels;
    bool tile = windows_tile(shape), overlap = windows_overlap(shape);
    for (int64_t image = begin; image < end; image++) {
        float *plane = dx + image * image_size;
        if (!tile)
            clear(plane, image_size);
        for (int64_t row = 0; row < shape->output_height; row++) {
            reach vertical = reach_of(shape, 0, row);
            for (int64_t column = 0; column < shape->output_width; column++) {
                reach horizontal = reach_of(shape, 1, column);
                int64_t at = ((image * shape->output_height + row) * shape->output_width + column) * channels;
                for (int64_t i = vertical.first; i < vertical.last; i++)
                    for (int64_t j = horizontal.first; j < horizontal.last; j++) {
                        int64_t pixel = (vertical.start + i * shape->dilation[0]) * shape->width + horizontal.start +
                                        j * shape->dilation[1];
                        (overlap ? scatter_shared : scatter_exclusive)(
                            dy + at, index + at, channels, (int32_t)(i * shape->size[1] + j), plane + pixel * channels);
                    }
            }
        }
    }
}

void CORNU_ISA_NAME(cornu__average_pool_gradient)(const cornu__pool_shape *shape, const float *dy, int64_t begin,
                                                  int64_t end, float *dx)
{
    int64_t channels = shape->channels, image_size = shape->height * shape->width * channels;
    for (int64_t image = begin; image < end; image++) {
        float *plane = dx + image * image_size;
        clear(plane, image_size);
        for (int64_t row = 0; row < shape->output_height; row++) {
            reach vertical = reach_of(shape, 0, row);
            for (int64_t column = 0; column < shape->output_width; column++) {
                reach horizontal = reach_of(shape, 1, column);
                const float *restrict from =
                    dy + ((image * shape->output_height + row) * shape->output_width + column) * channels;
                int64_t count = (vertical.last - vertical.first) * (horizontal.last - horizontal.first);
                float scale = count > 0 ? 1.0f / (float)count : 0.0f;
                for (int64_t i = vertical.first; i < vertical.last; i++)
                    for (int64_t j = horizontal.first; j < horizontal.last; j++) {
                        int64_t pixel = (vertical.start + i * shape->dilation[0]) * shape->width + horizontal.start +
                                        j * shape->dilation[1];
                        float *restrict to = plane + pixel * channels;
                        for (int64_t c = 0; c < channels; c++)
                            to[c] += from[c] * scale;
                    }
            }
        }
    }
}
