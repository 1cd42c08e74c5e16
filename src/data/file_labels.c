/* file_labels.c: labels of the program's own for the files of a folder. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "data/file_labels.h"

static int by_number(const void *a, const void *b)
{
    int32_t left = *(const int32_t *)a, right = *(const int32_t *)b;
    return (left > right) - (left < right);
}

/* numbers := the different ones of `labels`; returns how many. */
static size_t sort_labels(const int32_t *labels, size_t count, int32_t *numbers)
{
    size_t different = 0;
    memcpy(numbers, labels, count * sizeof *numbers);
    qsort(numbers, count, sizeof *numbers, by_number);
    for (size_t i = 0; i < count; i++) {
        if (different == 0 || numbers[i] != numbers[different - 1])
            numbers[different++] = numbers[i];
    }
    return different;
}

static void forget_classes(cornu__directory *directory)
{
    for (size_t i = 0; i < directory->class_count; i++)
        cornu__free(directory->class_names[i]);
    cornu__free(directory->class_names);
    directory->class_names = NULL;
    directory->class_count = 0;
}

static cornu_status name_classes(cornu__directory *directory, const int32_t *numbers, size_t count)
{
    forget_classes(directory);
    directory->class_names = cornu__alloc_array(count, sizeof *directory->class_names);
    if (!directory->class_names)
        return CORNU_ERROR_OUT_OF_MEMORY;
    for (size_t i = 0; i < count; i++) {
        cornu__text text = {0};
        cornu__text_add(&text, "%d", numbers[i]);
        directory->class_names[i] = cornu__text_take(&text);
        if (!directory->class_names[i])
            return CORNU_ERROR_OUT_OF_MEMORY;
        directory->class_count++;
    }
    return CORNU_OK;
}

static cornu_status set_labels(cornu__directory *directory, const int32_t *labels, const char *label_mode,
                               int32_t *numbers)
{
    size_t count = sort_labels(labels, directory->count, numbers);
    if (strcmp(label_mode, "int") != 0 && !cornu__are_class_numbers(numbers, count, count))
        return cornu__fail(
            CORNU_ERROR_DATA,
            "file_labels has %zu different numbers from %d to %d; label_mode '%s' wants those from 0 to %zu", count,
            numbers[0], numbers[count - 1], label_mode, count - 1);
    memcpy(directory->classes, labels, directory->count * sizeof *directory->classes);
    return name_classes(directory, numbers, count);
}

cornu_status cornu__file_labels_check(const int32_t *labels, int64_t count)
{
    return labels || count == 0 ? CORNU_OK
                                : cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                                              "file_label_count is %lld, but file_labels is NULL", (long long)count);
}

cornu_status cornu__directory_set_labels(cornu__directory *directory, const int32_t *labels, int64_t count,
                                         const char *label_mode)
{
    if (count != (int64_t)directory->count)
        return cornu__fail(CORNU_ERROR_DATA, "%lld file_labels for the %zu files of '%s'", (long long)count,
                           directory->count, directory->path);
    int32_t *numbers = cornu__alloc_array(directory->count, sizeof *numbers);
    cornu_status status = numbers ? set_labels(directory, labels, label_mode, numbers) : CORNU_ERROR_OUT_OF_MEMORY;
    cornu__free(numbers);
    return status;
}

bool cornu__are_class_numbers(const int32_t *numbers, size_t count, size_t class_count)
{
    for (size_t i = 0; i < count; i++) {
        if (numbers[i] < 0 || (size_t)numbers[i] >= class_count)
            return false;
    }
    return true;
}
