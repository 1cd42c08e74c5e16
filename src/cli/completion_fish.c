/* completion_fish.c: the script for fish: one line per option. */
#include "cli/commands.h"
#include "cli/completion_scripts.h"
#include "cli/value_choices.h"

static void write_quoted(FILE *file, const char *text)
{
    fputc('\'', file);
    for (; *text; text++) {
        if (*text == '\'' || *text == '\\')
            fputc('\\', file);
        fputc(*text, file);
    }
    fputc('\'', file);
}

/* What can stand there: -f: no file; -F: a file; -a: these. */
static cornu_status write_value(FILE *file, const cornu__argument *argument)
{
    cornu__value_choices choices;
    CORNU_TRY(cornu__value_choices_of(argument, &choices));
    fputs(choices.files ? " -F" : " -f", file);
    if (choices.folders)
        fputs(" -a '(__fish_complete_directories)'", file);
    else if (choices.words.length > 0 && choices.several)
        fprintf(file, " -a '(__fish_append , %s)'", cornu__value_words(&choices));
    else if (choices.words.length > 0)
        fprintf(file, " -a '%s'", cornu__value_words(&choices));
    cornu__value_choices_free(&choices);
    return CORNU_OK;
}

static void begin_line(FILE *file, const cornu__subcommand *subcommand)
{
    fprintf(file, "complete -c cornu -n '__fish_seen_subcommand_from %s'", subcommand->name);
}

static void end_line(FILE *file, const char *help)
{
    fputs(" -d ", file);
    write_quoted(file, help);
    fputc('\n', file);
}

static cornu_status write_argument(FILE *file, const cornu__subcommand *subcommand, const cornu__argument_group *group,
                                   const cornu__argument *argument)
{
    begin_line(file, subcommand);
    fprintf(file, " -l %s", argument->name);
    if (argument->type != CORNU__ARGUMENT_FLAG && !cornu__argument_value_is_optional(argument))
        fputs(" -r", file);
    if (argument->type != CORNU__ARGUMENT_FLAG)
        CORNU_TRY(write_value(file, argument));
    end_line(file, argument->help);
    if (cornu__argument_can_be_cleared(subcommand, group, argument)) {
        begin_line(file, subcommand);
        fprintf(file, " -l no-%s -d 'not --%s'\n", argument->name, argument->name);
    }
    return CORNU_OK;
}

static cornu_status write_subcommand(FILE *file, const cornu__subcommand *subcommand)
{
    fprintf(file, "\ncomplete -c cornu -n __fish_use_subcommand -a %s", subcommand->name);
    end_line(file, subcommand->summary);
    for (const cornu__argument_group *group = subcommand->groups; group->arguments; group++)
        for (const cornu__argument *argument = group->arguments; argument->name; argument++)
            CORNU_TRY(write_argument(file, subcommand, group, argument));
    if (subcommand->operand) {
        begin_line(file, subcommand);
        CORNU_TRY(write_value(file, subcommand->operand));
        end_line(file, subcommand->operand->help);
    }
    begin_line(file, subcommand);
    fputs(" -l help", file);
    end_line(file, "print this and exit");
    return CORNU_OK;
}

cornu_status cornu__completion_for_fish(FILE *file)
{
    fputs("# How fish completes the cornu command; printed by 'cornu completion fish'.\n"
          "complete -c cornu -f\n"
          "complete -c cornu -n __fish_use_subcommand -l help -d 'print help and exit'\n"
          "complete -c cornu -n __fish_use_subcommand -l version -d 'print the version'\n",
          file);
    for (const cornu__subcommand *const *subcommand = cornu__subcommands; *subcommand; subcommand++)
        CORNU_TRY(write_subcommand(file, *subcommand));
    return CORNU_OK;
}
