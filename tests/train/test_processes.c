/* use_multiprocessing through the doors: the same bits as threads, and every way to end leaves nothing behind. */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/memory.h"
#include "support/left_behind.h"
#include "train/small_model.h"

#define ROWS 23
#define BATCH 6
#define BATCHES 4 /* per epoch; the last one is smaller */
#define EPOCHS 2

typedef struct fixture {
    cornu_array *x, *y;
    cornu_model *model;
    int *shared; /* by all processes */
    int files, children;
    char warning[400];
} fixture;

static void keep_warning(const char *message, void *state)
{
    snprintf(((fixture *)state)->warning, sizeof((fixture *)state)->warning, "%s", message);
}

static int set_up(void **state)
{
    fixture *self = test_calloc(1, sizeof *self);
    self->x = small_x(ROWS);
    self->y = small_y(ROWS);
    self->model = small_model(42);
    self->shared = mmap(NULL, sizeof *self->shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    cornu_set_warning_handler(keep_warning, self);
    self->files = left_files();
    self->children = left_children();
    *state = self;
    return 0;
}

static int tear_down(void **state)
{
    fixture *self = *state;
    int files = left_files() - self->files, children = left_children() - self->children, mappings = left_shared();
    cornu_set_warning_handler(NULL, NULL);
    cornu_array_release(self->x);
    cornu_array_release(self->y);
    cornu_model_release(self->model);
    munmap(self->shared, sizeof *self->shared);
    test_free(self);
    if (files || children || mappings)
        print_error("left behind: %d files, %d children, %d mappings\n", files, children, mappings);
    return files || children || mappings || cornu__allocation_live() != 0;
}

/* --- A generator of the same batches, again and again, which may misbehave at one of them in a worker process --- */

typedef enum misdeed { NONE, KILLED, KILLED_ONCE, ERROR, ENDS, HANGS } misdeed;

typedef struct endless {
    const fixture *fixture;
    int64_t given;
    misdeed misdeed;
    int64_t at;
    pid_t program;
} endless;

static cornu_status misbehave(const endless *self)
{
    bool once = self->misdeed == KILLED_ONCE;
    if (self->misdeed == ERROR)
        return cornu_error_set(CORNU_ERROR_IO, "the tape is torn");
    if (getpid() == self->program || (once && *self->fixture->shared > 0))
        return CORNU_OK;
    *self->fixture->shared = (int)getpid();
    if (self->misdeed == KILLED || once)
        raise(SIGKILL);
    while (self->misdeed == HANGS)
        pause();
    return CORNU_OK;
}

static cornu_status endless_next(void *state, cornu_batch *batch)
{
    endless *self = state;
    int64_t begin = self->given % BATCHES * BATCH, end = begin + BATCH < ROWS ? begin + BATCH : ROWS;
    if (self->given == self->at && self->misdeed == ENDS)
        return CORNU_OK;
    if (self->given == self->at && misbehave(self) != CORNU_OK)
        return cornu_error_status();
    self->given++;
    batch->x = cornu_array_rows(self->fixture->x, begin, end);
    batch->y = cornu_array_rows(self->fixture->y, begin, end);
    return batch->x && batch->y ? CORNU_OK : cornu_error_status();
}

static cornu_status endless_seek(void *state, int64_t number)
{
    ((endless *)state)->given = number;
    return CORNU_OK;
}

static endless endless_of(const fixture *f, misdeed deed, int64_t at)
{
    return (endless){.fixture = f, .misdeed = deed, .at = at, .program = getpid()};
}

/* --- The same bits --- */

typedef enum door { SEQUENCE, SHUFFLED, GENERATOR, DOORS } door;

static void train(const fixture *f, door way, bool processes, int workers, int queue,
                  char digest[CORNU_SHA256_TEXT_SIZE])
{
    cornu_model *model = small_model(42);
    endless state = endless_of(f, NONE, -1);
    cornu_generator *generator = way == GENERATOR ? cornu_generator_create(.next = endless_next, .state = &state)
                                                  : cornu_array_sequence(f->x, f->y, .batch_size = BATCH);
    cornu_history *history =
        cornu_fit_generator(model, generator, .epochs = EPOCHS, .verbose = 0, .workers = workers,
                            .steps_per_epoch = way == GENERATOR ? BATCHES : 0, .shuffle = way == SHUFFLED,
                            .max_queue_size = queue, .use_multiprocessing = processes);
    if (!history)
        fail_msg("%s", cornu_error_message());
    small_digest(model, digest);
    cornu_history_release(history);
    cornu_generator_release(generator);
    cornu_model_release(model);
}

static void any_workers_and_queue_give_the_same_bits_as_threads_and_as_processes(void **state)
{
    char first[DOORS][CORNU_SHA256_TEXT_SIZE], again[CORNU_SHA256_TEXT_SIZE];
    for (door way = SEQUENCE; way < DOORS; way++) {
        train(*state, way, false, 0, 1, first[way]);
        assert_int_not_equal(first[way][0], '\0');
        for (int workers = 0; workers <= 7; workers++) {
            for (int queue = 1; queue <= 10; queue++) {
                for (int processes = 0; processes < 2; processes++) {
                    train(*state, way, processes, workers, queue, again);
                    assert_string_equal(again, first[way]);
                }
            }
        }
    }
    assert_string_equal(first[GENERATOR], first[SEQUENCE]);
    assert_string_not_equal(first[SHUFFLED], first[SEQUENCE]);
}

static void evaluation_and_prediction_are_the_same_by_processes(void **state)
{
    fixture *f = *state;
    cornu_sequence *sequence = cornu_array_sequence(f->x, f->y, .batch_size = BATCH);
    cornu_logs by_threads, by_processes;
    assert_int_equal(cornu_evaluate_generator(f->model, sequence, &by_threads, .workers = 2), CORNU_OK);
    assert_int_equal(
        cornu_evaluate_generator(f->model, sequence, &by_processes, .workers = 2, .use_multiprocessing = true),
        CORNU_OK);
    assert_int_equal(by_processes.count, by_threads.count);
    for (int i = 0; i < by_threads.count; i++)
        assert_true(by_processes.values[i] == by_threads.values[i]);
    cornu_array *wanted = cornu_predict_generator(f->model, sequence),
                *got = cornu_predict_generator(f->model, sequence, .workers = 3, .use_multiprocessing = true),
                *directly = cornu_predict(f->model, sequence, .workers = 2, .use_multiprocessing = true);
    assert_int_equal(cornu_array_size(got, 0), ROWS);
    assert_memory_equal(cornu_array_data(got), cornu_array_data(wanted), ROWS * SMALL_CLASSES * sizeof(float));
    assert_memory_equal(cornu_array_data(directly), cornu_array_data(wanted), ROWS * SMALL_CLASSES * sizeof(float));
    cornu_array_release(wanted);
    cornu_array_release(got);
    cornu_array_release(directly);
    cornu_sequence_release(sequence);
}

static void validation_by_processes_is_the_same_too(void **state)
{
    fixture *f = *state;
    double values[2][EPOCHS];
    for (int processes = 0; processes < 2; processes++) {
        cornu_model *model = small_model(7);
        endless training = endless_of(f, NONE, -1), validation = endless_of(f, NONE, -1);
        cornu_generator *generators[] = {cornu_generator_create(.next = endless_next, .state = &training),
                                         cornu_generator_create(.next = endless_next, .state = &validation)};
        cornu_history *history = cornu_fit_generator(
            model, generators[0], .epochs = EPOCHS, .verbose = 0, .steps_per_epoch = BATCHES,
            .validation_data = {.generator = generators[1]}, .validation_steps = 3, .use_multiprocessing = processes);
        assert_non_null(history);
        for (int epoch = 0; epoch < EPOCHS; epoch++)
            values[processes][epoch] = cornu_history_get(history, "val_loss", epoch);
        cornu_history_release(history);
        cornu_generator_release(generators[0]);
        cornu_generator_release(generators[1]);
        cornu_model_release(model);
    }
    assert_memory_equal(values[0], values[1], sizeof values[0]);
    assert_true(values[0][0] > 0);
}

static void a_plain_generator_with_several_workers_is_warned_of(void **state)
{
    fixture *f = *state;
    endless self = endless_of(f, NONE, -1);
    cornu_generator *generator = cornu_generator_create(.next = endless_next, .state = &self);
    cornu_history_release(cornu_fit_generator(f->model, generator, .verbose = 0, .steps_per_epoch = 1, .workers = 3,
                                              .use_multiprocessing = true));
    assert_non_null(strstr(f->warning, "workers is 3, but a plain generator gets one worker process"));
    cornu_generator_release(generator);
}

/* --- Errors, and replacing --- */

static void a_killed_process_ends_training_with_its_batch_and_the_model_goes_on(void **state)
{
    fixture *f = *state;
    for (int64_t at = 0; at < BATCHES * EPOCHS; at++) {
        endless self = endless_of(f, KILLED, at);
        cornu_generator *generator = cornu_generator_create(.next = endless_next, .state = &self);
        assert_null(cornu_fit_generator(f->model, generator, .epochs = EPOCHS, .verbose = 0, .steps_per_epoch = BATCHES,
                                        .use_multiprocessing = true));
        assert_int_equal(cornu_error_status(), CORNU_ERROR_WORKER);
        char wanted[100];
        snprintf(wanted, sizeof wanted, "batch %d: worker process %d was killed by signal 9 (SIGKILL)", (int)at,
                 *f->shared);
        if (!strstr(cornu_error_message(), wanted))
            fail_msg("\"%s\" does not say \"%s\"", cornu_error_message(), wanted);
        assert_int_equal(left_children(), f->children);
        cornu_generator_release(generator);
    }
    cornu_history *history = cornu_fit(f->model, f->x, f->y, .verbose = 0);
    assert_non_null(history);
    cornu_history_release(history);
}

static void replaced_processes_change_no_bit(void **state)
{
    fixture *f = *state;
    char whole[CORNU_SHA256_TEXT_SIZE], replaced[CORNU_SHA256_TEXT_SIZE];
    train(f, GENERATOR, false, 1, 3, whole);
    for (int64_t at = 0; at < BATCHES * EPOCHS; at++) {
        for (int seeks = 0; seeks < 2; seeks++) {
            *f->shared = 0;
            cornu_model *model = small_model(42);
            endless self = endless_of(f, KILLED_ONCE, at);
            cornu_generator *generator =
                cornu_generator_create(.next = endless_next, .state = &self, .seek = seeks ? endless_seek : NULL);
            cornu_history *history =
                cornu_fit_generator(model, generator, .epochs = EPOCHS, .verbose = 0, .steps_per_epoch = BATCHES,
                                    .use_multiprocessing = true, .worker_restarts = 1);
            if (!history)
                fail_msg("%s", cornu_error_message());
            small_digest(model, replaced);
            assert_string_equal(replaced, whole);
            assert_non_null(strstr(f->warning, "another takes its place"));
            cornu_history_release(history);
            cornu_generator_release(generator);
            cornu_model_release(model);
        }
    }
}

/* --- Every way to end --- */

static cornu_status stop_by_request(void *state, cornu_training *training, int64_t batch, cornu_logs *logs)
{
    (void)state;
    (void)training;
    (void)logs;
    if (batch == 1)
        cornu_request_stop();
    return CORNU_OK;
}

static cornu_status stop_by_callback(void *state, cornu_training *training, int64_t batch, cornu_logs *logs)
{
    (void)state;
    (void)logs;
    if (batch == 1)
        cornu_training_stop(training);
    return CORNU_OK;
}

static cornu_status fail_in_callback(void *state, cornu_training *training, int64_t batch, cornu_logs *logs)
{
    (void)state;
    (void)training;
    (void)batch;
    (void)logs;
    return cornu_error_set(CORNU_ERROR_DATA, "enough");
}

static void *request_stop_later(void *nothing)
{
    usleep(200000);
    cornu_request_stop();
    return nothing;
}

/* Behind the last batch that is made: the next one is waited for when the request comes. */
static cornu_status stop_while_waiting(void *state, cornu_training *training, int64_t batch, cornu_logs *logs)
{
    (void)training;
    (void)logs;
    if (batch == 2)
        assert_int_equal(pthread_create(state, NULL, request_stop_later, NULL), 0);
    return CORNU_OK;
}

static void a_batch_that_never_comes_can_be_given_up(void **state)
{
    fixture *f = *state;
    endless self = endless_of(f, HANGS, 3);
    pthread_t thread;
    cornu_generator *generator = cornu_generator_create(.next = endless_next, .state = &self);
    cornu_callback *callback = cornu_callback_create(.on_train_batch_end = stop_while_waiting, .state = &thread);
    cornu_history *history =
        cornu_fit_generator(f->model, generator, .epochs = 3, .verbose = 0, .steps_per_epoch = BATCHES,
                            .callbacks = {callback}, .use_multiprocessing = true);
    assert_int_equal(pthread_join(thread, NULL), 0);
    if (!history)
        fail_msg("%s", cornu_error_message());
    assert_int_equal(cornu_history_epoch_count(history), 1);
    assert_int_equal(left_children(), f->children);
    cornu_history_release(history);
    cornu_generator_release(generator);
}

static void however_training_ends_no_process_is_left(void **state)
{
    fixture *f = *state;
    const struct {
        cornu_hook hook;
        misdeed misdeed;
        bool fails;
    } ends[] = {{NULL, NONE, false},
                {NULL, ENDS, false},
                {NULL, ERROR, true},
                {NULL, KILLED, true},
                {stop_by_request, NONE, false},
                {stop_by_callback, NONE, false},
                {fail_in_callback, NONE, true},
                {stop_by_request, HANGS, false}};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        endless self = endless_of(f, ends[i].misdeed, 3), other = endless_of(f, NONE, -1);
        cornu_generator *generator = cornu_generator_create(.next = endless_next, .state = &self),
                        *validation = cornu_generator_create(.next = endless_next, .state = &other);
        cornu_callback *callback = cornu_callback_create(.on_train_batch_end = ends[i].hook);
        cornu_history *history =
            cornu_fit_generator(f->model, generator, .epochs = 3, .verbose = 0, .steps_per_epoch = BATCHES,
                                .validation_data = {.generator = validation}, .validation_steps = 2,
                                .callbacks = {callback}, .use_multiprocessing = true);
        assert_int_equal(history == NULL, ends[i].fails);
        assert_int_equal(left_children(), f->children);
        assert_int_equal(left_files(), f->files);
        assert_int_equal(left_shared(), 0);
        cornu_history_release(history);
        cornu_generator_release(generator);
        cornu_generator_release(validation);
    }
}

