/*
 * model.h: building, compiling and looking at models.
 *
 *     cornu_model *model = cornu_sequential(.name = "digits");
 *     cornu_add(model, cornu_dense(128, .activation = "relu", .input_shape = {784}));
 *     cornu_add(model, cornu_dense(10, .activation = "softmax"));
 *     cornu_compile(model, .optimizer = "adam", .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"});
 *
 * A chain like this needs no check per line: a failed constructor poisons what it makes, and cornu_compile (or whatever first needs the
 * model) reports the first cause.
 *
 * A functional model is made of tensors:
 *
 *     cornu_tensor *a = cornu_input(.shape = {6}, .name = "a"), *b = cornu_input(.shape = {5}, .name = "b");
 *     cornu_tensor *joined = cornu_call(cornu_concatenate(), a, b);
 *     cornu_model *model = cornu_functional(.inputs = {a, b}, .outputs = {cornu_call(cornu_dense(1), joined)});
 */
#ifndef CORNU_MODEL_H
#define CORNU_MODEL_H

#include <stdio.h>

#include <cornu/array.h>
#include <cornu/history.h>
#include <cornu/layers.h>
#include <cornu/options.h>

CORNU_BEGIN_DECLARATIONS

#ifndef CORNU_MODEL_DEFINED
#define CORNU_MODEL_DEFINED
typedef struct cornu_model cornu_model;
#endif

/* A tensor between layers of a functional model: what cornu_input and cornu_call return. It floats until a call or a model takes it, and
 * then lives as long as they; a program that gives it to none, or uses it after them, retains and releases it itself. */
typedef struct cornu_tensor cornu_tensor;

#define CORNU_MAX_PORTS 16   /* inputs, or outputs, of a model */
#define CORNU_MAX_METRICS 16 /* in one list of metrics */

/* --- Sequential models --- */

typedef struct cornu_sequential_options {
    size_t struct_size;
    const char *name; /* NULL: "sequential" */
    /* of all that is random in this model: initial weights, dropout, the order of its data; one seed, one result */
    uint64_t seed;
} cornu_sequential_options;

/* A stack of layers. The program owns the returned model (cornu_model_release). NULL only for want of memory. */
#define cornu_sequential(...)                                                                                          \
    CORNU_KEYWORDS(cornu_sequential_with(&cornu_keywords), cornu_sequential_options, __VA_ARGS__)
CORNU_API cornu_model *cornu_sequential_with(const cornu_sequential_options *options);

/* Puts a layer on top of a Sequential model, which takes it over (or a reference, if the program or another model holds it too). The first
 * layer may say .input_shape; without that, shapes are known from cornu_build or the first data. The status may be ignored: it is kept and
 * reported by whatever first needs the model. */
CORNU_API cornu_status cornu_add(cornu_model *model, cornu_layer *layer);

/* Declares the input of a Sequential model whose first layer does not: `shape` of `rank` sizes with the batch first (CORNU_NONE: any), and
 * makes its weights. cornu_build(model, CORNU_NONE, 784). Once; a built model refuses another shape. */
CORNU_API cornu_status cornu_build_with(cornu_model *model, int rank, const int64_t *shape);
#define cornu_build(model, ...)                                                                                        \
    __extension__({                                                                                                    \
        const int64_t cornu_sizes[] = {__VA_ARGS__};                                                                   \
        cornu_build_with((model), (int)(sizeof cornu_sizes / sizeof cornu_sizes[0]), cornu_sizes);                     \
    })

/* --- Functional models --- */

typedef struct cornu_input_options {
    size_t struct_size;
    int64_t shape[CORNU_MAX_RANK]; /* of one sample, without the batch; ends at its first 0; CORNU_NONE: any size */
    cornu_dtype dtype;             /* float32 or int32 (indices for an Embedding) */
    const char *name;              /* NULL: "input_layer", "input_layer_1"... */
    /* what fit, evaluate and predict use where no batch_size is given, and the largest batch there may be; 0: any */
    int64_t batch_size;
    int64_t batch_shape[CORNU_MAX_RANK]; /* instead of shape and batch_size: with the batch in front */
} cornu_input_options;

/* A new input of a model to be. NULL only for want of memory. */
#define cornu_input(...) CORNU_KEYWORDS(cornu_input_with(&cornu_keywords), cornu_input_options, __VA_ARGS__)
CORNU_API cornu_tensor *cornu_input_with(const cornu_input_options *options);

