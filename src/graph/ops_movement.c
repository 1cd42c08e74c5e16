/* ops_movement.c: ops that move elements by their place alone. */
#include <string.h>

#include "graph/operations.h"

static size_t element_size(const cornu_node *node)
{
    return cornu_dtype_size(node->dtype);
}

static void copy_elements(const cornu_node *node, void *to, int64_t to_index, const void *from, int64_t from_index,
                          int64_t count)
{
    size_t size = element_size(node);
    memcpy((char *)to + (size_t)to_index * size, (const char *)from + (size_t)from_index * size, (size_t)count * size);
}

static void fill_elements(const cornu_node *node, void *to, double value)
{
    for (int64_t i = 0; i < node->count; i++)
        cornu__element_set(node->dtype, to, i, value);
}

/* --- reshape --- */

static cornu_status reshape_infer(cornu__op *op, const cornu__op_request *request)
{
    const cornu_node *x = op->inputs[0];
    cornu_node wanted = {.rank = request->output_rank};
    int64_t count = 1;
    for (int axis = 0; axis < wanted.rank && axis < CORNU_MAX_RANK; axis++) {
        wanted.shape[axis] = request->output_shape[axis];
        count = __builtin_mul_overflow(count, wanted.shape[axis], &count) ? -1 : count;
    }
    if (count != x->count)
        return cornu__op_fail(op, CORNU_ERROR_SHAPE, "shape %s has %lld elements and cannot become %s",
                              cornu__node_words(x).text, (long long)x->count, cornu__node_words(&wanted).text);
    return cornu__op_set_output(op, 0, x->dtype, request->output_rank, request->output_shape);
}

static cornu_status reshape_gradient(cornu__op *op, cornu_node *const *dy, const bool *wanted, cornu_node **dx)
{
    if (!wanted[0])
        return CORNU_OK;
    dx[0] = cornu__op_reshape(dy[0], op->inputs[0]->rank, op->inputs[0]->shape);
    return cornu__built(dx[0]);
}

static cornu_status reshape_reference(const cornu__op *op, const void *const *inputs, void *const *outputs,
                                      const cornu__run_state *run)
{
    (void)run;
    copy_elements(op->inputs[0], outputs[0], 0, inputs[0], 0, op->inputs[0]->count);
    return CORNU_OK;
}

/* --- transpose --- */

static cornu_status transpose_infer(cornu__op *op, const cornu__op_request *request)
{
    (void)request;
    const cornu_node *x = op->inputs[0];
    int64_t shape[CORNU_MAX_RANK];
    bool used[CORNU_MAX_RANK] = {false};
    for (int axis = 0; axis < x->rank; axis++) {
        int from = op->attributes.permutation[axis];
        if (from < 0 || from >= x->rank || used[from])
            return cornu__op_fail(op, CORNU_ERROR_SHAPE,
                                  "axis %d of the permutation is %d; each of 0 to %d was wanted once", axis, from,
                                  x->rank - 1);
        used[from] = true;
        shape[axis] = x->shape[from];
    }
    return cornu__op_set_output(op, 0, x->dtype, x->rank, shape);
}

static cornu_status transpose_gradient(cornu__op *op, cornu_node *const *dy, const bool *wanted, cornu_node **dx)
{
    if (!wanted[0])
        return CORNU_OK;
    int inverse[CORNU_MAX_RANK];
    for (int axis = 0; axis < op->inputs[0]->rank; axis++)
        inverse[op->attributes.permutation[axis]] = axis;
    dx[0] = cornu__op_transpose(dy[0], inverse);
    return cornu__built(dx[0]);
}

static cornu_status transpose_reference(const cornu__op *op, const void *const *inputs, void *const *outputs,
                                        const cornu__run_state *run)
{
    (void)run;
    const cornu_node *x = op->inputs[0], *y = op->outputs[0];
    int64_t own[CORNU_MAX_RANK], strides[CORNU_MAX_RANK];
    cornu__row_major_strides(x->rank, x->shape, own);
    for (int axis = 0; axis < x->rank; axis++)
        strides[axis] = own[op->attributes.permutation[axis]];
    for (int64_t i = 0; i < y->count; i++)
        copy_elements(y, outputs[0], i, inputs[0], cornu__offset_of(i, y->rank, y->shape, strides), 1);
    return CORNU_OK;
}

/* --- broadcast --- */

static cornu_status broadcast_infer(cornu__op *op, const cornu__op_request *request)
{
    const cornu_node *x = op->inputs[0];
    int missing = request->output_rank - x->rank;
    bool fits = missing >= 0;
    for (int axis = 0; fits && axis < x->rank; axis++)
        fits = x->shape[axis] == 1 || x->shape[axis] == request->output_shape[axis + missing];
    if (!fits) {
        char wanted[CORNU__SHAPE_TEXT_SIZE];
        cornu__text_shape(wanted, sizeof wanted, request->output_rank, request->output_shape);
        return cornu__op_fail(op, CORNU_ERROR_SHAPE, "shape %s does not broadcast to %s", cornu__node_words(x).text,
                              wanted);
    }
    return cornu__op_set_output(op, 0, x->dtype, request->output_rank, request->output_shape);
}

