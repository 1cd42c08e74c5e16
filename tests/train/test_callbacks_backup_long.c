/*
 * BackupAndRestore: hundreds of trainings killed at any moment, also while the backup is written, each gone on with until it comes to its end: with
 * the bits of one that was never interrupted. Moments are drawn anew for each run, so that every kill comes somewhere else.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/random.h"
#include "train/killed_training.h"

#define KILLS 40            /* of each kind of training */
#define MOST_TRAININGS 1000 /* of each kind, killed or not */

typedef struct campaign {
    int killed, ended;
} campaign;

static int64_t microseconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void end_one(const scripted *test, const killed_training *what, const char *wanted)
{
    char *got;
    assert_true(killed_training_run(test, what, (killer){.left = NEVER}, &got));
    assert_string_equal(got, wanted);
    free(got);
}

/* What a whole training gives, and how long it takes. */
static char *wanted_of(const scripted *test, const killed_training *what, int64_t *duration)
{
    char *wanted;
    int64_t begun = microseconds_now();
    assert_true(killed_training_run(test, what, (killer){.left = NEVER}, &wanted));
    *duration = microseconds_now() - begun;
    return wanted;
}

static void kill_often(const scripted *test, const killed_training *what, uint64_t number, campaign *all)
{
    int64_t duration;
    char *wanted = wanted_of(test, what, &duration), *got;
    cornu__random_key key = cornu__random_key_make(1, CORNU__RANDOM_USER, number, 0);
    int killed = 0;
    for (uint32_t run = 0; killed < KILLS && run < MOST_TRAININGS; run++) {
        int moment = 1 + (int)((double)duration * cornu__random_uniform_double(key, run));
        if (!killed_training_run(test, what, (killer){.left = NEVER, .microseconds = moment}, &got)) {
            killed++;
            continue;
        }
        assert_string_equal(got, wanted);
        free(got);
        all->ended++;
    }
    end_one(test, what, wanted);
    assert_int_equal(killed, KILLS);
    all->killed += killed;
    all->ended++;
    free(wanted);
}

static void killed_at_any_moment_it_ends_the_same(void **state)
{
    const killed_training kinds[] = {
        {.validates = ON_ARRAYS},
        {.save_freq = 1, .validates = ON_ARRAYS, .many_callbacks = true},
        {.save_freq = 2, .many_callbacks = true, .doubles = true},
        {.save_freq = 3, .accumulates = true},
        {.way = BY_SEQUENCE, .save_freq = 1, .many_callbacks = true},
        {.way = BY_SEQUENCE, .save_freq = 3, .odd_steps = true, .validates = ON_GENERATOR},
        {.way = BY_GENERATOR, .save_freq = 2, .validates = ON_GENERATOR},
        {.way = BY_SAVED_GENERATOR, .save_freq = 1, .validates = ON_GENERATOR, .many_callbacks = true},
        {.way = BY_SOUGHT_GENERATOR, .save_freq = 2, .validates = ON_ARRAYS, .doubles = true},
        {.save_freq = 1, .ends_early = true},
        {.way = BY_SEQUENCE, .save_freq = 2, .processes = true},
        {.way = BY_SAVED_GENERATOR, .save_freq = 1, .validates = ON_GENERATOR, .processes = true},
    };
    campaign all = {0};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        kill_often(*state, &kinds[i], i, &all);
    print_message("%d killed, %d ended with the same bits\n", all.killed, all.ended);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(killed_at_any_moment_it_ends_the_same, scripted_set_up, scripted_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, scripted_nothing_is_left);
}
