/* summary.c: cornu summary: what a model is made of. */
#include <stdio.h>

#include "cli/commands.h"
#include "cli/model_files.h"

typedef struct values {
    cornu__model_arguments model;
    int line_length;
    bool expand_nested, show_trainable;
} values;

static const cornu__argument arguments[] = {
    {"model", CORNU__ARGUMENT_TEXT, offsetof(values, model.model), 0, "FILE",
     "the model's JSON, as Keras or Cornu writes it", "Model"},
    {"weights", CORNU__ARGUMENT_TEXT, offsetof(values, model.weights), 0, "FILE",
     "check that this .npz of weights fits", NULL},
    {"line-length", CORNU__ARGUMENT_INT, offsetof(values, line_length), 0, "N", "columns [as many as Keras takes]",
     "Output"},
    {"expand-nested", CORNU__ARGUMENT_FLAG, offsetof(values, expand_nested), 0, NULL,
     "show the layers of nested models too", NULL},
    {"show-trainable", CORNU__ARGUMENT_FLAG, offsetof(values, show_trainable), 0, NULL, "show which layers are trained",
     NULL},
};
static const values defaults = {0};

static int run(const void *given)
{
    const values *options = given;
    cornu_model *model = NULL;
    cornu_status status = cornu__model_load(&options->model, NULL, &model);
    if (status == CORNU_OK)
        status = cornu_summary(model, stdout, .line_length = options->line_length,
                               .expand_nested = options->expand_nested, .show_trainable = options->show_trainable);
    cornu_model_release(model);
    return status == CORNU_OK ? CORNU__EXIT_OK : cornu__say_error("summary");
}

const cornu__subcommand cornu__command_summary = {
    .name = "summary",
    .summary = "Prints a model's layers, shapes and numbers of parameters.",
    .usage = "--model FILE.json [OPTIONS]",
    .examples = "  cornu summary --model model.json\n",
    .arguments = arguments,
    .argument_count = sizeof arguments / sizeof arguments[0],
    .values_size = sizeof(values),
    .defaults = &defaults,
    .run = run,
};