static cornu_status broadcast_gradient(cornu__op *op, cornu_node *const *dy, const bool *wanted, cornu_node **dx)
{
    if (!wanted[0])
        return CORNU_OK;
    dx[0] = cornu__sum_to_shape_of(dy[0], op->inputs[0]);
    return cornu__built(dx[0]);
}

static cornu_status broadcast_reference(const cornu__op *op, const void *const *inputs, void *const *outputs,
                                        const cornu__run_state *run)
{
    (void)run;
    const cornu_node *x = op->inputs[0], *y = op->outputs[0];
    int64_t strides[CORNU_MAX_RANK];
    cornu__broadcast_strides(x->rank, x->shape, y->rank, strides);
    for (int64_t i = 0; i < y->count; i++)
        copy_elements(y, outputs[0], i, inputs[0], cornu__offset_of(i, y->rank, y->shape, strides), 1);
    return CORNU_OK;
}

/* --- concatenate --- */

static cornu_status concatenate_infer(cornu__op *op, const cornu__op_request *request)
{
    (void)request;
    const cornu_node *first = op->inputs[0];
    int joined = op->attributes.axis;
    if (joined < 0 || joined >= first->rank)
        return cornu__op_fail(op, CORNU_ERROR_SHAPE, "there is no axis %d in shape %s", joined,
                              cornu__node_words(first).text);
    CORNU_TRY(cornu__op_want_same_dtype(op));
    int64_t shape[CORNU_MAX_RANK];
    memcpy(shape, first->shape, sizeof shape);
    for (int i = 1; i < op->input_count; i++) {
        const cornu_node *input = op->inputs[i];
        bool fits = input->rank == first->rank;
        for (int axis = 0; fits && axis < first->rank; axis++)
            fits = axis == joined || input->shape[axis] == first->shape[axis];
        if (!fits)
            return cornu__op_fail(op, CORNU_ERROR_SHAPE,
                                  "input %d has shape %s, the first has %s; only axis %d may differ", i,
                                  cornu__node_words(input).text, cornu__node_words(first).text, joined);
        shape[joined] += input->shape[joined];
    }
    return cornu__op_set_output(op, 0, first->dtype, first->rank, shape);
}

static cornu_status concatenate_gradient(cornu__op *op, cornu_node *const *dy, const bool *wanted, cornu_node **dx)
{
    int64_t begin[CORNU_MAX_RANK] = {0};
    for (int i = 0; i < op->input_count; i++) {
        if (wanted[i]) {
            dx[i] = cornu__op_slice(dy[0], begin, op->inputs[i]->shape, NULL);
            CORNU_TRY(cornu__built(dx[i]));
        }
        begin[op->attributes.axis] += op->inputs[i]->shape[op->attributes.axis];
    }
    return CORNU_OK;
}

static cornu_status concatenate_reference(const cornu__op *op, const void *const *inputs, void *const *outputs,
                                          const cornu__run_state *run)
{
    (void)run;
    const cornu_node *y = op->outputs[0];
    int64_t rows = 1, row = 1; /* rows: elements in front of the axis; row: elements of y from the axis on */
    for (int axis = 0; axis < y->rank; axis++)
        *(axis < op->attributes.axis ? &rows : &row) *= y->shape[axis];
    int64_t place = 0;
    for (int i = 0; i < op->input_count; i++) {
        int64_t part = op->inputs[i]->count / rows;
        for (int64_t r = 0; r < rows; r++)
            copy_elements(y, outputs[0], r * row + place, inputs[i], r * part, part);
        place += part;
    }
    return CORNU_OK;
}

/* --- slice and pad: each the other's gradient --- */

static cornu_status slice_infer(cornu__op *op, const cornu__op_request *request)
{
    const cornu_node *x = op->inputs[0];
    if (request->output_rank != x->rank)
        return cornu__op_fail(op, CORNU_ERROR_SHAPE, "%d sizes came for shape %s", request->output_rank,
                              cornu__node_words(x).text);
    for (int axis = 0; axis < x->rank; axis++) {
        int64_t begin = op->attributes.slice.begin[axis], stride = op->attributes.slice.stride[axis];
        int64_t size = request->output_shape[axis];
        if (begin < 0 || stride < 1 || size < 1 || begin >= x->shape[axis] ||
            (size - 1) > (x->shape[axis] - 1 - begin) / stride)
            return cornu__op_fail(
                op, CORNU_ERROR_SHAPE, "%lld elements from %lld in steps of %lld do not lie in axis %d of shape %s",
                (long long)size, (long long)begin, (long long)stride, axis, cornu__node_words(x).text);
    }
    return cornu__op_set_output(op, 0, x->dtype, x->rank, request->output_shape);
}

