/* spline.c: the memory of a picture's B-spline coefficients. */
#include "image/spline.h"

#define EDGE_PIXELS 12

int cornu__spline_margin(cornu__fill_mode mode)
{
    return mode == CORNU__FILL_NEAREST ? EDGE_PIXELS : 0;
}

/* In this order: lines, what is between the two passes, coefficients. */
typedef struct parts {
    size_t lines, between, coefficients; /* elements */
} parts;

static parts parts_of(cornu__fill_mode mode, cornu__extent extent)
{
    size_t margins = 2 * (size_t)cornu__spline_margin(mode), channels = (size_t)extent.channels;
    size_t height = (size_t)extent.height + margins, width = (size_t)extent.width + margins;
    return (parts){.lines = (height > width ? height : width) * CORNU__SPLINE_LINES,
                   .coefficients = height * width * channels + CORNU__SPLINE_BEHIND,
                   .between = height * (size_t)extent.width * channels};
}

size_t cornu__spline_scratch(cornu__fill_mode mode, cornu__extent extent)
{
    parts of = parts_of(mode, extent);
    return (of.lines + of.between + of.coefficients) * sizeof(double);
}

void cornu__spline_prepare(const cornu__image_kernels *kernels, cornu__warp_picture *picture, void *scratch)
{
    cornu__fill_mode mode = picture->warp->fill_mode;
    parts of = parts_of(mode, picture->extent);
    double *lines = scratch, *between = lines + of.lines, *coefficients = between + of.between;
    picture->margin = cornu__spline_margin(mode);
    picture->coefficients = coefficients;
    for (size_t i = of.coefficients - CORNU__SPLINE_BEHIND; i < of.coefficients; i++)
        coefficients[i] = 0;
    kernels->spline_filter(picture, coefficients, between, lines);
}
