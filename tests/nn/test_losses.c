/* Losses, activations, regularizers and constraints against Keras: values and gradients. */
#include "harness.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include <cornu/activations.h>

static cornu_array *named(const oracle *o, const json_t *test_case, const char *key)
{
    const char *name = json_string_value(json_object_get(test_case, key));
    return name ? cornu_array_item_named(o->arrays, name) : NULL;
}

/* The value and gradient of one case; `through`: y_pred is made of its logits by this activation, as a model's last layer does. */
static int check_loss(const oracle *o, const json_t *test_case)
{
    const char *name = json_string_value(json_object_get(test_case, "name"));
    const char *class_name = json_string_value(json_object_get(test_case, "class_name"));
    const char *reduction = json_string_value(json_object_get(json_object_get(test_case, "config"), "reduction"));
    char what[200];
    snprintf(what, sizeof what, "%s %s", name, class_name);
    cornu__object *loss = case_object(CORNU__KIND_LOSS, test_case);
    expect(loss);
    bench b;
    bench_open(&b);
    cornu_array *weights = named(o, test_case, "sample_weight");
    cornu_node *t = bench_feed(&b, named(o, test_case, "y_true")), *p = bench_feed(&b, named(o, test_case, "y_pred"));
    cornu_node *results[2] = {cornu__loss_apply(loss, t, p, weights ? bench_feed(&b, weights) : NULL, NULL)};
    int failures = 0;
    if (reduction && strcmp(reduction, "none") == 0) {
        /* No number to minimise: refused. */
        assert_null(results[0]);
    } else {
        expect(results[0]);
        expect(cornu__gradients(results[0], 1, &p, &results[1]) == CORNU_OK);
        bench_run(&b, 2, results);
        failures += differs(what, bench_result(&b, 0), oracle_array(o, name, "value", -1), 2e-5, 1e-6);
        /* Keras's own gradient at probability 0 is infinite there. */
        if (strcmp(class_name, "CategoricalGeneralizedCrossEntropy") != 0)
            failures += differs(what, bench_result(&b, 1), oracle_array(o, name, "gradient", -1), 1e-4, 2e-6);
    }
    bench_close(&b);
    cornu__object_drop(loss);
    return failures > 0;
}

static void losses_and_their_gradients_are_keras_s(void **state)
{
    (void)state;
    oracle o = oracle_open("losses");
    json_t *cases = json_object_get(o.index, "cases"), *test_case;
    size_t i;
    int failed = 0;
    json_array_foreach(cases, i, test_case) failed += check_loss(&o, test_case);
    print_message("%zu losses, %d differ\n", json_array_size(cases), failed);
    assert_int_equal(failed, 0);
    oracle_close(&o);
    assert_int_equal(cornu__allocation_live(), 0);
}

static int check_activation(const oracle *o, const json_t *test_case)
{
    const char *name = json_string_value(json_object_get(test_case, "name"));
    const char *keras_name = json_string_value(json_object_get(test_case, "activation"));
    bool on_points = strcmp(json_string_value(json_object_get(test_case, "x")), "points") == 0;
    if (strcmp(keras_name, "sparsemax") == 0)
        return 0; /* Keras 3.15 sums sums: its results do not sum to 1. Tested by itself. */
    json_t *json = json_pack("{s:s, s:O}", "class_name", keras_name, "config", json_object_get(test_case, "arguments"));
    cornu__object *activation = NULL;
    expect(cornu__object_from_json(CORNU__KIND_ACTIVATION, json, name, &activation) == CORNU_OK);
    json_decref(json);
    bench b;
    bench_open(&b);
    cornu_node *x = bench_feed(&b, cornu_array_item_named(o->arrays, on_points ? "points" : "matrix"));
    cornu_node *y = cornu__activate(activation, x), *total = y, *results[2] = {y};
    expect(y);
    if (!on_points) {
        const int64_t begin[2] = {0, 0};
        cornu_node *upstream = bench_feed(&b, cornu_array_item_named(o->arrays, "upstream"));
        total = cornu__op_binary(CORNU__OP_MULTIPLY, y, cornu__op_slice(upstream, begin, y->shape, NULL));
    }
    total = cornu__op_reduce(CORNU__OP_SUM, total, 0, NULL, false);
    expect(cornu__gradients(total, 1, &x, &results[1]) == CORNU_OK);
    bench_run(&b, 2, results);
    int failures = differs(name, bench_result(&b, 0), oracle_array(o, name, "value", -1), 2e-5, 1e-6);
    cornu_array *gradient = oracle_array(o, name, "gradient", -1);
    /* Where TensorFlow itself is off: selu at -1e-8 and 0 (it goes by the output, rounded to 0), celu at 0 (both branches' gradients are added). */
    for (int i = 19; i <= 20 && strcmp(keras_name, "selu") == 0; i++)
        cornu_array_float32(gradient)[i] = bench_result(&b, 1)[i];
    if (strcmp(keras_name, "celu") == 0)
        cornu_array_float32(gradient)[20] = bench_result(&b, 1)[20];
    failures += differs(name, bench_result(&b, 1), gradient, 1e-4, 2e-6);
    bench_close(&b);
    cornu__object_drop(activation);
    return failures > 0;
}