static void stop_at_signal(int number)
{
    (void)number;
    cornu_request_stop();
}

static cornu_status interrupt_all(void *state, cornu_training *training, int64_t batch, cornu_logs *logs)
{
    (void)state;
    (void)training;
    (void)logs;
    if (batch == 2)
        killpg(getpgrp(), SIGINT);
    return CORNU_OK;
}

/* As a terminal does, which sends it to the program and all its processes. */
static void control_c_ends_training_as_a_program_wants_it(void **state)
{
    fixture *f = *state;
    fflush(NULL);
    pid_t program = fork();
    if (program == 0) {
        setpgid(0, 0);
        signal(SIGINT, stop_at_signal);
        cornu_sequence *sequence = cornu_array_sequence(f->x, f->y, .batch_size = BATCH);
        cornu_callback *callback = cornu_callback_create(.on_train_batch_end = interrupt_all);
        cornu_history *history = cornu_fit_generator(f->model, sequence, .epochs = 50, .verbose = 0, .workers = 2,
                                                     .callbacks = {callback}, .use_multiprocessing = true);
        bool stopped = history && cornu_history_epoch_count(history) == 1;
        _exit(!stopped + 2 * left_children());
    }
    int how;
    assert_int_equal(waitpid(program, &how, 0), program);
    assert_int_equal(how, 0);
}

