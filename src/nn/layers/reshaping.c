/* nn/layers/reshaping.c: Flatten, Reshape, Permute, RepeatVector, zero padding, cropping, upsampling. */
#include <string.h>

#include "base/text.h"
#include "nn/layers/spatial.h"

/* The start of a class of this file: one input of `least` to `most` axes. */
#define ONE_INPUT(least, most) .input_min = 1, .input_max = 1, .input_rank_min = (least), .input_rank_max = (most)

/* --- Flatten --- */

static const cornu_flatten_options flatten_defaults = {.struct_size = sizeof flatten_defaults, .trainable = true};

static cornu_status infer_flatten(const cornu_layer *layer, int count, const cornu__spec *inputs, cornu__spec *output)
{
    (void)layer, (void)count;
    output->rank = 2;
    output->shape[1] = 1;
    for (int i = 1; i < inputs->rank; i++) {
        if (inputs->shape[i] == CORNU_NONE) {
            output->shape[1] = CORNU_NONE;
            break;
        }
        output->shape[1] *= inputs->shape[i];
    }
    return CORNU_OK;
}

static cornu_status call_flatten(cornu_layer *layer, cornu__call *call, int count, const cornu__value *inputs,
                                 cornu__value *output)
{
    const cornu_flatten_options *o = cornu__layer_config(layer);
    cornu_node *x = inputs->node;
    (void)call, (void)count;
    if (cornu__channels_first(o->data_format) && x->rank > 2)
        x = cornu__axis_to_last(x, 1);
    int64_t shape[2] = {inputs->node->shape[0], -1};
    return cornu__set_output(output, cornu__op_reshape(x, 2, shape));
}

static const cornu__field flatten_fields[] = {
    CORNU__LAYER_FIELDS(cornu_flatten_options),
    CORNU__FIELD(TEXT, cornu_flatten_options, data_format, .choices = cornu__data_formats),
};
static const cornu__layer_class flatten_class = {
    CORNU__LAYER_BASE("Flatten", cornu_flatten_options, flatten_defaults, flatten_fields),
    ONE_INPUT(1, CORNU_MAX_RANK),
    .infer = infer_flatten,
    .call = call_flatten,
    .mask = CORNU__MASK_STOP,
};

cornu_layer *cornu_flatten_with(const cornu_flatten_options *options)
{
    return cornu__layer_create(&flatten_class, options);
}

/* --- Reshape --- */

static const cornu_reshape_options reshape_defaults = {.struct_size = sizeof reshape_defaults, .trainable = true};

static cornu_status check_reshape(void *config)
{
    const cornu_reshape_options *o = config;
    int open = 0;
    if (o->target_shape[CORNU_MAX_RANK - 1] != 0)
        return cornu__fail(CORNU_ERROR_LIMIT, "target_shape: wanted at most %d sizes", CORNU_MAX_RANK - 1);
    for (int i = 0; o->target_shape[i] != 0; i++) {
        open += o->target_shape[i] == -1;
        if (o->target_shape[i] < -1)
            return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                               "target_shape: wanted sizes of at least 1, or one -1, got %lld",
                               (long long)o->target_shape[i]);
    }
    if (open > 1)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "target_shape: only one size can be -1, got %d", open);
    return CORNU_OK;
}

static cornu_status infer_reshape(const cornu_layer *layer, int count, const cornu__spec *inputs, cornu__spec *output)
{
    const cornu_reshape_options *o = cornu__layer_config(layer);
    int64_t have = 1, want = 1;
    int open = 0;
    bool known = true;
    char from[CORNU__SHAPE_TEXT_SIZE], to[CORNU__SHAPE_TEXT_SIZE];
    (void)count;
    for (int i = 1; i < inputs->rank; i++) {
        known = known && inputs->shape[i] != CORNU_NONE;
        have *= inputs->shape[i];
    }
    for (output->rank = 1; output->rank < CORNU_MAX_RANK && o->target_shape[output->rank - 1] != 0; output->rank++) {
        int64_t size = o->target_shape[output->rank - 1];
        output->shape[output->rank] = size;
        if (size == -1)
            open = output->rank;
        else
            want *= size;
    }
    if (!known)
        return CORNU_OK;
    if (open ? have % want != 0 : have != want)
        return cornu__fail(CORNU_ERROR_SHAPE,
                           "can't make shape %s of an input of shape %s: %lld elements are not %lld%s",
                           cornu__text_shape(to, sizeof to, output->rank, output->shape),
                           cornu__text_shape(from, sizeof from, inputs->rank, inputs->shape), (long long)have,
                           (long long)want, open ? " times a whole number" : "");
    if (open)
        output->shape[open] = have / want;
    return CORNU_OK;
}

