/* Datasets of datasets: parts, shards, side by side, changed, and windows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <cornu/dataset.h>
#include <cornu/preprocessing.h>

#include "base/memory.h"
#include "data/dataset.h"

#define ROWS 50

static void assert_says(const char *wanted)
{
    if (!strstr(cornu_error_message(), wanted))
        fail_msg("\"%s\" does not say \"%s\"", cornu_error_message(), wanted);
}

/* --- A dataset of ROWS rows: "pair" = (offset + row, -(offset + row)), "label" = offset + row --- */

static cornu_dataset *rows_dataset(int64_t offset, int64_t rows)
{
    cornu_array *pair = cornu_array_zeros(CORNU_FLOAT32, 2, (int64_t[]){rows, 2}),
                *label = cornu_array_zeros(CORNU_INT32, 1, (int64_t[]){rows});
    for (int64_t i = 0; i < rows; i++) {
        cornu_array_float32(pair)[2 * i] = (float)(offset + i);
        cornu_array_float32(pair)[2 * i + 1] = -(float)(offset + i);
        ((int32_t *)cornu_array_data(label))[i] = (int32_t)(offset + i);
    }
    cornu_array *both =
        cornu_array_dict(2, (const char *const[]){"pair", "label"}, (cornu_array *const[]){pair, label});
    cornu_dataset *dataset = cornu_array_dataset(both);
    cornu_array_release(both);
    cornu_array_release(pair);
    cornu_array_release(label);
    return dataset;
}

/* The same without read_run, as a program's own are: and the bits of each sample are seen. */
static cornu_status own_read(void *state, int64_t index, cornu_sample *sample)
{
    float *pair = cornu_sample_data(sample, 0);
    pair[0] = (float)index;
    pair[1] = -(float)index;
    *(int32_t *)cornu_sample_data(sample, 1) = (int32_t)index;
    *(uint64_t *)state = cornu_sample_seed(sample);
    return CORNU_OK;
}

static cornu_dataset *own_dataset(uint64_t *bits, int64_t block_size, bool random_access)
{
    const cornu_field fields[] = {{.name = "pair", .rank = 1, .shape = {2}}, {.name = "label", .dtype = CORNU_INT32}};
    return cornu_dataset_create(.name = "own", .count = ROWS, .fields = fields, .field_count = 2, .read = own_read,
                                .state = bits, .block_size = block_size, .random_access = random_access);
}

/* That all samples of a dataset with these fields are those that `expected` numbers; one by one and in a run. */
static void assert_samples(cornu_dataset *dataset, const int64_t *expected, int64_t count)
{
    assert_non_null(dataset);
    assert_int_equal(cornu_dataset_count(dataset), count);
    cornu_sample *sample = cornu_sample_create(dataset);
    for (int64_t i = count - 1; i >= 0; i--) {
        assert_int_equal(cornu_dataset_read(dataset, i, sample), CORNU_OK);
        assert_float_equal(((float *)cornu_sample_data(sample, 0))[1], -(double)expected[i], 0);
        assert_int_equal(*(int32_t *)cornu_sample_data(sample, 1), expected[i]);
    }
    cornu_sample_release(sample);
    cornu_array *all = cornu_dataset_load(dataset, 0, CORNU_NONE);
    for (int64_t i = 0; i < count; i++) {
        assert_float_equal(cornu_array_get(cornu_array_item(all, 0), 2 * i), (double)expected[i], 0);
        assert_float_equal(cornu_array_get(cornu_array_item(all, 1), i), (double)expected[i], 0);
    }
    cornu_array_release(all);
}

static void count_from(int64_t first, int64_t count, int64_t *numbers)
{
    for (int64_t i = 0; i < count; i++)
        numbers[i] = first + i;
}

/* --- Parts --- */

static void a_slice_is_a_part(void **state)
{
    (void)state;
    int64_t expected[ROWS];
    uint64_t bits;
    cornu_dataset *all = rows_dataset(0, ROWS), *own = own_dataset(&bits, 4, false);
    for (int64_t begin = 0; begin <= ROWS; begin += 7) {
        cornu_dataset *part = cornu_dataset_slice(all, begin, begin + (ROWS - begin) / 2);
        count_from(begin, ROWS, expected);
        assert_samples(part, expected, (ROWS - begin) / 2);
        cornu_dataset_release(part);
        part = cornu_dataset_slice(own, begin, CORNU_NONE);
        assert_false(cornu_dataset_random_access(part));
        assert_int_equal(cornu_dataset_block_size(part), 4);
        assert_samples(part, expected, ROWS - begin);
        cornu_dataset_release(part);
    }
    assert_null(cornu_dataset_slice(all, 3, ROWS + 1));
    assert_says("samples 3 to 51 of 'arrays', which has 50");
    assert_null(cornu_dataset_slice(all, -1, 3));
    assert_null(cornu_dataset_slice(all, 4, 3));
    assert_null(cornu_dataset_slice(NULL, 0, 0));
    cornu_dataset_release(all);
    cornu_dataset_release(own);
    assert_int_equal(cornu__allocation_live(), 0);
}

