/* Objects: names and nearest spellings, refused values, Keras's JSON both ways, ownership; and what weights begin with, pay and obey. */
#include "harness.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cornu/constraints.h>
#include <cornu/initializers.h>
#include <cornu/layers.h>
#include <cornu/losses.h>
#include <cornu/metrics.h>
#include <cornu/optimizers.h>
#include <cornu/regularizers.h>

/* --- what is wrong is said, with the nearest spelling --- */

static void complains(const void *object, cornu_status status, const char *word, const char *other)
{
    assert_non_null(object);
    assert_int_equal(cornu_object_status(object), status);
    if (!strstr(cornu_error_message(), word) || !strstr(cornu_error_message(), other))
        fail_msg("\"%s\" lacks \"%s\" or \"%s\"", cornu_error_message(), word, other);
    cornu_object_release(object);
}

static void wrong_options_are_refused_by_name_with_what_came(void **state)
{
    (void)state;
    complains(cornu_dense(0), CORNU_ERROR_INVALID_ARGUMENT, "units", "got 0");
    complains(cornu_dense(3, .activation = "rleu"), CORNU_ERROR_UNKNOWN_NAME, "rleu", "\"relu\"");
    complains(cornu_dense(3, .kernel_initializer = "glorot_unifrom"), CORNU_ERROR_UNKNOWN_NAME, "kernel_initializer",
              "glorot_uniform");
    complains(cornu_conv2d(8, 3, .padding = "smae"), CORNU_ERROR_INVALID_ARGUMENT, "padding", "\"same\"");
    complains(cornu_conv2d(8, 3, .strides = 2, .dilation_rate = 2), CORNU_ERROR_INVALID_ARGUMENT, "strides",
              "dilation_rate");
    complains(cornu_conv2d(8, 3, .groups = 3), CORNU_ERROR_INVALID_ARGUMENT, "filters", "groups");
    complains(cornu_dropout(1.0), CORNU_ERROR_INVALID_ARGUMENT, "rate", "got 1");
    complains(cornu_sgd(.learning_rate = -1), CORNU_ERROR_INVALID_ARGUMENT, "learning_rate", "-1");
    complains(cornu_adam(.clipnorm = 1, .clipvalue = 1), CORNU_ERROR_INVALID_ARGUMENT, "clipnorm", "clipvalue");
    complains(cornu_binary_crossentropy(.label_smoothing = 2), CORNU_ERROR_INVALID_ARGUMENT, "label_smoothing",
              "got 2");
    /* An object of another kind, and a failed one, are taken over and reported. */
    complains(cornu_dense(3, .activation = cornu_adam()), CORNU_ERROR_INVALID_ARGUMENT, "activation", "Adam");
    complains(cornu_dense(3, .kernel_regularizer = cornu_l2(NAN)), CORNU_ERROR_INVALID_ARGUMENT, "kernel_regularizer",
              "finite");
    assert_int_equal(cornu__allocation_live(), 0);
}

static cornu__spec shape(int rank, const int64_t *sizes)
{
    cornu__spec spec = {.dtype = CORNU_FLOAT32, .rank = rank};
    memcpy(spec.shape, sizes, (size_t)rank * sizeof *sizes);
    return spec;
}

#define SHAPE(...) shape((int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)), (int64_t[]){__VA_ARGS__})

static void refuses(cornu_layer *layer, int count, const cornu__spec *inputs, const char *name, const char *wanted,
                    const char *got)
{
    cornu__spec output;
    assert_int_equal(cornu_object_status(layer), CORNU_OK);
    assert_int_equal(cornu__layer_prepare(layer, count, inputs, &output), CORNU_ERROR_SHAPE);
    const char *message = cornu_error_message();
    if (!strstr(message, name) || !strstr(message, wanted) || !strstr(message, got))
        fail_msg("\"%s\" lacks \"%s\", \"%s\" or \"%s\"", message, name, wanted, got);
    cornu_object_release(layer);
}

