/* process_source.c: batches that worker processes make. */
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "data/packed_batch.h"
#include "data/process_source.h"
#include "data/worker_process.h"
#include "data/worker_serve.h"

#define MESSAGE_SIZE 2048

typedef struct process_source {
    cornu__source base;
    cornu__source *inner; /* the generator source, here and in each worker process */
    int worker_count;
    cornu__worker *workers;
    bool running; /* they were forked */
    bool *told;   /* who was sent the last request to all */
    sigset_t signals;
    bool replaces;               /* dead worker processes, some of them */
    cornu__shared_blocks blocks; /* block 0: the generator's state at the end; the others: the slots' */
    cornu__grace grace;
    int64_t epoch; /* in hand */

    pthread_mutex_t lock; /* for the rest, and for forking */
    int *idle;            /* worker numbers */
    int idle_count;
    int slots_seen;
    int restarts; /* left */

    /* Of a plain generator, whose one worker process is asked by one thread at a time. */
    bool replays;       /* the worker process must ask for what an earlier training used */
    int64_t first;      /* what it was asked for before batch 0 */
    int64_t made;       /* batches of this source; replaced worker processes go on behind them */
    cornu_array *state; /* behind them, if it may be needed; or NULL */
} process_source;

static bool is_plain(const process_source *self)
{
    return !cornu__is_sequence(self->base.generator);
}

/* Whether one worker process makes all batches: it alone knows, or has read, what came before. */
static bool wants_one(const process_source *self)
{
    return is_plain(self) || (self->base.generator->in_turn && !self->base.generator->thread_safe);
}

/* --- Forking --- */

typedef struct child {
    process_source *source;
    int number;
    cornu__position from;
    bool goes_on;
} child;

/* In the worker process: what belongs to the program and to the others is closed. */
static void serve(void *state, int connection)
{
    child *self = state;
    process_source *source = self->source;
    for (int i = 0; i < source->worker_count; i++) {
        if (i == self->number || source->workers[i].pid == 0)
            continue;
        close(source->workers[i].socket);
        if (source->workers[i].pidfd >= 0)
            close(source->workers[i].pidfd);
    }
    cornu__grace_close(&source->grace);
    bool needs_states = source->base.keep_states || source->replaces;
    source->inner->keep_states = is_plain(source) && needs_states;
    cornu__serving serving = {source->inner, &source->blocks, self->goes_on ? &self->from : NULL};
    cornu__worker_serve(&serving, connection);
}

/* A plain generator's worker process begins where the last one was, or where an earlier training was; a Sequence's has it all from the program's
 * own object. Under the lock. */
static cornu_status fork_worker(process_source *self, int number)
{
    child begin = {.source = self, .number = number};
    begin.goes_on = is_plain(self) && (self->replays || self->made > 0);
    begin.from = (cornu__position){.epoch = self->epoch,
                                   .index = self->made,
                                   .updates = self->base.updates,
                                   .asked = self->first + self->made,
                                   .state = self->state};
    return cornu__worker_start(&self->workers[number], &self->signals, serve, &begin);
}

static cornu_status fork_all(process_source *self)
{
    self->running = true;
    pthread_sigmask(SIG_SETMASK, NULL, &self->signals);
    for (int i = 0; i < self->worker_count; i++) {
        CORNU_TRY(fork_worker(self, i));
        self->idle[self->idle_count++] = i;
    }
    return CORNU_OK;
}

/* A dead worker process is replaced, or is the error. */
static cornu_status bury(process_source *self, int number)
{
    cornu_status status = cornu__worker_fail_dead(&self->workers[number]);
    pthread_mutex_lock(&self->lock);
    bool replaced = self->restarts > 0 && !cornu__grace_has_begun(&self->grace);
    if (replaced) {
        self->restarts--;
        status = fork_worker(self, number);
    }
    pthread_mutex_unlock(&self->lock);
    if (replaced && status == CORNU_OK)
        cornu__warn("%s; another takes its place", cornu_error_message());
    return status;
}

/* --- Asking --- */