static void a_subset_has_the_samples_in_its_order(void **state)
{
    (void)state;
    cornu_dataset *all = rows_dataset(0, ROWS);
    int16_t wanted[] = {49, 0, 7, 7, 3};
    cornu_array *indices = cornu_array_view(CORNU_INT16, 1, (int64_t[]){5}, wanted);
    cornu_dataset *part = cornu_dataset_subset(all, indices);
    assert_samples(part, (int64_t[]){49, 0, 7, 7, 3}, 5);
    cornu_dataset_release(part);
    wanted[3] = 50;
    assert_null(cornu_dataset_subset(all, indices));
    assert_says("index 50, at place 3, is none of the 50 samples");
    wanted[3] = -1;
    assert_null(cornu_dataset_subset(all, indices));
    cornu_array *fractions = cornu_array_zeros(CORNU_FLOAT32, 1, (int64_t[]){2});
    assert_null(cornu_dataset_subset(all, fractions));
    assert_null(cornu_dataset_subset(all, NULL));
    cornu_array_release(fractions);
    cornu_array_release(indices);
    cornu_dataset_release(all);
    assert_int_equal(cornu__allocation_live(), 0);
}

static void fields_have_other_names(void **state)
{
    (void)state;
    int64_t expected[ROWS];
    count_from(0, ROWS, expected);
    cornu_dataset *all = rows_dataset(0, ROWS), *renamed = cornu_dataset_rename(all, cornu_names("x", "y"));
    assert_samples(renamed, expected, ROWS);
    assert_string_equal(cornu_dataset_field(renamed, 1)->name, "y");
    assert_null(cornu_dataset_rename(all, cornu_names("x")));
    assert_says("1 names for the 2 fields");
    assert_null(cornu_dataset_rename(all, cornu_names("x", "x")));
    assert_null(cornu_dataset_rename(all, NULL));
    cornu_dataset_release(renamed);
    cornu_dataset_release(all);
    assert_int_equal(cornu__allocation_live(), 0);
}

/* --- Several --- */

static void shards_lie_behind_one_another(void **state)
{
    (void)state;
    int64_t expected[ROWS];
    count_from(0, ROWS, expected);
    cornu_dataset *shards[] = {rows_dataset(0, 10), rows_dataset(10, 0), rows_dataset(10, 1), rows_dataset(11, 39)};
    cornu_dataset *all = cornu_dataset_concatenate(4, shards);
    assert_string_equal(cornu_dataset_name(all), "arrays and 3 more");
    assert_samples(all, expected, ROWS);
    cornu_dataset *other = cornu_dataset_rename(shards[0], cornu_names("pair", "lable"));
    assert_null(cornu_dataset_concatenate(2, (cornu_dataset *const[]){shards[0], other}));
    assert_says("field 1 of 'arrays' is 'lable' of int32 () where that of 'arrays' is 'label' of int32 ()");
    assert_null(cornu_dataset_concatenate(0, shards));
    assert_null(cornu_dataset_concatenate(2, (cornu_dataset *const[]){shards[0], NULL}));
    for (int i = 0; i < 4; i++)
        cornu_dataset_release(shards[i]);
    cornu_dataset_release(other);
    cornu_dataset_release(all);
    assert_int_equal(cornu__allocation_live(), 0);
}

