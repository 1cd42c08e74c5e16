/* dataset_text_lines.c: the lines of files as samples. */
#include <string.h>

#include <cornu/text_dataset.h>

#include "base/memory.h"
#include "data/dataset.h"
#include "data/dataset_shards.h"
#include "data/stages.h"
#include "format/lines.h"

static void lines_release(void *state)
{
    cornu__record_file *self = state;
    cornu__record_file_close(self);
    cornu__free(self);
}

static cornu_status copy_line(cornu__cursor *cursor, cornu_sample *sample)
{
    const char *line;
    size_t length;
    CORNU_TRY(cornu__lines_read(cursor, &line, &length));
    void *to = cornu_sample_resize(sample, 0, (int64_t)length);
    if (!to)
        return cornu_error_status();
    memcpy(to, line, length);
    return CORNU_OK;
}

static cornu_status read_line(void *state, int64_t index, cornu_sample *sample)
{
    cornu__record_file *self = state;
    cornu_stage before = cornu__stage_enter(CORNU_STAGE_READ);
    cornu__cursor *cursor = cornu__record_file_find(self, index);
    cornu_status status = cursor ? copy_line(cursor, sample) : cornu_error_status();
    if (cursor)
        cornu__record_file_give_back(self, cursor, status);
    cornu__stage_enter(before);
    return status;
}

static cornu_dataset *create(cornu__record_file *self)
{
    static const cornu_field text = {.name = "text", .dtype = CORNU_UINT8, .rank = 1, .shape = {CORNU_NONE}};
    bool random_access = self->file.random_access;
    return cornu_dataset_create(.name = self->file.path, .count = self->count, .field_count = 1, .fields = &text,
                                .read = read_line, .state = self, .release = lines_release,
                                .random_access = random_access, .thread_safe = random_access);
}

static cornu_dataset *open_shard(const char *path, const void *options, const cornu_dataset *first)
{
    (void)options;
    (void)first;
    cornu__record_file *self = cornu__alloc(sizeof *self);
    if (!self)
        return NULL;
    if (cornu__record_file_open(self, path, &cornu__lines_format, NULL) != CORNU_OK) {
        cornu__free(self);
        return NULL;
    }
    cornu_dataset *dataset = cornu__record_file_index(self) == CORNU_OK ? create(self) : NULL;
    if (!dataset)
        lines_release(self);
    return dataset;
}

cornu_dataset *cornu_lines_dataset(const char *path)
{
    return cornu__dataset_of_shards("lines_dataset", path, open_shard, NULL);
}