/* The output of `layer` for one or several tensors: cornu_call(dense, x), cornu_call(add, a, b). The layer is taken over as by cornu_add;
 * called more than once, it is shared: same weights. Shapes are checked when the model is made. Of a nested model with several outputs
 * this is the first one. NULL only for want of memory. */
#define cornu_call(layer, ...)                                                                                         \
    __extension__({                                                                                                    \
        CORNU_QUIET_BEGIN                                                                                              \
        cornu_tensor *const cornu_tensors[] = {__VA_ARGS__};                                                           \
        CORNU_QUIET_END                                                                                                \
        cornu_call_with((layer), (int)(sizeof cornu_tensors / sizeof cornu_tensors[0]), cornu_tensors);                \
    })
CORNU_API cornu_tensor *cornu_call_with(cornu_layer *layer, int count, cornu_tensor *const *tensors);

/* Another output, 0 .. outputs - 1, of the call of a nested model that made `tensor`. */
CORNU_API cornu_tensor *cornu_tensor_output(cornu_tensor *tensor, int index);

CORNU_API cornu_tensor *cornu_tensor_retain(cornu_tensor *tensor);
CORNU_API void cornu_tensor_release(cornu_tensor *tensor);

typedef struct cornu_functional_options {
    size_t struct_size;
    cornu_tensor *inputs[CORNU_MAX_PORTS];  /* in the order in which lists of arrays come; ends at its first NULL */
    cornu_tensor *outputs[CORNU_MAX_PORTS]; /* likewise */
    const char *name;                       /* NULL: "functional" */
    uint64_t seed;
} cornu_functional_options;

/* The model between some tensors. The program owns it. A model that cannot be (shapes that do not fit, an output that does not depend on the
 * inputs given) is returned poisoned: compile reports it. NULL only for want of memory. */
#define cornu_functional(...)                                                                                          \
    CORNU_KEYWORDS(cornu_functional_with(&cornu_keywords), cornu_functional_options, __VA_ARGS__)
CORNU_API cornu_model *cornu_functional_with(const cornu_functional_options *options);

/* The model as a layer, for cornu_add and cornu_call. No new reference: whoever is given the layer keeps the model alive. */
CORNU_API cornu_layer *cornu_model_layer(cornu_model *model);

CORNU_API cornu_model *cornu_model_retain(cornu_model *model);
/* Drops a reference; the last frees the model. NULL is allowed. */
CORNU_API void cornu_model_release(cornu_model *model);

/* CORNU_OK, or the first cause why this model cannot be used (which is then this thread's last error). */
CORNU_API cornu_status cornu_model_status(cornu_model *model);

/* --- Compiling --- */

/* Something for one output of several: {"age", "mae"}. */
typedef struct cornu_for_output {
    const char *output; /* the output layer's name */
    cornu_identifier object;
} cornu_for_output;

typedef struct cornu_output_weight {
    const char *output;
    double weight;
} cornu_output_weight;

typedef struct cornu_output_mode {
    const char *output;
    const char *mode; /* NULL: none */
} cornu_output_mode;

typedef struct cornu_compile_options {
    size_t struct_size;
    cornu_identifier optimizer CORNU_DEFAULT("rmsprop");
    cornu_identifier loss;                           /* for every output */
    cornu_identifier losses[CORNU_MAX_PORTS];        /* one per output, in order; "" for an output without loss */
    cornu_for_output output_losses[CORNU_MAX_PORTS]; /* by name; outputs not named have no loss, and need no targets */
    double loss_weights[CORNU_MAX_PORTS];            /* one per output, in order; all 0: 1 each */
    cornu_output_weight output_loss_weights[CORNU_MAX_PORTS]; /* by name; 1 for outputs not named */
    cornu_identifier metrics[CORNU_MAX_METRICS];              /* for every output; computed without sample weights */
    cornu_for_output output_metrics[CORNU_MAX_METRICS];       /* by name; an output may come several times */
    cornu_identifier weighted_metrics[CORNU_MAX_METRICS];     /* computed with sample weights */
    cornu_for_output output_weighted_metrics[CORNU_MAX_METRICS];
    int threads; /* of the kernels; 0: as many as there are processors. The same bits come for the same number only */
    const char *backend; /* NULL or "cpu"; "reference": the plain kernels, slow and simple */
    /* Keras 2's sample_weight_mode: NULL, or "temporal": a check that sample weights are (batch, time) and their targets have at least three
     * axes. What weights mean their shape says, with or without it. For every output; in order ("" for none); or by name, all of them. */
    const char *sample_weight_mode;
    const char *sample_weight_modes[CORNU_MAX_PORTS];
    cornu_output_mode output_sample_weight_modes[CORNU_MAX_PORTS];
    /* A list for each output, in order: {{"mae"}, {NULL}, {"accuracy", "auc"}}; beside those for every output and by name. */
    cornu_identifier metrics_in_order[CORNU_MAX_PORTS][CORNU_MAX_METRICS];
    cornu_identifier weighted_metrics_in_order[CORNU_MAX_PORTS][CORNU_MAX_METRICS];
} cornu_compile_options;
#define CORNU_COMPILE_DEFAULTS CORNU_DEFAULTS(.optimizer = "rmsprop")

