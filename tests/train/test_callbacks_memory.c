/* The callbacks that write, when memory ends anywhere: an error, nothing lost, and the next training works. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "train/scripted.h"

#define MOST_ALLOCATIONS 5000

typedef cornu_callback *maker(const scripted *test);

static cornu_callback *make_checkpoint(const scripted *test)
{
    return cornu_model_checkpoint(scripted_path(test, "a/{epoch:02d}-{loss:.3f}.npz"), .save_weights_only = true);
}

static cornu_callback *make_best(const scripted *test)
{
    return cornu_model_checkpoint(scripted_path(test, "b/best.npz"), .save_weights_only = true, .save_best_only = true,
                                  .monitor = "accuracy");
}

static cornu_callback *make_plateau(const scripted *test)
{
    (void)test;
    return cornu_reduce_lr_on_plateau(.monitor = "loss");
}

static cornu_callback *make_tensorboard(const scripted *test)
{
    return cornu_tensorboard(.log_dir = scripted_path(test, "logs"), .update_freq = 2);
}

static cornu_callback *make_backup(const scripted *test)
{
    return cornu_backup_and_restore(scripted_path(test, "backup"), .save_freq = 2, .double_checkpoint = true);
}

/* One training in which allocation `n` fails. *reached: whether there were as many. Each begins with an empty folder: the search for a free
 * file name would otherwise be longer each time, and allocation `n` always in it. */
static void train(const scripted *test, maker *make, uint64_t n, bool *reached)
{
    scripted_empty_folder(test);
    uint64_t before = cornu__allocation_count();
    cornu_error_clear();
    cornu__allocation_fail_at(n);
    cornu_callback *callback = make(test);
    assert_non_null(callback); /* NULL would silently end the list */
    cornu_history *history =
        cornu_fit(test->model, test->x, test->y, .verbose = 0, .batch_size = 10, .callbacks = {callback});
    cornu__allocation_fail_at(0);
    *reached = !history || cornu__allocation_count() - before >= n;
    if (!history)
        assert_int_equal(cornu_error_status(), CORNU_ERROR_OUT_OF_MEMORY);
    cornu_history_release(history);
}

static void check(const scripted *test, maker *make)
{
    bool reached = true;
    scripted_run(test, 1, make(test), NULL); /* compiles the step, and is what follows every failure */
    uint64_t n = 1, live = cornu__allocation_live();
    for (; reached && n < MOST_ALLOCATIONS; n++) {
        train(test, make, n, &reached);
        assert_int_equal(cornu__allocation_live(), live);
    }
    assert_false(reached);
    assert_true(n > 10);
    scripted_run(test, 1, make(test), NULL);
}

/* --- Going on --- */

/* Leaves a backup behind batch 2 of 4 in epoch 2. */
static cornu_status stop_in_mid_epoch(void *state, cornu_training *training, int64_t batch, cornu_logs *logs)
{
    (void)state;
    (void)logs;
    if (cornu_training_epoch(training) == 1 && batch == 1)
        cornu_request_stop();
    return CORNU_OK;
}

/* Allocation `n` of the training fails (0: none), not of making its callbacks: a list would end there. */
static cornu_history *fit_with_memory(const scripted *test, cornu_hook stop, uint64_t n)
{
    cornu_fit_options options = {.struct_size = sizeof options, CORNU_FIT_DEFAULTS};
    options.epochs = 2;
    options.verbose = 0;
    options.batch_size = 10;
    options.callbacks[0] = cornu_callback_create(.on_train_batch_end = stop);
    options.callbacks[1] = cornu_backup_and_restore(scripted_path(test, "kept"));
    options.callbacks[2] = cornu_early_stopping(.monitor = "loss", .patience = 2, .restore_best_weights = true);
    options.callbacks[3] = cornu_csv_logger(scripted_path(test, "log.csv"));
    cornu__allocation_fail_at(n);
    cornu_history *history = cornu_fit_with(test->model, test->x, test->y, &options);
    cornu__allocation_fail_at(0);
    return history;
}

static void leave_backup(const scripted *test)
{
    cornu_history *history = fit_with_memory(test, stop_in_mid_epoch, 0);
    assert_non_null(history);
    cornu_history_release(history);
}

static void a_training_that_cannot_go_on_can_another_time(void **state)
{
    const scripted *test = *state;
    leave_backup(test);
    uint64_t n = 0, live = cornu__allocation_live(), made;
    do {
        uint64_t before = cornu__allocation_count();
        cornu_history *history = fit_with_memory(test, NULL, ++n);
        made = cornu__allocation_count() - before;
        if (!history)
            assert_int_equal(cornu_error_status(), CORNU_ERROR_OUT_OF_MEMORY);
        if (history) { /* it could do without; the backup is used up */
            assert_int_equal(cornu_history_epoch_count(history), 2);
            cornu_history_release(history);
            leave_backup(test);
        }
        assert_int_equal(cornu__allocation_live(), live);
    } while (made >= n && n < MOST_ALLOCATIONS);
    assert_true(n > 100 && n < MOST_ALLOCATIONS);
}

static void nothing_is_lost_where_memory_ends(void **state)
{
    maker *const makers[] = {make_checkpoint, make_best, make_plateau, make_tensorboard, make_backup};
    for (size_t i = 0; i < sizeof makers / sizeof *makers; i++)
        check(*state, makers[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nothing_is_lost_where_memory_ends, scripted_set_up, scripted_tear_down),
        cmocka_unit_test_setup_teardown(a_training_that_cannot_go_on_can_another_time, scripted_set_up,
                                        scripted_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, scripted_nothing_is_left);
}
