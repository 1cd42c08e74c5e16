/* lower_linear.c: matrix products and convolutions: oneDNN's, or a small loop where a call would cost more than the arithmetic. */
#include <omp.h>
#include <stdio.h>

#include "backend/cpu/parallel.h"
#include "backend/cpu/program.h"
#include "base/memory.h"

typedef struct kernel_call {
    const cornu__instruction *instruction;
    const cornu__cpu_run *run;
} kernel_call;

/* --- kernels of oneDNN --- */

static cornu_status run_onednn(const cornu__instruction *instruction, const cornu__cpu_run *run)
{
    (void)run;
    return cornu__onednn_run(instruction->onednn);
}

static cornu_status run_pack(const cornu__instruction *instruction, const cornu__cpu_run *run)
{
    (void)run;
    return cornu__onednn_pack(instruction->onednn);
}

/* The buffer that a convolution kernel comes straight from; NULL if it is computed in the step. */
static cornu__buffer *buffer_of(const cornu__compiler *compiler, const cornu_node *node)
{
    while (node->op->kind == CORNU__OP_RESHAPE || node->op->kind == CORNU__OP_STOP_GRADIENT)
        node = node->op->inputs[0];
    if (node->op->kind != CORNU__OP_VARIABLE)
        return NULL;
    return compiler->program->common.buffers[node->op->attributes.variable.buffer];
}

/* The packed copy of the kernel and the instruction that makes it. */
static cornu_status emit_pack(cornu__compiler *compiler, const cornu__op *op, cornu__onednn_kernel *kernel, int threads,
                              cornu__slot *packed)
{
    cornu__storage storage = {.place = CORNU__PLACE_PRIVATE, .size = cornu__onednn_packed_size(kernel)};
    CORNU_TRY(cornu__storage_add(compiler->program, storage, &packed->storage));
    cornu__slot slots[] = {cornu__slot_of(compiler, op->inputs[1]), *packed};
    cornu__instruction *instruction =
        cornu__compiler_emit_slots(compiler, op, "pack", run_pack, NULL, threads, 2, slots);
    if (!instruction)
        return cornu_error_status();
    instruction->onednn = kernel;
    instruction->packs = true;
    instruction->watched = buffer_of(compiler, op->inputs[1]);
    compiler->program->pack_count++;
    return CORNU_OK;
}

/* ReLU of a kernel's output, in place. Not oneDNN's own, fused: that turns NaN into 0, and a model that went wrong would look well. */
static void relu_share(void *argument, int number, int parts)
{
    const kernel_call *call = argument;
    cornu__share share = cornu__share_of(*(const int64_t *)call->instruction->detail, 16, number, parts);
    float *y = (float *)call->instruction->operand[0] + share.begin;
    call->run->kernels->float_tile[CORNU__OP_RELU](y, (const void *[]){y}, share.end - share.begin);
}

static cornu_status run_relu(const cornu__instruction *instruction, const cornu__cpu_run *run)
{
    kernel_call call = {instruction, run};
    cornu__parallel(instruction->threads, relu_share, &call);
    return CORNU_OK;
}

static cornu_status emit_relu(cornu__compiler *compiler, const cornu__op *op)
{
    int64_t *count = cornu__compiler_detail(compiler, sizeof *count);
    if (!count)
        return cornu_error_status();
    *count = op->outputs[0]->count;
    int threads = cornu__compiler_threads(compiler, 0.1 * (double)*count);
    cornu__slot slot = cornu__slot_of(compiler, op->outputs[0]);
    return cornu__compiler_emit_slots(compiler, op, "relu", run_relu, count, threads, 1, &slot) ? CORNU_OK
                                                                                                : cornu_error_status();
}

