/* dataset_shards.c: one dataset of several files. */
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "data/dataset_shards.h"

static cornu_dataset *open_all(size_t count, char *const *paths, cornu__open_shard *open, const void *options)
{
    cornu_dataset *all = NULL, **shards = cornu__alloc_array(count, sizeof *shards);
    size_t opened = 0;
    if (!shards)
        return NULL;
    for (; opened < count; opened++) {
        shards[opened] = open(paths[opened], options, opened > 0 ? shards[0] : NULL);
        if (!shards[opened])
            break;
    }
    if (opened == count)
        all = cornu_dataset_concatenate((int)count, shards);
    for (size_t i = 0; i < opened; i++)
        cornu_dataset_release(shards[i]);
    cornu__free(shards);
    return all;
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static cornu_dataset *open_pattern(const char *pattern, cornu__open_shard *open, const void *options)
{
    glob_t found = {0};
    cornu_dataset *dataset = NULL;
    int status = glob(pattern, GLOB_ERR | GLOB_NOSORT, NULL, &found);
    if (status == GLOB_NOMATCH) {
        cornu__fail(CORNU_ERROR_IO, "there is no file of a name like '%s'", pattern);
    } else if (status != 0) {
        cornu__fail(CORNU_ERROR_IO, "cannot look for files like '%s': %m", pattern);
    } else if (found.gl_pathc > INT32_MAX) {
        cornu__fail(CORNU_ERROR_LIMIT, "'%s' stands for %zu files", pattern, found.gl_pathc);
    } else {
        qsort(found.gl_pathv, found.gl_pathc, sizeof *found.gl_pathv, by_bytes);
        dataset = open_all(found.gl_pathc, found.gl_pathv, open, options);
    }
    globfree(&found);
    return dataset;
}

cornu_dataset *cornu__dataset_of_shards(const char *function, const char *path, cornu__open_shard *open,
                                        const void *options)
{
    struct stat about;
    if (!path || path[0] == '\0')
        return cornu__fail_null(CORNU_ERROR_INVALID_ARGUMENT, "%s: there is no path", function);
    bool is_pattern = strpbrk(path, "*?[") != NULL && stat(path, &about) != 0;
    return is_pattern ? open_pattern(path, open, options) : open(path, options, NULL);
}
