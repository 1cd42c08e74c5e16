/* nn/initializers.c: how weights begin (specification, 7.4). A value is a function of (seed, weight, element). */
#include <cornu/initializers.h>

#include <math.h>
#include <string.h>

#include "base/random.h"
#include "nn/registry.h"
#include "nn/training.h"

/* sqrt of the variance of a standard normal cut off at +-2. */
#define TRUNCATED_STDDEV 0.8796256610342398
#define MAX_REDRAWS 200

static int64_t count_of(int rank, const int64_t *shape)
{
    int64_t count = 1;
    for (int i = 0; i < rank; i++)
        count *= shape[i];
    return count;
}

cornu_status cornu__initialize(const cornu__object *initializer, int rank, const int64_t *shape, uint64_t key_seed,
                               uint64_t number, float *values)
{
    if (!initializer) {
        memset(values, 0, (size_t)count_of(rank, shape) * sizeof *values);
        return CORNU_OK;
    }
    /* An initializer with a seed of its own gives the same values wherever it is used, as in Keras 3. */
    const cornu__field *field = cornu__class_field(initializer->class, "seed");
    int64_t own = field ? *(const int64_t *)((const char *)initializer->config + field->offset) : CORNU_NO_SEED;
    if (own != CORNU_NO_SEED) {
        key_seed = (uint64_t)own;
        number = 0;
    }
    return ((const cornu__initializer_class *)initializer->class)
        ->fill(initializer, rank, shape, key_seed, number, values);
}

/* --- draws --- */

static void fill_uniform(uint64_t seed, uint64_t number, int64_t count, double least, double most, float *values)
{
    cornu__random_key key = cornu__random_key_make(seed, CORNU__RANDOM_INITIALIZER, number, 0);
    for (int64_t i = 0; i < count; i++)
        values[i] = (float)(least + (most - least) * (double)cornu__random_uniform(key, (uint64_t)i));
}

static void fill_normal(uint64_t seed, uint64_t number, int64_t count, double mean, double stddev, float *values)
{
    cornu__random_key key = cornu__random_key_make(seed, CORNU__RANDOM_INITIALIZER, number, 0);
    for (int64_t i = 0; i < count; i++)
        values[i] = (float)(mean + stddev * cornu__random_normal(key, (uint64_t)i));
}

/* Draw r of an element has the key (..., r), so that a redraw moves no other element. */
static void fill_truncated(uint64_t seed, uint64_t number, int64_t count, double mean, double stddev, float *values)
{
    cornu__random_key first = cornu__random_key_make(seed, CORNU__RANDOM_INITIALIZER, number, 0);
    for (int64_t i = 0; i < count; i++) {
        double draw = cornu__random_normal(first, (uint64_t)i);
        for (uint64_t r = 1; fabs(draw) > 2 && r < MAX_REDRAWS; r++)
            draw =
                cornu__random_normal(cornu__random_key_make(seed, CORNU__RANDOM_INITIALIZER, number, r), (uint64_t)i);
        values[i] = (float)(mean + stddev * draw);
    }
}

/* --- the initializers --- */

#define FILL(name)                                                                                                     \
    static cornu_status fill_##name(const cornu__object *initializer, int rank, const int64_t *shape, uint64_t seed,   \
                                    uint64_t number, float *values)

static cornu_status fill_with(int rank, const int64_t *shape, double value, float *values)
{
    int64_t count = count_of(rank, shape);
    for (int64_t i = 0; i < count; i++)
        values[i] = (float)value;
    return CORNU_OK;
}

FILL(zeros)
{
    (void)initializer, (void)seed, (void)number;
    return fill_with(rank, shape, 0, values);
}

FILL(ones)
{
    (void)initializer, (void)seed, (void)number;
    return fill_with(rank, shape, 1, values);
}

FILL(constant)
{
    (void)seed, (void)number;
    return fill_with(rank, shape, ((const cornu_constant_options *)initializer->config)->value, values);
}

