/*
 * kernels/warp_spline.c: orders 2 to 5, a B-spline over 3 to 6 coefficients a side.
 *
 * Weights are found for many places at once; the sums run along the rows of coefficients first, then across them, in double: noise of 0 .. 255 has coefficients of some thousand in order 5. Where not all
 * coefficients are in the picture the fill mode says which stand for them; the sums are the same.
 */
#include "image/kernels/places.h"

typedef float four_floats __attribute__((vector_size(16)));
typedef double four_doubles __attribute__((vector_size(32)));

typedef struct supports {
    int64_t first[PLACES_AT_ONCE]; /* the first coefficient, or WITH_CARE */
    double x[6][PLACES_AT_ONCE], y[6][PLACES_AT_ONCE];
} supports;

/* The weights of the order + 1 coefficients around a place, the last one so that all make 1. `t`: how far behind the middle one (even orders,
 * -1/2 to 1/2) or the one before the place (odd orders, 0 to 1) it is. Always inlined, so that the order is a constant. */
static inline __attribute__((always_inline)) void find_weights(int order, double t, double weights[6])
{
    const double s = 1 - t, tt = t * t, ss = s * s, h = 0.5 - t, a = 1 + t;
    switch (order) {
    case 2:
        weights[0] = 0.5 * h * h;
        weights[1] = 0.75 - tt;
        weights[2] = 1 - (weights[0] + weights[1]);
        break;
    case 3:
        weights[0] = ss * s / 6;
        weights[1] = 2.0 / 3 - tt * (2 - t) / 2;
        weights[2] = 2.0 / 3 - ss * (2 - s) / 2;
        weights[3] = 1 - (weights[0] + weights[1] + weights[2]);
        break;
    case 4:
        weights[0] = h * h * (h * h) / 24;
        weights[1] = (55 + a * (20 + a * (-120 + a * (80 - 16 * a)))) / 96;
        weights[2] = tt * (tt / 4 - 0.625) + 115.0 / 192;
        weights[3] = (55 + s * (20 + s * (-120 + s * (80 - 16 * s)))) / 96;
        weights[4] = 1 - (weights[0] + weights[1] + weights[2] + weights[3]);
        break;
    default: {
        const double b = 1 + s;
        weights[0] = ss * ss * s / 120;
        weights[1] = 0.425 + a * (0.625 + a * (-1.75 + a * (1.25 + a * (-0.375 + a / 24))));
        weights[2] = tt * (tt * (0.25 - t / 12) - 0.5) + 0.55;
        weights[3] = ss * (ss * (0.25 - s / 12) - 0.5) + 0.55;
        weights[4] = 0.425 + b * (0.625 + b * (-1.75 + b * (1.25 + b * (-0.375 + b / 24))));
        weights[5] = 1 - (weights[0] + weights[1] + weights[2] + weights[3] + weights[4]);
    }
    }
}

/* The part behind the point, in [0, 1). */
static inline double spline_fraction_of(int64_t fixed)
{
    return (double)(int64_t)((uint64_t)fixed & UINT32_MAX) * 0x1p-32;
}

/* The first coefficient along an axis, and `t` for the weights. */
static inline __attribute__((always_inline)) int64_t first_of(int order, int64_t at, double *t)
{
    if (order % 2 == 0) {
        at += CORNU__FILL_ONE / 2;
        *t = spline_fraction_of(at) - 0.5;
    } else
        *t = spline_fraction_of(at);
    return (at >> 32) - order / 2;
}

static inline __attribute__((always_inline)) void find_supports(const cornu__warp_picture *picture,
                                                                const cornu__warp_line *line, int begin, int count,
                                                                int order, supports *out)
{
    const int64_t margin = picture->margin * CORNU__FILL_ONE, channels = picture->extent.channels;
    const int64_t rows = picture->extent.height + 2 * picture->margin;
    const int64_t columns = picture->extent.width + 2 * picture->margin;
    int64_t row = line->row + begin * line->row_step + margin,
            column = line->column + begin * line->column_step + margin;
    for (int i = 0; i < count; i++, row += line->row_step, column += line->column_step) {
        double x, y, x_weights[6], y_weights[6];
        int64_t first_row = first_of(order, row, &y), first_column = first_of(order, column, &x);
        bool inside = first_row >= 0 && first_row < rows - order && first_column >= 0 && first_column < columns - order;
        out->first[i] = inside ? (first_row * columns + first_column) * channels : WITH_CARE;
        find_weights(order, x, x_weights);
        find_weights(order, y, y_weights);
        for (int k = 0; k <= order; k++) {
            out->x[k][i] = x_weights[k];
            out->y[k][i] = y_weights[k];
        }
    }
}

