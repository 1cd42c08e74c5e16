/* cli/augmentation_options.h: how pictures are changed at random: ImageDataGenerator's arguments, as options that several subcommands have. */
#ifndef CORNU_CLI_AUGMENTATION_OPTIONS_H
#define CORNU_CLI_AUGMENTATION_OPTIONS_H

#include <cornu/image_data_generator.h>

#include "cli/arguments.h"

typedef struct cornu__augmentation_arguments {
    double rotation_range, width_shift_range, height_shift_range, shear_range, channel_shift_range, cval;
    const char *zoom_range, *brightness_range, *fill_mode;
    int interpolation_order;
    bool horizontal_flip, vertical_flip;
    const char *affine_compat, *brightness_compat, *wrap_compat, *rng_compat;
} cornu__augmentation_arguments;

#define CORNU__AUGMENTATION_DEFAULTS                                                                                   \
    {                                                                                                                  \
        .fill_mode = "nearest", .interpolation_order = 1                                                               \
    }

extern const cornu__argument cornu__augmentation_argument_table[]; /* --rotation-range, ... --rng-compat */

/* Whether any of them is given. */
bool cornu__augmentation_given(const cornu__augmentation_arguments *arguments);

/* Whether what is written can be read. */
cornu_status cornu__augmentation_check(const cornu__augmentation_arguments *arguments);

/* Sets what the arguments say in the generator's options, which have their defaults. */
cornu_status cornu__augmentation_set(const cornu__augmentation_arguments *arguments,
                                     cornu_image_data_generator_options *options);

#endif
