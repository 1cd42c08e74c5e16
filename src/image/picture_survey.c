/* picture_survey.c: listing a tree of pictures. */
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "data/directory.h"
#include "image/decode.h"
#include "image/picture_survey_check.h"

#define FIRST_CAPACITY 64
#define SNIFFED_BYTES 16

/* A sentence about an entry, kept. */
static char *sentence(const char *format, const char *path, const char *why)
{
    cornu__text text = {0};
    cornu__text_add(&text, format, path, why);
    return cornu__text_take(&text);
}

/* --- Growing --- */

/* *items := room for one more of `count` items of `size`. */
static cornu_status grow(void **items, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity)
        return CORNU_OK;
    size_t larger = *capacity > 0 ? 2 * *capacity : FIRST_CAPACITY;
    void *block = *items ? cornu__realloc(*items, *capacity * size, larger * size) : cornu__alloc_array(larger, size);
    if (!block)
        return cornu_error_status();
    *items = block;
    *capacity = larger;
    return CORNU_OK;
}

static cornu_status add_class(cornu__survey *survey, const char *name)
{
    void *classes = survey->classes;
    cornu_status status = grow(&classes, survey->class_count, &survey->class_capacity, sizeof *survey->classes);
    survey->classes = classes;
    CORNU_TRY(status);
    char *copy = cornu__copy_text(name);
    if (!copy)
        return cornu_error_status();
    survey->classes[survey->class_count++] = (cornu__survey_class){.name = copy};
    return CORNU_OK;
}

/* Adds the entry; `problem` (which it takes over) may be NULL. */
static cornu_status add_file(cornu__survey *survey, const char *path, cornu__survey_place place, bool in_class,
                             char *problem)
{
    void *files = survey->files;
    cornu_status status = grow(&files, survey->count, &survey->capacity, sizeof *survey->files);
    survey->files = files;
    const char *below = path + strlen(survey->path);
    char *name = status == CORNU_OK ? cornu__copy_text(below + strspn(below, "/")) : NULL;
    if (!name) {
        cornu__free(problem);
        return cornu_error_status();
    }
    survey->files[survey->count++] = (cornu__surveyed){.name = name,
                                                       .place = place,
                                                       .class_number = in_class ? (int32_t)survey->class_count - 1 : -1,
                                                       .problem = problem};
    return CORNU_OK;
}

/* --- What an entry is --- */

/* By its first bytes; a file that cannot be read is none. */
static bool is_picture(const char *path)
{
    uint8_t bytes[SNIFFED_BYTES];
    struct stat about;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0)
        return false;
    ssize_t size = fstat(descriptor, &about) == 0 && S_ISREG(about.st_mode) ? read(descriptor, bytes, sizeof bytes) : 0;
    close(descriptor);
    return size > 0 && cornu__picture_kind(bytes, (size_t)size);
}

static cornu_status list_file(cornu__survey *survey, const FTSENT *entry)
{
    bool in_class = entry->fts_level > 1;
    if (cornu__picture_kind_promised(entry->fts_name))
        return add_file(survey, entry->fts_path, in_class ? CORNU__SURVEY_PICTURE : CORNU__SURVEY_LOOSE, in_class,
                        NULL);
    if (is_picture(entry->fts_path))
        return add_file(survey, entry->fts_path, CORNU__SURVEY_ENDING, in_class, NULL);
    survey->others++;
    return CORNU_OK;
}

static cornu_status list_unreadable(cornu__survey *survey, const FTSENT *entry)
{
    bool folder = entry->fts_info == FTS_DNR;
    if (entry->fts_level == 0)
        return cornu__fail(CORNU_ERROR_IO, "cannot read the folder '%s': %s", survey->path, strerror(entry->fts_errno));
    char *problem = sentence(folder ? "cannot read the folder '%s': %s" : "cannot read '%s': %s", entry->fts_path,
                             strerror(entry->fts_errno));
    if (!problem)
        return cornu_error_status();
    return add_file(survey, entry->fts_path, CORNU__SURVEY_OTHER, entry->fts_level > 1 || folder, problem);
}

/* Classes may be links, as files may; folders below a class only where that is wanted. */
static cornu_status list_link(cornu__survey *survey, const cornu__survey_options *options, FTS *tree, FTSENT *entry)
{
    struct stat about;
    bool folder = stat(entry->fts_path, &about) == 0 && S_ISDIR(about.st_mode);
    if (!folder)
        return list_file(survey, entry);
    if (entry->fts_level == 1 || options->follow_links)
        fts_set(tree, entry, FTS_FOLLOW);
    else
        survey->links++;
    return CORNU_OK;
}

