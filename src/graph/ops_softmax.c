/* ops_softmax.c: softmax, and the cross-entropies that contain one. All work on rows: the last axis is the classes. */
#include <math.h>

#include "graph/operations.h"

#define PROBABILITY_EPSILON 1e-7 /* Keras's epsilon(): probabilities are clipped to [epsilon, 1 - epsilon] */

static int64_t class_count(const cornu_node *x)
{
    return x->shape[x->rank - 1];
}

/* --- pieces of gradients --- */

/* x with a last axis of size 1 put behind its axes. */
static cornu_node *as_column(cornu_node *x)
{
    if (!x)
        return NULL;
    int64_t shape[CORNU_MAX_RANK];
    for (int axis = 0; axis < x->rank; axis++)
        shape[axis] = x->shape[axis];
    shape[x->rank] = 1;
    return cornu__op_reshape(x, x->rank + 1, shape);
}

static cornu_node *sum_rows(cornu_node *x, bool keepdims)
{
    return cornu__op_reduce(CORNU__OP_SUM, x, 1, (int[]){-1}, keepdims);
}

/* The gradient of q = softmax(x): q (dq - sum q dq) */
static cornu_node *through_softmax(cornu_node *q, cornu_node *dq)
{
    return cornu__multiply(q, cornu__subtract(dq, sum_rows(cornu__multiply(q, dq), true)));
}

/* a + b, where either may be missing. */
static cornu_node *sum_of(cornu_node *a, cornu_node *b)
{
    return !a ? b : !b ? a : cornu__add(a, b);
}

/* --- softmax, log-softmax --- */

static cornu_status softmax_infer(cornu__op *op, const cornu__op_request *request)
{
    (void)request;
    CORNU_TRY(cornu__op_want_float(op, 0, "the input"));
    if (op->inputs[0]->rank < 1)
        return cornu__op_fail(op, CORNU_ERROR_SHAPE, "a scalar came; at least one axis was wanted");
    return cornu__op_set_output_like(op, 0, op->inputs[0]);
}

static cornu_status softmax_gradient(cornu__op *op, cornu_node *const *dy, const bool *wanted, cornu_node **dx)
{
    if (!wanted[0])
        return CORNU_OK;
    dx[0] = through_softmax(op->outputs[0], dy[0]);
    return cornu__built(dx[0]);
}

static cornu_status log_softmax_gradient(cornu__op *op, cornu_node *const *dy, const bool *wanted, cornu_node **dx)
{
    if (!wanted[0])
        return CORNU_OK;
    cornu_node *q = cornu__op_unary(CORNU__OP_EXP, op->outputs[0]);
    dx[0] = cornu__subtract(dy[0], cornu__multiply(q, sum_rows(dy[0], true)));
    return cornu__built(dx[0]);
}

/* The logarithm of the sum of e^x over a row, shifted by its maximum so that nothing overflows. */
static double log_sum_exp(cornu_dtype dtype, const void *x, int64_t start, int64_t count)
{
    double maximum = -INFINITY, sum = 0;
    for (int64_t i = 0; i < count; i++)
        maximum = fmax(maximum, cornu__element_get(dtype, x, start + i));
    if (isinf(maximum))
        maximum = 0;
    for (int64_t i = 0; i < count; i++)
        sum += exp(cornu__element_get(dtype, x, start + i) - maximum);
    return maximum + log(sum);
}

static cornu_status softmax_reference(const cornu__op *op, const void *const *inputs, void *const *outputs,
                                      const cornu__run_state *run)
{
    (void)run;
    const cornu_node *x = op->inputs[0];
    int64_t classes = class_count(x);
    for (int64_t start = 0; start < x->count; start += classes) {
        double total = log_sum_exp(x->dtype, inputs[0], start, classes);
        for (int64_t i = start; i < start + classes; i++) {
            double value = cornu__element_get(x->dtype, inputs[0], i) - total;
            cornu__element_set(x->dtype, outputs[0], i, op->kind == CORNU__OP_SOFTMAX ? exp(value) : value);
        }
    }
    return CORNU_OK;
}

/* --- cross-entropy of targets that are probabilities --- */

static cornu_status set_loss_outputs(cornu__op *op)
{
    const cornu_node *logits = op->inputs[0];
    CORNU_TRY(cornu__op_set_output(op, 0, logits->dtype, logits->rank - 1, logits->shape));
    return cornu__op_set_output_like(op, 1, logits);
}

