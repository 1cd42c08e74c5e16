/* nn/layers/convolution.c: Conv1D, Conv2D, their transposed and depthwise forms. */
#include <string.h>

#include "nn/layers/spatial.h"

/* How many spatial axes a layer of this file has: its class's name says it. */
static int axes_of(const cornu_layer *layer)
{
    return strstr(cornu__layer_class_of(layer)->base.name, "1D") ? 1 : 2;
}

static const char *const valid_same[] = {"valid", "same", NULL};
static const char *const valid_same_causal[] = {"valid", "same", "causal", NULL};

static cornu_status check_strides(cornu_size2 strides, cornu_size2 dilation)
{
    CORNU_TRY(cornu__size2_at_least("strides", 1, strides));
    CORNU_TRY(cornu__size2_at_least("dilation_rate", 1, dilation));
    if ((strides.first > 1 || strides.second > 1) && (dilation.first > 1 || dilation.second > 1))
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "strides > 1 and dilation_rate > 1 can't go together, got (%d, %d) and (%d, %d)",
                           strides.first, strides.second, dilation.first, dilation.second);
    return CORNU_OK;
}

static cornu_status settle_window(cornu_size2 *kernel_size, cornu_size2 *strides, cornu_size2 *dilation)
{
    *kernel_size = cornu__settle_size2(*kernel_size, 0);
    *strides = cornu__settle_size2(*strides, 1);
    *dilation = cornu__settle_size2(*dilation, 1);
    return cornu__size2_at_least("kernel_size", 1, *kernel_size);
}

static cornu__window make_window(int axes, cornu_size2 kernel_size, cornu_size2 strides, cornu_size2 dilation,
                                 int64_t groups)
{
    cornu__window window = {.groups = groups};
    cornu__images_pair(kernel_size, axes, window.size);
    cornu__images_pair(strides, axes, window.strides);
    cornu__images_pair(dilation, axes, window.dilation);
    return window;
}

/* The kernel as (KH, KW, in, out), from the layer's own shape. */
static cornu_node *image_kernel(cornu_layer *layer, cornu__call *call, int64_t in, int64_t out)
{
    cornu_node *kernel = cornu__weight_value(layer, call, "kernel");
    if (!kernel)
        return NULL;
    int axes = kernel->rank - 2;
    int64_t shape[4] = {axes == 1 ? 1 : kernel->shape[0], kernel->shape[axes - 1], in, out};
    return cornu__op_reshape(kernel, 4, shape);
}

static cornu_node *finish(cornu_layer *layer, cornu__call *call, cornu_node *y, bool use_bias, const char *data_format,
                          cornu_identifier activation)
{
    if (use_bias)
        y = cornu__op_binary(CORNU__OP_ADD, y, cornu__weight_value(layer, call, "bias"));
    return cornu__images_back(cornu__activate(activation, y), axes_of(layer), data_format);
}

/* kernel (spatial sizes, in, out) and bias (filters). */
static cornu_status add_weights(cornu_layer *layer, cornu_size2 size, int64_t in, int64_t out, int64_t filters,
                                bool use_bias, const cornu_identifier kernel[3], const cornu_identifier bias[3])
{
    int axes = axes_of(layer);
    int64_t shape[4] = {size.first, size.second};
    shape[axes] = in;
    shape[axes + 1] = out;
    if (!cornu__layer_add_weight(layer, "kernel", axes + 2, shape, true, cornu__config_object(kernel[0]),
                                 cornu__config_object(kernel[1]), cornu__config_object(kernel[2])))
        return cornu_error_status();
    if (use_bias && !cornu__layer_add_weight(layer, "bias", 1, &filters, true, cornu__config_object(bias[0]),
                                             cornu__config_object(bias[1]), cornu__config_object(bias[2])))
        return cornu_error_status();
    return CORNU_OK;
}

static int64_t input_channels(const cornu_layer *layer, const cornu__spec *input, const char *data_format)
{
    return input->shape[cornu__images_channel_axis(axes_of(layer), data_format)];
}

static cornu_status known_channels(const cornu_layer *layer, const cornu__spec *input, const char *data_format,
                                   int64_t *channels)
{
    return cornu__known_size(input, cornu__images_channel_axis(axes_of(layer), data_format), "channels", channels);
}