static void a_failed_object_that_is_given_twice_is_freed_once(void **state)
{
    (void)state;
    cornu_initializer *failed = cornu_random_normal(.stddev = -1);
    cornu_layer *layer = cornu_dense(3, .kernel_initializer = failed, .bias_initializer = failed);
    assert_int_equal(cornu_object_status(layer), CORNU_ERROR_INVALID_ARGUMENT);
    assert_non_null(strstr(cornu_error_message(), "kernel_initializer"));
    assert_non_null(strstr(cornu_error_message(), "stddev"));
    cornu_object_release(layer);
    assert_int_equal(cornu__allocation_live(), 0);
}

static void shapes_that_do_not_fit_name_layer_wanted_and_got(void **state)
{
    (void)state;
    cornu__spec vector = SHAPE(CORNU_NONE, 4), image = SHAPE(CORNU_NONE, 5, 6, 3), other = SHAPE(CORNU_NONE, 7),
                open = SHAPE(CORNU_NONE, CORNU_NONE);
    refuses(cornu_conv2d(8, 3, .name = "c"), 1, &vector, "\"c\" (Conv2D)", "4 axes", "(None, 4)");
    refuses(cornu_conv2d(8, 7), 1, &image, "Conv2D", "window of 7", "size 5");
    refuses(cornu_conv2d(8, 3, .groups = 2), 1, &image, "Conv2D", "groups (2)", "3");
    refuses(cornu_dense(3), 1, &open, "Dense", "must be known", "(None, None)");
    refuses(cornu_max_pooling2d(9), 1, &image, "MaxPooling2D", "window of 9", "size 5");
    refuses(cornu_reshape(.target_shape = {3, 3}), 1, &vector, "Reshape", "(None, 3, 3)", "(None, 4)");
    refuses(cornu_permute(.dims = {2, 1}), 1, &vector, "Permute", "3 axes", "(None, 4)");
    refuses(cornu_add_layer(), 1, &vector, "Add", "2 to", "got 1");
    refuses(cornu_subtract(), 3, (cornu__spec[]){vector, vector, vector}, "Subtract", "wanted 2", "got 3");
    refuses(cornu_add_layer(), 2, (cornu__spec[]){vector, other}, "Add", "equal or 1", "(None, 7)");
    refuses(cornu_concatenate(), 2, (cornu__spec[]){vector, image}, "Concatenate", "equally many", "(None, 5, 6, 3)");
    refuses(cornu_batch_normalization(.axis = 5), 1, &vector, "BatchNormalization", "axis 5", "2 axes");
    refuses(cornu_cropping2d(.cropping = cornu_border(3, 0)), 1, &image, "Cropping2D", "leaves nothing",
            "(None, 5, 6, 3)");
    refuses(cornu_global_average_pooling2d(), 1, &vector, "GlobalAveragePooling2D", "4 axes", "(None, 4)");
    refuses(cornu_repeat_vector(2), 1, &image, "RepeatVector", "2 axes", "(None, 5, 6, 3)");
    assert_int_equal(cornu__allocation_live(), 0);
}

static void a_built_layer_refuses_inputs_of_another_size(void **state)
{
    (void)state;
    cornu__spec first = SHAPE(CORNU_NONE, 4), second = SHAPE(CORNU_NONE, 7), output;
    cornu_layer *layer = cornu_dense(3);
    expect(cornu__layer_prepare(layer, 1, &first, &output) == CORNU_OK);
    assert_int_equal(layer->weight_count, 2);
    assert_int_equal(cornu__layer_prepare(layer, 1, &second, &output), CORNU_ERROR_SHAPE);
    assert_non_null(strstr(cornu_error_message(), "size 4"));
    cornu_object_release(layer);
}

/* --- JSON --- */

