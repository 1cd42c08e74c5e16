/* fit.c: cornu fit: trains a model on files. */
#include <stdio.h>

#include <cornu/option_text.h>
#include <cornu/plot.h>
#include <cornu/saving.h>
#include <cornu/train.h>

#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "cli/callbacks.h"
#include "cli/class_weight_option.h"
#include "cli/commands.h"
#include "cli/compile.h"
#include "cli/data_files.h"
#include "cli/input_scale.h"
#include "cli/model_files.h"
#include "cli/picture_folder.h"
#include "cli/progress_options.h"
#include "cli/queue.h"
#include "cli/saved_names.h"
#include "cli/signals.h"
#include "cli/view_options.h"
#include "view/canvas.h"

typedef struct values {
    cornu__data_arguments data, validation;
    cornu__picture_arguments pictures;
    cornu__augmentation_arguments changes;
    cornu__model_arguments model;
    cornu__compile_arguments compile;
    cornu__queue_arguments queue;
    cornu__callback_arguments callbacks;
    cornu__progress_arguments progress;
    cornu__view_arguments view;
    double learning_rate, validation_split;
    int batch_size, validation_batch_size, epochs, initial_epoch, steps_per_epoch, samples_per_epoch, validation_steps;
    int shuffle;
    bool class_weight_strict, summary;
    cornu__text_list class_weight, validation_freq;
    const char *save_weights, *save_model, *history, *plot;
} values;

#define VALIDATION(field) offsetof(cornu__data_arguments, field)
static const cornu__argument validation_arguments[] = {
    {"validation-data", CORNU__ARGUMENT_TEXT, VALIDATION(data), 0, "FILE",
     "as --data, to validate on after each epoch"},
    {"validation-x", CORNU__ARGUMENT_TEXT, VALIDATION(x), 0, "FILE", "as --x"},
    {"validation-y", CORNU__ARGUMENT_TEXT, VALIDATION(y), 0, "FILE", "as --y"},
    {"validation-sample-weight", CORNU__ARGUMENT_TEXT, VALIDATION(sample_weight), 0, "FILE", "as --sample-weight"},
    {0},
};

#define AT(field) offsetof(values, field)
static const cornu__argument data_arguments[] = {
    {"validation-split", CORNU__ARGUMENT_NUMBER, AT(validation_split), 0, "SHARE",
     "validate on this share of the data, from its end [0]"},
    {"class-weight", CORNU__ARGUMENT_LIST, AT(class_weight), 0, "CLASS:WEIGHT,...",
     "how much the samples of a class count, by its number or a table's name for it: 0:1,1:5.5 [1 each]"},
    {"class-weight-strict", CORNU__ARGUMENT_FLAG, AT(class_weight_strict), 0, NULL,
     "a class without a weight is an error, as in Keras 2"},
    {0},
};
static const cornu__argument training_arguments[] = {
    {"optimizer", CORNU__ARGUMENT_TEXT, AT(compile.optimizer), 0, "OPTIMIZER",
     "sgd, rmsprop, adam, adamw, ... [that of MODEL's file; else adam]"},
    {"learning-rate", CORNU__ARGUMENT_POSITIVE, AT(learning_rate), 0, "NUMBER", "[the optimizer's own]"},
    {"seed", CORNU__ARGUMENT_INT, AT(model.seed), 0, "N", "of all that is random; one seed, one result [0]"},
    {"batch-size", CORNU__ARGUMENT_INT, AT(batch_size), 1, "N", "samples per update [32]"},
    {"epochs", CORNU__ARGUMENT_INT, AT(epochs), 1, "N", "the number of the last epoch [1]"},
    {"initial-epoch", CORNU__ARGUMENT_INT, AT(initial_epoch), 0, "N", "the number of epochs already made [0]"},
    {"steps-per-epoch", CORNU__ARGUMENT_INT, AT(steps_per_epoch), 1, "N",
     "updates per epoch [as many as the data give]"},
    {"validation-steps", CORNU__ARGUMENT_INT, AT(validation_steps), 1, "N", "batches to validate on [all]"},
    {"validation-batch-size", CORNU__ARGUMENT_INT, AT(validation_batch_size), 1, "N",
     "samples per batch of the validation [--batch-size]"},
    {"validation-freq", CORNU__ARGUMENT_LIST, AT(validation_freq), 0, "N|N,N,...",
     "validate after each so many epochs, or after those listed, counted from 1 [1]"},
    {"shuffle", CORNU__ARGUMENT_WORD, AT(shuffle), 0, "false|true|batch",
     "take the data in a new order each epoch; batch: whole batches change places; --no-shuffle [true]"},
    {"samples-per-epoch", CORNU__ARGUMENT_INT, AT(samples_per_epoch), 1, "N",
     "Keras 1's: --steps-per-epoch is this divided by the batch size"},
    {0},
};
static const cornu__argument output_arguments[] = {
    {"save-weights", CORNU__ARGUMENT_TEXT, AT(save_weights), 0, "FILE",
     "write the weights at the end: .npz, .weights.h5, .h5"},
    {"save-model", CORNU__ARGUMENT_TEXT, AT(save_model), 0, "FILE",
     "write the model at the end: all of it as .keras or .h5, its structure alone as .json"},
    {"history", CORNU__ARGUMENT_TEXT, AT(history), 0, "FILE", "write each epoch's values as CSV"},
    {"plot", CORNU__ARGUMENT_TEXT, AT(plot), 0, "FILE", "draw the curves: .png, .svg or .pdf"},
    {"summary", CORNU__ARGUMENT_FLAG, AT(summary), 0, NULL, "print the model first"},
    {0},
};
static const cornu__argument_group groups[] = {
    {"Data", cornu__input_arguments, AT(data)},
    {NULL, cornu__target_arguments, AT(data)},
    {NULL, cornu__weight_arguments, AT(data)},
    {NULL, validation_arguments, AT(validation)},
    {NULL, data_arguments, 0},
    {"Pictures (a folder as --data)", cornu__picture_argument_table, AT(pictures)},
    {"Changes to pictures at random (ImageDataGenerator's arguments)", cornu__augmentation_argument_table, AT(changes)},
    {"Model", cornu__model_argument_table, AT(model)},
    {"Training", training_arguments, 0},
    {NULL, cornu__queue_argument_table, AT(queue)},
    {NULL, cornu__compile_argument_table, AT(compile)},
    {"Callbacks (SETTINGS are NAME=VALUE,NAME=VALUE; the defaults are shown)", cornu__callback_argument_table,
     AT(callbacks)},
    {"Output", output_arguments, 0},
    {NULL, cornu__view_argument_table, AT(view)},
    {NULL, cornu__progress_argument_table, AT(progress)},
    {0},
};
static const values defaults = {
    .pictures = CORNU__PICTURE_DEFAULTS,
    .changes = CORNU__AUGMENTATION_DEFAULTS,
    .compile.default_optimizer = "adam",
    .batch_size = 32,
    .epochs = 1,
    .shuffle = true,
    .queue = CORNU__QUEUE_DEFAULTS,
    .progress = CORNU__PROGRESS_NOT_GIVEN,
    .view = CORNU__VIEW_AUTO,
};

