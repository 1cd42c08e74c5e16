/* nn/schedules.c: the learning rate as a function of the number of updates made (specification, 7.3). */
#include <math.h>

#include "nn/optimizers/support.h"

double cornu__schedule_value(const cornu__object *schedule, uint64_t step)
{
    return ((const cornu__schedule_class *)schedule->class)->rate(schedule, (double)step);
}

static double rate_of_exponential_decay(const cornu__object *schedule, double step)
{
    const cornu_exponential_decay_options *o = schedule->config;
    double exponent = step / o->decay_steps;
    return o->initial_learning_rate * pow(o->decay_rate, o->staircase ? floor(exponent) : exponent);
}

static double rate_of_inverse_time_decay(const cornu__object *schedule, double step)
{
    const cornu_inverse_time_decay_options *o = schedule->config;
    double quotient = step / o->decay_steps;
    return o->initial_learning_rate / (1 + o->decay_rate * (o->staircase ? floor(quotient) : quotient));
}

static double rate_of_polynomial_decay(const cornu__object *schedule, double step)
{
    const cornu_polynomial_decay_options *o = schedule->config;
    double steps = o->decay_steps;
    if (o->cycle)
        steps *= step == 0 ? 1 : ceil(step / o->decay_steps);
    else
        step = fmin(step, steps);
    return (o->initial_learning_rate - o->end_learning_rate) * pow(1 - step / steps, o->power) + o->end_learning_rate;
}

static double rate_of_piecewise_constant_decay(const cornu__object *schedule, double step)
{
    const cornu_piecewise_constant_decay_options *o = schedule->config;
    int i = 0;
    while (o->boundaries[i] != 0 && step > o->boundaries[i])
        i++;
    return o->values[i];
}

static double rate_of_cosine_decay(const cornu__object *schedule, double step)
{
    const cornu_cosine_decay_options *o = schedule->config;
    bool warms_up = !isnan(o->warmup_target);
    double top = warms_up ? o->warmup_target : o->initial_learning_rate;
    if (warms_up && step < o->warmup_steps)
        return (top - o->initial_learning_rate) * step / o->warmup_steps + o->initial_learning_rate;
    double passed = fmin(warms_up ? step - o->warmup_steps : step, o->decay_steps) / o->decay_steps;
    return top * ((1 - o->alpha) * 0.5 * (1 + cos(M_PI * passed)) + o->alpha);
}

static double rate_of_cosine_decay_restarts(const cornu__object *schedule, double step)
{
    const cornu_cosine_decay_restarts_options *o = schedule->config;
    double passed = step / o->first_decay_steps, restart;
    if (o->t_mul == 1) {
        restart = floor(passed);
        passed -= restart;
    } else {
        restart = floor(log(1 - passed * (1 - o->t_mul)) / log(o->t_mul));
        double before = (1 - pow(o->t_mul, restart)) / (1 - o->t_mul);
        passed = (passed - before) / pow(o->t_mul, restart);
    }
    double height = pow(o->m_mul, restart);
    return o->initial_learning_rate * ((1 - o->alpha) * 0.5 * height * (1 + cos(M_PI * passed)) + o->alpha);
}

/* --- checks --- */

#define CHECK_STEPS(function, member)                                                                                  \
    static cornu_status check_##function(void *config)                                                                 \
    {                                                                                                                  \
        return cornu__check_positive(#member, ((const cornu_##function##_options *)config)->member);                   \
    }
CHECK_STEPS(exponential_decay, decay_steps)
CHECK_STEPS(inverse_time_decay, decay_steps)
CHECK_STEPS(polynomial_decay, decay_steps)

static cornu_status check_cosine_decay(void *config)
{
    const cornu_cosine_decay_options *o = config;
    if (o->warmup_steps < 0)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "warmup_steps: wanted at least 0, got %g", o->warmup_steps);
    return cornu__check_positive("decay_steps", o->decay_steps);
}

