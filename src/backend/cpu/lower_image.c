/* lower_image.c: pooling and batch normalisation of channels-last images. */
#include <math.h>
#include <string.h>

#include "backend/cpu/parallel.h"
#include "backend/cpu/program.h"

typedef struct image_call {
    const cornu__instruction *instruction;
    const cornu__cpu_run *run;
} image_call;

/* --- pooling --- */

typedef struct pool_plan {
    cornu__op_kind kind;
    cornu__pool_shape shape;
    int64_t units; /* output rows, or images, shared out among the threads */
} pool_plan;

static void run_pool_share(void *argument, int number, int parts)
{
    const image_call *call = argument;
    const pool_plan *plan = call->instruction->detail;
    const cornu__cpu_kernels *kernels = call->run->kernels;
    void *const *operand = call->instruction->operand;
    cornu__share share = cornu__share_of(plan->units, 1, number, parts);
    switch (plan->kind) {
    case CORNU__OP_MAX_POOL:
        kernels->max_pool(&plan->shape, operand[0], share.begin, share.end, operand[1], operand[2]);
        break;
    case CORNU__OP_MAX_POOL_GRADIENT:
        kernels->max_pool_gradient(&plan->shape, operand[0], operand[1], share.begin, share.end, operand[2]);
        break;
    case CORNU__OP_AVERAGE_POOL:
        kernels->average_pool(&plan->shape, operand[0], share.begin, share.end, operand[1]);
        break;
    default:
        kernels->average_pool_gradient(&plan->shape, operand[0], share.begin, share.end, operand[1]);
    }
}

static cornu_status run_pool(const cornu__instruction *instruction, const cornu__cpu_run *run)
{
    image_call call = {instruction, run};
    cornu__parallel(instruction->threads, run_pool_share, &call);
    return CORNU_OK;
}

cornu_status cornu__lower_pool(cornu__compiler *compiler, const cornu__op *op)
{
    bool gradient = op->kind == CORNU__OP_MAX_POOL_GRADIENT || op->kind == CORNU__OP_AVERAGE_POOL_GRADIENT;
    const cornu_node *x = gradient ? op->outputs[0] : op->inputs[0], *y = gradient ? op->inputs[0] : op->outputs[0];
    const cornu__window *window = &op->attributes.window;
    pool_plan *plan = cornu__compiler_detail(compiler, sizeof *plan);
    if (!plan)
        return cornu_error_status();
    plan->kind = op->kind;
    plan->shape = (cornu__pool_shape){.height = x->shape[1],
                                      .width = x->shape[2],
                                      .channels = x->shape[3],
                                      .output_height = y->shape[1],
                                      .output_width = y->shape[2]};
    for (int axis = 0; axis < 2; axis++) {
        plan->shape.size[axis] = window->size[axis];
        plan->shape.strides[axis] = window->strides[axis];
        plan->shape.dilation[axis] = window->dilation[axis];
        plan->shape.pad_before[axis] = window->pad_before[axis];
    }
    plan->units = gradient ? x->shape[0] : y->shape[0] * y->shape[1];
    double elements = (double)y->count * (double)(window->size[0] * window->size[1]);
    int threads = cornu__compiler_threads(compiler, elements * 0.15);
    return cornu__compiler_emit(compiler, op, "", run_pool, plan, threads, 0) ? CORNU_OK : cornu_error_status();
}

/* --- batch normalisation --- */

typedef struct norm_plan {
    int64_t rows, channels;
    double epsilon;
    bool relu;
} norm_plan;

/* Each thread's statistics of its rows, then merged in order; scratch: per thread mean and deviation, then scale and shift. */
static void statistics_share(void *argument, int number, int parts)
{
    const image_call *call = argument;
    const norm_plan *plan = call->instruction->detail;
    float *scratch = call->instruction->operand[6];
    cornu__share share = cornu__share_of(plan->rows, 1, number, parts);
    float *mean = scratch + 2 * number * plan->channels;
    call->run->kernels->norm_statistics((const float *)call->instruction->operand[0] + share.begin * plan->channels,
                                        share.end - share.begin, plan->channels, mean, mean + plan->channels);
}

static void apply_share(void *argument, int number, int parts)
{
    const image_call *call = argument;
    const norm_plan *plan = call->instruction->detail;
    float *scale = (float *)call->instruction->operand[6] + 2 * call->instruction->threads * plan->channels;
    cornu__share share = cornu__share_of(plan->rows, 1, number, parts);
    int64_t at = share.begin * plan->channels;
    call->run->kernels->norm_apply((const float *)call->instruction->operand[0] + at, share.end - share.begin,
                                   plan->channels, scale, scale + plan->channels, plan->relu,
                                   (float *)call->instruction->operand[3] + at);
}

/* Chan, Golub and LeVeque's merge, over the threads in order. */
static void merge_statistics(const norm_plan *plan, int threads, const float *scratch, float *mean, float *variance)
{
    for (int64_t c = 0; c < plan->channels; c++) {
        double total = 0, average = 0, deviation = 0;
        for (int i = 0; i < threads; i++) {
            cornu__share share = cornu__share_of(plan->rows, 1, i, threads);
            double count = (double)(share.end - share.begin);
            if (count == 0)
                continue;
            double delta = scratch[2 * i * plan->channels + c] - average;
            deviation += scratch[(2 * i + 1) * plan->channels + c] + delta * delta * count * total / (total + count);
            total += count;
            average += delta * count / total;
        }
        mean[c] = (float)average;
        variance[c] = (float)(deviation / (double)plan->rows);
    }
}