static cornu_status dense_infer(cornu__op *op, const cornu__op_request *request)
{
    (void)request;
    const cornu_node *logits = op->inputs[0];
    double smoothing = op->attributes.cross_entropy.smoothing;
    CORNU_TRY(cornu__op_want_float(op, 0, "the logits"));
    CORNU_TRY(cornu__op_want_same_dtype(op));
    if (!(smoothing >= 0 && smoothing <= 1))
        return cornu__op_fail(op, CORNU_ERROR_INVALID_ARGUMENT, "label smoothing must lie between 0 and 1, got %g",
                              smoothing);
    if (logits->rank < 1)
        return cornu__op_fail(op, CORNU_ERROR_SHAPE, "the logits are a scalar; (..., classes) was wanted");
    CORNU_TRY(cornu__op_want_shape(op, 1, "the target", logits->rank, logits->shape));
    return set_loss_outputs(op);
}

/* d loss / d targets = -(1 - smoothing) log q, spread over the rows' gradients */
static cornu_node *target_gradient(const cornu__op *op, cornu_node *dloss)
{
    cornu_node *log_q = cornu__op_log_softmax(op->inputs[0]);
    cornu_node *share = cornu__scale(log_q, op->attributes.cross_entropy.smoothing - 1);
    return cornu__multiply(as_column(dloss), share);
}

static cornu_status dense_gradient(cornu__op *op, cornu_node *const *dy, const bool *wanted, cornu_node **dx)
{
    cornu_node *q = op->outputs[1], *targets = op->inputs[1];
    if (wanted[0]) {
        cornu_node *of_loss = NULL, *of_q = NULL;
        if (dy[0]) {
            of_loss = cornu__op_make(CORNU__OP_SOFTMAX_CROSS_ENTROPY_GRADIENT, 3, (cornu_node *[]){dy[0], q, targets},
                                     &op->attributes, NULL);
            CORNU_TRY(cornu__built(of_loss));
        }
        if (dy[1]) {
            of_q = through_softmax(q, dy[1]);
            CORNU_TRY(cornu__built(of_q));
        }
        dx[0] = sum_of(of_loss, of_q);
        CORNU_TRY(cornu__built(dx[0]));
    }
    if (wanted[1] && dy[0]) {
        dx[1] = target_gradient(op, dy[0]);
        CORNU_TRY(cornu__built(dx[1]));
    }
    return CORNU_OK;
}

static double clip_probability(double q)
{
    return fmin(fmax(q, PROBABILITY_EPSILON), 1 - PROBABILITY_EPSILON);
}

static double smoothed(const cornu__op *op, double target, int64_t classes)
{
    double smoothing = op->attributes.cross_entropy.smoothing;
    return target * (1 - smoothing) + smoothing / (double)classes;
}

static cornu_status dense_reference(const cornu__op *op, const void *const *inputs, void *const *outputs,
                                    const cornu__run_state *run)
{
    (void)run;
    const cornu_node *x = op->inputs[0];
    int64_t classes = class_count(x);
    for (int64_t row = 0; row < x->count / classes; row++) {
        double total = log_sum_exp(x->dtype, inputs[0], row * classes, classes), loss = 0;
        for (int64_t i = row * classes; i < (row + 1) * classes; i++) {
            double log_q = cornu__element_get(x->dtype, inputs[0], i) - total;
            double target = smoothed(op, cornu__element_get(x->dtype, inputs[1], i), classes);
            double term = op->attributes.cross_entropy.clip ? log(clip_probability(exp(log_q))) : log_q;
            loss -= target != 0 ? target * term : 0;
            loss += isnan(term) ? term : 0;
            cornu__element_set(x->dtype, outputs[1], i, exp(log_q));
        }
        cornu__element_set(x->dtype, outputs[0], row, loss);
    }
    return CORNU_OK;
}

/* dlogits = dloss (q sum t - t), with the smoothed targets t */
static cornu_status dense_gradient_infer(cornu__op *op, const cornu__op_request *request)
{
    (void)request;
    const cornu_node *q = op->inputs[1];
    CORNU_TRY(cornu__op_want_float(op, 0, "the gradient"));
    CORNU_TRY(cornu__op_want_same_dtype(op));
    if (q->rank < 1)
        return cornu__op_fail(op, CORNU_ERROR_SHAPE, "the probabilities are a scalar; (..., classes) was wanted");
    CORNU_TRY(cornu__op_want_shape(op, 0, "the gradient", q->rank - 1, q->shape));
    CORNU_TRY(cornu__op_want_shape(op, 2, "the target", q->rank, q->shape));
    return cornu__op_set_output_like(op, 0, q);
}

