/* ops_normalization.c: batch normalisation (over all axes but the last), dropout, and the top-k test of metrics. */
#include <math.h>

#include "graph/operations.h"

#include "base/random.h"

/* --- batch normalisation: y = gamma (x - mean) / sqrt(variance + epsilon) + beta --- */

static cornu_status batch_norm_infer(cornu__op *op, const cornu__op_request *request)
{
    (void)request;
    const cornu_node *x = op->inputs[0];
    CORNU_TRY(cornu__op_want_float(op, 0, "the input"));
    CORNU_TRY(cornu__op_want_same_dtype(op));
    if (x->rank < 1)
        return cornu__op_fail(op, CORNU_ERROR_SHAPE, "the input is a scalar; (..., channels) was wanted");
    const int64_t *channels = &x->shape[x->rank - 1];
    CORNU_TRY(cornu__op_want_shape(op, 1, "gamma", 1, channels));
    CORNU_TRY(cornu__op_want_shape(op, 2, "beta", 1, channels));
    CORNU_TRY(cornu__op_set_output_like(op, 0, x));
    CORNU_TRY(cornu__op_set_output(op, 1, x->dtype, 1, channels));
    return cornu__op_set_output(op, 2, x->dtype, 1, channels);
}

/* What the batch's mean and variance, where something depends on them, add to dx: dmean / n + dvariance 2 (x - mean) / n. */
static cornu_node *through_statistics(cornu__op *op, cornu_node *dmean, cornu_node *dvariance)
{
    cornu_node *x = op->inputs[0], *sum = NULL;
    double n = (double)(x->count / op->outputs[1]->count);
    if (dmean)
        sum = cornu__op_broadcast(cornu__scale(dmean, 1 / n), x->rank, x->shape);
    if (dvariance) {
        cornu_node *centered = cornu__subtract(x, op->outputs[1]);
        cornu_node *part = cornu__multiply(centered, cornu__scale(dvariance, 2 / n));
        sum = sum ? cornu__add(sum, part) : part;
    }
    return sum;
}

static cornu_status batch_norm_gradient(cornu__op *op, cornu_node *const *dy, const bool *wanted, cornu_node **dx)
{
    if (dy[0]) {
        cornu_node *inputs[6] = {dy[0], op->inputs[0], op->inputs[1], op->outputs[1], op->outputs[2], op->outputs[0]};
        cornu__op_request request = {.kind = CORNU__OP_BATCH_NORM_GRADIENT,
                                     .input_count = op->attributes.relu ? 6 : 5,
                                     .inputs = inputs,
                                     .attributes = op->attributes};
        cornu__op *made = cornu__graph_add(op->graph, &request);
        if (!made)
            return cornu_error_status();
        for (int i = 0; i < 3; i++)
            dx[i] = wanted[i] ? made->outputs[i] : NULL;
    }
    if (!wanted[0] || (!dy[1] && !dy[2]))
        return CORNU_OK;
    cornu_node *more = through_statistics(op, dy[1], dy[2]);
    dx[0] = dx[0] ? cornu__add(dx[0], more) : more;
    return cornu__built(dx[0]);
}

static cornu_status batch_norm_reference(const cornu__op *op, const void *const *inputs, void *const *outputs,
                                         const cornu__run_state *run)
{
    (void)run;
    const cornu_node *x = op->inputs[0];
    cornu_dtype dtype = x->dtype;
    int64_t channels = op->outputs[1]->count, rows = x->count / channels;
    for (int64_t c = 0; c < channels; c++) {
        double sum = 0, squares = 0;
        for (int64_t r = 0; r < rows; r++)
            sum += cornu__element_get(dtype, inputs[0], r * channels + c);
        double mean = sum / (double)rows;
        for (int64_t r = 0; r < rows; r++) {
            double centered = cornu__element_get(dtype, inputs[0], r * channels + c) - mean;
            squares += centered * centered;
        }
        double variance = squares / (double)rows;
        double scale = cornu__element_get(dtype, inputs[1], c) / sqrt(variance + op->attributes.norm.epsilon);
        double beta = cornu__element_get(dtype, inputs[2], c);
        for (int64_t r = 0; r < rows; r++) {
            double y = (cornu__element_get(dtype, inputs[0], r * channels + c) - mean) * scale + beta;
            cornu__element_set(dtype, outputs[0], r * channels + c, op->attributes.relu && y <= 0 ? 0 : y);
        }
        cornu__element_set(dtype, outputs[1], c, mean);
        cornu__element_set(dtype, outputs[2], c, variance);
    }
    return CORNU_OK;
}

