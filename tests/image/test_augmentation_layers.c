/* Each step of an augmentation with given parameters, against transform_images of real Keras 3 (tests/oracle/augmentation_layers.py). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>

#include <jansson.h>

#include <cornu/augmentation.h>

#include "array/array.h"
#include "image/augmentation.h"
#include "image/steps/bend.h"
#include "image/warp_places.h"
#include "nn/layer.h"
#include "support/oracle.h"

static json_t *facts;
static cornu_array *arrays;

static int open_values(void **state)
{
    (void)state;
    facts = oracle_json("augmentation_layers");
    arrays = oracle_arrays("augmentation_layers");
    return 0;
}

static int close_values(void **state)
{
    (void)state;
    json_decref(facts);
    cornu_array_release(arrays);
    return cornu__allocation_live() == 0 ? 0 : 1;
}

/* The place of a named value of the step; the test fails if it has none. */
static int value_place(const cornu_layer *layer, const char *name)
{
    const char *known;
    for (int i = 0; (known = cornu_layer_transformation_name(layer, i)) != NULL; i++)
        if (strcmp(known, name) == 0)
            return i;
    fail_msg("%s draws no '%s'", cornu_object_class_name(layer), name);
    return -1;
}

static cornu_array *transform(const json_t *test, cornu_layer *layer)
{
    cornu_random_transformation given = {0};
    const char *name;
    json_t *value;
    json_object_foreach(json_object_get(test, "values"), name, value) given.values[value_place(layer, name)] =
        json_number_value(value);
    char input[64];
    snprintf(input, sizeof input, "input.%s", json_string_value(json_object_get(test, "input")));
    cornu_array *made = cornu_layer_transform_images(layer, cornu_array_item_named(arrays, input), &given);
    if (!made)
        fail_msg("%s", cornu_error_message());
    return made;
}

static void compare(const cornu_array *made, const cornu_array *wanted, const json_t *test)
{
    char *config = json_dumps(json_object_get(test, "config"), JSON_COMPACT);
    assert_int_equal(cornu_array_rank(made), cornu_array_rank(wanted));
    for (int i = 0; i < 3; i++)
        assert_int_equal(cornu_array_size(made, i), cornu_array_size(wanted, i));
    for (int64_t i = 0; i < cornu_array_count(wanted); i++) {
        double a = cornu_array_get(made, i), b = cornu_array_get(wanted, i);
        if (!(fabs(a - b) <= 1e-3))
            fail_msg("%s %s %s: element %lld is %.6f, Keras has %.6f", json_string_value(json_object_get(test, "name")),
                     json_string_value(json_object_get(test, "class_name")), config, (long long)i, a, b);
    }
    free(config);
}

/* The layer is read from what Keras's get_config says. */
static void each_step_makes_the_pixels_of_keras(void **state)
{
    (void)state;
    size_t i;
    json_t *test;
    json_array_foreach(json_object_get(facts, "cases"), i, test)
    {
        cornu_layer *layer;
        json_t *json = json_pack("{s:O, s:O}", "class_name", json_object_get(test, "class_name"), "config",
                                 json_object_get(test, "config"));
        if (cornu__layer_from_json(json, "case", &layer) != CORNU_OK)
            fail_msg("%s", cornu_error_message());
        cornu_array *made = transform(test, layer);
        compare(made, cornu_array_item_named(arrays, json_string_value(json_object_get(test, "name"))), test);
        cornu_array_release(made);
        cornu_object_release(layer);
        json_decref(json);
    }
    assert_true(i >= 100);
}

static void assert_near(const float *made, const char *name)
{
    const cornu_array *wanted = cornu_array_item_named(arrays, name);
    for (int64_t i = 0; i < cornu_array_count(wanted); i++)
        if (!(fabs(made[i] - cornu_array_get(wanted, i)) <= 1e-3))
            fail_msg("%s: element %lld is %.6f, Keras has %.6f", name, (long long)i, made[i],
                     cornu_array_get(wanted, i));
}

