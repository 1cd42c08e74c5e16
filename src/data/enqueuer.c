/* enqueuer.c: the ordered ring between the source of batches and the step. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>

#include "base/clock.h"
#include "data/enqueuer.h"
#include "data/process_source.h"

#define MESSAGE_SIZE 1024
#define NOTHING (-1)

typedef enum outcome {
    MADE,
    ENDED, /* the generator had no more */
    FAILED /* status and message say why */
} outcome;

typedef struct ring_place {
    cornu__slot slot;
    outcome outcome;
    cornu_status status;
    char message[MESSAGE_SIZE];
    cornu__stage_times times; /* that it took to make it */
    /* The number of the batch that the consumer may have; NOTHING: a worker's. Under the lock; the rest is whose it is. */
    int64_t ready;
} ring_place;

struct cornu__enqueuer {
    cornu__source *source;
    ring_place *ring;
    int64_t ring_size;
    int workers, running;
    pthread_t *threads;

    pthread_mutex_t
        pull_lock;            /* held while the function of a source that is not concurrent runs; taken before `lock` */
    pthread_mutex_t lock;     /* for all below */
    pthread_cond_t made;      /* a batch is ready */
    pthread_cond_t room;      /* there is something to make, or all is over */
    int64_t next;             /* the number that the next worker takes */
    int64_t used;             /* the number of the consumer's batch */
    int64_t limit;            /* numbers below may be made now */
    int64_t end;              /* numbers below are wanted at all */
    int64_t epoch_begin;      /* the number of the first batch of the source's epoch */
    int64_t epoch, end_epoch; /* the source's epoch in hand, and the first that is not wanted */
    bool begun_early;         /* that epoch, while the consumer still uses the last batch of the one before */
    bool stopping;

    /* The consumer's own. */
    bool in_hand;        /* it has batch `used` */
    int64_t asked_for;   /* what the source was asked for to make it; -1: nothing has a number */
    bool trains;         /* it updates the model once with each batch */
    cornu_array *behind; /* state of the program's generator behind the last batch it got in this epoch; or NULL */
    int64_t waits_since; /* by the clock; 0: it does not wait */
    cornu__stage_times waited;
};

static ring_place *place_of(cornu__enqueuer *enqueuer, int64_t number)
{
    return &enqueuer->ring[number % enqueuer->ring_size];
}

/* --- Making a batch, in a place that is the caller's own --- */

static void note_failure(ring_place *place, cornu_status status)
{
    place->outcome = FAILED;
    place->status = status;
    strncpy(place->message, cornu_error_message(), sizeof place->message - 1);
    place->message[sizeof place->message - 1] = '\0';
}

static void run_pull(cornu__source *source, ring_place *place, int64_t index)
{
    cornu_status status = source->class->pull(source, &place->slot, index);
    if (status != CORNU_OK)
        note_failure(place, status);
    else if (place->slot.ended)
        place->outcome = ENDED;
}

static void pull_batch(cornu__source *source, ring_place *place, int64_t index)
{
    place->outcome = MADE;
    if (!source->class->pull)
        return;
    place->times = (cornu__stage_times){0};
    cornu__stage_clock before = cornu__stages_begin(&place->times, CORNU_STAGE_FUNCTION);
    run_pull(source, place, index);
    cornu__stages_end(before);
}

static void run_write(cornu__source *source, ring_place *place, int64_t index)
{
    cornu_status status = source->class->write(source, &place->slot, index);
    if (status != CORNU_OK)
        note_failure(place, status);
}

static void write_batch(cornu__source *source, ring_place *place, int64_t index)
{
    if (place->outcome != MADE || !source->class->write)
        return;
    if (!source->class->pull) {
        run_write(source, place, index);
        return;
    }
    cornu__stage_clock before = cornu__stages_begin(&place->times, CORNU_STAGE_COPY);
    run_write(source, place, index);
    cornu__stages_end(before);
}

/* --- Workers --- */

/* The next number to make and its index in the source's epoch; false when all is over. */
static bool take_number(cornu__enqueuer *enqueuer, int64_t *number, int64_t *index)
{
    pthread_mutex_lock(&enqueuer->lock);
    while (!enqueuer->stopping &&
           (enqueuer->next >= enqueuer->limit || enqueuer->next >= enqueuer->used + enqueuer->ring_size))
        pthread_cond_wait(&enqueuer->room, &enqueuer->lock);
    bool taken = !enqueuer->stopping;
    *number = enqueuer->next;
    *index = *number - enqueuer->epoch_begin;
    enqueuer->next += taken;
    pthread_mutex_unlock(&enqueuer->lock);
    return taken;
}

