/* model_files.c: models by name and from JSON files. */
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "cli/model_files.h"
#include "format/load.h"

#define AT(field) offsetof(cornu__model_arguments, field)
const cornu__argument cornu__model_argument_table[] = {
    {"model", CORNU__ARGUMENT_TEXT, AT(model), 0, "MODEL",
     "linear, mlp, cnn, or a file of Keras or Cornu: .json, .keras, .h5"},
    {"scale", CORNU__ARGUMENT_POSITIVE, AT(scale), 0, "NUMBER",
     "the inputs are divided by this, 255 for images; the model remembers it [1]"},
    {"rescale", CORNU__ARGUMENT_POSITIVE, AT(rescale), 0, "FACTOR",
     "the same said as ImageDataGenerator's argument: the inputs are multiplied by this [1]"},
    {"weights", CORNU__ARGUMENT_TEXT, AT(weights), 0, "FILE",
     "weights to begin with: .npz, as --save-weights wrote them, or a file of Keras"},
    {0},
};

/* What an architecture is made for. */
typedef struct task {
    int rank; /* of one sample */
    int64_t shape[CORNU_MAX_RANK];
    int units; /* outputs */
    const char *activation;
    double factor; /* of the inputs */
} task;

static int64_t columns_of(const cornu_array *array)
{
    return cornu_array_rank(array) >= 2 ? cornu_array_size(array, -1) : 1;
}

static double largest(const cornu_array *array)
{
    double most = -1;
    for (int64_t i = 0; i < cornu_array_count(array); i++)
        most = cornu_array_get(array, i) > most ? cornu_array_get(array, i) : most;
    return most;
}

static cornu_status task_of(const cornu__model_arguments *arguments, const cornu__dataset *dataset, task *out)
{
    if (!dataset || !dataset->x || cornu_array_is_collection(dataset->x))
        return cornu__fail(
            CORNU_ERROR_INVALID_ARGUMENT,
            "--model %s is made to fit data with one input; give --data or --x, or a JSON file as --model",
            arguments->model);
    if (!dataset->y)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "--model %s is made for the targets too; to use it without them, give the JSON file that "
                           "'cornu fit --save-model' wrote",
                           arguments->model);
    int rank = cornu_array_rank(dataset->x);
    if (rank < 1 || rank > CORNU_MAX_RANK)
        return cornu__fail(CORNU_ERROR_SHAPE, "--model %s: inputs of rank %d", arguments->model, rank);
    *out = (task){.rank = rank > 1 ? rank - 1 : 1,
                  .factor = arguments->rescale > 0 ? arguments->rescale
                            : arguments->scale > 0 ? 1 / arguments->scale
                                                   : 1};
    for (int axis = 0; axis < out->rank; axis++)
        out->shape[axis] = rank > 1 ? cornu_array_size(dataset->x, axis + 1) : 1;
    if (!cornu__holds_classes(dataset->y)) {
        out->units = (int)columns_of(dataset->y);
        out->activation = dataset->one_hot ? "softmax" : "linear";
        return CORNU_OK;
    }
    double most = largest(dataset->y);
    if (most < 0 || most > 100000)
        return cornu__fail(CORNU_ERROR_DATA,
                           "--model %s: the largest class number of the targets is %g; wanted 0 to 100000",
                           arguments->model, most);
    out->units = most < 2 ? 1 : (int)most + 1;
    out->activation = most < 2 ? "sigmoid" : "softmax";
    return CORNU_OK;
}

static void add_input(cornu_model *model, const task *wanted, bool image)
{
    cornu_layer_options options = {.struct_size = sizeof options, .trainable = true};
    memcpy(options.input_shape, wanted->shape, sizeof options.input_shape);
    if (image && wanted->rank == 2) /* grey images without a channel axis */
        options.input_shape[2] = 1;
    cornu_rescaling_options scale = {.struct_size = sizeof scale, .trainable = true, .scale = wanted->factor};
    memcpy(scale.input_shape, options.input_shape, sizeof scale.input_shape);
    cornu_add(model, cornu_rescaling_with(scale.scale, &scale));
}

static cornu_status add_linear(cornu_model *model, const task *wanted)
{
    add_input(model, wanted, false);
    if (wanted->rank > 1)
        cornu_add(model, cornu_flatten());
    return cornu_add(model, cornu_dense(wanted->units, .activation = wanted->activation));
}

static cornu_status add_mlp(cornu_model *model, const task *wanted)
{
    add_input(model, wanted, false);
    if (wanted->rank > 1)
        cornu_add(model, cornu_flatten());
    cornu_add(model, cornu_dense(128, .activation = "relu"));
    cornu_add(model, cornu_dropout(0.2));
    return cornu_add(model, cornu_dense(wanted->units, .activation = wanted->activation));
}

static cornu_status wants_images(const char *name, const task *wanted)
{
    if (wanted->rank == 2 || wanted->rank == 3)
        return CORNU_OK;
    char text[CORNU__SHAPE_TEXT_SIZE];
    cornu__text_shape(text, sizeof text, wanted->rank, wanted->shape);
    return cornu__fail(CORNU_ERROR_SHAPE,
                       "--model %s wants images: samples of shape (height, width) or (height, width, channels), got %s",
                       name, text);
}

