/* test_array.c: arrays, views and collections: shapes, lifetimes, refusals. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "array/array.h"

static const int64_t shape_2x3[] = {2, 3};
static const float one_to_six[] = {1, 2, 3, 4, 5, 6};

static cornu_array *make_2x3(void)
{
    cornu_array *array = cornu_array_copy_of(CORNU_FLOAT32, 2, shape_2x3, one_to_six);
    assert_non_null(array);
    return array;
}

static void expect_refusal(const cornu_array *array, cornu_status status, const char *part)
{
    assert_null(array);
    if (!strstr(cornu_error_message(), part))
        fail_msg("'%s' is not in the message: %s", part, cornu_error_message());
    assert_int_equal(cornu_error_status(), status);
}

static void dtypes_have_numpys_names_and_sizes(void **state)
{
    (void)state;
    const struct {
        const char *name;
        size_t size;
    } wanted[] = {{"float32", 4}, {"float64", 8}, {"float16", 2}, {"int8", 1},   {"int16", 2},  {"int32", 4},
                  {"int64", 8},   {"uint8", 1},   {"uint16", 2},  {"uint32", 4}, {"uint64", 8}, {"bool", 1}};
    for (int dtype = 0; dtype < CORNU_DTYPE_COUNT; dtype++) {
        assert_string_equal(cornu_dtype_name(dtype), wanted[dtype].name);
        assert_int_equal(cornu_dtype_size(dtype), wanted[dtype].size);
        assert_int_equal(cornu__dtype_from_name(wanted[dtype].name), dtype);
    }
    assert_int_equal(cornu_dtype_size(CORNU_DTYPE_COUNT), 0);
    assert_int_equal(cornu_dtype_size((cornu_dtype)-1), 0);
    assert_string_equal(cornu_dtype_name(CORNU_DTYPE_COUNT), "?");
    assert_int_equal(cornu__dtype_from_name("complex64"), CORNU_DTYPE_COUNT);
    assert_int_equal(cornu__dtype_from_name(NULL), CORNU_DTYPE_COUNT);
}

static void new_arrays_are_zero_or_a_copy(void **state)
{
    (void)state;
    cornu_array *zeros = cornu_array_zeros(CORNU_INT16, 2, shape_2x3), *copy = make_2x3();
    assert_int_equal(cornu_array_count(zeros), 6);
    for (int64_t i = 0; i < 6; i++) {
        assert_true(cornu_array_get(zeros, i) == 0);
        assert_true(cornu_array_get(copy, i) == (double)(i + 1));
    }
    assert_int_equal((uintptr_t)cornu_array_data(copy) % CORNU_ALIGNMENT, 0);
    cornu_array_release(zeros);
    cornu_array_release(copy);
    cornu_array *scalar = cornu_array_copy_of(CORNU_FLOAT32, 0, NULL, one_to_six);
    assert_int_equal(cornu_array_count(scalar), 1);
    assert_int_equal(cornu_array_rank(scalar), 0);
    assert_true(cornu_array_get(scalar, 0) == 1);
    assert_true(isnan(cornu_array_get(scalar, 1)) && isnan(cornu_array_get(scalar, -1)));
    cornu_array_release(scalar);
}

static void a_view_shares_the_callers_memory(void **state)
{
    (void)state;
    int32_t data[] = {1, 2, 3, 4, 5, 6};
    cornu_array *view = cornu_array_view(CORNU_INT32, 2, shape_2x3, data);
    data[4] = 50;
    assert_true(cornu_array_get(view, 4) == 50);
    assert_ptr_equal(cornu_array_data(view), data);
    cornu_array_release(view);
    const int64_t none = 0;
    cornu_array *empty = cornu_array_view(CORNU_INT32, 1, &none, NULL);
    assert_non_null(empty);
    cornu_array_release(empty);
    expect_refusal(cornu_array_view(CORNU_INT32, 2, shape_2x3, NULL), CORNU_ERROR_INVALID_ARGUMENT,
                   "(2, 3) needs data");
    expect_refusal(cornu_array_copy_of(CORNU_INT32, 2, shape_2x3, NULL), CORNU_ERROR_INVALID_ARGUMENT,
                   "(2, 3) needs data");
}

static void rows_keep_what_they_look_at_alive(void **state)
{
    (void)state;
    cornu_array *array = make_2x3();
    cornu_array *rows = cornu_array_rows(array, 1, 2);
    assert_int_equal(cornu_array_size(rows, 0), 1);
    assert_int_equal(cornu_array_size(rows, -1), 3);
    assert_int_equal(cornu_array_size(rows, 2), -1);
    ((float *)array->data)[4] = 9;
    cornu_array *rows_of_rows = cornu_array_rows(rows, 0, 1);
    cornu_array_release(array);
    cornu_array_release(rows);
    assert_true(cornu_array_get(rows_of_rows, 1) == 9);
    cornu_array *none = cornu_array_rows(rows_of_rows, 1, 1);
    assert_int_equal(cornu_array_count(none), 0);
    cornu_array_release(none);
    expect_refusal(cornu_array_rows(rows_of_rows, 0, 2), CORNU_ERROR_INVALID_ARGUMENT,
                   "rows 0 to 2 of an array with 1 rows");
    expect_refusal(cornu_array_rows(rows_of_rows, -1, 1), CORNU_ERROR_INVALID_ARGUMENT, "rows -1");
    expect_refusal(cornu_array_rows(rows_of_rows, 1, 0), CORNU_ERROR_INVALID_ARGUMENT, "rows 1 to 0");
    cornu_array_release(rows_of_rows);
    cornu_array *scalar = cornu_array_zeros(CORNU_FLOAT32, 0, NULL);
    expect_refusal(cornu_array_rows(scalar, 0, 1), CORNU_ERROR_SHAPE, "a scalar has no rows");
    expect_refusal(cornu_array_rows(NULL, 0, 1), CORNU_ERROR_INVALID_ARGUMENT, "NULL");
    cornu_array_release(scalar);
}

static void reshape_fills_in_one_size(void **state)
{
    (void)state;
    cornu_array *array = make_2x3();
    const int64_t wanted[] = {3, -1, 1};
    cornu_array *reshaped = cornu_array_reshape(array, 3, wanted);
    const int64_t shape[] = {3, 2, 1};
    assert_true(cornu__shape_equal(3, cornu_array_shape(reshaped), 3, shape));
    cornu_array_release(array);
    assert_true(cornu_array_get(reshaped, 5) == 6);
    const int64_t wrong[][2] = {{4, -1}, {-1, -1}, {2, 2}, {-2, -3}, {0, -1}, {INT64_MAX, INT64_MAX}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        expect_refusal(cornu_array_reshape(reshaped, 2, wrong[i]), CORNU_ERROR_SHAPE,
                       "shape (3, 2, 1) cannot take shape (");
    expect_refusal(cornu_array_reshape(reshaped, 9, wrong[0]), CORNU_ERROR_SHAPE, "rank 9");
    cornu_array_release(reshaped);
}

static void impossible_shapes_are_refused(void **state)
{
    (void)state;
    const int64_t huge[] = {INT64_MAX, 2}, negative[] = {2, -1}, nine[9] = {1, 1, 1, 1, 1, 1, 1, 1, 1};
    expect_refusal(cornu_array_zeros(CORNU_FLOAT32, 2, huge), CORNU_ERROR_SHAPE, "more elements than");
    expect_refusal(cornu_array_zeros(CORNU_FLOAT32, 2, negative), CORNU_ERROR_SHAPE, "size -1 of axis 1 is negative");
    expect_refusal(cornu_array_zeros(CORNU_FLOAT32, 9, nine), CORNU_ERROR_SHAPE, "rank 9");
    expect_refusal(cornu_array_zeros(CORNU_FLOAT32, -1, nine), CORNU_ERROR_SHAPE, "rank -1");
    expect_refusal(cornu_array_zeros(CORNU_FLOAT32, 1, NULL), CORNU_ERROR_INVALID_ARGUMENT, "without a shape");
    expect_refusal(cornu_array_zeros(CORNU_DTYPE_COUNT, 2, shape_2x3), CORNU_ERROR_DTYPE, "no dtype");
}

static void float_access_wants_float32(void **state)
{
    (void)state;
    cornu_array *array = make_2x3(), *cast = cornu_array_cast(array, CORNU_FLOAT64);
    assert_ptr_equal(cornu_array_float32(array), array->data);
    assert_null(cornu_array_float32(cast));
    assert_non_null(strstr(cornu_error_message(), "dtype is float64"));
    assert_true(cornu_array_get(cast, 5) == 6);
    cornu_array_release(array);
    cornu_array_release(cast);
}

static void lists_and_dictionaries_hold_their_items(void **state)
{
    (void)state;
    cornu_array *items[] = {make_2x3(), cornu_array_zeros(CORNU_UINT8, 1, shape_2x3)};
    const char *const names[] = {"image", "label"};
    cornu_array *list = cornu_array_list(2, items), *dictionary = cornu_array_dict(2, names, items);
    cornu_array *first = items[0];
    cornu_array_release(items[0]);
    cornu_array_release(items[1]);
    assert_true(cornu_array_is_collection(list) && cornu_array_is_collection(dictionary) &&
                !cornu_array_is_collection(first));
    assert_int_equal(cornu_array_item_count(list), 2);
    assert_int_equal(cornu_array_item_count(first), 1);
    assert_ptr_equal(cornu_array_item(first, 0), first);
    assert_ptr_equal(cornu_array_item(list, 0), first);
    assert_null(cornu_array_item(list, 2));
    assert_null(cornu_array_item_name(list, 0));
    assert_string_equal(cornu_array_item_name(dictionary, 1), "label");
    assert_ptr_equal(cornu_array_item_named(dictionary, "image"), first);
    assert_null(cornu_array_item_named(dictionary, "Image"));
    assert_null(cornu_array_item_named(list, "image"));
    assert_null(cornu_array_data(list));
    assert_null(cornu_array_float32(list));
    cornu_array_release(list);
    assert_true(cornu_array_get(cornu_array_item(dictionary, 0), 5) == 6);
    cornu_array_release(dictionary);
}

static void rows_and_casts_of_collections_are_of_each_item(void **state)
{
    (void)state;
    cornu_array *items[] = {make_2x3(), cornu_array_zeros(CORNU_UINT8, 1, shape_2x3)};
    const char *const names[] = {"image", "label"};
    cornu_array *dictionary = cornu_array_dict(2, names, items);
    cornu_array *rows = cornu_array_rows(dictionary, 1, 2), *cast = cornu_array_cast(dictionary, CORNU_INT64);
    assert_true(cornu_array_get(cornu_array_item_named(rows, "image"), 0) == 4);
    assert_int_equal(cornu_array_count(cornu_array_item_named(rows, "label")), 1);
    assert_int_equal(cornu_array_dtype(cornu_array_item_named(cast, "label")), CORNU_INT64);
    expect_refusal(cornu_array_rows(dictionary, 0, 3), CORNU_ERROR_INVALID_ARGUMENT, "rows 0 to 3");
    cornu_array_release(dictionary);
    cornu_array_release(items[0]);
    cornu_array_release(items[1]);
    assert_true(cornu_array_get(cornu_array_item_named(rows, "image"), 2) == 6);
    cornu_array_release(rows);
    cornu_array_release(cast);
}

static void wrong_items_are_refused(void **state)
{
    (void)state;
    cornu_array *array = make_2x3(), *list = cornu_array_list(1, &array);
    cornu_array *with_null[] = {array, NULL}, *nested[] = {array, list}, *twice[] = {array, array};
    const char *const same[] = {"x", "x"}, *const nameless[] = {"x", NULL};
    expect_refusal(cornu_array_list(2, with_null), CORNU_ERROR_INVALID_ARGUMENT, "item 1 is NULL");
    expect_refusal(cornu_array_list(2, nested), CORNU_ERROR_INVALID_ARGUMENT, "item 1 is a collection itself");
    expect_refusal(cornu_array_dict(2, same, twice), CORNU_ERROR_INVALID_ARGUMENT, "items 0 and 1 are both named 'x'");
    expect_refusal(cornu_array_dict(2, nameless, twice), CORNU_ERROR_INVALID_ARGUMENT, "item 1 has no name");
    expect_refusal(cornu_array_list(2, NULL), CORNU_ERROR_INVALID_ARGUMENT, "NULL");
    cornu_array_release(array);
    cornu_array_release(list);
}

static void nothing_is_looked_at_as_an_empty_array(void **state)
{
    (void)state;
    assert_null(cornu_array_retain(NULL));
    cornu_array_release(NULL);
    assert_int_equal(cornu_array_count(NULL), 0);
    assert_int_equal(cornu_array_rank(NULL), 0);
    assert_int_equal(cornu_array_size(NULL, 0), -1);
    assert_int_equal(cornu_array_item_count(NULL), 0);
    assert_null(cornu_array_data(NULL));
    assert_null(cornu_array_item(NULL, 0));
    assert_true(isnan(cornu_array_get(NULL, 0)));
}

/* Makes one of everything; whether all could be made. */
static bool make_everything(void)
{
    const char *const name = "x";
    cornu_array *array = cornu_array_copy_of(CORNU_FLOAT32, 2, shape_2x3, one_to_six);
    cornu_array *dictionary = array ? cornu_array_dict(1, &name, &array) : NULL;
    cornu_array *rows = dictionary ? cornu_array_rows(dictionary, 0, 1) : NULL;
    cornu_array *cast = rows ? cornu_array_cast(rows, CORNU_INT8) : NULL;
    cornu_array *list = cast ? cornu_array_list(1, &array) : NULL;
    bool made = list != NULL;
    cornu_array_release(array);
    cornu_array_release(dictionary);
    cornu_array_release(rows);
    cornu_array_release(cast);
    cornu_array_release(list);
    return made;
}

