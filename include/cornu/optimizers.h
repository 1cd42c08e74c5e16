/*
 * optimizers.h: optimizers and learning rate schedules, named as in Keras. By name (.optimizer = "adam") or as an object:
 * .optimizer = cornu_sgd(.learning_rate = 0.1, .momentum = 0.9).
 *
 * In the formulas g is the gradient, p the weight, lr the learning rate, t = 1, 2, ... the number of the update; x' is x after the update.
 */
#ifndef CORNU_OPTIMIZERS_H
#define CORNU_OPTIMIZERS_H

#include <cornu/object.h>
#include <cornu/options.h>

CORNU_BEGIN_DECLARATIONS

typedef struct cornu_optimizer cornu_optimizer;
typedef struct cornu_schedule cornu_schedule;

#define CORNU_NOT_GIVEN __builtin_nan("")

/* What every optimizer takes, in this order at the front of its options.
 * learning_rate                the default differs: see each. `schedule`: a schedule object instead, asked with the number of batches trained on
 * weight_decay                 p -= weight_decay lr p before each update
 * clipnorm                     each gradient is scaled to this norm if it is longer; global_clipnorm: all together; clipvalue: each element to
 *                              +- this. At most one of the three
 * use_ema                      keep averages of the weights (ema_momentum avg + (1 - ema_momentum) p), which replace the weights every
 *                              ema_overwrite_frequency updates (0: at the end only)
 * gradient_accumulation_steps  update every that many batches with the mean gradient; 0: each batch */
#define CORNU_OPTIMIZER_FIELDS(rate)                                                                                   \
    size_t struct_size;                                                                                                \
    double learning_rate CORNU_DEFAULT(rate);                                                                          \
    cornu_identifier schedule;                                                                                         \
    double weight_decay CORNU_DEFAULT(CORNU_NOT_GIVEN);                                                                \
    double clipnorm CORNU_DEFAULT(CORNU_NOT_GIVEN);                                                                    \
    double clipvalue CORNU_DEFAULT(CORNU_NOT_GIVEN);                                                                   \
    double global_clipnorm CORNU_DEFAULT(CORNU_NOT_GIVEN);                                                             \
    bool use_ema;                                                                                                      \
    double ema_momentum CORNU_DEFAULT(0.99);                                                                           \
    int ema_overwrite_frequency;                                                                                       \
    int gradient_accumulation_steps;                                                                                   \
    const char *name;
#define CORNU_OPTIMIZER_DEFAULTS(rate)                                                                                 \
    CORNU_DEFAULTS(.learning_rate = rate, .weight_decay = CORNU_NOT_GIVEN, .clipnorm = CORNU_NOT_GIVEN,                \
                   .clipvalue = CORNU_NOT_GIVEN, .global_clipnorm = CORNU_NOT_GIVEN, .ema_momentum = 0.99)

/* m' = momentum m - lr g; p += m', nesterov: p += momentum m' - lr g. lr 0.01 */
typedef struct cornu_sgd_options {
    CORNU_OPTIMIZER_FIELDS(0.01)
    double momentum;
    bool nesterov;
} cornu_sgd_options;
#define CORNU_SGD_DEFAULTS CORNU_OPTIMIZER_DEFAULTS(0.01)
CORNU_API cornu_optimizer *cornu_sgd_with(const cornu_sgd_options *options);
#define cornu_sgd(...)                                                                                                 \
    CORNU_KEYWORDS(cornu_sgd_with(&cornu_keywords), cornu_sgd_options, CORNU_SGD_DEFAULTS __VA_ARGS__)

/* a' = rho a + (1 - rho) g^2; p -= lr g / sqrt(a' + epsilon); centered: a' less the square of the mean gradient; momentum: of the
 * increments. lr 0.001 */
typedef struct cornu_rmsprop_options {
    CORNU_OPTIMIZER_FIELDS(0.001)
    double rho CORNU_DEFAULT(0.9);
    double momentum;
    double epsilon CORNU_DEFAULT(1e-7);
    bool centered;
} cornu_rmsprop_options;
#define CORNU_RMSPROP_DEFAULTS CORNU_OPTIMIZER_DEFAULTS(0.001) CORNU_DEFAULTS(.rho = 0.9, .epsilon = 1e-7)
CORNU_API cornu_optimizer *cornu_rmsprop_with(const cornu_rmsprop_options *options);
#define cornu_rmsprop(...)                                                                                             \
    CORNU_KEYWORDS(cornu_rmsprop_with(&cornu_keywords), cornu_rmsprop_options, CORNU_RMSPROP_DEFAULTS __VA_ARGS__)

