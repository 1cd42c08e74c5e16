/* builders.c: the convenient ways to add an op, each one request to cornu__graph_add. */
#include <string.h>

#include "base/memory.h"
#include "graph/operations.h"

static cornu_node *first_output(cornu__op *op)
{
    return op ? op->outputs[0] : NULL;
}

static cornu__op *add(cornu__op_kind kind, int count, cornu_node *const *inputs, const cornu__attributes *attributes,
                      const cornu_node *like)
{
    for (int i = 0; i < count; i++) {
        if (!inputs[i])
            return NULL;
    }
    cornu__op_request request = {.kind = kind, .input_count = count, .inputs = inputs};
    if (attributes)
        request.attributes = *attributes;
    if (like) {
        request.dtype = like->dtype;
        request.output_rank = like->rank;
        request.output_shape = like->shape;
    }
    return cornu__graph_add(inputs[0]->op->graph, &request);
}

cornu_node *cornu__op_make(cornu__op_kind kind, int count, cornu_node *const *inputs,
                           const cornu__attributes *attributes, const cornu_node *like)
{
    return first_output(add(kind, count, inputs, attributes, like));
}

/* --- leaves --- */

static cornu_node *leaf(cornu__graph *graph, cornu__op_kind kind, const cornu__attributes *attributes,
                        cornu_dtype dtype, int rank, const int64_t *shape)
{
    cornu__op_request request = {
        .kind = kind, .attributes = *attributes, .dtype = dtype, .output_rank = rank, .output_shape = shape};
    return first_output(cornu__graph_add(graph, &request));
}

cornu_node *cornu__op_input(cornu__graph *graph, int index, cornu_dtype dtype, int rank, const int64_t *shape)
{
    return leaf(graph, CORNU__OP_INPUT, &(cornu__attributes){.index = index}, dtype, rank, shape);
}

cornu_node *cornu__op_variable(cornu__graph *graph, cornu__variable_region region, cornu_dtype dtype, int rank,
                               const int64_t *shape)
{
    return leaf(graph, CORNU__OP_VARIABLE, &(cornu__attributes){.variable = region}, dtype, rank, shape);
}

cornu_node *cornu__op_constant(cornu__graph *graph, cornu_dtype dtype, int rank, const int64_t *shape, const void *data)
{
    size_t size = cornu_dtype_size(dtype);
    for (int axis = 0; axis < rank; axis++) {
        if (shape[axis] < 0 || __builtin_mul_overflow(size, (size_t)shape[axis], &size))
            return cornu__fail_null(CORNU_ERROR_SHAPE, "constant: size %lld of axis %d is not possible",
                                    (long long)shape[axis], axis);
    }
    void *copy = cornu__graph_alloc(graph, size);
    if (!copy)
        return NULL;
    memcpy(copy, data, size);
    return leaf(graph, CORNU__OP_CONSTANT, &(cornu__attributes){.constant = copy}, dtype, rank, shape);
}

cornu_node *cornu__op_fill(cornu__graph *graph, cornu_dtype dtype, int rank, const int64_t *shape, double value)
{
    void *element = cornu__graph_alloc(graph, sizeof(double));
    if (!element)
        return NULL;
    cornu__element_set(dtype, element, 0, value);
    return leaf(graph, CORNU__OP_CONSTANT, &(cornu__attributes){.constant = element, .fills = true}, dtype, rank,
                shape);
}

cornu_node *cornu__op_scalar(cornu__graph *graph, cornu_dtype dtype, double value)
{
    return cornu__op_fill(graph, dtype, 0, NULL, value);
}

cornu_node *cornu__op_random(cornu__graph *graph, cornu__op_kind kind, cornu_dtype dtype, int rank,
                             const int64_t *shape)
{
    cornu__attributes attributes = {.random = {.number = graph->random_count}};
    cornu_node *node = leaf(graph, kind, &attributes, dtype, rank, shape);
    graph->random_count += node != NULL;
    return node;
}

/* --- elementwise --- */

cornu_node *cornu__op_unary(cornu__op_kind kind, cornu_node *x)
{
    return cornu__op_make(kind, 1, &x, NULL, NULL);
}

cornu_node *cornu__op_binary(cornu__op_kind kind, cornu_node *a, cornu_node *b)
{
    return cornu__op_make(kind, 2, (cornu_node *[]){a, b}, NULL, NULL);
}

