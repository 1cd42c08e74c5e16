/* Options of metrics that the oracle's cases do not vary, on samples small enough to work out by hand. */
#include "harness.h"

#include <math.h>
#include <string.h>

#include <cornu/losses.h>
#include <cornu/metrics.h>

/* The metric's value after one batch of `rows` samples; `columns` 0: arrays of one axis. `wide`: targets have the columns too. */
static double measured(cornu_metric *given, int64_t rows, int64_t columns, bool wide, const float *t, const float *p,
                       const float *w)
{
    cornu__object *metric = cornu__object_keep(given);
    expect(cornu__object_status(metric) == CORNU_OK);
    const cornu__metric_class *class = (const cornu__metric_class *)metric->class;
    const int64_t shape[2] = {rows, columns};
    int rank = columns > 0 ? 2 : 1, count;
    int64_t sizes[CORNU__METRIC_MAX_STATES];
    cornu__spec spec = {.dtype = CORNU_FLOAT32, .rank = rank, .shape = {rows, columns}};
    cornu_array *y_true = cornu_array_copy_of(CORNU_FLOAT32, wide ? rank : 1, shape, t);
    cornu_array *y_pred = cornu_array_copy_of(CORNU_FLOAT32, rank, shape, p);
    cornu_array *weights = w ? cornu_array_copy_of(CORNU_FLOAT32, 1, shape, w) : NULL;
    cornu_node *states[CORNU__METRIC_MAX_STATES], *next[CORNU__METRIC_MAX_STATES] = {NULL};
    const float *results[CORNU__METRIC_MAX_STATES];
    bench b;
    bench_open(&b);
    expect(class->states(metric, &spec, &count, sizes) == CORNU_OK);
    for (int i = 0; i < count; i++)
        states[i] = cornu__op_fill(b.call.graph, CORNU_FLOAT32, 1, &sizes[i], 0);
    cornu_node *x = bench_feed(&b, y_true), *y = bench_feed(&b, y_pred);
    expect(class->update(metric, x, y, w ? bench_feed(&b, weights) : NULL, states, next) == CORNU_OK);
    bench_run(&b, count, next);
    for (int i = 0; i < count; i++)
        results[i] = bench_result(&b, i);
    double value = cornu__metric_value(metric, results, sizes, 0);
    bench_close(&b);
    cornu_array_release(y_true);
    cornu_array_release(y_pred);
    cornu_array_release(weights);
    cornu__object_drop(metric);
    return value;
}

static void assert_near(double got, double wanted)
{
    if (!(fabs(got - wanted) < 1e-6))
        fail_msg("got %.9g, wanted %.9g", got, wanted);
}

static void overlap_counts_weights_and_ignores_a_class(void **state)
{
    static const float t[] = {0, 0, 1, 1}, p[] = {0, 1, 0, 1}, w[] = {.3f, .3f, .3f, .1f};
    static const float with_void[] = {0, 0, 1, 2}, ones[] = {0, 1, 1, 1}, outside[] = {0, 7, 1, -1};
    static const float scores[] = {.9f, .1f, .2f, .8f, .6f, .4f, .3f, .7f};
    (void)state;
    /* matrix .3 .3 / .3 .1 */
    assert_near(measured(cornu_mean_iou(2), 4, 0, true, t, p, w), (1.0 / 3 + 1.0 / 7) / 2);
    assert_near(measured(cornu_iou(2, .target_class_ids = cornu_class_ids(1)), 4, 0, true, t, p, w), 1.0 / 7);
    assert_near(measured(cornu_mean_iou(3, .ignore_class = 2), 4, 0, true, with_void, ones, NULL), 0.5);
    assert_near(measured(cornu_mean_iou(2), 4, 0, true, t, outside, NULL), (1.0 + 1.0) / 2);
    assert_near(measured(cornu_mean_iou(2, .sparse_y_pred = false), 4, 2, false, t, scores, NULL), 1.0 / 3);
}

static void areas_take_thresholds_and_label_weights(void **state)
{
    static const float t[] = {0, 0, 1, 1}, p[] = {0, .5f, .3f, .9f};
    static const float labels[] = {0, 1, 1, 0}, scores[] = {.1f, .2f, .9f, .8f}; /* column 0 is right, column 1 wrong */
    (void)state;
    assert_near(measured(cornu_auc(.thresholds = {0.5}), 4, 0, true, t, p, NULL), .75);
    assert_near(measured(cornu_auc(.multi_label = true), 2, 2, true, labels, scores, NULL), .5);
    assert_near(measured(cornu_auc(.multi_label = true, .label_weights = {3, 1}), 2, 2, true, labels, scores, NULL),
                .75);
}

