/* Datasets and samples as objects; arrays as a dataset and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <cornu/dataset.h>

#include "base/memory.h"

static void assert_says(const char *wanted)
{
    if (!strstr(cornu_error_message(), wanted))
        fail_msg("\"%s\" does not say \"%s\"", cornu_error_message(), wanted);
}

/* --- A program's own dataset: a number, a pair and a text of `index` letters --- */

typedef struct program {
    int released;
    cornu_status fails_with; /* at sample 3 */
    bool with_message;
} program;

static cornu_status program_read(void *state, int64_t index, cornu_sample *sample)
{
    const program *self = state;
    if (self->fails_with != CORNU_OK && index == 3)
        return self->with_message ? cornu_error_set(self->fails_with, "the tape is torn") : self->fails_with;
    *(int32_t *)cornu_sample_data(sample, 0) = (int32_t)(10 * index);
    float *pair = cornu_sample_data(sample, 1);
    pair[0] = (float)index;
    pair[1] = -pair[0];
    char *text = cornu_sample_resize(sample, 2, index);
    if (!text)
        return cornu_error_status();
    memset(text, 'a' + (int)index, (size_t)index);
    return CORNU_OK;
}

static void program_release(void *state)
{
    ((program *)state)->released++;
}

static const cornu_field program_fields[] = {
    {.name = "number", .dtype = CORNU_INT32, .num_classes = 2, .class_names = (const char *const[]){"cat", "dog"}},
    {.name = "pair", .dtype = CORNU_FLOAT32, .rank = 1, .shape = {2}},
    {.name = "text", .dtype = CORNU_UINT8, .rank = 1, .shape = {CORNU_NONE}},
};

static cornu_dataset *program_dataset(program *self, int field_count)
{
    return cornu_dataset_create(.name = "own", .count = 8, .fields = program_fields, .field_count = field_count,
                                .read = program_read, .state = self, .release = program_release);
}

static void what_a_dataset_is_can_be_asked(void **state)
{
    (void)state;
    program self = {0};
    cornu_dataset *dataset = program_dataset(&self, 3);
    assert_int_equal(cornu_dataset_count(dataset), 8);
    assert_int_equal(cornu_dataset_field_count(dataset), 3);
    assert_string_equal(cornu_dataset_name(dataset), "own");
    assert_true(cornu_dataset_random_access(dataset));
    assert_false(cornu_dataset_thread_safe(dataset));
    assert_int_equal(cornu_dataset_block_size(dataset), 1);
    const cornu_field *field = cornu_dataset_field(dataset, 0);
    assert_ptr_not_equal(field, &program_fields[0]);
    assert_string_equal(field->name, "number");
    assert_int_equal(field->num_classes, 2);
    assert_string_equal(field->class_names[1], "dog");
    assert_ptr_not_equal(field->class_names[1], program_fields[0].class_names[1]);
    assert_null(cornu_dataset_field(dataset, 3));
    assert_null(cornu_dataset_field(dataset, -1));
    assert_int_equal(cornu_dataset_field_named(dataset, "pair"), 1);
    assert_int_equal(cornu_dataset_field_named(dataset, "piar"), -1);
    assert_int_equal(cornu_error_status(), CORNU_ERROR_UNKNOWN_NAME);
    assert_says("did you mean 'pair'");
    assert_ptr_equal(cornu_dataset_retain(dataset), dataset);
    cornu_dataset_release(dataset);
    assert_int_equal(self.released, 0);
    cornu_dataset_release(dataset);
    assert_int_equal(self.released, 1);
    cornu_dataset_release(NULL);
    assert_int_equal(cornu__allocation_live(), 0);
}

