/* Worker processes: the batches and errors of threads, whatever becomes of the processes; and nothing left behind. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include <cornu/log.h>

#include "data/enqueuer.h"
#include "data/worker_process.h"
#include "support/left_behind.h"

#define LENGTH 6
#define LOG_ROOM 256

/* --- What processes tell the test: in memory that all share --- */

typedef struct notes {
    atomic_int pids[LOG_ROOM]; /* of each call, in their order */
    atomic_int calls;
    atomic_int epoch_ends;
    atomic_int hanging;
    atomic_int exits; /* functions of atexit that ran */
} notes;

static notes *shared;

static void note_call(void)
{
    int call = atomic_fetch_add(&shared->calls, 1);
    if (call < LOG_ROOM)
        atomic_store(&shared->pids[call], (int)getpid());
}

static int different_pids(void)
{
    int count = 0;
    for (int i = 0; i < atomic_load(&shared->calls) && i < LOG_ROOM; i++) {
        int j = 0;
        while (atomic_load(&shared->pids[j]) != atomic_load(&shared->pids[i]))
            j++;
        count += j == i;
    }
    return count;
}

/* --- The program's generator and Sequence: they misbehave at one batch --- */

typedef enum misdeed {
    NONE,
    KILLED,
    KILLED_ONCE, /* the second time all is well */
    SEGFAULT,
    ABORT,
    EXIT,
    EXIT_AT_ONCE,
    ERROR,
    BAD_LABEL,
    HANG,
    WAIT /* until the test kills it */
} misdeed;

typedef struct program {
    misdeed misdeed;
    int64_t at;
    int64_t given; /* by the generator */
    int64_t epochs;
    int64_t rows; /* of a batch; 0: they grow */
    int64_t ends_at;
    int64_t length_after_first; /* in worker processes only; 0: as everywhere */
    pid_t pid;
} program;

static cornu_status misbehave(const program *self, int64_t number)
{
    static atomic_int *done; /* survives the process */
    if (!done)
        done = &shared->hanging;
    if (self->misdeed == NONE || number != self->at || getpid() == self->pid)
        return CORNU_OK;
    switch (self->misdeed) {
    case KILLED_ONCE:
        if (atomic_exchange(done, 1) == 0)
            raise(SIGKILL);
        return CORNU_OK;
    case KILLED:
        raise(SIGKILL);
        return CORNU_OK;
    case SEGFAULT:
        signal(SIGSEGV, SIG_DFL); /* a sanitizer has a handler of its own, which exits */
        raise(SIGSEGV);
        return CORNU_OK;
    case ABORT:
        signal(SIGABRT, SIG_DFL);
        raise(SIGABRT);
        return CORNU_OK;
    case EXIT:
        exit(3);
    case EXIT_AT_ONCE:
        _exit(0);
    case ERROR:
        return cornu_error_set(CORNU_ERROR_IO, "the disk is gone");
    case HANG:
    case WAIT:
        atomic_store(&shared->hanging, (int)getpid());
        for (;;)
            pause();
    default:
        return CORNU_OK;
    }
}

static cornu_status give(const program *self, int64_t number, cornu_batch *batch)
{
    int64_t rows = self->rows > 0 ? self->rows : 1 << (2 * number);
    batch->x = cornu_array_zeros(CORNU_FLOAT64, 2, (int64_t[]){rows, 2}); /* converted on the way */
    batch->y = cornu_array_zeros(CORNU_INT32, 1, (int64_t[]){rows});
    if (!batch->x || !batch->y)
        return cornu_error_status();
    for (int64_t i = 0; i < 2 * rows; i++)
        ((double *)cornu_array_data(batch->x))[i] = (double)(100 * self->epochs + number) + 0.25 * (double)(i % 4);
    if (self->misdeed == BAD_LABEL && number == self->at)
        ((int32_t *)cornu_array_data(batch->y))[1] = 7;
    return CORNU_OK;
}

static cornu_status program_next(void *state, cornu_batch *batch)
{
    program *self = state;
    note_call();
    CORNU_TRY(misbehave(self, self->given));
    return self->given == self->ends_at ? CORNU_OK : give(self, self->given++, batch);
}

static int64_t program_length(void *state)
{
    const program *self = state;
    bool other = self->length_after_first > 0 && self->epochs > 0 && getpid() != self->pid;
    return other ? self->length_after_first : LENGTH;
}

static cornu_status program_get(void *state, int64_t index, cornu_batch *batch)
{
    program *self = state;
    note_call();
    CORNU_TRY(misbehave(self, index));
    return give(self, index, batch);
}

