/* Pictures: files of the kind asked for, with the curves and captions in them, whole or not at all. */
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
#include <cornu/plot.h>

#include "view/canvas.h"

static char folder[] = "/tmp/cornu-view-XXXXXX";

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

static bool near(uint32_t pixel, int shift, double wanted, int tolerance)
{
    return labs((long)(pixel >> shift & 255) - lround(wanted * 255)) <= tolerance;
}

/* How many pixels of a PNG have this colour, up to `tolerance` of 255 in each part. */
static int pixels_near(const char *path, cornu__color color, int tolerance)
{
    cairo_surface_t *surface = cairo_image_surface_create_from_png(path);
    assert_int_equal(cairo_surface_status(surface), CAIRO_STATUS_SUCCESS);
    const unsigned char *pixels = cairo_image_surface_get_data(surface);
    int count = 0;
    for (int y = 0; y < cairo_image_surface_get_height(surface); y++) {
        for (int x = 0; x < cairo_image_surface_get_width(surface); x++) {
            uint32_t pixel;
            memcpy(&pixel, pixels + y * cairo_image_surface_get_stride(surface) + x * 4, sizeof pixel);
            count += near(pixel, 16, color.red, tolerance) && near(pixel, 8, color.green, tolerance) &&
                     near(pixel, 0, color.blue, tolerance);
        }
    }
    cairo_surface_destroy(surface);
    return count;
}

static int pixels_of(const char *path, cornu__color color)
{
    return pixels_near(path, color, 0);
}

static const double falling[] = {2.0, 1.0, 0.5, 0.25}, other[] = {2.5, 1.5, NAN, 1.0}, empty[] = {NAN};

static void curves_are_drawn_in_their_colours(void **state)
{
    (void)state;
    cornu_panel one = {"Loss", {{"training", falling, 4}}};
    cornu_panel two = {"Loss", {{"training", falling, 4}, {"validation", other, 4}}};
    const cornu__theme *theme = cornu__theme_of(false);
    assert_int_equal(cornu_plot_curves(path_of("one.png"), 1, &one), CORNU_OK);
    assert_true(pixels_of(path_of("one.png"), theme->series[0]) > 100);
    assert_int_equal(pixels_of(path_of("one.png"), theme->series[1]), 0);
    assert_int_equal(cornu_plot_curves(path_of("two.png"), 1, &two), CORNU_OK);
    assert_true(pixels_of(path_of("two.png"), theme->series[1]) > 100);
    assert_int_equal(cornu_plot_curves(path_of("dark.png"), 1, &two, .dark = true), CORNU_OK);
    assert_true(pixels_of(path_of("dark.png"), cornu__theme_of(true)->paper) >
                pixels_of(path_of("dark.png"), theme->paper));
}

static void the_ending_of_the_name_is_the_kind_of_file(void **state)
{
    (void)state;
    static const struct {
        const char *name, *begins;
    } kinds[] = {{"a.png", "\x89PNG"}, {"a.SVG", "<?xml"}, {"a.pdf", "%PDF-"}};
    cornu_panel panel = {"Loss", {{"training", falling, 4}}};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(cornu_plot_curves(path_of(kinds[i].name), 1, &panel, .title = "A run"), CORNU_OK);
        char begin[8] = {0};
        FILE *file = fopen(path_of(kinds[i].name), "rb");
        assert_non_null(file);
        assert_int_equal(fread(begin, 1, strlen(kinds[i].begins), file), strlen(kinds[i].begins));
        fclose(file);
        assert_string_equal(begin, kinds[i].begins);
    }
    assert_int_equal(cornu_plot_curves(path_of("a.bmp"), 1, &panel), CORNU_ERROR_INVALID_ARGUMENT);
    assert_non_null(strstr(cornu_error_message(), ".png, .svg or .pdf"));
}

static void one_value_and_no_finite_value_can_be_drawn(void **state)
{
    (void)state;
    cornu_panel lone = {"Loss", {{"training", falling, 1}}}, none = {"Loss", {{"training", empty, 1}}};
    assert_int_equal(cornu_plot_curves(path_of("lone.png"), 1, &lone), CORNU_OK);
    assert_true(pixels_of(path_of("lone.png"), cornu__theme_of(false)->series[0]) > 10);
    assert_int_equal(cornu_plot_curves(path_of("none.png"), 1, &none), CORNU_OK);
    cornu_panel nothing = {"Loss", {{NULL, NULL, 0}}};
    assert_int_equal(cornu_plot_curves(path_of("nothing.png"), 1, &nothing), CORNU_ERROR_INVALID_ARGUMENT);
    assert_int_equal(access(path_of("nothing.png"), F_OK), -1);
}

