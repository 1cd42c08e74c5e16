/* class_names.c: the names of the classes that a model tells apart. */
#include <string.h>

#include "base/text.h"
#include "model/model.h"

void cornu__model_clear_class_names(cornu_model *model)
{
    for (int i = 0; i < model->class_count; i++)
        cornu__free(model->class_names[i]);
    cornu__free(model->class_names);
    model->class_names = NULL;
    model->class_count = 0;
}

static cornu_status check(const char *const *names, int count)
{
    if (count < 0 || count > CORNU__MOST_CLASSES)
        return cornu__fail(CORNU_ERROR_LIMIT, "a model was given %d class names; at most %d are possible", count,
                           CORNU__MOST_CLASSES);
    for (int i = 0; i < count; i++) {
        if (!names[i])
            return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "class %d of %d has no name (NULL)", i, count);
    }
    return CORNU_OK;
}

cornu_status cornu_model_set_class_names(cornu_model *model, const char *const *names, int count)
{
    if (!model)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "there is no model (NULL)");
    CORNU_TRY(check(names, names ? count : 0));
    cornu__model_clear_class_names(model);
    if (!names || count == 0)
        return CORNU_OK;
    model->class_names = cornu__alloc_array((size_t)count, sizeof *model->class_names);
    if (!model->class_names)
        return CORNU_ERROR_OUT_OF_MEMORY;
    for (int i = 0; i < count; i++) {
        model->class_names[i] = cornu__copy_text(names[i]);
        if (!model->class_names[i]) {
            cornu__model_clear_class_names(model);
            return CORNU_ERROR_OUT_OF_MEMORY;
        }
        model->class_count = i + 1;
    }
    return CORNU_OK;
}

int cornu_model_class_count(const cornu_model *model)
{
    return model ? model->class_count : 0;
}

const char *cornu_model_class_name(const cornu_model *model, int index)
{
    return index >= 0 && index < cornu_model_class_count(model) ? model->class_names[index] : NULL;
}
