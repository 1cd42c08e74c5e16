/* cli/commands.h: the subcommands, one file each. */
#ifndef CORNU_CLI_COMMANDS_H
#define CORNU_CLI_COMMANDS_H

#include "cli/arguments.h"

extern const cornu__subcommand cornu__command_fit;
extern const cornu__subcommand cornu__command_evaluate;
extern const cornu__subcommand cornu__command_predict;
extern const cornu__subcommand cornu__command_summary;
extern const cornu__subcommand cornu__command_augment;
extern const cornu__subcommand cornu__command_data;
extern const cornu__subcommand cornu__command_plot;
extern const cornu__subcommand cornu__command_plot_model;
extern const cornu__subcommand cornu__command_completion;
extern const cornu__subcommand cornu__command_manual;

/* All of them, in the order in which --help shows them; ends with NULL. */
extern const cornu__subcommand *const cornu__subcommands[];

#endif
