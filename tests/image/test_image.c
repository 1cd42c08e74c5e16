/* test_image.c: a picture's memory is its own, kept and reused, or someone else's. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "image/image.h"

static void memory_is_kept_for_pictures_that_fit_into_it(void **state)
{
    (void)state;
    uint64_t live = cornu__allocation_live();
    cornu__image image = {0};
    assert_int_equal(cornu__image_shape(&image, CORNU_UINT8, 20, 30, 3), CORNU_OK);
    assert_int_equal(cornu__image_count(&image), 1800);
    const void *data = image.data;
    uint64_t count = cornu__allocation_count();
    assert_int_equal(cornu__image_shape(&image, CORNU_FLOAT32, 10, 15, 3), CORNU_OK);
    assert_int_equal(cornu__image_shape(&image, CORNU_UINT8, 30, 20, 3), CORNU_OK);
    assert_ptr_equal(image.data, data);
    assert_int_equal(cornu__allocation_count(), count);
    assert_int_equal(cornu__image_shape(&image, CORNU_FLOAT32, 20, 30, 3), CORNU_OK);
    assert_int_equal(cornu__allocation_live(), live + 1);
    cornu__image_free(&image);
    assert_int_equal(cornu__allocation_live(), live);
}

static void a_view_does_not_write_or_free_what_it_looked_at(void **state)
{
    (void)state;
    uint8_t pixels[6] = {1, 2, 3, 4, 5, 6};
    uint64_t live = cornu__allocation_live();
    cornu__image view = cornu__image_view(CORNU_UINT8, 1, 2, 3, pixels), copy = {0};
    assert_int_equal(cornu__image_copy(&copy, &view), CORNU_OK);
    assert_memory_equal(copy.data, pixels, 6);
    assert_int_equal(cornu__image_to_float(&copy, &view), CORNU_OK);
    for (int i = 0; i < 6; i++)
        assert_true(((const float *)copy.data)[i] == (float)(i + 1));
    assert_int_equal(cornu__image_copy(&view, &copy), CORNU_OK);
    assert_ptr_not_equal(view.data, pixels);
    cornu__image_free(&view);
    cornu__image_free(&copy);
    assert_int_equal(pixels[5], 6);
    assert_int_equal(cornu__allocation_live(), live);
}

static void impossible_shapes_are_refused_and_change_nothing(void **state)
{
    (void)state;
    cornu__image image = {0};
    assert_int_equal(cornu__image_shape(&image, CORNU_UINT8, 2, 2, 1), CORNU_OK);
    assert_int_equal(cornu__image_shape(&image, CORNU_UINT8, 0, 2, 1), CORNU_ERROR_SHAPE);
    assert_int_equal(cornu__image_shape(&image, CORNU_UINT8, 2, -2, 1), CORNU_ERROR_SHAPE);
    assert_int_equal(cornu__image_shape(&image, CORNU_FLOAT32, INT_MAX, INT_MAX, INT_MAX), CORNU_ERROR_SHAPE);
    cornu__allocation_fail_at(1);
    assert_int_equal(cornu__image_shape(&image, CORNU_FLOAT32, 20, 20, 1), CORNU_ERROR_OUT_OF_MEMORY);
    cornu__allocation_fail_at(0);
    assert_int_equal(image.height, 2);
    assert_int_equal(image.dtype, CORNU_UINT8);
    cornu__image_free(&image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_kept_for_pictures_that_fit_into_it),
        cmocka_unit_test(a_view_does_not_write_or_free_what_it_looked_at),
        cmocka_unit_test(impossible_shapes_are_refused_and_change_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
