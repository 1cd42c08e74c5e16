/* event_file.c: writing TensorBoard's event files. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/folder.h"
#include "base/memory.h"
#include "base/text.h"
#include "format/event_file.h"
#include "format/tfrecord.h"
#include "format/wire.h"

#define NAME_ATTEMPTS 1000
#define LONGEST_HOST 256

struct cornu__event_file {
    FILE *stream;
    char *path;
};

/* --- Messages of Protocol Buffers --- */

/* Numbers of fields. */
enum { EVENT_WALL_TIME = 1, EVENT_STEP = 2, EVENT_FILE_VERSION = 3, EVENT_SUMMARY = 5 };
enum { SUMMARY_VALUE = 1, VALUE_TAG = 1, VALUE_SIMPLE_VALUE = 2, VALUE_TENSOR = 8, VALUE_METADATA = 9 };
enum { METADATA_PLUGIN_DATA = 1, PLUGIN_DATA_NAME = 1, PLUGIN_DATA_CONTENT = 2 };
enum {
    TENSOR_DTYPE = 1,
    TENSOR_SHAPE = 2,
    TENSOR_CONTENT = 4,
    TENSOR_STRINGS = 8,
    SHAPE_DIMENSION = 2,
    DIMENSION_SIZE = 1
};
enum { DTYPE_DOUBLE = 2, DTYPE_STRING = 7 };

static void add_double(cornu__text *message, int field, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    cornu__wire_add_key(message, field, CORNU__WIRE_EIGHT_BYTES);
    cornu__wire_add_fixed(message, bits, 8);
}

static void add_float(cornu__text *message, int field, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    cornu__wire_add_key(message, field, CORNU__WIRE_FOUR_BYTES);
    cornu__wire_add_fixed(message, bits, 4);
}

/* --- Events --- */

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Writes the event, which goes. */
static cornu_status write_event(const cornu__event_file *file, cornu__text *event)
{
    cornu_status status = event->failed ? cornu__fail_memory("an event", event->length)
                                        : cornu__tfrecord_write(file->stream, file->path, event->data, event->length);
    cornu__text_free(event);
    return status;
}

/* Writes an event of one value under a tag; the rest of the value goes. */
static cornu_status write_value(const cornu__event_file *file, const char *tag, int64_t step, cornu__text *rest)
{
    cornu__text event = {0}, summary = {0}, value = {0};
    cornu__wire_add_bytes(&value, VALUE_TAG, tag, strlen(tag));
    cornu__text_add_bytes(&value, rest->data, rest->length);
    value.failed = value.failed || rest->failed;
    cornu__text_free(rest);
    cornu__wire_add_message(&summary, SUMMARY_VALUE, &value);
    add_double(&event, EVENT_WALL_TIME, seconds_now());
    cornu__wire_add_number(&event, EVENT_STEP, (uint64_t)step);
    cornu__wire_add_message(&event, EVENT_SUMMARY, &summary);
    return write_event(file, &event);
}

cornu_status cornu__event_file_add(cornu__event_file *file, const char *tag, int64_t step, double value)
{
    cornu__text rest = {0};
    add_float(&rest, VALUE_SIMPLE_VALUE, (float)value);
    return write_value(file, tag, step, &rest);
}

/* --- Tensors --- */

static void add_metadata(cornu__text *value, const char *plugin)
{
    cornu__text metadata = {0}, data = {0};
    cornu__wire_add_bytes(&data, PLUGIN_DATA_NAME, plugin, strlen(plugin));
    if (strcmp(plugin, CORNU__PLUGIN_KERAS_MODEL) == 0)
        cornu__wire_add_bytes(&data, PLUGIN_DATA_CONTENT, "1", 1); /* its version */
    cornu__wire_add_message(&metadata, METADATA_PLUGIN_DATA, &data);
    cornu__wire_add_message(value, VALUE_METADATA, &metadata);
}

static void add_shape(cornu__text *tensor, int rank, const int64_t *sizes)
{
    cornu__text shape = {0};
    for (int i = 0; i < rank; i++) {
        cornu__text dimension = {0};
        cornu__wire_add_number(&dimension, DIMENSION_SIZE, (uint64_t)sizes[i]);
        cornu__wire_add_message(&shape, SHAPE_DIMENSION, &dimension);
    }
    cornu__wire_add_message(tensor, TENSOR_SHAPE, &shape);
}

