/*
 * lower_elementwise.c: elementwise ops and FUSED, run tile by tile.
 *
 * A tile is a few hundred elements; each instruction of the fused program is one vector loop over it, so that what lies between instructions
 * stays in the first-level cache. Operands of the iteration space's size are read, and outputs written, where they are; what is broadcast
 * is spread over a tile of its own: constants when the program is compiled, scalars once a run, the rest (unless its period divides the tile) once a tile.
 */
#include <string.h>

#include "backend/cpu/parallel.h"
#include "backend/cpu/program.h"
#include "graph/fuse.h"

#define TILE 512

/* Where a register's tile is. */
typedef enum source {
    FROM_OPERAND, /* an operand of the instruction, at the tile's place */
    FROM_SCRATCH, /* the thread's own tile */
    FROM_CONSTANT
} source;

typedef struct tile_register {
    source source;
    int index; /* operand, or number of the scratch tile or constant tile */
} tile_register;

#define MAX_OPERANDS 5

typedef struct tile_step {
    cornu__tile_function *function;
    int operand_count;
    tile_register out, in[MAX_OPERANDS];
} tile_step;

/* A broadcast input, spread over a scratch tile. */
typedef struct tile_spread {
    int operand, scratch;
    cornu__fused_access access;
    int64_t period;
    bool once; /* every tile looks the same */
} tile_spread;

typedef struct tile_copy {
    int operand;
    tile_register from;
} tile_copy;

typedef struct tile_plan {
    int64_t count, tile;
    int step_count, spread_count, copy_count, scratch_count, scratch_operand;
    tile_step steps[CORNU__FUSED_MAX_INSTRUCTIONS];
    tile_spread spreads[CORNU__MAX_INPUTS];
    tile_copy copies[CORNU__MAX_OUTPUTS]; /* outputs that cannot be written directly */
    float *constants;
} tile_plan;

/* --- running --- */

static float *tile_of(const tile_plan *plan, void *const *operand, float *scratch, tile_register reg, int64_t begin)
{
    switch (reg.source) {
    case FROM_OPERAND:
        return (float *)operand[reg.index] + begin;
    case FROM_SCRATCH:
        return scratch + reg.index * plan->tile;
    default:
        return plan->constants + reg.index * plan->tile;
    }
}

static void spread_scalar(float value, int64_t count, float *to)
{
    for (int64_t i = 0; i < count; i++)
        to[i] = value;
}

static void spread(const tile_spread *s, const float *from, int64_t begin, int64_t count, float *to)
{
    if (s->access == CORNU__ACCESS_SCALAR) {
        spread_scalar(from[0], count, to);
        return;
    }
    bool inner = s->access == CORNU__ACCESS_INNER;
    for (int64_t done = 0; done < count;) { /* a stretch up to the end of a period at a time */
        int64_t place = (begin + done) % s->period, length = s->period - place;
        length = length > count - done ? count - done : length;
        if (inner)
            memcpy(to + done, from + place, (size_t)length * sizeof(float));
        else
            spread_scalar(from[(begin + done) / s->period], length, to + done);
        done += length;
    }
}

static void run_tile(const tile_plan *plan, void *const *operand, float *scratch, int64_t begin, int64_t count)
{
    for (int i = 0; i < plan->spread_count; i++) {
        const tile_spread *s = &plan->spreads[i];
        if (!s->once)
            spread(s, operand[s->operand], begin, count, scratch + s->scratch * plan->tile);
    }
    for (int i = 0; i < plan->step_count; i++) {
        const tile_step *step = &plan->steps[i];
        const void *in[MAX_OPERANDS];
        for (int j = 0; j < step->operand_count; j++)
            in[j] = tile_of(plan, operand, scratch, step->in[j], begin);
        step->function(tile_of(plan, operand, scratch, step->out, begin), in, count);
    }
    for (int i = 0; i < plan->copy_count; i++)
        memcpy((float *)operand[plan->copies[i].operand] + begin,
               tile_of(plan, operand, scratch, plan->copies[i].from, begin), (size_t)count * sizeof(float));
}

