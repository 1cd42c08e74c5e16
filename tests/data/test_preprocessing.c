/* test_preprocessing.c: to_categorical, normalize, pad_sequences, skipgrams and windows: what Keras gives (tests/oracle/preprocessing.py), bad input, memory that ends. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <cornu/preprocessing.h>

#include "data/oracle_values.h"

static json_t *golden, *golden3;
static cornu_array *arrays, *arrays3;

static int open_values(void **state)
{
    (void)state;
    golden = oracle_json("preprocessing");
    arrays = oracle_arrays("preprocessing");
    golden3 = oracle_json("preprocessing_keras3");
    arrays3 = oracle_arrays("preprocessing_keras3");
    return 0;
}

static int close_values(void **state)
{
    (void)state;
    json_decref(golden);
    json_decref(golden3);
    cornu_array_release(arrays);
    cornu_array_release(arrays3);
    return 0;
}

static cornu_array *int_array(int rank, const int64_t *shape, const int32_t *values)
{
    cornu_array *array = cornu_array_copy_of(CORNU_INT32, rank, shape, values);
    assert_non_null(array);
    return array;
}

#define INTS(...)                                                                                                      \
    int_array(1, (int64_t[]){sizeof((int32_t[]){__VA_ARGS__}) / sizeof(int32_t)}, (int32_t[]){__VA_ARGS__})

/* --- to_categorical, normalize --- */

static void classes_become_keras_s_rows(void **state)
{
    (void)state;
    cornu_array *column = int_array(2, (int64_t[]){3, 1}, (int32_t[]){1, 0, 3});
    cornu_array *square = int_array(2, (int64_t[]){2, 2}, (int32_t[]){1, 2, 0, 4});
    cornu_array *parts = cornu_array_copy_of(CORNU_FLOAT32, 1, (int64_t[]){2}, (float[]){0.9F, 2.7F});
    for (int dtype = 0; dtype < CORNU_DTYPE_COUNT; dtype++) {
        cornu_array *rows = cornu_to_categorical(column, .dtype = (cornu_dtype)dtype);
        assert_int_equal(cornu_array_dtype(rows), dtype);
        assert_oracle(rows, arrays3, 0, "categorical.column");
    }
    assert_oracle(cornu_to_categorical(square, .num_classes = 6), arrays3, 0, "categorical.square");
    assert_oracle(cornu_to_categorical(parts, .num_classes = 3), arrays3, 0, "categorical.cut_off");
    cornu_array_release(column);
    cornu_array_release(square);
    cornu_array_release(parts);
}

static void wrong_classes_are_refused(void **state)
{
    (void)state;
    cornu_array *classes = INTS(0, 2, -1),
                *huge = cornu_array_copy_of(CORNU_INT64, 1, (int64_t[]){1}, &(int64_t){INT64_MAX});
    cornu_array *large = cornu_array_copy_of(CORNU_INT64, 1, (int64_t[]){1}, &(int64_t){(int64_t)1 << 50});
    cornu_array *none = cornu_array_zeros(CORNU_INT32, 1, (int64_t[]){0}), *list = cornu_array_list(1, &none);
    cornu_array *deep = cornu_array_zeros(CORNU_INT32, 8, (int64_t[]){1, 1, 1, 1, 1, 1, 1, 2});
    assert_failed(cornu_to_categorical(NULL), CORNU_ERROR_INVALID_ARGUMENT, "NULL");
    assert_failed(cornu_to_categorical(list), CORNU_ERROR_INVALID_ARGUMENT, "collection");
    assert_failed(cornu_to_categorical(classes), CORNU_ERROR_INVALID_ARGUMENT, "element 2 of y is class -1");
    assert_failed(cornu_to_categorical(classes, .num_classes = 2), CORNU_ERROR_INVALID_ARGUMENT, "num_classes - 1 = 1");
    assert_failed(cornu_to_categorical(classes, .num_classes = -2), CORNU_ERROR_INVALID_ARGUMENT, "num_classes is -2");
    assert_failed(cornu_to_categorical(none), CORNU_ERROR_INVALID_ARGUMENT, "empty");
    assert_failed(cornu_to_categorical(huge), CORNU_ERROR_INVALID_ARGUMENT, "9223372036854775807");
    assert_failed(cornu_to_categorical(large), CORNU_ERROR_LIMIT, "memory");
    assert_failed(cornu_to_categorical(deep), CORNU_ERROR_SHAPE, "8 axes");
    assert_failed(cornu_to_categorical(none, .num_classes = 2, .dtype = (cornu_dtype)99), CORNU_ERROR_INVALID_ARGUMENT,
                  "dtype");
    cornu_array *empty = cornu_to_categorical(none, .num_classes = 3);
    assert_int_equal(cornu_array_size(empty, 1), 3);
    cornu_array *all[] = {classes, huge, large, none, list, deep, empty};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        cornu_array_release(all[i]);
}