static void each_class_of_layers_writes_the_config_that_it_read(void **state)
{
    static const char *const files[] = {"layers_convolution", "layers_pooling", "layers_other"};
    /* What Keras writes and Cornu need not, or writes elsewhere. */
    static const char *const skipped[] = {
        "quantization_config", "dtype",       "renorm",    "renorm_clipping", "renorm_momentum", "synchronized",
        "kernel_initializer",  "data_format", "lora_rank", "lora_alpha"};
    (void)state;
    int failed = 0;
    for (int f = 0; f < 3; f++) {
        oracle o = oracle_open(files[f]);
        json_t *cases = json_object_get(o.index, "cases"), *test_case, *theirs;
        size_t i;
        const char *key;
        json_array_foreach(cases, i, test_case)
        {
            cornu__object *layer = case_object(CORNU__KIND_LAYER, test_case);
            if (!layer)
                continue; /* bilinear upsampling: refused, as test_layers says */
            json_t *mine = cornu__object_config_to_json(layer), *config = json_object_get(test_case, "config");
            json_object_foreach(config, key, theirs)
            {
                bool skip = json_is_object(theirs);
                for (size_t k = 0; k < sizeof skipped / sizeof *skipped; k++)
                    skip = skip || strcmp(skipped[k], key) == 0;
                json_t *value = json_object_get(mine, key);
                bool same = json_is_number(theirs) && json_is_number(value)
                                ? fabs(json_number_value(theirs) - json_number_value(value)) <= 1e-7
                                : (value && json_equal(theirs, value));
                /* What is not there and null or false are one to Keras's from_config. */
                bool nothing = !value && (json_is_null(theirs) || json_is_false(theirs));
                if (skip || same || nothing)
                    continue;
                char *a = json_dumps(theirs, JSON_ENCODE_ANY), *b = value ? json_dumps(value, JSON_ENCODE_ANY) : NULL;
                print_error("%s.%s: Keras writes %s, Cornu %s\n", json_string_value(json_object_get(test_case, "name")),
                            key, a, b ? b : "nothing");
                free(a);
                free(b);
                failed++;
            }
            json_decref(mine);
            cornu__object_drop(layer);
        }
        oracle_close(&o);
    }
    assert_int_equal(failed, 0);
}

static void every_class_survives_a_round_trip(void **state)
{
    (void)state;
    for (int kind = 0; kind < CORNU__KIND_COUNT; kind++) {
        for (const cornu__class *const *class = cornu__classes(kind); *class; class ++) {
            cornu__object *object = cornu__object_make(*class, NULL), *back = NULL;
            assert_non_null(object);
            if (object->failure != CORNU_OK) { /* something is required: units, filters, decay_steps */
                cornu__object_drop(object);
                continue;
            }
            json_t *json = cornu__object_to_json(object), *again;
            expect(json);
            expect(cornu__object_from_json(kind, json, (*class)->name, &back) == CORNU_OK);
            if (back) { /* "linear" is no object */
                again = cornu__object_to_json(back);
                if (!json_equal(json, again))
                    fail_msg("%s: %s became %s", (*class)->name, json_dumps(json, JSON_ENCODE_ANY),
                             json_dumps(again, JSON_ENCODE_ANY));
                json_decref(again);
            }
            json_decref(json);
            cornu__object_drop(back);
            cornu__object_drop(object);
        }
    }
    assert_int_equal(cornu__allocation_live(), 0);
}

