/* dataset_tar.c: samples in archives of tar. */
#include <string.h>

#include <cornu/tar.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/options.h"
#include "base/text.h"
#include "data/dataset.h"
#include "data/dataset_shards.h"
#include "data/stages.h"
#include "format/csv_record.h"
#include "format/tar.h"

#define KEY_FIELD "__key__"
#define MOST_KEY_BYTES (64 << 20) /* of names that are kept; samples behind have none */
#define LONGEST_NUMBER 64         /* of a whole number as text, with blanks around */

typedef struct part {
    char *name;       /* of the field */
    char *extensions; /* with a ';' between them */
    bool is_key, is_number;
    bool seen; /* in the sample in hand, while the archive is opened */
} part;

typedef struct archive {
    cornu__record_file file;
    int part_count;
    part *parts;
    bool guesses; /* the first sample is in hand, and tells the fields */
    int64_t left_out;
    cornu__text keys; /* of the samples, each with its NUL */
    size_t *key_begins;
    size_t key_count, key_room;
} archive;

static void archive_release(void *state)
{
    archive *self = state;
    for (int i = 0; i < self->part_count; i++) {
        cornu__free(self->parts[i].name);
        cornu__free(self->parts[i].extensions);
    }
    cornu__free(self->parts);
    cornu__text_free(&self->keys);
    cornu__free(self->key_begins);
    cornu__record_file_close(&self->file);
    cornu__free(self);
}

/* --- Fields --- */

/* Whether one of the extensions, which have ';' between them, is this one. */
static bool has_extension(const char *extensions, const char *extension)
{
    size_t length = strlen(extension);
    for (const char *next = extensions; next; next = strchr(next, ';'), next += next != NULL) {
        if (strncmp(next, extension, length) == 0 && (next[length] == ';' || next[length] == '\0'))
            return true;
    }
    return false;
}

static int find_part(const archive *self, const char *extension)
{
    for (int i = 0; i < self->part_count; i++) {
        if (!self->parts[i].is_key && has_extension(self->parts[i].extensions, extension))
            return i;
    }
    return -1;
}

static bool is_number(const char *extensions)
{
    static const char *const numbers[] = {"cls", "cls2", "class", "count", "index", "inx", "id"};
    size_t length = strcspn(extensions, ";");
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        if (strlen(numbers[i]) == length && strncmp(numbers[i], extensions, length) == 0)
            return true;
    }
    return false;
}

static char *copy_bytes(const char *text, size_t length)
{
    char *copy = cornu__alloc(length + 1);
    if (copy)
        memcpy(copy, text, length);
    return copy;
}

/* A field as the program says it: "image=jpg;png", "jpg". */
static cornu_status add_part(archive *self, const char *text)
{
    size_t count = (size_t)self->part_count;
    part *parts = self->parts ? cornu__realloc(self->parts, count * sizeof *parts, (count + 1) * sizeof *parts)
                              : cornu__alloc_array(1, sizeof *parts);
    if (!parts)
        return CORNU_ERROR_OUT_OF_MEMORY;
    self->parts = parts;
    const char *equals = strchr(text, '='), *extensions = equals ? equals + 1 : text;
    size_t name_length = equals ? (size_t)(equals - text) : strcspn(text, ";");
    if (name_length == 0 || extensions[0] == '\0')
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "tar_dataset: field '%s' wants an extension: \"jpg\", or \"image=jpg;png\"", text);
    parts[count] = (part){.name = copy_bytes(text, name_length),
                          .extensions = cornu__copy_text(extensions),
                          .is_key = strcmp(extensions, KEY_FIELD) == 0,
                          .is_number = is_number(extensions)};
    self->part_count++;
    return parts[count].name && parts[count].extensions ? CORNU_OK : CORNU_ERROR_OUT_OF_MEMORY;
}

/* --- Reading --- */