/* Asks and waits; a block that is too small is enlarged on the way. */
static cornu__worker_outcome ask(process_source *self, int number, const cornu__request *wanted, cornu__answer *answer)
{
    const cornu__worker *worker = &self->workers[number];
    cornu__request request = *wanted;
    for (;;) {
        const cornu__shared_block *block = &self->blocks.blocks[request.block];
        request.offset = block->offset;
        request.size = block->size;
        if (!cornu__worker_send(worker, &request))
            return CORNU__WORKER_DIED;
        cornu__worker_outcome outcome = cornu__worker_wait(worker, &self->grace, answer);
        if (outcome != CORNU__WORKER_ANSWERED || answer->kind != CORNU__ANSWER_LARGE)
            return outcome;
        cornu_status status = cornu__shared_blocks_grow(&self->blocks, request.block, answer->size);
        if (status != CORNU_OK) {
            *answer = (cornu__answer){.kind = CORNU__ANSWER_FAILED, .status = status};
            strncpy(answer->message, cornu_error_message(), sizeof answer->message - 1);
            return CORNU__WORKER_ANSWERED;
        }
        request.kind = CORNU__REQUEST_WRITE;
    }
}

static cornu_status fail_answer(const cornu__answer *answer)
{
    return answer->kind == CORNU__ANSWER_FAILED ? cornu__fail_from(answer->status, answer->message) : CORNU_OK;
}

/* Asks until there is an answer. */
static cornu_status ask_whoever_lives(process_source *self, int number, const cornu__request *request,
                                      cornu__answer *answer)
{
    cornu__worker_outcome outcome;
    while ((outcome = ask(self, number, request, answer)) == CORNU__WORKER_DIED)
        CORNU_TRY(bury(self, number));
    if (outcome == CORNU__WORKER_OUT_OF_TIME)
        return cornu__fail(CORNU_ERROR_STOPPED, "stopped while a worker process was making it");
    return fail_answer(answer);
}

/* --- Batches --- */

/* There are no more threads than worker processes. */
static int take_idle(process_source *self, cornu__slot *slot)
{
    pthread_mutex_lock(&self->lock);
    int number = self->idle[--self->idle_count];
    if (slot->block == 0)
        slot->block = ++self->slots_seen;
    pthread_mutex_unlock(&self->lock);
    return number;
}

static void give_back(process_source *self, int number)
{
    pthread_mutex_lock(&self->lock);
    self->idle[self->idle_count++] = number;
    pthread_mutex_unlock(&self->lock);
}

/* Behind a batch of a plain generator, or its end. */
static void note_made(process_source *self, const cornu__slot *slot, int64_t index)
{
    self->made = index + 1;
    if (!slot->state)
        return;
    cornu_array_release(self->state);
    self->state = cornu_array_retain(slot->state);
}

/* What came along with a batch. */
static cornu_status hear(process_source *self, const void *block, cornu__slot *slot)
{
    const cornu_generator *generator = self->base.generator;
    cornu__packed_extras extras;
    CORNU_TRY(cornu__unpack_extras(block, &extras));
    cornu_status status = extras.news ? generator->hear_news(generator->state, extras.news) : CORNU_OK;
    slot->state = extras.state;
    extras.state = NULL;
    cornu__packed_extras_clear(&extras);
    return status;
}

static cornu_status take_batch(process_source *self, cornu__slot *slot, int64_t index, const cornu__answer *answer)
{
    slot->ended = answer->kind == CORNU__ANSWER_ENDED;
    if (!slot->ended) {
        const void *block = self->blocks.blocks[slot->block].address;
        cornu__unpack(block, &self->base.ports, &slot->batch);
        CORNU_TRY(hear(self, block, slot));
    }
    if (is_plain(self))
        note_made(self, slot, index);
    return CORNU_OK;
}

static cornu_status pull(cornu__source *source, cornu__slot *slot, int64_t index)
{
    process_source *self = (process_source *)source;
    int number = take_idle(self, slot);
    const cornu__request request = {.kind = CORNU__REQUEST_BATCH, .block = slot->block, .index = index};
    cornu__answer answer = {0};
    cornu__stage_enter(CORNU_STAGE_TRANSPORT);
    cornu_status status = ask_whoever_lives(self, number, &request, &answer);
    cornu__stages_attribute(&answer.times);
    if (status == CORNU_OK)
        status = take_batch(self, slot, index, &answer);
    give_back(self, number);
    return status;
}

