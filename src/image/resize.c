/* resize.c: the way of a picture through the passes of a resize. */
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "image/kernels/kernels.h"
#include "image/resize.h"

static const char *const names[CORNU__INTERPOLATION_COUNT] = {"nearest", "box",     "bilinear",
                                                              "hamming", "bicubic", "lanczos"};

cornu_status cornu__interpolation_named(const char *name, cornu__interpolation *interpolation)
{
    for (int i = 0; name && i < CORNU__INTERPOLATION_COUNT; i++) {
        if (strcmp(name, names[i]) == 0) {
            *interpolation = (cornu__interpolation)i;
            return CORNU_OK;
        }
    }
    const char *nearest = name ? cornu__text_nearest(name, names, CORNU__INTERPOLATION_COUNT) : NULL;
    return cornu__fail(
        CORNU_ERROR_UNKNOWN_NAME,
        "there is no interpolation '%s'%s%s%s; wanted nearest, bilinear, bicubic, hamming, box or lanczos",
        name ? name : "(NULL)", nearest ? " (did you mean '" : "", nearest ? nearest : "", nearest ? "'?)" : "");
}

cornu__box cornu__box_of(const cornu__image *image)
{
    return (cornu__box){0, 0, (float)image->width, (float)image->height};
}

static int at_least_1_at_most(int64_t value, int most)
{
    return value < 1 ? 1 : value > most ? most : (int)value;
}

cornu__box cornu__box_in_the_middle(const cornu__image *image, int height, int width)
{
    int cut_height = at_least_1_at_most((int64_t)image->width * height / width, image->height);
    int cut_width = at_least_1_at_most((int64_t)image->height * width / height, image->width);
    int top = (image->height - cut_height) / 2, left = (image->width - cut_width) / 2;
    return (cornu__box){(float)left, (float)top, (float)(left + cut_width), (float)(top + cut_height)};
}

void cornu__resizer_free(cornu__resizer *resizer)
{
    cornu__free(resizer->columns.block);
    cornu__free(resizer->rows.block);
    cornu__image_free(&resizer->between);
    cornu__image_free(&resizer->multiplied);
    cornu__free(resizer->scratch);
    *resizer = (cornu__resizer){0};
}

static cornu_status reserve_scratch(cornu__resizer *resizer, size_t size)
{
    if (size <= resizer->scratch_capacity)
        return CORNU_OK;
    void *block = cornu__alloc_uninitialized(size);
    if (!block)
        return cornu_error_status();
    cornu__free(resizer->scratch);
    resizer->scratch = block;
    resizer->scratch_capacity = size;
    return CORNU_OK;
}

cornu_status cornu__resizer_reserve(cornu__resizer *resizer, const cornu__image *from, const cornu__image *to)
{
    size_t widest = (size_t)(from->width > to->width ? from->width : to->width);
    return reserve_scratch(resizer, widest * (size_t)from->channels * sizeof(double) + CORNU__RESIZE_OVERREAD);
}

/* --- The nearest pixel --- */

/* Which pixel each of `count` comes from. The place goes on by repeated addition, as Pillow's does: its rounding decides ties. */
static void find_nearest(int *from, int count, float begin, float end, int size)
{
    double step = (double)(end - begin) / count, place = (double)begin + step * 0.5;
    for (int i = 0; i < count; i++, place += step) {
        int pixel = place < 0 ? 0 : (int)place;
        from[i] = pixel < size ? pixel : size - 1;
    }
}

static void take_columns(char *to, const char *from, const int *columns, int count, size_t pixel)
{
    switch (pixel) { /* so that the usual ones are moves and no calls */
    case 1:
        for (int i = 0; i < count; i++)
            to[i] = from[columns[i]];
        break;
    case 3:
        for (int i = 0; i < count; i++)
            memcpy(to + 3 * (size_t)i, from + 3 * (size_t)columns[i], 3);
        break;
    case 4:
        for (int i = 0; i < count; i++)
            memcpy(to + 4 * (size_t)i, from + 4 * (size_t)columns[i], 4);
        break;
    default:
        for (int i = 0; i < count; i++)
            memcpy(to + pixel * (size_t)i, from + pixel * (size_t)columns[i], pixel);
    }
}

static cornu_status take_nearest(cornu__resizer *resizer, const cornu__image *from, cornu__box box, cornu__image *to)
{
    CORNU_TRY(reserve_scratch(resizer, ((size_t)to->width + (size_t)to->height) * sizeof(int)));
    int *columns = resizer->scratch, *rows = columns + to->width;
    find_nearest(columns, to->width, box.left, box.right, from->width);
    find_nearest(rows, to->height, box.top, box.bottom, from->height);
    size_t pixel = (size_t)from->channels * cornu_dtype_size(from->dtype), stride = pixel * (size_t)to->width;
    for (int row = 0; row < to->height; row++) {
        char *target = (char *)to->data + (size_t)row * stride;
        if (row > 0 && rows[row] == rows[row - 1])
            memcpy(target, target - stride, stride);
        else
            take_columns(target, (const char *)from->data + (size_t)rows[row] * pixel * (size_t)from->width, columns,
                         to->width, pixel);
    }
    return CORNU_OK;
}

