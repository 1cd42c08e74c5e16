/* lower_move.c: ops that move elements: concatenate, slice, pad, transpose, gather, scatter, pack; and random numbers. */
#include <string.h>

#include "backend/cpu/parallel.h"
#include "backend/cpu/program.h"

typedef struct move_call {
    const cornu__instruction *instruction;
    const cornu__cpu_run *run;
} move_call;

/* --- strided copies: all of slice, pad, transpose, broadcast and concatenate is one --- */

/* to[sum of index * to_stride] := from[sum of index * from_stride] for all indices below `size`. */
typedef struct strided_plan {
    int rank;
    int64_t size[CORNU_MAX_RANK], to_stride[CORNU_MAX_RANK], from_stride[CORNU_MAX_RANK];
    int64_t to_start, from_start; /* of index 0 */
    bool fills;                   /* the output is first filled with `value` */
    uint32_t value;
    int64_t to_count;
} strided_plan;

static void copy_line(uint32_t *to, int64_t to_stride, const uint32_t *from, int64_t from_stride, int64_t count)
{
    if (to_stride == 1 && from_stride == 1) {
        memcpy(to, from, (size_t)count * sizeof *to);
        return;
    }
    for (int64_t i = 0; i < count; i++)
        to[i * to_stride] = from[i * from_stride];
}

static void copy_box(const strided_plan *plan, int axis, uint32_t *to, const uint32_t *from, int64_t begin, int64_t end)
{
    if (axis == plan->rank - 1) {
        copy_line(to + begin * plan->to_stride[axis], plan->to_stride[axis], from + begin * plan->from_stride[axis],
                  plan->from_stride[axis], end - begin);
        return;
    }
    for (int64_t i = begin; i < end; i++)
        copy_box(plan, axis + 1, to + i * plan->to_stride[axis], from + i * plan->from_stride[axis], 0,
                 plan->size[axis + 1]);
}

static void strided_share(void *argument, int number, int parts)
{
    const move_call *call = argument;
    const strided_plan *plan = call->instruction->detail;
    uint32_t *to = call->instruction->operand[1];
    const uint32_t *from = call->instruction->operand[0];
    cornu__share share = cornu__share_of(plan->size[0], 1, number, parts);
    copy_box(plan, 0, to + plan->to_start, from + plan->from_start, share.begin, share.end);
}

static cornu_status run_strided(const cornu__instruction *instruction, const cornu__cpu_run *run)
{
    const strided_plan *plan = instruction->detail;
    uint32_t *to = instruction->operand[1];
    if (plan->fills)
        for (int64_t i = 0; i < plan->to_count; i++)
            to[i] = plan->value;
    move_call call = {instruction, run};
    cornu__parallel(instruction->threads, strided_share, &call);
    return CORNU_OK;
}

static void row_major(const cornu_node *node, int64_t *strides)
{
    int64_t stride = 1;
    for (int axis = node->rank - 1; axis >= 0; axis--) {
        strides[axis] = stride;
        stride *= node->shape[axis];
    }
}

/* Neighbouring axes that are walked like one become one. */
static void merge_axes(strided_plan *plan)
{
    int kept = 0;
    for (int axis = 0; axis < plan->rank; axis++) {
        if (plan->size[axis] == 1)
            continue;
        if (kept > 0 && plan->to_stride[kept - 1] == plan->to_stride[axis] * plan->size[axis] &&
            plan->from_stride[kept - 1] == plan->from_stride[axis] * plan->size[axis]) {
            plan->size[kept - 1] *= plan->size[axis];
            plan->to_stride[kept - 1] = plan->to_stride[axis];
            plan->from_stride[kept - 1] = plan->from_stride[axis];
            continue;
        }
        plan->size[kept] = plan->size[axis];
        plan->to_stride[kept] = plan->to_stride[axis];
        plan->from_stride[kept] = plan->from_stride[axis];
        kept++;
    }
    if (kept == 0) {
        plan->size[0] = plan->to_stride[0] = plan->from_stride[0] = 1;
        kept = 1;
    }
    plan->rank = kept;
}

