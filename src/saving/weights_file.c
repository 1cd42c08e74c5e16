/* weights_file.c: a model's weights to and from files: .npz, keyed "<layer>/<weight>", and Keras's. */
#include <cornu/array.h>
#include <cornu/model.h>

#include "base/text.h"
#include "saving/archive.h"
#include "saving/keras3.h"
#include "saving/legacy.h"
#include "saving/saved_file.h"

static cornu_status save_npz(cornu_model *model, const char *path)
{
    cornu_array *weights = cornu_get_named_weights(model);
    if (!weights)
        return cornu_error_status();
    cornu_status status = cornu_save_npz(path, weights);
    cornu_array_release(weights);
    return status;
}

/* Keras 3's tree, or the legacy groups. */
static cornu_status save_hdf5(cornu_model *model, const char *path, bool legacy)
{
    cornu__hdf5_writer *writer = cornu__hdf5_writer_create(path);
    if (!writer)
        return cornu_error_status();
    uint64_t size;
    cornu_status status =
        legacy ? cornu__legacy_write_weights(writer, "", model) : cornu__keras3_write(writer, model, true);
    void *bytes = status == CORNU_OK ? cornu__hdf5_writer_finish(writer, &size) : NULL;
    cornu__hdf5_writer_release(writer);
    status = bytes ? cornu__bytes_write(path, bytes, size) : cornu_error_status();
    cornu__free(bytes);
    return status;
}

cornu_status cornu_save_weights(cornu_model *model, const char *path)
{
    if (!path)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "cornu_save_weights: the path is NULL");
    CORNU_TRY(cornu__model_status(model));
    if (cornu__text_has_ending(path, ".keras"))
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "cornu_save_weights: '%s' is a name for a whole model: use cornu_save, or .weights.h5",
                           path);
    if (cornu__text_has_ending(path, ".weights.h5"))
        return save_hdf5(model, path, false);
    bool legacy = cornu__text_has_ending(path, ".h5") || cornu__text_has_ending(path, ".hdf5");
    return legacy ? save_hdf5(model, path, true) : save_npz(model, path);
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
