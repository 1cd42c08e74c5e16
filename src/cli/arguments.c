/* arguments.c: options of the subcommands, by table. */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/text_wrap.h"
#include "cli/arguments.h"
#include "train/option_table.h"

#define LONGEST_NAME 64
#define LONGEST_MESSAGE 2048
#define MOST_ARGUMENTS 128 /* of a subcommand */
#define HELP_COLUMN 31     /* where the sentences of --help begin */
#define HELP_WIDTH 80

/* A line on standard error. What it tells of (names of files, words of the command line) may hold what tells a terminal what to do. */
static void say_problem(const char *subcommand, const char *message)
{
    char shown[CORNU__SHOWN_SIZE(LONGEST_MESSAGE)];
    fprintf(stderr, "cornu %s: %s\n", subcommand, cornu__text_shown(shown, sizeof shown, message, false));
}

static int usage_error(const cornu__subcommand *subcommand)
{
    say_problem(subcommand->name, cornu_error_message());
    fprintf(stderr, "Try 'cornu %s --help'.\n", subcommand->name);
    return CORNU__EXIT_USAGE;
}

int cornu__say_error(const char *subcommand)
{
    say_problem(subcommand, cornu_error_message());
    return CORNU__EXIT_FAILURE;
}

/* --- Walking over all arguments of a subcommand --- */

typedef struct cursor {
    const cornu__argument_group *group;
    const cornu__argument *argument;
    int number; /* of the argument, from 0 */
} cursor;

static cursor first_argument(const cornu__subcommand *subcommand)
{
    return (cursor){.group = subcommand->groups, .argument = subcommand->groups->arguments};
}

static void next_argument(cursor *at)
{
    at->argument++;
    at->number++;
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

/* The text from column HELP_COLUMN on. */
static void print_wrapped(const char *text)
{
    cornu__text wrapped = {0};
    cornu__text_add_wrapped(&wrapped, text, strlen(text), HELP_WIDTH, HELP_COLUMN, HELP_COLUMN);
    puts(wrapped.data && !wrapped.failed ? wrapped.data : text);
    cornu__text_free(&wrapped);
}

bool cornu__argument_value_is_optional(const cornu__argument *argument)
{
    return argument->type == CORNU__ARGUMENT_SETTINGS ||
           (argument->type == CORNU__ARGUMENT_WORD && strstr(argument->value_name, "true"));
}

bool cornu__argument_can_be_cleared(const cornu__subcommand *subcommand, const cornu__argument_group *group,
                                    const cornu__argument *argument)
{
    if (argument->type != CORNU__ARGUMENT_FLAG)
        return argument->type == CORNU__ARGUMENT_WORD && cornu__argument_value_is_optional(argument);
    return *(const bool *)((const char *)subcommand->defaults + group->offset + argument->offset);
}

/* What goes before the argument's name in a message. */
static const char *dashes(const cornu__argument *argument)
{
    return isupper((unsigned char)argument->name[0]) ? "" : "--";
}

static void print_argument(const char *before, const char *name, const char *value_name, bool optional,
                           const char *help)
{
    int width = printf("  %s%s", before, name);
    if (value_name)
        width += printf(optional ? " [%s]" : " %s", value_name);
    if (width + 2 > HELP_COLUMN)
        printf("\n%*s", HELP_COLUMN, "");
    else
        printf("%*s", HELP_COLUMN - width, "");
    print_wrapped(help);
}

/* --- Names --- */

/* Whether `given` (of `length`) is `name`; '_' is as good as '-'. */
static bool same_name(const char *name, const char *given, size_t length)
{
    if (strlen(name) != length)
        return false;
    for (size_t i = 0; i < length; i++) {
        if ((given[i] == '_' ? '-' : given[i]) != name[i])
            return false;
    }
    return true;
}

/* *found := the argument of that name. */
static bool find(const cornu__subcommand *subcommand, const char *given, size_t length, cursor *found)
{
    for (*found = first_argument(subcommand); at_argument(found); next_argument(found)) {
        if (same_name(found->argument->name, given, length))
            return true;
    }
    return false;
}

/* "nb_epoch" as "nb-epoch"; returns `out`. */
static char *with_dashes(const char *name, char out[LONGEST_NAME])
{
    size_t i = 0;
    for (; name[i] && i < LONGEST_NAME - 1; i++)
        out[i] = name[i] == '_' ? '-' : name[i];
    out[i] = '\0';
    return out;
}

/* The names of Keras 1 that are taken too. */
static void print_legacy(const cornu__subcommand *subcommand)
{
    cornu__text names = {0};
    char name[LONGEST_NAME];
    cursor found;
    for (const cornu__legacy_option *legacy = cornu__legacy_options; legacy->name; legacy++) {
        if (find(subcommand, legacy->instead, strlen(legacy->instead), &found) &&
            !find(subcommand, legacy->name, strlen(legacy->name), &found))
            cornu__text_add(&names, "%s--%s", names.length > 0 ? ", " : "", with_dashes(legacy->name, name));
    }
    if (names.data)
        printf("\nKeras 1's names are taken too, with a warning:\n  %s\n", names.data);
    cornu__text_free(&names);
}

static void print_help(const cornu__subcommand *subcommand)
{
    printf("Usage: cornu %s %s\n\n%s\n", subcommand->name, subcommand->usage, subcommand->summary);
    if (subcommand->operand || !subcommand->groups->heading)
        putchar('\n');
    if (subcommand->operand)
        print_argument("", subcommand->operand->name, NULL, false, subcommand->operand->help);
    for (cursor at = first_argument(subcommand); at_argument(&at); next_argument(&at)) {
        if (at.argument == at.group->arguments && at.group->heading)
            printf("\n%s:\n", at.group->heading);
        print_argument("--", at.argument->name, at.argument->value_name, cornu__argument_value_is_optional(at.argument),
                       at.argument->help);
    }
    print_argument("--", "help", NULL, false, "print this and exit");
    print_legacy(subcommand);
    if (subcommand->examples)
        printf("\nExamples:\n%s", subcommand->examples);
}

static int unknown_option(const cornu__subcommand *subcommand, const char *given, size_t length)
{
    const char *names[MOST_ARGUMENTS];
    size_t count = 0;
    for (cursor at = first_argument(subcommand); at_argument(&at) && count < MOST_ARGUMENTS - 1; next_argument(&at))
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
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "%s%s wants a whole number of at least %d, got '%s'",
                           dashes(argument), argument->name, argument->minimum, text);
    *(int *)at = (int)value;
    return CORNU_OK;
}