cornu_node *cornu__op_binary_scalar(cornu__op_kind kind, cornu_node *x, double value)
{
    return x ? cornu__op_binary(kind, x, cornu__op_scalar(x->op->graph, x->dtype, value)) : NULL;
}

cornu_node *cornu__op_scalar_binary(cornu__op_kind kind, double value, cornu_node *x)
{
    return x ? cornu__op_binary(kind, cornu__op_scalar(x->op->graph, x->dtype, value), x) : NULL;
}

cornu_node *cornu__op_select(cornu_node *condition, cornu_node *a, cornu_node *b)
{
    return cornu__op_make(CORNU__OP_SELECT, 3, (cornu_node *[]){condition, a, b}, NULL, NULL);
}

cornu_node *cornu__op_cast(cornu_node *x, cornu_dtype dtype)
{
    if (!x || x->dtype == dtype)
        return x;
    cornu__op_request request = {.kind = CORNU__OP_CAST, .input_count = 1, .inputs = &x, .dtype = dtype};
    return first_output(cornu__graph_add(x->op->graph, &request));
}

/* --- reductions --- */

/* The axes as attributes want them: counted from the front, ascending, each once. */
static cornu_status normalize_axes(cornu__op_kind kind, const cornu_node *x, int count, const int *axes,
                                   cornu__attributes *attributes)
{
    bool reduced[CORNU_MAX_RANK] = {false};
    for (int i = 0; i < count; i++) {
        int axis = axes[i] < 0 ? axes[i] + x->rank : axes[i];
        if (axis < 0 || axis >= x->rank)
            return cornu__fail(CORNU_ERROR_SHAPE, "%s: there is no axis %d in shape %s",
                               cornu__op_definition_of(kind)->name, axes[i], cornu__node_words(x).text);
        reduced[axis] = true;
    }
    for (int axis = 0; axis < x->rank; axis++) {
        if (reduced[axis] || count == 0)
            attributes->reduce.axes[attributes->reduce.count++] = axis;
    }
    return CORNU_OK;
}

cornu_node *cornu__op_reduce(cornu__op_kind kind, cornu_node *x, int axis_count, const int *axes, bool keepdims)
{
    if (!x)
        return NULL;
    cornu__attributes attributes = {.reduce = {.keepdims = keepdims}};
    if (normalize_axes(kind, x, axis_count, axes, &attributes) != CORNU_OK)
        return NULL;
    return cornu__op_make(kind, 1, &x, &attributes, NULL);
}

cornu_node *cornu__op_argmax(cornu_node *x)
{
    return cornu__op_unary(CORNU__OP_ARGMAX, x);
}

/* --- movement --- */

cornu_node *cornu__op_reshape(cornu_node *x, int rank, const int64_t *shape)
{
    if (!x)
        return NULL;
    cornu_node wanted = {.dtype = x->dtype, .rank = rank};
    if (rank < 0 || rank > CORNU_MAX_RANK)
        return cornu__fail_null(CORNU_ERROR_SHAPE, "reshape: %d axes are not possible", rank);
    int64_t known = 1;
    int open = -1;
    for (int axis = 0; axis < rank; axis++) {
        wanted.shape[axis] = shape[axis];
        if (shape[axis] == -1 && open < 0)
            open = axis;
        else if (shape[axis] < 1 || __builtin_mul_overflow(known, shape[axis], &known))
            return cornu__fail_null(CORNU_ERROR_SHAPE, "reshape: %lld is not a possible size of axis %d",
                                    (long long)shape[axis], axis);
    }
    if (open >= 0)
        wanted.shape[open] = x->count % known == 0 ? x->count / known : -1;
    return cornu__op_make(CORNU__OP_RESHAPE, 1, &x, NULL, &wanted);
}

cornu_node *cornu__op_transpose(cornu_node *x, const int *permutation)
{
    if (!x)
        return NULL;
    cornu__attributes attributes = {0};
    memcpy(attributes.permutation, permutation, (size_t)x->rank * sizeof permutation[0]);
    return cornu__op_make(CORNU__OP_TRANSPOSE, 1, &x, &attributes, NULL);
}

