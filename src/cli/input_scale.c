/*
 * input_scale.c: what --scale and --rescale do with a model from a file.
 *
 * `cornu fit --model cnn --scale 255` puts the division into the model, and many of Keras's models have such a layer too. Dividing before it once
 * more gives no error, only worse results; so the layers that are the first to compute with the inputs are looked at. A model without such a layer
 * remembers in its file what the inputs of its training were multiplied by.
 */
#include "cli/input_scale.h"

#include <math.h>
#include <string.h>

#include "base/log.h"
#include "model/model.h"

/* Of 1: a factor may have gone through single precision. */
#define SAME_FACTOR 1e-6

/* How a model begins. */
typedef struct beginning {
    const cornu_layer
        *scaling;    /* a Rescaling or Normalization that sees the inputs as they come; NULL: there is none */
    double factor;   /* of a Rescaling; NaN: none that can be told */
    bool everywhere; /* whatever sees the inputs is such a layer, with the same factor */
} beginning;

static bool is_class(const cornu_layer *layer, const char *name)
{
    return strcmp(cornu__layer_class_name(layer), name) == 0;
}

static double rescaling_option(const cornu_layer *layer, const char *name)
{
    const cornu__field *field = cornu__class_field(layer->object.class, name);
    bool number = field && field->type == CORNU__FIELD_DOUBLE;
    return number ? *(const double *)((const char *)layer->object.config + field->offset) : NAN;
}

/* Whether numbers come out as they went in, if in another order. */
static bool passes_on(const cornu_layer *layer)
{
    static const char *const classes[] = {"InputLayer",    "Identity",      "Flatten",    "Reshape",   "Permute",
                                          "RepeatVector",  "ZeroPadding1D", "Cropping1D", "Masking",   "Dropout",
                                          "ZeroPadding2D", "Cropping2D",    "RandomFlip", "RandomCrop"};
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
        if (is_class(layer, classes[i]))
            return true;
    }
    return is_class(layer, "Rescaling") && rescaling_option(layer, "scale") == 1 &&
           rescaling_option(layer, "offset") == 0;
}

/* Takes a layer that computes with the inputs into account. */
static void meet(beginning *begin, const cornu_layer *layer)
{
    bool rescaling = is_class(layer, "Rescaling");
    double factor = rescaling ? rescaling_option(layer, "scale") : NAN;
    bool scales = rescaling || is_class(layer, "Normalization");
    begin->everywhere = begin->everywhere && scales && (!begin->scaling || factor == begin->factor);
    if (scales && !begin->scaling) {
        begin->scaling = layer;
        begin->factor = factor;
    }
}

/* A model that is not built yet, which can only be a stack. True: a layer that computes was found. */
static bool look_at_stack(const cornu_model *model, beginning *begin)
{
    for (int i = 0; i < model->layer_count; i++) {
        const cornu_layer *layer = model->layers[i];
        if (layer->model) {
            if (look_at_stack(layer->model, begin))
                return true;
        } else if (!passes_on(layer)) {
            meet(begin, layer);
            return true;
        }
    }
    return false;
}

static bool reads_inputs(const cornu__model_step_entry *step, const bool *untouched)
{
    for (int i = 0; i < step->input_count; i++) {
        if (untouched[step->inputs[i]])
            return true;
    }
    return false;
}

/* `untouched`: for each slot whether what is in it are the inputs as they came; begun with false. */
static void look_at_steps(const cornu_model *model, bool *untouched, beginning *begin)
{
    for (int i = 0; i < model->input_count; i++)
        untouched[model->input_slots[i]] = true;
    for (int i = 0; i < model->step_count; i++) {
        const cornu__model_step_entry *step = &model->steps[i];
        if (!reads_inputs(step, untouched))
            continue;
        if (passes_on(step->layer))
            untouched[step->output] = true;
        else
            meet(begin, step->layer);
    }
}

static beginning look_at(const cornu_model *model)
{
    beginning begin = {.everywhere = true, .factor = NAN};
    if (!model->structured) {
        look_at_stack(model, &begin);
        return begin;
    }
    bool *untouched = cornu__alloc_array((size_t)model->slot_count, sizeof *untouched);
    if (untouched) /* without memory for it the next step of any work fails, and says so */
        look_at_steps(model, untouched, &begin);
    cornu__free(untouched);
    return begin;
}

/* --- What is done to the inputs --- */

/* As it was given: "--scale 255", "--rescale 0.00392". */
typedef struct given_scale {
    const char *option;
    double number, divisor;
} given_scale;

static given_scale given_in(const cornu__model_arguments *arguments)
{
    if (arguments->rescale > 0)
        return (given_scale){"--rescale", arguments->rescale, 1 / arguments->rescale};
    return (given_scale){"--scale", arguments->scale, arguments->scale};
}

static bool is_same(double factor, double divisor)
{
    return fabs(factor * divisor - 1) <= SAME_FACTOR;
}

