/* ops_linear.c: matrix multiplication. */
#include <string.h>

#include "graph/operations.h"

/* The sizes of one product: (m, k) times (k, n), `batches` times; b is the same in each where shared. */
typedef struct product {
    int64_t batches, m, n, k;
    bool b_shared;
} product;

static product product_of(const cornu__op *op)
{
    const cornu_node *a = op->inputs[0], *b = op->inputs[1];
    bool transpose_a = op->attributes.matmul.transpose_a, transpose_b = op->attributes.matmul.transpose_b;
    int64_t rows = a->shape[a->rank - 2], columns = a->shape[a->rank - 1];
    product sizes = {.m = transpose_a ? columns : rows,
                     .k = transpose_a ? rows : columns,
                     .n = b->shape[transpose_b ? b->rank - 2 : b->rank - 1],
                     .batches = a->count / (rows * columns),
                     .b_shared = b->rank == 2};
    return sizes;
}

static cornu_status infer(cornu__op *op, const cornu__op_request *request)
{
    (void)request;
    const cornu_node *a = op->inputs[0], *b = op->inputs[1];
    CORNU_TRY(cornu__op_want_float(op, 0, "the first input"));
    CORNU_TRY(cornu__op_want_same_dtype(op));
    bool fits = a->rank >= 2 && (b->rank == 2 || b->rank == a->rank);
    for (int axis = 0; fits && b->rank > 2 && axis < a->rank - 2; axis++)
        fits = a->shape[axis] == b->shape[axis];
    product sizes = {0};
    if (fits) {
        sizes = product_of(op);
        fits = sizes.k == b->shape[op->attributes.matmul.transpose_b ? b->rank - 1 : b->rank - 2];
    }
    if (!fits)
        return cornu__op_fail(op, CORNU_ERROR_SHAPE,
                              "shapes %s%s and %s%s cannot be multiplied; the inner sizes, and all axes before the "
                              "last two, must be equal",
                              cornu__node_words(a).text, op->attributes.matmul.transpose_a ? " transposed" : "",
                              cornu__node_words(b).text, op->attributes.matmul.transpose_b ? " transposed" : "");
    if (op->input_count == 3)
        CORNU_TRY(cornu__op_want_shape(op, 2, "the bias", 1, &sizes.n));
    int64_t shape[CORNU_MAX_RANK];
    memcpy(shape, a->shape, sizeof shape);
    shape[a->rank - 2] = sizes.m;
    shape[a->rank - 1] = sizes.n;
    return cornu__op_set_output(op, 0, a->dtype, a->rank, shape);
}

static cornu_node *transpose_last_two(cornu_node *x)
{
    if (!x)
        return NULL;
    int permutation[CORNU_MAX_RANK];
    for (int axis = 0; axis < x->rank; axis++)
        permutation[axis] = axis;
    permutation[x->rank - 2] = x->rank - 1;
    permutation[x->rank - 1] = x->rank - 2;
    return cornu__op_transpose(x, permutation);
}

/* All axes but the last become one. */
static cornu_node *flatten_rows(cornu_node *x)
{
    return x ? cornu__op_reshape(x, 2, (int64_t[]){-1, x->shape[x->rank - 1]}) : NULL;
}

/* d loss / d a for y = op(a) op(b) */
static cornu_node *gradient_a(const cornu__op *op, cornu_node *dy)
{
    cornu_node *b = op->inputs[1];
    bool ta = op->attributes.matmul.transpose_a, tb = op->attributes.matmul.transpose_b;
    if (!ta)
        return cornu__op_matmul(dy, b, false, !tb);
    if (b->rank == op->inputs[0]->rank)
        return cornu__op_matmul(b, dy, tb, true);
    return transpose_last_two(cornu__op_matmul(dy, b, false, !tb));
}

/* d loss / d b; a shared b sums over all rows of all batches, which one product of the flattened matrices does. */
static cornu_node *gradient_b(const cornu__op *op, cornu_node *dy)
{
    cornu_node *a = op->inputs[0];
    bool ta = op->attributes.matmul.transpose_a, tb = op->attributes.matmul.transpose_b;
    if (a->rank > 2 && op->inputs[1]->rank == 2) {
        a = flatten_rows(ta ? transpose_last_two(a) : a);
        dy = flatten_rows(dy);
        ta = false;
    }
    return tb ? cornu__op_matmul(dy, a, true, ta) : cornu__op_matmul(a, dy, !ta, false);
}

static cornu_status gradient(cornu__op *op, cornu_node *const *output_gradients, const bool *wanted,
                             cornu_node **input_gradients)
{
    cornu_node *dy = output_gradients[0];
    if (op->attributes.relu)
        dy = cornu__op_binary(CORNU__OP_RELU_GRADIENT, dy, op->outputs[0]);
    CORNU_TRY(cornu__built(dy));
    if (wanted[0]) {
        input_gradients[0] = gradient_a(op, dy);
        CORNU_TRY(cornu__built(input_gradients[0]));
    }
    if (wanted[1]) {
        input_gradients[1] = gradient_b(op, dy);
        CORNU_TRY(cornu__built(input_gradients[1]));
    }
    if (op->input_count == 3 && wanted[2]) {
        input_gradients[2] = cornu__sum_to_shape_of(dy, op->inputs[2]);
        CORNU_TRY(cornu__built(input_gradients[2]));
    }
    return CORNU_OK;
}

static cornu_status reference(const cornu__op *op, const void *const *inputs, void *const *outputs,
                              const cornu__run_state *run)
{
    (void)run;
    cornu_dtype dtype = op->outputs[0]->dtype;
    product p = product_of(op);
    int64_t a_row = op->attributes.matmul.transpose_a ? 1 : p.k, a_column = op->attributes.matmul.transpose_a ? p.m : 1;
    int64_t b_row = op->attributes.matmul.transpose_b ? 1 : p.n, b_column = op->attributes.matmul.transpose_b ? p.k : 1;
    for (int64_t i = 0; i < op->outputs[0]->count; i++) {
        int64_t batch = i / (p.m * p.n), row = i / p.n % p.m, column = i % p.n;
        int64_t a_start = batch * p.m * p.k + row * a_row;
        int64_t b_start = (p.b_shared ? 0 : batch * p.k * p.n) + column * b_column;
        double sum = 0;
        for (int64_t k = 0; k < p.k; k++)
            sum += cornu__element_get(dtype, inputs[0], a_start + k * a_column) *
                   cornu__element_get(dtype, inputs[1], b_start + k * b_row);
        if (op->input_count == 3)
            sum += cornu__element_get(dtype, inputs[2], column);
        if (op->attributes.relu && sum <= 0)
            sum = 0;
        cornu__element_set(dtype, outputs[0], i, sum);
    }
    return CORNU_OK;
}

const cornu__op_definition cornu__ops_linear[] = {
    [CORNU__OP_MATMUL - CORNU__LINEAR_FIRST] = {"matmul", 2, 3, 1, 0, infer, gradient, reference},
};