/* Behind an end or a failure no batch will be used, so none is begun. */
static void publish(cornu__enqueuer *enqueuer, ring_place *place, int64_t number)
{
    pthread_mutex_lock(&enqueuer->lock);
    place->ready = number;
    if (place->outcome != MADE && enqueuer->limit > number + 1)
        enqueuer->limit = number + 1;
    pthread_cond_signal(&enqueuer->made);
    pthread_mutex_unlock(&enqueuer->lock);
}

/* Makes one batch; false when all is over. A program's function that may not run twice at once is called in the order of the numbers,
 * because the number is taken under the same lock; and what its result is made into, several workers make at once. */
static bool make_one(cornu__enqueuer *enqueuer)
{
    cornu__source *source = enqueuer->source;
    int64_t number, index;
    if (!source->concurrent)
        pthread_mutex_lock(&enqueuer->pull_lock);
    bool taken = take_number(enqueuer, &number, &index);
    ring_place *place = place_of(enqueuer, number);
    if (taken)
        pull_batch(source, place, index);
    bool pulled = taken && place->outcome == MADE;
    if (taken && !pulled)
        publish(enqueuer, place, number);
    if (!source->concurrent)
        pthread_mutex_unlock(&enqueuer->pull_lock);
    if (pulled) {
        write_batch(source, place, index);
        publish(enqueuer, place, number);
    }
    return taken;
}

static void *work(void *enqueuer)
{
    while (make_one(enqueuer))
        ;
    return NULL;
}

/* Signals are the program's threads' business. */
static cornu_status start_workers(cornu__enqueuer *enqueuer)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int refused = 0;
    while (!refused && enqueuer->running < enqueuer->workers) {
        refused = pthread_create(&enqueuer->threads[enqueuer->running], NULL, work, enqueuer);
        enqueuer->running += !refused;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (refused)
        return cornu__fail(CORNU_ERROR_WORKER, "the system refused data worker %d of %d: %s", enqueuer->running + 1,
                           enqueuer->workers, strerror(refused));
    return CORNU_OK;
}

/* --- The source's epochs --- */

/* The epoch in hand begins with its batch `index`. Called while no batch is being made, as the next two. */
static cornu_status begin_epoch(cornu__enqueuer *enqueuer, int64_t index)
{
    cornu__source *source = enqueuer->source;
    CORNU_TRY(source->class->begin_epoch(source, enqueuer->epoch));
    if (index > source->length)
        return cornu__fail(CORNU_ERROR_STATE,
                           "cannot go on at batch %lld of epoch %lld: the data now have %lld batches", (long long)index,
                           (long long)enqueuer->epoch + 1, (long long)source->length);
    int64_t first = enqueuer->used + enqueuer->in_hand;
    pthread_mutex_lock(&enqueuer->lock);
    enqueuer->epoch_begin = first - index;
    bool endless = source->length - index >= enqueuer->end - first;
    enqueuer->limit = endless ? enqueuer->end : first + source->length - index;
    pthread_cond_broadcast(&enqueuer->room);
    pthread_mutex_unlock(&enqueuer->lock);
    return CORNU_OK;
}

static uint64_t updates_now(const cornu__source *source)
{
    return source->ports.model ? cornu__model_iterations(source->ports.model) : 0;
}

static bool more_is_wanted(const cornu__enqueuer *enqueuer)
{
    return enqueuer->epoch < enqueuer->end_epoch && enqueuer->used + enqueuer->in_hand < enqueuer->end;
}

/* Ends the epoch in hand and begins the next, unless no more is wanted. */
static cornu_status next_epoch(cornu__enqueuer *enqueuer)
{
    cornu__source *source = enqueuer->source;
    if (source->class->end_epoch)
        CORNU_TRY(source->class->end_epoch(source));
    enqueuer->epoch++;
    source->updates = updates_now(source) + (uint64_t)(enqueuer->in_hand && enqueuer->trains);
    cornu_array_release(enqueuer->behind);
    enqueuer->behind = NULL;
    if (more_is_wanted(enqueuer))
        return begin_epoch(enqueuer, 0);
    pthread_mutex_lock(&enqueuer->lock);
    enqueuer->epoch_begin = enqueuer->end = enqueuer->limit = enqueuer->used;
    pthread_mutex_unlock(&enqueuer->lock);
    return CORNU_OK;
}