/* Readies a model for training: what to minimise, how, and what to measure. Objects given are taken over (or a reference). Forgets the
 * optimizer's state of an earlier compile, keeps the weights. Which weights are trained is fixed here: call it again after
 * cornu_set_trainable. Errors: the model's first failure; names that do not exist, with the nearest that does; more or fewer losses than
 * outputs. A compile that fails changes nothing: an earlier one counts on. That there is nothing to minimise, since no output has a loss and
 * no layer adds one, shows in the first step. */
#define cornu_compile(model, ...)                                                                                      \
    CORNU_KEYWORDS(cornu_compile_with((model), &cornu_keywords), cornu_compile_options,                                \
                   CORNU_COMPILE_DEFAULTS __VA_ARGS__)
CORNU_API cornu_status cornu_compile_with(cornu_model *model, const cornu_compile_options *options);

/* Keras's metrics_names: what logs and results are called, in their order: "loss", with several outputs "<output>_loss" of each that has one,
 * metrics. `*count` names, the model's until it is compiled again; NULL (with the error) if it is not compiled or its input is not known. */
CORNU_API const char *const *cornu_metrics_names(cornu_model *model, int *count);

/* The optimizer's learning rate for the next update; setting it fails when a schedule governs it. NaN, and an error, before compile. */
CORNU_API double cornu_learning_rate(const cornu_model *model);
CORNU_API cornu_status cornu_set_learning_rate(cornu_model *model, double learning_rate);

/* --- Looking at a model --- */

typedef struct cornu_summary_options {
    size_t struct_size;
    int line_length;     /* 0: 88 columns (108 with a column of connections), or what the terminal has */
    bool expand_nested;  /* also the layers of nested models */
    bool show_trainable; /* a column that says which layers are trained */
} cornu_summary_options;

/* Prints what Keras 3's model.summary() prints. `file` NULL: standard output. Needs a built model. */
#define cornu_summary(model, file, ...)                                                                                \
    CORNU_KEYWORDS(cornu_summary_with((model), (file), &cornu_keywords), cornu_summary_options, __VA_ARGS__)
CORNU_API cornu_status cornu_summary_with(cornu_model *model, FILE *file, const cornu_summary_options *options);

/* The same as a text, for cornu_free; NULL on failure. */
#define cornu_summary_text(model, ...)                                                                                 \
    CORNU_KEYWORDS(cornu_summary_text_with((model), &cornu_keywords), cornu_summary_options, __VA_ARGS__)
CORNU_API char *cornu_summary_text_with(cornu_model *model, const cornu_summary_options *options);

/* Keras's model.history: the values of the epochs that fit (or fit_generator) has trained this model for. Keras has those of the last call; here
 * the calls go on after one another, also those before it was saved as .keras or .h5 and loaded: an epoch whose number was there already gets
 * the next one. The model's, valid until it is trained on or released. NULL with the error set if there was no epoch yet. */
CORNU_API const cornu_history *cornu_model_history(const cornu_model *model);

/* The names of the classes that the model tells apart, in the order of their numbers. fit and fit_generator take them from the training data, where these have some
 * (cornu_flow_from_directory and its kin; a dataset whose target has class names) and the model has none; cornu_save writes them into .keras and .h5 files, and
 * cornu_load_model reads them. A model with names refuses to be trained or evaluated on data whose classes have others: each label would say something else. */
CORNU_API int cornu_model_class_count(const cornu_model *model); /* 0: it knows no names */
/* Valid until other names are set. NULL: there is no such class. */
CORNU_API const char *cornu_model_class_name(const cornu_model *model, int index);
/* Copies `count` names; NULL, 0: the model forgets its own. */
CORNU_API cornu_status cornu_model_set_class_names(cornu_model *model, const char *const *names, int count);

