/* predict.c: cornu predict: a trained model's outputs for files, as text or .npy. */
#include <stdio.h>

#include "base/file.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/data_files.h"
#include "cli/input_scale.h"
#include "cli/model_files.h"
#include "cli/outputs.h"
#include "cli/picture_folder.h"
#include "cli/picture_predictions.h"
#include "cli/progress_options.h"
#include "cli/queue.h"
#include "cli/signals.h"

typedef struct values {
    cornu__data_arguments data;
    cornu__picture_arguments pictures;
    cornu__model_arguments model;
    cornu__queue_arguments queue;
    cornu__progress_arguments progress;
    const char *output;
    int batch_size, steps;
    bool classes;
} values;

#define AT(field) offsetof(values, field)
static const cornu__argument arguments[] = {
    {"batch-size", CORNU__ARGUMENT_INT, AT(batch_size), 1, "N", "samples per step [32]"},
    {"steps", CORNU__ARGUMENT_INT, AT(steps), 1, "N", "batches to predict for [all]"},
    {"output", CORNU__ARGUMENT_TEXT, AT(output), 0, "FILE",
     "write .npy, or .npz for several outputs, or .csv for a folder of pictures [text on standard output]"},
    {"classes", CORNU__ARGUMENT_FLAG, AT(classes), 0, NULL, "the number of the most probable class instead"},
    {0},
};
static const cornu__argument_group groups[] = {
    {"Data", cornu__input_arguments, AT(data)},
    {"Pictures (a folder as --data)", cornu__picture_argument_table, AT(pictures)},
    {"Model", cornu__model_argument_table, AT(model)},
    {"Prediction", arguments, 0},
    {NULL, cornu__queue_argument_table, AT(queue)},
    {"Progress [none], where --output names a file", cornu__progress_argument_table, AT(progress)},
    {0},
};
static const values defaults = {.pictures = CORNU__PICTURE_DEFAULTS,
                                .batch_size = 32,
                                .queue = CORNU__QUEUE_DEFAULTS,
                                .progress = CORNU__PROGRESS_NOT_GIVEN};

/* For each sample the most probable class: (n) of int64. */
static cornu_array *most_probable(const cornu_array *output)
{
    int64_t rows = cornu_array_size(output, 0), columns = cornu_array_count(output) / rows;
    const float *numbers = cornu_array_float32(output);
    cornu_array *classes = numbers ? cornu_array_zeros(CORNU_INT64, 1, &rows) : NULL;
    int64_t *best = classes ? cornu_array_data(classes) : NULL;
    double unused;
    for (int64_t row = 0; classes && row < rows; row++)
        best[row] = cornu__most_probable(numbers + row * columns, columns, &unused);
    return classes;
}

/* One line per sample. */
static void print(const cornu_array *array)
{
    int64_t rows = cornu_array_size(array, 0), columns = cornu_array_count(array) / rows;
    for (int64_t i = 0; i < rows * columns; i++)
        printf("%.9g%c", cornu_array_get(array, i), (i + 1) % columns == 0 ? '\n' : ',');
}

static cornu_status save(const char *path, cornu_array *outputs)
{
    if (cornu_array_is_collection(outputs))
        return cornu_save_npz(path, outputs);
    if (cornu__text_has_ending(path, ".npy"))
        return cornu_save_npy(path, outputs);
    static const char *const name = "y";
    cornu_array *named = cornu_array_dict(1, &name, &outputs);
    cornu_status status = named ? cornu_save_npz(path, named) : cornu_error_status();
    cornu_array_release(named);
    return status;
}

static cornu_status save_table(const char *path, const cornu_sequence *pictures, const cornu_model *model,
                               const cornu_array *outputs)
{
    cornu__new_file file;
    CORNU_TRY(cornu__file_begin(&file, path));
    cornu_status status = cornu__picture_predictions_write(pictures, model, outputs, file.stream);
    if (status == CORNU_OK)
        return cornu__file_commit(&file);
    cornu__file_abandon(&file);
    return status;
}

/* Of pictures: a table of files and classes, unless an array is asked for. */
static bool wants_table(const values *options, const cornu__dataset *data)
{
    return data->pictures && !options->classes && (!options->output || cornu__text_has_ending(options->output, ".csv"));
}

