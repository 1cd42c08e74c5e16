/* Losses against Keras behind masks and where predictions are not finite; their gradients against central differences in double; CTC's labels. */
#include "harness.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cornu/losses.h>

static cornu_array *named(const oracle *o, const json_t *test_case, const char *key)
{
    const char *name = json_string_value(json_object_get(test_case, key));
    return name ? cornu_array_item_named(o->arrays, name) : NULL;
}

static cornu_node *feed_or_null(bench *b, cornu_array *array)
{
    return array ? bench_feed(b, array) : NULL;
}

static int check_case(const oracle *o, const json_t *test_case)
{
    const char *name = json_string_value(json_object_get(test_case, "name"));
    char what[200];
    snprintf(what, sizeof what, "%s %s", name, json_string_value(json_object_get(test_case, "class_name")));
    cornu__object *loss = case_object(CORNU__KIND_LOSS, test_case);
    expect(loss);
    bench b;
    bench_open(&b);
    cornu_node *t = bench_feed(&b, named(o, test_case, "y_true")), *p = bench_feed(&b, named(o, test_case, "y_pred"));
    cornu_node *weight = feed_or_null(&b, named(o, test_case, "sample_weight"));
    cornu_node *mask = feed_or_null(&b, named(o, test_case, "mask"));
    cornu_node *results[2] = {cornu__loss_apply(loss, t, p, weight, mask)};
    expect(results[0]);
    expect(cornu__gradients(results[0], 1, &p, &results[1]) == CORNU_OK);
    bench_run(&b, 2, results);
    int failures = differs(what, bench_result(&b, 0), oracle_array(o, name, "value", -1), 2e-5, 1e-6);
    failures += differs(what, bench_result(&b, 1), oracle_array(o, name, "gradient", -1), 1e-4, 4e-6);
    bench_close(&b);
    cornu__object_drop(loss);
    return failures > 0;
}

static void ctc_and_losses_behind_masks_are_keras_s(void **state)
{
    (void)state;
    oracle o = oracle_open("losses_more");
    json_t *cases = json_object_get(o.index, "cases"), *test_case;
    size_t i;
    int failed = 0;
    json_array_foreach(cases, i, test_case) failed += check_case(&o, test_case);
    print_message("%zu losses, %d differ\n", json_array_size(cases), failed);
    assert_int_equal(failed, 0);
    oracle_close(&o);
    assert_int_equal(cornu__allocation_live(), 0);
}

/* --- predictions that are not finite --- */

static bool same_value(double got, double wanted)
{
    if (isnan(wanted))
        return isnan(got);
    return isinf(wanted) ? got == wanted : fabs(got - wanted) <= 1e-6 + 2e-5 * fabs(wanted);
}

static void predictions_that_are_not_finite_give_what_keras_gives(void **state)
{
    static const float specials[] = {NAN, INFINITY, -INFINITY};
    (void)state;
    oracle o = oracle_open("losses_more");
    json_t *cases = json_object_get(o.index, "not_finite"), *test_case;
    size_t i;
    int failed = 0;
    json_array_foreach(cases, i, test_case)
    {
        const char *name = json_string_value(json_object_get(test_case, "name"));
        cornu__object *loss = case_object(CORNU__KIND_LOSS, test_case);
        cornu_array *wanted = oracle_array(&o, name, "value", -1);
        for (int special = 0; special < 3; special++) {
            cornu_array *t = named(&o, test_case, "y_true"), *p = named(&o, test_case, "y_pred");
            float *spoiled = &cornu_array_float32(p)[4 + 3], kept = *spoiled;
            *spoiled = specials[special];
            bench b;
            bench_open(&b);
            cornu_node *values =
                ((const cornu__loss_class *)loss->class)->per_sample(loss, bench_feed(&b, t), bench_feed(&b, p));
            bench_run(&b, 1, &values);
            for (int sample = 0; sample < 4; sample++) {
                double got = (double)bench_result(&b, 0)[sample], keras = cornu_array_get(wanted, 4 * special + sample);
                if (same_value(got, keras))
                    continue;
                print_error("%s of %g: sample %d: %g, and Keras's is %g\n", loss->class->name,
                            (double)specials[special], sample, got, keras);
                failed++;
            }
            bench_close(&b);
            *spoiled = kept;
        }
        cornu__object_drop(loss);
    }
    assert_int_equal(failed, 0);
    oracle_close(&o);
}

