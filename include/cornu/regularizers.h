/*
 * regularizers.h: what is added to the loss for a weight w, in training and evaluation. By name ("l2": 0.01) or as an object:
 * .kernel_regularizer = cornu_l2(1e-4).
 */
#ifndef CORNU_REGULARIZERS_H
#define CORNU_REGULARIZERS_H

#include <cornu/object.h>
#include <cornu/options.h>

CORNU_BEGIN_DECLARATIONS

typedef struct cornu_regularizer cornu_regularizer;

/* l1 sum |w| */
typedef struct cornu_l1_options {
    size_t struct_size;
    double l1 CORNU_DEFAULT(0.01);
} cornu_l1_options;
#define CORNU_L1_DEFAULTS CORNU_DEFAULTS(.l1 = 0.01)
CORNU_API cornu_regularizer *cornu_l1_with(const cornu_l1_options *options);
#define cornu_l1(factor) CORNU_KEYWORDS(cornu_l1_with(&cornu_keywords), cornu_l1_options, .l1 = factor)

/* l2 sum w^2 */
typedef struct cornu_l2_options {
    size_t struct_size;
    double l2 CORNU_DEFAULT(0.01);
} cornu_l2_options;
#define CORNU_L2_DEFAULTS CORNU_DEFAULTS(.l2 = 0.01)
CORNU_API cornu_regularizer *cornu_l2_with(const cornu_l2_options *options);
#define cornu_l2(factor) CORNU_KEYWORDS(cornu_l2_with(&cornu_keywords), cornu_l2_options, .l2 = factor)

/* l1 sum |w| + l2 sum w^2 */
typedef struct cornu_l1_l2_options {
    size_t struct_size;
    double l1, l2;
} cornu_l1_l2_options;
CORNU_API cornu_regularizer *cornu_l1_l2_with(const cornu_l1_l2_options *options);
#define cornu_l1_l2(...) CORNU_KEYWORDS(cornu_l1_l2_with(&cornu_keywords), cornu_l1_l2_options, __VA_ARGS__)

/* Of a matrix: factor times the mean |cosine| between different rows (mode "rows") or columns. */
typedef struct cornu_orthogonal_regularizer_options {
    size_t struct_size;
    double factor CORNU_DEFAULT(0.01);
    const char *mode CORNU_DEFAULT("rows");
} cornu_orthogonal_regularizer_options;
#define CORNU_ORTHOGONAL_REGULARIZER_DEFAULTS CORNU_DEFAULTS(.factor = 0.01, .mode = "rows")
CORNU_API cornu_regularizer *cornu_orthogonal_regularizer_with(const cornu_orthogonal_regularizer_options *options);
#define cornu_orthogonal_regularizer(...)                                                                              \
    CORNU_KEYWORDS(cornu_orthogonal_regularizer_with(&cornu_keywords), cornu_orthogonal_regularizer_options,           \
                   CORNU_ORTHOGONAL_REGULARIZER_DEFAULTS __VA_ARGS__)

CORNU_END_DECLARATIONS

#endif
