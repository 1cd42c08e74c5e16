/*
 * initializers.h: how weights begin. By name ("he_normal") or as an object: .kernel_initializer = cornu_random_normal(.stddev = 0.01).
 *
 * fan_in and fan_out of a shape: rank 1 (n): n, n; rank 2 (in, out): in, out; more: shape[-2], shape[-1], each times the
 * product of the others. A draw depends on the seed, the weight's place in its model and the element: not on the order of drawing.
 * `seed`: CORNU_NO_SEED (the default): the model's.
 */
#ifndef CORNU_INITIALIZERS_H
#define CORNU_INITIALIZERS_H

#include <cornu/layers.h>

CORNU_BEGIN_DECLARATIONS

typedef struct cornu_initializer cornu_initializer;

/* Zeros, Ones. */
typedef struct cornu_initializer_options {
    size_t struct_size;
} cornu_initializer_options;
CORNU_API cornu_initializer *cornu_zeros_with(const cornu_initializer_options *options);
CORNU_API cornu_initializer *cornu_ones_with(const cornu_initializer_options *options);
#define cornu_zeros() cornu_zeros_with(NULL)
#define cornu_ones() cornu_ones_with(NULL)

typedef struct cornu_constant_options {
    size_t struct_size;
    double value; /* set by the function's argument */
} cornu_constant_options;
CORNU_API cornu_initializer *cornu_constant_with(double value, const cornu_constant_options *options);
#define cornu_constant(value) cornu_constant_with(value, NULL)

/* normal(mean, stddev); truncated_normal: what falls outside two stddev is drawn again. */
typedef struct cornu_random_normal_options {
    size_t struct_size;
    double mean;
    double stddev CORNU_DEFAULT(0.05);
    int64_t seed CORNU_DEFAULT(CORNU_NO_SEED);
} cornu_random_normal_options;
#define CORNU_RANDOM_NORMAL_DEFAULTS CORNU_DEFAULTS(.stddev = 0.05, .seed = CORNU_NO_SEED)
CORNU_API cornu_initializer *cornu_random_normal_with(const cornu_random_normal_options *options);
CORNU_API cornu_initializer *cornu_truncated_normal_with(const cornu_random_normal_options *options);
#define cornu_random_normal(...)                                                                                       \
    CORNU_KEYWORDS(cornu_random_normal_with(&cornu_keywords), cornu_random_normal_options,                             \
                   CORNU_RANDOM_NORMAL_DEFAULTS __VA_ARGS__)
#define cornu_truncated_normal(...)                                                                                    \
    CORNU_KEYWORDS(cornu_truncated_normal_with(&cornu_keywords), cornu_random_normal_options,                          \
                   CORNU_RANDOM_NORMAL_DEFAULTS __VA_ARGS__)

/* Uniform in [minval, maxval). */
typedef struct cornu_random_uniform_options {
    size_t struct_size;
    double minval CORNU_DEFAULT(-0.05);
    double maxval CORNU_DEFAULT(0.05);
    int64_t seed CORNU_DEFAULT(CORNU_NO_SEED);
} cornu_random_uniform_options;
#define CORNU_RANDOM_UNIFORM_DEFAULTS CORNU_DEFAULTS(.minval = -0.05, .maxval = 0.05, .seed = CORNU_NO_SEED)
CORNU_API cornu_initializer *cornu_random_uniform_with(const cornu_random_uniform_options *options);
#define cornu_random_uniform(...)                                                                                      \
    CORNU_KEYWORDS(cornu_random_uniform_with(&cornu_keywords), cornu_random_uniform_options,                           \
                   CORNU_RANDOM_UNIFORM_DEFAULTS __VA_ARGS__)

/* Variance scale / max(1, n), n by mode: "fan_in", "fan_out", "fan_avg". */
typedef struct cornu_variance_scaling_options {
    size_t struct_size;
    double scale CORNU_DEFAULT(1.0);
    const char *mode CORNU_DEFAULT("fan_in");
    const char *distribution CORNU_DEFAULT("truncated_normal"); /* or "untruncated_normal", "uniform" */
    int64_t seed CORNU_DEFAULT(CORNU_NO_SEED);
    cornu_axes input_axes, output_axes; /* both or none: the axes whose product is fan_in, fan_out */
} cornu_variance_scaling_options;
#define CORNU_VARIANCE_SCALING_DEFAULTS                                                                                \
    CORNU_DEFAULTS(.scale = 1.0, .mode = "fan_in", .distribution = "truncated_normal", .seed = CORNU_NO_SEED)
CORNU_API cornu_initializer *cornu_variance_scaling_with(const cornu_variance_scaling_options *options);
#define cornu_variance_scaling(...)                                                                                    \
    CORNU_KEYWORDS(cornu_variance_scaling_with(&cornu_keywords), cornu_variance_scaling_options,                       \
                   CORNU_VARIANCE_SCALING_DEFAULTS __VA_ARGS__)