static void run_share(void *argument, int number, int parts)
{
    const cornu__instruction *instruction = argument;
    const tile_plan *plan = instruction->detail;
    float *scratch =
        (float *)instruction->operand[plan->scratch_operand] + (int64_t)number * plan->scratch_count * plan->tile;
    cornu__share share = cornu__share_of(plan->count, plan->tile, number, parts);
    int64_t longest = share.end - share.begin < plan->tile ? share.end - share.begin : plan->tile;
    for (int i = 0; i < plan->spread_count; i++) {
        const tile_spread *s = &plan->spreads[i];
        if (s->once)
            spread(s, instruction->operand[s->operand], 0, longest, scratch + s->scratch * plan->tile);
    }
    for (int64_t begin = share.begin; begin < share.end; begin += plan->tile)
        run_tile(plan, instruction->operand, scratch, begin,
                 share.end - begin < plan->tile ? share.end - begin : plan->tile);
}

static cornu_status run_tiles(const cornu__instruction *instruction, const cornu__cpu_run *run)
{
    (void)run;
    cornu__parallel(instruction->threads, run_share, (void *)instruction);
    return CORNU_OK;
}

/* --- planning --- */

/* A step before places are chosen: an instruction of the fused program, or several combined. */
typedef struct plain_step {
    cornu__op_kind kind; /* of the last instruction */
    cornu__tile_function *function;
    int operand_count, operand[MAX_OPERANDS], out; /* registers */
    bool absorbed;                                 /* by a later step */
} plain_step;

typedef struct planner {
    cornu__compiler *compiler;
    const cornu__op *op;
    const cornu__fused *fused;
    tile_plan *plan;
    plain_step steps[CORNU__FUSED_MAX_INSTRUCTIONS];
    int uses[CORNU__MAX_INPUTS + CORNU__FUSED_MAX_INSTRUCTIONS];
    tile_register registers[CORNU__MAX_INPUTS + CORNU__FUSED_MAX_INSTRUCTIONS];
    /* by instruction; instruction_count: an output copied at the end */
    int last_use[CORNU__MAX_INPUTS + CORNU__FUSED_MAX_INSTRUCTIONS];
    bool busy[CORNU__MAX_INPUTS + CORNU__FUSED_MAX_INSTRUCTIONS]; /* scratch tiles */
} planner;

static int operand_count_of(cornu__op_kind kind)
{
    return kind == CORNU__OP_CONSTANT ? 0 : cornu__op_definition_of(kind)->input_max;
}

static tile_register new_scratch(planner *p)
{
    int index = 0;
    while (p->busy[index])
        index++;
    p->busy[index] = true;
    if (index >= p->plan->scratch_count)
        p->plan->scratch_count = index + 1;
    return (tile_register){FROM_SCRATCH, index};
}

static void take_steps(planner *p, const cornu__cpu_kernels *kernels)
{
    const cornu__fused *fused = p->fused;
    for (int i = 0; i < fused->instruction_count; i++) {
        const cornu__fused_instruction *instruction = &fused->instruction[i];
        plain_step *step = &p->steps[i];
        *step = (plain_step){.kind = instruction->kind,
                             .operand_count = operand_count_of(instruction->kind),
                             .out = fused->input_count + i};
        if (instruction->kind != CORNU__OP_CONSTANT)
            step->function = kernels->float_tile[instruction->kind];
        for (int j = 0; j < step->operand_count; j++) {
            step->operand[j] = instruction->operand[j];
            p->uses[instruction->operand[j]]++;
        }
    }
    for (int i = 0; i < fused->output_count; i++)
        p->uses[fused->output_register[i]] += 2; /* never absorbed */
}

/* --- combining: what optimizers do to every weight, in one loop instead of several (docs/performance.md) --- */

