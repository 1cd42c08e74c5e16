/* test_kernels.c: the loops over pixels give the same bits on every instruction set that this processor has. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "array/array.h"
#include "base/instruction_set.h"
#include "base/memory.h"
#include "base/random.h"
#include "image/kernels/kernels.h"
#include "instruction_sets.h"
#include "pictures.h"

/* Levels in the whole range, for floats with something behind the point. */
static void make_noise(cornu__image *image, cornu_dtype dtype, int height, int width, int channels, uint64_t number)
{
    assert_ok(cornu__image_shape(image, dtype, height, width, channels));
    cornu__random_key key = cornu__random_key_make(7, CORNU__RANDOM_USER, number, 0);
    for (size_t i = 0; i < cornu__image_count(image); i++) {
        double level = cornu__random_uniform_double(key, i);
        if (dtype == CORNU_UINT8)
            ((uint8_t *)image->data)[i] = (uint8_t)(level * 256);
        else if (dtype == CORNU_UINT16)
            ((uint16_t *)image->data)[i] = (uint16_t)(level * 65536);
        else
            ((float *)image->data)[i] = (float)(level * 255);
    }
}

/* --- Resizing --- */

static void *make_resized(uint64_t number, size_t *size)
{
    static const cornu_dtype dtypes[] = {CORNU_UINT8, CORNU_UINT8, CORNU_UINT16, CORNU_FLOAT32};
    cornu__random_key key = cornu__random_key_make(11, CORNU__RANDOM_USER, number, 0);
    uint64_t draw = 0;
    cornu_dtype dtype = dtypes[number % 4];
    int channels = (int)between(key, &draw, 1, 4);
    int height = (int)between(key, &draw, 1, 60), width = (int)between(key, &draw, 1, 90);
    int to_height = (int)between(key, &draw, 1, 70), to_width = (int)between(key, &draw, 1, 70);
    cornu__interpolation filter = (cornu__interpolation)between(key, &draw, 0, CORNU__INTERPOLATION_COUNT - 1);
    cornu__image from = {0}, to = {0};
    cornu__resizer resizer = {0};
    make_noise(&from, dtype, height, width, channels, number);
    assert_ok(cornu__resize(&resizer, &from, cornu__box_of(&from), filter, to_height, to_width, &to));
    *size = cornu__image_count(&to) * cornu_dtype_size(dtype);
    void *made = bytes_of(to.data, *size);
    cornu__image_free(&from);
    cornu__image_free(&to);
    cornu__resizer_free(&resizer);
    return made;
}

static void resizing_gives_the_same_bits(void **state)
{
    (void)state;
    expect_same(make_resized, 400, "resize");
}

/* --- Maps --- */

typedef struct warp_case {
    cornu__warp warp;
    cornu__extent extent;
    cornu__image bytes, floats; /* the same numbers */
} warp_case;

static double within(cornu__random_key key, uint64_t *draw, double reach)
{
    return (2 * cornu__random_uniform_double(key, (*draw)++) - 1) * reach;
}

/* Some far away, some whole turns, all fill modes. */
static void make_warp_case(uint64_t number, warp_case *made)
{
    cornu__random_key key = cornu__random_key_make(13, CORNU__RANDOM_USER, number, 0);
    uint64_t draw = 0;
    *made = (warp_case){.warp.order = (int)(number % 6)};
    cornu__extent extent = {(int)between(key, &draw, 1, 40), (int)between(key, &draw, 1, 300),
                            (int)between(key, &draw, 1, 5)};
    if (number % 7 == 0)
        extent.width = (int)between(key, &draw, 1, 3);
    cornu__affine_parameters parameters = {.zx = 1, .zy = 1};
    bool exact = number % 5 == 0;
    parameters.theta = exact ? 90 * (double)between(key, &draw, 0, 3) : within(key, &draw, 180);
    if (!exact) {
        double far = number % 11 == 0 ? 1000 : 5;
        parameters.tx = within(key, &draw, far);
        parameters.ty = within(key, &draw, far);
        parameters.shear = within(key, &draw, 30);
        parameters.zx = 1 + within(key, &draw, 0.6);
        parameters.zy = 1 + within(key, &draw, 0.6);
    }
    int64_t modes = made->warp.order > 1 ? CORNU__FILL_WRAP_SCIPY : CORNU__FILL_CONSTANT_BLENDED;
    made->warp.map = cornu__affine_make(&parameters, extent.height, extent.width, CORNU__AFFINE_EXACT);
    made->warp.fill_mode = (cornu__fill_mode)between(key, &draw, 0, modes);
    made->warp.constant = 17.25F;
    made->warp.flip_horizontal = between(key, &draw, 0, 1);
    made->warp.flip_vertical = between(key, &draw, 0, 1);
    made->extent = extent;
    make_noise(&made->bytes, CORNU_UINT8, extent.height, extent.width, extent.channels, number);
    assert_ok(cornu__image_to_float(&made->floats, &made->bytes));
}

