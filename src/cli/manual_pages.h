/* cli/manual_pages.h: the manual's pages as roff, written from the subcommands' tables. */
#ifndef CORNU_CLI_MANUAL_PAGES_H
#define CORNU_CLI_MANUAL_PAGES_H

#include <stdio.h>

#include "cli/arguments.h"

/* The page cornu-NAME(1); NULL: cornu(1), about all of them. */
void cornu__manual_page(FILE *file, const cornu__subcommand *subcommand);

#endif