cornu_node *cornu__op_move_axis(cornu_node *x, int from, int to)
{
    int permutation[CORNU_MAX_RANK], next = 0;
    if (!x || from == to)
        return x;
    for (int axis = 0; axis < x->rank; axis++) {
        if (next == from)
            next++;
        permutation[axis] = axis == to ? from : next++;
    }
    return cornu__op_transpose(x, permutation);
}

cornu_node *cornu__op_expand_axis(cornu_node *x, int axis)
{
    int64_t shape[CORNU_MAX_RANK + 1];
    if (!x)
        return NULL;
    for (int i = 0; i <= x->rank; i++)
        shape[i] = i == axis ? 1 : x->shape[i < axis ? i : i - 1];
    return cornu__op_reshape(x, x->rank + 1, shape);
}

static cornu_node *with_shape(cornu__op_kind kind, cornu_node *x, const cornu__attributes *attributes, int rank,
                              const int64_t *shape)
{
    cornu__op_request request = {.kind = kind,
                                 .input_count = 1,
                                 .inputs = &x,
                                 .attributes = *attributes,
                                 .dtype = x->dtype,
                                 .output_rank = rank,
                                 .output_shape = shape};
    return first_output(cornu__graph_add(x->op->graph, &request));
}

cornu_node *cornu__op_broadcast(cornu_node *x, int rank, const int64_t *shape)
{
    return x ? with_shape(CORNU__OP_BROADCAST, x, &(cornu__attributes){0}, rank, shape) : NULL;
}

cornu_node *cornu__op_concatenate(int count, cornu_node *const *inputs, int axis)
{
    if (count < 1)
        return cornu__fail_null(CORNU_ERROR_INVALID_ARGUMENT, "concatenate: there is nothing to concatenate");
    for (int i = 0; i < count; i++) {
        if (!inputs[i])
            return NULL;
    }
    cornu__attributes attributes = {.axis = axis < 0 ? axis + inputs[0]->rank : axis};
    cornu_node *joined = NULL;
    /* more than an op takes: in several steps, what was joined so far coming first */
    for (int begin = 0; begin < count;) {
        cornu_node *step[CORNU__MAX_INPUTS];
        int taken = 0;
        if (joined)
            step[taken++] = joined;
        while (taken < CORNU__MAX_INPUTS && begin < count)
            step[taken++] = inputs[begin++];
        joined = cornu__op_make(CORNU__OP_CONCATENATE, taken, step, &attributes, NULL);
        if (!joined)
            return NULL;
    }
    return joined;
}

cornu_node *cornu__op_slice(cornu_node *x, const int64_t *begin, const int64_t *size, const int64_t *stride)
{
    if (!x)
        return NULL;
    cornu__attributes attributes = {0};
    for (int axis = 0; axis < x->rank; axis++) {
        attributes.slice.begin[axis] = begin[axis];
        attributes.slice.stride[axis] = stride ? stride[axis] : 1;
    }
    return with_shape(CORNU__OP_SLICE, x, &attributes, x->rank, size);
}

cornu_node *cornu__op_pad(cornu_node *x, const int64_t *before, const int64_t *after, double value)
{
    if (!x)
        return NULL;
    cornu__attributes attributes = {.pad = {.value = value}};
    for (int axis = 0; axis < x->rank; axis++) {
        attributes.pad.before[axis] = before[axis];
        attributes.pad.after[axis] = after[axis];
        attributes.pad.stride[axis] = 1;
    }
    return cornu__op_make(CORNU__OP_PAD, 1, &x, &attributes, NULL);
}

cornu_node *cornu__op_gather(cornu_node *table, cornu_node *indices)
{
    return cornu__op_make(CORNU__OP_GATHER, 2, (cornu_node *[]){table, indices}, NULL, NULL);
}

cornu_node *cornu__op_one_hot(cornu_node *indices, int64_t depth, cornu_dtype dtype)
{
    if (!indices)
        return NULL;
    cornu__op_request request = {.kind = CORNU__OP_ONE_HOT,
                                 .input_count = 1,
                                 .inputs = &indices,
                                 .attributes = {.index = depth},
                                 .dtype = dtype};
    return first_output(cornu__graph_add(indices->op->graph, &request));
}