static cornu_status emit_strided(cornu__compiler *compiler, const cornu__op *op, strided_plan plan, cornu__slot from,
                                 cornu__slot to)
{
    strided_plan *detail = cornu__compiler_detail(compiler, sizeof *detail);
    if (!detail)
        return cornu_error_status();
    merge_axes(&plan);
    *detail = plan;
    double count = 1;
    for (int axis = 0; axis < plan.rank; axis++)
        count *= (double)plan.size[axis];
    int threads = plan.size[0] > 1 ? cornu__compiler_threads(compiler, count * 0.3) : 1;
    cornu__slot slots[] = {from, to};
    return cornu__compiler_emit_slots(compiler, op, "copy", run_strided, detail, threads, 2, slots)
               ? CORNU_OK
               : cornu_error_status();
}

/* The plan that walks `walked`'s indices with the strides of both tensors. */
static strided_plan whole_of(const cornu_node *walked, const int64_t *from_strides, const int64_t *to_strides)
{
    strided_plan plan = {.rank = walked->rank};
    for (int axis = 0; axis < walked->rank; axis++) {
        plan.size[axis] = walked->shape[axis];
        plan.from_stride[axis] = from_strides[axis];
        plan.to_stride[axis] = to_strides[axis];
    }
    return plan;
}

static cornu_status lower_transpose(cornu__compiler *compiler, const cornu__op *op)
{
    const cornu_node *x = op->inputs[0], *y = op->outputs[0];
    int64_t from[CORNU_MAX_RANK], to[CORNU_MAX_RANK], permuted[CORNU_MAX_RANK];
    row_major(x, from);
    row_major(y, to);
    for (int axis = 0; axis < y->rank; axis++)
        permuted[axis] = from[op->attributes.permutation[axis]];
    return emit_strided(compiler, op, whole_of(y, permuted, to), cornu__slot_of(compiler, x),
                        cornu__slot_of(compiler, y));
}

cornu_status cornu__compiler_emit_broadcast(cornu__compiler *compiler, const cornu__op *op, const cornu_node *x,
                                            const cornu_node *y, cornu__slot out)
{
    int64_t from[CORNU_MAX_RANK], to[CORNU_MAX_RANK], spread[CORNU_MAX_RANK];
    row_major(x, from);
    row_major(y, to);
    int shift = y->rank - x->rank;
    for (int axis = 0; axis < y->rank; axis++)
        spread[axis] = axis < shift || x->shape[axis - shift] == 1 ? 0 : from[axis - shift];
    return emit_strided(compiler, op, whole_of(y, spread, to), cornu__slot_of(compiler, x), out);
}

static cornu_status lower_slice(cornu__compiler *compiler, const cornu__op *op)
{
    const cornu_node *x = op->inputs[0], *y = op->outputs[0];
    int64_t from[CORNU_MAX_RANK], to[CORNU_MAX_RANK], start = 0;
    row_major(x, from);
    row_major(y, to);
    for (int axis = 0; axis < y->rank; axis++) {
        start += op->attributes.slice.begin[axis] * from[axis];
        from[axis] *= op->attributes.slice.stride[axis];
    }
    strided_plan plan = whole_of(y, from, to);
    plan.from_start = start;
    return emit_strided(compiler, op, plan, cornu__slot_of(compiler, x), cornu__slot_of(compiler, y));
}