static void two_hundred_epochs(const fixture *f, bool processes)
{
    cornu_model *model = small_model(42);
    cornu_sequence *sequence = cornu_array_sequence(f->x, f->y, .batch_size = BATCH);
    int files = 0, children = 0;
    long kilobytes = 0;
    for (int part = 0; part < 2; part++) {
        cornu_history *history =
            cornu_fit_generator(model, sequence, .epochs = part == 0 ? 10 : 200, .verbose = 0, .workers = 3,
                                .use_multiprocessing = processes, .validation_data = {.generator = sequence});
        assert_non_null(history);
        cornu_history_release(history);
        if (part == 1) {
            assert_int_equal(left_files(), files);
            assert_int_equal(left_children(), children);
            assert_true(left_kilobytes() < kilobytes + 8192);
        }
        files = left_files();
        children = left_children();
        kilobytes = left_kilobytes();
    }
    cornu_sequence_release(sequence);
    cornu_model_release(model);
}

static void two_hundred_epochs_leave_files_processes_and_memory_as_they_were(void **state)
{
    two_hundred_epochs(*state, false);
    two_hundred_epochs(*state, true);
}

/* --- What a worker process may do --- */

#define WIDE 256

typedef struct teacher {
    cornu_model *model;
    cornu_array *x;
} teacher;

