/* nn/embedding_losses.c: losses between the samples of a batch: Circle. */
#include "graph/arithmetic.h"
#include "nn/losses.h"

/* Beyond any exponent that counts, and finite, so that no gradient becomes NaN. */
static const double far_below = -1e9;

/* ln of the sum of e^x over the last axis, of those x where `taken`. */
static cornu_node *log_sum_exp(cornu_node *x, cornu_node *taken)
{
    int last = -1;
    if (!x || !taken)
        return NULL;
    x = cornu__op_select(taken, x, cornu__op_scalar(x->op->graph, x->dtype, far_below));
    cornu_node *most = cornu__op_unary(CORNU__OP_STOP_GRADIENT, cornu__op_reduce(CORNU__OP_MAX, x, 1, &last, true));
    cornu_node *sum = cornu__sum_last(cornu__op_unary(CORNU__OP_EXP, cornu__subtract(x, most)));
    return cornu__add(cornu__op_unary(CORNU__OP_LOG, sum), cornu__sum_last(most));
}

/* (n, n): 1 where both samples are of one class. */
static cornu_node *same_class(cornu_node *labels, cornu_dtype dtype)
{
    if (!labels)
        return NULL;
    const int64_t column[2] = {labels->count, 1}, row[2] = {1, labels->count};
    labels = cornu__op_cast(labels, dtype);
    return cornu__op_binary(CORNU__OP_EQUAL, cornu__op_reshape(labels, 2, column), cornu__op_reshape(labels, 2, row));
}

/* (n, n): 1 where they are not the same sample. */
static cornu_node *other_sample(cornu__graph *graph, int64_t count, cornu_dtype dtype)
{
    int32_t *numbers = cornu__graph_alloc(graph, (size_t)count * sizeof *numbers);
    if (!numbers)
        return NULL;
    for (int64_t i = 0; i < count; i++)
        numbers[i] = (int32_t)i;
    return cornu__one_minus(same_class(cornu__op_constant(graph, CORNU_INT32, 1, &count, numbers), dtype));
}

static cornu_node *per_sample_circle(const cornu__object *loss, cornu_node *y_true, cornu_node *y_pred)
{
    const cornu_circle_options *o = loss->config;
    cornu_node *labels = cornu__align_labels(y_true, y_pred);
    if (!labels)
        return NULL;
    if (y_pred->rank != 2)
        return cornu__fail_null(CORNU_ERROR_SHAPE, "wanted an output (batch, features), got one of %d axes",
                                y_pred->rank);
    cornu_node *similarity = cornu__op_matmul(y_pred, y_pred, false, true);
    cornu_node *distance = cornu__op_binary_scalar(CORNU__OP_MAXIMUM, cornu__one_minus(similarity), 0);
    cornu_node *same = same_class(labels, y_pred->dtype), *different = cornu__one_minus(same);
    if (o->remove_diagonal)
        same = cornu__multiply(same, other_sample(y_pred->op->graph, labels->count, y_pred->dtype));
    cornu_node *near = cornu__multiply(cornu__shift(distance, o->margin), cornu__shift(distance, -o->margin));
    cornu_node *weight = cornu__op_binary_scalar(
        CORNU__OP_MAXIMUM, cornu__op_scalar_binary(CORNU__OP_SUBTRACT, 1 + o->margin, distance), 0);
    cornu_node *apart = cornu__multiply(weight, cornu__op_scalar_binary(CORNU__OP_SUBTRACT, 1 - o->margin, distance));
    return cornu__op_unary(CORNU__OP_SOFTPLUS, cornu__add(log_sum_exp(cornu__scale(near, o->gamma), same),
                                                          log_sum_exp(cornu__scale(apart, o->gamma), different)));
}

/* A sample without a pair has loss 0. */
static cornu_node *valid_of_circle(const cornu__object *loss, cornu_node *y_true, cornu_node *y_pred)
{
    return cornu__op_binary_scalar(CORNU__OP_GREATER, per_sample_circle(loss, y_true, y_pred), 0);
}

static cornu_status check_circle(void *config)
{
    const cornu_circle_options *o = config;
    if (!(o->gamma > 0))
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "gamma: wanted a number above 0, got %g", o->gamma);
    return CORNU_OK;
}

static const cornu_circle_options circle_defaults = {.struct_size = sizeof circle_defaults, CORNU_CIRCLE_DEFAULTS};
static const cornu__field circle_fields[] = {
    CORNU__LOSS_FIELD_TABLE(cornu_circle_options),
    CORNU__FIELD(DOUBLE, cornu_circle_options, gamma),
    CORNU__FIELD(DOUBLE, cornu_circle_options, margin),
    CORNU__FIELD(BOOL, cornu_circle_options, remove_diagonal),
};
#define CIRCLE_MEMBERS .sparse_targets = true, .valid = valid_of_circle
CORNU__LOSS_CLASS(circle, "Circle", cornu_circle_options, circle_defaults, circle_fields, check_circle, CIRCLE_MEMBERS,
                  "circle")

cornu__family cornu__embedding_losses = {&circle_class.base, NULL};
