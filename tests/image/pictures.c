/* pictures.c: the picture files of tests/oracle/images.py, and what Pillow makes of them. */
#include <dirent.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "pictures.h"
#include "support/scratch.h"

const char *picture_path(char out[PATH_SIZE], const char *name)
{
    const char *root = getenv("CORNU_SOURCE_DIR");
    snprintf(out, PATH_SIZE, "%s/tests/image/fixtures/%s", root ? root : ".", name);
    return out;
}

const char *scratch_path(char out[PATH_SIZE], const char *name)
{
    snprintf(out, PATH_SIZE, "%s/cornu-test-%ld-%s", scratch_folder(), (long)getpid(), name);
    return out;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

size_t list_names(const char *folder, const char *ending, char ***names)
{
    char path[PATH_SIZE];
    size_t count = 0, suffix = ending ? strlen(ending) : 0;
    DIR *entries = opendir(folder ? folder : picture_path(path, ""));
    assert_non_null(entries);
    *names = NULL;
    for (struct dirent *entry; (entry = readdir(entries));) {
        size_t length = strlen(entry->d_name);
        if (entry->d_name[0] == '.' || length < suffix || (ending && strcmp(entry->d_name + length - suffix, ending)))
            continue;
        *names = realloc(*names, (count + 1) * sizeof **names);
        assert_non_null(*names);
        (*names)[count++] = strdup(entry->d_name);
    }
    closedir(entries);
    if (count > 0)
        qsort(*names, count, sizeof **names, by_name);
    return count;
}

void free_names(size_t count, char **names)
{
    for (size_t i = 0; i < count; i++)
        free(names[i]);
    free(names);
}

void assert_ok(cornu_status status)
{
    if (status != CORNU_OK)
        fail_msg("%s", cornu_error_message());
}

void assert_failed(cornu_status got, cornu_status status, const char *part)
{
    if (got == CORNU_OK)
        fail_msg("it succeeded where an error with '%s' was due", part);
    if (!strstr(cornu_error_message(), part))
        fail_msg("'%s' is not in the message: %s", part, cornu_error_message());
    assert_string_equal(cornu_status_name(got), cornu_status_name(status));
    assert_int_equal(cornu_error_status(), got);
}

static double element(const cornu__image *image, size_t i)
{
    switch (image->dtype) {
    case CORNU_UINT8:
        return ((const uint8_t *)image->data)[i];
    case CORNU_UINT16:
        return ((const uint16_t *)image->data)[i];
    default:
        return (double)((const float *)image->data)[i];
    }
}

double largest_difference(const cornu__image *image, const cornu_array *array, const char *name)
{
    int64_t channels = cornu_array_rank(array) == 2 ? 1 : cornu_array_size(array, 2);
    if (image->height != cornu_array_size(array, 0) || image->width != cornu_array_size(array, 1) ||
        image->channels != channels)
        fail_msg("%s: a picture of shape (%d, %d, %d); wanted (%d, %d, %d)", name, image->height, image->width,
                 image->channels, (int)cornu_array_size(array, 0), (int)cornu_array_size(array, 1), (int)channels);
    double largest = 0;
    for (size_t i = 0; i < cornu__image_count(image); i++) {
        double difference = element(image, i) - cornu_array_get(array, (int64_t)i);
        difference = difference < 0 ? -difference : difference;
        largest = difference <= largest ? largest : difference;
    }
    return largest;
}

static int remove_entry(const char *path, const struct stat *about, int kind, struct FTW *where)
{
    (void)about, (void)kind, (void)where;
    return remove(path);
}

int remove_tree(const char *folder)
{
    return nftw(folder, remove_entry, 10, FTW_DEPTH | FTW_PHYS);
}