static void norms_are_keras_s(void **state)
{
    (void)state;
    const struct {
        const char *name;
        double order;
    } cases[] = {{"2", 2}, {"1", 1}, {"3", 3}, {"half", 0.5}, {"inf", INFINITY}, {"minus_inf", -INFINITY}, {"0", 0}};
    cornu_array *x = cornu_array_item_named(arrays3, "normalize.x");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const int axes[] = {-1, 1, 2};
        for (int k = 0; k < 3; k++) {
            cornu_array *rows = cornu_normalize(x, .axis = axes[k], .order = cases[i].order);
            assert_int_equal(cornu_array_dtype(rows), CORNU_FLOAT32);
            assert_oracle(rows, arrays3, 2e-6, "normalize.%s.%d", cases[i].name, axes[k]);
        }
    }
    cornu_array *whole = INTS(3, 4), *unit = cornu_normalize(whole, .axis = 0);
    assert_int_equal(cornu_array_dtype(unit), CORNU_FLOAT64);
    assert_true(fabs(cornu_array_get(unit, 0) - 0.6) < 1e-15 && fabs(cornu_array_get(unit, 1) - 0.8) < 1e-15);
    assert_failed(cornu_normalize(whole, .axis = 1), CORNU_ERROR_SHAPE, "axis 1");
    assert_failed(cornu_normalize(whole, .axis = -2), CORNU_ERROR_SHAPE, "axis -2");
    assert_failed(cornu_normalize(whole, .order = NAN), CORNU_ERROR_INVALID_ARGUMENT, "order");
    assert_failed(cornu_normalize(NULL), CORNU_ERROR_INVALID_ARGUMENT, "NULL");
    cornu_array_release(unit);
    cornu_array_release(whole);
}

static void large_and_small_numbers_have_a_norm(void **state)
{
    (void)state;
    double values[] = {3e200, 4e200, 3e-200, 4e-200};
    cornu_array *x = cornu_array_copy_of(CORNU_FLOAT64, 2, (int64_t[]){2, 2}, values), *unit = cornu_normalize(x);
    for (int64_t i = 0; i < 4; i++)
        assert_true(fabs(cornu_array_get(unit, i) - (i % 2 ? 0.8 : 0.6)) < 1e-15);
    cornu_array_release(unit);
    cornu_array_release(x);
}

/* --- pad_sequences --- */

static cornu_dtype dtype_of(const json_t *options)
{
    return strcmp(json_text_or(options, "dtype", "int32"), "float32") == 0 ? CORNU_FLOAT32 : CORNU_INT32;
}

