/* directory.c: a folder with one sub-folder per class. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "base/text.h"
#include "data/directory.h"
#include "data/numpy_random.h"

#define FIRST_CAPACITY 64
#define MOST_DEPTH 100 /* of folders below a class */

static const char *const image_endings[] = {".png", ".jpg", ".jpeg", ".bmp", ".ppm", ".tif", ".tiff", NULL};

cornu_status cornu__subset_named(const char *name, cornu__subset *subset)
{
    bool training = name && strcmp(name, "training") == 0, validation = name && strcmp(name, "validation") == 0;
    if (name && !training && !validation)
        return cornu__fail(CORNU_ERROR_UNKNOWN_NAME, "there is no subset '%s'; wanted 'training' or 'validation'",
                           name);
    *subset = training ? CORNU__SUBSET_TRAINING : validation ? CORNU__SUBSET_VALIDATION : CORNU__SUBSET_ALL;
    return CORNU_OK;
}

void cornu__subset_of_list(size_t count, double validation_split, cornu__subset subset, size_t *begin, size_t *end)
{
    size_t validation = (size_t)(validation_split * (double)count);
    *begin = subset == CORNU__SUBSET_VALIDATION ? count - validation : 0;
    *end = subset == CORNU__SUBSET_TRAINING ? count - validation : count;
}

static cornu_status check_split(bool shuffle, int64_t seed, double validation_split, cornu__subset subset)
{
    bool splits = validation_split != 0;
    if (splits && !(validation_split > 0 && validation_split < 1))
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "validation_split is %g; wanted a share between 0 and 1",
                           validation_split);
    if (splits != (subset != CORNU__SUBSET_ALL))
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "validation_split and subset go together");
    if (seed < -1 || seed > UINT32_MAX)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "seed is %lld; wanted CORNU_NONE or 0 to %lld",
                           (long long)seed, (long long)UINT32_MAX);
    if (splits && shuffle && seed == -1)
        return cornu__fail(
            CORNU_ERROR_INVALID_ARGUMENT,
            "a validation_split of shuffled files wants a seed, the same for both subsets, so that no file "
            "is in both");
    return CORNU_OK;
}

cornu_status cornu__directory_order(size_t count, bool shuffle, int64_t seed, double validation_split,
                                    const char *subset, int64_t *order, size_t *begin, size_t *end)
{
    cornu__subset part;
    CORNU_TRY(cornu__subset_named(subset, &part));
    CORNU_TRY(check_split(shuffle, seed, validation_split, part));
    cornu__subset_of_list(count, validation_split, part, begin, end);
    for (size_t i = 0; i < count; i++)
        order[i] = (int64_t)i;
    if (shuffle) {
        cornu__numpy_random numpy;
        cornu__numpy_seed(&numpy, seed == -1 ? 0 : (uint32_t)seed);
        cornu__numpy_permutation(&numpy, (int64_t)count, order);
    }
    return CORNU_OK;
}

/* --- Lists of names --- */

typedef struct names {
    char **items;
    size_t count, capacity;
} names;

static cornu_status names_add(names *list, const char *name)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity > 0 ? 2 * list->capacity : FIRST_CAPACITY, size = sizeof *list->items;
        char **items = list->items ? cornu__realloc(list->items, list->capacity * size, capacity * size)
                                   : cornu__alloc_array(capacity, size);
        if (!items)
            return cornu_error_status();
        list->items = items;
        list->capacity = capacity;
    }
    list->items[list->count] = cornu__copy_text(name);
    if (!list->items[list->count])
        return cornu_error_status();
    list->count++;
    return CORNU_OK;
}

