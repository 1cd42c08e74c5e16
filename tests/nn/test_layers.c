/* Layers against Keras: output, gradients of inputs and weights, statistics after a training call. */
#include "harness.h"

#include <stdio.h>
#include <string.h>

#define RELATIVE 2e-4
#define ABSOLUTE 2e-5

static cornu__spec spec_of(const cornu_array *array)
{
    cornu__spec spec = {.dtype = cornu_array_dtype(array), .rank = cornu_array_rank(array)};
    memcpy(spec.shape, cornu_array_shape(array), (size_t)spec.rank * sizeof *spec.shape);
    return spec;
}

/* Which of the oracle's weights (get_weights order) are the layer's: the order and shapes must be Keras's. */
static void take_weights(bench *b, const oracle *o, const char *name, const json_t *names)
{
    assert_int_equal(b->layer->weight_count, json_array_size(names));
    for (int i = 0; i < b->layer->weight_count; i++) {
        b->given[i] = oracle_array(o, name, "weight", i);
        assert_string_equal(b->layer->weights[i]->name, json_string_value(json_array_get(names, (size_t)i)));
        assert_int_equal(b->layer->weights[i]->rank, cornu_array_rank(b->given[i]));
        assert_memory_equal(b->layer->weights[i]->shape, cornu_array_shape(b->given[i]),
                            (size_t)b->layer->weights[i]->rank * sizeof(int64_t));
    }
}

static void add(cornu_node **results, cornu_array **wanted, int *count, cornu_node *node, cornu_array *array)
{
    if (!array)
        return;
    expect(node);
    results[*count] = node;
    wanted[(*count)++] = array;
}

/* 1 if the layer computes something else than Keras. */
static int check_case(const oracle *o, const json_t *test_case)
{
    const char *name = json_string_value(json_object_get(test_case, "name"));
    cornu_node *results[40], *inputs[8], *wrt[24], *gradients[24] = {NULL};
    cornu_array *wanted[40];
    cornu__value values[8] = {{NULL, NULL}}, output;
    cornu__spec specs[8], inferred;
    int count = 0, input_count = 0, failures = 0;
    bench b;
    bench_open(&b);
    b.call.training = json_is_true(json_object_get(test_case, "training"));
    b.layer = (cornu_layer *)case_object(CORNU__KIND_LAYER, test_case);
    if (!b.layer) {
        bool declared = cornu_error_status() == CORNU_ERROR_INVALID_ARGUMENT && strstr(name, "bilinear");
        if (!declared)
            print_error("%s: %s\n", name, cornu_error_message());
        bench_close(&b);
        return !declared;
    }
    for (; oracle_array(o, name, "input", input_count); input_count++) {
        cornu_array *array = oracle_array(o, name, "input", input_count);
        specs[input_count] = spec_of(array);
        specs[input_count].shape[0] = CORNU_NONE;
        values[input_count].node = inputs[input_count] = bench_feed(&b, array);
    }
    expect(cornu__layer_prepare(b.layer, input_count, specs, &inferred) == CORNU_OK);
    take_weights(&b, o, name, json_object_get(test_case, "weights"));
    expect(cornu__layer_call(b.layer, &b.call, input_count, values, &output) == CORNU_OK);
    /* What was inferred is what was lowered. */
    assert_int_equal(inferred.rank, output.node->rank);
    for (int i = 0; i < inferred.rank; i++)
        assert_true(inferred.shape[i] == output.node->shape[i] || (i == 0 && inferred.shape[i] == CORNU_NONE));
    add(results, wanted, &count, output.node, oracle_array(o, name, "output", -1));

    cornu_node *total =
        cornu__op_binary(CORNU__OP_MULTIPLY, output.node, bench_feed(&b, oracle_array(o, name, "upstream", -1)));
    total = cornu__op_reduce(CORNU__OP_SUM, total, 0, NULL, false);
    int wrt_count = 0;
    for (int i = 0; i < input_count; i++)
        if (oracle_array(o, name, "input_gradient", i))
            wrt[wrt_count++] = inputs[i];
    for (int i = 0; i < b.layer->weight_count; i++)
        if (oracle_array(o, name, "weight_gradient", i))
            wrt[wrt_count++] = b.weights[i];
    expect(cornu__gradients(total, wrt_count, wrt, gradients) == CORNU_OK);
    wrt_count = 0;
    for (int i = 0; i < input_count; i++)
        if (oracle_array(o, name, "input_gradient", i))
            add(results, wanted, &count, gradients[wrt_count++], oracle_array(o, name, "input_gradient", i));
    for (int i = 0; i < b.layer->weight_count; i++)
        if (oracle_array(o, name, "weight_gradient", i))
            add(results, wanted, &count, gradients[wrt_count++], oracle_array(o, name, "weight_gradient", i));
    for (int i = 0; i < b.layer->weight_count; i++)
        if (b.assigned[i])
            add(results, wanted, &count, b.assigned[i], oracle_array(o, name, "after", i));
    bench_run(&b, count, results);
    for (int i = 0; i < count; i++) {
        char what[200];
        snprintf(what, sizeof what, "%s, result %d", name, i);
        failures += differs(what, bench_result(&b, i), wanted[i], RELATIVE, ABSOLUTE);
    }
    cornu__object_drop(b.layer);
    bench_close(&b);
    return failures > 0;
}

static void check_file(const char *file)
{
    oracle o = oracle_open(file);
    json_t *cases = json_object_get(o.index, "cases"), *test_case;
    size_t i;
    int failed = 0;
    assert_true(json_array_size(cases) > 0);
    json_array_foreach(cases, i, test_case) failed += check_case(&o, test_case);
    print_message("%s: %zu cases, %d differ\n", file, json_array_size(cases), failed);
    assert_int_equal(failed, 0);
    oracle_close(&o);
    assert_int_equal(cornu__allocation_live(), 0);
}

static void convolutions_compute_what_keras_computes(void **state)
{
    (void)state;
    check_file("layers_convolution");
}

static void poolings_compute_what_keras_computes(void **state)
{
    (void)state;
    check_file("layers_pooling");
}

static void other_layers_compute_what_keras_computes(void **state)
{
    (void)state;
    check_file("layers_other");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(convolutions_compute_what_keras_computes),
        cmocka_unit_test(poolings_compute_what_keras_computes),
        cmocka_unit_test(other_layers_compute_what_keras_computes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
