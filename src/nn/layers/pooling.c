/* nn/layers/pooling.c: pooling over windows, and over all of time or space. */
#include <string.h>

#include "nn/layers/spatial.h"

static int axes_of(const cornu_layer *layer)
{
    return strstr(cornu__layer_class_of(layer)->base.name, "1D") ? 1 : 2;
}

static bool takes_maximum(const cornu_layer *layer)
{
    return strstr(cornu__layer_class_of(layer)->base.name, "Max") != NULL;
}

/* --- over windows --- */

static const char *const paddings[] = {"valid", "same", NULL};
static const cornu_pooling_options pooling_defaults = {.struct_size = sizeof pooling_defaults, CORNU_POOLING_DEFAULTS};

static cornu_status check_pooling(void *config)
{
    cornu_pooling_options *o = config;
    o->pool_size = cornu__settle_size2(o->pool_size, 2);
    o->strides = o->strides.first == 0 ? o->pool_size : cornu__settle_size2(o->strides, 1);
    CORNU_TRY(cornu__size2_at_least("pool_size", 1, o->pool_size));
    return cornu__size2_at_least("strides", 1, o->strides);
}

static cornu__window pooling_window(const cornu_pooling_options *o, int axes)
{
    cornu__window window = {.dilation = {1, 1}, .groups = 1};
    cornu__images_pair(o->pool_size, axes, window.size);
    cornu__images_pair(o->strides, axes, window.strides);
    return window;
}

static cornu_status infer_pooling(const cornu_layer *layer, int count, const cornu__spec *inputs, cornu__spec *output)
{
    const cornu_pooling_options *o = cornu__layer_config(layer);
    cornu__images images = cornu__images_of(inputs, axes_of(layer), o->data_format);
    cornu__window window = pooling_window(o, images.axes);
    (void)count;
    CORNU_TRY(cornu__window_fit(&window, o->padding, &images, images.size));
    cornu__images_to_spec(&images, output);
    return CORNU_OK;
}

static cornu_status call_pooling(cornu_layer *layer, cornu__call *call, int count, const cornu__value *inputs,
                                 cornu__value *output)
{
    const cornu_pooling_options *o = cornu__layer_config(layer);
    int axes = axes_of(layer);
    cornu_node *x = cornu__images_from(cornu__op_cast(inputs->node, call->dtype), axes, o->data_format);
    cornu__window window = pooling_window(o, axes);
    int64_t sizes[2];
    (void)count;
    if (!x)
        return cornu_error_status();
    cornu__images images = {.axes = axes, .size = {x->shape[1], x->shape[2]}, .channels = x->shape[3]};
    CORNU_TRY(cornu__window_fit(&window, o->padding, &images, sizes));
    cornu_node *y = takes_maximum(layer) ? cornu__op_max_pool(x, &window) : cornu__op_average_pool(x, &window);
    return cornu__set_output(output, cornu__images_back(y, axes, o->data_format));
}

#define POOLING_FIELDS(one_axis)                                                                                       \
    CORNU__LAYER_FIELDS(cornu_pooling_options),                                                                        \
        CORNU__FIELD(SIZE2, cornu_pooling_options, pool_size, .single = one_axis),                                     \
        CORNU__FIELD(TEXT, cornu_pooling_options, padding, .choices = paddings),                                       \
        CORNU__FIELD(SIZE2, cornu_pooling_options, strides, .single = one_axis, .optional = true),                     \
        CORNU__FIELD(TEXT, cornu_pooling_options, data_format, .choices = cornu__data_formats)
static const cornu__field pooling1d_fields[] = {POOLING_FIELDS(true)};
static const cornu__field pooling2d_fields[] = {POOLING_FIELDS(false)};

#define POOLING_CLASS(class_name, axes)                                                                                \
    {                                                                                                                  \
        CORNU__LAYER_BASE(class_name, cornu_pooling_options, pooling_defaults, pooling##axes##d_fields,                \
                          .check = check_pooling),                                                                     \
            .input_min = 1, .input_max = 1, .input_rank_min = (axes) + 2, .input_rank_max = (axes) + 2,                \
            .infer = infer_pooling, .call = call_pooling, .mask = CORNU__MASK_STOP                                     \
    }
static const cornu__layer_class max1d_class = POOLING_CLASS("MaxPooling1D", 1);
static const cornu__layer_class max2d_class = POOLING_CLASS("MaxPooling2D", 2);
static const cornu__layer_class average1d_class = POOLING_CLASS("AveragePooling1D", 1);
static const cornu__layer_class average2d_class = POOLING_CLASS("AveragePooling2D", 2);

static cornu_layer *create_pooling(const cornu__layer_class *class, int pool_size, const cornu_pooling_options *options)
{
    cornu_pooling_options o;
    cornu__options_complete(&class->base, options, &o);
    o.pool_size = cornu__settle_size2(o.pool_size, pool_size);
    return cornu__layer_create(class, &o);
}