FILL(random_normal)
{
    const cornu_random_normal_options *o = initializer->config;
    fill_normal(seed, number, count_of(rank, shape), o->mean, o->stddev, values);
    return CORNU_OK;
}

FILL(truncated_normal)
{
    const cornu_random_normal_options *o = initializer->config;
    fill_truncated(seed, number, count_of(rank, shape), o->mean, o->stddev, values);
    return CORNU_OK;
}

FILL(random_uniform)
{
    const cornu_random_uniform_options *o = initializer->config;
    fill_uniform(seed, number, count_of(rank, shape), o->minval, o->maxval, values);
    return CORNU_OK;
}

static void fans(int rank, const int64_t *shape, double *in, double *out)
{
    double receptive = 1;
    for (int i = 0; i < rank - 2; i++)
        receptive *= (double)shape[i];
    *in = rank == 0 ? 1 : rank == 1 ? (double)shape[0] : (double)shape[rank - 2] * receptive;
    *out = rank == 0 ? 1 : rank == 1 ? (double)shape[0] : (double)shape[rank - 1] * receptive;
}

/* *fan := the product of the sizes of these axes. */
static cornu_status multiply_axes(const cornu_axes *axes, int rank, const int64_t *shape, double *fan)
{
    *fan = 1;
    for (int i = 0; i < axes->count; i++) {
        int axis = axes->axis[i] < 0 ? axes->axis[i] + rank : axes->axis[i];
        if (axis < 0 || axis >= rank)
            return cornu__fail(CORNU_ERROR_SHAPE, "input_axes, output_axes: a weight of %d axes has no axis %d", rank,
                               axes->axis[i]);
        *fan *= (double)shape[axis];
    }
    return CORNU_OK;
}

/* What a variance depends on: the scale and the fans. */
typedef struct variance_scaling {
    double scale;
    const char *mode, *distribution;
    const cornu_axes *input_axes, *output_axes;
} variance_scaling;

static cornu_status scale_variance(const variance_scaling *scaling, int rank, const int64_t *shape, uint64_t seed,
                                   uint64_t number, float *values)
{
    const char *mode = scaling->mode, *distribution = scaling->distribution;
    double in, out, scale = scaling->scale;
    fans(rank, shape, &in, &out);
    if (scaling->input_axes->count > 0) {
        CORNU_TRY(multiply_axes(scaling->input_axes, rank, shape, &in));
        CORNU_TRY(multiply_axes(scaling->output_axes, rank, shape, &out));
    }
    double fan = strcmp(mode, "fan_in") == 0 ? in : strcmp(mode, "fan_out") == 0 ? out : (in + out) / 2;
    double variance = scale / (fan > 1 ? fan : 1);
    int64_t count = count_of(rank, shape);
    if (strcmp(distribution, "uniform") == 0)
        fill_uniform(seed, number, count, -sqrt(3 * variance), sqrt(3 * variance), values);
    else if (strcmp(distribution, "untruncated_normal") == 0)
        fill_normal(seed, number, count, 0, sqrt(variance), values);
    else
        fill_truncated(seed, number, count, 0, sqrt(variance) / TRUNCATED_STDDEV, values);
    return CORNU_OK;
}

FILL(variance_scaling)
{
    const cornu_variance_scaling_options *o = initializer->config;
    const variance_scaling scaling = {o->scale, o->mode, o->distribution, &o->input_axes, &o->output_axes};
    return scale_variance(&scaling, rank, shape, seed, number, values);
}

#define NAMED_SCALING(name, scale, mode, distribution)                                                                 \
    FILL(name)                                                                                                         \
    {                                                                                                                  \
        const cornu_seeded_initializer_options *o = initializer->config;                                               \
        const variance_scaling named = {scale, mode, distribution, &o->input_axes, &o->output_axes};                   \
        return scale_variance(&named, rank, shape, seed, number, values);                                              \
    }
