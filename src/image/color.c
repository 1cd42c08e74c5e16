/* color.c: channel shift and brightness. */
#include <math.h>
#include <stdbool.h>

#include "image/color.h"
#include "image/kernels/kernels.h"

static cornu__value_span span_of(const cornu__image_kernels *kernels, const float *values, size_t count)
{
    cornu__value_span own;
    kernels->find_spans(values, count, 1, &own);
    return isnan(values[0]) ? (cornu__value_span){values[0], values[0]} : own; /* then nothing is clipped */
}

cornu_status cornu__channel_shift(float *values, size_t count, float intensity)
{
    const cornu__image_kernels *kernels;
    CORNU_TRY(cornu__image_kernels_choose(&kernels));
    cornu__value_span own = span_of(kernels, values, count);
    kernels->adjust(values, count, &(cornu__adjustment){1, intensity, own.low, own.high});
    return CORNU_OK;
}

cornu_status cornu__brightness(float *values, size_t count, double factor, double low, double high)
{
    const cornu__image_kernels *kernels;
    if (factor == 1)
        return CORNU_OK;
    CORNU_TRY(cornu__image_kernels_choose(&kernels));
    cornu__value_span own = span_of(kernels, values, count);
    kernels->adjust(values, count,
                    &(cornu__adjustment){(float)factor, CORNU__NO_OFFSET, fminf((float)low, own.low),
                                         fmaxf((float)high, own.high)});
    return CORNU_OK;
}

/* values := (values - lowest) / (the highest of these) * 255, in this order and in float as numpy does. */
static void stretch(float *values, size_t count, cornu__value_span own)
{
    float highest = own.high - own.low;
    for (size_t i = 0; i < count; i++) {
        values[i] -= own.low;
        if (highest != 0)
            values[i] /= highest;
        values[i] *= 255;
    }
}

/* Pillow's blend of black and a byte. */
static float blend(float value, float factor)
{
    float byte = truncf(value), blended = factor * byte;
    if (factor == 0 || factor == 1)
        return factor == 0 ? 0 : byte;
    return truncf(cornu__clip(blended, 0, 255));
}

cornu_status cornu__brightness_8bit(float *values, size_t count, int channels, double factor,
                                    cornu__brightness_compat compat)
{
    const cornu__image_kernels *kernels;
    CORNU_TRY(cornu__image_kernels_choose(&kernels));
    cornu__value_span own = span_of(kernels, values, count);
    bool stretched = compat == CORNU__BRIGHTNESS_KP112 || own.low < 0 || own.high > 255;
    if (stretched)
        stretch(values, count, own);
    for (size_t i = 0; i < count; i++) {
        bool is_alpha = channels == 4 && i % 4 == 3;
        values[i] = is_alpha ? truncf(values[i]) : blend(values[i], (float)factor);
        if (stretched && compat == CORNU__BRIGHTNESS_TF29)
            values[i] = values[i] / 255 * (own.high - own.low) + own.low;
    }
    return CORNU_OK;
}
