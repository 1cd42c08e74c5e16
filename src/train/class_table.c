/* class_table.c: the classes of the data beside those of the model. */
#include <string.h>

#include "train/class_table.h"

#define FORGET "cornu_model_set_class_names(model, NULL, 0) makes the model forget its own"

cornu_status cornu__class_table_check(const char *function, const cornu_model *model, const cornu_generator *generator)
{
    int known = cornu_model_class_count(model), count = generator ? generator->class_count : 0;
    if (known == 0 || count == 0)
        return CORNU_OK;
    for (int i = 0; i < known && i < count; i++) {
        const char *wanted = cornu_model_class_name(model, i), *came = generator->class_names[i];
        if (strcmp(wanted, came) != 0)
            return cornu__fail(CORNU_ERROR_DATA,
                               "%s: class %d of the data is '%s', and the model has learned it as '%s'; " FORGET,
                               function, i, came, wanted);
    }
    if (known == count)
        return CORNU_OK;
    return cornu__fail(
        CORNU_ERROR_DATA, "%s: the data have %d classes, and the model has learned %d: '%s' is one too %s; " FORGET,
        function, count, known, count > known ? generator->class_names[known] : cornu_model_class_name(model, count),
        count > known ? "many" : "few");
}

cornu_status cornu__class_table_adopt(cornu_model *model, const cornu_generator *generator)
{
    bool adopts = model && generator && generator->class_count > 0 && cornu_model_class_count(model) == 0;
    return adopts ? cornu_model_set_class_names(model, generator->class_names, generator->class_count) : CORNU_OK;
}

void cornu__class_table_forget(cornu_model *model)
{
    if (model)
        cornu__model_clear_class_names(model);
}