static cornu_status set_number(const cornu__argument *argument, const char *text, void *at)
{
    char *end;
    double value = strtod(text, &end);
    bool positive = argument->type == CORNU__ARGUMENT_POSITIVE;
    if (end == text || *end || !isfinite(value) || (positive && !(value > 0)))
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "%s%s wants a %s, got '%s'", dashes(argument), argument->name,
                           positive ? "number greater than 0" : "number", text);
    *(double *)at = value;
    return CORNU_OK;
}

static cornu_status add_item(const cornu__argument *argument, const char *begin, size_t length, cornu__text_list *list)
{
    if (list->count == CORNU__LIST_MAX)
        return cornu__fail(CORNU_ERROR_LIMIT, "%s%s takes at most %d names", dashes(argument), argument->name,
                           CORNU__LIST_MAX);
    cornu__text item = {0};
    cornu__text_add_bytes(&item, begin, length);
    char *copy = cornu__text_take(&item);
    if (!copy)
        return CORNU_ERROR_OUT_OF_MEMORY;
    list->items[list->count++] = copy;
    return CORNU_OK;
}

static cornu_status add_to_list(const cornu__argument *argument, const char *text, cornu__text_list *list)
{
    for (const char *begin = text; *begin;) {
        size_t length = strcspn(begin, ",");
        CORNU_TRY(add_item(argument, begin, length, list));
        begin += length + (begin[length] == ',');
    }
    return CORNU_OK;
}

/* The place of the word of `length` among those of "false|true|batch"; -1: it is none. */
static int find_word(const char *words, const char *word, size_t length)
{
    for (int place = 0; *words; place++) {
        size_t size = strcspn(words, "|");
        if (size == length && strncmp(words, word, size) == 0)
            return place;
        words += size + (words[size] == '|');
    }
    return -1;
}

static cornu_status set_word(const cornu__argument *argument, const char *text, void *at)
{
    int place = find_word(argument->value_name, text, strlen(text));
    if (place < 0)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "%s%s wants one of %s, got '%s'", dashes(argument),
                           argument->name, argument->value_name, text);
    *(int *)at = place;
    return CORNU_OK;
}