/* One PACK op for inputs begin .. begin + count - 1, with its own copy of their offsets. */
static cornu_node *pack_some(cornu__graph *graph, int count, cornu_node *const *inputs, const int64_t *offsets,
                             int64_t size)
{
    int64_t *copy = cornu__graph_alloc(graph, (size_t)count * sizeof copy[0]);
    if (!copy)
        return NULL;
    memcpy(copy, offsets, (size_t)count * sizeof copy[0]);
    cornu__attributes attributes = {.pack = {.offset = copy}};
    cornu__op_request request = {.kind = CORNU__OP_PACK,
                                 .input_count = count,
                                 .inputs = inputs,
                                 .attributes = attributes,
                                 .output_rank = 1,
                                 .output_shape = &size};
    return first_output(cornu__graph_add(graph, &request));
}

cornu_node *cornu__op_pack(cornu__graph *graph, int count, cornu_node *const *inputs, const int64_t *offsets,
                           int64_t size)
{
    if (count <= CORNU__MAX_INPUTS)
        return pack_some(graph, count, inputs, offsets, size);
    /* Groups of inputs in the order of their places, each packed alone, then set side by side. Offsets must ascend for this. */
    cornu_node *parts[CORNU__MAX_INPUTS];
    int64_t part_offsets[CORNU__MAX_INPUTS];
    int part_count = 0;
    int group = (count + CORNU__MAX_INPUTS - 1) / CORNU__MAX_INPUTS;
    if (group > CORNU__MAX_INPUTS)
        return cornu__fail_null(CORNU_ERROR_LIMIT, "pack: %d variables are more than one vector can be made of (%d)",
                                count, CORNU__MAX_INPUTS * CORNU__MAX_INPUTS);
    for (int begin = 0; begin < count; begin += group) {
        int taken = count - begin < group ? count - begin : group;
        int64_t moved[CORNU__MAX_INPUTS], end = 0;
        for (int i = 0; i < taken; i++) {
            if (!inputs[begin + i])
                return NULL;
            moved[i] = offsets[begin + i] - offsets[begin];
            if (moved[i] < end)
                return cornu__fail_null(CORNU_ERROR_INTERNAL, "pack: the offsets of more than %d inputs must ascend",
                                        CORNU__MAX_INPUTS);
            end = moved[i] + inputs[begin + i]->count;
        }
        part_offsets[part_count] = offsets[begin];
        parts[part_count++] = pack_some(graph, taken, inputs + begin, moved, end);
    }
    return pack_some(graph, part_count, parts, part_offsets, size);
}

/* --- linear algebra, windows --- */

cornu_node *cornu__op_matmul(cornu_node *a, cornu_node *b, bool transpose_a, bool transpose_b)
{
    cornu__attributes attributes = {.matmul = {.transpose_a = transpose_a, .transpose_b = transpose_b}};
    return cornu__op_make(CORNU__OP_MATMUL, 2, (cornu_node *[]){a, b}, &attributes, NULL);
}

int64_t cornu__window_pad_same(cornu__window *window, int axis, int64_t size)
{
    int64_t stride = window->strides[axis], count = (size + stride - 1) / stride;
    int64_t reach = (window->size[axis] - 1) * window->dilation[axis] + 1;
    int64_t total = (count - 1) * stride + reach - size;
    window->pad_before[axis] = total > 0 ? total / 2 : 0;
    window->pad_after[axis] = total > 0 ? total - total / 2 : 0;
    return count;
}

cornu_node *cornu__op_conv(cornu_node *x, cornu_node *kernel, const cornu__window *window)
{
    return cornu__op_make(CORNU__OP_CONV, 2, (cornu_node *[]){x, kernel}, &(cornu__attributes){.window = *window},
                          NULL);
}

cornu_node *cornu__op_conv_input_gradient(cornu_node *dy, cornu_node *kernel, const cornu__window *window,
                                          const int64_t x_shape[4])
{
    cornu_node like = {.rank = 4};
    memcpy(like.shape, x_shape, 4 * sizeof x_shape[0]);
    return cornu__op_make(CORNU__OP_CONV_INPUT_GRADIENT, 2, (cornu_node *[]){dy, kernel},
                          &(cornu__attributes){.window = *window}, &like);
}

cornu_node *cornu__op_max_pool(cornu_node *x, const cornu__window *window)
{
    return cornu__op_make(CORNU__OP_MAX_POOL, 1, &x, &(cornu__attributes){.window = *window}, NULL);
}

