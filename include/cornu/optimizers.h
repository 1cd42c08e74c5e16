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
 * gradient_accumulation_steps  update every that many batches with the mean gradient; 0: each batch
 * loss_scale_factor            the loss is multiplied by this before gradients are taken, and they are divided by it after
 * decay                        Keras 2's: the rate of an update is learning_rate / (1 + decay updates made before); 0: none. Not with a schedule
 *
 * `keras_2`, where an optimizer has it, asks for the formula of Keras 2 where Keras 3 changed it. */
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
    double loss_scale_factor CORNU_DEFAULT(CORNU_NOT_GIVEN);                                                           \
    double decay;                                                                                                      \
    const char *name;
#define CORNU_OPTIMIZER_DEFAULTS(rate)                                                                                 \
    CORNU_DEFAULTS(.learning_rate = rate, .weight_decay = CORNU_NOT_GIVEN, .clipnorm = CORNU_NOT_GIVEN,                \
                   .clipvalue = CORNU_NOT_GIVEN, .global_clipnorm = CORNU_NOT_GIVEN, .ema_momentum = 0.99,             \
                   .loss_scale_factor = CORNU_NOT_GIVEN)

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
 * increments. keras_2: p -= lr g / (sqrt(a') + epsilon). lr 0.001 */
typedef struct cornu_rmsprop_options {
    CORNU_OPTIMIZER_FIELDS(0.001)
    double rho CORNU_DEFAULT(0.9);
    double momentum;
    double epsilon CORNU_DEFAULT(1e-7);
    bool centered;
    bool keras_2;
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

/* a' = a + g^2; p -= lr g / sqrt(a' + epsilon). keras_2: p -= lr g / (sqrt(a') + epsilon); it began with initial_accumulator_value 0 and lr 0.01.
 * lr 0.001 */
typedef struct cornu_adagrad_options {
    CORNU_OPTIMIZER_FIELDS(0.001)
    double initial_accumulator_value CORNU_DEFAULT(0.1);
    double epsilon CORNU_DEFAULT(1e-7);
    bool keras_2;
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

/* Adam with Nesterov momentum, whose coefficient is beta_1 (1 - 0.96^(schedule_decay t) / 2). lr 0.001; in Keras 2 0.002, schedule_decay 0.004 */
typedef struct cornu_nadam_options {
    CORNU_OPTIMIZER_FIELDS(0.001)
    double beta_1 CORNU_DEFAULT(0.9);
    double beta_2 CORNU_DEFAULT(0.999);
    double epsilon CORNU_DEFAULT(1e-7);
    double schedule_decay CORNU_DEFAULT(1.0);
} cornu_nadam_options;
#define CORNU_NADAM_DEFAULTS                                                                                           \
    CORNU_OPTIMIZER_DEFAULTS(0.001)                                                                                    \
    CORNU_DEFAULTS(.beta_1 = 0.9, .beta_2 = 0.999, .epsilon = 1e-7, .schedule_decay = 1.0)
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

/* Adam whose step r is as long, relative to the weight's own norm, as lr says: p -= lr |p| / |r| r, or lr r where a norm is 0; r = (m' / (1 - beta_1^t)) /
 * (sqrt(v' / (1 - beta_2^t)) + epsilon) (You et al. 2019). Norms are of each weight by itself. lr 0.001 */
typedef struct cornu_lamb_options {
    CORNU_OPTIMIZER_FIELDS(0.001)
    double beta_1 CORNU_DEFAULT(0.9);
    double beta_2 CORNU_DEFAULT(0.999);
    double epsilon CORNU_DEFAULT(1e-7);
} cornu_lamb_options;
#define CORNU_LAMB_DEFAULTS                                                                                            \
    CORNU_OPTIMIZER_DEFAULTS(0.001) CORNU_DEFAULTS(.beta_1 = 0.9, .beta_2 = 0.999, .epsilon = 1e-7)
CORNU_API cornu_optimizer *cornu_lamb_with(const cornu_lamb_options *options);
#define cornu_lamb(...)                                                                                                \
    CORNU_KEYWORDS(cornu_lamb_with(&cornu_keywords), cornu_lamb_options, CORNU_LAMB_DEFAULTS __VA_ARGS__)

/* Shazeer and Stern 2018: the mean of g^2 + epsilon_1 (decay 1 - t^beta_2_decay), for weights of 2 axes and more only of the rows and columns of the last two;
 * u = g / sqrt(that), u /= max(1, rms(u) / clip_threshold); p -= max(epsilon_2, rms(p)) min(lr, 1 / sqrt(t)) u. relative_step changes nothing, as in
 * Keras 3, where the rate is at most 1 / sqrt(t) either way. lr 0.001 */
typedef struct cornu_adafactor_options {
    CORNU_OPTIMIZER_FIELDS(0.001)
    double beta_2_decay CORNU_DEFAULT(-0.8);
    double epsilon_1 CORNU_DEFAULT(1e-30);
    double epsilon_2 CORNU_DEFAULT(1e-3);
    double clip_threshold CORNU_DEFAULT(1.0);
    bool relative_step CORNU_DEFAULT(true);
} cornu_adafactor_options;
#define CORNU_ADAFACTOR_DEFAULTS                                                                                       \
    CORNU_OPTIMIZER_DEFAULTS(0.001)                                                                                    \
    CORNU_DEFAULTS(.beta_2_decay = -0.8, .epsilon_1 = 1e-30, .epsilon_2 = 1e-3, .clip_threshold = 1.0,                 \
                   .relative_step = true)
CORNU_API cornu_optimizer *cornu_adafactor_with(const cornu_adafactor_options *options);
#define cornu_adafactor(...)                                                                                           \
    CORNU_KEYWORDS(cornu_adafactor_with(&cornu_keywords), cornu_adafactor_options, CORNU_ADAFACTOR_DEFAULTS __VA_ARGS__)

/* Weights of 2 axes, but embeddings (exclude_embeddings): p -= lr rms_rate sqrt(max(rows, columns)) X, X the direction d / (|d| + 1e-7) made nearly orthogonal by ns_steps
 * steps X' = muon_a X + (muon_b X X^T + muon_c (X X^T)^2) X; d = g + momentum m' (nesterov) or m' = momentum m + g. rms_rate NaN: p -= lr X. All others:
 * AdamW with adam_lr_ratio lr and adam_weight_decay. weight_decay 0.004 unless another is given. lr 0.001 */
typedef struct cornu_muon_options {
    CORNU_OPTIMIZER_FIELDS(0.001)
    double adam_beta_1 CORNU_DEFAULT(0.9);
    double adam_beta_2 CORNU_DEFAULT(0.999);
    double adam_weight_decay CORNU_DEFAULT(0.004);
    double epsilon CORNU_DEFAULT(1e-7);
    bool exclude_embeddings CORNU_DEFAULT(true);
    double muon_a CORNU_DEFAULT(3.4445);
    double muon_b CORNU_DEFAULT(-4.775);
    double muon_c CORNU_DEFAULT(2.0315);
    double adam_lr_ratio CORNU_DEFAULT(1.0);
    double momentum CORNU_DEFAULT(0.95);
    int ns_steps CORNU_DEFAULT(5);
    bool nesterov CORNU_DEFAULT(true);
    double rms_rate CORNU_DEFAULT(0.2);
} cornu_muon_options;
#define CORNU_MUON_DEFAULTS                                                                                            \
    CORNU_OPTIMIZER_DEFAULTS(0.001)                                                                                    \
    CORNU_DEFAULTS(.adam_beta_1 = 0.9, .adam_beta_2 = 0.999, .adam_weight_decay = 0.004, .epsilon = 1e-7,              \
                   .exclude_embeddings = true, .muon_a = 3.4445, .muon_b = -4.775, .muon_c = 2.0315,                   \
                   .adam_lr_ratio = 1.0, .momentum = 0.95, .ns_steps = 5, .nesterov = true, .rms_rate = 0.2)
CORNU_API cornu_optimizer *cornu_muon_with(const cornu_muon_options *options);
#define cornu_muon(...)                                                                                                \
    CORNU_KEYWORDS(cornu_muon_with(&cornu_keywords), cornu_muon_options, CORNU_MUON_DEFAULTS __VA_ARGS__)

/* Defazio et al. 2024: z' = z - lr g / (sqrt(v' / (1 - beta_2^t)) + epsilon), x' = x + (z' - x) / t, p' = (1 - beta_1) z' + beta_1 x'; v the mean of g^2, z begins as p, lr grows
 * from 0 over warmup_steps updates. lr 0.0025 */
typedef struct cornu_schedule_free_adamw_options {
    CORNU_OPTIMIZER_FIELDS(0.0025)
    double beta_1 CORNU_DEFAULT(0.9);
    double beta_2 CORNU_DEFAULT(0.999);
    double epsilon CORNU_DEFAULT(1e-8);
    int warmup_steps;
} cornu_schedule_free_adamw_options;
#define CORNU_SCHEDULE_FREE_ADAMW_DEFAULTS                                                                             \
    CORNU_OPTIMIZER_DEFAULTS(0.0025) CORNU_DEFAULTS(.beta_1 = 0.9, .beta_2 = 0.999, .epsilon = 1e-8)
CORNU_API cornu_optimizer *cornu_schedule_free_adamw_with(const cornu_schedule_free_adamw_options *options);
#define cornu_schedule_free_adamw(...)                                                                                 \
    CORNU_KEYWORDS(cornu_schedule_free_adamw_with(&cornu_keywords), cornu_schedule_free_adamw_options,                 \
                   CORNU_SCHEDULE_FREE_ADAMW_DEFAULTS __VA_ARGS__)

/* Another optimizer, by name or as an object, with a loss scale that finds itself, so that small gradients do not vanish and large ones do not
 * overflow: the loss is multiplied by the scale, which begins as initial_scale, and the gradients are divided by it. A batch whose gradients
 * are not all finite changes neither weights nor the number of updates, and halves the scale; dynamic_growth_steps finite ones in a row double it.
 * inner_optimizer's loss_scale_factor does not count. */
typedef struct cornu_loss_scale_optimizer_options {
    size_t struct_size;
    cornu_identifier inner_optimizer; /* set by the function's argument */
    double initial_scale CORNU_DEFAULT(32768.0);
    int dynamic_growth_steps CORNU_DEFAULT(2000);
    const char *name;
} cornu_loss_scale_optimizer_options;
#define CORNU_LOSS_SCALE_OPTIMIZER_DEFAULTS CORNU_DEFAULTS(.initial_scale = 32768.0, .dynamic_growth_steps = 2000)
CORNU_API cornu_optimizer *cornu_loss_scale_optimizer_with(cornu_identifier inner_optimizer,
                                                           const cornu_loss_scale_optimizer_options *options);
#define cornu_loss_scale_optimizer(inner_optimizer, ...)                                                               \
    CORNU_KEYWORDS(cornu_loss_scale_optimizer_with((inner_optimizer), &cornu_keywords),                                \
                   cornu_loss_scale_optimizer_options, CORNU_LOSS_SCALE_OPTIMIZER_DEFAULTS __VA_ARGS__)

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
