/* warp_spline.c: orders 2 to 5, a B-spline over 3 to 6 coefficients a side, in double. */
#include "image/spline.h"

/* A place along one axis: which coefficients count, and how much. */
typedef struct support {
    int64_t index[6];
    double weight[6];
} support;

static bool find_support(const cornu__warp_picture *picture, int64_t fixed, int size, support *out)
{
    cornu__fill_mode mode = picture->warp->fill_mode;
    int order = picture->warp->order, whole = size + 2 * picture->margin;
    fixed += picture->margin * CORNU__FILL_ONE;
    if (!cornu__fill_coordinate(mode, &fixed, whole))
        return false;
    int64_t start;
    cornu__spline_weights(order, (double)fixed * 0x1p-32, &start, out->weight);
    for (int i = 0; i <= order; i++)
        out->index[i] = cornu__fill_index(mode, start + i, whole);
    return true;
}

static double value_at(const cornu__warp_picture *picture, const support *row, const support *column, int channel)
{
    int order = picture->warp->order, channels = picture->extent.channels;
    int64_t length = (int64_t)(picture->extent.width + 2 * picture->margin) * channels;
    double value = 0;
    for (int i = 0; i <= order; i++) {
        const double *line = picture->coefficients + row->index[i] * length + channel;
        double sum = 0;
        for (int j = 0; j <= order; j++)
            sum += line[column->index[j] * channels] * column->weight[j];
        value += sum * row->weight[i];
    }
    return value;
}

void cornu__warp_row_spline(const cornu__warp_picture *picture, const cornu__warp_line *line, float *to, bool last)
{
    (void)last;
    cornu__extent extent = picture->extent;
    for (int i = 0; i < extent.width; i++) {
        support row, column;
        bool inside = find_support(picture, line->row + i * line->row_step, extent.height, &row) &&
                      find_support(picture, line->column + i * line->column_step, extent.width, &column);
        for (int channel = 0; channel < extent.channels; channel++)
            *to++ = inside ? (float)value_at(picture, &row, &column, channel) : picture->warp->constant;
    }
}
