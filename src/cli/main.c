/* main.c: the cornu command: finds the subcommand and hands the rest to it. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cornu/version.h>

#include "base/memory.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/signals.h"

const cornu__subcommand *const cornu__subcommands[] = {
    &cornu__command_fit,
    &cornu__command_evaluate,
    &cornu__command_predict,
    &cornu__command_summary,
    &cornu__command_data,
    &cornu__command_augment,
    &cornu__command_plot,
    &cornu__command_plot_model,
    &cornu__command_completion,
    &cornu__command_manual,
    NULL,
};
#define SUBCOMMAND_COUNT (sizeof cornu__subcommands / sizeof cornu__subcommands[0] - 1)

static void print_usage(FILE *file)
{
    fprintf(file, "Usage: cornu COMMAND [OPTIONS]\n\nTrains neural networks in the words of Keras.\n\nCommands:\n");
    for (size_t i = 0; i < SUBCOMMAND_COUNT; i++)
        fprintf(file, "  %-10s %s\n", cornu__subcommands[i]->name, cornu__subcommands[i]->summary);
    fprintf(file, "\n  --version  print the version\n"
                  "  --help     print this; 'cornu COMMAND --help' tells about a command\n"
                  "\nExit status: 0 done, 1 failed, 2 wrong usage, 128 + N stopped by signal N\n"
                  "(fit saves what was trained until then).\n");
}

static int unknown_command(const char *name)
{
    const char *names[SUBCOMMAND_COUNT];
    for (size_t i = 0; i < SUBCOMMAND_COUNT; i++)
        names[i] = cornu__subcommands[i]->name;
    const char *nearest = cornu__text_nearest(name, names, SUBCOMMAND_COUNT);
    char shown[200];
    fprintf(stderr, "cornu: unknown command '%s'", cornu__text_shown(shown, sizeof shown, name, false));
    if (nearest)
        fprintf(stderr, "; did you mean '%s'?", nearest);
    fprintf(stderr, "\nTry 'cornu --help'.\n");
    return CORNU__EXIT_USAGE;
}

static int run(const cornu__subcommand *subcommand, int argc, char **argv)
{
    void *values = cornu__alloc(subcommand->values_size);
    if (!values)
        return cornu__say_error(subcommand->name);
    int status = cornu__arguments_parse(subcommand, argc, argv, values);
    if (status == CORNU__EXIT_HELP)
        status = CORNU__EXIT_OK;
    else if (status == CORNU__EXIT_OK)
        status = subcommand->run(values);
    cornu__arguments_free(subcommand, values);
    cornu__free(values);
    int signalled = cornu__signals_exit_status();
    return signalled != 0 ? signalled : status;
}

static int dispatch(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : NULL;
    if (!name) {
        print_usage(stderr);
        return CORNU__EXIT_USAGE;
    }
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
        print_usage(stdout);
        return CORNU__EXIT_OK;
    }
    if (strcmp(name, "--version") == 0) {
        printf("cornu %s\n", cornu_version());
        return CORNU__EXIT_OK;
    }
    for (size_t i = 0; i < SUBCOMMAND_COUNT; i++) {
        if (strcmp(name, cornu__subcommands[i]->name) == 0)
            return run(cornu__subcommands[i], argc - 1, argv + 1);
    }
    return unknown_command(name);
}

/* A file must not get the number of a standard stream that was closed (cornu ... >&-), or progress would be written into it. */
static void open_standard_streams(void)
{
    for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; stream++) {
        if (fcntl(stream, F_GETFD) < 0 && open("/dev/null", stream == STDIN_FILENO ? O_RDONLY : O_WRONLY) != stream)
            return;
    }
}

int main(int argc, char **argv)
{
    open_standard_streams();
    int status = dispatch(argc, argv);
    bool lost = ferror(stdout);
    if ((fflush(stdout) != 0 || lost) && status == CORNU__EXIT_OK) {
        fprintf(stderr, "cornu: cannot write to standard output: its disk is full, or its reader has gone away\n");
        status = CORNU__EXIT_FAILURE;
    }
    return status;
}