static void names_free(names *list)
{
    for (size_t i = 0; i < list->count; i++)
        cornu__free(list->items[i]);
    cornu__free(list->items);
    *list = (names){0};
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void names_sort(names *list)
{
    if (list->count > 0)
        qsort(list->items, list->count, sizeof *list->items, by_bytes);
}

/* "a/b", to cornu__free; NULL with the error set. */
static char *joined(const char *a, const char *b)
{
    cornu__text text = {0};
    cornu__text_add(&text, "%s/%s", a, b);
    return cornu__text_take(&text);
}

/* --- Reading folders --- */

typedef struct scanner {
    const cornu__directory_options *options;
    cornu__directory *directory;
    cornu__directory_finds *finds; /* of the class in hand */
} scanner;

static bool is_folder(const char *path, bool follow_links)
{
    struct stat about;
    int known = follow_links ? stat(path, &about) : lstat(path, &about);
    return known == 0 && S_ISDIR(about.st_mode);
}

/* Reads a folder's entries apart into folders and others; what begins with a dot is passed over. */
static cornu_status read_entries(scanner *self, const char *path, bool follow_links, names *folders, names *files)
{
    DIR *entries = opendir(path);
    if (!entries)
        return cornu__fail(CORNU_ERROR_IO, "cannot read the folder '%s': %m", path);
    cornu_status status = CORNU_OK;
    errno = 0;
    for (struct dirent *entry; status == CORNU_OK && (errno = 0, entry = readdir(entries));) {
        const char *name = entry->d_name;
        if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
            continue;
        if (name[0] == '.' && !self->options->hidden) {
            self->directory->hidden++;
            continue;
        }
        char *whole = joined(path, name);
        if (!whole) {
            status = cornu_error_status();
        } else if (is_folder(whole, follow_links)) {
            status = names_add(folders, whole);
        } else if (files && !is_folder(whole, true)) {
            status = names_add(files, name);
        }
        cornu__free(whole);
    }
    if (status == CORNU_OK && errno != 0)
        status = cornu__fail(CORNU_ERROR_IO, "cannot read the folder '%s': %m", path);
    closedir(entries);
    return status;
}

/* Where `name` has one of the endings, with a dot in front whether they have it or not; -1: nowhere. */
static int ending_of(const char *name, const char *const *endings)
{
    for (int i = 0; endings[i]; i++) {
        size_t before = strlen(name) - strnlen(endings[i], strlen(name));
        bool dotted = strchr(".", endings[i][0]) || (before > 0 && name[before - 1] == '.'); /* "": any name */
        if (dotted && cornu__text_has_ending(name, endings[i]))
            return i;
    }
    return -1;
}

bool cornu__has_ending_of(const char *name, const char *const *endings)
{
    return ending_of(name, endings ? endings : image_endings) >= 0;
}

/* The folders that one lies in, from the class's on: what a link may lead back to. */
typedef struct ancestor {
    const struct ancestor *parent;
    dev_t device;
    ino_t number;
    int depth;
} ancestor;

static bool is_among(const ancestor *folder, const ancestor *above)
{
    for (; above; above = above->parent) {
        if (above->device == folder->device && above->number == folder->number)
            return true;
    }
    return false;
}

/* The folder and all below it, by their whole paths; one that leads back to where it lies is passed over. */
static cornu_status list_folders(scanner *self, const char *path, const ancestor *above, names *all)
{
    names below = {0};
    struct stat about;
    if (stat(path, &about) != 0)
        return cornu__fail(CORNU_ERROR_IO, "cannot read the folder '%s': %m", path);
    ancestor own = {
        .parent = above, .device = about.st_dev, .number = about.st_ino, .depth = above ? above->depth + 1 : 0};
    if (is_among(&own, above))
        return CORNU_OK;
    if (own.depth > MOST_DEPTH)
        return cornu__fail(CORNU_ERROR_LIMIT, "'%s' lies more than %d folders deep", path, MOST_DEPTH);
    CORNU_TRY(names_add(all, path));
    cornu_status status = read_entries(self, path, self->options->follow_links, &below, NULL);
    for (size_t i = 0; status == CORNU_OK && i < below.count; i++)
        status = list_folders(self, below.items[i], &own, all);
    names_free(&below);
    return status;
}

static void count_passed(scanner *self, const char *name)
{
    int ending = self->options->passed_endings ? ending_of(name, self->options->passed_endings) : -1;
    if (ending < 0)
        return;
    self->finds->passed++;
    self->finds->passed_endings |= UINT32_C(1) << ending;
}

/* The files of one folder that count, by their paths below the directory. */
static cornu_status list_files(scanner *self, const char *folder, names *all)
{
    names folders = {0}, files = {0};
    size_t hidden = self->directory->hidden; /* counted when the folders were listed */
    cornu_status status = read_entries(self, folder, true, &folders, &files);
    self->directory->hidden = hidden;
    names_sort(&files);
    const char *below = folder + strlen(self->directory->path) + 1;
    for (size_t i = 0; status == CORNU_OK && i < files.count; i++) {
        if (!cornu__has_ending_of(files.items[i], self->options->endings)) {
            count_passed(self, files.items[i]);
            continue;
        }
        char *name = joined(below, files.items[i]);
        status = name ? names_add(all, name) : cornu_error_status();
        cornu__free(name);
    }
    names_free(&folders);
    names_free(&files);
    return status;
}

/* --- Classes --- */

static cornu_status keep_file(cornu__directory *directory, char *name, size_t class_number)
{
    if (directory->count == directory->capacity) {
        size_t old = directory->capacity, capacity = old > 0 ? 2 * old : FIRST_CAPACITY;
        char **filenames = cornu__realloc(directory->filenames, old * sizeof *filenames, capacity * sizeof *filenames);
        if (!filenames)
            return cornu_error_status();
        directory->filenames = filenames;
        int32_t *classes = cornu__realloc(directory->classes, old * sizeof *classes, capacity * sizeof *classes);
        if (!classes)
            return cornu_error_status();
        directory->classes = classes;
        directory->capacity = capacity;
    }
    directory->filenames[directory->count] = name;
    directory->classes[directory->count++] = (int32_t)class_number;
    return CORNU_OK;
}

static cornu_status list_class(scanner *self, const char *folder, names *files)
{
    names folders = {0};
    cornu_status status = list_folders(self, folder, NULL, &folders);
    names_sort(&folders);
    for (size_t i = 0; status == CORNU_OK && i < folders.count; i++)
        status = list_files(self, folders.items[i], files);
    names_free(&folders);
    return status;
}

static void cut_class(const cornu__directory_options *options, size_t count, size_t *begin, size_t *end)
{
    size_t validation = (size_t)(options->validation_split * (double)count);
    *begin = options->subset == CORNU__SUBSET_TRAINING ? validation : 0;
    *end = options->subset == CORNU__SUBSET_VALIDATION ? validation : count;
}

static cornu_status scan_class(scanner *self, size_t class_number)
{
    const char *name = self->directory->class_names[class_number];
    char *folder = joined(self->directory->path, name);
    if (!folder)
        return cornu_error_status();
    names files = {0};
    cornu_status status = CORNU_OK;
    self->finds = &self->directory->finds[class_number];
    if (!is_folder(folder, true) && strcmp(name, ".") == 0)
        status = cornu__fail(CORNU_ERROR_IO, "there is no folder '%s'", self->directory->path);
    else if (!is_folder(folder, true))
        status = cornu__fail(CORNU_ERROR_DATA, "class '%s' has no folder in '%s'", name, self->directory->path);
    else
        status = list_class(self, folder, &files);
    self->finds->count = files.count;
    size_t begin, end;
    cut_class(self->options, files.count, &begin, &end);
    for (size_t i = begin; status == CORNU_OK && i < end; i++) {
        status = keep_file(self->directory, files.items[i], class_number);
        if (status == CORNU_OK)
            files.items[i] = NULL; /* it is the directory's now */
    }
    names_free(&files);
    cornu__free(folder);
    return status;
}

/* A class that is there twice would have all its files twice, under two numbers. */
static cornu_status check_different(const names *classes)
{
    char **sorted = cornu__alloc_array(classes->count, sizeof *sorted);
    if (!sorted)
        return cornu_error_status();
    names copy = {.items = sorted, .count = classes->count};
    for (size_t i = 0; i < classes->count; i++)
        sorted[i] = classes->items[i];
    names_sort(&copy);
    cornu_status status = CORNU_OK;
    for (size_t i = 1; status == CORNU_OK && i < copy.count; i++) {
        if (strcmp(sorted[i - 1], sorted[i]) == 0)
            status = cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "class '%s' is given twice", sorted[i]);
    }
    cornu__free(sorted);
    return status;
}