/* What the numbers of the model's inputs were multiplied by in training before it saw them; 1: by nothing, as far as is known. (A Rescaling layer is the model's own affair.)
 * fit_generator takes it from a Sequence of an ImageDataGenerator whose .rescale is all that it does to pictures after the transforms; cornu_save writes it into .keras and .h5
 * files, and cornu_load_model reads it. The functions of the library take inputs as they are given; the cornu command multiplies by it what it reads. */
CORNU_API double cornu_model_input_scale(const cornu_model *model);
/* `scale`: finite, and not 0. */
CORNU_API cornu_status cornu_model_set_input_scale(cornu_model *model, double scale);

/* Frees a text that Cornu returned; NULL is allowed. */
CORNU_API void cornu_free(void *text);

/* Valid as long as the model. */
CORNU_API const char *cornu_model_name(const cornu_model *model);
CORNU_API int cornu_input_count(cornu_model *model);
CORNU_API const char *cornu_input_name(cornu_model *model, int index);
CORNU_API int cornu_output_count(cornu_model *model);
/* What losses, metrics and batches of several outputs are keyed by. */
CORNU_API const char *cornu_output_name(cornu_model *model, int index);
/* The shape of an input or output, batch first, CORNU_NONE where a size is not known; `rank` sizes, valid as long as the model. NULL (with the
 * error) if there is none or the model is not built. */
CORNU_API const int64_t *cornu_input_shape(cornu_model *model, int index, int *rank);
CORNU_API const int64_t *cornu_output_shape(cornu_model *model, int index, int *rank);
/* The layers in Keras's order (model.layers): a Sequential's without its input layer. */
CORNU_API int cornu_layer_count(cornu_model *model);
/* By name, or if that is NULL by number. No new reference. NULL if there is none: the error names the nearest. */
CORNU_API cornu_layer *cornu_get_layer(cornu_model *model, const char *name, int index);
CORNU_API const char *cornu_layer_name(const cornu_layer *layer);
/* Freezes or thaws a layer (of a nested model: all its layers): its weights are not trained, and a BatchNormalization works as in testing.
 * Counts from the next cornu_compile on. */
CORNU_API void cornu_set_trainable(cornu_layer *layer, bool trainable);

/* --- Weights --- */

/* The number of all weights' elements; -1 (with the error) if the model is not built. */
CORNU_API int64_t cornu_count_params(cornu_model *model);

/* Copies of all weights, float32: a list in Keras's order (layer by layer; in a layer the trainable ones first). NULL on failure. */
CORNU_API cornu_array *cornu_get_weights(cornu_model *model);
/* The same as a dictionary by "<layer>/<weight>". */
CORNU_API cornu_array *cornu_get_named_weights(cornu_model *model);
/* Sets all weights, by order from a list, by name from a dictionary. Numbers of any dtype; shapes must be the model's. All or none. */
CORNU_API cornu_status cornu_set_weights(cornu_model *model, const cornu_array *weights);

/* Weights in a file, as its ending says: .weights.h5 is Keras 3's (with the optimizer's memory, if the model is compiled), .h5 and .hdf5 are the legacy
 * format's, all others .npz with the keys of cornu_get_named_weights. A file appears whole or not at all. */
CORNU_API cornu_status cornu_save_weights(cornu_model *model, const char *path);
/* From such a file, or from one of Keras's: .keras, .weights.h5, the legacy .h5 of weights or of a whole model. What it is shows its contents, not
 * its name. A file that does not fit is refused with the weight's name, what came and what was wanted, and the model stays as it was. */
CORNU_API cornu_status cornu_load_weights(cornu_model *model, const char *path);

/* The SHA-256 of all weights' bytes in Keras's order, as 64 hexadecimal digits and a NUL: equal means the same bits. */
#define CORNU_SHA256_TEXT_SIZE 65
CORNU_API cornu_status cornu_weights_sha256(cornu_model *model, char text[CORNU_SHA256_TEXT_SIZE]);

/* --- Configuration as JSON --- */

/* The model's structure as Keras 3's model.to_json() writes it, for cornu_free; NULL on failure. */
CORNU_API char *cornu_model_to_json(cornu_model *model);
/* A model of the structure that Keras (1, 2 or 3) or Cornu wrote, with new weights from `seed`. The file is data: nothing in it
 * is run, and a Lambda layer is refused by name. NULL on failure. */
CORNU_API cornu_model *cornu_model_from_json(const char *json, uint64_t seed);
CORNU_API cornu_model *cornu_model_from_json_file(const char *path, uint64_t seed);

CORNU_END_DECLARATIONS

#endif
