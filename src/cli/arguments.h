/*
 * cli/arguments.h: a subcommand's options as a table: from it come parsing, checking, messages with the nearest spelling, and --help.
 */
#ifndef CORNU_CLI_ARGUMENTS_H
#define CORNU_CLI_ARGUMENTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

typedef enum cornu__argument_type {
    CORNU__ARGUMENT_FLAG,     /* bool; --name sets it, --no-name clears it */
    CORNU__ARGUMENT_INT,      /* int, >= minimum */
    CORNU__ARGUMENT_NUMBER,   /* double */
    CORNU__ARGUMENT_POSITIVE, /* double > 0, so that a default of 0 says: not given */
    CORNU__ARGUMENT_TEXT,     /* const char * into argv */
    CORNU__ARGUMENT_LIST,     /* cornu__text_list: may be repeated, or separated by commas (an operand: whole words) */
    CORNU__ARGUMENT_WORD, /* int: the place, from 0, of one of the words of value_name, "false|true|batch". Where "true" is one of them,
                                 --name alone says so, and --no-name says false */
    CORNU__ARGUMENT_SETTINGS /* const char * into argv; "" for --name alone */
} cornu__argument_type;

#define CORNU__LIST_MAX 256

typedef struct cornu__text_list {
    int count;
    char *items[CORNU__LIST_MAX]; /* copies */
} cornu__text_list;

typedef struct cornu__argument {
    const char *name; /* without dashes: "batch-size" (and so is "batch_size", as Keras writes it) */
    cornu__argument_type type;
    size_t offset; /* in the struct that the table is for */
    int minimum;   /* of an INT */
    /* In --help, NULL for flags; and what the shells complete: "FILE..." files, "FOLDER..." folders, "a|b" one of these words, "MODEL",
     * "OPTIMIZER", "LOSS" and "METRICS" names of such */
    const char *value_name;
    const char *help; /* one sentence; the default in brackets at its end */
} cornu__argument;

/* Arguments may also be given by the names that they had in Keras 1 (train/option_table.h), which is answered with a warning; by the old and
 * the new name together, which is an error. */

/* A table of arguments, which several subcommands may share, and where in a subcommand's struct of values the struct lies that it fills. */
typedef struct cornu__argument_group {
    const char *heading;              /* in --help; NULL: the one before goes on */
    const cornu__argument *arguments; /* ends at the first without a name */
    size_t offset;
} cornu__argument_group;

typedef struct cornu__subcommand {
    const char *name;
    const char *summary;                 /* one line */
    const char *usage;                   /* after "cornu NAME " */
    const char *examples;                /* printed at the end of --help */
    const cornu__argument_group *groups; /* ends at the first without arguments */
    /* Where words that are no options go. Its name is in capitals, "SHELL", and is shown without dashes. NULL: such words are errors. */
    const cornu__argument *operand;
    size_t values_size;
    const void *defaults; /* a struct of values */
    /* Whether the values go together, as far as that is known without opening a file. Failing is an error of usage. */
    cornu_status (*check)(const void *values);
    int (*run)(const void *values); /* an exit status */
} cornu__subcommand;

enum { CORNU__EXIT_OK = 0, CORNU__EXIT_FAILURE = 1, CORNU__EXIT_USAGE = 2, CORNU__EXIT_HELP = -1 };

/* Fills `values` (begun as the defaults) from argv[1..]. Returns CORNU__EXIT_OK, CORNU__EXIT_USAGE (after saying what is wrong on standard
 * error) or CORNU__EXIT_HELP (after printing help). */
int cornu__arguments_parse(const cornu__subcommand *subcommand, int argc, char **argv, void *values);
void cornu__arguments_free(const cornu__subcommand *subcommand, void *values);

/* Whether --name may stand alone though it can have a value. */
bool cornu__argument_value_is_optional(const cornu__argument *argument);
/* Whether --no-name says something: of a flag that is set from the start, and of words of which "true" is one. */
bool cornu__argument_can_be_cleared(const cornu__subcommand *subcommand, const cornu__argument_group *group,
                                    const cornu__argument *argument);

/* Says the thread's last error on standard error, as "cornu NAME: <sentence>"; returns CORNU__EXIT_FAILURE. */
int cornu__say_error(const char *subcommand);

#endif
