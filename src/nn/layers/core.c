/* nn/layers/core.c: InputLayer, Dense, Embedding, Masking, Identity, Rescaling. */
#include <string.h>

#include "base/text.h"
#include "nn/layers/support.h"

/* --- InputLayer --- */

static const char *const input_dtypes[] = {"float32", "float", "int32", "float64", "float16", "int8",
                                           "int16",   "int64", "uint8", "uint16",  "bool",    NULL};
static const cornu_input_layer_options input_defaults = {.struct_size = sizeof input_defaults, .trainable = true};

/* All ways to say the shape end in batch_shape. */
static cornu_status check_input(void *config)
{
    cornu_input_layer_options *o = config;
    const int64_t *shape = o->shape[0] ? o->shape : o->input_shape;
    if (!o->batch_shape[0] && o->batch_input_shape[0])
        memcpy(o->batch_shape, o->batch_input_shape, sizeof o->batch_shape);
    if (!o->batch_shape[0]) {
        if (shape[CORNU_MAX_RANK - 1] != 0)
            return cornu__fail(CORNU_ERROR_LIMIT, "shape: wanted at most %d sizes", CORNU_MAX_RANK - 1);
        o->batch_shape[0] = CORNU_NONE;
        memcpy(o->batch_shape + 1, shape, (CORNU_MAX_RANK - 1) * sizeof *shape);
    }
    memset(o->shape, 0, sizeof o->shape);
    memcpy(o->batch_input_shape, o->batch_shape, sizeof o->batch_input_shape);
    return CORNU_OK;
}

static cornu_status call_first(cornu_layer *layer, cornu__call *call, int count, const cornu__value *inputs,
                               cornu__value *output)
{
    (void)layer, (void)call, (void)count;
    return cornu__set_output(output, inputs[0].node);
}

static const cornu__field input_fields[] = {
    CORNU__FIELD(TEXT, cornu_input_layer_options, name, .optional = true),
    CORNU__FIELD(SHAPE, cornu_input_layer_options, batch_shape, .alias = "batch_input_shape"),
    CORNU__FIELD(TEXT, cornu_input_layer_options, dtype, .optional = true, .choices = input_dtypes,
                 .alias = "input_dtype"),
    CORNU__FIELD(BOOL, cornu_input_layer_options, trainable, .unwritten = true),
    CORNU__FIELD(SHAPE, cornu_input_layer_options, shape, .unwritten = true, .optional = true),
};
static const cornu__layer_class input_class = {
    CORNU__LAYER_BASE("InputLayer", cornu_input_layer_options, input_defaults, input_fields, .check = check_input),
    .input_min = 1,
    .input_max = 1,
    .call = call_first,
};

cornu_layer *cornu_input_layer_with(const cornu_input_layer_options *options)
{
    return cornu__layer_create(&input_class, options);
}

/* --- Dense --- */

static const cornu_dense_options dense_defaults = {.struct_size = sizeof dense_defaults, CORNU_DENSE_DEFAULTS};

static cornu_status check_dense(void *config)
{
    return cornu__at_least("units", 1, ((const cornu_dense_options *)config)->units);
}

static cornu_status infer_dense(const cornu_layer *layer, int count, const cornu__spec *inputs, cornu__spec *output)
{
    const cornu_dense_options *o = cornu__layer_config(layer);
    int last = inputs->rank - 1;
    int64_t size;
    (void)count;
    CORNU_TRY(cornu__known_size(inputs, last, "features", &size));
    output->shape[last] = o->units;
    output->dtype = CORNU_FLOAT32;
    return cornu__fits_weight(layer, "kernel", 0, inputs, last);
}

static cornu_status build_dense(cornu_layer *layer, int count, const cornu__spec *inputs)
{
    const cornu_dense_options *o = cornu__layer_config(layer);
    int64_t shape[2] = {inputs->shape[inputs->rank - 1], o->units};
    (void)count;
    if (!cornu__layer_add_weight(layer, "kernel", 2, shape, true, cornu__config_object(o->kernel_initializer),
                                 cornu__config_object(o->kernel_regularizer),
                                 cornu__config_object(o->kernel_constraint)))
        return cornu_error_status();
    if (o->use_bias &&
        !cornu__layer_add_weight(layer, "bias", 1, shape + 1, true, cornu__config_object(o->bias_initializer),
                                 cornu__config_object(o->bias_regularizer), cornu__config_object(o->bias_constraint)))
        return cornu_error_status();
    return CORNU_OK;
}

