/* What a program gives as x, y and sample_weight, against what a model wants. The ports are written down here: no model is needed. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "data/class_weight.h"
#include "data/slot.h"
#include "data/standardize.h"

static cornu__port port(const char *name, cornu_dtype dtype, int rank, const int64_t *shape, int64_t classes)
{
    cornu__port made = {.name = name, .spec = {.dtype = dtype, .rank = rank}, .expected = true, .class_count = classes};
    memcpy(made.spec.shape, shape, (size_t)rank * sizeof *shape);
    return made;
}
#define PORT(name, dtype, classes, ...)                                                                                \
    port(name, dtype, (int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)), (int64_t[]){__VA_ARGS__}, classes)

static cornu_array *zeros_of(cornu_dtype dtype, int rank, const int64_t *shape)
{
    cornu_array *array = cornu_array_zeros(dtype, rank, shape);
    assert_non_null(array);
    return array;
}
#define ZEROS(dtype, ...)                                                                                              \
    zeros_of(dtype, (int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)), (int64_t[]){__VA_ARGS__})

#define NONE CORNU_NONE

static cornu__ports two_and_two(cornu__port storage[4])
{
    storage[0] = PORT("image", CORNU_FLOAT32, 0, NONE, 4, 4, 1);
    storage[1] = PORT("words", CORNU_INT32, 0, NONE, 3);
    storage[2] = PORT("class", CORNU_INT32, 10, NONE, 1);
    storage[3] = PORT("value", CORNU_FLOAT32, 0, NONE, 2);
    return (cornu__ports){.input_count = 2,
                          .target_count = 2,
                          .inputs = {&storage[0], &storage[1]},
                          .targets = {&storage[2], &storage[3]}};
}

static cornu__ports one_and_one(cornu__port storage[2])
{
    storage[0] = PORT("pixels", CORNU_FLOAT32, 0, NONE, 4);
    storage[1] = PORT("class", CORNU_INT32, 3, NONE, 1);
    return (cornu__ports){.input_count = 1, .target_count = 1, .inputs = {&storage[0]}, .targets = {&storage[1]}};
}

static void expect_message(cornu_status status, cornu_status wanted, const char *const *parts, size_t count)
{
    assert_int_equal(status, wanted);
    for (size_t i = 0; i < count; i++) {
        if (!strstr(cornu_error_message(), parts[i]))
            fail_msg("\"%s\" does not say \"%s\"", cornu_error_message(), parts[i]);
    }
}
#define EXPECT(status, wanted, ...)                                                                                    \
    expect_message(status, wanted, (const char *const[]){__VA_ARGS__},                                                 \
                   sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

/* --- Shapes --- */

static void a_last_axis_of_one_may_be_there_or_not(void **state)
{
    (void)state;
    cornu__port storage[2];
    cornu__ports ports = one_and_one(storage);
    cornu__columns columns;
    cornu_array *x = ZEROS(CORNU_FLOAT64, 5, 4), *flat = ZEROS(CORNU_UINT8, 5), *column = ZEROS(CORNU_UINT8, 5, 1);
    assert_int_equal(cornu__standardize(&ports, x, flat, NULL, &columns), CORNU_OK);
    assert_int_equal(columns.rows, 5);
    assert_int_equal(columns.inputs[0].dtype, CORNU_FLOAT32);
    assert_int_equal(columns.targets[0].rank, 2);
    assert_int_equal(columns.targets[0].shape[1], 1);
    assert_int_equal(cornu__standardize(&ports, x, column, NULL, &columns), CORNU_OK);
    assert_int_equal(columns.targets[0].rank, 2);
    storage[1] = PORT("class", CORNU_INT32, 3, NONE);
    assert_int_equal(cornu__standardize(&ports, x, column, NULL, &columns), CORNU_OK);
    assert_int_equal(columns.targets[0].rank, 1);
    cornu_array_release(x);
    cornu_array_release(flat);
    cornu_array_release(column);
}