static cornu_status call_reshape(cornu_layer *layer, cornu__call *call, int count, const cornu__value *inputs,
                                 cornu__value *output)
{
    const cornu_reshape_options *o = cornu__layer_config(layer);
    int64_t shape[CORNU_MAX_RANK] = {inputs->node->shape[0]};
    int rank = 1;
    (void)call, (void)count;
    for (; rank < CORNU_MAX_RANK && o->target_shape[rank - 1] != 0; rank++)
        shape[rank] = o->target_shape[rank - 1];
    return cornu__set_output(output, cornu__op_reshape(inputs->node, rank, shape));
}

static const cornu__field reshape_fields[] = {
    CORNU__LAYER_FIELDS(cornu_reshape_options),
    CORNU__FIELD(SHAPE, cornu_reshape_options, target_shape, .minus_one = true),
};
static const cornu__layer_class reshape_class = {
    CORNU__LAYER_BASE("Reshape", cornu_reshape_options, reshape_defaults, reshape_fields, .check = check_reshape),
    ONE_INPUT(1, CORNU_MAX_RANK),
    .infer = infer_reshape,
    .call = call_reshape,
    .mask = CORNU__MASK_STOP,
};

cornu_layer *cornu_reshape_with(const cornu_reshape_options *options)
{
    return cornu__layer_create(&reshape_class, options);
}

/* --- Permute --- */

static const cornu_permute_options permute_defaults = {.struct_size = sizeof permute_defaults, .trainable = true};

static int count_dims(const cornu_permute_options *o)
{
    int count = 0;
    while (count < CORNU_MAX_RANK && o->dims[count] != 0)
        count++;
    return count;
}

static cornu_status check_permute(void *config)
{
    const cornu_permute_options *o = config;
    int count = count_dims(o);
    unsigned seen = 0;
    for (int i = 0; i < count; i++)
        if (o->dims[i] >= 1 && o->dims[i] <= count)
            seen |= 1u << o->dims[i];
    if (count == 0 || count >= CORNU_MAX_RANK || seen != (1u << (count + 1)) - 2)
        return cornu__fail(
            CORNU_ERROR_INVALID_ARGUMENT,
            "dims: wanted each of 1 .. n once (1 is the first axis after the batch), got %d numbers that are not",
            count);
    return CORNU_OK;
}

static cornu_status infer_permute(const cornu_layer *layer, int count, const cornu__spec *inputs, cornu__spec *output)
{
    const cornu_permute_options *o = cornu__layer_config(layer);
    int dims = count_dims(o);
    char text[CORNU__SHAPE_TEXT_SIZE];
    (void)count;
    if (inputs->rank != dims + 1)
        return cornu__fail(CORNU_ERROR_SHAPE, "dims has %d numbers, so wanted an input of %d axes, got shape %s", dims,
                           dims + 1, cornu__text_shape(text, sizeof text, inputs->rank, inputs->shape));
    for (int i = 0; i < dims; i++)
        output->shape[i + 1] = inputs->shape[o->dims[i]];
    return CORNU_OK;
}

static cornu_status call_permute(cornu_layer *layer, cornu__call *call, int count, const cornu__value *inputs,
                                 cornu__value *output)
{
    const cornu_permute_options *o = cornu__layer_config(layer);
    int permutation[CORNU_MAX_RANK] = {0};
    (void)call, (void)count;
    for (int i = 1; i < inputs->node->rank; i++)
        permutation[i] = (int)o->dims[i - 1];
    return cornu__set_output(output, cornu__op_transpose(inputs->node, permutation));
}