static cornu_status add_cnn(cornu_model *model, const task *wanted)
{
    CORNU_TRY(wants_images("cnn", wanted));
    add_input(model, wanted, true);
    cornu_add(model, cornu_conv2d(32, 3, .padding = "same", .activation = "relu"));
    cornu_add(model, cornu_conv2d(64, 3, .padding = "same", .activation = "relu"));
    cornu_add(model, cornu_max_pooling2d(2));
    cornu_add(model, cornu_dropout(0.25));
    cornu_add(model, cornu_flatten());
    cornu_add(model, cornu_dense(128, .activation = "relu"));
    cornu_add(model, cornu_dropout(0.5));
    return cornu_add(model, cornu_dense(wanted->units, .activation = wanted->activation));
}

static const struct {
    const char *name;
    cornu_status (*add)(cornu_model *model, const task *wanted);
} architectures[] = {{"linear", add_linear}, {"mlp", add_mlp}, {"cnn", add_cnn}};
#define ARCHITECTURE_COUNT (sizeof architectures / sizeof architectures[0])

const char *cornu__model_name(int number)
{
    return (size_t)number < ARCHITECTURE_COUNT ? architectures[number].name : NULL;
}

bool cornu__model_names_file(const char *name)
{
    return strchr(name, '.') || strchr(name, '/');
}

bool cornu__model_name_is_whole(const char *path)
{
    return cornu__text_has_ending(path, ".keras") || cornu__text_has_ending(path, ".h5") ||
           cornu__text_has_ending(path, ".hdf5");
}

/* By its contents, whatever it is called; what cannot be told so, as a file that is not there, is what its name says. */
static bool file_is_whole(const char *path)
{
    cornu__file_kind kind;
    if (cornu__file_kind_of(path, &kind) == CORNU_OK && (kind == CORNU__FILE_NPZ || kind == CORNU__FILE_HDF5))
        return true;
    cornu_error_clear();
    return cornu__model_name_is_whole(path);
}

static cornu_status unknown_architecture(const char *name)
{
    const char *names[ARCHITECTURE_COUNT];
    for (size_t i = 0; i < ARCHITECTURE_COUNT; i++)
        names[i] = architectures[i].name;
    const char *nearest = cornu__text_nearest(name, names, ARCHITECTURE_COUNT);
    return cornu__fail(
        CORNU_ERROR_UNKNOWN_NAME,
        "--model %s: no such architecture%s%s%s; there are linear, mlp and cnn, or a .json, .keras or .h5 file", name,
        nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
}

/* The architecture of that name, or ARCHITECTURE_COUNT. */
static size_t find_architecture(const char *name)
{
    size_t i = 0;
    while (i < ARCHITECTURE_COUNT && strcmp(name, architectures[i].name) != 0)
        i++;
    return i;
}

cornu_status cornu__model_check(const cornu__model_arguments *arguments)
{
    if (!arguments->model)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "no model: give --model linear, mlp or cnn, or --model FILE");
    if (arguments->scale > 0 && arguments->rescale > 0)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "--scale and --rescale say the same; give one of them");
    if (cornu__model_names_file(arguments->model) || find_architecture(arguments->model) < ARCHITECTURE_COUNT)
        return CORNU_OK;
    return unknown_architecture(arguments->model);
}

void cornu__model_warn_of_no_weights(const cornu__model_arguments *arguments)
{
    bool has_own = cornu__model_names_file(arguments->model) && file_is_whole(arguments->model);
    if (!arguments->weights && !has_own)
        cornu__warn("--model %s has no weights and --weights gives none: it is a model that was never trained",
                    arguments->model);
}

static cornu_status make_named(const cornu__model_arguments *arguments, const cornu__dataset *dataset,
                               cornu_model **model)
{
    size_t number = find_architecture(arguments->model);
    task wanted;
    CORNU_TRY(task_of(arguments, dataset, &wanted));
    *model = cornu_sequential(.name = architectures[number].name, .seed = (uint64_t)arguments->seed);
    return *model ? architectures[number].add(*model, &wanted) : cornu_error_status();
}

static cornu_model *load_file(const cornu__model_arguments *arguments)
{
    if (!file_is_whole(arguments->model))
        return cornu_model_from_json_file(arguments->model, (uint64_t)arguments->seed);
    const cornu_load_options options = {.struct_size = sizeof options,
                                        .compile = arguments->compiled,
                                        .threads = arguments->threads,
                                        .seed = (uint64_t)arguments->seed};
    return cornu__load_model(arguments->model, &options, arguments->change, arguments->change_state);
}

cornu_status cornu__model_load(const cornu__model_arguments *arguments, const cornu__dataset *dataset,
                               cornu_model **model)
{
    cornu_status status;
    *model = NULL;
    if (cornu__model_names_file(arguments->model)) {
        *model = load_file(arguments);
        status = *model ? CORNU_OK : cornu_error_status();
    } else {
        status = make_named(arguments, dataset, model);
    }
    if (status == CORNU_OK)
        status = cornu_model_status(*model);
    if (status == CORNU_OK && arguments->weights)
        status = cornu_load_weights(*model, arguments->weights);
    if (status != CORNU_OK) {
        cornu_model_release(*model);
        *model = NULL;
    }
    return status;
}
