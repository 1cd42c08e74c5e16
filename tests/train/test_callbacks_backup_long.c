/* BackupAndRestore: 200 trainings killed at any moment, also while the backup is written, each gone on with until it comes to its end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/random.h"
#include "train/killed_training.h"

#define KILLS 200
#define MOST_TRAININGS 2000 /* killed or not */

static int64_t microseconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void killed_at_any_moment_it_ends_the_same(void **state)
{
    const scripted *test = *state;
    char wanted[CORNU_SHA256_TEXT_SIZE], got[CORNU_SHA256_TEXT_SIZE];
    const char *folder = scripted_path(test, "backup"), *digest_path = scripted_path(test, "digest");
    int64_t begun = microseconds_now();
    assert_true(killed_training_run(BY_FIT, folder, digest_path, (killer){.left = NEVER}));
    int64_t whole = microseconds_now() - begun;
    killed_training_digest(digest_path, wanted);
    int killed = 0, ended = 0;
    cornu__random_key key = cornu__random_key_make(1, CORNU__RANDOM_USER, 0, 0);
    for (uint32_t run = 0; killed < KILLS && run < MOST_TRAININGS; run++) {
        int moment = 1 + (int)((double)whole * cornu__random_uniform_double(key, run));
        if (!killed_training_run(BY_FIT, folder, digest_path, (killer){.left = NEVER, .microseconds = moment})) {
            killed++;
            continue;
        }
        killed_training_digest(digest_path, got);
        assert_string_equal(got, wanted);
        ended++;
    }
    assert_true(killed_training_run(BY_FIT, folder, digest_path, (killer){.left = NEVER}));
    killed_training_digest(digest_path, got);
    assert_string_equal(got, wanted);
    assert_int_equal(killed, KILLS);
    print_message("%d killed, %d ended with the same bits\n", killed, ended + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(killed_at_any_moment_it_ends_the_same, scripted_set_up, scripted_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, scripted_nothing_is_left);
}