static void sequences_are_padded_as_keras_does(void **state)
{
    (void)state;
    cornu_array *ragged = sequences_from_json(json_object_get(golden, "ragged"));
    size_t i;
    json_t *options;
    json_array_foreach(json_object_get(golden, "pad"), i, options)
    {
        cornu_array *rows =
            cornu_pad_sequences(ragged, .maxlen = json_number_or(options, "maxlen", CORNU_NONE),
                                .dtype = dtype_of(options), .padding = json_text_or(options, "padding", "pre"),
                                .truncating = json_text_or(options, "truncating", "pre"),
                                .value = json_number_value(json_object_get(options, "value")));
        assert_int_equal(cornu_array_dtype(rows), dtype_of(options));
        assert_oracle(rows, arrays, 0, "pad.%zu", i);
    }
    assert_int_equal(i, 5);
    cornu_array_release(ragged);
    cornu_array *vectors[] = {int_array(2, (int64_t[]){3, 2}, (int32_t[]){0, 1, 2, 3, 4, 5}),
                              int_array(2, (int64_t[]){0, 2}, (int32_t[]){0}),
                              int_array(2, (int64_t[]){1, 2}, (int32_t[]){0, 1})};
    cornu_array *list = cornu_array_list(3, vectors);
    assert_oracle(cornu_pad_sequences(list, .maxlen = 2), arrays, 0, "pad.vectors");
    for (int k = 0; k < 3; k++)
        cornu_array_release(vectors[k]);
    cornu_array_release(list);
}

static void a_plain_array_s_rows_are_sequences(void **state)
{
    (void)state;
    cornu_array *rows = int_array(2, (int64_t[]){2, 3}, (int32_t[]){1, 2, 3, 4, 5, 6});
    cornu_array *cut = cornu_pad_sequences(rows, .maxlen = 2), *nothing = cornu_pad_sequences(rows, .maxlen = 0);
    const int32_t wanted[] = {2, 3, 5, 6};
    assert_memory_equal(cornu_array_data(cut), wanted, sizeof wanted);
    assert_int_equal(cornu_array_size(nothing, 0), 2);
    assert_int_equal(cornu_array_size(nothing, 1), 0);
    cornu_array_release(nothing);
    cornu_array_release(cut);
    cornu_array_release(rows);
}

static void what_cannot_be_padded_is_refused(void **state)
{
    (void)state;
    cornu_array *items[] = {INTS(1, 2), int_array(2, (int64_t[]){1, 2}, (int32_t[]){1, 2})};
    cornu_array *mixed = cornu_array_list(2, items), *one = cornu_array_list(1, items);
    cornu_array *scalar = cornu_array_zeros(CORNU_INT32, 0, NULL), *scalars = cornu_array_list(1, &scalar);
    assert_failed(cornu_pad_sequences(NULL), CORNU_ERROR_INVALID_ARGUMENT, "NULL");
    assert_failed(cornu_pad_sequences(items[0]), CORNU_ERROR_SHAPE, "1 axes");
    assert_failed(cornu_pad_sequences(mixed), CORNU_ERROR_SHAPE, "sequence 1 have the shape (2,)");
    assert_failed(cornu_pad_sequences(scalars), CORNU_ERROR_SHAPE, "sequence 0");
    assert_failed(cornu_pad_sequences(one, .maxlen = -2), CORNU_ERROR_INVALID_ARGUMENT, "maxlen is -2");
    assert_failed(cornu_pad_sequences(one, .maxlen = (int64_t)1 << 50), CORNU_ERROR_LIMIT, "memory");
    assert_null(cornu_pad_sequences(one, .maxlen = INT64_MAX));
    assert_failed(cornu_pad_sequences(one, .padding = "left"), CORNU_ERROR_INVALID_ARGUMENT, "padding is 'left'");
    assert_failed(cornu_pad_sequences(one, .truncating = NULL), CORNU_ERROR_INVALID_ARGUMENT, "truncating is 'NULL'");
    assert_failed(cornu_pad_sequences(one, .dtype = CORNU_UINT8, .value = -1), CORNU_ERROR_INVALID_ARGUMENT, "-1");
    assert_failed(cornu_pad_sequences(one, .value = NAN), CORNU_ERROR_INVALID_ARGUMENT, "nan");
    assert_failed(cornu_pad_sequences(one, .dtype = CORNU_DTYPE_COUNT), CORNU_ERROR_INVALID_ARGUMENT, "dtype");
    cornu_array *all[] = {items[0], items[1], mixed, one, scalar, scalars};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        cornu_array_release(all[i]);
}

/* --- skipgrams --- */

