/* manual.c: cornu manual: a page of the manual, or all of them into a folder. */
#include <string.h>

#include "base/file.h"
#include "base/folder.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/manual_pages.h"

typedef struct values {
    const char *command, *folder;
} values;

#define MOST_SUBCOMMANDS 64

static const cornu__argument command = {
    "COMMAND", CORNU__ARGUMENT_TEXT, offsetof(values, command), 0, NULL, "whose page it is [the page about all]"};
static const cornu__argument arguments[] = {
    {"folder", CORNU__ARGUMENT_TEXT, offsetof(values, folder), 0, "FOLDER",
     "write all pages there instead: cornu.1, cornu-fit.1, ..."},
    {0},
};
static const cornu__argument_group groups[] = {{"Output", arguments, 0}, {0}};
static const values defaults = {0};

static const cornu__subcommand *find(const char *name)
{
    const cornu__subcommand *const *subcommand = cornu__subcommands;
    while (*subcommand && strcmp((*subcommand)->name, name) != 0)
        subcommand++;
    return *subcommand;
}

static cornu_status unknown(const char *name)
{
    const char *names[MOST_SUBCOMMANDS];
    size_t count = 0;
    for (; cornu__subcommands[count] && count < MOST_SUBCOMMANDS; count++)
        names[count] = cornu__subcommands[count]->name;
    const char *nearest = cornu__text_nearest(name, names, count);
    return cornu__fail(CORNU_ERROR_UNKNOWN_NAME, "there is no command '%s'%s%s%s", name,
                       nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
}

static cornu_status check(const void *given)
{
    const values *options = given;
    if (options->command && options->folder)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "--folder takes all pages, not that of one command");
    return !options->command || find(options->command) ? CORNU_OK : unknown(options->command);
}

static cornu_status write_page(const char *folder, const cornu__subcommand *subcommand)
{
    cornu__text name = {0};
    cornu__text_add(&name, "%s/cornu%s%s.1", folder, subcommand ? "-" : "", subcommand ? subcommand->name : "");
    cornu__new_file file;
    cornu_status status = name.failed ? CORNU_ERROR_OUT_OF_MEMORY : cornu__file_begin(&file, name.data);
    if (status == CORNU_OK) {
        cornu__manual_page(file.stream, subcommand);
        status = cornu__file_commit(&file);
    }
    cornu__text_free(&name);
    return status;
}

static cornu_status write_all(const char *folder)
{
    CORNU_TRY(cornu__folder_make(folder));
    CORNU_TRY(write_page(folder, NULL));
    for (const cornu__subcommand *const *subcommand = cornu__subcommands; *subcommand; subcommand++)
        CORNU_TRY(write_page(folder, *subcommand));
    return CORNU_OK;
}

static int run(const void *given)
{
    const values *options = given;
    if (options->folder)
        return write_all(options->folder) == CORNU_OK ? CORNU__EXIT_OK : cornu__say_error("manual");
    cornu__manual_page(stdout, options->command ? find(options->command) : NULL);
    return CORNU__EXIT_OK;
}

const cornu__subcommand cornu__command_manual = {
    .name = "manual",
    .summary = "Prints a page of the manual, for man -l.",
    .usage = "[COMMAND | --folder FOLDER]",
    .examples = "  cornu manual fit | man -l -\n",
    .groups = groups,
    .operand = &command,
    .values_size = sizeof(values),
    .defaults = &defaults,
    .check = check,
    .run = run,
};
