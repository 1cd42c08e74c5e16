/*
 * data/directory.h: a folder with one sub-folder per class, as Keras's flow_from_directory reads it.
 *
 * Classes are the sub-folders in byte order (which for UTF-8 is code-point order), or those that are named, in that order. The files of a class are
 * those of its folder and of the folders below it: folders in byte order of their whole paths, files of a folder in byte order of their
 * names. Unlike Keras, what begins with a dot (.ipynb_checkpoints, ._photo.jpg) is passed over and counted, and a file's ending has its dot.
 */
#ifndef CORNU_DATA_DIRECTORY_H
#define CORNU_DATA_DIRECTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

typedef enum cornu__subset { CORNU__SUBSET_ALL, CORNU__SUBSET_TRAINING, CORNU__SUBSET_VALIDATION } cornu__subset;

/* "training" or "validation", NULL: all; CORNU_ERROR_UNKNOWN_NAME for another name. */
cornu_status cornu__subset_named(const char *name, cornu__subset *subset);

typedef struct cornu__directory_options {
    const char *const *classes; /* `class_count` names, in the order of their numbers; NULL: the sub-folders */
    size_t class_count;
    const char *const *endings; /* ".png" or "png", ... ending with NULL; NULL: those of Keras's ImageDataGenerator */
    const char *const
        *passed_endings; /* of files that do not count, and are counted: 32 at most, ending with NULL; NULL: none */
    bool follow_links;   /* into folders below a class that are symbolic links; files that are links are always taken */
    bool hidden;         /* take what begins with a dot, as Keras's ImageDataGenerator does */
    /* The validation subset is the first trunc(validation_split * n) of each class's n files, training the others. */
    double validation_split;
    cornu__subset subset;
} cornu__directory_options;

/* What was in a class's folder, whatever the subset. */
typedef struct cornu__directory_finds {
    size_t count;            /* files that count */
    size_t passed;           /* others, with one of passed_endings */
    uint32_t passed_endings; /* bit i: one with the i-th of them */
} cornu__directory_finds;

typedef struct cornu__directory {
    char *path;
    size_t class_count;
    char **class_names;
    cornu__directory_finds *finds; /* of each class */
    size_t count;
    char **filenames; /* below `path`, with the class in front: "cat/1.jpg" */
    int32_t *classes; /* the class number of each file */
    size_t hidden;    /* entries that were passed over for their dot */
    size_t capacity;  /* of both lists of files */
} cornu__directory;

/* Reads the names, not the files. `directory` needs no beginning, and cornu__directory_free after success. A named class without folder
 * is an error; a class without files is none. */
cornu_status cornu__directory_scan(cornu__directory *directory, const char *path,
                                   const cornu__directory_options *options);

void cornu__directory_free(cornu__directory *directory);

/* Whether a file's name has one of these endings, as above; NULL: those of Keras's ImageDataGenerator. */
bool cornu__has_ending_of(const char *name, const char *const *endings);

/* The number of files of one class. */
size_t cornu__directory_class_size(const cornu__directory *directory, size_t class_number);

/* Keras 3's cut of a list of `count` that was put into its order before: training are the first ones, validation the last
 * trunc(validation_split * count). */
void cornu__subset_of_list(size_t count, double validation_split, cornu__subset subset, size_t *begin, size_t *end);

/* Keras 3's order of a folder's files, and its cut: order[*begin .. *end) are the numbers of those in the subset. `shuffle`: numpy's permutation for `seed` (-1: 0), else
 * 0, 1, ... `validation_split` (0: all) and `subset` (NULL: all) go together, and with them and shuffle a seed, or a file would be in both subsets. */
cornu_status cornu__directory_order(size_t count, bool shuffle, int64_t seed, double validation_split,
                                    const char *subset, int64_t *order, size_t *begin, size_t *end);

#endif
