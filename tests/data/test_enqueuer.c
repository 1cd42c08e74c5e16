/* The ring between sources and the step: order, bounds, errors, stopping. The source here is the test's own, so that only the ring is tested. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "data/enqueuer.h"

/* A source whose batch `index` of epoch e says so: rows = 1 + index, and the first input's shape[0] = e. */
typedef struct counting_source {
    cornu__source base;
    int64_t batches;       /* per epoch; CORNU__ENDLESS: a generator */
    int64_t end_at;        /* gives no batch from here on; -1: never */
    int64_t pull_fails_at; /* -1: never */
    int64_t write_fails_at;
    bool slow; /* random delays */
    int64_t epoch;
    atomic_int pulling, most_pulling; /* calls at once */
    atomic_int pulls, begin_epochs, end_epochs;
    int64_t expected_pull; /* for sources that are not concurrent: pulls come in order */
    bool out_of_order;
    bool *destroyed;
} counting_source;

static cornu_array *marker; /* something to give as x */

static void delay(const counting_source *self, int64_t index)
{
    if (self->slow)
        usleep((useconds_t)(cornu__random_word(cornu__random_key_make(7, CORNU__RANDOM_USER, (uint64_t)index, 0), 0) %
                            400));
}

static cornu_status counting_begin(cornu__source *source, int64_t epoch)
{
    counting_source *self = (counting_source *)source;
    atomic_fetch_add(&self->begin_epochs, 1);
    self->expected_pull = 0;
    self->epoch = epoch;
    source->length = self->batches;
    return CORNU_OK;
}

static cornu_status counting_pull(cornu__source *source, cornu__slot *slot, int64_t index)
{
    counting_source *self = (counting_source *)source;
    int now = atomic_fetch_add(&self->pulling, 1) + 1;
    if (now > atomic_load(&self->most_pulling))
        atomic_store(&self->most_pulling, now);
    atomic_fetch_add(&self->pulls, 1);
    if (!source->concurrent) {
        self->out_of_order = self->out_of_order || index != self->expected_pull;
        self->expected_pull = index + 1;
    }
    delay(self, index);
    cornu_status status = CORNU_OK;
    if (index == self->pull_fails_at)
        status = cornu__fail(CORNU_ERROR_IO, "the disk of batch %lld is gone", (long long)index);
    else if (self->end_at >= 0 && index >= self->end_at)
        slot->ended = true;
    else
        slot->given.x = cornu_array_retain(marker);
    atomic_fetch_sub(&self->pulling, 1);
    return status;
}

static cornu_status counting_write(cornu__source *source, cornu__slot *slot, int64_t index)
{
    counting_source *self = (counting_source *)source;
    delay(self, index + 1000);
    if (index == self->write_fails_at)
        return cornu__fail(CORNU_ERROR_SHAPE, "batch %lld does not fit", (long long)index);
    slot->batch.rows = 1 + index;
    slot->batch.inputs[0].shape[0] = self->epoch;
    return CORNU_OK;
}

static cornu_status counting_end(cornu__source *source)
{
    counting_source *self = (counting_source *)source;
    assert_int_equal(atomic_load(&self->pulling), 0);
    atomic_fetch_add(&self->end_epochs, 1);
    return CORNU_OK;
}

static void counting_destroy(cornu__source *source)
{
    counting_source *self = (counting_source *)source;
    if (self->destroyed)
        *self->destroyed = true;
    cornu__free(self);
}

static const cornu__source_class counting_class = {.begin_epoch = counting_begin,
                                                   .pull = counting_pull,
                                                   .write = counting_write,
                                                   .end_epoch = counting_end,
                                                   .destroy = counting_destroy};

static counting_source *counting(int64_t batches, bool concurrent)
{
    counting_source *self = cornu__alloc(sizeof *self);
    assert_non_null(self);
    self->base.class = &counting_class;
    self->base.concurrent = concurrent;
    self->batches = batches;
    self->end_at = self->pull_fails_at = self->write_fails_at = -1;
    return self;
}

