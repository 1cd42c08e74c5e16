/* fit.c: cornu fit: trains a model on files. */
#include <stdio.h>

#include <cornu/plot.h>
#include <cornu/train.h>

#include "base/file.h"
#include "cli/commands.h"
#include "cli/compile.h"
#include "cli/data_files.h"
#include "cli/model_files.h"
#include "cli/signals.h"
#include "view/canvas.h"

typedef struct values {
    cornu__data_arguments data, validation;
    cornu__model_arguments model;
    cornu__compile_arguments compile;
    double learning_rate, validation_split;
    int batch_size, epochs, initial_epoch, steps_per_epoch, validation_steps, validation_freq, verbose;
    int workers, max_queue_size;
    bool shuffle, summary;
    const char *save_weights, *save_model, *history, *plot;
} values;

#define VALIDATION(field) offsetof(cornu__data_arguments, field)
static const cornu__argument validation_arguments[] = {
    {"validation-data", CORNU__ARGUMENT_TEXT, VALIDATION(data), 0, "FILE",
     "as --data, to validate on after each epoch"},
    {"validation-x", CORNU__ARGUMENT_TEXT, VALIDATION(x), 0, "FILE", "as --x"},
    {"validation-y", CORNU__ARGUMENT_TEXT, VALIDATION(y), 0, "FILE", "as --y"},
    {0},
};

#define AT(field) offsetof(values, field)
static const cornu__argument data_arguments[] = {
    {"validation-split", CORNU__ARGUMENT_NUMBER, AT(validation_split), 0, "SHARE",
     "validate on this share of the data, from its end [0]"},
    {0},
};
static const cornu__argument training_arguments[] = {
    {"optimizer", CORNU__ARGUMENT_TEXT, AT(compile.optimizer), 0, "NAME", "sgd, rmsprop, adam, adamw, ... [adam]"},
    {"learning-rate", CORNU__ARGUMENT_POSITIVE, AT(learning_rate), 0, "NUMBER", "[the optimizer's own]"},
    {"seed", CORNU__ARGUMENT_INT, AT(model.seed), 0, "N", "of all that is random; one seed, one result [0]"},
    {"batch-size", CORNU__ARGUMENT_INT, AT(batch_size), 1, "N", "samples per update [32]"},
    {"epochs", CORNU__ARGUMENT_INT, AT(epochs), 1, "N", "the number of the last epoch [1]"},
    {"initial-epoch", CORNU__ARGUMENT_INT, AT(initial_epoch), 0, "N", "the number of epochs already made [0]"},
    {"steps-per-epoch", CORNU__ARGUMENT_INT, AT(steps_per_epoch), 1, "N",
     "updates per epoch [as many as the data give]"},
    {"validation-steps", CORNU__ARGUMENT_INT, AT(validation_steps), 1, "N", "batches to validate on [all]"},
    {"validation-freq", CORNU__ARGUMENT_INT, AT(validation_freq), 1, "N", "validate after each so many epochs [1]"},
    {"shuffle", CORNU__ARGUMENT_FLAG, AT(shuffle), 0, NULL,
     "take the data in a new order each epoch; --no-shuffle [on]"},
    {"workers", CORNU__ARGUMENT_INT, AT(workers), 0, "N", "make batches by N threads through a queue (fit_generator)"},
    {"max-queue-size", CORNU__ARGUMENT_INT, AT(max_queue_size), 1, "N", "batches made ahead, with --workers [10]"},
    {0},
};
static const cornu__argument output_arguments[] = {
    {"save-weights", CORNU__ARGUMENT_TEXT, AT(save_weights), 0, "FILE", "write the weights as .npz at the end"},
    {"save-model", CORNU__ARGUMENT_TEXT, AT(save_model), 0, "FILE", "write the model's JSON"},
    {"history", CORNU__ARGUMENT_TEXT, AT(history), 0, "FILE", "write each epoch's values as CSV"},
    {"plot", CORNU__ARGUMENT_TEXT, AT(plot), 0, "FILE", "draw the curves: .png, .svg or .pdf"},
    {"summary", CORNU__ARGUMENT_FLAG, AT(summary), 0, NULL, "print the model first"},
    {"verbose", CORNU__ARGUMENT_INT, AT(verbose), 0, "0|1|2", "silent, progress bar, a line per epoch [1]"},
    {0},
};
static const cornu__argument_group groups[] = {
    {"Data", cornu__input_arguments, AT(data)},
    {NULL, cornu__target_arguments, AT(data)},
    {NULL, validation_arguments, AT(validation)},
    {NULL, data_arguments, 0},
    {"Model", cornu__model_argument_table, AT(model)},
    {"Training", training_arguments, 0},
    {NULL, cornu__compile_argument_table, AT(compile)},
    {"Output", output_arguments, 0},
    {0},
};
static const values defaults = {
    .compile.optimizer = "adam",
    .batch_size = 32,
    .epochs = 1,
    .validation_freq = 1,
    .verbose = CORNU_VERBOSE_AUTO,
    .workers = -1,
    .max_queue_size = 10,
    .shuffle = true,
};

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