static void free_warp_case(warp_case *one)
{
    cornu__image_free(&one->bytes);
    cornu__image_free(&one->floats);
}

/* Bytes give what the same numbers as floats give; the memory is no larger than it must be, so that the sanitizer sees what is read beyond. */
static void *make_warped(uint64_t number, size_t *size)
{
    warp_case one;
    make_warp_case(number, &one);
    *size = cornu__image_count(&one.floats) * sizeof(float);
    float *from_floats = cornu__alloc_uninitialized(*size), *from_bytes = cornu__alloc_uninitialized(*size);
    void *scratch = cornu__alloc_uninitialized(cornu__warp_scratch(&one.warp, one.extent) + 1);
    assert_true(from_floats && from_bytes && scratch);
    assert_ok(cornu__warp_run(&one.warp, one.extent, one.floats.data, from_floats, scratch));
    assert_ok(cornu__warp_run_bytes(&one.warp, one.extent, one.bytes.data, from_bytes, scratch));
    if (memcmp(from_floats, from_bytes, *size) != 0)
        fail_msg("case %llu: bytes give something else than floats", (unsigned long long)number);
    cornu__free(from_bytes);
    cornu__free(scratch);
    free_warp_case(&one);
    return from_floats;
}

static void maps_give_the_same_bits_from_bytes_and_floats(void **state)
{
    (void)state;
    expect_same(make_warped, 1200, "warp");
}

/* The pixel at a place of order 0 or 1, read plainly. */
static double plain_value(const warp_case *one, double row, double column, int channel)
{
    const cornu__extent extent = one->extent;
    const cornu__fill_mode mode = one->warp.fill_mode;
    int64_t y = llrint(row * 0x1p32), x = llrint(column * 0x1p32);
    if (!cornu__fill_coordinate(mode, &y, extent.height) || !cornu__fill_coordinate(mode, &x, extent.width))
        return (double)one->warp.constant;
    if (one->warp.order == 0) {
        y = ((y + CORNU__FILL_ONE / 2) >> 32) * CORNU__FILL_ONE;
        x = ((x + CORNU__FILL_ONE / 2) >> 32) * CORNU__FILL_ONE;
    }
    double sum = 0, v = (double)(uint32_t)y * 0x1p-32, u = (double)(uint32_t)x * 0x1p-32;
    for (int corner = 0; corner < 4; corner++) {
        int64_t r = (y >> 32) + corner / 2, c = (x >> 32) + corner % 2;
        double weight = (corner / 2 ? v : 1 - v) * (corner % 2 ? u : 1 - u);
        bool inside = r >= 0 && r < extent.height && c >= 0 && c < extent.width;
        if (!inside && mode == CORNU__FILL_CONSTANT_BLENDED) {
            sum += weight * (double)one->warp.constant;
            continue;
        }
        r = cornu__fill_index(mode, r, extent.height);
        c = cornu__fill_index(mode, c, extent.width);
        sum += weight * ((const uint8_t *)one->bytes.data)[(r * extent.width + c) * extent.channels + channel];
    }
    return sum;
}

