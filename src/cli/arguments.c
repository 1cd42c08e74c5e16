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

static void print_help(const cornu__subcommand *subcommand)
{
    printf("Usage: cornu %s %s\n\n%s\n", subcommand->name, subcommand->usage, subcommand->summary);
    for (int i = 0; i < subcommand->argument_count; i++) {
        const cornu__argument *argument = &subcommand->arguments[i];
        if (argument->group)
            printf("\n%s:\n", argument->group);
        char left[LONGEST_NAME];
        snprintf(left, sizeof left, "--%s%s%s", argument->name, argument->value_name ? " " : "",
                 argument->value_name ? argument->value_name : "");
        printf(strlen(left) > 27 ? "  %s\n%31s%s\n" : "  %-28s %s%s\n", left, "", argument->help);
    }
    printf("  %-28s %s\n", "--help", "print this and exit");
    if (subcommand->examples)
        printf("\nExamples:\n%s", subcommand->examples);
}

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

static const cornu__argument *find(const cornu__subcommand *subcommand, const char *given, size_t length)
{
    for (int i = 0; i < subcommand->argument_count; i++) {
        if (same_name(subcommand->arguments[i].name, given, length))
            return &subcommand->arguments[i];
    }
    return NULL;
}

static int unknown_option(const cornu__subcommand *subcommand, const char *given, size_t length)
{
    const char *names[MOST_ARGUMENTS];
    size_t count = 0;
    for (int i = 0; i < subcommand->argument_count && i < MOST_ARGUMENTS - 1; i++)
        names[count++] = subcommand->arguments[i].name;
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
    if (end == text || *end || !isfinite(value))
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "--%s wants a number, got '%s'", argument->name, text);
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

/* One option of argv; *used: how many words of argv it took. */
static int parse_option(const cornu__subcommand *subcommand, int left, char **words, void *values, int *used)
{
    const char *given = words[0] + 2;
    size_t length = strcspn(given, "=");
    bool has_value = given[length] == '=';
    const cornu__argument *argument = find(subcommand, given, length);
    *used = 1;
    if (!argument && !has_value && strncmp(given, "no-", 3) == 0) {
        argument = find(subcommand, given + 3, length - 3);
        if (argument && argument->type == CORNU__ARGUMENT_FLAG) {
            *(bool *)((char *)values + argument->offset) = false;
            return CORNU__EXIT_OK;
        }
        argument = NULL;
    }
    if (!argument)
        return unknown_option(subcommand, given, length);
    void *at = (char *)values + argument->offset;
    if (argument->type == CORNU__ARGUMENT_FLAG && !has_value) {
        *(bool *)at = true;
        return CORNU__EXIT_OK;
    }
    if (!has_value && left < 2) {
        cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "--%s wants a value: %s", argument->name,
                    argument->value_name ? argument->value_name : "");
        return usage_error(subcommand);
    }
    *used = has_value ? 1 : 2;
    const char *text = has_value ? given + length + 1 : words[1];
    return set_value(argument, text, at) == CORNU_OK ? CORNU__EXIT_OK : usage_error(subcommand);
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
    return CORNU__EXIT_OK;
}

void cornu__arguments_free(const cornu__subcommand *subcommand, void *values)
{
    for (int i = 0; i < subcommand->argument_count; i++) {
        if (subcommand->arguments[i].type != CORNU__ARGUMENT_LIST)
            continue;
        cornu__text_list *list = (cornu__text_list *)((char *)values + subcommand->arguments[i].offset);
        for (int k = 0; k < list->count; k++)
            cornu__free(list->items[k]);
        list->count = 0;
    }
}