static const cornu__field permute_fields[] = {
    CORNU__LAYER_FIELDS(cornu_permute_options),
    CORNU__FIELD(SHAPE, cornu_permute_options, dims),
};
static const cornu__layer_class permute_class = {
    CORNU__LAYER_BASE("Permute", cornu_permute_options, permute_defaults, permute_fields, .check = check_permute),
    ONE_INPUT(2, CORNU_MAX_RANK),
    .infer = infer_permute,
    .call = call_permute,
    .mask = CORNU__MASK_STOP,
};

cornu_layer *cornu_permute_with(const cornu_permute_options *options)
{
    return cornu__layer_create(&permute_class, options);
}

/* --- RepeatVector --- */

static const cornu_repeat_vector_options repeat_defaults = {.struct_size = sizeof repeat_defaults, .trainable = true};

static cornu_status check_repeat(void *config)
{
    return cornu__at_least("n", 1, ((const cornu_repeat_vector_options *)config)->n);
}

static cornu_status infer_repeat(const cornu_layer *layer, int count, const cornu__spec *inputs, cornu__spec *output)
{
    const cornu_repeat_vector_options *o = cornu__layer_config(layer);
    (void)count;
    output->rank = 3;
    output->shape[1] = o->n;
    output->shape[2] = inputs->shape[1];
    return CORNU_OK;
}

static cornu_status call_repeat(cornu_layer *layer, cornu__call *call, int count, const cornu__value *inputs,
                                cornu__value *output)
{
    const cornu_repeat_vector_options *o = cornu__layer_config(layer);
    int64_t shape[3] = {inputs->node->shape[0], o->n, inputs->node->shape[1]};
    (void)call, (void)count;
    return cornu__set_output(output, cornu__op_broadcast(cornu__op_expand_axis(inputs->node, 1), 3, shape));
}

static const cornu__field repeat_fields[] = {
    CORNU__LAYER_FIELDS(cornu_repeat_vector_options),
    CORNU__FIELD(INT, cornu_repeat_vector_options, n),
};
static const cornu__layer_class repeat_class = {
    CORNU__LAYER_BASE("RepeatVector", cornu_repeat_vector_options, repeat_defaults, repeat_fields,
                      .check = check_repeat),
    ONE_INPUT(2, 2),
    .infer = infer_repeat,
    .call = call_repeat,
    .mask = CORNU__MASK_STOP,
};

cornu_layer *cornu_repeat_vector_with(int n, const cornu_repeat_vector_options *options)
{
    cornu_repeat_vector_options o;
    cornu__options_complete(&repeat_class.base, options, &o);
    o.n = n;
    return cornu__layer_create(&repeat_class, &o);
}

/* --- zero padding and cropping: before and after each of the spatial axes --- */

static cornu_status check_sides(const char *option, cornu_sides2 sides)
{
    if (sides.top >= 0 && sides.bottom >= 0 && sides.left >= 0 && sides.right >= 0)
        return CORNU_OK;
    return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "%s: wanted numbers of at least 0, got ((%d, %d), (%d, %d))",
                       option, sides.top, sides.bottom, sides.left, sides.right);
}

static cornu_sides2 along_time(cornu_size2 size)
{
    return cornu_sides(0, 0, size.first, size.second);
}

/* The sizes after `sign` (+1: padding, -1: cropping) times the sides. */
static cornu_status infer_sides(const cornu__spec *input, int axes, const char *data_format, cornu_sides2 sides,
                                int sign, cornu__spec *output)
{
    cornu__images images = cornu__images_of(input, axes, data_format);
    int64_t change[2] = {sides.top + sides.bottom, sides.left + sides.right};
    char text[CORNU__SHAPE_TEXT_SIZE];
    cornu_dtype dtype = input->dtype;
    for (int i = 0; i < 2; i++) {
        if (images.size[i] == CORNU_NONE)
            continue;
        images.size[i] += sign * change[i];
        if (images.size[i] < 1)
            return cornu__fail(CORNU_ERROR_SHAPE, "cropping by %lld leaves nothing of an input of shape %s",
                               (long long)change[i], cornu__text_shape(text, sizeof text, input->rank, input->shape));
    }
    cornu__images_to_spec(&images, output);
    output->dtype = dtype;
    return CORNU_OK;
}