static cornu_status lower_pad(cornu__compiler *compiler, const cornu__op *op)
{
    const cornu_node *x = op->inputs[0], *y = op->outputs[0];
    int64_t from[CORNU_MAX_RANK], to[CORNU_MAX_RANK], start = 0;
    row_major(x, from);
    row_major(y, to);
    for (int axis = 0; axis < x->rank; axis++) {
        if (op->attributes.pad.before[axis] < 0 || op->attributes.pad.after[axis] < 0)
            return CORNU_ERROR_UNSUPPORTED;
        start += op->attributes.pad.before[axis] * to[axis];
        to[axis] *= op->attributes.pad.stride[axis] > 0 ? op->attributes.pad.stride[axis] : 1;
    }
    strided_plan plan = whole_of(x, from, to);
    plan.to_start = start;
    plan.fills = true;
    plan.to_count = y->count;
    float value = (float)op->attributes.pad.value;
    int32_t whole = (int32_t)op->attributes.pad.value;
    memcpy(&plan.value, y->dtype == CORNU_INT32 ? (const void *)&whole : (const void *)&value, sizeof plan.value);
    return emit_strided(compiler, op, plan, cornu__slot_of(compiler, x), cornu__slot_of(compiler, y));
}

static cornu_status lower_concatenate(cornu__compiler *compiler, const cornu__op *op)
{
    const cornu_node *y = op->outputs[0];
    cornu__slot out = cornu__slot_of(compiler, y);
    int64_t to[CORNU_MAX_RANK], start = 0;
    row_major(y, to);
    for (int i = 0; i < op->input_count; i++) {
        const cornu_node *x = op->inputs[i];
        int64_t from[CORNU_MAX_RANK];
        row_major(x, from);
        cornu__slot part = {out.storage, out.offset + (size_t)start * sizeof(float)};
        start += x->shape[op->attributes.axis] * to[op->attributes.axis];
        if (cornu__slot_same(compiler->program, cornu__slot_of(compiler, x), part))
            continue; /* its producer wrote it there */
        CORNU_TRY(emit_strided(compiler, op, whole_of(x, from, to), cornu__slot_of(compiler, x), part));
    }
    return CORNU_OK;
}

static cornu_status lower_pack(cornu__compiler *compiler, const cornu__op *op)
{
    cornu__slot out = cornu__slot_of(compiler, op->outputs[0]);
    for (int i = 0; i < op->input_count; i++) {
        cornu__slot part = {out.storage, out.offset + (size_t)op->attributes.pack.offset[i] * sizeof(float)};
        cornu__slot from = cornu__slot_of(compiler, op->inputs[i]);
        if (!cornu__slot_same(compiler->program, from, part))
            CORNU_TRY(
                cornu__compiler_emit_copy(compiler, op, from, part, (size_t)op->inputs[i]->count * sizeof(float)));
    }
    return CORNU_OK;
}

/* --- gather and scatter: rows by their number --- */

typedef struct gather_plan {
    int64_t count, rows, width; /* indices; rows of the table; elements in a row */
    char *name;
} gather_plan;

static cornu_status run_gather(const cornu__instruction *instruction, const cornu__cpu_run *run)
{
    (void)run;
    const gather_plan *plan = instruction->detail;
    const uint32_t *table = instruction->operand[0];
    const int32_t *index = instruction->operand[1];
    uint32_t *to = instruction->operand[2];
    for (int64_t i = 0; i < plan->count; i++) {
        if (index[i] < 0 || index[i] >= plan->rows)
            return cornu__fail(CORNU_ERROR_DATA, "%s: index %d at position %lld is out of range; 0 to %lld were wanted",
                               plan->name, (int)index[i], (long long)i, (long long)plan->rows - 1);
        memcpy(to + i * plan->width, table + index[i] * plan->width, (size_t)plan->width * sizeof *to);
    }
    return CORNU_OK;
}

/* One after the other, in the order of the indices: the same bits always. */
static cornu_status run_scatter(const cornu__instruction *instruction, const cornu__cpu_run *run)
{
    const gather_plan *plan = instruction->detail;
    const float *rows = instruction->operand[0];
    const int32_t *index = instruction->operand[1];
    float *to = instruction->operand[2];
    memset(to, 0, (size_t)(plan->rows * plan->width) * sizeof *to);
    cornu__tile_function *add = run->kernels->float_tile[CORNU__OP_ADD];
    for (int64_t i = 0; i < plan->count; i++)
        if (index[i] >= 0 && index[i] < plan->rows)
            add(to + index[i] * plan->width, (const void *[]){to + index[i] * plan->width, rows + i * plan->width},
                plan->width);
    return CORNU_OK;
}