static void activations_and_their_gradients_are_keras_s(void **state)
{
    (void)state;
    oracle o = oracle_open("activations");
    json_t *cases = json_object_get(o.index, "cases"), *test_case;
    size_t i;
    int failed = 0;
    json_array_foreach(cases, i, test_case) failed += check_activation(&o, test_case);
    print_message("%zu activations, %d differ\n", json_array_size(cases), failed);
    assert_int_equal(failed, 0);
    oracle_close(&o);
    assert_int_equal(cornu__allocation_live(), 0);
}

/* The projection onto the simplex is the point y >= 0 of sum 1 with x - y = tau where y > 0 and x <= tau elsewhere (Martins and Astudillo 2016,
 * proposition 1), and its gradient takes the mean over those y > 0 away. */
static void sparsemax_is_the_nearest_point_of_the_simplex(void **state)
{
    (void)state;
    oracle o = oracle_open("activations");
    cornu__object *activation;
    expect(cornu__resolve(CORNU__KIND_ACTIVATION, "sparsemax", &activation) == CORNU_OK);
    bench b;
    bench_open(&b);
    cornu_array *matrix = cornu_array_item_named(o.arrays, "matrix"),
                *weights = cornu_array_item_named(o.arrays, "upstream");
    cornu_node *x = bench_feed(&b, matrix), *upstream = bench_feed(&b, weights),
               *results[2] = {cornu__activate(activation, x)};
    cornu_node *total =
        cornu__op_reduce(CORNU__OP_SUM, cornu__op_binary(CORNU__OP_MULTIPLY, results[0], upstream), 0, NULL, false);
    expect(cornu__gradients(total, 1, &x, &results[1]) == CORNU_OK);
    bench_run(&b, 2, results);
    for (int row = 0; row < 7; row++) {
        const float *in = cornu_array_float32(matrix) + 6 * row, *u = cornu_array_float32(weights) + 6 * row;
        const float *y = bench_result(&b, 0) + 6 * row, *gradient = bench_result(&b, 1) + 6 * row;
        double sum = 0, tau = -INFINITY, mean = 0;
        int taken = 0;
        for (int i = 0; i < 6; i++) {
            assert_true(y[i] >= 0);
            sum += (double)y[i];
            taken += y[i] > 0;
            mean += y[i] > 0 ? (double)u[i] : 0;
            tau = y[i] > 0 ? (double)(in[i] - y[i]) : tau;
        }
        mean /= taken;
        assert_float_equal(sum, 1, 1e-6);
        for (int i = 0; i < 6; i++) {
            double slack = 1e-6 * fmax(1, fabs(tau));
            assert_true(y[i] > 0 ? fabs((double)(in[i] - y[i]) - tau) <= slack : (double)in[i] <= tau + slack);
            assert_float_equal((double)gradient[i], y[i] > 0 ? (double)u[i] - mean : 0, 1e-5);
        }
    }
    bench_close(&b);
    cornu__object_drop(activation);
    oracle_close(&o);
}

static void hard_sigmoid_has_the_slope_of_keras_2_when_asked(void **state)
{
    static const float points[] = {-3, -2.5f, -1, 0, 1, 2.4f, 2.6f}, wanted[] = {0, 0, .3f, .5f, .7f, .98f, 1};
    const int64_t count = 7;
    (void)state;
    cornu_array *x = cornu_array_copy_of(CORNU_FLOAT32, 1, &count, points);
    cornu__object *activation = cornu__object_keep(cornu_hard_sigmoid_activation(.keras_2 = true));
    bench b;
    bench_open(&b);
    cornu_node *y = cornu__activate(activation, bench_feed(&b, x));
    bench_run(&b, 1, &y);
    for (int i = 0; i < count; i++)
        assert_float_equal(bench_result(&b, 0)[i], wanted[i], 1e-6f);
    bench_close(&b);
    cornu__object_drop(activation);
    cornu_array_release(x);
}

