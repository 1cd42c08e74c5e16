/* Graphs of models: files of the kind asked for, as large as what is in them, in both themes and all directions. */
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
#include <cornu/cornu.h>

#include "base/memory.h"
#include "view/canvas.h"

static char folder[] = "/tmp/cornu-graph-XXXXXX";

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

static cairo_surface_t *read_png(const char *name)
{
    cairo_surface_t *surface = cairo_image_surface_create_from_png(path_of(name));
    assert_int_equal(cairo_surface_status(surface), CAIRO_STATUS_SUCCESS);
    return surface;
}

static void size_of(const char *name, int *width, int *height)
{
    cairo_surface_t *surface = read_png(name);
    *width = cairo_image_surface_get_width(surface);
    *height = cairo_image_surface_get_height(surface);
    cairo_surface_destroy(surface);
}

/* How many pixels differ from the paper. */
static int ink_of(const char *name, cornu__color paper)
{
    cairo_surface_t *surface = read_png(name);
    uint32_t blank = (uint32_t)(paper.red * 255 + 0.5) << 16 | (uint32_t)(paper.green * 255 + 0.5) << 8 |
                     (uint32_t)(paper.blue * 255 + 0.5);
    int ink = 0;
    for (int y = 0; y < cairo_image_surface_get_height(surface); y++) {
        const unsigned char *row = cairo_image_surface_get_data(surface) + y * cairo_image_surface_get_stride(surface);
        for (int x = 0; x < cairo_image_surface_get_width(surface); x++) {
            uint32_t pixel;
            memcpy(&pixel, row + 4 * x, sizeof pixel);
            ink += (pixel & 0xFFFFFF) != blank;
        }
    }
    cairo_surface_destroy(surface);
    return ink;
}

static cornu_model *chain(int layers)
{
    cornu_model *model = cornu_sequential();
    for (int i = 0; i < layers; i++)
        cornu_add(model, cornu_dense(4, .activation = "relu", .input_shape = {i == 0 ? 4 : 0}));
    return model;
}

/* Two inputs, a shared layer, a nested model, two outputs. */
static cornu_model *branches(void)
{
    cornu_model *tower = cornu_sequential(.name = "tower");
    cornu_add(tower, cornu_dense(8, .input_shape = {8}));
    cornu_add(tower, cornu_dropout(0.5));
    cornu_tensor *a = cornu_input(.shape = {6}, .name = "a"), *b = cornu_input(.shape = {6}, .name = "b");
    cornu_layer *shared = cornu_dense(8, .name = "shared");
    cornu_tensor *left = cornu_call(shared, a), *right = cornu_call(shared, b);
    left = cornu_call(cornu_model_layer(tower), left);
    cornu_tensor *joined = cornu_call(cornu_concatenate(), left, right);
    cornu_model *model = cornu_functional(.inputs = {a, b}, .outputs = {cornu_call(cornu_dense(1), joined),
                                                                        cornu_call(cornu_dense(2), joined)});
    cornu_model_release(tower);
    return model;
}

static void the_picture_grows_with_what_is_asked_for(void **state)
{
    (void)state;
    cornu_model *model = branches();
    int width, height, wider, higher;
    assert_int_equal(cornu_plot_model(model, path_of("bare.png"), .dpi = 96), CORNU_OK);
    size_of("bare.png", &width, &height);
    assert_int_equal(cornu_plot_model(model, path_of("full.png"), .dpi = 96, .show_shapes = true, .show_dtype = true,
                                      .show_layer_names = true, .show_layer_activations = true, .show_trainable = true),
                     CORNU_OK);
    size_of("full.png", &wider, &higher);
    assert_true(wider > width && higher > height + 5 * 50);
    assert_int_equal(cornu_plot_model(model, path_of("nested.png"), .dpi = 96, .expand_nested = true), CORNU_OK);
    size_of("nested.png", &wider, &higher);
    assert_true(higher > height + 80);
    assert_int_equal(cornu_plot_model(model, path_of("large.png"), .dpi = 192), CORNU_OK);
    size_of("large.png", &wider, &higher);
    assert_int_equal(wider, 2 * width);
    assert_int_equal(higher, 2 * height);
    cornu_model_release(model);
}

