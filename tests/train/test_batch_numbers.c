/* Callbacks know which batch of a Sequence is in hand, and so its samples. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <cornu/flow.h>

#include "train/scripted.h"

#define BATCHES 8
#define BATCH_SIZE 5
#define EPOCHS 2

/* A Sequence that notes what it is asked for, where that is in this process and in one thread. */
typedef struct source {
    const scripted *test;
    int64_t asked[EPOCHS * BATCHES + 8], count;
} source;

static int64_t length(void *state)
{
    (void)state;
    return BATCHES;
}

static cornu_status get(void *state, int64_t index, cornu_batch *batch)
{
    source *self = state;
    if (self->count < (int64_t)(sizeof self->asked / sizeof *self->asked))
        self->asked[self->count++] = index;
    batch->x = cornu_array_rows(self->test->x, index * BATCH_SIZE, (index + 1) * BATCH_SIZE);
    batch->y = cornu_array_rows(self->test->y, index * BATCH_SIZE, (index + 1) * BATCH_SIZE);
    return batch->x && batch->y ? CORNU_OK : cornu_error_status();
}

typedef struct notes {
    int64_t at_begin[EPOCHS * BATCHES], at_end[EPOCHS * BATCHES], count;
    int64_t outside;
} notes;

static cornu_status note_begin(void *state, cornu_training *training, int64_t index, cornu_logs *logs)
{
    notes *self = state;
    (void)index, (void)logs;
    self->at_begin[self->count] = cornu_training_batch_number(training);
    return CORNU_OK;
}

static cornu_status note_end(void *state, cornu_training *training, int64_t index, cornu_logs *logs)
{
    notes *self = state;
    (void)index, (void)logs;
    self->at_end[self->count++] = cornu_training_batch_number(training);
    return CORNU_OK;
}

static cornu_status note_outside(void *state, cornu_training *training, int64_t index, cornu_logs *logs)
{
    (void)index, (void)logs;
    ((notes *)state)->outside = cornu_training_batch_number(training);
    return CORNU_OK;
}

static cornu_callback *noting(notes *seen)
{
    return cornu_callback_create(.on_train_batch_begin = note_begin, .on_train_batch_end = note_end,
                                 .on_epoch_end = note_outside, .state = seen);
}

static void train(const scripted *test, source *from, int workers, bool processes, notes *seen)
{
    from->test = test;
    cornu_model *model = small_model(3); /* a new one: the order depends on the updates that were made */
    cornu_sequence *sequence = cornu_sequence_create(.length = length, .get = get, .state = from, .thread_safe = false);
    *seen = (notes){.outside = 7};
    cornu_history *history =
        cornu_fit_generator(model, sequence, .epochs = EPOCHS, .workers = workers, .use_multiprocessing = processes,
                            .verbose = 0, .callbacks = {noting(seen)});
    assert_non_null(history);
    cornu_history_release(history);
    cornu_sequence_release(sequence);
    cornu_model_release(model);
}

static void the_number_is_what_the_sequence_was_asked_for(void **state)
{
    source from = {0}, other = {0};
    notes seen, again;
    train(*state, &from, 0, false, &seen);
    assert_int_equal(seen.count, EPOCHS * BATCHES);
    assert_int_equal(seen.outside, -1);
    bool shuffled = false;
    for (int64_t i = 0, asked = 0; i < seen.count; i++) {
        while (asked < from.count && from.asked[asked] != seen.at_begin[i])
            asked++;
        assert_true(asked < from.count); /* in the order of the calls */
        assert_int_equal(seen.at_end[i], seen.at_begin[i]);
        shuffled = shuffled || seen.at_end[i] != i % BATCHES;
    }
    assert_true(shuffled);
    for (int processes = 0; processes < 2; processes++) {
        other = (source){0};
        train(*state, &other, 2, processes, &again);
        assert_memory_equal(again.at_end, seen.at_end, sizeof seen.at_end);
    }
}

static void arrays_have_no_numbers(void **state)
{
    const scripted *test = *state;
    notes seen = {0};
    cornu_history *history =
        cornu_fit(test->model, test->x, test->y, .batch_size = BATCH_SIZE, .verbose = 0, .callbacks = {noting(&seen)});
    assert_non_null(history);
    assert_int_equal(seen.count, BATCHES);
    assert_int_equal(seen.at_begin[3], -1);
    assert_int_equal(seen.at_end[3], -1);
    cornu_history_release(history);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, scripted_set_up, scripted_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_number_is_what_the_sequence_was_asked_for),
        TEST(arrays_have_no_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, scripted_nothing_is_left);
}
