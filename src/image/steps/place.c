/* place.c: RandomFlip, RandomRotation, RandomZoom, RandomTranslation, RandomShear: where pixels come from, by an affine map. */
#include <math.h>
#include <string.h>

#include "image/steps/color.h"

/* --- RandomFlip --- */

static const cornu_random_flip_options flip_defaults = {.struct_size = sizeof flip_defaults,
                                                        CORNU_RANDOM_FLIP_DEFAULTS};
static const char *const flip_modes[] = {"horizontal_and_vertical", "horizontal", "vertical", NULL};
static const char *const flip_values[] = {"flip_horizontal", "flip_vertical", NULL};

/* One coin for each axis: Keras has one for both, so that its "horizontal_and_vertical" only turns pictures round. */
static void draw_flip(const void *config, cornu__extent extent, cornu__random_key key, double *values)
{
    const cornu_random_flip_options *o = config;
    (void)extent;
    values[0] = strcmp(o->mode, "vertical") != 0 && cornu__random_uniform_double(key, 0) < 0.5;
    values[1] = strcmp(o->mode, "horizontal") != 0 && cornu__random_uniform_double(key, 1) < 0.5;
}

static bool flip_varies(const void *config, int value)
{
    const char *mode = ((const cornu_random_flip_options *)config)->mode;
    return strcmp(mode, value == 0 ? "vertical" : "horizontal") != 0;
}

static bool map_flip(const void *config, const double *values, cornu__extent extent, cornu__affine *map)
{
    (void)config;
    bool horizontal = values[0] != 0, vertical = values[1] != 0;
    *map = (cornu__affine){.a00 = vertical ? -1 : 1,
                           .a11 = horizontal ? -1 : 1,
                           .b0 = vertical ? extent.height - 1 : 0,
                           .b1 = horizontal ? extent.width - 1 : 0};
    return horizontal || vertical;
}

static const cornu__field flip_fields[] = {
    CORNU__LAYER_FIELDS(cornu_random_flip_options),
    CORNU__FIELD(TEXT, cornu_random_flip_options, mode, .choices = flip_modes),
    CORNU__SEED_FIELD(cornu_random_flip_options),
    CORNU__FORMAT_FIELD(cornu_random_flip_options),
};
static const cornu__step_class flip_class = {
    CORNU__STEP_BASE("RandomFlip", cornu_random_flip_options, flip_defaults, flip_fields),
    .values = flip_values,
    .varies = flip_varies,
    .draw = draw_flip,
    .map = map_flip,
};

cornu_layer *cornu_random_flip_with(const cornu_random_flip_options *options)
{
    return cornu__layer_create(&flip_class.layer, options);
}

/* --- RandomRotation --- */

static const cornu_random_rotation_options rotation_defaults = {.struct_size = sizeof rotation_defaults,
                                                                CORNU_RANDOM_ROTATION_DEFAULTS};
static const char *const rotation_values[] = {"angle", NULL};

static cornu_status check_rotation(void *config)
{
    return cornu__factor_check("factor", ((const cornu_random_rotation_options *)config)->factor, -1, 1);
}

static void draw_rotation(const void *config, cornu__extent extent, cornu__random_key key, double *values)
{
    const cornu_random_rotation_options *o = config;
    (void)extent;
    values[0] = 360 * cornu__draw_between(key, 0, cornu__factor_limits(o->factor, CORNU__FACTOR_AROUND));
}

/* About the middle. Exact for quarter turns. */
static bool map_rotation(const void *config, const double *values, cornu__extent extent, cornu__affine *map)
{
    (void)config;
    double quarters = values[0] / 90, turns = values[0] * (M_PI / 180), cosine = cos(turns), sine = sin(turns);
    if (quarters == nearbyint(quarters)) {
        cosine = nearbyint(cosine);
        sine = nearbyint(sine);
    }
    double row = (extent.height - 1) / 2.0, column = (extent.width - 1) / 2.0;
    *map = (cornu__affine){.a00 = cosine,
                           .a01 = sine,
                           .b0 = row - cosine * row - sine * column,
                           .a10 = -sine,
                           .a11 = cosine,
                           .b1 = column + sine * row - cosine * column};
    return cosine != 1 || sine != 0;
}

static const cornu__field rotation_fields[] = {
    CORNU__LAYER_FIELDS(cornu_random_rotation_options), CORNU__FIELD(INTERVAL, cornu_random_rotation_options, factor),
    CORNU__PLACE_FIELDS(cornu_random_rotation_options), CORNU__SEED_FIELD(cornu_random_rotation_options),
    CORNU__FORMAT_FIELD(cornu_random_rotation_options),
};
const cornu__step_class cornu__rotation_class = {
    CORNU__STEP_BASE("RandomRotation", cornu_random_rotation_options, rotation_defaults, rotation_fields,
                     .check = check_rotation),
    .values = rotation_values,
    .draw = draw_rotation,
    .map = map_rotation,
};

