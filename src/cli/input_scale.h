/* cli/input_scale.h: --scale and --rescale for a model from a file. (An architecture by name does what they say in a layer of its own.) */
#ifndef CORNU_CLI_INPUT_SCALE_H
#define CORNU_CLI_INPUT_SCALE_H

#include "cli/model_files.h"

/* What the inputs are divided by before the model sees them: what the options say, or else the model's file (cornu_model_input_scale); 1 for an architecture by name, and where the
 * model begins with the same division. Where both say something, a warning tells what becomes of it. */
double cornu__input_divisor(const cornu__model_arguments *arguments, const cornu_model *model);

/* Divides the inputs of data, and of those to validate on (NULL: there are none), by that; float32 then. The model remembers it. */
cornu_status cornu__scale_inputs(const cornu__model_arguments *arguments, cornu_model *model, cornu__dataset *data,
                                 cornu__dataset *validation);

/* Warns where the model is about to be trained with a division that the file, named by `option`, will not say. */
void cornu__warn_of_forgotten_scale(const cornu_model *model, const char *option, const char *path);

#endif
