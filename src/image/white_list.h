/* image/white_list.h: which files of a folder count as pictures, by the endings of their names; and why there are none. */
#ifndef CORNU_IMAGE_WHITE_LIST_H
#define CORNU_IMAGE_WHITE_LIST_H

#include "data/directory.h"

/* options->endings := what .white_list_formats names: "all" is every kind that can be read, NULL `usual`, as cornu__directory_options has it. Endings that can be
 * read and do not count are counted by the scan. */
cornu_status cornu__white_list(const char *const *given, const char *const *usual, cornu__directory_options *options);

#define CORNU__NO_PICTURES_SIZE 300
#define CORNU__ALL_CLASSES SIZE_MAX
/* Why a class, or the whole folder, has no pictures, as the end of a sentence: "; 3 files end in .webp, ...", ": validation_split 0.01 of its 16 ..."; or "". */
const char *cornu__why_no_pictures(char *text, size_t size, const cornu__directory *directory, size_t class_number,
                                   const cornu__directory_options *options);

/* ": validation_split 0.01 of its 16 is less than one; from 0.0625 on there are some", or ": its 1 cannot be divided; it takes 2": of a list that is not empty and whose share is; `of`: "its ". */
const char *cornu__why_no_share(char *text, size_t size, double validation_split, size_t count, const char *of);

#endif
