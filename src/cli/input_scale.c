/*
 * input_scale.c: what --scale does with a model from a file.
 *
 * `cornu fit --model cnn --scale 255` puts the division into the model, and many of Keras's models have such a layer too. Dividing before it once
 * more gives no error, only worse results; so the layers that are the first to compute with the inputs are looked at.
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

double cornu__input_divisor(const cornu__model_arguments *arguments, const cornu_model *model)
{
    double divisor = arguments->scale;
    if (!(divisor > 0) || !cornu__model_names_file(arguments->model))
        return 1;
    beginning begin = look_at(model);
    if (!begin.scaling)
        return divisor;
    const char *name = cornu_layer_name(begin.scaling);
    if (begin.everywhere && fabs(begin.factor * divisor - 1) <= SAME_FACTOR) {
        cornu__warn("--scale %g is not applied: %s divides its inputs by %g itself (layer '%s'); leave --scale out",
                    divisor, arguments->model, divisor, name);
        return 1;
    }
    if (isnan(begin.factor))
        cornu__warn("--scale %g: the inputs are divided by %g, and then %s normalizes them itself (layer '%s'); for "
                    "data like those that it was trained on, leave --scale out",
                    divisor, divisor, arguments->model, name);
    else
        cornu__warn("--scale %g: the inputs are divided by %g, and then %s divides them by %g itself (layer '%s'); for "
                    "data like those that it was trained on, leave --scale out",
                    divisor, divisor, arguments->model, 1 / begin.factor, name);
    return divisor;
}

static cornu_array *divided(const cornu_array *array, double divisor)
{
    cornu_array *floats = cornu_array_cast(array, CORNU_FLOAT32);
    float *values = floats ? cornu_array_float32(floats) : NULL;
    for (int64_t i = 0; values && i < cornu_array_count(floats); i++)
        values[i] = (float)(values[i] / divisor);
    return floats;
}

cornu_status cornu__divide_inputs(cornu__dataset *dataset, double divisor)
{
    if (divisor == 1 || !dataset->x)
        return CORNU_OK;
    if (cornu_array_is_collection(dataset->x))
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "--scale is for data with one input");
    cornu_array *scaled = divided(dataset->x, divisor);
    if (!scaled)
        return cornu_error_status();
    cornu_array_release(dataset->x);
    dataset->x = scaled;
    return CORNU_OK;
}