/* Takes over `kernel`. */
static cornu_status emit_onednn(cornu__compiler *compiler, const cornu__op *op, cornu__onednn_kernel *kernel,
                                int threads)
{
    cornu__slot slots[8];
    int count = 0;
    for (int i = 0; i < op->input_count; i++)
        slots[count++] = cornu__slot_of(compiler, op->inputs[i]);
    slots[count++] = cornu__slot_of(compiler, op->outputs[0]);
    /* scratch and packed kernel: something valid where there is none */
    slots[count] = slots[count + 1] = slots[count - 1];
    size_t scratch = cornu__onednn_scratch_size(kernel);
    cornu_status status = CORNU_OK;
    if (scratch > 0)
        status = cornu__compiler_scratch(compiler, scratch, &slots[count]);
    if (status == CORNU_OK && cornu__onednn_packed_size(kernel) > 0)
        status = emit_pack(compiler, op, kernel, threads, &slots[count + 1]);
    cornu__instruction *instruction = NULL;
    if (status == CORNU_OK)
        instruction = cornu__compiler_emit_slots(compiler, op, cornu__onednn_implementation(kernel), run_onednn, NULL,
                                                 threads, count + 2, slots);
    if (!instruction) {
        cornu__onednn_release(kernel);
        return cornu_error_status();
    }
    instruction->onednn = kernel;
    compiler->program->reorders += cornu__onednn_reorders(kernel);
    return op->attributes.relu ? emit_relu(compiler, op) : CORNU_OK;
}

/* --- convolution --- */

typedef struct gradient_plan {
    cornu__conv_shape shape;
    int64_t images, count; /* elements of dkernel */
} gradient_plan;

/* Operands: x, dy, dkernel, scratch: a dkernel for each thread but the first. */
static void gradient_share(void *argument, int number, int parts)
{
    const kernel_call *call = argument;
    const gradient_plan *plan = call->instruction->detail;
    void *const *operand = call->instruction->operand;
    float *out = number == 0 ? operand[2] : (float *)operand[3] + (number - 1) * plan->count;
    cornu__share share = cornu__share_of(plan->images, 1, number, parts);
    call->run->kernels->conv_kernel_gradient(&plan->shape, operand[0], operand[1], share.begin, share.end, out);
}

static cornu_status run_kernel_gradient(const cornu__instruction *instruction, const cornu__cpu_run *run)
{
    const gradient_plan *plan = instruction->detail;
    kernel_call call = {instruction, run};
    cornu__parallel(instruction->threads, gradient_share, &call);
    float *out = instruction->operand[2];
    for (int i = 1; i < instruction->threads; i++)
        run->kernels->float_tile[CORNU__OP_ADD](
            out, (const void *[]){out, (float *)instruction->operand[3] + (i - 1) * plan->count}, plan->count);
    return CORNU_OK;
}

static cornu_status lower_kernel_gradient(cornu__compiler *compiler, const cornu__op *op)
{
    const cornu_node *x = op->inputs[0], *dy = op->inputs[1], *kernel = op->outputs[0];
    const cornu__window *window = &op->attributes.window;
    gradient_plan *plan = cornu__compiler_detail(compiler, sizeof *plan);
    if (!plan)
        return cornu_error_status();
    plan->images = x->shape[0];
    plan->count = kernel->count;
    plan->shape = (cornu__conv_shape){.height = x->shape[1],
                                      .width = x->shape[2],
                                      .channels = x->shape[3],
                                      .output_height = dy->shape[1],
                                      .output_width = dy->shape[2],
                                      .outputs = dy->shape[3]};
    for (int axis = 0; axis < 2; axis++) {
        plan->shape.size[axis] = kernel->shape[axis];
        plan->shape.strides[axis] = window->strides[axis];
        plan->shape.dilation[axis] = window->dilation[axis];
        plan->shape.pad_before[axis] = window->pad_before[axis];
    }
    if (window->groups != 1 || !compiler->backend->kernels->conv_kernel_gradient_fits(&plan->shape))
        return CORNU_ERROR_UNSUPPORTED;
    int threads = cornu__compiler_threads(compiler, cornu__backend_op_flops(op) / 100);
    if (plan->images < threads)
        return CORNU_ERROR_UNSUPPORTED; /* oneDNN divides other axes too */
    size_t scratch = sizeof(float) * (size_t)(plan->count * (threads - 1));
    return cornu__compiler_emit(compiler, op, "own", run_kernel_gradient, plan, threads, scratch)
               ? CORNU_OK
               : cornu_error_status();
}

