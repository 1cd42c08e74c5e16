/* weights_file.c: a model's weights to and from files: .npz, keyed "<layer>/<weight>", and Keras's. */
#include <cornu/array.h>
#include <cornu/model.h>

#include "base/status.h"
#include "saving/saved_file.h"

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

static cornu_status load_npz(cornu_model *model, const char *path)
{
    cornu_array *weights = cornu_load_npz(path);
    if (!weights)
        return cornu_error_status();
    cornu_status status = cornu_set_weights(model, weights);
    cornu_array_release(weights);
    return status == CORNU_OK ? CORNU_OK : cornu__fail_context("%s", path);
}

static cornu_status load_hdf5(cornu_model *model, const cornu__saved_file *file)
{
    cornu__weight_map map;
    CORNU_TRY(cornu__weight_map_create(model, &map));
    cornu_status status = cornu__saved_read_weights(file, &map);
    if (status == CORNU_OK)
        status = cornu__weight_map_apply(&map);
    cornu__weight_map_clear(&map);
    return status;
}

cornu_status cornu_load_weights(cornu_model *model, const char *path)
{
    if (!path)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "cornu_load_weights: the path is NULL");
    cornu__saved_file file;
    CORNU_TRY(cornu__saved_open(path, &file));
    cornu_status status = file.kind == CORNU__SAVED_NPZ ? load_npz(model, path) : load_hdf5(model, &file);
    cornu__saved_close(&file);
    return status;
}