static void program_end(void *state)
{
    ((program *)state)->epochs++;
    atomic_fetch_add(&shared->epoch_ends, 1);
}

static cornu_array *program_save(void *state)
{
    return cornu_array_copy_of(CORNU_INT64, 1, (int64_t[]){1}, &((program *)state)->given);
}

static cornu_status program_load(void *state, const cornu_array *saved)
{
    ((program *)state)->given = *(const int64_t *)cornu_array_data(saved);
    return CORNU_OK;
}

static cornu_status program_seek(void *state, int64_t number)
{
    ((program *)state)->given = number;
    return CORNU_OK;
}

typedef enum hooks { NO_HOOKS, LOADS, SEEKS } hooks;

static cornu_generator *generator_of(program *self, hooks with)
{
    return cornu_generator_create(.next = program_next, .state = self,
                                  .save_state = with == LOADS ? program_save : NULL,
                                  .load_state = with == LOADS ? program_load : NULL,
                                  .seek = with == SEEKS ? program_seek : NULL);
}

static cornu_sequence *sequence_of(program *self)
{
    return cornu_sequence_create(.length = program_length, .get = program_get, .on_epoch_end = program_end,
                                 .state = self, .thread_safe = false);
}

/* --- Streams --- */

typedef struct fixture {
    cornu_model *model;
    cornu__ports ports;
    int files, children;
} fixture;

static int set_up(void **state)
{
    fixture *self = test_calloc(1, sizeof *self);
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    self->model = cornu_sequential(.seed = 5);
    cornu_add(self->model, cornu_dense(3, .activation = "softmax", .input_shape = {2}, .name = "classes"));
    if (cornu_compile(self->model, .loss = "sparse_categorical_crossentropy") != CORNU_OK ||
        cornu__ports_of(self->model, CORNU__STEP_TRAIN, NULL, &self->ports) != CORNU_OK)
        return 1;
    self->files = left_files();
    self->children = left_children();
    *state = self;
    return 0;
}

/* After every test, whatever it did. */
static int tear_down(void **state)
{
    fixture *self = *state;
    int leaks = left_files() - self->files;
    int children = left_children() - self->children;
    int mappings = left_shared();
    cornu_model_release(self->model);
    munmap(shared, sizeof *shared);
    test_free(self);
    if (leaks || children || mappings)
        print_error("left behind: %d files, %d children, %d mappings\n", leaks, children, mappings);
    return leaks || children || mappings || cornu__allocation_live() != 0;
}

static program decent(const fixture *f)
{
    (void)f;
    return (program){.rows = 2, .ends_at = -1, .pid = getpid()};
}

static cornu__enqueuer *start(const fixture *f, cornu_generator *generator, cornu__enqueuer_options options)
{
    options.processes = true;
    options.max_queue_size = options.max_queue_size > 0 ? options.max_queue_size : 3;
    return cornu__enqueuer_start(cornu__generator_source(&f->ports, generator, false, 0, NULL), &options);
}

static void take(cornu__enqueuer *ring, int64_t epoch, int64_t number, int64_t rows)
{
    const cornu__batch *batch;
    if (cornu__enqueuer_get(ring, &batch) != CORNU_OK)
        fail_msg("batch %d: %s", (int)number, cornu_error_message());
    assert_non_null(batch);
    assert_int_equal(batch->rows, rows);
    assert_int_equal(batch->inputs[0].rank, 2);
    assert_int_equal(batch->inputs[0].shape[0], rows);
    assert_int_equal(batch->inputs[0].shape[1], 2);
    for (int64_t i = 0; i < 2 * rows; i++)
        assert_float_equal(((const float *)batch->inputs[0].data)[i],
                           (float)(100 * epoch + number) + 0.25f * (float)(i % 4), 0);
    assert_int_equal((uintptr_t)batch->inputs[0].data % CORNU_ALIGNMENT, 0);
    assert_int_equal(batch->targets[0].shape[0], rows);
    assert_null(batch->sample_weights[0].data);
    assert_int_equal(cornu__enqueuer_done(ring), CORNU_OK);
}

/* Takes what comes until there is an error. */
static int64_t take_until_error(cornu__enqueuer *ring)
{
    const cornu__batch *batch;
    for (int64_t number = 0;; number++) {
        if (cornu__enqueuer_get(ring, &batch) != CORNU_OK)
            return number;
        assert_non_null(batch);
        assert_int_equal(cornu__enqueuer_done(ring), CORNU_OK);
    }
}

