/* pictures.h: the picture files of tests/oracle/images.py, and what Pillow makes of them. */
#ifndef CORNU_TESTS_IMAGE_PICTURES_H
#define CORNU_TESTS_IMAGE_PICTURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cornu/array.h>

#include "image/decode.h"
#include "support/another_user.h"
#include "support/files.h"
#include "support/oracle.h"
#include "support/shared_data.h"

#define PATH_SIZE 512

/* The path of a committed picture file, into `out`; returns `out`. */
const char *picture_path(char out[PATH_SIZE], const char *name);

/* The path of a file of this process for scratch use, into `out`; returns `out`. In memory, where there is such a folder. */
const char *scratch_path(char out[PATH_SIZE], const char *name);

/* The names of the files of a folder (committed ones: NULL) that end so (NULL: all), sorted. The caller frees with free_names. */
size_t list_names(const char *folder, const char *ending, char ***names);
void free_names(size_t count, char **names);

/* Removes a folder and all that is in it; 0 on success. */
int remove_tree(const char *folder);

/* Fails the test with the thread's last error unless status is CORNU_OK. */
void assert_ok(cornu_status status);
/* Fails the test unless the thread's last error is `status` with `part` in its message. */
void assert_failed(cornu_status got, cornu_status status, const char *part);

/* The largest difference between the elements of two pictures or arrays of one shape; fails the test where shapes differ. `name` is said then. */
double largest_difference(const cornu__image *image, const cornu_array *array, const char *name);

#endif