/* --- Conv1D, Conv2D --- */

static const cornu_conv_options conv_defaults = {.struct_size = sizeof conv_defaults, CORNU_CONV_DEFAULTS};

static cornu_status check_conv(void *config)
{
    cornu_conv_options *o = config;
    CORNU_TRY(cornu__at_least("filters", 1, o->filters));
    CORNU_TRY(settle_window(&o->kernel_size, &o->strides, &o->dilation_rate));
    CORNU_TRY(cornu__at_least("groups", 1, o->groups));
    if (o->filters % o->groups != 0)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "filters: wanted a multiple of groups, got %d filters in %d groups", o->filters, o->groups);
    return check_strides(o->strides, o->dilation_rate);
}

static cornu_status infer_conv(const cornu_layer *layer, int count, const cornu__spec *inputs, cornu__spec *output)
{
    const cornu_conv_options *o = cornu__layer_config(layer);
    int axes = axes_of(layer);
    cornu__images images = cornu__images_of(inputs, axes, o->data_format);
    cornu__window window = make_window(axes, o->kernel_size, o->strides, o->dilation_rate, o->groups);
    int64_t channels;
    (void)count;
    CORNU_TRY(known_channels(layer, inputs, o->data_format, &channels));
    if (channels % o->groups != 0)
        return cornu__fail(CORNU_ERROR_SHAPE, "wanted a multiple of groups (%d) channels, got %lld", o->groups,
                           (long long)channels);
    if (layer->built && cornu__layer_weight(layer, "kernel")->shape[axes] * o->groups != channels)
        return cornu__fail(CORNU_ERROR_SHAPE, "its kernel was made for %lld channels, got an input of %lld",
                           (long long)(cornu__layer_weight(layer, "kernel")->shape[axes] * o->groups),
                           (long long)channels);
    CORNU_TRY(cornu__window_fit(&window, o->padding, &images, images.size));
    images.channels = o->filters;
    cornu__images_to_spec(&images, output);
    return CORNU_OK;
}

static cornu_status build_conv(cornu_layer *layer, int count, const cornu__spec *inputs)
{
    const cornu_conv_options *o = cornu__layer_config(layer);
    (void)count;
    return add_weights(layer, o->kernel_size, input_channels(layer, inputs, o->data_format) / o->groups, o->filters,
                       o->filters, o->use_bias,
                       (const cornu_identifier[]){o->kernel_initializer, o->kernel_regularizer, o->kernel_constraint},
                       (const cornu_identifier[]){o->bias_initializer, o->bias_regularizer, o->bias_constraint});
}

/* The window for a lowered input, whose sizes are all known. */
static cornu_status fit_node(cornu__window *window, const char *padding, int axes, const cornu_node *x,
                             int64_t output[2])
{
    cornu__images images = {.axes = axes, .size = {x->shape[1], x->shape[2]}, .channels = x->shape[3]};
    return cornu__window_fit(window, padding, &images, output);
}

static cornu_status call_conv(cornu_layer *layer, cornu__call *call, int count, const cornu__value *inputs,
                              cornu__value *output)
{
    const cornu_conv_options *o = cornu__layer_config(layer);
    int axes = axes_of(layer);
    cornu_node *x = cornu__images_from(cornu__op_cast(inputs->node, call->dtype), axes, o->data_format);
    cornu__window window = make_window(axes, o->kernel_size, o->strides, o->dilation_rate, o->groups);
    int64_t sizes[2];
    (void)count;
    if (!x)
        return cornu_error_status();
    CORNU_TRY(fit_node(&window, o->padding, axes, x, sizes));
    cornu_node *y = cornu__op_conv(x, image_kernel(layer, call, x->shape[3] / o->groups, o->filters), &window);
    return cornu__set_output(output, finish(layer, call, y, o->use_bias, o->data_format, o->activation));
}

