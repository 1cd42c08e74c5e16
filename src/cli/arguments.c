/* arguments.c: options of the subcommands, by table. */
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "cli/arguments.h"

#define LONGEST_NAME 64
#define MOST_ARGUMENTS 96
#define HELP_COLUMN 31 /* where the sentences of --help begin */
#define HELP_WIDTH 80

static int usage_error(const cornu__subcommand *subcommand)
{
    fprintf(stderr, "cornu %s: %s\nTry 'cornu %s --help'.\n", subcommand->name, cornu_error_message(),
            subcommand->name);
    return CORNU__EXIT_USAGE;
}

int cornu__say_error(const char *subcommand)
{
    fprintf(stderr, "cornu %s: %s\n", subcommand, cornu_error_message());
    return CORNU__EXIT_FAILURE;
}

/* --- Walking over all arguments of a subcommand --- */

typedef struct cursor {
    const cornu__argument_group *group;
    const cornu__argument *argument;
} cursor;

static cursor first_argument(const cornu__subcommand *subcommand)
{
    return (cursor){subcommand->groups, subcommand->groups->arguments};
}

static bool at_argument(cursor *at)
{
    while (at->group->arguments && !at->argument->name)
        at->argument = (++at->group)->arguments;
    return at->group->arguments != NULL;
}

static void *place_of(const cursor *at, void *values)
{
    return (char *)values + at->group->offset + at->argument->offset;
}

/* --- Help --- */

/* The text from column HELP_COLUMN on, broken between words so that no line is longer than HELP_WIDTH. */
static void print_wrapped(const char *text)
{
    int room = HELP_WIDTH - HELP_COLUMN, column = 0;
    while (*text) {
        int length = (int)strcspn(text, " ");
        if (column > 0 && column + 1 + length > room) {
            printf("\n%*s", HELP_COLUMN, "");
            column = 0;
        }
        column += printf("%s%.*s", column > 0 ? " " : "", length, text);
        text += length + (text[length] == ' ');
    }
    putchar('\n');
}

static void print_argument(const char *name, const char *value_name, const char *help)
{
    int width = printf("  --%s%s%s", name, value_name ? " " : "", value_name ? value_name : "");
    if (width + 2 > HELP_COLUMN)
        printf("\n%*s", HELP_COLUMN, "");
    else
        printf("%*s", HELP_COLUMN - width, "");
    print_wrapped(help);
}

static void print_help(const cornu__subcommand *subcommand)
{
    printf("Usage: cornu %s %s\n\n%s\n", subcommand->name, subcommand->usage, subcommand->summary);
    for (cursor at = first_argument(subcommand); at_argument(&at); at.argument++) {
        if (at.argument == at.group->arguments && at.group->heading)
            printf("\n%s:\n", at.group->heading);
        print_argument(at.argument->name, at.argument->value_name, at.argument->help);
    }
    print_argument("help", NULL, "print this and exit");
    if (subcommand->examples)
        printf("\nExamples:\n%s", subcommand->examples);
}

/* --- Names --- */

/* Whether `given` (of `length`) is `name`; '_' is as good as '-'. */
static bool same_name(const char *name, const char *given, size_t length)
{
    if (strlen(name) != length)
        return false;
    for (size_t i = 0; i < length; i++) {
        char c = given[i] == '_' ? '-' : given[i];
        if (c != name[i])
            return false;
    }
    return true;
}

/* *found := the argument of that name. */
static bool find(const cornu__subcommand *subcommand, const char *given, size_t length, cursor *found)
{
    for (*found = first_argument(subcommand); at_argument(found); found->argument++) {
        if (same_name(found->argument->name, given, length))
            return true;
    }
    return false;
}

static int unknown_option(const cornu__subcommand *subcommand, const char *given, size_t length)
{
    const char *names[MOST_ARGUMENTS];
    size_t count = 0;
    for (cursor at = first_argument(subcommand); at_argument(&at) && count < MOST_ARGUMENTS - 1; at.argument++)
        names[count++] = at.argument->name;
    names[count++] = "help";
    char name[LONGEST_NAME];
    snprintf(name, sizeof name, "%.*s", (int)length, given);
    const char *nearest = cornu__text_nearest(name, names, count);
    if (nearest)
        cornu__fail(CORNU_ERROR_UNKNOWN_NAME, "unknown option --%s; did you mean --%s?", name, nearest);
    else
        cornu__fail(CORNU_ERROR_UNKNOWN_NAME, "unknown option --%s", name);
    return usage_error(subcommand);
}

/* --- Values --- */

static cornu_status set_int(const cornu__argument *argument, const char *text, void *at)
{
    char *end;
    errno = 0;
    long value = strtol(text, &end, 10);
    if (end == text || *end || errno || value > INT_MAX || value < argument->minimum)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "--%s wants a whole number of at least %d, got '%s'",
                           argument->name, argument->minimum, text);
    *(int *)at = (int)value;
    return CORNU_OK;
}