static cornu_status slice_gradient(cornu__op *op, cornu_node *const *dy, const bool *wanted, cornu_node **dx)
{
    if (!wanted[0])
        return CORNU_OK;
    const cornu_node *x = op->inputs[0], *y = op->outputs[0];
    cornu__attributes attributes = {0};
    for (int axis = 0; axis < x->rank; axis++) {
        int64_t begin = op->attributes.slice.begin[axis], stride = op->attributes.slice.stride[axis];
        attributes.pad.before[axis] = begin;
        attributes.pad.stride[axis] = stride;
        attributes.pad.after[axis] = x->shape[axis] - begin - ((y->shape[axis] - 1) * stride + 1);
    }
    dx[0] = cornu__op_make(CORNU__OP_PAD, 1, &dy[0], &attributes, NULL);
    return cornu__built(dx[0]);
}

static cornu_status slice_reference(const cornu__op *op, const void *const *inputs, void *const *outputs,
                                    const cornu__run_state *run)
{
    (void)run;
    const cornu_node *x = op->inputs[0], *y = op->outputs[0];
    int64_t strides[CORNU_MAX_RANK], start = 0;
    cornu__row_major_strides(x->rank, x->shape, strides);
    for (int axis = 0; axis < x->rank; axis++) {
        start += op->attributes.slice.begin[axis] * strides[axis];
        strides[axis] *= op->attributes.slice.stride[axis];
    }
    for (int64_t i = 0; i < y->count; i++)
        copy_elements(y, outputs[0], i, inputs[0], start + cornu__offset_of(i, y->rank, y->shape, strides), 1);
    return CORNU_OK;
}

static cornu_status pad_infer(cornu__op *op, const cornu__op_request *request)
{
    (void)request;
    const cornu_node *x = op->inputs[0];
    int64_t shape[CORNU_MAX_RANK];
    for (int axis = 0; axis < x->rank; axis++) {
        int64_t before = op->attributes.pad.before[axis], after = op->attributes.pad.after[axis];
        int64_t stride = op->attributes.pad.stride[axis];
        if (before < 0 || after < 0 || stride < 1)
            return cornu__op_fail(op, CORNU_ERROR_SHAPE, "axis %d cannot be padded by %lld before and %lld after", axis,
                                  (long long)before, (long long)after);
        bool too_large = __builtin_mul_overflow(x->shape[axis] - 1, stride, &shape[axis]) ||
                         __builtin_add_overflow(shape[axis], before, &shape[axis]) ||
                         __builtin_add_overflow(shape[axis], after, &shape[axis]) || shape[axis] == INT64_MAX;
        if (too_large)
            return cornu__op_fail(op, CORNU_ERROR_LIMIT, "axis %d would be too large", axis);
        shape[axis] += 1;
    }
    return cornu__op_set_output(op, 0, x->dtype, x->rank, shape);
}

static cornu_status pad_gradient(cornu__op *op, cornu_node *const *dy, const bool *wanted, cornu_node **dx)
{
    if (!wanted[0])
        return CORNU_OK;
    dx[0] = cornu__op_slice(dy[0], op->attributes.pad.before, op->inputs[0]->shape, op->attributes.pad.stride);
    return cornu__built(dx[0]);
}

static cornu_status pad_reference(const cornu__op *op, const void *const *inputs, void *const *outputs,
                                  const cornu__run_state *run)
{
    (void)run;
    const cornu_node *x = op->inputs[0], *y = op->outputs[0];
    int64_t strides[CORNU_MAX_RANK], start = 0;
    cornu__row_major_strides(y->rank, y->shape, strides);
    for (int axis = 0; axis < x->rank; axis++) {
        start += op->attributes.pad.before[axis] * strides[axis];
        strides[axis] *= op->attributes.pad.stride[axis];
    }
    fill_elements(y, outputs[0], op->attributes.pad.value);
    for (int64_t i = 0; i < x->count; i++)
        copy_elements(y, outputs[0], start + cornu__offset_of(i, x->rank, x->shape, strides), inputs[0], i, 1);
    return CORNU_OK;
}

#define AT(kind) [CORNU__OP_##kind - CORNU__MOVEMENT_FIRST]

const cornu__op_definition cornu__ops_movement[] = {
    AT(RESHAPE) = {"reshape", 1, 1, 1, CORNU__OP_IS_VIEW, reshape_infer, reshape_gradient, reshape_reference},
    AT(TRANSPOSE) = {"transpose", 1, 1, 1, 0, transpose_infer, transpose_gradient, transpose_reference},
    AT(BROADCAST) = {"broadcast", 1, 1, 1, 0, broadcast_infer, broadcast_gradient, broadcast_reference},
    AT(CONCATENATE) = {"concatenate", 1, CORNU__MAX_INPUTS, 1, 0, concatenate_infer, concatenate_gradient,
                       concatenate_reference},
    AT(SLICE) = {"slice", 1, 1, 1, 0, slice_infer, slice_gradient, slice_reference},
    AT(PAD) = {"pad", 1, 1, 1, 0, pad_infer, pad_gradient, pad_reference},
};
