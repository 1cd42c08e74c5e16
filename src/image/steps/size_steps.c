/* size_steps.c: RandomCrop, CenterCrop, Resizing. */
#include <math.h>
#include <string.h>

#include "array/array.h"
#include "image/resize_tensorflow.h"
#include "image/steps/color.h"

static cornu_status check_size(int height, int width)
{
    CORNU_TRY(cornu__at_least("height", 1, height));
    return cornu__at_least("width", 1, width);
}

/* Copies the part of the result's size that begins at this row and column. */
static void cut_out(const cornu__step_call *call, int top, int left, const float *from, float *to)
{
    size_t channels = (size_t)call->from.channels, length = (size_t)call->to.width * channels;
    for (int row = 0; row < call->to.height; row++)
        memcpy(to + (size_t)row * length,
               from + ((size_t)(top + row) * (size_t)call->from.width + (size_t)left) * channels, length * sizeof *to);
}

/* to := the part of `from` within the box, in the result's size. */
static cornu_status resize(const cornu__step_call *call, cornu__box box, cornu__tensorflow_method method,
                           bool antialias, const cornu__image *from, float *to)
{
    CORNU_TRY(cornu__resize_tensorflow(call->resizer, from, box, call->mask ? CORNU__TF_NEAREST : method, antialias,
                                       call->to.height, call->to.width, call->resized));
    memcpy(to, call->resized->data, cornu__extent_count(call->to) * sizeof *to);
    return CORNU_OK;
}

static cornu__image image_of(cornu__extent extent, const float *data)
{
    return cornu__image_view(CORNU_FLOAT32, extent.height, extent.width, extent.channels, (float *)data);
}

/* Keras's smart_resize: the largest part in the middle that has the result's shape. */
static cornu_status resize_middle(const cornu__step_call *call, const float *from, float *to)
{
    cornu__image image = image_of(call->from, from);
    return resize(call, cornu__box_in_the_middle(&image, call->to.height, call->to.width), CORNU__TF_BILINEAR, false,
                  &image, to);
}

/* --- RandomCrop --- */

typedef cornu_random_crop_options random_crop_options;

static const random_crop_options random_crop_defaults = {.struct_size = sizeof random_crop_defaults,
                                                         CORNU_RANDOM_CROP_DEFAULTS};
static const char *const random_crop_values[] = {"h_start", "w_start", NULL};

static cornu_status check_random_crop(void *config)
{
    const random_crop_options *o = config;
    return check_size(o->height, o->width);
}

static cornu_status size_random_crop(const void *config, cornu__extent *extent)
{
    const random_crop_options *o = config;
    *extent = (cornu__extent){o->height, o->width, extent->channels};
    return CORNU_OK;
}

static void draw_random_crop(const void *config, cornu__extent extent, cornu__random_key key, double *values)
{
    const random_crop_options *o = config;
    int rows = extent.height - o->height, columns = extent.width - o->width;
    bool fits = rows >= 0 && columns >= 0;
    values[0] = fits ? (double)cornu__random_below(key, 0, (uint64_t)rows + 1) : NAN;
    values[1] = fits ? (double)cornu__random_below(key, 1, (uint64_t)columns + 1) : NAN;
}

static int within(double place, int most)
{
    return place < 0 ? 0 : place > most ? most : (int)place;
}

/* Not a number: the largest part in the middle, which is what pictures get where nothing is trained. */
static cornu_status random_crop(const cornu__step_call *call, const float *from, float *to)
{
    const double *values = call->drawn->values;
    int rows = call->from.height - call->to.height, columns = call->from.width - call->to.width;
    if (isnan(values[0]) || isnan(values[1]) || rows < 0 || columns < 0)
        return resize_middle(call, from, to);
    cut_out(call, within(values[0], rows), within(values[1], columns), from, to);
    return CORNU_OK;
}

static const cornu__field random_crop_fields[] = {
    CORNU__LAYER_FIELDS(random_crop_options),      CORNU__FIELD(INT, random_crop_options, height),
    CORNU__FIELD(INT, random_crop_options, width), CORNU__SEED_FIELD(random_crop_options),
    CORNU__FORMAT_FIELD(random_crop_options),
};
static const cornu__step_class random_crop_class = {
    CORNU__STEP_BASE("RandomCrop", random_crop_options, random_crop_defaults, random_crop_fields,
                     .check = check_random_crop),
    .values = random_crop_values,
    .always = true,
    .draw = draw_random_crop,
    .resize = size_random_crop,
    .move = random_crop,
};

cornu_layer *cornu_random_crop_with(const random_crop_options *options)
{
    return cornu__layer_create(&random_crop_class.layer, options);
}

/* --- CenterCrop --- */

typedef cornu_center_crop_options center_crop_options;

static const center_crop_options center_crop_defaults = {.struct_size = sizeof center_crop_defaults,
                                                         CORNU_CENTER_CROP_DEFAULTS};

static cornu_status check_center_crop(void *config)
{
    const center_crop_options *o = config;
    return check_size(o->height, o->width);
}

static cornu_status size_center_crop(const void *config, cornu__extent *extent)
{
    const center_crop_options *o = config;
    *extent = (cornu__extent){o->height, o->width, extent->channels};
    return CORNU_OK;
}

static cornu_status center_crop(const cornu__step_call *call, const float *from, float *to)
{
    int rows = call->from.height - call->to.height, columns = call->from.width - call->to.width;
    if (rows < 0 || columns < 0)
        return resize_middle(call, from, to);
    cut_out(call, rows / 2, columns / 2, from, to);
    return CORNU_OK;
}

