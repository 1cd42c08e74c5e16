/* saved_file.c: opening what may hold a model or its weights. */
#include "saving/saved_file.h"

#include <string.h>

#include "base/memory.h"
#include "format/limits.h"
#include "format/load.h"
#include "format/zip.h"
#include "saving/archive.h"
#include "saving/keras3.h"
#include "saving/legacy.h"

/* `small`: what is small enough to be let through however it is packed. */
static cornu_status refuse_bomb(zip_t *archive, zip_int64_t index, const char *path, uint64_t small)
{
    zip_stat_t about;
    zip_stat_init(&about);
    if (zip_stat_index(archive, (zip_uint64_t)index, 0, &about) != 0 || about.size <= small ||
        about.size / CORNU__MAX_MODEL_EXPANSION <= about.comp_size)
        return CORNU_OK;
    return cornu__fail(CORNU_ERROR_LIMIT, "'%s' unpacks %llu bytes to %llu, which no model does", path,
                       (unsigned long long)about.comp_size, (unsigned long long)about.size);
}

/* The bytes of a member and a NUL behind them. */
static cornu_status read_member(zip_t *archive, zip_int64_t index, const char *path, uint64_t most, char **bytes,
                                uint64_t *size)
{
    cornu__stream stream;
    CORNU_TRY(cornu__zip_open_member(archive, (zip_uint64_t)index, path, &stream));
    *size = stream.at_most;
    cornu_status status = CORNU_OK;
    if (*size > most)
        status = cornu__fail(CORNU_ERROR_LIMIT, "'%s': its description has %llu bytes; at most %llu are read", path,
                             (unsigned long long)*size, (unsigned long long)most);
    else if (!(*bytes = cornu__alloc_uninitialized(*size + 1)))
        status = cornu_error_status();
    if (status == CORNU_OK)
        status = cornu__stream_read(&stream, *bytes, *size, "a member");
    if (status == CORNU_OK)
        status = cornu__stream_end(&stream); /* the check sum */
    if (status == CORNU_OK)
        (*bytes)[*size] = '\0';
    cornu__stream_close(&stream);
    return status;
}

static cornu_status read_json(zip_t *archive, zip_int64_t index, const char *path, uint64_t most, char **text,
                              uint64_t *size)
{
    CORNU_TRY(refuse_bomb(archive, index, path, CORNU__MAX_SMALL_JSON));
    return read_member(archive, index, path, most, text, size);
}

static cornu_status read_keras(zip_t *archive, zip_int64_t config, cornu__saved_file *file)
{
    zip_int64_t weights = zip_name_locate(archive, CORNU__ARCHIVE_WEIGHTS, 0);
    uint64_t size;
    if (weights < 0)
        return cornu__fail(CORNU_ERROR_UNSUPPORTED,
                           "'%s' has no member " CORNU__ARCHIVE_WEIGHTS ": weights of other kinds are not read",
                           file->path);
    CORNU_TRY(read_json(archive, config, file->path, CORNU__MAX_JSON_BYTES, &file->config, &file->config_size));
    CORNU_TRY(refuse_bomb(archive, weights, file->path, CORNU__MAX_SMALL_MEMBER));
    CORNU_TRY(read_member(archive, weights, file->path, UINT64_MAX, &file->weights, &size));
    file->hdf5 = cornu__hdf5_open_bytes(file->path, file->weights, size);
    return file->hdf5 ? CORNU_OK : cornu_error_status();
}

cornu_status cornu__saved_metadata(const char *path, uint64_t most, char **text, uint64_t *size)
{
    zip_t *archive = cornu__zip_open(path);
    *text = NULL;
    if (!archive)
        return cornu_error_status();
    zip_int64_t index = zip_name_locate(archive, CORNU__ARCHIVE_METADATA, 0);
    cornu_status status = index < 0 ? CORNU_OK : read_json(archive, index, path, most, text, size);
    zip_discard(archive);
    if (status != CORNU_OK) {
        cornu__free(*text);
        *text = NULL;
    }
    return status;
}

static cornu_status open_zip(cornu__saved_file *file)
{
    zip_t *archive = cornu__zip_open(file->path);
    if (!archive)
        return cornu_error_status();
    zip_int64_t config = zip_name_locate(archive, CORNU__ARCHIVE_CONFIG, 0);
    file->kind = config < 0 ? CORNU__SAVED_NPZ : CORNU__SAVED_KERAS;
    cornu_status status = config < 0 ? CORNU_OK : read_keras(archive, config, file);
    zip_discard(archive);
    return status;
}

static cornu_status open_hdf5(cornu__saved_file *file)
{
    file->hdf5 = cornu__hdf5_open(file->path);
    if (!file->hdf5)
        return cornu_error_status();
    const cornu__hdf5_node *root = cornu__hdf5_root(file->hdf5);
    if (cornu__legacy_layers(root))
        file->kind = CORNU__SAVED_LEGACY;
    else if (cornu__keras3_is(root))
        file->kind = CORNU__SAVED_WEIGHTS;
    else
        return cornu__fail(CORNU_ERROR_FORMAT, "'%s' is HDF5, and holds neither a model of Keras's nor its weights",
                           file->path);
    return CORNU_OK;
}

cornu_status cornu__saved_open(const char *path, cornu__saved_file *file)
{
    cornu__file_kind kind;
    *file = (cornu__saved_file){.path = path};
    CORNU_TRY(cornu__file_kind_of(path, &kind));
    cornu_status status = CORNU_OK;
    if (kind == CORNU__FILE_NPZ)
        status = open_zip(file);
    else if (kind == CORNU__FILE_HDF5)
        status = open_hdf5(file);
    else
        status =
            cornu__fail(CORNU_ERROR_FORMAT, "'%s' holds no model and no weights: wanted .keras, .h5 or .npz", path);
    if (status != CORNU_OK)
        cornu__saved_close(file);
    return status;
}

void cornu__saved_close(cornu__saved_file *file)
{
    cornu__hdf5_close(file->hdf5);
    cornu__free(file->weights);
    cornu__free(file->config);
    *file = (cornu__saved_file){.path = file->path};
}

cornu_status cornu__saved_read_weights(const cornu__saved_file *file, cornu__weight_map *map)
{
    const cornu__hdf5_node *root = cornu__hdf5_root(file->hdf5);
    return file->kind == CORNU__SAVED_LEGACY ? cornu__legacy_read_weights(cornu__legacy_layers(root), map)
                                             : cornu__keras3_read_weights(root, map);
}
