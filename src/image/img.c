/* img.c: Keras's load_img, img_to_array, array_to_img and save_img. */
#include <math.h>
#include <string.h>

#include <cornu/image.h>

#include "array/array.h"
#include "base/options.h"
#include "base/text.h"
#include "format/limits.h"
#include "image/encode.h"
#include "image/load.h"

static cornu_status channels_first_of(const char *data_format, bool *channels_first)
{
    *channels_first = data_format && strcmp(data_format, "channels_first") == 0;
    if (*channels_first || (data_format && strcmp(data_format, "channels_last") == 0))
        return CORNU_OK;
    return cornu__fail(CORNU_ERROR_UNKNOWN_NAME,
                       "there is no data_format '%s'; wanted 'channels_last' or 'channels_first'",
                       data_format ? data_format : "(NULL)");
}

/* --- load_img --- */

static cornu_status read_load_options(const cornu_load_img_options *options, cornu__load_options *load)
{
    cornu_size2 size = options->target_size;
    *load = (cornu__load_options){.decode.exif_orientation = options->exif_orientation,
                                  .height = size.first,
                                  .width = size.second,
                                  .aspect = options->keep_aspect_ratio ? CORNU__ASPECT_CROP : CORNU__ASPECT_STRETCH};
    bool sized = size.first > 0 && size.second > 0;
    if (!sized && (size.first != 0 || size.second != 0))
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "load_img: target_size (%d, %d); wanted a height and a width of at least 1, or none",
                           size.first, size.second);
    if ((int64_t)size.first * size.second > CORNU__MAX_IMAGE_PIXELS)
        return cornu__fail(CORNU_ERROR_LIMIT, "load_img: target_size (%d, %d) is more than %d pixels", size.first,
                           size.second, CORNU__MAX_IMAGE_PIXELS);
    CORNU_TRY(cornu__color_mode_named(options->color_mode, &load->decode.color_mode));
    return cornu__interpolation_named(options->interpolation, &load->interpolation);
}

static cornu_array *array_of(const cornu__image *image)
{
    int64_t shape[] = {image->height, image->width, image->channels};
    return cornu_array_copy_of(image->dtype, 3, shape, image->data);
}

cornu_array *cornu_load_img_with(const char *path, const cornu_load_img_options *options)
{
    cornu_load_img_options whole = {.struct_size = sizeof whole, CORNU_LOAD_IMG_DEFAULTS};
    cornu__load_options load;
    cornu__options_lay(&whole, sizeof whole, options);
    if (read_load_options(&whole, &load) != CORNU_OK)
        return NULL;
    cornu__loader loader = {0};
    const cornu__image *image;
    cornu_array *array = cornu__load_image(&loader, path, &load, &image) == CORNU_OK ? array_of(image) : NULL;
    cornu__loader_free(&loader);
    return array;
}

/* --- Arrays as pictures --- */

typedef struct layout {
    int64_t height, width, channels;
    bool channels_first;
} layout;

/* The axes of a picture in an array of rank 2 or 3. */
static cornu_status find_layout(const cornu_array *array, bool channels_first, const char *caller, layout *out)
{
    if (!array)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "%s: the array is NULL", caller);
    int rank = cornu_array_is_collection(array) ? -1 : cornu_array_rank(array);
    if ((rank != 2 && rank != 3) || cornu_array_count(array) == 0)
        return cornu__fail(CORNU_ERROR_SHAPE,
                           "%s: wanted one picture of shape (height, width, channels) or (height, width), got %s of "
                           "rank %d with %lld elements",
                           caller, rank < 0 ? "a collection" : "an array", rank, (long long)cornu_array_count(array));
    int first = rank == 3 && channels_first ? 1 : 0;
    *out = (layout){.height = cornu_array_size(array, first),
                    .width = cornu_array_size(array, first + 1),
                    .channels = rank == 2 ? 1 : cornu_array_size(array, channels_first ? 0 : 2),
                    .channels_first = channels_first && rank == 3};
    return CORNU_OK;
}

/* Elements between (height, width, channels) and (channels, height, width). */
static void transpose(char *to, const char *from, int64_t rows, int64_t columns, size_t size)
{
    for (int64_t column = 0; column < columns; column++) {
        for (int64_t row = 0; row < rows; row++, to += size)
            memcpy(to, from + (size_t)(row * columns + column) * size, size);
    }
}

cornu_array *cornu_img_to_array_with(const cornu_array *image, const cornu_img_to_array_options *options)
{
    cornu_img_to_array_options whole = {.struct_size = sizeof whole, CORNU_IMG_TO_ARRAY_DEFAULTS};
    cornu__options_lay(&whole, sizeof whole, options);
    bool channels_first;
    layout own;
    if (channels_first_of(whole.data_format, &channels_first) != CORNU_OK ||
        find_layout(image, false, "img_to_array", &own) != CORNU_OK)
        return NULL;
    if (cornu_dtype_size(whole.dtype) == 0)
        return cornu__fail_null(CORNU_ERROR_DTYPE, "img_to_array: %d is no dtype", (int)whole.dtype);
    cornu_array *converted = cornu_array_cast(image, whole.dtype);
    int64_t last[] = {own.height, own.width, own.channels}, first[] = {own.channels, own.height, own.width};
    cornu_array *array = converted ? cornu__array_uninitialized(whole.dtype, 3, channels_first ? first : last) : NULL;
    size_t size = cornu_dtype_size(whole.dtype);
    if (array && channels_first)
        transpose(cornu_array_data(array), cornu_array_data(converted), own.height * own.width, own.channels, size);
    else if (array)
        memcpy(cornu_array_data(array), cornu_array_data(converted), (size_t)cornu_array_count(array) * size);
    cornu_array_release(converted);
    return array;
}

