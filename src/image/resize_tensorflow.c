/*
 * resize_tensorflow.c: the weights of tf.image.resize.
 *
 * The kernels: the triangle; Keys' cubic with a = -1/2; Lanczos' windowed sinc of 3 and 5; a Gaussian of standard deviation 1/2, cut off at 3/2;
 * Mitchell's and Netravali's cubic with B = C = 1/3 ("Reconstruction filters in computer graphics", 1988). "area" is the mean over the square
 * that an output covers. The "bicubic" of TensorFlow takes its weights from a table of 1024 places between two pixels where antialias is off.
 */
#include <math.h>
#include <string.h>

#include "array/array.h"
#include "base/text.h"
#include "image/resize_tensorflow.h"

#define CUBIC_TABLE 1024.0

static const char *const names[CORNU__TF_METHOD_COUNT] = {"nearest",  "bilinear", "bicubic",  "area",
                                                          "lanczos3", "lanczos5", "gaussian", "mitchellcubic"};

cornu_status cornu__tensorflow_method_named(const char *name, cornu__tensorflow_method *method)
{
    for (int i = 0; name && i < CORNU__TF_METHOD_COUNT; i++) {
        if (strcmp(name, names[i]) == 0) {
            *method = (cornu__tensorflow_method)i;
            return CORNU_OK;
        }
    }
    const char *nearest = name ? cornu__text_nearest(name, names, CORNU__TF_METHOD_COUNT) : NULL;
    return cornu__fail(CORNU_ERROR_UNKNOWN_NAME,
                       "there is no interpolation '%s'%s%s%s; wanted nearest, bilinear, bicubic, area, lanczos3, "
                       "lanczos5, gaussian or mitchellcubic",
                       name ? name : "(NULL)", nearest ? " (did you mean '" : "", nearest ? nearest : "",
                       nearest ? "'?)" : "");
}

/* --- Kernels, of a distance that is not negative --- */

static double triangle(double x)
{
    return x < 1 ? 1 - x : 0;
}

static double keys_cubic(double x)
{
    if (x >= 2)
        return 0;
    return x >= 1 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : (1.5 * x - 2.5) * x * x + 1;
}

static double lanczos(double x, double radius)
{
    if (x > radius)
        return 0;
    return x < 1e-3 ? 1 : radius * sin(M_PI * x) * sin(M_PI * x / radius) / (M_PI * M_PI * x * x);
}

static double lanczos3(double x)
{
    return lanczos(x, 3);
}

static double lanczos5(double x)
{
    return lanczos(x, 5);
}

static double gaussian(double x)
{
    return x >= 1.5 ? 0 : exp(-2 * x * x);
}

static double mitchell(double x)
{
    if (x >= 2)
        return 0;
    return x >= 1 ? ((-7.0 / 18 * x + 2) * x - 10.0 / 3) * x + 16.0 / 9 : (7.0 / 6 * x - 2) * x * x + 8.0 / 9;
}

static const struct kernel {
    double (*weight)(double distance);
    double radius;
} kernels[CORNU__TF_METHOD_COUNT] = {
    [CORNU__TF_BILINEAR] = {triangle, 1},   [CORNU__TF_BICUBIC] = {keys_cubic, 2},
    [CORNU__TF_LANCZOS3] = {lanczos3, 3},   [CORNU__TF_LANCZOS5] = {lanczos5, 5},
    [CORNU__TF_GAUSSIAN] = {gaussian, 1.5}, [CORNU__TF_MITCHELLCUBIC] = {mitchell, 2},
};

/* --- One axis --- */

static int within(double place, int inputs)
{
    return place < 0 ? 0 : place > inputs - 1 ? inputs - 1 : (int)place;
}

static double *weights_of(const cornu__filter_axis *axis, int output)
{
    return axis->weights + (size_t)output * (size_t)axis->taps;
}

/* Divides the weights by their sum, which for 0 stays as it is. */
static void divide_by_sum(double *weights, int count)
{
    double sum = 0;
    for (int i = 0; i < count; i++)
        sum += weights[i];
    for (int i = 0; sum != 0 && i < count; i++)
        weights[i] /= sum;
}

static void weigh_nearest(cornu__filter_axis *axis, int output)
{
    float scale = (float)axis->inputs / (float)axis->outputs; /* in float, since rounding decides ties */
    axis->first[output] = within((double)floorf(((float)output + 0.5f) * scale), axis->inputs);
    axis->count[output] = 1;
    weights_of(axis, output)[0] = 1;
}

/* The two pixels around the centre; at the border one of them twice. */
static void weigh_between(cornu__filter_axis *axis, int output)
{
    double place = (output + 0.5) * axis->inputs / axis->outputs - 0.5, below = floor(place);
    int first = within(below, axis->inputs), second = within(ceil(place), axis->inputs);
    double *weights = weights_of(axis, output);
    axis->first[output] = first;
    axis->count[output] = second - first + 1;
    weights[0] = second > first ? 1 - (place - below) : 1;
    if (second > first)
        weights[1] = place - below;
}

/* Four pixels, those beyond the border left out, by a distance rounded as in TensorFlow's table. */
static void weigh_cubic(cornu__filter_axis *axis, int output)
{
    double place = (output + 0.5) * axis->inputs / axis->outputs - 0.5, below = floor(place);
    double rest = nearbyint((place - below) * CUBIC_TABLE) / CUBIC_TABLE;
    int begin = (int)below - 1 < 0 ? 0 : (int)below - 1,
        end = (int)below + 3 > axis->inputs ? axis->inputs : (int)below + 3;
    axis->first[output] = begin;
    axis->count[output] = end - begin;
    for (int i = begin; i < end; i++)
        weights_of(axis, output)[i - begin] = keys_cubic(fabs(i - below - rest));
    divide_by_sum(weights_of(axis, output), end - begin);
}

