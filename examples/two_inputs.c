/*
 * two_inputs.c: a functional model with two inputs, two outputs and a layer that both inputs share; data by name.
 *
 * The inputs are two points of the plane. The outputs: their distance (a number), and whether the first is the farther from the origin.
 */
#include <math.h>
#include <stdio.h>

#include <cornu/cornu.h>

enum { SAMPLES = 2048 };

static float first[SAMPLES][2], second[SAMPLES][2], distance[SAMPLES][1], farther[SAMPLES][1];

static void make_data(void)
{
    unsigned bits = 2024;
    for (int n = 0; n < SAMPLES; n++) {
        for (int axis = 0; axis < 4; axis++) {
            bits = bits * 1664525u + 1013904223u;
            (axis < 2 ? first[n] : second[n])[axis % 2] = (float)(bits >> 8) / 0x1p23F - 1;
        }
        distance[n][0] = hypotf(first[n][0] - second[n][0], first[n][1] - second[n][1]);
        farther[n][0] = hypotf(first[n][0], first[n][1]) > hypotf(second[n][0], second[n][1]);
    }
}

static cornu_model *make_model(void)
{
    cornu_tensor *a = cornu_input(.shape = {2}, .name = "first");
    cornu_tensor *b = cornu_input(.shape = {2}, .name = "second");
    cornu_layer *shared =
        cornu_dense(32, .activation = "relu", .name = "point"); /* one set of weights for both points */
    cornu_tensor *joined = cornu_call(cornu_concatenate(), cornu_call(shared, a), cornu_call(shared, b));
    cornu_tensor *hidden = cornu_call(cornu_dense(32, .activation = "relu"), joined);
    cornu_tensor *outputs[] = {cornu_call(cornu_dense(1, .name = "distance"), hidden),
                               cornu_call(cornu_dense(1, .activation = "sigmoid", .name = "farther"), hidden)};
    cornu_model *model = cornu_functional(.inputs = {a, b}, .outputs = {outputs[0], outputs[1]}, .name = "two_points");
    cornu_compile(model, .optimizer = "adam",
                  .output_losses = {{"distance", "mse"}, {"farther", "binary_crossentropy"}},
                  .output_loss_weights = {{"distance", 2.0}, {"farther", 1.0}},
                  .output_metrics = {{"distance", "mae"}, {"farther", "accuracy"}});
    return model;
}

static cornu_array *column(float *values, int64_t width)
{
    return cornu_array_view(CORNU_FLOAT32, 2, (int64_t[]){SAMPLES, width}, values);
}

/* A dictionary of two arrays; it keeps them. */
static cornu_array *pair(const char *name_a, cornu_array *a, const char *name_b, cornu_array *b)
{
    cornu_array *both = cornu_array_dict(2, (const char *[]){name_a, name_b}, (cornu_array *[]){a, b});
    cornu_array_release(a);
    cornu_array_release(b);
    return both;
}

int main(void)
{
    make_data();
    cornu_array *x = pair("first", column(first[0], 2), "second", column(second[0], 2));
    cornu_array *y = pair("distance", column(distance[0], 1), "farther", column(farther[0], 1));
    cornu_model *model = make_model();
    cornu_history *history = NULL;
    if (cornu_summary(model, stdout) == CORNU_OK)
        history = cornu_fit(model, x, y, .epochs = 20, .validation_split = 0.25, .verbose = 2);
    if (history)
        printf("distance: mean error %.4f; farther: accuracy %.4f\n",
               cornu_history_get(history, "val_distance_mae", -1),
               cornu_history_get(history, "val_farther_accuracy", -1));
    else
        fprintf(stderr, "two_inputs: %s\n", cornu_error_message());
    int failed = history == NULL;
    cornu_history_release(history);
    cornu_model_release(model);
    cornu_array_release(x);
    cornu_array_release(y);
    return failed;
}
