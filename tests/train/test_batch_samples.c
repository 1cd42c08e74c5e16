/* Hooks of batches know which samples are in hand: those that the batch was made of, whoever made it and however far ahead. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <cornu/dataset.h>
#include <cornu/flow.h>

#include "train/scripted.h"

#define BATCH 6 /* does not divide SCRIPTED_ROWS: the last batch of an epoch is smaller */
#define EPOCHS 3
#define MOST (EPOCHS * 2 * SCRIPTED_ROWS)

/* What hooks were told, one batch behind the other. */
typedef struct notes {
    int64_t samples[MOST], count;
    int64_t sizes[MOST], batches;
    int64_t unknown;        /* batches of which nobody said anything */
    const int64_t *outside; /* at the end of an epoch */
    bool differs;           /* between a batch's begin and end */
    int64_t at_begin[SCRIPTED_ROWS], begun;
} notes;

static cornu_status note_begin(void *state, cornu_training *training, int64_t index, cornu_logs *logs)
{
    notes *self = state;
    (void)index, (void)logs;
    const int64_t *samples = cornu_training_batch_samples(training, &self->begun);
    if (samples)
        memcpy(self->at_begin, samples, (size_t)self->begun * sizeof *samples);
    return CORNU_OK;
}

static cornu_status note_end(void *state, cornu_training *training, int64_t index, cornu_logs *logs)
{
    notes *self = state;
    (void)index, (void)logs;
    int64_t count = -1;
    const int64_t *samples = cornu_training_batch_samples(training, &count);
    self->unknown += !samples && count == 0;
    self->differs |=
        count != self->begun || (samples && memcmp(samples, self->at_begin, (size_t)count * sizeof *samples) != 0);
    if (!samples || self->count + count > MOST)
        return CORNU_OK;
    memcpy(self->samples + self->count, samples, (size_t)count * sizeof *samples);
    self->count += count;
    self->sizes[self->batches++] = count;
    return CORNU_OK;
}

static cornu_status note_outside(void *state, cornu_training *training, int64_t index, cornu_logs *logs)
{
    (void)index, (void)logs;
    int64_t count = -1;
    ((notes *)state)->outside = cornu_training_batch_samples(training, &count);
    return count == 0 ? CORNU_OK : cornu_error_set(CORNU_ERROR_INTERNAL, "a batch is in hand where none is");
}

static cornu_callback *noting(notes *seen)
{
    *seen = (notes){0};
    return cornu_callback_create(.on_train_batch_begin = note_begin, .on_train_batch_end = note_end,
                                 .on_epoch_end = note_outside, .state = seen);
}

/* That each epoch has each of the samples first .. first + count - 1 once. */
static void assert_each_once(const notes *seen, int64_t first, int64_t count)
{
    assert_int_equal(seen->count, EPOCHS * count);
    assert_int_equal(seen->unknown, 0);
    assert_false(seen->differs);
    assert_null(seen->outside);
    for (int64_t epoch = 0; epoch < EPOCHS; epoch++) {
        bool had[SCRIPTED_ROWS] = {0};
        for (int64_t i = 0; i < count; i++) {
            int64_t sample = seen->samples[epoch * count + i] - first;
            assert_in_range(sample, 0, count - 1);
            assert_false(had[sample]);
            had[sample] = true;
        }
    }
}

static void assert_same(const notes *a, const notes *b)
{
    assert_int_equal(a->count, b->count);
    assert_int_equal(a->batches, b->batches);
    assert_memory_equal(a->samples, b->samples, sizeof a->samples);
    assert_memory_equal(a->sizes, b->sizes, sizeof a->sizes);
}

/* --- Arrays --- */

static void of_arrays_they_are_the_rows(void **state)
{
    const scripted *test = *state;
    const int64_t held_out = SCRIPTED_ROWS / 4, learned = SCRIPTED_ROWS - held_out;
    for (int shuffle = 0; shuffle <= CORNU_SHUFFLE_BATCH; shuffle++) {
        notes seen, tested = {0};
        cornu_callback *testing =
            cornu_callback_create(.on_test_batch_begin = note_begin, .on_test_batch_end = note_end, .state = &tested);
        cornu_history *history =
            cornu_fit(test->model, test->x, test->y, .batch_size = BATCH, .epochs = EPOCHS, .shuffle = shuffle,
                      .validation_split = 0.25, .verbose = 0, .callbacks = {noting(&seen), testing});
        assert_non_null(history);
        cornu_history_release(history);
        assert_each_once(&seen, 0, learned);
        assert_each_once(&tested, learned, held_out);
        bool in_order = true;
        for (int64_t i = 0; i < learned; i++)
            in_order = in_order && seen.samples[i] == i;
        assert_int_equal(in_order, shuffle == 0);
        for (int64_t i = 0; i < held_out; i++)
            assert_int_equal(tested.samples[i], learned + i);
        for (int64_t i = 0; i < BATCH && shuffle == CORNU_SHUFFLE_BATCH; i++)
            assert_int_equal(seen.samples[i], seen.samples[0] + i);
    }
}

