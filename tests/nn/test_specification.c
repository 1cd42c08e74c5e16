/* The values that the specification gives of losses and metrics (7.1, 7.2), seen in Keras 2.3 and Keras 3. */
#include "harness.h"

#include <math.h>
#include <string.h>

#include <cornu/losses.h>
#include <cornu/metrics.h>

static const float t[] = {0, 1, 0, 0, 0, 1}, p[] = {.05f, .95f, 0, .1f, .8f, .1f}, logits[] = {1, 2, -1, 0, .5f, 3};

/* The loss of both samples, or (samples 1) one for all. */
static void check_loss(const char *name, cornu_loss *given, const float *y_pred, int samples, double first,
                       double second)
{
    const int64_t shape[2] = {2, 3};
    const double wanted[2] = {first, second};
    cornu__object *loss = cornu__object_keep(given);
    expect(cornu__object_status(loss) == CORNU_OK);
    cornu_array *y_true = cornu_array_copy_of(CORNU_FLOAT32, 2, shape, t),
                *predicted = cornu_array_copy_of(CORNU_FLOAT32, 2, shape, y_pred);
    bench b;
    bench_open(&b);
    cornu_node *x = bench_feed(&b, y_true), *y = bench_feed(&b, predicted);
    cornu_node *values = ((const cornu__loss_class *)loss->class)->per_sample(loss, x, y);
    bench_run(&b, 1, &values);
    for (int i = 0; i < samples; i++) {
        double got = (double)bench_result(&b, 0)[i];
        if (!(fabs(got - wanted[i]) <= 1e-7 + 1e-5 * fabs(wanted[i])))
            fail_msg("%s: sample %d: %.7g, and %.7g was seen", name, i, got, wanted[i]);
    }
    bench_close(&b);
    cornu_array_release(y_true);
    cornu_array_release(predicted);
    cornu__object_drop(loss);
}

static void losses_have_the_values_that_were_seen(void **state)
{
    (void)state;
    check_loss("mse", cornu_mean_squared_error(), p, 2, .00166667, .486667);
    check_loss("mae", cornu_mean_absolute_error(), p, 2, .0333333, .6);
    check_loss("msle", cornu_mean_squared_logarithmic_error(), p, 2, .00100715, .237329);
    check_loss("squared_hinge", cornu_squared_hinge(), p, 2, .701667, 1.75333);
    check_loss("hinge", cornu_hinge(), p, 2, .7, 1.26667);
    check_loss("categorical_hinge", cornu_categorical_hinge(), p, 2, .1, 1.7);
    check_loss("logcosh", cornu_log_cosh(), p, 2, .000832995, .218525);
    check_loss("huber", cornu_huber(), p, 2, .000833334, .243333);
    check_loss("cce", cornu_categorical_crossentropy(), p, 2, .0512933, 2.30259);
    check_loss("bce", cornu_binary_crossentropy(), p, 2, .0341956, 1.33913);
    check_loss("kld", cornu_kl_divergence(), p, 2, .051292, 2.30258);
    check_loss("poisson", cornu_poisson(), p, 2, .350431, 1.10086);
    check_loss("cosine", cornu_cosine_similarity(), p, 2, -.998618, -.123091);
    check_loss("cce, smooth", cornu_categorical_crossentropy(.label_smoothing = .1), p, 2, .685001, 2.23327);
    check_loss("bce, smooth", cornu_binary_crossentropy(.label_smoothing = .1), p, 2, .400978, 1.31602);
    check_loss("cce, logits", cornu_categorical_crossentropy(.from_logits = true), logits, 2, .349012, .123873);
    check_loss("bce, logits", cornu_binary_crossentropy(.from_logits = true), logits, 2, .584484, .571937);
    check_loss("binary focal", cornu_binary_focal_crossentropy(), p, 2, 8.54889e-5, .965396);
    check_loss("categorical focal", cornu_categorical_focal_crossentropy(), p, 2, 3.20583e-5, .466273);
    check_loss("dice", cornu_dice(), p, 1, .475, 0);
    check_loss("tversky", cornu_tversky(), p, 1, .475, 0);
}

static void check_metric(const char *name, cornu_metric *given, double wanted)
{
    static const float labels[] = {0, 0, 1, 1}, scores[] = {0, .5f, .3f, .9f};
    const int64_t shape[2] = {4, 1};
    cornu__object *metric = cornu__object_keep(given);
    expect(cornu__object_status(metric) == CORNU_OK);
    const cornu__metric_class *class = (const cornu__metric_class *)metric->class;
    cornu__spec spec = {.dtype = CORNU_FLOAT32, .rank = 2, .shape = {4, 1}};
    cornu_array *y_true = cornu_array_copy_of(CORNU_FLOAT32, 2, shape, labels),
                *y_pred = cornu_array_copy_of(CORNU_FLOAT32, 2, shape, scores);
    cornu_node *states[CORNU__METRIC_MAX_STATES], *next[CORNU__METRIC_MAX_STATES] = {NULL};
    const float *results[CORNU__METRIC_MAX_STATES];
    int64_t sizes[CORNU__METRIC_MAX_STATES];
    int count;
    bench b;
    bench_open(&b);
    expect(class->states(metric, &spec, &count, sizes) == CORNU_OK);
    for (int i = 0; i < count; i++)
        states[i] = cornu__op_fill(b.call.graph, CORNU_FLOAT32, 1, &sizes[i], 0);
    cornu_node *x = bench_feed(&b, y_true), *y = bench_feed(&b, y_pred);
    expect(class->update(metric, x, y, NULL, states, next) == CORNU_OK);
    bench_run(&b, count, next);
    for (int i = 0; i < count; i++)
        results[i] = bench_result(&b, i);
    double got = cornu__metric_value(metric, results, sizes, 0);
    if (!(fabs(got - wanted) <= 1e-6))
        fail_msg("%s: %.7g, and %.7g was seen", name, got, wanted);
    bench_close(&b);
    cornu_array_release(y_true);
    cornu_array_release(y_pred);
    cornu__object_drop(metric);
}

static void metrics_have_the_values_that_were_seen(void **state)
{
    (void)state;
    check_metric("AUC", cornu_auc(), .75);
    check_metric("AUC of PR", cornu_auc(.curve = "PR"), .797267);
    check_metric("AUC of PR, minoring", cornu_auc(.curve = "PR", .summation_method = "minoring"), .25);
    check_metric("Precision", cornu_precision(), 1);
    check_metric("Recall", cornu_recall(), .5);
    check_metric("RMSE", cornu_root_mean_squared_error(), .433013);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(losses_have_the_values_that_were_seen),
        cmocka_unit_test(metrics_have_the_values_that_were_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
