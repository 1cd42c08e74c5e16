/*
 * fuzz_events.c: libFuzzer's way into the reader of TensorBoard's event files: the bytes as a file, and, since sums would keep nearly all of them out,
 * as one event with the right sums.
 */
#include "format/scalars.h"
#include "format/tfrecord.h"

#include "memory_file.h"

static void read_both(const char *path)
{
    cornu__scalars scalars = {0};
    cornu_error_clear();
    cornu_status status = cornu__scalars_read_events(path, "", &scalars);
    if (status != CORNU_OK && cornu_error_status() == CORNU_OK)
        abort(); /* a failure without a message */
    cornu__scalars_free(&scalars);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char path[MEMORY_PATH_SIZE], *record = NULL;
    size_t record_size = 0;
    int descriptor = memory_file(bytes, size, path);
    read_both(path);
    close(descriptor);
    FILE *stream = open_memstream(&record, &record_size);
    if (!stream || cornu__tfrecord_write(stream, "record", bytes, size) != CORNU_OK || fclose(stream) != 0)
        abort();
    descriptor = memory_file((const uint8_t *)record, record_size, path);
    read_both(path);
    close(descriptor);
    free(record);
    return 0;
}