static void a_wrong_shape_is_named_with_port_got_and_wanted(void **state)
{
    (void)state;
    cornu__port storage[2];
    cornu__ports ports = one_and_one(storage);
    cornu__columns columns;
    cornu_array *x = ZEROS(CORNU_FLOAT32, 5, 4), *wide = ZEROS(CORNU_FLOAT32, 5, 7),
                *deep = ZEROS(CORNU_FLOAT32, 5, 2, 2), *y = ZEROS(CORNU_INT32, 5);
    cornu_array *one_hot = ZEROS(CORNU_FLOAT32, 5, 3);
    EXPECT(cornu__standardize(&ports, wide, y, NULL, &columns), CORNU_ERROR_SHAPE, "input 'pixels'", "(None, 4)",
           "(5, 7)");
    EXPECT(cornu__standardize(&ports, deep, y, NULL, &columns), CORNU_ERROR_SHAPE, "input 'pixels'", "(None, 4)",
           "(5, 2, 2)");
    EXPECT(cornu__standardize(&ports, x, one_hot, NULL, &columns), CORNU_ERROR_SHAPE, "target 'class'", "(None, 1)",
           "(5, 3)");
    storage[1] = PORT("class", CORNU_FLOAT32, 0, NONE, 3);
    EXPECT(cornu__standardize(&ports, x, y, NULL, &columns), CORNU_ERROR_SHAPE, "(None, 3)", "(5,)",
           "sparse_categorical_crossentropy");
    cornu_array_release(x);
    cornu_array_release(wide);
    cornu_array_release(deep);
    cornu_array_release(y);
    cornu_array_release(one_hot);
}

static void lengths_must_agree_and_not_be_zero(void **state)
{
    (void)state;
    cornu__port storage[2];
    cornu__ports ports = one_and_one(storage);
    cornu__columns columns;
    cornu_array *x = ZEROS(CORNU_FLOAT32, 5, 4), *y = ZEROS(CORNU_INT32, 6), *w = ZEROS(CORNU_FLOAT32, 4),
                *y5 = ZEROS(CORNU_INT32, 5);
    cornu_array *no_x = ZEROS(CORNU_FLOAT32, 0, 4), *no_y = ZEROS(CORNU_INT32, 0);
    EXPECT(cornu__standardize(&ports, x, y, NULL, &columns), CORNU_ERROR_SHAPE, "input 'pixels' has 5",
           "target 'class' has 6");
    EXPECT(cornu__standardize(&ports, x, y5, w, &columns), CORNU_ERROR_SHAPE, "sample_weight of 'class' has 4");
    EXPECT(cornu__standardize(&ports, no_x, no_y, NULL, &columns), CORNU_ERROR_DATA, "0 samples", "pixels");
    cornu_array_release(x);
    cornu_array_release(y);
    cornu_array_release(w);
    cornu_array_release(y5);
    cornu_array_release(no_x);
    cornu_array_release(no_y);
}

/* --- Several inputs and outputs --- */

typedef struct four {
    cornu_array *image, *words, *class, *value;
} four;

static four make_four(void)
{
    return (four){ZEROS(CORNU_FLOAT32, 6, 4, 4, 1), ZEROS(CORNU_INT64, 6, 3), ZEROS(CORNU_INT64, 6),
                  ZEROS(CORNU_FLOAT32, 6, 2)};
}

static void drop_four(four arrays)
{
    cornu_array_release(arrays.image);
    cornu_array_release(arrays.words);
    cornu_array_release(arrays.class);
    cornu_array_release(arrays.value);
}

static void lists_go_by_order_and_dictionaries_by_name(void **state)
{
    (void)state;
    cornu__port storage[4];
    cornu__ports ports = two_and_two(storage);
    cornu__columns columns;
    four a = make_four();
    cornu_array *x = cornu_array_list(2, (cornu_array *[]){a.image, a.words});
    cornu_array *y = cornu_array_dict(2, (const char *[]){"value", "class"}, (cornu_array *[]){a.value, a.class});
    assert_int_equal(cornu__standardize(&ports, x, y, NULL, &columns), CORNU_OK);
    assert_ptr_equal(columns.inputs[0].array, a.image);
    assert_ptr_equal(columns.inputs[1].array, a.words);
    assert_ptr_equal(columns.targets[0].array, a.class);
    assert_ptr_equal(columns.targets[1].array, a.value);
    cornu_array_release(x);
    cornu_array_release(y);
    drop_four(a);
}