static void sampling_tables_are_keras_s(void **state)
{
    (void)state;
    assert_oracle(cornu_make_sampling_table(50), arrays, 1e-6, "sampling_table");
    const json_t *wanted = json_object_get(golden, "sampling_table");
    cornu_array *table = cornu_make_sampling_table(50, .sampling_factor = 1e-3);
    for (int64_t i = 0; i < 50; i++) {
        double value = strtod(json_string_value(json_array_get(wanted, (size_t)i)), NULL);
        assert_true(fabs(cornu_array_get(table, i) - value) <= 1e-15);
    }
    cornu_array_release(table);
    assert_failed(cornu_make_sampling_table(0), CORNU_ERROR_INVALID_ARGUMENT, "size is 0");
    assert_failed(cornu_make_sampling_table((int64_t)1 << 50), CORNU_ERROR_LIMIT, "memory");
    assert_failed(cornu_make_sampling_table(9, .sampling_factor = 0), CORNU_ERROR_INVALID_ARGUMENT, "sampling_factor");
}

static void pairs_that_occur_are_keras_s(void **state)
{
    (void)state;
    json_t *lists = json_pack("[O]", json_object_get(golden, "sequence"));
    cornu_array *list = sequences_from_json(lists), *sequence = cornu_array_item(list, 0);
    json_decref(lists);
    size_t i;
    json_t *options;
    json_array_foreach(json_object_get(golden, "skipgrams"), i, options)
    {
        cornu_array *both = cornu_skipgrams(sequence, 6, .window_size = json_number_or(options, "window_size", 4),
                                            .categorical = json_truth_or(options, "categorical", false),
                                            .negative_samples = 0, .shuffle = false);
        assert_non_null(both);
        assert_oracle(cornu_array_retain(cornu_array_item_named(both, "couples")), arrays, 0, "skipgrams.%zu.couples",
                      i);
        if (cornu_array_size(cornu_array_item_named(both, "couples"), 0) > 0)
            assert_oracle(cornu_array_retain(cornu_array_item_named(both, "labels")), arrays, 0, "skipgrams.%zu.labels",
                          i);
        cornu_array_release(both);
    }
    cornu_array_release(list);
}

/* How often each pair of words below 6 occurs with each label. */
static void count_pairs(const cornu_array *both, int counts[2][6][6])
{
    const int32_t *couple = cornu_array_data(cornu_array_item_named(both, "couples"));
    const int32_t *label = cornu_array_data(cornu_array_item_named(both, "labels"));
    memset(counts, 0, 2 * 36 * sizeof(int));
    for (int64_t i = 0; i < cornu_array_size(cornu_array_item_named(both, "couples"), 0); i++) {
        assert_in_range(couple[2 * i], 1, 5);
        assert_in_range(couple[2 * i + 1], 1, 5);
        counts[label[i]][couple[2 * i]][couple[2 * i + 1]]++;
    }
}

static void drawn_pairs_follow_the_seed_and_keep_the_others(void **state)
{
    (void)state;
    int32_t words[400];
    for (int i = 0; i < 400; i++)
        words[i] = i * 7 % 6;
    cornu_array *sequence = int_array(1, (int64_t[]){400}, words);
    cornu_array *plain = cornu_skipgrams(sequence, 6, .negative_samples = 0, .shuffle = false);
    cornu_array *one = cornu_skipgrams(sequence, 6, .seed = 5), *same = cornu_skipgrams(sequence, 6, .seed = 5);
    cornu_array *other = cornu_skipgrams(sequence, 6, .seed = 6);
    int of_plain[2][6][6], of_one[2][6][6];
    count_pairs(plain, of_plain);
    count_pairs(one, of_one);
    assert_memory_equal(of_plain[1], of_one[1], sizeof of_one[1]);
    int64_t pairs = cornu_array_size(cornu_array_item_named(plain, "couples"), 0);
    assert_int_equal(cornu_array_size(cornu_array_item_named(one, "couples"), 0), 2 * pairs);
    for (int first = 1; first < 6; first++) {
        int positive = 0, negative = 0;
        for (int second = 1; second < 6; second++) {
            positive += of_one[1][first][second];
            negative += of_one[0][first][second];
            assert_true(of_one[0][first][second] > 0);
        }
        assert_int_equal(positive, negative); /* each first word once more */
    }
    size_t size = (size_t)pairs * 2 * 2 * sizeof(int32_t);
    assert_memory_equal(cornu_array_data(cornu_array_item(one, 0)), cornu_array_data(cornu_array_item(same, 0)), size);
    assert_memory_not_equal(cornu_array_data(cornu_array_item(one, 0)), cornu_array_data(cornu_array_item(other, 0)),
                            size);
    cornu_array *all[] = {sequence, plain, one, same, other};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        cornu_array_release(all[i]);
}

