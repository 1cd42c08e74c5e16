/* image/steps/color.h: what steps do to the colours of a picture, in place, with what was drawn: also for the steps made of several. */
#ifndef CORNU_IMAGE_STEPS_COLOR_H
#define CORNU_IMAGE_STEPS_COLOR_H

#include "image/steps/step.h"

/* x + delta, within the range. */
void cornu__color_brighten(float *picture, cornu__extent extent, double delta, cornu_interval range);
/* (x - mean) factor + mean for each channel, within the range. */
cornu_status cornu__color_contrast(float *picture, cornu__extent extent, double factor, cornu_interval range);
/* Saturation times a factor, up to 1, and hue plus a part of the circle: of 3 channels; others stay as they are. */
void cornu__color_saturate(float *picture, cornu__extent extent, double factor, cornu_interval range);
void cornu__color_turn_hue(float *picture, cornu__extent extent, double turn, cornu_interval range);

/* Kept for each channel on the stack. */
#define CORNU__MOST_CHANNELS 64
cornu_status cornu__color_check_channels(cornu__extent extent);

static inline size_t cornu__extent_count(cornu__extent extent)
{
    return (size_t)extent.height * (size_t)extent.width * (size_t)extent.channels;
}

static inline float cornu__clip(float value, float low, float high)
{
    return value < low ? low : value > high ? high : value;
}

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

/* --- Steps whose options are cornu_random_color_options --- */

#define CORNU__COLOR_FIELD_COUNT 9
extern const cornu__field cornu__color_fields[CORNU__COLOR_FIELD_COUNT];
extern const cornu_random_color_options cornu__color_defaults;
#define CORNU__COLOR_BASE(class_name, checking)                                                                        \
    CORNU__STEP_BASE(class_name, cornu_random_color_options, cornu__color_defaults, cornu__color_fields,               \
                     .check = (checking))
/* Of the factor, which lies in least .. most, and the range. */
cornu_status cornu__color_check(void *config, double least, double most);

/* Of the steps that are made of several operations. */
extern const cornu__step_class cornu__brightness_class, cornu__contrast_class, cornu__degeneration_class,
    cornu__sharpness_class, cornu__posterization_class, cornu__solarization_class, cornu__auto_contrast_class,
    cornu__equalization_class, cornu__shear_class, cornu__translation_class, cornu__rotation_class;

#endif
