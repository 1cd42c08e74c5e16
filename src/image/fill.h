/*
 * image/fill.h: what lies outside a picture: Keras's fill modes, which are scipy's boundary modes.
 *
 *     constant  k k k k | a b c d | k k k k
 *     nearest   a a a a | a b c d | d d d d
 *     reflect   d c b a | a b c d | d c b a
 *     wrap      a b c d | a b c d | a b c d
 *
 * scipy's own "wrap" has the period n - 1 instead of n (its first and last pixel count as one place), which is what Keras computes though not
 * what it documents; here it is a mode of its own.
 *
 * Sampling at a coordinate takes two steps. The coordinate is brought near the picture (cornu__fill_coordinate); then each of the pixels
 * around it that is outside is replaced by one inside (cornu__fill_index).
 */
#ifndef CORNU_IMAGE_FILL_H
#define CORNU_IMAGE_FILL_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

typedef enum cornu__fill_mode {
    CORNU__FILL_CONSTANT,
    CORNU__FILL_NEAREST,
    CORNU__FILL_REFLECT,
    CORNU__FILL_WRAP,
    CORNU__FILL_WRAP_SCIPY
} cornu__fill_mode;

/* "constant", "nearest", "reflect" or "wrap"; `scipy_wrap` says which wrap. */
cornu_status cornu__fill_mode_from_name(const char *name, bool scipy_wrap, cornu__fill_mode *mode);

static inline double cornu__fill_reflect(double at, double size)
{
    at -= 2 * size * floor(at / (2 * size));
    return at > size - 0.5 ? 2 * size - 1 - at : at;
}

static inline double cornu__fill_wrap_scipy(double at, double size)
{
    double period = size - 1;
    if (period <= 0)
        return 0;
    if (at < 0)
        return at + period * (trunc(-at / period) + 1);
    return at > period ? at - period * trunc(at / period) : at;
}

/* Brings a coordinate along an axis of `size` pixels into (-1, size). False: the pixel there has the constant value. */
static inline bool cornu__fill_coordinate(cornu__fill_mode mode, double *at, int size)
{
    double last = (double)size - 1;
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
        *at -= size * floor(*at / size);
        return true;
    case CORNU__FILL_WRAP_SCIPY:
        *at = cornu__fill_wrap_scipy(*at, size);
        return true;
    }
    return false;
}

static inline int64_t cornu__fill_modulo(int64_t index, int64_t period)
{
    int64_t rest = index % period;
    return rest < 0 ? rest + period : rest;
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
