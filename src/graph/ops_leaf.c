/* ops_leaf.c: ops without inputs. INPUT and VARIABLE have no kernel: the backend knows where their data lies. */
#include "graph/operations.h"

#include "base/random.h"

static cornu_status leaf_infer(cornu__op *op, const cornu__op_request *request)
{
    return cornu__op_set_output(op, 0, request->dtype, request->output_rank, request->output_shape);
}

static cornu_status input_infer(cornu__op *op, const cornu__op_request *request)
{
    int64_t index = op->attributes.index;
    if (index < 0 || index >= INT32_MAX)
        return cornu__op_fail(op, CORNU_ERROR_INTERNAL, "an input cannot have the number %lld", (long long)index);
    CORNU_TRY(leaf_infer(op, request));
    if (op->graph->input_count <= index)
        op->graph->input_count = (int)index + 1;
    return CORNU_OK;
}

static cornu_status constant_reference(const cornu__op *op, const void *const *inputs, void *const *outputs,
                                       const cornu__run_state *run)
{
    (void)inputs;
    (void)run;
    const cornu_node *y = op->outputs[0];
    for (int64_t i = 0; i < y->count; i++) {
        double value = cornu__element_get(y->dtype, op->attributes.constant, op->attributes.fills ? 0 : i);
        cornu__element_set(y->dtype, outputs[0], i, value);
    }
    return CORNU_OK;
}

static cornu_status random_infer(cornu__op *op, const cornu__op_request *request)
{
    if (!cornu__dtype_is_float(request->dtype))
        return cornu__op_fail(op, CORNU_ERROR_DTYPE, "random numbers are float32 or float64, not %s",
                              cornu_dtype_name(request->dtype));
    return leaf_infer(op, request);
}

static cornu__random_key key_of(const cornu__op *op, const cornu__run_state *run)
{
    return cornu__random_key_make(run->seed, CORNU__RANDOM_STEP, run->update, op->attributes.random.number);
}

static cornu_status uniform_reference(const cornu__op *op, const void *const *inputs, void *const *outputs,
                                      const cornu__run_state *run)
{
    (void)inputs;
    const cornu_node *y = op->outputs[0];
    cornu__random_key key = key_of(op, run);
    for (int64_t i = 0; i < y->count; i++)
        cornu__element_set(y->dtype, outputs[0], i, cornu__random_uniform(key, (uint64_t)i));
    return CORNU_OK;
}

static cornu_status normal_reference(const cornu__op *op, const void *const *inputs, void *const *outputs,
                                     const cornu__run_state *run)
{
    (void)inputs;
    const cornu_node *y = op->outputs[0];
    cornu__random_key key = key_of(op, run);
    for (int64_t i = 0; i < y->count; i++)
        cornu__element_set(y->dtype, outputs[0], i, cornu__random_normal(key, (uint64_t)i));
    return CORNU_OK;
}

#define AT(kind) [CORNU__OP_##kind - CORNU__LEAF_FIRST]

const cornu__op_definition cornu__ops_leaf[] = {
    AT(INPUT) = {"input", 0, 0, 1, 0, input_infer, NULL, NULL},
    AT(VARIABLE) = {"variable", 0, 0, 1, 0, leaf_infer, NULL, NULL},
    AT(CONSTANT) = {"constant", 0, 0, 1, 0, leaf_infer, NULL, constant_reference},
    AT(RANDOM_UNIFORM) = {"random_uniform", 0, 0, 1, CORNU__OP_IS_RANDOM, random_infer, NULL, uniform_reference},
    AT(RANDOM_NORMAL) = {"random_normal", 0, 0, 1, CORNU__OP_IS_RANDOM, random_infer, NULL, normal_reference},
};
