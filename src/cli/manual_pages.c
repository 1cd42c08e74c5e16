/* manual_pages.c: the manual's pages, in the macros of man(7). */
#include <ctype.h>
#include <string.h>

#include <cornu/version.h>

#include "cli/commands.h"
#include "cli/manual_pages.h"

#define LINE_WIDTH 66 /* of the source: at most 80 with what stands for special characters */

/* Text in which nothing means anything to roff. */
static void write_text(FILE *file, const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        char c = text[i];
        if (c == '.' && (i == 0 || text[i - 1] == '\n')) /* would be a request */
            fputs("\\&", file);
        if (c == '\\')
            fputs("\\e", file);
        else if (c == '-')
            fputs("\\-", file);
        else if (c == '\'')
            fputs("\\(aq", file);
        else if (c == '^')
            fputs("\\(ha", file);
        else if (c == '~')
            fputs("\\(ti", file);
        else
            fputc(c, file);
    }
}

static void write_words(FILE *file, const char *text)
{
    write_text(file, text, strlen(text));
}

/* A paragraph, in lines of at most LINE_WIDTH characters of the text, where it has spaces. */
static void write_paragraph(FILE *file, const char *text)
{
    size_t column = 0;
    while (*text) {
        size_t length = strcspn(text, " \n");
        if (column > 0)
            fputc(column + length < LINE_WIDTH ? ' ' : '\n', file);
        column = column > 0 && column + length < LINE_WIDTH ? column + 1 + length : length;
        write_text(file, text, length);
        text += length;
        text += strspn(text, " \n");
    }
    fputc('\n', file);
}

static void write_head(FILE *file, const char *name, const char *does)
{
    char title[64];
    size_t i = 0;
    for (; name[i] && i < sizeof title - 1; i++)
        title[i] = (char)toupper((unsigned char)name[i]);
    title[i] = '\0';
    fprintf(file, ".\\\" Printed by 'cornu manual'.\n.TH %s 1 \"\" \"Cornu %s\" \"Cornu\"\n.SH NAME\n", title,
            cornu_version());
    write_words(file, name);
    fputs(" \\- ", file);
    fputc(tolower((unsigned char)does[0]), file);
    size_t length = strlen(does);
    write_text(file, does + 1, length - 1 - (does[length - 1] == '.'));
    fputc('\n', file);
}

static void write_term(FILE *file, const char *dashes, const char *name)
{
    fputs(".TP\n\\fB", file);
    write_words(file, dashes);
    write_words(file, name);
    fputs("\\fR", file);
}

static void write_argument(FILE *file, const cornu__argument *argument, bool cleared)
{
    write_term(file, "--", argument->name);
    if (argument->value_name) {
        bool optional = cornu__argument_value_is_optional(argument);
        fprintf(file, " %s\\fI", optional ? "[" : "");
        write_words(file, argument->value_name);
        fprintf(file, "\\fR%s", optional ? "]" : "");
    }
    if (cleared) {
        fputs(", \\fB\\-\\-no\\-", file);
        write_words(file, argument->name);
        fputs("\\fR", file);
    }
    fputc('\n', file);
    write_paragraph(file, argument->help);
}

static void write_options(FILE *file, const cornu__subcommand *subcommand)
{
    fputs(".SH OPTIONS\n", file);
    if (subcommand->operand) {
        write_term(file, "", subcommand->operand->name);
        fputc('\n', file);
        write_paragraph(file, subcommand->operand->help);
    }
    for (const cornu__argument_group *group = subcommand->groups; group->arguments; group++) {
        if (group->heading) {
            fputs(".SS ", file);
            write_words(file, group->heading);
            fputc('\n', file);
        }
        for (const cornu__argument *argument = group->arguments; argument->name; argument++)
            write_argument(file, argument, cornu__argument_can_be_cleared(subcommand, group, argument));
    }
    if (subcommand->groups->heading)
        fputs(".SS Help\n", file);
    fputs(".TP\n\\fB\\-\\-help\\fR\nprint the options and exit\n", file);
}

/* Lines as they are. */
static void write_example(FILE *file, const char *text)
{
    fputs(".nf\n", file);
    write_words(file, text);
    fputs(".fi\n", file);
}

