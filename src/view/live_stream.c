/* live_stream.c: a page's stream of messages. */
#include <string.h>

#include "base/memory.h"
#include "view/live_stream.h"

#define BLOCK 8192

typedef struct cornu__live_stream {
    struct cornu__live_stream *next, *before;
    cornu__live_streams *streams;
    struct MHD_Connection *connection;
    cornu__live_cursor cursor;
    cornu__text text; /* what is being sent */
    size_t sent;
    double spoken; /* when something was said last */
    bool sleeps, told_end;
} stream;

static bool has_news(const stream *self)
{
    return self->cursor.version != self->streams->record->version;
}

/* The next text to send; false: there is nothing to say now. A page that does not take what it is told gets what has come meanwhile in one. */
static bool next_text(stream *self)
{
    const cornu__live_record *record = self->streams->record;
    bool first = self->cursor.version == 0, news = has_news(self);
    double now = *self->streams->now;
    cornu__text_free(&self->text);
    self->sent = 0;
    if (!news && now - self->spoken < CORNU__LIVE_KEEP_ALIVE_SECONDS)
        return false;
    self->spoken = now;
    cornu__text_add(&self->text, "%s%s", first ? "retry: 1000\n" : "", news ? "data: " : ":\n\n");
    if (!news)
        return true;
    cornu__live_message(&self->text, record, &self->cursor);
    cornu__text_add(&self->text, "\n\n");
    self->told_end = cornu__live_state_is_final(record->state);
    return true;
}

static ssize_t read_stream(void *state, uint64_t position, char *buffer, size_t most)
{
    stream *self = state;
    (void)position;
    if (self->sent == self->text.length) {
        if (self->told_end)
            return MHD_CONTENT_READER_END_OF_STREAM;
        if (!next_text(self)) {
            self->sleeps = true;
            MHD_suspend_connection(self->connection);
            return 0;
        }
        if (self->text.failed)
            return MHD_CONTENT_READER_END_WITH_ERROR;
    }
    size_t left = self->text.length - self->sent, count = left < most ? left : most;
    memcpy(buffer, self->text.data + self->sent, count);
    self->sent += count;
    return (ssize_t)count;
}

static void end_stream(void *state)
{
    stream *self = state;
    if (self->before)
        self->before->next = self->next;
    else
        self->streams->first = self->next;
    if (self->next)
        self->next->before = self->before;
    cornu__text_free(&self->text);
    cornu__free(self);
}

struct MHD_Response *cornu__live_stream_response(cornu__live_streams *streams, struct MHD_Connection *connection)
{
    stream *self = cornu__alloc(sizeof *self);
    struct MHD_Response *response =
        self ? MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK, read_stream, self, end_stream) : NULL;
    if (!response) {
        cornu__free(self);
        return NULL;
    }
    self->streams = streams;
    self->connection = connection;
    self->spoken = *streams->now;
    self->next = streams->first;
    if (self->next)
        self->next->before = self;
    streams->first = self;
    return response;
}

void cornu__live_streams_wake(cornu__live_streams *streams, bool all)
{
    for (stream *each = streams->first; each; each = each->next) {
        bool due = *streams->now - each->spoken >= CORNU__LIVE_KEEP_ALIVE_SECONDS;
        if (each->sleeps && (all || due || has_news(each))) {
            each->sleeps = false;
            MHD_resume_connection(each->connection);
        }
    }
}