/* m, v: means of g and g^2; p -= lr sqrt(1 - beta_2^t) / (1 - beta_1^t) m' / (sqrt(v') + epsilon); amsgrad: of the largest v so far. lr 0.001 */
typedef struct cornu_adam_options {
    CORNU_OPTIMIZER_FIELDS(0.001)
    double beta_1 CORNU_DEFAULT(0.9);
    double beta_2 CORNU_DEFAULT(0.999);
    double epsilon CORNU_DEFAULT(1e-7);
    bool amsgrad;
} cornu_adam_options;
#define CORNU_ADAM_DEFAULTS                                                                                            \
    CORNU_OPTIMIZER_DEFAULTS(0.001) CORNU_DEFAULTS(.beta_1 = 0.9, .beta_2 = 0.999, .epsilon = 1e-7)
CORNU_API cornu_optimizer *cornu_adam_with(const cornu_adam_options *options);
#define cornu_adam(...)                                                                                                \
    CORNU_KEYWORDS(cornu_adam_with(&cornu_keywords), cornu_adam_options, CORNU_ADAM_DEFAULTS __VA_ARGS__)

/* Adam with weight_decay 0.004, unless another is given. */
CORNU_API cornu_optimizer *cornu_adamw_with(const cornu_adam_options *options);
#define cornu_adamw(...)                                                                                               \
    CORNU_KEYWORDS(cornu_adamw_with(&cornu_keywords), cornu_adam_options, CORNU_ADAM_DEFAULTS __VA_ARGS__)

/* a' = a + g^2; p -= lr g / sqrt(a' + epsilon). lr 0.001 */
typedef struct cornu_adagrad_options {
    CORNU_OPTIMIZER_FIELDS(0.001)
    double initial_accumulator_value CORNU_DEFAULT(0.1);
    double epsilon CORNU_DEFAULT(1e-7);
} cornu_adagrad_options;
#define CORNU_ADAGRAD_DEFAULTS                                                                                         \
    CORNU_OPTIMIZER_DEFAULTS(0.001) CORNU_DEFAULTS(.initial_accumulator_value = 0.1, .epsilon = 1e-7)
CORNU_API cornu_optimizer *cornu_adagrad_with(const cornu_adagrad_options *options);
#define cornu_adagrad(...)                                                                                             \
    CORNU_KEYWORDS(cornu_adagrad_with(&cornu_keywords), cornu_adagrad_options, CORNU_ADAGRAD_DEFAULTS __VA_ARGS__)

/* a' = rho a + (1 - rho) g^2; u = g sqrt(d + epsilon) / sqrt(a' + epsilon); p -= lr u; d' = rho d + (1 - rho) u^2. lr 0.001 */
typedef struct cornu_adadelta_options {
    CORNU_OPTIMIZER_FIELDS(0.001)
    double rho CORNU_DEFAULT(0.95);
    double epsilon CORNU_DEFAULT(1e-7);
} cornu_adadelta_options;
#define CORNU_ADADELTA_DEFAULTS CORNU_OPTIMIZER_DEFAULTS(0.001) CORNU_DEFAULTS(.rho = 0.95, .epsilon = 1e-7)
CORNU_API cornu_optimizer *cornu_adadelta_with(const cornu_adadelta_options *options);
#define cornu_adadelta(...)                                                                                            \
    CORNU_KEYWORDS(cornu_adadelta_with(&cornu_keywords), cornu_adadelta_options, CORNU_ADADELTA_DEFAULTS __VA_ARGS__)

/* u' = max(beta_2 u, |g|); p -= lr m' / ((1 - beta_1^t) (u' + epsilon)). lr 0.001 */
typedef struct cornu_adamax_options {
    CORNU_OPTIMIZER_FIELDS(0.001)
    double beta_1 CORNU_DEFAULT(0.9);
    double beta_2 CORNU_DEFAULT(0.999);
    double epsilon CORNU_DEFAULT(1e-7);
} cornu_adamax_options;
#define CORNU_ADAMAX_DEFAULTS                                                                                          \
    CORNU_OPTIMIZER_DEFAULTS(0.001) CORNU_DEFAULTS(.beta_1 = 0.9, .beta_2 = 0.999, .epsilon = 1e-7)
CORNU_API cornu_optimizer *cornu_adamax_with(const cornu_adamax_options *options);
#define cornu_adamax(...)                                                                                              \
    CORNU_KEYWORDS(cornu_adamax_with(&cornu_keywords), cornu_adamax_options, CORNU_ADAMAX_DEFAULTS __VA_ARGS__)

