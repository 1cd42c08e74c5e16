/* tfrecord_writer.c: files of tf.train.Example written. */
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include <cornu/tfrecord.h>

#include "array/array.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/options.h"
#include "format/example.h"
#include "format/tfrecord.h"

struct cornu_tfrecord_writer {
    cornu__new_file file;
    FILE *stream;        /* what records go to: file.stream, or what compresses into it */
    cornu_status failed; /* of an earlier call */
};

/* --- Compression: a stream whose bytes go through zlib into another --- */

static ssize_t write_compressed(void *cookie, const char *bytes, size_t size)
{
    unsigned piece = size < INT32_MAX ? (unsigned)size : INT32_MAX;
    return gzwrite(cookie, bytes, piece);
}

static int close_compressed(void *cookie)
{
    return gzclose_w(cookie) == Z_OK ? 0 : -1;
}

static FILE *compress_into(FILE *stream)
{
    static const cookie_io_functions_t functions = {.write = write_compressed, .close = close_compressed};
    int descriptor = dup(fileno(stream));
    gzFile file = descriptor >= 0 ? gzdopen(descriptor, "wb") : NULL;
    FILE *compressed = file ? fopencookie(file, "wb", functions) : NULL;
    if (!compressed && file)
        gzclose_w(file);
    else if (!compressed && descriptor >= 0)
        close(descriptor);
    return compressed;
}

/* --- The writer --- */

cornu_tfrecord_writer *cornu_tfrecord_writer_create_with(const char *path, const cornu_tfrecord_writer_options *options)
{
    cornu_tfrecord_writer_options given = {.struct_size = sizeof given};
    cornu__options_lay(&given, sizeof given, options);
    bool compresses = given.compression && strcmp(given.compression, "gzip") == 0;
    if (given.compression && !compresses)
        return cornu__fail_null(CORNU_ERROR_UNKNOWN_NAME,
                                "tfrecord_writer: there is no compression '%s'; wanted \"gzip\" or NULL",
                                given.compression);
    cornu_tfrecord_writer *self = cornu__alloc(sizeof *self);
    if (!self)
        return NULL;
    if (cornu__file_begin(&self->file, path) != CORNU_OK) {
        cornu__free(self);
        return NULL;
    }
    self->stream = compresses ? compress_into(self->file.stream) : self->file.stream;
    if (self->stream)
        return self;
    cornu__fail_memory("compression", 0);
    cornu_tfrecord_writer_abandon(self);
    return NULL;
}

static cornu_status expect_writer(const cornu_tfrecord_writer *self)
{
    return self ? CORNU_OK : cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "tfrecord_writer: there is no writer (NULL)");
}

cornu_status cornu_tfrecord_writer_add_bytes(cornu_tfrecord_writer *self, const void *bytes, size_t size)
{
    CORNU_TRY(expect_writer(self));
    if (!bytes && size > 0)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "tfrecord_writer: there are no bytes (NULL)");
    cornu_status status = cornu__tfrecord_write(self->stream, self->file.path, size > 0 ? bytes : "", size);
    self->failed = status != CORNU_OK ? status : self->failed;
    return status;
}

static cornu_status add_feature(cornu__text *features, const char *name, const cornu_array *array)
{
    bool is_float = array->dtype == CORNU_FLOAT32 || array->dtype == CORNU_FLOAT64 || array->dtype == CORNU_FLOAT16;
    if (array->dtype == CORNU_UINT8) {
        cornu__example_add_bytes(features, name, array->data, (size_t)array->count);
        return CORNU_OK;
    }
    cornu_array *values = cornu_array_cast(array, is_float ? CORNU_FLOAT32 : CORNU_INT64);
    if (!values)
        return cornu_error_status();
    if (is_float)
        cornu__example_add_floats(features, name, values->data, values->count);
    else
        cornu__example_add_ints(features, name, values->data, values->count);
    cornu_array_release(values);
    return CORNU_OK;
}

static cornu_status add_features(cornu__text *features, const cornu_array *dictionary)
{
    for (size_t i = 0; i < dictionary->item_count; i++) {
        if (cornu_array_is_collection(dictionary->items[i]))
            return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "tfrecord_writer: feature '%s' is no plain array",
                               dictionary->names[i]);
        CORNU_TRY(add_feature(features, dictionary->names[i], dictionary->items[i]));
    }
    return CORNU_OK;
}

cornu_status cornu_tfrecord_writer_add(cornu_tfrecord_writer *self, const cornu_array *dictionary)
{
    CORNU_TRY(expect_writer(self));
    if (!dictionary || !dictionary->names)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "tfrecord_writer: wanted a dictionary of arrays, got %s",
                           dictionary ? "another array" : "NULL");
    cornu__text features = {0}, example = {0};
    cornu_status status = add_features(&features, dictionary);
    cornu__example_end(&example, &features);
    if (status == CORNU_OK && example.failed)
        status = cornu__fail_memory("an Example", example.length);
    if (status == CORNU_OK)
        status = cornu_tfrecord_writer_add_bytes(self, example.data, example.length);
    cornu__text_free(&example);
    return status;
}

/* Ends the compression: then all is in file.stream. */
static cornu_status end_stream(cornu_tfrecord_writer *self)
{
    bool compresses = self->stream != NULL && self->stream != self->file.stream;
    bool failed = compresses && fclose(self->stream) != 0;
    self->stream = self->file.stream;
    return failed ? cornu__fail(CORNU_ERROR_IO, "cannot write '%s': %m", self->file.path) : CORNU_OK;
}

cornu_status cornu_tfrecord_writer_close(cornu_tfrecord_writer *self)
{
    if (!self)
        return CORNU_OK;
    cornu_status status = end_stream(self);
    if (status == CORNU_OK && self->failed != CORNU_OK)
        status = cornu__fail(self->failed, "'%s' is not written: a record before could not be added", self->file.path);
    if (status == CORNU_OK)
        status = cornu__file_commit(&self->file);
    else
        cornu__file_abandon(&self->file);
    cornu__free(self);
    return status;
}

void cornu_tfrecord_writer_abandon(cornu_tfrecord_writer *self)
{
    if (!self)
        return;
    end_stream(self);
    cornu__file_abandon(&self->file);
    cornu__free(self);
}