static void a_missing_name_is_told_with_what_there_is_and_the_nearest(void **state)
{
    (void)state;
    cornu__port storage[4];
    cornu__ports ports = two_and_two(storage);
    cornu__columns columns;
    four a = make_four();
    cornu_array *x = cornu_array_dict(2, (const char *[]){"imgae", "words"}, (cornu_array *[]){a.image, a.words});
    cornu_array *y = cornu_array_list(2, (cornu_array *[]){a.class, a.value});
    cornu_array *few = cornu_array_list(1, (cornu_array *[]){a.image});
    EXPECT(cornu__standardize(&ports, x, y, NULL, &columns), CORNU_ERROR_UNKNOWN_NAME, "input 'image'",
           "'imgae', 'words'", "was 'imgae' meant?");
    EXPECT(cornu__standardize(&ports, few, y, NULL, &columns), CORNU_ERROR_INVALID_ARGUMENT,
           "2 inputs ('image', 'words')", "1 came");
    EXPECT(cornu__standardize(&ports, a.image, y, NULL, &columns), CORNU_ERROR_INVALID_ARGUMENT, "2 inputs");
    EXPECT(cornu__standardize(&ports, NULL, y, NULL, &columns), CORNU_ERROR_INVALID_ARGUMENT, "'image'");
    cornu_array_release(x);
    cornu_array_release(y);
    cornu_array_release(few);
    drop_four(a);
}

static void an_output_without_loss_wants_no_target(void **state)
{
    (void)state;
    cornu__port storage[4];
    cornu__ports ports = two_and_two(storage);
    cornu__columns columns;
    four a = make_four();
    storage[2].expected = false;
    cornu_array *x = cornu_array_list(2, (cornu_array *[]){a.image, a.words});
    assert_int_equal(cornu__standardize(&ports, x, a.value, NULL, &columns), CORNU_OK);
    assert_null(columns.targets[0].array);
    assert_ptr_equal(columns.targets[1].array, a.value);
    cornu_array_release(x);
    drop_four(a);
}

static void sample_weights_are_by_output_and_lead_the_target(void **state)
{
    (void)state;
    cornu__port storage[4];
    cornu__ports ports = two_and_two(storage);
    cornu__columns columns;
    four a = make_four();
    cornu_array *w = ZEROS(CORNU_FLOAT64, 6), *bad = ZEROS(CORNU_FLOAT64, 6, 3);
    cornu_array *x = cornu_array_list(2, (cornu_array *[]){a.image, a.words}),
                *y = cornu_array_list(2, (cornu_array *[]){a.class, a.value});
    cornu_array *named = cornu_array_dict(1, (const char *[]){"value"}, (cornu_array *[]){w});
    cornu_array *misnamed = cornu_array_dict(1, (const char *[]){"vlaue"}, (cornu_array *[]){w});
    cornu_array *misshapen = cornu_array_dict(1, (const char *[]){"value"}, (cornu_array *[]){bad});
    assert_int_equal(cornu__standardize(&ports, x, y, named, &columns), CORNU_OK);
    assert_null(columns.sample_weights[0].array);
    assert_ptr_equal(columns.sample_weights[1].array, w);
    assert_int_equal(columns.sample_weights[1].dtype, CORNU_FLOAT32);
    EXPECT(cornu__standardize(&ports, x, y, misnamed, &columns), CORNU_ERROR_UNKNOWN_NAME, "sample_weight 'vlaue'",
           "'class', 'value'", "was 'value' meant?");
    EXPECT(cornu__standardize(&ports, x, y, misshapen, &columns), CORNU_ERROR_SHAPE, "sample_weight of 'value'",
           "(6, 3)", "(6, 2)");
    EXPECT(cornu__standardize(&ports, x, y, w, &columns), CORNU_ERROR_INVALID_ARGUMENT, "2 sample_weights", "1 came");
    cornu_array_release(x);
    cornu_array_release(y);
    cornu_array_release(named);
    cornu_array_release(misnamed);
    cornu_array_release(misshapen);
    cornu_array_release(w);
    cornu_array_release(bad);
    drop_four(a);
}

/* --- Class numbers --- */

static void check_label(double label, const char *message)
{
    cornu__port storage[2];
    cornu__ports ports = one_and_one(storage);
    cornu__columns columns;
    double labels[600] = {0};
    labels[599] = 2;
    labels[300] = label;
    cornu_array *x = ZEROS(CORNU_FLOAT32, 600, 4), *y = cornu_array_view(CORNU_FLOAT64, 1, (int64_t[]){600}, labels);
    assert_int_equal(cornu__standardize(&ports, x, y, NULL, &columns), CORNU_OK);
    cornu_status status = cornu__labels_check(&ports, &columns, 0);
    if (message)
        EXPECT(status, CORNU_ERROR_DATA, "target 'class'", "sample 300", message);
    else
        assert_int_equal(status, CORNU_OK);
    cornu_array_release(x);
    cornu_array_release(y);
}