/* With g = d / d dlogits and T = sum t: d dloss = sum g (q T - t); d q = g dloss T; d t = dloss (sum(g q) - g) (1 - smoothing). */
static cornu_status dense_gradient_gradient(cornu__op *op, cornu_node *const *dz, const bool *wanted, cornu_node **dx)
{
    cornu_node *g = dz[0], *dloss = as_column(op->inputs[0]), *q = op->inputs[1];
    double smoothing = op->attributes.cross_entropy.smoothing;
    cornu_node *t = cornu__op_binary_scalar(CORNU__OP_ADD, cornu__scale(op->inputs[2], 1 - smoothing),
                                            smoothing / (double)class_count(q));
    cornu_node *total = sum_rows(t, true);
    if (wanted[0]) {
        dx[0] = sum_rows(cornu__multiply(g, cornu__subtract(cornu__multiply(q, total), t)), false);
        CORNU_TRY(cornu__built(dx[0]));
    }
    if (wanted[1]) {
        dx[1] = cornu__multiply(cornu__multiply(g, dloss), total);
        CORNU_TRY(cornu__built(dx[1]));
    }
    if (wanted[2]) {
        cornu_node *slope = cornu__subtract(sum_rows(cornu__multiply(g, q), true), g);
        dx[2] = cornu__scale(cornu__multiply(dloss, slope), 1 - smoothing);
        CORNU_TRY(cornu__built(dx[2]));
    }
    return CORNU_OK;
}

static cornu_status dense_gradient_reference(const cornu__op *op, const void *const *inputs, void *const *outputs,
                                             const cornu__run_state *run)
{
    (void)run;
    const cornu_node *q = op->inputs[1];
    int64_t classes = class_count(q);
    for (int64_t row = 0; row < q->count / classes; row++) {
        double dloss = cornu__element_get(q->dtype, inputs[0], row), total = 0;
        for (int64_t i = row * classes; i < (row + 1) * classes; i++)
            total += smoothed(op, cornu__element_get(q->dtype, inputs[2], i), classes);
        for (int64_t i = row * classes; i < (row + 1) * classes; i++) {
            double target = smoothed(op, cornu__element_get(q->dtype, inputs[2], i), classes);
            cornu__element_set(q->dtype, outputs[0], i,
                               dloss * (cornu__element_get(q->dtype, inputs[1], i) * total - target));
        }
    }
    return CORNU_OK;
}

/* --- cross-entropy of labels that are class numbers --- */

static cornu_status sparse_infer(cornu__op *op, const cornu__op_request *request)
{
    (void)request;
    const cornu_node *logits = op->inputs[0];
    CORNU_TRY(cornu__op_want_float(op, 0, "the logits"));
    CORNU_TRY(cornu__op_want_int(op, 1, "the label"));
    if (logits->rank < 1)
        return cornu__op_fail(op, CORNU_ERROR_SHAPE, "the logits are a scalar; (..., classes) was wanted");
    CORNU_TRY(cornu__op_want_shape(op, 1, "the label", logits->rank - 1, logits->shape));
    return set_loss_outputs(op);
}

static cornu_status sparse_gradient(cornu__op *op, cornu_node *const *dy, const bool *wanted, cornu_node **dx)
{
    if (!wanted[0])
        return CORNU_OK;
    cornu_node *q = op->outputs[1], *of_loss = NULL, *of_q = NULL;
    if (dy[0]) {
        of_loss = cornu__op_make(CORNU__OP_SPARSE_CROSS_ENTROPY_GRADIENT, 3, (cornu_node *[]){dy[0], q, op->inputs[1]},
                                 NULL, NULL);
        CORNU_TRY(cornu__built(of_loss));
    }
    if (dy[1]) {
        of_q = through_softmax(q, dy[1]);
        CORNU_TRY(cornu__built(of_q));
    }
    dx[0] = sum_of(of_loss, of_q);
    return cornu__built(dx[0]);
}

static cornu_status check_label(const cornu__op *op, int32_t label, int64_t classes)
{
    if (label >= 0 && label < classes)
        return CORNU_OK;
    return cornu__op_fail(op, CORNU_ERROR_DATA, "label %d is out of range; 0 to %lld were wanted (%lld classes)",
                          (int)label, (long long)classes - 1, (long long)classes);
}

/* As of clipped probabilities, Keras's loss is the log-softmax of their logarithms: they are scaled to sum to 1 again. */
static double clipped_sparse_loss(cornu_dtype dtype, const void *logits, int64_t start, int64_t classes, double total,
                                  int32_t label)
{
    double sum = 0;
    for (int64_t i = 0; i < classes; i++)
        sum += clip_probability(exp(cornu__element_get(dtype, logits, start + i) - total));
    return log(sum) - log(clip_probability(exp(cornu__element_get(dtype, logits, start + label) - total)));
}