/* --- gradients --- */

#define MOST_ELEMENTS 64

/* A loss and numbers to try it on: predictions in (low, high), targets of a kind. */
typedef struct loss_trial {
    cornu_loss *loss;
    double low, high;
    enum { REAL, BITS, ONE_HOT, LABEL, SEQUENCE } targets;
    int rank;
    int64_t shape[3];
} loss_trial;

static double some_number(uint64_t *state)
{
    *state = *state * 6364136223846793005U + 1442695040888963407U;
    return (double)(*state >> 11) * 0x1p-53;
}

static cornu_node *some_targets(const loss_trial *trial, cornu__graph *graph, uint64_t *state)
{
    double values[MOST_ELEMENTS] = {0};
    int32_t labels[MOST_ELEMENTS] = {1, 2, 2, 0, 3, 0, 0, 0};
    int64_t classes = trial->shape[trial->rank - 1],
            rows = trial->rank == 3 ? trial->shape[0] * trial->shape[1] : trial->shape[0];
    const int64_t sequences[2] = {trial->shape[0], 4};
    if (trial->targets == SEQUENCE)
        return cornu__op_constant(graph, CORNU_INT32, 2, sequences, labels);
    for (int64_t row = 0; row < rows; row++) {
        labels[row] = (int32_t)(row * 7 / 2 % classes);
        for (int64_t c = 0; c < classes; c++)
            values[row * classes + c] = trial->targets == ONE_HOT ? (double)(c == labels[row])
                                        : trial->targets == BITS  ? (double)(some_number(state) > 0.5)
                                                                  : trial->low + 0.1 + some_number(state);
    }
    return trial->targets == LABEL ? cornu__op_constant(graph, CORNU_INT32, trial->rank - 1, trial->shape, labels)
                                   : cornu__op_constant(graph, CORNU_FLOAT64, trial->rank, trial->shape, values);
}

/* How many elements of the gradient are not the central difference. */
static int check_trial(const loss_trial *trial)
{
    const double step = 1e-5;
    const cornu__run_state run = {.seed = 1};
    cornu__object *loss = cornu__object_keep(trial->loss);
    cornu__backend *backend;
    cornu__program *program;
    double predictions[MOST_ELEMENTS], gradient[MOST_ELEMENTS];
    uint64_t state = 5;
    int failed = 0;
    expect(cornu__object_status(loss) == CORNU_OK);
    expect(cornu__backend_create("reference", 1, &backend) == CORNU_OK);
    cornu__graph *graph = cornu__graph_create();
    cornu_node *p = cornu__op_input(graph, 0, CORNU_FLOAT64, trial->rank, trial->shape), *slope;
    cornu_node *value = cornu__loss_apply(loss, some_targets(trial, graph, &state), p, NULL, NULL);
    expect(value && cornu__gradients(value, 1, &p, &slope) == CORNU_OK);
    expect(cornu__graph_add_result(graph, value) == CORNU_OK && cornu__graph_add_result(graph, slope) == CORNU_OK);
    expect(cornu__program_compile(backend, graph, 0, NULL, &program) == CORNU_OK);
    int64_t count = p->count;
    assert_true(count <= MOST_ELEMENTS);
    for (int64_t i = 0; i < count; i++)
        predictions[i] = trial->low + (trial->high - trial->low) * some_number(&state);
    const void *feeds[] = {predictions};
    expect(cornu__program_run(program, feeds, &run) == CORNU_OK);
    memcpy(gradient, cornu__program_result(program, 1), (size_t)count * sizeof *gradient);
    for (int64_t i = 0; i < count; i++) {
        double at = predictions[i], losses[2];
        for (int side = 0; side < 2; side++) {
            predictions[i] = at + (side ? step : -step);
            expect(cornu__program_run(program, feeds, &run) == CORNU_OK);
            losses[side] = *(const double *)cornu__program_result(program, 0);
        }
        predictions[i] = at;
        double difference = (losses[1] - losses[0]) / (2 * step);
        if (fabs(difference - gradient[i]) <= 1e-6 * (1 + fabs(difference)))
            continue;
        print_error("%s: element %d: gradient %.10g, difference %.10g\n", loss->class->name, (int)i, gradient[i],
                    difference);
        failed++;
    }
    cornu__program_release(program);
    cornu__graph_release(graph);
    cornu__backend_release(backend);
    cornu__object_drop(loss);
    return failed;
}