static void samples_are_read_into_their_place(void **state)
{
    (void)state;
    program self = {0};
    cornu_dataset *dataset = program_dataset(&self, 3);
    cornu_sample *sample = cornu_sample_create(dataset);
    cornu_dataset_release(dataset); /* the sample keeps it */
    assert_int_equal(cornu_sample_size(sample, 0), 1);
    assert_int_equal(cornu_sample_size(sample, 1), 2);
    assert_int_equal(cornu_sample_size(sample, 2), 0);
    assert_int_equal(cornu_sample_size(sample, 3), -1);
    assert_null(cornu_sample_data(sample, 3));
    assert_true(cornu_sample_wants(sample, 2));
    assert_false(cornu_sample_wants(sample, 3));
    for (int64_t index = 7; index >= 0; index--) {
        assert_int_equal(cornu_dataset_read(dataset, index, sample), CORNU_OK);
        assert_int_equal(*(int32_t *)cornu_sample_data(sample, 0), 10 * index);
        assert_float_equal(((float *)cornu_sample_data(sample, 1))[1], -(double)index, 0);
        assert_int_equal(cornu_sample_size(sample, 2), index);
        for (int64_t i = 0; i < index; i++)
            assert_int_equal(((char *)cornu_sample_data(sample, 2))[i], 'a' + index);
    }
    cornu_sample_release(sample);
    cornu_sample_release(NULL);
    assert_int_equal(self.released, 1);
    assert_int_equal(cornu__allocation_live(), 0);
}

static void what_cannot_be_read_or_resized_is_said(void **state)
{
    (void)state;
    program self = {0}, other = {0};
    cornu_dataset *dataset = program_dataset(&self, 3), *another = program_dataset(&other, 3);
    cornu_sample *sample = cornu_sample_create(dataset);
    assert_int_equal(cornu_dataset_read(dataset, 8, sample), CORNU_ERROR_INVALID_ARGUMENT);
    assert_says("'own' has 8 samples, and number 8 was asked for");
    assert_int_equal(cornu_dataset_read(dataset, -1, sample), CORNU_ERROR_INVALID_ARGUMENT);
    assert_int_equal(cornu_dataset_read(another, 0, sample), CORNU_ERROR_INVALID_ARGUMENT);
    assert_says("another dataset");
    assert_int_equal(cornu_dataset_read(dataset, 0, NULL), CORNU_ERROR_INVALID_ARGUMENT);
    assert_int_equal(cornu_dataset_read(NULL, 0, sample), CORNU_ERROR_INVALID_ARGUMENT);
    assert_null(cornu_sample_resize(sample, 1, 2));
    assert_says("'pair' is fixed");
    assert_null(cornu_sample_resize(sample, 2, -1));
    assert_null(cornu_sample_resize(sample, 2, INT64_MAX));
    assert_int_equal(cornu_error_status(), CORNU_ERROR_LIMIT);
    assert_null(cornu_sample_resize(sample, 3, 1));
    assert_null(cornu_sample_create(NULL));
    cornu_sample_release(sample);
    cornu_dataset_release(dataset);
    cornu_dataset_release(another);
    assert_int_equal(cornu__allocation_live(), 0);
}

static void a_failing_read_says_dataset_and_sample(void **state)
{
    (void)state;
    program self = {.fails_with = CORNU_ERROR_IO, .with_message = true};
    cornu_dataset *dataset = program_dataset(&self, 3);
    cornu_sample *sample = cornu_sample_create(dataset);
    assert_int_equal(cornu_dataset_read(dataset, 3, sample), CORNU_ERROR_IO);
    assert_string_equal(cornu_error_message(), "'own', sample 3: the tape is torn");
    self.with_message = false;
    assert_int_equal(cornu_dataset_read(dataset, 3, sample), CORNU_ERROR_IO);
    assert_says("without a message");
    assert_int_equal(cornu_dataset_read(dataset, 4, sample), CORNU_OK);
    cornu_sample_release(sample);
    cornu_dataset_release(dataset);
    assert_int_equal(cornu__allocation_live(), 0);
}

static cornu_dataset *with_fields(int count, const cornu_field *fields)
{
    static program self;
    return cornu_dataset_create(.name = "own", .count = 1, .fields = fields, .field_count = count, .read = program_read,
                                .state = &self, .release = program_release);
}

