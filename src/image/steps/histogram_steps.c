/* histogram_steps.c: AutoContrast, Equalization: each channel by what it holds. */
#include "image/steps/color.h"

#include <math.h>

/* --- AutoContrast --- */

typedef cornu_auto_contrast_options stretch_options;

static const stretch_options stretch_defaults = {.struct_size = sizeof stretch_defaults, CORNU_AUTO_CONTRAST_DEFAULTS};

static cornu_status check_stretch(void *config)
{
    return cornu__value_range_check(((const stretch_options *)config)->value_range);
}

/* The scale and offset that take a channel's span to 0 .. 255. A channel of one value stays as it is: its scale is no number. */
static void choose_stretch(cornu__value_span span, cornu_interval range, float *scale, float *offset)
{
    float low = cornu__to_bytes(span.low, range), high = cornu__to_bytes(span.high, range);
    *scale = high > low ? 255 / (high - low) : NAN;
    *offset = -low * *scale;
}

static cornu_status change_stretch(const cornu__step_call *call, float *picture)
{
    cornu_interval range = ((const stretch_options *)call->config)->value_range;
    size_t channels = (size_t)call->from.channels, pixels = (size_t)call->from.height * (size_t)call->from.width;
    cornu__value_span *spans = call->scratch;
    float *scales = (float *)(spans + channels), *offsets = scales + channels;
    const cornu__image_kernels *kernels;
    CORNU_TRY(cornu__image_kernels_choose(&kernels));
    kernels->find_spans(picture, pixels, channels, spans);
    for (size_t channel = 0; channel < channels; channel++)
        choose_stretch(spans[channel], range, &scales[channel], &offsets[channel]);
    kernels->stretch(picture, pixels, channels, scales, offsets, range);
    return CORNU_OK;
}

static size_t stretch_scratch(const void *config, cornu__extent extent)
{
    (void)config;
    return (size_t)extent.channels * (sizeof(cornu__value_span) + 2 * sizeof(float));
}

static const cornu__field stretch_fields[] = {
    CORNU__LAYER_FIELDS(stretch_options),
    CORNU__RANGE_FIELD(stretch_options),
    CORNU__FORMAT_FIELD(stretch_options),
};
const cornu__step_class cornu__auto_contrast_class = {
    CORNU__STEP_BASE("AutoContrast", stretch_options, stretch_defaults, stretch_fields, .check = check_stretch),
    .always = true,
    .change = change_stretch,
    .scratch = stretch_scratch,
};

cornu_layer *cornu_auto_contrast_with(const stretch_options *options)
{
    return cornu__layer_create(&cornu__auto_contrast_class.layer, options);
}

/* --- Equalization --- */

#define MOST_BINS 65536

typedef cornu_equalization_options equal_options;

static const equal_options equal_defaults = {.struct_size = sizeof equal_defaults, CORNU_EQUALIZATION_DEFAULTS};

static cornu_status check_equal(void *config)
{
    const equal_options *o = config;
    CORNU_TRY(cornu__value_range_check(o->value_range));
    if (o->bins >= 2 && o->bins <= MOST_BINS)
        return CORNU_OK;
    return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "bins: wanted 2 to %d, got %d", MOST_BINS, o->bins);
}

static int bin_of(float scaled, int bins)
{
    return (int)cornu__clip(scaled, 0, (float)(bins - 1));
}

/* table[bin] := the value 0 .. 255 that it gets; false: there is one bin at most. What is no number is in none. */
static bool make_table(const float *channel, size_t pixels, size_t step, const equal_options *o, int64_t *table)
{
    int used = 0, bins = o->bins;
    for (int i = 0; i < bins; i++)
        table[i] = 0;
    for (size_t i = 0; i < pixels; i++) {
        float value = cornu__to_bytes(channel[i * step], o->value_range);
        if (!isnan(value))
            table[bin_of(value * (float)(bins - 1) / 255, bins)]++;
    }
    int64_t sum = 0, first = 0;
    for (int i = 0; i < bins; i++) {
        used += table[i] > 0;
        sum += table[i];
        first = first == 0 ? sum : first;
        table[i] = sum;
    }
    for (int i = 0; used > 1 && i < bins; i++)
        table[i] = (int64_t)nearbyint(fmax(0, (double)((table[i] - first) * 255) / (double)(sum - first)));
    return used > 1;
}

static cornu_status change_equal(const cornu__step_call *call, float *picture)
{
    const equal_options *o = call->config;
    int64_t *table = call->scratch;
    size_t channels = (size_t)call->from.channels, pixels = (size_t)call->from.height * (size_t)call->from.width;
    for (size_t channel = 0; channel < channels; channel++) {
        float *values = picture + channel;
        if (!make_table(values, pixels, channels, o, table))
            continue;
        for (size_t i = 0; i < pixels; i++) {
            float value = cornu__to_bytes(values[i * channels], o->value_range);
            if (isnan(value))
                continue;
            float equal = (float)table[bin_of(value / 255 * (float)(o->bins - 1), o->bins)];
            values[i * channels] = cornu__from_bytes(equal, o->value_range);
        }
    }
    return CORNU_OK;
}

static size_t table_size(const void *config, cornu__extent extent)
{
    (void)extent;
    return (size_t)((const equal_options *)config)->bins * sizeof(int64_t);
}

static const cornu__field equal_fields[] = {
    CORNU__LAYER_FIELDS(equal_options),
    CORNU__RANGE_FIELD(equal_options),
    CORNU__FIELD(INT, equal_options, bins),
    CORNU__FORMAT_FIELD(equal_options),
};
const cornu__step_class cornu__equalization_class = {
    CORNU__STEP_BASE("Equalization", equal_options, equal_defaults, equal_fields, .check = check_equal),
    .change = change_equal,
    .scratch = table_size,
};

cornu_layer *cornu_equalization_with(const equal_options *options)
{
    return cornu__layer_create(&cornu__equalization_class.layer, options);
}

cornu__family cornu__histogram_steps = {&cornu__auto_contrast_class.layer.base, &cornu__equalization_class.layer.base,
                                        NULL};
