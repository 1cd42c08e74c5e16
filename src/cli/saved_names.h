/* cli/saved_names.h: what the names of files must end in that a training writes: found out before it, not behind it. */
#ifndef CORNU_CLI_SAVED_NAMES_H
#define CORNU_CLI_SAVED_NAMES_H

#include <stdbool.h>

#include "base/status.h"

/* --save-model, --save-weights and --checkpoint. `path` may be NULL: not given. */
cornu_status cornu__check_model_name(const char *path);
cornu_status cornu__check_weights_name(const char *path);
cornu_status cornu__check_checkpoint_name(const char *path);

/* Whether weights alone go to a file of that name, also where it could hold a model otherwise: .npz, .weights.h5. */
bool cornu__names_weights_only(const char *path);

#endif
