/* completion.c: cornu completion: a script that teaches a shell the command's words. */
#include "cli/commands.h"
#include "cli/completion_scripts.h"

typedef struct values {
    int shell; /* a place in `scripts`; -1: not given */
} values;

static cornu_status (*const scripts[])(FILE *) = {cornu__completion_for_bash, cornu__completion_for_zsh,
                                                  cornu__completion_for_fish};

static const cornu__argument shell = {"SHELL", CORNU__ARGUMENT_WORD, offsetof(values, shell),
                                      0,       "bash|zsh|fish",      "bash, zsh or fish"};
static const cornu__argument_group groups[] = {{0}};
static const values defaults = {.shell = -1};

static cornu_status check(const void *given)
{
    const values *options = given;
    return options->shell >= 0 ? CORNU_OK : cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "which shell? bash, zsh or fish");
}

static int run(const void *given)
{
    const values *options = given;
    return scripts[options->shell](stdout) == CORNU_OK ? CORNU__EXIT_OK : cornu__say_error("completion");
}

const cornu__subcommand cornu__command_completion = {
    .name = "completion",
    .summary = "Prints a script by which a shell completes the command's words.",
    .usage = "bash|zsh|fish",
    .examples = "  source <(cornu completion bash)                  # now; in ~/.bashrc: always\n"
                "  cornu completion zsh > ~/.zfunc/_cornu           # a folder of $fpath\n"
                "  cornu completion fish > ~/.config/fish/completions/cornu.fish\n",
    .groups = groups,
    .operand = &shell,
    .values_size = sizeof(values),
    .defaults = &defaults,
    .check = check,
    .run = run,
};
