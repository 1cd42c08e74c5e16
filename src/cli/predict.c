/* predict.c: cornu predict: a trained model's outputs for files, as text or .npy. */
#include <stdio.h>
#include <string.h>

#include <cornu/train.h>

#include "cli/commands.h"
#include "cli/data_files.h"
#include "cli/model_files.h"
#include "cli/signals.h"

typedef struct values {
    cornu__data_arguments data;
    cornu__model_arguments model;
    const char *output;
    int batch_size, verbose;
    bool classes;
} values;

#define AT(field) offsetof(values, field)
static const cornu__argument arguments[] = {
    {"data", CORNU__ARGUMENT_TEXT, AT(data.data), 0, "FILE", "an .npz with x (or the model's own names), or a table",
     "Data"},
    {"target", CORNU__ARGUMENT_TEXT, AT(data.target), 0, "COLUMN", "a column of the table that is no input", NULL},
    {"x", CORNU__ARGUMENT_TEXT, AT(data.x), 0, "FILE", "inputs: .npy, IDX (.gz too) or a table", NULL},
    {"model", CORNU__ARGUMENT_TEXT, AT(model.model), 0, "FILE", "the model's JSON, of Keras or Cornu", "Model"},
    {"weights", CORNU__ARGUMENT_TEXT, AT(model.weights), 0, "FILE", "the trained weights, .npz", NULL},
    {"output", CORNU__ARGUMENT_TEXT, AT(output), 0, "FILE",
     "write .npy, or .npz for several outputs [text on standard output]", "Output"},
    {"classes", CORNU__ARGUMENT_FLAG, AT(classes), 0, NULL, "print the number of the most probable class", NULL},
    {"batch-size", CORNU__ARGUMENT_INT, AT(batch_size), 1, "N", "samples per step [32]", NULL},
    {"verbose", CORNU__ARGUMENT_INT, AT(verbose), 0, "0|1", "silent, progress bar [0]", NULL},
};
static const values defaults = {.batch_size = 32};

/* One line per sample: its numbers, or the place of the largest one. */
static cornu_status print(const cornu_array *output, bool classes)
{
    int64_t rows = cornu_array_size(output, 0), columns = rows > 0 ? cornu_array_count(output) / rows : 0;
    const float *numbers = cornu_array_float32(output);
    if (!numbers)
        return cornu_error_status();
    for (int64_t row = 0; row < rows; row++) {
        const float *line = numbers + row * columns;
        int64_t best = columns == 1 && line[0] > 0.5F; /* one output: a probability of class 1 */
        for (int64_t k = 0; k < columns; k++) {
            if (!classes)
                printf("%s%.9g", k > 0 ? "," : "", (double)line[k]);
            else if (columns > 1 && line[k] > line[best])
                best = k;
        }
        if (classes)
            printf("%lld", (long long)best);
        putchar('\n');
    }
    return CORNU_OK;
}

static bool ends_with(const char *text, const char *ending)
{
    size_t length = strlen(text), ending_length = strlen(ending);
    return length > ending_length && strcmp(text + length - ending_length, ending) == 0;
}

static cornu_status deliver(const values *options, cornu_array *outputs)
{
    if (!options->output)
        return cornu_array_is_collection(outputs)
                   ? cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "the model has %zu outputs: give --output FILE.npz",
                                 cornu_array_item_count(outputs))
                   : print(outputs, options->classes);
    if (!cornu_array_is_collection(outputs) && ends_with(options->output, ".npy"))
        return cornu_save_npy(options->output, outputs);
    if (!ends_with(options->output, ".npz"))
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "--output %s: wanted a name that ends in %s", options->output,
                           cornu_array_is_collection(outputs) ? ".npz (there are several outputs)" : ".npy or .npz");
    if (cornu_array_is_collection(outputs))
        return cornu_save_npz(options->output, outputs);
    static const char *const name = "y";
    cornu_array *named = cornu_array_dict(1, &name, &outputs);
    cornu_status status = named ? cornu_save_npz(options->output, named) : cornu_error_status();
    cornu_array_release(named);
    return status;
}

static int run(const void *given)
{
    const values *options = given;
    cornu__dataset data = {0};
    cornu_model *model = NULL;
    cornu_array *outputs = NULL;
    cornu_status status = cornu__data_load(&options->data, "", false, &data);
    if (status == CORNU_OK)
        status = cornu__model_load(&options->model, &data, &model);
    if (status == CORNU_OK)
        status = cornu__data_bind(&data, model, false);
    if (status == CORNU_OK) {
        cornu__signals_install();
        outputs = cornu_predict(model, data.x, .batch_size = options->batch_size, .verbose = options->verbose);
        status = outputs ? deliver(options, outputs) : cornu_error_status();
    }
    cornu_array_release(outputs);
    cornu_model_release(model);
    cornu__data_free(&data);
    return status == CORNU_OK ? cornu__signals_exit_status() : cornu__say_error("predict");
}

const cornu__subcommand cornu__command_predict = {
    .name = "predict",
    .summary = "Writes a trained model's outputs for data from files.",
    .usage = "--model FILE.json --weights FILE (--data FILE | --x FILE) [OPTIONS]",
    .examples = "  cornu predict --model model.json --weights weights.npz --x images.npy --classes\n",
    .arguments = arguments,
    .argument_count = sizeof arguments / sizeof arguments[0],
    .values_size = sizeof(values),
    .defaults = &defaults,
    .run = run,
};