#define CONV_FIELDS(one_axis, paddings)                                                                                \
    CORNU__LAYER_FIELDS(cornu_conv_options), CORNU__FIELD(INT, cornu_conv_options, filters),                           \
        CORNU__FIELD(SIZE2, cornu_conv_options, kernel_size, .single = one_axis),                                      \
        CORNU__FIELD(SIZE2, cornu_conv_options, strides, .single = one_axis),                                          \
        CORNU__FIELD(TEXT, cornu_conv_options, padding, .choices = paddings),                                          \
        CORNU__FIELD(TEXT, cornu_conv_options, data_format, .choices = cornu__data_formats),                           \
        CORNU__FIELD(SIZE2, cornu_conv_options, dilation_rate, .single = one_axis),                                    \
        CORNU__FIELD(INT, cornu_conv_options, groups),                                                                 \
        CORNU__OBJECT_FIELD(cornu_conv_options, activation, ACTIVATION, .optional = true),                             \
        CORNU__FIELD(BOOL, cornu_conv_options, use_bias), CORNU__WEIGHT_FIELDS(cornu_conv_options, kernel),            \
        CORNU__WEIGHT_FIELDS(cornu_conv_options, bias)
static const cornu__field conv1d_fields[] = {CONV_FIELDS(true, valid_same_causal)};
static const cornu__field conv2d_fields[] = {CONV_FIELDS(false, valid_same)};

#define SPATIAL_CLASS(class_name, axes, options, defaults, fields, checking, kind)                                     \
    {                                                                                                                  \
        CORNU__LAYER_BASE(class_name, options, defaults, fields, .check = checking),                                   \
            .input_min = 1, .input_max = 1, .input_rank_min = (axes) + 2, .input_rank_max = (axes) + 2,                \
            .build = build_##kind, .infer = infer_##kind, .call = call_##kind, .mask = CORNU__MASK_STOP                \
    }
static const cornu__layer_class conv1d_class =
    SPATIAL_CLASS("Conv1D", 1, cornu_conv_options, conv_defaults, conv1d_fields, check_conv, conv);
static const cornu__layer_class conv2d_class =
    SPATIAL_CLASS("Conv2D", 2, cornu_conv_options, conv_defaults, conv2d_fields, check_conv, conv);

static cornu_layer *create_conv(const cornu__layer_class *class, int filters, int kernel_size,
                                const cornu_conv_options *options)
{
    cornu_conv_options o;
    cornu__options_complete(&class->base, options, &o);
    o.filters = filters;
    o.kernel_size = cornu__settle_size2(o.kernel_size, kernel_size);
    return cornu__layer_create(class, &o);
}

cornu_layer *cornu_conv1d_with(int filters, int kernel_size, const cornu_conv1d_options *options)
{
    return create_conv(&conv1d_class, filters, kernel_size, options);
}

cornu_layer *cornu_conv2d_with(int filters, int kernel_size, const cornu_conv2d_options *options)
{
    return create_conv(&conv2d_class, filters, kernel_size, options);
}

/* --- DepthwiseConv1D, DepthwiseConv2D: a convolution in as many groups as there are channels --- */

static const cornu_depthwise_conv_options depthwise_defaults = {.struct_size = sizeof depthwise_defaults,
                                                                CORNU_DEPTHWISE_CONV_DEFAULTS};

static cornu_status check_depthwise(void *config)
{
    cornu_depthwise_conv_options *o = config;
    CORNU_TRY(settle_window(&o->kernel_size, &o->strides, &o->dilation_rate));
    CORNU_TRY(cornu__at_least("depth_multiplier", 1, o->depth_multiplier));
    return check_strides(o->strides, o->dilation_rate);
}

static cornu_status infer_depthwise(const cornu_layer *layer, int count, const cornu__spec *inputs, cornu__spec *output)
{
    const cornu_depthwise_conv_options *o = cornu__layer_config(layer);
    int axes = axes_of(layer);
    cornu__images images = cornu__images_of(inputs, axes, o->data_format);
    cornu__window window = make_window(axes, o->kernel_size, o->strides, o->dilation_rate, 1);
    (void)count;
    CORNU_TRY(known_channels(layer, inputs, o->data_format, &images.channels));
    CORNU_TRY(cornu__fits_weight(layer, "kernel", axes, inputs, cornu__images_channel_axis(axes, o->data_format)));
    CORNU_TRY(cornu__window_fit(&window, o->padding, &images, images.size));
    images.channels *= o->depth_multiplier;
    cornu__images_to_spec(&images, output);
    return CORNU_OK;
}

