/* color.c: channel shift and brightness. */
#include <math.h>
#include <stdbool.h>

#include "image/color.h"

typedef struct range {
    float low, high;
} range;

static range range_of(const float *values, size_t count)
{
    range own = {values[0], values[0]};
    for (size_t i = 1; i < count; i++) {
        own.low = values[i] < own.low ? values[i] : own.low;
        own.high = values[i] > own.high ? values[i] : own.high;
    }
    return own;
}

static inline float clip(float value, float low, float high)
{
    return value < low ? low : value > high ? high : value;
}

void cornu__channel_shift(float *values, size_t count, float intensity)
{
    range own = range_of(values, count);
    for (size_t i = 0; i < count; i++)
        values[i] = clip(values[i] + intensity, own.low, own.high);
}

void cornu__brightness(float *values, size_t count, double factor, double low, double high)
{
    if (factor == 1)
        return;
    range own = range_of(values, count);
    float least = fminf((float)low, own.low), most = fmaxf((float)high, own.high), times = (float)factor;
    for (size_t i = 0; i < count; i++)
        values[i] = clip(values[i] * times, least, most);
}

/* values := (values - lowest) / (the highest of these) * 255, in this order and in float as numpy does. */
static void stretch(float *values, size_t count, range own)
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
    return truncf(clip(blended, 0, 255));
}

void cornu__brightness_8bit(float *values, size_t count, int channels, double factor, cornu__brightness_compat compat)
{
    range own = range_of(values, count);
    bool stretched = compat == CORNU__BRIGHTNESS_KP112 || own.low < 0 || own.high > 255;
    if (stretched)
        stretch(values, count, own);
    for (size_t i = 0; i < count; i++) {
        bool is_alpha = channels == 4 && i % 4 == 3;
        values[i] = is_alpha ? truncf(values[i]) : blend(values[i], (float)factor);
        if (stretched && compat == CORNU__BRIGHTNESS_TF29)
            values[i] = values[i] / 255 * (own.high - own.low) + own.low;
    }
}