/* The step that makes register `reg` by an op `kind`, if only one other step reads it; else NULL. */
static plain_step *maker(planner *p, int reg, cornu__op_kind kind)
{
    if (reg < p->fused->input_count || p->uses[reg] != 1)
        return NULL;
    plain_step *step = &p->steps[reg - p->fused->input_count];
    return step->kind == kind && step->operand_count <= 3 ? step : NULL;
}

/* Whether a register holds one value for all elements. */
static bool is_uniform(const planner *p, int reg)
{
    if (reg < p->fused->input_count)
        return p->fused->input[reg].access == CORNU__ACCESS_SCALAR;
    return p->steps[reg - p->fused->input_count].kind == CORNU__OP_CONSTANT;
}

/* Splits a step of two operands into the uniform one and the other. */
static bool split_uniform(const planner *p, const plain_step *step, int *uniform, int *other)
{
    int at = is_uniform(p, step->operand[1]) ? 1 : 0;
    *uniform = step->operand[at];
    *other = step->operand[1 - at];
    return is_uniform(p, *uniform);
}

/* old + (new - old) share */
static void combine_approach(planner *p, plain_step *sum, const cornu__cpu_kernels *kernels)
{
    for (int side = 0; side < 2; side++) {
        int old = sum->operand[side], share, change;
        plain_step *product = maker(p, sum->operand[1 - side], CORNU__OP_MULTIPLY);
        if (!product || !split_uniform(p, product, &share, &change))
            continue;
        plain_step *difference = maker(p, change, CORNU__OP_SUBTRACT);
        if (!difference || difference->operand[1] != old)
            continue;
        int new = difference->operand[0];
        plain_step *square = maker(p, new, CORNU__OP_SQUARE);
        if (square)
            square->absorbed = true;
        product->absorbed = difference->absorbed = true;
        sum->function = square ? kernels->approach_square : kernels->approach;
        sum->operand_count = 3;
        sum->operand[0] = old;
        sum->operand[1] = square ? square->operand[0] : new;
        sum->operand[2] = share;
        return;
    }
}

/* weight - momentum rate / (sqrt(velocity) + epsilon) */
static void combine_descend(planner *p, plain_step *step, const cornu__cpu_kernels *kernels)
{
    plain_step *ratio = maker(p, step->operand[1], CORNU__OP_DIVIDE);
    if (!ratio)
        return;
    plain_step *product = maker(p, ratio->operand[0], CORNU__OP_MULTIPLY),
               *sum = maker(p, ratio->operand[1], CORNU__OP_ADD);
    int rate, momentum, epsilon, root;
    if (!product || !sum || !split_uniform(p, product, &rate, &momentum) || !split_uniform(p, sum, &epsilon, &root))
        return;
    plain_step *square_root = maker(p, root, CORNU__OP_SQRT);
    if (!square_root)
        return;
    ratio->absorbed = product->absorbed = sum->absorbed = square_root->absorbed = true;
    step->function = kernels->descend;
    step->operand_count = MAX_OPERANDS;
    memcpy(step->operand, (int[]){step->operand[0], momentum, rate, square_root->operand[0], epsilon},
           sizeof step->operand);
}

static void combine_steps(planner *p, const cornu__cpu_kernels *kernels)
{
    for (int i = 0; i < p->fused->instruction_count; i++) {
        if (p->steps[i].kind == CORNU__OP_ADD)
            combine_approach(p, &p->steps[i], kernels);
        else if (p->steps[i].kind == CORNU__OP_SUBTRACT)
            combine_descend(p, &p->steps[i], kernels);
    }
}

static void find_last_uses(planner *p)
{
    const cornu__fused *fused = p->fused;
    for (int i = 0; i < fused->instruction_count; i++)
        for (int j = 0; !p->steps[i].absorbed && j < p->steps[i].operand_count; j++)
            p->last_use[p->steps[i].operand[j]] = i;
    for (int i = 0; i < fused->output_count; i++)
        p->last_use[fused->output_register[i]] = fused->instruction_count;
}