static void a_sheet_shows_pixels_and_marks_mistakes(void **state)
{
    (void)state;
    int64_t shape[] = {3, 2, 2, 3};
    cornu_array *images = cornu_array_zeros(CORNU_FLOAT32, 4, shape);
    float *values = cornu_array_float32(images);
    for (int pixel = 0; pixel < 12; pixel++)
        values[pixel * 3] = 1; /* pure red */
    values[1] = 1;             /* one yellow pixel of four in the first image */
    const char *captions[] = {"cat", "dog", "cow"};
    bool marked[] = {false, true, false};
    const cornu__theme *theme = cornu__theme_of(false);
    assert_int_equal(cornu_plot_images(path_of("sheet.png"), images, .captions = captions), CORNU_OK);
    assert_int_equal(pixels_near(path_of("sheet.png"), theme->wrong, 60), 0);
    assert_int_equal(pixels_of(path_of("sheet.png"), (cornu__color){1, 1, 0}), 48 * 48);
    assert_int_equal(pixels_of(path_of("sheet.png"), (cornu__color){1, 0, 0}), 3 * 96 * 96 - 48 * 48);
    assert_int_equal(cornu_plot_images(path_of("sheet.png"), images, .captions = captions, .marked = marked), CORNU_OK);
    assert_true(pixels_near(path_of("sheet.png"), theme->wrong, 60) > 0); /* smoothed letters: near is all there is */
    cornu_array_release(images);
}

/* The height that a PNG file says it has. */
static int height_of(const char *path)
{
    unsigned char head[24];
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fread(head, 1, sizeof head, file), sizeof head);
    fclose(file);
    return head[20] << 24 | head[21] << 16 | head[22] << 8 | head[23];
}

static void a_caption_may_have_several_lines(void **state)
{
    (void)state;
    cornu_array *images = cornu_array_zeros(CORNU_UINT8, 4, (int64_t[]){2, 2, 2, 1});
    const char *one[] = {"cat", NULL}, *three[] = {"cat", "a\nb\nc"};
    assert_int_equal(cornu_plot_images(path_of("one.png"), images, .captions = one), CORNU_OK);
    int lone = height_of(path_of("one.png"));
    assert_int_equal(cornu_plot_images(path_of("three.png"), images, .captions = three), CORNU_OK);
    assert_int_equal(height_of(path_of("three.png")), lone + 28);
    cornu_array_release(images);
}

/* The texts that an SVG file says it has, one a line; to free. */
static char *words_of(const char *path)
{
    char *all = calloc(1, 1 << 16), *words = NULL;
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_true(fread(all, 1, (1 << 16) - 1, file) > 0);
    fclose(file);
    char *begin = strstr(all, "<desc>"), *end = strstr(all, "</desc>");
    assert_true(begin && end);
    *end = '\0';
    words = strdup(begin + strlen("<desc>"));
    free(all);
    return words;
}

static void what_is_too_wide_in_a_caption_goes_on_in_the_next_line(void **state)
{
    (void)state;
    cornu_array *images = cornu_array_zeros(CORNU_UINT8, 4, (int64_t[]){1, 2, 2, 1});
    const char *captions[] = {"a line of words that is far too wide for one\n"
                              "brightness\u00a0factor\u00a00.975, saturation\u00a0factor\u00a00.975\n"
                              "  an item of a list that goes on and on and on\n"
                              "a_name_without_any_place_to_break_it_and_far_too_long_for_one.jpeg\n"
                              "\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4"
                              "\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4"
                              "\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4"
                              "\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4"};
    assert_int_equal(cornu_plot_images(path_of("wide.svg"), images, .captions = captions, .captions_left = true),
                     CORNU_OK);
    char *words = words_of(path_of("wide.svg"));
    assert_null(strstr(words, "\u2026")); /* nothing is cut */
    assert_non_null(strstr(words, "\nbrightness factor 0.975,\nsaturation factor 0.975\n"));
    assert_non_null(strstr(words, "\n  an item of a list"));
    assert_null(strstr(words, " \n"));
    assert_null(strstr(words, "?")); /* no letter is broken */
    int lines = 0, indented = 0;
    char joined[512] = "";
    for (char *line = strtok(words, "\n"); line; line = strtok(NULL, "\n"), lines++) {
        indented += strncmp(line, "  ", 2) == 0;
        strcat(joined, line);
    }
    assert_non_null(strstr(joined, "a_name_without_any_place_to_break_it_and_far_too_long_for_one.jpeg"));
    assert_int_equal(indented, 2);
    assert_in_range(lines, 10, 14);
    free(words);
    cornu_array_release(images);
}

/* The width that a PNG file says it has. */
static int width_of(const char *path)
{
    unsigned char head[24];
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fread(head, 1, sizeof head, file), sizeof head);
    fclose(file);
    return head[16] << 24 | head[17] << 16 | head[18] << 8 | head[19];
}