static void a_sampling_table_thins_the_middle_words(void **state)
{
    (void)state;
    enum { LENGTH = 6000 };
    static int32_t words[LENGTH];
    for (int i = 0; i < LENGTH; i++)
        words[i] = 1 + i % 3;
    double keep[] = {0, 1, 0, 0.25};
    cornu_array *sequence = int_array(1, (int64_t[]){LENGTH}, words);
    cornu_array *table = cornu_array_copy_of(CORNU_FLOAT64, 1, (int64_t[]){4}, keep);
    cornu_array *both = cornu_skipgrams(sequence, 4, .window_size = 1, .negative_samples = 0, .sampling_table = table);
    const int32_t *couple = cornu_array_data(cornu_array_item(both, 0));
    int counts[4] = {0};
    for (int64_t i = 0; i < cornu_array_size(cornu_array_item(both, 0), 0); i++)
        counts[couple[2 * i]]++;
    assert_in_range(counts[1], 3998, 4000);
    assert_int_equal(counts[2], 0);
    assert_in_range(counts[3], 800, 1200);
    cornu_array_release(both);
    assert_failed(cornu_skipgrams(sequence, 9, .sampling_table = table), CORNU_ERROR_SHAPE, "sampling_table");
    assert_failed(cornu_skipgrams(sequence, 3), CORNU_ERROR_INVALID_ARGUMENT, "word 2 of the sequence is 3");
    assert_failed(cornu_skipgrams(sequence, 1), CORNU_ERROR_INVALID_ARGUMENT, "vocabulary_size");
    assert_failed(cornu_skipgrams(NULL, 3), CORNU_ERROR_INVALID_ARGUMENT, "NULL");
    assert_failed(cornu_skipgrams(sequence, 4, .window_size = -1), CORNU_ERROR_INVALID_ARGUMENT, "window_size");
    assert_failed(cornu_skipgrams(sequence, 4, .negative_samples = -1), CORNU_ERROR_INVALID_ARGUMENT, "negative");
    assert_failed(cornu_skipgrams(sequence, 4, .negative_samples = 1e30), CORNU_ERROR_LIMIT, "pairs");
    assert_failed(cornu_skipgrams(sequence, 4, .negative_samples = 1e12), CORNU_ERROR_LIMIT, "memory");
    cornu_array *wide =
        cornu_skipgrams(sequence, 4, .window_size = INT64_MAX / 2, .negative_samples = 0, .sampling_table = table);
    assert_non_null(wide);
    cornu_array_release(wide);
    cornu_array_release(table);
    cornu_array_release(sequence);
}

/* --- Windows --- */

/* All batches of a Sequence, one after the other; checks their number. Releases the Sequence. */
static void assert_batches(cornu_sequence *sequence, int64_t batches, const cornu_array *from, const char *name,
                           size_t number, bool targets)
{
    if (!sequence)
        fail_msg("%s", cornu_error_message());
    assert_int_equal(cornu_sequence_length(sequence), batches);
    static double values[2][100000];
    int64_t counts[2] = {0, 0};
    for (int64_t i = 0; i < batches; i++) {
        cornu_batch batch = {0};
        assert_int_equal(cornu_sequence_get(sequence, i, &batch), CORNU_OK);
        assert_true((batch.y != NULL) == targets);
        cornu_array *parts[] = {batch.x, batch.y};
        for (int part = 0; part < 2 && parts[part]; part++) {
            for (int64_t k = 0; k < cornu_array_count(parts[part]); k++)
                values[part][counts[part]++] = cornu_array_get(parts[part], k);
        }
        cornu_batch_clear(&batch);
    }
    for (int part = 0; part < (targets ? 2 : 1); part++) {
        char key[100];
        snprintf(key, sizeof key, "%s.%zu.%s", name, number, part == 0 ? "x" : "y");
        const cornu_array *wanted = cornu_array_item_named(from, key);
        int64_t count = counts[part];
        cornu_array *got = cornu_array_copy_of(CORNU_FLOAT64, 1, &count, values[part]);
        assert_int_equal(count, cornu_array_count(wanted));
        cornu_array *shaped = cornu_array_reshape(got, cornu_array_rank(wanted), cornu_array_shape(wanted));
        assert_oracle(shaped, from, 0, "%s", key);
        cornu_array_release(got);
    }
    cornu_sequence_release(sequence);
}

