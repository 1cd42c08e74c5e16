/* Data of any dtype: the same numbers give the same bits of all weights, through every door. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "train/small_model.h"

#define ROWS 20
#define WORDS 4
#define BATCH 8

/* Inputs "numbers" (float32) and "words" (int32, for an Embedding); outputs "kind" (class numbers) and "place" (one-hot). */
static cornu_model *model_of_all(void)
{
    cornu_tensor *numbers = cornu_input(.shape = {SMALL_FEATURES}, .name = "numbers"),
                 *words = cornu_input(.shape = {WORDS}, .dtype = CORNU_INT32, .name = "words");
    cornu_tensor *embedded = cornu_call(cornu_flatten(), cornu_call(cornu_embedding(2, 3), words));
    cornu_tensor *joined = cornu_call(cornu_concatenate(), numbers, embedded);
    cornu_tensor *kind = cornu_call(cornu_dense(2, .activation = "softmax", .name = "kind"), joined),
                 *place = cornu_call(cornu_dense(2, .activation = "softmax", .name = "place"), joined);
    cornu_model *model = cornu_functional(.inputs = {numbers, words}, .outputs = {kind, place}, .seed = 3);
    if (cornu_compile(model, .optimizer = "adam",
                      .losses = {"sparse_categorical_crossentropy", "categorical_crossentropy"}) != CORNU_OK)
        fail_msg("%s", cornu_error_message());
    return model;
}

/* Zeros and ones, which every dtype has. */
static cornu_array *bits(cornu_dtype dtype, int rank, int64_t columns, int one_in)
{
    cornu_array *made = cornu_array_zeros(CORNU_FLOAT32, rank, (int64_t[]){ROWS, columns});
    for (int64_t i = 0; i < cornu_array_count(made); i++)
        cornu_array_float32(made)[i] = i % one_in == 1;
    cornu_array *cast = cornu_array_cast(made, dtype);
    cornu_array_release(made);
    return cast;
}

typedef struct data {
    cornu_array *x, *y, *weights;
} data;

static cornu_array *pair(cornu_array *first, cornu_array *second)
{
    assert_non_null(first);
    assert_non_null(second);
    cornu_array *made = cornu_array_list(2, (cornu_array *[]){first, second});
    cornu_array_release(first);
    cornu_array_release(second);
    return made;
}

static data data_of(cornu_dtype dtype)
{
    return (data){pair(bits(dtype, 2, SMALL_FEATURES, 3), bits(dtype, 2, WORDS, 5)),
                  pair(bits(dtype, 1, 1, 2), bits(dtype, 2, 2, 2)), pair(bits(dtype, 1, 1, 4), bits(dtype, 1, 1, 5))};
}

static void free_data(data given)
{
    cornu_array_release(given.x);
    cornu_array_release(given.y);
    cornu_array_release(given.weights);
}

static void take_digest(cornu_model *model, cornu_history *history, char digest[CORNU_SHA256_TEXT_SIZE])
{
    if (!history)
        fail_msg("%s", cornu_error_message());
    cornu_history_release(history);
    small_digest(model, digest);
    cornu_model_release(model);
}

static void by_fit(data given, bool shuffle, char digest[CORNU_SHA256_TEXT_SIZE])
{
    cornu_model *model = model_of_all();
    take_digest(model,
                cornu_fit(model, given.x, given.y, .sample_weight = given.weights, .shuffle = shuffle,
                          .batch_size = BATCH, .epochs = 2, .verbose = 0),
                digest);
}

static void by_sequence(data given, char digest[CORNU_SHA256_TEXT_SIZE])
{
    cornu_model *model = model_of_all();
    cornu_sequence *sequence =
        cornu_array_sequence(given.x, given.y, .sample_weight = given.weights, .batch_size = BATCH);
    take_digest(model, cornu_fit(model, sequence, NULL, .shuffle = false, .epochs = 2, .workers = 2, .verbose = 0),
                digest);
    cornu_sequence_release(sequence);
}

static void by_batch(data given, char digest[CORNU_SHA256_TEXT_SIZE])
{
    cornu_model *model = model_of_all();
    for (int64_t begin = 0; begin < 2 * 24; begin += BATCH) {
        int64_t first = begin % 24, last = first + BATCH < ROWS ? first + BATCH : ROWS;
        data rows = {cornu_array_rows(given.x, first, last), cornu_array_rows(given.y, first, last),
                     cornu_array_rows(given.weights, first, last)};
        assert_int_equal(cornu_train_on_batch(model, rows.x, rows.y, NULL, .sample_weight = rows.weights), CORNU_OK);
        free_data(rows);
    }
    small_digest(model, digest);
    cornu_model_release(model);
}

static void every_dtype_gives_the_same_bits_through_every_door(void **state)
{
    (void)state;
    char shuffled[CORNU_SHA256_TEXT_SIZE], natural[CORNU_SHA256_TEXT_SIZE], digest[CORNU_SHA256_TEXT_SIZE];
    data wanted = data_of(CORNU_FLOAT32);
    by_fit(wanted, true, shuffled);
    by_fit(wanted, false, natural);
    assert_string_not_equal(shuffled, natural);
    free_data(wanted);
    for (int dtype = 0; dtype < CORNU_DTYPE_COUNT; dtype++) {
        data given = data_of((cornu_dtype)dtype);
        by_fit(given, true, digest);
        assert_string_equal(digest, shuffled);
        by_fit(given, false, digest);
        assert_string_equal(digest, natural);
        by_sequence(given, digest);
        assert_string_equal(digest, natural);
        by_batch(given, digest);
        assert_string_equal(digest, natural);
        free_data(given);
    }
}

static void predictions_and_evaluations_are_the_same_for_every_dtype(void **state)
{
    (void)state;
    cornu_model *model = model_of_all();
    data wanted = data_of(CORNU_FLOAT32);
    cornu_logs expected, results;
    assert_int_equal(
        cornu_evaluate(model, wanted.x, wanted.y, &expected, .sample_weight = wanted.weights, .verbose = 0), CORNU_OK);
    cornu_array *first = cornu_predict(model, wanted.x);
    for (int dtype = 0; dtype < CORNU_DTYPE_COUNT; dtype++) {
        data given = data_of((cornu_dtype)dtype);
        assert_int_equal(
            cornu_evaluate(model, given.x, given.y, &results, .sample_weight = given.weights, .verbose = 0), CORNU_OK);
        for (int i = 0; i < results.count; i++)
            assert_true(results.values[i] == expected.values[i]);
        cornu_array *predicted = cornu_predict(model, given.x);
        for (size_t i = 0; i < 2; i++)
            assert_memory_equal(cornu_array_data(cornu_array_item(predicted, i)),
                                cornu_array_data(cornu_array_item(first, i)), ROWS * 2 * sizeof(float));
        cornu_array_release(predicted);
        free_data(given);
    }
    cornu_array_release(first);
    free_data(wanted);
    cornu_model_release(model);
}

static int nothing_is_left(void **state)
{
    (void)state;
    return cornu__allocation_live() == 0 ? 0 : 1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_dtype_gives_the_same_bits_through_every_door),
        cmocka_unit_test(predictions_and_evaluations_are_the_same_for_every_dtype),
    };
    return cmocka_run_group_tests(tests, NULL, nothing_is_left);
}
