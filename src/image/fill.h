/*
 * image/fill.h: what lies outside a picture: Keras's fill modes, which are scipy's boundary modes.
 *
 *     constant  k k k k | a b c d | k k k k
 *     nearest   a a a a | a b c d | d d d d
 *     reflect   d c b a | a b c d | d c b a
 *     wrap      a b c d | a b c d | a b c d
 *
 * scipy's own "wrap" has the period n - 1 instead of n (its first and last pixel count as one place), which is what Keras computes though not
 * what it documents; here it is a mode of its own. So is TensorFlow's "constant", which Keras 3's layers have: beyond the border lie pixels of the
 * constant, and a place between them and the picture is something between, where scipy's has the constant from the last pixel's centre on.
 *
 * Sampling at a coordinate takes two steps. The coordinate is brought near the picture (cornu__fill_coordinate); then each of the pixels
 * around it that is outside is replaced by one inside (cornu__fill_index).
 */
#ifndef CORNU_IMAGE_FILL_H
#define CORNU_IMAGE_FILL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

typedef enum cornu__fill_mode {
    CORNU__FILL_CONSTANT,
    CORNU__FILL_NEAREST,
    CORNU__FILL_REFLECT,
    CORNU__FILL_WRAP,
    CORNU__FILL_WRAP_SCIPY,
    CORNU__FILL_CONSTANT_BLENDED /* orders 0 and 1 only */
} cornu__fill_mode;

/* "constant", "nearest", "reflect" or "wrap"; `scipy_wrap` says which wrap. */
cornu_status cornu__fill_mode_from_name(const char *name, bool scipy_wrap, cornu__fill_mode *mode);

#define CORNU__FILL_ONE ((int64_t)1 << 32) /* one pixel, in 32.32 fixed point */

static inline int64_t cornu__fill_modulo(int64_t index, int64_t period)
{
    int64_t rest = index % period;
    return rest < 0 ? rest + period : rest;
}

static inline int64_t cornu__fill_reflect(int64_t at, int64_t size)
{
    int64_t period = 2 * size * CORNU__FILL_ONE;
    at = at >= -period && at < 0 ? at + period : cornu__fill_modulo(at, period); /* the usual case without a division */
    return at > size * CORNU__FILL_ONE - CORNU__FILL_ONE / 2 ? period - CORNU__FILL_ONE - at : at;
}

static inline int64_t cornu__fill_wrap(int64_t at, int64_t size)
{
    int64_t period = size * CORNU__FILL_ONE;
    at = at >= -period && at < 0 ? at + period : at;
    return at >= 0 && at < period ? at : cornu__fill_modulo(at, period);
}

static inline int64_t cornu__fill_wrap_scipy(int64_t at, int64_t size)
{
    int64_t period = (size - 1) * CORNU__FILL_ONE;
    if (period == 0)
        return 0;
    if (at < 0)
        return at + period * (-at / period + 1);
    return at > period ? at - period * (at / period) : at;
}

/* Brings a coordinate (32.32, less than 2^30 pixels away) along an axis of `size` pixels into (-1, size). False: the pixel there has the
 * constant value. With the blended constant the pixels around it may still be outside. */
static inline bool cornu__fill_coordinate(cornu__fill_mode mode, int64_t *at, int64_t size)
{
    int64_t last = (size - 1) * CORNU__FILL_ONE;
    switch (mode) {
    case CORNU__FILL_CONSTANT:
        return *at >= 0 && *at <= last;
    case CORNU__FILL_NEAREST:
        *at = *at < 0 ? 0 : *at > last ? last : *at;
        return true;
    case CORNU__FILL_REFLECT:
        *at = cornu__fill_reflect(*at, size);
        return true;
    case CORNU__FILL_WRAP:
        *at = cornu__fill_wrap(*at, size);
        return true;
    case CORNU__FILL_WRAP_SCIPY:
        *at = cornu__fill_wrap_scipy(*at, size);
        return true;
    case CORNU__FILL_CONSTANT_BLENDED:
        return *at > -CORNU__FILL_ONE && *at < size * CORNU__FILL_ONE;
    }
    return false;
}

/* The pixel that stands at `index` of the endless row. For the modes without one of their own (constant, scipy's wrap) it is scipy's choice:
 * mirrored at the last pixel. Such a pixel has a weight only in orders 2 to 5. */
static inline int64_t cornu__fill_index(cornu__fill_mode mode, int64_t index, int64_t size)
{
    if (index >= 0 && index < size)
        return index;
    if (mode == CORNU__FILL_NEAREST || size == 1)
        return index < 0 ? 0 : size - 1;
    if (mode == CORNU__FILL_WRAP)
        return cornu__fill_modulo(index, size);
    if (mode == CORNU__FILL_REFLECT) {
        index = cornu__fill_modulo(index, 2 * size);
        return index < size ? index : 2 * size - 1 - index;
    }
    index = cornu__fill_modulo(index, 2 * size - 2);
    return index < size ? index : 2 * size - 2 - index;
}

#endif