static cornu_array *counting(int64_t rows, int64_t width, int32_t first)
{
    cornu_array *array = cornu_array_zeros(CORNU_INT32, width > 0 ? 2 : 1, (int64_t[]){rows, width});
    for (int64_t i = 0; i < cornu_array_count(array); i++)
        ((int32_t *)cornu_array_data(array))[i] = first + (int32_t)i;
    return array;
}

static void windows_are_timeseries_generator_s(void **state)
{
    (void)state;
    cornu_array *data = counting(50, 2, 0), *targets = counting(50, 0, 100);
    size_t i;
    json_t *options;
    json_array_foreach(json_object_get(golden, "timeseries"), i, options)
    {
        cornu_sequence *sequence = cornu_timeseries_generator(
            data, targets, json_number_or(options, "length", 0),
            .sampling_rate = json_number_or(options, "sampling_rate", 1),
            .stride = json_number_or(options, "stride", 1), .start_index = json_number_or(options, "start_index", 0),
            .end_index = json_number_or(options, "end_index", CORNU_NONE),
            .reverse = json_truth_or(options, "reverse", false),
            .batch_size = json_number_or(options, "batch_size", 128));
        assert_batches(sequence, json_number_or(options, "batches", 0), arrays, "timeseries", i, true);
    }
    assert_int_equal(i, 5);
    cornu_array_release(data);
    cornu_array_release(targets);
}

static void windows_are_timeseries_dataset_from_array_s(void **state)
{
    (void)state;
    cornu_array *data = counting(30, 2, 0), *targets = counting(30, 0, 100);
    size_t i;
    json_t *options;
    json_array_foreach(json_object_get(golden3, "dataset"), i, options)
    {
        int64_t limit = json_number_or(options, "targets", 0);
        cornu_array *some = limit > 0 ? cornu_array_rows(targets, 0, limit) : NULL;
        cornu_sequence *sequence =
            cornu_timeseries_dataset_from_array(data, some, json_number_or(options, "sequence_length", 0),
                                                .sampling_rate = json_number_or(options, "sampling_rate", 1),
                                                .sequence_stride = json_number_or(options, "sequence_stride", 1),
                                                .start_index = json_number_or(options, "start_index", 0),
                                                .end_index = json_number_or(options, "end_index", CORNU_NONE),
                                                .batch_size = json_number_or(options, "batch_size", 128));
        assert_batches(sequence, json_number_or(options, "batches", 0), arrays3, "dataset", i, limit > 0);
        cornu_array_release(some);
    }
    assert_int_equal(i, 11);
    cornu_array_release(data);
    cornu_array_release(targets);
}

/* The targets of all batches of an epoch; returns their number. */
static int64_t epoch_targets(cornu_sequence *sequence, int32_t *targets)
{
    int64_t count = 0;
    for (int64_t i = 0; i < cornu_sequence_length(sequence); i++) {
        cornu_batch batch = {0};
        assert_int_equal(cornu_sequence_get(sequence, i, &batch), CORNU_OK);
        const int32_t *x = cornu_array_data(batch.x), *y = cornu_array_data(batch.y);
        for (int64_t k = 0; k < cornu_array_size(batch.y, 0); k++) {
            assert_int_equal(x[k * cornu_array_size(batch.x, 1)], y[k]); /* a window keeps its target */
            assert_float_equal(cornu_array_get(batch.samples, k), y[k], 0);
            targets[count++] = y[k];
        }
        cornu_batch_clear(&batch);
    }
    return count;
}

