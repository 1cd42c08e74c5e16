/*
 * bench_train.c: how many samples a second Cornu trains; the same cases, data and command line as the rivals (bench/rivals/cases.py).
 *
 *     bench_train --case mlp32|mlp128|cnn|resnet20|tiny [--threads T] [--seconds S]
 *     bench_train --server [--threads T] [--seconds S]       case names on standard input, one a line
 *
 * Prints one JSON line per measurement. Beside samples_per_second (of fit: shuffling, gathering and logs included):
 *     gflops           useful floating-point operations a second of the step alone
 *     step_us          one step, alone, on a batch that lies ready
 *     kernels_us       the sum of its kernels' times, each measured inside such a step
 *     floor_us         (tiny) one step of a hand-written loop that does the same arithmetic
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cornu/cornu.h>

#include "backend/backend.h"
#include "model/step.h"

#define MOST_KERNELS 2048

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* --- the cases --- */

static cornu_model *mlp(void)
{
    cornu_model *model = cornu_sequential();
    cornu_add(model, cornu_dense(128, .activation = "relu", .input_shape = {784}));
    cornu_add(model, cornu_dense(10, .activation = "softmax"));
    return model;
}

static cornu_model *cnn(void)
{
    cornu_model *model = cornu_sequential();
    cornu_add(model, cornu_conv2d(32, 3, .activation = "relu", .input_shape = {28, 28, 1}));
    cornu_add(model, cornu_conv2d(64, 3, .activation = "relu"));
    cornu_add(model, cornu_max_pooling2d(2));
    cornu_add(model, cornu_flatten());
    cornu_add(model, cornu_dense(128, .activation = "relu"));
    cornu_add(model, cornu_dense(10, .activation = "softmax"));
    return model;
}

static cornu_tensor *convolution_norm(cornu_tensor *x, int filters, int size, int strides)
{
    cornu_tensor *y = cornu_call(
        cornu_conv2d(filters, size, .strides = cornu_pair(strides, strides), .padding = "same", .use_bias = false), x);
    return cornu_call(cornu_batch_normalization(), y);
}

static cornu_model *resnet20(void)
{
    cornu_tensor *input = cornu_input(.shape = {32, 32, 3});
    cornu_tensor *x = cornu_call(cornu_relu(), convolution_norm(input, 16, 3, 1));
    for (int stage = 0; stage < 3; stage++) {
        int filters = 16 << stage;
        for (int block = 0; block < 3; block++) {
            int strides = stage > 0 && block == 0 ? 2 : 1;
            cornu_tensor *y = cornu_call(cornu_relu(), convolution_norm(x, filters, 3, strides));
            y = convolution_norm(y, filters, 3, 1);
            cornu_tensor *shortcut = strides == 2 ? convolution_norm(x, filters, 1, 2) : x;
            x = cornu_call(cornu_relu(), cornu_call(cornu_add_layer(), shortcut, y));
        }
    }
    x = cornu_call(cornu_global_average_pooling2d(), x);
    cornu_tensor *output = cornu_call(cornu_dense(10, .activation = "softmax"), x);
    return cornu_functional(.inputs = {input}, .outputs = {output});
}

static cornu_model *tiny(void)
{
    cornu_model *model = cornu_sequential();
    cornu_add(model, cornu_dense(4, .activation = "relu", .input_shape = {8}));
    cornu_add(model, cornu_dense(1));
    return model;
}

typedef struct bench_case {
    const char *name;
    cornu_model *(*build)(void);
    int sample_rank;
    int64_t sample[3];
    int64_t samples, batch;
    int classes;   /* 0: a number to fit */
    bool momentum; /* SGD with momentum instead of Adam */
} bench_case;

static const bench_case cases[] = {
    {"mlp32", mlp, 1, {784}, 60000, 32, 10, false},
    {"mlp128", mlp, 1, {784}, 60000, 128, 10, false},
    {"cnn", cnn, 3, {28, 28, 1}, 2560, 128, 10, false},
    {"resnet20", resnet20, 3, {32, 32, 3}, 1280, 128, 10, true},
    {"tiny", tiny, 1, {8}, 1, 1, 0, false},
};
#define CASE_COUNT (sizeof cases / sizeof cases[0])