static void every_gradient_is_the_central_difference(void **state)
{
    (void)state;
    const loss_trial trials[] = {
        {cornu_mean_squared_error(), -1, 1, REAL, 2, {3, 4}},
        {cornu_mean_absolute_error(), -1, 1, REAL, 2, {3, 4}},
        {cornu_mean_absolute_percentage_error(), -1, 1, REAL, 2, {3, 4}},
        {cornu_mean_squared_logarithmic_error(), 0.1, 2, REAL, 2, {3, 4}},
        {cornu_log_cosh(), -2, 2, REAL, 2, {3, 4}},
        {cornu_huber(.delta = 0.7), -2, 2, REAL, 2, {3, 4}},
        {cornu_huber(.delta = 0.7, .keras_2 = true), -2, 2, REAL, 2, {3, 4}},
        {cornu_hinge(), -2, 2, BITS, 2, {3, 4}},
        {cornu_squared_hinge(), -2, 2, BITS, 2, {3, 4}},
        {cornu_categorical_hinge(), -2, 2, ONE_HOT, 2, {3, 4}},
        {cornu_kl_divergence(), 0.1, 0.9, REAL, 2, {3, 4}},
        {cornu_poisson(), 0.1, 2, REAL, 2, {3, 4}},
        {cornu_cosine_similarity(), -2, 2, REAL, 2, {3, 4}},
        {cornu_cosine_similarity(.axis = 1), -2, 2, REAL, 3, {2, 3, 4}},
        {cornu_binary_crossentropy(.label_smoothing = 0.1), 0.1, 0.9, BITS, 2, {3, 4}},
        {cornu_binary_crossentropy(.from_logits = true), -3, 3, BITS, 2, {3, 4}},
        {cornu_categorical_crossentropy(.label_smoothing = 0.1), 0.1, 0.9, ONE_HOT, 2, {3, 4}},
        {cornu_categorical_crossentropy(.from_logits = true), -3, 3, ONE_HOT, 3, {2, 3, 4}},
        {cornu_sparse_categorical_crossentropy(), 0.1, 0.9, LABEL, 2, {3, 4}},
        {cornu_sparse_categorical_crossentropy(.from_logits = true, .ignore_class = 0), -3, 3, LABEL, 3, {2, 3, 4}},
        {cornu_binary_focal_crossentropy(.gamma = 1.5, .apply_class_balancing = true), 0.1, 0.9, BITS, 2, {3, 4}},
        {cornu_binary_focal_crossentropy(.from_logits = true), -3, 3, BITS, 2, {3, 4}},
        {cornu_categorical_focal_crossentropy(.gamma = 3, .alpha = 0.4), 0.1, 0.9, ONE_HOT, 2, {3, 4}},
        {cornu_categorical_focal_crossentropy(.from_logits = true), -3, 3, ONE_HOT, 2, {3, 4}},
        {cornu_dice(), 0.1, 0.9, BITS, 2, {3, 4}},
        {cornu_tversky(.alpha = 0.3, .beta = 0.7, .axis = {1, {1}}), 0.1, 0.9, BITS, 2, {3, 4}},
        {cornu_categorical_generalized_cross_entropy(.q = 0.7), 0.1, 0.9, LABEL, 2, {3, 4}},
        {cornu_circle(.gamma = 4), -0.6, 0.6, LABEL, 2, {6, 3}},
        {cornu_circle(.gamma = 4, .margin = 0.2, .remove_diagonal = false), -0.6, 0.6, LABEL, 2, {6, 3}},
        {cornu_ctc(), -3, 3, SEQUENCE, 3, {2, 7, 4}},
        {cornu_ctc(.reduction = "sum"), -3, 3, SEQUENCE, 3, {2, 4, 4}},
    };
    int failed = 0;
    for (size_t i = 0; i < sizeof trials / sizeof *trials; i++)
        failed += check_trial(&trials[i]);
    assert_int_equal(failed, 0);
    assert_int_equal(cornu__allocation_live(), 0);
}

