/*
 * image/picture_files.h: pictures out of files, with their labels: the source of flow_from_directory and flow_from_dataframe.
 *
 * A file is read when its batch is made, by the loader of the worker that makes it. What cannot be read is dealt with as bad_files.h says, and
 * marked, so that it is tried once only and every batch after that is made without it.
 */
#ifndef CORNU_IMAGE_PICTURE_FILES_H
#define CORNU_IMAGE_PICTURE_FILES_H

#include <stdatomic.h>

#include "image/bad_files.h"
#include "image/class_labels.h"
#include "image/image_iterator.h"

/* The arguments that both share; the public header says what they mean. */
typedef struct cornu__file_settings {
    cornu__flow_settings flow;
    cornu_size2 target_size;
    const char *color_mode, *class_mode, *interpolation, *bad_files;
    cornu__aspect aspect;
    bool tensorflow; /* resized as in image_dataset_from_directory */
    bool exif_orientation;
    int64_t bad_files_at_most;
} cornu__file_settings;

typedef struct cornu__picture_files {
    int64_t count;
    char **names, **paths; /* below the folder, and whole */
    cornu__class_labels labels;
    cornu_array *y, *sample_weight; /* of a table: columns as they are; or NULL */
    cornu__load_options load;
    cornu__bad_files bad;
    atomic_bool *is_bad; /* of each file */
} cornu__picture_files;

/* An iterator over files: it has the generator, what the settings say and no files yet. NULL with the error set. */
cornu__image_iterator *cornu__picture_files_iterator(cornu_image_data_generator *generator,
                                                     const cornu__file_settings *settings, bool table);

/* Its files, to be filled in: count, names, labels and the arrays, all in memory of ours that becomes the iterator's at once. */
cornu__picture_files *cornu__picture_files_of(const cornu__image_iterator *iterator);

/* With the names there: makes the paths, those that do not begin with '/' below `folder` (NULL: as they are), and the Sequence, which owns
 * the iterator; on failure, NULL, the iterator is freed. */
cornu_sequence *cornu__picture_files_sequence(cornu__image_iterator *iterator, const char *folder,
                                              const cornu__file_settings *settings);

/* The files of such a Sequence; NULL with the error set for another one. */
cornu__picture_files *cornu__picture_files_of_sequence(const cornu_sequence *sequence);

#endif
