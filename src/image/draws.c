/*
 * draws.c: the random parameters of a transform.
 *
 * With numpy's stream the order of the draws is Keras's, down to the two flips, which are drawn though nobody wants them. With a key each
 * parameter has a number of its own, so that one more option does not change what the others draw.
 */
#include <math.h>

#include "image/image_data_generator.h"

typedef enum purpose {
    ROTATION,
    HEIGHT_SHIFT,
    HEIGHT_SIGN,
    WIDTH_SHIFT,
    WIDTH_SIGN,
    SHEAR,
    ZOOM_HEIGHT,
    ZOOM_WIDTH,
    HORIZONTAL_FLIP,
    VERTICAL_FLIP,
    CHANNEL_SHIFT,
    BRIGHTNESS
} purpose;

static double draw_double(cornu__draws *draws, purpose what)
{
    return draws->numpy ? cornu__numpy_double(draws->numpy) : cornu__random_uniform_double(draws->key, (uint64_t)what);
}

static double draw_uniform(cornu__draws *draws, purpose what, double low, double high)
{
    double range = high - low;
    return low + range * draw_double(draws, what);
}

static int64_t draw_below(cornu__draws *draws, purpose what, int64_t count)
{
    return (int64_t)(draws->numpy ? cornu__numpy_below(draws->numpy, (uint64_t)count)
                                  : cornu__random_below(draws->key, (uint64_t)what, (uint64_t)count));
}

/* --- Shifts --- */

cornu_status cornu__shift_range_check(const char *name, const cornu_shift_range *range)
{
    if (range->count < 0 || range->count > CORNU_MAX_SHIFTS)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "%s has %d shifts to choose from; at most %d are possible",
                           name, range->count, CORNU_MAX_SHIFTS);
    if (range->pixels < 0)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "%s is %d pixels, and must not be negative", name,
                           range->pixels);
    double sum = range->number;
    for (int i = 0; i < range->count; i++)
        sum += range->shifts[i];
    if (!isfinite(sum))
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "%s is not a finite number", name);
    return CORNU_OK;
}

static double draw_sign(cornu__draws *draws, purpose what)
{
    return draw_below(draws, what, 2) == 0 ? -1 : 1;
}

static double draw_from_list(cornu__draws *draws, purpose what, const cornu_shift_range *range, double size)
{
    double largest = range->shifts[0];
    for (int i = 1; i < range->count; i++)
        largest = range->shifts[i] > largest ? range->shifts[i] : largest;
    double shift = range->shifts[draw_below(draws, what, range->count)];
    shift *= draw_sign(draws, what + 1);
    return largest < 1 ? shift * size : shift;
}

/* `what`: the shift; the next purpose is its sign. */
static double draw_shift(cornu__draws *draws, purpose what, const cornu_shift_range *range, double size)
{
    if (range->count > 0)
        return draw_from_list(draws, what, range, size);
    if (range->pixels > 0) {
        double shift = (double)draw_below(draws, what, range->pixels);
        return shift * draw_sign(draws, what + 1);
    }
    if (range->number == 0)
        return 0;
    double shift = draw_uniform(draws, what, -range->number, range->number);
    return range->number < 1 ? shift * size : shift;
}

/* --- All --- */

cornu_transform_options cornu__draw_transform(const cornu_image_data_generator *generator, cornu__draws *draws,
                                              cornu__picture_shape shape)
{
    const cornu_image_data_generator_options *ranges = &generator->options;
    cornu_transform_options drawn = {.struct_size = sizeof drawn, CORNU_TRANSFORM_DEFAULTS};
    if (ranges->rotation_range != 0)
        drawn.theta = draw_uniform(draws, ROTATION, -ranges->rotation_range, ranges->rotation_range);
    drawn.tx = draw_shift(draws, HEIGHT_SHIFT, &ranges->height_shift_range, (double)shape.height);
    drawn.ty = draw_shift(draws, WIDTH_SHIFT, &ranges->width_shift_range, (double)shape.width);
    if (ranges->shear_range != 0)
        drawn.shear = draw_uniform(draws, SHEAR, -ranges->shear_range, ranges->shear_range);
    if (generator->zoom_low != 1 || generator->zoom_high != 1) {
        drawn.zx = draw_uniform(draws, ZOOM_HEIGHT, generator->zoom_low, generator->zoom_high);
        drawn.zy = draw_uniform(draws, ZOOM_WIDTH, generator->zoom_low, generator->zoom_high);
    }
    drawn.flip_horizontal = draw_double(draws, HORIZONTAL_FLIP) < 0.5 && ranges->horizontal_flip;
    drawn.flip_vertical = draw_double(draws, VERTICAL_FLIP) < 0.5 && ranges->vertical_flip;
    if (ranges->channel_shift_range != 0)
        drawn.channel_shift_intensity =
            draw_uniform(draws, CHANNEL_SHIFT, -ranges->channel_shift_range, ranges->channel_shift_range);
    if (ranges->brightness_range.pair)
        drawn.brightness =
            draw_uniform(draws, BRIGHTNESS, ranges->brightness_range.first, ranges->brightness_range.second);
    return drawn;
}
