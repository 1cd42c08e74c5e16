/* dataset_text_folder.c: cornu_text_dataset_from_directory: a folder of texts as Keras 3 reads it. */
#include <string.h>

#include <cornu/text_dataset.h>

#include "base/folder.h"
#include "base/memory.h"
#include "base/options.h"
#include "base/text.h"
#include "data/dataset.h"
#include "data/file_labels.h"
#include "data/stages.h"
#include "format/limits.h"
#include "format/stream.h"

#define FIRST_PIECE 4096

typedef cornu_text_dataset_from_directory_options options_type;

typedef enum label_mode { NO_LABEL, INT_LABEL, BINARY_LABEL, CATEGORICAL_LABEL } label_mode;

typedef struct folder {
    cornu__directory directory;
    int64_t *order; /* file number of a sample */
    char **paths;   /* of each file */
    size_t begin, end;
    label_mode mode;
    int64_t max_length;
} folder;

static void folder_release(void *state)
{
    folder *self = state;
    for (size_t i = 0; self->paths && i < self->directory.count; i++)
        cornu__free(self->paths[i]);
    cornu__free(self->paths);
    cornu__directory_free(&self->directory);
    cornu__free(self->order);
    cornu__free(self);
}

/* --- Reading --- */

/* The bytes of a stream into a field whose size nobody knows before. */
static cornu_status read_stream(const folder *self, cornu__stream *stream, cornu_sample *sample)
{
    uint64_t most = self->max_length == CORNU_NONE ? cornu__max_read_bytes() : (uint64_t)self->max_length;
    uint64_t room = most < FIRST_PIECE ? most : FIRST_PIECE, length = 0, got;
    char *bytes = cornu__alloc_uninitialized(room + 1);
    cornu_status status = bytes ? CORNU_OK : CORNU_ERROR_OUT_OF_MEMORY;
    while (status == CORNU_OK) {
        status = cornu__stream_read_some(stream, bytes + length, room - length, &got);
        length += got;
        if (status != CORNU_OK || length < room || room == most)
            break;
        uint64_t larger = room > most / 2 ? most : 2 * room;
        char *grown = cornu__realloc(bytes, length, larger + 1);
        status = grown ? CORNU_OK : CORNU_ERROR_OUT_OF_MEMORY;
        bytes = grown ? grown : bytes;
        room = grown ? larger : room;
    }
    if (status == CORNU_OK && length == most && self->max_length == CORNU_NONE)
        status = cornu__check_read_size(stream->name, most + 1);
    void *to = status == CORNU_OK ? cornu_sample_resize(sample, 0, (int64_t)length) : NULL;
    if (to && length > 0)
        memcpy(to, bytes, length);
    else if (status == CORNU_OK && !to)
        status = cornu_error_status();
    cornu__free(bytes);
    return status;
}

static cornu_status read_text(const folder *self, size_t file, cornu_sample *sample)
{
    cornu__stream stream;
    CORNU_TRY(cornu__stream_open(&stream, self->paths[file]));
    cornu_status status = read_stream(self, &stream, sample);
    cornu__stream_close(&stream);
    return status;
}

static void write_label(const folder *self, int32_t class_number, void *to)
{
    float *row = to;
    if (self->mode == INT_LABEL) {
        *(int32_t *)to = class_number;
        return;
    }
    if (self->mode == BINARY_LABEL) {
        row[0] = (float)class_number;
        return;
    }
    memset(row, 0, self->directory.class_count * sizeof *row);
    row[class_number] = 1;
}

static size_t file_of(const folder *self, int64_t index)
{
    return (size_t)self->order[self->begin + (size_t)index];
}

static const char *file_name(void *state, int64_t index)
{
    const folder *self = state;
    return self->paths[file_of(self, index)];
}

static cornu_status read_file(void *state, int64_t index, cornu_sample *sample)
{
    const folder *self = state;
    size_t file = file_of(self, index);
    if (self->mode != NO_LABEL && cornu_sample_wants(sample, 1))
        write_label(self, self->directory.classes[file], cornu_sample_data(sample, 1));
    if (!cornu_sample_wants(sample, 0))
        return CORNU_OK;
    cornu_stage before = cornu__stage_enter(CORNU_STAGE_READ);
    cornu_status status = read_text(self, file, sample);
    cornu__stage_enter(before);
    return status;
}

/* --- Opening --- */

static cornu_status find_mode(const options_type *given, label_mode *mode)
{
    static const char *const names[] = {"int", "binary", "categorical"};
    static const label_mode modes[] = {INT_LABEL, BINARY_LABEL, CATEGORICAL_LABEL};
    *mode = NO_LABEL;
    if (given->labels && strcmp(given->labels, "inferred") != 0)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "labels is '%s'; wanted 'inferred' or NULL; labels of your own go into file_labels",
                           given->labels);
    if (given->class_names && (!given->labels || given->file_labels))
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "class_names goes with .labels = \"inferred\" only");
    CORNU_TRY(cornu__file_labels_check(given->file_labels, given->file_label_count));
    if (!given->label_mode || (!given->labels && !given->file_labels))
        return CORNU_OK;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(given->label_mode, names[i]) == 0) {
            *mode = modes[i];
            return CORNU_OK;
        }
    }
    const char *nearest = cornu__text_nearest(given->label_mode, names, 3);
    return cornu__fail(
        CORNU_ERROR_UNKNOWN_NAME, "there is no label_mode '%s'; wanted 'int', 'binary', 'categorical' or NULL%s%s%s",
        given->label_mode, nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
}

