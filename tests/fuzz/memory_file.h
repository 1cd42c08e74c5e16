/* memory_file.h: bytes as a file that has a path but lies in memory: what a fuzz target gives to a reader. */
#ifndef CORNU_TESTS_FUZZ_MEMORY_FILE_H
#define CORNU_TESTS_FUZZ_MEMORY_FILE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cornu/array.h>

#define MEMORY_PATH_SIZE 64

/* Whatever libFuzzer finds is called with this; the program's own entry is libFuzzer's. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* Makes the file and its path; returns the descriptor to close. */
static inline int memory_file(const uint8_t *bytes, size_t size, char path[MEMORY_PATH_SIZE])
{
    setenv("CORNU_MAX_READ_BYTES", "16777216", 0); /* the fuzzer has a limit of memory too */
    int descriptor = memfd_create("cornu-fuzz", MFD_CLOEXEC);
    if (descriptor < 0 || write(descriptor, bytes, size) != (ssize_t)size)
        abort();
    snprintf(path, MEMORY_PATH_SIZE, "/proc/self/fd/%d", descriptor);
    return descriptor;
}

/* Reads the bytes by `load`, looks at each element that came, and lets go. */
static inline void fuzz_load(const uint8_t *bytes, size_t size, cornu_array *(*load)(const char *path))
{
    char path[MEMORY_PATH_SIZE];
    int descriptor = memory_file(bytes, size, path);
    cornu_error_clear();
    cornu_array *array = load(path);
    if (!array && cornu_error_status() == CORNU_OK)
        abort(); /* a failure without a message */
    volatile double sum = 0;
    for (size_t i = 0; i < cornu_array_item_count(array); i++) {
        const cornu_array *item = cornu_array_item(array, i);
        for (int64_t j = 0; j < cornu_array_count(item); j++)
            sum = sum + cornu_array_get(item, j);
    }
    cornu_array_release(array);
    close(descriptor);
}

#endif