cornu_node *cornu__op_average_pool(cornu_node *x, const cornu__window *window)
{
    return cornu__op_make(CORNU__OP_AVERAGE_POOL, 1, &x, &(cornu__attributes){.window = *window}, NULL);
}

/* --- composite --- */

cornu_node *cornu__op_softmax(cornu_node *x)
{
    return cornu__op_unary(CORNU__OP_SOFTMAX, x);
}

cornu_node *cornu__op_log_softmax(cornu_node *x)
{
    return cornu__op_unary(CORNU__OP_LOG_SOFTMAX, x);
}

static cornu_node *cross_entropy(cornu__op_kind kind, cornu_node *logits, cornu_node *targets, double smoothing,
                                 bool clip, cornu_node **probabilities)
{
    cornu__attributes attributes = {.cross_entropy = {.smoothing = smoothing, .clip = clip}};
    cornu__op *op = add(kind, 2, (cornu_node *[]){logits, targets}, &attributes, NULL);
    if (probabilities)
        *probabilities = op ? op->outputs[1] : NULL;
    return first_output(op);
}

cornu_node *cornu__op_softmax_cross_entropy(cornu_node *logits, cornu_node *targets, double smoothing, bool clip,
                                            cornu_node **probabilities)
{
    return cross_entropy(CORNU__OP_SOFTMAX_CROSS_ENTROPY, logits, targets, smoothing, clip, probabilities);
}

cornu_node *cornu__op_sparse_cross_entropy(cornu_node *logits, cornu_node *labels, bool clip,
                                           cornu_node **probabilities)
{
    return cross_entropy(CORNU__OP_SPARSE_CROSS_ENTROPY, logits, labels, 0, clip, probabilities);
}

cornu_node *cornu__op_ctc(cornu_node *logits, cornu_node *labels)
{
    return cornu__op_make(CORNU__OP_CTC, 2, (cornu_node *[]){logits, labels}, NULL, NULL);
}

cornu_node *cornu__op_batch_norm(cornu_node *x, cornu_node *gamma, cornu_node *beta, double epsilon, cornu_node **mean,
                                 cornu_node **variance)
{
    cornu__op *op =
        add(CORNU__OP_BATCH_NORM, 3, (cornu_node *[]){x, gamma, beta}, &(cornu__attributes){.norm = {epsilon}}, NULL);
    if (mean)
        *mean = op ? op->outputs[1] : NULL;
    if (variance)
        *variance = op ? op->outputs[2] : NULL;
    return first_output(op);
}

cornu_node *cornu__op_host(cornu_node *x, const cornu__host *host, int rank, const int64_t *shape)
{
    if (!x)
        return NULL;
    cornu__graph *graph = x->op->graph;
    cornu__op_request request = {.kind = CORNU__OP_HOST,
                                 .input_count = 1,
                                 .inputs = &x,
                                 .attributes = {.host = {host, graph->random_count}},
                                 .dtype = CORNU_FLOAT32,
                                 .output_rank = rank,
                                 .output_shape = shape};
    cornu_node *y = first_output(cornu__graph_add(graph, &request));
    graph->random_count += y != NULL;
    return y;
}

cornu_node *cornu__op_dropout(cornu_node *x, double rate)
{
    if (!x)
        return NULL;
    cornu__graph *graph = x->op->graph;
    cornu__attributes attributes = {.random = {.number = graph->random_count, .rate = rate}};
    cornu_node *y = cornu__op_make(CORNU__OP_DROPOUT, 1, &x, &attributes, NULL);
    graph->random_count += y != NULL;
    return y;
}

cornu_node *cornu__op_in_top_k(cornu_node *labels, cornu_node *predictions, int64_t k)
{
    return cornu__op_make(CORNU__OP_IN_TOP_K, 2, (cornu_node *[]){labels, predictions},
                          &(cornu__attributes){.index = k}, NULL);
}

/* --- effects --- */

cornu_status cornu__op_assign(cornu__graph *graph, cornu__variable_region region, cornu_node *value)
{
    if (!value)
        return cornu_error_status();
    cornu__op_request request = {
        .kind = CORNU__OP_ASSIGN, .input_count = 1, .inputs = &value, .attributes = {.variable = region}};
    return cornu__graph_add(graph, &request) ? CORNU_OK : cornu_error_status();
}
