/* evaluate.c: cornu evaluate: loss and metrics of a trained model over files. */
#include <stdio.h>

#include <cornu/losses.h>
#include <cornu/train.h>

#include "cli/commands.h"
#include "cli/data_files.h"
#include "cli/model_files.h"
#include "cli/signals.h"

typedef struct values {
    cornu__data_arguments data;
    cornu__model_arguments model;
    const char *loss;
    cornu__text_list metrics;
    int batch_size, steps, verbose, threads;
} values;

#define AT(field) offsetof(values, field)
static const cornu__argument arguments[] = {
    {"data", CORNU__ARGUMENT_TEXT, AT(data.data), 0, "FILE",
     "an .npz with x and y (or the model's own names), or a table with --target", "Data"},
    {"target", CORNU__ARGUMENT_TEXT, AT(data.target), 0, "COLUMN",
     "the table's target: a name, a number from 0, or -1 for the last", NULL},
    {"x", CORNU__ARGUMENT_TEXT, AT(data.x), 0, "FILE", "inputs: .npy, IDX (.gz too) or a table", NULL},
    {"y", CORNU__ARGUMENT_TEXT, AT(data.y), 0, "FILE", "targets: .npy, IDX (.gz too) or a table", NULL},
    {"classes", CORNU__ARGUMENT_FLAG, AT(data.classes), 0, NULL,
     "targets are class numbers, though the table has them as numbers", NULL},
    {"model", CORNU__ARGUMENT_TEXT, AT(model.model), 0, "MODEL", "a JSON file of Keras or Cornu; or linear, mlp, cnn",
     "Model"},
    {"scale", CORNU__ARGUMENT_NUMBER, AT(model.scale), 0, "NUMBER", "named models divide their input by this [1]",
     NULL},
    {"weights", CORNU__ARGUMENT_TEXT, AT(model.weights), 0, "FILE", "the trained weights, .npz", NULL},
    {"loss", CORNU__ARGUMENT_TEXT, AT(loss), 0, "NAME", "[a cross-entropy for classes, mean_squared_error for numbers]",
     "Evaluation"},
    {"metrics", CORNU__ARGUMENT_LIST, AT(metrics), 0, "NAMES", "separated by commas [accuracy for classes]", NULL},
    {"batch-size", CORNU__ARGUMENT_INT, AT(batch_size), 1, "N", "samples per step [32]", NULL},
    {"steps", CORNU__ARGUMENT_INT, AT(steps), 1, "N", "batches to evaluate on [all]", NULL},
    {"threads", CORNU__ARGUMENT_INT, AT(threads), 0, "N", "threads of the kernels [one per processor]", NULL},
    {"verbose", CORNU__ARGUMENT_INT, AT(verbose), 0, "0|1|2", "silent, progress bar, a line [1]", NULL},
};
static const values defaults = {.batch_size = 32, .verbose = CORNU_VERBOSE_AUTO};

static cornu_status evaluate(const values *options, cornu_model *model, const cornu__dataset *data)
{
    const char *loss = options->loss ? options->loss : cornu__default_loss(data, model);
    cornu_compile_options compile_options = {
        .struct_size = sizeof compile_options, .optimizer = "sgd", .loss = loss, .threads = options->threads};
    for (int i = 0; i < options->metrics.count && i < CORNU_MAX_METRICS; i++)
        compile_options.metrics[i] = options->metrics.items[i];
    if (options->metrics.count == 0 && cornu__loss_is_for_classes(loss))
        compile_options.metrics[0] = "accuracy";
    CORNU_TRY(cornu_compile_with(model, &compile_options));
    cornu__signals_install();
    cornu_logs results;
    CORNU_TRY(cornu_evaluate(model, data->x, data->y, &results, .batch_size = options->batch_size,
                             .steps = options->steps, .verbose = options->verbose));
    for (int i = 0; i < results.count; i++)
        printf("%s: %.4f\n", results.names[i], results.values[i]);
    return CORNU_OK;
}

static int run(const void *given)
{
    const values *options = given;
    cornu__dataset data = {0};
    cornu_model *model = NULL;
    cornu_status status = cornu__data_load(&options->data, "", true, &data);
    if (status == CORNU_OK)
        status = cornu__model_load(&options->model, &data, &model);
    if (status == CORNU_OK)
        status = cornu__data_bind(&data, model, true);
    if (status == CORNU_OK)
        status = evaluate(options, model, &data);
    cornu_model_release(model);
    cornu__data_free(&data);
    return status == CORNU_OK ? cornu__signals_exit_status() : cornu__say_error("evaluate");
}

const cornu__subcommand cornu__command_evaluate = {
    .name = "evaluate",
    .summary = "Measures a trained model's loss and metrics on data from files.",
    .usage = "--model MODEL --weights FILE (--data FILE | --x FILE --y FILE) [OPTIONS]",
    .examples = "  cornu evaluate --model model.json --weights weights.npz --data test.npz\n",
    .arguments = arguments,
    .argument_count = sizeof arguments / sizeof arguments[0],
    .values_size = sizeof(values),
    .defaults = &defaults,
    .run = run,
};
