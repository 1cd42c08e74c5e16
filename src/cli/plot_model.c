/* plot_model.c: cornu plot-model: a picture of a model's layers. */
#include <stdio.h>

#include <cornu/plot.h>

#include "cli/commands.h"
#include "cli/data_files.h"
#include "cli/model_files.h"

typedef struct values {
    cornu__data_arguments data;
    cornu__model_arguments model;
    const char *output, *title;
    int dpi, rankdir;
    bool show_shapes, show_dtype, show_layer_names, show_layer_activations, show_trainable, expand_nested, dark, light;
} values;

#define AT(field) offsetof(values, field)
#define DIRECTIONS "TB|BT|LR|RL"
static const cornu__argument arguments[] = {
    {"output", CORNU__ARGUMENT_TEXT, AT(output), 0, "FILE", "the picture: .png, .svg or .pdf [model.png]"},
    {"show-shapes", CORNU__ARGUMENT_FLAG, AT(show_shapes), 0, NULL,
     "shapes that go in and come out; --no-show-shapes [yes]"},
    {"show-layer-names", CORNU__ARGUMENT_FLAG, AT(show_layer_names), 0, NULL,
     "names beside classes; --no-show-layer-names [yes]"},
    {"show-layer-activations", CORNU__ARGUMENT_FLAG, AT(show_layer_activations), 0, NULL, "activations"},
    {"show-dtype", CORNU__ARGUMENT_FLAG, AT(show_dtype), 0, NULL, "types of what comes out"},
    {"show-trainable", CORNU__ARGUMENT_FLAG, AT(show_trainable), 0, NULL, "which layers are trained"},
    {"expand-nested", CORNU__ARGUMENT_FLAG, AT(expand_nested), 0, NULL, "the layers of nested models too"},
    {"rankdir", CORNU__ARGUMENT_WORD, AT(rankdir), 0, DIRECTIONS, "from top to bottom, left to right, ... [TB]"},
    {"dpi", CORNU__ARGUMENT_INT, AT(dpi), 24, "N", "pixels of a PNG per inch [200]"},
    {"title", CORNU__ARGUMENT_TEXT, AT(title), 0, "TEXT", "above the picture [none]"},
    {"light", CORNU__ARGUMENT_FLAG, AT(light), 0, NULL, "dark on light [this]"},
    {"dark", CORNU__ARGUMENT_FLAG, AT(dark), 0, NULL, "light on dark"},
    {0},
};
static const cornu__argument_group groups[] = {
    {"Model", cornu__model_argument_table, AT(model)},
    {"Data, for which a named model is made", cornu__input_arguments, AT(data)},
    {NULL, cornu__target_arguments, AT(data)},
    {"Picture (plot_model's arguments)", arguments, 0},
    {0},
};
static const values defaults = {.output = "model.png", .dpi = 200, .show_shapes = true, .show_layer_names = true};

static cornu_status check(const void *given)
{
    const values *options = given;
    if (cornu__data_given(&options->data))
        CORNU_TRY(cornu__data_check(&options->data, ""));
    if (options->light && options->dark)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "--light and --dark exclude each other");
    return cornu__model_check(&options->model);
}

static cornu_status draw(const values *options, cornu__dataset *data, cornu_model **model)
{
    static const char *const directions[] = {"TB", "BT", "LR", "RL"};
    bool given = cornu__data_given(&options->data);
    if (given)
        CORNU_TRY(cornu__data_load(&options->data, "", false, data));
    CORNU_TRY(cornu__model_load(&options->model, given ? data : NULL, model));
    return cornu_plot_model(
        *model, options->output, .show_shapes = options->show_shapes, .show_dtype = options->show_dtype,
        .show_layer_names = options->show_layer_names, .show_layer_activations = options->show_layer_activations,
        .show_trainable = options->show_trainable, .expand_nested = options->expand_nested,
        .rankdir = directions[options->rankdir], .dpi = options->dpi, .title = options->title, .dark = options->dark);
}

static int run(const void *given)
{
    cornu__dataset data = {0};
    cornu_model *model = NULL;
    cornu_status status = draw(given, &data, &model);
    cornu_model_release(model);
    cornu__data_free(&data);
    return status == CORNU_OK ? CORNU__EXIT_OK : cornu__say_error("plot-model");
}

const cornu__subcommand cornu__command_plot_model = {
    .name = "plot-model",
    .summary = "Draws a model's layers and what goes from one to the other.",
    .usage = "--model MODEL\n                        [--data FILE | --x FILE --y FILE] [OPTIONS]",
    .examples = "  cornu plot-model --model model.keras --output model.svg\n"
                "  cornu plot-model --model cnn --data share/digits.npz --rankdir LR\n",
    .groups = groups,
    .values_size = sizeof(values),
    .defaults = &defaults,
    .check = check,
    .run = run,
};
