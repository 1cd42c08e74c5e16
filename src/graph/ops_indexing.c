/* ops_indexing.c: ops whose places come from data (indices), and the packing of many tensors into one vector. */
#include <string.h>

#include "graph/operations.h"

/* --- gather and scatter-add: each the other's gradient --- */

/* Elements of a row: what follows the first axis. */
static int64_t row_size(const cornu_node *table)
{
    return table->count / table->shape[0];
}

static cornu_status gather_infer(cornu__op *op, const cornu__op_request *request)
{
    (void)request;
    const cornu_node *table = op->inputs[0], *indices = op->inputs[1];
    CORNU_TRY(cornu__op_want_int(op, 1, "the indices"));
    if (table->rank < 1 || indices->rank + table->rank - 1 > CORNU_MAX_RANK)
        return cornu__op_fail(op, CORNU_ERROR_SHAPE, "rows of shape %s cannot be taken at indices of shape %s",
                              cornu__node_words(table).text, cornu__node_words(indices).text);
    int64_t shape[CORNU_MAX_RANK];
    memcpy(shape, indices->shape, (size_t)indices->rank * sizeof shape[0]);
    memcpy(shape + indices->rank, table->shape + 1, (size_t)(table->rank - 1) * sizeof shape[0]);
    return cornu__op_set_output(op, 0, table->dtype, indices->rank + table->rank - 1, shape);
}

static cornu_status gather_gradient(cornu__op *op, cornu_node *const *dy, const bool *wanted, cornu_node **dx)
{
    if (!wanted[0])
        return CORNU_OK;
    dx[0] = cornu__op_make(CORNU__OP_SCATTER_ADD, 2, (cornu_node *[]){dy[0], op->inputs[1]}, NULL, op->inputs[0]);
    return cornu__built(dx[0]);
}

static cornu_status index_out_of_range(const cornu__op *op, int32_t index, int64_t rows)
{
    return cornu__op_fail(op, CORNU_ERROR_DATA, "index %d is out of range; 0 to %lld were wanted", (int)index,
                          (long long)rows - 1);
}

static cornu_status gather_reference(const cornu__op *op, const void *const *inputs, void *const *outputs,
                                     const cornu__run_state *run)
{
    (void)run;
    const cornu_node *table = op->inputs[0];
    const int32_t *indices = inputs[1];
    size_t size = (size_t)row_size(table) * cornu_dtype_size(table->dtype);
    for (int64_t i = 0; i < op->inputs[1]->count; i++) {
        if (indices[i] < 0 || indices[i] >= table->shape[0])
            return index_out_of_range(op, indices[i], table->shape[0]);
        memcpy((char *)outputs[0] + (size_t)i * size, (const char *)inputs[0] + (size_t)indices[i] * size, size);
    }
    return CORNU_OK;
}

static cornu_status scatter_infer(cornu__op *op, const cornu__op_request *request)
{
    const cornu_node *rows = op->inputs[0], *indices = op->inputs[1];
    CORNU_TRY(cornu__op_want_int(op, 1, "the indices"));
    CORNU_TRY(cornu__op_set_output(op, 0, rows->dtype, request->output_rank, request->output_shape));
    const cornu_node *y = op->outputs[0];
    bool fits = y->rank >= 1 && rows->rank == indices->rank + y->rank - 1;
    for (int axis = 0; fits && axis < rows->rank; axis++)
        fits = rows->shape[axis] == (axis < indices->rank ? indices->shape[axis] : y->shape[axis - indices->rank + 1]);
    if (!fits)
        return cornu__op_fail(op, CORNU_ERROR_SHAPE, "rows of shape %s at indices of shape %s do not fit into %s",
                              cornu__node_words(rows).text, cornu__node_words(indices).text, cornu__node_words(y).text);
    return CORNU_OK;
}

static cornu_status scatter_gradient(cornu__op *op, cornu_node *const *dy, const bool *wanted, cornu_node **dx)
{
    if (!wanted[0])
        return CORNU_OK;
    dx[0] = cornu__op_gather(dy[0], op->inputs[1]);
    return cornu__built(dx[0]);
}