/* The consumer has taken the last batch of an epoch: all of it is made, so nothing else of the source runs. */
static cornu_status begin_early(cornu__enqueuer *enqueuer)
{
    enqueuer->begun_early = true;
    return next_epoch(enqueuer);
}

/* Lets no worker begin a batch, and waits for those that are being made. Called with the lock held. */
static void wait_for_workers(cornu__enqueuer *enqueuer)
{
    enqueuer->limit = enqueuer->next;
    for (int64_t number = enqueuer->used; number < enqueuer->next; number++) {
        while (place_of(enqueuer, number)->ready != number)
            pthread_cond_wait(&enqueuer->made, &enqueuer->lock);
    }
}

/* The step did not update the model just once, as was expected when the epoch was begun early (its gradients were not finite, or a callback trained too):
 * the order was drawn with the wrong number, and what was made by it is made again. */
static cornu_status begin_again(cornu__enqueuer *enqueuer)
{
    pthread_mutex_lock(&enqueuer->lock);
    wait_for_workers(enqueuer);
    for (; enqueuer->next > enqueuer->used; enqueuer->next--) {
        ring_place *place = place_of(enqueuer, enqueuer->next - 1);
        cornu__slot_release_given(&place->slot);
        place->ready = NOTHING;
    }
    enqueuer->limit = enqueuer->used; /* until the epoch has begun */
    pthread_mutex_unlock(&enqueuer->lock);
    enqueuer->source->updates = updates_now(enqueuer->source);
    return begin_epoch(enqueuer, 0);
}

static cornu_status first_epoch(cornu__enqueuer *enqueuer, const cornu__position *from)
{
    cornu__source *source = enqueuer->source;
    if (!from) {
        source->updates = updates_now(source);
        return begin_epoch(enqueuer, 0);
    }
    enqueuer->epoch = from->epoch;
    source->updates = from->updates;
    if (source->class->go_on)
        CORNU_TRY(source->class->go_on(source, from));
    CORNU_TRY(begin_epoch(enqueuer, from->index));
    return from->index == source->length ? next_epoch(enqueuer) : CORNU_OK;
}

int64_t cornu__enqueuer_epoch_length(const cornu__enqueuer *enqueuer)
{
    return enqueuer->source->length;
}

/* --- The consumer --- */

/* By the clock that `made` waits by, which nobody sets. */
static struct timespec time_after(int milliseconds)
{
    int64_t then = cornu__nanoseconds_now() + (int64_t)milliseconds * 1000000;
    return (struct timespec){.tv_sec = then / 1000000000, .tv_nsec = then % 1000000000};
}

static void make_here(cornu__enqueuer *enqueuer, ring_place *place)
{
    if (place->ready == enqueuer->used)
        return; /* an end or failure that was seen before */
    int64_t index = enqueuer->used - enqueuer->epoch_begin;
    pull_batch(enqueuer->source, place, index);
    write_batch(enqueuer->source, place, index);
    place->ready = enqueuer->used;
    cornu__stage_times_add(&enqueuer->waited, &place->times);
}

/* The batch in this place is not ready: from now on it is waited for. */
static void begin_waiting(cornu__enqueuer *enqueuer)
{
    if (enqueuer->waits_since == 0)
        enqueuer->waits_since = cornu__nanoseconds_now();
}

/* It is ready, at once or after a while. */
static void end_waiting(cornu__enqueuer *enqueuer, const ring_place *place)
{
    if (enqueuer->waits_since == 0)
        return;
    cornu__stage_times_share(&enqueuer->waited, cornu__nanoseconds_now() - enqueuer->waits_since, &place->times);
    enqueuer->waits_since = 0;
}

const cornu__stage_times *cornu__enqueuer_waited(const cornu__enqueuer *enqueuer)
{
    return &enqueuer->waited;
}

int cornu__enqueuer_workers(const cornu__enqueuer *enqueuer)
{
    return enqueuer->workers;
}

