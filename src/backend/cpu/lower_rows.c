/* lower_rows.c: what works on rows (softmax, cross-entropy, argmax, top k) and reductions. */
#include <math.h>
#include <string.h>

#include "backend/cpu/parallel.h"
#include "backend/cpu/program.h"

/* --- rows: the last axis is one row; rows are shared out --- */

typedef struct row_plan {
    cornu__op_kind kind;
    int64_t rows, width, k;
    float smoothing;
    bool clip, checked;
    char *name;
} row_plan;

typedef struct row_call {
    const cornu__instruction *instruction;
    const cornu__cpu_run *run;
} row_call;

static void argmax_rows(const float *x, int64_t rows, int64_t width, int32_t *y)
{
    for (int64_t r = 0; r < rows; r++, x += width) {
        int64_t best = 0;
        for (int64_t i = 1; i < width; i++)
            if (x[i] > x[best])
                best = i;
        y[r] = (int32_t)best;
    }
}

static void run_rows_share(void *argument, int number, int parts)
{
    const row_call *call = argument;
    const row_plan *plan = call->instruction->detail;
    const cornu__cpu_kernels *kernels = call->run->kernels;
    void *const *operand = call->instruction->operand;
    cornu__share share = cornu__share_of(plan->rows, 1, number, parts);
    int64_t row = share.begin, rows = share.end - share.begin, width = plan->width, at = row * width;
    switch (plan->kind) {
    case CORNU__OP_SOFTMAX:
        kernels->softmax((const float *)operand[0] + at, rows, width, (float *)operand[1] + at);
        break;
    case CORNU__OP_LOG_SOFTMAX:
        kernels->log_softmax((const float *)operand[0] + at, rows, width, (float *)operand[1] + at);
        break;
    case CORNU__OP_SPARSE_CROSS_ENTROPY:
        kernels->sparse_cross_entropy((const float *)operand[0] + at, (const int32_t *)operand[1] + row, rows, width,
                                      plan->clip, (float *)operand[2] + row, (float *)operand[3] + at);
        break;
    case CORNU__OP_SPARSE_CROSS_ENTROPY_GRADIENT:
        kernels->sparse_cross_entropy_gradient((const float *)operand[0] + row, (const float *)operand[1] + at,
                                               (const int32_t *)operand[2] + row, rows, width,
                                               (float *)operand[3] + at);
        break;
    case CORNU__OP_SOFTMAX_CROSS_ENTROPY:
        kernels->softmax_cross_entropy((const float *)operand[0] + at, (const float *)operand[1] + at, rows, width,
                                       plan->smoothing, plan->clip, (float *)operand[2] + row,
                                       (float *)operand[3] + at);
        break;
    case CORNU__OP_SOFTMAX_CROSS_ENTROPY_GRADIENT:
        kernels->softmax_cross_entropy_gradient((const float *)operand[0] + row, (const float *)operand[1] + at,
                                                (const float *)operand[2] + at, rows, width, plan->smoothing,
                                                (float *)operand[3] + at);
        break;
    default:
        argmax_rows((const float *)operand[0] + at, rows, width, (int32_t *)operand[1] + row);
    }
}

/* Labels that are computed in the step are checked where they are used. */
static cornu_status check_labels(const row_plan *plan, const int32_t *labels)
{
    for (int64_t i = 0; i < plan->rows; i++)
        if (labels[i] < 0 || labels[i] >= plan->width)
            return cornu__fail(CORNU_ERROR_DATA, "%s: label %d at position %lld is out of range; 0 to %lld were wanted",
                               plan->name, (int)labels[i], (long long)i, (long long)plan->width - 1);
    return CORNU_OK;
}

static cornu_status run_rows(const cornu__instruction *instruction, const cornu__cpu_run *run)
{
    const row_plan *plan = instruction->detail;
    if (plan->kind == CORNU__OP_SPARSE_CROSS_ENTROPY && !plan->checked)
        CORNU_TRY(check_labels(plan, instruction->operand[1]));
    row_call call = {instruction, run};
    cornu__parallel(instruction->threads, run_rows_share, &call);
    return CORNU_OK;
}