/* The tile must hold whole periods of short broadcasts, so that each tile looks the same. */
static int64_t choose_tile(const cornu__fused *fused)
{
    int64_t period = 1;
    for (int i = 0; i < fused->input_count; i++) {
        int64_t other = fused->input[i].period;
        if (fused->input[i].access == CORNU__ACCESS_INNER && other <= TILE && period % other != 0)
            period = other % period == 0 ? other : period;
    }
    int64_t tile = TILE / period * period;
    return fused->count < tile ? (fused->count + 15) / 16 * 16 : tile;
}

static void plan_inputs(planner *p)
{
    tile_plan *plan = p->plan;
    for (int i = 0; i < p->fused->input_count; i++) {
        cornu__fused_access access = p->fused->input[i].access;
        int64_t period = p->fused->input[i].period;
        if (access == CORNU__ACCESS_FULL) {
            p->registers[i] = (tile_register){FROM_OPERAND, i};
            continue;
        }
        p->registers[i] = new_scratch(p);
        bool once = access == CORNU__ACCESS_SCALAR ||
                    (access == CORNU__ACCESS_INNER && (plan->tile % period == 0 || plan->tile >= plan->count));
        plan->spreads[plan->spread_count++] = (tile_spread){i, p->registers[i].index, access, period, once};
    }
}

/* Whether an instruction after `at` still reads an operand that lies where output `output` does. */
static bool is_read_later(const planner *p, int output, int at)
{
    cornu__slot to = cornu__slot_of(p->compiler, p->op->outputs[output]);
    for (int i = 0; i < p->fused->input_count; i++) {
        bool same = cornu__slot_same(p->compiler->program, cornu__slot_of(p->compiler, p->op->inputs[i]), to);
        if (same && p->last_use[i] > at)
            return true;
    }
    return false;
}

/* The first output that wants register `reg`; -1 if none. */
static int output_of(const planner *p, int reg)
{
    for (int i = 0; i < p->fused->output_count; i++)
        if (p->fused->output_register[i] == reg)
            return i;
    return -1;
}

static void release_scratch(planner *p, int instruction)
{
    int count = p->fused->input_count + instruction;
    for (int reg = p->fused->input_count; reg < count; reg++)
        if (p->last_use[reg] == instruction && p->registers[reg].source == FROM_SCRATCH)
            p->busy[p->registers[reg].index] = false;
}

static void plan_steps(planner *p)
{
    const cornu__fused *fused = p->fused;
    int constants = 0;
    for (int i = 0; i < fused->instruction_count; i++) {
        const plain_step *from = &p->steps[i];
        int output = output_of(p, from->out);
        if (from->absorbed)
            continue;
        if (from->kind == CORNU__OP_CONSTANT) {
            p->registers[from->out] = (tile_register){FROM_CONSTANT, constants};
            spread_scalar((float)fused->instruction[i].value, p->plan->tile,
                          p->plan->constants + constants++ * p->plan->tile);
            continue;
        }
        tile_step *step = &p->plan->steps[p->plan->step_count++];
        step->function = from->function;
        step->operand_count = from->operand_count;
        for (int j = 0; j < from->operand_count; j++)
            step->in[j] = p->registers[from->operand[j]];
        release_scratch(p, i); /* a loop may write over its inputs */
        bool direct = output >= 0 && !is_read_later(p, output, i);
        p->registers[from->out] = direct ? (tile_register){FROM_OPERAND, p->op->input_count + output} : new_scratch(p);
        step->out = p->registers[from->out];
    }
}

static void plan_copies(planner *p)
{
    for (int i = 0; i < p->fused->output_count; i++) {
        tile_register from = p->registers[p->fused->output_register[i]];
        int operand = p->op->input_count + i;
        if (from.source != FROM_OPERAND || from.index != operand)
            p->plan->copies[p->plan->copy_count++] = (tile_copy){operand, from};
    }
}