static cornu_status list_files(folder *self, const char *path, const options_type *given)
{
    static const char *const endings[] = {".txt", NULL};
    static const char *const whole[] = {"."}; /* one class: the folder itself */
    bool inferred = given->labels && !given->file_labels;
    cornu__directory_options wanted = {.classes = inferred ? given->class_names : whole,
                                       .class_count = inferred ? 0 : 1,
                                       .endings = endings,
                                       .follow_links = given->follow_links};
    while (inferred && given->class_names && given->class_names[wanted.class_count])
        wanted.class_count++;
    CORNU_TRY(cornu__directory_scan(&self->directory, path, &wanted));
    return given->file_labels && self->mode != NO_LABEL
               ? cornu__directory_set_labels(&self->directory, given->file_labels, given->file_label_count,
                                             given->label_mode)
               : CORNU_OK;
}

static cornu_status make_paths(folder *self)
{
    const cornu__directory *directory = &self->directory;
    self->paths = cornu__alloc_array(directory->count, sizeof *self->paths);
    if (!self->paths)
        return CORNU_ERROR_OUT_OF_MEMORY;
    for (size_t i = 0; i < directory->count; i++) {
        self->paths[i] = cornu__path_below(directory->path, directory->filenames[i]);
        if (!self->paths[i])
            return cornu_error_status();
    }
    return CORNU_OK;
}

static cornu_status choose_files(folder *self, const options_type *given)
{
    size_t count = self->directory.count;
    if (self->mode == BINARY_LABEL && self->directory.class_count != 2)
        return cornu__fail(CORNU_ERROR_DATA, "label_mode 'binary' wants 2 classes, and '%s' has %zu",
                           self->directory.path, self->directory.class_count);
    self->order = cornu__alloc_array(count, sizeof *self->order);
    if (!self->order)
        return CORNU_ERROR_OUT_OF_MEMORY;
    CORNU_TRY(cornu__directory_order(count, given->shuffle, given->seed, given->validation_split, given->subset,
                                     self->order, &self->begin, &self->end));
    if (self->begin < self->end)
        return make_paths(self);
    return cornu__fail(CORNU_ERROR_DATA, "'%s' has no texts%s (of %zu files that end in .txt)", self->directory.path,
                       given->subset ? " for this subset" : "", count);
}

static cornu_dataset *create(folder *self)
{
    const cornu__directory *directory = &self->directory;
    int64_t classes = (int64_t)directory->class_count;
    bool known = cornu__are_class_numbers(directory->classes, directory->count, directory->class_count);
    cornu_field fields[] = {{.name = "text", .dtype = CORNU_UINT8, .rank = 1, .shape = {CORNU_NONE}},
                            {.name = "label",
                             .dtype = self->mode == INT_LABEL ? CORNU_INT32 : CORNU_FLOAT32,
                             .rank = self->mode == INT_LABEL ? 0 : 1,
                             .shape = {self->mode == CATEGORICAL_LABEL ? classes : 1},
                             .num_classes = known ? classes : 0,
                             .class_names = (const char *const *)directory->class_names}};
    return cornu_dataset_create(.name = directory->path, .count = (int64_t)(self->end - self->begin),
                                .field_count = self->mode == NO_LABEL ? 1 : 2, .fields = fields, .read = read_file,
                                .sample_name = file_name, .state = self, .release = folder_release,
                                .thread_safe = true);
}

cornu_dataset *cornu_text_dataset_from_directory_with(const char *path, const options_type *options)
{
    options_type given = {.struct_size = sizeof given, CORNU_TEXT_DATASET_FROM_DIRECTORY_DEFAULTS};
    cornu__options_lay(&given, sizeof given, options);
    if (given.max_length != CORNU_NONE && given.max_length < 0)
        return cornu__fail_null(
            CORNU_ERROR_INVALID_ARGUMENT,
            "text_dataset_from_directory: max_length is %lld; wanted CORNU_NONE or a number of bytes",
            (long long)given.max_length);
    folder *self = cornu__alloc(sizeof *self);
    if (!self)
        return NULL;
    self->max_length = given.max_length;
    cornu_status status = find_mode(&given, &self->mode);
    if (status == CORNU_OK)
        status = list_files(self, path, &given);
    if (status == CORNU_OK)
        status = choose_files(self, &given);
    cornu_dataset *dataset = status == CORNU_OK ? create(self) : NULL;
    if (!dataset) {
        cornu__fail_context("text_dataset_from_directory");
        folder_release(self);
    }
    return dataset;
}
