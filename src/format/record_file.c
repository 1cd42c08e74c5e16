/* record_file.c: records of a file, found again. */
#include <string.h>

#include "base/memory.h"
#include "format/limits.h"
#include "format/record_file.h"

#define FIRST_MARKS 64

cornu_status cornu__record_file_open(cornu__record_file *self, const char *path, const cornu__record_format *format,
                                     const void *settings)
{
    *self = (cornu__record_file){.format = format, .settings = settings, .step = 1};
    CORNU_TRY(cornu__bytes_open(&self->file, path));
    pthread_mutex_init(&self->lock, NULL);
    return CORNU_OK;
}

static void cursor_free(cornu__cursor *cursor)
{
    if (cursor->scratch && cursor->of->format->free_scratch)
        cursor->of->format->free_scratch(cursor->scratch);
    cornu__free(cursor->scratch);
    cornu__window_close(&cursor->window);
    cornu__free(cursor);
}

void cornu__record_file_close(cornu__record_file *self)
{
    while (self->idle) {
        cornu__cursor *cursor = self->idle;
        self->idle = cursor->next;
        cursor_free(cursor);
    }
    cornu__free(self->marks);
    pthread_mutex_destroy(&self->lock);
    cornu__bytes_close(&self->file);
}

/* --- Marks --- */

/* When the list is full, every second mark goes. */
static void thin_out(cornu__record_file *self)
{
    self->mark_count = (self->mark_count + 1) / 2;
    for (size_t i = 1; i < self->mark_count; i++)
        self->marks[i] = self->marks[2 * i];
    self->step *= 2;
}

static cornu_status grow_marks(cornu__record_file *self)
{
    size_t capacity = self->mark_capacity > 0 ? 2 * self->mark_capacity : FIRST_MARKS, size = sizeof *self->marks;
    cornu__record_mark *marks = self->marks ? cornu__realloc(self->marks, self->mark_capacity * size, capacity * size)
                                            : cornu__alloc_uninitialized(capacity * size);
    if (!marks)
        return CORNU_ERROR_OUT_OF_MEMORY;
    self->marks = marks;
    self->mark_capacity = capacity;
    return CORNU_OK;
}

cornu_status cornu__record_file_count(cornu__record_file *self, cornu__record_mark mark)
{
    if (self->mark_count == CORNU__MAX_RECORD_MARKS && self->count % self->step == 0)
        thin_out(self);
    if (self->count % self->step == 0) {
        if (self->mark_count == self->mark_capacity)
            CORNU_TRY(grow_marks(self));
        self->marks[self->mark_count++] = mark;
    }
    self->count++;
    return CORNU_OK;
}

/* --- Cursors --- */

static cornu__cursor *new_cursor(cornu__record_file *self)
{
    cornu__cursor *cursor = cornu__alloc(sizeof *cursor);
    void *scratch = cursor ? cornu__alloc(self->format->scratch_size) : NULL;
    if (!scratch) {
        cornu__free(cursor);
        return NULL;
    }
    cursor->of = self;
    cursor->scratch = scratch;
    cursor->line = 1;
    cornu__window_open(&cursor->window, &self->file);
    return cursor;
}

cornu__cursor *cornu__record_file_begin(cornu__record_file *self)
{
    return new_cursor(self);
}

static cornu_status count_all(cornu__record_file *self, cornu__cursor *cursor)
{
    for (bool more = true;;) {
        cornu__record_mark mark = cornu__cursor_mark(cursor);
        CORNU_TRY(self->format->skip(cursor, &more));
        if (!more)
            return CORNU_OK;
        CORNU_TRY(cornu__record_file_count(self, mark));
        cornu__cursor_passed(cursor);
    }
}

cornu_status cornu__record_file_index(cornu__record_file *self)
{
    cornu__cursor *cursor = cornu__record_file_begin(self);
    cornu_status status = cursor ? count_all(self, cursor) : CORNU_ERROR_OUT_OF_MEMORY;
    if (cursor)
        cornu__record_file_give_back(self, cursor, status);
    return status;
}

/* Whether `a` is the better one for that record: behind which less is left to step over. */
static bool is_nearer(const cornu__cursor *a, const cornu__cursor *b, int64_t number)
{
    if ((a->number <= number) != (b->number <= number))
        return a->number <= number;
    return a->number > b->number;
}

/* Takes the best of the idle ones out of their list; NULL: there is none. */
static cornu__cursor *take_idle(cornu__record_file *self, int64_t number)
{
    pthread_mutex_lock(&self->lock);
    cornu__cursor **best = &self->idle;
    for (cornu__cursor **other = &self->idle; *other; other = &(*other)->next) {
        if (is_nearer(*other, *best, number))
            best = other;
    }
    cornu__cursor *cursor = *best;
    if (cursor)
        *best = cursor->next;
    pthread_mutex_unlock(&self->lock);
    return cursor;
}

/* One that stands at no record: what the file begins with may be a header. */
static cornu__cursor *unplaced_cursor(cornu__record_file *self)
{
    cornu__cursor *cursor = new_cursor(self);
    if (cursor)
        cursor->number = -1;
    return cursor;
}

static cornu_status go_to(cornu__cursor *cursor, int64_t number)
{
    const cornu__record_file *self = cursor->of;
    int64_t marked = number / self->step * self->step;
    if (cursor->number > number || cursor->number < marked) {
        const cornu__record_mark *mark = &self->marks[number / self->step];
        cornu__window_seek(&cursor->window, mark->offset);
        cursor->number = marked;
        cursor->line = mark->line;
    }
    for (bool more = true; cursor->number < number; cursor->number++) {
        CORNU_TRY(self->format->skip(cursor, &more));
        if (!more)
            return cornu__fail(CORNU_ERROR_IO, "'%s' was changed while it was read: record %lld is not there",
                               self->file.path, (long long)cursor->number);
    }
    return CORNU_OK;
}

cornu__cursor *cornu__record_file_find(cornu__record_file *self, int64_t number)
{
    if (number < 0 || number >= self->count)
        return cornu__fail_null(CORNU_ERROR_INVALID_ARGUMENT, "'%s' has %lld records, so no record %lld",
                                self->file.path, (long long)self->count, (long long)number);
    cornu__cursor *cursor = take_idle(self, number);
    if (!cursor)
        cursor = unplaced_cursor(self);
    if (cursor && go_to(cursor, number) != CORNU_OK) {
        cursor_free(cursor);
        return NULL;
    }
    return cursor;
}

void cornu__record_file_give_back(cornu__record_file *self, cornu__cursor *cursor, cornu_status status)
{
    if (status != CORNU_OK) {
        cursor_free(cursor);
        return;
    }
    pthread_mutex_lock(&self->lock);
    cursor->next = self->idle;
    self->idle = cursor;
    pthread_mutex_unlock(&self->lock);
}