static void a_prediction_has_them_too(void **state)
{
    const scripted *test = *state;
    notes seen = {0};
    cornu_callback *noted =
        cornu_callback_create(.on_predict_batch_begin = note_begin, .on_predict_batch_end = note_end, .state = &seen);
    cornu_array *outputs = cornu_predict(test->model, test->x, .batch_size = BATCH, .verbose = 0, .callbacks = {noted});
    assert_non_null(outputs);
    assert_int_equal(seen.count, SCRIPTED_ROWS);
    for (int64_t i = 0; i < SCRIPTED_ROWS; i++)
        assert_int_equal(seen.samples[i], i);
    cornu_array_release(outputs);
}

/* --- A program's own Sequence and generator --- */

typedef struct source {
    const scripted *test;
    int64_t epoch;
    bool silent;           /* says no samples */
    cornu_array *constant; /* says these; or NULL */
} source;

#define BATCHES ((SCRIPTED_ROWS + BATCH - 1) / BATCH)
#define NUMBER(epoch, row) (1000 * (epoch) + 7 * (row)) /* of a sample, as its program counts them */

static cornu_status give(const source *self, int64_t epoch, int64_t index, cornu_batch *batch)
{
    int64_t begin = index * BATCH, end = begin + BATCH < SCRIPTED_ROWS ? begin + BATCH : SCRIPTED_ROWS;
    int64_t count = end - begin, numbers[BATCH];
    for (int64_t i = 0; i < count; i++)
        numbers[i] = NUMBER(epoch, begin + i);
    batch->x = cornu_array_rows(self->test->x, begin, end);
    batch->y = cornu_array_rows(self->test->y, begin, end);
    if (!self->silent)
        batch->samples =
            self->constant ? cornu_array_retain(self->constant) : cornu_array_copy_of(CORNU_INT64, 1, &count, numbers);
    return batch->x && batch->y && (self->silent || batch->samples) ? CORNU_OK : cornu_error_status();
}

static int64_t length(void *state)
{
    (void)state;
    return BATCHES;
}

static cornu_status get(void *state, int64_t index, cornu_batch *batch)
{
    const source *self = state;
    return give(self, self->epoch, index, batch);
}

static void on_epoch_end(void *state)
{
    ((source *)state)->epoch++;
}

static cornu_status next(void *state, cornu_batch *batch)
{
    return give(state, batch->number / BATCHES, batch->number % BATCHES, batch);
}

static void train(cornu_generator *batches, int workers, bool processes, notes *seen)
{
    cornu_model *model = small_model(3); /* a new one: the order depends on the updates that were made */
    cornu_history *history =
        cornu_fit_generator(model, batches, .steps_per_epoch = cornu_sequence_length(batches) < 0 ? BATCHES : 0,
                            .epochs = EPOCHS, .workers = workers, .use_multiprocessing = processes, .max_queue_size = 4,
                            .verbose = 0, .callbacks = {noting(seen)});
    if (!history)
        fail_msg("%s", cornu_error_message());
    cornu_history_release(history);
    cornu_model_release(model);
}

static void a_sequence_says_them_through_any_workers(void **state)
{
    notes alone, seen;
    for (int workers = 0; workers <= 7; workers++) {
        for (int processes = 0; processes <= (workers > 0); processes++) {
            source from = {.test = *state};
            cornu_sequence *sequence =
                cornu_sequence_create(.length = length, .get = get, .on_epoch_end = on_epoch_end, .state = &from);
            train(sequence, workers, processes, workers == 0 ? &alone : &seen);
            if (workers > 0)
                assert_same(&seen, &alone);
            cornu_sequence_release(sequence);
        }
    }
    assert_int_equal(alone.count, EPOCHS * SCRIPTED_ROWS);
    assert_false(alone.differs);
    bool had[EPOCHS * SCRIPTED_ROWS] = {0};
    for (int64_t i = 0; i < alone.count; i++) {
        int64_t epoch = i / SCRIPTED_ROWS, row = alone.samples[i] % 1000 / 7;
        assert_int_equal(alone.samples[i], NUMBER(epoch, row));
        had[epoch * SCRIPTED_ROWS + row] = true;
    }
    for (int64_t i = 0; i < EPOCHS * SCRIPTED_ROWS; i++)
        assert_true(had[i]);
}

static void a_generator_says_them_in_its_order(void **state)
{
    for (int workers = 0; workers <= 3; workers++) {
        for (int processes = 0; processes <= (workers > 0); processes++) {
            source from = {.test = *state};
            notes seen;
            cornu_generator *generator = cornu_generator_create(.next = next, .state = &from);
            train(generator, workers, processes, &seen);
            cornu_generator_release(generator);
            assert_int_equal(seen.count, EPOCHS * SCRIPTED_ROWS);
            for (int64_t i = 0; i < seen.count; i++)
                assert_int_equal(seen.samples[i], NUMBER(i / SCRIPTED_ROWS, i % SCRIPTED_ROWS));
        }
    }
}