cornu_layer *cornu_random_rotation_with(const cornu_random_rotation_options *options)
{
    return cornu__layer_create(&cornu__rotation_class.layer, options);
}

/* --- RandomZoom --- */

static const cornu_random_zoom_options zoom_defaults = {.struct_size = sizeof zoom_defaults,
                                                        CORNU_RANDOM_ZOOM_DEFAULTS};
static const char *const zoom_values[] = {"height_zoom", "width_zoom", NULL};

static cornu_status check_zoom_factor(const char *name, cornu_interval factor)
{
    double least = cornu__factor_limits(factor, CORNU__FACTOR_AROUND).low;
    if (least <= -1) /* a picture of no size */
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "%s: wanted a number or two above -1, up to 1, got %g", name,
                           least);
    return cornu__factor_check(name, factor, -1, 1);
}

static cornu_status check_zoom(void *config)
{
    const cornu_random_zoom_options *o = config;
    CORNU_TRY(check_zoom_factor("height_factor", o->height_factor));
    return isnan(o->width_factor.first) ? CORNU_OK : check_zoom_factor("width_factor", o->width_factor);
}

static void draw_zoom(const void *config, cornu__extent extent, cornu__random_key key, double *values)
{
    const cornu_random_zoom_options *o = config;
    (void)extent;
    values[0] = 1 + cornu__draw_between(key, 0, cornu__factor_limits(o->height_factor, CORNU__FACTOR_AROUND));
    values[1] = isnan(o->width_factor.first)
                    ? values[0]
                    : 1 + cornu__draw_between(key, 1, cornu__factor_limits(o->width_factor, CORNU__FACTOR_AROUND));
}

static bool map_zoom(const void *config, const double *values, cornu__extent extent, cornu__affine *map)
{
    (void)config;
    *map = (cornu__affine){.a00 = values[0],
                           .a11 = values[1],
                           .b0 = (extent.height - 1) / 2.0 * (1 - values[0]),
                           .b1 = (extent.width - 1) / 2.0 * (1 - values[1])};
    return values[0] != 1 || values[1] != 1;
}

static const cornu__field zoom_fields[] = {
    CORNU__LAYER_FIELDS(cornu_random_zoom_options),
    CORNU__FIELD(INTERVAL, cornu_random_zoom_options, height_factor),
    CORNU__FIELD(INTERVAL, cornu_random_zoom_options, width_factor, .optional = true),
    CORNU__PLACE_FIELDS(cornu_random_zoom_options),
    CORNU__SEED_FIELD(cornu_random_zoom_options),
    CORNU__FORMAT_FIELD(cornu_random_zoom_options),
};
static const cornu__step_class zoom_class = {
    CORNU__STEP_BASE("RandomZoom", cornu_random_zoom_options, zoom_defaults, zoom_fields, .check = check_zoom),
    .values = zoom_values,
    .draw = draw_zoom,
    .map = map_zoom,
};

cornu_layer *cornu_random_zoom_with(const cornu_random_zoom_options *options)
{
    return cornu__layer_create(&zoom_class.layer, options);
}

/* --- RandomTranslation --- */

static const cornu_random_translation_options translation_defaults = {.struct_size = sizeof translation_defaults,
                                                                      CORNU_RANDOM_TRANSLATION_DEFAULTS};
static const char *const translation_values[] = {"height_translate", "width_translate", NULL};

static cornu_status check_translation(void *config)
{
    const cornu_random_translation_options *o = config;
    CORNU_TRY(cornu__factor_check("height_factor", o->height_factor, -1, 1));
    return cornu__factor_check("width_factor", o->width_factor, -1, 1);
}

/* In pixels. */
static void draw_translation(const void *config, cornu__extent extent, cornu__random_key key, double *values)
{
    const cornu_random_translation_options *o = config;
    values[0] =
        extent.height * cornu__draw_between(key, 0, cornu__factor_limits(o->height_factor, CORNU__FACTOR_AROUND));
    values[1] = extent.width * cornu__draw_between(key, 1, cornu__factor_limits(o->width_factor, CORNU__FACTOR_AROUND));
}

static bool is_zero(cornu_interval factor)
{
    return factor.first == 0 && (!factor.pair || factor.second == 0);
}

