/* data.c: cornu data: what a source holds, and whether its files can be read. */
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/data_sources.h"

typedef struct values {
    cornu__text_list words; /* "verify", if it is that, and the source */
    int jobs;
    bool headers, follow_links, json;
} values;

#define AT(field) offsetof(values, field)
static const cornu__argument source = {
    "SOURCE", CORNU__ARGUMENT_LIST, AT(words), 0, "FILE", "a folder with a sub-folder of pictures for each class"};
static const cornu__argument look_arguments[] = {
    {"headers", CORNU__ARGUMENT_FLAG, AT(headers), 0, NULL, "verify: read the files' headers only, decode no picture"},
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
    if (options->headers && !verify)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "--headers is for cornu data verify FOLDER");
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

static int run(const void *given)
{
    const values *options = given;
    bool verify = verifies(options);
    cornu__data_command command = {.source = options->words.items[verify ? 1 : 0],
                                   .headers = options->headers,
                                   .follow_links = options->follow_links,
                                   .json = options->json,
                                   .jobs = options->jobs};
    int64_t bad = 0;
    cornu_status status = verify ? cornu__data_verify_folder(&command, &bad) : cornu__data_describe_folder(&command);
    if (status != CORNU_OK)
        return cornu__say_error("data");
    return bad > 0 ? CORNU__EXIT_FAILURE : CORNU__EXIT_OK;
}

const cornu__subcommand cornu__command_data = {
    .name = "data",
    .summary = "Tells what data hold, and finds files that cannot be read.",
    .usage = "[verify] SOURCE [OPTIONS]",
    .examples = "  cornu data photos          # classes, samples of each, sizes, colours\n"
                "  cornu data verify photos   # decodes all; exit status 1 if one is bad\n",
    .groups = groups,
    .operand = &source,
    .values_size = sizeof(values),
    .defaults = &defaults,
    .check = check,
    .run = run,
};