static int make_marker(void **state)
{
    (void)state;
    marker = cornu_array_zeros(CORNU_FLOAT32, 1, (int64_t[]){1});
    return marker ? 0 : 1;
}

static int drop_marker(void **state)
{
    (void)state;
    cornu_array_release(marker);
    return cornu__allocation_live() == 0 ? 0 : 1;
}

static const int worker_counts[] = {0, 1, 2, 4, 7};
static const int queue_sizes[] = {1, 2, 3, 10};

static void take_epoch(cornu__enqueuer *ring, int64_t epoch, int64_t batches)
{
    for (int64_t index = 0; index < batches; index++) {
        const cornu__batch *batch;
        assert_int_equal(cornu__enqueuer_get(ring, &batch), CORNU_OK);
        assert_non_null(batch);
        assert_int_equal(batch->rows, 1 + index);
        assert_int_equal(batch->inputs[0].shape[0], epoch);
        assert_int_equal(cornu__enqueuer_done(ring), CORNU_OK);
    }
}

static void take_epochs(cornu__enqueuer *ring, int64_t epochs, int64_t batches)
{
    for (int64_t epoch = 0; epoch < epochs; epoch++)
        take_epoch(ring, epoch, batches);
}

static void order_is_by_number_for_any_workers_and_queue(void **state)
{
    (void)state;
    for (size_t w = 0; w < sizeof worker_counts / sizeof *worker_counts; w++) {
        for (size_t q = 0; q < sizeof queue_sizes / sizeof *queue_sizes; q++) {
            for (int concurrent = 0; concurrent < 2; concurrent++) {
                counting_source *source = counting(9, concurrent);
                source->slow = true;
                cornu__enqueuer *ring = cornu__enqueuer_start(
                    &source->base, &(cornu__enqueuer_options){
                                       .workers = worker_counts[w], .max_queue_size = queue_sizes[q], .epochs = 3});
                assert_non_null(ring);
                take_epochs(ring, 3, 9);
                assert_int_equal(atomic_load(&source->end_epochs), 3);
                assert_int_equal(atomic_load(&source->pulls), 27);
                assert_false(source->out_of_order);
                if (!concurrent)
                    assert_int_equal(atomic_load(&source->most_pulling), 1);
                cornu__enqueuer_stop(ring);
            }
        }
    }
}

static void a_concurrent_source_is_called_by_several_workers(void **state)
{
    (void)state;
    counting_source *source = counting(64, true);
    source->slow = true;
    cornu__enqueuer *ring = cornu__enqueuer_start(
        &source->base, &(cornu__enqueuer_options){.workers = 4, .max_queue_size = 10, .epochs = 1});
    take_epochs(ring, 1, 64);
    assert_true(atomic_load(&source->most_pulling) > 1);
    cornu__enqueuer_stop(ring);
}

static void wait_until_idle(const counting_source *source)
{
    int before = -1;
    for (int calm = 0; calm < 5; usleep(2000)) {
        int now = atomic_load((atomic_int *)&source->pulls);
        calm = now == before ? calm + 1 : 0;
        before = now;
    }
}

/* At most ten seconds, which only a machine under great load needs. */
static void wait_for_pulls(const counting_source *source, int wanted)
{
    for (int waited = 0; waited < 10000 && atomic_load((atomic_int *)&source->pulls) < wanted; waited++)
        usleep(1000);
    assert_true(atomic_load((atomic_int *)&source->pulls) >= wanted);
}

static void no_more_than_the_queue_is_made_ahead(void **state)
{
    (void)state;
    for (size_t q = 0; q < sizeof queue_sizes / sizeof *queue_sizes; q++) {
        counting_source *source = counting(100, true);
        cornu__enqueuer *ring = cornu__enqueuer_start(
            &source->base, &(cornu__enqueuer_options){.workers = 4, .max_queue_size = queue_sizes[q], .epochs = 1});
        const cornu__batch *batch;
        assert_int_equal(cornu__enqueuer_get(ring, &batch), CORNU_OK);
        wait_until_idle(source);
        assert_int_equal(atomic_load(&source->pulls), 1 + queue_sizes[q]);
        for (int used = 1; used <= 30; used++) {
            assert_int_equal(cornu__enqueuer_done(ring), CORNU_OK);
            wait_for_pulls(source, used + (1 + queue_sizes[q]) / 2 + 1); /* half empty: it is filled again */
            assert_true(atomic_load(&source->pulls) - used <= 1 + queue_sizes[q]);
            assert_int_equal(cornu__enqueuer_get(ring, &batch), CORNU_OK);
        }
        cornu__enqueuer_stop(ring);
    }
}