static bool comes_from_input(const cornu_node *node)
{
    while (node->op->kind == CORNU__OP_RESHAPE || node->op->kind == CORNU__OP_STOP_GRADIENT)
        node = node->op->inputs[0];
    return node->op->kind == CORNU__OP_INPUT;
}

cornu_status cornu__lower_rows(cornu__compiler *compiler, const cornu__op *op)
{
    if (op->kind == CORNU__OP_IN_TOP_K)
        return CORNU_ERROR_UNSUPPORTED; /* a metric: the plain kernel is quick enough */
    bool gradient =
        op->kind == CORNU__OP_SPARSE_CROSS_ENTROPY_GRADIENT || op->kind == CORNU__OP_SOFTMAX_CROSS_ENTROPY_GRADIENT;
    const cornu_node *x = op->inputs[gradient ? 1 : 0];
    row_plan *plan = cornu__compiler_detail(compiler, sizeof *plan);
    const char *name = op->name ? op->name : cornu__op_definition_of(op->kind)->name;
    if (!plan || !(plan->name = cornu__cpu_keep_text(compiler->program, name)))
        return cornu_error_status();
    plan->kind = op->kind;
    plan->width = x->shape[x->rank - 1];
    plan->rows = x->count / plan->width;
    if (op->kind == CORNU__OP_SOFTMAX_CROSS_ENTROPY || op->kind == CORNU__OP_SPARSE_CROSS_ENTROPY) {
        plan->clip = op->attributes.cross_entropy.clip;
        plan->checked = comes_from_input(op->inputs[1]);
    }
    if (op->kind == CORNU__OP_SOFTMAX_CROSS_ENTROPY || op->kind == CORNU__OP_SOFTMAX_CROSS_ENTROPY_GRADIENT)
        plan->smoothing = (float)op->attributes.cross_entropy.smoothing;
    if (op->kind == CORNU__OP_ARGMAX && x->dtype != CORNU_FLOAT32)
        return CORNU_ERROR_UNSUPPORTED;
    int threads = cornu__compiler_threads(compiler, (double)x->count * (gradient ? 0.2 : 1.0));
    return cornu__compiler_emit(compiler, op, "rows", run_rows, plan, threads, 0) ? CORNU_OK : cornu_error_status();
}

/* --- reductions over neighbouring axes: x is (outer, reduced, inner) --- */

typedef struct reduce_plan {
    cornu__op_kind kind;
    int64_t outer, reduced, inner;
} reduce_plan;

/* One outer index, or one part of the rows of it. */
static void reduce_part(const cornu__cpu_kernels *kernels, const reduce_plan *plan, const float *x, int64_t rows,
                        float *y)
{
    bool sum = plan->kind == CORNU__OP_SUM || plan->kind == CORNU__OP_MEAN;
    if (plan->inner == 1) {
        *y = sum ? kernels->sum(x, rows) : (plan->kind == CORNU__OP_MAX ? kernels->maximum : kernels->minimum)(x, rows);
        return;
    }
    if (sum) {
        kernels->column_sum(x, rows, plan->inner, plan->inner, false, y);
        return;
    }
    memcpy(y, x, sizeof(float) * (size_t)plan->inner);
    cornu__tile_function *take =
        kernels->float_tile[plan->kind == CORNU__OP_MAX ? CORNU__OP_MAXIMUM : CORNU__OP_MINIMUM];
    for (int64_t r = 1; r < rows; r++)
        take(y, (const void *[]){y, x + r * plan->inner}, plan->inner);
}

static void finish_mean(const reduce_plan *plan, float *y, int64_t count)
{
    if (plan->kind != CORNU__OP_MEAN)
        return;
    float n = (float)plan->reduced;
    for (int64_t i = 0; i < count; i++)
        y[i] /= n;
}