/* --- Keras 2's Huber, CTC's errors --- */

/* Keras 2.3 leaves the elements as they are, so that reduction "sum" sums them. */
static void huber_of_keras_2_is_not_averaged(void **state)
{
    static const float zeros[] = {0, 0, 0, 0}, errors[] = {0.5f, -1, 2, -3};
    const int64_t shape[2] = {2, 2};
    (void)state;
    for (int keras_2 = 0; keras_2 < 2; keras_2++) {
        cornu_array *t = cornu_array_copy_of(CORNU_FLOAT32, 2, shape, zeros),
                    *p = cornu_array_copy_of(CORNU_FLOAT32, 2, shape, errors);
        cornu__object *losses[2] = {cornu__object_keep(cornu_huber(.keras_2 = keras_2, .reduction = "sum")),
                                    cornu__object_keep(cornu_huber(.keras_2 = keras_2))};
        bench b;
        bench_open(&b);
        cornu_node *x = bench_feed(&b, t), *y = bench_feed(&b, p), *results[2];
        for (int i = 0; i < 2; i++)
            results[i] = cornu__loss_apply(losses[i], x, y, NULL, NULL);
        bench_run(&b, 2, results);
        double all = 0.125 + 0.5 + 1.5 + 2.5;
        assert_float_equal(bench_result(&b, 0)[0], keras_2 ? all : all / 2, 1e-6f);
        assert_float_equal(bench_result(&b, 1)[0], all / 4, 1e-6f);
        bench_close(&b);
        cornu__object_drop(losses[0]);
        cornu__object_drop(losses[1]);
        cornu_array_release(t);
        cornu_array_release(p);
    }
}

/* Runs CTC of 4 time steps and 5 classes on one label, which must fail with a message that holds the word. */
static void check_label_fails(const int32_t label[4], const char *word)
{
    const int64_t logits_shape[3] = {1, 4, 5}, label_shape[2] = {1, 4};
    const cornu__run_state run = {.seed = 1};
    cornu_array *x = cornu_array_zeros(CORNU_FLOAT32, 3, logits_shape),
                *y = cornu_array_copy_of(CORNU_INT32, 2, label_shape, label);
    bench b;
    bench_open(&b);
    cornu_node *p = bench_feed(&b, x), *loss = cornu__op_ctc(p, bench_feed(&b, y));
    expect(cornu__graph_add_result(b.call.graph, loss) == CORNU_OK);
    expect(cornu__program_compile(b.backend, b.call.graph, 0, NULL, &b.program) == CORNU_OK);
    assert_int_equal(cornu__program_run(b.program, b.inputs, &run), CORNU_ERROR_DATA);
    if (!strstr(cornu_error_message(), word))
        fail_msg("'%s' does not say '%s'", cornu_error_message(), word);
    bench_close(&b);
    cornu_array_release(x);
    cornu_array_release(y);
}

static void labels_that_cannot_be_are_errors_that_say_why(void **state)
{
    (void)state;
    check_label_fails((const int32_t[]){1, 1, 2, 2}, "takes 6 time steps; the output has 4");
    check_label_fails((const int32_t[]){1, 5, 0, 0}, "the class 5");
    check_label_fails((const int32_t[]){1, -1, 0, 0}, "the class -1");
    check_label_fails((const int32_t[]){1, 0, 2, 0}, "a 0 between the classes");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ctc_and_losses_behind_masks_are_keras_s),
        cmocka_unit_test(predictions_that_are_not_finite_give_what_keras_gives),
        cmocka_unit_test(every_gradient_is_the_central_difference),
        cmocka_unit_test(huber_of_keras_2_is_not_averaged),
        cmocka_unit_test(labels_that_cannot_be_are_errors_that_say_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