/* --- Filters --- */

cornu_status cornu__resize_both(cornu__resizer *resizer, const cornu__image *from, cornu__image *to)
{
    const cornu__image_kernels *kernels;
    CORNU_TRY(cornu__image_kernels_choose(&kernels));
    const cornu__filter_axis *rows = &resizer->rows;
    int last = rows->outputs - 1, first_row = rows->first[0], end_row = rows->first[last] + rows->count[last];
    CORNU_TRY(cornu__image_shape(&resizer->between, from->dtype, end_row - first_row, to->width, from->channels));
    kernels->resize_columns(&resizer->columns, from, first_row, &resizer->between, resizer->scratch);
    kernels->resize_rows(rows, &resizer->between, first_row, to, resizer->scratch);
    return CORNU_OK;
}

static cornu_status filter(cornu__resizer *resizer, const cornu__image *from, cornu__box box,
                           cornu__interpolation interpolation, cornu__image *to)
{
    bool columns = to->width != from->width || box.left != 0 || box.right != (float)from->width;
    bool rows = to->height != from->height || box.top != 0 || box.bottom != (float)from->height;
    const cornu__image_kernels *kernels;
    CORNU_TRY(cornu__image_kernels_choose(&kernels));
    CORNU_TRY(cornu__resizer_reserve(resizer, from, to));
    if (columns)
        CORNU_TRY(
            cornu__filter_axis_make(&resizer->columns, interpolation, from->width, box.left, box.right, to->width));
    if (rows)
        CORNU_TRY(
            cornu__filter_axis_make(&resizer->rows, interpolation, from->height, box.top, box.bottom, to->height));
    if (columns && rows)
        return cornu__resize_both(resizer, from, to);
    if (columns)
        kernels->resize_columns(&resizer->columns, from, 0, to, resizer->scratch);
    else
        kernels->resize_rows(&resizer->rows, from, 0, to, resizer->scratch);
    return CORNU_OK;
}

/* --- Alpha --- */

static inline uint32_t scaled(uint32_t level, uint32_t alpha)
{
    uint32_t product = level * alpha + 128;
    return ((product >> 8) + product) >> 8;
}

static cornu_status multiply_by_alpha(cornu__image *to, const cornu__image *from)
{
    CORNU_TRY(cornu__image_copy(to, from));
    size_t channels = (size_t)to->channels;
    uint8_t *pixel = to->data;
    for (size_t i = 0; i < cornu__image_count(to); i += channels, pixel += channels) {
        for (size_t channel = 0; channel + 1 < channels; channel++)
            pixel[channel] = (uint8_t)scaled(pixel[channel], pixel[channels - 1]);
    }
    return CORNU_OK;
}

static void divide_by_alpha(cornu__image *image)
{
    size_t channels = (size_t)image->channels;
    uint8_t *pixel = image->data;
    for (size_t i = 0; i < cornu__image_count(image); i += channels, pixel += channels) {
        uint32_t alpha = pixel[channels - 1];
        for (size_t channel = 0; alpha > 0 && alpha < 255 && channel + 1 < channels; channel++) {
            uint32_t level = 255u * pixel[channel] / alpha;
            pixel[channel] = level < 255 ? (uint8_t)level : 255;
        }
    }
}

static bool is_whole(const cornu__image *image, cornu__box box)
{
    return box.left == 0 && box.top == 0 && box.right == (float)image->width && box.bottom == (float)image->height;
}

cornu_status cornu__box_check(const cornu__image *image, cornu__box box)
{
    bool inside = box.left >= 0 && box.top >= 0 && box.right > box.left && box.bottom > box.top &&
                  box.right <= (float)image->width && box.bottom <= (float)image->height;
    if (inside)
        return CORNU_OK;
    return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                       "the part (%g, %g, %g, %g) (left, top, right, bottom) is not within a picture of %d x %d pixels",
                       (double)box.left, (double)box.top, (double)box.right, (double)box.bottom, image->width,
                       image->height);
}

cornu_status cornu__resize(cornu__resizer *resizer, const cornu__image *from, cornu__box box,
                           cornu__interpolation interpolation, int height, int width, cornu__image *to)
{
    CORNU_TRY(cornu__box_check(from, box));
    if (from->height == height && from->width == width && is_whole(from, box))
        return cornu__image_copy(to, from);
    CORNU_TRY(cornu__image_shape(to, from->dtype, height, width, from->channels));
    if (interpolation == CORNU__NEAREST)
        return take_nearest(resizer, from, box, to);
    bool has_alpha = from->dtype == CORNU_UINT8 && (from->channels == 2 || from->channels == 4);
    if (!has_alpha)
        return filter(resizer, from, box, interpolation, to);
    CORNU_TRY(multiply_by_alpha(&resizer->multiplied, from));
    CORNU_TRY(filter(resizer, &resizer->multiplied, box, interpolation, to));
    divide_by_alpha(to);
    return CORNU_OK;
}