/* Writes what was asked for; what cannot be written does not cost the rest. */
static int save(const values *options, cornu_model *model, const cornu_history *history)
{
    int exit_status = CORNU__EXIT_OK;
    if (options->save_weights && cornu_save_weights(model, options->save_weights) != CORNU_OK)
        exit_status = cornu__say_error("fit");
    if (options->save_model && save_model(model, options->save_model) != CORNU_OK)
        exit_status = cornu__say_error("fit");
    if (options->history && cornu_history_save_csv(history, options->history) != CORNU_OK)
        exit_status = cornu__say_error("fit");
    bool drawn = options->plot && cornu_history_epoch_count(history) > 0;
    if (drawn && cornu_plot_history(options->plot, history) != CORNU_OK)
        exit_status = cornu__say_error("fit");
    return exit_status;
}

static cornu_status check_place(const char *option, const char *path)
{
    return !path || cornu__file_check_place(path) == CORNU_OK ? CORNU_OK : cornu__fail_context("--%s", option);
}

/* Files that cannot be written are found out before a long training, not behind it. */
static cornu_status check_places(const values *options)
{
    CORNU_TRY(check_place("save-weights", options->save_weights));
    CORNU_TRY(check_place("save-model", options->save_model));
    CORNU_TRY(check_place("history", options->history));
    return check_place("plot", options->plot);
}

static cornu_status prepare(const values *options, const cornu__dataset *data, cornu_model *model)
{
    CORNU_TRY(check_places(options));
    CORNU_TRY(cornu__compile_model(&options->compile, data, model));
    if (options->learning_rate > 0)
        CORNU_TRY(cornu_set_learning_rate(model, options->learning_rate));
    return options->summary ? cornu_summary(model, stdout) : CORNU_OK;
}

static int train(const values *options, cornu_model *model, const cornu__dataset *data,
                 const cornu__dataset *validation)
{
    if (prepare(options, data, model) != CORNU_OK)
        return cornu__say_error("fit");
    cornu__signals_install();
    cornu_history *history = options->workers >= 0 ? fit_queued(options, model, data, validation)
                                                   : fit_arrays(options, model, data, validation);
    int exit_status = history ? save(options, model, history) : cornu__say_error("fit");
    cornu_history_release(history);
    return exit_status;
}

static cornu_status check(const void *given)
{
    const values *options = given;
    CORNU_TRY(cornu__data_check(&options->data, ""));
    if (cornu__data_given(&options->validation))
        CORNU_TRY(cornu__data_check(&options->validation, "validation-"));
    CORNU_TRY(cornu__model_check(&options->model));
    if (options->workers >= 0 && options->validation_split > 0)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "--validation-split does not go with --workers; give --validation-data");
    return options->plot ? cornu__canvas_check_name(options->plot) : CORNU_OK;
}

/* Data and model, for each other. */
static cornu_status load(const values *options, cornu__dataset *data, cornu__dataset *validation, cornu_model **model)
{
    CORNU_TRY(cornu__data_load(&options->data, "", true, data));
    if (cornu__data_given(&options->validation)) {
        cornu__data_arguments arguments = options->validation;
        arguments.target = arguments.data ? options->data.target : NULL;
        arguments.classes = options->data.classes;
        CORNU_TRY(cornu__data_load(&arguments, "validation-", true, validation));
        CORNU_TRY(cornu__data_check_classes(data, validation));
    }
    CORNU_TRY(cornu__model_load(&options->model, data, model));
    CORNU_TRY(cornu__data_bind(data, *model, true));
    return validation->x ? cornu__data_bind(validation, *model, true) : CORNU_OK;
}

static int run(const void *given)
{
    const values *options = given;
    cornu__dataset data = {0}, validation = {0};
    cornu_model *model = NULL;
    int exit_status = load(options, &data, &validation, &model) == CORNU_OK ? train(options, model, &data, &validation)
                                                                            : cornu__say_error("fit");
    cornu_model_release(model);
    cornu__data_free(&data);
    cornu__data_free(&validation);
    return exit_status;
}

const cornu__subcommand cornu__command_fit = {
    .name = "fit",
    .summary = "Trains a model on data from files.",
    .usage = "--model MODEL (--data FILE | --x FILE --y FILE) [OPTIONS]",
    .examples = "  cornu fit --model cnn --data share/digits.npz --scale 16 --epochs 10 \\\n"
                "            --validation-split 0.2\n"
                "  cornu fit --model mlp --data iris.csv --target -1 --epochs 50 \\\n"
                "            --plot curves.png\n"
                "  cornu fit --model model.json --x images.gz --y labels.gz \\\n"
                "            --save-weights weights.npz\n",
    .groups = groups,
    .values_size = sizeof(values),
    .defaults = &defaults,
    .check = check,
    .run = run,
};