static cornu_status lower_gather(cornu__compiler *compiler, const cornu__op *op)
{
    bool scatter = op->kind == CORNU__OP_SCATTER_ADD;
    const cornu_node *table = scatter ? op->outputs[0] : op->inputs[0];
    if (table->dtype != CORNU_FLOAT32)
        return CORNU_ERROR_UNSUPPORTED;
    gather_plan *plan = cornu__compiler_detail(compiler, sizeof *plan);
    const char *name = op->name ? op->name : cornu__op_definition_of(op->kind)->name;
    if (!plan || !(plan->name = cornu__cpu_keep_text(compiler->program, name)))
        return cornu_error_status();
    plan->count = op->inputs[1]->count;
    plan->rows = table->shape[0];
    plan->width = table->count / table->shape[0];
    return cornu__compiler_emit(compiler, op, "", scatter ? run_scatter : run_gather, plan, 1, 0)
               ? CORNU_OK
               : cornu_error_status();
}

cornu_status cornu__lower_move(cornu__compiler *compiler, const cornu__op *op)
{
    switch (op->kind) {
    case CORNU__OP_TRANSPOSE:
        return lower_transpose(compiler, op);
    case CORNU__OP_BROADCAST:
        return cornu__compiler_emit_broadcast(compiler, op, op->inputs[0], op->outputs[0],
                                              cornu__slot_of(compiler, op->outputs[0]));
    case CORNU__OP_CONCATENATE:
        return lower_concatenate(compiler, op);
    case CORNU__OP_SLICE:
        return lower_slice(compiler, op);
    case CORNU__OP_PAD:
        return lower_pad(compiler, op);
    case CORNU__OP_PACK:
        return lower_pack(compiler, op);
    default:
        return lower_gather(compiler, op);
    }
}

/* --- random numbers --- */

typedef struct random_plan {
    int64_t count;
    uint64_t number;
    float rate, scale;
    bool dropout;
} random_plan;

static void random_share(void *argument, int number, int parts)
{
    const move_call *call = argument;
    const random_plan *plan = call->instruction->detail;
    cornu__random_key key =
        cornu__random_key_make(call->run->state->seed, CORNU__RANDOM_STEP, call->run->state->update, plan->number);
    cornu__share share = cornu__share_of(plan->count, 128, number, parts);
    if (plan->dropout)
        call->run->kernels->dropout(key, plan->rate, plan->scale, call->instruction->operand[0], share.begin, share.end,
                                    call->instruction->operand[1]);
    else
        call->run->kernels->uniform(key, share.begin, share.end, call->instruction->operand[0]);
}

static cornu_status run_random(const cornu__instruction *instruction, const cornu__cpu_run *run)
{
    move_call call = {instruction, run};
    cornu__parallel(instruction->threads, random_share, &call);
    return CORNU_OK;
}

cornu_status cornu__lower_random(cornu__compiler *compiler, const cornu__op *op)
{
    random_plan *plan = cornu__compiler_detail(compiler, sizeof *plan);
    if (!plan)
        return cornu_error_status();
    double rate = op->attributes.random.rate;
    plan->count = op->outputs[0]->count;
    plan->number = op->attributes.random.number;
    plan->dropout = op->kind == CORNU__OP_DROPOUT;
    plan->rate = (float)rate;
    plan->scale = rate < 1 ? (float)(1 / (1 - rate)) : 0;
    int threads = cornu__compiler_threads(compiler, (double)plan->count * 0.3);
    return cornu__compiler_emit(compiler, op, "", run_random, plan, threads, 0) ? CORNU_OK : cornu_error_status();
}
