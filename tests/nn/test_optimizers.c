/* Optimizers, schedules and metrics against Keras. What the model adds around an update (clipping, averages, accumulation) is tested with it. */
#include "harness.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One update of `count` weights, through a graph of its own. */
static void step(const cornu__object *optimizer, const cornu_array *shaped, cornu_array *weight, cornu_array *gradient,
                 cornu_array **slots, int slot_count, double rate, int number)
{
    const cornu__optimizer_class *class = (const cornu__optimizer_class *)optimizer->class;
    bench b;
    bench_open(&b);
    cornu__update update = {.weight = bench_feed(&b, weight), .gradient = bench_feed(&b, gradient)};
    cornu_node *results[1 + CORNU__OPTIMIZER_MAX_SLOTS];
    update.rank = cornu_array_rank(shaped);
    memcpy(update.shape, cornu_array_shape(shaped), (size_t)update.rank * sizeof *update.shape);
    update.learning_rate = cornu__op_scalar(b.call.graph, CORNU_FLOAT32, rate);
    update.step = cornu__op_scalar(b.call.graph, CORNU_FLOAT32, number);
    for (int i = 0; i < slot_count; i++)
        update.slots[i] = bench_feed(&b, slots[i]);
    if (class->weight_decay) {
        double kept = 1 - rate * class->weight_decay(optimizer, &update);
        update.weight = cornu__op_binary_scalar(CORNU__OP_MULTIPLY, update.weight, kept);
    }
    expect(class->update(optimizer, &update) == CORNU_OK);
    results[0] = update.new_weight;
    for (int i = 0; i < slot_count; i++)
        results[1 + i] = update.new_slots[i];
    bench_run(&b, 1 + slot_count, results);
    size_t size = (size_t)cornu_array_count(weight) * sizeof(float);
    memcpy(cornu_array_data(weight), bench_result(&b, 0), size);
    for (int i = 0; i < slot_count; i++)
        memcpy(cornu_array_data(slots[i]), bench_result(&b, 1 + i), size);
    bench_close(&b);
}

/* Whether the model has a part in this run's updates. */
static bool needs_a_model(const cornu__object *optimizer)
{
    const cornu__optimizer_common *o = optimizer->config;
    bool decays_itself = ((const cornu__optimizer_class *)optimizer->class)->weight_decay != NULL;
    return (!isnan(o->weight_decay) && !decays_itself) || !isnan(o->clipnorm) || !isnan(o->clipvalue) ||
           !isnan(o->global_clipnorm) || o->use_ema || o->gradient_accumulation_steps != 0;
}

static int run_variable(const oracle *o, const cornu__object *optimizer, const char *run, int variable, int steps)
{
    const cornu__optimizer_class *class = (const cornu__optimizer_class *)optimizer->class;
    const char *names[CORNU__OPTIMIZER_MAX_SLOTS];
    char key[100];
    snprintf(key, sizeof key, "initial%d", variable);
    cornu_array *initial = cornu_array_item_named(o->arrays, key);
    snprintf(key, sizeof key, "gradient%d", variable);
    cornu_array *gradients = cornu_array_item_named(o->arrays, key), *wanted = oracle_array(o, run, "w", variable);
    int64_t count = cornu_array_count(initial);
    cornu_array *weight = cornu_array_copy_of(CORNU_FLOAT32, 1, &count, cornu_array_data(initial)),
                *slots[CORNU__OPTIMIZER_MAX_SLOTS];
    int slot_count = class->slots(optimizer, names), failures = 0;
    for (int i = 0; i < slot_count; i++) {
        slots[i] = cornu_array_zeros(CORNU_FLOAT32, 1, &count);
        for (int64_t k = 0; k < count && class->slot_initial; k++)
            cornu_array_float32(slots[i])[k] = (float)class->slot_initial(optimizer, i);
    }
    const cornu__optimizer_common *common = optimizer->config;
    for (int s = 0; s < steps; s++) {
        cornu_array *row = cornu_array_rows(gradients, s, s + 1), *gradient = cornu_array_reshape(row, 1, &count);
        cornu_array *after = cornu_array_rows(wanted, s, s + 1);
        double rate = common->schedule ? cornu__schedule_value(common->schedule, (uint64_t)s) : common->learning_rate;
        step(optimizer, initial, weight, gradient, slots, slot_count, rate, s);
        failures += differs(run, cornu_array_float32(weight), after, 2e-5, 2e-6);
        cornu_array_release(after);
        cornu_array_release(gradient);
        cornu_array_release(row);
    }
    for (int i = 0; i < slot_count; i++)
        cornu_array_release(slots[i]);
    cornu_array_release(weight);
    return failures > 0;
}