static cornu_status check_cosine_decay_restarts(void *config)
{
    const cornu_cosine_decay_restarts_options *o = config;
    if (o->t_mul < 1)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "t_mul: wanted at least 1, got %g", o->t_mul);
    return cornu__check_positive("first_decay_steps", o->first_decay_steps);
}

static cornu_status check_piecewise_constant_decay(void *config)
{
    const cornu_piecewise_constant_decay_options *o = config;
    int boundaries = 0, values = 0;
    while (boundaries < CORNU_MAX_BOUNDARIES && o->boundaries[boundaries] != 0)
        boundaries++;
    while (values <= CORNU_MAX_BOUNDARIES && o->values[values] != 0)
        values++;
    if (values != boundaries + 1)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "values: wanted one more than there are boundaries, none of them 0: %d, got %d",
                           boundaries + 1, values);
    for (int i = 1; i < boundaries; i++)
        if (o->boundaries[i] <= o->boundaries[i - 1])
            return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "boundaries: wanted rising numbers, got %g after %g",
                               o->boundaries[i], o->boundaries[i - 1]);
    return CORNU_OK;
}

/* --- the table --- */

_Static_assert(CORNU_MAX_BOUNDARIES + 1 == CORNU__MAX_DOUBLES, "lists of numbers among options have one length");