static cornu_status set_number(const cornu__argument *argument, const char *text, void *at)
{
    char *end;
    double value = strtod(text, &end);
    bool positive = argument->type == CORNU__ARGUMENT_POSITIVE;
    if (end == text || *end || !isfinite(value) || (positive && !(value > 0)))
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "--%s wants a %s, got '%s'", argument->name,
                           positive ? "number greater than 0" : "number", text);
    *(double *)at = value;
    return CORNU_OK;
}

static cornu_status add_to_list(const cornu__argument *argument, const char *text, cornu__text_list *list)
{
    for (const char *begin = text; *begin;) {
        size_t length = strcspn(begin, ",");
        if (list->count == CORNU__LIST_MAX)
            return cornu__fail(CORNU_ERROR_LIMIT, "--%s takes at most %d names", argument->name, CORNU__LIST_MAX);
        cornu__text item = {0};
        cornu__text_add_bytes(&item, begin, length);
        char *copy = cornu__text_take(&item);
        if (!copy)
            return CORNU_ERROR_OUT_OF_MEMORY;
        list->items[list->count++] = copy;
        begin += length + (begin[length] == ',');
    }
    return CORNU_OK;
}

static cornu_status set_value(const cornu__argument *argument, const char *text, void *at)
{
    switch (argument->type) {
    case CORNU__ARGUMENT_INT:
        return set_int(argument, text, at);
    case CORNU__ARGUMENT_NUMBER:
    case CORNU__ARGUMENT_POSITIVE:
        return set_number(argument, text, at);
    case CORNU__ARGUMENT_TEXT:
        *(const char **)at = text;
        return CORNU_OK;
    case CORNU__ARGUMENT_LIST:
        return add_to_list(argument, text, at);
    case CORNU__ARGUMENT_FLAG:
        break;
    }
    return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "--%s takes no value, got '%s'", argument->name, text);
}

/* --- Options --- */

/* --no-name of a flag. */
static bool clear_flag(const cornu__subcommand *subcommand, const char *given, size_t length, void *values)
{
    cursor found;
    if (strncmp(given, "no-", 3) != 0 || !find(subcommand, given + 3, length - 3, &found) ||
        found.argument->type != CORNU__ARGUMENT_FLAG)
        return false;
    *(bool *)place_of(&found, values) = false;
    return true;
}

/* One option of argv; *used: how many words of argv it took. */
static int parse_option(const cornu__subcommand *subcommand, int left, char **words, void *values, int *used)
{
    const char *given = words[0] + 2;
    size_t length = strcspn(given, "=");
    bool has_value = given[length] == '=';
    cursor found;
    *used = 1;
    if (!find(subcommand, given, length, &found))
        return !has_value && clear_flag(subcommand, given, length, values) ? CORNU__EXIT_OK
                                                                           : unknown_option(subcommand, given, length);
    const cornu__argument *argument = found.argument;
    if (argument->type == CORNU__ARGUMENT_FLAG && !has_value) {
        *(bool *)place_of(&found, values) = true;
        return CORNU__EXIT_OK;
    }
    if (!has_value && left < 2) {
        cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "--%s wants a value: %s", argument->name, argument->value_name);
        return usage_error(subcommand);
    }
    *used = has_value ? 1 : 2;
    const char *text = has_value ? given + length + 1 : words[1];
    return set_value(argument, text, place_of(&found, values)) == CORNU_OK ? CORNU__EXIT_OK : usage_error(subcommand);
}

int cornu__arguments_parse(const cornu__subcommand *subcommand, int argc, char **argv, void *values)
{
    memcpy(values, subcommand->defaults, subcommand->values_size);
    for (int i = 1; i < argc;) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            print_help(subcommand);
            return CORNU__EXIT_HELP;
        }
        if (strncmp(argv[i], "--", 2) != 0) {
            cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "'%s' is no option; options begin with --", argv[i]);
            return usage_error(subcommand);
        }
        int used = 1;
        int status = parse_option(subcommand, argc - i, argv + i, values, &used);
        if (status != CORNU__EXIT_OK)
            return status;
        i += used;
    }
    return subcommand->check(values) == CORNU_OK ? CORNU__EXIT_OK : usage_error(subcommand);
}

void cornu__arguments_free(const cornu__subcommand *subcommand, void *values)
{
    for (cursor at = first_argument(subcommand); at_argument(&at); at.argument++) {
        if (at.argument->type != CORNU__ARGUMENT_LIST)
            continue;
        cornu__text_list *list = place_of(&at, values);
        for (int k = 0; k < list->count; k++)
            cornu__free(list->items[k]);
        list->count = 0;
    }
}