static void a_refused_allocation_leaks_nothing(void **state)
{
    (void)state;
    uint64_t live = cornu__allocation_live(), n = 1;
    for (bool made = false; !made; n++) {
        cornu__allocation_fail_at(n);
        cornu_error_clear();
        made = make_everything();
        cornu__allocation_fail_at(0);
        assert_true(made || cornu_error_status() == CORNU_ERROR_OUT_OF_MEMORY);
        assert_int_equal(cornu__allocation_live(), live);
    }
    assert_true(n > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dtypes_have_numpys_names_and_sizes),
        cmocka_unit_test(new_arrays_are_zero_or_a_copy),
        cmocka_unit_test(a_view_shares_the_callers_memory),
        cmocka_unit_test(rows_keep_what_they_look_at_alive),
        cmocka_unit_test(reshape_fills_in_one_size),
        cmocka_unit_test(impossible_shapes_are_refused),
        cmocka_unit_test(float_access_wants_float32),
        cmocka_unit_test(lists_and_dictionaries_hold_their_items),
        cmocka_unit_test(rows_and_casts_of_collections_are_of_each_item),
        cmocka_unit_test(wrong_items_are_refused),
        cmocka_unit_test(nothing_is_looked_at_as_an_empty_array),
        cmocka_unit_test(a_refused_allocation_leaks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
