/* augment_captions.c: what was drawn, in words. A no-break space holds a value's name and number together. */
#include <math.h>
#include <string.h>

#include "cli/augment_captions.h"
#include "image/image_data_generator.h"

#define NO_BREAK "\u00a0"
#define INDENT 2 /* blanks */
#define DEGREES "\u00b0"

/* Three digits, and of large numbers all before the point. */
static void add_number(cornu__text *to, double number)
{
    number += 0.0; /* a negative zero is 0 */
    cornu__text_add(to, fabs(number) >= 1000 ? "%.0f" : "%.3g", number);
}

/* --- Of a generator --- */

static void add_line(cornu__text *to, const char *name, double value, const char *unit)
{
    cornu__text_add(to, "%s" NO_BREAK, name);
    add_number(to, value);
    cornu__text_add(to, "%s\n", unit);
}

static bool shifts(const cornu_shift_range *range)
{
    return range->count > 0 || range->pixels > 0 || range->number != 0;
}

void cornu__add_drawn_transform(cornu__text *to, const cornu_image_data_generator *generator,
                                const cornu_transform_options *drawn)
{
    const cornu_image_data_generator_options *given = &generator->options;
    if (given->rotation_range != 0)
        add_line(to, "rotation", drawn->theta, DEGREES);
    if (shifts(&given->height_shift_range))
        add_line(to, "height" NO_BREAK "shift", drawn->tx, "");
    if (shifts(&given->width_shift_range))
        add_line(to, "width" NO_BREAK "shift", drawn->ty, "");
    if (given->shear_range != 0)
        add_line(to, "shear", drawn->shear, DEGREES);
    if (generator->zoom_low != 1 || generator->zoom_high != 1) {
        add_line(to, "height" NO_BREAK "zoom", drawn->zx, "");
        add_line(to, "width" NO_BREAK "zoom", drawn->zy, "");
    }
    if (given->channel_shift_range != 0)
        add_line(to, "channel" NO_BREAK "shift", drawn->channel_shift_intensity, "");
    if (given->horizontal_flip)
        cornu__text_add(to, "horizontal" NO_BREAK "flip" NO_BREAK "%s\n", drawn->flip_horizontal ? "yes" : "no");
    if (given->vertical_flip)
        cornu__text_add(to, "vertical" NO_BREAK "flip" NO_BREAK "%s\n", drawn->flip_vertical ? "yes" : "no");
    if (given->brightness_range.pair)
        add_line(to, "brightness", drawn->brightness, "");
}

/* --- Of a step --- */

static bool begins_with(const char *text, const char *beginning)
{
    return strncmp(text, beginning, strlen(beginning)) == 0;
}

/* "RandomColorJitter" is "ColorJitter": all are random. */
static const char *short_name(const char *class)
{
    return begins_with(class, "Random") ? class + strlen("Random") : class;
}

/* "height_zoom" in words. */
static void add_name(cornu__text *to, const char *name)
{
    for (; *name; name++) {
        if (*name == '_')
            cornu__text_add(to, NO_BREAK);
        else
            cornu__text_add_bytes(to, name, 1);
    }
}

/* Whether the step is done at all: Keras's apply_erasing, should_apply. */
static bool is_decision(const char *name)
{
    return begins_with(name, "apply_") || begins_with(name, "should_apply");
}

static void add_value(cornu__text *to, const char *name, double value, const char *const *names)
{
    bool flip = begins_with(name, "flip_");
    add_name(to, flip ? name + strlen("flip_") : name);
    cornu__text_add(to, NO_BREAK);
    if (flip)
        cornu__text_add(to, "%s", value != 0 ? "yes" : "no");
    else if (strcmp(name, "partner") == 0)
        cornu__text_add(to, "%s", names[(int)value]);
    else
        add_number(to, value);
    if (strcmp(name, "angle") == 0)
        cornu__text_add(to, DEGREES);
}

static void begin_line(cornu__text *to, int indent)
{
    cornu__text_add(to, "\n%*s", indent, "");
}

/* The values of a step or operation, behind its name, each on a line of its own behind `indent` blanks; `config` NULL: of an operation, all of whose values vary. */
static void add_values(cornu__text *to, int indent, const cornu__step_class *class, const void *config,
                       const double *values, const char *const *names)
{
    for (int i = 0; class->values && class->values[i]; i++) {
        if (is_decision(class->values[i])) {
            if (values[i] != 0 && class->values[i + 1])
                continue;
            cornu__text_add(to, values[i] != 0 ? " yes" : " no");
            return;
        }
        if (isnan(values[i])) { /* of a crop from a picture that is too small for it */
            begin_line(to, indent);
            cornu__text_add(to, "the middle");
            return;
        }
        if (config && class->varies && !class->varies(config, i))
            continue;
        begin_line(to, indent);
        add_value(to, class->values[i], values[i], names);
    }
}

/* The operations of a chain, behind `indent` blanks. */
static void add_operations(cornu__text *to, int indent, const cornu_layer *step, cornu__extent extent,
                           const cornu_random_transformation *drawn, int chain)
{
    cornu__chosen_operation chosen;
    int count = 0;
    while (cornu__choose_operation(step, extent, drawn, chain, count, &chosen)) {
        begin_line(to, indent);
        cornu__text_add(to, "%d." NO_BREAK "%s", ++count, short_name(chosen.class->layer.base.name));
        add_values(to, indent + INDENT, chosen.class, NULL, chosen.drawn.values, NULL);
    }
    if (count > 0)
        return;
    begin_line(to, indent);
    cornu__text_add(to, "no" NO_BREAK "operation");
}

static double value_named(const cornu__step_class *class, const double *values, const char *name)
{
    int i = 0;
    while (strcmp(class->values[i], name) != 0)
        i++;
    return values[i];
}

/* AugMix: the picture's own share, and chains of operations with theirs. */
static void add_chains(cornu__text *to, const cornu__step_class *class, const cornu_layer *step, cornu__extent extent,
                       const cornu_random_transformation *drawn)
{
    begin_line(to, INDENT);
    add_value(to, "weight_sample", value_named(class, drawn->values, "weight_sample"), NULL);
    for (int chain = 0; chain < cornu__chain_count(step); chain++) {
        char name[32];
        snprintf(name, sizeof name, "weight_%d", chain + 1);
        begin_line(to, INDENT);
        add_value(to, name, value_named(class, drawn->values, name), NULL);
        add_operations(to, 2 * INDENT, step, extent, drawn, chain);
    }
}

void cornu__add_drawn_step(cornu__text *to, const cornu_layer *step, cornu__extent extent,
                           const cornu_random_transformation *drawn, const char *const *names)
{
    const cornu__step_class *class = cornu__step_class_of(step);
    cornu__text_add(to, "%s", short_name(cornu_object_class_name(step)));
    if (!class) { /* Rescaling draws nothing */
    } else if (cornu__chain_count(step) == 0) {
        add_values(to, INDENT, class, step->object.config, drawn->values, names);
    } else if (strcmp(class->values[0], "weight_sample") == 0) {
        add_chains(to, class, step, extent, drawn);
    } else {
        add_operations(to, INDENT, step, extent, drawn, 0);
    }
    cornu__text_add(to, "\n");
}
