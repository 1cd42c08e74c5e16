/* Going on where a stream of batches stood: the same batches in the same order as without the interruption, from every position. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "data/enqueuer.h"

#define ROWS 22
#define BATCH_SIZE 4
#define TAKEN 25 /* batches of a whole stream: several epochs of each kind */
#define FIRST_EPOCH 3

/* --- The program's own generators --- */

/* Its batches depend on all before; and a Sequence whose epochs differ in length and content. */
typedef struct walk {
    int64_t step;
    uint64_t sum;
    int64_t ends_at; /* has no more from this batch on; -1: endless */
    int64_t calls, epoch_ends;
} walk;

static cornu_status give(cornu_batch *batch, float value)
{
    float values[] = {value, -value};
    batch->x = cornu_array_copy_of(CORNU_FLOAT32, 2, (int64_t[]){2, 1}, values);
    batch->y = cornu_array_copy_of(CORNU_FLOAT32, 2, (int64_t[]){2, 1}, values);
    return batch->x && batch->y ? CORNU_OK : cornu_error_status();
}

static cornu_status walk_next(void *state, cornu_batch *batch)
{
    walk *self = state;
    self->calls++;
    if (self->step == self->ends_at)
        return CORNU_OK;
    self->sum = (self->sum * 31 + (uint64_t)self->step++ + 1) % 65521;
    return give(batch, (float)self->sum);
}

static cornu_array *walk_save(void *state)
{
    const walk *self = state;
    return cornu_array_copy_of(CORNU_INT64, 1, (int64_t[]){2}, (int64_t[]){self->step, (int64_t)self->sum});
}

static cornu_status walk_load(void *state, const cornu_array *saved)
{
    walk *self = state;
    const int64_t *values = cornu_array_data(saved);
    self->step = values[0];
    self->sum = (uint64_t)values[1];
    return CORNU_OK;
}

static cornu_status walk_seek(void *state, int64_t number)
{
    walk *self = state;
    self->step = 0;
    self->sum = 0;
    while (self->step < number)
        self->sum = (self->sum * 31 + (uint64_t)self->step++ + 1) % 65521;
    return CORNU_OK;
}

static cornu_status numbered_next(void *state, cornu_batch *batch)
{
    (void)state;
    return give(batch, (float)(1000 + batch->number));
}

static int64_t varying_length(void *state)
{
    const walk *self = state;
    return 4 + self->step % 3;
}

static cornu_status varying_get(void *state, int64_t index, cornu_batch *batch)
{
    const walk *self = state;
    return give(batch, (float)(100 * self->step + index));
}

static void varying_end(void *state)
{
    walk *self = state;
    self->step++;
    self->epoch_ends++;
}

/* --- Kinds of streams --- */

typedef enum stream_kind {
    ARRAYS,
    ARRAYS_BY_ROWS,
    ARRAYS_BY_BATCHES,
    ARRAYS_FEW_STEPS,
    SEQUENCE,
    SEQUENCE_SHUFFLED,
    SEQUENCE_VARYING,
    SEQUENCE_WITH_HOOKS,
    LOADING,
    SEEKING,
    NUMBERED,
    PLAIN,
    KINDS
} stream_kind;

/* All that is one process's: made anew to go on. */
typedef struct stream {
    stream_kind kind;
    cornu_model *model;
    cornu__ports ports;
    cornu_array *x, *y;
    cornu__columns columns;
    walk walk;
    cornu_generator *generator;
    cornu__enqueuer *batches;
} stream;

static cornu_generator *make_generator(stream *self)
{
    walk *state = &self->walk;
    state->ends_at = -1;
    switch (self->kind) {
    case SEQUENCE:
    case SEQUENCE_SHUFFLED:
        return cornu_array_sequence(self->x, self->y, .batch_size = BATCH_SIZE);
    case SEQUENCE_VARYING:
        return cornu_sequence_create(.length = varying_length, .get = varying_get, .on_epoch_end = varying_end,
                                     .state = state);
    case SEQUENCE_WITH_HOOKS:
        return cornu_sequence_create(.length = varying_length, .get = varying_get, .on_epoch_end = varying_end,
                                     .state = state, .save_state = walk_save, .load_state = walk_load);
    case LOADING:
        return cornu_generator_create(.next = walk_next, .state = state, .save_state = walk_save,
                                      .load_state = walk_load);
    case SEEKING:
        return cornu_generator_create(.next = walk_next, .state = state, .seek = walk_seek);
    case NUMBERED:
        return cornu_generator_create(.next = numbered_next, .thread_safe = true);
    case PLAIN:
        return cornu_generator_create(.next = walk_next, .state = state);
    default:
        return NULL;
    }
}

