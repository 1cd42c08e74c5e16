/* A running step allocates nothing of ours; what else the process allocates is what the compiled programs make by themselves; memory is flat. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/memory.h"
#include "data/slot.h"
#include "model/step.h"
#include "train/small_model.h"

/* --- Every malloc of the process is counted, where no sanitizer has put its own there. --- */

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#endif

static atomic_llong mallocs;

#if !defined(SANITIZED) && defined(__GLIBC__)
#define COUNTS_MALLOCS 1
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

void *malloc(size_t size)
{
    atomic_fetch_add(&mallocs, 1);
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    atomic_fetch_add(&mallocs, 1);
    return __libc_calloc(count, size);
}

void *realloc(void *block, size_t size)
{
    atomic_fetch_add(&mallocs, 1);
    return __libc_realloc(block, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    atomic_fetch_add(&mallocs, 1);
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **block, size_t alignment, size_t size)
{
    atomic_fetch_add(&mallocs, 1);
    *block = __libc_memalign(alignment, size);
    return *block ? 0 : 12;
}
#else
#define COUNTS_MALLOCS 0
#endif

#define ROWS 155
#define BATCH 16
#define BATCHES 10 /* the last one has 11 rows */
#define STEPS 100

typedef struct usage {
    uint64_t ours;
    long long mallocs;
} usage;

static usage used(void)
{
    return (usage){cornu__allocation_count(), atomic_load(&mallocs)};
}

static usage since(usage before)
{
    usage now = used();
    return (usage){now.ours - before.ours, now.mallocs - before.mallocs};
}

typedef struct fixture {
    cornu_model *model;
    cornu_array *x, *y;
    small_batches *batches;
} fixture;

static int set_up(void **state)
{
    static fixture made;
    made.model = small_model(5);
    made.x = small_x(ROWS);
    made.y = small_y(ROWS);
    made.batches = small_batches_make(made.x, made.y, BATCH, NULL, 1);
    *state = &made;
    return made.model && made.x && made.y ? 0 : 1;
}

static int tear_down(void **state)
{
    fixture *made = *state;
    small_batches_free(made->batches);
    cornu_array_release(made->x);
    cornu_array_release(made->y);
    cornu_model_release(made->model);
    return 0;
}

/* What the model's programs allocate in STEPS steps on these batches, without anything of train/ around them. */
static long long programs_alone(fixture *f)
{
    cornu__ports ports;
    cornu__columns columns;
    cornu__slot slot = {0};
    usage before = {0};
    assert_int_equal(cornu__ports_of(f->model, CORNU__STEP_TRAIN, NULL, &ports), CORNU_OK);
    for (int step = 0; step < BATCHES + STEPS; step++) {
        if (step == BATCHES)
            before = used();
        assert_int_equal(
            cornu__standardize(&ports, f->batches->x[step % BATCHES], f->batches->y[step % BATCHES], NULL, &columns),
            CORNU_OK);
        assert_int_equal(cornu__slot_write(&slot, &columns, NULL, 0, columns.rows, NULL), CORNU_OK);
        assert_int_equal(cornu__model_step(f->model, CORNU__STEP_TRAIN, &slot.batch), CORNU_OK);
    }
    usage steps = since(before);
    assert_int_equal(steps.ours, 0);
    cornu__slot_clear(&slot);
    return steps.mallocs;
}

static void train_on_batch_allocates_nothing_of_ours(void **state)
{
    fixture *f = *state;
    long long alone = programs_alone(f);
    cornu_logs logs;
    usage before = {0};
    for (int step = 0; step < BATCHES + STEPS; step++) {
        if (step == BATCHES)
            before = used();
        assert_int_equal(
            cornu_train_on_batch(f->model, f->batches->x[step % BATCHES], f->batches->y[step % BATCHES], &logs),
            CORNU_OK);
    }
    usage steps = since(before);
    assert_int_equal(steps.ours, 0);
    assert_int_equal(steps.mallocs, alone);
    if (!COUNTS_MALLOCS)
        print_message("mallocs of the process are not counted under a sanitizer\n");
}

static void converted_data_and_weights_go_into_kept_buffers(void **state)
{
    fixture *f = *state;
    cornu_array *x = cornu_array_cast(f->x, CORNU_FLOAT64), *y = cornu_array_cast(f->y, CORNU_UINT8);
    const cornu_class_weight weights[] = {{2, 3.0}};
    usage before = {0};
    for (int step = 0; step < STEPS; step++) {
        if (step == 2)
            before = used();
        assert_int_equal(cornu_train_on_batch(f->model, x, y, NULL, .class_weight = weights, .class_weight_count = 1),
                         CORNU_OK);
    }
    assert_int_equal(since(before).ours, 0);
    cornu_array_release(x);
    cornu_array_release(y);
}

/* Hooks that measure from the second epoch's begin on, when every shape was seen, to the end of the last. */
typedef struct meter {
    usage before, steps;
} meter;

static cornu_status measure_begin(void *state, cornu_training *training, int64_t epoch, cornu_logs *logs)
{
    (void)training;
    (void)logs;
    if (epoch == 1)
        ((meter *)state)->before = used();
    return CORNU_OK;
}

static cornu_status measure_end(void *state, cornu_training *training, int64_t epoch, cornu_logs *logs)
{
    (void)training;
    (void)logs;
    (void)epoch;
    ((meter *)state)->steps = since(((meter *)state)->before);
    return CORNU_OK;
}

static void expect_meter(const meter *measured, long long alone)
{
    assert_int_equal(measured->steps.ours, 0);
    assert_int_equal(measured->steps.mallocs, alone);
}

static void fit_allocates_nothing_of_ours_over_many_epochs(void **state)
{
    fixture *f = *state;
    long long alone = programs_alone(f);
    for (int shuffle = 0; shuffle <= CORNU_SHUFFLE_BATCH; shuffle++) {
        meter measured = {0};
        cornu_callback *callback =
            cornu_callback_create(.on_epoch_begin = measure_begin, .on_epoch_end = measure_end, .state = &measured);
        cornu_history *history = cornu_fit(f->model, f->x, f->y, .batch_size = BATCH, .epochs = 1 + STEPS / BATCHES,
                                           .shuffle = shuffle, .verbose = 0, .callbacks = {callback});
        assert_non_null(history);
        cornu_history_release(history);
        expect_meter(&measured, alone);
    }
}

static void fit_generator_allocates_nothing_of_ours_either(void **state)
{
    fixture *f = *state;
    long long alone = programs_alone(f);
    for (int workers = 0; workers <= 2; workers++) {
        meter measured = {0};
        cornu_callback *callback =
            cornu_callback_create(.on_epoch_begin = measure_begin, .on_epoch_end = measure_end, .state = &measured);
        cornu_sequence *sequence =
            cornu_sequence_create(.length = small_batches_length, .get = small_batches_get, .state = f->batches);
        cornu_history *history = cornu_fit_generator(f->model, sequence, .epochs = 1 + STEPS / BATCHES,
                                                     .workers = workers, .verbose = 0, .callbacks = {callback});
        assert_non_null(history);
        cornu_history_release(history);
        expect_meter(&measured, alone);
        cornu_sequence_release(sequence);
    }
}

static void fit_with_validation_allocates_nothing_of_ours(void **state)
{
    fixture *f = *state;
    meter measured = {0};
    cornu_callback *callback =
        cornu_callback_create(.on_epoch_begin = measure_begin, .on_epoch_end = measure_end, .state = &measured);
    cornu_history *history = cornu_fit(f->model, f->x, f->y, .batch_size = BATCH, .epochs = 11, .validation_split = 0.2,
                                       .verbose = 0, .callbacks = {callback});
    assert_non_null(history);
    cornu_history_release(history);
    assert_int_equal(measured.steps.ours, 0);
}

/* Writing a backup allocates; counting the batches until the next does not. */
static void a_batch_that_is_not_kept_allocates_nothing_of_ours(void **state)
{
    fixture *f = *state;
    meter measured = {0};
    char folder[] = "/tmp/cornu-backup-XXXXXX";
    assert_non_null(mkdtemp(folder));
    cornu_callback *callback =
        cornu_callback_create(.on_epoch_begin = measure_begin, .on_epoch_end = measure_end, .state = &measured);
    cornu_history *history =
        cornu_fit(f->model, f->x, f->y, .batch_size = BATCH, .epochs = 2, .validation_split = 0.2, .verbose = 0,
                  .callbacks = {callback, cornu_backup_and_restore(folder, .save_freq = 1000)});
    assert_non_null(history);
    cornu_history_release(history);
    assert_int_equal(measured.steps.ours, 0);
}

static long resident_kib(void)
{
    long pages = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file || fscanf(file, "%ld %ld", &pages, &resident) != 2)
        resident = -1;
    if (file)
        fclose(file);
    return resident < 0 ? -1 : resident * (sysconf(_SC_PAGESIZE) / 1024);
}

static void resident_memory_is_flat(void **state)
{
    fixture *f = *state;
    long before = 0;
#ifdef SANITIZED
    print_message("sanitizers keep memory that was freed\n");
    skip();
#endif
    if (resident_kib() < 0) {
        print_message("there is no /proc/self/statm here\n");
        skip();
    }
    for (int step = 0; step < 3000; step++) {
        if (step == 500)
            before = resident_kib();
        assert_int_equal(
            cornu_train_on_batch(f->model, f->batches->x[step % BATCHES], f->batches->y[step % BATCHES], NULL),
            CORNU_OK);
    }
    assert_true(resident_kib() - before < 512);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(train_on_batch_allocates_nothing_of_ours, set_up, tear_down),
        cmocka_unit_test_setup_teardown(converted_data_and_weights_go_into_kept_buffers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(fit_allocates_nothing_of_ours_over_many_epochs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(fit_generator_allocates_nothing_of_ours_either, set_up, tear_down),
        cmocka_unit_test_setup_teardown(fit_with_validation_allocates_nothing_of_ours, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_batch_that_is_not_kept_allocates_nothing_of_ours, set_up, tear_down),
        cmocka_unit_test_setup_teardown(resident_memory_is_flat, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