static cornu_status read_number(const part *of, cornu__cursor *cursor, const cornu__tar_entry *entry, int64_t *number)
{
    char text[LONGEST_NUMBER + 1], *begin = text;
    size_t size = (size_t)entry->size;
    bool is_short = entry->size <= LONGEST_NUMBER;
    if (is_short)
        CORNU_TRY(cornu__tar_read(cursor, text));
    text[is_short ? size : 0] = '\0';
    while (size > 0 && strchr(" \t\r\n", text[size - 1]) && is_short)
        text[--size] = '\0';
    begin += strspn(begin, " \t\r\n");
    if (is_short && cornu__csv_whole(begin, number))
        return CORNU_OK;
    return cornu__fail(CORNU_ERROR_DATA, "'%.100s.%.20s' is no whole number as text%s%.20s%s", entry->key, of->name,
                       is_short ? ": '" : "", is_short ? begin : "", is_short ? "'" : "");
}

static cornu_status read_part(const archive *self, int number, cornu__cursor *cursor, const cornu__tar_entry *entry,
                              cornu_sample *sample)
{
    if (self->parts[number].is_number)
        return read_number(&self->parts[number], cursor, entry, cornu_sample_data(sample, number));
    void *to = cornu_sample_resize(sample, number, (int64_t)entry->size);
    return to ? cornu__tar_read(cursor, to) : cornu_error_status();
}

static cornu_status write_key(const archive *self, const char *key, cornu_sample *sample)
{
    for (int i = 0; i < self->part_count; i++) {
        if (!self->parts[i].is_key || !cornu_sample_wants(sample, i))
            continue;
        size_t length = strlen(key);
        void *to = cornu_sample_resize(sample, i, (int64_t)length);
        if (!to)
            return cornu_error_status();
        memcpy(to, key, length);
    }
    return CORNU_OK;
}

static cornu_status read_entries(const archive *self, cornu__cursor *cursor, cornu_sample *sample)
{
    cornu__tar_entry entry;
    bool more;
    CORNU_TRY(cornu__tar_next(cursor, &entry, &more));
    if (more)
        CORNU_TRY(write_key(self, entry.key, sample));
    while (more) {
        int number = find_part(self, entry.extension);
        bool wanted = number >= 0 && cornu_sample_wants(sample, number);
        CORNU_TRY(wanted ? read_part(self, number, cursor, &entry, sample) : cornu__tar_pass(cursor));
        CORNU_TRY(cornu__tar_next(cursor, &entry, &more));
    }
    return CORNU_OK;
}

static cornu_status read_sample(void *state, int64_t index, cornu_sample *sample)
{
    archive *self = state;
    cornu_stage before = cornu__stage_enter(CORNU_STAGE_READ);
    cornu__cursor *cursor = cornu__record_file_find(&self->file, index);
    cornu_status status = cursor ? read_entries(self, cursor, sample) : cornu_error_status();
    if (cursor)
        cornu__record_file_give_back(&self->file, cursor, status);
    cornu__stage_enter(before);
    return status;
}

static const char *sample_key(void *state, int64_t index)
{
    const archive *self = state;
    return (uint64_t)index < self->key_count ? self->keys.data + self->key_begins[index] : NULL;
}

/* --- Opening --- */

static cornu_status see_entry(void *state, const cornu__tar_entry *entry)
{
    archive *self = state;
    int number = find_part(self, entry->extension);
    if (number < 0 && self->guesses) {
        CORNU_TRY(add_part(self, entry->extension));
        number = self->part_count - 1;
    }
    if (number < 0) {
        self->left_out++;
        return CORNU_OK;
    }
    if (self->parts[number].seen)
        return cornu__fail(CORNU_ERROR_DATA, "'%s': sample '%.100s' has two files for the field '%s'",
                           self->file.file.path, entry->key, self->parts[number].name);
    self->parts[number].seen = true;
    return CORNU_OK;
}

static cornu_status keep_key(archive *self, const char *key)
{
    size_t size = strlen(key) + 1;
    bool all_before = self->key_count == (size_t)self->file.count - 1; /* this one is counted */
    if (!all_before || size > MOST_KEY_BYTES - self->keys.length)
        return CORNU_OK;
    size_t *begins = cornu__grow(self->key_begins, self->key_count, &self->key_room, sizeof *begins);
    if (!begins)
        return CORNU_ERROR_OUT_OF_MEMORY;
    self->key_begins = begins;
    begins[self->key_count++] = self->keys.length;
    cornu__text_add_bytes(&self->keys, key, size);
    return self->keys.failed ? cornu__fail_memory("the names of samples", self->keys.wanted) : CORNU_OK;
}

