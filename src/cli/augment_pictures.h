/* cli/augment_pictures.h: the pictures of cornu augment's sheet, of one size, with their names. */
#ifndef CORNU_CLI_AUGMENT_PICTURES_H
#define CORNU_CLI_AUGMENT_PICTURES_H

#include "cli/data_files.h"

typedef struct cornu__named_pictures {
    cornu_array *array; /* float32 (n, height, width, channels) */
    int64_t count;
    char **names; /* of their files; of arrays their numbers */
} cornu__named_pictures;

/* The first of the files, in the first one's size. */
cornu_status cornu__pictures_of_files(const char *const *paths, int64_t count, int most,
                                      cornu__named_pictures *pictures);
/* The first in the folder and those below it, folders in byte order and in each its files. */
cornu_status cornu__pictures_of_folder(const char *folder, int most, cornu__named_pictures *pictures);
/* The first rows of what --data or --x names. */
cornu_status cornu__pictures_of_arrays(const cornu__data_arguments *arguments, int most,
                                       cornu__named_pictures *pictures);

void cornu__named_pictures_free(cornu__named_pictures *pictures);

#endif
