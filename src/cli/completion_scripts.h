/*
 * cli/completion_scripts.h: scripts by which shells complete the command's words, written from the subcommands' tables.
 *
 * Nothing of the command runs while a shell completes: a script holds all names, and the shell knows the files.
 */
#ifndef CORNU_CLI_COMPLETION_SCRIPTS_H
#define CORNU_CLI_COMPLETION_SCRIPTS_H

#include <stdio.h>

#include "base/status.h"

/* Fail only for want of memory; whether `file` took it all, the caller sees by ferror. */
cornu_status cornu__completion_for_bash(FILE *file);
cornu_status cornu__completion_for_zsh(FILE *file);
cornu_status cornu__completion_for_fish(FILE *file);

#endif