static cornu_status sparse_reference(const cornu__op *op, const void *const *inputs, void *const *outputs,
                                     const cornu__run_state *run)
{
    (void)run;
    const cornu_node *x = op->inputs[0];
    const int32_t *labels = inputs[1];
    int64_t classes = class_count(x);
    for (int64_t row = 0; row < x->count / classes; row++) {
        CORNU_TRY(check_label(op, labels[row], classes));
        int64_t start = row * classes;
        double total = log_sum_exp(x->dtype, inputs[0], start, classes);
        double loss = total - cornu__element_get(x->dtype, inputs[0], start + labels[row]);
        if (op->attributes.cross_entropy.clip && !isnan(total))
            loss = clipped_sparse_loss(x->dtype, inputs[0], start, classes, total, labels[row]);
        for (int64_t i = start; i < start + classes; i++)
            cornu__element_set(x->dtype, outputs[1], i, exp(cornu__element_get(x->dtype, inputs[0], i) - total));
        cornu__element_set(x->dtype, outputs[0], row, loss);
    }
    return CORNU_OK;
}

static cornu_status sparse_gradient_infer(cornu__op *op, const cornu__op_request *request)
{
    (void)request;
    const cornu_node *q = op->inputs[1];
    CORNU_TRY(cornu__op_want_float(op, 0, "the gradient"));
    CORNU_TRY(cornu__op_want_int(op, 2, "the label"));
    if (q->rank < 1 || q->dtype != op->inputs[0]->dtype)
        return cornu__op_fail(op, CORNU_ERROR_SHAPE,
                              "the probabilities must be (..., classes) and of the gradient's dtype");
    CORNU_TRY(cornu__op_want_shape(op, 0, "the gradient", q->rank - 1, q->shape));
    CORNU_TRY(cornu__op_want_shape(op, 2, "the label", q->rank - 1, q->shape));
    return cornu__op_set_output_like(op, 0, q);
}

/* With g = d / d dlogits: d dloss = sum g (q - onehot); d q = g dloss. */
static cornu_status sparse_gradient_gradient(cornu__op *op, cornu_node *const *dz, const bool *wanted, cornu_node **dx)
{
    cornu_node *g = dz[0], *q = op->inputs[1];
    if (wanted[0]) {
        cornu_node *target = cornu__op_one_hot(op->inputs[2], class_count(q), q->dtype);
        dx[0] = sum_rows(cornu__multiply(g, cornu__subtract(q, target)), false);
        CORNU_TRY(cornu__built(dx[0]));
    }
    if (wanted[1]) {
        dx[1] = cornu__multiply(g, as_column(op->inputs[0]));
        CORNU_TRY(cornu__built(dx[1]));
    }
    return CORNU_OK;
}

static cornu_status sparse_gradient_reference(const cornu__op *op, const void *const *inputs, void *const *outputs,
                                              const cornu__run_state *run)
{
    (void)run;
    const cornu_node *q = op->inputs[1];
    const int32_t *labels = inputs[2];
    int64_t classes = class_count(q);
    for (int64_t i = 0; i < q->count; i++) {
        double target = labels[i / classes] == i % classes;
        double dloss = cornu__element_get(q->dtype, inputs[0], i / classes);
        cornu__element_set(q->dtype, outputs[0], i, dloss * (cornu__element_get(q->dtype, inputs[1], i) - target));
    }
    return CORNU_OK;
}

#define AT(kind) [CORNU__OP_##kind - CORNU__SOFTMAX_FIRST]

const cornu__op_definition cornu__ops_softmax[] = {
    AT(SOFTMAX) = {"softmax", 1, 1, 1, 0, softmax_infer, softmax_gradient, softmax_reference},
    AT(LOG_SOFTMAX) = {"log_softmax", 1, 1, 1, 0, softmax_infer, log_softmax_gradient, softmax_reference},
    AT(SOFTMAX_CROSS_ENTROPY) = {"softmax_cross_entropy", 2, 2, 2, 0, dense_infer, dense_gradient, dense_reference},
    AT(SOFTMAX_CROSS_ENTROPY_GRADIENT) = {"softmax_cross_entropy_gradient", 3, 3, 1, 0, dense_gradient_infer,
                                          dense_gradient_gradient, dense_gradient_reference},
    AT(SPARSE_CROSS_ENTROPY) = {"sparse_cross_entropy", 2, 2, 2, 0, sparse_infer, sparse_gradient, sparse_reference},
    AT(SPARSE_CROSS_ENTROPY_GRADIENT) = {"sparse_cross_entropy_gradient", 3, 3, 1, 0, sparse_gradient_infer,
                                         sparse_gradient_gradient, sparse_gradient_reference},
};