static void open_stream(stream *self, stream_kind kind)
{
    float values[ROWS];
    for (int i = 0; i < ROWS; i++)
        values[i] = (float)i;
    memset(self, 0, sizeof *self);
    self->kind = kind;
    self->model = cornu_sequential(.seed = 11);
    cornu_add(self->model, cornu_dense(1, .input_shape = {1}));
    assert_int_equal(cornu_compile(self->model, .optimizer = "sgd", .loss = "mse"), CORNU_OK);
    assert_int_equal(cornu__ports_of(self->model, CORNU__STEP_TRAIN, NULL, &self->ports), CORNU_OK);
    self->x = cornu_array_copy_of(CORNU_FLOAT32, 2, (int64_t[]){ROWS, 1}, values);
    self->y = cornu_array_copy_of(CORNU_FLOAT32, 2, (int64_t[]){ROWS, 1}, values);
    assert_int_equal(cornu__standardize(&self->ports, self->x, self->y, NULL, &self->columns), CORNU_OK);
    self->generator = make_generator(self);
}

static void begin_by(stream *self, int workers, bool processes, const cornu__position *from, int64_t batches)
{
    static const cornu__shuffle shuffles[] = {CORNU__SHUFFLE_NONE, CORNU__SHUFFLE_ROWS, CORNU__SHUFFLE_BATCHES,
                                              CORNU__SHUFFLE_ROWS};
    cornu__source *source;
    if (self->generator)
        source = cornu__generator_source(&self->ports, self->generator, self->kind != SEQUENCE, 0, NULL);
    else
        source = cornu__array_source(&self->ports, &self->columns,
                                     &(cornu__array_source_options){.batch_size = BATCH_SIZE,
                                                                    .shuffle = shuffles[self->kind],
                                                                    .steps = self->kind == ARRAYS_FEW_STEPS ? 4 : 0});
    self->batches =
        cornu__enqueuer_start(source, &(cornu__enqueuer_options){.workers = workers,
                                                                 .max_queue_size = 3,
                                                                 .first_epoch = FIRST_EPOCH,
                                                                 .batches = batches,
                                                                 .from = from,
                                                                 .keep_states = true,
                                                                 .trains = workers == 2, /* or is taken not to */
                                                                 .processes = processes && self->generator});
}

static void begin(stream *self, int workers, const cornu__position *from, int64_t batches)
{
    begin_by(self, workers, false, from, batches);
}

static void close_stream(stream *self)
{
    cornu__enqueuer_stop(self->batches);
    cornu_generator_release(self->generator);
    cornu_array_release(self->x);
    cornu_array_release(self->y);
    cornu_model_release(self->model);
}

/* Only the count of updates matters here: later orders are drawn from it. */
static void update(cornu_model *model)
{
    float value = 0;
    cornu_array *x = cornu_array_view(CORNU_FLOAT32, 2, (int64_t[]){1, 1}, &value);
    cornu__ports ports;
    cornu__columns columns;
    cornu__slot slot = {0};
    assert_int_equal(cornu__ports_of(model, CORNU__STEP_TRAIN, NULL, &ports), CORNU_OK);
    assert_int_equal(cornu__standardize(&ports, x, x, NULL, &columns), CORNU_OK);
    assert_int_equal(cornu__slot_write(&slot, &columns, NULL, 0, 1, NULL), CORNU_OK);
    assert_int_equal(cornu__model_step(model, CORNU__STEP_TRAIN, &slot.batch), CORNU_OK);
    cornu__slot_clear(&slot);
    cornu_array_release(x);
}

typedef struct record {
    int64_t rows;
    float values[BATCH_SIZE];
} record;