static cornu_status scatter_reference(const cornu__op *op, const void *const *inputs, void *const *outputs,
                                      const cornu__run_state *run)
{
    (void)run;
    const cornu_node *y = op->outputs[0];
    const int32_t *indices = inputs[1];
    int64_t size = row_size(y);
    memset(outputs[0], 0, (size_t)y->count * cornu_dtype_size(y->dtype));
    for (int64_t i = 0; i < op->inputs[1]->count; i++) {
        if (indices[i] < 0 || indices[i] >= y->shape[0])
            return index_out_of_range(op, indices[i], y->shape[0]);
        for (int64_t j = 0; j < size; j++) {
            int64_t at = indices[i] * size + j;
            double sum =
                cornu__element_get(y->dtype, outputs[0], at) + cornu__element_get(y->dtype, inputs[0], i * size + j);
            cornu__element_set(y->dtype, outputs[0], at, sum);
        }
    }
    return CORNU_OK;
}

/* --- one-hot --- */

static cornu_status one_hot_infer(cornu__op *op, const cornu__op_request *request)
{
    const cornu_node *indices = op->inputs[0];
    CORNU_TRY(cornu__op_want_int(op, 0, "the indices"));
    if (indices->rank >= CORNU_MAX_RANK)
        return cornu__op_fail(op, CORNU_ERROR_SHAPE, "indices of shape %s leave no room for another axis",
                              cornu__node_words(indices).text);
    int64_t shape[CORNU_MAX_RANK];
    memcpy(shape, indices->shape, sizeof shape);
    shape[indices->rank] = op->attributes.index;
    return cornu__op_set_output(op, 0, request->dtype, indices->rank + 1, shape);
}

static cornu_status one_hot_reference(const cornu__op *op, const void *const *inputs, void *const *outputs,
                                      const cornu__run_state *run)
{
    (void)run;
    const cornu_node *y = op->outputs[0];
    const int32_t *indices = inputs[0];
    int64_t depth = op->attributes.index;
    for (int64_t i = 0; i < y->count; i++)
        cornu__element_set(y->dtype, outputs[0], i, indices[i / depth] == i % depth);
    return CORNU_OK;
}

/* --- pack --- */

static cornu_status pack_infer(cornu__op *op, const cornu__op_request *request)
{
    if (request->output_rank != 1)
        return cornu__op_fail(op, CORNU_ERROR_INTERNAL, "a vector is made, not %d axes", request->output_rank);
    CORNU_TRY(cornu__op_want_same_dtype(op));
    int64_t size = request->output_shape[0];
    for (int i = 0; i < op->input_count; i++) {
        int64_t offset = op->attributes.pack.offset[i], count = op->inputs[i]->count;
        if (offset < 0 || count > size || offset > size - count)
            return cornu__op_fail(op, CORNU_ERROR_SHAPE,
                                  "input %d (%lld elements at %lld) does not lie in a vector of %lld", i,
                                  (long long)count, (long long)offset, (long long)size);
    }
    return cornu__op_set_output(op, 0, op->inputs[0]->dtype, 1, &size);
}

static cornu_status pack_gradient(cornu__op *op, cornu_node *const *dy, const bool *wanted, cornu_node **dx)
{
    for (int i = 0; i < op->input_count; i++) {
        if (!wanted[i])
            continue;
        const cornu_node *x = op->inputs[i];
        cornu_node *part = cornu__op_slice(dy[0], &op->attributes.pack.offset[i], &x->count, NULL);
        dx[i] = cornu__op_reshape(part, x->rank, x->shape);
        CORNU_TRY(cornu__built(dx[i]));
    }
    return CORNU_OK;
}

static cornu_status pack_reference(const cornu__op *op, const void *const *inputs, void *const *outputs,
                                   const cornu__run_state *run)
{
    (void)run;
    const cornu_node *y = op->outputs[0];
    size_t size = cornu_dtype_size(y->dtype);
    memset(outputs[0], 0, (size_t)y->count * size);
    for (int i = 0; i < op->input_count; i++)
        memcpy((char *)outputs[0] + (size_t)op->attributes.pack.offset[i] * size, inputs[i],
               (size_t)op->inputs[i]->count * size);
    return CORNU_OK;
}

#define AT(kind) [CORNU__OP_##kind - CORNU__INDEXING_FIRST]

const cornu__op_definition cornu__ops_indexing[] = {
    AT(GATHER) = {"gather", 2, 2, 1, 0, gather_infer, gather_gradient, gather_reference},
    AT(SCATTER_ADD) = {"scatter_add", 2, 2, 1, 0, scatter_infer, scatter_gradient, scatter_reference},
    AT(ONE_HOT) = {"one_hot", 1, 1, 1, 0, one_hot_infer, NULL, one_hot_reference},
    AT(PACK) = {"pack", 1, CORNU__MAX_INPUTS, 1, 0, pack_infer, pack_gradient, pack_reference},
};