static double nanoseconds(const cornu__fused *fused)
{
    double each = 0.05 * (fused->input_count + fused->output_count);
    for (int i = 0; i < fused->instruction_count; i++)
        switch (fused->instruction[i].kind) {
        case CORNU__OP_CONSTANT:
            break;
        case CORNU__OP_POWER:
        case CORNU__OP_SIN:
        case CORNU__OP_COS:
            each += 10;
            break;
        case CORNU__OP_EXP:
        case CORNU__OP_EXPM1:
        case CORNU__OP_LOG:
        case CORNU__OP_LOG1P:
        case CORNU__OP_TANH:
        case CORNU__OP_SIGMOID:
        case CORNU__OP_SOFTPLUS:
        case CORNU__OP_ERF:
            each += 0.4;
            break;
        case CORNU__OP_DIVIDE:
        case CORNU__OP_SQRT:
        case CORNU__OP_RSQRT:
        case CORNU__OP_RECIPROCAL:
            each += 0.2;
            break;
        default:
            each += 0.02;
        }
    return each * (double)fused->count;
}

/* `slots`: of the inputs, then of the outputs. */
static cornu_status lower(cornu__compiler *compiler, const cornu__op *op, const cornu__fused *fused, cornu__slot *slots)
{
    tile_plan *plan = cornu__compiler_detail(compiler, sizeof *plan);
    if (!plan)
        return cornu_error_status();
    plan->count = fused->count;
    plan->tile = choose_tile(fused);
    plan->constants =
        cornu__compiler_detail(compiler, sizeof(float) * (size_t)plan->tile * CORNU__FUSED_MAX_INSTRUCTIONS);
    if (!plan->constants)
        return cornu_error_status();
    planner p = {.compiler = compiler, .op = op, .fused = fused, .plan = plan};
    take_steps(&p, compiler->backend->kernels);
    combine_steps(&p, compiler->backend->kernels);
    find_last_uses(&p);
    plan_inputs(&p);
    plan_steps(&p);
    plan_copies(&p);
    plan->scratch_operand = op->input_count + op->output_count;
    int threads = fused->count > plan->tile ? cornu__compiler_threads(compiler, nanoseconds(fused)) : 1;
    size_t scratch = sizeof(float) * (size_t)plan->tile * (size_t)(plan->scratch_count + 1) * (size_t)threads;
    CORNU_TRY(cornu__compiler_scratch(compiler, scratch, &slots[plan->scratch_operand]));
    int count = plan->scratch_operand + 1;
    return cornu__compiler_emit_slots(compiler, op, "tiles", run_tiles, plan, threads, count, slots)
               ? CORNU_OK
               : cornu_error_status();
}

#define MAX_SLOTS (CORNU__MAX_INPUTS + CORNU__MAX_OUTPUTS + 1)

static void take_slots(const cornu__compiler *compiler, const cornu__op *op, cornu__slot *slots)
{
    for (int i = 0; i < op->input_count; i++)
        slots[i] = cornu__slot_of(compiler, op->inputs[i]);
    for (int i = 0; i < op->output_count; i++)
        slots[op->input_count + i] = cornu__slot_of(compiler, op->outputs[i]);
}

cornu_status cornu__lower_fused(cornu__compiler *compiler, const cornu__op *op)
{
    cornu__slot slots[MAX_SLOTS];
    take_slots(compiler, op, slots);
    return lower(compiler, op, op->attributes.fused, slots);
}

/* --- single ops --- */