static void who_says_none_has_none(void **state)
{
    for (int workers = 0; workers <= 2; workers++) {
        source from = {.test = *state, .silent = true};
        notes seen;
        cornu_sequence *sequence = cornu_sequence_create(.length = length, .get = get, .state = &from);
        train(sequence, workers, workers == 2, &seen);
        assert_int_equal(seen.unknown, EPOCHS * BATCHES);
        assert_int_equal(seen.count, 0);
        cornu_sequence_release(sequence);
    }
}

static void samples_that_are_no_numbers_for_the_rows_are_refused(void **state)
{
    const scripted *test = *state;
    cornu_array *five = cornu_array_zeros(CORNU_INT64, 1, (int64_t[]){5});
    const struct {
        cornu_array *samples;
        const char *says;
    } cases[] = {{cornu_array_retain(five), "the batch's samples are int64 (5,) where x has 6 rows"},
                 {cornu_array_zeros(CORNU_INT32, 1, (int64_t[]){BATCH}), "samples are int32 (6,)"},
                 {cornu_array_zeros(CORNU_INT64, 2, (int64_t[]){BATCH, 1}), "samples are int64 (6, 1)"},
                 {cornu_array_list(1, &five), "a list or dictionary"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (int workers = 0; workers <= 2; workers++) {
            source from = {.test = test, .constant = cases[i].samples};
            cornu_sequence *sequence = cornu_sequence_create(.length = length, .get = get, .state = &from);
            assert_null(cornu_fit_generator(test->model, sequence, .workers = workers,
                                            .use_multiprocessing = workers == 2, .shuffle = false, .verbose = 0));
            assert_int_equal(cornu_error_status(), CORNU_ERROR_SHAPE);
            if (!strstr(cornu_error_message(), cases[i].says))
                fail_msg("\"%s\" does not say \"%s\"", cornu_error_message(), cases[i].says);
            assert_non_null(strstr(cornu_error_message(), "a number for each row"));
            cornu_sequence_release(sequence);
        }
        cornu_array_release(cases[i].samples);
    }
    cornu_array_release(five);
}

/* --- The library's own Sequences --- */

typedef enum kind { DATASET, IN_BLOCKS, FORWARDS, ROWS, KINDS } kind;

static cornu_status read_row(void *state, int64_t index, cornu_sample *sample)
{
    const scripted *test = state;
    memcpy(cornu_sample_data(sample, 0), cornu_array_float32(test->x) + index * SMALL_FEATURES,
           SMALL_FEATURES * sizeof(float));
    *(int32_t *)cornu_sample_data(sample, 1) = ((const int32_t *)cornu_array_data(test->y))[index];
    return CORNU_OK;
}

static cornu_sequence *sequence_of(scripted *test, kind of)
{
    const cornu_field fields[] = {{.name = "x", .rank = 1, .shape = {SMALL_FEATURES}},
                                  {.name = "y", .dtype = CORNU_INT32}};
    if (of == ROWS)
        return cornu_array_sequence(test->x, test->y, .batch_size = BATCH);
    cornu_dataset *dataset =
        cornu_dataset_create(.count = SCRIPTED_ROWS, .fields = fields, .field_count = 2, .read = read_row,
                             .state = test, .random_access = of != FORWARDS, .block_size = of == IN_BLOCKS ? 3 : 0);
    cornu_sequence *sequence = cornu_dataset_sequence(dataset, .batch_size = BATCH, .seed = 4, .buffer_size = 10);
    cornu_dataset_release(dataset);
    return sequence;
}

static void datasets_and_rows_have_them_for_any_workers(void **state)
{
    for (kind of = DATASET; of < KINDS; of++) {
        notes alone, seen;
        for (int workers = 0; workers <= 7; workers++) {
            for (int processes = 0; processes <= (workers > 0); processes++) {
                cornu_sequence *sequence = sequence_of(*state, of);
                train(sequence, workers, processes, workers == 0 ? &alone : &seen);
                if (workers > 0)
                    assert_same(&seen, &alone);
                cornu_sequence_release(sequence);
            }
        }
        assert_each_once(&alone, 0, SCRIPTED_ROWS);
    }
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, scripted_set_up, scripted_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(of_arrays_they_are_the_rows),
        TEST(a_prediction_has_them_too),
        TEST(a_sequence_says_them_through_any_workers),
        TEST(a_generator_says_them_in_its_order),
        TEST(who_says_none_has_none),
        TEST(samples_that_are_no_numbers_for_the_rows_are_refused),
        TEST(datasets_and_rows_have_them_for_any_workers),
    };
    return cmocka_run_group_tests(tests, NULL, scripted_nothing_is_left);
}
