/*
 * color_mode.c: from the channels that a file has to those that are wanted, with the same bytes as Pillow's convert().
 *
 * Luma is ITU-R 601-2 in 16-bit fixed point, L = (19595 R + 38470 G + 7471 B + 32768) / 65536. Alpha is dropped without blending. One channel
 * of more than 8 bits is clipped at 255, not scaled, where 8 bits are wanted: Pillow's convert does that in every version, and Keras with it.
 */
#include <string.h>

#include "base/memory.h"
#include "image/formats.h"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O3") /* gcc leaves loops of unknown length without vectors at -O2 */
#endif

static inline uint8_t luma(uint32_t red, uint32_t green, uint32_t blue)
{
    return (uint8_t)((19595 * red + 38470 * green + 7471 * blue + 32768) >> 16);
}

/* a * b / 255, rounded. */
static inline uint32_t scaled(uint32_t a, uint32_t b)
{
    uint32_t product = a * b + 128;
    return ((product >> 8) + product) >> 8;
}

/* One ink on a paper that black leaves `paper` of: never negative, since scaled(ink, paper) <= paper. */
static inline uint8_t printed(uint32_t ink, uint32_t paper)
{
    return (uint8_t)(paper - scaled(ink, paper));
}

static void cmyk_to_rgb(uint8_t *to, const uint8_t *from, size_t pixels)
{
    for (size_t i = 0; i < pixels; i++) {
        uint32_t paper = 255 - from[4 * i + 3];
        to[3 * i] = printed(from[4 * i], paper);
        to[3 * i + 1] = printed(from[4 * i + 1], paper);
        to[3 * i + 2] = printed(from[4 * i + 2], paper);
    }
}

static void cmyk_to_gray(uint8_t *to, const uint8_t *from, size_t pixels)
{
    for (size_t i = 0; i < pixels; i++) {
        uint32_t paper = 255 - from[4 * i + 3];
        to[i] = luma(printed(from[4 * i], paper), printed(from[4 * i + 1], paper), printed(from[4 * i + 2], paper));
    }
}

static void cmyk_to_rgba(uint8_t *to, const uint8_t *from, size_t pixels)
{
    for (size_t i = 0; i < pixels; i++) {
        uint32_t paper = 255 - from[4 * i + 3];
        to[4 * i] = printed(from[4 * i], paper);
        to[4 * i + 1] = printed(from[4 * i + 1], paper);
        to[4 * i + 2] = printed(from[4 * i + 2], paper);
        to[4 * i + 3] = 255;
    }
}

static void cmyk_to(uint8_t *to, int to_channels, const uint8_t *from, size_t pixels)
{
    if (to_channels == 1)
        cmyk_to_gray(to, from, pixels);
    else if (to_channels == 3)
        cmyk_to_rgb(to, from, pixels);
    else
        cmyk_to_rgba(to, from, pixels);
}

static void to_gray(uint8_t *to, const uint8_t *from, int from_channels, size_t pixels)
{
    switch (from_channels) {
    case 1:
        memcpy(to, from, pixels);
        break;
    case 2:
        for (size_t i = 0; i < pixels; i++)
            to[i] = from[2 * i];
        break;
    case 3:
        for (size_t i = 0; i < pixels; i++)
            to[i] = luma(from[3 * i], from[3 * i + 1], from[3 * i + 2]);
        break;
    default:
        for (size_t i = 0; i < pixels; i++)
            to[i] = luma(from[4 * i], from[4 * i + 1], from[4 * i + 2]);
    }
}

static void to_rgb(uint8_t *to, const uint8_t *from, int from_channels, size_t pixels)
{
    switch (from_channels) {
    case 1:
    case 2:
        for (size_t i = 0; i < pixels; i++)
            to[3 * i] = to[3 * i + 1] = to[3 * i + 2] = from[(size_t)from_channels * i];
        break;
    case 3:
        memcpy(to, from, 3 * pixels);
        break;
    default:
        for (size_t i = 0; i < pixels; i++) {
            to[3 * i] = from[4 * i];
            to[3 * i + 1] = from[4 * i + 1];
            to[3 * i + 2] = from[4 * i + 2];
        }
    }
}

static void to_rgba(uint8_t *to, const uint8_t *from, int from_channels, size_t pixels)
{
    if (from_channels == 4) {
        memcpy(to, from, 4 * pixels);
        return;
    }
    size_t step = (size_t)from_channels, green = from_channels == 3 ? 1 : 0, blue = from_channels == 3 ? 2 : 0;
    for (size_t i = 0; i < pixels; i++) {
        to[4 * i] = from[step * i];
        to[4 * i + 1] = from[step * i + green];
        to[4 * i + 2] = from[step * i + blue];
        to[4 * i + 3] = from_channels == 2 ? from[2 * i + 1] : 255;
    }
}

/* One channel of 16 bits or floats becomes 8 bits, in all the colours wanted. */
static void clip_to(uint8_t *to, int to_channels, const cornu__image *from, size_t pixels)
{
    for (size_t i = 0; i < pixels; i++) {
        uint8_t value;
        if (from->dtype == CORNU_UINT16) {
            uint16_t stored = ((const uint16_t *)from->data)[i];
            value = stored < 255 ? (uint8_t)stored : 255;
        } else {
            float stored = ((const float *)from->data)[i];
            value = stored > 0 ? stored < 255 ? (uint8_t)stored : 255 : 0; /* 0 for NaN too */
        }
        for (int channel = 0; channel < to_channels; channel++)
            to[i * (size_t)to_channels + (size_t)channel] = channel < 3 ? value : 255;
    }
}

cornu_status cornu__convert_color(cornu__image *to, const cornu__image *from, bool from_cmyk, int channels)
{
    if (from->dtype == CORNU_UINT16 && channels == 1)
        return cornu__image_copy(to, from);
    CORNU_TRY(cornu__image_shape(to, CORNU_UINT8, from->height, from->width, channels));
    size_t pixels = (size_t)from->height * (size_t)from->width;
    if (from->dtype != CORNU_UINT8)
        clip_to(to->data, channels, from, pixels);
    else if (from_cmyk)
        cmyk_to(to->data, channels, from->data, pixels);
    else if (channels == 1)
        to_gray(to->data, from->data, from->channels, pixels);
    else if (channels == 3)
        to_rgb(to->data, from->data, from->channels, pixels);
    else
        to_rgba(to->data, from->data, from->channels, pixels);
    return CORNU_OK;
}