bool cornu__enqueuer_has_use_for_more(const cornu__enqueuer *enqueuer)
{
    return enqueuer->workers == 0 || enqueuer->source->concurrent;
}

bool cornu__enqueuer_wait(cornu__enqueuer *enqueuer, int milliseconds)
{
    if (enqueuer->workers == 0 || enqueuer->used >= enqueuer->end)
        return true;
    const ring_place *place = place_of(enqueuer, enqueuer->used);
    struct timespec until = {0};
    int waited = 0;
    pthread_mutex_lock(&enqueuer->lock);
    while (place->ready != enqueuer->used && waited != ETIMEDOUT) {
        if (until.tv_sec == 0)
            until = time_after(milliseconds);
        begin_waiting(enqueuer);
        waited = pthread_cond_timedwait(&enqueuer->made, &enqueuer->lock, &until);
    }
    bool ready = place->ready == enqueuer->used;
    pthread_mutex_unlock(&enqueuer->lock);
    if (ready)
        end_waiting(enqueuer, place);
    return ready;
}

/* Whether the epoch behind the one of the consumer's batch may begin already. */
static bool may_begin_early(const cornu__enqueuer *enqueuer)
{
    bool last = enqueuer->used + 1 - enqueuer->epoch_begin == enqueuer->source->length;
    bool more = enqueuer->epoch + 1 < enqueuer->end_epoch && enqueuer->used + 1 < enqueuer->end;
    return last && more && enqueuer->source->begins_early;
}

static cornu_status take(cornu__enqueuer *enqueuer, ring_place *place)
{
    const cornu__source *source = enqueuer->source;
    enqueuer->in_hand = true;
    enqueuer->asked_for =
        source->class->number ? source->class->number(source, enqueuer->used - enqueuer->epoch_begin) : NOTHING;
    if (place->slot.state) {
        cornu_array_release(enqueuer->behind);
        enqueuer->behind = place->slot.state;
        place->slot.state = NULL;
    }
    return may_begin_early(enqueuer) ? begin_early(enqueuer) : CORNU_OK;
}

cornu_status cornu__enqueuer_get(cornu__enqueuer *enqueuer, const cornu__batch **batch)
{
    *batch = NULL;
    if (enqueuer->used >= enqueuer->end)
        return CORNU_OK;
    ring_place *place = place_of(enqueuer, enqueuer->used);
    if (enqueuer->workers == 0) {
        make_here(enqueuer, place);
    } else {
        pthread_mutex_lock(&enqueuer->lock);
        while (place->ready != enqueuer->used) {
            begin_waiting(enqueuer);
            pthread_cond_wait(&enqueuer->made, &enqueuer->lock);
        }
        pthread_mutex_unlock(&enqueuer->lock);
        end_waiting(enqueuer, place);
    }
    if (place->outcome == FAILED) {
        cornu__fail_from(place->status, place->message);
        return cornu__fail_context("batch %lld", (long long)(enqueuer->used - enqueuer->epoch_begin));
    }
    if (place->outcome != MADE)
        return CORNU_OK;
    *batch = &place->slot.batch;
    return take(enqueuer, place);
}

cornu_status cornu__enqueuer_done(cornu__enqueuer *enqueuer)
{
    cornu__source *source = enqueuer->source;
    ring_place *place = place_of(enqueuer, enqueuer->used);
    cornu__slot_release_given(&place->slot);
    pthread_mutex_lock(&enqueuer->lock);
    place->ready = NOTHING;
    enqueuer->used++;
    bool epoch_over = enqueuer->used - enqueuer->epoch_begin == source->length;
    /* Workers that sleep because the ring is full are left in peace until half of it is used: waking one for each batch would take the
     * processor away from the step's own threads each time. */
    if (enqueuer->next - enqueuer->used <= enqueuer->ring_size / 2)
        pthread_cond_broadcast(&enqueuer->room);
    pthread_mutex_unlock(&enqueuer->lock);
    enqueuer->in_hand = false;
    bool early = enqueuer->begun_early;
    enqueuer->begun_early = false;
    if (early && source->updates != updates_now(source))
        return begin_again(enqueuer);
    return epoch_over ? next_epoch(enqueuer) : CORNU_OK;
}

int64_t cornu__enqueuer_number(const cornu__enqueuer *enqueuer)
{
    return enqueuer->in_hand ? enqueuer->asked_for : NOTHING;
}

