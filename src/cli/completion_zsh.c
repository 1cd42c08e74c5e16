/* completion_zsh.c: the script for zsh: a function _cornu, for a folder of $fpath or to be sourced. */
#include <string.h>

#include "cli/commands.h"
#include "cli/completion_scripts.h"
#include "cli/value_choices.h"

static const char beginning[] =
    "#compdef cornu\n"
    "# How zsh completes the cornu command; printed by 'cornu completion zsh'.\n"
    "\n"
    "_cornu()\n"
    "{\n"
    "    local state line\n"
    "    typeset -A opt_args\n"
    "    _arguments -C '--help[print help and exit]' '--version[print the version]' '1:command:->command' "
    "'*::word:->word'\n";

/* Autoloaded, the file's text is the function's first call; sourced, it tells zsh of the function. */
static const char ending[] = "}\n"
                             "\n"
                             "if [ \"$funcstack[1]\" = _cornu ]; then\n"
                             "    _cornu \"$@\"\n"
                             "else\n"
                             "    compdef _cornu cornu\n"
                             "fi\n";

/* Inside single quotes, where also ':' and brackets mean something. */
static void write_quoted(FILE *file, const char *text)
{
    for (; *text; text++) {
        if (*text == '\'')
            fputs("'\\''", file);
        else if (strchr("[]:\\", *text))
            fprintf(file, "\\%c", *text);
        else
            fputc(*text, file);
    }
}

/* ":value name:what completes it" */
static cornu_status write_value(FILE *file, const cornu__argument *argument, bool list)
{
    cornu__value_choices choices;
    CORNU_TRY(cornu__value_choices_of(argument, &choices));
    fputc(':', file);
    write_quoted(file, argument->value_name ? argument->value_name : argument->name);
    const char *words = cornu__value_words(&choices);
    if (*words && choices.files)
        fprintf(file, ":{_alternative \"words\\:name\\:(%s)\" \"files\\:file\\:_files\"}", words);
    else if (*words && list)
        fprintf(file, ":_sequence compadd - %s", words);
    else if (*words)
        fprintf(file, ":(%s)", words);
    else
        fputs(choices.files ? ":_files" : choices.folders ? ":_files -/" : ": ", file);
    cornu__value_choices_free(&choices);
    return CORNU_OK;
}

static cornu_status write_argument(FILE *file, const cornu__subcommand *subcommand, const cornu__argument_group *group,
                                   const cornu__argument *argument)
{
    bool list = argument->type == CORNU__ARGUMENT_LIST, flag = argument->type == CORNU__ARGUMENT_FLAG;
    fprintf(file, " \\\n            '%s--%s%s[", list ? "*" : "", argument->name, flag ? "" : "=");
    write_quoted(file, argument->help);
    fputc(']', file);
    if (!flag) {
        if (cornu__argument_value_is_optional(argument))
            fputc(':', file);
        CORNU_TRY(write_value(file, argument, list));
    }
    fputc('\'', file);
    if (cornu__argument_can_be_cleared(subcommand, group, argument))
        fprintf(file, " \\\n            '--no-%s[not --%s]'", argument->name, argument->name);
    return CORNU_OK;
}

static cornu_status write_subcommand(FILE *file, const cornu__subcommand *subcommand)
{
    fprintf(file, "        %s)\n            _arguments '--help[print help and exit]'", subcommand->name);
    for (const cornu__argument_group *group = subcommand->groups; group->arguments; group++)
        for (const cornu__argument *argument = group->arguments; argument->name; argument++)
            CORNU_TRY(write_argument(file, subcommand, group, argument));
    if (subcommand->operand) {
        fprintf(file, " \\\n            '%s", subcommand->operand->type == CORNU__ARGUMENT_LIST ? "*" : "1");
        CORNU_TRY(write_value(file, subcommand->operand, false));
        fputc('\'', file);
    }
    fprintf(file, "\n            ;;\n");
    return CORNU_OK;
}

cornu_status cornu__completion_for_zsh(FILE *file)
{
    fputs(beginning, file);
    fprintf(file, "    case $state in\n    command)\n        local -a commands=(");
    for (const cornu__subcommand *const *subcommand = cornu__subcommands; *subcommand; subcommand++) {
        fprintf(file, "\n            '%s:", (*subcommand)->name);
        write_quoted(file, (*subcommand)->summary);
        fputc('\'', file);
    }
    fprintf(file, "\n        )\n        _describe command commands\n        ;;\n    word)\n        case $line[1] in\n");
    for (const cornu__subcommand *const *subcommand = cornu__subcommands; *subcommand; subcommand++)
        CORNU_TRY(write_subcommand(file, *subcommand));
    fprintf(file, "        esac\n        ;;\n    esac\n");
    fputs(ending, file);
    return CORNU_OK;
}
