/* lower.c: from ops to instructions: which family of kernels takes an op, and what all families share. */
#include <stdio.h>
#include <string.h>

#include "backend/cpu/parallel.h"
#include "backend/cpu/program.h"
#include "base/memory.h"
#include "base/text.h"

int cornu__compiler_threads(const cornu__compiler *compiler, double nanoseconds)
{
    return nanoseconds >= CORNU__PARALLEL_NANOSECONDS ? compiler->backend->common.threads : 1;
}

void *cornu__compiler_detail(cornu__compiler *compiler, size_t size)
{
    return cornu__cpu_keep(compiler->program, size);
}

cornu_status cornu__compiler_scratch(cornu__compiler *compiler, size_t size, cornu__slot *slot)
{
    slot->offset = 0;
    return cornu__storage_add(
        compiler->program,
        (cornu__storage){
            .place = CORNU__PLACE_ARENA, .size = size, .first = compiler->op_number, .last = compiler->op_number},
        &slot->storage);
}

static void add_shape(cornu__text *text, const cornu_node *node)
{
    if (node->rank == 0)
        cornu__text_add(text, "1");
    for (int i = 0; i < node->rank; i++)
        cornu__text_add(text, i ? "x%lld" : "%lld", (long long)node->shape[i]);
}

/* "conv2d_1/conv: conv brgconv:avx512_core 128x26x26x32, 3x3x32x64 -> 128x24x24x64" */
static char *describe(cornu__compiler *compiler, const cornu__op *op, const char *words)
{
    cornu__text text = {0};
    cornu__text_add(&text, "%s%s%s%s%s ", op->name ? op->name : "", op->name ? ": " : "",
                    cornu__op_definition_of(op->kind)->name, words[0] ? " " : "", words);
    for (int i = 0; i < op->input_count && i < 4; i++) {
        cornu__text_add(&text, i ? ", " : "");
        add_shape(&text, op->inputs[i]);
    }
    if (op->input_count > 4)
        cornu__text_add(&text, ", ...");
    if (op->output_count > 0) {
        cornu__text_add(&text, " -> ");
        add_shape(&text, op->outputs[0]);
    }
    char *line = cornu__text_take(&text);
    if (!line)
        return NULL;
    char *kept = cornu__cpu_keep_text(compiler->program, line);
    cornu__free(line);
    return kept;
}

static cornu__instruction *add_instruction(cornu__cpu_program *program)
{
    if (program->instruction_count == program->instruction_capacity) {
        size_t capacity = program->instruction_capacity ? 2 * (size_t)program->instruction_capacity : 64;
        void *grown =
            cornu__realloc(program->instructions, sizeof(cornu__instruction) * (size_t)program->instruction_capacity,
                           sizeof(cornu__instruction) * capacity);
        if (!grown)
            return NULL;
        program->instructions = grown;
        program->instruction_capacity = (int)capacity;
    }
    cornu__instruction *instruction = &program->instructions[program->instruction_count++];
    memset(instruction, 0, sizeof *instruction);
    return instruction;
}

cornu__instruction *cornu__compiler_emit_slots(cornu__compiler *compiler, const cornu__op *op, const char *words,
                                               cornu__instruction_function *run, void *detail, int threads, int count,
                                               const cornu__slot *slots)
{
    char *name = describe(compiler, op, words);
    cornu__slot *kept = cornu__cpu_keep(compiler->program, sizeof(cornu__slot) * (size_t)(count ? count : 1));
    void **operand = cornu__cpu_keep(compiler->program, sizeof(void *) * (size_t)(count ? count : 1));
    if (!name || !kept || !operand)
        return NULL;
    cornu__instruction *instruction = add_instruction(compiler->program);
    if (!instruction)
        return NULL;
    memcpy(kept, slots, sizeof(cornu__slot) * (size_t)count);
    instruction->run = run;
    instruction->detail = detail;
    instruction->threads = threads;
    instruction->operand = operand;
    instruction->operand_count = count;
    instruction->slot = kept;
    instruction->name = name;
    return instruction;
}

cornu__instruction *cornu__compiler_emit(cornu__compiler *compiler, const cornu__op *op, const char *words,
                                         cornu__instruction_function *run, void *detail, int threads,
                                         size_t scratch_size)
{
    cornu__slot slots[CORNU__MAX_INPUTS + CORNU__MAX_OUTPUTS + 1];
    int count = 0;
    for (int i = 0; i < op->input_count; i++)
        slots[count++] = cornu__slot_of(compiler, op->inputs[i]);
    for (int i = 0; i < op->output_count; i++)
        slots[count++] = cornu__slot_of(compiler, op->outputs[i]);
    if (scratch_size > 0 && cornu__compiler_scratch(compiler, scratch_size, &slots[count++]) != CORNU_OK)
        return NULL;
    return cornu__compiler_emit_slots(compiler, op, words, run, detail, threads, count, slots);
}

/* --- copies --- */

static void copy_share(void *argument, int number, int parts)
{
    const cornu__instruction *instruction = argument;
    size_t size = *(const size_t *)instruction->detail;
    cornu__share share = cornu__share_of((int64_t)size, CORNU_ALIGNMENT, number, parts);
    memcpy((char *)instruction->operand[1] + share.begin, (const char *)instruction->operand[0] + share.begin,
           (size_t)(share.end - share.begin));
}

static cornu_status run_copy(const cornu__instruction *instruction, const cornu__cpu_run *run)
{
    (void)run;
    cornu__parallel(instruction->threads, copy_share, (void *)instruction);
    return CORNU_OK;
}