cornu_status cornu__lower_convolution(cornu__compiler *compiler, const cornu__op *op)
{
    if (op->kind == CORNU__OP_CONV_KERNEL_GRADIENT) {
        cornu_status status = lower_kernel_gradient(compiler, op);
        if (status != CORNU_ERROR_UNSUPPORTED)
            return status;
    }
    cornu__convolution what = {.kind = op->kind, .window = &op->attributes.window};
    switch (op->kind) {
    case CORNU__OP_CONV:
        what.x = op->inputs[0]->shape;
        what.kernel = op->inputs[1]->shape;
        what.y = op->outputs[0]->shape;
        what.bias = op->input_count > 2;
        break;
    case CORNU__OP_CONV_INPUT_GRADIENT:
        what.y = op->inputs[0]->shape;
        what.kernel = op->inputs[1]->shape;
        what.x = op->outputs[0]->shape;
        break;
    default:
        what.x = op->inputs[0]->shape;
        what.y = op->inputs[1]->shape;
        what.kernel = op->outputs[0]->shape;
        break;
    }
    int threads = cornu__compiler_threads(compiler, cornu__backend_op_flops(op) / 100);
    cornu__onednn_kernel *kernel = NULL;
    omp_set_num_threads(threads);
    cornu_status status = cornu__onednn_convolution(compiler->backend->onednn, &what, &kernel);
    omp_set_num_threads(compiler->backend->common.threads);
    return status == CORNU_OK ? emit_onednn(compiler, op, kernel, threads) : status;
}

/* --- matrix product --- */

#define SMALL_PRODUCT 256 /* multiply-adds: fewer cost less than the call of oneDNN */

static cornu_status run_small(const cornu__instruction *instruction, const cornu__cpu_run *run)
{
    const cornu__matrix_product *what = instruction->detail;
    const float *a = instruction->operand[0], *b = instruction->operand[1];
    const float *bias = what->bias ? instruction->operand[2] : NULL;
    float *y = instruction->operand[what->bias ? 3 : 2];
    for (int64_t i = 0; i < what->batch; i++)
        run->kernels->matmul(what->m, what->n, what->k, a + i * what->a.batch_stride, what->a.row_stride,
                             what->a.column_stride, b + i * what->b.batch_stride, what->b.row_stride,
                             what->b.column_stride, bias, what->relu, y + i * what->m * what->n);
    return CORNU_OK;
}

static cornu__matrix matrix_of(const cornu_node *node, bool transposed)
{
    int64_t rows = node->shape[node->rank - 2], columns = node->shape[node->rank - 1];
    cornu__matrix matrix = {
        .batch_stride = node->rank > 2 ? rows * columns : 0, .row_stride = columns, .column_stride = 1};
    if (transposed) {
        matrix.row_stride = 1;
        matrix.column_stride = columns;
    }
    return matrix;
}

static cornu__matrix_product product_of(const cornu__op *op)
{
    const cornu_node *a = op->inputs[0], *b = op->inputs[1], *y = op->outputs[0];
    bool transpose_a = op->attributes.matmul.transpose_a, transpose_b = op->attributes.matmul.transpose_b;
    cornu__matrix_product what = {.m = y->shape[y->rank - 2],
                                  .n = y->shape[y->rank - 1],
                                  .k = a->shape[a->rank - (transpose_a ? 2 : 1)],
                                  .a = matrix_of(a, transpose_a),
                                  .b = matrix_of(b, transpose_b),
                                  .bias = op->input_count > 2,
                                  .relu = op->attributes.relu};
    what.batch = y->count / (what.m * what.n);
    if (b->rank == 2 && !transpose_a) { /* all rows of all matrices a are rows of one */
        what.m *= what.batch;
        what.batch = 1;
    }
    return what;
}

cornu_status cornu__lower_matmul(cornu__compiler *compiler, const cornu__op *op)
{
    cornu__matrix_product what = product_of(op);
    if (what.batch * what.m * what.n * what.k < SMALL_PRODUCT) {
        cornu__matrix_product *detail = cornu__compiler_detail(compiler, sizeof *detail);
        if (!detail)
            return cornu_error_status();
        *detail = what;
        return cornu__compiler_emit(compiler, op, "small", run_small, detail, 1, 0) ? CORNU_OK : cornu_error_status();
    }
    int threads = cornu__compiler_threads(compiler, cornu__backend_op_flops(op) / 150);
    cornu__onednn_kernel *kernel = NULL;
    omp_set_num_threads(threads);
    cornu_status status = cornu__onednn_matmul(compiler->backend->onednn, &what, &kernel);
    omp_set_num_threads(compiler->backend->common.threads);
    return status == CORNU_OK ? emit_onednn(compiler, op, kernel, threads) : status;
}
