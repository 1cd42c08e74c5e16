/* flow_facts.c: what a Sequence of flow and its kin knows of its samples. */
#include <string.h>

#include <cornu/flow.h>

#include "array/array.h"
#include "data/generator.h"
#include "image/picture_files.h"

int64_t cornu_flow_samples(const cornu_sequence *sequence)
{
    if (sequence && sequence->dataset)
        return cornu_dataset_count(sequence->dataset);
    const cornu__image_iterator *iterator = cornu__image_iterator_of(sequence);
    return iterator ? iterator->count : -1;
}

/* Its class table: of a dataset that of its targets; of files that of their folders or column, though a class mode make no labels of them. Returns how many classes there are. */
static int classes_of(const cornu_sequence *sequence, const char *const **names)
{
    if (sequence && sequence->dataset) {
        *names = sequence->class_names;
        return sequence->class_count;
    }
    const cornu__picture_files *files = cornu__picture_files_of_sequence(sequence);
    *names = files ? (const char *const *)files->labels.names : NULL;
    return files ? (int)files->labels.class_count : 0;
}

int cornu_flow_num_classes(const cornu_sequence *sequence)
{
    const char *const *names;
    return classes_of(sequence, &names);
}

const char *cornu_flow_class_name(const cornu_sequence *sequence, int class_index)
{
    const char *const *names;
    int count = classes_of(sequence, &names);
    return class_index >= 0 && class_index < count ? names[class_index] : NULL;
}

int cornu_flow_class_index(const cornu_sequence *sequence, const char *class_name)
{
    const char *const *names;
    int count = classes_of(sequence, &names);
    for (int i = 0; class_name && i < count; i++) {
        if (strcmp(names[i], class_name) == 0)
            return i;
    }
    return -1;
}

/* The files of a Sequence that has this sample, or NULL. */
static const cornu__picture_files *files_with(const cornu_sequence *sequence, int64_t sample)
{
    const cornu__picture_files *files = cornu__picture_files_of_sequence(sequence);
    return files && sample >= 0 && sample < files->count ? files : NULL;
}

int cornu_flow_class_of(const cornu_sequence *sequence, int64_t sample)
{
    const cornu__picture_files *files = files_with(sequence, sample);
    return files && files->labels.numbers && !files->labels.first ? files->labels.numbers[sample] : -1;
}

const char *cornu_flow_filename(const cornu_sequence *sequence, int64_t sample)
{
    if (sequence && sequence->dataset)
        return cornu_dataset_sample_name(sequence->dataset, sample);
    const cornu__picture_files *files = files_with(sequence, sample);
    return files ? files->names[sample] : NULL;
}

const char *cornu_flow_filepath(const cornu_sequence *sequence, int64_t sample)
{
    const cornu__picture_files *files = files_with(sequence, sample);
    return files ? files->paths[sample] : NULL;
}

cornu_array *cornu_flow_batch_samples(const cornu_sequence *sequence, int64_t index)
{
    const cornu__image_iterator *iterator = cornu__image_iterator_of(sequence);
    if (!iterator)
        return NULL;
    int64_t length = cornu_sequence_length(sequence);
    if (index < 0 || index >= length)
        return cornu__fail_null(CORNU_ERROR_INVALID_ARGUMENT, "batch %lld of a Sequence of length %lld",
                                (long long)index, (long long)length);
    cornu_array *all = cornu_array_zeros(CORNU_INT64, 1, &iterator->batch_size);
    if (!all)
        return NULL;
    int64_t *rows = cornu_array_data(all), wanted = cornu__image_iterator_rows(iterator, index, rows), count = 0;
    for (int64_t i = 0; i < wanted; i++) {
        bool may_leave_out = count > 0 || i + 1 < wanted;
        int64_t row = iterator->kind->choose ? iterator->kind->choose(iterator, rows[i], may_leave_out) : rows[i];
        if (row >= 0)
            rows[count++] = row;
    }
    cornu_array *samples = cornu_array_rows(all, 0, count);
    cornu_array_release(all);
    return samples;
}

int64_t cornu_flow_bad_file_count(const cornu_sequence *sequence)
{
    cornu__picture_files *files = cornu__picture_files_of_sequence(sequence);
    return files ? (int64_t)cornu__bad_files_count(&files->bad) : 0;
}

const char *cornu_flow_bad_file(const cornu_sequence *sequence, int64_t number)
{
    cornu__picture_files *files = cornu__picture_files_of_sequence(sequence);
    return files && number >= 0 ? cornu__bad_files_message(&files->bad, (size_t)number) : NULL;
}
