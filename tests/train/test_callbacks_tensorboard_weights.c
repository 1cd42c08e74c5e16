/* Histograms, pictures and the graph of TensorBoard's event files against those that real Keras wrote (tests/oracle/event_files.py). */
#include <math.h>
#include <png.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include <cornu/optimizers.h>

#include "support/oracle.h"
#include "train/callbacks/tensorboard_weights.h"
#include "train/event_reader.h"
#include "train/scripted.h"

#define MOST_PIXELS 1000

static json_t *entries;
static cornu_array *arrays;

static int open_values(void **state)
{
    (void)state;
    json_t *index = oracle_json("event_files");
    entries = json_incref(json_object_get(index, "entries"));
    json_decref(index);
    arrays = oracle_arrays("event_files");
    return entries ? 0 : 1;
}

static int close_values(void **state)
{
    json_decref(entries);
    cornu_array_release(arrays);
    return scripted_nothing_is_left(state);
}

/* --- Keras's model, whose weights stay as they are --- */

static void set_weights(cornu_model *model)
{
    cornu_array *items[12];
    char name[20];
    for (int i = 0; i < 12; i++) {
        snprintf(name, sizeof name, "weight%d", i);
        items[i] = cornu_array_item_named(arrays, name);
        assert_non_null(items[i]);
    }
    cornu_array *list = cornu_array_list(12, items);
    if (cornu_set_weights(model, list) != CORNU_OK)
        fail_msg("%s", cornu_error_message());
    cornu_array_release(list);
}

static cornu_model *small_of_keras(void)
{
    cornu_layer *normalized = cornu_batch_normalization(.name = "normalized");
    cornu_model *model = cornu_sequential(.name = "small");
    cornu_set_trainable(normalized, false);
    cornu_add(model, cornu_conv2d(4, 3, .name = "conv", .input_shape = {5, 5, 1}));
    cornu_add(model, normalized);
    cornu_add(model, cornu_conv2d(3, 2, .name = "second"));
    cornu_add(model, cornu_flatten(.name = "flat"));
    cornu_add(model, cornu_dense(6, .name = "hidden"));
    cornu_add(model, cornu_dense(3, .name = "out"));
    cornu_compile(model, .optimizer = cornu_sgd(.learning_rate = 0), .loss = "mse", .metrics = {"mae"});
    set_weights(model);
    return model;
}

static void train(cornu_model *model, const char *folder)
{
    cornu_array *x = cornu_array_item_named(arrays, "x"), *y = cornu_array_item_named(arrays, "y");
    cornu_history *history =
        cornu_fit(model, x, y, .epochs = 3, .batch_size = 4, .verbose = 0, .validation_data = {.x = x, .y = y},
                  .callbacks = {cornu_tensorboard(.log_dir = folder, .histogram_freq = 2, .write_images = true,
                                                  .write_steps_per_second = true, .update_freq = 2)});
    if (!history)
        fail_msg("%s", cornu_error_message());
    cornu_history_release(history);
}

/* --- What Keras wrote against what was written --- */

static const char *text_of(const json_t *entry, const char *key)
{
    return json_string_value(json_object_get(entry, key));
}

static cornu_array *golden_array(const char *tag)
{
    char name[100];
    snprintf(name, sizeof name, "%s", tag);
    for (char *at = name; (at = strchr(at, '/')) != NULL;)
        *at = '.';
    cornu_array *array = cornu_array_item_named(arrays, name);
    if (!array)
        fail_msg("no values of '%s'", tag);
    return array;
}

static void check_histogram(const event *read)
{
    const cornu_array *wanted = golden_array(read->tag);
    assert_int_equal(read->size, 8 * CORNU__HISTOGRAM_BUCKETS * 3);
    for (int i = 0; i < CORNU__HISTOGRAM_BUCKETS * 3; i++) {
        double got;
        memcpy(&got, read->bytes + 8 * i, sizeof got);
        double value = cornu_array_get(wanted, i); /* a float32 of it */
        if (fabs(got - value) > 2e-7 * fmax(1, fabs(value)))
            fail_msg("%s: bucket %d, %d: %.9g, and Keras's is %.9g", read->tag, i / 3, i % 3, got, value);
    }
}

static void check_string(const event *read, int index, const char *wanted)
{
    assert_int_equal(read->string_sizes[index], strlen(wanted));
    assert_memory_equal(read->strings[index], wanted, strlen(wanted));
}

static void check_pictures(const event *read, const json_t *entry)
{
    const cornu_array *wanted = golden_array(read->tag);
    int64_t count = cornu_array_shape(wanted)[0], size = cornu_array_count(wanted) / count;
    uint8_t pixels[MOST_PIXELS];
    check_string(read, 0, text_of(entry, "width"));
    check_string(read, 1, text_of(entry, "height"));
    assert_int_equal(read->string_count, 2 + count);
    for (int64_t i = 0; i < count; i++) {
        png_image image = {.version = PNG_IMAGE_VERSION};
        assert_true(png_image_begin_read_from_memory(&image, read->strings[2 + i], read->string_sizes[2 + i]));
        assert_true((int64_t)PNG_IMAGE_SIZE(image) == size && size <= MOST_PIXELS);
        assert_true(png_image_finish_read(&image, NULL, pixels, 0, NULL));
        assert_int_equal(image.height, cornu_array_shape(wanted)[1]);
        assert_memory_equal(pixels, (const uint8_t *)cornu_array_data(wanted) + i * size, (size_t)size);
    }
}