static void datasets_stand_side_by_side(void **state)
{
    (void)state;
    cornu_dataset *left = rows_dataset(0, 10), *right = rows_dataset(100, 10), *short_one = rows_dataset(0, 9);
    cornu_dataset *renamed = cornu_dataset_rename(right, cornu_names("other", "weight"));
    cornu_dataset *both = cornu_dataset_zip(2, (cornu_dataset *const[]){left, renamed});
    assert_int_equal(cornu_dataset_field_count(both), 4);
    cornu_array *part = cornu_dataset_load(both, 2, 4);
    assert_float_equal(cornu_array_get(cornu_array_item_named(part, "label"), 1), 3, 0);
    assert_float_equal(cornu_array_get(cornu_array_item_named(part, "weight"), 1), 103, 0);
    assert_float_equal(cornu_array_get(cornu_array_item_named(part, "other"), 3), -103, 0);
    cornu_array_release(part);
    assert_null(cornu_dataset_zip(2, (cornu_dataset *const[]){left, right}));
    assert_says("two fields are named");
    assert_null(cornu_dataset_zip(2, (cornu_dataset *const[]){left, short_one}));
    assert_says("'arrays' has 9 samples where 'arrays' has 10");
    assert_null(cornu_dataset_zip(0, NULL));
    cornu_dataset_release(left);
    cornu_dataset_release(right);
    cornu_dataset_release(short_one);
    cornu_dataset_release(renamed);
    cornu_dataset_release(both);
    assert_int_equal(cornu__allocation_live(), 0);
}

/* --- Changed --- */

typedef struct adding {
    float sum;
    int released;
    cornu_status status;
    uint64_t bits[ROWS];
} adding;

static cornu_status add(void *state, const cornu_sample *from, cornu_sample *to)
{
    adding *self = state;
    const float *pair = cornu_sample_data(from, 0);
    float *made = cornu_sample_data(to, 0);
    if (self->status != CORNU_OK)
        return self->status;
    *made = pair[0] + self->sum;
    self->bits[(int)pair[0] % ROWS] = cornu_sample_seed(to);
    return CORNU_OK;
}

static void adding_release(void *state)
{
    ((adding *)state)->released++;
}

static const cornu_field one_number[] = {{.name = "number", .dtype = CORNU_FLOAT32, .rank = 1, .shape = {1}}};

static void a_function_changes_samples_when_they_are_read(void **state)
{
    (void)state;
    cornu_dataset *all = rows_dataset(0, ROWS);
    static adding first = {.sum = 100}, second = {.sum = 1000};
    cornu_dataset *once = cornu_dataset_map(all, .function = add, .fields = one_number, .field_count = 1,
                                            .state = &first, .release = adding_release);
    cornu_dataset *twice = cornu_dataset_map(once, .function = add, .state = &second, .release = adding_release);
    cornu_array *loaded = cornu_dataset_load(twice, 0, CORNU_NONE);
    for (int64_t i = 0; i < ROWS; i++)
        assert_float_equal(cornu_array_get(cornu_array_item_named(loaded, "number"), i), (double)i + 1100, 0);
    cornu_array_release(loaded);
    for (int i = 0; i < ROWS; i++) {
        assert_int_not_equal(first.bits[i], second.bits[i]); /* one behind the other */
        assert_true(i == 0 || first.bits[i] != first.bits[i - 1]);
    }
    first.status = CORNU_ERROR_DATA;
    assert_null(cornu_dataset_load(twice, 0, 3));
    assert_int_equal(cornu_error_status(), CORNU_ERROR_DATA);
    assert_says("dataset_map of 'arrays', sample 0: the function returned");
    cornu_dataset_release(all);
    cornu_dataset_release(once);
    cornu_dataset_release(twice);
    assert_int_equal(first.released + second.released, 2);
    assert_int_equal(cornu__allocation_live(), 0);
}

static void maps_side_by_side_draw_the_same_bits(void **state)
{
    (void)state;
    cornu_dataset *all = rows_dataset(0, ROWS);
    static adding image, mask;
    cornu_dataset *images =
        cornu_dataset_map(all, .function = add, .fields = one_number, .field_count = 1, .state = &image);
    cornu_dataset *masks =
        cornu_dataset_map(all, .function = add, .fields = one_number, .field_count = 1, .state = &mask);
    cornu_dataset *named = cornu_dataset_rename(masks, cornu_names("mask"));
    cornu_dataset *both = cornu_dataset_zip(2, (cornu_dataset *const[]){images, named});
    cornu_array_release(cornu_dataset_load(both, 0, CORNU_NONE));
    assert_memory_equal(image.bits, mask.bits, sizeof image.bits);
    cornu_dataset_release(all);
    cornu_dataset_release(images);
    cornu_dataset_release(masks);
    cornu_dataset_release(named);
    cornu_dataset_release(both);
    assert_int_equal(cornu__allocation_live(), 0);
}

/* Texts of all lengths, brought to one: the way into a batch. */
static cornu_status text_read(void *state, int64_t index, cornu_sample *sample)
{
    (void)state;
    char *text = cornu_sample_resize(sample, 0, index);
    if (text)
        memset(text, 'x', (size_t)index);
    return text ? CORNU_OK : cornu_error_status();
}

