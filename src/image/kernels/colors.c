/*
 * kernels/colors.c: what is done to the red, green and blue of a pixel together.
 *
 * Some pixels at once are laid apart into their colours, changed there by a loop without a branch, and put together again. What a branch would
 * have left out is computed and not taken.
 *
 * Hue, saturation and value are Smith's ("Color gamut transform pairs", 1978), as tf.image.rgb_to_hsv and hsv_to_rgb compute them: of v = the
 * greatest and r = the greatest less the least of the three colours, saturation is r / v, and hue the place on the circle red, yellow, green,
 * cyan, blue, magenta.
 */
#include <math.h>

#include "image/kernels/table.h"

#define PIXELS_AT_ONCE 64

typedef struct colors {
    float red[PIXELS_AT_ONCE], green[PIXELS_AT_ONCE], blue[PIXELS_AT_ONCE];
} colors;

static inline void lay_apart(const float *from, size_t count, colors *to)
{
    for (size_t i = 0; i < count; i++) {
        to->red[i] = from[3 * i];
        to->green[i] = from[3 * i + 1];
        to->blue[i] = from[3 * i + 2];
    }
}

static inline void put_together(const colors *from, size_t count, float *to)
{
    for (size_t i = 0; i < count; i++) {
        to[3 * i] = from->red[i];
        to[3 * i + 1] = from->green[i];
        to[3 * i + 2] = from->blue[i];
    }
}

/* --- Hue and saturation --- */

/* As fmaxf and fminf: what is no number does not count beside one. */
static inline float greatest(float a, float b)
{
    float known = a > b ? a : b;
    return isnan(b) ? a : known;
}

static inline float least(float a, float b)
{
    float known = a < b ? a : b;
    return isnan(b) ? a : known;
}

typedef struct hsv {
    float hue, saturation, value;
} hsv;

static inline hsv to_hsv(float red, float green, float blue)
{
    float most = greatest(red, greatest(green, blue)), range = most - least(red, least(green, blue));
    float step = 1 / (6 * range), saturation = range / most;
    float of_red = step * (green - blue), of_green = step * (blue - red) + 2.0F / 6,
          of_blue = step * (red - green) + 4.0F / 6;
    float hue = red == most ? of_red : green == most ? of_green : of_blue;
    hue += hue < 0 ? 1.0F : 0.0F;
    return (hsv){range <= 0 ? 0 : hue, most > 0 ? saturation : 0, most};
}

static inline float share(float distance)
{
    return cornu__clip(distance, 0, 1);
}

/* One colour of a pixel, from how near the hue is to it. */
static inline float of_hsv(hsv color, float distance)
{
    return ((1 - color.saturation) + color.saturation * share(distance)) * color.value;
}

static inline void from_hsv(hsv color, float *red, float *green, float *blue)
{
    float sixths = color.hue * 6;
    *red = of_hsv(color, fabsf(sixths - 3) - 1);
    *green = of_hsv(color, 2 - fabsf(sixths - 2));
    *blue = of_hsv(color, 2 - fabsf(sixths - 4));
}

void CORNU_ISA_NAME(cornu__saturate)(float *pixels, size_t count, float factor, float low)
{
    colors of;
    for (size_t left = count, part; left > 0; left -= part, pixels += 3 * part) {
        part = left < PIXELS_AT_ONCE ? left : PIXELS_AT_ONCE;
        lay_apart(pixels, part, &of);
        for (size_t i = 0; i < part; i++) {
            hsv color = to_hsv(of.red[i] - low, of.green[i] - low, of.blue[i] - low);
            color.saturation = share(color.saturation * factor);
            from_hsv(color, &of.red[i], &of.green[i], &of.blue[i]);
            of.red[i] += low;
            of.green[i] += low;
            of.blue[i] += low;
        }
        put_together(&of, part, pixels);
    }
}

void CORNU_ISA_NAME(cornu__turn_hue)(float *pixels, size_t count, float turn, cornu__value_span span)
{
    colors of;
    float low = span.low, high = span.high;
    for (size_t left = count, part; left > 0; left -= part, pixels += 3 * part) {
        part = left < PIXELS_AT_ONCE ? left : PIXELS_AT_ONCE;
        lay_apart(pixels, part, &of);
        for (size_t i = 0; i < part; i++) {
            hsv color = to_hsv(of.red[i] - low, of.green[i] - low, of.blue[i] - low);
            color.hue += turn;
            color.hue += color.hue > 1 ? -1.0F : color.hue < 0 ? 1.0F : 0.0F;
            from_hsv(color, &of.red[i], &of.green[i], &of.blue[i]);
            of.red[i] = cornu__clip(of.red[i] + low, low, high);
            of.green[i] = cornu__clip(of.green[i] + low, low, high);
            of.blue[i] = cornu__clip(of.blue[i] + low, low, high);
        }
        put_together(&of, part, pixels);
    }
}

/* --- Gray --- */

/* The weights of red, green and blue are those of ITU-R BT.601, as Keras rounds them. */
static inline float gray_of(float red, float green, float blue)
{
    return 0.2989F * red + 0.587F * green + 0.114F * blue;
}

void CORNU_ISA_NAME(cornu__turn_gray)(float *pixels, size_t count)
{
    for (size_t i = 0; i < count; i++, pixels += 3)
        pixels[0] = pixels[1] = pixels[2] = gray_of(pixels[0], pixels[1], pixels[2]);
}

void CORNU_ISA_NAME(cornu__fade)(float *pixels, size_t count, float factor, cornu__value_span span)
{
    colors of;
    for (size_t left = count, part; left > 0; left -= part, pixels += 3 * part) {
        part = left < PIXELS_AT_ONCE ? left : PIXELS_AT_ONCE;
        lay_apart(pixels, part, &of);
        for (size_t i = 0; i < part; i++) {
            float gray = gray_of(of.red[i], of.green[i], of.blue[i]);
            of.red[i] = cornu__clip(of.red[i] + factor * (gray - of.red[i]), span.low, span.high);
            of.green[i] = cornu__clip(of.green[i] + factor * (gray - of.green[i]), span.low, span.high);
            of.blue[i] = cornu__clip(of.blue[i] + factor * (gray - of.blue[i]), span.low, span.high);
        }
        put_together(&of, part, pixels);
    }
}