/* Adam with Nesterov momentum. lr 0.001 */
typedef struct cornu_nadam_options {
    CORNU_OPTIMIZER_FIELDS(0.001)
    double beta_1 CORNU_DEFAULT(0.9);
    double beta_2 CORNU_DEFAULT(0.999);
    double epsilon CORNU_DEFAULT(1e-7);
} cornu_nadam_options;
#define CORNU_NADAM_DEFAULTS                                                                                           \
    CORNU_OPTIMIZER_DEFAULTS(0.001) CORNU_DEFAULTS(.beta_1 = 0.9, .beta_2 = 0.999, .epsilon = 1e-7)
CORNU_API cornu_optimizer *cornu_nadam_with(const cornu_nadam_options *options);
#define cornu_nadam(...)                                                                                               \
    CORNU_KEYWORDS(cornu_nadam_with(&cornu_keywords), cornu_nadam_options, CORNU_NADAM_DEFAULTS __VA_ARGS__)

/* p -= lr sign(beta_1 m + (1 - beta_1) g); m' = beta_2 m + (1 - beta_2) g. lr 0.001 */
typedef struct cornu_lion_options {
    CORNU_OPTIMIZER_FIELDS(0.001)
    double beta_1 CORNU_DEFAULT(0.9);
    double beta_2 CORNU_DEFAULT(0.99);
} cornu_lion_options;
#define CORNU_LION_DEFAULTS CORNU_OPTIMIZER_DEFAULTS(0.001) CORNU_DEFAULTS(.beta_1 = 0.9, .beta_2 = 0.99)
CORNU_API cornu_optimizer *cornu_lion_with(const cornu_lion_options *options);
#define cornu_lion(...)                                                                                                \
    CORNU_KEYWORDS(cornu_lion_with(&cornu_keywords), cornu_lion_options, CORNU_LION_DEFAULTS __VA_ARGS__)

/* Follow the regularized leader (McMahan et al. 2013). lr 0.001 */
typedef struct cornu_ftrl_options {
    CORNU_OPTIMIZER_FIELDS(0.001)
    double learning_rate_power CORNU_DEFAULT(-0.5);
    double initial_accumulator_value CORNU_DEFAULT(0.1);
    double l1_regularization_strength;
    double l2_regularization_strength;
    double l2_shrinkage_regularization_strength;
    double beta;
} cornu_ftrl_options;
#define CORNU_FTRL_DEFAULTS                                                                                            \
    CORNU_OPTIMIZER_DEFAULTS(0.001) CORNU_DEFAULTS(.learning_rate_power = -0.5, .initial_accumulator_value = 0.1)
CORNU_API cornu_optimizer *cornu_ftrl_with(const cornu_ftrl_options *options);
#define cornu_ftrl(...)                                                                                                \
    CORNU_KEYWORDS(cornu_ftrl_with(&cornu_keywords), cornu_ftrl_options, CORNU_FTRL_DEFAULTS __VA_ARGS__)

/* --- schedules: the learning rate as a function of s, the number of batches trained on: .schedule = cornu_exponential_decay(0.1, 1000, 0.9) --- */

#define CORNU_MAX_BOUNDARIES 31

/* initial decay_rate^(s / decay_steps); staircase: the exponent is rounded down */
typedef struct cornu_exponential_decay_options {
    size_t struct_size;
    const char *name;
    double initial_learning_rate; /* set by the function's argument */
    double decay_steps;           /* set by the function's argument */
    double decay_rate;            /* set by the function's argument */
    bool staircase;
} cornu_exponential_decay_options;
CORNU_API cornu_schedule *cornu_exponential_decay_with(double initial_learning_rate, double decay_steps,
                                                       double decay_rate,
                                                       const cornu_exponential_decay_options *options);
#define cornu_exponential_decay(initial_learning_rate, decay_steps, decay_rate, ...)                                   \
    CORNU_KEYWORDS(cornu_exponential_decay_with(initial_learning_rate, decay_steps, decay_rate, &cornu_keywords),      \
                   cornu_exponential_decay_options, __VA_ARGS__)

/* initial / (1 + decay_rate s / decay_steps); staircase: the quotient is rounded down */
typedef struct cornu_inverse_time_decay_options {
    size_t struct_size;
    const char *name;
    double initial_learning_rate; /* set by the function's argument */
    double decay_steps;           /* set by the function's argument */
    double decay_rate;            /* set by the function's argument */
    bool staircase;
} cornu_inverse_time_decay_options;
CORNU_API cornu_schedule *cornu_inverse_time_decay_with(double initial_learning_rate, double decay_steps,
                                                        double decay_rate,
                                                        const cornu_inverse_time_decay_options *options);
#define cornu_inverse_time_decay(initial_learning_rate, decay_steps, decay_rate, ...)                                  \
    CORNU_KEYWORDS(cornu_inverse_time_decay_with(initial_learning_rate, decay_steps, decay_rate, &cornu_keywords),     \
                   cornu_inverse_time_decay_options, __VA_ARGS__)