static cornu_status text_length(void *state, const cornu_sample *from, cornu_sample *to)
{
    (void)state;
    *(int64_t *)cornu_sample_data(to, 0) = cornu_sample_size(from, 0);
    return CORNU_OK;
}

static void what_differs_in_size_is_brought_to_one_shape(void **state)
{
    (void)state;
    const cornu_field text[] = {{.name = "text", .dtype = CORNU_UINT8, .rank = 1, .shape = {CORNU_NONE}}};
    const cornu_field length[] = {{.name = "length", .dtype = CORNU_INT64}};
    cornu_dataset *texts =
        cornu_dataset_create(.name = "texts", .count = 20, .fields = text, .field_count = 1, .read = text_read);
    cornu_dataset *slice = cornu_dataset_slice(texts, 5, 15);
    assert_null(cornu_dataset_sequence(slice));
    assert_says("field 'text' of 'texts' has the shape (None,)");
    cornu_dataset *lengths = cornu_dataset_map(slice, .function = text_length, .fields = length, .field_count = 1);
    cornu_sequence *sequence = cornu_dataset_sequence(lengths, .batch_size = 10, .shuffle = false);
    cornu_batch batch;
    assert_int_equal(cornu_sequence_get(sequence, 0, &batch), CORNU_OK);
    for (int64_t i = 0; i < 10; i++)
        assert_float_equal(cornu_array_get(batch.x, i), (double)(5 + i), 0);
    cornu_batch_clear(&batch);
    cornu_sequence_release(sequence);
    assert_null(cornu_dataset_map(slice));
    assert_null(cornu_windows_dataset(texts, 2));
    assert_says("windows_dataset: field 'text'");
    cornu_dataset_release(texts);
    cornu_dataset_release(slice);
    cornu_dataset_release(lengths);
    assert_int_equal(cornu__allocation_live(), 0);
}

/* --- Windows --- */

/* Each window against what the rows say it is. */
static void check_windows(cornu_dataset *rows, int64_t length, cornu_windows_dataset_options options, int64_t begin,
                          int64_t count)
{
    options.struct_size = sizeof options;
    cornu_dataset *windows = cornu_windows_dataset_with(rows, length, &options);
    if (!windows)
        fail_msg("%s", cornu_error_message());
    assert_int_equal(cornu_dataset_count(windows), count);
    cornu_array *all = cornu_dataset_load(windows, 0, CORNU_NONE);
    const cornu_array *pairs = cornu_array_item_named(all, "pair"), *label = cornu_array_item_named(all, "label");
    assert_int_equal(cornu_array_rank(pairs), 3);
    assert_int_equal(cornu_array_size(pairs, 1), length);
    for (int64_t w = 0; w < count; w++) {
        int64_t first = begin + w * options.sequence_stride;
        for (int64_t k = 0; k < length; k++) {
            int64_t step = options.reverse ? length - 1 - k : k;
            int64_t row = first + step * options.sampling_rate;
            assert_float_equal(cornu_array_get(pairs, 2 * (w * length + k) + 1), -(double)row, 0);
            if (!options.targets)
                assert_float_equal(cornu_array_get(label, w * length + k), (double)row, 0);
        }
        if (options.targets)
            assert_float_equal(cornu_array_get(label, w),
                               (double)(first + (length - 1) * options.sampling_rate + options.horizon), 0);
    }
    cornu_array_release(all);
    cornu_dataset_release(windows);
}

static void windows_have_the_rows_that_they_say(void **state)
{
    (void)state;
    uint64_t bits;
    cornu_dataset *sources[] = {rows_dataset(0, ROWS), own_dataset(&bits, 1, true)};
    for (int i = 0; i < 2; i++) {
        cornu_dataset *rows = sources[i];
        const char *const targets[] = {"label", NULL};
        const cornu_windows_dataset_options plain = {
            .sequence_stride = 1, .sampling_rate = 1, .horizon = 1, .end_index = CORNU_NONE, .targets = targets};
        cornu_windows_dataset_options options = plain;
        check_windows(rows, 5, options, 0, 45);
        options.targets = NULL;
        check_windows(rows, 5, options, 0, 46);
        options.reverse = true;
        check_windows(rows, 4, options, 0, 47);
        options = plain;
        options.reverse = true;
        options.sampling_rate = 3;
        options.sequence_stride = 2;
        check_windows(rows, 5, options, 0, (50 - 13 + 1) / 2);
        options = plain;
        options.horizon = 0;
        check_windows(rows, 50, options, 0, 1);
        options.horizon = -49;
        check_windows(rows, 50, options, 0, 1);
        options.horizon = -6; /* one row before the window of 6 */
        check_windows(rows, 6, options, 1, 44);
        options.horizon = 10;
        options.start_index = 7;
        options.end_index = 30;
        check_windows(rows, 6, options, 7, 30 - 7 - 15);
        cornu_dataset_release(rows);
    }
    assert_int_equal(cornu__allocation_live(), 0);
}

