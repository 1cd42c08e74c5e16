/* Models as JSON: what Keras wrote is read, what Cornu writes says the same, and what lies is refused. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <cornu/model.h>

#include "base/memory.h"
#include "base/text.h"
#include "model/golden.h"
#include "model/model.h"
#include "support/shared_data.h"

/* --- what Keras wrote --- */

/* That `mine` says all that `keras` says in the keys that both write. Lists must be as long. Returns the number of values compared. */
static int compare(const json_t *mine, const json_t *keras, const char *where)
{
    char place[256];
    int compared = 0;
    if (json_is_object(keras) && json_is_object(mine)) {
        const char *key;
        json_t *value;
        json_object_foreach((json_t *)keras, key, value)
        {
            const json_t *other = json_object_get(mine, key);
            snprintf(place, sizeof place, "%.200s.%s", where, key);
            /* data_format: None stands for Keras's own default, channels_last */
            if (other && !(json_is_null(other) && strcmp(key, "data_format") == 0) &&
                strcmp(key, "compile_config") != 0)
                compared += compare(other, value, place);
        }
    } else if (json_is_array(keras) && json_is_array(mine)) {
        if (json_array_size(keras) != json_array_size(mine))
            fail_msg("%s: %zu items, Keras has %zu", where, json_array_size(mine), json_array_size(keras));
        for (size_t i = 0; i < json_array_size(keras); i++) {
            snprintf(place, sizeof place, "%.200s[%zu]", where, i);
            compared += compare(json_array_get(mine, i), json_array_get(keras, i), place);
        }
    } else {
        double a = json_number_value(mine), b = json_number_value(keras);
        bool equal = json_is_number(keras) && json_is_number(mine) ? a == b : json_equal(mine, keras);
        if (!equal) {
            char *got = json_dumps(mine, JSON_ENCODE_ANY), *wanted = json_dumps(keras, JSON_ENCODE_ANY);
            fail_msg("%s: %s, Keras has %s", where, got, wanted);
        }
        compared++;
    }
    return compared;
}

static json_t *parse(const char *text)
{
    json_t *json = json_loads(text, 0, NULL);
    assert_non_null(json);
    return json;
}

static void check_round_trip(const char *name, const char *keras_text)
{
    uint64_t live = cornu__allocation_live();
    cornu_model *model = cornu_model_from_json(keras_text, 7);
    if (!model)
        fail_msg("%s: %s", name, cornu_error_message());
    char *mine_text = cornu_model_to_json(model);
    if (!mine_text)
        fail_msg("%s: %s", name, cornu_error_message());
    json_t *mine = parse(mine_text), *keras = parse(keras_text);
    assert_true(compare(mine, keras, name) > 20);
    cornu_model *again = cornu_model_from_json(mine_text, 7);
    if (!again)
        fail_msg("%s, read again: %s", name, cornu_error_message());
    char *again_text = cornu_model_to_json(again);
    assert_string_equal(mine_text, again_text);
    if (cornu_input_count(model) > 0) {
        char hash[CORNU_SHA256_TEXT_SIZE], again_hash[CORNU_SHA256_TEXT_SIZE];
        assert_ok(cornu_weights_sha256(model, hash));
        assert_ok(cornu_weights_sha256(again, again_hash));
        assert_string_equal(hash, again_hash);
    }
    json_decref(mine);
    json_decref(keras);
    cornu_free(mine_text);
    cornu_free(again_text);
    cornu_model_release(model);
    cornu_model_release(again);
    assert_int_equal(cornu__allocation_live(), live);
}

static void models_of_keras_3_go_there_and_back(void **state)
{
    (void)state;
    json_t *golden = oracle_json("summary");
    const json_t *item;
    size_t i;
    int checked = 0;
    json_array_foreach(json_object_get(golden, "cases"), i, item)
    {
        const char *json = json_string_value(json_object_get(item, "json"));
        if (!json)
            continue;
        check_round_trip(json_string_value(json_object_get(item, "model")), json);
        checked++;
    }
    assert_true(checked >= 9);
    json_decref(golden);
    const char *names[] = {"trajectory_mlp", "trajectory_cnn_bn", "trajectory_two_io"};
    for (i = 0; i < 3; i++) {
        golden = oracle_json(names[i]);
        check_round_trip(names[i], json_string_value(json_object_get(golden, "model")));
        json_decref(golden);
    }
}

