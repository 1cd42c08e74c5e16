/* ops_pool.c: max and average pooling, and their gradients. Padding never wins a maximum and does not count in a mean. */
#include <math.h>
#include <string.h>

#include "graph/operations.h"

/* --- shapes --- */

/* The input place under window place `k` at output place `out`, or -1 in the padding. */
static int64_t input_place(const cornu__window *window, int axis, int64_t out, int64_t k, int64_t size)
{
    int64_t place = out * window->strides[axis] + k * window->dilation[axis] - window->pad_before[axis];
    return place < size ? place : -1;
}

/* Whether each output place of an axis sees at least one element of the input. */
static bool every_window_sees_input(const cornu__window *window, int axis, int64_t out_size, int64_t size)
{
    for (int64_t out = 0; out < out_size; out++) {
        bool sees = false;
        for (int64_t k = 0; k < window->size[axis] && !sees; k++)
            sees = input_place(window, axis, out, k, size) >= 0;
        if (!sees)
            return false;
    }
    return true;
}

/* The pooled shape of an input of shape `x`. */
static cornu_status pooled_shape(const cornu__op *op, int rank, const int64_t *x, int64_t y[4])
{
    const cornu__window *window = &op->attributes.window;
    char words[CORNU__SHAPE_TEXT_SIZE];
    cornu__text_shape(words, sizeof words, rank, x);
    if (rank != 4)
        return cornu__op_fail(op, CORNU_ERROR_SHAPE,
                              "the input has shape %s; (batch, height, width, channels) was wanted", words);
    y[0] = x[0];
    y[3] = x[3];
    for (int axis = 0; axis < 2; axis++) {
        if (window->size[axis] < 1 || window->strides[axis] < 1 || window->dilation[axis] < 1 ||
            window->pad_before[axis] < 0 || window->pad_after[axis] < 0)
            return cornu__op_fail(op, CORNU_ERROR_INVALID_ARGUMENT,
                                  "pool size, strides and dilation must be at least 1, got %lld, %lld and %lld",
                                  (long long)window->size[axis], (long long)window->strides[axis],
                                  (long long)window->dilation[axis]);
        int64_t reach = window->dilation[axis] * (window->size[axis] - 1) + 1;
        int64_t padded = x[1 + axis] + window->pad_before[axis] + window->pad_after[axis];
        if (padded < reach)
            return cornu__op_fail(op, CORNU_ERROR_SHAPE,
                                  "the %s of an input of shape %s is smaller than the pool's %lld",
                                  axis == 0 ? "height" : "width", words, (long long)reach);
        y[1 + axis] = (padded - reach) / window->strides[axis] + 1;
        if (!every_window_sees_input(window, axis, y[1 + axis], x[1 + axis]))
            return cornu__op_fail(op, CORNU_ERROR_SHAPE,
                                  "with this padding a window would lie wholly outside an input of shape %s", words);
    }
    return CORNU_OK;
}

static cornu_status pool_infer(cornu__op *op, const cornu__op_request *request)
{
    (void)request;
    const cornu_node *x = op->inputs[0];
    int64_t shape[4];
    CORNU_TRY(cornu__op_want_float(op, 0, "the input"));
    CORNU_TRY(pooled_shape(op, x->rank, x->shape, shape));
    CORNU_TRY(cornu__op_set_output(op, 0, x->dtype, 4, shape));
    return op->output_count == 2 ? cornu__op_set_output(op, 1, CORNU_INT32, 4, shape) : CORNU_OK;
}

static cornu_status pool_gradient_infer(cornu__op *op, const cornu__op_request *request)
{
    int64_t shape[4];
    CORNU_TRY(cornu__op_want_float(op, 0, "the gradient"));
    CORNU_TRY(pooled_shape(op, request->output_rank, request->output_shape, shape));
    CORNU_TRY(cornu__op_want_shape(op, 0, "the gradient", 4, shape));
    if (op->input_count == 2) {
        CORNU_TRY(cornu__op_want_int(op, 1, "the index"));
        CORNU_TRY(cornu__op_want_shape(op, 1, "the index", 4, shape));
    }
    return cornu__op_set_output(op, 0, op->inputs[0]->dtype, 4, request->output_shape);
}

/* --- gradients --- */

static cornu_status max_pool_gradient(cornu__op *op, cornu_node *const *dy, const bool *wanted, cornu_node **dx)
{
    if (!wanted[0])
        return CORNU_OK;
    cornu__attributes attributes = {.window = op->attributes.window};
    dx[0] = cornu__op_make(CORNU__OP_MAX_POOL_GRADIENT, 2, (cornu_node *[]){dy[0], op->outputs[1]}, &attributes,
                           op->inputs[0]);
    return cornu__built(dx[0]);
}

static cornu_status average_pool_gradient(cornu__op *op, cornu_node *const *dy, const bool *wanted, cornu_node **dx)
{
    if (!wanted[0])
        return CORNU_OK;
    cornu__attributes attributes = {.window = op->attributes.window};
    dx[0] = cornu__op_make(CORNU__OP_AVERAGE_POOL_GRADIENT, 1, &dy[0], &attributes, op->inputs[0]);
    return cornu__built(dx[0]);
}

/* The gradient of average pooling is linear in dy: its own gradient is average pooling. */
static cornu_status average_pool_gradient_gradient(cornu__op *op, cornu_node *const *dz, const bool *wanted,
                                                   cornu_node **dx)
{
    if (!wanted[0])
        return CORNU_OK;
    dx[0] = cornu__op_average_pool(dz[0], &op->attributes.window);
    return cornu__built(dx[0]);
}

/* --- kernels: for each element of y, the window of x under it --- */

