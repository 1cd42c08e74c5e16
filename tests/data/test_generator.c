/* Generators and Sequences as objects, and the Sequence of arrays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "data/generator.h"

static int released;

static void count_release(void *state)
{
    (void)state;
    released++;
}

static cornu_status give_then_fail(void *state, cornu_batch *batch)
{
    batch->x = cornu_array_zeros(CORNU_FLOAT32, 1, (int64_t[]){2});
    batch->y = cornu_array_zeros(CORNU_FLOAT32, 1, (int64_t[]){2});
    return *(cornu_status *)state;
}

static void release_is_called_once_with_the_last_reference(void **state)
{
    (void)state;
    cornu_status ok = CORNU_OK;
    released = 0;
    cornu_generator *generator = cornu_generator_create(.next = give_then_fail, .state = &ok, .release = count_release);
    assert_ptr_equal(cornu_generator_retain(generator), generator);
    cornu_generator_release(generator);
    assert_int_equal(released, 0);
    cornu_generator_release(generator);
    assert_int_equal(released, 1);
    cornu_generator_release(NULL);
    assert_int_equal(cornu__allocation_live(), 0);
}

static void what_is_missing_is_said(void **state)
{
    (void)state;
    assert_null(cornu_generator_create(.release = count_release));
    assert_non_null(strstr(cornu_error_message(), "next"));
    assert_null(cornu_sequence_create(.release = count_release));
    assert_non_null(strstr(cornu_error_message(), "length and get"));
    assert_int_equal(cornu__allocation_live(), 0);
}

static void a_failing_function_leaves_no_arrays_and_always_a_message(void **state)
{
    (void)state;
    cornu_status failure = CORNU_ERROR_IO;
    cornu_batch batch;
    cornu_generator *generator = cornu_generator_create(.next = give_then_fail, .state = &failure);
    assert_int_equal(cornu__generator_ask(generator, 7, &batch), CORNU_ERROR_IO);
    assert_null(batch.x);
    assert_null(batch.y);
    assert_non_null(strstr(cornu_error_message(), "input/output"));
    cornu_generator_release(generator);
    assert_int_equal(cornu__allocation_live(), 0);
}

static void a_sequence_of_arrays_gives_views_in_order(void **state)
{
    (void)state;
    cornu_array *x = cornu_array_zeros(CORNU_FLOAT32, 2, (int64_t[]){10, 3}),
                *y = cornu_array_zeros(CORNU_INT32, 1, (int64_t[]){10});
    cornu_sequence *sequence = cornu_array_sequence(x, y, .batch_size = 4);
    assert_int_equal(cornu_sequence_length(sequence), 3);
    for (int64_t i = 0; i < 3; i++) {
        cornu_batch batch;
        assert_int_equal(cornu_sequence_get(sequence, i, &batch), CORNU_OK);
        assert_int_equal(cornu_array_size(batch.x, 0), i < 2 ? 4 : 2);
        assert_ptr_equal(cornu_array_data(batch.x), cornu_array_float32(x) + 12 * i);
        assert_ptr_equal(cornu_array_data(batch.y), (int32_t *)cornu_array_data(y) + 4 * i);
        assert_int_equal(cornu_array_dtype(batch.samples), CORNU_INT64);
        assert_int_equal(cornu_array_count(batch.samples), cornu_array_size(batch.x, 0));
        for (int64_t row = 0; row < cornu_array_count(batch.samples); row++)
            assert_float_equal(cornu_array_get(batch.samples, row), (double)(4 * i + row), 0);
        cornu_batch_clear(&batch);
        assert_null(batch.samples);
    }
    cornu_batch none;
    assert_int_equal(cornu_sequence_get(sequence, 3, &none), CORNU_ERROR_INVALID_ARGUMENT);
    assert_int_equal(cornu_sequence_get(sequence, -1, &none), CORNU_ERROR_INVALID_ARGUMENT);
    cornu_array_release(x);
    cornu_array_release(y);
    cornu_sequence_release(sequence);
    assert_int_equal(cornu__allocation_live(), 0);
}

static void a_sequence_of_arrays_refuses_what_does_not_fit(void **state)
{
    (void)state;
    cornu_array *x = cornu_array_zeros(CORNU_FLOAT32, 2, (int64_t[]){10, 3}),
                *y = cornu_array_zeros(CORNU_INT32, 1, (int64_t[]){9});
    cornu_array *empty = cornu_array_zeros(CORNU_FLOAT32, 2, (int64_t[]){0, 3});
    assert_null(cornu_array_sequence(x, y));
    assert_non_null(strstr(cornu_error_message(), "y has 9 samples where x has 10"));
    assert_null(cornu_array_sequence(x, NULL, .batch_size = 0));
    assert_null(cornu_array_sequence(NULL, NULL));
    assert_null(cornu_array_sequence(empty, NULL));
    cornu_array_release(x);
    cornu_array_release(y);
    cornu_array_release(empty);
    assert_int_equal(cornu__allocation_live(), 0);
}

typedef struct epochs {
    int64_t length, ended;
} epochs;

static int64_t growing_length(void *state)
{
    return ((epochs *)state)->length;
}

/* x: epoch and index. */
static cornu_status get_place(void *state, int64_t index, cornu_batch *batch)
{
    int64_t place[2] = {((epochs *)state)->ended, index};
    batch->x = cornu_array_copy_of(CORNU_INT64, 2, (int64_t[]){1, 2}, place);
    return batch->x ? CORNU_OK : CORNU_ERROR_OUT_OF_MEMORY;
}

