/* Weights go out and in unchanged, by order, by name, through files; what does not fit is refused and changes nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <cornu/model.h>

#include "base/memory.h"
#include "model/golden.h"

static cornu_model *make_model(uint64_t seed)
{
    cornu_model *model = cornu_sequential(.name = "weighty", .seed = seed);
    cornu_add(model, cornu_conv2d(4, 3, .input_shape = {6, 6, 2}, .name = "conv"));
    cornu_add(model, cornu_batch_normalization(.name = "norm"));
    cornu_add(model, cornu_flatten());
    cornu_add(model, cornu_dense(3, .name = "head"));
    return model;
}

static void hash_of(cornu_model *model, char *text)
{
    assert_ok(cornu_weights_sha256(model, text));
}

static void assert_same_weights(cornu_model *a, cornu_model *b, bool same)
{
    char first[CORNU_SHA256_TEXT_SIZE], second[CORNU_SHA256_TEXT_SIZE];
    hash_of(a, first);
    hash_of(b, second);
    assert_int_equal(strcmp(first, second) == 0, same);
}

static void one_seed_gives_one_set_of_weights(void **state)
{
    (void)state;
    cornu_model *a = make_model(3), *b = make_model(3), *c = make_model(4);
    assert_same_weights(a, b, true);
    assert_same_weights(a, c, false);
    cornu_model_release(a);
    cornu_model_release(b);
    cornu_model_release(c);
}

static void the_hash_is_sha256_of_the_weights_bytes_in_order(void **state)
{
    (void)state;
    cornu_model *model = cornu_sequential();
    cornu_add(model, cornu_dense(2, .input_shape = {3}));
    float numbers[] = {0, 1, 2, 3, 4, 5, 6, 7};
    cornu_array *items[] = {cornu_array_view(CORNU_FLOAT32, 2, (int64_t[]){3, 2}, numbers),
                            cornu_array_view(CORNU_FLOAT32, 1, (int64_t[]){2}, numbers + 6)};
    cornu_array *list = cornu_array_list(2, items);
    assert_ok(cornu_set_weights(model, list));
    char hash[CORNU_SHA256_TEXT_SIZE];
    hash_of(model, hash);
    assert_string_equal(hash, "0571cfe42be5c7b95de9afc7c7ba1286fb7a2ef10a9035f8d6b87d21a3bc8387");
    cornu_array_release(list);
    cornu_array_release(items[0]);
    cornu_array_release(items[1]);
    cornu_model_release(model);
}

static void weights_go_by_order_and_by_name(void **state)
{
    (void)state;
    cornu_model *a = make_model(3), *b = make_model(4), *c = make_model(5);
    cornu_array *list = cornu_get_weights(a), *dictionary = cornu_get_named_weights(a);
    const char *wanted[] = {"conv/kernel",          "conv/bias",   "norm/gamma", "norm/beta", "norm/moving_mean",
                            "norm/moving_variance", "head/kernel", "head/bias"};
    assert_int_equal(cornu_array_item_count(list), 8);
    for (size_t i = 0; i < 8; i++)
        assert_string_equal(cornu_array_item_name(dictionary, i), wanted[i]);
    assert_ok(cornu_set_weights(b, list));
    assert_ok(cornu_set_weights(c, dictionary));
    assert_same_weights(a, b, true);
    assert_same_weights(a, c, true);
    cornu_array_release(list);
    cornu_array_release(dictionary);
    cornu_model_release(a);
    cornu_model_release(b);
    cornu_model_release(c);
}

static void weights_of_other_dtypes_are_converted(void **state)
{
    (void)state;
    cornu_model *model = cornu_sequential();
    cornu_add(model, cornu_dense(1, .input_shape = {2}, .use_bias = false));
    double numbers[] = {0.5, -2};
    cornu_array *item = cornu_array_view(CORNU_FLOAT64, 2, (int64_t[]){2, 1}, numbers),
                *list = cornu_array_list(1, &item);
    assert_ok(cornu_set_weights(model, list));
    cornu_array *got = cornu_get_weights(model);
    assert_true(cornu_array_get(cornu_array_item(got, 0), 0) == 0.5);
    assert_true(cornu_array_get(cornu_array_item(got, 0), 1) == -2);
    cornu_array_release(got);
    cornu_array_release(list);
    cornu_array_release(item);
    cornu_model_release(model);
}

static void what_does_not_fit_changes_nothing(void **state)
{
    (void)state;
    cornu_model *a = make_model(3), *b = make_model(3);
    cornu_array *list = cornu_get_weights(a), *dictionary = cornu_get_named_weights(a);
    cornu_array *items[8];
    const char *names[8];
    for (size_t i = 0; i < 8; i++) {
        items[i] = cornu_array_item(list, i);
        names[i] = cornu_array_item_name(dictionary, i);
    }
    cornu_array *zeros = cornu_array_zeros(CORNU_FLOAT32, 4, (int64_t[]){3, 3, 2, 4});
    items[0] = zeros;
    cornu_array *short_list = cornu_array_list(7, items);
    assert_refused(cornu_set_weights(a, short_list), CORNU_ERROR_SHAPE, "8 weights, got 7");
    cornu_array *wrong = cornu_array_zeros(CORNU_FLOAT32, 1, (int64_t[]){4});
    items[7] = wrong;
    cornu_array *wrong_list = cornu_array_list(8, items);
    assert_refused(cornu_set_weights(a, wrong_list), CORNU_ERROR_SHAPE, "'head'");
    assert_message_has("'bias'");
    assert_message_has("(3,)");
    assert_message_has("(4,)");
    items[7] = cornu_array_item(list, 7);
    names[7] = "head/bais";
    cornu_array *misnamed = cornu_array_dict(8, names, items);
    assert_refused(cornu_set_weights(a, misnamed), CORNU_ERROR_UNKNOWN_NAME, "head/bias");
    assert_message_has("head/bais");
    assert_same_weights(a, b, true);
    cornu_array_release(short_list);
    cornu_array_release(wrong_list);
    cornu_array_release(misnamed);
    cornu_array_release(wrong);
    cornu_array_release(zeros);
    cornu_array_release(list);
    cornu_array_release(dictionary);
    cornu_model_release(a);
    cornu_model_release(b);
}

static void without_memory_no_weight_is_set(void **state)
{
    (void)state;
    cornu_model *a = make_model(3), *b = make_model(3);
    cornu_array *list = cornu_get_weights(a), *items[8];
    for (size_t i = 0; i < 8; i++) {
        const cornu_array *weight = cornu_array_item(list, i);
        items[i] = cornu_array_zeros(CORNU_FLOAT64, cornu_array_rank(weight), cornu_array_shape(weight));
    }
    cornu_array *doubles = cornu_array_list(8, items); /* to be converted */
    cornu_status status = CORNU_ERROR_OUT_OF_MEMORY;
    for (uint64_t n = 1; status == CORNU_ERROR_OUT_OF_MEMORY; n++) {
        cornu__allocation_fail_at(n);
        status = cornu_set_weights(a, doubles);
        cornu__allocation_fail_at(0);
        if (status == CORNU_ERROR_OUT_OF_MEMORY)
            assert_same_weights(a, b, true);
        assert_true(n < 100);
    }
    assert_ok(status);
    assert_same_weights(a, b, false);
    for (size_t i = 0; i < 8; i++)
        cornu_array_release(items[i]);
    cornu_array_release(doubles);
    cornu_array_release(list);
    cornu_model_release(a);
    cornu_model_release(b);
}

