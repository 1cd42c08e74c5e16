/*
 * color.c: brightness, contrast, saturation, hue.
 *
 * Hue, saturation and value are Smith's ("Color gamut transform pairs", 1978), as tf.image.rgb_to_hsv and hsv_to_rgb compute them: of v = the
 * greatest and r = the greatest less the least of the three colours, saturation is r / v, and hue the place on the circle red, yellow, green,
 * cyan, blue, magenta.
 */
#include "image/steps/color.h"

#include <math.h>

cornu_status cornu__color_check_channels(cornu__extent extent)
{
    if (extent.channels <= CORNU__MOST_CHANNELS)
        return CORNU_OK;
    return cornu__fail(CORNU_ERROR_LIMIT, "wanted pictures of at most %d channels, got %d", CORNU__MOST_CHANNELS,
                       extent.channels);
}

void cornu__color_brighten(float *picture, cornu__extent extent, double delta, cornu_interval range)
{
    float low = (float)range.first, high = (float)range.second, added = (float)delta;
    size_t count = cornu__extent_count(extent);
    for (size_t i = 0; i < count; i++)
        picture[i] = cornu__clip(picture[i] + added, low, high);
}

/* --- Contrast --- */

static void find_means(const float *picture, cornu__extent extent, float *means)
{
    size_t channels = (size_t)extent.channels, pixels = (size_t)extent.height * (size_t)extent.width;
    double sums[CORNU__MOST_CHANNELS] = {0};
    for (size_t i = 0; i < pixels; i++)
        for (size_t channel = 0; channel < channels; channel++)
            sums[channel] += picture[i * channels + channel];
    for (size_t channel = 0; channel < channels; channel++)
        means[channel] = (float)(sums[channel] / (double)pixels);
}

/* Always inlined, so that the usual numbers of channels are constants. */
static inline __attribute__((always_inline)) void spread(float *picture, size_t pixels, size_t channels,
                                                         const float *means, float factor, cornu_interval range)
{
    float low = (float)range.first, high = (float)range.second;
    for (size_t i = 0; i < pixels; i++)
        for (size_t channel = 0; channel < channels; channel++) {
            float *value = &picture[i * channels + channel];
            *value = cornu__clip((*value - means[channel]) * factor + means[channel], low, high);
        }
}

cornu_status cornu__color_contrast(float *picture, cornu__extent extent, double factor, cornu_interval range)
{
    float means[CORNU__MOST_CHANNELS];
    size_t pixels = (size_t)extent.height * (size_t)extent.width;
    CORNU_TRY(cornu__color_check_channels(extent));
    find_means(picture, extent, means);
    if (extent.channels == 3)
        spread(picture, pixels, 3, means, (float)factor, range);
    else
        spread(picture, pixels, (size_t)extent.channels, means, (float)factor, range);
    return CORNU_OK;
}

/* --- Saturation and hue --- */

typedef struct hsv {
    float hue, saturation, value;
} hsv;

static inline hsv to_hsv(const float *rgb)
{
    float red = rgb[0], green = rgb[1], blue = rgb[2];
    float most = fmaxf(red, fmaxf(green, blue)), range = most - fminf(red, fminf(green, blue));
    hsv color = {0, most > 0 ? range / most : 0, most};
    if (range <= 0)
        return color;
    float step = 1 / (6 * range);
    color.hue = red == most     ? step * (green - blue)
                : green == most ? step * (blue - red) + 2.0f / 6
                                : step * (red - green) + 4.0f / 6;
    color.hue += color.hue < 0 ? 1 : 0;
    return color;
}

static inline float share(float distance)
{
    return cornu__clip(distance, 0, 1);
}

static inline void from_hsv(hsv color, float *rgb)
{
    float sixths = color.hue * 6, white = 1 - color.saturation;
    rgb[0] = (white + color.saturation * share(fabsf(sixths - 3) - 1)) * color.value;
    rgb[1] = (white + color.saturation * share(2 - fabsf(sixths - 2))) * color.value;
    rgb[2] = (white + color.saturation * share(2 - fabsf(sixths - 4))) * color.value;
}

void cornu__color_saturate(float *picture, cornu__extent extent, double factor, cornu_interval range)
{
    float low = (float)range.first, times = (float)factor;
    size_t count = extent.channels == 3 ? cornu__extent_count(extent) : 0;
    for (size_t i = 0; i < count; i += 3) {
        float *rgb = picture + i;
        for (int k = 0; k < 3; k++)
            rgb[k] -= low;
        hsv color = to_hsv(rgb);
        color.saturation = share(color.saturation * times);
        from_hsv(color, rgb);
        for (int k = 0; k < 3; k++)
            rgb[k] += low;
    }
}

void cornu__color_turn_hue(float *picture, cornu__extent extent, double turn, cornu_interval range)
{
    float low = (float)range.first, high = (float)range.second, turned = (float)turn;
    size_t count = extent.channels == 3 ? cornu__extent_count(extent) : 0;
    for (size_t i = 0; i < count; i += 3) {
        float *rgb = picture + i;
        for (int k = 0; k < 3; k++)
            rgb[k] -= low;
        hsv color = to_hsv(rgb);
        color.hue += turned;
        color.hue += color.hue > 1 ? -1 : color.hue < 0 ? 1 : 0;
        from_hsv(color, rgb);
        for (int k = 0; k < 3; k++)
            rgb[k] = cornu__clip(rgb[k] + low, low, high);
    }
}
