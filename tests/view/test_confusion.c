/* Pictures of confusion matrices: cells where they must be, few classes and many, and runs' charts. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cairo.h>
#include <cmocka.h>

#include "base/memory.h"
#include "view/canvas.h"
#include "view/confusion.h"
#include "view/scatter.h"

static char folder[] = "/tmp/cornu-confusion-XXXXXX";

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    char command[sizeof folder + 16];
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

static const char *path_of(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

typedef struct look {
    int width, height, full; /* pixels of the colour asked for, within 2 of 255 */
} look;

static look look_at(const char *name, cornu__color color)
{
    cairo_surface_t *surface = cairo_image_surface_create_from_png(path_of(name));
    assert_int_equal(cairo_surface_status(surface), CAIRO_STATUS_SUCCESS);
    look seen = {cairo_image_surface_get_width(surface), cairo_image_surface_get_height(surface), 0};
    const double wanted[3] = {color.red * 255, color.green * 255, color.blue * 255};
    for (int y = 0; y < seen.height; y++) {
        for (int x = 0; x < seen.width; x++) {
            uint32_t pixel;
            memcpy(&pixel, cairo_image_surface_get_data(surface) + y * cairo_image_surface_get_stride(surface) + 4 * x,
                   sizeof pixel);
            bool same = true;
            for (int part = 0; part < 3; part++)
                same = same && fabs((pixel >> (16 - 8 * part) & 255) - wanted[part]) <= 2;
            seen.full += same;
        }
    }
    cairo_surface_destroy(surface);
    return seen;
}

static void right_is_blue_and_wrong_is_orange_in_both_themes(void **state)
{
    (void)state;
    static const int64_t right[4] = {5, 0, 0, 5}, wrong[4] = {0, 5, 5, 0};
    for (int dark = 0; dark < 2; dark++) {
        const cornu__theme *theme = cornu__theme_of(dark);
        cornu__confusion picture = {.class_count = 2, .counts = right, .dark = dark};
        assert_int_equal(cornu__confusion_draw(path_of("right.png"), &picture), CORNU_OK);
        assert_true(look_at("right.png", theme->right).full > 3000);
        assert_int_equal(look_at("right.png", theme->wrong).full, 0);
        picture.counts = wrong;
        assert_int_equal(cornu__confusion_draw(path_of("wrong.png"), &picture), CORNU_OK);
        assert_true(look_at("wrong.png", theme->wrong).full > 3000);
        assert_int_equal(look_at("wrong.png", theme->right).full, 0);
    }
}

static void pictures_of_many_classes_stay_of_a_size(void **state)
{
    (void)state;
    static const int sizes[] = {1, 12, 32, 100, 101, 1000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        int n = sizes[i];
        int64_t *counts = cornu__alloc_array((size_t)n * (size_t)n, sizeof *counts);
        for (int c = 0; c < n; c++)
            counts[c * n + (c * 7 + 1) % n] = counts[c * n + c] = 12345678;
        cornu__confusion picture = {.class_count = n, .counts = counts, .title = "A title"};
        assert_int_equal(cornu__confusion_draw(path_of("many.png"), &picture), CORNU_OK);
        look seen = look_at("many.png", cornu__theme_of(false)->paper);
        assert_true(seen.width < 1700 && seen.height < 1700 && seen.width >= 400);
        cornu__free(counts);
    }
}

static void names_make_room_for_themselves(void **state)
{
    (void)state;
    static const int64_t counts[9] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    static const char *const names[3] = {"shirt", "a class whose name is so long that it cannot be shown", "\xFF <&>"};
    cornu__confusion plain = {.class_count = 3, .counts = counts}, named = plain;
    named.names = names;
    assert_int_equal(cornu__confusion_draw(path_of("plain.png"), &plain), CORNU_OK);
    assert_int_equal(cornu__confusion_draw(path_of("named.png"), &named), CORNU_OK);
    assert_int_equal(cornu__confusion_draw(path_of("named.svg"), &named), CORNU_OK);
    look one = look_at("plain.png", cornu__theme_of(false)->ink),
         two = look_at("named.png", cornu__theme_of(false)->ink);
    assert_true(two.height > one.height + 80);
    assert_true(two.width < 700);
    assert_int_equal(cornu__confusion_draw(path_of("named.bmp"), &named), CORNU_ERROR_INVALID_ARGUMENT);
}

static void a_scatter_shows_its_points(void **state)
{
    (void)state;
    double truth[50], predicted[50];
    for (int i = 0; i < 50; i++) {
        truth[i] = i * 0.001;
        predicted[i] = i == 7 ? NAN : 0.02;
    }
    assert_int_equal(cornu__scatter_draw(path_of("scatter.png"), 50, truth, predicted, "Title", false), CORNU_OK);
    assert_true(look_at("scatter.png", cornu__theme_of(false)->series[0]).full > 300);
    for (int i = 0; i < 50; i++)
        truth[i] = NAN;
    assert_int_equal(cornu__scatter_draw(path_of("nothing.png"), 50, truth, predicted, NULL, true), CORNU_OK);
}

static void without_memory_there_is_no_picture(void **state)
{
    (void)state;
    static int64_t counts[101 * 101];
    cornu__confusion picture = {.class_count = 101, .counts = counts};
    cornu_status status = CORNU_ERROR_OUT_OF_MEMORY;
    uint64_t before = cornu__allocation_live();
    for (uint64_t n = 1; status == CORNU_ERROR_OUT_OF_MEMORY; n++) {
        cornu__allocation_fail_at(n);
        status = cornu__confusion_draw(path_of("memory.png"), &picture);
        cornu__allocation_fail_at(0);
        assert_int_equal(cornu__allocation_live(), before);
        assert_int_equal(access(path_of("memory.png"), F_OK), status == CORNU_OK ? 0 : -1);
        assert_true(n < 50);
    }
    assert_int_equal(status, CORNU_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(right_is_blue_and_wrong_is_orange_in_both_themes),
        cmocka_unit_test(pictures_of_many_classes_stay_of_a_size),
        cmocka_unit_test(names_make_room_for_themselves),
        cmocka_unit_test(a_scatter_shows_its_points),
        cmocka_unit_test(without_memory_there_is_no_picture),
    };
    return cmocka_run_group_tests_name("confusion", tests, make_folder, remove_folder);
}
