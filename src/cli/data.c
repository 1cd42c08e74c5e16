/* data.c: cornu data: what a source holds, whether its files can be read, and how fast batches are made of it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cornu/csv.h>

#include "base/text_wrap.h"
#include "cli/commands.h"
#include "cli/data_sources.h"
#include "cli/picture_folder.h"
#include "cli/target_size.h"
#include "train/progress_look.h"

typedef struct values {
    cornu__text_list words; /* "verify", if it is that, and the source */
    int jobs, workers, batch_size;
    bool headers, follow_links, profile, json, no_quotes;
    int header; /* a place in "auto|true|false" */
    const char *target_size, *color_mode, *interpolation;
    double seconds;
    cornu__augmentation_arguments changes;
} values;

#define AT(field) offsetof(values, field)
static const cornu__argument source = {
    "SOURCE",  CORNU__ARGUMENT_LIST,
    AT(words), 0,
    "FILE",    "a folder with a sub-folder of pictures for each class, or a file of samples: arrays, a table, records"};
static const cornu__argument look_arguments[] = {
    {"headers", CORNU__ARGUMENT_FLAG, AT(headers), 0, NULL,
     "read headers only: verify decodes no picture, and no values of arrays are looked at"},
    {"jobs", CORNU__ARGUMENT_INT, AT(jobs), 1, "N", "threads that look at pictures [one per processor]"},
    {"follow-links", CORNU__ARGUMENT_FLAG, AT(follow_links), 0, NULL,
     "look into folders below a class that are symbolic links"},
    {"no-quotes", CORNU__ARGUMENT_FLAG, AT(no_quotes), 0, NULL, "a quote in a table is a character like others"},
    {"header", CORNU__ARGUMENT_WORD, AT(header), 0, "auto|true|false",
     "whether the first line of a table holds names; --no-header [auto: where none of it is a number]"},
    {0},
};
static const cornu__argument profile_arguments[] = {
    {"profile", CORNU__ARGUMENT_FLAG, AT(profile), 0, NULL, "make batches for a while, and say what takes the time"},
    {"workers", CORNU__ARGUMENT_INT, AT(workers), 1, "N", "threads that make batches [1]"},
    {"batch-size", CORNU__ARGUMENT_INT, AT(batch_size), 1, "N", "samples of a batch [32]"},
    {"target-size", CORNU__ARGUMENT_TEXT, AT(target_size), 0, "HEIGHT,WIDTH",
     "what pictures are resized to, or one number for both [256]"},
    {"color-mode", CORNU__ARGUMENT_TEXT, AT(color_mode), 0, "rgb|rgba|grayscale", "the pictures' channels [rgb]"},
    {"interpolation", CORNU__ARGUMENT_TEXT, AT(interpolation), 0, "nearest|bilinear|bicubic|hamming|box|lanczos",
     "how they are resized [nearest]"},
    {"seconds", CORNU__ARGUMENT_POSITIVE, AT(seconds), 0, "S", "how long it is measured [5]"},
    {0},
};
static const cornu__argument output_arguments[] = {
    {"json", CORNU__ARGUMENT_FLAG, AT(json), 0, NULL, "one JSON object, for programs"},
    {0},
};
static const cornu__argument_group groups[] = {
    {"Looking", look_arguments, 0},
    {"Measuring", profile_arguments, 0},
    {"Changes that are measured too (ImageDataGenerator's arguments)", cornu__augmentation_argument_table, AT(changes)},
    {"Output", output_arguments, 0},
    {0},
};
static const values defaults = {.workers = 1,
                                .batch_size = 32,
                                .color_mode = "rgb",
                                .interpolation = "nearest",
                                .seconds = 5,
                                .changes = CORNU__AUGMENTATION_DEFAULTS};

static bool verifies(const values *options)
{
    return options->words.count > 1 && strcmp(options->words.items[0], "verify") == 0;
}

static cornu_status check(const void *given)
{
    const values *options = given;
    cornu_size2 size;
    bool verify = verifies(options);
    int wanted = verify ? 2 : 1;
    if (options->words.count == 1 && strcmp(options->words.items[0], "verify") == 0)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "verify which folder? (One of that name is ./verify.)");
    if (options->words.count == 0)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "which data? Name a folder or file");
    if (options->words.count > wanted)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "'%s' is one word too many: there is one SOURCE",
                           options->words.items[wanted]);
    if (verify && options->profile)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "verify and --profile exclude each other");
    if (options->target_size)
        CORNU_TRY(cornu__target_size_read(options->target_size, &size));
    return cornu__augmentation_check(&options->changes);
}

cornu_status cornu__print_report(cornu__text *text)
{
    cornu__text wrapped = {0};
    int columns = cornu__terminal_columns(STDOUT_FILENO);
    if (columns == 0 || text->failed || !text->data)
        return cornu__print_text(text);
    cornu__text_add_wrapped_lines(&wrapped, text->data, columns);
    cornu__text_free(text);
    return cornu__print_text(&wrapped);
}

