/* fuzz_tar.c: libFuzzer's way into archives of tar: the bytes as they are, and with right sums in the headers, which would keep nearly all out. */
#include <string.h>

#include "format/tar.h"

#include "memory_file.h"

#define BLOCK 512

static cornu_status see_entry(void *state, const cornu__tar_entry *entry)
{
    *(size_t *)state += strlen(entry->key) + strlen(entry->extension);
    return CORNU_OK;
}

static cornu_status see_end(void *state, const char *key)
{
    *(size_t *)state += strlen(key);
    return CORNU_OK;
}

static cornu_status read_sample(cornu__record_file *file, int64_t number)
{
    cornu__cursor *cursor = cornu__record_file_find(file, number);
    if (!cursor)
        return cornu_error_status();
    cornu__tar_entry entry;
    bool more;
    cornu_status status = cornu__tar_next(cursor, &entry, &more);
    if (status == CORNU_OK && !more)
        abort(); /* it was counted */
    while (status == CORNU_OK && more) {
        char *bytes = malloc((size_t)entry.size + 1);
        status = cornu__tar_read(cursor, bytes);
        free(bytes);
        if (status == CORNU_OK)
            status = cornu__tar_next(cursor, &entry, &more);
    }
    cornu__record_file_give_back(file, cursor, status);
    return status;
}

static void read_archive(const char *path)
{
    cornu__record_file file;
    size_t seen = 0;
    cornu__tar_visitor visitor = {.entry = see_entry, .end = see_end, .state = &seen};
    cornu_error_clear();
    cornu_status status = cornu__record_file_open(&file, path, &cornu__tar_format, NULL);
    if (status == CORNU_OK) {
        status = cornu__tar_index(&file, &visitor);
        for (int64_t i = file.count - 1; status == CORNU_OK && i >= 0; i--) {
            status = read_sample(&file, i);
            if (status != CORNU_OK)
                abort(); /* the pass over the archive has checked it */
        }
        cornu__record_file_close(&file);
    }
    if (status != CORNU_OK && cornu_error_status() == CORNU_OK)
        abort(); /* a failure without a message */
}

/* Writes the sum of each block into it where a header has it. */
static void mend_sums(uint8_t *bytes, size_t size)
{
    for (size_t at = 0; at + BLOCK <= size; at += BLOCK) {
        unsigned sum = 0;
        memset(bytes + at + 148, ' ', 8);
        for (size_t i = 0; i < BLOCK; i++)
            sum += bytes[at + i];
        if (sum > 8 * ' ')
            snprintf((char *)bytes + at + 148, 8, "%06o", sum);
        else
            memset(bytes + at + 148, 0, 8);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char path[MEMORY_PATH_SIZE];
    int descriptor = memory_file(bytes, size, path);
    read_archive(path);
    close(descriptor);
    uint8_t *mended = malloc(size + 1);
    memcpy(mended, bytes, size);
    mend_sums(mended, size);
    descriptor = memory_file(mended, size, path);
    read_archive(path);
    close(descriptor);
    free(mended);
    return 0;
}