/* How much of each pixel lies in the square of the output. */
static void weigh_area(cornu__filter_axis *axis, int output)
{
    double scale = (double)axis->inputs / axis->outputs, from = output * scale, to = (output + 1) * scale;
    int begin = within(floor(from), axis->inputs), end = within(ceil(to) - 1, axis->inputs) + 1;
    axis->first[output] = begin;
    axis->count[output] = end - begin;
    for (int i = begin; i < end; i++)
        weights_of(axis, output)[i - begin] = fmin(to, i + 1) - fmax(from, i);
    divide_by_sum(weights_of(axis, output), end - begin);
}

/* In float, as TensorFlow computes: the Gaussian is cut off where it is not 0, and where a pixel lies right at its end, rounding decides whether it counts. */
static void weigh_gaussian(cornu__filter_axis *axis, bool antialias, int output)
{
    const float cut = (float)kernels[CORNU__TF_GAUSSIAN].radius;
    float scale = (float)axis->outputs / (float)axis->inputs, inverse = 1 / scale;
    float stretched = antialias && inverse > 1 ? inverse : 1, shrink = 1 / stretched;
    float centre = ((float)output + 0.5f) * inverse, radius = cut * stretched;
    int begin = within(ceilf(centre - radius - 0.5f), axis->inputs);
    int end = within(floorf(centre + radius - 0.5f), axis->inputs) + 1;
    axis->first[output] = begin;
    axis->count[output] = end - begin;
    for (int i = begin; i < end; i++)
        weights_of(axis, output)[i - begin] = gaussian(fabsf(((float)i + 0.5f - centre) * shrink));
    divide_by_sum(weights_of(axis, output), end - begin);
}

static void weigh_by_kernel(cornu__filter_axis *axis, const struct kernel *kernel, double stretched, int output)
{
    double centre = (output + 0.5) * axis->inputs / axis->outputs, radius = kernel->radius * stretched;
    int begin = within(ceil(centre - radius - 0.5), axis->inputs);
    int end = within(floor(centre + radius - 0.5), axis->inputs) + 1;
    axis->first[output] = begin;
    axis->count[output] = end - begin;
    for (int i = begin; i < end; i++)
        weights_of(axis, output)[i - begin] = kernel->weight(fabs(i + 0.5 - centre) / stretched);
    divide_by_sum(weights_of(axis, output), end - begin);
}

static cornu_status make_axis(cornu__filter_axis *axis, cornu__tensorflow_method method, bool antialias, int inputs,
                              int outputs)
{
    const struct kernel *kernel = &kernels[method];
    double scale = (double)inputs / outputs, stretched = antialias && scale > 1 ? scale : 1;
    double most = method == CORNU__TF_AREA ? ceil(scale) + 2
                  : kernel->weight         ? 2 * ceil(kernel->radius * stretched) + 2
                                           : 2;
    CORNU_TRY(cornu__filter_axis_reserve(axis, outputs, most < inputs + 2.0 ? (int)most : inputs + 2));
    axis->interpolation = -1; /* made for nothing that Pillow's weights could be taken for */
    axis->inputs = inputs;
    for (int i = 0; i < outputs; i++) {
        if (method == CORNU__TF_NEAREST)
            weigh_nearest(axis, i);
        else if (method == CORNU__TF_AREA)
            weigh_area(axis, i);
        else if (method == CORNU__TF_BILINEAR && !antialias)
            weigh_between(axis, i);
        else if (method == CORNU__TF_BICUBIC && !antialias)
            weigh_cubic(axis, i);
        else if (method == CORNU__TF_GAUSSIAN)
            weigh_gaussian(axis, antialias, i);
        else
            weigh_by_kernel(axis, kernel, stretched, i);
    }
    return CORNU_OK;
}

/* --- The picture --- */

static cornu_status cut_out(cornu__image *to, const cornu__image *from, cornu__box box)
{
    int top = (int)box.top, left = (int)box.left, height = (int)box.bottom - top, width = (int)box.right - left;
    size_t pixel = (size_t)from->channels, size = cornu_dtype_size(from->dtype);
    CORNU_TRY(cornu__image_shape(to, CORNU_FLOAT32, height, width, from->channels));
    for (int row = 0; row < height; row++) {
        size_t begin = ((size_t)(top + row) * (size_t)from->width + (size_t)left) * pixel;
        cornu__convert(CORNU_FLOAT32, (float *)to->data + (size_t)row * (size_t)width * pixel, from->dtype,
                       (const char *)from->data + begin * size, (int64_t)((size_t)width * pixel));
    }
    return CORNU_OK;
}

cornu_status cornu__resize_tensorflow(cornu__resizer *resizer, const cornu__image *from, cornu__box box,
                                      cornu__tensorflow_method method, bool antialias, int height, int width,
                                      cornu__image *to)
{
    cornu__image *floats = &resizer->multiplied;
    CORNU_TRY(cornu__box_check(from, box));
    CORNU_TRY(cut_out(floats, from, box));
    if (floats->height == height && floats->width == width)
        return cornu__image_copy(to, floats);
    CORNU_TRY(cornu__image_shape(to, CORNU_FLOAT32, height, width, from->channels));
    CORNU_TRY(make_axis(&resizer->columns, method, antialias, floats->width, width));
    CORNU_TRY(make_axis(&resizer->rows, method, antialias, floats->height, height));
    CORNU_TRY(cornu__resizer_reserve(resizer, floats, to));
    return cornu__resize_both(resizer, floats, to);
}
