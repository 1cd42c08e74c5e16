/* summary.c: cornu summary: what a model is made of. */
#include <stdio.h>

#include "cli/commands.h"
#include "cli/data_files.h"
#include "cli/model_files.h"

typedef struct values {
    cornu__data_arguments data;
    cornu__model_arguments model;
    int line_length;
    bool expand_nested, show_trainable;
} values;

#define AT(field) offsetof(values, field)
static const cornu__argument arguments[] = {
    {"line-length", CORNU__ARGUMENT_INT, AT(line_length), 0, "N", "columns [as many as Keras takes]"},
    {"expand-nested", CORNU__ARGUMENT_FLAG, AT(expand_nested), 0, NULL, "show the layers of nested models too"},
    {"show-trainable", CORNU__ARGUMENT_FLAG, AT(show_trainable), 0, NULL, "show which layers are trained"},
    {0},
};
static const cornu__argument_group groups[] = {
    {"Model", cornu__model_argument_table, AT(model)},
    {"Data, for which a named model is made", cornu__input_arguments, AT(data)},
    {NULL, cornu__target_arguments, AT(data)},
    {"Output", arguments, 0},
    {0},
};
static const values defaults = {0};

static cornu_status check(const void *given)
{
    const values *options = given;
    if (cornu__data_given(&options->data))
        CORNU_TRY(cornu__data_check(&options->data, ""));
    CORNU_TRY(cornu__model_check(&options->model));
    if (options->model.scale > 0 && cornu__model_names_file(options->model.model))
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "--scale changes data, and not what a model from a file is");
    return CORNU_OK;
}

static cornu_status summarize(const values *options, cornu__dataset *data, cornu_model **model)
{
    bool given = cornu__data_given(&options->data);
    if (given)
        CORNU_TRY(cornu__data_load(&options->data, "", false, data));
    CORNU_TRY(cornu__model_load(&options->model, given ? data : NULL, model));
    return cornu_summary(*model, stdout, .line_length = options->line_length, .expand_nested = options->expand_nested,
                         .show_trainable = options->show_trainable);
}

static int run(const void *given)
{
    cornu__dataset data = {0};
    cornu_model *model = NULL;
    cornu_status status = summarize(given, &data, &model);
    cornu_model_release(model);
    cornu__data_free(&data);
    return status == CORNU_OK ? CORNU__EXIT_OK : cornu__say_error("summary");
}

const cornu__subcommand cornu__command_summary = {
    .name = "summary",
    .summary = "Prints a model's layers, shapes and numbers of parameters.",
    .usage = "--model MODEL [--data FILE | --x FILE --y FILE] [OPTIONS]",
    .examples = "  cornu summary --model model.json\n"
                "  cornu summary --model cnn --data share/digits.npz\n",
    .groups = groups,
    .values_size = sizeof(values),
    .defaults = &defaults,
    .check = check,
    .run = run,
};