/* --- with care: any place in any fill mode --- */

typedef struct support {
    int64_t index[6];
    double weight[6];
} support;

static bool find_support(const cornu__warp_picture *picture, int64_t fixed, int size, support *out)
{
    cornu__fill_mode mode = picture->warp->fill_mode;
    int order = picture->warp->order, whole = size + 2 * picture->margin;
    fixed += picture->margin * CORNU__FILL_ONE;
    /* "nearest" leaves the place where it is, as scipy does: beyond its margin all coefficients are that of the edge */
    if (mode != CORNU__FILL_NEAREST && !cornu__fill_coordinate(mode, &fixed, whole))
        return false;
    double t;
    int64_t first = first_of(order, fixed, &t);
    find_weights(order, t, out->weight);
    for (int k = 0; k <= order; k++)
        out->index[k] = cornu__fill_index(mode, first + k, whole);
    return true;
}

static void take_with_care(const cornu__warp_picture *picture, const cornu__warp_line *line, int i, float *to)
{
    const int order = picture->warp->order;
    const int64_t channels = picture->extent.channels;
    const int64_t length = (picture->extent.width + 2 * (int64_t)picture->margin) * channels;
    support row, column;
    bool seen = find_support(picture, line->row + i * line->row_step, picture->extent.height, &row) &&
                find_support(picture, line->column + i * line->column_step, picture->extent.width, &column);
    for (int64_t channel = 0; channel < channels; channel++) {
        double sum = 0;
        for (int j = 0; seen && j <= order; j++) {
            const double *from = picture->coefficients + row.index[j] * length + channel;
            double part = 0;
            for (int k = 0; k <= order; k++)
                part += from[column.index[k] * channels] * column.weight[k];
            sum += part * row.weight[j];
        }
        to[channel] = seen ? (float)sum : picture->warp->constant;
    }
}

/* --- fast --- */

static inline __attribute__((always_inline)) void take_three(const double *from, int64_t length, const supports *at,
                                                             int i, int order, float *to)
{
    four_doubles sum = {0};
    for (int j = 0; j <= order; j++, from += length) {
        four_doubles part = {0};
        for (int k = 0; k <= order; k++) {
            four_doubles pixel;
            memcpy(&pixel, from + 3 * k, sizeof pixel); /* and one more, which is not used */
            part += pixel * at->x[k][i];
        }
        sum += part * at->y[j][i];
    }
    four_floats rounded = __builtin_convertvector(sum, four_floats);
    memcpy(to, &rounded, sizeof rounded);
}

static inline __attribute__((always_inline)) void take_any(const double *from, int64_t length, const supports *at,
                                                           int i, int order, int channels, float *to)
{
    for (int channel = 0; channel < channels; channel++) {
        double sum = 0;
        for (int j = 0; j <= order; j++) {
            const double *pixel = from + j * length + channel;
            double part = 0;
            for (int k = 0; k <= order; k++)
                part += pixel[k * channels] * at->x[k][i];
            sum += part * at->y[j][i];
        }
        to[channel] = (float)sum;
    }
}

static inline __attribute__((always_inline)) void take_row_of(const cornu__warp_picture *picture,
                                                              const cornu__warp_line *line, int order, bool last,
                                                              float *to)
{
    const int channels = picture->extent.channels, width = picture->extent.width;
    const int64_t length = (width + 2 * (int64_t)picture->margin) * channels;
    supports at;
    for (int begin = 0; begin < width; begin += PLACES_AT_ONCE) {
        int count = width - begin < PLACES_AT_ONCE ? width - begin : PLACES_AT_ONCE;
        find_supports(picture, line, begin, count, order, &at);
        for (int i = 0; i < count; i++, to += channels) {
            if (at.first[i] == WITH_CARE) {
                take_with_care(picture, line, begin + i, to);
                continue;
            }
            const double *from = picture->coefficients + at.first[i];
            if (channels == 3 && !(last && begin + i + 1 == width)) /* a fourth float is written */
                take_three(from, length, &at, i, order, to);
            else if (channels == 1)
                take_any(from, length, &at, i, order, 1, to);
            else
                take_any(from, length, &at, i, order, channels, to);
        }
    }
}

void CORNU_ISA_NAME(cornu__warp_spline)(const cornu__warp_picture *picture, const cornu__warp_line *line, float *to,
                                        bool last)
{
    switch (picture->warp->order) {
    case 2:
        take_row_of(picture, line, 2, last, to);
        break;
    case 3:
        take_row_of(picture, line, 3, last, to);
        break;
    case 4:
        take_row_of(picture, line, 4, last, to);
        break;
    default:
        take_row_of(picture, line, 5, last, to);
    }
}