static cornu_node *pad_sides(cornu_node *x, int axes, const char *data_format, cornu_sides2 sides)
{
    int first = cornu__channels_first(data_format) ? 2 : 1;
    int64_t before[CORNU_MAX_RANK] = {0}, after[CORNU_MAX_RANK] = {0};
    if (axes == 2) {
        before[first] = sides.top;
        after[first] = sides.bottom;
    }
    before[first + axes - 1] = sides.left;
    after[first + axes - 1] = sides.right;
    return cornu__op_pad(x, before, after, 0);
}

static cornu_node *crop_sides(cornu_node *x, int axes, const char *data_format, cornu_sides2 sides)
{
    int first = cornu__channels_first(data_format) ? 2 : 1;
    int64_t begin[CORNU_MAX_RANK] = {0}, size[CORNU_MAX_RANK];
    memcpy(size, x->shape, sizeof size);
    if (axes == 2) {
        begin[first] = sides.top;
        size[first] -= sides.top + sides.bottom;
    }
    begin[first + axes - 1] = sides.left;
    size[first + axes - 1] -= sides.left + sides.right;
    return cornu__op_slice(x, begin, size, NULL);
}

#define SIDES_LAYER(name, options, member, axes, as_sides, data_format_of, sign, act)                                  \
    static cornu_status check_##name(void *config)                                                                     \
    {                                                                                                                  \
        return check_sides(#member, as_sides(((const options *)config)->member));                                      \
    }                                                                                                                  \
    static cornu_status infer_##name(const cornu_layer *layer, int count, const cornu__spec *inputs,                   \
                                     cornu__spec *output)                                                              \
    {                                                                                                                  \
        const options *o = cornu__layer_config(layer);                                                                 \
        (void)count;                                                                                                   \
        return infer_sides(inputs, axes, data_format_of, as_sides(o->member), sign, output);                           \
    }                                                                                                                  \
    static cornu_status call_##name(cornu_layer *layer, cornu__call *call, int count, const cornu__value *inputs,      \
                                    cornu__value *output)                                                              \
    {                                                                                                                  \
        const options *o = cornu__layer_config(layer);                                                                 \
        (void)call, (void)count;                                                                                       \
        return cornu__set_output(output, act(inputs->node, axes, data_format_of, as_sides(o->member)));                \
    }
SIDES_LAYER(padding1d, cornu_zero_padding1d_options, padding, 1, along_time, o->data_format, 1, pad_sides)
SIDES_LAYER(padding2d, cornu_zero_padding2d_options, padding, 2, , o->data_format, 1, pad_sides)
SIDES_LAYER(cropping1d, cornu_cropping1d_options, cropping, 1, along_time, NULL, -1, crop_sides)
SIDES_LAYER(cropping2d, cornu_cropping2d_options, cropping, 2, , o->data_format, -1, crop_sides)

static const cornu_zero_padding1d_options padding1d_defaults = {.struct_size = sizeof padding1d_defaults,
                                                                CORNU_ZERO_PADDING1D_DEFAULTS};
static const cornu_zero_padding2d_options padding2d_defaults = {.struct_size = sizeof padding2d_defaults,
                                                                CORNU_ZERO_PADDING2D_DEFAULTS};
static const cornu_cropping1d_options cropping1d_defaults = {.struct_size = sizeof cropping1d_defaults,
                                                             CORNU_CROPPING1D_DEFAULTS};
static const cornu_cropping2d_options cropping2d_defaults = {.struct_size = sizeof cropping2d_defaults,
                                                             .trainable = true};

