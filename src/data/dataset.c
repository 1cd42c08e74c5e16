/* dataset.c: datasets as objects. */
#include <stdlib.h>
#include <string.h>

#include "array/array.h"
#include "base/options.h"
#include "base/text.h"
#include "data/dataset.h"

#define MOST_FIELDS 1000000 /* as columns of a table */

/* --- Fields --- */

static void free_names(const char *const *names, int64_t count)
{
    for (int64_t i = 0; names && i < count; i++)
        cornu__free((void *)(uintptr_t)names[i]);
    cornu__free((void *)(uintptr_t)names);
}

static void free_fields(cornu_dataset *dataset)
{
    for (int i = 0; dataset->fields && i < dataset->field_count; i++) {
        cornu__free((void *)(uintptr_t)dataset->fields[i].name);
        free_names(dataset->fields[i].class_names, dataset->fields[i].num_classes);
    }
    cornu__free(dataset->fields);
    cornu__free(dataset->sizes);
}

static cornu_status copy_class_names(const cornu_field *from, cornu_field *to)
{
    const char **names = cornu__alloc_array((size_t)from->num_classes, sizeof *names);
    to->class_names = names;
    for (int64_t i = 0; names && i < from->num_classes; i++) {
        if (!from->class_names[i])
            return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "class %lld of field '%s' has no name", (long long)i,
                               from->name);
        names[i] = cornu__copy_text(from->class_names[i]);
        if (!names[i])
            return CORNU_ERROR_OUT_OF_MEMORY;
    }
    return names ? CORNU_OK : CORNU_ERROR_OUT_OF_MEMORY;
}

/* The elements of one sample, with 1 for a first size that is not fixed. */
static cornu_status count_elements(const cornu_field *field, int64_t *count)
{
    int64_t shape[CORNU_MAX_RANK] = {0};
    if (field->rank < 0 || field->rank >= CORNU_MAX_RANK)
        return cornu__fail(CORNU_ERROR_SHAPE, "field '%s' has %d axes; wanted 0 to %d, as a batch has one more",
                           field->name, field->rank, CORNU_MAX_RANK - 1);
    memcpy(shape, field->shape, (size_t)field->rank * sizeof *shape);
    if (cornu__field_varies(field))
        shape[0] = 1;
    *count = cornu__shape_count(field->rank, shape);
    return *count < 0 ? cornu__fail_context("field '%s'", field->name) : CORNU_OK;
}

static cornu_status copy_field(const cornu_dataset *dataset, int number, const cornu_field *from)
{
    cornu_field *to = &dataset->fields[number];
    if (!from->name || from->name[0] == '\0')
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "field %d has no name", number);
    if (cornu_dtype_size(from->dtype) == 0)
        return cornu__fail(CORNU_ERROR_DTYPE, "field '%s': %d is no dtype", from->name, (int)from->dtype);
    if (from->num_classes < 0)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "field '%s' has %lld classes", from->name,
                           (long long)from->num_classes);
    int64_t elements = 0;
    CORNU_TRY(count_elements(from, &elements));
    if ((uint64_t)elements > SIZE_MAX / cornu_dtype_size(from->dtype))
        return cornu__fail(CORNU_ERROR_LIMIT, "a sample of field '%s' is larger than any memory", from->name);
    dataset->sizes[number] = (size_t)elements * cornu_dtype_size(from->dtype);
    *to = (cornu_field){.dtype = from->dtype, .rank = from->rank, .num_classes = from->num_classes};
    memcpy(to->shape, from->shape, (size_t)from->rank * sizeof *to->shape);
    to->name = cornu__copy_text(from->name);
    if (!to->name)
        return CORNU_ERROR_OUT_OF_MEMORY;
    return from->class_names && from->num_classes > 0 ? copy_class_names(from, to) : CORNU_OK;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sorted, since a table may have very many columns. */
static cornu_status check_names_differ(const cornu_dataset *dataset)
{
    const char **names = cornu__alloc_array((size_t)dataset->field_count, sizeof *names);
    if (!names)
        return CORNU_ERROR_OUT_OF_MEMORY;
    for (int i = 0; i < dataset->field_count; i++)
        names[i] = dataset->fields[i].name;
    qsort(names, (size_t)dataset->field_count, sizeof *names, compare_names);
    cornu_status status = CORNU_OK;
    for (int i = 1; i < dataset->field_count && status == CORNU_OK; i++) {
        if (strcmp(names[i - 1], names[i]) == 0)
            status =
                cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "two fields are named '%s'; names must differ", names[i]);
    }
    cornu__free(names);
    return status;
}