#define SCHEDULE(function, class_name, ...)                                                                            \
    static const cornu_##function##_options function##_defaults = {.struct_size = sizeof(cornu_##function##_options),  \
                                                                   __VA_ARGS__};                                       \
    static const cornu__schedule_class function##_class = {                                                            \
        .base = {.kind = CORNU__KIND_SCHEDULE,                                                                         \
                 .name = (class_name),                                                                                 \
                 .aliases = (const char *const[]){class_name, NULL},                                                   \
                 .options_size = sizeof(cornu_##function##_options),                                                   \
                 .defaults = &function##_defaults,                                                                     \
                 CORNU__FIELD_TABLE(function##_fields),                                                                \
                 .check = check_##function},                                                                           \
        .rate = rate_of_##function,                                                                                    \
    };
/* Keras 3 writes these as integers where they are, and reads both. */
#define NUMBER(function, member, ...) CORNU__FIELD(DOUBLE, cornu_##function##_options, member, __VA_ARGS__)
#define NAME(function) CORNU__FIELD(TEXT, cornu_##function##_options, name, .optional = true)

static const cornu__field exponential_decay_fields[] = {
    NUMBER(exponential_decay, initial_learning_rate),
    NUMBER(exponential_decay, decay_steps),
    NUMBER(exponential_decay, decay_rate),
    CORNU__FIELD(BOOL, cornu_exponential_decay_options, staircase),
    NAME(exponential_decay),
};
static const cornu__field inverse_time_decay_fields[] = {
    NUMBER(inverse_time_decay, initial_learning_rate),
    NUMBER(inverse_time_decay, decay_steps),
    NUMBER(inverse_time_decay, decay_rate),
    CORNU__FIELD(BOOL, cornu_inverse_time_decay_options, staircase),
    NAME(inverse_time_decay),
};
static const cornu__field polynomial_decay_fields[] = {
    NUMBER(polynomial_decay, initial_learning_rate),
    NUMBER(polynomial_decay, decay_steps),
    NUMBER(polynomial_decay, end_learning_rate),
    NUMBER(polynomial_decay, power),
    CORNU__FIELD(BOOL, cornu_polynomial_decay_options, cycle),
    NAME(polynomial_decay),
};
static const cornu__field piecewise_constant_decay_fields[] = {
    CORNU__FIELD(DOUBLES, cornu_piecewise_constant_decay_options, boundaries),
    CORNU__FIELD(DOUBLES, cornu_piecewise_constant_decay_options, values),
    NAME(piecewise_constant_decay),
};
static const cornu__field cosine_decay_fields[] = {
    NUMBER(cosine_decay, initial_learning_rate),
    NUMBER(cosine_decay, decay_steps),
    NUMBER(cosine_decay, alpha),
    NAME(cosine_decay),
    NUMBER(cosine_decay, warmup_target, .optional = true),
    NUMBER(cosine_decay, warmup_steps),
};
static const cornu__field cosine_decay_restarts_fields[] = {
    NUMBER(cosine_decay_restarts, initial_learning_rate),
    NUMBER(cosine_decay_restarts, first_decay_steps),
    NUMBER(cosine_decay_restarts, t_mul),
    NUMBER(cosine_decay_restarts, m_mul),
    NUMBER(cosine_decay_restarts, alpha),
    NAME(cosine_decay_restarts),
};
SCHEDULE(exponential_decay, "ExponentialDecay")
SCHEDULE(inverse_time_decay, "InverseTimeDecay")
SCHEDULE(polynomial_decay, "PolynomialDecay", CORNU_POLYNOMIAL_DECAY_DEFAULTS)
SCHEDULE(piecewise_constant_decay, "PiecewiseConstantDecay")
SCHEDULE(cosine_decay, "CosineDecay", CORNU_COSINE_DECAY_DEFAULTS)
SCHEDULE(cosine_decay_restarts, "CosineDecayRestarts", CORNU_COSINE_DECAY_RESTARTS_DEFAULTS)

/* --- constructors --- */

cornu_schedule *cornu_exponential_decay_with(double initial_learning_rate, double decay_steps, double decay_rate,
                                             const cornu_exponential_decay_options *options)
{
    cornu_exponential_decay_options o;
    cornu__options_complete(&exponential_decay_class.base, options, &o);
    o.initial_learning_rate = initial_learning_rate;
    o.decay_steps = decay_steps;
    o.decay_rate = decay_rate;
    return cornu__object_make(&exponential_decay_class.base, &o);
}

cornu_schedule *cornu_inverse_time_decay_with(double initial_learning_rate, double decay_steps, double decay_rate,
                                              const cornu_inverse_time_decay_options *options)
{
    cornu_inverse_time_decay_options o;
    cornu__options_complete(&inverse_time_decay_class.base, options, &o);
    o.initial_learning_rate = initial_learning_rate;
    o.decay_steps = decay_steps;
    o.decay_rate = decay_rate;
    return cornu__object_make(&inverse_time_decay_class.base, &o);
}

cornu_schedule *cornu_polynomial_decay_with(double initial_learning_rate, double decay_steps,
                                            const cornu_polynomial_decay_options *options)
{
    cornu_polynomial_decay_options o;
    cornu__options_complete(&polynomial_decay_class.base, options, &o);
    o.initial_learning_rate = initial_learning_rate;
    o.decay_steps = decay_steps;
    return cornu__object_make(&polynomial_decay_class.base, &o);
}

cornu_schedule *cornu_piecewise_constant_decay_with(const cornu_piecewise_constant_decay_options *options)
{
    return cornu__object_make(&piecewise_constant_decay_class.base, options);
}

cornu_schedule *cornu_cosine_decay_with(double initial_learning_rate, double decay_steps,
                                        const cornu_cosine_decay_options *options)
{
    cornu_cosine_decay_options o;
    cornu__options_complete(&cosine_decay_class.base, options, &o);
    o.initial_learning_rate = initial_learning_rate;
    o.decay_steps = decay_steps;
    return cornu__object_make(&cosine_decay_class.base, &o);
}

cornu_schedule *cornu_cosine_decay_restarts_with(double initial_learning_rate, double first_decay_steps,
                                                 const cornu_cosine_decay_restarts_options *options)
{
    cornu_cosine_decay_restarts_options o;
    cornu__options_complete(&cosine_decay_restarts_class.base, options, &o);
    o.initial_learning_rate = initial_learning_rate;
    o.first_decay_steps = first_decay_steps;
    return cornu__object_make(&cosine_decay_restarts_class.base, &o);
}

cornu__family cornu__schedules = {&exponential_decay_class.base,
                                  &inverse_time_decay_class.base,
                                  &polynomial_decay_class.base,
                                  &piecewise_constant_decay_class.base,
                                  &cosine_decay_class.base,
                                  &cosine_decay_restarts_class.base,
                                  NULL};
