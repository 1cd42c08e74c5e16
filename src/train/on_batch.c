/* on_batch.c: one step on one batch, without a loop. */
#include "base/options.h"
#include "data/slot.h"
#include "train/outputs.h"
#include "train/training.h"

/* What a model keeps between such calls: buffers for data that must be converted, and class weights. One set per kind of step. */
typedef struct companion {
    cornu__slot slots[CORNU__STEP_PREDICT + 1];
    cornu__class_weights class_weights;
} companion;

static void destroy_companion(void *state)
{
    companion *self = state;
    for (int kind = 0; kind <= CORNU__STEP_PREDICT; kind++)
        cornu__slot_clear(&self->slots[kind]);
    cornu__class_weights_free(&self->class_weights);
    cornu__free(self);
}

static companion *companion_of(cornu_model *model)
{
    companion *self = cornu__model_companion(model);
    if (self)
        return self;
    self = cornu__alloc(sizeof *self);
    if (self)
        cornu__model_set_companion(model, self, destroy_companion);
    return self;
}

static cornu_status run_step(companion *self, const cornu__ports *ports, cornu__step_kind kind,
                             const cornu__columns *columns, const cornu__class_weights *class_weights)
{
    cornu__slot *slot = &self->slots[kind];
    CORNU_TRY(cornu__slot_write(slot, columns, NULL, 0, columns->rows, class_weights));
    return cornu__model_step(ports->model, kind, &slot->batch);
}

/* The metrics of this batch, or running on. */
static void fill_logs(const cornu_model *model, int64_t rows, cornu_logs *logs)
{
    cornu__tally tally = {0};
    cornu__tally_add(&tally, model, rows);
    cornu__tally_values(&tally, model, logs);
}

static cornu_status on_batch(cornu_model *model, cornu__step_kind kind, const cornu_array *x, const cornu_array *y,
                             cornu_logs *logs, const cornu_on_batch_options *given)
{
    cornu__ports ports;
    cornu__columns columns;
    CORNU_TRY(cornu__ports_of(model, kind, x, &ports));
    companion *self = companion_of(model);
    if (!self)
        return CORNU_ERROR_OUT_OF_MEMORY;
    CORNU_TRY(cornu__standardize(&ports, x, y, given->sample_weight, &columns));
    CORNU_TRY(cornu__labels_check(&ports, &columns, 0));
    const cornu__class_weight_options class_weights = {given->class_weight, given->class_weight_count,
                                                       given->output_class_weights, given->class_weight_strict};
    CORNU_TRY(cornu__class_weights_make(&ports, &class_weights, &self->class_weights));
    CORNU_TRY(cornu__class_weights_check(&self->class_weights, &ports, &columns, columns.rows));
    if (given->reset_metrics)
        CORNU_TRY(cornu__model_reset_metrics(model));
    CORNU_TRY(run_step(self, &ports, kind, &columns, &self->class_weights));
    if (logs)
        fill_logs(model, columns.rows, logs);
    return CORNU_OK;
}

cornu_status cornu_train_on_batch_with(cornu_model *model, const cornu_array *x, const cornu_array *y, cornu_logs *logs,
                                       const cornu_on_batch_options *options)
{
    cornu_on_batch_options given = {.struct_size = sizeof given, CORNU_ON_BATCH_DEFAULTS};
    cornu__options_lay(&given, sizeof given, options);
    return on_batch(model, CORNU__STEP_TRAIN, x, y, logs, &given);
}

cornu_status cornu_test_on_batch_with(cornu_model *model, const cornu_array *x, const cornu_array *y, cornu_logs *logs,
                                      const cornu_on_batch_options *options)
{
    cornu_on_batch_options given = {.struct_size = sizeof given, CORNU_ON_BATCH_DEFAULTS};
    cornu__options_lay(&given, sizeof given, options);
    if (cornu__class_weights_given(given.class_weight_count, given.output_class_weights))
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "test_on_batch: class_weight is for training; sample_weight is possible");
    return on_batch(model, CORNU__STEP_TEST, x, y, logs, &given);
}

cornu_array *cornu_predict_on_batch(cornu_model *model, const cornu_array *x)
{
    cornu__ports ports;
    cornu__columns columns;
    if (cornu__ports_of(model, CORNU__STEP_PREDICT, x, &ports) != CORNU_OK ||
        cornu__standardize(&ports, x, NULL, NULL, &columns) != CORNU_OK)
        return NULL;
    companion *self = companion_of(model);
    cornu__outputs outputs = {0};
    bool done = self && run_step(self, &ports, CORNU__STEP_PREDICT, &columns, NULL) == CORNU_OK &&
                cornu__outputs_take(&outputs, model, &self->slots[CORNU__STEP_PREDICT].batch) == CORNU_OK;
    cornu_array *predictions = done ? cornu__outputs_array(&outputs, model) : NULL;
    cornu__outputs_free(&outputs);
    return predictions;
}