/* How far a coordinate is from where a rounding decides: between two pixels for order 0, the picture's edge for a constant, a period's end. */
static bool is_on_edge(const warp_case *one, double at, int size)
{
    double place = one->warp.order == 0 ? at - 0.5 : at;
    return fabs(place - nearbyint(place)) < 1e-6 || fabs(at - nearbyint(at)) < 1e-6 || size == 1;
}

static void maps_read_what_is_there(void **state)
{
    (void)state;
    for (uint64_t number = 0; number < 1200; number++) {
        warp_case one;
        if (number % 6 > 1)
            continue;
        make_warp_case(number, &one);
        size_t size;
        float *made = make_warped(number, &size);
        const cornu__affine *map = &one.warp.map;
        for (int row = 0; row < one.extent.height; row++)
            for (int column = 0; column < one.extent.width; column++) {
                int r = one.warp.flip_vertical ? one.extent.height - 1 - row : row;
                int c = one.warp.flip_horizontal ? one.extent.width - 1 - column : column;
                double y = map->a00 * r + map->a01 * c + map->b0, x = map->a10 * r + map->a11 * c + map->b1;
                if (is_on_edge(&one, y, one.extent.height) || is_on_edge(&one, x, one.extent.width))
                    continue;
                for (int channel = 0; channel < one.extent.channels; channel++) {
                    double got = (double)made[(row * one.extent.width + column) * one.extent.channels + channel];
                    double wanted = plain_value(&one, y, x, channel);
                    if (fabs(got - wanted) > 1e-3)
                        fail_msg("case %llu, order %d, mode %d, pixel (%d, %d), channel %d: %g instead of %g",
                                 (unsigned long long)number, one.warp.order, (int)one.warp.fill_mode, row, column,
                                 channel, got, wanted);
                }
            }
        cornu__free(made);
        free_warp_case(&one);
    }
}

/* A pixel that is no number reaches its neighbours, and not the other end of the next row. */
static void what_is_no_number_stays_where_it_is(void **state)
{
    (void)state;
    enum { HEIGHT = 6, WIDTH = 9 };
    float from[HEIGHT * WIDTH * 3], to[HEIGHT * WIDTH * 3];
    for (size_t i = 0; i < sizeof from / sizeof *from; i++)
        from[i] = (float)i;
    from[2 * WIDTH * 3] = NAN; /* the first pixel of row 2 */
    cornu__affine_parameters parameters = {.tx = 0.25, .zx = 1, .zy = 1};
    const cornu__warp warp = {.map = cornu__affine_make(&parameters, HEIGHT, WIDTH, CORNU__AFFINE_EXACT),
                              .fill_mode = CORNU__FILL_NEAREST,
                              .order = 1};
    assert_ok(cornu__warp_run(&warp, (cornu__extent){HEIGHT, WIDTH, 3}, from, to, NULL));
    for (int row = 0; row < HEIGHT; row++)
        for (int column = 0; column < WIDTH; column++)
            assert_int_equal(isnan(to[(row * WIDTH + column) * 3]) != 0, column == 0 && (row == 1 || row == 2));
}

static void the_environment_may_ask_for_less_and_not_for_more(void **state)
{
    (void)state;
    cornu__instruction_set set;
    bool lowered;
    setenv("CORNU_ISA", "baseline", 1);
    assert_ok(cornu__instruction_set_choose(&set, &lowered));
    assert_int_equal(set, CORNU__BASELINE);
    assert_int_equal(lowered, cornu__instruction_set_best() != CORNU__BASELINE);
    setenv("CORNU_ISA", "bassline", 1);
    assert_int_equal(cornu__instruction_set_choose(&set, NULL), CORNU_ERROR_UNKNOWN_NAME);
    assert_non_null(strstr(cornu_error_message(), "did you mean 'baseline'"));
    unsetenv("CORNU_ISA");
    assert_ok(cornu__instruction_set_choose(&set, &lowered));
    assert_false(lowered);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(resizing_gives_the_same_bits),
        cmocka_unit_test(maps_give_the_same_bits_from_bytes_and_floats),
        cmocka_unit_test(maps_read_what_is_there),
        cmocka_unit_test(what_is_no_number_stays_where_it_is),
        cmocka_unit_test(the_environment_may_ask_for_less_and_not_for_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
