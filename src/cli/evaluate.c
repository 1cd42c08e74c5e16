/* evaluate.c: cornu evaluate: loss and metrics of a trained model over files. */
#include <stdio.h>

#include "cli/commands.h"
#include "cli/compile.h"
#include "cli/data_files.h"
#include "cli/input_scale.h"
#include "cli/model_files.h"
#include "cli/outputs.h"
#include "cli/picture_folder.h"
#include "cli/progress_options.h"
#include "cli/queue.h"
#include "cli/report.h"
#include "cli/signals.h"

typedef struct values {
    cornu__data_arguments data;
    cornu__picture_arguments pictures;
    cornu__model_arguments model;
    cornu__compile_arguments compile;
    cornu__queue_arguments queue;
    cornu__progress_arguments progress;
    cornu__report_arguments report;
    int batch_size, steps;
} values;

#define AT(field) offsetof(values, field)
static const cornu__argument arguments[] = {
    {"batch-size", CORNU__ARGUMENT_INT, AT(batch_size), 1, "N", "samples per step [32]"},
    {"steps", CORNU__ARGUMENT_INT, AT(steps), 1, "N", "batches to evaluate on [all]"},
    {0},
};
static const cornu__argument_group groups[] = {
    {"Data", cornu__input_arguments, AT(data)},
    {NULL, cornu__target_arguments, AT(data)},
    {NULL, cornu__weight_arguments, AT(data)},
    {"Pictures (a folder as --data)", cornu__picture_argument_table, AT(pictures)},
    {"Model", cornu__model_argument_table, AT(model)},
    {"Evaluation", cornu__compile_argument_table, AT(compile)},
    {NULL, arguments, 0},
    {NULL, cornu__queue_argument_table, AT(queue)},
    {"Report", cornu__report_argument_table, AT(report)},
    {"Output", cornu__progress_argument_table, AT(progress)},
    {0},
};
static const values defaults = {.pictures = CORNU__PICTURE_DEFAULTS,
                                .compile.default_optimizer = "sgd",
                                .batch_size = 32,
                                .queue = CORNU__QUEUE_DEFAULTS,
                                .progress = CORNU__PROGRESS_NOT_GIVEN,
                                .report = CORNU__REPORT_DEFAULTS};

static cornu_status check(const void *given)
{
    const values *options = given;
    CORNU_TRY(cornu__data_check(&options->data, ""));
    CORNU_TRY(cornu__progress_check(&options->progress));
    CORNU_TRY(cornu__report_check(&options->report));
    CORNU_TRY(cornu__pictures_check(&options->pictures, &options->data));
    return cornu__model_check(&options->model);
}

static cornu_status load_pictures(const values *options, cornu__dataset *data, cornu_model **model)
{
    cornu__picture_request request = {.arguments = &options->pictures,
                                      .option = "--data",
                                      .folder = options->data.data,
                                      .loss = options->compile.loss,
                                      .batch_size = options->batch_size,
                                      .labels = true};
    return cornu__pictures_load_with_model(&request, &options->model, &options->compile, data, model);
}

static cornu_status load(const values *options, cornu__dataset *data, cornu_model **model)
{
    if (cornu__is_picture_folder(options->data.data))
        return load_pictures(options, data, model);
    CORNU_TRY(cornu__data_load(&options->data, "", true, data));
    CORNU_TRY(cornu__model_load_compiled(&options->model, &options->compile, data, model));
    CORNU_TRY(cornu__data_bind(data, *model, true));
    CORNU_TRY(cornu__scale_inputs(&options->model, *model, data, NULL));
    return cornu__data_check_class_count(data, *model);
}

static cornu_status run_over(const values *options, const cornu__dataset *data, cornu_model *model, cornu_logs *results)
{
    bool queue = cornu__queue_feeds(&options->queue, data);
    const cornu_evaluate_options given = {.struct_size = sizeof given,
                                          .batch_size = queue ? 0 : options->batch_size,
                                          .verbose = cornu__progress_verbose(&options->progress),
                                          .sample_weight = queue ? NULL : data->sample_weight,
                                          .steps = options->steps,
                                          .max_queue_size = options->queue.max_queue_size,
                                          .workers = cornu__queue_workers(&options->queue),
                                          .use_multiprocessing = options->queue.use_multiprocessing,
                                          .worker_restarts = options->queue.worker_restarts};
    if (!queue)
        return cornu_evaluate_with(model, data->x, data->y, results, &given);
    cornu_sequence *batches = cornu__queue_batches(data, options->batch_size);
    cornu_status status =
        batches ? cornu_evaluate_on_generator_with(model, batches, NULL, results, &given) : cornu_error_status();
    cornu_sequence_release(batches);
    return status;
}

/* Of pictures, which are read once more, it takes as long as the evaluation. */
static cornu_status report(const values *options, const cornu__dataset *data, cornu_model *model)
{
    if (!options->report.report)
        return CORNU_OK;
    int verbose = data->pictures ? cornu__progress_verbose(&options->progress) : 0;
    cornu_array *outputs =
        cornu__outputs_over(&options->queue, data, model, options->batch_size, options->steps, verbose);
    if (!outputs)
        return cornu_error_status();
    cornu_status status =
        cornu__report_write(&options->report, data, outputs, !cornu__progress_is_json(&options->progress));
    cornu_array_release(outputs);
    return status;
}

static cornu_status evaluate(const values *options, cornu__dataset *data, cornu_model **model)
{
    cornu_logs results;
    CORNU_TRY(load(options, data, model));
    CORNU_TRY(cornu__report_check_model(&options->report, *model));
    CORNU_TRY(cornu__compile_model(&options->compile, data, *model));
    cornu__model_warn_of_no_weights(&options->model);
    cornu__signals_install();
    CORNU_TRY(run_over(options, data, *model, &results));
    for (int i = 0; i < results.count && !cornu__progress_is_json(&options->progress); i++)
        printf("%s: %.4f\n", results.names[i], results.values[i]);
    return report(options, data, *model);
}

static int run(const void *given)
{
    cornu__dataset data = {0};
    cornu_model *model = NULL;
    const values *options = given;
    cornu__progress_begin(&options->progress);
    cornu_status status = evaluate(options, &data, &model);
    cornu_model_release(model);
    cornu__data_free(&data);
    return status == CORNU_OK ? CORNU__EXIT_OK : cornu__say_error("evaluate");
}

const cornu__subcommand cornu__command_evaluate = {
    .name = "evaluate",
    .summary = "Measures a trained model's loss and metrics on data from files.",
    .usage = "--model MODEL [--weights FILE]\n                      (--data FILE | --x FILE --y FILE) [OPTIONS]",
    .examples = "  cornu evaluate --model model.json --weights weights.npz --data test.npz\n"
                "  cornu evaluate --model model.keras --data test.npz --report mistakes\n"
                "  cornu evaluate --model photos.keras --data photos_of_may --report mistakes\n",
    .groups = groups,
    .values_size = sizeof(values),
    .defaults = &defaults,
    .check = check,
    .run = run,
};
