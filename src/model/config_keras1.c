/* config_keras1.c: what Keras 1 called otherwise: layers' configs in its words become configs in today's, in place. */
#include <stdbool.h>
#include <string.h>

#include "model/config.h"

struct word {
    const char *class; /* of that layer only; NULL: of any */
    const char *old, *new;
};

static const struct word classes[] = {
    {NULL, "Convolution1D", "Conv1D"},
    {NULL, "Convolution2D", "Conv2D"},
    {NULL, "Deconvolution2D", "Conv2DTranspose"},
    {NULL, "SeparableConvolution2D", "SeparableConv2D"},
};

static const struct word keys[] = {
    {NULL, "init", "kernel_initializer"},
    {NULL, "W_regularizer", "kernel_regularizer"},
    {NULL, "b_regularizer", "bias_regularizer"},
    {NULL, "W_constraint", "kernel_constraint"},
    {NULL, "b_constraint", "bias_constraint"},
    {NULL, "bias", "use_bias"},
    {NULL, "border_mode", "padding"},
    {NULL, "subsample", "strides"},
    {NULL, "subsample_length", "strides"},
    {NULL, "filter_length", "kernel_size"},
    {NULL, "nb_filter", "filters"},
    {NULL, "atrous_rate", "dilation_rate"},
    {NULL, "pool_length", "pool_size"},
    {NULL, "stride", "strides"},
    {"Dense", "output_dim", "units"},
    {"Dropout", "p", "rate"},
    {"SpatialDropout1D", "p", "rate"},
    {"SpatialDropout2D", "p", "rate"},
    {"GaussianNoise", "sigma", "stddev"},
    {"GaussianDropout", "p", "rate"},
};

/* Said by today's words or by the shapes. */
static const char *const superfluous[] = {"input_dim", "input_length", "input_dtype",  "nb_row",
                                          "nb_col",    "mode",         "dim_ordering", "dropout"};

static void rename_key(json_t *config, const char *old, const char *new)
{
    json_t *value = json_object_get(config, old);
    if (!value)
        return;
    if (!json_object_get(config, new))
        json_object_set(config, new, value);
    json_object_del(config, old);
}

static void translate_shape_of_kernel(json_t *config)
{
    json_t *rows = json_object_get(config, "nb_row"), *columns = json_object_get(config, "nb_col");
    if (rows && columns)
        json_object_set_new(config, "kernel_size", json_pack("[O, O]", rows, columns));
}

static void translate_order(json_t *config)
{
    const char *order = json_string_value(json_object_get(config, "dim_ordering"));
    if (order && strcmp(order, "default") != 0)
        json_object_set_new(config, "data_format",
                            json_string(strcmp(order, "th") == 0 ? "channels_first" : "channels_last"));
}

/* {"name": "WeightRegularizer", "l1": 0, "l2": 0.01}: the class stood among the options. */
static void translate_member(json_t *config, const char *key)
{
    json_t *member = json_object_get(config, key);
    const char *class = json_string_value(json_object_get(member, "name"));
    if (!class || json_object_get(member, "class_name"))
        return;
    if (strcmp(class, "WeightRegularizer") == 0 || strcmp(class, "L1L2Regularizer") == 0)
        class = "L1L2";
    json_t *translated = json_pack("{s:s, s:o}", "class_name", class, "config", json_copy(member));
    json_t *options = json_object_get(translated, "config");
    json_object_del(options, "name");
    rename_key(options, "m", "max_value");
    json_object_set_new(config, key, translated);
}

static const char *translate_class(json_t *layer)
{
    const char *class = json_string_value(json_object_get(layer, "class_name"));
    for (size_t i = 0; class && i < sizeof classes / sizeof *classes; i++) {
        if (strcmp(class, classes[i].old) == 0) {
            json_object_set_new(layer, "class_name", json_string(classes[i].new));
            return classes[i].new;
        }
    }
    return class;
}

/* Batch statistics per batch in testing too (mode 2), or per feature map (mode 1), are other computations. */
static bool is_other_mode(const char *class, const json_t *config)
{
    return strcmp(class, "BatchNormalization") == 0 && json_integer_value(json_object_get(config, "mode")) != 0;
}

bool cornu__is_keras1(const json_t *layer)
{
    static const char *const only_there[] = {"init", "border_mode", "dim_ordering", "W_regularizer", "p"};
    const json_t *config = json_object_get(layer, "config");
    for (size_t i = 0; i < sizeof only_there / sizeof *only_there; i++) {
        if (json_object_get(config, only_there[i]))
            return true;
    }
    return false;
}

void cornu__translate_keras1(json_t *layer)
{
    json_t *config = json_object_get(layer, "config");
    const char *class = translate_class(layer);
    if (!class || !json_is_object(config) || strcmp(class, "Merge") == 0 || is_other_mode(class, config))
        return;
    if (strcmp(class, "InputLayer") == 0)
        rename_key(config, "input_dtype", "dtype");
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (!keys[i].class || strcmp(keys[i].class, class) == 0)
            rename_key(config, keys[i].old, keys[i].new);
    }
    static const char *const members[] = {"kernel_regularizer", "bias_regularizer", "kernel_constraint",
                                          "bias_constraint", "activity_regularizer"};
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        translate_member(config, members[i]);
    translate_shape_of_kernel(config);
    translate_order(config);
    for (size_t i = 0; i < sizeof superfluous / sizeof *superfluous; i++) {
        bool needed = strcmp(superfluous[i], "input_dim") == 0 && strcmp(class, "Embedding") == 0;
        if (!needed)
            json_object_del(config, superfluous[i]);
    }
}
