/* image/steps/rectangle.h: a rectangle of a picture, as RandomErasing and CutMix draw it. */
#ifndef CORNU_IMAGE_STEPS_RECTANGLE_H
#define CORNU_IMAGE_STEPS_RECTANGLE_H

#include <math.h>

#include "image/steps/step.h"

/* Rows top .. bottom - 1, columns left .. right - 1. */
typedef struct cornu__rectangle {
    int top, bottom, left, right;
} cornu__rectangle;

/* side[0] and side[1] := the ends of a part `ratio` of an axis, anywhere on it: number `index` of the key. */
static inline void cornu__draw_side(cornu__random_key key, uint64_t index, int length, double ratio, double side[2])
{
    double part = ratio * length;
    side[0] = cornu__random_uniform_double(key, index) * (length - part);
    side[1] = side[0] + part;
}

static inline int cornu__side_end(double place, int length)
{
    return place < 0 ? 0 : place > length ? length : (int)ceil(place);
}

/* The pixels whose numbers are at least the first and less than the second of x0, x1, y0, y1. */
static inline cornu__rectangle cornu__rectangle_of(const double corners[4], cornu__extent extent)
{
    cornu__rectangle box = {.top = cornu__side_end(corners[2], extent.height),
                            .bottom = cornu__side_end(corners[3], extent.height),
                            .left = cornu__side_end(corners[0], extent.width),
                            .right = cornu__side_end(corners[1], extent.width)};
    box.bottom = box.bottom < box.top ? box.top : box.bottom;
    box.right = box.right < box.left ? box.left : box.right;
    return box;
}

#endif