cornu_status cornu__print_text(cornu__text *text)
{
    cornu_status status = text->failed ? cornu__fail_memory("what is to be printed", text->length) : CORNU_OK;
    if (status == CORNU_OK && text->data)
        fwrite(text->data, 1, text->length, stdout);
    cornu__text_free(text);
    return status;
}

/* --- Progress --- */

cornu__progress_line cornu__progress_line_begin(void)
{
    const char *terminal = getenv("TERM");
    return (cornu__progress_line){.shown = isatty(STDERR_FILENO) && !(terminal && strcmp(terminal, "dumb") == 0),
                                  .hundredths = -1};
}

void cornu__progress_line_show(cornu__progress_line *line, int64_t done, int64_t of, const char *what)
{
    int64_t now = of > 0 ? (int64_t)(100.0 * (double)done / (double)of) : 100;
    if (!line->shown || now == line->hundredths)
        return;
    line->hundredths = now;
    char text[100];
    int width = snprintf(text, sizeof text, "%lld of %lld %s", (long long)done, (long long)of, what);
    int columns = cornu__terminal_columns(STDERR_FILENO);
    if (columns > 0 && width >= columns) /* a line that wraps cannot be written anew */
        snprintf(text, sizeof text, "%lld%%", (long long)now);
    fprintf(stderr, "\r%s", text);
}

void cornu__progress_line_end(const cornu__progress_line *line)
{
    if (line->shown && line->hundredths >= 0)
        fprintf(stderr, "\r\033[K");
}

/* --- The command --- */

static bool is_table(const char *path)
{
    static const char *const endings[] = {".csv", ".tsv", ".csv.gz", ".tsv.gz"};
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        if (cornu__text_has_ending(path, endings[i]))
            return true;
    }
    return false;
}

static bool tells_of_table(const cornu__data_command *command)
{
    return command->no_quotes || command->header != -1;
}

static cornu_status check_table_options(const cornu__data_command *command, bool folder)
{
    bool table = !folder && is_table(command->source);
    if (table || !tells_of_table(command))
        return CORNU_OK;
    return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "--no-quotes and --header are for tables, and %s is none",
                       command->source);
}

/* A table with missing values is refused unless something is said about them: they are counted, but for who verifies it. */
cornu_dataset *cornu__data_open(const cornu__data_command *command)
{
    bool told = tells_of_table(command);
    cornu_dataset *dataset = told ? NULL : cornu_dataset_open(command->source);
    if (dataset || (!told && (command->verify || !is_table(command->source))))
        return dataset;
    return cornu_csv_dataset(command->source, .missing = command->verify ? "error" : "nan",
                             .quotes = !command->no_quotes, .header = command->header);
}

static cornu_status describe_file(const cornu__data_command *command, int64_t *bad)
{
    cornu_dataset *dataset = cornu__data_open(command);
    if (!dataset)
        return cornu_error_status();
    cornu_status status = cornu__data_describe_values(command, dataset, bad);
    cornu_dataset_release(dataset);
    return status;
}

static int run(const void *given)
{
    const values *options = given;
    bool verify = verifies(options);
    cornu__data_command command = {.source = options->words.items[verify ? 1 : 0],
                                   .verify = verify,
                                   .headers = options->headers,
                                   .no_quotes = options->no_quotes,
                                   .header = options->header == 0 ? -1 : options->header == 1,
                                   .follow_links = options->follow_links,
                                   .json = options->json,
                                   .jobs = options->jobs,
                                   .workers = options->workers,
                                   .batch_size = options->batch_size,
                                   .target_size = cornu_pair(256, 256),
                                   .color_mode = options->color_mode,
                                   .interpolation = options->interpolation,
                                   .seconds = options->seconds,
                                   .changes = &options->changes};
    int64_t bad = 0;
    bool folder = cornu__is_picture_folder(command.source);
    cornu_status status = CORNU_OK;
    if (options->target_size)
        status = cornu__target_size_read(options->target_size, &command.target_size);
    if (status == CORNU_OK)
        status = check_table_options(&command, folder);
    if (status == CORNU_OK && options->profile)
        status = cornu__data_profile(&command, folder);
    else if (status == CORNU_OK)
        status = folder ? cornu__data_describe_folder(&command, &bad) : describe_file(&command, &bad);
    if (status != CORNU_OK)
        return cornu__say_error("data");
    return verify && bad > 0 ? CORNU__EXIT_FAILURE : CORNU__EXIT_OK;
}

const cornu__subcommand cornu__command_data = {
    .name = "data",
    .summary = "Tells what data hold, finds bad files, and measures their speed.",
    .usage = "[verify] SOURCE [OPTIONS]",
    .examples = "  cornu data photos          # classes, samples of each, sizes, colours\n"
                "  cornu data verify photos   # decodes all; exit status 1 if one is bad\n"
                "  cornu data x_train.npy     # samples, shape, type, range, missing values\n"
                "  cornu data --profile photos --target-size 150 --rotation-range 40\n",
    .groups = groups,
    .operand = &source,
    .values_size = sizeof(values),
    .defaults = &defaults,
    .check = check,
    .run = run,
};