/* --- Epochs: no batch is being made --- */

static void tell_all(process_source *self, const cornu__request *request)
{
    for (int i = 0; i < self->worker_count; i++)
        self->told[i] = cornu__worker_send(&self->workers[i], request);
}

/* The answers of all. One that died is replaced by one that is forked now, from a program that has done already what the others were told. */
static cornu_status hear_all(process_source *self, bool lengths)
{
    for (int i = 0; i < self->worker_count; i++) {
        cornu__answer answer;
        if (!self->told[i] || cornu__worker_wait(&self->workers[i], &self->grace, &answer) != CORNU__WORKER_ANSWERED) {
            CORNU_TRY(bury(self, i));
            continue;
        }
        CORNU_TRY(fail_answer(&answer));
        if (lengths && answer.length != self->base.length)
            return cornu__fail(
                CORNU_ERROR_WORKER,
                "the Sequence's length is %lld in the program and %lld in a worker process: with use_multiprocessing "
                "on_epoch_end runs in each of them, and must do the same in each",
                (long long)self->base.length, (long long)answer.length);
    }
    return CORNU_OK;
}

static void take_epoch_state(process_source *self)
{
    cornu_array_release(self->base.epoch_state);
    self->base.epoch_state = cornu_array_retain(self->inner->epoch_state);
}

/* The program's own object goes there, and what is forked from it is there; but a plain generator that must be asked again is asked in its
 * worker process. */
static cornu_status go_on(cornu__source *source, const cornu__position *from)
{
    process_source *self = (process_source *)source;
    self->made = from->index;
    self->replays = is_plain(self) && cornu__generator_replays(source->generator, from) > 0;
    if (!self->replays)
        CORNU_TRY(self->inner->class->go_on(self->inner, from));
    self->first = (self->replays ? from->asked : source->generator->asked) - from->index;
    return CORNU_OK;
}

static cornu_status begin_epoch(cornu__source *source, int64_t epoch)
{
    process_source *self = (process_source *)source;
    self->epoch = epoch;
    self->inner->updates = source->updates;
    self->inner->keep_states = source->keep_states && !self->replays;
    CORNU_TRY(self->inner->class->begin_epoch(self->inner, epoch));
    source->length = self->inner->length;
    take_epoch_state(self);
    if (!self->running)
        return fork_all(self);
    tell_all(self, &(cornu__request){.kind = CORNU__REQUEST_NEXT_EPOCH, .epoch = epoch, .updates = source->updates});
    return hear_all(self, true);
}

static cornu_status end_epoch(cornu__source *source)
{
    process_source *self = (process_source *)source;
    tell_all(self, &(cornu__request){.kind = CORNU__REQUEST_END_EPOCH});
    CORNU_TRY(self->inner->class->end_epoch(self->inner));
    take_epoch_state(self);
    return hear_all(self, false);
}

static int64_t asked(const cornu__source *source, int64_t index)
{
    const process_source *self = (const process_source *)source;
    return is_plain(self) ? self->first + index : self->inner->class->asked(self->inner, index);
}

static int64_t number_of(const cornu__source *source, int64_t index)
{
    const process_source *self = (const process_source *)source;
    return is_plain(self) ? self->first + index : self->inner->class->number(self->inner, index);
}

/* --- The end --- */

static void stop(cornu__source *source)
{
    cornu__grace_begin(&((process_source *)source)->grace);
}

/* What the worker process of a plain generator knows last; if it is dead, self->state stays as it is. */
static void fetch_state(process_source *self)
{
    const cornu__request request = {.kind = CORNU__REQUEST_STATE, .block = 0};
    cornu__answer answer;
    cornu__packed_extras extras;
    if (self->workers[0].pid == 0 || ask(self, 0, &request, &answer) != CORNU__WORKER_ANSWERED ||
        answer.kind != CORNU__ANSWER_MADE || cornu__unpack_extras(self->blocks.blocks[0].address, &extras) != CORNU_OK)
        return;
    cornu_array_release(self->state);
    self->state = extras.state;
}