static void labels_out_of_range_fractions_and_nan_are_refused(void **state)
{
    (void)state;
    check_label(2, NULL);
    check_label(3, "3 classes: 0 to 2");
    check_label(-1, "label -1");
    check_label(1.5, "1.5");
    check_label(NAN, "nan");
    check_label(INFINITY, "inf");
}

/* --- Slots --- */

static void data_that_fits_is_not_copied_and_other_data_is_converted(void **state)
{
    (void)state;
    cornu__port storage[2];
    cornu__ports ports = one_and_one(storage);
    cornu__columns columns;
    cornu__slot slot = {0};
    float pixels[5][4];
    uint8_t labels[5] = {0, 1, 2, 1, 0};
    for (int i = 0; i < 20; i++)
        pixels[i / 4][i % 4] = (float)i;
    cornu_array *x = cornu_array_view(CORNU_FLOAT32, 2, (int64_t[]){5, 4}, pixels),
                *y = cornu_array_view(CORNU_UINT8, 1, (int64_t[]){5}, labels);
    assert_int_equal(cornu__standardize(&ports, x, y, NULL, &columns), CORNU_OK);
    assert_int_equal(cornu__slot_write(&slot, &columns, NULL, 2, 3, NULL), CORNU_OK);
    assert_int_equal(slot.batch.rows, 3);
    assert_ptr_equal(slot.batch.inputs[0].data, pixels[2]);
    assert_memory_equal(slot.batch.targets[0].data, ((int32_t[]){2, 1, 0}), 3 * sizeof(int32_t));
    assert_int_equal(cornu__slot_write(&slot, &columns, (int64_t[]){4, 0}, 0, 2, NULL), CORNU_OK);
    assert_memory_equal(slot.batch.inputs[0].data, ((float[]){16, 17, 18, 19, 0, 1, 2, 3}), 8 * sizeof(float));
    uint64_t allocations = cornu__allocation_count();
    for (int again = 0; again < 10; again++)
        assert_int_equal(cornu__slot_write(&slot, &columns, (int64_t[]){1, 3}, 0, 2, NULL), CORNU_OK);
    assert_int_equal(cornu__allocation_count(), allocations);
    cornu__slot_clear(&slot);
    cornu_array_release(x);
    cornu_array_release(y);
}

static void large_rows_are_gathered_in_the_order_asked_for(void **state)
{
    (void)state;
    enum { ELEMENTS = 700, ROWS = 9 };
    static float values[ROWS][ELEMENTS];
    cornu__port storage[2];
    cornu__ports ports = one_and_one(storage);
    cornu__columns columns;
    cornu__slot slot = {0};
    const int64_t rows[] = {8, 0, 3, 3, 7, 1, 2};
    storage[0] = PORT("pixels", CORNU_FLOAT32, 0, NONE, ELEMENTS);
    for (int i = 0; i < ROWS * ELEMENTS; i++)
        values[i / ELEMENTS][i % ELEMENTS] = (float)i;
    cornu_array *x = cornu_array_view(CORNU_FLOAT32, 2, (int64_t[]){ROWS, ELEMENTS}, values),
                *y = ZEROS(CORNU_INT32, ROWS);
    for (int64_t count = 1; count <= 7; count++) {
        assert_int_equal(cornu__standardize(&ports, x, y, NULL, &columns), CORNU_OK);
        assert_int_equal(cornu__slot_write(&slot, &columns, rows, 0, count, NULL), CORNU_OK);
        for (int64_t i = 0; i < count; i++)
            assert_memory_equal((const float *)slot.batch.inputs[0].data + i * ELEMENTS, values[rows[i]],
                                sizeof values[0]);
    }
    cornu__slot_clear(&slot);
    cornu_array_release(x);
    cornu_array_release(y);
}

