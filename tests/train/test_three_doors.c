/* One step, three doors: the same model, seed and order of batches give the same bits of all weights through fit, fit_generator with any
 * workers, as generator and as Sequence, and train_on_batch. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "data/source.h"
#include "train/small_model.h"

#define ROWS 101
#define BATCH 16
#define BATCHES 7 /* per epoch; the last one is smaller */
#define EPOCHS 3
#define SEED 42

static const int worker_counts[] = {0, 1, 2, 4};
static const int queue_sizes[] = {1, 10};

typedef struct data {
    cornu_array *x, *y;
} data;

static data make_data(void)
{
    data made = {small_x(ROWS), small_y(ROWS)};
    assert_non_null(made.x);
    assert_non_null(made.y);
    return made;
}

static void free_data(data made)
{
    cornu_array_release(made.x);
    cornu_array_release(made.y);
}

static cornu_model *fresh_model(void)
{
    cornu_model *model = small_model(SEED);
    assert_non_null(model);
    return model;
}

static void take_digest(cornu_model *model, char digest[CORNU_SHA256_TEXT_SIZE])
{
    small_digest(model, digest);
    assert_true(strlen(digest) > 0);
    cornu_model_release(model);
}

static void expect_history(cornu_history *history)
{
    if (!history)
        fail_msg("%s", cornu_error_message());
    assert_int_equal(cornu_history_epoch_count(history), EPOCHS);
    cornu_history_release(history);
}

static void by_fit(data given, int shuffle, char digest[CORNU_SHA256_TEXT_SIZE])
{
    cornu_model *model = fresh_model();
    expect_history(
        cornu_fit(model, given.x, given.y, .batch_size = BATCH, .epochs = EPOCHS, .shuffle = shuffle, .verbose = 0));
    take_digest(model, digest);
}

static void by_train_on_batch(const small_batches *batches, char digest[CORNU_SHA256_TEXT_SIZE])
{
    cornu_model *model = fresh_model();
    for (int64_t i = 0; i < batches->count; i++)
        assert_int_equal(cornu_train_on_batch(model, batches->x[i], batches->y[i], NULL), CORNU_OK);
    take_digest(model, digest);
}

static void by_generator(small_batches *batches, int workers, int queue, char digest[CORNU_SHA256_TEXT_SIZE])
{
    cornu_model *model = fresh_model();
    batches->given = 0;
    cornu_generator *generator = cornu_generator_create(.next = small_batches_next, .state = batches);
    expect_history(cornu_fit_generator(model, generator, .steps_per_epoch = BATCHES, .epochs = EPOCHS, .verbose = 0,
                                       .workers = workers, .max_queue_size = queue));
    assert_int_equal(batches->given, EPOCHS * BATCHES);
    cornu_generator_release(generator);
    take_digest(model, digest);
}

static void by_sequence(small_batches *batches, int workers, int queue, bool thread_safe,
                        char digest[CORNU_SHA256_TEXT_SIZE])
{
    cornu_model *model = fresh_model();
    cornu_sequence *sequence = cornu_sequence_create(.length = small_batches_length, .get = small_batches_get,
                                                     .state = batches, .thread_safe = thread_safe);
    expect_history(cornu_fit_generator(model, sequence, .steps_per_epoch = BATCHES, .epochs = EPOCHS, .verbose = 0,
                                       .workers = workers, .max_queue_size = queue, .shuffle = false));
    cornu_sequence_release(sequence);
    take_digest(model, digest);
}

static void compare_doors(const small_batches *made, const char *wanted)
{
    small_batches *batches = (small_batches *)made;
    char digest[CORNU_SHA256_TEXT_SIZE];
    by_train_on_batch(batches, digest);
    assert_string_equal(digest, wanted);
    for (size_t w = 0; w < sizeof worker_counts / sizeof *worker_counts; w++) {
        for (size_t q = 0; q < sizeof queue_sizes / sizeof *queue_sizes; q++) {
            by_generator(batches, worker_counts[w], queue_sizes[q], digest);
            assert_string_equal(digest, wanted);
            for (int thread_safe = 0; thread_safe < 2; thread_safe++) {
                by_sequence(batches, worker_counts[w], queue_sizes[q], thread_safe, digest);
                assert_string_equal(digest, wanted);
            }
        }
    }
}

static void the_same_bits_through_every_door_in_natural_order(void **state)
{
    (void)state;
    data given = make_data();
    char wanted[CORNU_SHA256_TEXT_SIZE];
    small_batches *batches = small_batches_make(given.x, given.y, BATCH, NULL, EPOCHS);
    by_fit(given, false, wanted);
    compare_doors(batches, wanted);
    small_batches_free(batches);
    free_data(given);
}