cornu_status cornu__compiler_emit_copy(cornu__compiler *compiler, const cornu__op *op, cornu__slot from, cornu__slot to,
                                       size_t size)
{
    size_t *detail = cornu__compiler_detail(compiler, sizeof *detail);
    if (!detail)
        return cornu_error_status();
    *detail = size;
    int threads = cornu__compiler_threads(compiler, (double)size / 20);
    cornu__slot slots[] = {from, to};
    return cornu__compiler_emit_slots(compiler, op, "copy", run_copy, detail, threads, 2, slots) ? CORNU_OK
                                                                                                 : cornu_error_status();
}

/* --- the plain kernel, where no fast one fits --- */

typedef struct plain_call {
    const cornu__op *op; /* in the program's copy of the graph */
    cornu_status (*reference)(const cornu__op *op, const void *const *inputs, void *const *outputs,
                              const cornu__run_state *run);
} plain_call;

static cornu_status run_plain(const cornu__instruction *instruction, const cornu__cpu_run *run)
{
    const plain_call *call = instruction->detail;
    return call->reference(call->op, (const void *const *)instruction->operand,
                           instruction->operand + call->op->input_count, run->state);
}

cornu_status cornu__lower_reference(cornu__compiler *compiler, const cornu__op *op)
{
    plain_call *call = cornu__compiler_detail(compiler, sizeof *call);
    if (!call)
        return cornu_error_status();
    cornu__cpu_program *program = compiler->program;
    if (!program->graph && !(program->graph = cornu__graph_copy(compiler->graph)))
        return cornu_error_status();
    call->op = program->graph->ops[op->number];
    call->reference = cornu__op_definition_of(op->kind)->reference;
    if (!call->reference)
        return cornu__fail(CORNU_ERROR_INTERNAL, "%s: the op has no plain kernel",
                           cornu__op_definition_of(op->kind)->name);
    return cornu__compiler_emit(compiler, op, "plain", run_plain, call, 1, 0) ? CORNU_OK : cornu_error_status();
}

/* --- who takes what --- */

static cornu_status lower_fast(cornu__compiler *compiler, const cornu__op *op)
{
    switch (op->kind) {
    case CORNU__OP_FUSED:
        return cornu__lower_fused(compiler, op);
    case CORNU__OP_MATMUL:
        return cornu__lower_matmul(compiler, op);
    case CORNU__OP_CONV:
    case CORNU__OP_CONV_INPUT_GRADIENT:
    case CORNU__OP_CONV_KERNEL_GRADIENT:
        return cornu__lower_convolution(compiler, op);
    case CORNU__OP_MAX_POOL:
    case CORNU__OP_MAX_POOL_GRADIENT:
    case CORNU__OP_AVERAGE_POOL:
    case CORNU__OP_AVERAGE_POOL_GRADIENT:
        return cornu__lower_pool(compiler, op);
    case CORNU__OP_BATCH_NORM:
    case CORNU__OP_BATCH_NORM_GRADIENT:
        return cornu__lower_batch_norm(compiler, op);
    case CORNU__OP_SOFTMAX:
    case CORNU__OP_LOG_SOFTMAX:
    case CORNU__OP_SOFTMAX_CROSS_ENTROPY:
    case CORNU__OP_SOFTMAX_CROSS_ENTROPY_GRADIENT:
    case CORNU__OP_SPARSE_CROSS_ENTROPY:
    case CORNU__OP_SPARSE_CROSS_ENTROPY_GRADIENT:
    case CORNU__OP_ARGMAX:
    case CORNU__OP_IN_TOP_K:
        return cornu__lower_rows(compiler, op);
    case CORNU__OP_SUM:
    case CORNU__OP_MEAN:
    case CORNU__OP_MAX:
    case CORNU__OP_MIN:
        return cornu__lower_reduce(compiler, op);
    case CORNU__OP_DROPOUT:
    case CORNU__OP_RANDOM_UNIFORM:
        return cornu__lower_random(compiler, op);
    case CORNU__OP_TRANSPOSE:
    case CORNU__OP_BROADCAST:
    case CORNU__OP_CONCATENATE:
    case CORNU__OP_SLICE:
    case CORNU__OP_PAD:
    case CORNU__OP_GATHER:
    case CORNU__OP_SCATTER_ADD:
    case CORNU__OP_PACK:
        return cornu__lower_move(compiler, op);
    default:
        if (cornu__op_definition_of(op->kind)->flags & CORNU__OP_IS_ELEMENTWISE)
            return cornu__lower_elementwise(compiler, op);
        return CORNU_ERROR_UNSUPPORTED;
    }
}

cornu_status cornu__lower_op(cornu__compiler *compiler, const cornu__op *op)
{
    switch (op->kind) {
    case CORNU__OP_INPUT:
    case CORNU__OP_VARIABLE:
    case CORNU__OP_CONSTANT:
    case CORNU__OP_RESHAPE:
    case CORNU__OP_STOP_GRADIENT:
    case CORNU__OP_ASSIGN: /* at the end: program.c */
        return CORNU_OK;
    default:
        break;
    }
    for (int i = 0; i < op->output_count; i++)
        if (op->outputs[i]->dtype == CORNU_FLOAT64)
            return cornu__fail(CORNU_ERROR_UNSUPPORTED,
                               "%s: the cpu backend computes in float32; float64 is the reference backend's",
                               op->name ? op->name : cornu__op_definition_of(op->kind)->name);
    cornu_status status = lower_fast(compiler, op);
    return status == CORNU_ERROR_UNSUPPORTED ? cornu__lower_reference(compiler, op) : status;
}
