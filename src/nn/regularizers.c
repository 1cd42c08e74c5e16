/* nn/regularizers.c: what is added to the loss for a weight (specification, 7.5). */
#include <cornu/regularizers.h>

#include "nn/registry.h"
#include "nn/training.h"

cornu_node *cornu__regularize(const cornu__object *regularizer, cornu_node *weight)
{
    return ((const cornu__regularizer_class *)regularizer->class)->penalty(regularizer, weight);
}

static cornu_node *scaled_sum(cornu__op_kind kind, cornu_node *weight, double factor)
{
    cornu_node *sum = cornu__op_reduce(CORNU__OP_SUM, cornu__op_unary(kind, weight), 0, NULL, false);
    return cornu__op_binary_scalar(CORNU__OP_MULTIPLY, sum, factor);
}

static cornu_node *l1_penalty(const cornu__object *regularizer, cornu_node *weight)
{
    return scaled_sum(CORNU__OP_ABS, weight, ((const cornu_l1_options *)regularizer->config)->l1);
}

static cornu_node *l2_penalty(const cornu__object *regularizer, cornu_node *weight)
{
    return scaled_sum(CORNU__OP_SQUARE, weight, ((const cornu_l2_options *)regularizer->config)->l2);
}

static cornu_node *l1_l2_penalty(const cornu__object *regularizer, cornu_node *weight)
{
    const cornu_l1_l2_options *o = regularizer->config;
    if (o->l1 == 0)
        return scaled_sum(CORNU__OP_SQUARE, weight, o->l2);
    if (o->l2 == 0)
        return scaled_sum(CORNU__OP_ABS, weight, o->l1);
    return cornu__op_binary(CORNU__OP_ADD, scaled_sum(CORNU__OP_ABS, weight, o->l1),
                            scaled_sum(CORNU__OP_SQUARE, weight, o->l2));
}

/* factor / 2 sum over i != j of |cosine(i, j)| / (n (n - 1) / 2), over rows or columns i, j. */
static cornu_node *orthogonal_penalty(const cornu__object *regularizer, cornu_node *weight)
{
    const cornu_orthogonal_regularizer_options *o = regularizer->config;
    bool rows = o->mode[0] == 'r';
    if (weight && weight->rank != 2)
        return cornu__fail_null(CORNU_ERROR_SHAPE, "OrthogonalRegularizer: wanted a matrix, got a weight of %d axes",
                                weight->rank);
    if (!weight)
        return NULL;
    int axis = rows ? 1 : 0;
    int64_t n = weight->shape[1 - axis], diagonal_shape[2] = {n, n};
    cornu_node *square = cornu__op_reduce(CORNU__OP_SUM, cornu__op_unary(CORNU__OP_SQUARE, weight), 1, &axis, true);
    cornu_node *norm = cornu__op_unary(CORNU__OP_SQRT, cornu__op_binary_scalar(CORNU__OP_MAXIMUM, square, 1e-12));
    cornu_node *unit = cornu__op_binary(CORNU__OP_DIVIDE, weight, norm);
    cornu_node *cosine = cornu__op_unary(CORNU__OP_ABS, cornu__op_matmul(unit, unit, !rows, rows));
    cornu_node *sum = cornu__op_reduce(CORNU__OP_SUM, cosine, 0, NULL, false);
    /* The diagonal's share: n ones, but for rows of zeros. */
    int32_t *index = cornu__graph_alloc(weight->op->graph, (size_t)n * sizeof *index);
    if (!index)
        return NULL;
    for (int64_t i = 0; i < n; i++)
        index[i] = (int32_t)i;
    cornu_node *eye = cornu__op_one_hot(cornu__op_constant(weight->op->graph, CORNU_INT32, 1, diagonal_shape, index), n,
                                        weight->dtype);
    cornu_node *trace =
        cornu__op_reduce(CORNU__OP_SUM, cornu__op_binary(CORNU__OP_MULTIPLY, cosine, eye), 0, NULL, false);
    double pairs = (double)n * (double)(n - 1) / 2;
    return cornu__op_binary_scalar(CORNU__OP_MULTIPLY, cornu__op_binary(CORNU__OP_SUBTRACT, sum, trace),
                                   pairs > 0 ? o->factor * 0.5 / pairs : 0);
}

static const char *const modes[] = {"rows", "columns", NULL};
static const cornu__field l1_fields[] = {CORNU__FIELD(DOUBLE, cornu_l1_options, l1)};
static const cornu__field l2_fields[] = {CORNU__FIELD(DOUBLE, cornu_l2_options, l2)};
static const cornu__field l1_l2_fields[] = {CORNU__FIELD(DOUBLE, cornu_l1_l2_options, l1),
                                            CORNU__FIELD(DOUBLE, cornu_l1_l2_options, l2)};
static const cornu__field orthogonal_regularizer_fields[] = {
    CORNU__FIELD(DOUBLE, cornu_orthogonal_regularizer_options, factor),
    CORNU__FIELD(TEXT, cornu_orthogonal_regularizer_options, mode, .choices = modes),
};

#define REGULARIZER(function, class_name, snake, apply, ...)                                                           \
    static const cornu_##function##_options function##_defaults = {.struct_size = sizeof(cornu_##function##_options),  \
                                                                   __VA_ARGS__};                                       \
    static const cornu__regularizer_class function##_class = {                                                         \
        .base = {.kind = CORNU__KIND_REGULARIZER,                                                                      \
                 .name = (class_name),                                                                                 \
                 .aliases = (const char *const[]){snake, NULL},                                                        \
                 .options_size = sizeof(cornu_##function##_options),                                                   \
                 .defaults = &function##_defaults,                                                                     \
                 CORNU__FIELD_TABLE(function##_fields)},                                                               \
        .penalty = apply,                                                                                              \
    };                                                                                                                 \
    cornu_regularizer *cornu_##function##_with(const cornu_##function##_options *options)                              \
    {                                                                                                                  \
        return cornu__object_make(&function##_class.base, options);                                                    \
    }
REGULARIZER(l1, "L1", "l1", l1_penalty, CORNU_L1_DEFAULTS)
REGULARIZER(l2, "L2", "l2", l2_penalty, CORNU_L2_DEFAULTS)
REGULARIZER(l1_l2, "L1L2", "l1_l2", l1_l2_penalty, )
REGULARIZER(orthogonal_regularizer, "OrthogonalRegularizer", "orthogonal_regularizer", orthogonal_penalty,
            CORNU_ORTHOGONAL_REGULARIZER_DEFAULTS)

cornu__family cornu__regularizers = {&l1_class.base, &l2_class.base, &l1_l2_class.base,
                                     &orthogonal_regularizer_class.base, NULL};
