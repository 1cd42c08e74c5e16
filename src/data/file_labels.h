/* data/file_labels.h: labels of the program's own for the files of a folder: where Keras 3's functions take a list for `labels`. */
#ifndef CORNU_DATA_FILE_LABELS_H
#define CORNU_DATA_FILE_LABELS_H

#include "data/directory.h"

/* Whether there are labels where some are counted. */
cornu_status cornu__file_labels_check(const int32_t *labels, int64_t count);

/* The files of a folder that was scanned as one class get these labels, in their order. Its classes are then the different numbers, in their order, and called by them.
 * All label_modes but "int" want 0, 1, ... */
cornu_status cornu__directory_set_labels(cornu__directory *directory, const int32_t *labels, int64_t count,
                                         const char *label_mode);

/* Whether each of the numbers is that of a class, so that it has a name. */
bool cornu__are_class_numbers(const int32_t *numbers, size_t count, size_t class_count);

#endif
