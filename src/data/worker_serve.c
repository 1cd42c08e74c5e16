/* worker_serve.c: what a worker process does. */
#include <string.h>

#include "data/packed_batch.h"
#include "data/worker_process.h"
#include "data/worker_serve.h"

typedef struct server {
    cornu__source *source;
    cornu__shared_blocks *blocks;
    cornu__slot slot; /* what was made and is to be written */
    bool has_batch;   /* in the slot, not only a state */
    cornu__stage_times times;
} server;

static void note_failure(cornu__answer *answer, cornu_status status)
{
    answer->kind = CORNU__ANSWER_FAILED;
    answer->status = status;
    strncpy(answer->message, cornu_error_message(), sizeof answer->message - 1);
}

static cornu_status make_batch(server *self, int64_t index)
{
    cornu__source *source = self->source;
    CORNU_TRY(source->class->pull(source, &self->slot, index));
    self->has_batch = !self->slot.ended;
    if (!self->has_batch)
        return CORNU_OK;
    cornu_generator *generator = source->generator;
    if (generator->tell_news)
        CORNU_TRY(generator->tell_news(generator->state, &self->slot.news));
    cornu__stage_enter(CORNU_STAGE_COPY);
    return source->class->write(source, &self->slot, index);
}

/* Into the block, if it is large enough; else the program is told how large it must be. */
static cornu_status write_slot(server *self, const cornu__request *request, cornu__answer *answer)
{
    const cornu__ports *ports = &self->source->ports;
    const cornu__batch *batch = self->has_batch ? &self->slot.batch : NULL;
    const cornu__packed_extras extras = {self->slot.state, self->slot.news};
    answer->size = cornu__packed_size(ports, batch, &extras);
    answer->kind = answer->size <= request->size ? CORNU__ANSWER_MADE : CORNU__ANSWER_LARGE;
    if (answer->kind == CORNU__ANSWER_LARGE)
        return CORNU_OK;
    CORNU_TRY(cornu__shared_blocks_map(self->blocks, request->block, request->offset, request->size));
    cornu__pack(self->blocks->blocks[request->block].address, ports, batch, &extras);
    cornu_array_release(self->slot.state);
    cornu_array_release(self->slot.news);
    self->slot.state = self->slot.news = NULL;
    return CORNU_OK;
}

static cornu_status give_batch(server *self, const cornu__request *request, cornu__answer *answer)
{
    cornu__slot_release_given(&self->slot);
    self->times = (cornu__stage_times){0};
    cornu__stage_clock before = cornu__stages_begin(&self->times, CORNU_STAGE_FUNCTION);
    cornu_status status = make_batch(self, request->index);
    cornu__stages_end(before);
    CORNU_TRY(status);
    if (self->slot.ended)
        answer->kind = CORNU__ANSWER_ENDED;
    return self->slot.ended ? CORNU_OK : write_slot(self, request, answer);
}

static cornu_status next_epoch(server *self, const cornu__request *request, cornu__answer *answer)
{
    self->source->updates = request->updates;
    CORNU_TRY(self->source->class->begin_epoch(self->source, request->epoch));
    answer->length = self->source->length;
    return CORNU_OK;
}

static cornu_status write_state(server *self, const cornu__request *request, cornu__answer *answer)
{
    self->has_batch = false;
    cornu_array_release(self->slot.state);
    CORNU_TRY(cornu__generator_save_state(self->source->generator, &self->slot.state));
    return write_slot(self, request, answer);
}

static cornu_status serve(server *self, const cornu__request *request, cornu__answer *answer)
{
    switch (request->kind) {
    case CORNU__REQUEST_BATCH:
        return give_batch(self, request, answer);
    case CORNU__REQUEST_WRITE:
        return write_slot(self, request, answer);
    case CORNU__REQUEST_END_EPOCH:
        return self->source->class->end_epoch(self->source);
    case CORNU__REQUEST_NEXT_EPOCH:
        return next_epoch(self, request, answer);
    case CORNU__REQUEST_STATE:
        return write_state(self, request, answer);
    }
    return cornu__fail(CORNU_ERROR_INTERNAL, "a worker process was asked for something unknown");
}

/* To where the generator of another process stood. */
static cornu_status go_on(cornu__source *source, const cornu__position *from)
{
    if (!from)
        return CORNU_OK;
    CORNU_TRY(source->class->go_on(source, from));
    return source->class->begin_epoch(source, from->epoch);
}

void cornu__worker_serve(void *state, int connection)
{
    const cornu__serving *serving = state;
    server self = {.source = serving->source, .blocks = serving->blocks};
    cornu__shared_blocks_forget(self.blocks);
    cornu_status began = go_on(self.source, serving->from);
    char why[CORNU__ANSWER_MESSAGE_SIZE] = "";
    strncpy(why, began == CORNU_OK ? "" : cornu_error_message(), sizeof why - 1);
    cornu__request request;
    while (cornu__worker_receive(connection, &request)) {
        cornu__answer answer = {0};
        cornu_status status = began == CORNU_OK ? serve(&self, &request, &answer) : cornu__fail_from(began, why);
        if (status != CORNU_OK)
            note_failure(&answer, status);
        answer.times = self.times;
        cornu__worker_answer(connection, &answer);
    }
}