static cornu_status build_depthwise(cornu_layer *layer, int count, const cornu__spec *inputs)
{
    const cornu_depthwise_conv_options *o = cornu__layer_config(layer);
    int64_t channels = input_channels(layer, inputs, o->data_format);
    (void)count;
    return add_weights(
        layer, o->kernel_size, channels, o->depth_multiplier, channels * o->depth_multiplier, o->use_bias,
        (const cornu_identifier[]){o->depthwise_initializer, o->depthwise_regularizer, o->depthwise_constraint},
        (const cornu_identifier[]){o->bias_initializer, o->bias_regularizer, o->bias_constraint});
}

static cornu_status call_depthwise(cornu_layer *layer, cornu__call *call, int count, const cornu__value *inputs,
                                   cornu__value *output)
{
    const cornu_depthwise_conv_options *o = cornu__layer_config(layer);
    int axes = axes_of(layer);
    cornu_node *x = cornu__images_from(cornu__op_cast(inputs->node, call->dtype), axes, o->data_format);
    int64_t sizes[2];
    (void)count;
    if (!x)
        return cornu_error_status();
    cornu__window window = make_window(axes, o->kernel_size, o->strides, o->dilation_rate, x->shape[3]);
    CORNU_TRY(fit_node(&window, o->padding, axes, x, sizes));
    cornu_node *y = cornu__op_conv(x, image_kernel(layer, call, 1, x->shape[3] * o->depth_multiplier), &window);
    return cornu__set_output(output, finish(layer, call, y, o->use_bias, o->data_format, o->activation));
}

#define DEPTHWISE_FIELDS(one_axis)                                                                                     \
    CORNU__LAYER_FIELDS(cornu_depthwise_conv_options),                                                                 \
        CORNU__FIELD(SIZE2, cornu_depthwise_conv_options, kernel_size, .single = one_axis),                            \
        CORNU__FIELD(SIZE2, cornu_depthwise_conv_options, strides, .single = one_axis),                                \
        CORNU__FIELD(TEXT, cornu_depthwise_conv_options, padding, .choices = valid_same),                              \
        CORNU__FIELD(INT, cornu_depthwise_conv_options, depth_multiplier),                                             \
        CORNU__FIELD(TEXT, cornu_depthwise_conv_options, data_format, .choices = cornu__data_formats),                 \
        CORNU__FIELD(SIZE2, cornu_depthwise_conv_options, dilation_rate, .single = one_axis),                          \
        CORNU__OBJECT_FIELD(cornu_depthwise_conv_options, activation, ACTIVATION, .optional = true),                   \
        CORNU__FIELD(BOOL, cornu_depthwise_conv_options, use_bias),                                                    \
        CORNU__WEIGHT_FIELDS(cornu_depthwise_conv_options, depthwise),                                                 \
        CORNU__WEIGHT_FIELDS(cornu_depthwise_conv_options, bias)
static const cornu__field depthwise1d_fields[] = {DEPTHWISE_FIELDS(true)};
static const cornu__field depthwise2d_fields[] = {DEPTHWISE_FIELDS(false)};
static const cornu__layer_class depthwise1d_class =
    SPATIAL_CLASS("DepthwiseConv1D", 1, cornu_depthwise_conv_options, depthwise_defaults, depthwise1d_fields,
                  check_depthwise, depthwise);
static const cornu__layer_class depthwise2d_class =
    SPATIAL_CLASS("DepthwiseConv2D", 2, cornu_depthwise_conv_options, depthwise_defaults, depthwise2d_fields,
                  check_depthwise, depthwise);

static cornu_layer *create_depthwise(const cornu__layer_class *class, int kernel_size,
                                     const cornu_depthwise_conv_options *options)
{
    cornu_depthwise_conv_options o;
    cornu__options_complete(&class->base, options, &o);
    o.kernel_size = cornu__settle_size2(o.kernel_size, kernel_size);
    return cornu__layer_create(class, &o);
}