/* A case made ready: it stays so between the rounds of a server. */
typedef struct bench {
    const bench_case *what;
    cornu_model *model;
    cornu_array *x, *y;
} bench;

/* Uniform numbers and labels that a model can learn: which of some fixed random directions a sample lies along most. */
static void fill(const bench *b, int64_t width)
{
    uint64_t bits = 88172645463325252u;
    float *x = cornu_array_data(b->x);
    for (int64_t i = 0; i < b->what->samples * width; i++) {
        bits ^= bits << 13;
        bits ^= bits >> 7;
        bits ^= bits << 17;
        x[i] = (float)(bits >> 40) * 0x1p-24F;
    }
    for (int64_t n = 0; n < b->what->samples; n++) {
        double best = -INFINITY;
        for (int k = 0; k < b->what->classes; k++) {
            double score = 0;
            for (int64_t i = 0; i < width; i++)
                score += ((double)x[n * width + i] - 0.5) * sin((double)(i * (k + 3) % 101));
            if (score > best) {
                best = score;
                ((int32_t *)cornu_array_data(b->y))[n] = k;
            }
        }
    }
    if (b->what->classes == 0)
        ((float *)cornu_array_data(b->y))[0] = 0.25F;
}

static int prepare(const bench_case *what, int threads, bench *b)
{
    int64_t shape[4] = {what->samples}, y_shape[] = {what->samples, 1}, width = 1;
    for (int axis = 0; axis < what->sample_rank; axis++) {
        shape[axis + 1] = what->sample[axis];
        width *= what->sample[axis];
    }
    *b = (bench){.what = what,
                 .model = what->build(),
                 .x = cornu_array_zeros(CORNU_FLOAT32, what->sample_rank + 1, shape),
                 .y = cornu_array_zeros(what->classes ? CORNU_INT32 : CORNU_FLOAT32, what->classes ? 1 : 2, y_shape)};
    if (!b->x || !b->y)
        return 0;
    fill(b, width);
    cornu_identifier optimizer = cornu_adam();
    if (what->momentum)
        optimizer = cornu_sgd(.learning_rate = 0.05, .momentum = 0.9);
    else if (!what->classes)
        optimizer = cornu_sgd(.learning_rate = 0.01);
    return cornu_compile(b->model, .optimizer = optimizer,
                         .loss = what->classes ? "sparse_categorical_crossentropy" : "mean_squared_error",
                         .threads = threads) == CORNU_OK;
}

/* --- measuring --- */

/* Trains `count` epochs by fit, or makes `count` updates by train_on_batch. */
static int train(const bench *b, int64_t count)
{
    if (!b->what->classes) {
        for (int64_t i = 0; i < count; i++) {
            if (cornu_train_on_batch(b->model, b->x, b->y, NULL) != CORNU_OK)
                return 0;
        }
        return 1;
    }
    cornu_history *history =
        cornu_fit(b->model, b->x, b->y, .batch_size = (int)b->what->batch, .epochs = (int)count, .verbose = 0);
    cornu_history_release(history);
    return history != NULL;
}

/* Calls of train(b, n) a second, counted by n. */
static double rate(const bench *b, double seconds)
{
    int64_t count = 1;
    double spent = 0;
    while (spent < 0.1) {
        double begin = now();
        if (!train(b, count))
            return NAN;
        spent = now() - begin;
        if (spent < 0.1)
            count *= spent > 0.0015 ? (int64_t)fmax(2, 0.15 / spent) : 100;
    }
    count = (int64_t)fmax(1, round((double)count * seconds / spent));
    double begin = now();
    return train(b, count) ? (double)count / (now() - begin) : NAN;
}

typedef struct step_times {
    double step, kernels; /* seconds: the median step, and the sum of its kernels' medians */
    double flops;         /* useful ones of a step */
} step_times;

static int ascending(const void *a, const void *b)
{
    double difference = *(const double *)a - *(const double *)b;
    return (difference > 0) - (difference < 0);
}

