/*
 * model/lower.h: a model's steps lowered to one graph, for one kind of step and one batch shape.
 *
 * The graph is fed by number: first the model's inputs, then the targets and the sample weights that there are, then the numbers that the
 * host gives each training step (learning rate, updates made, whether the average becomes the weights). Its buffers are the homes of the
 * weights (as in model->buffers), then the metrics' states, then the optimizer's parts.
 */
#ifndef CORNU_MODEL_LOWER_H
#define CORNU_MODEL_LOWER_H

#include "model/model.h"
#include "model/plan.h"

typedef struct cornu__added_loss {
    cornu_node *loss;
    struct cornu__added_loss *next;
} cornu__added_loss;

typedef struct cornu__lowering {
    cornu__call call; /* first: what layers are given */
    cornu_model *model;
    cornu__step_kind kind;
    bool accumulate; /* only sums the gradients up */
    const cornu__batch *batch;
    cornu__value *slots;
    cornu_node **reads;   /* per weight: its value at the step's begin, or NULL */
    cornu_node **assigns; /* per weight: the value it gets, or NULL */
    int hint;             /* where the last weight was found */
    cornu__added_loss *first_loss, **last_loss;
    int feed_count;
    int target_feeds[CORNU__MAX_PORTS], weight_feeds[CORNU__MAX_PORTS]; /* -1: none */
    int learning_rate_feed, step_feed, overwrite_feed;                  /* -1: none */
    int finite_result; /* the result that is 0 where this step changes nothing; -1: none */
    cornu_node *targets[CORNU__MAX_PORTS], *sample_weights[CORNU__MAX_PORTS];
    cornu_node *total;
    int loss_results[CORNU__MAX_PORTS]; /* the result that is output i's loss; -1: none */
} cornu__lowering;

/* Lowers into an empty graph. `lowering` is for the caller to read afterwards, as long as the graph lives. */
cornu_status cornu__lower(cornu__lowering *lowering, cornu_model *model, cornu__step_kind kind, bool accumulate,
                          const cornu__batch *batch, cornu__graph *graph);

/* update.c: gradients of lowering->total and the update of what is trained. */
cornu_status cornu__lower_update(cornu__lowering *lowering);

/* The buffer of the optimizer's parts among the graph's buffers; metric states: one before. */
int cornu__lowering_parts_buffer(const cornu__lowering *lowering);

#endif
