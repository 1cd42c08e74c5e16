/* cli/compile.h: what is minimised and measured: as the options say, and what fits the data where they say nothing. */
#ifndef CORNU_CLI_COMPILE_H
#define CORNU_CLI_COMPILE_H

#include <cornu/model.h>

#include "cli/data_files.h"
#include "cli/model_files.h"

typedef struct cornu__compile_arguments {
    const char *optimizer; /* NULL: default_optimizer, or a whole model's own */
    const char *default_optimizer;
    const char *loss; /* NULL: as above, or a cross-entropy for class numbers, the mean squared error for others */
    cornu__text_list metrics; /* none: as above, or accuracy for cross-entropies */
    int threads;
} cornu__compile_arguments;

extern const cornu__argument cornu__compile_argument_table[]; /* --loss, --metrics, --threads */

/* As cornu__model_load, a whole model compiled as its file says. Where an option says otherwise, that alone is changed, with a warning. */
cornu_status cornu__model_load_compiled(const cornu__model_arguments *model_arguments,
                                        const cornu__compile_arguments *arguments, const cornu__dataset *dataset,
                                        cornu_model **model);

/* Compiles a model that its file has not said how to compile. */
cornu_status cornu__compile_model(const cornu__compile_arguments *arguments, const cornu__dataset *dataset,
                                  cornu_model *model);

#endif