static cornu_status call_dense(cornu_layer *layer, cornu__call *call, int count, const cornu__value *inputs,
                               cornu__value *output)
{
    const cornu_dense_options *o = cornu__layer_config(layer);
    (void)count;
    cornu_node *x = cornu__op_cast(inputs->node, call->dtype);
    cornu_node *y = cornu__op_matmul(x, cornu__weight_value(layer, call, "kernel"), false, false);
    if (o->use_bias)
        y = cornu__op_binary(CORNU__OP_ADD, y, cornu__weight_value(layer, call, "bias"));
    return cornu__set_output(output, cornu__activate(o->activation, y));
}

static const cornu__field dense_fields[] = {
    CORNU__LAYER_FIELDS(cornu_dense_options),
    CORNU__FIELD(INT, cornu_dense_options, units),
    CORNU__OBJECT_FIELD(cornu_dense_options, activation, ACTIVATION, .optional = true),
    CORNU__FIELD(BOOL, cornu_dense_options, use_bias),
    CORNU__WEIGHT_FIELDS(cornu_dense_options, kernel),
    CORNU__WEIGHT_FIELDS(cornu_dense_options, bias),
};
static const cornu__layer_class dense_class = {
    CORNU__LAYER_BASE("Dense", cornu_dense_options, dense_defaults, dense_fields, .check = check_dense),
    .input_min = 1,
    .input_max = 1,
    .input_rank_min = 2,
    .input_rank_max = CORNU_MAX_RANK,
    .build = build_dense,
    .infer = infer_dense,
    .call = call_dense,
};

cornu_layer *cornu_dense_with(int units, const cornu_dense_options *options)
{
    cornu_dense_options o;
    cornu__options_complete(&dense_class.base, options, &o);
    o.units = units;
    return cornu__layer_create(&dense_class, &o);
}

/* --- Embedding --- */

static const cornu_embedding_options embedding_defaults = {.struct_size = sizeof embedding_defaults,
                                                           CORNU_EMBEDDING_DEFAULTS};

static cornu_status check_embedding(void *config)
{
    const cornu_embedding_options *o = config;
    CORNU_TRY(cornu__at_least("input_dim", 1, o->input_dim));
    return cornu__at_least("output_dim", 1, o->output_dim);
}

static cornu_status infer_embedding(const cornu_layer *layer, int count, const cornu__spec *inputs, cornu__spec *output)
{
    const cornu_embedding_options *o = cornu__layer_config(layer);
    (void)inputs, (void)count;
    output->shape[output->rank++] = o->output_dim;
    output->dtype = CORNU_FLOAT32;
    return CORNU_OK;
}

static cornu_status build_embedding(cornu_layer *layer, int count, const cornu__spec *inputs)
{
    const cornu_embedding_options *o = cornu__layer_config(layer);
    int64_t shape[2] = {o->input_dim, o->output_dim};
    (void)inputs, (void)count;
    return cornu__layer_add_weight(layer, "embeddings", 2, shape, true, cornu__config_object(o->embeddings_initializer),
                                   cornu__config_object(o->embeddings_regularizer),
                                   cornu__config_object(o->embeddings_constraint))
               ? CORNU_OK
               : cornu_error_status();
}

static cornu_status call_embedding(cornu_layer *layer, cornu__call *call, int count, const cornu__value *inputs,
                                   cornu__value *output)
{
    const cornu_embedding_options *o = cornu__layer_config(layer);
    (void)count;
    cornu_node *indices = cornu__op_cast(inputs->node, CORNU_INT32);
    if (o->mask_zero) {
        output->mask = cornu__op_binary_scalar(CORNU__OP_NOT_EQUAL, cornu__op_cast(indices, call->dtype), 0);
        if (!output->mask)
            return cornu_error_status();
    }
    return cornu__set_output(output, cornu__op_gather(cornu__weight_value(layer, call, "embeddings"), indices));
}

static const cornu__field embedding_fields[] = {
    CORNU__LAYER_FIELDS(cornu_embedding_options),           CORNU__FIELD(INT, cornu_embedding_options, input_dim),
    CORNU__FIELD(INT, cornu_embedding_options, output_dim), CORNU__WEIGHT_FIELDS(cornu_embedding_options, embeddings),
    CORNU__FIELD(BOOL, cornu_embedding_options, mask_zero),
};
static const cornu__layer_class embedding_class = {
    CORNU__LAYER_BASE("Embedding", cornu_embedding_options, embedding_defaults, embedding_fields,
                      .check = check_embedding),
    .input_min = 1,
    .input_max = 1,
    .input_rank_min = 1,
    .input_rank_max = CORNU_MAX_RANK - 1,
    .build = build_embedding,
    .infer = infer_embedding,
    .call = call_embedding,
    .mask = CORNU__MASK_COMPUTE,
};

