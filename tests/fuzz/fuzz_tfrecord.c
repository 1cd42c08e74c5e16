/*
 * fuzz_tfrecord.c: libFuzzer's way into the reader of TFRecord files and of tf.train.Example: the bytes as a file, and, since sums would keep nearly
 * all of them out, as one record with the right sums.
 */
#include "base/memory.h"
#include "format/example.h"
#include "format/tfrecord.h"

#include "memory_file.h"

static void read_feature(const cornu__feature *feature)
{
    int64_t count;
    if (!cornu__feature_count(feature, &count))
        return;
    volatile double sum = 0;
    if (feature->kind == CORNU__FEATURE_BYTES) {
        for (cornu__span bytes = cornu__feature_bytes(feature); bytes.at < bytes.end; bytes.at++)
            sum = sum + *bytes.at;
        return;
    }
    int64_t *values = malloc((size_t)count * sizeof *values + 1); /* exactly: a write beyond is seen */
    if (feature->kind == CORNU__FEATURE_FLOATS)
        cornu__feature_floats(feature, (float *)values);
    else
        cornu__feature_ints(feature, values);
    free(values);
}

static void read_example(cornu__span record)
{
    cornu__example example = cornu__example_begin(record);
    cornu__feature feature;
    for (bool more = true; more;) {
        if (!cornu__example_next(&example, &feature, &more))
            return;
        if (more)
            read_feature(&feature);
    }
}

static cornu_status read_all(cornu__record_file *file)
{
    CORNU_TRY(cornu__record_file_index(file));
    for (int64_t i = file->count - 1; i >= 0; i--) {
        cornu__cursor *cursor = cornu__record_file_find(file, i);
        cornu__span record;
        if (!cursor)
            return cornu_error_status();
        cornu_status status = cornu__tfrecord_read(cursor, &record);
        if (status == CORNU_OK)
            read_example(record);
        cornu__record_file_give_back(file, cursor, status);
        CORNU_TRY(status);
    }
    return CORNU_OK;
}

static void read_file(const char *path)
{
    cornu__record_file file;
    cornu_error_clear();
    cornu_status status = cornu__record_file_open(&file, path, &cornu__tfrecord_format, NULL);
    if (status == CORNU_OK) {
        status = read_all(&file);
        cornu__record_file_close(&file);
    }
    if (status != CORNU_OK && cornu_error_status() == CORNU_OK)
        abort(); /* a failure without a message */
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char path[MEMORY_PATH_SIZE], *record = NULL;
    size_t record_size = 0;
    int descriptor = memory_file(bytes, size, path);
    read_file(path);
    close(descriptor);
    FILE *stream = open_memstream(&record, &record_size);
    if (!stream || cornu__tfrecord_write(stream, "record", bytes, size) != CORNU_OK || fclose(stream) != 0)
        abort();
    descriptor = memory_file((const uint8_t *)record, record_size, path);
    read_file(path);
    close(descriptor);
    free(record);
    return 0;
}