static cornu_status set_value(const cornu__argument *argument, const char *text, void *at)
{
    switch (argument->type) {
    case CORNU__ARGUMENT_WORD:
        return set_word(argument, text, at);
    case CORNU__ARGUMENT_INT:
        return set_int(argument, text, at);
    case CORNU__ARGUMENT_NUMBER:
    case CORNU__ARGUMENT_POSITIVE:
        return set_number(argument, text, at);
    case CORNU__ARGUMENT_TEXT:
    case CORNU__ARGUMENT_SETTINGS:
        *(const char **)at = text;
        return CORNU_OK;
    case CORNU__ARGUMENT_LIST:
        return add_to_list(argument, text, at);
    case CORNU__ARGUMENT_FLAG:
        break;
    }
    return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "--%s takes no value, got '%s'", argument->name, text);
}

/* What --name alone says. false: it cannot stand alone. */
static bool set_alone(const cursor *at, void *values)
{
    const cornu__argument *argument = at->argument;
    if (argument->type == CORNU__ARGUMENT_FLAG)
        *(bool *)place_of(at, values) = true;
    else if (argument->type == CORNU__ARGUMENT_SETTINGS)
        *(const char **)place_of(at, values) = "";
    else if (cornu__argument_value_is_optional(argument))
        return set_word(argument, "true", place_of(at, values)) == CORNU_OK;
    return argument->type == CORNU__ARGUMENT_FLAG || cornu__argument_value_is_optional(argument);
}

/* --- Options --- */

/* One run of cornu__arguments_parse. */
typedef struct parse {
    const cornu__subcommand *subcommand;
    void *values;
    const char *given_as[MOST_ARGUMENTS]; /* for each argument: the name that it was given by; NULL: not yet */
    int operands;                         /* taken so far */
    bool only_operands;                   /* "--" came */
} parse;

/* --no-name of a flag, or of what can be false. */
static bool clear_flag(const parse *into, const char *given, size_t length)
{
    cursor found;
    if (strncmp(given, "no-", 3) != 0 || !find(into->subcommand, given + 3, length - 3, &found))
        return false;
    if (found.argument->type == CORNU__ARGUMENT_FLAG)
        *(bool *)place_of(&found, into->values) = false;
    else if (found.argument->type != CORNU__ARGUMENT_WORD || !cornu__argument_value_is_optional(found.argument))
        return false;
    else
        return set_word(found.argument, "false", place_of(&found, into->values)) == CORNU_OK;
    return true;
}

/* *found := the argument that came of one that Keras 1 had under this name; or NULL is returned. */
static const cornu__legacy_option *find_legacy(const cornu__subcommand *subcommand, const char *given, size_t length,
                                               cursor *found)
{
    char name[LONGEST_NAME];
    size_t i = 0;
    for (; i < length && i < sizeof name - 1; i++)
        name[i] = given[i] == '-' ? '_' : given[i];
    name[i] = '\0';
    const cornu__legacy_option *legacy = cornu__legacy_options;
    while (legacy->name && strcmp(legacy->name, name) != 0)
        legacy++;
    return legacy->name && find(subcommand, legacy->instead, strlen(legacy->instead), found) ? legacy : NULL;
}

static void warn_of_legacy(const cornu__legacy_option *legacy, const cornu__argument *argument)
{
    if (legacy->change == CORNU__LEGACY_RENAMED)
        cornu__warn("%s is what Keras 1 called --%s", legacy->name, argument->name);
    else
        cornu__warn("%s, which counted samples in Keras 1, is taken as --%s: as batches", legacy->name, argument->name);
}

/* Notes by which name the argument was given. */
static cornu_status note_name(parse *into, const cursor *found, const char *name)
{
    if (found->number >= MOST_ARGUMENTS)
        return cornu__fail(CORNU_ERROR_INTERNAL, "more than %d arguments", MOST_ARGUMENTS);
    const char **given_as = &into->given_as[found->number];
    if (*given_as && strcmp(*given_as, name) != 0)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "both %s and %s are given, and they are the same argument",
                           *given_as, name);
    *given_as = name;
    return CORNU_OK;
}