static cornu_status make_class_weights(const cornu__ports *ports, int64_t number, double weight,
                                       cornu__class_weights *made)
{
    const cornu_class_weight item = {number, weight};
    const cornu_output_class_weight none[CORNU_MAX_PORTS] = {{0}};
    return cornu__class_weights_make(ports, &(cornu__class_weight_options){&item, 1, none, false}, made);
}

static void class_weights_multiply_sample_weights(void **state)
{
    (void)state;
    cornu__port storage[2];
    cornu__ports ports = one_and_one(storage);
    cornu__columns columns;
    cornu__slot slot = {0};
    cornu__class_weights weights = {0};
    int32_t labels[4] = {0, 1, 2, 1};
    float given[4] = {1, 2, 3, 0.5f};
    cornu_array *x = ZEROS(CORNU_FLOAT32, 4, 4), *y = cornu_array_view(CORNU_INT32, 1, (int64_t[]){4}, labels);
    cornu_array *w = cornu_array_view(CORNU_FLOAT32, 1, (int64_t[]){4}, given);
    assert_int_equal(make_class_weights(&ports, 1, 10, &weights), CORNU_OK);
    assert_int_equal(cornu__standardize(&ports, x, y, w, &columns), CORNU_OK);
    assert_int_equal(cornu__slot_write(&slot, &columns, NULL, 0, 4, &weights), CORNU_OK);
    assert_memory_equal(slot.batch.sample_weights[0].data, ((float[]){1, 20, 3, 5}), sizeof given);
    assert_memory_equal(given, ((float[]){1, 2, 3, 0.5f}), sizeof given); /* the program's own stay as they are */
    assert_int_equal(cornu__standardize(&ports, x, y, NULL, &columns), CORNU_OK);
    for (int again = 0; again < 2; again++) {
        assert_int_equal(cornu__slot_write(&slot, &columns, NULL, 0, 4, &weights), CORNU_OK);
        assert_memory_equal(slot.batch.sample_weights[0].data, ((float[]){1, 10, 1, 10}), sizeof given);
    }
    assert_int_not_equal(make_class_weights(&ports, -2, 10, &weights), CORNU_OK);
    assert_int_not_equal(make_class_weights(&ports, 0, NAN, &weights), CORNU_OK);
    cornu__class_weights_free(&weights);
    cornu__slot_clear(&slot);
    cornu_array_release(x);
    cornu_array_release(y);
    cornu_array_release(w);
}

static void the_class_of_a_one_hot_row_is_its_largest(void **state)
{
    (void)state;
    const float rows[2][3] = {{0, 0, 1}, {0.2f, 0.7f, 0.1f}};
    const cornu__tensor target = {.data = rows, .rank = 2, .shape = {2, 3}};
    float table[3] = {1, 5, 7}, weights[2] = {1, 2};
    const cornu__class_table classes = {.count = 3, .weights = table};
    cornu__class_weights_apply(&classes, CORNU_FLOAT32, &target, weights, 1);
    assert_memory_equal(weights, ((float[]){7, 10}), sizeof weights);
}

static int nothing_is_left(void **state)
{
    (void)state;
    return cornu__allocation_live() == 0 ? 0 : 1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_last_axis_of_one_may_be_there_or_not, nothing_is_left),
        cmocka_unit_test_teardown(a_wrong_shape_is_named_with_port_got_and_wanted, nothing_is_left),
        cmocka_unit_test_teardown(lengths_must_agree_and_not_be_zero, nothing_is_left),
        cmocka_unit_test_teardown(lists_go_by_order_and_dictionaries_by_name, nothing_is_left),
        cmocka_unit_test_teardown(a_missing_name_is_told_with_what_there_is_and_the_nearest, nothing_is_left),
        cmocka_unit_test_teardown(an_output_without_loss_wants_no_target, nothing_is_left),
        cmocka_unit_test_teardown(sample_weights_are_by_output_and_lead_the_target, nothing_is_left),
        cmocka_unit_test_teardown(labels_out_of_range_fractions_and_nan_are_refused, nothing_is_left),
        cmocka_unit_test_teardown(data_that_fits_is_not_copied_and_other_data_is_converted, nothing_is_left),
        cmocka_unit_test_teardown(large_rows_are_gathered_in_the_order_asked_for, nothing_is_left),
        cmocka_unit_test_teardown(class_weights_multiply_sample_weights, nothing_is_left),
        cmocka_unit_test_teardown(the_class_of_a_one_hot_row_is_its_largest, nothing_is_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