NAMED_SCALING(glorot_uniform, 1, "fan_avg", "uniform")
NAMED_SCALING(glorot_normal, 1, "fan_avg", "truncated_normal")
NAMED_SCALING(he_uniform, 2, "fan_in", "uniform")
NAMED_SCALING(he_normal, 2, "fan_in", "truncated_normal")
NAMED_SCALING(lecun_uniform, 1, "fan_in", "uniform")
NAMED_SCALING(lecun_normal, 1, "fan_in", "truncated_normal")

static double dot(const double *a, const double *b, int64_t n)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

/* Makes `count` vectors of length n orthonormal, one after the other: Q of the QR decomposition whose R has a positive diagonal. Gram and Schmidt,
 * each projection taken twice (Kahan: "twice is enough"). */
static void orthonormalize(double *vectors, int64_t count, int64_t n)
{
    for (int64_t i = 0; i < count; i++) {
        double *v = vectors + i * n;
        for (int64_t pass = 0; pass < 2; pass++)
            for (int64_t j = 0; j < i; j++) {
                const double *u = vectors + j * n;
                double along = dot(u, v, n);
                for (int64_t k = 0; k < n; k++)
                    v[k] -= along * u[k];
            }
        double length = sqrt(dot(v, v, n));
        for (int64_t k = 0; k < n; k++)
            v[k] /= length;
    }
}

FILL(orthogonal)
{
    const cornu_orthogonal_options *o = initializer->config;
    if (rank < 2)
        return cornu__fail(CORNU_ERROR_SHAPE, "Orthogonal: wanted a weight of at least 2 axes, got %d", rank);
    int64_t columns = shape[rank - 1], rows = count_of(rank - 1, shape);
    int64_t count = rows < columns ? rows : columns, n = rows < columns ? columns : rows;
    double *vectors = cornu__alloc_array((size_t)(count * n), sizeof *vectors);
    if (!vectors)
        return CORNU_ERROR_OUT_OF_MEMORY;
    cornu__random_key key = cornu__random_key_make(seed, CORNU__RANDOM_INITIALIZER, number, 0);
    for (int64_t i = 0; i < count * n; i++)
        vectors[i] = cornu__random_normal(key, (uint64_t)i);
    orthonormalize(vectors, count, n);
    for (int64_t r = 0; r < rows; r++)
        for (int64_t c = 0; c < columns; c++)
            values[r * columns + c] = (float)(o->gain * (rows < columns ? vectors[r * n + c] : vectors[c * n + r]));
    cornu__free(vectors);
    return CORNU_OK;
}

FILL(identity_initializer)
{
    const cornu_identity_initializer_options *o = initializer->config;
    (void)seed, (void)number;
    if (rank != 2)
        return cornu__fail(CORNU_ERROR_SHAPE, "Identity: wanted a matrix, got a weight of %d axes", rank);
    for (int64_t r = 0; r < shape[0]; r++)
        for (int64_t c = 0; c < shape[1]; c++)
            values[r * shape[1] + c] = r == c ? (float)o->gain : 0.0f;
    return CORNU_OK;
}

/* --- the table --- */

static cornu_status check_normal(void *config)
{
    double stddev = ((const cornu_random_normal_options *)config)->stddev;
    return stddev >= 0 ? CORNU_OK
                       : cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "stddev: wanted at least 0, got %g", stddev);
}

static cornu_status check_axes(const cornu_axes *input, const cornu_axes *output)
{
    if ((input->count > 0) == (output->count > 0))
        return CORNU_OK;
    return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                       "input_axes and output_axes: wanted both or none, got one of them");
}

static cornu_status check_seeded(void *config)
{
    const cornu_seeded_initializer_options *o = config;
    return check_axes(&o->input_axes, &o->output_axes);
}

static cornu_status check_scaling(void *config)
{
    cornu_variance_scaling_options *o = config;
    if (o->scale <= 0)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "scale: wanted a number above 0, got %g", o->scale);
    return check_axes(&o->input_axes, &o->output_axes);
}

static const char *const modes[] = {"fan_in", "fan_out", "fan_avg", NULL};
static const char *const distributions[] = {"truncated_normal", "untruncated_normal", "uniform", "normal", NULL};