void cornu__enqueuer_position(const cornu__enqueuer *enqueuer, cornu__position *position)
{
    const cornu__source *source = enqueuer->source;
    int64_t index = enqueuer->used + enqueuer->in_hand - enqueuer->epoch_begin;
    *position = (cornu__position){
        .epoch = enqueuer->epoch,
        .index = index,
        .updates = enqueuer->begun_early ? updates_now(source) : source->updates,
        .asked = source->class->asked ? source->class->asked(source, index) : 0,
        .state = cornu_array_retain(enqueuer->behind ? enqueuer->behind : source->epoch_state),
    };
}

/* --- Beginning and end --- */

static cornu_status start(cornu__enqueuer *enqueuer, const cornu__position *from)
{
    enqueuer->ring = cornu__alloc_array((size_t)enqueuer->ring_size, sizeof *enqueuer->ring);
    enqueuer->threads = cornu__alloc_array((size_t)enqueuer->workers, sizeof *enqueuer->threads);
    if (!enqueuer->ring || !enqueuer->threads)
        return CORNU_ERROR_OUT_OF_MEMORY;
    for (int64_t i = 0; i < enqueuer->ring_size; i++)
        enqueuer->ring[i].ready = NOTHING;
    CORNU_TRY(first_epoch(enqueuer, from));
    return start_workers(enqueuer);
}

static cornu__source *made_by_processes(cornu__source *source, const cornu__enqueuer_options *options)
{
    const cornu__process_source_options wanted = {.workers = options->workers,
                                                  .slots = (int64_t)options->max_queue_size + 1,
                                                  .restarts = options->worker_restarts};
    return cornu__process_source(source, &wanted);
}

cornu__enqueuer *cornu__enqueuer_start(cornu__source *source, const cornu__enqueuer_options *options)
{
    if (source && options->processes && options->workers > 0)
        source = made_by_processes(source, options);
    cornu__enqueuer *enqueuer = source ? cornu__alloc(sizeof *enqueuer) : NULL;
    if (!enqueuer) {
        cornu__source_destroy(source);
        return NULL;
    }
    enqueuer->source = source;
    enqueuer->trains = options->trains;
    enqueuer->workers = options->workers;
    if (source->most_workers > 0 && options->workers > source->most_workers)
        enqueuer->workers = source->most_workers;
    enqueuer->ring_size = options->workers > 0 ? (int64_t)options->max_queue_size + 1 : 1; /* one is the consumer's */
    enqueuer->epoch = options->first_epoch;
    enqueuer->end_epoch = options->epochs > 0 ? options->first_epoch + options->epochs : INT64_MAX;
    enqueuer->end = options->batches > 0 ? options->batches : INT64_MAX;
    pthread_mutex_init(&enqueuer->pull_lock, NULL);
    pthread_mutex_init(&enqueuer->lock, NULL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&enqueuer->made, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_cond_init(&enqueuer->room, NULL);
    source->keep_states = options->keep_states;
    if (start(enqueuer, options->from) == CORNU_OK)
        return enqueuer;
    cornu__enqueuer_stop(enqueuer);
    return NULL;
}

void cornu__enqueuer_stop(cornu__enqueuer *enqueuer)
{
    if (!enqueuer)
        return;
    if (enqueuer->source->class->stop)
        enqueuer->source->class->stop(enqueuer->source);
    pthread_mutex_lock(&enqueuer->lock);
    enqueuer->stopping = true;
    pthread_cond_broadcast(&enqueuer->room);
    pthread_mutex_unlock(&enqueuer->lock);
    for (int i = 0; i < enqueuer->running; i++)
        pthread_join(enqueuer->threads[i], NULL);
    for (int64_t i = 0; enqueuer->ring && i < enqueuer->ring_size; i++)
        cornu__slot_clear(&enqueuer->ring[i].slot);
    cornu_array_release(enqueuer->behind);
    cornu__free(enqueuer->ring);
    cornu__free(enqueuer->threads);
    pthread_cond_destroy(&enqueuer->room);
    pthread_cond_destroy(&enqueuer->made);
    pthread_mutex_destroy(&enqueuer->lock);
    pthread_mutex_destroy(&enqueuer->pull_lock);
    cornu__source_destroy(enqueuer->source);
    cornu__free(enqueuer);
}