/* Under TensorFlow Keras 3.15 reads a momentum that it has updated before: JAX's values are in optimizers_more. */
static bool is_off_in_tensorflow(const oracle *o, const char *run)
{
    const json_t *backend = json_object_get(json_object_get(o->index, "source"), "backend");
    return strcmp(json_string_value(backend), "tensorflow") == 0 && strcmp(run, "schedule_free_adamw") == 0;
}

static int follow_runs(const char *file)
{
    oracle o = oracle_open(file);
    json_t *runs = json_object_get(o.index, "runs"), *run;
    int steps = (int)json_integer_value(json_object_get(o.index, "steps")), failed = 0, compared = 0;
    size_t i;
    json_array_foreach(runs, i, run)
    {
        const char *name = json_string_value(json_object_get(run, "name"));
        cornu__object *optimizer = case_object(CORNU__KIND_OPTIMIZER, run);
        expect(optimizer);
        if (!needs_a_model(optimizer) && !is_off_in_tensorflow(&o, name)) {
            for (int variable = 0; variable < 2; variable++)
                failed += run_variable(&o, optimizer, name, variable, steps);
            compared++;
        }
        cornu__object_drop(optimizer);
    }
    print_message("%s: %d runs, %d variables differ\n", file, compared, failed);
    oracle_close(&o);
    assert_int_equal(failed, 0);
    assert_int_equal(cornu__allocation_live(), 0);
    return compared;
}

static void updates_are_keras_s_step_for_step(void **state)
{
    (void)state;
    assert_true(follow_runs("optimizers") >= 27);
}

static void schedule_free_adamw_and_the_formulas_of_keras_2_are_theirs(void **state)
{
    (void)state;
    assert_int_equal(follow_runs("optimizers_more"), 10);
}

static void schedules_are_keras_s(void **state)
{
    (void)state;
    oracle o = oracle_open("optimizers");
    json_t *schedules = json_object_get(o.index, "schedules"), *entry;
    cornu_array *steps = cornu_array_item_named(o.arrays, "schedule_steps");
    size_t i;
    int failed = 0;
    json_array_foreach(schedules, i, entry)
    {
        const char *name = json_string_value(json_object_get(entry, "name"));
        cornu__object *schedule = case_object(CORNU__KIND_SCHEDULE, entry);
        expect(schedule);
        float rates[100];
        assert_true(cornu_array_count(steps) <= 100);
        for (int64_t k = 0; k < cornu_array_count(steps); k++)
            rates[k] = (float)cornu__schedule_value(schedule, (uint64_t)cornu_array_get(steps, k));
        failed += differs(name, rates, oracle_array(&o, name, "learning_rate", -1), 2e-6, 1e-9);
        cornu__object_drop(schedule);
    }
    assert_int_equal(failed, 0);
    oracle_close(&o);
}

/* --- metrics --- */