static void json_of_older_kerases_is_read_and_unknown_fields_are_refused(void **state)
{
    static const char *const good[] = {
        "{\"class_name\":\"Dense\",\"config\":{\"name\":\"d\",\"trainable\":true,\"batch_input_shape\":[null,4],"
        "\"dtype\":\"float32\",\"units\":3,"
        "\"activation\":\"relu\",\"use_bias\":true,\"kernel_initializer\":{\"class_name\":\"VarianceScaling\","
        "\"config\":{\"scale\":1.0,"
        "\"mode\":\"fan_avg\",\"distribution\":\"uniform\",\"seed\":null}},\"bias_initializer\":{\"class_name\":"
        "\"Zeros\",\"config\":{}},"
        "\"kernel_regularizer\":null}}",
        "{\"class_name\":\"BatchNormalization\",\"config\":{\"axis\":[3],\"momentum\":0.9}}",
        "{\"class_name\":\"LeakyReLU\",\"config\":{\"alpha\":0.1}}",
    };
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        json_t *json = json_loads(good[i], 0, NULL);
        cornu_layer *layer = NULL;
        expect(cornu__layer_from_json(json, "model.json", &layer) == CORNU_OK);
        json_decref(json);
        cornu_object_release(layer);
    }
    json_t *json = json_loads("{\"class_name\":\"Dense\",\"config\":{\"units\":3,\"activasion\":\"relu\"}}", 0, NULL);
    cornu_layer *layer = NULL;
    assert_int_equal(cornu__layer_from_json(json, "model.json", &layer), CORNU_ERROR_UNKNOWN_NAME);
    assert_non_null(strstr(cornu_error_message(), "activasion"));
    assert_non_null(strstr(cornu_error_message(), "\"activation\""));
    json_decref(json);
    json = json_loads("{\"class_name\":\"Lambda\",\"config\":{\"function\":[\"code\"]}}", 0, NULL);
    assert_int_equal(cornu__layer_from_json(json, "model.json", &layer), CORNU_ERROR_UNSUPPORTED);
    json_decref(json);
    assert_int_equal(cornu__allocation_live(), 0);
}

/* --- initializers, regularizers, constraints --- */

static double number(const json_t *entry, const char *key)
{
    return json_number_value(json_object_get(entry, key));
}

static void initializers_draw_what_keras_draws_on_the_whole(void **state)
{
    (void)state;
    json_t *index, *entry;
    oracle o = oracle_open("weights");
    index = json_object_get(o.index, "initializers");
    size_t i;
    json_array_foreach(index, i, entry)
    {
        cornu__object *initializer = case_object(CORNU__KIND_INITIALIZER, entry);
        expect(initializer);
        int64_t sizes[CORNU_MAX_RANK], count = 1;
        int rank = (int)json_array_size(json_object_get(entry, "shape"));
        for (int k = 0; k < rank; k++)
            count *= sizes[k] = json_integer_value(json_array_get(json_object_get(entry, "shape"), (size_t)k));
        float *values = calloc((size_t)count, sizeof *values);
        expect(cornu__initialize(initializer, rank, sizes, 7, 3, values) == CORNU_OK);
        double sum = 0, squares = 0, least = values[0], most = values[0];
        for (int64_t k = 0; k < count; k++) {
            sum += values[k];
            squares += (double)values[k] * values[k];
            least = fmin(least, values[k]);
            most = fmax(most, values[k]);
        }
        double mean = sum / count, stddev = sqrt(squares / count - mean * mean), wanted = number(entry, "stddev");
        if (fabs(mean - number(entry, "mean")) > 5 * wanted / sqrt((double)count) * 2 + 1e-6 ||
            fabs(stddev - wanted) > 0.05 * wanted + 1e-6)
            fail_msg("%s: mean %g, stddev %g; Keras: %g, %g", initializer->class->name, mean, stddev,
                     number(entry, "mean"), wanted);
        /* Of bounded draws the bounds are Keras's too. */
        if (strstr(initializer->class->name, "niform") || strcmp(initializer->class->name, "TruncatedNormal") == 0)
            if (fabs(least - number(entry, "minimum")) > 0.1 * wanted ||
                fabs(most - number(entry, "maximum")) > 0.1 * wanted)
                fail_msg("%s: %g to %g; Keras: %g to %g", initializer->class->name, least, most,
                         number(entry, "minimum"), number(entry, "maximum"));
        free(values);
        cornu__object_drop(initializer);
    }
    oracle_close(&o);
}

static void an_orthogonal_weight_has_orthonormal_columns(void **state)
{
    (void)state;
    cornu__object *initializer = (cornu__object *)(void *)cornu_orthogonal(.seed = 5);
    const int64_t sizes[2] = {7, 4};
    float w[28];
    expect(cornu__initialize(initializer, 2, sizes, 1, 1, w) == CORNU_OK);
    for (int a = 0; a < 4; a++)
        for (int b = 0; b < 4; b++) {
            double dot = 0;
            for (int r = 0; r < 7; r++)
                dot += (double)w[r * 4 + a] * w[r * 4 + b];
            assert_true(fabs(dot - (a == b)) < 1e-6);
        }
    cornu_object_release(initializer);
}