typedef struct window_at {
    int64_t image, row, column, channel;
} window_at;

static window_at locate(const cornu_node *y, int64_t i)
{
    return (window_at){.channel = i % y->shape[3],
                       .column = i / y->shape[3] % y->shape[2],
                       .row = i / (y->shape[3] * y->shape[2]) % y->shape[1],
                       .image = i / (y->shape[3] * y->shape[2] * y->shape[1])};
}

/* Where element `k` (row-major in the window) of the window lies in x, or -1 in the padding. */
static int64_t element_of_window(const cornu__window *window, const cornu_node *x, window_at at, int64_t k)
{
    int64_t h = input_place(window, 0, at.row, k / window->size[1], x->shape[1]);
    int64_t w = input_place(window, 1, at.column, k % window->size[1], x->shape[2]);
    return h < 0 || w < 0 ? -1 : ((at.image * x->shape[1] + h) * x->shape[2] + w) * x->shape[3] + at.channel;
}

static cornu_status max_pool_reference(const cornu__op *op, const void *const *inputs, void *const *outputs,
                                       const cornu__run_state *run)
{
    (void)run;
    const cornu_node *x = op->inputs[0], *y = op->outputs[0];
    const cornu__window *window = &op->attributes.window;
    for (int64_t i = 0; i < y->count; i++) {
        window_at at = locate(y, i);
        int64_t best = -1;
        double maximum = -INFINITY;
        for (int64_t k = 0; k < window->size[0] * window->size[1]; k++) {
            int64_t place = element_of_window(window, x, at, k);
            if (place < 0)
                continue;
            double value = cornu__element_get(x->dtype, inputs[0], place);
            if (best < 0 || value > maximum || (isnan(value) && !isnan(maximum))) {
                best = k;
                maximum = value;
            }
        }
        cornu__element_set(y->dtype, outputs[0], i, maximum);
        ((int32_t *)outputs[1])[i] = (int32_t)best;
    }
    return CORNU_OK;
}

static void add_element(cornu_dtype dtype, void *data, int64_t at, double value)
{
    cornu__element_set(dtype, data, at, cornu__element_get(dtype, data, at) + value);
}

static cornu_status max_pool_gradient_reference(const cornu__op *op, const void *const *inputs, void *const *outputs,
                                                const cornu__run_state *run)
{
    (void)run;
    const cornu_node *dy = op->inputs[0], *x = op->outputs[0];
    const int32_t *index = inputs[1];
    memset(outputs[0], 0, (size_t)x->count * cornu_dtype_size(x->dtype));
    for (int64_t i = 0; i < dy->count; i++) {
        int64_t place = element_of_window(&op->attributes.window, x, locate(dy, i), index[i]);
        if (place >= 0)
            add_element(x->dtype, outputs[0], place, cornu__element_get(dy->dtype, inputs[0], i));
    }
    return CORNU_OK;
}

/* The number of elements of x under the window. */
static int64_t window_count(const cornu__window *window, const cornu_node *x, window_at at)
{
    int64_t count = 0;
    for (int64_t k = 0; k < window->size[0] * window->size[1]; k++)
        count += element_of_window(window, x, at, k) >= 0;
    return count;
}

static cornu_status average_pool_reference(const cornu__op *op, const void *const *inputs, void *const *outputs,
                                           const cornu__run_state *run)
{
    (void)run;
    const cornu_node *x = op->inputs[0], *y = op->outputs[0];
    const cornu__window *window = &op->attributes.window;
    for (int64_t i = 0; i < y->count; i++) {
        window_at at = locate(y, i);
        double sum = 0;
        for (int64_t k = 0; k < window->size[0] * window->size[1]; k++) {
            int64_t place = element_of_window(window, x, at, k);
            sum += place >= 0 ? cornu__element_get(x->dtype, inputs[0], place) : 0;
        }
        cornu__element_set(y->dtype, outputs[0], i, sum / (double)window_count(window, x, at));
    }
    return CORNU_OK;
}

static cornu_status average_pool_gradient_reference(const cornu__op *op, const void *const *inputs,
                                                    void *const *outputs, const cornu__run_state *run)
{
    (void)run;
    const cornu_node *dy = op->inputs[0], *x = op->outputs[0];
    const cornu__window *window = &op->attributes.window;
    memset(outputs[0], 0, (size_t)x->count * cornu_dtype_size(x->dtype));
    for (int64_t i = 0; i < dy->count; i++) {
        window_at at = locate(dy, i);
        double share = cornu__element_get(dy->dtype, inputs[0], i) / (double)window_count(window, x, at);
        for (int64_t k = 0; k < window->size[0] * window->size[1]; k++) {
            int64_t place = element_of_window(window, x, at, k);
            if (place >= 0)
                add_element(x->dtype, outputs[0], place, share);
        }
    }
    return CORNU_OK;
}

#define AT(kind) [CORNU__OP_##kind - CORNU__POOL_FIRST]

const cornu__op_definition cornu__ops_pool[] = {
    AT(MAX_POOL) = {"max_pool", 1, 1, 2, 0, pool_infer, max_pool_gradient, max_pool_reference},
    AT(MAX_POOL_GRADIENT) = {"max_pool_gradient", 2, 2, 1, 0, pool_gradient_infer, cornu__no_second_gradient,
                             max_pool_gradient_reference},
    AT(AVERAGE_POOL) = {"average_pool", 1, 1, 1, 0, pool_infer, average_pool_gradient, average_pool_reference},
    AT(AVERAGE_POOL_GRADIENT) = {"average_pool_gradient", 1, 1, 1, 0, pool_gradient_infer,
                                 average_pool_gradient_gradient, average_pool_gradient_reference},
};
