/* data.c: cornu data: what a source holds, and whether its files can be read. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/data_sources.h"

typedef struct values {
    cornu__text_list words; /* "verify", if it is that, and the source */
    int jobs;
    bool headers, follow_links, json;
} values;

#define AT(field) offsetof(values, field)
static const cornu__argument source = {
    "SOURCE",  CORNU__ARGUMENT_LIST,
    AT(words), 0,
    "FILE",    "a folder with a sub-folder of pictures for each class, or a file of arrays or a table"};
static const cornu__argument look_arguments[] = {
    {"headers", CORNU__ARGUMENT_FLAG, AT(headers), 0, NULL,
     "read headers only: verify decodes no picture, and no values of arrays are looked at"},
    {"jobs", CORNU__ARGUMENT_INT, AT(jobs), 1, "N", "threads that look at pictures [one per processor]"},
    {"follow-links", CORNU__ARGUMENT_FLAG, AT(follow_links), 0, NULL,
     "look into folders below a class that are symbolic links"},
    {0},
};
static const cornu__argument output_arguments[] = {
    {"json", CORNU__ARGUMENT_FLAG, AT(json), 0, NULL, "one JSON object, for programs"},
    {0},
};
static const cornu__argument_group groups[] = {
    {"Looking", look_arguments, 0},
    {"Output", output_arguments, 0},
    {0},
};
static const values defaults = {0};

static bool verifies(const values *options)
{
    return options->words.count > 1 && strcmp(options->words.items[0], "verify") == 0;
}

static cornu_status check(const void *given)
{
    const values *options = given;
    bool verify = verifies(options);
    int wanted = verify ? 2 : 1;
    if (options->words.count == 1 && strcmp(options->words.items[0], "verify") == 0)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "verify which folder? (One of that name is ./verify.)");
    if (options->words.count == 0)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "which data? Name a folder or file");
    if (options->words.count > wanted)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "'%s' is one word too many: there is one SOURCE",
                           options->words.items[wanted]);
    return CORNU_OK;
}

void cornu__add_shown(cornu__text *to, const char *text)
{
    while (*text) {
        size_t length = cornu__text_character(text);
        bool control = (unsigned char)*text < 0x20 || *text == 0x7f;
        if (length == 0 || control)
            cornu__text_add(to, "\\x%02x", (unsigned)(unsigned char)*text);
        else
            cornu__text_add_bytes(to, text, length);
        text += length > 0 ? length : 1;
    }
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
    fprintf(stderr, "\r%lld of %lld %s", (long long)done, (long long)of, what);
}

void cornu__progress_line_end(const cornu__progress_line *line)
{
    if (line->shown && line->hundredths >= 0)
        fprintf(stderr, "\r\033[K");
}

/* --- The command --- */

static bool is_folder(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

static cornu_status describe_file(const cornu__data_command *command, int64_t *bad)
{
    cornu_dataset *dataset = cornu_dataset_open(command->source);
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
                                   .follow_links = options->follow_links,
                                   .json = options->json,
                                   .jobs = options->jobs};
    int64_t bad = 0;
    cornu_status status =
        is_folder(command.source) ? cornu__data_describe_folder(&command, &bad) : describe_file(&command, &bad);
    if (status != CORNU_OK)
        return cornu__say_error("data");
    return verify && bad > 0 ? CORNU__EXIT_FAILURE : CORNU__EXIT_OK;
}

const cornu__subcommand cornu__command_data = {
    .name = "data",
    .summary = "Tells what data hold, and finds files that cannot be read.",
    .usage = "[verify] SOURCE [OPTIONS]",
    .examples = "  cornu data photos          # classes, samples of each, sizes, colours\n"
                "  cornu data verify photos   # decodes all; exit status 1 if one is bad\n"
                "  cornu data x_train.npy     # samples, shape, type, range, missing values\n",
    .groups = groups,
    .operand = &source,
    .values_size = sizeof(values),
    .defaults = &defaults,
    .check = check,
    .run = run,
};