static void files_hold_weights_and_a_wrong_one_is_refused(void **state)
{
    (void)state;
    char folder[] = "/tmp/cornu-weights-XXXXXX", path[100];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/weights.npz", folder);
    cornu_model *a = make_model(3), *b = make_model(4);
    assert_ok(cornu_save_weights(a, path));
    assert_ok(cornu_load_weights(b, path));
    assert_same_weights(a, b, true);
    cornu_model *other = cornu_sequential(.name = "other");
    cornu_add(other, cornu_flatten(.input_shape = {6, 6, 2}));
    cornu_add(other, cornu_dense(3, .name = "head"));
    char before[CORNU_SHA256_TEXT_SIZE], after[CORNU_SHA256_TEXT_SIZE];
    hash_of(other, before);
    assert_refused(cornu_load_weights(other, path), CORNU_ERROR_SHAPE, "'head'");
    assert_message_has(path);
    hash_of(other, after);
    assert_string_equal(before, after);
    remove(path);
    assert_int_equal(cornu_load_weights(b, path), CORNU_ERROR_IO);
    assert_int_equal(rmdir(folder), 0); /* nothing else was left there */
    cornu_model_release(a);
    cornu_model_release(b);
    cornu_model_release(other);
}

static void a_snapshot_brings_weights_back(void **state)
{
    (void)state;
    cornu_model *a = make_model(3), *b = make_model(4), *c = make_model(4);
    assert_true(cornu_count_params(a) > 0 && cornu_count_params(b) > 0);
    size_t size = cornu__model_snapshot_size(a);
    assert_int_equal(size, (size_t)cornu_count_params(a) * sizeof(float));
    void *copy = malloc(size);
    assert_ok(cornu__model_snapshot(b, copy));
    cornu_array *list = cornu_get_weights(a);
    assert_ok(cornu_set_weights(b, list));
    assert_same_weights(a, b, true);
    assert_ok(cornu__model_restore(b, copy));
    assert_same_weights(b, c, true);
    free(copy);
    cornu_array_release(list);
    cornu_model_release(a);
    cornu_model_release(b);
    cornu_model_release(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_seed_gives_one_set_of_weights),
        cmocka_unit_test(the_hash_is_sha256_of_the_weights_bytes_in_order),
        cmocka_unit_test(weights_go_by_order_and_by_name),
        cmocka_unit_test(weights_of_other_dtypes_are_converted),
        cmocka_unit_test(what_does_not_fit_changes_nothing),
        cmocka_unit_test(without_memory_no_weight_is_set),
        cmocka_unit_test(files_hold_weights_and_a_wrong_one_is_refused),
        cmocka_unit_test(a_snapshot_brings_weights_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