static void a_dataset_that_makes_no_sense_is_refused(void **state)
{
    (void)state;
    cornu_field fields[2] = {{.name = "a"}, {.name = "b"}};
    assert_null(with_fields(0, fields));
    assert_null(with_fields(2, NULL));
    assert_null(cornu_dataset_create(.count = 1, .fields = fields, .field_count = 2));
    assert_says("read");
    assert_null(cornu_dataset_create(.count = -1, .fields = fields, .field_count = 2, .read = program_read));
    assert_says("count is -1");
    assert_null(cornu_dataset_create(.fields = fields, .field_count = 2, .read = program_read, .block_size = -2));
    assert_says("block_size is -2");
    fields[1].name = "a";
    assert_null(with_fields(2, fields));
    assert_says("two fields are named 'a'");
    fields[1].name = "";
    assert_null(with_fields(2, fields));
    fields[1].name = "b";
    fields[1].dtype = CORNU_DTYPE_COUNT;
    assert_null(with_fields(2, fields));
    assert_says("'b'");
    fields[1].dtype = CORNU_FLOAT64;
    fields[1].rank = CORNU_MAX_RANK;
    assert_null(with_fields(2, fields));
    assert_says("'b' has 8 axes");
    fields[1].rank = 2;
    fields[1].shape[0] = INT64_MAX / 8;
    fields[1].shape[1] = 4;
    assert_null(with_fields(2, fields));
    assert_says("'b'");
    fields[1].shape[1] = CORNU_NONE; /* only a first size may be open */
    assert_null(with_fields(2, fields));
    assert_int_equal(cornu__allocation_live(), 0);
}

static void refused_memory_is_an_error_everywhere(void **state)
{
    (void)state;
    for (uint64_t n = 1;; n++) {
        program self = {0};
        cornu__allocation_fail_at(n);
        cornu_dataset *dataset = program_dataset(&self, 3);
        cornu_sample *sample = dataset ? cornu_sample_create(dataset) : NULL;
        cornu_status status = sample ? cornu_dataset_read(dataset, 5, sample) : CORNU_ERROR_OUT_OF_MEMORY;
        cornu__allocation_fail_at(0);
        if (status != CORNU_OK)
            assert_int_equal(cornu_error_status(), CORNU_ERROR_OUT_OF_MEMORY);
        cornu_sample_release(sample);
        cornu_dataset_release(dataset);
        assert_int_equal(self.released, dataset != NULL);
        assert_int_equal(cornu__allocation_live(), 0);
        if (status == CORNU_OK)
            return;
    }
}

/* --- Arrays --- */

static cornu_array *counting(int64_t rows, int64_t columns)
{
    cornu_array *array = cornu_array_zeros(CORNU_FLOAT32, 2, (int64_t[]){rows, columns});
    for (int64_t i = 0; i < rows * columns; i++)
        cornu_array_float32(array)[i] = (float)i;
    return array;
}