/* The names of the classes: given, or of the sub-folders. */
static cornu_status name_classes(scanner *self)
{
    cornu__directory *directory = self->directory;
    names folders = {0}, classes = {0};
    cornu_status status = CORNU_OK;
    for (size_t i = 0; self->options->classes && status == CORNU_OK && i < self->options->class_count; i++)
        status = names_add(&classes, self->options->classes[i]);
    if (self->options->classes && status == CORNU_OK)
        status = check_different(&classes);
    if (!self->options->classes) {
        status = read_entries(self, directory->path, true, &folders, NULL);
        for (size_t i = 0; status == CORNU_OK && i < folders.count; i++)
            status = names_add(&classes, folders.items[i] + strlen(directory->path) + 1);
        names_sort(&classes);
    }
    names_free(&folders);
    directory->class_names = classes.items;
    directory->class_count = classes.count;
    if (status == CORNU_OK && classes.count == 0)
        status = cornu__fail(CORNU_ERROR_DATA, "'%s' has no sub-folder, and so no class", directory->path);
    return status;
}

static cornu_status begin(cornu__directory *directory, const char *path)
{
    if (!path || path[0] == '\0')
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "cannot read a folder without a name");
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/')
        length--;
    cornu__text text = {0};
    cornu__text_add_bytes(&text, path, length);
    directory->path = cornu__text_take(&text);
    directory->filenames = cornu__alloc(0);
    directory->classes = cornu__alloc(0);
    return directory->path && directory->filenames && directory->classes ? CORNU_OK : cornu_error_status();
}