/* --- array_to_img --- */

/* What levels are made of values: (value - offset) * factor, within 0 .. most, what is behind the point dropped. */
typedef struct leveling {
    double offset, divisor, factor, most;
} leveling;

static leveling find_leveling(const float *values, size_t count, int64_t channels, bool scale)
{
    float low = values[0], high = values[0];
    for (size_t i = 1; i < count; i++) {
        low = fminf(low, values[i]);
        high = fmaxf(high, values[i]);
    }
    if (!scale)
        return (leveling){.divisor = 1, .factor = 1, .most = channels == 1 && high > 255 ? 65535 : 255};
    double range = (double)(high - low); /* in float, as numpy does */
    return (leveling){.offset = (double)low, .divisor = range > 0 ? range : 1, .factor = 255, .most = 255};
}

static double level_of(const leveling *how, float value)
{
    /* each step rounded to float, as numpy does */
    float level = (float)((double)value - how->offset);
    level = (float)((double)level / how->divisor);
    level = (float)((double)level * how->factor);
    return level > 0 ? fmin((double)level, how->most) : 0; /* 0 for NaN too */
}

static void write_levels(const leveling *how, const float *values, const layout *own, cornu_array *to)
{
    int64_t pixels = own->height * own->width, channels = own->channels;
    for (int64_t i = 0; i < pixels * channels; i++) {
        int64_t from = own->channels_first ? i % channels * pixels + i / channels : i;
        double level = level_of(how, values[from]);
        if (to->dtype == CORNU_UINT16)
            ((uint16_t *)to->data)[i] = (uint16_t)level;
        else
            ((uint8_t *)to->data)[i] = (uint8_t)level;
    }
}

static cornu_array *to_image(const cornu_array *array, const char *data_format, bool scale, const char *caller)
{
    bool channels_first;
    layout own;
    if (channels_first_of(data_format, &channels_first) != CORNU_OK ||
        find_layout(array, channels_first, caller, &own) != CORNU_OK)
        return NULL;
    if (own.height > INT32_MAX || own.width > INT32_MAX)
        return cornu__fail_null(CORNU_ERROR_LIMIT, "%s: a picture of %lld x %lld pixels", caller, (long long)own.width,
                                (long long)own.height);
    if (own.channels != 1 && own.channels != 3 && own.channels != 4)
        return cornu__fail_null(CORNU_ERROR_SHAPE, "%s: wanted 1, 3 or 4 channels (%s), got %lld", caller, data_format,
                                (long long)own.channels);
    cornu_array *values = cornu_array_cast(array, CORNU_FLOAT32);
    if (!values)
        return NULL;
    leveling how = find_leveling(values->data, (size_t)values->count, own.channels, scale);
    int64_t shape[] = {own.height, own.width, own.channels};
    cornu_array *image = cornu__array_uninitialized(how.most > 255 ? CORNU_UINT16 : CORNU_UINT8, 3, shape);
    if (image)
        write_levels(&how, values->data, &own, image);
    cornu_array_release(values);
    return image;
}

cornu_array *cornu_array_to_img_with(const cornu_array *array, const cornu_array_to_img_options *options)
{
    cornu_array_to_img_options whole = {.struct_size = sizeof whole, CORNU_ARRAY_TO_IMG_DEFAULTS};
    cornu__options_lay(&whole, sizeof whole, options);
    return to_image(array, whole.data_format, whole.scale, "array_to_img");
}

/* --- save_img --- */

static cornu_status is_jpeg_format(const char *path, const char *format, bool *jpeg)
{
    bool by_name = format != NULL;
    *jpeg = by_name ? cornu__text_equal_nocase(format, "jpg") || cornu__text_equal_nocase(format, "jpeg")
                    : cornu__text_has_ending(path, ".jpg") || cornu__text_has_ending(path, ".jpeg");
    bool png = by_name ? cornu__text_equal_nocase(format, "png") : cornu__text_has_ending(path, ".png");
    if (*jpeg || png)
        return CORNU_OK;
    if (by_name)
        return cornu__fail(CORNU_ERROR_UNKNOWN_NAME,
                           "save_img: file_format '%s' is not written; wanted 'png', 'jpg' or 'jpeg'", format);
    return cornu__fail(CORNU_ERROR_UNKNOWN_NAME,
                       "save_img: the ending of '%s' names no kind of file that is written; wanted .png, .jpg or "
                       ".jpeg, or file_format",
                       path);
}

static void drop_alpha(cornu__image *image)
{
    uint8_t *pixels = image->data;
    for (size_t i = 0; i < (size_t)image->height * (size_t)image->width; i++)
        memmove(pixels + 3 * i, pixels + 4 * i, 3);
    image->channels = 3;
}

cornu_status cornu_save_img_with(const char *path, const cornu_array *array, const cornu_save_img_options *options)
{
    cornu_save_img_options whole = {.struct_size = sizeof whole, CORNU_SAVE_IMG_DEFAULTS};
    cornu__options_lay(&whole, sizeof whole, options);
    bool jpeg = false;
    if (!path || path[0] == '\0')
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "save_img: the path is empty");
    CORNU_TRY(is_jpeg_format(path, whole.file_format, &jpeg));
    cornu_array *levels = to_image(array, whole.data_format, whole.scale, "save_img");
    if (!levels)
        return cornu_error_status();
    cornu__image image = cornu__image_view(levels->dtype, (int)levels->shape[0], (int)levels->shape[1],
                                           (int)levels->shape[2], levels->data);
    if (jpeg && image.channels == 4)
        drop_alpha(&image);
    cornu_status status = jpeg ? cornu__encode_jpeg(path, &image, whole.quality) : cornu__encode_png(path, &image);
    cornu_array_release(levels);
    return status;
}