static cornu_status batch_norm_gradient_infer(cornu__op *op, const cornu__op_request *request)
{
    (void)request;
    const cornu_node *x = op->inputs[1];
    CORNU_TRY(cornu__op_want_float(op, 0, "the gradient"));
    CORNU_TRY(cornu__op_want_same_dtype(op));
    if (x->rank < 1)
        return cornu__op_fail(op, CORNU_ERROR_SHAPE, "the input is a scalar; (..., channels) was wanted");
    const int64_t *channels = &x->shape[x->rank - 1];
    CORNU_TRY(cornu__op_want_shape(op, 0, "the gradient", x->rank, x->shape));
    static const char *const names[] = {"gamma", "the mean", "the variance"};
    for (int i = 0; i < 3; i++)
        CORNU_TRY(cornu__op_want_shape(op, 2 + i, names[i], 1, channels));
    if (op->input_count == 6)
        CORNU_TRY(cornu__op_want_shape(op, 5, "the output", x->rank, x->shape));
    if (op->attributes.relu != (op->input_count == 6))
        return cornu__op_fail(op, CORNU_ERROR_INTERNAL, "the output is wanted exactly if ReLU followed");
    CORNU_TRY(cornu__op_set_output_like(op, 0, x));
    CORNU_TRY(cornu__op_set_output(op, 1, x->dtype, 1, channels));
    return cornu__op_set_output(op, 2, x->dtype, 1, channels);
}

/* With h = (x - mean) / s, s = sqrt(variance + epsilon): dbeta = sum dy; dgamma = sum dy h; dx = gamma / s (dy - dbeta / n - h dgamma / n).
 * Ioffe and Szegedy, "Batch normalization", 2015, section 3. */
static cornu_status batch_norm_gradient_reference(const cornu__op *op, const void *const *inputs, void *const *outputs,
                                                  const cornu__run_state *run)
{
    (void)run;
    const cornu_node *x = op->inputs[1];
    cornu_dtype dtype = x->dtype;
    int64_t channels = op->outputs[1]->count, rows = x->count / channels;
    for (int64_t c = 0; c < channels; c++) {
        double mean = cornu__element_get(dtype, inputs[3], c);
        double inverse = 1 / sqrt(cornu__element_get(dtype, inputs[4], c) + op->attributes.norm.epsilon);
        double gamma = cornu__element_get(dtype, inputs[2], c), dbeta = 0, dgamma = 0;
        for (int pass = 0; pass < 2; pass++) { /* first the sums, then dx from them */
            for (int64_t r = 0; r < rows; r++) {
                int64_t i = r * channels + c;
                bool cut = op->attributes.relu && !(cornu__element_get(dtype, inputs[5], i) > 0);
                double dy = cut ? 0 : cornu__element_get(dtype, inputs[0], i);
                double h = (cornu__element_get(dtype, inputs[1], i) - mean) * inverse;
                if (pass == 0) {
                    dbeta += dy;
                    dgamma += dy * h;
                } else {
                    cornu__element_set(dtype, outputs[0], i,
                                       gamma * inverse * (dy - (dbeta + h * dgamma) / (double)rows));
                }
            }
        }
        cornu__element_set(dtype, outputs[1], c, dgamma);
        cornu__element_set(dtype, outputs[2], c, dbeta);
    }
    return CORNU_OK;
}

/* --- dropout --- */

static cornu_status dropout_infer(cornu__op *op, const cornu__op_request *request)
{
    (void)request;
    double rate = op->attributes.random.rate;
    CORNU_TRY(cornu__op_want_float(op, 0, "the input"));
    if (!(rate >= 0 && rate <= 1))
        return cornu__op_fail(op, CORNU_ERROR_INVALID_ARGUMENT, "the rate must lie between 0 and 1, got %g", rate);
    return cornu__op_set_output_like(op, 0, op->inputs[0]);
}