/* Keras's own, which are tested against Keras's numbers, give the same windows. */
static void windows_are_those_of_keras(void **state)
{
    (void)state;
    cornu_array *data = cornu_array_zeros(CORNU_FLOAT32, 2, (int64_t[]){ROWS, 2});
    for (int64_t i = 0; i < 2 * ROWS; i++)
        cornu_array_float32(data)[i] = (float)(i * i);
    cornu_array *both = cornu_array_dict(2, (const char *const[]){"x", "y"}, (cornu_array *const[]){data, data});
    cornu_dataset *rows = cornu_array_dataset(both);
    cornu_dataset *windows = cornu_windows_dataset(rows, 6, .targets = cornu_names("y"), .sequence_stride = 3,
                                                   .start_index = 2, .reverse = true);
    cornu_dataset *firsts =
        cornu_windows_dataset(rows, 4, .targets = cornu_names("y"), .sampling_rate = 5, .horizon = -15);
    cornu_sequence *sequences[] = {
        cornu_dataset_sequence(windows, .shuffle = false, .batch_size = 7),
        cornu_timeseries_generator(data, data, 6, .stride = 3, .start_index = 2, .reverse = true, .batch_size = 7),
        cornu_dataset_sequence(firsts, .shuffle = false, .batch_size = 7),
        cornu_timeseries_dataset_from_array(data, data, 4, .sampling_rate = 5, .batch_size = 7)};
    for (int pair = 0; pair < 4; pair += 2) {
        assert_int_equal(cornu_sequence_length(sequences[pair]), cornu_sequence_length(sequences[pair + 1]));
        for (int64_t index = 0; index < cornu_sequence_length(sequences[pair]); index++) {
            cornu_batch ours, keras;
            assert_int_equal(cornu_sequence_get(sequences[pair], index, &ours), CORNU_OK);
            assert_int_equal(cornu_sequence_get(sequences[pair + 1], index, &keras), CORNU_OK);
            assert_int_equal(cornu_array_count(ours.x), cornu_array_count(keras.x));
            assert_memory_equal(cornu_array_data(ours.x), cornu_array_data(keras.x),
                                (size_t)cornu_array_count(ours.x) * sizeof(float));
            assert_memory_equal(cornu_array_data(ours.y), cornu_array_data(keras.y),
                                (size_t)cornu_array_count(ours.y) * sizeof(float));
            cornu_batch_clear(&ours);
            cornu_batch_clear(&keras);
        }
    }
    for (int i = 0; i < 4; i++)
        cornu_sequence_release(sequences[i]);
    cornu_dataset_release(windows);
    cornu_dataset_release(firsts);
    cornu_dataset_release(rows);
    cornu_array_release(both);
    cornu_array_release(data);
    assert_int_equal(cornu__allocation_live(), 0);
}

static void a_field_is_window_and_target(void **state)
{
    (void)state;
    cornu_dataset *rows = rows_dataset(0, ROWS);
    cornu_dataset *windows =
        cornu_windows_dataset(rows, 3, .windows = cornu_names("label"), .targets = cornu_names("label"));
    assert_int_equal(cornu_dataset_field_count(windows), 2);
    cornu_array *all = cornu_dataset_load(windows, 0, CORNU_NONE);
    assert_int_equal(cornu_array_rank(cornu_array_item_named(all, "label")), 2);
    assert_int_equal(cornu_array_rank(cornu_array_item_named(all, "label_target")), 1);
    assert_float_equal(cornu_array_get(cornu_array_item_named(all, "label_target"), 10), 13, 0);
    cornu_array_release(all);
    cornu_dataset_release(windows);
    cornu_dataset_release(rows);
    assert_int_equal(cornu__allocation_live(), 0);
}

