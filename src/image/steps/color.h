/* image/steps/color.h: what steps do to the colours of a picture, in place, with what was drawn: also for the steps made of several. */
#ifndef CORNU_IMAGE_STEPS_COLOR_H
#define CORNU_IMAGE_STEPS_COLOR_H

#include "image/kernels/kernels.h"
#include "image/steps/step.h"
#include "image/values.h"

/* x + delta, within the range. */
cornu_status cornu__color_brighten(float *picture, cornu__extent extent, double delta, cornu_interval range);
/* (x - mean) factor + mean for each channel, within the range. */
cornu_status cornu__color_contrast(float *picture, cornu__extent extent, double factor, cornu_interval range);
/* Saturation times a factor, up to 1, and hue plus a part of the circle: of 3 channels; others stay as they are. */
cornu_status cornu__color_saturate(float *picture, cornu__extent extent, double factor, cornu_interval range);
cornu_status cornu__color_turn_hue(float *picture, cornu__extent extent, double turn, cornu_interval range);

cornu_status cornu__color_check_channels(cornu__extent extent);

static inline cornu__value_span cornu__span_of(cornu_interval range)
{
    return (cornu__value_span){(float)range.first, (float)range.second};
}

static inline size_t cornu__extent_count(cornu__extent extent)
{
    return (size_t)extent.height * (size_t)extent.width * (size_t)extent.channels;
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
