/* completion_bash.c: the script for bash; it needs nothing but bash itself, from version 4 on. */
#include "cli/commands.h"
#include "cli/completion_scripts.h"
#include "cli/value_choices.h"

static const char beginning[] =
    "# How bash completes the cornu command; printed by 'cornu completion bash'.\n"
    "\n"
    "# What begins with the word that is being typed: of these words; of files; of folders.\n"
    "_cornu_words()\n"
    "{\n"
    "    COMPREPLY+=($(compgen -W \"$1\" -- \"$current\"))\n"
    "}\n"
    "_cornu_names() # -f or -d\n"
    "{\n"
    "    local name\n"
    "    compopt -o filenames 2>/dev/null\n"
    "    while IFS= read -r name; do COMPREPLY+=(\"$name\"); done < <(compgen \"$1\" -- \"$current\")\n"
    "}\n"
    "# Runs the function on what stands behind the last comma, and puts the rest before each answer.\n"
    "_cornu_list()\n"
    "{\n"
    "    local before=\n"
    "    case \"$current\" in *,*) before=${current%,*}, current=${current##*,} ;; esac\n"
    "    \"$@\"\n"
    "    [ -z \"$before\" ] || COMPREPLY=(\"${COMPREPLY[@]/#/$before}\")\n"
    "}\n"
    "\n"
    "_cornu()\n"
    "{\n"
    "    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} command=${COMP_WORDS[1]}\n"
    "    COMPREPLY=()\n"
    "    # --name=value comes as three words.\n"
    "    if [ \"$current\" = = ]; then\n"
    "        current=\n"
    "    elif [ \"$previous\" = = ]; then\n"
    "        previous=${COMP_WORDS[COMP_CWORD-2]}\n"
    "    fi\n"
    "    if [ \"$COMP_CWORD\" -le 1 ]; then\n";

static const char ending[] = "}\n"
                             "complete -F _cornu cornu\n";

/* The commands that answer with an argument's values. */
static void write_answer(FILE *file, const cornu__value_choices *choices)
{
    const char *list = choices->several ? "_cornu_list " : "";
    if (choices->words.length > 0)
        fprintf(file, " %s_cornu_words '%s';", list, cornu__value_words(choices));
    if (choices->files)
        fprintf(file, " %s_cornu_names -f;", list);
    if (choices->folders)
        fprintf(file, " %s_cornu_names -d;", list);
}

/* Behind --name: its values; where it can stand alone, an option may follow too. */
static cornu_status write_values(FILE *file, const cornu__subcommand *subcommand, const cornu__argument *argument)
{
    cornu__value_choices choices;
    if (argument->type == CORNU__ARGUMENT_FLAG)
        return CORNU_OK;
    CORNU_TRY(cornu__value_choices_of(argument, &choices));
    fprintf(file, "    '%s --%s')", subcommand->name, argument->name);
    if (cornu__argument_value_is_optional(argument))
        fprintf(file, " case \"$current\" in -*) ;; *)");
    write_answer(file, &choices);
    fprintf(file, " return ;;");
    if (cornu__argument_value_is_optional(argument))
        fprintf(file, " esac ;;");
    fputc('\n', file);
    cornu__value_choices_free(&choices);
    return CORNU_OK;
}

static cornu_status write_all_values(FILE *file)
{
    fprintf(file, "    case \"$command $previous\" in\n");
    for (const cornu__subcommand *const *subcommand = cornu__subcommands; *subcommand; subcommand++) {
        for (const cornu__argument_group *group = (*subcommand)->groups; group->arguments; group++)
            for (const cornu__argument *argument = group->arguments; argument->name; argument++)
                CORNU_TRY(write_values(file, *subcommand, argument));
    }
    fprintf(file, "    esac\n");
    return CORNU_OK;
}

static void write_options(FILE *file, const cornu__subcommand *subcommand)
{
    fprintf(file, " _cornu_words '");
    for (const cornu__argument_group *group = subcommand->groups; group->arguments; group++) {
        for (const cornu__argument *argument = group->arguments; argument->name; argument++) {
            fprintf(file, "--%s ", argument->name);
            if (cornu__argument_can_be_cleared(subcommand, group, argument))
                fprintf(file, "--no-%s ", argument->name);
        }
    }
    fprintf(file, "--help' ;;\n");
}

/* Where an option or an operand may stand: an operand's values, or else the options. */
static cornu_status write_words(FILE *file, const cornu__subcommand *subcommand)
{
    cornu__value_choices choices;
    if (subcommand->operand) {
        CORNU_TRY(cornu__value_choices_of(subcommand->operand, &choices));
        choices.several = false; /* each stands in a word of its own */
        fprintf(file, "    '%s '[!-]* | '%s ')", subcommand->name, subcommand->name);
        write_answer(file, &choices);
        fprintf(file, " ;;\n");
        cornu__value_choices_free(&choices);
    }
    fprintf(file, "    '%s '*)", subcommand->name);
    write_options(file, subcommand);
    return CORNU_OK;
}

cornu_status cornu__completion_for_bash(FILE *file)
{
    fputs(beginning, file);
    fprintf(file, "        _cornu_words '");
    for (const cornu__subcommand *const *subcommand = cornu__subcommands; *subcommand; subcommand++)
        fprintf(file, "%s ", (*subcommand)->name);
    fprintf(file, "--help --version'\n        return\n    fi\n");
    CORNU_TRY(write_all_values(file));
    fprintf(file, "    case \"$command $current\" in\n");
    for (const cornu__subcommand *const *subcommand = cornu__subcommands; *subcommand; subcommand++)
        CORNU_TRY(write_words(file, *subcommand));
    fprintf(file, "    esac\n");
    fputs(ending, file);
    return CORNU_OK;
}