static void reduce_outer_share(void *argument, int number, int parts)
{
    const row_call *call = argument;
    const reduce_plan *plan = call->instruction->detail;
    const float *x = call->instruction->operand[0];
    float *y = call->instruction->operand[1];
    cornu__share share = cornu__share_of(plan->outer, 1, number, parts);
    for (int64_t i = share.begin; i < share.end; i++)
        reduce_part(call->run->kernels, plan, x + i * plan->reduced * plan->inner, plan->reduced, y + i * plan->inner);
    finish_mean(plan, y + share.begin * plan->inner, (share.end - share.begin) * plan->inner);
}

static cornu_status run_reduce_outer(const cornu__instruction *instruction, const cornu__cpu_run *run)
{
    row_call call = {instruction, run};
    cornu__parallel(instruction->threads, reduce_outer_share, &call);
    return CORNU_OK;
}

/* Sums with one outer index and several threads: each thread sums its rows, then the parts are added in order. */
static void reduce_rows_share(void *argument, int number, int parts)
{
    const row_call *call = argument;
    const reduce_plan *plan = call->instruction->detail;
    const float *x = call->instruction->operand[0];
    float *partial = call->instruction->operand[2];
    cornu__share share = cornu__share_of(plan->reduced, 1, number, parts);
    reduce_part(call->run->kernels, plan, x + share.begin * plan->inner, share.end - share.begin,
                partial + number * plan->inner);
}

static cornu_status run_reduce_rows(const cornu__instruction *instruction, const cornu__cpu_run *run)
{
    const reduce_plan *plan = instruction->detail;
    row_call call = {instruction, run};
    cornu__parallel(instruction->threads, reduce_rows_share, &call);
    reduce_part(run->kernels, plan, instruction->operand[2], instruction->threads, instruction->operand[1]);
    finish_mean(plan, instruction->operand[1], plan->inner);
    return CORNU_OK;
}

/* False if the reduced axes are not neighbours. */
static bool split_axes(const cornu__op *op, reduce_plan *plan)
{
    const cornu_node *x = op->inputs[0];
    bool reduced[CORNU_MAX_RANK] = {false};
    for (int i = 0; i < op->attributes.reduce.count; i++)
        reduced[op->attributes.reduce.axes[i]] = true;
    plan->outer = plan->reduced = plan->inner = 1;
    int stage = 0; /* outer, reduced, inner */
    for (int axis = 0; axis < x->rank; axis++) {
        int64_t size = x->shape[axis];
        if (size == 1)
            continue;
        if (reduced[axis] && stage == 2)
            return false;
        stage = reduced[axis] ? 1 : stage == 1 ? 2 : stage;
        *(stage == 0 ? &plan->outer : stage == 1 ? &plan->reduced : &plan->inner) *= size;
    }
    return true;
}

cornu_status cornu__lower_reduce(cornu__compiler *compiler, const cornu__op *op)
{
    reduce_plan *plan = cornu__compiler_detail(compiler, sizeof *plan);
    if (!plan)
        return cornu_error_status();
    plan->kind = op->kind;
    if (op->inputs[0]->dtype != CORNU_FLOAT32 || !split_axes(op, plan))
        return CORNU_ERROR_UNSUPPORTED;
    int threads = cornu__compiler_threads(compiler, (double)op->inputs[0]->count * 0.15);
    if (plan->outer == 1 && threads > 1 && plan->reduced >= 8 * threads) {
        size_t scratch = sizeof(float) * (size_t)(plan->inner * threads);
        return cornu__compiler_emit(compiler, op, "by rows", run_reduce_rows, plan, threads, scratch)
                   ? CORNU_OK
                   : cornu_error_status();
    }
    if (plan->outer < threads)
        threads = 1;
    return cornu__compiler_emit(compiler, op, "", run_reduce_outer, plan, threads, 0) ? CORNU_OK : cornu_error_status();
}