cornu_layer *cornu_max_pooling1d_with(int pool_size, const cornu_pooling_options *options)
{
    return create_pooling(&max1d_class, pool_size, options);
}

cornu_layer *cornu_max_pooling2d_with(int pool_size, const cornu_pooling_options *options)
{
    return create_pooling(&max2d_class, pool_size, options);
}

cornu_layer *cornu_average_pooling1d_with(int pool_size, const cornu_pooling_options *options)
{
    return create_pooling(&average1d_class, pool_size, options);
}

cornu_layer *cornu_average_pooling2d_with(int pool_size, const cornu_pooling_options *options)
{
    return create_pooling(&average2d_class, pool_size, options);
}

/* --- over everything --- */

static const cornu_global_pooling_options global_defaults = {.struct_size = sizeof global_defaults, .trainable = true};

static cornu_status infer_global(const cornu_layer *layer, int count, const cornu__spec *inputs, cornu__spec *output)
{
    const cornu_global_pooling_options *o = cornu__layer_config(layer);
    cornu__images images = cornu__images_of(inputs, axes_of(layer), o->data_format);
    (void)count;
    images.size[0] = images.size[1] = 1;
    cornu__images_to_spec(&images, output);
    if (!o->keepdims) {
        output->rank = 2;
        output->shape[1] = images.channels;
    }
    return CORNU_OK;
}

/* sum(x mask) / sum(mask) over time. */
static cornu_node *masked_mean(cornu_node *x, cornu_node *mask, int time, bool keepdims)
{
    cornu_node *column = cornu__op_expand_axis(mask, time == 1 ? 2 : 1);
    cornu_node *sum =
        cornu__op_reduce(CORNU__OP_SUM, cornu__op_binary(CORNU__OP_MULTIPLY, x, column), 1, &time, keepdims);
    return cornu__op_binary(CORNU__OP_DIVIDE, sum, cornu__op_reduce(CORNU__OP_SUM, column, 1, &time, keepdims));
}

static cornu_status call_global(cornu_layer *layer, cornu__call *call, int count, const cornu__value *inputs,
                                cornu__value *output)
{
    const cornu_global_pooling_options *o = cornu__layer_config(layer);
    int first = cornu__channels_first(o->data_format) ? 2 : 1, axes[2] = {first, first + 1},
        axis_count = axes_of(layer);
    cornu_node *x = cornu__op_cast(inputs->node, call->dtype);
    (void)count;
    if (inputs->mask && axis_count == 1 && !takes_maximum(layer))
        return cornu__set_output(output, masked_mean(x, inputs->mask, first, o->keepdims));
    return cornu__set_output(output, cornu__op_reduce(takes_maximum(layer) ? CORNU__OP_MAX : CORNU__OP_MEAN, x,
                                                      axis_count, axes, o->keepdims));
}

static const cornu__field global_fields[] = {
    CORNU__LAYER_FIELDS(cornu_global_pooling_options),
    CORNU__FIELD(TEXT, cornu_global_pooling_options, data_format, .choices = cornu__data_formats),
    CORNU__FIELD(BOOL, cornu_global_pooling_options, keepdims),
};
#define GLOBAL_CLASS(class_name, axes)                                                                                 \
    {                                                                                                                  \
        CORNU__LAYER_BASE(class_name, cornu_global_pooling_options, global_defaults, global_fields),                   \
            .input_min = 1, .input_max = 1, .input_rank_min = (axes) + 2, .input_rank_max = (axes) + 2,                \
            .infer = infer_global, .call = call_global, .mask = CORNU__MASK_STOP                                       \
    }
static const cornu__layer_class global_max1d_class = GLOBAL_CLASS("GlobalMaxPooling1D", 1);
static const cornu__layer_class global_max2d_class = GLOBAL_CLASS("GlobalMaxPooling2D", 2);
static const cornu__layer_class global_average1d_class = GLOBAL_CLASS("GlobalAveragePooling1D", 1);
static const cornu__layer_class global_average2d_class = GLOBAL_CLASS("GlobalAveragePooling2D", 2);

cornu_layer *cornu_global_max_pooling1d_with(const cornu_global_pooling_options *options)
{
    return cornu__layer_create(&global_max1d_class, options);
}

cornu_layer *cornu_global_max_pooling2d_with(const cornu_global_pooling_options *options)
{
    return cornu__layer_create(&global_max2d_class, options);
}

cornu_layer *cornu_global_average_pooling1d_with(const cornu_global_pooling_options *options)
{
    return cornu__layer_create(&global_average1d_class, options);
}

cornu_layer *cornu_global_average_pooling2d_with(const cornu_global_pooling_options *options)
{
    return cornu__layer_create(&global_average2d_class, options);
}

cornu__family cornu__pooling_layers = {&max1d_class.base,
                                       &max2d_class.base,
                                       &average1d_class.base,
                                       &average2d_class.base,
                                       &global_max1d_class.base,
                                       &global_max2d_class.base,
                                       &global_average1d_class.base,
                                       &global_average2d_class.base,
                                       NULL};