static cornu_status copy_fields(cornu_dataset *dataset, const cornu_dataset_options *given)
{
    if (given->field_count < 1 || given->field_count > MOST_FIELDS || !given->fields)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "%d fields%s; wanted 1 to %d", given->field_count,
                           given->fields ? "" : " (NULL)", MOST_FIELDS);
    dataset->fields = cornu__alloc_array((size_t)given->field_count, sizeof *dataset->fields);
    dataset->sizes = cornu__alloc_array((size_t)given->field_count, sizeof *dataset->sizes);
    if (!dataset->fields || !dataset->sizes)
        return CORNU_ERROR_OUT_OF_MEMORY;
    dataset->field_count = given->field_count;
    for (int i = 0; i < given->field_count; i++)
        CORNU_TRY(copy_field(dataset, i, &given->fields[i]));
    return check_names_differ(dataset);
}

/* --- Making one --- */

static void dataset_free(cornu_dataset *dataset)
{
    free_fields(dataset);
    cornu__free(dataset->name);
    pthread_mutex_destroy(&dataset->lock);
    cornu__free(dataset);
}

static cornu_status fill(cornu_dataset *dataset, const cornu_dataset_options *given)
{
    dataset->name = cornu__copy_text(given->name ? given->name : "dataset");
    if (!dataset->name)
        return CORNU_ERROR_OUT_OF_MEMORY;
    if (!given->read)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "'%s': a dataset wants the function read", dataset->name);
    if (given->count < 0 || given->block_size < 0)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "'%s': %s is %lld; wanted 0 or more", dataset->name,
                           given->count < 0 ? "count" : "block_size",
                           (long long)(given->count < 0 ? given->count : given->block_size));
    dataset->count = given->count;
    dataset->read = given->read;
    dataset->sample_name = given->sample_name;
    dataset->random_access = given->random_access;
    dataset->thread_safe = given->thread_safe;
    dataset->block_size = given->block_size > 1 ? given->block_size : 1;
    return copy_fields(dataset, given) == CORNU_OK ? CORNU_OK : cornu__fail_context("'%s'", dataset->name);
}

cornu_dataset *cornu_dataset_create_with(const cornu_dataset_options *options)
{
    cornu_dataset_options given = {.struct_size = sizeof given, CORNU_DATASET_DEFAULTS};
    cornu__options_lay(&given, sizeof given, options);
    cornu_dataset *dataset = cornu__alloc(sizeof *dataset);
    if (!dataset)
        return NULL;
    /* The first reference is the program's: it does not float. */
    cornu__reference_start(&dataset->reference);
    cornu__reference_keep(&dataset->reference);
    pthread_mutex_init(&dataset->lock, NULL);
    if (fill(dataset, &given) != CORNU_OK) {
        dataset_free(dataset);
        return NULL;
    }
    dataset->state = given.state;
    dataset->release = given.release;
    return dataset;
}

cornu_dataset *cornu_dataset_retain(cornu_dataset *dataset)
{
    if (dataset)
        cornu__reference_keep(&dataset->reference);
    return dataset;
}

void cornu_dataset_release(cornu_dataset *dataset)
{
    if (!dataset || !cornu__reference_drop(&dataset->reference))
        return;
    if (dataset->release)
        dataset->release(dataset->state);
    dataset_free(dataset);
}

/* --- Looking at it --- */

cornu_status cornu__dataset_expect(const char *function, const cornu_dataset *dataset)
{
    return dataset ? CORNU_OK : cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "%s: there is no dataset (NULL)", function);
}

int64_t cornu_dataset_count(const cornu_dataset *dataset)
{
    return dataset ? dataset->count : 0;
}

int cornu_dataset_field_count(const cornu_dataset *dataset)
{
    return dataset ? dataset->field_count : 0;
}

const cornu_field *cornu_dataset_field(const cornu_dataset *dataset, int field)
{
    return dataset && field >= 0 && field < dataset->field_count ? &dataset->fields[field] : NULL;
}

static cornu_status fail_unknown_field(const cornu_dataset *dataset, const char *name)
{
    const char *nearest = NULL;
    const char **names = cornu__alloc_array((size_t)dataset->field_count, sizeof *names);
    for (int i = 0; names && i < dataset->field_count; i++)
        names[i] = dataset->fields[i].name;
    if (names)
        nearest = cornu__text_nearest(name, names, (size_t)dataset->field_count);
    cornu__free(names);
    if (nearest)
        return cornu__fail(CORNU_ERROR_UNKNOWN_NAME, "'%s' has no field '%s'; did you mean '%s'?", dataset->name, name,
                           nearest);
    return cornu__fail(CORNU_ERROR_UNKNOWN_NAME, "'%s' has no field '%s'; it has %d, the first is '%s'", dataset->name,
                       name, dataset->field_count, dataset->fields[0].name);
}