static double median(double *values, int count)
{
    qsort(values, (size_t)count, sizeof values[0], ascending);
    return values[count / 2];
}

static void first_batch(const bench *b, cornu__batch *batch)
{
    *batch = (cornu__batch){.rows = b->what->batch};
    batch->inputs[0] = (cornu__tensor){.data = cornu_array_data(b->x), .rank = cornu_array_rank(b->x)};
    memcpy(batch->inputs[0].shape, cornu_array_shape(b->x), (size_t)cornu_array_rank(b->x) * sizeof(int64_t));
    batch->inputs[0].shape[0] = b->what->batch;
    batch->targets[0] = (cornu__tensor){.data = cornu_array_data(b->y), .rank = 2, .shape = {b->what->batch, 1}};
}

/* Steps on one batch that lies ready, and the kernels inside of them. */
static int time_steps(const bench *b, double seconds, step_times *times)
{
    enum { MOST = 2000 };
    static double steps[MOST], kernels[MOST], one[MOST_KERNELS];
    cornu__batch batch;
    first_batch(b, &batch);
    int count = 0, inner = b->what->classes ? 1 : 1000;
    for (double begin = now(); count < 3 || (now() - begin < seconds && count < MOST); count++) {
        double start = now();
        for (int i = 0; i < inner; i++) {
            if (cornu__model_step(b->model, CORNU__STEP_TRAIN, &batch) != CORNU_OK)
                return 0;
        }
        steps[count] = (now() - start) / inner;
        int kernel_count = 0;
        if (cornu__model_profile(b->model, CORNU__STEP_TRAIN, &batch, MOST_KERNELS, one, &kernel_count,
                                 &times->flops) != CORNU_OK)
            return 0;
        kernels[count] = 0;
        for (int k = 0; k < kernel_count; k++)
            kernels[count] += one[k];
    }
    times->step = median(steps, count);
    times->kernels = median(kernels, count);
    return 1;
}

/* Where a step's time goes: each kernel's share, to standard error. */
static void print_profile(const bench *b)
{
    enum { ROUNDS = 21 };
    static double seconds[ROUNDS][MOST_KERNELS], column[ROUNDS];
    cornu__batch batch;
    first_batch(b, &batch);
    int kernel_count = 0;
    double flops = 0, total = 0;
    for (int round = 0; round < ROUNDS; round++) {
        if (cornu__model_profile(b->model, CORNU__STEP_TRAIN, &batch, MOST_KERNELS, seconds[round], &kernel_count,
                                 &flops) != CORNU_OK)
            return;
    }
    for (int pass = 0; pass < 2; pass++) {
        for (int k = 0; k < kernel_count; k++) {
            for (int round = 0; round < ROUNDS; round++)
                column[round] = seconds[round][k];
            double middle = median(column, ROUNDS);
            if (pass == 0)
                total += middle;
            else
                fprintf(stderr, "%5.1f %%  %9.1f us  %s\n", 100 * middle / total, middle * 1e6,
                        cornu__model_kernel_name(b->model, CORNU__STEP_TRAIN, &batch, k));
        }
    }
    fprintf(stderr, "  sum    %9.1f us\n", total * 1e6);
}

/* The tiny case's step by hand: Dense 8-4 ReLU, Dense 4-1, squared error, gradient descent. Returns seconds a step. */
static double hand_written_step(const bench *b)
{
    static float w1[8][4], b1[4], w2[4], b2;
    volatile float sink;
    const float *x = cornu_array_data(b->x), *y = cornu_array_data(b->y);
    for (int i = 0; i < 8; i++) {
        for (int j = 0; j < 4; j++)
            w1[i][j] = 0.1F * (float)(i - j);
    }
    for (int j = 0; j < 4; j++)
        w2[j] = 0.2F * (float)(j - 1);
    enum { COUNT = 1000000 };
    float loss = 0;
    double begin = now();
    for (int step = 0; step < COUNT; step++) {
        float h[4], dh[4], out = b2;
        for (int j = 0; j < 4; j++) {
            h[j] = b1[j];
            for (int i = 0; i < 8; i++)
                h[j] += x[i] * w1[i][j];
            h[j] = h[j] > 0 ? h[j] : 0;
            out += h[j] * w2[j];
        }
        float difference = out - y[0], gradient = 2 * difference;
        loss += difference * difference;
        for (int j = 0; j < 4; j++) {
            dh[j] = h[j] > 0 ? gradient * w2[j] : 0;
            w2[j] -= 0.01F * gradient * h[j];
            b1[j] -= 0.01F * dh[j];
            for (int i = 0; i < 8; i++)
                w1[i][j] -= 0.01F * dh[j] * x[i];
        }
        b2 -= 0.01F * gradient;
    }
    double seconds = (now() - begin) / COUNT;
    sink = loss;
    (void)sink;
    return seconds;
}

