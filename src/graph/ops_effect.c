/* ops_effect.c: ASSIGN, whose effect the backend brings about at the end of a step, and FUSED, which fusion makes. */
#include "graph/fuse.h"
#include "graph/operations.h"

/* --- assign --- */

/* An earlier ASSIGN of some of the same elements, or NULL. */
static const cornu__op *find_overlap(const cornu__op *op)
{
    const cornu__variable_region *region = &op->attributes.variable;
    for (int i = 0; i < op->graph->op_count; i++) {
        const cornu__op *other = op->graph->ops[i];
        if (other->kind != CORNU__OP_ASSIGN || other->attributes.variable.buffer != region->buffer)
            continue;
        int64_t other_begin = other->attributes.variable.offset, other_end = other_begin + other->inputs[0]->count;
        if (region->offset < other_end && other_begin < region->offset + op->inputs[0]->count)
            return other;
    }
    return NULL;
}

static cornu_status assign_infer(cornu__op *op, const cornu__op_request *request)
{
    (void)request;
    const cornu__variable_region *region = &op->attributes.variable;
    if (region->buffer < 0 || region->offset < 0)
        return cornu__op_fail(op, CORNU_ERROR_INTERNAL, "there is no element %lld of buffer %d",
                              (long long)region->offset, region->buffer);
    const cornu__op *other = find_overlap(op);
    if (other)
        return cornu__op_fail(op, CORNU_ERROR_STATE,
                              "elements %lld to %lld of buffer %d are assigned twice in one step, the first time by %s",
                              (long long)region->offset, (long long)(region->offset + op->inputs[0]->count - 1),
                              region->buffer, other->name);
    return CORNU_OK;
}

/* --- fused --- */

static cornu_status fused_infer(cornu__op *op, const cornu__op_request *request)
{
    for (int i = 0; i < op->output_count; i++)
        CORNU_TRY(cornu__op_set_output(op, i, request->dtype, request->output_rank, request->output_shape));
    return CORNU_OK;
}

static int64_t operand_place(const cornu__fused *fused, int input, int64_t i)
{
    switch (fused->input[input].access) {
    case CORNU__ACCESS_SCALAR:
        return 0;
    case CORNU__ACCESS_INNER:
        return i % fused->input[input].period;
    case CORNU__ACCESS_OUTER:
        return i / fused->input[input].period;
    default:
        return i;
    }
}

/* Each register is rounded to the dtype, so that fused and unfused ops have the same bits. */
static double rounded(cornu_dtype dtype, double value)
{
    return dtype == CORNU_FLOAT32 ? (double)(float)value : value;
}

static cornu_status fused_reference(const cornu__op *op, const void *const *inputs, void *const *outputs,
                                    const cornu__run_state *run)
{
    (void)run;
    const cornu__fused *fused = op->attributes.fused;
    cornu_dtype dtype = op->outputs[0]->dtype;
    double registers[CORNU__MAX_INPUTS + CORNU__FUSED_MAX_INSTRUCTIONS];
    for (int64_t i = 0; i < fused->count; i++) {
        for (int k = 0; k < fused->input_count; k++)
            registers[k] = cornu__element_get(dtype, inputs[k], operand_place(fused, k, i));
        for (int k = 0; k < fused->instruction_count; k++) {
            const cornu__fused_instruction *instruction = &fused->instruction[k];
            double operand[3];
            for (int j = 0; j < 3; j++)
                operand[j] = registers[instruction->operand[j]];
            double value = instruction->kind == CORNU__OP_CONSTANT
                               ? instruction->value
                               : cornu__elementwise_value(instruction->kind, operand);
            registers[fused->input_count + k] = rounded(dtype, value);
        }
        for (int k = 0; k < fused->output_count; k++)
            cornu__element_set(dtype, outputs[k], i, registers[fused->output_register[k]]);
    }
    return CORNU_OK;
}

#define AT(kind) [CORNU__OP_##kind - CORNU__EFFECT_FIRST]

const cornu__op_definition cornu__ops_effect[] = {
    AT(ASSIGN) = {"assign", 1, 1, 0, CORNU__OP_IS_EFFECT, assign_infer, cornu__no_second_gradient, NULL},
    AT(FUSED) = {"fused", 1, CORNU__MAX_INPUTS, -1, 0, fused_infer, cornu__no_second_gradient, fused_reference},
};