static void write_exit_status(FILE *file)
{
    fputs(".SH EXIT STATUS\n"
          ".TP\n0\ndone\n"
          ".TP\n1\nfailed: a sentence on standard error says why\n"
          ".TP\n2\nwrong usage\n"
          ".TP\n128 + N\nstopped by signal N\n",
          file);
}

static void write_see_also(FILE *file, const cornu__subcommand *but)
{
    fputs(".SH SEE ALSO\n", file);
    const char *separator = "";
    if (but) {
        fputs("\\fBcornu\\fR(1)", file);
        separator = ",\n";
    }
    for (const cornu__subcommand *const *subcommand = cornu__subcommands; *subcommand; subcommand++) {
        if (*subcommand == but)
            continue;
        fprintf(file, "%s\\fBcornu\\-", separator);
        write_words(file, (*subcommand)->name);
        fputs("\\fR(1)", file);
        separator = ",\n";
    }
    fputc('\n', file);
}

static void write_subcommand(FILE *file, const cornu__subcommand *subcommand)
{
    char name[64];
    snprintf(name, sizeof name, "cornu-%s", subcommand->name);
    write_head(file, name, subcommand->summary);
    fputs(".SH SYNOPSIS\n\\fBcornu ", file);
    write_words(file, subcommand->name);
    fputs("\\fR ", file);
    write_paragraph(file, subcommand->usage);
    fputs(".SH DESCRIPTION\n", file);
    write_paragraph(file, subcommand->summary);
    fputs("Defaults stand in brackets behind an option's description.\n"
          "A value may also be given as\n\\fB\\-\\-name=value\\fR,\n"
          "and a name with underscores, as Keras writes it.\n",
          file);
    write_options(file, subcommand);
    if (subcommand->examples) {
        fputs(".SH EXAMPLES\n", file);
        write_example(file, subcommand->examples);
    }
    write_exit_status(file);
    write_see_also(file, subcommand);
}

static void write_environment(FILE *file)
{
    static const struct {
        const char *name, *says;
    } variables[] = {
        {"CORNU_VERBOSE", "how much is said where no option says it: 0, 1 (a bar) or 2 (a line per epoch)"},
        {"CORNU_PROGRESS", "how progress looks: auto, keras2, keras3, or json, for programs"},
        {"NO_COLOR", "if it is set, no colours"},
        {"CORNU_VIEW_METRICS", "whether a live page of the curves is opened: 0, 1 or auto"},
        {"CORNU_MAX_READ_BYTES", "how much a file may bring into memory [all the memory there is]"},
        {"CORNU_ISA", "the instruction set of the kernels: baseline, avx2 or avx512 [the best there is]"},
        {"GOMP_SPINCOUNT", "100 lets kernel threads that wait sleep sooner, on a machine with other work to do"},
    };
    fputs(".SH ENVIRONMENT\n", file);
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        write_term(file, "", variables[i].name);
        fputc('\n', file);
        write_paragraph(file, variables[i].says);
    }
}

static void write_overview(FILE *file)
{
    write_head(file, "cornu", "trains neural networks in the words of Keras");
    fputs(".SH SYNOPSIS\n\\fBcornu\\fR \\fICOMMAND\\fR [\\fIOPTIONS\\fR]\n.br\n"
          "\\fBcornu \\-\\-version\\fR\n.br\n\\fBcornu \\-\\-help\\fR\n"
          ".SH DESCRIPTION\n"
          "Trains, measures and uses neural networks on data in files.\n"
          "Options have the names and the meaning that Keras gives to its arguments.\n"
          "Each command has a page of its own and prints its options with\n\\fB\\-\\-help\\fR.\n"
          ".SH COMMANDS\n",
          file);
    for (const cornu__subcommand *const *subcommand = cornu__subcommands; *subcommand; subcommand++) {
        write_term(file, "", (*subcommand)->name);
        fputc('\n', file);
        write_paragraph(file, (*subcommand)->summary);
    }
    write_exit_status(file);
    write_environment(file);
    write_see_also(file, NULL);
}

void cornu__manual_page(FILE *file, const cornu__subcommand *subcommand)
{
    if (subcommand)
        write_subcommand(file, subcommand);
    else
        write_overview(file);
}
