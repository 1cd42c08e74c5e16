/* pictures.h: the picture files of tests/oracle/images.py, and what Pillow makes of them. */
#ifndef CORNU_TESTS_IMAGE_PICTURES_H
#define CORNU_TESTS_IMAGE_PICTURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include <cornu/array.h>

#include "image/decode.h"

#define PATH_SIZE 512

/* The path of a committed picture file, into `out`; returns `out`. */
const char *picture_path(char out[PATH_SIZE], const char *name);

/* The path of a file of this process for scratch use, into `out`; returns `out`. In memory, where there is such a folder. */
const char *scratch_path(char out[PATH_SIZE], const char *name);

/* A file or folder among the data beside the project, into `out`; skips the test, saying so, when it is not there. */
const char *shared_data_path(char out[PATH_SIZE], const char *name);

/* The names of the files of a folder (committed ones: NULL) that end so (NULL: all), sorted. The caller frees with free_names. */
size_t list_names(const char *folder, const char *ending, char ***names);
void free_names(size_t count, char **names);

void write_bytes(const char *path, const void *bytes, size_t size);
/* The whole file in memory of malloc. */
uint8_t *read_bytes(const char *path, size_t *size);

/* Removes a folder and all that is in it; 0 on success. */
int remove_tree(const char *folder);

/* What a function returns in a process of its own, which may become another user. Skips the test where it returns CANNOT_BE_TRIED. */
int exit_status_of(int (*function)(void));
#define CANNOT_BE_TRIED 77
/* Whether this process, which must be one of exit_status_of, is one that files can be kept from: root becomes nobody. */
bool is_nobody(void);

/* tests/oracle/values/<name>.npz; the caller releases. */
cornu_array *oracle_values(const char *name);
/* tests/oracle/values/<name>.json; the caller gives it to json_decref. */
json_t *oracle_index(const char *name);

/* Fails the test with the thread's last error unless status is CORNU_OK. */
void assert_ok(cornu_status status);
/* Fails the test unless the thread's last error is `status` with `part` in its message. */
void assert_failed(cornu_status got, cornu_status status, const char *part);

/* The largest difference between the elements of two pictures or arrays of one shape; fails the test where shapes differ. `name` is said then. */
double largest_difference(const cornu__image *image, const cornu_array *array, const char *name);

#endif