/* Takes one batch as a training does; the position behind it must be the same before and after `done`, but for an epoch that is over. */
static void take(stream *self, record *taken, cornu__position *in_hand, cornu__position *after)
{
    const cornu__batch *batch;
    assert_int_equal(cornu__enqueuer_get(self->batches, &batch), CORNU_OK);
    assert_non_null(batch);
    memset(taken, 0, sizeof *taken);
    taken->rows = batch->rows;
    memcpy(taken->values, batch->inputs[0].data, (size_t)batch->rows * sizeof(float));
    update(self->model);
    if (in_hand)
        cornu__enqueuer_position(self->batches, in_hand);
    assert_int_equal(cornu__enqueuer_done(self->batches), CORNU_OK);
    if (after)
        cornu__enqueuer_position(self->batches, after);
}

/* --- From every position --- */

static void go_on_from(stream_kind kind, int workers, bool processes, const cornu__position *from, int64_t used,
                       const record *whole)
{
    stream again;
    open_stream(&again, kind);
    for (int64_t i = 0; i < used; i++)
        update(again.model); /* as the backup would bring it back */
    bool plain = kind == PLAIN;
    if (again.generator)
        assert_int_equal(cornu__generator_replays(again.generator, from), plain ? used : 0);
    begin_by(&again, workers, processes, from, used < TAKEN ? TAKEN - used : 1);
    assert_non_null(again.batches);
    for (int64_t n = used; n < TAKEN; n++) {
        record taken;
        take(&again, &taken, NULL, NULL);
        assert_memory_equal(&taken, &whole[n], sizeof taken);
    }
    if (used < TAKEN) {
        const cornu__batch *none;
        assert_int_equal(cornu__enqueuer_get(again.batches, &none), CORNU_OK);
        assert_null(none);
        if (kind == LOADING || kind == SEEKING)
            assert_int_equal(again.walk.calls, processes ? 0 : TAKEN - used);
        if (plain)
            assert_int_equal(again.walk.calls, processes ? 0 : TAKEN);
    }
    close_stream(&again);
}

static void interrupt_everywhere(bool processes)
{
    for (stream_kind kind = 0; kind < KINDS; kind++) {
        record whole[TAKEN];
        cornu__position positions[TAKEN + 1][2] = {0};
        stream first;
        open_stream(&first, kind);
        begin_by(&first, processes || kind % 2 ? 2 : 0, processes, NULL, TAKEN);
        assert_non_null(first.batches);
        cornu__enqueuer_position(first.batches, &positions[0][0]);
        cornu__enqueuer_position(first.batches, &positions[0][1]);
        for (int n = 0; n < TAKEN; n++)
            take(&first, &whole[n], &positions[n + 1][0], &positions[n + 1][1]);
        close_stream(&first);
        for (int n = 0; n <= TAKEN; n++) {
            for (int done = 0; done < 2; done++) {
                go_on_from(kind, (n + done) % 3, false, &positions[n][done], n, whole);
                if (processes)
                    go_on_from(kind, 1 + (n + done) % 2, true, &positions[n][done], n, whole);
                cornu__position_clear(&positions[n][done]);
            }
        }
    }
    assert_int_equal(cornu__allocation_live(), 0);
}

static void the_rest_is_the_same_from_every_position(void **state)
{
    (void)state;
    interrupt_everywhere(false);
}

static void positions_of_worker_processes_and_threads_are_the_same(void **state)
{
    (void)state;
    interrupt_everywhere(true);
}

static void a_second_interruption_changes_nothing_either(void **state)
{
    (void)state;
    for (stream_kind kind = 0; kind < KINDS; kind++) {
        record whole[TAKEN], taken;
        stream first;
        open_stream(&first, kind);
        begin(&first, 1, NULL, TAKEN);
        for (int n = 0; n < TAKEN; n++)
            take(&first, &whole[n], NULL, NULL);
        close_stream(&first);
        cornu__position from = {0};
        for (int used = 0; used < TAKEN; used += 7) { /* a new process for each seven batches */
            stream part;
            open_stream(&part, kind);
            for (int i = 0; i < used; i++)
                update(part.model);
            begin(&part, 1, used > 0 ? &from : NULL, 0);
            assert_non_null(part.batches);
            cornu__position_clear(&from);
            for (int n = used; n < used + 7 && n < TAKEN; n++) {
                cornu__position_clear(&from);
                take(&part, &taken, &from, NULL);
                assert_memory_equal(&taken, &whole[n], sizeof taken);
            }
            close_stream(&part);
        }
        cornu__position_clear(&from);
    }
    assert_int_equal(cornu__allocation_live(), 0);
}