/* The named settings of the above: glorot: scale 1, fan_avg; he: scale 2, fan_in; lecun: scale 1, fan_in. */
typedef struct cornu_seeded_initializer_options {
    size_t struct_size;
    int64_t seed CORNU_DEFAULT(CORNU_NO_SEED);
    cornu_axes input_axes, output_axes; /* as above */
} cornu_seeded_initializer_options;
#define CORNU_SEEDED_INITIALIZER_DEFAULTS CORNU_DEFAULTS(.seed = CORNU_NO_SEED)
CORNU_API cornu_initializer *cornu_glorot_uniform_with(const cornu_seeded_initializer_options *options);
CORNU_API cornu_initializer *cornu_glorot_normal_with(const cornu_seeded_initializer_options *options);
CORNU_API cornu_initializer *cornu_he_uniform_with(const cornu_seeded_initializer_options *options);
CORNU_API cornu_initializer *cornu_he_normal_with(const cornu_seeded_initializer_options *options);
CORNU_API cornu_initializer *cornu_lecun_uniform_with(const cornu_seeded_initializer_options *options);
CORNU_API cornu_initializer *cornu_lecun_normal_with(const cornu_seeded_initializer_options *options);
#define cornu_glorot_uniform(...)                                                                                      \
    CORNU_KEYWORDS(cornu_glorot_uniform_with(&cornu_keywords), cornu_seeded_initializer_options,                       \
                   CORNU_SEEDED_INITIALIZER_DEFAULTS __VA_ARGS__)
#define cornu_glorot_normal(...)                                                                                       \
    CORNU_KEYWORDS(cornu_glorot_normal_with(&cornu_keywords), cornu_seeded_initializer_options,                        \
                   CORNU_SEEDED_INITIALIZER_DEFAULTS __VA_ARGS__)
#define cornu_he_uniform(...)                                                                                          \
    CORNU_KEYWORDS(cornu_he_uniform_with(&cornu_keywords), cornu_seeded_initializer_options,                           \
                   CORNU_SEEDED_INITIALIZER_DEFAULTS __VA_ARGS__)
#define cornu_he_normal(...)                                                                                           \
    CORNU_KEYWORDS(cornu_he_normal_with(&cornu_keywords), cornu_seeded_initializer_options,                            \
                   CORNU_SEEDED_INITIALIZER_DEFAULTS __VA_ARGS__)
#define cornu_lecun_uniform(...)                                                                                       \
    CORNU_KEYWORDS(cornu_lecun_uniform_with(&cornu_keywords), cornu_seeded_initializer_options,                        \
                   CORNU_SEEDED_INITIALIZER_DEFAULTS __VA_ARGS__)
#define cornu_lecun_normal(...)                                                                                        \
    CORNU_KEYWORDS(cornu_lecun_normal_with(&cornu_keywords), cornu_seeded_initializer_options,                         \
                   CORNU_SEEDED_INITIALIZER_DEFAULTS __VA_ARGS__)

/* gain times a matrix (all axes but the last, last) whose rows or columns, whichever are fewer, are orthonormal. */
typedef struct cornu_orthogonal_options {
    size_t struct_size;
    double gain CORNU_DEFAULT(1.0);
    int64_t seed CORNU_DEFAULT(CORNU_NO_SEED);
} cornu_orthogonal_options;
#define CORNU_ORTHOGONAL_DEFAULTS CORNU_DEFAULTS(.gain = 1.0, .seed = CORNU_NO_SEED)
CORNU_API cornu_initializer *cornu_orthogonal_with(const cornu_orthogonal_options *options);
#define cornu_orthogonal(...)                                                                                          \
    CORNU_KEYWORDS(cornu_orthogonal_with(&cornu_keywords), cornu_orthogonal_options,                                   \
                   CORNU_ORTHOGONAL_DEFAULTS __VA_ARGS__)

/* gain on the diagonal of a matrix, else 0. */
typedef struct cornu_identity_initializer_options {
    size_t struct_size;
    double gain CORNU_DEFAULT(1.0);
} cornu_identity_initializer_options;
#define CORNU_IDENTITY_INITIALIZER_DEFAULTS CORNU_DEFAULTS(.gain = 1.0)
CORNU_API cornu_initializer *cornu_identity_initializer_with(const cornu_identity_initializer_options *options);
#define cornu_identity_initializer(...)                                                                                \
    CORNU_KEYWORDS(cornu_identity_initializer_with(&cornu_keywords), cornu_identity_initializer_options,               \
                   CORNU_IDENTITY_INITIALIZER_DEFAULTS __VA_ARGS__)

CORNU_END_DECLARATIONS

#endif