static void weights_stand_in_keras_order(void **state)
{
    (void)state;
    const char *names[] = {"trajectory_mlp", "trajectory_cnn_bn", "trajectory_two_io"};
    for (int i = 0; i < 3; i++) {
        json_t *golden = oracle_json(names[i]), *weights = json_object_get(golden, "weights");
        cornu_model *model = cornu_model_from_json(json_string_value(json_object_get(golden, "model")), 0);
        cornu_array *mine = cornu_get_named_weights(model);
        assert_int_equal(cornu_array_item_count(mine), json_array_size(weights));
        for (size_t k = 0; k < json_array_size(weights); k++) {
            const json_t *weight = json_array_get(weights, k);
            const char *path = json_string_value(json_object_get(weight, "path")),
                       *key = cornu_array_item_name(mine, k);
            assert_true(strlen(path) >= strlen(key)); /* a Sequential's paths begin with its name */
            assert_string_equal(key, path + strlen(path) - strlen(key));
            const cornu_array *array = cornu_array_item(mine, k);
            for (int axis = 0; axis < cornu_array_rank(array); axis++)
                assert_int_equal(cornu_array_size(array, axis),
                                 json_integer_value(json_array_get(json_object_get(weight, "shape"), (size_t)axis)));
        }
        cornu_array_release(mine);
        cornu_model_release(model);
        json_decref(golden);
    }
}

/* Files that others wrote with Keras 1 and 2 lie beside the project, if at all. */
static void files_of_keras_1_and_2_are_read(void **state)
{
    (void)state;
    char folder[SHARED_DATA_PATH_SIZE], path[2 * SHARED_DATA_PATH_SIZE];
    DIR *files = opendir(shared_data_path(folder, "keras_models/json"));
    assert_non_null(files);
    int read = 0, refused = 0;
    for (const struct dirent *file = readdir(files); file; file = readdir(files)) {
        if (!strstr(file->d_name, ".json"))
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, file->d_name);
        cornu_model *model = cornu_model_from_json_file(path, 0);
        if (model) {
            print_message("%s: %lld parameters\n", file->d_name, (long long)cornu_count_params(model));
            read++;
        } else { /* layers that this version does not have must be named */
            print_message("%s\n", cornu_error_message());
            assert_int_equal(cornu_error_status(), CORNU_ERROR_UNKNOWN_NAME);
            assert_message_has("there is no layer");
            refused++;
        }
        cornu_model_release(model);
    }
    closedir(files);
    assert_true(read >= 5);
    assert_true(refused <= 3);
}

/* --- what lies --- */

static void refuse(const char *json, cornu_status status, const char *part)
{
    uint64_t live = cornu__allocation_live();
    cornu_model *model = cornu_model_from_json(json, 0);
    assert_null(model);
    assert_int_equal(cornu_error_status(), status);
    assert_message_has(part);
    assert_int_equal(cornu__allocation_live(), live);
}

#define DENSE(name, calls)                                                                                             \
    "{\"class_name\": \"Dense\", \"name\": \"" name "\", \"config\": {\"name\": \"" name                               \
    "\", \"units\": 2}, \"inbound_nodes\": " calls "}"
#define INPUT                                                                                                          \
    "{\"class_name\": \"InputLayer\", \"name\": \"x\", \"config\": {\"name\": \"x\", \"batch_input_shape\": [null, "   \
    "3]}, "                                                                                                            \
    "\"inbound_nodes\": []}"
#define MODEL(layers, output)                                                                                          \
    "{\"class_name\": \"Model\", \"config\": {\"name\": \"m\", \"layers\": [" layers                                   \
    "], \"input_layers\": [[\"x\", 0, 0]], "                                                                           \
    "\"output_layers\": [" output "]}}"

static void functional_models_of_keras_2_are_read(void **state)
{
    (void)state;
    cornu_model *model = cornu_model_from_json(
        MODEL(DENSE("late", "[[[\"early\", 0, 0, {}]]]") ", " INPUT ", " DENSE("early", "[[[\"x\", 0, 0, {}]]]"),
              "[\"late\", 0, 0]"),
        0);
    if (!model)
        fail_msg("%s", cornu_error_message());
    assert_int_equal(cornu_count_params(model), 8 + 6);
    assert_string_equal(cornu_layer_name(cornu_get_layer(model, NULL, 1)), "early");
    cornu_model_release(model);
}