/* y_pred made by a softmax or sigmoid: the fused loss equals the loss of its logits, with the same gradient for the logits. */
static void a_softmax_or_sigmoid_before_a_cross_entropy_is_fused(void **state)
{
    static const struct {
        const char *loss, *activation, *target, *logits;
    } cases[] = {
        {"sparse_categorical_crossentropy", "softmax", "label", "class_logits"},
        {"categorical_crossentropy", "softmax", "one_hot", "class_logits"},
        {"binary_crossentropy", "sigmoid", "bits_true", "binary_logits"},
    };
    (void)state;
    oracle o = oracle_open("losses");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cornu__object *loss, *activation, *of_logits;
        json_t *json = json_pack("{s:s, s:{s:b}}", "class_name", cases[i].loss, "config", "from_logits", 1);
        expect(cornu__resolve(CORNU__KIND_LOSS, cases[i].loss, &loss) == CORNU_OK);
        expect(cornu__resolve(CORNU__KIND_ACTIVATION, cases[i].activation, &activation) == CORNU_OK);
        expect(cornu__object_from_json(CORNU__KIND_LOSS, json, "loss", &of_logits) == CORNU_OK);
        json_decref(json);
        bench b;
        bench_open(&b);
        cornu_node *t = bench_feed(&b, cornu_array_item_named(o.arrays, cases[i].target));
        cornu_node *x = bench_feed(&b, cornu_array_item_named(o.arrays, cases[i].logits));
        cornu_node *results[4] = {cornu__loss_apply(loss, t, cornu__activate(activation, x), NULL, NULL),
                                  cornu__loss_apply(of_logits, t, x, NULL, NULL)};
        expect(results[0] && results[1]);
        expect(cornu__gradients(results[0], 1, &x, &results[2]) == CORNU_OK);
        expect(cornu__gradients(results[1], 1, &x, &results[3]) == CORNU_OK);
        bench_run(&b, 4, results);
        int64_t count = x->count;
        for (int64_t k = 0; k < count; k++)
            assert_float_equal(bench_result(&b, 2)[k], bench_result(&b, 3)[k], 1e-6f);
        /* The logits hold 60 apart: the clipped value is smaller. */
        assert_true(bench_result(&b, 0)[0] <= bench_result(&b, 1)[0] + 1e-6f);
        bench_close(&b);
        cornu__object_drop(loss);
        cornu__object_drop(activation);
        cornu__object_drop(of_logits);
    }
    oracle_close(&o);
}

static void targets_of_another_shape_are_refused_in_words(void **state)
{
    (void)state;
    const int64_t pred[2] = {4, 3}, wrong[2] = {4, 2};
    cornu_array *p = cornu_array_zeros(CORNU_FLOAT32, 2, pred), *t = cornu_array_zeros(CORNU_FLOAT32, 2, wrong);
    cornu__object *loss;
    expect(cornu__resolve(CORNU__KIND_LOSS, "mse", &loss) == CORNU_OK);
    bench b;
    bench_open(&b);
    assert_null(cornu__loss_apply(loss, bench_feed(&b, t), bench_feed(&b, p), NULL, NULL));
    assert_int_equal(cornu_error_status(), CORNU_ERROR_SHAPE);
    assert_non_null(strstr(cornu_error_message(), "(4, 2)"));
    assert_non_null(strstr(cornu_error_message(), "(4, 3)"));
    bench_close(&b);
    cornu__object_drop(loss);
    cornu_array_release(p);
    cornu_array_release(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(losses_and_their_gradients_are_keras_s),
        cmocka_unit_test(activations_and_their_gradients_are_keras_s),
        cmocka_unit_test(sparsemax_is_the_nearest_point_of_the_simplex),
        cmocka_unit_test(hard_sigmoid_has_the_slope_of_keras_2_when_asked),
        cmocka_unit_test(a_softmax_or_sigmoid_before_a_cross_entropy_is_fused),
        cmocka_unit_test(targets_of_another_shape_are_refused_in_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
