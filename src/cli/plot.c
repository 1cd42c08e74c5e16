/* plot.c: cornu plot: curves of what trainings logged. */
#include <stdio.h>

#include "base/memory.h"
#include "cli/commands.h"
#include "view/canvas.h"
#include "view/runs.h"

typedef struct values {
    cornu__text_list runs, history, names, metrics;
    const char *output, *title;
    int width, height;
    bool light, dark, log_scale;
} values;

#define AT(field) offsetof(values, field)
static const cornu__argument run_operand = {
    "RUN",
    CORNU__ARGUMENT_LIST,
    AT(runs),
    0,
    "FILE",
    "what a training left: a model (.keras, .h5), a CSV file of CSVLogger or of a history, TensorBoard's folder or "
    "event file"};
static const cornu__argument history_arguments[] = {
    {"history", CORNU__ARGUMENT_LIST, AT(history), 0, "FILE,...", "the same as RUN, before it in the picture"},
    {"names", CORNU__ARGUMENT_LIST, AT(names), 0, "NAME,...",
     "what the runs are called; those of one name have one colour [as their files]"},
    {"metrics", CORNU__ARGUMENT_LIST, AT(metrics), 0, "NAME,...", "what is drawn, values of validation with it [all]"},
    {0},
};
static const cornu__argument picture_arguments[] = {
    {"output", CORNU__ARGUMENT_TEXT, AT(output), 0, "FILE", "the picture: .png, .svg or .pdf [curves.png]"},
    {"title", CORNU__ARGUMENT_TEXT, AT(title), 0, "TEXT", "above the picture [none]"},
    {"light", CORNU__ARGUMENT_FLAG, AT(light), 0, NULL, "dark on light [this]"},
    {"dark", CORNU__ARGUMENT_FLAG, AT(dark), 0, NULL, "light on dark"},
    {"log-scale", CORNU__ARGUMENT_FLAG, AT(log_scale), 0, NULL, "values on a logarithmic scale"},
    {"width", CORNU__ARGUMENT_INT, AT(width), CORNU__CHART_LEAST_WIDTH, "PIXELS",
     "of the picture [460 for each panel of a row]"},
    {"height", CORNU__ARGUMENT_INT, AT(height), CORNU__CHART_LEAST_HEIGHT, "PIXELS",
     "of the picture [340 for each row]"},
    {0},
};
static const cornu__argument_group groups[] = {
    {"Runs", history_arguments, 0},
    {"Picture", picture_arguments, 0},
    {0},
};
static const values defaults = {.output = "curves.png"};

static int run_count(const values *options)
{
    return options->history.count + options->runs.count;
}

static const char *run_path(const values *options, int number)
{
    int before = options->history.count;
    return number < before ? options->history.items[number] : options->runs.items[number - before];
}

static cornu_status check(const void *given)
{
    const values *options = given;
    int count = run_count(options);
    if (count == 0)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "nothing to draw: name models that were trained, or logs (--history FILE,... is the same)");
    if (count > CORNU__MAX_RUNS)
        return cornu__fail(CORNU_ERROR_LIMIT, "%d runs are named; at most %d can be told apart", count,
                           CORNU__MAX_RUNS);
    if (options->names.count > 0 && options->names.count != count)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "--names gives %d names for %d runs", options->names.count,
                           count);
    if (options->light && options->dark)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "--light and --dark exclude each other");
    return cornu__canvas_check_name(options->output);
}

static cornu_status plot(const values *options, cornu__run *runs)
{
    for (int i = 0; i < run_count(options); i++)
        CORNU_TRY(
            cornu__run_read(run_path(options, i), options->names.count > 0 ? options->names.items[i] : NULL, &runs[i]));
    const cornu__chart_page page = {.title = options->title,
                                    .dark = options->dark,
                                    .log_scale = options->log_scale,
                                    .width = options->width,
                                    .height = options->height};
    return cornu__runs_plot(options->output, run_count(options), runs, options->metrics.count, options->metrics.items,
                            &page);
}

static int run(const void *given)
{
    cornu__run runs[CORNU__MAX_RUNS] = {{0}};
    cornu_status status = plot(given, runs);
    for (int i = 0; i < CORNU__MAX_RUNS; i++)
        cornu__run_free(&runs[i]);
    return status == CORNU_OK ? CORNU__EXIT_OK : cornu__say_error("plot");
}

const cornu__subcommand cornu__command_plot = {
    .name = "plot",
    .summary = "Draws the curves of trainings, several in one picture.",
    .usage = "RUN... [OPTIONS]",
    .examples = "  cornu plot model.keras\n"
                "  cornu plot plain.keras log.csv logs/augmented --names plain,more,augmented \\\n"
                "             --metrics loss --log-scale --output curves.svg\n",
    .groups = groups,
    .operand = &run_operand,
    .values_size = sizeof(values),
    .defaults = &defaults,
    .check = check,
    .run = run,
};