static void the_direction_is_rankdir(void **state)
{
    (void)state;
    cornu_model *model = chain(12);
    int width, height;
    assert_int_equal(cornu_plot_model(model, path_of("down.png")), CORNU_OK);
    size_of("down.png", &width, &height);
    assert_true(height > 4 * width);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(cornu_plot_model(model, path_of("along.png"), .rankdir = i == 0 ? "LR" : "RL"), CORNU_OK);
        size_of("along.png", &width, &height);
        assert_true(width > 4 * height);
    }
    assert_int_equal(cornu_plot_model(model, path_of("no.png"), .rankdir = "down"), CORNU_ERROR_UNKNOWN_NAME);
    assert_non_null(strstr(cornu_error_message(), "'down'; wanted TB"));
    assert_int_equal(access(path_of("no.png"), F_OK), -1);
    cornu_model_release(model);
}

static void light_and_dark_show_the_same(void **state)
{
    (void)state;
    cornu_model *model = branches();
    assert_int_equal(cornu_plot_model(model, path_of("light.png"), .dpi = 96, .title = "Two towers"), CORNU_OK);
    assert_int_equal(cornu_plot_model(model, path_of("dark.png"), .dpi = 96, .title = "Two towers", .dark = true),
                     CORNU_OK);
    int light = ink_of("light.png", cornu__theme_of(false)->paper),
        dark = ink_of("dark.png", cornu__theme_of(true)->paper);
    assert_true(light > 3000);
    assert_true(abs(light - dark) < light / 2);
    cornu_model_release(model);
}

static void the_ending_of_the_name_is_the_kind_of_file(void **state)
{
    (void)state;
    static const char *const names[] = {"m.png", "m.svg", "m.pdf"}, *const begins[] = {"\x89PNG", "<?xml", "%PDF-"};
    cornu_model *model = chain(2);
    for (int i = 0; i < 3; i++) {
        char begin[8] = {0};
        assert_int_equal(cornu_plot_model(model, path_of(names[i])), CORNU_OK);
        FILE *file = fopen(path_of(names[i]), "rb");
        assert_int_equal(fread(begin, 1, strlen(begins[i]), file), strlen(begins[i]));
        fclose(file);
        assert_string_equal(begin, begins[i]);
    }
    assert_int_equal(cornu_plot_model(model, path_of("m.dot")), CORNU_ERROR_INVALID_ARGUMENT);
    cornu_model_release(model);
}

static void a_picture_that_no_png_can_hold_is_refused_and_says_what_can(void **state)
{
    (void)state;
    cornu_model *model = chain(120);
    assert_int_equal(cornu_plot_model(model, path_of("tall.png"), .dpi = 1200), CORNU_ERROR_LIMIT);
    assert_non_null(strstr(cornu_error_message(), ".svg"));
    assert_int_equal(access(path_of("tall.png"), F_OK), -1);
    assert_int_equal(cornu_plot_model(model, path_of("tall.svg"), .dpi = 1200), CORNU_OK);
    assert_int_equal(cornu_plot_model(model, path_of("m.png"), .dpi = 7), CORNU_ERROR_INVALID_ARGUMENT);
    cornu_model_release(model);
}

static void a_model_without_shapes_is_drawn_without_them(void **state)
{
    (void)state;
    cornu_model *model = cornu_sequential(), *empty = cornu_sequential();
    cornu_add(model, cornu_dense(3));
    cornu_add(model, cornu_dense(2));
    assert_int_equal(cornu_plot_model(model, path_of("unbuilt.png"), .show_layer_names = true), CORNU_OK);
    assert_int_equal(cornu_plot_model(model, path_of("unbuilt.png"), .show_shapes = true), CORNU_ERROR_STATE);
    assert_non_null(strstr(cornu_error_message(), "cornu_build"));
    assert_int_not_equal(cornu_plot_model(empty, path_of("empty.png")), CORNU_OK);
    assert_int_equal(access(path_of("empty.png"), F_OK), -1);
    assert_int_not_equal(cornu_plot_model(NULL, path_of("null.png")), CORNU_OK);
    cornu_model_release(model);
    cornu_model_release(empty);
}

static void names_of_any_length_and_any_bytes_can_be_drawn(void **state)
{
    (void)state;
    char name[400];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    int width, height;
    const char *const names[] = {name,
                                 "gr\xC3\xB6\xC3\x9F"
                                 "e <&> \"q\"",
                                 "broken \xFF\xC3 bytes", "two\nlines"};
    for (int i = 0; i < 4; i++) {
        cornu_model *model = cornu_sequential();
        cornu_add(model, cornu_dense(3, .name = names[i], .input_shape = {2}));
        assert_int_equal(cornu_plot_model(model, path_of("name.png"), .show_layer_names = true, .dpi = 96), CORNU_OK);
        assert_int_equal(cornu_plot_model(model, path_of("name.svg"), .show_layer_names = true, .title = names[i]),
                         CORNU_OK);
        size_of("name.png", &width, &height);
        assert_true(width < 600);
        cornu_model_release(model);
    }
}

