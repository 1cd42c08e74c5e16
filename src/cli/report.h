/* cli/report.h: what a model gets wrong, as pictures and tables: cornu evaluate --report. */
#ifndef CORNU_CLI_REPORT_H
#define CORNU_CLI_REPORT_H

#include <cornu/model.h>

#include "cli/arguments.h"
#include "cli/data_files.h"

typedef struct cornu__report_arguments {
    const char *report; /* a folder, or a picture's name for the confusion matrix alone; NULL: none */
    cornu__text_list class_names;
    int mistakes; /* on the sheet */
    bool dark;
} cornu__report_arguments;

#define CORNU__REPORT_DEFAULTS                                                                                         \
    {                                                                                                                  \
        .mistakes = 40                                                                                                 \
    }

extern const cornu__argument cornu__report_argument_table[]; /* --report, --class-names, --mistakes, --dark */

/* Whether a report is wanted and can be made, as far as that is known beforehand. */
cornu_status cornu__report_check(const cornu__report_arguments *arguments);

/* Whether the model's report can be made. */
cornu_status cornu__report_check_model(const cornu__report_arguments *arguments, cornu_model *model);

/* Writes the report that is wanted of what the model said of the first samples; the table also to standard output, where `told`. */
cornu_status cornu__report_write(const cornu__report_arguments *arguments, const cornu__dataset *data,
                                 const cornu_array *outputs, bool told);

#endif
