/*
 * model/plan.h: what compile fixed: the loss of each output, the metrics, the optimizer, and the memory of both.
 *
 * The optimizer's memory ("slots", like Adam's momentum) is one buffer of several parts, each as long as all trained weights together;
 * a trained weight has the same place (cornu__model_weight.position) in every part. The average of the weights and the sum of gradients
 * of some steps, where they are wanted, are further parts.
 */
#ifndef CORNU_MODEL_PLAN_H
#define CORNU_MODEL_PLAN_H

#include "model/model.h"

typedef struct cornu__plan_output {
    cornu__object *loss; /* kept, or NULL: none */
    double weight;
    bool temporal;  /* sample_weight_mode */
    int class_axis; /* the output's axis that targets do not have, since they are class numbers; -1: none */
} cornu__plan_output;

typedef struct cornu__plan_metric {
    cornu__object *metric; /* kept */
    char *name;            /* as in logs */
    int output;
    bool weighted;     /* by sample weights */
    int element_count; /* values in logs: <name>, or <name>_0, <name>_1, ... */
    int state_count;
    int64_t sizes[CORNU__METRIC_MAX_STATES];
    int64_t offsets[CORNU__METRIC_MAX_STATES]; /* in metric_states */
} cornu__plan_metric;

struct cornu__plan {
    cornu__plan_output outputs[CORNU__MAX_PORTS];
    cornu__plan_metric *metrics;
    int metric_count;
    cornu__buffer *metric_states;

    cornu__object *optimizer; /* kept; of a LossScaleOptimizer the inner one */
    int slot_count;
    int64_t part_size;          /* floats: all trained weights, each beginning on a cache line */
    int average_part, sum_part; /* which part is the average of the weights, the sum of gradients; -1: none */
    /* Where the loss scale lies in `parts`, behind all parts, and behind it the number of finite steps since it changed; -1: it is fixed */
    int64_t scale_offset;
    double initial_scale;
    int growth_steps;
    cornu__buffer *parts;
    bool average_in_use; /* the trained weights and their average have changed places */
    double learning_rate;
    uint64_t iterations;

    int value_count; /* names of logs: "loss", "<output>_loss"..., metrics */
    char **value_names;
    int loss_count;                         /* how many of them are losses */
    int loss_outputs[CORNU__MAX_PORTS + 1]; /* of value i >= 1 */
};

/* Makes a plan for a model with homes from what compile was given. The model stays as it is. */
cornu_status cornu__plan_create(const cornu_model *model, cornu__backend *backend, const cornu_compile_options *options,
                                cornu__plan **plan);
void cornu__plan_release(cornu__plan *plan);
/* The plan (NULL: none) becomes the model's, which takes it over: marks the weights that it trains and the layers that are frozen, and says
 * what targets are wanted. The earlier plan goes, and all programs. */
void cornu__model_take_plan(cornu_model *model, cornu__plan *plan);

const cornu__optimizer_common *cornu__plan_optimizer_options(const cornu__plan *plan);
const cornu__optimizer_class *cornu__plan_optimizer_class(const cornu__plan *plan);
/* The learning rate of the next update. */
double cornu__plan_learning_rate(const cornu__plan *plan);
/* How many steps' gradients make an update: 1 or more. */
int cornu__plan_accumulation(const cornu__plan *plan);

#endif