static void assert_says(const char *wanted)
{
    if (!strstr(cornu_error_message(), wanted))
        fail_msg("\"%s\" does not say \"%s\"", cornu_error_message(), wanted);
}

/* --- What processes make --- */

static void a_sequence_is_made_by_several_processes_in_order(void **state)
{
    for (int workers = 1; workers <= 4; workers++) {
        program self = decent(*state);
        cornu_sequence *sequence = sequence_of(&self);
        memset(shared, 0, sizeof *shared);
        cornu__enqueuer *ring = start(*state, sequence, (cornu__enqueuer_options){.workers = workers, .epochs = 4});
        assert_non_null(ring);
        for (int64_t epoch = 0; epoch < 4; epoch++) {
            for (int64_t number = 0; number < LENGTH; number++)
                take(ring, epoch, number, 2);
        }
        const cornu__batch *none;
        assert_int_equal(cornu__enqueuer_get(ring, &none), CORNU_OK);
        assert_null(none);
        cornu__enqueuer_stop(ring);
        assert_true(different_pids() <= workers);
        assert_int_equal(atomic_load(&shared->calls), 4 * LENGTH);
        assert_int_equal(atomic_load(&shared->epoch_ends), 4 * (workers + 1)); /* and in the program */
        cornu_sequence_release(sequence);
    }
}

static void a_plain_generator_has_one_process_for_its_life(void **state)
{
    program self = decent(*state);
    cornu_generator *generator = generator_of(&self, NO_HOOKS);
    cornu__enqueuer *ring = start(*state, generator, (cornu__enqueuer_options){.workers = 5, .batches = 40});
    for (int64_t number = 0; number < 40; number++)
        take(ring, 0, number, 2);
    cornu__enqueuer_stop(ring);
    assert_int_equal(different_pids(), 1);
    assert_int_equal(atomic_load(&shared->calls), 40);
    assert_int_equal(self.given, 0);
    cornu_generator_release(generator);
}

static void a_generator_with_hooks_goes_on_where_its_process_was(void **state)
{
    for (hooks with = LOADS; with <= SEEKS; with++) {
        program self = decent(*state);
        cornu_generator *generator = generator_of(&self, with);
        for (int64_t call = 0; call < 3; call++) {
            cornu__enqueuer *ring = start(*state, generator, (cornu__enqueuer_options){.workers = 1, .batches = 7});
            for (int64_t number = 0; number < 7; number++)
                take(ring, 0, 7 * call + number, 2);
            cornu__enqueuer_stop(ring);
            assert_int_equal(self.given, 7 * (call + 1));
        }
        cornu_generator_release(generator);
    }
}

static void batches_may_grow(void **state)
{
    program self = decent(*state);
    self.rows = 0;
    cornu_sequence *sequence = sequence_of(&self);
    cornu__enqueuer *ring =
        start(*state, sequence, (cornu__enqueuer_options){.workers = 2, .max_queue_size = 1, .epochs = 3});
    for (int64_t epoch = 0; epoch < 3; epoch++) {
        for (int64_t number = 0; number < LENGTH; number++)
            take(ring, epoch, number, 1 << (2 * number));
    }
    cornu__enqueuer_stop(ring);
    cornu_sequence_release(sequence);

    self = decent(*state);
    self.rows = 300000; /* more than one block of memory has at first */
    cornu_generator *generator = generator_of(&self, NO_HOOKS);
    ring = start(*state, generator, (cornu__enqueuer_options){.workers = 1, .batches = 3});
    for (int64_t number = 0; number < 3; number++)
        take(ring, 0, number, 300000);
    cornu__enqueuer_stop(ring);
    cornu_generator_release(generator);
}

static void a_generator_ends_after_its_last_batch(void **state)
{
    program self = decent(*state);
    self.ends_at = 5;
    cornu_generator *generator = generator_of(&self, NO_HOOKS);
    cornu__enqueuer *ring = start(*state, generator, (cornu__enqueuer_options){.workers = 1, .batches = 50});
    for (int64_t number = 0; number < 5; number++)
        take(ring, 0, number, 2);
    const cornu__batch *none;
    for (int again = 0; again < 2; again++) {
        assert_int_equal(cornu__enqueuer_get(ring, &none), CORNU_OK);
        assert_null(none);
    }
    cornu__enqueuer_stop(ring);
    assert_int_equal(atomic_load(&shared->calls), 6);
    cornu_generator_release(generator);
}