static cornu_status list_entry(cornu__survey *survey, const cornu__survey_options *options, FTS *tree, FTSENT *entry)
{
    bool leaves = entry->fts_info == FTS_DP;
    if (entry->fts_level > 0 && entry->fts_name[0] == '.' && !leaves) {
        survey->hidden++;
        fts_set(tree, entry, FTS_SKIP);
        return CORNU_OK;
    }
    switch (entry->fts_info) {
    case FTS_D:
        return entry->fts_level == 1 ? add_class(survey, entry->fts_name) : CORNU_OK;
    case FTS_DP:
        return CORNU_OK;
    case FTS_DC: /* a link back to where it lies */
        survey->links++;
        return CORNU_OK;
    case FTS_DNR:
    case FTS_NS:
    case FTS_ERR:
        return list_unreadable(survey, entry);
    case FTS_SL:
        return list_link(survey, options, tree, entry);
    default:
        return list_file(survey, entry);
    }
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

static cornu_status list(cornu__survey *survey, const cornu__survey_options *options)
{
    char *roots[] = {survey->path, NULL};
    FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR, by_name);
    if (!tree)
        return cornu__fail(CORNU_ERROR_IO, "cannot read the folder '%s': %m", survey->path);
    cornu_status status = CORNU_OK;
    FTSENT *entry;
    while (status == CORNU_OK && (errno = 0, entry = fts_read(tree)) != NULL)
        status = list_entry(survey, options, tree, entry);
    if (status == CORNU_OK && errno != 0)
        status = cornu__fail(CORNU_ERROR_IO, "cannot read the folder '%s': %m", survey->path);
    fts_close(tree);
    return status;
}

/* --- Sums --- */

/* How far a name below the folder goes until its second '/': class and folder below it. 0: it lies in the class itself. */
static size_t nested_length(const char *name)
{
    const char *first = strchr(name, '/'), *second = first ? strchr(first + 1, '/') : NULL;
    return second ? (size_t)(second - name) : 0;
}

/* The files of a class stand behind one another, and so do those of each folder in it. */
static void sum_up(cornu__survey *survey)
{
    size_t folder = 0;
    const char *previous = NULL;
    int64_t folders = 0;
    bool direct = false;
    for (size_t i = 0; i < survey->count; i++) {
        const cornu__surveyed *file = &survey->files[i];
        survey->bad += file->problem != NULL;
        survey->remarks += file->remark != NULL;
        if (file->place != CORNU__SURVEY_PICTURE)
            continue;
        cornu__survey_class *class = &survey->classes[file->class_number];
        if (class->pictures == 0) {
            previous = NULL;
            folders = 0;
            direct = false;
        }
        class->pictures++;
        class->bad += file->problem != NULL;
        folder = nested_length(file->name);
        direct = direct || folder == 0;
        if (folder > 0 && !(previous && strncmp(previous, file->name, folder + 1) == 0))
            folders++;
        previous = file->name;
        class->nested = !direct && folders > 1;
    }
}

static cornu_status begin(cornu__survey *survey, const char *path)
{
    *survey = (cornu__survey){0};
    struct stat about;
    if (stat(path, &about) != 0)
        return cornu__fail(CORNU_ERROR_IO, "cannot read the folder '%s': %m", path);
    if (!S_ISDIR(about.st_mode))
        return cornu__fail(CORNU_ERROR_IO, "cannot read '%s' as a folder: it is none", path);
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/')
        length--;
    cornu__text text = {0};
    cornu__text_add_bytes(&text, path, length);
    survey->path = cornu__text_take(&text);
    return survey->path ? CORNU_OK : cornu_error_status();
}

cornu_status cornu__survey_make(cornu__survey *survey, const char *path, const cornu__survey_options *options)
{
    CORNU_TRY(begin(survey, path));
    cornu_status status = list(survey, options);
    if (status == CORNU_OK)
        status = cornu__survey_check(survey, options);
    if (status == CORNU_OK)
        sum_up(survey);
    else
        cornu__survey_free(survey);
    return status;
}

void cornu__survey_free(cornu__survey *survey)
{
    for (size_t i = 0; i < survey->class_count; i++)
        cornu__free(survey->classes[i].name);
    for (size_t i = 0; i < survey->count; i++) {
        cornu__free(survey->files[i].name);
        cornu__free(survey->files[i].problem);
        cornu__free(survey->files[i].remark);
    }
    cornu__free(survey->classes);
    cornu__free(survey->files);
    cornu__free(survey->path);
    *survey = (cornu__survey){0};
}