cornu_layer *cornu_embedding_with(int input_dim, int output_dim, const cornu_embedding_options *options)
{
    cornu_embedding_options o;
    cornu__options_complete(&embedding_class.base, options, &o);
    o.input_dim = input_dim;
    o.output_dim = output_dim;
    return cornu__layer_create(&embedding_class, &o);
}

/* --- Masking --- */

static const cornu_masking_options masking_defaults = {.struct_size = sizeof masking_defaults, .trainable = true};

static cornu_status call_masking(cornu_layer *layer, cornu__call *call, int count, const cornu__value *inputs,
                                 cornu__value *output)
{
    const cornu_masking_options *o = cornu__layer_config(layer);
    cornu_node *x = inputs->node;
    int last = x->rank - 1;
    (void)call, (void)count;
    cornu_node *differs = cornu__op_binary_scalar(CORNU__OP_NOT_EQUAL, x, o->mask_value);
    cornu_node *kept = cornu__op_reduce(CORNU__OP_MAX, differs, 1, &last, true);
    if (!kept)
        return cornu_error_status();
    output->mask = cornu__op_reshape(kept, last, kept->shape);
    return cornu__set_output(output, output->mask ? cornu__op_binary(CORNU__OP_MULTIPLY, x, kept) : NULL);
}

static const cornu__field masking_fields[] = {
    CORNU__LAYER_FIELDS(cornu_masking_options),
    CORNU__FIELD(DOUBLE, cornu_masking_options, mask_value),
};
static const cornu__layer_class masking_class = {
    CORNU__LAYER_BASE("Masking", cornu_masking_options, masking_defaults, masking_fields),
    .input_min = 1,
    .input_max = 1,
    .input_rank_min = 3,
    .input_rank_max = CORNU_MAX_RANK,
    .call = call_masking,
    .mask = CORNU__MASK_COMPUTE,
};

cornu_layer *cornu_masking_with(const cornu_masking_options *options)
{
    return cornu__layer_create(&masking_class, options);
}

/* --- Identity --- */

static const cornu__layer_class identity_class = {
    CORNU__PLAIN_LAYER_BASE("Identity"),
    .input_min = 1,
    .input_max = 1,
    .call = call_first,
};

cornu_layer *cornu_identity_with(const cornu_layer_options *options)
{
    return cornu__layer_create(&identity_class, options);
}

/* --- Rescaling --- */

static const cornu_rescaling_options rescaling_defaults = {
    .struct_size = sizeof rescaling_defaults, .trainable = true, .scale = 1};

static cornu_status infer_float(const cornu_layer *layer, int count, const cornu__spec *inputs, cornu__spec *output)
{
    (void)layer, (void)count, (void)inputs;
    output->dtype = CORNU_FLOAT32;
    return CORNU_OK;
}

static cornu_status call_rescaling(cornu_layer *layer, cornu__call *call, int count, const cornu__value *inputs,
                                   cornu__value *output)
{
    const cornu_rescaling_options *o = cornu__layer_config(layer);
    (void)count;
    cornu_node *x = cornu__op_cast(inputs->node, call->dtype);
    if (o->scale == 1 && o->offset == 0)
        return cornu__set_output(output, x); /* -0 stays -0 */
    x = cornu__op_binary_scalar(CORNU__OP_MULTIPLY, x, o->scale);
    return cornu__set_output(output, cornu__op_binary_scalar(CORNU__OP_ADD, x, o->offset));
}

static const cornu__field rescaling_fields[] = {
    CORNU__LAYER_FIELDS(cornu_rescaling_options),
    CORNU__FIELD(DOUBLE, cornu_rescaling_options, scale),
    CORNU__FIELD(DOUBLE, cornu_rescaling_options, offset),
};
static const cornu__layer_class rescaling_class = {
    CORNU__LAYER_BASE("Rescaling", cornu_rescaling_options, rescaling_defaults, rescaling_fields),
    .input_min = 1,
    .input_max = 1,
    .infer = infer_float,
    .call = call_rescaling,
};

cornu_layer *cornu_rescaling_with(double scale, const cornu_rescaling_options *options)
{
    cornu_rescaling_options o;
    cornu__options_complete(&rescaling_class.base, options, &o);
    o.scale = scale;
    return cornu__layer_create(&rescaling_class, &o);
}

cornu__family cornu__core_layers = {&input_class.base,
                                    &dense_class.base,
                                    &embedding_class.base,
                                    &masking_class.base,
                                    &identity_class.base,
                                    &rescaling_class.base,
                                    NULL};