static void what_is_frozen_is_written_and_read(void **state)
{
    (void)state;
    cornu_model *model = cornu_sequential();
    cornu_add(model, cornu_dense(2, .input_shape = {3}));
    cornu_add(model, cornu_dense(2, .trainable = false));
    cornu_set_trainable(cornu_get_layer(model, NULL, 0), false);
    cornu_set_trainable(cornu_get_layer(model, NULL, 1), true);
    char *json = cornu_model_to_json(model);
    cornu_model *again = cornu_model_from_json(json, 0);
    assert_non_null(again);
    assert_ok(cornu_compile(again, .loss = "mse"));
    assert_false(again->weights[0].trained);
    assert_true(again->weights[2].trained);
    cornu_free(json);
    cornu_model_release(model);
    cornu_model_release(again);
}

#define TOWER(name, x)                                                                                                 \
    "{\"class_name\": \"Sequential\", \"name\": \"" name "\", \"config\": {\"name\": \"" name "\", \"layers\": [{"     \
    "\"class_name\": \"Dense\", \"shared_object_id\": 140234880112, \"config\": {\"name\": \"head\", \"units\": 2}}, " \
    "{\"class_name\": \"Dense\", \"config\": {\"name\": \"" name "_own\", \"units\": 2}}]}, "                          \
    "\"inbound_nodes\": [[[\"" x "\", 0, 0, {}]]]}"

/* Keras 3 writes a layer that stands in two nested models twice, with one number. */
static void a_layer_shared_by_nested_models_has_one_set_of_weights(void **state)
{
    (void)state;
    uint64_t live = cornu__allocation_live();
    cornu_model *model = cornu_model_from_json(
        MODEL(INPUT ", " TOWER("left", "x") ", " TOWER("right", "x"), "[\"left\", 0, 0], [\"right\", 0, 0]"), 0);
    if (!model)
        fail_msg("%s", cornu_error_message());
    cornu_array *weights = cornu_get_named_weights(model);
    assert_int_equal(cornu_array_item_count(weights), 6);
    assert_non_null(cornu_array_item_named(weights, "head/kernel"));
    char *json = cornu_model_to_json(model);
    cornu_model *again = cornu_model_from_json(json, 0);
    assert_int_equal(cornu_count_params(again), cornu_count_params(model));
    cornu_free(json);
    cornu_model_release(again);
    cornu_array_release(weights);
    cornu_model_release(model);
    assert_int_equal(cornu__allocation_live(), live);
}

static void graphs_that_cannot_be_are_refused(void **state)
{
    (void)state;
    refuse(
        MODEL(INPUT ", " DENSE("a", "[[[\"b\", 0, 0, {}]]]") ", " DENSE("b", "[[[\"a\", 0, 0, {}]]]"), "[\"b\", 0, 0]"),
        CORNU_ERROR_FORMAT, "circle");
    refuse(MODEL(INPUT ", " DENSE("a", "[[[\"a\", 0, 0, {}]]]"), "[\"a\", 0, 0]"), CORNU_ERROR_FORMAT, "circle");
    refuse(MODEL(INPUT ", " DENSE("alpha", "[[[\"x\", 0, 0, {}]]]"), "[\"alpa\", 0, 0]"), CORNU_ERROR_UNKNOWN_NAME,
           "'alpha'");
    refuse(MODEL(INPUT ", " DENSE("a", "[[[\"x\", 3, 0, {}]]]"), "[\"a\", 0, 0]"), CORNU_ERROR_FORMAT, "no call 3");
    refuse(MODEL(INPUT ", " DENSE("a", "[[[\"x\", 0, 5, {}]]]"), "[\"a\", 0, 0]"), CORNU_ERROR_INVALID_ARGUMENT,
           "number 5");
    refuse(MODEL(INPUT ", " DENSE("a", "[[[\"x\", 0, 0, {\"scale\": 2}]]]"), "[\"a\", 0, 0]"), CORNU_ERROR_UNSUPPORTED,
           "scale");
    refuse(MODEL(INPUT ", " INPUT, "[\"x\", 0, 0]"), CORNU_ERROR_FORMAT, "two layers");
    refuse(MODEL(INPUT, ""), CORNU_ERROR_INVALID_ARGUMENT, ".outputs");
}