static cornu_status labels_of_a_model(void *state, cornu_batch *batch)
{
    const teacher *self = state;
    batch->x = cornu_array_retain(self->x);
    batch->y = cornu_predict(self->model, self->x, .batch_size = WIDE);
    return batch->y ? CORNU_OK : cornu_error_status();
}

static cornu_model *wide_model(void)
{
    cornu_model *model = cornu_sequential(.seed = 3);
    cornu_add(model, cornu_dense(WIDE, .activation = "relu", .input_shape = {WIDE}));
    cornu_add(model, cornu_dense(WIDE));
    assert_int_equal(cornu_compile(model, .optimizer = "sgd", .loss = "mse"), CORNU_OK);
    return model;
}

/* The program has entered its kernel threads before it forks; a worker process enters its own. */
static void a_worker_process_may_use_a_model(void **state)
{
    (void)state;
    cornu_model *student = wide_model();
    teacher self = {wide_model(), cornu_array_zeros(CORNU_FLOAT32, 2, (int64_t[]){WIDE, WIDE})};
    cornu_array *before = cornu_predict(self.model, self.x, .batch_size = WIDE);
    assert_non_null(before);
    cornu_generator *generator = cornu_generator_create(.next = labels_of_a_model, .state = &self);
    cornu_history *history = cornu_fit_generator(student, generator, .epochs = 2, .steps_per_epoch = 3, .verbose = 0,
                                                 .use_multiprocessing = true);
    if (!history)
        fail_msg("%s", cornu_error_message());
    cornu_history_release(history);
    cornu_generator_release(generator);
    cornu_array_release(before);
    cornu_array_release(self.x);
    cornu_model_release(self.model);
    cornu_model_release(student);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(any_workers_and_queue_give_the_same_bits_as_threads_and_as_processes),
        TEST(evaluation_and_prediction_are_the_same_by_processes),
        TEST(validation_by_processes_is_the_same_too),
        TEST(a_plain_generator_with_several_workers_is_warned_of),
        TEST(a_killed_process_ends_training_with_its_batch_and_the_model_goes_on),
        TEST(replaced_processes_change_no_bit),
        TEST(a_batch_that_never_comes_can_be_given_up),
        TEST(however_training_ends_no_process_is_left),
        TEST(control_c_ends_training_as_a_program_wants_it),
        TEST(two_hundred_epochs_leave_files_processes_and_memory_as_they_were),
        TEST(a_worker_process_may_use_a_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
