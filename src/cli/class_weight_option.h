/* cli/class_weight_option.h: --class-weight 0:1,1:5 or, for a table that names its classes, low:1,high:5. */
#ifndef CORNU_CLI_CLASS_WEIGHT_OPTION_H
#define CORNU_CLI_CLASS_WEIGHT_OPTION_H

#include <cornu/train.h>

#include "cli/data_files.h"

/* Whether each is of the form CLASS:WEIGHT. */
cornu_status cornu__class_weight_option_check(const cornu__text_list *given);

/* weights[i] := what given->items[i] says, of the classes of `dataset`. */
cornu_status cornu__class_weight_option_read(const cornu__text_list *given, const cornu__dataset *dataset,
                                             cornu_class_weight weights[CORNU__LIST_MAX]);

#endif