/* --- What the options say to the library --- */

/* *steps := what --samples-per-epoch says; 0 without it. */
static cornu_status steps_of_samples(const values *options, int *steps)
{
    *steps = options->samples_per_epoch / options->batch_size;
    if (options->samples_per_epoch > 0 && options->steps_per_epoch > 0)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "both --samples-per-epoch and --steps-per-epoch are given, and they are the same argument");
    if (options->samples_per_epoch > 0 && *steps == 0)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "--samples-per-epoch is %d, less than one batch of %d samples",
                           options->samples_per_epoch, options->batch_size);
    return CORNU_OK;
}

static cornu_status read_steps(const values *options, cornu_fit_options *fit)
{
    int steps;
    CORNU_TRY(steps_of_samples(options, &steps));
    fit->steps_per_epoch = steps > 0 ? steps : options->steps_per_epoch;
    if (steps > 0)
        cornu__warn("--samples-per-epoch is what Keras 1 called it; --steps-per-epoch is now %d: %d samples divided by "
                    "the batch size, %d, rounded down",
                    steps, options->samples_per_epoch, options->batch_size);
    return CORNU_OK;
}

/* One number: after each so many epochs; several: after these. */
static cornu_status read_validation_freq(const cornu__text_list *given, cornu_fit_options *fit)
{
    cornu__text list = {0};
    for (int i = 0; i < given->count; i++)
        cornu__text_add(&list, "%s%s", i > 0 ? "," : "", given->items[i]);
    const cornu_option_text option = {"validation_freq", list.data};
    cornu_status status = given->count > 0 ? cornu_options_set("fit", fit, &option, 1, 0) : CORNU_OK;
    cornu__text_free(&list);
    return status == CORNU_OK ? CORNU_OK : cornu__fail_context("--validation-freq");
}

static cornu_status check_validation(const values *options)
{
    cornu_fit_options unused = {.struct_size = sizeof unused};
    CORNU_TRY(read_validation_freq(&options->validation_freq, &unused));
    if (cornu__data_given(&options->validation))
        return cornu__data_check(&options->validation, "validation-");
    if (options->validation.sample_weight)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "--validation-sample-weight is for data to validate on");
    return CORNU_OK;
}