static void arrays_are_a_dataset_and_come_back(void **state)
{
    (void)state;
    cornu_array *image = counting(6, 4), *label = cornu_array_zeros(CORNU_INT64, 1, (int64_t[]){6});
    for (int64_t i = 0; i < 6; i++)
        ((int64_t *)cornu_array_data(label))[i] = 100 + i;
    cornu_array *both =
        cornu_array_dict(2, (const char *const[]){"image", "label"}, (cornu_array *const[]){image, label});
    cornu_dataset *dataset = cornu_array_dataset(both);
    cornu_array_release(both); /* the dataset keeps it */
    assert_int_equal(cornu_dataset_count(dataset), 6);
    assert_true(cornu_dataset_thread_safe(dataset));
    assert_int_equal(cornu_dataset_field(dataset, 0)->rank, 1);
    assert_int_equal(cornu_dataset_field(dataset, 0)->shape[0], 4);
    assert_int_equal(cornu_dataset_field(dataset, 1)->rank, 0);
    cornu_sample *sample = cornu_sample_create(dataset);
    assert_int_equal(cornu_dataset_read(dataset, 5, sample), CORNU_OK);
    assert_float_equal(((float *)cornu_sample_data(sample, 0))[3], 23, 0);
    assert_int_equal(*(int64_t *)cornu_sample_data(sample, 1), 105);
    cornu_sample_release(sample);
    cornu_array *part = cornu_dataset_load(dataset, 2, 5);
    assert_int_equal(cornu_array_size(cornu_array_item_named(part, "image"), 0), 3);
    assert_memory_equal(cornu_array_data(cornu_array_item_named(part, "image")), cornu_array_float32(image) + 8,
                        12 * sizeof(float));
    assert_int_equal(*(int64_t *)cornu_array_data(cornu_array_item_named(part, "label")), 102);
    cornu_array_release(part);
    part = cornu_dataset_load(dataset, 6, CORNU_NONE);
    assert_int_equal(cornu_array_size(cornu_array_item_named(part, "label"), 0), 0);
    cornu_array_release(part);
    assert_null(cornu_dataset_load(dataset, 3, 7));
    assert_says("samples 3 to 7 of 'arrays', which has 6");
    cornu_array_release(image);
    cornu_array_release(label);
    cornu_dataset_release(dataset);
    assert_int_equal(cornu__allocation_live(), 0);
}

static void one_array_is_the_field_x(void **state)
{
    (void)state;
    cornu_array *array = counting(3, 2);
    cornu_dataset *dataset = cornu_array_dataset(array);
    assert_string_equal(cornu_dataset_field(dataset, 0)->name, "x");
    cornu_dataset_release(dataset);
    cornu_array_release(array);
    assert_int_equal(cornu__allocation_live(), 0);
}

static void arrays_that_are_no_dataset_are_refused(void **state)
{
    (void)state;
    cornu_array *rows = counting(3, 2), *more = counting(4, 2), *number = cornu_array_zeros(CORNU_INT8, 0, NULL);
    assert_null(cornu_array_dataset(NULL));
    assert_null(cornu_array_dataset(number));
    assert_says("no rows");
    cornu_array *list = cornu_array_list(1, &rows);
    assert_null(cornu_array_dataset(list));
    assert_says("no names");
    cornu_array_release(list);
    cornu_array *uneven = cornu_array_dict(2, (const char *const[]){"a", "b"}, (cornu_array *const[]){rows, more});
    assert_null(cornu_array_dataset(uneven));
    assert_says("'b' has 4 rows where 'a' has 3");
    cornu_array_release(uneven);
    cornu_array_release(rows);
    cornu_array_release(more);
    cornu_array_release(number);
    assert_int_equal(cornu__allocation_live(), 0);
}

static void fields_of_many_sizes_are_in_no_array(void **state)
{
    (void)state;
    program self = {0};
    cornu_dataset *dataset = program_dataset(&self, 3);
    assert_null(cornu_dataset_load(dataset, 0, 2));
    assert_int_equal(cornu_error_status(), CORNU_ERROR_SHAPE);
    assert_says("field 'text' of 'own' has the shape (None,)");
    assert_says("cornu_dataset_map");
    cornu_dataset_release(dataset);
    assert_int_equal(cornu__allocation_live(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_dataset_is_can_be_asked),
        cmocka_unit_test(samples_are_read_into_their_place),
        cmocka_unit_test(what_cannot_be_read_or_resized_is_said),
        cmocka_unit_test(a_failing_read_says_dataset_and_sample),
        cmocka_unit_test(a_dataset_that_makes_no_sense_is_refused),
        cmocka_unit_test(refused_memory_is_an_error_everywhere),
        cmocka_unit_test(arrays_are_a_dataset_and_come_back),
        cmocka_unit_test(one_array_is_the_field_x),
        cmocka_unit_test(arrays_that_are_no_dataset_are_refused),
        cmocka_unit_test(fields_of_many_sizes_are_in_no_array),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