static void a_running_stream_allocates_nothing_in_the_program(void **state)
{
    program self = decent(*state);
    cornu_sequence *sequence = sequence_of(&self);
    cornu__enqueuer *ring = start(*state, sequence, (cornu__enqueuer_options){.workers = 3, .epochs = 20});
    uint64_t before = 0;
    for (int64_t epoch = 0; epoch < 20; epoch++) {
        if (epoch == 5)
            before = cornu__allocation_count();
        for (int64_t number = 0; number < LENGTH; number++)
            take(ring, epoch, number, 2);
    }
    assert_int_equal(cornu__allocation_count(), before);
    cornu__enqueuer_stop(ring);
    cornu_sequence_release(sequence);
}

static void nothing_grows_over_two_hundred_epochs(void **state)
{
    program self = decent(*state);
    cornu_sequence *sequence = sequence_of(&self);
    cornu__enqueuer *ring = start(*state, sequence, (cornu__enqueuer_options){.workers = 2, .epochs = 200});
    int files = 0, mappings = 0, children = 0;
    long kilobytes = 0;
    for (int64_t epoch = 0; epoch < 200; epoch++) {
        for (int64_t number = 0; number < LENGTH; number++)
            take(ring, epoch, number, 2);
        if (epoch == 20) {
            files = left_files();
            mappings = left_shared();
            children = left_children();
            kilobytes = left_kilobytes();
        }
    }
    assert_int_equal(left_files(), files);
    assert_int_equal(left_shared(), mappings);
    assert_int_equal(left_children(), children);
    assert_true(left_kilobytes() < kilobytes + 4096);
    cornu__enqueuer_stop(ring);
    cornu_sequence_release(sequence);
}

/* --- Errors --- */

static void an_error_comes_in_its_turn_with_batch_and_sample(void **state)
{
    static const struct {
        misdeed misdeed;
        cornu_status status;
        const char *message;
    } cases[] = {
        {ERROR, CORNU_ERROR_IO, "batch 4: the disk is gone"},
        {BAD_LABEL, CORNU_ERROR_DATA, "batch 4: target 'classes': sample 1 has the label 7"},
        {KILLED, CORNU_ERROR_WORKER, "was killed by signal 9 (SIGKILL)"},
        {SEGFAULT, CORNU_ERROR_WORKER, "was killed by signal 11 (SIGSEGV)"},
        {ABORT, CORNU_ERROR_WORKER, "was killed by signal 6 (SIGABRT)"},
        {EXIT, CORNU_ERROR_WORKER, "ended with exit status 3: the program's function called exit"},
        {EXIT_AT_ONCE, CORNU_ERROR_WORKER, "ended with exit status 0"},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        for (int plain = 0; plain < 2; plain++) {
            for (int workers = 1; workers <= 3; workers += 2) {
                program self = decent(*state);
                self.misdeed = cases[c].misdeed;
                self.at = 4;
                cornu_generator *generator = plain ? generator_of(&self, NO_HOOKS) : sequence_of(&self);
                cornu__enqueuer *ring =
                    start(*state, generator, (cornu__enqueuer_options){.workers = workers, .batches = 50});
                for (int64_t number = 0; number < 4; number++)
                    take(ring, 0, number, 2);
                const cornu__batch *batch;
                for (int again = 0; again < 2; again++) {
                    assert_int_equal(cornu__enqueuer_get(ring, &batch), cases[c].status);
                    assert_says("batch 4: ");
                    assert_says(cases[c].message);
                }
                cornu__enqueuer_stop(ring);
                cornu_generator_release(generator);
            }
        }
    }
}