/* The order of each epoch, as fit documents it: from the seed, the epoch, and the updates before it. */
static void draw_rows(int64_t order[EPOCHS][ROWS])
{
    for (uint64_t epoch = 0; epoch < EPOCHS; epoch++)
        cornu__random_permutation(cornu__random_key_make(SEED, CORNU__RANDOM_SHUFFLE, epoch, epoch * BATCHES), ROWS,
                                  order[epoch]);
}

static void the_same_bits_through_every_door_in_shuffled_order(void **state)
{
    (void)state;
    data given = make_data();
    char wanted[CORNU_SHA256_TEXT_SIZE], natural[CORNU_SHA256_TEXT_SIZE];
    int64_t order[EPOCHS][ROWS];
    draw_rows(order);
    small_batches *batches = small_batches_make(given.x, given.y, BATCH, order[0], EPOCHS);
    by_fit(given, true, wanted);
    by_fit(given, false, natural);
    assert_string_not_equal(wanted, natural);
    compare_doors(batches, wanted);
    small_batches_free(batches);
    free_data(given);
}

static void whole_batches_change_places_with_shuffle_batch(void **state)
{
    (void)state;
    data given = make_data();
    char wanted[CORNU_SHA256_TEXT_SIZE], digest[CORNU_SHA256_TEXT_SIZE];
    int64_t order[EPOCHS][ROWS], blocks[BATCHES - 1];
    for (uint64_t epoch = 0; epoch < EPOCHS; epoch++) {
        cornu__random_permutation(cornu__random_key_make(SEED, CORNU__RANDOM_SHUFFLE, epoch, epoch * BATCHES),
                                  BATCHES - 1, blocks);
        for (int64_t row = 0; row < ROWS; row++)
            order[epoch][row] = row / BATCH < BATCHES - 1 ? blocks[row / BATCH] * BATCH + row % BATCH : row;
    }
    small_batches *batches = small_batches_make(given.x, given.y, BATCH, order[0], EPOCHS);
    by_fit(given, CORNU_SHUFFLE_BATCH, wanted);
    by_train_on_batch(batches, digest);
    assert_string_equal(digest, wanted);
    small_batches_free(batches);
    free_data(given);
}

static void a_shuffled_sequence_gives_the_same_bits_for_any_workers(void **state)
{
    (void)state;
    data given = make_data();
    char wanted[CORNU_SHA256_TEXT_SIZE] = "", digest[CORNU_SHA256_TEXT_SIZE], natural[CORNU_SHA256_TEXT_SIZE];
    cornu_sequence *sequence = cornu_array_sequence(given.x, given.y, .batch_size = BATCH);
    assert_int_equal(cornu_sequence_length(sequence), BATCHES);
    for (size_t w = 0; w < sizeof worker_counts / sizeof *worker_counts; w++) {
        cornu_model *model = fresh_model();
        expect_history(
            cornu_fit_generator(model, sequence, .epochs = EPOCHS, .verbose = 0, .workers = worker_counts[w]));
        take_digest(model, digest);
        if (w == 0)
            strcpy(wanted, digest);
        assert_string_equal(digest, wanted);
    }
    by_fit(given, false, natural);
    assert_string_not_equal(wanted, natural);
    cornu_sequence_release(sequence);
    free_data(given);
}

static void one_fit_equals_two_that_follow_each_other(void **state)
{
    (void)state;
    data given = make_data();
    char wanted[CORNU_SHA256_TEXT_SIZE], digest[CORNU_SHA256_TEXT_SIZE];
    by_fit(given, true, wanted);
    cornu_model *model = fresh_model();
    cornu_history_release(cornu_fit(model, given.x, given.y, .batch_size = BATCH, .epochs = 1, .verbose = 0));
    cornu_history_release(
        cornu_fit(model, given.x, given.y, .batch_size = BATCH, .initial_epoch = 1, .epochs = EPOCHS, .verbose = 0));
    take_digest(model, digest);
    assert_string_equal(digest, wanted);
    free_data(given);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_bits_through_every_door_in_natural_order),
        cmocka_unit_test(the_same_bits_through_every_door_in_shuffled_order),
        cmocka_unit_test(whole_batches_change_places_with_shuffle_batch),
        cmocka_unit_test(a_shuffled_sequence_gives_the_same_bits_for_any_workers),
        cmocka_unit_test(one_fit_equals_two_that_follow_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