cornu_layer *cornu_depthwise_conv1d_with(int kernel_size, const cornu_depthwise_conv1d_options *options)
{
    return create_depthwise(&depthwise1d_class, kernel_size, options);
}

cornu_layer *cornu_depthwise_conv2d_with(int kernel_size, const cornu_depthwise_conv2d_options *options)
{
    return create_depthwise(&depthwise2d_class, kernel_size, options);
}

/* --- Conv1DTranspose, Conv2DTranspose: the input gradient of the convolution from the output to the input --- */

static const cornu_conv_transpose_options transpose_defaults = {.struct_size = sizeof transpose_defaults,
                                                                CORNU_CONV_TRANSPOSE_DEFAULTS};

static cornu_status check_transpose(void *config)
{
    cornu_conv_transpose_options *o = config;
    CORNU_TRY(cornu__at_least("filters", 1, o->filters));
    CORNU_TRY(settle_window(&o->kernel_size, &o->strides, &o->dilation_rate));
    /* .output_padding = 1 means both axes */
    int second = o->output_padding.second;
    if (o->output_padding.first >= 0 && second < 0)
        o->output_padding.second = o->output_padding.first;
    if ((o->output_padding.first >= o->strides.first) || (o->output_padding.second >= o->strides.second))
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "output_padding: wanted less than strides (%d, %d), got (%d, %d)", o->strides.first,
                           o->strides.second, o->output_padding.first, o->output_padding.second);
    return check_strides(o->strides, o->dilation_rate);
}

/* The output's sizes, and the window of the convolution that goes back. The sizes are the specification's, section 8. */
static void fit_transpose(const cornu_conv_transpose_options *o, int axes, const int64_t input[2],
                          cornu__window *window, int64_t output[2])
{
    *window = make_window(axes, o->kernel_size, o->strides, o->dilation_rate, 1);
    int64_t extra[2];
    cornu__images_pair(o->output_padding, axes, extra);
    bool given = o->output_padding.first >= 0, same = o->padding[0] == 's';
    for (int i = 2 - axes; i < 2; i++) {
        int64_t size = input[i], stride = window->strides[i], reach = (window->size[i] - 1) * window->dilation[i] + 1;
        if (size == CORNU_NONE) {
            output[i] = CORNU_NONE;
        } else if (given) {
            int64_t pad = same ? reach / 2 : 0;
            output[i] = (size - 1) * stride + reach - 2 * pad + extra[i];
            window->pad_before[i] = window->pad_after[i] = pad;
        } else if (same) {
            int64_t total = reach > stride ? reach - stride : 0;
            output[i] = size * stride;
            window->pad_before[i] = total / 2;
            window->pad_after[i] = total - total / 2;
        } else {
            output[i] = size * stride + (reach > stride ? reach - stride : 0);
        }
    }
    if (axes == 1)
        output[0] = 1;
}

static cornu_status infer_transpose(const cornu_layer *layer, int count, const cornu__spec *inputs, cornu__spec *output)
{
    const cornu_conv_transpose_options *o = cornu__layer_config(layer);
    int axes = axes_of(layer);
    cornu__images images = cornu__images_of(inputs, axes, o->data_format);
    cornu__window window;
    int64_t sizes[2];
    (void)count;
    CORNU_TRY(known_channels(layer, inputs, o->data_format, &images.channels));
    CORNU_TRY(cornu__fits_weight(layer, "kernel", axes + 1, inputs, cornu__images_channel_axis(axes, o->data_format)));
    fit_transpose(o, axes, images.size, &window, sizes);
    memcpy(images.size, sizes, sizeof sizes);
    images.channels = o->filters;
    cornu__images_to_spec(&images, output);
    return CORNU_OK;
}

static cornu_status build_transpose(cornu_layer *layer, int count, const cornu__spec *inputs)
{
    const cornu_conv_transpose_options *o = cornu__layer_config(layer);
    (void)count;
    return add_weights(layer, o->kernel_size, o->filters, input_channels(layer, inputs, o->data_format), o->filters,
                       o->use_bias,
                       (const cornu_identifier[]){o->kernel_initializer, o->kernel_regularizer, o->kernel_constraint},
                       (const cornu_identifier[]){o->bias_initializer, o->bias_regularizer, o->bias_constraint});
}

