/* cli/data_sources.h: what cornu data does with each kind of source. */
#ifndef CORNU_CLI_DATA_SOURCES_H
#define CORNU_CLI_DATA_SOURCES_H

#include <stdint.h>

#include <cornu/dataset.h>

#include "base/text.h"
#include "cli/augmentation_options.h"

typedef struct cornu__data_command {
    const char *source;
    bool verify, headers, follow_links, json, no_quotes;
    int header; /* of a table: as in cornu_csv_dataset */
    int jobs;   /* 0: one per processor */
    /* for measuring */
    int workers, batch_size;
    cornu_size2 target_size;
    const char *color_mode, *interpolation;
    double seconds;
    const cornu__augmentation_arguments *changes;
} cornu__data_command;

/* The samples of what is no folder of pictures, as the command says that its tables are to be read; NULL with the error set. */
cornu_dataset *cornu__data_open(const cornu__data_command *command);

/* Prints the text, or fails for the memory that it lacks; frees it. Of a report for people, lines that are too long for a terminal are broken between words. */
cornu_status cornu__print_text(cornu__text *text);
cornu_status cornu__print_report(cornu__text *text);

/* How far something is: on a terminal a line of standard error that is written anew, and gone at the end; else nothing. */
typedef struct cornu__progress_line {
    bool shown;
    int64_t hundredths; /* that it shows */
} cornu__progress_line;

cornu__progress_line cornu__progress_line_begin(void);
void cornu__progress_line_show(cornu__progress_line *line, int64_t done, int64_t of, const char *what);
void cornu__progress_line_end(const cornu__progress_line *line);

/* What a folder of pictures holds, or with command->verify what is wrong with it; *bad := how many files cannot be read. */
cornu_status cornu__data_describe_folder(const cornu__data_command *command, int64_t *bad);

/* The same of a dataset, which is read sample by sample unless command->headers says that its shapes will do; *bad: samples. */
cornu_status cornu__data_describe_values(const cornu__data_command *command, cornu_dataset *dataset, int64_t *bad);

/* How fast batches are made of a folder of pictures or of a dataset, and what bounds that. */
cornu_status cornu__data_profile(const cornu__data_command *command, bool folder);

#endif