/* Older versions of Keras know no such fields. */
#define AXES_FIELDS(options)                                                                                           \
    CORNU__FIELD(AXES, options, input_axes, .optional = true, .unwritten = true),                                      \
        CORNU__FIELD(AXES, options, output_axes, .optional = true, .unwritten = true)
static const cornu__field constant_fields[] = {CORNU__FIELD(DOUBLE, cornu_constant_options, value)};
static const cornu__field normal_fields[] = {
    CORNU__FIELD(DOUBLE, cornu_random_normal_options, mean),
    CORNU__FIELD(DOUBLE, cornu_random_normal_options, stddev),
    CORNU__FIELD(INT64, cornu_random_normal_options, seed, .optional = true),
};
static const cornu__field uniform_fields[] = {
    CORNU__FIELD(DOUBLE, cornu_random_uniform_options, minval),
    CORNU__FIELD(DOUBLE, cornu_random_uniform_options, maxval),
    CORNU__FIELD(INT64, cornu_random_uniform_options, seed, .optional = true),
};
static const cornu__field scaling_fields[] = {
    CORNU__FIELD(DOUBLE, cornu_variance_scaling_options, scale),
    CORNU__FIELD(TEXT, cornu_variance_scaling_options, mode, .choices = modes),
    CORNU__FIELD(TEXT, cornu_variance_scaling_options, distribution, .choices = distributions),
    CORNU__FIELD(INT64, cornu_variance_scaling_options, seed, .optional = true),
    AXES_FIELDS(cornu_variance_scaling_options),
};
static const cornu__field seeded_fields[] = {
    CORNU__FIELD(INT64, cornu_seeded_initializer_options, seed, .optional = true),
    AXES_FIELDS(cornu_seeded_initializer_options),
};
static const cornu__field orthogonal_fields[] = {
    CORNU__FIELD(DOUBLE, cornu_orthogonal_options, gain),
    CORNU__FIELD(INT64, cornu_orthogonal_options, seed, .optional = true),
};
static const cornu__field identity_fields[] = {CORNU__FIELD(DOUBLE, cornu_identity_initializer_options, gain)};

static const cornu_initializer_options plain_defaults = {sizeof plain_defaults};
static const cornu_constant_options constant_defaults = {.struct_size = sizeof constant_defaults};
static const cornu_random_normal_options normal_defaults = {.struct_size = sizeof normal_defaults,
                                                            CORNU_RANDOM_NORMAL_DEFAULTS};
static const cornu_random_uniform_options uniform_defaults = {.struct_size = sizeof uniform_defaults,
                                                              CORNU_RANDOM_UNIFORM_DEFAULTS};
static const cornu_variance_scaling_options scaling_defaults = {.struct_size = sizeof scaling_defaults,
                                                                CORNU_VARIANCE_SCALING_DEFAULTS};
static const cornu_seeded_initializer_options seeded_defaults = {.struct_size = sizeof seeded_defaults,
                                                                 CORNU_SEEDED_INITIALIZER_DEFAULTS};
static const cornu_orthogonal_options orthogonal_defaults = {.struct_size = sizeof orthogonal_defaults,
                                                             CORNU_ORTHOGONAL_DEFAULTS};
static const cornu_identity_initializer_options identity_defaults = {.struct_size = sizeof identity_defaults,
                                                                     CORNU_IDENTITY_INITIALIZER_DEFAULTS};

/* The class; the words at the end: what Keras calls it, and other names. */
#define INITIALIZER(function, class_name, options, default_options, table, fields_in_it, checking, ...)                \
    static const cornu__initializer_class function##_class = {                                                         \
        .base = {.kind = CORNU__KIND_INITIALIZER,                                                                      \
                 .name = (class_name),                                                                                 \
                 .aliases = (const char *const[]){__VA_ARGS__, NULL},                                                  \
                 .options_size = sizeof(options),                                                                      \
                 .defaults = &(default_options),                                                                       \
                 .fields = (table),                                                                                    \
                 .field_count = (fields_in_it),                                                                        \
                 .check = (checking)},                                                                                 \
        .fill = fill_##function,                                                                                       \
    };