cornu_status cornu__directory_scan(cornu__directory *directory, const char *path,
                                   const cornu__directory_options *options)
{
    *directory = (cornu__directory){0};
    scanner self = {.options = options, .directory = directory};
    bool splits = options->subset != CORNU__SUBSET_ALL;
    if (splits && !(options->validation_split > 0 && options->validation_split < 1))
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "a subset wants a validation_split between 0 and 1, not %g",
                           options->validation_split);
    cornu_status status = begin(directory, path);
    if (status == CORNU_OK)
        status = name_classes(&self);
    if (status == CORNU_OK) {
        directory->finds = cornu__alloc_array(directory->class_count, sizeof *directory->finds);
        status = directory->finds ? CORNU_OK : cornu_error_status();
    }
    for (size_t i = 0; status == CORNU_OK && i < directory->class_count; i++)
        status = scan_class(&self, i);
    if (status != CORNU_OK)
        cornu__directory_free(directory);
    return status;
}

void cornu__directory_free(cornu__directory *directory)
{
    for (size_t i = 0; i < directory->class_count; i++)
        cornu__free(directory->class_names[i]);
    for (size_t i = 0; i < directory->count; i++)
        cornu__free(directory->filenames[i]);
    cornu__free(directory->class_names);
    cornu__free(directory->filenames);
    cornu__free(directory->classes);
    cornu__free(directory->finds);
    cornu__free(directory->path);
    *directory = (cornu__directory){0};
}

size_t cornu__directory_class_size(const cornu__directory *directory, size_t class_number)
{
    size_t size = 0;
    for (size_t i = 0; i < directory->count; i++)
        size += directory->classes[i] == (int32_t)class_number;
    return size;
}