/* The consumer holds the last batch of the first of two epochs. */
static cornu__enqueuer *with_last_batch_in_hand(counting_source *source, bool trains)
{
    cornu__enqueuer *ring = cornu__enqueuer_start(
        &source->base, &(cornu__enqueuer_options){.workers = 2, .max_queue_size = 3, .epochs = 2, .trains = trains});
    assert_non_null(ring);
    const cornu__batch *batch;
    for (int64_t index = 0; index < source->batches; index++) {
        assert_int_equal(cornu__enqueuer_get(ring, &batch), CORNU_OK);
        assert_int_equal(batch->rows, 1 + index);
        if (index + 1 < source->batches)
            assert_int_equal(cornu__enqueuer_done(ring), CORNU_OK);
    }
    return ring;
}

static void an_epoch_may_begin_while_the_last_batch_before_it_is_used(void **state)
{
    (void)state;
    for (int64_t batches = 1; batches < 4; batches++) {
        counting_source *source = counting(batches, true);
        source->base.begins_early = true;
        cornu__enqueuer *ring = with_last_batch_in_hand(source, false);
        wait_for_pulls(source, (int)batches + 1);
        assert_int_equal(atomic_load(&source->end_epochs), 1);
        cornu__position position;
        cornu__enqueuer_position(ring, &position);
        assert_int_equal(position.epoch, 1);
        assert_int_equal(position.index, 0);
        assert_int_equal(cornu__enqueuer_done(ring), CORNU_OK);
        take_epoch(ring, 1, batches);
        assert_int_equal(atomic_load(&source->begin_epochs), 2);
        assert_int_equal(atomic_load(&source->end_epochs), 2);
        assert_int_equal(atomic_load(&source->pulls), 2 * batches);
        cornu__enqueuer_stop(ring);
    }
}

static void a_programs_sequence_ends_its_epoch_behind_the_last_step(void **state)
{
    (void)state;
    counting_source *source = counting(3, true);
    cornu__enqueuer *ring = with_last_batch_in_hand(source, false);
    wait_until_idle(source);
    assert_int_equal(atomic_load(&source->pulls), 3);
    assert_int_equal(atomic_load(&source->end_epochs), 0);
    assert_int_equal(cornu__enqueuer_done(ring), CORNU_OK);
    assert_int_equal(atomic_load(&source->end_epochs), 1);
    cornu__enqueuer_stop(ring);
}

/* A training whose last step of an epoch fails leaves the source where it stands with any workers. */
static void an_epochs_end_does_not_depend_on_workers(void **state)
{
    (void)state;
    for (size_t w = 0; w < sizeof worker_counts / sizeof *worker_counts; w++) {
        for (int early = 0; early < 2; early++) {
            counting_source *source = counting(2, true);
            source->base.begins_early = early;
            cornu__enqueuer *ring = cornu__enqueuer_start(
                &source->base,
                &(cornu__enqueuer_options){.workers = worker_counts[w], .max_queue_size = 3, .epochs = 2});
            const cornu__batch *batch;
            assert_int_equal(cornu__enqueuer_get(ring, &batch), CORNU_OK);
            assert_int_equal(cornu__enqueuer_done(ring), CORNU_OK);
            assert_int_equal(cornu__enqueuer_get(ring, &batch), CORNU_OK);
            assert_int_equal(atomic_load(&source->end_epochs), early);
            cornu__enqueuer_stop(ring);
        }
    }
}