/* 1 if a metric's results after each update are not Keras's. */
static int check_metric(const oracle *o, const json_t *test_case, int updates)
{
    const char *name = json_string_value(json_object_get(test_case, "name")),
               *kind = json_string_value(json_object_get(test_case, "data"));
    bool weighted = json_is_true(json_object_get(test_case, "weighted"));
    cornu__object *metric = case_object(CORNU__KIND_METRIC, test_case);
    cornu_array *wanted = oracle_array(o, name, "result", -1);
    expect(metric);
    const cornu__metric_class *class = (const cornu__metric_class *)metric->class;
    float *states[CORNU__METRIC_MAX_STATES];
    int64_t sizes[CORNU__METRIC_MAX_STATES];
    int state_count, failures = 0;
    float results[64];
    int elements = 1;
    for (int u = 0; u < updates; u++) {
        cornu_array *t = oracle_array(o, kind, "true", u), *p = oracle_array(o, kind, "pred", u);
        cornu__spec spec = {.dtype = CORNU_FLOAT32, .rank = cornu_array_rank(p)};
        memcpy(spec.shape, cornu_array_shape(p), (size_t)spec.rank * sizeof *spec.shape);
        if (u == 0) {
            expect(class->states(metric, &spec, &state_count, sizes) == CORNU_OK);
            for (int i = 0; i < state_count; i++)
                states[i] = calloc((size_t)sizes[i], sizeof(float));
        }
        bench b;
        bench_open(&b);
        cornu_node *nodes[CORNU__METRIC_MAX_STATES], *next[CORNU__METRIC_MAX_STATES] = {NULL};
        cornu_array *views[CORNU__METRIC_MAX_STATES];
        for (int i = 0; i < state_count; i++) {
            views[i] = cornu_array_view(CORNU_FLOAT32, 1, &sizes[i], states[i]);
            nodes[i] = bench_feed(&b, views[i]);
        }
        cornu_node *y_true = cornu__op_cast(bench_feed(&b, t), class->sparse_targets ? CORNU_INT32 : CORNU_FLOAT32);
        cornu_node *weight = weighted ? bench_feed(&b, oracle_array(o, kind, "weight", u)) : NULL;
        expect(class->update(metric, y_true, bench_feed(&b, p), weight, nodes, next) == CORNU_OK);
        bench_run(&b, state_count, next);
        for (int i = 0; i < state_count; i++) {
            memcpy(states[i], bench_result(&b, i), (size_t)sizes[i] * sizeof(float));
            cornu_array_release(views[i]);
        }
        elements = cornu__metric_elements(metric, sizes);
        assert_true(u * elements + elements <= 64);
        for (int e = 0; e < elements; e++)
            results[u * elements + e] = (float)cornu__metric_value(metric, (const float *const *)states, sizes, e);
        bench_close(&b);
    }
    assert_int_equal(updates * elements, cornu_array_count(wanted));
    failures += differs(name, results, wanted, 2e-5, 2e-6);
    if (failures)
        print_error("  is %s on %s%s\n", metric->class->name, kind, weighted ? ", weighted" : "");
    for (int i = 0; i < state_count; i++)
        free(states[i]);
    cornu__object_drop(metric);
    return failures > 0;
}

static void check_metrics(const char *file)
{
    oracle o = oracle_open(file);
    json_t *cases = json_object_get(o.index, "cases"), *test_case;
    int updates = (int)json_integer_value(json_object_get(o.index, "updates")), failed = 0;
    size_t i;
    json_array_foreach(cases, i, test_case)
    {
        failed += check_metric(&o, test_case, updates);
    }
    print_message("%s: %zu metrics, %d differ\n", file, json_array_size(cases), failed);
    assert_int_equal(failed, 0);
    oracle_close(&o);
    assert_int_equal(cornu__allocation_live(), 0);
}

static void metrics_are_keras_s_after_each_update(void **state)
{
    (void)state;
    check_metrics("metrics");
    check_metrics("metrics_more");
}

static void accuracy_means_what_the_loss_and_shapes_say(void **state)
{
    static const struct {
        const char *loss, *name;
        int64_t last;
        const char *class_name;
    } cases[] = {
        {"sparse_categorical_crossentropy", "accuracy", 10, "SparseCategoricalAccuracy"},
        {"categorical_crossentropy", "acc", 10, "CategoricalAccuracy"},
        {"binary_crossentropy", "accuracy", 4, "BinaryAccuracy"},
        {"mse", "accuracy", 1, "BinaryAccuracy"},
        {"sparse_categorical_crossentropy", "ce", 10, "SparseCategoricalCrossentropy"},
        {"mse", "mae", 3, "MeanAbsoluteError"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cornu__object *loss, *metric;
        cornu__spec spec = {.rank = 2, .shape = {CORNU_NONE, cases[i].last}};
        expect(cornu__resolve(CORNU__KIND_LOSS, cases[i].loss, &loss) == CORNU_OK);
        expect(cornu__metric_resolve(cases[i].name, loss, &spec, &metric) == CORNU_OK);
        assert_string_equal(metric->class->name, cases[i].class_name);
        cornu__object_drop(metric);
        cornu__object_drop(loss);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(updates_are_keras_s_step_for_step),
        cmocka_unit_test(schedule_free_adamw_and_the_formulas_of_keras_2_are_theirs),
        cmocka_unit_test(schedules_are_keras_s),
        cmocka_unit_test(metrics_are_keras_s_after_each_update),
        cmocka_unit_test(accuracy_means_what_the_loss_and_shapes_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
