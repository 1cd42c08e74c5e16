/* augmentation_options.c: ImageDataGenerator's arguments as options. */
#include <stdlib.h>
#include <string.h>

#include "base/plain_locale.h"
#include "cli/augmentation_options.h"

#define AT(field) offsetof(cornu__augmentation_arguments, field)
const cornu__argument cornu__augmentation_argument_table[] = {
    {"rotation-range", CORNU__ARGUMENT_NUMBER, AT(rotation_range), 0, "DEGREES", "turned by up to so much [0]"},
    {"width-shift-range", CORNU__ARGUMENT_NUMBER, AT(width_shift_range), 0, "SHARE",
     "moved to the sides: a share of the width, or pixels from 1 on [0]"},
    {"height-shift-range", CORNU__ARGUMENT_NUMBER, AT(height_shift_range), 0, "SHARE", "moved up and down [0]"},
    {"shear-range", CORNU__ARGUMENT_NUMBER, AT(shear_range), 0, "DEGREES", "sheared by up to so much [0]"},
    {"zoom-range", CORNU__ARGUMENT_TEXT, AT(zoom_range), 0, "RANGE", "0.2 for 0.8 to 1.2, or 0.8,1.2 [0]"},
    {"channel-shift-range", CORNU__ARGUMENT_NUMBER, AT(channel_shift_range), 0, "VALUE",
     "all values plus up to so much [0]"},
    {"brightness-range", CORNU__ARGUMENT_TEXT, AT(brightness_range), 0, "LOW,HIGH", "values times a factor [none]"},
    {"horizontal-flip", CORNU__ARGUMENT_FLAG, AT(horizontal_flip), 0, NULL, "half of them mirrored sideways"},
    {"vertical-flip", CORNU__ARGUMENT_FLAG, AT(vertical_flip), 0, NULL, "half of them upside down"},
    {"fill-mode", CORNU__ARGUMENT_TEXT, AT(fill_mode), 0, "constant|nearest|reflect|wrap", "what is outside [nearest]"},
    {"cval", CORNU__ARGUMENT_NUMBER, AT(cval), 0, "VALUE", "of constant [0]"},
    {"interpolation-order", CORNU__ARGUMENT_INT, AT(interpolation_order), 0, "N",
     "0: nearest pixel, 1: linear, to 5: splines [1]"},
    {"affine-compat", CORNU__ARGUMENT_TEXT, AT(affine_compat), 0, "VERSION", "kp112 or tf29: of old Keras [exact]"},
    {"brightness-compat", CORNU__ARGUMENT_TEXT, AT(brightness_compat), 0, "VERSION", "kp112 or tf29 [exact]"},
    {"wrap-compat", CORNU__ARGUMENT_TEXT, AT(wrap_compat), 0, "VERSION", "scipy [exact]"},
    {"rng-compat", CORNU__ARGUMENT_TEXT, AT(rng_compat), 0, "VERSION", "numpy: Keras's own draws [ours]"},
    {0},
};

bool cornu__augmentation_given(const cornu__augmentation_arguments *given)
{
    static const cornu__augmentation_arguments none = CORNU__AUGMENTATION_DEFAULTS;
    return given->rotation_range != 0 || given->width_shift_range != 0 || given->height_shift_range != 0 ||
           given->shear_range != 0 || given->channel_shift_range != 0 || given->cval != 0 || given->zoom_range ||
           given->brightness_range || strcmp(given->fill_mode, none.fill_mode) != 0 ||
           given->interpolation_order != none.interpolation_order || given->horizontal_flip || given->vertical_flip ||
           given->affine_compat || given->brightness_compat || given->wrap_compat || given->rng_compat;
}

/* "0.2" or "0.8,1.2"; NULL leaves the interval as it is. */
static cornu_status read_interval(const char *option, const char *text, cornu_interval *interval)
{
    if (!text)
        return CORNU_OK;
    cornu__plain_locale locale = cornu__plain_locale_begin();
    char *end;
    double first = strtod(text, &end), second = 0;
    bool right = end != text, pair = right && *end == ',';
    if (pair) {
        const char *rest = end + 1;
        second = strtod(rest, &end);
        right = end != rest;
    }
    cornu__plain_locale_end(locale);
    if (!right || *end != '\0')
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "%s wants a number, or two with a comma, not '%s'", option,
                           text);
    *interval = (cornu_interval){first, second, pair};
    return CORNU_OK;
}

static cornu_status read_intervals(const cornu__augmentation_arguments *arguments, cornu_interval *zoom,
                                   cornu_interval *brightness)
{
    CORNU_TRY(read_interval("--zoom-range", arguments->zoom_range, zoom));
    return read_interval("--brightness-range", arguments->brightness_range, brightness);
}

cornu_status cornu__augmentation_check(const cornu__augmentation_arguments *arguments)
{
    cornu_interval unused;
    return read_intervals(arguments, &unused, &unused);
}

cornu_status cornu__augmentation_set(const cornu__augmentation_arguments *arguments,
                                     cornu_image_data_generator_options *options)
{
    options->rotation_range = arguments->rotation_range;
    options->width_shift_range.number = arguments->width_shift_range;
    options->height_shift_range.number = arguments->height_shift_range;
    options->shear_range = arguments->shear_range;
    options->channel_shift_range = arguments->channel_shift_range;
    options->cval = arguments->cval;
    options->fill_mode = arguments->fill_mode;
    options->horizontal_flip = arguments->horizontal_flip;
    options->vertical_flip = arguments->vertical_flip;
    options->interpolation_order = arguments->interpolation_order;
    options->affine_compat = arguments->affine_compat;
    options->brightness_compat = arguments->brightness_compat;
    options->wrap_compat = arguments->wrap_compat;
    options->rng_compat = arguments->rng_compat;
    return read_intervals(arguments, &options->zoom_range, &options->brightness_range);
}