static void a_process_killed_at_any_batch_is_an_error_with_its_pid(void **state)
{
    for (int64_t at = 0; at < LENGTH; at++) {
        for (int plain = 0; plain < 2; plain++) {
            program self = decent(*state);
            self.misdeed = KILLED;
            self.at = at;
            memset(shared, 0, sizeof *shared);
            cornu_generator *generator = plain ? generator_of(&self, NO_HOOKS) : sequence_of(&self);
            cornu__enqueuer *ring = start(*state, generator, (cornu__enqueuer_options){.workers = 1, .batches = 50});
            assert_int_equal(take_until_error(ring), at);
            assert_int_equal(cornu_error_status(), CORNU_ERROR_WORKER);
            char wanted[100];
            snprintf(wanted, sizeof wanted, "batch %d: worker process %d was killed", (int)at,
                     atomic_load(&shared->pids[at]));
            assert_says(wanted);
            cornu__enqueuer_stop(ring);
            cornu_generator_release(generator);
        }
    }
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static pid_t wait_for_hanging(void)
{
    for (int waited = 0; waited < 10000 && atomic_load(&shared->hanging) == 0; waited++)
        usleep(1000);
    return (pid_t)atomic_load(&shared->hanging);
}

/* The bound is a limit against hanging; what was seen is a few milliseconds. */
static void a_process_killed_from_outside_is_noticed_while_one_waits(void **state)
{
    program self = decent(*state);
    self.misdeed = WAIT;
    self.at = 2;
    cornu_sequence *sequence = sequence_of(&self);
    cornu__enqueuer *ring = start(*state, sequence, (cornu__enqueuer_options){.workers = 2, .epochs = 1});
    pid_t victim = wait_for_hanging();
    assert_int_not_equal(victim, 0);
    kill(victim, SIGKILL);
    double killed = seconds();
    assert_int_equal(take_until_error(ring), 2);
    assert_true(seconds() - killed < 5);
    assert_says("was killed by signal 9 (SIGKILL)");
    cornu__enqueuer_stop(ring);
    cornu_sequence_release(sequence);
}

static void a_length_that_differs_in_a_process_is_an_error(void **state)
{
    program self = decent(*state);
    self.length_after_first = LENGTH + 2;
    cornu_sequence *sequence = sequence_of(&self);
    cornu__enqueuer *ring = start(*state, sequence, (cornu__enqueuer_options){.workers = 2, .epochs = 3});
    for (int64_t number = 0; number < LENGTH - 1; number++)
        take(ring, 0, number, 2);
    const cornu__batch *batch;
    assert_int_equal(cornu__enqueuer_get(ring, &batch), CORNU_OK);
    assert_int_equal(cornu__enqueuer_done(ring), CORNU_ERROR_WORKER);
    assert_says("the Sequence's length is 6 in the program and 8 in a worker process");
    cornu__enqueuer_stop(ring);
    cornu_sequence_release(sequence);
}

static void a_refused_allocation_is_an_error_and_leaves_nothing(void **state)
{
    program self = decent(*state);
    cornu_generator *generators[] = {generator_of(&self, LOADS), sequence_of(&self)};
    for (int g = 0; g < 2; g++) {
        for (uint64_t nth = 1; nth <= 12; nth++) {
            uint64_t live = cornu__allocation_live();
            cornu__allocation_fail_at(nth);
            cornu__enqueuer *ring = start(*state, generators[g],
                                          (cornu__enqueuer_options){.workers = 2, .batches = 6, .keep_states = true});
            if (ring) {
                int64_t taken = 0;
                const cornu__batch *batch;
                while (taken < 6 && cornu__enqueuer_get(ring, &batch) == CORNU_OK && batch) {
                    assert_int_equal(cornu__enqueuer_done(ring), CORNU_OK);
                    taken++;
                }
                if (taken < 6)
                    assert_int_equal(cornu_error_status(), CORNU_ERROR_OUT_OF_MEMORY);
            } else {
                assert_int_equal(cornu_error_status(), CORNU_ERROR_OUT_OF_MEMORY);
            }
            cornu__enqueuer_stop(ring);
            cornu__allocation_fail_at(0);
            assert_int_equal(cornu__allocation_live(), live);
            self.given = 0;
            generators[g]->asked = 0;
        }
        cornu_generator_release(generators[g]);
    }
}

/* --- Replacing the dead --- */

static void quiet(const char *message, void *state)
{
    snprintf(state, 200, "%s", message);
}

static void a_replaced_process_makes_the_same_batches(void **state)
{
    char warning[200] = "";
    cornu_set_warning_handler(quiet, warning);
    for (int64_t at = 0; at < LENGTH; at++) {
        for (int kind = 0; kind < 4; kind++) { /* three generators and a Sequence */
            program self = decent(*state);
            self.misdeed = KILLED_ONCE;
            self.at = at;
            memset(shared, 0, sizeof *shared);
            warning[0] = '\0';
            cornu_generator *generator = kind < 3 ? generator_of(&self, (hooks)kind) : sequence_of(&self);
            cornu__enqueuer *ring =
                start(*state, generator,
                      (cornu__enqueuer_options){.workers = 2, .batches = 3 * LENGTH, .worker_restarts = 1});
            for (int64_t number = 0; number < 3 * LENGTH; number++)
                take(ring, kind < 3 ? 0 : number / LENGTH, kind < 3 ? number : number % LENGTH, 2);
            assert_non_null(strstr(warning, "was killed by signal 9 (SIGKILL)"));
            assert_non_null(strstr(warning, "another takes its place"));
            cornu__enqueuer_stop(ring);
            int calls = kind == NO_HOOKS ? 3 * LENGTH + 1 + (int)at : 3 * LENGTH + 1;
            assert_int_equal(atomic_load(&shared->calls), calls);
            if (kind == LOADS || kind == SEEKS)
                assert_int_equal(self.given, 3 * LENGTH);
            cornu_generator_release(generator);
        }
    }
    cornu_set_warning_handler(NULL, NULL);
}

static void only_as_many_are_replaced_as_was_asked(void **state)
{
    char warning[200] = "";
    cornu_set_warning_handler(quiet, warning);
    program self = decent(*state);
    self.misdeed = KILLED;
    self.at = 3;
    cornu_sequence *sequence = sequence_of(&self);
    cornu__enqueuer *ring =
        start(*state, sequence, (cornu__enqueuer_options){.workers = 1, .epochs = 2, .worker_restarts = 4});
    assert_int_equal(take_until_error(ring), 3);
    assert_int_equal(cornu_error_status(), CORNU_ERROR_WORKER);
    assert_int_equal(atomic_load(&shared->calls), 3 + 1 + 4);
    cornu__enqueuer_stop(ring);
    cornu_sequence_release(sequence);
    cornu_set_warning_handler(NULL, NULL);
}

/* An idle one, between two batches or two epochs. */
static void one_that_dies_while_nobody_looks_is_replaced_too(void **state)
{
    char warning[200] = "";
    cornu_set_warning_handler(quiet, warning);
    for (int64_t at = 0; at < 2 * LENGTH; at++) {
        program self = decent(*state);
        cornu_sequence *sequence = sequence_of(&self);
        memset(shared, 0, sizeof *shared);
        cornu__enqueuer *ring =
            start(*state, sequence,
                  (cornu__enqueuer_options){.workers = 1, .max_queue_size = 1, .epochs = 3, .worker_restarts = 1});
        for (int64_t number = 0; number < 3 * LENGTH; number++) {
            take(ring, number / LENGTH, number % LENGTH, 2);
            if (number == at) {
                usleep(3000); /* more likely idle */
                kill((pid_t)atomic_load(&shared->pids[0]), SIGKILL);
            }
        }
        cornu__enqueuer_stop(ring);
        cornu_sequence_release(sequence);
    }
    cornu_set_warning_handler(NULL, NULL);
}

/* --- The end --- */

static void one_that_hangs_is_killed_when_all_is_over(void **state)
{
    for (int plain = 0; plain < 2; plain++) {
        program self = decent(*state);
        self.misdeed = HANG;
        self.at = 3;
        atomic_store(&shared->hanging, 0);
        cornu_generator *generator = plain ? generator_of(&self, NO_HOOKS) : sequence_of(&self);
        cornu__enqueuer *ring = start(*state, generator, (cornu__enqueuer_options){.workers = 2, .batches = 6});
        take(ring, 0, 0, 2);
        pid_t hanging = wait_for_hanging();
        assert_int_not_equal(hanging, 0);
        double begin = seconds();
        cornu__enqueuer_stop(ring);
        double waited = seconds() - begin;
        assert_true(waited > 0.9e-3 * CORNU__GRACE_MILLISECONDS); /* it had its time */
        assert_true(waited < 60);
        assert_int_equal(kill(hanging, 0), -1);
        cornu_generator_release(generator);
    }
}

static void stopping_anywhere_leaves_nothing(void **state)
{
    for (int workers = 1; workers <= 3; workers++) {
        for (int64_t taken = 0; taken < 2 * LENGTH; taken++) {
            program self = decent(*state);
            cornu_sequence *sequence = sequence_of(&self);
            cornu__enqueuer *ring = start(*state, sequence, (cornu__enqueuer_options){.workers = workers, .epochs = 3});
            for (int64_t number = 0; number < taken; number++)
                take(ring, number / LENGTH, number % LENGTH, 2);
            const cornu__batch *batch;
            if (taken % 2)
                assert_int_equal(cornu__enqueuer_get(ring, &batch), CORNU_OK); /* stopped with a batch in hand */
            cornu__enqueuer_stop(ring);
            assert_int_equal(left_children(), ((fixture *)*state)->children);
            cornu_sequence_release(sequence);
        }
    }
}

static void an_error_survives_the_stopping(void **state)
{
    program self = decent(*state);
    cornu_generator *generator = generator_of(&self, LOADS);
    cornu__enqueuer *ring = start(*state, generator, (cornu__enqueuer_options){.workers = 1, .batches = 6});
    take(ring, 0, 0, 2);
    cornu__fail(CORNU_ERROR_DATA, "why training ended");
    cornu__enqueuer_stop(ring);
    assert_int_equal(cornu_error_status(), CORNU_ERROR_DATA);
    assert_string_equal(cornu_error_message(), "why training ended");
    cornu_generator_release(generator);
}

/* Runs in a process of its own; *state is the fixture's, inherited. */
typedef void (*in_a_program)(const fixture *f);

static int run_program(const fixture *f, in_a_program run, pid_t *pid)
{
    fflush(NULL);
    *pid = fork();
    if (*pid == 0) {
        run(f);
        exit(0);
    }
    int how = 0;
    waitpid(*pid, &how, 0);
    return how;
}

static void die_in_the_midst(const fixture *f)
{
    program self = decent(f);
    self.misdeed = HANG;
    self.at = 4;
    cornu_sequence *sequence = sequence_of(&self);
    cornu__enqueuer *ring = start(f, sequence, (cornu__enqueuer_options){.workers = 3, .epochs = 1});
    for (int64_t number = 0; number < 4; number++)
        take(ring, 0, number, 2);
    wait_for_hanging();
    raise(SIGKILL);
}

static void the_programs_death_is_the_death_of_all(void **state)
{
    prctl(PR_SET_CHILD_SUBREAPER, 1); /* orphans come to this test, which can see their end */
    pid_t pid;
    int how = run_program(*state, die_in_the_midst, &pid);
    assert_true(WIFSIGNALED(how) && WTERMSIG(how) == SIGKILL);
    assert_true(atomic_load(&shared->calls) >= 5);
    for (int i = 0; i < atomic_load(&shared->calls) && i < LOG_ROOM; i++)
        assert_true(left_is_gone((pid_t)atomic_load(&shared->pids[i])));
    while (waitpid(-1, NULL, 0) > 0) /* those that had made no batch yet */
        ;
    prctl(PR_SET_CHILD_SUBREAPER, 0);
}

/* --- Programs that have their own ways with children and streams --- */

static void run_with_a_death(const fixture *f, const char *wanted)
{
    program self = decent(f);
    self.misdeed = KILLED;
    self.at = 4;
    cornu_sequence *sequence = sequence_of(&self);
    cornu__enqueuer *ring = start(f, sequence, (cornu__enqueuer_options){.workers = 2, .epochs = 1});
    if (take_until_error(ring) != 4 || !strstr(cornu_error_message(), wanted)) {
        print_error("%s\n", cornu_error_message());
        exit(1);
    }
    cornu__enqueuer_stop(ring);
    self.misdeed = NONE; /* and without one */
    ring = start(f, sequence, (cornu__enqueuer_options){.workers = 2, .epochs = 2});
    for (int64_t number = 0; number < 2 * LENGTH; number++)
        take(ring, number / LENGTH, number % LENGTH, 2);
    cornu__enqueuer_stop(ring);
    cornu_sequence_release(sequence);
    exit(left_children());
}

static void ignore_children(const fixture *f)
{
    signal(SIGCHLD, SIG_IGN);
    run_with_a_death(f, "worker process");
}

static void wait_for_any(int signal_number)
{
    (void)signal_number;
    int before = errno;
    while (waitpid(-1, NULL, WNOHANG) > 0)
        ;
    errno = before;
}

static void reap_in_a_handler(const fixture *f)
{
    signal(SIGCHLD, wait_for_any);
    run_with_a_death(f, "worker process");
}

static void have_a_child(const fixture *f)
{
    pid_t own = fork();
    if (own == 0)
        _exit(42);
    program self = decent(f);
    cornu_sequence *sequence = sequence_of(&self);
    cornu__enqueuer *ring = start(f, sequence, (cornu__enqueuer_options){.workers = 2, .epochs = 1});
    for (int64_t number = 0; number < LENGTH; number++)
        take(ring, 0, number, 2);
    cornu__enqueuer_stop(ring);
    cornu_sequence_release(sequence);
    int how;
    exit(waitpid(own, &how, 0) == own && WIFEXITED(how) && WEXITSTATUS(how) == 42 ? 0 : 1);
}

static void a_programs_ways_with_its_children_are_its_own(void **state)
{
    const in_a_program programs[] = {ignore_children, reap_in_a_handler, have_a_child};
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
        pid_t pid;
        assert_int_equal(run_program(*state, programs[i], &pid), 0);
    }
}