/* `factor`: what the model remembers. */
static double compare_with_memory(const given_scale *given, const char *file, double factor)
{
    if (is_same(factor, given->divisor)) {
        cornu__warn("%s %g need not be given: %s remembers it", given->option, given->number, file);
        return 1 / factor;
    }
    cornu__warn("%s %g: the inputs are divided by %g, and %s was trained on inputs divided by %g; for data like those, "
                "leave %s out",
                given->option, given->number, given->divisor, file, 1 / factor, given->option);
    return given->divisor;
}

static double compare_with_layer(const given_scale *given, const char *file, const beginning *begin)
{
    double divisor = given->divisor;
    const char *name = cornu_layer_name(begin->scaling);
    if (begin->everywhere && is_same(begin->factor, divisor)) {
        cornu__warn("%s %g is not applied: %s divides its inputs by %g itself (layer '%s'); leave %s out",
                    given->option, given->number, file, divisor, name, given->option);
        return 1;
    }
    if (isnan(begin->factor))
        cornu__warn("%s %g: the inputs are divided by %g, and then %s normalizes them itself (layer '%s'); for "
                    "data like those that it was trained on, leave %s out",
                    given->option, given->number, divisor, file, name, given->option);
    else
        cornu__warn("%s %g: the inputs are divided by %g, and then %s divides them by %g itself (layer '%s'); for "
                    "data like those that it was trained on, leave %s out",
                    given->option, given->number, divisor, file, 1 / begin->factor, name, given->option);
    return divisor;
}

double cornu__input_divisor(const cornu__model_arguments *arguments, const cornu_model *model)
{
    given_scale given = given_in(arguments);
    double factor = cornu_model_input_scale(model);
    if (!cornu__model_names_file(arguments->model))
        return 1;
    if (!(given.divisor > 0))
        return 1 / factor;
    if (factor != 1)
        return compare_with_memory(&given, arguments->model, factor);
    beginning begin = look_at(model);
    return begin.scaling ? compare_with_layer(&given, arguments->model, &begin) : given.divisor;
}

void cornu__warn_of_forgotten_scale(const cornu_model *model, const char *option, const char *path)
{
    double factor = cornu_model_input_scale(model);
    if (factor != 1)
        cornu__warn("--%s %s: the inputs of the training are divided by %g, which only .keras and .h5 files remember; "
                    "whoever uses this file gives --scale %g again",
                    option, path, 1 / factor, 1 / factor);
}

/* --- Arrays --- */

static cornu_array *divided(const cornu_array *array, double divisor)
{
    cornu_array *floats = cornu_array_cast(array, CORNU_FLOAT32);
    float *values = floats ? cornu_array_float32(floats) : NULL;
    for (int64_t i = 0; values && i < cornu_array_count(floats); i++)
        values[i] = (float)(values[i] / divisor);
    return floats;
}

/* A collection by name of one, like `like`; takes `array` over. */
static cornu_array *named_like(const cornu_array *like, cornu_array *array)
{
    const char *name = cornu_array_item_name(like, 0);
    cornu_array *named = array ? cornu_array_dict(1, &name, &array) : NULL;
    cornu_array_release(array);
    return named;
}

static cornu_status divide(cornu__dataset *dataset, double divisor)
{
    if (divisor == 1 || !dataset->x)
        return CORNU_OK;
    bool named = cornu_array_is_collection(dataset->x);
    if (named && cornu_array_item_count(dataset->x) != 1)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "--scale and --rescale are for data with one input");
    cornu_array *scaled = divided(named ? cornu_array_item(dataset->x, 0) : dataset->x, divisor);
    if (named)
        scaled = named_like(dataset->x, scaled);
    if (!scaled)
        return cornu_error_status();
    cornu_array_release(dataset->x);
    dataset->x = scaled;
    return CORNU_OK;
}

/* Nobody has said that these data are to be divided. */
static void warn_if_divided_already(const cornu__model_arguments *arguments, const cornu_array *x, double divisor)
{
    if (arguments->scale > 0 || arguments->rescale > 0 || divisor <= 1 || cornu_array_is_collection(x))
        return;
    for (int64_t i = 0; i < cornu_array_count(x); i++) {
        if (fabs(cornu_array_get(x, i)) > 1)
            return;
    }
    cornu__warn("no value of the inputs is above 1, and they are divided by %g, as those were that %s was trained on; "
                "if they are divided already, give --scale 1",
                divisor, arguments->model);
}

cornu_status cornu__scale_inputs(const cornu__model_arguments *arguments, cornu_model *model, cornu__dataset *data,
                                 cornu__dataset *validation)
{
    double divisor = cornu__input_divisor(arguments, model);
    if (data->x)
        warn_if_divided_already(arguments, data->x, divisor);
    CORNU_TRY(divide(data, divisor));
    if (validation)
        CORNU_TRY(divide(validation, divisor));
    return cornu_model_set_input_scale(model, 1 / divisor);
}