#define CONSTRUCTOR(function, options)                                                                                 \
    cornu_initializer *cornu_##function##_with(const options *given)                                                   \
    {                                                                                                                  \
        return cornu__object_make(&function##_class.base, given);                                                      \
    }
INITIALIZER(zeros, "Zeros", cornu_initializer_options, plain_defaults, NULL, 0, NULL, "zeros", "zero")
CONSTRUCTOR(zeros, cornu_initializer_options)
INITIALIZER(ones, "Ones", cornu_initializer_options, plain_defaults, NULL, 0, NULL, "ones", "one")
CONSTRUCTOR(ones, cornu_initializer_options)
INITIALIZER(constant, "Constant", cornu_constant_options, constant_defaults, constant_fields, 1, NULL, "constant")
INITIALIZER(random_normal, "RandomNormal", cornu_random_normal_options, normal_defaults, normal_fields, 3, check_normal,
            "random_normal", "normal")
CONSTRUCTOR(random_normal, cornu_random_normal_options)
INITIALIZER(truncated_normal, "TruncatedNormal", cornu_random_normal_options, normal_defaults, normal_fields, 3,
            check_normal, "truncated_normal")
CONSTRUCTOR(truncated_normal, cornu_random_normal_options)
INITIALIZER(random_uniform, "RandomUniform", cornu_random_uniform_options, uniform_defaults, uniform_fields, 3, NULL,
            "random_uniform", "uniform")
CONSTRUCTOR(random_uniform, cornu_random_uniform_options)
INITIALIZER(variance_scaling, "VarianceScaling", cornu_variance_scaling_options, scaling_defaults, scaling_fields, 6,
            check_scaling, "variance_scaling")
CONSTRUCTOR(variance_scaling, cornu_variance_scaling_options)
INITIALIZER(orthogonal, "Orthogonal", cornu_orthogonal_options, orthogonal_defaults, orthogonal_fields, 2, NULL,
            "orthogonal", "OrthogonalInitializer")
CONSTRUCTOR(orthogonal, cornu_orthogonal_options)
INITIALIZER(identity_initializer, "Identity", cornu_identity_initializer_options, identity_defaults, identity_fields, 1,
            NULL, "identity", "IdentityInitializer")
CONSTRUCTOR(identity_initializer, cornu_identity_initializer_options)

#define SEEDED(function, class_name)                                                                                   \
    INITIALIZER(function, class_name, cornu_seeded_initializer_options, seeded_defaults, seeded_fields, 3,             \
                check_seeded, #function)                                                                               \
    CONSTRUCTOR(function, cornu_seeded_initializer_options)
SEEDED(glorot_uniform, "GlorotUniform")
SEEDED(glorot_normal, "GlorotNormal")
SEEDED(he_uniform, "HeUniform")
SEEDED(he_normal, "HeNormal")
SEEDED(lecun_uniform, "LecunUniform")
SEEDED(lecun_normal, "LecunNormal")

cornu_initializer *cornu_constant_with(double value, const cornu_constant_options *options)
{
    cornu_constant_options o;
    cornu__options_complete(&constant_class.base, options, &o);
    o.value = value;
    return cornu__object_make(&constant_class.base, &o);
}

cornu__family cornu__initializers = {
    &zeros_class.base,
    &ones_class.base,
    &constant_class.base,
    &random_normal_class.base,
    &truncated_normal_class.base,
    &random_uniform_class.base,
    &variance_scaling_class.base,
    &glorot_uniform_class.base,
    &glorot_normal_class.base,
    &he_uniform_class.base,
    &he_normal_class.base,
    &lecun_uniform_class.base,
    &lecun_normal_class.base,
    &orthogonal_class.base,
    &identity_initializer_class.base,
    NULL,
};
