/* BackupAndRestore: a training killed at any batch and started again ends with the bits of one that was never interrupted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "train/killed_training.h"

/* Sanitizers make a process slow to begin, and each moment takes two: there every fourth moment has to do. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MOMENT_STRIDE 4
#else
#define MOMENT_STRIDE 1
#endif

/* Kills (or stops) trainings one after the other after so many batches each, until one comes to its end. */
static void check_ended(const scripted *test, const killed_training *what, bool stop, const int *moments, int count,
                        const char *wanted)
{
    char *got;
    for (int i = 0; i < count; i++)
        assert_int_equal(killed_training_run(test, what, (killer){.left = moments[i], .stop = stop}, NULL), stop);
    assert_true(killed_training_run(test, what, (killer){.left = NEVER}, &got));
    assert_string_equal(got, wanted);
    assert_int_not_equal(access(scripted_path(test, "backup"), F_OK), 0); /* removed at the end */
    free(got);
}

static char *wanted_of(const scripted *test, const killed_training *what)
{
    char *wanted;
    assert_true(killed_training_run(test, what, (killer){.left = NEVER}, &wanted));
    assert_int_not_equal(access(scripted_path(test, "backup"), F_OK), 0);
    return wanted;
}

/* How many batches of training and validation are kept when batch `moment` of both is in hand. */
static int kept_at(const killed_training *what, bool stop, int moment)
{
    int steps = killed_training_steps(what), each = steps + killed_training_validation_steps(what);
    int epoch = moment / each, batch = moment % each + stop, kept = batch < steps ? batch : steps;
    if (what->save_freq > 0 && !stop)
        kept = (int)((epoch * steps + kept) / what->save_freq * what->save_freq - epoch * steps);
    else if (!stop)
        kept = 0;
    bool over = stop && batch == each;
    return epoch * each + (kept < 0 ? 0 : kept) + (over ? each - steps : 0);
}

/* At each batch of training and of validation (but see MOMENT_STRIDE). What was kept is not made again. */
static void check_each(const scripted *test, const killed_training *what, bool stop)
{
    char *wanted = wanted_of(test, what);
    int all = killed_training_made(test);
    assert_int_equal(all, killed_training_epochs(what) *
                              (killed_training_steps(what) + killed_training_validation_steps(what)));
    for (int moment = 0; moment < all; moment += MOMENT_STRIDE) {
        check_ended(test, what, stop, &moment, 1, wanted);
        assert_int_equal(killed_training_made(test), all - kept_at(what, stop, moment));
    }
    free(wanted);
}

static void killed_at_each_batch_it_ends_the_same(void **state)
{
    check_each(*state, &(killed_training){.save_freq = 1}, false);
    check_each(*state, &(killed_training){.save_freq = 1, .validates = ON_ARRAYS, .many_callbacks = true}, false);
}

static void killed_between_two_backups_it_ends_the_same(void **state)
{
    check_each(*state, &(killed_training){.validates = ON_ARRAYS}, false);
    check_each(*state, &(killed_training){.save_freq = 3, .validates = ON_ARRAYS, .doubles = true}, false);
}

static void accumulated_gradients_are_kept(void **state)
{
    check_each(*state, &(killed_training){.save_freq = 1, .accumulates = true}, false);
}

static void sequences_go_on_in_their_order(void **state)
{
    check_each(*state, &(killed_training){.way = BY_SEQUENCE, .save_freq = 1, .many_callbacks = true}, false);
    check_each(*state, &(killed_training){.way = BY_SEQUENCE, .save_freq = 2, .odd_steps = true}, false);
}

static void generators_go_on_by_their_hooks(void **state)
{
    check_each(*state, &(killed_training){.way = BY_SAVED_GENERATOR, .save_freq = 1, .validates = ON_GENERATOR}, false);
    check_each(*state, &(killed_training){.way = BY_SOUGHT_GENERATOR, .save_freq = 2, .validates = ON_GENERATOR},
               false);
}

static void worker_processes_go_on_too(void **state)
{
    check_each(*state, &(killed_training){.way = BY_SEQUENCE, .save_freq = 1, .processes = true}, false);
    check_each(
        *state,
        &(killed_training){.way = BY_SAVED_GENERATOR, .save_freq = 1, .validates = ON_GENERATOR, .processes = true},
        false);
}

static void generators_without_hooks_are_asked_again(void **state)
{
    check_each(*state, &(killed_training){.way = BY_GENERATOR, .save_freq = 1, .validates = ON_GENERATOR}, false);
}

static void a_training_that_ended_early_stays_so(void **state)
{
    check_each(*state, &(killed_training){.save_freq = 1, .ends_early = true}, false);
}

static void killed_again_and_again_it_ends_the_same(void **state)
{
    const killed_training what = {.save_freq = 2, .validates = ON_ARRAYS, .many_callbacks = true};
    const int moments[] = {5, 0, 2, 1, 3, 1, 2, 4, 3};
    char *wanted = wanted_of(*state, &what);
    check_ended(*state, &what, false, moments, sizeof moments / sizeof *moments, wanted);
    free(wanted);
}

static void stopped_on_request_at_each_batch_it_ends_the_same(void **state)
{
    check_each(*state, &(killed_training){.validates = ON_ARRAYS, .many_callbacks = true}, true);
    check_each(*state, &(killed_training){.way = BY_SAVED_GENERATOR, .validates = ON_GENERATOR}, true);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, scripted_set_up, scripted_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(killed_at_each_batch_it_ends_the_same),    TEST(killed_between_two_backups_it_ends_the_same),
        TEST(accumulated_gradients_are_kept),           TEST(sequences_go_on_in_their_order),
        TEST(generators_go_on_by_their_hooks),          TEST(worker_processes_go_on_too),
        TEST(generators_without_hooks_are_asked_again), TEST(a_training_that_ended_early_stays_so),
        TEST(killed_again_and_again_it_ends_the_same),  TEST(stopped_on_request_at_each_batch_it_ends_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, scripted_nothing_is_left);
}