static void shuffled_windows_are_all_there_once(void **state)
{
    (void)state;
    cornu_array *data = counting(40, 0, 0);
    cornu_sequence *one =
        cornu_timeseries_dataset_from_array(data, data, 4, .shuffle = true, .seed = 3, .batch_size = 7);
    cornu_sequence *same =
        cornu_timeseries_dataset_from_array(data, data, 4, .shuffle = true, .seed = 3, .batch_size = 7);
    int32_t of_one[40], of_same[40], seen[40] = {0};
    assert_int_equal(epoch_targets(one, of_one), 37);
    assert_int_equal(epoch_targets(same, of_same), 37);
    assert_memory_equal(of_one, of_same, 37 * sizeof *of_one);
    int moved = 0;
    for (int i = 0; i < 37; i++) {
        seen[of_one[i]]++;
        moved += of_one[i] != i;
    }
    assert_true(moved > 20);
    for (int i = 0; i < 37; i++)
        assert_int_equal(seen[i], 1);
    cornu_sequence_release(one);
    cornu_sequence_release(same);
    cornu_array_release(data);
}

static void shuffled_rows_are_drawn_with_replacement(void **state)
{
    (void)state;
    cornu_array *data = counting(40, 0, 0), *targets = counting(40, 0, -4);
    cornu_sequence *sequence =
        cornu_timeseries_generator(data, targets, 4, .shuffle = true, .batch_size = 24, .end_index = 30);
    int32_t drawn[48];
    assert_int_equal(cornu_sequence_length(sequence), 2);
    assert_int_equal(epoch_targets(sequence, drawn), 48); /* whole batches, as in Keras */
    int least = 99, most = -1;
    for (int i = 0; i < 48; i++) {
        least = drawn[i] < least ? drawn[i] : least;
        most = drawn[i] > most ? drawn[i] : most;
    }
    assert_in_range(least, 0, 5);
    assert_in_range(most, 21, 26);
    cornu_batch batch;
    assert_int_equal(cornu_sequence_get(sequence, 0, &batch), CORNU_OK);
    for (int64_t k = 0; k < 24; k++)
        assert_float_equal(cornu_array_get(batch.samples, k), drawn[k], 0);
    cornu_batch_clear(&batch);
    cornu_sequence_release(sequence);
    cornu_array_release(data);
    cornu_array_release(targets);
}

static void windows_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    cornu_array *data = counting(10, 2, 0), *targets = counting(10, 0, 0), *few = counting(9, 0, 0);
    assert_failed(cornu_timeseries_generator(NULL, targets, 2), CORNU_ERROR_INVALID_ARGUMENT, "data");
    assert_failed(cornu_timeseries_generator(data, NULL, 2), CORNU_ERROR_INVALID_ARGUMENT, "targets");
    assert_failed(cornu_timeseries_generator(data, few, 2), CORNU_ERROR_SHAPE, "10 rows and targets 9");
    assert_failed(cornu_timeseries_generator(data, targets, 0), CORNU_ERROR_INVALID_ARGUMENT, "length is 0");
    assert_failed(cornu_timeseries_generator(data, targets, 10), CORNU_ERROR_INVALID_ARGUMENT, "behind end_index 9");
    assert_failed(cornu_timeseries_generator(data, targets, INT64_MAX), CORNU_ERROR_INVALID_ARGUMENT, "length");
    assert_failed(cornu_timeseries_generator(data, targets, 2, .end_index = 10), CORNU_ERROR_INVALID_ARGUMENT, "10");
    assert_failed(cornu_timeseries_generator(data, targets, 2, .start_index = -1), CORNU_ERROR_INVALID_ARGUMENT,
                  "start_index");
    assert_failed(cornu_timeseries_generator(data, targets, 2, .stride = 0), CORNU_ERROR_INVALID_ARGUMENT, "stride");
    assert_failed(cornu_timeseries_generator(data, targets, 2, .sampling_rate = 0), CORNU_ERROR_INVALID_ARGUMENT,
                  "rate");
    assert_failed(cornu_timeseries_generator(data, targets, 2, .batch_size = 0), CORNU_ERROR_INVALID_ARGUMENT,
                  "batch_size");
    assert_failed(cornu_timeseries_dataset_from_array(data, NULL, 11), CORNU_ERROR_INVALID_ARGUMENT, "sequence_length");
    assert_failed(cornu_timeseries_dataset_from_array(data, NULL, 3, .sampling_rate = 5), CORNU_ERROR_INVALID_ARGUMENT,
                  "no window");
    assert_failed(cornu_timeseries_dataset_from_array(data, NULL, 3, .sampling_rate = INT64_MAX),
                  CORNU_ERROR_INVALID_ARGUMENT, "no window");
    assert_failed(cornu_timeseries_dataset_from_array(data, NULL, 3, .end_index = 11), CORNU_ERROR_INVALID_ARGUMENT,
                  "end_index");
    assert_failed(cornu_timeseries_dataset_from_array(data, NULL, 3, .start_index = 9), CORNU_ERROR_INVALID_ARGUMENT,
                  "no window");
    cornu_sequence *far = cornu_timeseries_generator(data, targets, 2, .stride = INT64_MAX, .batch_size = INT64_MAX);
    assert_int_equal(cornu_sequence_length(far), 1);
    cornu_sequence_release(far);
    cornu_array_release(data);
    cornu_array_release(targets);
    cornu_array_release(few);
}