static void columns_are_as_wide_as_the_widest_word_within_bounds(void **state)
{
    (void)state;
    cornu_array *images = cornu_array_zeros(CORNU_UINT8, 4, (int64_t[]){2, 2, 2, 1});
    const char *few[] = {"cat", "some words that need more room"}, *wide[] = {"cat", "saturation\u00a0factor\u00a01"},
               *endless[] = {"cat", "a_name_without_any_place_to_break_it_and_far_too_long_for_one.jpeg"};
    assert_int_equal(cornu_plot_images(path_of("few.png"), images, .captions = few), CORNU_OK);
    assert_int_equal(width_of(path_of("few.png")), 14 + 2 * (96 + 14));
    assert_int_equal(cornu_plot_images(path_of("wide.png"), images, .captions = wide), CORNU_OK);
    assert_in_range(width_of(path_of("wide.png")), 14 + 2 * (100 + 14), 14 + 2 * (179 + 14));
    assert_int_equal(cornu_plot_images(path_of("endless.png"), images, .captions = endless), CORNU_OK);
    assert_int_equal(width_of(path_of("endless.png")), 14 + 2 * (180 + 14));
    cornu_array_release(images);
}

/* A long caption makes its own row of pictures higher, not all of them. */
static void a_row_is_as_high_as_its_longest_caption(void **state)
{
    (void)state;
    cornu_array *images = cornu_array_zeros(CORNU_UINT8, 4, (int64_t[]){4, 2, 2, 1});
    const char *short_ones[] = {"a", "b", "c", "d"}, *long_one[] = {"a", "b\nb\nb", "c", "d"};
    assert_int_equal(cornu_plot_images(path_of("four.png"), images, .captions = short_ones, .columns = 2), CORNU_OK);
    int height = height_of(path_of("four.png"));
    assert_int_equal(cornu_plot_images(path_of("four.png"), images, .captions = long_one, .columns = 2), CORNU_OK);
    assert_int_equal(height_of(path_of("four.png")), height + 28);
    cornu_array_release(images);
}

/* A box is measured on one canvas and drawn on another: at each resolution, and in each kind of file, its text must fit. */
static void a_text_is_as_wide_on_every_canvas(void **state)
{
    static const struct {
        const char *name;
        double scale;
    } kinds[] = {{"width.png", 0.75},       {"width.png", 1}, {"width.png", 150 / 96.0},
                 {"width.png", 200 / 96.0}, {"width.svg", 1}, {"width.pdf", 1}};
    const char *text = "output shape: (None, 26, 26, 32)";
    cornu__canvas canvas;
    (void)state;
    for (double size = 9; size <= 15; size++) {
        cornu__canvas_begin_measuring(&canvas);
        double width = cornu__canvas_text_width(&canvas, size, text);
        cornu__canvas_drop(&canvas);
        for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
            assert_int_equal(cornu__canvas_begin_scaled(&canvas, path_of(kinds[i].name), 300, 100, kinds[i].scale,
                                                        cornu__theme_of(false)->paper),
                             CORNU_OK);
            assert_true(fabs(cornu__canvas_text_width(&canvas, size, text) - width) < width * 5e-4);
            assert_int_equal(cornu__canvas_commit(&canvas), CORNU_OK);
        }
    }
}

static void what_is_no_image_is_refused(void **state)
{
    (void)state;
    int64_t shape[] = {4, 4, 4, 2};
    cornu_array *images = cornu_array_zeros(CORNU_UINT8, 4, shape);
    assert_int_equal(cornu_plot_images(path_of("bad.png"), images), CORNU_ERROR_SHAPE);
    assert_non_null(strstr(cornu_error_message(), "1, 3 or "));
    cornu_array_release(images);
    images = cornu_array_zeros(CORNU_UINT8, 2, shape);
    assert_int_equal(cornu_plot_images(path_of("bad.png"), images), CORNU_ERROR_SHAPE);
    cornu_array_release(images);
}

static void a_folder_that_does_not_exist_is_an_error(void **state)
{
    (void)state;
    cornu_panel panel = {"Loss", {{"training", falling, 4}}};
    assert_int_equal(cornu_plot_curves(path_of("no/such/a.png"), 1, &panel), CORNU_ERROR_IO);
    assert_non_null(strstr(cornu_error_message(), "no/such/a.png"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(curves_are_drawn_in_their_colours),
        cmocka_unit_test(the_ending_of_the_name_is_the_kind_of_file),
        cmocka_unit_test(one_value_and_no_finite_value_can_be_drawn),
        cmocka_unit_test(a_sheet_shows_pixels_and_marks_mistakes),
        cmocka_unit_test(a_caption_may_have_several_lines),
        cmocka_unit_test(what_is_too_wide_in_a_caption_goes_on_in_the_next_line),
        cmocka_unit_test(columns_are_as_wide_as_the_widest_word_within_bounds),
        cmocka_unit_test(a_row_is_as_high_as_its_longest_caption),
        cmocka_unit_test(a_text_is_as_wide_on_every_canvas),
        cmocka_unit_test(what_is_no_image_is_refused),
        cmocka_unit_test(a_folder_that_does_not_exist_is_an_error),
    };
    return cmocka_run_group_tests_name("pictures", tests, make_folder, remove_folder);
}
