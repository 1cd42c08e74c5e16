/*
 * image/steps/step.h: a step of an augmentation pipeline: one of Keras 3's image preprocessing layers.
 *
 * A step is a layer class with more to it: what it draws for a picture, and what it does with a picture for what was drawn. It does one of
 * four things: says where each pixel comes from by an affine map, so that the maps of neighbours become one; makes a picture of another;
 * changes values in place; or mixes two pictures of a batch. Pictures are float32, channels last, whatever the pipeline's data format.
 *
 * The values that were drawn are numbers with names, so that they can be shown, and given by a program. A value means no change only where
 * it leaves every bit alone.
 */
#ifndef CORNU_IMAGE_STEPS_STEP_H
#define CORNU_IMAGE_STEPS_STEP_H

#include <cornu/augmentation.h>

#include "base/random.h"
#include "image/resize.h"
#include "image/warp.h"
#include "nn/layers/support.h"

/* One picture on its way through one step. */
typedef struct cornu__step_call {
    const void *config; /* the layer's options */
    const cornu_random_transformation *drawn;
    bool mask;          /* a mask: every value of the result is one of those before */
    cornu__extent from; /* of the picture before */
    cornu__extent to;   /* and after */
    void *scratch;      /* as many bytes as the step's `scratch` says */
    cornu__resizer *resizer;
    cornu__image *resized; /* memory for the resizer's results */
} cornu__step_call;

typedef struct cornu__step_class {
    cornu__layer_class layer;
    const char *const *values; /* the names of what is drawn, NULL-terminated; NULL: nothing is */
    /* Whether value number `value` can be drawn as anything but no change, which the options may forbid. NULL: each can. */
    bool (*varies)(const void *config, int value);
    bool always; /* also where nothing is trained */
    bool colors; /* wants pictures of 1 or 3 channels */
    /* Draws for a picture of this extent. NULL: nothing to draw. */
    void (*draw)(const void *config, cornu__extent extent, cornu__random_key key, double *values);
    /* The extent of the result. NULL: as before. */
    cornu_status (*resize)(const void *config, cornu__extent *extent);
    /* One of these: */
    /* *map := where the pixels of the result come from. False: each from its own place. */
    bool (*map)(const void *config, const double *values, cornu__extent extent, cornu__affine *map);
    cornu_status (*move)(const cornu__step_call *call, const float *from, float *to);
    cornu_status (*change)(const cornu__step_call *call, float *picture);
    /* values[0] is the partner's place in the batch, values[1] the share of the picture's own label. */
    cornu_status (*mix)(const cornu__step_call *call, const float *own, const float *partner, float *to);
    bool blends; /* `mix` makes values between those of the two */
    /* Whether `move` or `change` would leave every bit alone. NULL: never known. */
    bool (*idle)(const void *config, const double *values);
    size_t (*scratch)(const void *config, cornu__extent extent); /* bytes; NULL: none */
} cornu__step_class;

/* The class of a layer that is a step of ours, or NULL. */
const cornu__step_class *cornu__step_class_of(const cornu_layer *layer);

/* --- What the tables of steps share --- */

#define CORNU__STEP_BASE(class_name, options, default_options, table, ...)                                             \
    .layer = {                                                                                                         \
        CORNU__LAYER_BASE(class_name, options, default_options, table, __VA_ARGS__),                                   \
        .input_min = 1,                                                                                                \
        .input_max = 1,                                                                                                \
        .input_rank_min = 4,                                                                                           \
        .input_rank_max = 4,                                                                                           \
        .infer = cornu__step_infer,                                                                                    \
        .call = cornu__step_lower,                                                                                     \
    }

#define CORNU__SEED_FIELD(options) CORNU__FIELD(INT64, options, seed, .optional = true)
#define CORNU__FORMAT_FIELD(options)                                                                                   \
    CORNU__FIELD(TEXT, options, data_format, .optional = true, .choices = cornu__data_formats)
#define CORNU__RANGE_FIELD(options) CORNU__FIELD(INTERVAL, options, value_range)
#define CORNU__PLACE_FIELDS(options)                                                                                   \
    CORNU__FIELD(TEXT, options, fill_mode, .choices = cornu__step_fill_modes),                                         \
        CORNU__FIELD(TEXT, options, interpolation, .choices = cornu__step_interpolations),                             \
        CORNU__FIELD(DOUBLE, options, fill_value)

extern const char *const cornu__step_fill_modes[];
extern const char *const cornu__step_interpolations[];

/* What Keras 3's layers mean by a fill_mode. */
cornu_status cornu__step_fill_mode(const char *name, cornu__fill_mode *mode);

/* An `idle` of steps whose first value says how much, or whether at all. */
bool cornu__idle_at_zero(const void *config, const double *values);

extern const cornu__step_class cornu__rescaling_step;

/* An operation that RandAugment or AugMix chose for a picture, and what it drew for it. */
typedef struct cornu__chosen_operation {
    const cornu__step_class *class;
    cornu_random_transformation drawn;
} cornu__chosen_operation;

/* Operation `index` of a chain, of which AugMix has num_chains and RandAugment one, for a picture of this extent. False: the chain is not so long, or the step is
 * neither of them. */
bool cornu__choose_operation(const cornu_layer *step, cornu__extent extent, const cornu_random_transformation *drawn,
                             int chain, int index, cornu__chosen_operation *chosen);
/* How many chains there are; 0: the step chooses no operations. */
int cornu__chain_count(const cornu_layer *step);

/* A step inside a model. */
cornu_status cornu__step_infer(const cornu_layer *layer, int count, const cornu__spec *inputs, cornu__spec *output);
cornu_status cornu__step_lower(cornu_layer *layer, cornu__call *call, int count, const cornu__value *inputs,
                               cornu__value *output);

/* --- Factors --- */

typedef enum cornu__factor_form {
    CORNU__FACTOR_AROUND, /* f: -f .. f */
    CORNU__FACTOR_FROM_0, /* f: 0 .. f */
    CORNU__FACTOR_EXACT   /* f: f */
} cornu__factor_form;

/* What can be drawn: low <= high. */
typedef struct cornu__limits {
    double low, high;
} cornu__limits;

/* A pair is taken from its lower to its higher number. */
cornu__limits cornu__factor_limits(cornu_interval factor, cornu__factor_form form);

/* Whether a factor's numbers lie in least .. most. */
cornu_status cornu__factor_check(const char *name, cornu_interval factor, double least, double most);
/* A pair, the second greater than the first. */
cornu_status cornu__value_range_check(cornu_interval range);

/* --- Draws: number `index` of a key --- */

double cornu__draw_between(cornu__random_key key, uint64_t index, cornu__limits limits);
/* True with a probability that is itself drawn: Keras's factor of steps that happen or not. Uses two numbers. */
bool cornu__draw_happens(cornu__random_key key, uint64_t index, cornu_interval factor);
/* Gamma(alpha, 1) and Beta(alpha, alpha). Marsaglia and Tsang, "A simple method for generating gamma variables" (2000). Uses numbers from
 * `index` on, 2^20 at most for each. */
#define CORNU__DRAW_ROOM ((uint64_t)1 << 21)
double cornu__draw_gamma(cornu__random_key key, uint64_t index, double alpha);
double cornu__draw_beta(cornu__random_key key, uint64_t index, double alpha);

/* The key of what is below one: of a step of a sample, of an operation of a step. */
cornu__random_key cornu__key_below(cornu__random_key key, uint64_t a, uint64_t b);
uint64_t cornu__key_number(cornu__random_key key);
cornu__random_key cornu__key_of_number(uint64_t number);

#endif
