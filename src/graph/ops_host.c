/* ops_host.c: HOST, an op whose kernel is a function of a room above: what changes pictures. */
#include "graph/operations.h"

static cornu_status host_infer(cornu__op *op, const cornu__op_request *request)
{
    CORNU_TRY(cornu__op_want_float(op, 0, "the input"));
    if (op->inputs[0]->dtype != CORNU_FLOAT32)
        return cornu__op_fail(op, CORNU_ERROR_DTYPE, "wanted float32, got %s", cornu_dtype_name(op->inputs[0]->dtype));
    return cornu__op_set_output(op, 0, CORNU_FLOAT32, request->output_rank, request->output_shape);
}

static cornu_status host_gradient(cornu__op *op, cornu_node *const *dy, const bool *wanted, cornu_node **dx)
{
    (void)dy, (void)dx;
    if (!wanted[0])
        return CORNU_OK;
    return cornu__op_fail(op, CORNU_ERROR_UNSUPPORTED,
                          "no gradient goes through a layer that changes pictures at random: put it before all layers "
                          "that have weights");
}

static cornu_status host_reference(const cornu__op *op, const void *const *inputs, void *const *outputs,
                                   const cornu__run_state *run)
{
    const cornu__host *host = op->attributes.host.host;
    return host->run(host->state, run, op->attributes.host.number, inputs[0], outputs[0]);
}

#define AT(kind) [CORNU__OP_##kind - CORNU__HOST_FIRST]

const cornu__op_definition cornu__ops_host[] = {
    AT(HOST) = {"host", 1, 1, 1, CORNU__OP_IS_RANDOM, host_infer, host_gradient, host_reference},
};