static void a_position_belongs_to_the_batch_in_hand_not_to_what_was_made_ahead(void **state)
{
    (void)state;
    stream self;
    record taken;
    open_stream(&self, LOADING);
    begin(&self, 1, NULL, 0);
    for (int64_t n = 1; n <= 9; n++) {
        cornu__position in_hand;
        take(&self, &taken, &in_hand, NULL);
        assert_int_equal(*(const int64_t *)cornu_array_data(in_hand.state), n);
        assert_int_equal(in_hand.asked, n);
        assert_int_equal(in_hand.index, n);
        assert_int_equal(in_hand.epoch, FIRST_EPOCH);
        cornu__position_clear(&in_hand);
    }
    close_stream(&self);
}

/* --- What cannot be done is said --- */

static void a_generator_that_went_on_meanwhile_cannot_go_back(void **state)
{
    (void)state;
    stream self;
    record taken;
    open_stream(&self, PLAIN);
    begin(&self, 0, NULL, 0);
    cornu__position second = {0};
    take(&self, &taken, NULL, NULL);
    take(&self, &taken, &second, NULL);
    assert_int_equal(cornu__generator_replays(self.generator, &second), 0);
    take(&self, &taken, NULL, NULL);
    assert_int_equal(cornu__generator_replays(self.generator, &second), -1);
    close_stream(&self);

    open_stream(&self, SEQUENCE_VARYING);
    begin(&self, 0, NULL, 0);
    take(&self, &taken, &second, NULL);
    assert_int_equal(cornu__generator_replays(self.generator, &second), 0);
    for (int n = 0; n < 4; n++)
        take(&self, &taken, NULL, NULL);
    assert_int_equal(cornu__generator_replays(self.generator, &second), -1);
    close_stream(&self);
    assert_int_equal(cornu__allocation_live(), 0);
}

static void a_state_that_was_not_kept_means_asking_again(void **state)
{
    (void)state;
    stream self;
    open_stream(&self, LOADING);
    assert_int_equal(cornu__generator_replays(self.generator, &(cornu__position){.index = 5, .asked = 5}), 5);
    begin(&self, 1, &(cornu__position){.epoch = FIRST_EPOCH, .index = 5, .asked = 5}, 1);
    record taken;
    take(&self, &taken, NULL, NULL);
    assert_int_equal(self.walk.calls, 6);
    close_stream(&self);
}

static void data_that_became_shorter_is_an_error(void **state)
{
    (void)state;
    stream self;
    open_stream(&self, ARRAYS);
    begin(&self, 0, &(cornu__position){.epoch = FIRST_EPOCH, .index = 7}, 0);
    assert_null(self.batches);
    assert_non_null(strstr(cornu_error_message(), "cannot go on at batch 7 of epoch 4: the data now have 6 batches"));
    close_stream(&self);
    assert_int_equal(cornu__allocation_live(), 0);
}

static void a_generator_that_ends_while_it_is_asked_again_has_no_more(void **state)
{
    (void)state;
    stream self;
    open_stream(&self, PLAIN);
    self.walk.ends_at = 3;
    begin(&self, 2, &(cornu__position){.epoch = FIRST_EPOCH, .index = 9, .asked = 9}, 0);
    assert_non_null(self.batches);
    const cornu__batch *none;
    assert_int_equal(cornu__enqueuer_get(self.batches, &none), CORNU_OK);
    assert_null(none);
    assert_int_equal(self.walk.calls, 4);
    close_stream(&self);
}

static cornu_array *no_state(void *state)
{
    (void)state;
    cornu_error_set(CORNU_ERROR_IO, "the tape is torn");
    return NULL;
}

static cornu_array *list_state(void *state)
{
    (void)state;
    return cornu_array_list(0, NULL);
}

static cornu_status no_load(void *state, const cornu_array *saved)
{
    (void)state;
    (void)saved;
    return CORNU_ERROR_FORMAT;
}