static cornu_status read_options(const values *options, const cornu__dataset *data, const cornu__dataset *validation,
                                 cornu_class_weight class_weights[CORNU__LIST_MAX], cornu_fit_options *fit)
{
    bool queue = cornu__queue_feeds(&options->queue, data);
    *fit = (cornu_fit_options){.struct_size = sizeof *fit, CORNU_FIT_DEFAULTS};
    fit->batch_size = queue ? 0 : options->batch_size; /* a Sequence's batches have their size */
    fit->epochs = options->epochs;
    fit->verbose = cornu__progress_verbose(&options->progress);
    fit->validation_split = data->pictures ? 0 : options->validation_split; /* of a folder it is done */
    fit->validation_data = validation->pictures ? (cornu_validation_data){.generator = validation->pictures}
                                                : (cornu_validation_data){.x = validation->x,
                                                                          .y = validation->y,
                                                                          .sample_weight = validation->sample_weight};
    fit->shuffle = options->shuffle;
    fit->class_weight = class_weights;
    fit->class_weight_count = options->class_weight.count;
    fit->class_weight_strict = options->class_weight_strict;
    fit->sample_weight = queue ? NULL : data->sample_weight;
    fit->initial_epoch = options->initial_epoch;
    fit->validation_steps = options->validation_steps;
    fit->validation_batch_size =
        options->validation_batch_size > 0 ? options->validation_batch_size : options->batch_size;
    fit->workers = cornu__queue_workers(&options->queue);
    fit->max_queue_size = options->queue.max_queue_size;
    fit->use_multiprocessing = options->queue.use_multiprocessing;
    fit->worker_restarts = options->queue.worker_restarts;
    CORNU_TRY(cornu__class_weight_option_read(&options->class_weight, data, class_weights));
    CORNU_TRY(read_validation_freq(&options->validation_freq, fit));
    CORNU_TRY(read_steps(options, fit));
    CORNU_TRY(cornu__callbacks_make(&options->callbacks, fit->callbacks));
    bool told = !cornu__progress_is_json(&options->progress) && cornu__progress_is_shown(&options->progress);
    return cornu__view_set(&options->view, told, fit);
}

static cornu_history *fit(const values *options, cornu_model *model, const cornu__dataset *data,
                          const cornu__dataset *validation)
{
    cornu_class_weight class_weights[CORNU__LIST_MAX];
    cornu_fit_options given;
    cornu_sequence *batches = NULL;
    if (cornu__queue_feeds(&options->queue, data)) {
        batches = cornu__queue_batches(data, options->batch_size);
        if (!batches)
            return NULL;
    }
    cornu_history *history = NULL;
    if (read_options(options, data, validation, class_weights, &given) == CORNU_OK)
        history = batches ? cornu_fit_on_generator_with(model, batches, NULL, &given)
                          : cornu_fit_with(model, data->x, data->y, &given);
    cornu_sequence_release(batches);
    return history;
}

/* --- Saving --- */

static cornu_status save_model(cornu_model *model, const char *path)
{
    if (cornu__model_name_is_whole(path))
        return cornu_save(model, path);
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
    CORNU_TRY(check_place("view-file", options->view.file));
    return check_place("plot", options->plot);
}

/* A whole model remembers what its inputs were divided by; weights and a structure do not. */
static void warn_of_forgotten_scale(const values *options, const cornu_model *model)
{
    bool whole = options->save_model && cornu__model_name_is_whole(options->save_model);
    if (whole)
        return;
    if (options->save_weights)
        cornu__warn_of_forgotten_scale(model, "save-weights", options->save_weights);
    else if (options->save_model)
        cornu__warn_of_forgotten_scale(model, "save-model", options->save_model);
}

static cornu_status prepare(const values *options, const cornu__dataset *data, cornu_model *model)
{
    CORNU_TRY(check_places(options));
    warn_of_forgotten_scale(options, model);
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
    cornu__signals_install_for_training();
    cornu_history *history = fit(options, model, data, validation);
    int exit_status = history ? save(options, model, history) : cornu__say_error("fit");
    cornu_history_release(history);
    return exit_status;
}

static cornu_status check_pictures(const values *options)
{
    CORNU_TRY(cornu__pictures_check(&options->pictures, &options->data));
    if (cornu__augmentation_given(&options->changes) && cornu__is_no_picture_folder(options->data.data))
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "changes at random (--rotation-range and its like) are for a folder of pictures as --data");
    return cornu__augmentation_check(&options->changes);
}