static cornu_status call_transpose(cornu_layer *layer, cornu__call *call, int count, const cornu__value *inputs,
                                   cornu__value *output)
{
    const cornu_conv_transpose_options *o = cornu__layer_config(layer);
    int axes = axes_of(layer);
    cornu_node *x = cornu__images_from(cornu__op_cast(inputs->node, call->dtype), axes, o->data_format);
    cornu__window window;
    (void)count;
    if (!x)
        return cornu_error_status();
    int64_t sizes[2];
    fit_transpose(o, axes, &x->shape[1], &window, sizes);
    int64_t shape[4] = {x->shape[0], sizes[0], sizes[1], o->filters};
    cornu_node *y =
        cornu__op_conv_input_gradient(x, image_kernel(layer, call, o->filters, x->shape[3]), &window, shape);
    return cornu__set_output(output, finish(layer, call, y, o->use_bias, o->data_format, o->activation));
}

#define TRANSPOSE_FIELDS(one_axis)                                                                                     \
    CORNU__LAYER_FIELDS(cornu_conv_transpose_options), CORNU__FIELD(INT, cornu_conv_transpose_options, filters),       \
        CORNU__FIELD(SIZE2, cornu_conv_transpose_options, kernel_size, .single = one_axis),                            \
        CORNU__FIELD(SIZE2, cornu_conv_transpose_options, strides, .single = one_axis),                                \
        CORNU__FIELD(TEXT, cornu_conv_transpose_options, padding, .choices = valid_same),                              \
        CORNU__FIELD(SIZE2, cornu_conv_transpose_options, output_padding, .single = one_axis, .optional = true),       \
        CORNU__FIELD(TEXT, cornu_conv_transpose_options, data_format, .choices = cornu__data_formats),                 \
        CORNU__FIELD(SIZE2, cornu_conv_transpose_options, dilation_rate, .single = one_axis),                          \
        CORNU__OBJECT_FIELD(cornu_conv_transpose_options, activation, ACTIVATION, .optional = true),                   \
        CORNU__FIELD(BOOL, cornu_conv_transpose_options, use_bias),                                                    \
        CORNU__WEIGHT_FIELDS(cornu_conv_transpose_options, kernel),                                                    \
        CORNU__WEIGHT_FIELDS(cornu_conv_transpose_options, bias)
static const cornu__field transpose1d_fields[] = {TRANSPOSE_FIELDS(true)};
static const cornu__field transpose2d_fields[] = {TRANSPOSE_FIELDS(false)};
static const cornu__layer_class transpose1d_class =
    SPATIAL_CLASS("Conv1DTranspose", 1, cornu_conv_transpose_options, transpose_defaults, transpose1d_fields,
                  check_transpose, transpose);
static const cornu__layer_class transpose2d_class =
    SPATIAL_CLASS("Conv2DTranspose", 2, cornu_conv_transpose_options, transpose_defaults, transpose2d_fields,
                  check_transpose, transpose);

static cornu_layer *create_transpose(const cornu__layer_class *class, int filters, int kernel_size,
                                     const cornu_conv_transpose_options *options)
{
    cornu_conv_transpose_options o;
    cornu__options_complete(&class->base, options, &o);
    o.filters = filters;
    o.kernel_size = cornu__settle_size2(o.kernel_size, kernel_size);
    return cornu__layer_create(class, &o);
}

cornu_layer *cornu_conv1d_transpose_with(int filters, int kernel_size, const cornu_conv1d_transpose_options *options)
{
    return create_transpose(&transpose1d_class, filters, kernel_size, options);
}

cornu_layer *cornu_conv2d_transpose_with(int filters, int kernel_size, const cornu_conv2d_transpose_options *options)
{
    return create_transpose(&transpose2d_class, filters, kernel_size, options);
}

cornu__family cornu__convolution_layers = {&conv1d_class.base,
                                           &conv2d_class.base,
                                           &depthwise1d_class.base,
                                           &depthwise2d_class.base,
                                           &transpose1d_class.base,
                                           &transpose2d_class.base,
                                           NULL};