static const cornu__field center_crop_fields[] = {
    CORNU__LAYER_FIELDS(center_crop_options),
    CORNU__FIELD(INT, center_crop_options, height),
    CORNU__FIELD(INT, center_crop_options, width),
    CORNU__FORMAT_FIELD(center_crop_options),
};
static const cornu__step_class center_crop_class = {
    CORNU__STEP_BASE("CenterCrop", center_crop_options, center_crop_defaults, center_crop_fields,
                     .check = check_center_crop),
    .always = true,
    .resize = size_center_crop,
    .move = center_crop,
};

cornu_layer *cornu_center_crop_with(const center_crop_options *options)
{
    return cornu__layer_create(&center_crop_class.layer, options);
}

/* --- Resizing --- */

typedef cornu_resizing_options resizing_options;

static const resizing_options resizing_defaults = {.struct_size = sizeof resizing_defaults, CORNU_RESIZING_DEFAULTS};
static const char *const resizing_methods[] = {"bilinear", "nearest", "bicubic", "area", "lanczos3", "lanczos5", NULL};
static const char *const resizing_fill_modes[] = {"constant", NULL};

static cornu_status check_resizing(void *config)
{
    const resizing_options *o = config;
    CORNU_TRY(check_size(o->height, o->width));
    if (!o->crop_to_aspect_ratio || !o->pad_to_aspect_ratio)
        return CORNU_OK;
    return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "crop_to_aspect_ratio and pad_to_aspect_ratio exclude each other");
}

/* The rows and columns that pad_to_aspect_ratio puts on each side. */
static void find_padding(const resizing_options *o, cornu__extent extent, int *rows, int *columns)
{
    int height = (int)((float)((int64_t)extent.width * o->height) / (float)o->width);
    int width = (int)((float)((int64_t)extent.height * o->width) / (float)o->height);
    *rows = height > extent.height ? (height - extent.height) / 2 : 0;
    *columns = width > extent.width ? (width - extent.width) / 2 : 0;
}

static cornu_status size_resizing(const void *config, cornu__extent *extent)
{
    const resizing_options *o = config;
    *extent = (cornu__extent){o->height, o->width, extent->channels};
    return CORNU_OK;
}

static cornu__extent padded_extent(const resizing_options *o, cornu__extent extent)
{
    int rows, columns;
    find_padding(o, extent, &rows, &columns);
    return (cornu__extent){extent.height + 2 * rows, extent.width + 2 * columns, extent.channels};
}

static size_t padded_size(const void *config, cornu__extent extent)
{
    const resizing_options *o = config;
    return o->pad_to_aspect_ratio ? cornu__extent_count(padded_extent(o, extent)) * sizeof(float) : 0;
}

static void pad(const resizing_options *o, cornu__extent extent, const float *from, float *padded)
{
    int rows, columns;
    find_padding(o, extent, &rows, &columns);
    cornu__extent all = padded_extent(o, extent);
    size_t count = cornu__extent_count(all), channels = (size_t)extent.channels,
           length = (size_t)extent.width * channels;
    for (size_t i = 0; i < count; i++)
        padded[i] = (float)o->fill_value;
    for (int row = 0; row < extent.height; row++)
        memcpy(padded + ((size_t)(rows + row) * (size_t)all.width + (size_t)columns) * channels,
               from + (size_t)row * length, length * sizeof *padded);
}

static cornu_status resizing(const cornu__step_call *call, const float *from, float *to)
{
    const resizing_options *o = call->config;
    cornu__tensorflow_method method;
    CORNU_TRY(cornu__tensorflow_method_named(o->interpolation, &method));
    cornu__image image = image_of(call->from, from);
    cornu__box box =
        o->crop_to_aspect_ratio ? cornu__box_in_the_middle(&image, o->height, o->width) : cornu__box_of(&image);
    if (o->pad_to_aspect_ratio) {
        pad(o, call->from, from, call->scratch);
        image = image_of(padded_extent(o, call->from), call->scratch);
        box = cornu__box_of(&image);
    }
    return resize(call, box, method, o->antialias, &image, to);
}

static const cornu__field resizing_fields[] = {
    CORNU__LAYER_FIELDS(resizing_options),
    CORNU__FIELD(INT, resizing_options, height),
    CORNU__FIELD(INT, resizing_options, width),
    CORNU__FIELD(TEXT, resizing_options, interpolation, .choices = resizing_methods),
    CORNU__FIELD(BOOL, resizing_options, crop_to_aspect_ratio),
    CORNU__FIELD(BOOL, resizing_options, pad_to_aspect_ratio),
    CORNU__FIELD(TEXT, resizing_options, fill_mode, .choices = resizing_fill_modes),
    CORNU__FIELD(DOUBLE, resizing_options, fill_value),
    CORNU__FIELD(BOOL, resizing_options, antialias),
    CORNU__FORMAT_FIELD(resizing_options),
};
static const cornu__step_class resizing_class = {
    CORNU__STEP_BASE("Resizing", resizing_options, resizing_defaults, resizing_fields, .check = check_resizing),
    .always = true,
    .resize = size_resizing,
    .move = resizing,
    .scratch = padded_size,
};

cornu_layer *cornu_resizing_with(const resizing_options *options)
{
    return cornu__layer_create(&resizing_class.layer, options);
}

cornu__family cornu__size_steps = {&random_crop_class.layer.base, &center_crop_class.layer.base,
                                   &resizing_class.layer.base, NULL};