static void note_exit(void)
{
    atomic_fetch_add(&shared->exits, 1);
}

static cornu_status print_and_exit(void *state, cornu_batch *batch)
{
    program *self = state;
    if (self->given == 2)
        exit(5);
    printf("batch %d\n", (int)self->given);
    return give(self, self->given++, batch);
}

static void print_before_and_in_processes(const fixture *f)
{
    atexit(note_exit);
    printf("the program's own line, not yet sent\n"); /* to a file: it stays in the buffer */
    program self = decent(f);
    cornu_generator *generator = cornu_generator_create(.next = print_and_exit, .state = &self);
    cornu__enqueuer *ring = start(f, generator, (cornu__enqueuer_options){.workers = 1, .batches = 9});
    take_until_error(ring);
    cornu__enqueuer_stop(ring);
    cornu_generator_release(generator);
    exit(0);
}

static void send_stdout_to_a_file_and_print(const fixture *f)
{
    if (!freopen("processes_output.txt", "w", stdout))
        exit(1);
    print_before_and_in_processes(f);
}

static void what_the_program_printed_comes_once_and_its_exit_functions_run_once(void **state)
{
    char folder[] = "/tmp/cornu-processes-XXXXXX", text[1000] = "";
    assert_non_null(mkdtemp(folder));
    char *before = getcwd(NULL, 0);
    assert_int_equal(chdir(folder), 0);
    pid_t pid;
    assert_int_equal(run_program(*state, send_stdout_to_a_file_and_print, &pid), 0);
    FILE *file = fopen("processes_output.txt", "r");
    assert_non_null(file);
    assert_true(fread(text, 1, sizeof text - 1, file) > 0);
    fclose(file);
    remove("processes_output.txt");
    assert_int_equal(chdir(before), 0);
    free(before);
    rmdir(folder);
    assert_string_equal(text, "batch 0\nbatch 1\nthe program's own line, not yet sent\n");
    assert_int_equal(atomic_load(&shared->exits), 1);
}

