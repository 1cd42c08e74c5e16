/* cli/input_scale.h: --scale for a model from a file, which may divide its inputs itself. (An architecture by name does, in a layer.) */
#ifndef CORNU_CLI_INPUT_SCALE_H
#define CORNU_CLI_INPUT_SCALE_H

#include "cli/model_files.h"

/* What the inputs are divided by before the model sees them: --scale; 1 where none is given, for an architecture by name, and where the model
 * begins with the same division: a warning then says so, as it does where the model begins with another scaling. */
double cornu__input_divisor(const cornu__model_arguments *arguments, const cornu_model *model);

/* Divides the inputs of data; float32 then. By 1: nothing is done. */
cornu_status cornu__divide_inputs(cornu__dataset *dataset, double divisor);

#endif