static bool translation_varies(const void *config, int value)
{
    const cornu_random_translation_options *o = config;
    return !is_zero(value == 0 ? o->height_factor : o->width_factor);
}

static bool map_translation(const void *config, const double *values, cornu__extent extent, cornu__affine *map)
{
    (void)config, (void)extent;
    *map = (cornu__affine){.a00 = 1, .a11 = 1, .b0 = -values[0], .b1 = -values[1]};
    return values[0] != 0 || values[1] != 0;
}

static const cornu__field translation_fields[] = {
    CORNU__LAYER_FIELDS(cornu_random_translation_options),
    CORNU__FIELD(INTERVAL, cornu_random_translation_options, height_factor),
    CORNU__FIELD(INTERVAL, cornu_random_translation_options, width_factor),
    CORNU__PLACE_FIELDS(cornu_random_translation_options),
    CORNU__SEED_FIELD(cornu_random_translation_options),
    CORNU__FORMAT_FIELD(cornu_random_translation_options),
};
const cornu__step_class cornu__translation_class = {
    CORNU__STEP_BASE("RandomTranslation", cornu_random_translation_options, translation_defaults, translation_fields,
                     .check = check_translation),
    .values = translation_values,
    .varies = translation_varies,
    .draw = draw_translation,
    .map = map_translation,
};

cornu_layer *cornu_random_translation_with(const cornu_random_translation_options *options)
{
    return cornu__layer_create(&cornu__translation_class.layer, options);
}

/* --- RandomShear --- */

static const cornu_random_shear_options shear_defaults = {.struct_size = sizeof shear_defaults,
                                                          CORNU_RANDOM_SHEAR_DEFAULTS};
static const char *const shear_values[] = {"shear_x", "shear_y", NULL};

/* Keras takes 0 to 1, and writes (-f, f) into its files for f, which it does not read again: f is the same. */
static void settle_shear_factor(cornu_interval *factor)
{
    if (factor->pair && factor->first == -factor->second)
        *factor = (cornu_interval){.first = fabs(factor->second)};
}

static cornu_status check_shear(void *config)
{
    cornu_random_shear_options *o = config;
    settle_shear_factor(&o->x_factor);
    settle_shear_factor(&o->y_factor);
    CORNU_TRY(cornu__factor_check("x_factor", o->x_factor, 0, 1));
    return cornu__factor_check("y_factor", o->y_factor, 0, 1);
}

static void draw_shear(const void *config, cornu__extent extent, cornu__random_key key, double *values)
{
    const cornu_random_shear_options *o = config;
    (void)extent;
    double sign = cornu__random_uniform_double(key, 0) > 0.5 ? -1 : 1;
    values[0] = sign * cornu__draw_between(key, 1, cornu__factor_limits(o->x_factor, CORNU__FACTOR_FROM_0));
    values[1] = sign * cornu__draw_between(key, 2, cornu__factor_limits(o->y_factor, CORNU__FACTOR_FROM_0));
}

static bool shear_varies(const void *config, int value)
{
    const cornu_random_shear_options *o = config;
    return !is_zero(value == 0 ? o->x_factor : o->y_factor);
}

/* About the upper left corner, as in Keras. */
static bool map_shear(const void *config, const double *values, cornu__extent extent, cornu__affine *map)
{
    (void)config, (void)extent;
    *map = (cornu__affine){.a00 = 1, .a01 = values[1], .a10 = values[0], .a11 = 1};
    return values[0] != 0 || values[1] != 0;
}

static const cornu__field shear_fields[] = {
    CORNU__LAYER_FIELDS(cornu_random_shear_options),
    CORNU__FIELD(INTERVAL, cornu_random_shear_options, x_factor),
    CORNU__FIELD(INTERVAL, cornu_random_shear_options, y_factor),
    CORNU__PLACE_FIELDS(cornu_random_shear_options),
    CORNU__SEED_FIELD(cornu_random_shear_options),
    CORNU__FORMAT_FIELD(cornu_random_shear_options),
};
const cornu__step_class cornu__shear_class = {
    CORNU__STEP_BASE("RandomShear", cornu_random_shear_options, shear_defaults, shear_fields, .check = check_shear),
    .values = shear_values,
    .varies = shear_varies,
    .draw = draw_shear,
    .map = map_shear,
};

cornu_layer *cornu_random_shear_with(const cornu_random_shear_options *options)
{
    return cornu__layer_create(&cornu__shear_class.layer, options);
}

cornu__family cornu__place_steps = {&flip_class.layer.base,         &cornu__rotation_class.layer.base,
                                    &zoom_class.layer.base,         &cornu__translation_class.layer.base,
                                    &cornu__shear_class.layer.base, NULL};