static void windows_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    uint64_t bits;
    cornu_dataset *rows = rows_dataset(0, ROWS), *stream = own_dataset(&bits, 1, false);
    assert_null(cornu_windows_dataset(rows, 0));
    assert_null(cornu_windows_dataset(rows, ROWS + 1));
    assert_null(cornu_windows_dataset(rows, 5, .sampling_rate = 0));
    assert_null(cornu_windows_dataset(rows, 5, .sequence_stride = INT64_MAX));
    assert_null(cornu_windows_dataset(rows, 5, .horizon = INT64_MIN));
    assert_null(cornu_windows_dataset(rows, ROWS, .sampling_rate = ROWS));
    assert_says("no window of 50 rows at a sampling_rate of 50 fits into rows 0 to 49 of 'arrays'");
    assert_null(cornu_windows_dataset(rows, ROWS, .targets = cornu_names("label")));
    assert_says("and its target");
    assert_null(cornu_windows_dataset(rows, 2, .targets = cornu_names("lable")));
    assert_says("targets: 'arrays' has no field 'lable'; did you mean 'label'?");
    assert_null(cornu_windows_dataset(rows, 2, .targets = cornu_names("label", "pair")));
    assert_says("no field of 'arrays' is left");
    assert_null(cornu_windows_dataset(stream, 2));
    assert_says("can only be read forwards");
    cornu_dataset_release(rows);
    cornu_dataset_release(stream);
    assert_int_equal(cornu__allocation_live(), 0);
}

/* --- Memory --- */

static cornu_dataset *everything(cornu_dataset *rows, const cornu_array *indices)
{
    static adding self;
    cornu_dataset *subset = cornu_dataset_subset(rows, indices);
    cornu_dataset *shards = subset ? cornu_dataset_concatenate(2, (cornu_dataset *const[]){rows, subset}) : NULL;
    cornu_dataset *mapped =
        shards ? cornu_dataset_map(shards, .function = add, .fields = one_number, .field_count = 1, .state = &self)
               : NULL;
    cornu_dataset *both = mapped ? cornu_dataset_zip(2, (cornu_dataset *const[]){mapped, shards}) : NULL;
    cornu_dataset *windows = both ? cornu_windows_dataset(both, 3, .targets = cornu_names("label")) : NULL;
    cornu_dataset *slice = windows ? cornu_dataset_slice(windows, 1, 9) : NULL;
    cornu_dataset_release(subset);
    cornu_dataset_release(shards);
    cornu_dataset_release(mapped);
    cornu_dataset_release(both);
    cornu_dataset_release(windows);
    return slice;
}

static void refused_memory_is_an_error_that_leaves_nothing(void **state)
{
    (void)state;
    cornu_dataset *rows = rows_dataset(0, 10);
    cornu_array *indices = cornu_array_zeros(CORNU_INT32, 1, (int64_t[]){4});
    uint64_t live = cornu__allocation_live();
    bool whole = false;
    for (uint64_t n = 1; !whole; n++) {
        cornu__allocation_fail_at(n);
        cornu_dataset *all = everything(rows, indices);
        cornu_array *loaded = all ? cornu_dataset_load(all, 0, CORNU_NONE) : NULL;
        cornu__allocation_fail_at(0);
        whole = loaded != NULL;
        if (!whole)
            assert_int_equal(cornu_error_status(), CORNU_ERROR_OUT_OF_MEMORY);
        else
            assert_float_equal(cornu_array_get(cornu_array_item_named(loaded, "label"), 0), 4, 0);
        cornu_array_release(loaded);
        cornu_dataset_release(all);
        assert_int_equal(cornu__allocation_live(), live);
    }
    cornu_array_release(indices);
    cornu_dataset_release(rows);
    assert_int_equal(cornu__allocation_live(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_slice_is_a_part),
        cmocka_unit_test(a_subset_has_the_samples_in_its_order),
        cmocka_unit_test(fields_have_other_names),
        cmocka_unit_test(shards_lie_behind_one_another),
        cmocka_unit_test(datasets_stand_side_by_side),
        cmocka_unit_test(a_function_changes_samples_when_they_are_read),
        cmocka_unit_test(maps_side_by_side_draw_the_same_bits),
        cmocka_unit_test(what_differs_in_size_is_brought_to_one_shape),
        cmocka_unit_test(windows_have_the_rows_that_they_say),
        cmocka_unit_test(windows_are_those_of_keras),
        cmocka_unit_test(a_field_is_window_and_target),
        cmocka_unit_test(windows_that_do_not_fit_are_refused),
        cmocka_unit_test(refused_memory_is_an_error_that_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
