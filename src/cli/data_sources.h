/* cli/data_sources.h: what cornu data does with each kind of source. */
#ifndef CORNU_CLI_DATA_SOURCES_H
#define CORNU_CLI_DATA_SOURCES_H

#include <stdint.h>

#include "base/text.h"

typedef struct cornu__data_command {
    const char *source;
    bool headers, follow_links, json;
    int jobs; /* 0: one per processor */
} cornu__data_command;

/* A text as it may be shown on a terminal: control characters, and bytes that are no UTF-8, as \x1b. */
void cornu__add_shown(cornu__text *to, const char *text);

/* Prints the text, or fails for the memory that it lacks; frees it. */
cornu_status cornu__print_text(cornu__text *text);

/* What a folder of pictures holds. */
cornu_status cornu__data_describe_folder(const cornu__data_command *command);

/* What is wrong with a folder of pictures; *bad := how many files cannot be read. */
cornu_status cornu__data_verify_folder(const cornu__data_command *command, int64_t *bad);

#endif
