/*
 * custom.c: a layer, a loss and a metric of one's own, written from ops; their gradients follow from the ops'.
 *
 * The task: y = 2 sin(3 x) + 0.5, with some wild values among the data. The layer is amplitude * sin(frequency * x + phase); the loss, that of
 * Charbonnier, sqrt(e^2 + d^2) - d, lets wild values pull less than the square does; the metric is the share of errors below 0.1.
 */
#include <math.h>
#include <stdio.h>

#include <cornu/cornu.h>

/* --- the layer: (B, n) -> (B, n) --- */

static cornu_status build_sine(cornu_layer *layer, int count, const cornu_shape *inputs, void *state)
{
    (void)count;
    (void)state;
    int64_t features = inputs[0].size[inputs[0].rank - 1];
    cornu_layer_add_weight(layer, "amplitude", 1, &features, .initializer = "ones");
    cornu_layer_add_weight(layer, "frequency", 1, &features, .initializer = cornu_constant(2.5));
    return cornu_layer_add_weight(layer, "phase", 1, &features, .initializer = "zeros") ? CORNU_OK
                                                                                        : cornu_error_status();
}

static cornu_node *call_sine(cornu_layer_call *call, cornu_layer *layer, int count, cornu_node *const *inputs,
                             void *state)
{
    (void)count;
    (void)state;
    cornu_node *amplitude = cornu_layer_call_weight(call, cornu_layer_weight(layer, "amplitude"));
    cornu_node *frequency = cornu_layer_call_weight(call, cornu_layer_weight(layer, "frequency"));
    cornu_node *phase = cornu_layer_call_weight(call, cornu_layer_weight(layer, "phase"));
    cornu_node *angle = cornu_op_add(cornu_op_multiply(inputs[0], frequency), phase);
    return cornu_op_multiply(amplitude, cornu_op_sin(angle));
}

static cornu_layer *sine(void)
{
    static const cornu_layer_hooks hooks = {.struct_size = sizeof hooks, .build = build_sine, .call = call_sine};
    return cornu_custom_layer("Sine", &hooks, NULL, .input_shape = {1});
}

/* --- the loss and the metric: one value per sample --- */

static cornu_node *charbonnier(cornu_node *y_true, cornu_node *y_pred, void *state)
{
    double d = *(const double *)state;
    cornu_node *squared = cornu_op_square(cornu_op_subtract(y_pred, y_true));
    cornu_node *rooted = cornu_op_sqrt(cornu_op_add_scalar(squared, d * d));
    return cornu_op_mean(cornu_op_add_scalar(rooted, -d), .axis = cornu_axis(-1));
}

static cornu_node *close_enough(cornu_node *y_true, cornu_node *y_pred, void *state)
{
    (void)state;
    cornu_node *error = cornu_op_absolute(cornu_op_subtract(y_pred, y_true));
    return cornu_op_mean(cornu_op_less(error, cornu_op_constant(error, 0.1)), .axis = cornu_axis(-1));
}

int main(void)
{
    enum { SAMPLES = 1000 };
    static float x_values[SAMPLES], y_values[SAMPLES];
    static double width = 0.1;
    for (int n = 0; n < SAMPLES; n++) {
        x_values[n] = -1 + 2 * (float)n / SAMPLES;
        y_values[n] = 2 * sinf(3 * x_values[n]) + 0.5F + (n % 50 == 7 ? 20 : 0);
    }
    int64_t shape[] = {SAMPLES, 1};
    cornu_array *x = cornu_array_view(CORNU_FLOAT32, 2, shape, x_values),
                *y = cornu_array_view(CORNU_FLOAT32, 2, shape, y_values);

    cornu_model *model = cornu_sequential(.name = "wave");
    cornu_add(model, sine());
    cornu_add(model, cornu_dense(1, .kernel_initializer = "ones"));
    cornu_compile(model, .optimizer = cornu_adam(.learning_rate = 0.01),
                  .loss = cornu_custom_loss("charbonnier", charbonnier, &width),
                  .metrics = {cornu_custom_metric("close", close_enough, NULL)});
    cornu_history *history = cornu_fit(model, x, y, .epochs = 60, .verbose = 0);
    if (history)
        printf("loss %.4f, errors below 0.1: %.1f %% (2 %% of the data are wild)\n",
               cornu_history_get(history, "loss", -1), 100 * cornu_history_get(history, "close", -1));
    else
        fprintf(stderr, "custom: %s\n", cornu_error_message());
    int failed = history == NULL;
    cornu_history_release(history);
    cornu_model_release(model);
    cornu_array_release(x);
    cornu_array_release(y);
    return failed;
}