/* Letters are shapes in an SVG file; what they say stands in its description, escaped, long names whole. */
static void an_svg_file_says_what_is_written_in_it(void **state)
{
    (void)state;
    static char text[1 << 20];
    cornu_model *model = cornu_sequential();
    cornu_add(model, cornu_dense(3, .name = "a<b & \"c\"", .input_shape = {2}));
    assert_int_equal(cornu_plot_model(model, path_of("said.svg"), .show_layer_names = true, .show_shapes = true),
                     CORNU_OK);
    FILE *file = fopen(path_of("said.svg"), "rb");
    size_t size = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    assert_true(size < sizeof text - 1);
    text[size] = '\0';
    const char *description = strstr(text, "<desc>"), *end = strstr(text, "</desc>");
    assert_true(description && end && strstr(text, "<svg ") < description);
    assert_null(strstr(description + 1, "<desc>"));
    const char *const said[] = {"a&lt;b &amp; \"c\"\n", "Dense\n", "output shape: (None, 3)\n"};
    for (int i = 0; i < 3; i++) {
        const char *found = strstr(description, said[i]);
        assert_true(found && found < end);
    }
    assert_non_null(strstr(end, "</svg>"));
    cornu_model_release(model);
}

static void without_memory_there_is_no_svg_either(void **state)
{
    (void)state;
    cornu_status status = CORNU_ERROR_OUT_OF_MEMORY;
    cornu_model *model = branches();
    assert_int_equal(cornu_plot_model(model, path_of("first.svg")), CORNU_OK);
    uint64_t before = cornu__allocation_live();
    for (uint64_t n = 1; status == CORNU_ERROR_OUT_OF_MEMORY; n++) {
        cornu__allocation_fail_at(n);
        status = cornu_plot_model(model, path_of("memory.svg"));
        cornu__allocation_fail_at(0);
        assert_int_equal(cornu__allocation_live(), before);
        assert_int_equal(access(path_of("memory.svg"), F_OK), status == CORNU_OK ? 0 : -1);
        assert_true(n < 1000);
    }
    assert_int_equal(status, CORNU_OK);
    cornu_model_release(model);
}

static void without_memory_there_is_no_picture(void **state)
{
    (void)state;
    cornu_status status = CORNU_ERROR_OUT_OF_MEMORY;
    cornu_model *model = branches();
    assert_int_equal(cornu_plot_model(model, path_of("first.png"), .dpi = 96), CORNU_OK);
    uint64_t before = cornu__allocation_live();
    for (uint64_t n = 1; status == CORNU_ERROR_OUT_OF_MEMORY; n++) {
        cornu__allocation_fail_at(n);
        status = cornu_plot_model(model, path_of("memory.png"), .show_shapes = true, .expand_nested = true, .dpi = 96);
        cornu__allocation_fail_at(0);
        assert_int_equal(cornu__allocation_live(), before);
        assert_int_equal(access(path_of("memory.png"), F_OK), status == CORNU_OK ? 0 : -1);
        assert_true(n < 1000);
    }
    assert_int_equal(status, CORNU_OK);
    cornu_model_release(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_picture_grows_with_what_is_asked_for),
        cmocka_unit_test(the_direction_is_rankdir),
        cmocka_unit_test(light_and_dark_show_the_same),
        cmocka_unit_test(the_ending_of_the_name_is_the_kind_of_file),
        cmocka_unit_test(a_picture_that_no_png_can_hold_is_refused_and_says_what_can),
        cmocka_unit_test(a_model_without_shapes_is_drawn_without_them),
        cmocka_unit_test(names_of_any_length_and_any_bytes_can_be_drawn),
        cmocka_unit_test(an_svg_file_says_what_is_written_in_it),
        cmocka_unit_test(without_memory_there_is_no_svg_either),
        cmocka_unit_test(without_memory_there_is_no_picture),
    };
    return cmocka_run_group_tests_name("plot model", tests, make_folder, remove_folder);
}