/* The source has no model, whose updates thus never become what was expected. */
static void what_was_begun_early_with_the_wrong_updates_is_made_again(void **state)
{
    (void)state;
    for (size_t w = 0; w < sizeof worker_counts / sizeof *worker_counts; w++) {
        for (int concurrent = 0; concurrent < 2; concurrent++) {
            counting_source *source = counting(5, concurrent);
            source->slow = source->base.begins_early = true;
            cornu__enqueuer *ring = cornu__enqueuer_start(
                &source->base, &(cornu__enqueuer_options){
                                   .workers = worker_counts[w], .max_queue_size = 10, .epochs = 4, .trains = true});
            take_epochs(ring, 4, 5);
            assert_int_equal(atomic_load(&source->begin_epochs), 7);
            assert_int_equal(atomic_load(&source->end_epochs), 4);
            assert_false(source->out_of_order);
            cornu__enqueuer_stop(ring);
        }
    }
}

static void a_generator_is_not_asked_for_more_than_is_wanted(void **state)
{
    (void)state;
    for (size_t w = 0; w < sizeof worker_counts / sizeof *worker_counts; w++) {
        counting_source *source = counting(CORNU__ENDLESS, false);
        cornu__enqueuer *ring = cornu__enqueuer_start(
            &source->base,
            &(cornu__enqueuer_options){.workers = worker_counts[w], .max_queue_size = 10, .batches = 13});
        take_epochs(ring, 1, 13);
        wait_until_idle(source);
        assert_int_equal(atomic_load(&source->pulls), 13);
        cornu__enqueuer_stop(ring);
    }
}

static void an_exhausted_generator_ends_after_its_last_batch(void **state)
{
    (void)state;
    for (size_t w = 0; w < sizeof worker_counts / sizeof *worker_counts; w++) {
        for (int concurrent = 0; concurrent < 2; concurrent++) {
            counting_source *source = counting(CORNU__ENDLESS, concurrent);
            source->end_at = 11;
            source->slow = true;
            cornu__enqueuer *ring = cornu__enqueuer_start(
                &source->base,
                &(cornu__enqueuer_options){.workers = worker_counts[w], .max_queue_size = 4, .batches = 50});
            take_epochs(ring, 1, 11);
            const cornu__batch *batch = NULL;
            for (int again = 0; again < 2; again++) {
                assert_int_equal(cornu__enqueuer_get(ring, &batch), CORNU_OK);
                assert_null(batch);
            }
            if (!concurrent)
                assert_int_equal(atomic_load(&source->pulls), 12);
            cornu__enqueuer_stop(ring);
        }
    }
}

static void expect_failure(cornu__enqueuer *ring, int64_t good, cornu_status status, const char *message)
{
    take_epochs(ring, 1, good);
    const cornu__batch *batch;
    for (int again = 0; again < 2; again++) {
        assert_int_equal(cornu__enqueuer_get(ring, &batch), status);
        assert_non_null(strstr(cornu_error_message(), message));
    }
    cornu__enqueuer_stop(ring);
}

static void an_error_reaches_the_consumer_in_its_turn_with_batch_and_message(void **state)
{
    (void)state;
    for (size_t w = 0; w < sizeof worker_counts / sizeof *worker_counts; w++) {
        for (size_t q = 0; q < sizeof queue_sizes / sizeof *queue_sizes; q++) {
            counting_source *source = counting(20, q % 2 == 0);
            source->pull_fails_at = 6;
            source->slow = true;
            const cornu__enqueuer_options options = {
                .workers = worker_counts[w], .max_queue_size = queue_sizes[q], .epochs = 1};
            expect_failure(cornu__enqueuer_start(&source->base, &options), 6, CORNU_ERROR_IO,
                           "batch 6: the disk of batch 6 is gone");
            source = counting(20, q % 2 == 0);
            source->write_fails_at = 4;
            expect_failure(cornu__enqueuer_start(&source->base, &options), 4, CORNU_ERROR_SHAPE,
                           "batch 4: batch 4 does not fit");
        }
    }
}

static void an_error_waits_in_a_full_queue(void **state)
{
    (void)state;
    counting_source *source = counting(20, true);
    source->pull_fails_at = 3;
    cornu__enqueuer *ring = cornu__enqueuer_start(
        &source->base, &(cornu__enqueuer_options){.workers = 4, .max_queue_size = 3, .epochs = 1});
    wait_until_idle(source);
    expect_failure(ring, 3, CORNU_ERROR_IO, "batch 3");
}