static cornu_status run_norm(const cornu__instruction *instruction, const cornu__cpu_run *run)
{
    const norm_plan *plan = instruction->detail;
    const float *gamma = instruction->operand[1], *beta = instruction->operand[2];
    float *mean = instruction->operand[4], *variance = instruction->operand[5];
    float *scratch = instruction->operand[6], *scale = scratch + 2 * instruction->threads * plan->channels;
    image_call call = {instruction, run};
    cornu__parallel(instruction->threads, statistics_share, &call);
    merge_statistics(plan, instruction->threads, scratch, mean, variance);
    for (int64_t c = 0; c < plan->channels; c++) {
        scale[c] = (float)(gamma[c] / sqrt((double)variance[c] + plan->epsilon));
        scale[plan->channels + c] = (float)(beta[c] - (double)mean[c] * scale[c]);
    }
    cornu__parallel(instruction->threads, apply_share, &call);
    return CORNU_OK;
}

/* Operands of the gradient: dy, x, gamma, mean, variance[, y], dx, dgamma, dbeta, scratch. */
static void gradient_sums_share(void *argument, int number, int parts)
{
    const image_call *call = argument;
    const norm_plan *plan = call->instruction->detail;
    void *const *operand = call->instruction->operand;
    float *sums = (float *)operand[plan->relu ? 9 : 8] + 2 * number * plan->channels;
    cornu__share share = cornu__share_of(plan->rows, 1, number, parts);
    int64_t at = share.begin * plan->channels;
    call->run->kernels->norm_gradient_sums((const float *)operand[0] + at, (const float *)operand[1] + at,
                                           plan->relu ? (const float *)operand[5] + at : NULL, share.end - share.begin,
                                           plan->channels, operand[3], sums, sums + plan->channels);
}

static void gradient_apply_share(void *argument, int number, int parts)
{
    const image_call *call = argument;
    const norm_plan *plan = call->instruction->detail;
    void *const *operand = call->instruction->operand;
    int outputs = plan->relu ? 6 : 5;
    const float *a = (const float *)operand[outputs + 3] + 2 * call->instruction->threads * plan->channels;
    cornu__share share = cornu__share_of(plan->rows, 1, number, parts);
    int64_t at = share.begin * plan->channels;
    call->run->kernels->norm_gradient_apply((const float *)operand[0] + at, (const float *)operand[1] + at,
                                            plan->relu ? (const float *)operand[5] + at : NULL, share.end - share.begin,
                                            plan->channels, a, a + plan->channels, a + 2 * plan->channels,
                                            (float *)operand[outputs] + at);
}

/* With s = 1 / sqrt(variance + epsilon), B = sum g, P = sum g (x - mean): dbeta = B, dgamma = P s and
 * dx = gamma s (g - B / n - (x - mean) s^2 P / n) = a g + b x + d. */
static cornu_status run_norm_gradient(const cornu__instruction *instruction, const cornu__cpu_run *run)
{
    const norm_plan *plan = instruction->detail;
    void *const *operand = instruction->operand;
    int outputs = plan->relu ? 6 : 5;
    const float *gamma = operand[2], *mean = operand[3], *variance = operand[4];
    float *dgamma = operand[outputs + 1], *dbeta = operand[outputs + 2], *scratch = operand[outputs + 3];
    int64_t channels = plan->channels;
    float *a = scratch + 2 * instruction->threads * channels, *b = a + channels, *d = b + channels;
    image_call call = {instruction, run};
    cornu__parallel(instruction->threads, gradient_sums_share, &call);
    for (int64_t c = 0; c < channels; c++) {
        double sum = 0, product = 0, n = (double)plan->rows, s = 1 / sqrt((double)variance[c] + plan->epsilon);
        for (int i = 0; i < instruction->threads; i++) {
            sum += scratch[2 * i * channels + c];
            product += scratch[(2 * i + 1) * channels + c];
        }
        dbeta[c] = (float)sum;
        dgamma[c] = (float)(product * s);
        double slope = -gamma[c] * s * s * s * product / n;
        a[c] = (float)(gamma[c] * s);
        b[c] = (float)slope;
        d[c] = (float)(-gamma[c] * s * sum / n - slope * mean[c]);
    }
    cornu__parallel(instruction->threads, gradient_apply_share, &call);
    return CORNU_OK;
}

cornu_status cornu__lower_batch_norm(cornu__compiler *compiler, const cornu__op *op)
{
    bool gradient = op->kind == CORNU__OP_BATCH_NORM_GRADIENT;
    const cornu_node *x = op->inputs[gradient ? 1 : 0];
    norm_plan *plan = cornu__compiler_detail(compiler, sizeof *plan);
    if (!plan)
        return cornu_error_status();
    plan->channels = x->shape[x->rank - 1];
    plan->rows = x->count / plan->channels;
    plan->epsilon = op->attributes.norm.epsilon;
    plan->relu = op->attributes.relu;
    int threads = cornu__compiler_threads(compiler, (double)x->count * 0.3);
    size_t scratch = sizeof(float) * (size_t)plan->channels * (size_t)(2 * threads + 3);
    return cornu__compiler_emit(compiler, op, plan->relu ? "+ relu" : "", gradient ? run_norm_gradient : run_norm, plan,
                                threads, scratch)
               ? CORNU_OK
               : cornu_error_status();
}
