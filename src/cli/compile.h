/* cli/compile.h: what is minimised and measured: as the options say, and what fits the data where they say nothing. */
#ifndef CORNU_CLI_COMPILE_H
#define CORNU_CLI_COMPILE_H

#include <cornu/model.h>

#include "cli/data_files.h"

typedef struct cornu__compile_arguments {
    const char *optimizer;
    const char *loss;         /* NULL: a cross-entropy for class numbers, the mean squared error for others */
    cornu__text_list metrics; /* none: accuracy for cross-entropies */
    int threads;
} cornu__compile_arguments;

extern const cornu__argument cornu__compile_argument_table[]; /* --loss, --metrics, --threads */

cornu_status cornu__compile_model(const cornu__compile_arguments *arguments, const cornu__dataset *dataset,
                                  cornu_model *model);

#endif
