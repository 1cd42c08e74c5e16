/* weights_file.c: a model's weights in one .npz, keyed "<layer>/<weight>". */
#include <cornu/array.h>
#include <cornu/model.h>

#include "base/status.h"

cornu_status cornu_save_weights(cornu_model *model, const char *path)
{
    if (!path)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "cornu_save_weights: the path is NULL");
    cornu_array *weights = cornu_get_named_weights(model);
    if (!weights)
        return cornu_error_status();
    cornu_status status = cornu_save_npz(path, weights);
    cornu_array_release(weights);
    return status;
}

cornu_status cornu_load_weights(cornu_model *model, const char *path)
{
    if (!path)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "cornu_load_weights: the path is NULL");
    cornu_array *weights = cornu_load_npz(path);
    if (!weights)
        return cornu_error_status();
    cornu_status status = cornu_set_weights(model, weights);
    cornu_array_release(weights);
    return status == CORNU_OK ? CORNU_OK : cornu__fail_context("%s", path);
}