/* --- Memory --- */

static bool use_all(void *argument)
{
    cornu_array *list = argument, *sequence = cornu_array_item(list, 0);
    cornu_array *classes = cornu_to_categorical(sequence), *norm = classes ? cornu_normalize(classes) : NULL;
    cornu_array *padded = norm ? cornu_pad_sequences(list) : NULL;
    cornu_array *table = padded ? cornu_make_sampling_table(9) : NULL;
    cornu_array *pairs = table ? cornu_skipgrams(sequence, 9, .sampling_table = table) : NULL;
    cornu_sequence *windows =
        pairs ? cornu_timeseries_dataset_from_array(sequence, sequence, 2, .shuffle = true) : NULL;
    cornu_batch batch = {0};
    bool done = windows && cornu_sequence_get(windows, 0, &batch) == CORNU_OK;
    cornu_batch_clear(&batch);
    cornu_sequence_release(windows);
    cornu_array *all[] = {classes, norm, padded, table, pairs};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        cornu_array_release(all[i]);
    return done;
}

static void memory_may_end_anywhere(void **state)
{
    (void)state;
    cornu_array *sequence = INTS(3, 0, 1, 2, 5), *list = cornu_array_list(1, &sequence);
    fail_every_allocation(use_all, list);
    cornu_array_release(list);
    cornu_array_release(sequence);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(classes_become_keras_s_rows),
        cmocka_unit_test(wrong_classes_are_refused),
        cmocka_unit_test(norms_are_keras_s),
        cmocka_unit_test(large_and_small_numbers_have_a_norm),
        cmocka_unit_test(sequences_are_padded_as_keras_does),
        cmocka_unit_test(a_plain_array_s_rows_are_sequences),
        cmocka_unit_test(what_cannot_be_padded_is_refused),
        cmocka_unit_test(sampling_tables_are_keras_s),
        cmocka_unit_test(pairs_that_occur_are_keras_s),
        cmocka_unit_test(drawn_pairs_follow_the_seed_and_keep_the_others),
        cmocka_unit_test(a_sampling_table_thins_the_middle_words),
        cmocka_unit_test(windows_are_timeseries_generator_s),
        cmocka_unit_test(windows_are_timeseries_dataset_from_array_s),
        cmocka_unit_test(shuffled_windows_are_all_there_once),
        cmocka_unit_test(shuffled_rows_are_drawn_with_replacement),
        cmocka_unit_test(windows_that_do_not_fit_are_refused),
        cmocka_unit_test(memory_may_end_anywhere),
    };
    return cmocka_run_group_tests(tests, open_values, close_values);
}