static cornu_status deliver(const values *options, const cornu__dataset *data, const cornu_model *model,
                            cornu_array *outputs)
{
    if (wants_table(options, data))
        return options->output ? save_table(options->output, data->pictures, model, outputs)
                               : cornu__picture_predictions_write(data->pictures, model, outputs, stdout);
    if (options->output)
        return save(options->output, outputs);
    print(outputs);
    return CORNU_OK;
}

static cornu_status check(const void *given)
{
    const values *options = given;
    CORNU_TRY(cornu__data_check(&options->data, ""));
    CORNU_TRY(cornu__model_check(&options->model));
    CORNU_TRY(cornu__progress_check(&options->progress));
    if (!options->output && cornu__progress_wanted(&options->progress))
        return cornu__fail(
            CORNU_ERROR_INVALID_ARGUMENT,
            "the outputs go to standard output, where progress would stand among them: give --output FILE");
    CORNU_TRY(cornu__pictures_check(&options->pictures, &options->data));
    bool folder = cornu__is_picture_folder(options->data.data);
    bool known = !options->output || cornu__text_has_ending(options->output, ".npy") ||
                 cornu__text_has_ending(options->output, ".npz") ||
                 (folder && !options->classes && cornu__text_has_ending(options->output, ".csv"));
    return known ? CORNU_OK
                 : cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "--output %s: wanted a name that ends in .npy or .npz",
                               options->output);
}

/* What the outputs' number allows, before a long prediction and not behind it. */
static cornu_status check_outputs(const values *options, const cornu__dataset *data, cornu_model *model)
{
    if (wants_table(options, data))
        CORNU_TRY(cornu__picture_predictions_check(model));
    int outputs = cornu_output_count(model);
    bool npz = options->output && cornu__text_has_ending(options->output, ".npz");
    if (outputs > 1 && options->classes)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "--classes: the model has %d outputs; wanted one", outputs);
    if (outputs > 1 && !npz)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "the model has %d outputs: give --output FILE.npz", outputs);
    if (options->output && cornu__file_check_place(options->output) != CORNU_OK)
        return cornu__fail_context("--output");
    return CORNU_OK;
}

static cornu_status load(const values *options, cornu__dataset *data, cornu_model **model)
{
    if (cornu__is_picture_folder(options->data.data)) {
        cornu__picture_request request = {.arguments = &options->pictures,
                                          .option = "--data",
                                          .folder = options->data.data,
                                          .batch_size = options->batch_size};
        return cornu__pictures_load_with_model(&request, &options->model, NULL, data, model);
    }
    CORNU_TRY(cornu__data_load(&options->data, "", false, data));
    CORNU_TRY(cornu__model_load(&options->model, data, model));
    CORNU_TRY(cornu__data_bind(data, *model, false));
    return cornu__scale_inputs(&options->model, *model, data, NULL);
}

static cornu_status predict(const values *options, cornu__dataset *data, cornu_model **model)
{
    CORNU_TRY(load(options, data, model));
    CORNU_TRY(check_outputs(options, data, *model));
    cornu__model_warn_of_no_weights(&options->model);
    cornu__signals_install();
    bool told = cornu__progress_wanted(&options->progress);
    cornu_array *outputs = cornu__outputs_over(&options->queue, data, *model, options->batch_size, options->steps,
                                               told ? cornu__progress_verbose(&options->progress) : 0);
    cornu_array *classes = outputs && options->classes ? most_probable(outputs) : NULL;
    bool whole = outputs && (classes || !options->classes);
    cornu_status status = whole ? deliver(options, data, *model, classes ? classes : outputs) : cornu_error_status();
    cornu_array_release(classes);
    cornu_array_release(outputs);
    return status;
}

static int run(const void *given)
{
    cornu__dataset data = {0};
    cornu_model *model = NULL;
    const values *options = given;
    cornu__progress_begin(&options->progress);
    cornu_status status = predict(options, &data, &model);
    cornu_model_release(model);
    cornu__data_free(&data);
    return status == CORNU_OK ? CORNU__EXIT_OK : cornu__say_error("predict");
}

const cornu__subcommand cornu__command_predict = {
    .name = "predict",
    .summary = "Writes a trained model's outputs for data from files.",
    .usage = "--model FILE [--weights FILE]\n                     (--data FILE | --x FILE) [OPTIONS]",
    .examples = "  cornu predict --model model.json --weights weights.npz --x images.npy \\\n"
                "                --classes\n"
                "  cornu predict --model photos.keras --data new_photos --output found.csv\n",
    .groups = groups,
    .values_size = sizeof(values),
    .defaults = &defaults,
    .check = check,
    .run = run,
};