static void end_and_grow(void *state)
{
    ((epochs *)state)->ended++;
    ((epochs *)state)->length++;
}

static void a_sequence_is_taken_batch_by_batch_and_epoch_by_epoch(void **state)
{
    (void)state;
    epochs self = {.length = 1};
    cornu_batch batch;
    cornu_sequence *sequence =
        cornu_sequence_create(.length = growing_length, .get = get_place, .on_epoch_end = end_and_grow, .state = &self);
    for (int64_t epoch = 0; epoch < 4; epoch++) {
        for (int64_t index = 0; index <= epoch; index++) {
            assert_int_equal(cornu_generator_next(sequence, &batch), CORNU_OK);
            const int64_t *place = cornu_array_data(batch.x);
            assert_int_equal(place[0], epoch);
            assert_int_equal(place[1], index);
            assert_int_equal(batch.number, index);
            cornu_batch_clear(&batch);
            assert_int_equal(self.ended, epoch);
        }
    }
    self.length = 0;
    assert_int_equal(cornu_generator_next(sequence, &batch), CORNU_ERROR_DATA);
    assert_null(batch.x);
    cornu_sequence_release(sequence);
    assert_int_equal(cornu__allocation_live(), 0);
}

/* The third time: no more. */
static cornu_status give_two(void *state, cornu_batch *batch)
{
    int *given = state;
    assert_int_equal(batch->number, *given);
    if (*given < 2)
        batch->x = cornu_array_copy_of(CORNU_INT32, 1, (int64_t[]){1}, &(int32_t){++*given});
    return CORNU_OK;
}

static void a_generator_is_taken_until_it_has_no_more(void **state)
{
    (void)state;
    int given = 0;
    cornu_batch batch;
    cornu_generator *generator = cornu_generator_create(.next = give_two, .state = &given);
    for (int i = 1; i <= 2; i++) {
        assert_int_equal(cornu_generator_next(generator, &batch), CORNU_OK);
        assert_int_equal(*(const int32_t *)cornu_array_data(batch.x), i);
        cornu_batch_clear(&batch);
    }
    for (int again = 0; again < 2; again++) {
        assert_int_equal(cornu_generator_next(generator, &batch), CORNU_OK);
        assert_null(batch.x);
    }
    cornu_generator_release(generator);
    assert_int_equal(cornu_generator_next(NULL, &batch), CORNU_ERROR_INVALID_ARGUMENT);
    assert_null(batch.x);
    assert_int_equal(cornu__allocation_live(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(release_is_called_once_with_the_last_reference),
        cmocka_unit_test(what_is_missing_is_said),
        cmocka_unit_test(a_failing_function_leaves_no_arrays_and_always_a_message),
        cmocka_unit_test(a_sequence_is_taken_batch_by_batch_and_epoch_by_epoch),
        cmocka_unit_test(a_generator_is_taken_until_it_has_no_more),
        cmocka_unit_test(a_sequence_of_arrays_gives_views_in_order),
        cmocka_unit_test(a_sequence_of_arrays_refuses_what_does_not_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