static void sequential_with(const char *layer, cornu_status status, const char *part)
{
    char json[2000];
    snprintf(json, sizeof json, "{\"class_name\": \"Sequential\", \"config\": {\"name\": \"s\", \"layers\": [%s]}}",
             layer);
    refuse(json, status, part);
}

static void layers_that_cannot_be_are_refused(void **state)
{
    (void)state;
    sequential_with("{\"class_name\": \"Lambda\", \"config\": {\"function\": [\"code\", null, null]}}",
                    CORNU_ERROR_UNSUPPORTED, "Lambda");
    sequential_with("{\"class_name\": \"Dence\", \"config\": {\"units\": 2}}", CORNU_ERROR_UNKNOWN_NAME, "Dense");
    sequential_with("{\"class_name\": \"Dense\", \"config\": {\"unit\": 2}}", CORNU_ERROR_UNKNOWN_NAME, "units");
    sequential_with("{\"class_name\": \"Dense\", \"config\": {\"units\": 1e300}}", CORNU_ERROR_FORMAT, "units");
    sequential_with("{\"class_name\": \"Dense\"}", CORNU_ERROR_INVALID_ARGUMENT, "units");
    sequential_with("7", CORNU_ERROR_FORMAT, "class_name");
    sequential_with("{\"class_name\": \"InputLayer\", \"config\": {\"batch_shape\": [null, 4]}}, {\"class_name\": "
                    "\"Conv2D\", \"config\": "
                    "{\"filters\": 2, \"kernel_size\": [3, 3], \"name\": \"eye\"}}",
                    CORNU_ERROR_SHAPE, "eye");
    refuse("{\"class_name\": \"Transformer\", \"config\": {}}", CORNU_ERROR_UNKNOWN_NAME, "Transformer");
    refuse("[1, 2]", CORNU_ERROR_FORMAT, "class_name");
    refuse("{\"class_name\": \"Sequential\"", CORNU_ERROR_FORMAT, "JSON");
    refuse("", CORNU_ERROR_FORMAT, "JSON");
}

static void sizes_beyond_memory_are_refused_before_memory_is_asked_for(void **state)
{
    (void)state;
    cornu_model *model = cornu_model_from_json(
        "{\"class_name\": \"Sequential\", \"config\": {\"name\": \"huge\", \"layers\": ["
        "{\"class_name\": \"Dense\", \"config\": {\"units\": 2000000000, \"batch_input_shape\": [null, "
        "2000000000]}}]}}",
        0);
    if (model) {
        assert_int_equal(cornu_count_params(model), -1);
        cornu_model_release(model);
    }
    assert_true(cornu_error_status() == CORNU_ERROR_LIMIT || cornu_error_status() == CORNU_ERROR_SHAPE);
    assert_message_has(model ? "bytes" : "large");
}

static void models_too_deep_in_each_other_are_refused(void **state)
{
    (void)state;
    enum { DEPTH = 200 };
    cornu__text text = {0};
    for (int i = 0; i < DEPTH; i++)
        cornu__text_add(&text, "{\"class_name\": \"Sequential\", \"config\": [");
    for (int i = 0; i < DEPTH; i++)
        cornu__text_add(&text, "]}");
    char *json = cornu__text_take(&text);
    assert_non_null(json);
    assert_null(cornu_model_from_json(json, 0));
    assert_message_has("deep");
    cornu__free(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(models_of_keras_3_go_there_and_back),
        cmocka_unit_test(weights_stand_in_keras_order),
        cmocka_unit_test(files_of_keras_1_and_2_are_read),
        cmocka_unit_test(functional_models_of_keras_2_are_read),
        cmocka_unit_test(what_is_frozen_is_written_and_read),
        cmocka_unit_test(a_layer_shared_by_nested_models_has_one_set_of_weights),
        cmocka_unit_test(graphs_that_cannot_be_are_refused),
        cmocka_unit_test(layers_that_cannot_be_are_refused),
        cmocka_unit_test(sizes_beyond_memory_are_refused_before_memory_is_asked_for),
        cmocka_unit_test(models_too_deep_in_each_other_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