cornu_status cornu__event_file_add_matrix(cornu__event_file *file, const char *tag, const char *plugin, int64_t step,
                                          int64_t rows, int64_t columns, const double *values)
{
    const int64_t sizes[2] = {rows, columns};
    cornu__text rest = {0}, tensor = {0}, content = {0};
    for (int64_t i = 0; i < rows * columns; i++) {
        uint64_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        cornu__wire_add_fixed(&content, bits, 8);
    }
    cornu__wire_add_number(&tensor, TENSOR_DTYPE, DTYPE_DOUBLE);
    add_shape(&tensor, 2, sizes);
    cornu__wire_add_message(&tensor, TENSOR_CONTENT, &content);
    cornu__wire_add_message(&rest, VALUE_TENSOR, &tensor);
    add_metadata(&rest, plugin);
    return write_value(file, tag, step, &rest);
}

cornu_status cornu__event_file_add_texts(cornu__event_file *file, const char *tag, const char *plugin, int64_t step,
                                         int64_t count, const cornu__event_bytes *texts)
{
    cornu__text rest = {0}, tensor = {0};
    cornu__wire_add_number(&tensor, TENSOR_DTYPE, DTYPE_STRING);
    add_shape(&tensor, count > 0, &count);
    for (int64_t i = 0; i < (count > 0 ? count : 1); i++)
        cornu__wire_add_bytes(&tensor, TENSOR_STRINGS, texts[i].data, texts[i].size);
    cornu__wire_add_message(&rest, VALUE_TENSOR, &tensor);
    add_metadata(&rest, plugin);
    return write_value(file, tag, step, &rest);
}

/* What a file begins with: which version of all this it is. */
static cornu_status add_version(cornu__event_file *file)
{
    static const char version[] = "brain.Event:2";
    cornu__text event = {0};
    add_double(&event, EVENT_WALL_TIME, seconds_now());
    cornu__wire_add_bytes(&event, EVENT_FILE_VERSION, version, sizeof version - 1);
    CORNU_TRY(write_event(file, &event));
    return cornu__event_file_flush(file);
}

/* --- Files --- */

/* TensorBoard looks for "tfevents" in names, and reads them in their order: time comes first. */
static char *name_file(const char *folder, int attempt)
{
    char host[LONGEST_HOST] = "";
    cornu__text name = {0};
    if (gethostname(host, sizeof host - 1) != 0)
        host[0] = '\0';
    cornu__text_add(&name, "%s/events.out.tfevents.%lld.%s.%ld.%d.v2", folder, (long long)time(NULL),
                    host[0] ? host : "host", (long)getpid(), attempt);
    return cornu__text_take(&name);
}

static cornu_status open_file(cornu__event_file *file, const char *folder)
{
    int descriptor = -1;
    for (int attempt = 0; descriptor < 0 && attempt < NAME_ATTEMPTS; attempt++) {
        cornu__free(file->path);
        file->path = name_file(folder, attempt);
        if (!file->path)
            return CORNU_ERROR_OUT_OF_MEMORY;
        descriptor = open(file->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (descriptor < 0 && errno != EEXIST)
            break;
    }
    file->stream = descriptor >= 0 ? fdopen(descriptor, "wb") : NULL;
    if (file->stream)
        return add_version(file);
    cornu_status status = cornu__fail(CORNU_ERROR_IO, "cannot write '%s': %m", file->path);
    if (descriptor >= 0)
        close(descriptor);
    return status;
}

cornu__event_file *cornu__event_file_create(const char *folder)
{
    cornu__event_file *file = cornu__folder_make(folder) == CORNU_OK ? cornu__alloc(sizeof *file) : NULL;
    if (!file || open_file(file, folder) == CORNU_OK)
        return file;
    if (file->stream)
        fclose(file->stream);
    cornu__free(file->path);
    cornu__free(file);
    return NULL;
}

cornu_status cornu__event_file_flush(cornu__event_file *file)
{
    bool failed = fflush(file->stream) != 0;
    return failed ? cornu__fail(CORNU_ERROR_IO, "cannot write '%s': %m", file->path) : CORNU_OK;
}

cornu_status cornu__event_file_close(cornu__event_file *file)
{
    cornu_status status = CORNU_OK;
    if (!file)
        return CORNU_OK;
    if (fclose(file->stream) != 0)
        status = cornu__fail(CORNU_ERROR_IO, "cannot write '%s': %m", file->path);
    cornu__free(file->path);
    cornu__free(file);
    return status;
}