static void ignored_labels_do_not_count(void **state)
{
    static const float t[] = {0, 1, 1}, p[] = {.5f, .5f, .25f, .75f, .9f, .1f};
    (void)state;
    cornu_metric *all = cornu_sparse_categorical_crossentropy_metric(),
                 *ones = cornu_sparse_categorical_crossentropy_metric(.ignore_class = 0);
    assert_near(measured(all, 3, 2, false, t, p, NULL), -(log(.5) + log(.75) + log(.1)) / 3);
    assert_near(measured(ones, 3, 2, false, t, p, NULL), -(log(.75) + log(.1)) / 2);
}

/* A metric of any loss, by name or as an object. */
static void every_loss_is_a_metric(void **state)
{
    static const float t[] = {0, 0, 1, 1}, p[] = {2, 0, 1, -2}, share[] = {.1f, .2f, .9f, .6f}, w[] = {1, 3};
    static const char *const names[] = {"huber", "binary_focal_crossentropy", "categorical_focal_crossentropy", "dice",
                                        "tversky"};
    (void)state;
    assert_near(measured(cornu_mean_metric_wrapper(cornu_huber(.delta = .5)), 2, 2, true, t, p, NULL),
                (.875 / 2 + 1.375 / 2) / 2);
    assert_near(measured(cornu_mean_metric_wrapper("huber"), 2, 2, true, t, p, w), (1.5 / 2 + 3 * 2.5 / 2) / 4);
    assert_near(measured(cornu_mean_metric_wrapper("dice"), 2, 2, true, t, share, NULL), 1 - 2 * 1.5 / 3.8);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        cornu__object *metric;
        cornu__spec spec = {.rank = 2, .shape = {CORNU_NONE, 4}};
        expect(cornu__metric_resolve(names[i], NULL, &spec, &metric) == CORNU_OK);
        assert_string_equal(metric->class->name, "MeanMetricWrapper");
        assert_string_equal(metric->name, names[i]);
        cornu__object_drop(metric);
    }
    cornu_metric *none = cornu_mean_metric_wrapper("hubber");
    assert_int_equal(cornu_object_status(none), CORNU_ERROR_UNKNOWN_NAME);
    assert_non_null(strstr(cornu_error_message(), "huber"));
    cornu_object_release(none);
}

static void a_column_can_be_measured_alone(void **state)
{
    static const float t[] = {0, 1, 1, 0}, p[] = {.1f, .2f, .9f, .8f};
    (void)state;
    assert_near(measured(cornu_recall_at_precision(1, .class_id = 0), 2, 2, true, t, p, NULL), 1);
    assert_near(measured(cornu_recall_at_precision(1, .class_id = 1), 2, 2, true, t, p, NULL), 0);
}

static void r2_is_adjusted_by_samples_and_correlations_of_constants_are_none(void **state)
{
    static const float t[] = {1, 4, 3}, p[] = {2, 4, 4}, constant[] = {5, 5, 5};
    (void)state;
    assert_near(measured(cornu_r2_score(), 3, 1, true, t, p, NULL), 1 - 2 / (14.0 / 3));
    assert_near(measured(cornu_r2_score(.num_regressors = 1), 3, 1, true, t, p, NULL), 1 - 2 * 2 / (14.0 / 3));
    assert_near(measured(cornu_pearson_correlation(), 1, 3, true, t, constant, NULL), 0);
}

static void options_out_of_range_are_refused(void **state)
{
    (void)state;
    const struct {
        cornu_metric *metric;
        const char *word;
    } cases[] = {
        {cornu_iou(3), "target_class_ids"},
        {cornu_iou(3, .target_class_ids = cornu_class_ids(3)), "target_class_ids"},
        {cornu_mean_iou(1), "num_classes"},
        {cornu_f1_score(.average = "makro"), "\"macro\""},
        {cornu_f1_score(.threshold = 0), "threshold"},
        {cornu_fbeta_score(.beta = 0), "beta"},
        {cornu_precision_at_recall(1.5), "recall"},
        {cornu_auc(.num_labels = 2), "num_labels"},
        {cornu_precision(.thresholds = {2}), "thresholds"},
        {cornu_r2_score(.num_regressors = -1), "num_regressors"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(cornu_object_status(cases[i].metric), CORNU_ERROR_INVALID_ARGUMENT);
        if (!strstr(cornu_error_message(), cases[i].word))
            fail_msg("\"%s\" does not say %s", cornu_error_message(), cases[i].word);
        cornu__object_drop(cornu__object_keep(cases[i].metric));
    }
    assert_int_equal(cornu__allocation_live(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(overlap_counts_weights_and_ignores_a_class),
        cmocka_unit_test(areas_take_thresholds_and_label_weights),
        cmocka_unit_test(ignored_labels_do_not_count),
        cmocka_unit_test(every_loss_is_a_metric),
        cmocka_unit_test(a_column_can_be_measured_alone),
        cmocka_unit_test(r2_is_adjusted_by_samples_and_correlations_of_constants_are_none),
        cmocka_unit_test(options_out_of_range_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