static void answer(const bench *b, int threads, double seconds)
{
    const bench_case *what = b->what;
    double per_second = rate(b, seconds) * (double)what->samples;
    step_times times = {0};
    if (!isfinite(per_second) || !time_steps(b, fmin(seconds, 2), &times)) {
        printf("{\"rival\": \"cornu\", \"version\": \"%s\", \"case\": \"%s\", \"threads\": %d, \"error\": \"%s\"}\n",
               cornu_version(), what->name, threads, cornu_error_message());
        return;
    }
    printf(
        "{\"rival\": \"cornu\", \"version\": \"%s\", \"case\": \"%s\", \"threads\": %d, \"samples_per_second\": %.6g, "
        "\"gflops\": %.5g, \"step_us\": %.6g, \"kernels_us\": %.6g, \"over_kernels\": %.4f",
        cornu_version(), what->name, threads, per_second, times.flops / times.step * 1e-9, times.step * 1e6,
        times.kernels * 1e6, times.step / times.kernels);
    if (!what->classes)
        printf(", \"floor_us\": %.5g", hand_written_step(b) * 1e6);
    printf("}\n");
}

static bench *ready_bench(const char *name, int threads)
{
    static bench ready[CASE_COUNT];
    for (size_t i = 0; i < CASE_COUNT; i++) {
        if (strcmp(cases[i].name, name) != 0)
            continue;
        if (!ready[i].what && !(prepare(&cases[i], threads, &ready[i]) && train(&ready[i], 1))) {
            fprintf(stderr, "bench_train: %s: %s\n", name, cornu_error_message());
            ready[i].what = NULL;
            return NULL;
        }
        return &ready[i];
    }
    fprintf(stderr, "bench_train: no case '%s'; there are mlp32, mlp128, cnn, resnet20 and tiny\n", name);
    return NULL;
}

int main(int argc, char **argv)
{
    const char *name = NULL;
    int threads = 0;
    double seconds = 3;
    bool server = false, profile = false;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--server") == 0)
            server = true;
        else if (strcmp(argv[i], "--profile") == 0)
            profile = true;
        else if (strcmp(argv[i], "--case") == 0 && i + 1 < argc)
            name = argv[++i];
        else if (strcmp(argv[i], "--threads") == 0 && i + 1 < argc)
            threads = atoi(argv[++i]);
        else if (strcmp(argv[i], "--seconds") == 0 && i + 1 < argc)
            seconds = atof(argv[++i]);
        else {
            fprintf(stderr, "Usage: bench_train (--case NAME | --server) [--threads T] [--seconds S] [--profile]\n");
            return 2;
        }
    }
    char line[64];
    setvbuf(stdout, NULL, _IOLBF, 0);
    while (server ? fgets(line, sizeof line, stdin) != NULL : name != NULL) {
        if (server) {
            line[strcspn(line, "\n")] = '\0';
            name = line;
        }
        bench *b = ready_bench(name, threads);
        if (!b && !server)
            return 1;
        if (b)
            answer(b, threads, seconds);
        else
            printf("{\"rival\": \"cornu\", \"case\": \"%s\", \"error\": \"%s\"}\n", name, cornu_error_message());
        if (b && profile)
            print_profile(b);
        if (!server)
            break;
    }
    return 0;
}