int cornu_dataset_field_named(const cornu_dataset *dataset, const char *name)
{
    if (cornu__dataset_expect("dataset_field_named", dataset) != CORNU_OK)
        return -1;
    if (!name)
        name = "";
    for (int i = 0; i < dataset->field_count; i++) {
        if (strcmp(dataset->fields[i].name, name) == 0)
            return i;
    }
    fail_unknown_field(dataset, name);
    return -1;
}

bool cornu_dataset_random_access(const cornu_dataset *dataset)
{
    return dataset && dataset->random_access;
}

bool cornu_dataset_thread_safe(const cornu_dataset *dataset)
{
    return dataset && dataset->thread_safe;
}

int64_t cornu_dataset_block_size(const cornu_dataset *dataset)
{
    return dataset ? dataset->block_size : 1;
}

const char *cornu_dataset_name(const cornu_dataset *dataset)
{
    return dataset ? dataset->name : "";
}

const char *cornu_dataset_sample_name(const cornu_dataset *dataset, int64_t index)
{
    bool named = dataset && dataset->sample_name && index >= 0 && index < dataset->count;
    return named ? dataset->sample_name(dataset->state, index) : NULL;
}

cornu_status cornu__field_expect_fixed(const char *function, const cornu_dataset *dataset, int field)
{
    const cornu_field *about = &dataset->fields[field];
    if (!cornu__field_varies(about))
        return CORNU_OK;
    char text[CORNU__SHAPE_TEXT_SIZE];
    return cornu__fail(
        CORNU_ERROR_SHAPE,
        "%s: field '%s' of '%s' has the shape %s: its samples differ in size, and an array has one; bring "
        "it to one shape by cornu_dataset_map, or leave it out",
        function, about->name, dataset->name, cornu__text_shape(text, sizeof text, about->rank, about->shape));
}

cornu_array *cornu__field_array(const cornu_field *field, int64_t count)
{
    int64_t shape[CORNU_MAX_RANK] = {count};
    memcpy(shape + 1, field->shape, (size_t)field->rank * sizeof *shape);
    return cornu__array_uninitialized(field->dtype, field->rank + 1, shape);
}

/* --- Reading --- */

/* Whatever the program's function does, a status that is not CORNU_OK comes with a message; that of a file says which. */
static cornu_status fail_read(const cornu_dataset *dataset, int64_t index, cornu_status status)
{
    if (cornu_error_status() != status || cornu_error_message()[0] == '\0')
        cornu__fail(status, "the function read returned the status \"%s\" without a message",
                    cornu_status_name(status));
    if (!dataset->composed)
        cornu__fail_context("'%s', sample %lld", dataset->name, (long long)index);
    return status;
}

cornu_status cornu__dataset_read(cornu_dataset *dataset, int64_t index, cornu_sample *sample)
{
    if (!dataset->thread_safe)
        pthread_mutex_lock(&dataset->lock);
    cornu_status status = dataset->read(dataset->state, index, sample);
    if (!dataset->thread_safe)
        pthread_mutex_unlock(&dataset->lock);
    return status == CORNU_OK ? CORNU_OK : fail_read(dataset, index, status);
}

cornu_status cornu__dataset_read_run(cornu_dataset *dataset, int64_t first, int64_t count, cornu_sample *sample)
{
    if (!dataset->thread_safe)
        pthread_mutex_lock(&dataset->lock);
    cornu_status status = dataset->read_run(dataset->state, first, count, sample);
    if (!dataset->thread_safe)
        pthread_mutex_unlock(&dataset->lock);
    return status == CORNU_OK ? CORNU_OK : fail_read(dataset, first, status);
}

cornu_status cornu_dataset_read(cornu_dataset *dataset, int64_t index, cornu_sample *sample)
{
    CORNU_TRY(cornu__dataset_expect("dataset_read", dataset));
    if (!sample || sample->dataset != dataset)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "dataset_read: %s",
                           sample ? "this sample was made for another dataset" : "there is no sample (NULL)");
    if (index < 0 || index >= dataset->count)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "'%s' has %lld samples, and number %lld was asked for",
                           dataset->name, (long long)dataset->count, (long long)index);
    sample->seed = cornu__sample_seed_of(0, sample->epoch, index);
    cornu_error_clear();
    return cornu__dataset_read(dataset, index, sample);
}