static void check_graph(const event *read, const json_t *entry)
{
    json_t *layers = json_object_get(entry, "layers"), *layer,
           *model = json_loadb((const char *)read->strings[0], read->string_sizes[0], 0, NULL);
    json_t *mine = json_object_get(json_object_get(model, "config"), "layers");
    size_t i;
    assert_int_equal(json_array_size(mine), json_array_size(layers));
    json_array_foreach(layers, i, layer)
    {
        const json_t *config = json_object_get(json_array_get(mine, i), "config");
        assert_string_equal(text_of(config, "name"), json_string_value(layer));
    }
    json_decref(model);
}

/* That the event has what Keras's has. Numbers are written in the older way, as no tensor: TensorBoard takes both for the same. */
static void check_entry(const event *read, const json_t *entry)
{
    const char *plugin = text_of(entry, "plugin");
    const json_t *shape = json_object_get(entry, "shape");
    bool first = read->step == 0;
    if (strcmp(plugin, "scalars") == 0) {
        assert_string_equal(read->plugin, "");
        return;
    }
    assert_string_equal(read->plugin, plugin);
    assert_string_equal(read->content, text_of(entry, "content"));
    assert_int_equal(read->dtype, strcmp(text_of(entry, "dtype"), "float64") == 0 ? 2 : 7);
    assert_int_equal(read->rank, json_array_size(shape));
    for (int i = 0; i < read->rank; i++)
        assert_int_equal(read->shape[i], json_integer_value(json_array_get(shape, (size_t)i)));
    if (strcmp(plugin, "histograms") == 0 && first)
        check_histogram(read);
    else if (strcmp(plugin, "images") == 0 && first)
        check_pictures(read, entry);
    else if (strcmp(plugin, "graph_keras_model") == 0)
        check_graph(read, entry);
}

/* Checks all of Keras's values of one run; returns how many. */
static int check_run(const char *run, const event *events, int count)
{
    const json_t *entry;
    size_t i;
    int checked = 0;
    json_array_foreach(entries, i, entry)
    {
        if (strcmp(text_of(entry, "run"), run) != 0)
            continue;
        check_entry(find(events, count, text_of(entry, "tag"), json_integer_value(json_object_get(entry, "step"))),
                    entry);
        checked++;
    }
    return checked;
}

static void all_is_there_that_keras_writes(void **state)
{
    const scripted *test = *state;
    static event events[MOST_EVENTS];
    cornu_model *model = small_of_keras();
    train(model, scripted_path(test, "logs"));
    int count = read_folder(scripted_path(test, "logs/train"), events);
    check_head(events, count);
    const event *summary = find(events, count, "model_summary", 0);
    assert_string_equal(summary->plugin, "text");
    assert_memory_equal(summary->strings[0], "```\nModel: \"small\"", 17);
    assert_int_equal(check_run("train", events, count), count - 2); /* besides the version and the summary */
    count = read_folder(scripted_path(test, "logs/validation"), events);
    assert_int_equal(check_run("validation", events, count), count - 1);
    cornu_model_release(model);
}

static void nothing_of_the_weights_is_there_unasked(void **state)
{
    const scripted *test = *state;
    static event events[MOST_EVENTS];
    scripted_run(test, 1, cornu_tensorboard(.log_dir = scripted_path(test, "logs"), .write_images = true), NULL);
    int count = read_folder(scripted_path(test, "logs/train"), events);
    assert_int_equal(count, 1 + 2 + 3); /* the version, the graph and its summary, the epoch */
}

static void numbers_that_are_not_finite_are_in_no_bucket(void **state)
{
    const float values[] = {NAN, 1, -INFINITY, 4, 2, INFINITY, 4, NAN}, none[] = {NAN, INFINITY}, same[] = {3, 3, NAN};
    double buckets[CORNU__HISTOGRAM_BUCKETS][3], total = 0;
    (void)state;
    cornu__histogram(values, 8, buckets);
    for (int i = 0; i < CORNU__HISTOGRAM_BUCKETS; i++)
        total += buckets[i][2];
    assert_true(total == 4 && buckets[0][0] == 1 && buckets[29][1] == 4);
    assert_true(buckets[0][2] == 1 && buckets[10][2] == 1 && buckets[29][2] == 2);
    cornu__histogram(none, 2, buckets);
    assert_true(buckets[0][0] == 0 && buckets[29][1] == 0 && buckets[29][2] == 0);
    cornu__histogram(same, 3, buckets);
    assert_true(buckets[0][0] == 3 && buckets[0][1] == 3 && buckets[0][2] == 0 && buckets[29][2] == 2);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, scripted_set_up, scripted_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(all_is_there_that_keras_writes),
        TEST(nothing_of_the_weights_is_there_unasked),
        cmocka_unit_test(numbers_that_are_not_finite_are_in_no_bucket),
    };
    return cmocka_run_group_tests(tests, open_values, close_values);
}
