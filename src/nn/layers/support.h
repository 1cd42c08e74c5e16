/* nn/layers/support.h: what the layers' files share. */
#ifndef CORNU_NN_LAYERS_SUPPORT_H
#define CORNU_NN_LAYERS_SUPPORT_H

#include "base/status.h"
#include "nn/layer.h"
#include "nn/registry.h"
#include "nn/training.h"

/* The fields that every layer has, first in each table. */
#define CORNU__LAYER_FIELDS(options)                                                                                   \
    CORNU__FIELD(TEXT, options, name, .optional = true), CORNU__FIELD(BOOL, options, trainable),                       \
        CORNU__FIELD(DTYPE, options, dtype, .optional = true, .choices = cornu__layer_dtypes),                         \
        CORNU__FIELD(SHAPE, options, batch_input_shape, .optional = true, .unwritten = true),                          \
        CORNU__OBJECT_FIELD(options, activity_regularizer, REGULARIZER, .optional = true, .unwritten = true)

/* Initializer, regularizer and constraint of one weight. */
#define CORNU__WEIGHT_FIELDS(options, weight)                                                                          \
    CORNU__OBJECT_FIELD(options, weight##_initializer, INITIALIZER),                                                   \
        CORNU__OBJECT_FIELD(options, weight##_regularizer, REGULARIZER, .optional = true),                             \
        CORNU__OBJECT_FIELD(options, weight##_constraint, CONSTRAINT, .optional = true)

/* The beginning of a layer class: name, options, defaults, fields, and what more there is (.check = ...). */
#define CORNU__LAYER_BASE(class_name, options, default_options, table, ...)                                            \
    .base = {.kind = CORNU__KIND_LAYER,                                                                                \
             .name = (class_name),                                                                                     \
             .options_size = sizeof(options),                                                                          \
             .defaults = &(default_options),                                                                           \
             CORNU__FIELD_TABLE(table),                                                                                \
             __VA_ARGS__}

extern const char *const cornu__layer_dtypes[];
extern const char *const cornu__data_formats[]; /* channels_last, channels_first */
/* Of layers without options of their own. */
extern const cornu_layer_options cornu__plain_layer_defaults;
extern const cornu__field cornu__plain_layer_fields[];
#define CORNU__PLAIN_LAYER_FIELD_COUNT 5
#define CORNU__PLAIN_LAYER_BASE(class_name)                                                                            \
    .base = {.kind = CORNU__KIND_LAYER,                                                                                \
             .name = (class_name),                                                                                     \
             .options_size = sizeof(cornu_layer_options),                                                              \
             .defaults = &cornu__plain_layer_defaults,                                                                 \
             .fields = cornu__plain_layer_fields,                                                                      \
             .field_count = CORNU__PLAIN_LAYER_FIELD_COUNT}

static inline const void *cornu__layer_config(const cornu_layer *layer)
{
    return layer->object.config;
}

/* A config's object: what was an identifier in the options is always an object in a config. */
static inline cornu__object *cornu__config_object(cornu_identifier identifier)
{
    return (cornu__object *)identifier;
}

/* CORNU_OK if the lowering made `node`, else the error that it left. */
cornu_status cornu__set_output(cornu__value *output, cornu_node *node);

/* The value of the layer's weight of that name; NULL, leaving the error alone, if it has none. */
cornu_node *cornu__weight_value(cornu_layer *layer, cornu__call *call, const char *name);

/* The axis as 0 .. rank - 1, negative ones from the end; an error if there is none or it is the batch's. */
cornu_status cornu__resolve_axis(int axis, int rank, int *resolved);

/* The size of an input's axis, which must be known: the text says what it is: "channels". */
cornu_status cornu__known_size(const cornu__spec *input, int axis, const char *what, int64_t *size);

/* Once the layer is built: that the input's axis has the size of the weight's. */
cornu_status cornu__fits_weight(const cornu_layer *layer, const char *weight, int weight_axis, const cornu__spec *input,
                                int axis);

cornu_status cornu__at_least(const char *option, long long least, long long got);
cornu_status cornu__check_rate(const char *option, double rate);

static inline bool cornu__channels_first(const char *data_format)
{
    return data_format && data_format[9] == 'f';
}

/* Moves an axis to the end, and back. */
cornu_node *cornu__axis_to_last(cornu_node *x, int axis);
cornu_node *cornu__axis_from_last(cornu_node *x, int axis);

#endif
