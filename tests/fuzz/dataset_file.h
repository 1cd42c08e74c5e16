/* dataset_file.h: bytes as a dataset: what a fuzz target of one opens and reads. */
#ifndef CORNU_TESTS_FUZZ_DATASET_FILE_H
#define CORNU_TESTS_FUZZ_DATASET_FILE_H

#include <string.h>

#include <cornu/dataset.h>

#include "memory_file.h"

#define MOST_SAMPLES 64
#define LARGEST_SAMPLE (1 << 20) /* a file may say that a sample is large, and have it filled from nothing */

static inline size_t fuzz_sample_size(const cornu_dataset *dataset)
{
    size_t size = 0;
    for (int i = 0; i < cornu_dataset_field_count(dataset); i++) {
        const cornu_field *field = cornu_dataset_field(dataset, i);
        size_t here = cornu_dtype_size(field->dtype);
        for (int axis = 0; axis < field->rank; axis++)
            here *= (size_t)field->shape[axis];
        size += here;
    }
    return size;
}

/* Reads a sample, and looks at each of its bytes. */
static inline void fuzz_read(cornu_dataset *dataset, int64_t index, cornu_sample *sample)
{
    cornu_error_clear();
    if (cornu_dataset_read(dataset, index, sample) != CORNU_OK) {
        if (cornu_error_status() == CORNU_OK)
            abort(); /* a failure without a message */
        return;
    }
    volatile unsigned sum = 0;
    for (int i = 0; i < cornu_dataset_field_count(dataset); i++) {
        const cornu_field *field = cornu_dataset_field(dataset, i);
        size_t size = cornu_dtype_size(field->dtype);
        for (int axis = 0; axis < field->rank; axis++)
            size *= (size_t)field->shape[axis];
        for (size_t k = 0; k < size; k++)
            sum = sum + ((const unsigned char *)cornu_sample_data(sample, i))[k];
    }
}

/* Opens the bytes by `open`, and reads samples from both ends, and some in a run. */
static inline void fuzz_dataset(const uint8_t *bytes, size_t size, cornu_dataset *(*open)(const char *path))
{
    char path[MEMORY_PATH_SIZE];
    int descriptor = memory_file(bytes, size, path);
    cornu_error_clear();
    cornu_dataset *dataset = open(path);
    if (!dataset && cornu_error_status() == CORNU_OK)
        abort();
    int64_t count = cornu_dataset_count(dataset);
    cornu_sample *sample = dataset && fuzz_sample_size(dataset) <= LARGEST_SAMPLE ? cornu_sample_create(dataset) : NULL;
    for (int64_t i = 0; sample && i < count && i < MOST_SAMPLES; i++)
        fuzz_read(dataset, i % 2 == 0 ? i / 2 : count - 1 - i / 2, sample);
    if (sample)
        cornu_array_release(cornu_dataset_load(dataset, count > 8 ? count - 8 : 0, CORNU_NONE));
    cornu_sample_release(sample);
    cornu_dataset_release(dataset);
    close(descriptor);
}

#endif
