/* The clock that says in which stage a thread's time goes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "data/stages.h"

#define A_WHILE 2000000 /* nanoseconds */

static void pass_the_time(void)
{
    for (int64_t begin = cornu__nanoseconds_now(); cornu__nanoseconds_now() - begin < A_WHILE;)
        ;
}

static void all_time_is_counted_once_where_it_went(void **state)
{
    (void)state;
    cornu__stage_times times = {0};
    int64_t begin = cornu__nanoseconds_now();
    cornu__stage_clock before = cornu__stages_begin(&times, CORNU_STAGE_FUNCTION);
    cornu_stage outer = cornu__stage_enter(CORNU_STAGE_AUGMENT);
    cornu_stage inner = cornu__stage_enter(CORNU_STAGE_DECODE);
    pass_the_time();
    cornu__stage_enter(inner);
    pass_the_time();
    cornu__stage_enter(outer);
    cornu__stages_end(before);
    int64_t taken = cornu__nanoseconds_now() - begin;
    assert_int_equal(outer, CORNU_STAGE_FUNCTION);
    assert_int_equal(inner, CORNU_STAGE_AUGMENT);
    assert_true(times.nanoseconds[CORNU_STAGE_DECODE] >= A_WHILE);
    assert_true(times.nanoseconds[CORNU_STAGE_AUGMENT] >= A_WHILE);
    assert_int_equal(times.nanoseconds[CORNU_STAGE_READ], 0);
    assert_true(cornu__stage_times_sum(&times) <= taken);
}

static void a_clock_within_a_clock_leaves_the_outer_one_going(void **state)
{
    (void)state;
    cornu__stage_times outer = {0}, inner = {0};
    cornu__stage_clock none = cornu__stages_begin(&outer, CORNU_STAGE_READ);
    cornu__stage_clock before = cornu__stages_begin(&inner, CORNU_STAGE_COPY);
    pass_the_time();
    cornu__stages_end(before);
    assert_int_equal(cornu__stage_enter(CORNU_STAGE_READ), CORNU_STAGE_READ);
    cornu__stages_end(none);
    assert_true(inner.nanoseconds[CORNU_STAGE_COPY] >= A_WHILE);
    assert_true(outer.nanoseconds[CORNU_STAGE_READ] >= inner.nanoseconds[CORNU_STAGE_COPY]);
    int64_t counted = cornu__stage_times_sum(&outer);
    cornu__stage_enter(CORNU_STAGE_DECODE); /* no clock runs */
    cornu__stages_attribute(&inner);
    assert_int_equal(cornu__stage_times_sum(&outer), counted);
}

static void what_another_process_spent_is_not_counted_here_too(void **state)
{
    (void)state;
    cornu__stage_times times = {0}, theirs = {0};
    theirs.nanoseconds[CORNU_STAGE_DECODE] = A_WHILE / 2;
    theirs.nanoseconds[CORNU_STAGE_READ] = A_WHILE / 4;
    int64_t begin = cornu__nanoseconds_now();
    cornu__stage_clock before = cornu__stages_begin(&times, CORNU_STAGE_TRANSPORT);
    pass_the_time();
    cornu__stages_attribute(&theirs);
    cornu__stages_end(before);
    int64_t taken = cornu__nanoseconds_now() - begin;
    assert_int_equal(times.nanoseconds[CORNU_STAGE_DECODE], A_WHILE / 2);
    assert_int_equal(times.nanoseconds[CORNU_STAGE_READ], A_WHILE / 4);
    assert_true(times.nanoseconds[CORNU_STAGE_TRANSPORT] >= A_WHILE / 4);
    assert_true(cornu__stage_times_sum(&times) >= A_WHILE && cornu__stage_times_sum(&times) <= taken);
}

static void time_is_shared_out_whole(void **state)
{
    (void)state;
    cornu__stage_times to = {0}, times = {0};
    times.nanoseconds[CORNU_STAGE_DECODE] = 2;
    times.nanoseconds[CORNU_STAGE_AUGMENT] = 1;
    cornu__stage_times_share(&to, 1000, &times);
    assert_int_equal(cornu__stage_times_sum(&to), 1000);
    assert_int_equal(to.nanoseconds[CORNU_STAGE_DECODE], 666);
    assert_int_equal(to.nanoseconds[CORNU_STAGE_AUGMENT], 333);
    assert_int_equal(to.nanoseconds[CORNU_STAGE_FUNCTION], 1); /* rounding's */
    cornu__stage_times_share(&to, 50, &(cornu__stage_times){0});
    assert_int_equal(to.nanoseconds[CORNU_STAGE_FUNCTION], 51);
    assert_int_equal(cornu__stage_times_sum(&to), 1050);
}

static void each_stage_has_a_name_of_its_own(void **state)
{
    (void)state;
    for (int i = 0; i < CORNU_STAGE_COUNT; i++) {
        assert_non_null(cornu_stage_name((cornu_stage)i));
        for (int other = 0; other < i; other++)
            assert_string_not_equal(cornu_stage_name((cornu_stage)i), cornu_stage_name((cornu_stage)other));
    }
    assert_null(cornu_stage_name((cornu_stage)CORNU_STAGE_COUNT));
    assert_true(CORNU_STAGE_COUNT <= CORNU_MAX_STAGES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_time_is_counted_once_where_it_went),
        cmocka_unit_test(a_clock_within_a_clock_leaves_the_outer_one_going),
        cmocka_unit_test(what_another_process_spent_is_not_counted_here_too),
        cmocka_unit_test(time_is_shared_out_whole),
        cmocka_unit_test(each_stage_has_a_name_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