/* How `node` is broadcast over `out`; false if in none of the four ways. */
static bool access_of(const cornu_node *node, const cornu_node *out, cornu__fused_access *access, int64_t *period)
{
    *period = 1;
    *access = CORNU__ACCESS_FULL;
    if (node->count == out->count)
        return true;
    *access = CORNU__ACCESS_SCALAR;
    if (node->count == 1)
        return true;
    int shift = out->rank - node->rank, first = -1, last = -1;
    for (int axis = 0; axis < node->rank; axis++)
        if (node->shape[axis] != 1) {
            first = first < 0 ? axis + shift : first;
            last = axis + shift;
        }
    for (int axis = first; axis <= last; axis++)
        if (node->shape[axis - shift] != out->shape[axis])
            return false;
    bool inner = true, outer = true;
    for (int axis = 0; axis < out->rank; axis++) {
        inner = inner && !(axis > last && out->shape[axis] != 1);
        outer = outer && !(axis < first && out->shape[axis] != 1);
    }
    *access = inner ? CORNU__ACCESS_INNER : CORNU__ACCESS_OUTER;
    *period = inner ? node->count : out->count / node->count;
    return inner || outer;
}

typedef struct int_call {
    cornu__tile_function *function;
    int64_t count;
} int_call;

static cornu_status run_int(const cornu__instruction *instruction, const cornu__cpu_run *run)
{
    (void)run;
    const int_call *call = instruction->detail;
    int out = instruction->operand_count - 1;
    call->function(instruction->operand[out], (const void *const *)instruction->operand, call->count);
    return CORNU_OK;
}

/* Ops with int32 among their dtypes: labels and their comparisons, small always. */
static cornu_status lower_int(cornu__compiler *compiler, const cornu__op *op)
{
    const cornu__cpu_kernels *kernels = compiler->backend->kernels;
    cornu_dtype from = op->inputs[0]->dtype, to = op->outputs[0]->dtype;
    for (int i = 0; i < op->input_count; i++)
        if (op->inputs[i]->count != op->outputs[0]->count || op->inputs[i]->dtype != from)
            return CORNU_ERROR_UNSUPPORTED;
    cornu__tile_function *function = op->kind == CORNU__OP_CAST && from != to
                                         ? (from == CORNU_INT32 ? kernels->int_to_float : kernels->float_to_int)
                                         : (from == CORNU_INT32 ? kernels->int_tile : kernels->float_tile)[op->kind];
    if (!function)
        return CORNU_ERROR_UNSUPPORTED;
    int_call *call = cornu__compiler_detail(compiler, sizeof *call);
    if (!call)
        return cornu_error_status();
    *call = (int_call){function, op->outputs[0]->count};
    return cornu__compiler_emit(compiler, op, "", run_int, call, 1, 0) ? CORNU_OK : cornu_error_status();
}

cornu_status cornu__lower_elementwise(cornu__compiler *compiler, const cornu__op *op)
{
    bool all_float = op->outputs[0]->dtype == CORNU_FLOAT32;
    for (int i = 0; i < op->input_count; i++)
        all_float = all_float && op->inputs[i]->dtype == CORNU_FLOAT32;
    if (!all_float)
        return lower_int(compiler, op);
    cornu__fused *fused = cornu__compiler_detail(compiler, sizeof *fused);
    if (!fused)
        return cornu_error_status();
    cornu__slot slots[MAX_SLOTS];
    take_slots(compiler, op, slots);
    *fused = (cornu__fused){
        .count = op->outputs[0]->count, .input_count = op->input_count, .instruction_count = 1, .output_count = 1};
    for (int i = 0; i < op->input_count; i++) {
        if (!access_of(op->inputs[i], op->outputs[0], &fused->input[i].access, &fused->input[i].period)) {
            /* broadcast along axes in the middle: spread it first */
            fused->input[i].access = CORNU__ACCESS_FULL;
            CORNU_TRY(cornu__compiler_scratch(compiler, sizeof(float) * (size_t)op->outputs[0]->count, &slots[i]));
            CORNU_TRY(cornu__compiler_emit_broadcast(compiler, op, op->inputs[i], op->outputs[0], slots[i]));
        }
        fused->instruction[0].operand[i] = i;
    }
    fused->instruction[0].kind = op->kind;
    fused->output_register[0] = op->input_count;
    return lower(compiler, op, fused, slots);
}