/* Brings the program's own generator to where its worker process was, so that a later call goes on there as it does after threads. Without
 * hooks it stays where it was. The thread's last error stays too: it may be why all is over. */
static void bring_generator_there(process_source *self)
{
    cornu_generator *generator = self->base.generator;
    cornu_status status = cornu_error_status();
    char message[MESSAGE_SIZE];
    snprintf(message, sizeof message, "%s", cornu_error_message());
    if (generator->load_state && !generator->thread_safe)
        fetch_state(self);
    const cornu__position there = {
        .epoch = self->epoch, .index = self->made, .asked = self->first + self->made, .state = self->state};
    if (there.asked > generator->asked && cornu__generator_replays(generator, &there) == 0 &&
        cornu__generator_go_on(generator, &there) != CORNU_OK)
        cornu__warn("the generator could not be brought to where its worker process was: %s", cornu_error_message());
    cornu_error_set(status, message);
}

static void destroy(cornu__source *source)
{
    process_source *self = (process_source *)source;
    cornu__grace_begin(&self->grace);
    if (self->running && is_plain(self))
        bring_generator_there(self);
    for (int i = 0; self->workers && i < self->worker_count; i++)
        cornu__worker_end(&self->workers[i], &self->grace);
    cornu__grace_close(&self->grace);
    cornu__shared_blocks_close(&self->blocks);
    cornu__source_destroy(self->inner);
    cornu_array_release(self->state);
    cornu__free(self->workers);
    cornu__free(self->idle);
    cornu__free(self->told);
    pthread_mutex_destroy(&self->lock);
    cornu__free(self);
}

static const cornu__source_class process_source_class = {.go_on = go_on,
                                                         .begin_epoch = begin_epoch,
                                                         .pull = pull,
                                                         .end_epoch = end_epoch,
                                                         .asked = asked,
                                                         .number = number_of,
                                                         .stop = stop,
                                                         .destroy = destroy};

static cornu_status open_all(process_source *self, const cornu__process_source_options *options)
{
    CORNU_TRY(cornu__grace_open(&self->grace));
    if (options->slots > INT_MAX - 1)
        return cornu__fail(CORNU_ERROR_LIMIT, "max_queue_size is %lld, which is too many",
                           (long long)options->slots - 1);
    CORNU_TRY(cornu__shared_blocks_open(&self->blocks, (int)options->slots + 1));
    size_t count = (size_t)self->worker_count;
    self->idle = cornu__alloc_array(count, sizeof *self->idle);
    self->told = cornu__alloc_array(count, sizeof *self->told);
    self->workers = cornu__alloc_array(count, sizeof *self->workers);
    for (int i = 0; self->workers && i < self->worker_count; i++)
        self->workers[i] = CORNU__NO_WORKER;
    return self->idle && self->told && self->workers ? CORNU_OK : CORNU_ERROR_OUT_OF_MEMORY;
}

cornu__source *cornu__process_source(cornu__source *inner, const cornu__process_source_options *options)
{
    process_source *self = cornu__alloc(sizeof *self);
    if (!self) {
        cornu__source_destroy(inner);
        return NULL;
    }
    self->base = (cornu__source){.class = &process_source_class,
                                 .ports = inner->ports,
                                 .generator = cornu_generator_retain(inner->generator),
                                 .begins_early = inner->begins_early};
    self->inner = inner;
    self->blocks.file = self->grace.event = -1;
    pthread_mutex_init(&self->lock, NULL);
    self->worker_count = self->base.most_workers = wants_one(self) ? 1 : options->workers;
    self->base.concurrent = !is_plain(self);
    self->restarts = options->restarts;
    self->replaces = options->restarts > 0;
    self->first = inner->generator->asked;
    if (open_all(self, options) == CORNU_OK)
        return &self->base;
    cornu__source_destroy(&self->base);
    return NULL;
}