static cornu_status check(const void *given)
{
    const values *options = given;
    int steps;
    CORNU_TRY(cornu__data_check(&options->data, ""));
    CORNU_TRY(check_validation(options));
    CORNU_TRY(check_pictures(options));
    CORNU_TRY(cornu__model_check(&options->model));
    CORNU_TRY(cornu__class_weight_option_check(&options->class_weight));
    CORNU_TRY(cornu__callbacks_check(&options->callbacks));
    CORNU_TRY(cornu__check_model_name(options->save_model));
    CORNU_TRY(cornu__check_weights_name(options->save_weights));
    CORNU_TRY(cornu__progress_check(&options->progress));
    CORNU_TRY(cornu__view_check(&options->view));
    CORNU_TRY(steps_of_samples(options, &steps));
    if (cornu__queue_wanted(&options->queue) && options->validation_split > 0 &&
        !cornu__is_picture_folder(options->data.data))
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "--validation-split does not go with --workers; give --validation-data");
    if (options->summary && cornu__progress_is_json(&options->progress))
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "--summary is for people and --progress json for programs; use cornu summary");
    return options->plot ? cornu__canvas_check_name(options->plot) : CORNU_OK;
}

/* The pictures to validate on: of another folder, or the other subset of this one; unchanged, and in their order. */
static cornu_status load_validation_pictures(const values *options, const cornu__picture_request *training,
                                             const cornu__dataset *data, cornu__dataset *validation)
{
    cornu__picture_request request = *training;
    bool other = options->validation.data != NULL;
    if (!other && cornu__data_given(&options->validation))
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "--data is a folder of pictures, so --validation-data must be one too");
    if (!other && !(options->validation_split > 0))
        return CORNU_OK;
    if (other && !cornu__is_picture_folder(options->validation.data))
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "--data is a folder of pictures, and --validation-data %s is no folder that can be read",
                           options->validation.data);
    request.augmentation = NULL;
    request.shuffle = false;
    request.option = other ? "--validation-data" : "--validation-split";
    request.folder = other ? options->validation.data : training->folder;
    request.subset = other ? NULL : "validation";
    CORNU_TRY(cornu__pictures_load(&request, validation));
    return cornu__pictures_check_classes(data, validation);
}

static cornu_status load_pictures(const values *options, cornu__dataset *data, cornu__dataset *validation,
                                  cornu_model **model)
{
    bool splits = options->validation_split > 0 && !cornu__data_given(&options->validation);
    cornu__picture_request request = {.arguments = &options->pictures,
                                      .augmentation = &options->changes,
                                      .option = "--data",
                                      .folder = options->data.data,
                                      .subset = splits ? "training" : NULL,
                                      .validation_split = splits ? options->validation_split : 0,
                                      .loss = options->compile.loss,
                                      .batch_size = options->batch_size,
                                      .seed = options->model.seed,
                                      .shuffle = options->shuffle == true,
                                      .labels = true};
    CORNU_TRY(cornu__pictures_load_with_model(&request, &options->model, &options->compile, data, model));
    request.model = *model;
    return load_validation_pictures(options, &request, data, validation);
}

/* Data and model, for each other. */
static cornu_status load(const values *options, cornu__dataset *data, cornu__dataset *validation, cornu_model **model)
{
    if (cornu__is_picture_folder(options->data.data))
        return load_pictures(options, data, validation, model);
    CORNU_TRY(cornu__data_load(&options->data, "", true, data));
    if (cornu__data_given(&options->validation)) {
        cornu__data_arguments arguments = options->validation;
        arguments.target = arguments.data ? options->data.target : NULL;
        arguments.classes = options->data.classes;
        arguments.no_quotes = options->data.no_quotes;
        CORNU_TRY(cornu__data_load(&arguments, "validation-", true, validation));
        CORNU_TRY(cornu__data_check_classes(data, validation));
    }
    CORNU_TRY(cornu__model_load_compiled(&options->model, &options->compile, data, model));
    CORNU_TRY(cornu__data_bind(data, *model, true));
    if (validation->x)
        CORNU_TRY(cornu__data_bind(validation, *model, true));
    return cornu__scale_inputs(&options->model, *model, data, validation);
}

static int run(const void *given)
{
    const values *options = given;
    cornu__dataset data = {0}, validation = {0};
    cornu_model *model = NULL;
    cornu__progress_begin(&options->progress);
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
                "            --view --plot curves.png\n"
                "  cornu fit --model cnn --data share/digits.npz --scale 16 --epochs 500 \\\n"
                "            --validation-split 0.2 --early-stopping patience=5 \\\n"
                "            --checkpoint best.npz --save-best-only --backup unfinished\n"
                "  cornu fit --model cnn --data photos --target-size 64 --scale 255 --epochs 20 \\\n"
                "            --validation-split 0.2 --rotation-range 20 --horizontal-flip \\\n"
                "            --workers 2 --save-model photos.keras\n"
                "  cornu fit --model model.json --x images.gz --y labels.gz \\\n"
                "            --save-weights weights.npz\n",
    .groups = groups,
    .values_size = sizeof(values),
    .defaults = &defaults,
    .check = check,
    .run = run,
};