static cornu_status see_end(void *state, const char *key)
{
    archive *self = state;
    bool guessed = self->guesses;
    self->guesses = false;
    for (int i = 0; i < self->part_count; i++) {
        part *of = &self->parts[i];
        if (!of->is_key && !of->seen)
            return cornu__fail(CORNU_ERROR_DATA, "'%s': sample '%.100s' has no file .%s%s", self->file.file.path, key,
                               of->extensions,
                               guessed ? "" : "; all samples of a dataset have the same fields (.fields says which)");
        of->seen = false;
    }
    return keep_key(self, key);
}

static cornu_status choose_parts(archive *self, const cornu_tar_dataset_options *given, const cornu_dataset *first)
{
    if (first) {
        const archive *other = first->state;
        for (int i = 0; i < other->part_count; i++) {
            cornu__text text = {0};
            cornu__text_add(&text, "%s=%s", other->parts[i].name, other->parts[i].extensions);
            cornu_status status = text.failed ? CORNU_ERROR_OUT_OF_MEMORY : add_part(self, text.data);
            cornu__text_free(&text);
            CORNU_TRY(status);
        }
        return CORNU_OK;
    }
    for (const char *const *field = given->fields; field && *field; field++)
        CORNU_TRY(add_part(self, *field));
    self->guesses = self->part_count == 0;
    return CORNU_OK;
}

static cornu_status index_archive(archive *self)
{
    const char *path = self->file.file.path;
    cornu__tar_visitor visitor = {.entry = see_entry, .end = see_end, .state = self};
    CORNU_TRY(cornu__tar_index(&self->file, &visitor));
    if (visitor.passed_over > 0)
        cornu__warn("%s: %lld links, devices or files without an extension are left out", path,
                    (long long)visitor.passed_over);
    if (self->part_count == 0)
        return cornu__fail(CORNU_ERROR_DATA, "'%s' has no files with an extension, and so no samples", path);
    return CORNU_OK;
}

static cornu_dataset *create(archive *self)
{
    bool random_access = self->file.file.random_access;
    cornu_field *fields = cornu__alloc_array((size_t)self->part_count, sizeof *fields);
    if (!fields)
        return NULL;
    for (int i = 0; i < self->part_count; i++) {
        const part *of = &self->parts[i];
        fields[i] = (cornu_field){.name = of->name,
                                  .dtype = of->is_number ? CORNU_INT64 : CORNU_UINT8,
                                  .rank = of->is_number ? 0 : 1,
                                  .shape = {CORNU_NONE}};
    }
    cornu_dataset *dataset =
        cornu_dataset_create(.name = self->file.file.path, .count = self->file.count, .field_count = self->part_count,
                             .fields = fields, .read = read_sample, .sample_name = sample_key, .state = self,
                             .release = archive_release, .random_access = random_access, .thread_safe = random_access);
    cornu__free(fields);
    return dataset;
}

static cornu_dataset *open_shard(const char *path, const void *options, const cornu_dataset *first)
{
    archive *self = cornu__alloc(sizeof *self);
    if (!self)
        return NULL;
    if (cornu__record_file_open(&self->file, path, &cornu__tar_format, NULL) != CORNU_OK) {
        cornu__free(self);
        return NULL;
    }
    bool opened = choose_parts(self, options, first) == CORNU_OK && index_archive(self) == CORNU_OK;
    cornu_dataset *dataset = opened ? create(self) : NULL;
    if (!dataset)
        archive_release(self);
    return dataset;
}

cornu_dataset *cornu_tar_dataset_with(const char *path, const cornu_tar_dataset_options *options)
{
    cornu_tar_dataset_options given = {.struct_size = sizeof given};
    cornu__options_lay(&given, sizeof given, options);
    return cornu__dataset_of_shards("tar_dataset", path, open_shard, &given);
}
