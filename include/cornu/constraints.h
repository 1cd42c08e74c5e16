/*
 * constraints.h: what a weight is made to obey after each update. By name ("non_neg") or as an object:
 * .kernel_constraint = cornu_max_norm(.max_value = 3).
 *
 * Norms are sqrt(sum w^2) over `axis` (one, or several: .axis = cornu_axis(0, 1, 2)); default: axis 0.
 */
#ifndef CORNU_CONSTRAINTS_H
#define CORNU_CONSTRAINTS_H

#include <cornu/object.h>
#include <cornu/options.h>

CORNU_BEGIN_DECLARATIONS

typedef struct cornu_constraint cornu_constraint;

/* w clip(norm, 0, max_value) / (1e-7 + norm) */
typedef struct cornu_max_norm_options {
    size_t struct_size;
    double max_value CORNU_DEFAULT(2.0);
    cornu_axes axis;
} cornu_max_norm_options;
#define CORNU_MAX_NORM_DEFAULTS CORNU_DEFAULTS(.max_value = 2.0)
CORNU_API cornu_constraint *cornu_max_norm_with(const cornu_max_norm_options *options);
#define cornu_max_norm(...)                                                                                            \
    CORNU_KEYWORDS(cornu_max_norm_with(&cornu_keywords), cornu_max_norm_options, CORNU_MAX_NORM_DEFAULTS __VA_ARGS__)

/* w (rate clip(norm, min_value, max_value) + (1 - rate) norm) / (1e-7 + norm) */
typedef struct cornu_min_max_norm_options {
    size_t struct_size;
    double min_value;
    double max_value CORNU_DEFAULT(1.0);
    double rate CORNU_DEFAULT(1.0);
    cornu_axes axis;
} cornu_min_max_norm_options;
#define CORNU_MIN_MAX_NORM_DEFAULTS CORNU_DEFAULTS(.max_value = 1.0, .rate = 1.0)
CORNU_API cornu_constraint *cornu_min_max_norm_with(const cornu_min_max_norm_options *options);
#define cornu_min_max_norm(...)                                                                                        \
    CORNU_KEYWORDS(cornu_min_max_norm_with(&cornu_keywords), cornu_min_max_norm_options,                               \
                   CORNU_MIN_MAX_NORM_DEFAULTS __VA_ARGS__)

/* w / (1e-7 + norm) */
typedef struct cornu_unit_norm_options {
    size_t struct_size;
    cornu_axes axis;
} cornu_unit_norm_options;
CORNU_API cornu_constraint *cornu_unit_norm_with(const cornu_unit_norm_options *options);
#define cornu_unit_norm(...) CORNU_KEYWORDS(cornu_unit_norm_with(&cornu_keywords), cornu_unit_norm_options, __VA_ARGS__)

/* w where w >= 0, else 0 */
typedef struct cornu_non_neg_options {
    size_t struct_size;
} cornu_non_neg_options;
CORNU_API cornu_constraint *cornu_non_neg_with(const cornu_non_neg_options *options);
#define cornu_non_neg() cornu_non_neg_with(NULL)

CORNU_END_DECLARATIONS

#endif