/* The same random number gives the same mask: the gradient is the dropout of the gradient. */
static cornu_status dropout_gradient(cornu__op *op, cornu_node *const *dy, const bool *wanted, cornu_node **dx)
{
    if (!wanted[0])
        return CORNU_OK;
    dx[0] = cornu__op_make(CORNU__OP_DROPOUT, 1, &dy[0], &op->attributes, NULL);
    return cornu__built(dx[0]);
}

static cornu_status dropout_reference(const cornu__op *op, const void *const *inputs, void *const *outputs,
                                      const cornu__run_state *run)
{
    const cornu_node *x = op->inputs[0];
    float rate = (float)op->attributes.random.rate;
    double scale = op->attributes.random.rate < 1 ? 1 / (1 - op->attributes.random.rate) : 0;
    cornu__random_key key =
        cornu__random_key_make(run->seed, CORNU__RANDOM_STEP, run->update, op->attributes.random.number);
    for (int64_t i = 0; i < x->count; i++) {
        bool kept = cornu__random_uniform(key, (uint64_t)i) >= rate;
        cornu__element_set(x->dtype, outputs[0], i, kept ? cornu__element_get(x->dtype, inputs[0], i) * scale : 0);
    }
    return CORNU_OK;
}

/* --- in top k --- */

static cornu_status in_top_k_infer(cornu__op *op, const cornu__op_request *request)
{
    (void)request;
    const cornu_node *labels = op->inputs[0], *predictions = op->inputs[1];
    CORNU_TRY(cornu__op_want_int(op, 0, "the label"));
    CORNU_TRY(cornu__op_want_float(op, 1, "the prediction"));
    if (labels->rank != 1 || predictions->rank != 2 || labels->shape[0] != predictions->shape[0])
        return cornu__op_fail(op, CORNU_ERROR_SHAPE,
                              "labels of shape %s and predictions of shape %s came; (n,) and (n, classes) were wanted",
                              cornu__node_words(labels).text, cornu__node_words(predictions).text);
    return cornu__op_set_output(op, 0, predictions->dtype, 1, labels->shape);
}

static cornu_status in_top_k_reference(const cornu__op *op, const void *const *inputs, void *const *outputs,
                                       const cornu__run_state *run)
{
    (void)run;
    const cornu_node *predictions = op->inputs[1];
    const int32_t *labels = inputs[0];
    int64_t classes = predictions->shape[1];
    for (int64_t row = 0; row < predictions->shape[0]; row++) {
        bool possible = labels[row] >= 0 && labels[row] < classes;
        double own = possible ? cornu__element_get(predictions->dtype, inputs[1], row * classes + labels[row]) : NAN;
        int64_t higher = 0;
        for (int64_t i = 0; i < classes && isfinite(own); i++)
            higher += cornu__element_get(predictions->dtype, inputs[1], row * classes + i) > own;
        cornu__element_set(predictions->dtype, outputs[0], row, isfinite(own) && higher < op->attributes.index);
    }
    return CORNU_OK;
}

#define AT(kind) [CORNU__OP_##kind - CORNU__NORMALIZATION_FIRST]

const cornu__op_definition cornu__ops_normalization[] = {
    AT(BATCH_NORM) = {"batch_norm", 3, 3, 3, 0, batch_norm_infer, batch_norm_gradient, batch_norm_reference},
    AT(BATCH_NORM_GRADIENT) = {"batch_norm_gradient", 5, 6, 3, 0, batch_norm_gradient_infer, cornu__no_second_gradient,
                               batch_norm_gradient_reference},
    AT(DROPOUT) = {"dropout", 1, 1, 1, CORNU__OP_IS_RANDOM, dropout_infer, dropout_gradient, dropout_reference},
    AT(IN_TOP_K) = {"in_top_k", 2, 2, 1, 0, in_top_k_infer, NULL, in_top_k_reference},
};
