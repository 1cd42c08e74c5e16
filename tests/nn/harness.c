#include "harness.h"
#include "support/oracle.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

oracle oracle_open(const char *name)
{
    return (oracle){.index = oracle_json(name), .arrays = oracle_arrays(name)};
}

void oracle_close(oracle *o)
{
    json_decref(o->index);
    cornu_array_release(o->arrays);
}

cornu_array *oracle_array(const oracle *o, const char *name, const char *part, int number)
{
    char key[200];
    if (number < 0)
        snprintf(key, sizeof key, "%s.%s", name, part);
    else
        snprintf(key, sizeof key, "%s.%s%d", name, part, number);
    return cornu_array_item_named(o->arrays, key);
}

static int weight_number(const bench *b, const cornu__weight *weight)
{
    for (int i = 0; i < b->layer->weight_count; i++)
        if (b->layer->weights[i] == weight)
            return i;
    fail_msg("the layer asked for a weight that is not its own");
    return -1;
}

static cornu_node *bench_weight(cornu__call *call, cornu__weight *weight)
{
    bench *b = (bench *)call;
    int i = weight_number(b, weight);
    if (!b->weights[i])
        b->weights[i] = bench_feed(b, b->given[i]);
    return b->weights[i];
}

static cornu_status bench_assign(cornu__call *call, cornu__weight *weight, cornu_node *value)
{
    bench *b = (bench *)call;
    b->assigned[weight_number(b, weight)] = value;
    return CORNU_OK;
}

static cornu_status bench_add_loss(cornu__call *call, cornu_node *loss)
{
    bench *b = (bench *)call;
    b->added_loss = b->added_loss ? cornu__op_binary(CORNU__OP_ADD, b->added_loss, loss) : loss;
    return CORNU_OK;
}

void bench_open(bench *b)
{
    memset(b, 0, sizeof *b);
    b->call = (cornu__call){.graph = cornu__graph_create(),
                            .dtype = CORNU_FLOAT32,
                            .weight = bench_weight,
                            .assign = bench_assign,
                            .add_loss = bench_add_loss};
    expect(b->call.graph);
    expect(cornu__backend_create("reference", 1, &b->backend) == CORNU_OK);
}

void bench_close(bench *b)
{
    cornu__program_release(b->program);
    cornu__graph_release(b->call.graph);
    cornu__backend_release(b->backend);
}

cornu_node *bench_feed(bench *b, cornu_array *array)
{
    assert_non_null(array);
    cornu_node *node = cornu__op_input(b->call.graph, b->input_count, cornu_array_dtype(array), cornu_array_rank(array),
                                       cornu_array_shape(array));
    expect(node);
    b->inputs[b->input_count++] = cornu_array_data(array);
    return node;
}

void bench_run(bench *b, int count, cornu_node *const *results)
{
    const cornu__run_state run = {.seed = 1, .update = 0};
    for (int i = 0; i < count; i++)
        expect(cornu__graph_add_result(b->call.graph, results[i]) == CORNU_OK);
    expect(cornu__program_compile(b->backend, b->call.graph, 0, NULL, &b->program) == CORNU_OK);
    expect(cornu__program_run(b->program, b->inputs, &run) == CORNU_OK);
}

const float *bench_result(const bench *b, int index)
{
    return cornu__program_result(b->program, index);
}

int differs(const char *what, const float *got, const cornu_array *wanted, double relative, double absolute)
{
    for (int64_t i = 0; i < cornu_array_count(wanted); i++) {
        double w = cornu_array_get(wanted, i), g = (double)got[i];
        bool same = isfinite(w) ? fabs(g - w) <= absolute + relative * fabs(w) : isnan(w) ? isnan(g) : g == w;
        if (!same) {
            print_error("%s: element %lld is %.9g, Keras has %.9g\n", what, (long long)i, g, w);
            return 1;
        }
    }
    return 0;
}

cornu__object *case_object(cornu__kind kind, const json_t *test_case)
{
    cornu__object *object = NULL;
    json_t *json = json_pack("{s:O, s:O}", "class_name", json_object_get(test_case, "class_name"), "config",
                             json_object_get(test_case, "config"));
    cornu_status status =
        cornu__object_from_json(kind, json, json_string_value(json_object_get(test_case, "name")), &object);
    json_decref(json);
    return status == CORNU_OK ? object : NULL;
}