static void failing_hooks_are_errors_with_their_message(void **state)
{
    (void)state;
    cornu_array *(*saves[])(void *) = {no_state, list_state};
    const char *messages[] = {"save_state: the tape is torn", "save_state: one plain array is wanted"};
    for (int i = 0; i < 2; i++) {
        stream self;
        open_stream(&self, LOADING);
        self.generator->save_state = saves[i];
        begin(&self, 1, NULL, 0);
        assert_null(self.batches);
        assert_non_null(strstr(cornu_error_message(), messages[i]));
        close_stream(&self);
    }
    stream self;
    open_stream(&self, LOADING);
    self.generator->load_state = no_load;
    cornu__position from = {.epoch = FIRST_EPOCH, .index = 1, .asked = 1, .state = walk_save(&self.walk)};
    begin(&self, 1, &from, 0);
    assert_null(self.batches);
    assert_int_equal(cornu_error_status(), CORNU_ERROR_FORMAT);
    assert_non_null(strstr(cornu_error_message(), "load_state: the program's function returned the status"));
    cornu__position_clear(&from);
    close_stream(&self);
    assert_int_equal(cornu__allocation_live(), 0);
}

static void one_hook_without_the_other_is_refused(void **state)
{
    (void)state;
    assert_null(cornu_generator_create(.next = walk_next, .save_state = walk_save));
    assert_non_null(strstr(cornu_error_message(), "a generator with save_state wants load_state too"));
    assert_null(cornu_generator_create(.next = walk_next, .load_state = walk_load));
    assert_non_null(strstr(cornu_error_message(), "a generator with load_state wants save_state too"));
    assert_null(cornu_sequence_create(.length = varying_length, .get = varying_get, .save_state = walk_save));
    assert_non_null(strstr(cornu_error_message(), "a Sequence with save_state wants load_state too"));
    assert_int_equal(cornu__allocation_live(), 0);
}

static void without_keeping_states_no_hook_is_called_and_nothing_allocated(void **state)
{
    (void)state;
    stream self;
    open_stream(&self, SEQUENCE_WITH_HOOKS);
    self.generator->save_state = no_state;
    self.batches = cornu__enqueuer_start(cornu__generator_source(&self.ports, self.generator, true, 0, NULL),
                                         &(cornu__enqueuer_options){.workers = 1, .max_queue_size = 2});
    assert_non_null(self.batches);
    record taken;
    cornu__position position;
    for (int n = 0; n < 10; n++) {
        take(&self, &taken, NULL, &position);
        assert_null(position.state);
    }
    close_stream(&self);

    open_stream(&self, ARRAYS_BY_ROWS);
    begin(&self, 0, NULL, 0);
    uint64_t before = 0;
    for (int n = 0; n < 30; n++) {
        const cornu__batch *batch;
        if (n == 10)
            before = cornu__allocation_count();
        assert_int_equal(cornu__enqueuer_get(self.batches, &batch), CORNU_OK);
        cornu__enqueuer_position(self.batches, &position);
        assert_int_equal(cornu__enqueuer_done(self.batches), CORNU_OK);
    }
    assert_int_equal(cornu__allocation_count(), before);
    close_stream(&self);
    assert_int_equal(cornu__allocation_live(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_rest_is_the_same_from_every_position),
        cmocka_unit_test(positions_of_worker_processes_and_threads_are_the_same),
        cmocka_unit_test(a_second_interruption_changes_nothing_either),
        cmocka_unit_test(a_position_belongs_to_the_batch_in_hand_not_to_what_was_made_ahead),
        cmocka_unit_test(a_generator_that_went_on_meanwhile_cannot_go_back),
        cmocka_unit_test(a_state_that_was_not_kept_means_asking_again),
        cmocka_unit_test(data_that_became_shorter_is_an_error),
        cmocka_unit_test(a_generator_that_ends_while_it_is_asked_again_has_no_more),
        cmocka_unit_test(failing_hooks_are_errors_with_their_message),
        cmocka_unit_test(one_hook_without_the_other_is_refused),
        cmocka_unit_test(without_keeping_states_no_hook_is_called_and_nothing_allocated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