static void penalties_and_constraints_are_keras_s(void **state)
{
    (void)state;
    oracle o = oracle_open("weights");
    json_t *entry;
    size_t i;
    int failed = 0;
    json_array_foreach(json_object_get(o.index, "regularizers"), i, entry)
    {
        const char *name = json_string_value(json_object_get(entry, "name"));
        cornu__object *regularizer = case_object(CORNU__KIND_REGULARIZER, entry);
        expect(regularizer);
        bench b;
        bench_open(&b);
        cornu_node *w =
            bench_feed(&b, cornu_array_item_named(o.arrays, json_string_value(json_object_get(entry, "x"))));
        cornu_node *results[2] = {cornu__regularize(regularizer, w)};
        expect(results[0]);
        expect(cornu__gradients(results[0], 1, &w, &results[1]) == CORNU_OK);
        if (results[1]) {
            bench_run(&b, 2, results);
            failed += differs(name, bench_result(&b, 0), oracle_array(&o, name, "penalty", -1), 1e-5, 1e-7);
            failed += differs(name, bench_result(&b, 1), oracle_array(&o, name, "gradient", -1), 1e-4, 1e-6);
        }
        bench_close(&b);
        cornu__object_drop(regularizer);
    }
    json_array_foreach(json_object_get(o.index, "constraints"), i, entry)
    {
        const char *name = json_string_value(json_object_get(entry, "name"));
        cornu__object *constraint = case_object(CORNU__KIND_CONSTRAINT, entry);
        expect(constraint);
        bench b;
        bench_open(&b);
        cornu_node *w =
            bench_feed(&b, cornu_array_item_named(o.arrays, json_string_value(json_object_get(entry, "x"))));
        cornu_node *result = cornu__constrain(constraint, w);
        bench_run(&b, 1, &result);
        failed += differs(name, bench_result(&b, 0), oracle_array(&o, name, "value", -1), 1e-5, 1e-6);
        bench_close(&b);
        cornu__object_drop(constraint);
    }
    assert_int_equal(failed, 0);
    oracle_close(&o);
    assert_int_equal(cornu__allocation_live(), 0);
}

static void constructors_survive_want_of_memory(void **state)
{
    (void)state;
    for (uint64_t n = 1; n < 60; n++) {
        cornu__allocation_fail_at(n);
        cornu_layer *layer = cornu_conv2d(4, 3, .activation = "relu", .kernel_regularizer = cornu_l2(0.1), .name = "c");
        cornu__spec input = SHAPE(CORNU_NONE, 8, 8, 2), output;
        if (layer && cornu_object_status(layer) == CORNU_OK)
            (void)cornu__layer_prepare(layer, 1, &input, &output);
        cornu__allocation_fail_at(0);
        cornu_object_release(layer);
        assert_int_equal(cornu__allocation_live(), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_options_are_refused_by_name_with_what_came),
        cmocka_unit_test(a_failed_object_that_is_given_twice_is_freed_once),
        cmocka_unit_test(shapes_that_do_not_fit_name_layer_wanted_and_got),
        cmocka_unit_test(a_built_layer_refuses_inputs_of_another_size),
        cmocka_unit_test(each_class_of_layers_writes_the_config_that_it_read),
        cmocka_unit_test(every_class_survives_a_round_trip),
        cmocka_unit_test(json_of_older_kerases_is_read_and_unknown_fields_are_refused),
        cmocka_unit_test(initializers_draw_what_keras_draws_on_the_whole),
        cmocka_unit_test(an_orthogonal_weight_has_orthonormal_columns),
        cmocka_unit_test(penalties_and_constraints_are_keras_s),
        cmocka_unit_test(constructors_survive_want_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