/* *found := the argument of that name, or of what Keras 1 called so; CORNU_ERROR_UNKNOWN_NAME without a message: there is none. */
static cornu_status find_argument(parse *into, const char *given, size_t length, cursor *found)
{
    if (find(into->subcommand, given, length, found))
        return note_name(into, found, found->argument->name);
    const cornu__legacy_option *legacy = find_legacy(into->subcommand, given, length, found);
    if (!legacy)
        return CORNU_ERROR_UNKNOWN_NAME;
    warn_of_legacy(legacy, found->argument);
    return note_name(into, found, legacy->name);
}

/* One option of argv; *used: how many words of argv it took. */
static int parse_option(parse *into, int left, char **words, int *used)
{
    const char *given = words[0] + 2;
    size_t length = strcspn(given, "=");
    bool has_value = given[length] == '=';
    cursor found;
    *used = 1;
    cornu_status status = find_argument(into, given, length, &found);
    if (status == CORNU_ERROR_UNKNOWN_NAME)
        return !has_value && clear_flag(into, given, length) ? CORNU__EXIT_OK
                                                             : unknown_option(into->subcommand, given, length);
    if (status != CORNU_OK)
        return usage_error(into->subcommand);
    const cornu__argument *argument = found.argument;
    bool alone = !has_value && (left < 2 || argument->type == CORNU__ARGUMENT_FLAG ||
                                (cornu__argument_value_is_optional(argument) && strncmp(words[1], "--", 2) == 0));
    if (alone && set_alone(&found, into->values))
        return CORNU__EXIT_OK;
    if (alone) {
        cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "--%s wants a value: %s", argument->name, argument->value_name);
        return usage_error(into->subcommand);
    }
    *used = has_value ? 1 : 2;
    const char *text = has_value ? given + length + 1 : words[1];
    status = set_value(argument, text, place_of(&found, into->values));
    return status == CORNU_OK ? CORNU__EXIT_OK : usage_error(into->subcommand);
}

/* A word that is no option. */
static int take_operand(parse *into, const char *word)
{
    const cornu__argument *operand = into->subcommand->operand;
    void *place = operand ? (char *)into->values + operand->offset : NULL;
    cornu_status status = CORNU_OK;
    if (!operand || (word[0] == '-' && !into->only_operands))
        status = cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "'%s' is no option; options begin with --", word);
    else if (operand->type == CORNU__ARGUMENT_LIST)
        status = add_item(operand, word, strlen(word), place);
    else if (into->operands++ > 0)
        status = cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "'%s' is one word too many: there is one %s", word,
                             operand->name);
    else
        status = set_value(operand, word, place);
    return status == CORNU_OK ? CORNU__EXIT_OK : usage_error(into->subcommand);
}

int cornu__arguments_parse(const cornu__subcommand *subcommand, int argc, char **argv, void *values)
{
    parse into = {.subcommand = subcommand, .values = values};
    memcpy(values, subcommand->defaults, subcommand->values_size);
    for (int i = 1, used = 1; i < argc; i += used) {
        int status = CORNU__EXIT_OK;
        used = 1;
        if (into.only_operands || strncmp(argv[i], "--", 2) != 0) {
            if (!into.only_operands && strcmp(argv[i], "-h") == 0)
                status = CORNU__EXIT_HELP;
            else
                status = take_operand(&into, argv[i]);
        } else if (strcmp(argv[i], "--help") == 0)
            status = CORNU__EXIT_HELP;
        else if (subcommand->operand && strcmp(argv[i], "--") == 0)
            into.only_operands = true;
        else
            status = parse_option(&into, argc - i, argv + i, &used);
        if (status == CORNU__EXIT_HELP)
            print_help(subcommand);
        if (status != CORNU__EXIT_OK)
            return status;
    }
    return subcommand->check(values) == CORNU_OK ? CORNU__EXIT_OK : usage_error(subcommand);
}

static void free_list(cornu__text_list *list)
{
    for (int k = 0; k < list->count; k++)
        cornu__free(list->items[k]);
    list->count = 0;
}

void cornu__arguments_free(const cornu__subcommand *subcommand, void *values)
{
    const cornu__argument *operand = subcommand->operand;
    if (operand && operand->type == CORNU__ARGUMENT_LIST)
        free_list((cornu__text_list *)((char *)values + operand->offset));
    for (cursor at = first_argument(subcommand); at_argument(&at); next_argument(&at)) {
        if (at.argument->type == CORNU__ARGUMENT_LIST)
            free_list(place_of(&at, values));
    }
}
