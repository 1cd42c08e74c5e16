/* flow_facts.c: what a Sequence of flow and its kin knows of its samples. */
#include <string.h>

#include <cornu/flow.h>

#include "array/array.h"
#include "image/picture_files.h"

int64_t cornu_flow_samples(const cornu_sequence *sequence)
{
    const cornu__image_iterator *iterator = cornu__image_iterator_of(sequence);
    return iterator ? iterator->count : -1;
}

int cornu_flow_num_classes(const cornu_sequence *sequence)
{
    const cornu__picture_files *files = cornu__picture_files_of_sequence(sequence);
    return files ? (int)files->labels.class_count : 0;
}

const char *cornu_flow_class_name(const cornu_sequence *sequence, int class_index)
{
    const cornu__picture_files *files = cornu__picture_files_of_sequence(sequence);
    bool known = files && class_index >= 0 && (size_t)class_index < files->labels.class_count;
    return known ? files->labels.names[class_index] : NULL;
}

int cornu_flow_class_index(const cornu_sequence *sequence, const char *class_name)
{
    const cornu__picture_files *files = cornu__picture_files_of_sequence(sequence);
    for (size_t i = 0; files && class_name && i < files->labels.class_count; i++) {
        if (strcmp(files->labels.names[i], class_name) == 0)
            return (int)i;
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