static const cornu__field padding1d_fields[] = {
    CORNU__LAYER_FIELDS(cornu_zero_padding1d_options),
    CORNU__FIELD(SIZE2, cornu_zero_padding1d_options, padding),
    CORNU__FIELD(TEXT, cornu_zero_padding1d_options, data_format, .choices = cornu__data_formats),
};
static const cornu__field padding2d_fields[] = {
    CORNU__LAYER_FIELDS(cornu_zero_padding2d_options),
    CORNU__FIELD(SIDES2, cornu_zero_padding2d_options, padding),
    CORNU__FIELD(TEXT, cornu_zero_padding2d_options, data_format, .choices = cornu__data_formats),
};
static const cornu__field cropping1d_fields[] = {
    CORNU__LAYER_FIELDS(cornu_cropping1d_options),
    CORNU__FIELD(SIZE2, cornu_cropping1d_options, cropping),
};
static const cornu__field cropping2d_fields[] = {
    CORNU__LAYER_FIELDS(cornu_cropping2d_options),
    CORNU__FIELD(SIDES2, cornu_cropping2d_options, cropping),
    CORNU__FIELD(TEXT, cornu_cropping2d_options, data_format, .choices = cornu__data_formats),
};
#define SIDES_CLASS(class_name, options, name, axes)                                                                   \
    {                                                                                                                  \
        CORNU__LAYER_BASE(class_name, options, name##_defaults, name##_fields, .check = check_##name),                 \
            ONE_INPUT((axes) + 2, (axes) + 2), .infer = infer_##name, .call = call_##name, .mask = CORNU__MASK_STOP    \
    }
static const cornu__layer_class padding1d_class =
    SIDES_CLASS("ZeroPadding1D", cornu_zero_padding1d_options, padding1d, 1);
static const cornu__layer_class padding2d_class =
    SIDES_CLASS("ZeroPadding2D", cornu_zero_padding2d_options, padding2d, 2);
static const cornu__layer_class cropping1d_class = SIDES_CLASS("Cropping1D", cornu_cropping1d_options, cropping1d, 1);
static const cornu__layer_class cropping2d_class = SIDES_CLASS("Cropping2D", cornu_cropping2d_options, cropping2d, 2);

cornu_layer *cornu_zero_padding1d_with(const cornu_zero_padding1d_options *options)
{
    return cornu__layer_create(&padding1d_class, options);
}

cornu_layer *cornu_zero_padding2d_with(const cornu_zero_padding2d_options *options)
{
    return cornu__layer_create(&padding2d_class, options);
}

cornu_layer *cornu_cropping1d_with(const cornu_cropping1d_options *options)
{
    return cornu__layer_create(&cropping1d_class, options);
}

cornu_layer *cornu_cropping2d_with(const cornu_cropping2d_options *options)
{
    return cornu__layer_create(&cropping2d_class, options);
}

/* --- UpSampling1D, UpSampling2D: each element repeated along an axis of its own, which is then joined --- */

static const char *const interpolations[] = {"nearest", NULL};
static const cornu_upsampling1d_options upsampling1d_defaults = {.struct_size = sizeof upsampling1d_defaults,
                                                                 CORNU_UPSAMPLING1D_DEFAULTS};
static const cornu_upsampling2d_options upsampling2d_defaults = {.struct_size = sizeof upsampling2d_defaults,
                                                                 CORNU_UPSAMPLING2D_DEFAULTS};

static cornu_status check_upsampling1d(void *config)
{
    return cornu__at_least("size", 1, ((const cornu_upsampling1d_options *)config)->size);
}

static cornu_status check_upsampling2d(void *config)
{
    cornu_upsampling2d_options *o = config;
    o->size = cornu__settle_size2(o->size, 2);
    return cornu__size2_at_least("size", 1, o->size);
}

static void infer_repetition(const cornu__spec *input, int axes, const char *data_format, cornu_size2 size,
                             cornu__spec *output)
{
    cornu__images images = cornu__images_of(input, axes, data_format);
    int64_t times[2];
    cornu__images_pair(size, axes, times);
    for (int i = 0; i < 2; i++)
        if (images.size[i] != CORNU_NONE)
            images.size[i] *= times[i];
    cornu__images_to_spec(&images, output);
    output->dtype = input->dtype;
}

static cornu_node *repeat_images(cornu_node *given, int axes, const char *data_format, cornu_size2 size)
{
    cornu_node *x = cornu__images_from(given, axes, data_format);
    if (!x)
        return NULL;
    int64_t times[2];
    cornu__images_pair(size, axes, times);
    int64_t n = x->shape[0], h = x->shape[1], w = x->shape[2], c = x->shape[3];
    int64_t spread[6] = {n, h, 1, w, 1, c}, repeated[6] = {n, h, times[0], w, times[1], c};
    int64_t joined[4] = {n, h * times[0], w * times[1], c};
    x = cornu__op_broadcast(cornu__op_reshape(x, 6, spread), 6, repeated);
    return cornu__images_back(cornu__op_reshape(x, 4, joined), axes, data_format);
}

static cornu_status infer_upsampling1d(const cornu_layer *layer, int count, const cornu__spec *inputs,
                                       cornu__spec *output)
{
    const cornu_upsampling1d_options *o = cornu__layer_config(layer);
    (void)count;
    infer_repetition(inputs, 1, NULL, cornu_pair(o->size, 1), output);
    return CORNU_OK;
}

static cornu_status call_upsampling1d(cornu_layer *layer, cornu__call *call, int count, const cornu__value *inputs,
                                      cornu__value *output)
{
    const cornu_upsampling1d_options *o = cornu__layer_config(layer);
    (void)call, (void)count;
    return cornu__set_output(output, repeat_images(inputs->node, 1, NULL, cornu_pair(o->size, 1)));
}

static cornu_status infer_upsampling2d(const cornu_layer *layer, int count, const cornu__spec *inputs,
                                       cornu__spec *output)
{
    const cornu_upsampling2d_options *o = cornu__layer_config(layer);
    (void)count;
    infer_repetition(inputs, 2, o->data_format, o->size, output);
    return CORNU_OK;
}

static cornu_status call_upsampling2d(cornu_layer *layer, cornu__call *call, int count, const cornu__value *inputs,
                                      cornu__value *output)
{
    const cornu_upsampling2d_options *o = cornu__layer_config(layer);
    (void)call, (void)count;
    return cornu__set_output(output, repeat_images(inputs->node, 2, o->data_format, o->size));
}

static const cornu__field upsampling1d_fields[] = {
    CORNU__LAYER_FIELDS(cornu_upsampling1d_options),
    CORNU__FIELD(INT, cornu_upsampling1d_options, size),
};
static const cornu__field upsampling2d_fields[] = {
    CORNU__LAYER_FIELDS(cornu_upsampling2d_options),
    CORNU__FIELD(SIZE2, cornu_upsampling2d_options, size),
    CORNU__FIELD(TEXT, cornu_upsampling2d_options, data_format, .choices = cornu__data_formats),
    CORNU__FIELD(TEXT, cornu_upsampling2d_options, interpolation, .choices = interpolations),
};
static const cornu__layer_class upsampling1d_class =
    SIDES_CLASS("UpSampling1D", cornu_upsampling1d_options, upsampling1d, 1);
static const cornu__layer_class upsampling2d_class =
    SIDES_CLASS("UpSampling2D", cornu_upsampling2d_options, upsampling2d, 2);

cornu_layer *cornu_upsampling1d_with(const cornu_upsampling1d_options *options)
{
    return cornu__layer_create(&upsampling1d_class, options);
}

cornu_layer *cornu_upsampling2d_with(const cornu_upsampling2d_options *options)
{
    return cornu__layer_create(&upsampling2d_class, options);
}

cornu__family cornu__reshaping_layers = {&flatten_class.base,
                                         &reshape_class.base,
                                         &permute_class.base,
                                         &repeat_class.base,
                                         &padding1d_class.base,
                                         &padding2d_class.base,
                                         &cropping1d_class.base,
                                         &cropping2d_class.base,
                                         &upsampling1d_class.base,
                                         &upsampling2d_class.base,
                                         NULL};