/* Keras's noise, smoothed, is how far its pixels come from. */
static void an_elastic_picture_is_bent_as_in_keras(void **state)
{
    (void)state;
    const cornu_array *noise = cornu_array_item_named(arrays, "elastic.noise"),
                      *picture = cornu_array_item_named(arrays, "elastic.input");
    enum { HEIGHT = 21, WIDTH = 30, COUNT = HEIGHT * WIDTH };
    static float fields[2][COUNT], between[2 * COUNT], made[3 * COUNT];
    for (int i = 0; i < 2; i++) {
        memcpy(fields[i], cornu_array_float32(noise) + i * COUNT, sizeof fields[i]);
        assert_int_equal(cornu__elastic_smooth(HEIGHT, WIDTH, 0.95, fields[i], between), CORNU_OK);
    }
    static const struct {
        const char *name;
        cornu__fill_mode mode;
    } cases[] = {{"elastic.nearest", CORNU__FILL_NEAREST}, {"elastic.constant", CORNU__FILL_CONSTANT_BLENDED}};
    for (size_t k = 0; k < 2; k++) {
        cornu__warp warp = {.fill_mode = cases[k].mode, .order = 1, .constant = 20};
        for (int y = 0; y < HEIGHT; y++) {
            double rows[WIDTH], columns[WIDTH];
            for (int x = 0; x < WIDTH; x++) {
                columns[x] = x + fields[0][y * WIDTH + x];
                rows[x] = y + fields[1][y * WIDTH + x];
            }
            cornu__warp_places(&warp, (cornu__extent){HEIGHT, WIDTH, 3}, cornu_array_float32(picture), rows, columns,
                               WIDTH, made + y * WIDTH * 3);
        }
        for (int i = 0; i < 3 * COUNT; i++) /* to value_range */
            made[i] = made[i] < 0 ? 0 : made[i] > 255 ? 255 : made[i];
        assert_near(made, cases[k].name);
    }
}

static double mix_number(const char *name, size_t a, int b)
{
    const json_t *value = json_array_get(json_object_get(json_object_get(facts, "mixes"), name), a);
    return json_number_value(b < 0 ? value : json_array_get(value, (size_t)b));
}

/* Pictures by the step's own function, labels by the formula of cornu__augmenting_labels. */
static void check_mix(cornu_layer *layer, const char *shares)
{
    const cornu__step_class *class = cornu__step_class_of(layer);
    const cornu_array *batch = cornu_array_item_named(arrays, "mix.input");
    char name[64];
    cornu__extent extent = {7, 9, 3};
    float made[3 * 7 * 9 * 3], labels[9] = {0};
    for (int i = 0; i < 3; i++) {
        int partner = (int)mix_number("partners", (size_t)i, -1);
        cornu_random_transformation drawn = {.values = {partner, mix_number(shares, (size_t)i, -1)}};
        for (int k = 0; k < 4; k++)
            drawn.values[2 + k] = mix_number("corners", (size_t)k, i);
        cornu__step_call call = {.config = layer->object.config, .drawn = &drawn, .from = extent, .to = extent};
        class->mix(&call, cornu_array_float32(batch) + i * 189, cornu_array_float32(batch) + partner * 189,
                   made + i * 189);
        labels[3 * i + i] += (float)drawn.values[1];
        labels[3 * i + partner] += 1 - (float)drawn.values[1];
    }
    snprintf(name, sizeof name, "mix.%s.images", class->layer.base.name);
    assert_near(made, name);
    snprintf(name, sizeof name, "mix.%s.labels", class->layer.base.name);
    assert_near(labels, name);
    cornu_object_release(layer);
}

static void two_pictures_are_mixed_as_in_keras(void **state)
{
    (void)state;
    check_mix(cornu_mix_up(), "weights");
    check_mix(cornu_cut_mix(), "shares");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_step_makes_the_pixels_of_keras),
        cmocka_unit_test(an_elastic_picture_is_bent_as_in_keras),
        cmocka_unit_test(two_pictures_are_mixed_as_in_keras),
    };
    return cmocka_run_group_tests_name("augmentation layers", tests, open_values, close_values);
}
