/* draw.c: factors, and what is drawn from them. */
#include <math.h>

#include "image/steps/step.h"

const char *const cornu__step_fill_modes[] = {"reflect", "constant", "nearest", "wrap", NULL};
const char *const cornu__step_interpolations[] = {"bilinear", "nearest", NULL};

cornu_status cornu__step_fill_mode(const char *name, cornu__fill_mode *mode)
{
    CORNU_TRY(cornu__fill_mode_from_name(name, false, mode));
    if (*mode == CORNU__FILL_CONSTANT)
        *mode = CORNU__FILL_CONSTANT_BLENDED;
    return CORNU_OK;
}

bool cornu__idle_at_zero(const void *config, const double *values)
{
    (void)config;
    return values[0] == 0;
}

/* --- Factors --- */

cornu__limits cornu__factor_limits(cornu_interval factor, cornu__factor_form form)
{
    double size = fabs(factor.first);
    if (factor.pair)
        return (cornu__limits){fmin(factor.first, factor.second), fmax(factor.first, factor.second)};
    switch (form) {
    case CORNU__FACTOR_AROUND:
        return (cornu__limits){-size, size};
    case CORNU__FACTOR_FROM_0:
        return (cornu__limits){0, size};
    case CORNU__FACTOR_EXACT:
        break;
    }
    return (cornu__limits){factor.first, factor.first};
}

cornu_status cornu__factor_check(const char *name, cornu_interval factor, double least, double most)
{
    double second = factor.pair ? factor.second : factor.first;
    if (factor.first >= least && factor.first <= most && second >= least && second <= most)
        return CORNU_OK;
    if (factor.pair)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "%s: wanted a number or two from %g to %g, got (%g, %g)", name,
                           least, most, factor.first, factor.second);
    return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "%s: wanted a number or two from %g to %g, got %g", name, least,
                       most, factor.first);
}

cornu_status cornu__value_range_check(cornu_interval range)
{
    if (range.pair && range.first < range.second)
        return CORNU_OK;
    return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                       "value_range: wanted a lower and a higher value, as cornu_range(0, 255), got %g and %g",
                       range.first, range.second);
}

/* --- Draws --- */

double cornu__draw_between(cornu__random_key key, uint64_t index, cornu__limits limits)
{
    return limits.low + (limits.high - limits.low) * cornu__random_uniform_double(key, index);
}

bool cornu__draw_happens(cornu__random_key key, uint64_t index, cornu_interval factor)
{
    double probability = cornu__draw_between(key, index, cornu__factor_limits(factor, CORNU__FACTOR_FROM_0));
    return cornu__random_uniform_double(key, index + 1) < probability;
}

double cornu__draw_gamma(cornu__random_key key, uint64_t index, double alpha)
{
    /* Below 1 the draw for alpha + 1, times a power of a uniform one. */
    double power = alpha < 1 ? pow(1 - cornu__random_uniform_double(key, index), 1 / alpha) : 1;
    double d = (alpha < 1 ? alpha + 1 : alpha) - 1.0 / 3, c = 1 / sqrt(9 * d);
    for (uint64_t next = index + 1;; next += 2) {
        double normal = cornu__random_normal(key, next), v = 1 + c * normal;
        v = v * v * v;
        if (v > 0 &&
            log(1 - cornu__random_uniform_double(key, next + 1)) < normal * normal / 2 + d - d * v + d * log(v))
            return power * d * v;
    }
}

double cornu__draw_beta(cornu__random_key key, uint64_t index, double alpha)
{
    double a = cornu__draw_gamma(key, index, alpha), b = cornu__draw_gamma(key, index + CORNU__DRAW_ROOM / 2, alpha);
    /* For a tiny alpha both can be less than a double can say: then one of the ends, each as often. */
    if (a + b == 0)
        return cornu__random_word(key, 4 * (index + CORNU__DRAW_ROOM - 1)) & 1;
    return a / (a + b);
}

/* --- Keys --- */

uint64_t cornu__key_number(cornu__random_key key)
{
    return (uint64_t)key.word[1] << 32 | key.word[0];
}

cornu__random_key cornu__key_of_number(uint64_t number)
{
    return (cornu__random_key){{(uint32_t)number, (uint32_t)(number >> 32)}};
}

cornu__random_key cornu__key_below(cornu__random_key key, uint64_t a, uint64_t b)
{
    return cornu__random_key_make(cornu__key_number(key), CORNU__RANDOM_AUGMENT, a, b);
}