/* (initial - end) (1 - min(s, decay_steps) / decay_steps)^power + end; cycle: decay_steps grows by multiples to stay above s */
typedef struct cornu_polynomial_decay_options {
    size_t struct_size;
    const char *name;
    double initial_learning_rate; /* set by the function's argument */
    double decay_steps;           /* set by the function's argument */
    double end_learning_rate CORNU_DEFAULT(1e-4);
    double power CORNU_DEFAULT(1.0);
    bool cycle;
} cornu_polynomial_decay_options;
#define CORNU_POLYNOMIAL_DECAY_DEFAULTS CORNU_DEFAULTS(.end_learning_rate = 1e-4, .power = 1.0)
CORNU_API cornu_schedule *cornu_polynomial_decay_with(double initial_learning_rate, double decay_steps,
                                                      const cornu_polynomial_decay_options *options);
#define cornu_polynomial_decay(initial_learning_rate, decay_steps, ...)                                                \
    CORNU_KEYWORDS(cornu_polynomial_decay_with(initial_learning_rate, decay_steps, &cornu_keywords),                   \
                   cornu_polynomial_decay_options, CORNU_POLYNOMIAL_DECAY_DEFAULTS __VA_ARGS__)

/* .boundaries = {1000, 2000}, .values = {0.1, 0.01, 0.001}: value i while s <= boundary i. Values are not 0 */
typedef struct cornu_piecewise_constant_decay_options {
    size_t struct_size;
    const char *name;
    double boundaries[CORNU_MAX_BOUNDARIES + 1];
    double values[CORNU_MAX_BOUNDARIES + 1];
} cornu_piecewise_constant_decay_options;
CORNU_API cornu_schedule *cornu_piecewise_constant_decay_with(const cornu_piecewise_constant_decay_options *options);
#define cornu_piecewise_constant_decay(...)                                                                            \
    CORNU_KEYWORDS(cornu_piecewise_constant_decay_with(&cornu_keywords), cornu_piecewise_constant_decay_options,       \
                   __VA_ARGS__)

/* initial ((1 - alpha) (1 + cos(pi min(s, d) / d)) / 2 + alpha), d = decay_steps; with warmup_steps: linearly from initial to warmup_target
 * (NaN: no warm-up) first, then down from there */
typedef struct cornu_cosine_decay_options {
    size_t struct_size;
    const char *name;
    double initial_learning_rate; /* set by the function's argument */
    double decay_steps;           /* set by the function's argument */
    double alpha;
    double warmup_target CORNU_DEFAULT(__builtin_nan(""));
    double warmup_steps;
} cornu_cosine_decay_options;
#define CORNU_COSINE_DECAY_DEFAULTS CORNU_DEFAULTS(.warmup_target = __builtin_nan(""))
CORNU_API cornu_schedule *cornu_cosine_decay_with(double initial_learning_rate, double decay_steps,
                                                  const cornu_cosine_decay_options *options);
#define cornu_cosine_decay(initial_learning_rate, decay_steps, ...)                                                    \
    CORNU_KEYWORDS(cornu_cosine_decay_with(initial_learning_rate, decay_steps, &cornu_keywords),                       \
                   cornu_cosine_decay_options, CORNU_COSINE_DECAY_DEFAULTS __VA_ARGS__)

/* Cosine decay that starts again: each period t_mul times as long and m_mul times as high as the one before */
typedef struct cornu_cosine_decay_restarts_options {
    size_t struct_size;
    const char *name;
    double initial_learning_rate; /* set by the function's argument */
    double first_decay_steps;     /* set by the function's argument */
    double t_mul CORNU_DEFAULT(2.0);
    double m_mul CORNU_DEFAULT(1.0);
    double alpha;
} cornu_cosine_decay_restarts_options;
#define CORNU_COSINE_DECAY_RESTARTS_DEFAULTS CORNU_DEFAULTS(.t_mul = 2.0, .m_mul = 1.0)
CORNU_API cornu_schedule *cornu_cosine_decay_restarts_with(double initial_learning_rate, double first_decay_steps,
                                                           const cornu_cosine_decay_restarts_options *options);
#define cornu_cosine_decay_restarts(initial_learning_rate, first_decay_steps, ...)                                     \
    CORNU_KEYWORDS(cornu_cosine_decay_restarts_with(initial_learning_rate, first_decay_steps, &cornu_keywords),        \
                   cornu_cosine_decay_restarts_options, CORNU_COSINE_DECAY_RESTARTS_DEFAULTS __VA_ARGS__)

CORNU_END_DECLARATIONS

#endif
