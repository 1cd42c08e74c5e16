/* image/values.h: what becomes of a value of a picture: what the loops of kernels/values.c and the steps that draw their numbers share. */
#ifndef CORNU_IMAGE_VALUES_H
#define CORNU_IMAGE_VALUES_H

#include <cornu/options.h>

/* What is no number stays what it is. In two steps, each of which is one instruction. */
static inline float cornu__clip(float value, float low, float high)
{
    float raised = value < low ? low : value;
    return raised > high ? high : raised;
}

/* The least and the greatest of some values. */
typedef struct cornu__value_span {
    float low, high;
} cornu__value_span;

/* Of values, and of them without their signs; the latter only to be an estimate. */
typedef struct cornu__value_sum {
    double sum, magnitude;
} cornu__value_sum;

/* Kept for each channel on the stack, where a picture is looked at as a whole. */
#define CORNU__MOST_CHANNELS 64

/* value := value * factor + offset, not below `low` and not above `high`. */
typedef struct cornu__adjustment {
    float factor, offset, low, high;
} cornu__adjustment;

/* An offset that leaves every bit alone: a sum with +0 would be no -0. */
#define CORNU__NO_OFFSET (-0.0F)

/* A value of the range in 0 .. 255, and back. */
static inline float cornu__to_bytes(float value, cornu_interval range)
{
    if (range.first == 0 && range.second == 255)
        return value;
    return (value - (float)range.first) / (float)(range.second - range.first) * 255;
}

static inline float cornu__from_bytes(float value, cornu_interval range)
{
    if (range.first == 0 && range.second == 255)
        return value;
    return value / 255 * (float)(range.second - range.first) + (float)range.first;
}

#endif
