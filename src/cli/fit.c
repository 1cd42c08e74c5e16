/* fit.c: cornu fit: trains a model on files. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cornu/losses.h>
#include <cornu/optimizers.h>
#include <cornu/plot.h>
#include <cornu/train.h>

#include "base/file.h"
#include "cli/commands.h"
#include "cli/data_files.h"
#include "cli/model_files.h"
#include "cli/signals.h"

typedef struct values {
    cornu__data_arguments data, validation;
    cornu__model_arguments model;
    const char *optimizer, *loss;
    cornu__text_list metrics;
    double learning_rate, validation_split;
    int batch_size, epochs, initial_epoch, steps_per_epoch, validation_steps, validation_freq, verbose, threads;
    int workers, max_queue_size;
    bool shuffle, summary;
    const char *save_weights, *save_model, *history, *plot;
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
    {"validation-data", CORNU__ARGUMENT_TEXT, AT(validation.data), 0, "FILE",
     "as --data, to validate on after each epoch", NULL},
    {"validation-x", CORNU__ARGUMENT_TEXT, AT(validation.x), 0, "FILE", "as --x", NULL},
    {"validation-y", CORNU__ARGUMENT_TEXT, AT(validation.y), 0, "FILE", "as --y", NULL},
    {"validation-split", CORNU__ARGUMENT_NUMBER, AT(validation_split), 0, "SHARE",
     "validate on this share of the data, from its end [0]", NULL},
    {"model", CORNU__ARGUMENT_TEXT, AT(model.model), 0, "MODEL", "linear, mlp, cnn, or a JSON file of Keras or Cornu",
     "Model"},
    {"scale", CORNU__ARGUMENT_NUMBER, AT(model.scale), 0, "NUMBER",
     "named models divide their input by this: 255 for images [1]", NULL},
    {"weights", CORNU__ARGUMENT_TEXT, AT(model.weights), 0, "FILE", "an .npz of weights to go on from", NULL},
    {"seed", CORNU__ARGUMENT_INT, AT(model.seed), 0, "N", "of all that is random; one seed, one result [0]", NULL},
    {"optimizer", CORNU__ARGUMENT_TEXT, AT(optimizer), 0, "NAME", "sgd, rmsprop, adam, adamw, ... [adam]", "Training"},
    {"learning-rate", CORNU__ARGUMENT_NUMBER, AT(learning_rate), 0, "NUMBER", "[the optimizer's own]", NULL},
    {"loss", CORNU__ARGUMENT_TEXT, AT(loss), 0, "NAME", "[a cross-entropy for classes, mean_squared_error for numbers]",
     NULL},
    {"metrics", CORNU__ARGUMENT_LIST, AT(metrics), 0, "NAMES", "separated by commas [accuracy for classes]", NULL},
    {"batch-size", CORNU__ARGUMENT_INT, AT(batch_size), 1, "N", "samples per update [32]", NULL},
    {"epochs", CORNU__ARGUMENT_INT, AT(epochs), 1, "N", "the number of the last epoch [1]", NULL},
    {"initial-epoch", CORNU__ARGUMENT_INT, AT(initial_epoch), 0, "N", "the number of epochs already made [0]", NULL},
    {"steps-per-epoch", CORNU__ARGUMENT_INT, AT(steps_per_epoch), 1, "N",
     "updates per epoch [as many as the data give]", NULL},
    {"validation-steps", CORNU__ARGUMENT_INT, AT(validation_steps), 1, "N", "batches to validate on [all]", NULL},
    {"validation-freq", CORNU__ARGUMENT_INT, AT(validation_freq), 1, "N", "validate after each so many epochs [1]",
     NULL},
    {"shuffle", CORNU__ARGUMENT_FLAG, AT(shuffle), 0, NULL,
     "take the data in a new order each epoch; --no-shuffle [on]", NULL},
    {"workers", CORNU__ARGUMENT_INT, AT(workers), 0, "N", "make batches by N threads through a queue (fit_generator)",
     NULL},
    {"max-queue-size", CORNU__ARGUMENT_INT, AT(max_queue_size), 1, "N", "batches made ahead, with --workers [10]",
     NULL},
    {"threads", CORNU__ARGUMENT_INT, AT(threads), 0, "N", "threads of the kernels [one per processor]", NULL},
    {"save-weights", CORNU__ARGUMENT_TEXT, AT(save_weights), 0, "FILE", "write the weights as .npz at the end",
     "Output"},
    {"save-model", CORNU__ARGUMENT_TEXT, AT(save_model), 0, "FILE", "write the model's JSON", NULL},
    {"history", CORNU__ARGUMENT_TEXT, AT(history), 0, "FILE", "write each epoch's values as CSV", NULL},
    {"plot", CORNU__ARGUMENT_TEXT, AT(plot), 0, "FILE", "draw the curves: .png, .svg or .pdf", NULL},
    {"summary", CORNU__ARGUMENT_FLAG, AT(summary), 0, NULL, "print the model first", NULL},
    {"verbose", CORNU__ARGUMENT_INT, AT(verbose), 0, "0|1|2", "silent, progress bar, a line per epoch [1]", NULL},
};
static const values defaults = {
    .optimizer = "adam",
    .batch_size = 32,
    .epochs = 1,
    .validation_freq = 1,
    .verbose = CORNU_VERBOSE_AUTO,
    .workers = -1,
    .max_queue_size = 10,
    .shuffle = true,
};

static cornu_status compile(const values *options, const cornu__dataset *data, cornu_model *model)
{
    cornu_compile_options compile_options = {
        .struct_size = sizeof compile_options, .optimizer = options->optimizer, .threads = options->threads};
    const char *loss = options->loss ? options->loss : cornu__default_loss(data, model);
    compile_options.loss = loss;
    for (int i = 0; i < options->metrics.count && i < CORNU_MAX_METRICS; i++)
        compile_options.metrics[i] = options->metrics.items[i];
    if (options->metrics.count == 0 && cornu__loss_is_for_classes(loss))
        compile_options.metrics[0] = "accuracy";
    CORNU_TRY(cornu_compile_with(model, &compile_options));
    return options->learning_rate > 0 ? cornu_set_learning_rate(model, options->learning_rate) : CORNU_OK;
}

static cornu_history *fit_arrays(const values *options, cornu_model *model, const cornu__dataset *data,
                                 const cornu__dataset *validation)
{
    return cornu_fit(model, data->x, data->y, .batch_size = options->batch_size, .epochs = options->epochs,
                     .verbose = options->verbose, .validation_split = options->validation_split,
                     .validation_data = {.x = validation->x, .y = validation->y}, .shuffle = options->shuffle,
                     .initial_epoch = options->initial_epoch, .steps_per_epoch = options->steps_per_epoch,
                     .validation_steps = options->validation_steps, .validation_freq = options->validation_freq);
}

static cornu_history *fit_queued(const values *options, cornu_model *model, const cornu__dataset *data,
                                 const cornu__dataset *validation)
{
    if (options->validation_split > 0)
        return cornu__fail_null(CORNU_ERROR_INVALID_ARGUMENT,
                                "--validation-split does not go with --workers; give --validation-data");
    cornu_sequence *batches = cornu_array_sequence(data->x, data->y, .batch_size = options->batch_size);
    if (!batches)
        return NULL;
    cornu_history *history =
        cornu_fit_generator(model, batches, .steps_per_epoch = options->steps_per_epoch, .epochs = options->epochs,
                            .verbose = options->verbose, .validation_data = {.x = validation->x, .y = validation->y},
                            .validation_steps = options->validation_steps, .validation_freq = options->validation_freq,
                            .validation_batch_size = options->batch_size, .shuffle = options->shuffle,
                            .initial_epoch = options->initial_epoch, .workers = options->workers,
                            .max_queue_size = options->max_queue_size);
    cornu_sequence_release(batches);
    return history;
}

static cornu_status save_model(cornu_model *model, const char *path)
{
    char *json = cornu_model_to_json(model);
    if (!json)
        return cornu_error_status();
    cornu__new_file file;
    cornu_status status = cornu__file_begin(&file, path);
    if (status == CORNU_OK) {
        fputs(json, file.stream);
        fputc('\n', file.stream);
        status = cornu__file_commit(&file);
    }
    cornu_free(json);
    return status;
}

static cornu_status save(const values *options, cornu_model *model, const cornu_history *history)
{
    if (options->save_model)
        CORNU_TRY(save_model(model, options->save_model));
    if (options->save_weights)
        CORNU_TRY(cornu_save_weights(model, options->save_weights));
    if (options->history)
        CORNU_TRY(cornu_history_save_csv(history, options->history));
    if (options->plot && cornu_history_epoch_count(history) > 0)
        CORNU_TRY(cornu_plot_history(options->plot, history));
    return CORNU_OK;
}

static cornu_status train(const values *options, cornu_model *model, const cornu__dataset *data,
                          const cornu__dataset *validation)
{
    CORNU_TRY(compile(options, data, model));
    if (options->summary)
        CORNU_TRY(cornu_summary(model, stdout));
    cornu__signals_install();
    cornu_history *history = options->workers >= 0 ? fit_queued(options, model, data, validation)
                                                   : fit_arrays(options, model, data, validation);
    cornu_status status = history ? save(options, model, history) : cornu_error_status();
    cornu_history_release(history);
    return status;
}

static int run(const void *given)
{
    const values *options = given;
    cornu__dataset data = {0}, validation = {0};
    cornu_model *model = NULL;
    cornu__data_arguments validation_arguments = options->validation;
    validation_arguments.target = options->data.target;
    validation_arguments.classes = options->data.classes;
    cornu_status status = cornu__data_load(&options->data, "", true, &data);
    if (status == CORNU_OK && cornu__data_given(&validation_arguments))
        status = cornu__data_load(&validation_arguments, "validation-", true, &validation);
    if (status == CORNU_OK)
        status = cornu__model_load(&options->model, &data, &model);
    if (status == CORNU_OK)
        status = cornu__data_bind(&data, model, true);
    if (status == CORNU_OK && validation.x)
        status = cornu__data_bind(&validation, model, true);
    if (status == CORNU_OK)
        status = train(options, model, &data, &validation);
    cornu_model_release(model);
    cornu__data_free(&data);
    cornu__data_free(&validation);
    return status == CORNU_OK ? cornu__signals_exit_status() : cornu__say_error("fit");
}

const cornu__subcommand cornu__command_fit = {
    .name = "fit",
    .summary = "Trains a model on data from files.",
    .usage = "--model MODEL (--data FILE | --x FILE --y FILE) [OPTIONS]",
    .examples = "  cornu fit --model cnn --data share/digits.npz --scale 16 --epochs 10 --validation-split 0.2\n"
                "  cornu fit --model mlp --data iris.csv --target -1 --epochs 50 --plot curves.png\n"
                "  cornu fit --model model.json --x images.gz --y labels.gz --save-weights weights.npz\n",
    .arguments = arguments,
    .argument_count = sizeof arguments / sizeof arguments[0],
    .values_size = sizeof(values),
    .defaults = &defaults,
    .run = run,
};