static void interrupt_the_group(const fixture *f)
{
    setpgid(0, 0);
    signal(SIGINT, SIG_IGN); /* the program's answer to it is its own */
    signal(SIGTERM, SIG_IGN);
    program self = decent(f);
    cornu_sequence *sequence = sequence_of(&self);
    cornu__enqueuer *ring = start(f, sequence, (cornu__enqueuer_options){.workers = 2, .epochs = 3});
    signal(SIGINT, SIG_IGN);
    for (int64_t number = 0; number < 3 * LENGTH; number++) {
        killpg(getpgrp(), number % 2 ? SIGINT : SIGTERM);
        take(ring, number / LENGTH, number % LENGTH, 2);
    }
    cornu__enqueuer_stop(ring);
    cornu_sequence_release(sequence);
    exit(left_children());
}

static void signals_to_the_group_are_the_programs(void **state)
{
    pid_t pid;
    assert_int_equal(run_program(*state, interrupt_the_group, &pid), 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_sequence_is_made_by_several_processes_in_order),
        TEST(a_plain_generator_has_one_process_for_its_life),
        TEST(a_generator_with_hooks_goes_on_where_its_process_was),
        TEST(batches_may_grow),
        TEST(a_generator_ends_after_its_last_batch),
        TEST(a_running_stream_allocates_nothing_in_the_program),
        TEST(nothing_grows_over_two_hundred_epochs),
        TEST(an_error_comes_in_its_turn_with_batch_and_sample),
        TEST(a_process_killed_at_any_batch_is_an_error_with_its_pid),
        TEST(a_process_killed_from_outside_is_noticed_while_one_waits),
        TEST(a_length_that_differs_in_a_process_is_an_error),
        TEST(a_refused_allocation_is_an_error_and_leaves_nothing),
        TEST(a_replaced_process_makes_the_same_batches),
        TEST(only_as_many_are_replaced_as_was_asked),
        TEST(one_that_dies_while_nobody_looks_is_replaced_too),
        TEST(one_that_hangs_is_killed_when_all_is_over),
        TEST(stopping_anywhere_leaves_nothing),
        TEST(an_error_survives_the_stopping),
        TEST(the_programs_death_is_the_death_of_all),
        TEST(a_programs_ways_with_its_children_are_its_own),
        TEST(what_the_program_printed_comes_once_and_its_exit_functions_run_once),
        TEST(signals_to_the_group_are_the_programs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