static void stopping_in_the_middle_joins_all_and_frees_all(void **state)
{
    (void)state;
    for (size_t w = 0; w < sizeof worker_counts / sizeof *worker_counts; w++) {
        for (int taken = 0; taken < 12; taken++) {
            bool destroyed = false;
            counting_source *source = counting(50, taken % 2 == 0);
            source->slow = taken % 3 == 0;
            source->destroyed = &destroyed;
            cornu__enqueuer *ring = cornu__enqueuer_start(
                &source->base,
                &(cornu__enqueuer_options){.workers = worker_counts[w], .max_queue_size = 1 + taken, .epochs = 1});
            take_epochs(ring, 1, taken);
            if (taken % 2) {
                const cornu__batch *batch; /* stopped with a batch in hand */
                assert_int_equal(cornu__enqueuer_get(ring, &batch), CORNU_OK);
            }
            cornu__enqueuer_stop(ring);
            assert_true(destroyed);
        }
    }
}

static void a_running_ring_allocates_nothing(void **state)
{
    (void)state;
    for (size_t w = 0; w < sizeof worker_counts / sizeof *worker_counts; w++) {
        counting_source *source = counting(100, w % 2 == 0);
        cornu__enqueuer *ring = cornu__enqueuer_start(
            &source->base, &(cornu__enqueuer_options){.workers = worker_counts[w], .max_queue_size = 5, .epochs = 4});
        take_epochs(ring, 1, 100);
        uint64_t before = cornu__allocation_count();
        for (int64_t epoch = 1; epoch < 4; epoch++) {
            const cornu__batch *batch;
            for (int64_t index = 0; index < 100; index++) {
                assert_int_equal(cornu__enqueuer_get(ring, &batch), CORNU_OK);
                assert_int_equal(cornu__enqueuer_done(ring), CORNU_OK);
            }
        }
        assert_int_equal(cornu__allocation_count(), before);
        cornu__enqueuer_stop(ring);
    }
}

static void a_refused_allocation_is_an_error_and_leaks_nothing(void **state)
{
    (void)state;
    uint64_t live = cornu__allocation_live();
    for (uint64_t nth = 1; nth <= 3; nth++) {
        counting_source *source = counting(5, true);
        cornu__allocation_fail_at(nth);
        cornu__enqueuer *ring = cornu__enqueuer_start(
            &source->base, &(cornu__enqueuer_options){.workers = 2, .max_queue_size = 2, .epochs = 1});
        cornu__allocation_fail_at(0);
        assert_null(ring);
        assert_int_equal(cornu_error_status(), CORNU_ERROR_OUT_OF_MEMORY);
        assert_int_equal(cornu__allocation_live(), live);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_is_by_number_for_any_workers_and_queue),
        cmocka_unit_test(a_concurrent_source_is_called_by_several_workers),
        cmocka_unit_test(no_more_than_the_queue_is_made_ahead),
        cmocka_unit_test(an_epoch_may_begin_while_the_last_batch_before_it_is_used),
        cmocka_unit_test(a_programs_sequence_ends_its_epoch_behind_the_last_step),
        cmocka_unit_test(an_epochs_end_does_not_depend_on_workers),
        cmocka_unit_test(what_was_begun_early_with_the_wrong_updates_is_made_again),
        cmocka_unit_test(a_generator_is_not_asked_for_more_than_is_wanted),
        cmocka_unit_test(an_exhausted_generator_ends_after_its_last_batch),
        cmocka_unit_test(an_error_reaches_the_consumer_in_its_turn_with_batch_and_message),
        cmocka_unit_test(an_error_waits_in_a_full_queue),
        cmocka_unit_test(stopping_in_the_middle_joins_all_and_frees_all),
        cmocka_unit_test(a_running_ring_allocates_nothing),
        cmocka_unit_test(a_refused_allocation_is_an_error_and_leaks_nothing),
    };
    return cmocka_run_group_tests(tests, make_marker, drop_marker);
}
