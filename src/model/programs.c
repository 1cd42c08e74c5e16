/*
 * programs.c: the compiled programs of a model, and a step by one of them.
 *
 * A program is known by its signature: the kind of step and the shapes of all tensors of a batch. The way of a step whose program exists is
 * short: write the signature, compare it with that of the last program, put the data's addresses in place, run.
 */
#include <math.h>
#include <string.h>

#include "base/log.h"
#include "model/lower.h"
#include "model/plan.h"

#define MAX_SIGNATURE (2 + 3 * CORNU__MAX_PORTS * (1 + CORNU_MAX_RANK))

struct cornu__model_program {
    cornu__program *program;
    cornu__step_kind kind;
    bool accumulate;
    uint64_t used; /* model->clock at its last use */
    int signature_length;
    int64_t *signature;
    int feed_count;
    const void **feeds;
    int port_count;    /* outputs with a target */
    int finite_result; /* 0 there: the gradients were not finite, and nothing was updated; -1: there is none */
    int target_feeds[CORNU__MAX_PORTS], weight_feeds[CORNU__MAX_PORTS], loss_results[CORNU__MAX_PORTS];
    int output_ranks[CORNU__MAX_PORTS]; /* of predictions */
    int64_t output_shapes[CORNU__MAX_PORTS][CORNU_MAX_RANK];
};

static void release_program(cornu__model_program *program)
{
    if (!program)
        return;
    cornu__program_release(program->program);
    cornu__free(program->signature);
    cornu__free(program->feeds);
    cornu__free(program);
}

void cornu__model_drop_programs(cornu_model *model)
{
    for (int i = 0; i < model->program_count; i++)
        release_program(model->programs[i]);
    model->program_count = 0;
    model->last = NULL;
}

/* --- signatures --- */

static int64_t *write_shape(int64_t *to, const cornu__tensor *tensor)
{
    *to++ = tensor->rank;
    for (int i = 0; i < tensor->rank; i++)
        *to++ = tensor->shape[i];
    return to;
}

static int write_signature(const cornu_model *model, cornu__step_kind kind, bool accumulate, const cornu__batch *batch,
                           int64_t *signature)
{
    int64_t *to = signature;
    *to++ = kind * 2 + accumulate;
    *to++ = batch->rows;
    for (int i = 0; i < model->input_count; i++)
        to = write_shape(to, &batch->inputs[i]);
    for (int i = 0; kind != CORNU__STEP_PREDICT && i < model->output_count; i++) {
        if (!model->target_ports[i].expected)
            continue;
        to = write_shape(to, &batch->targets[i]);
        if (batch->sample_weights[i].data)
            to = write_shape(to, &batch->sample_weights[i]);
        else
            *to++ = -1;
    }
    return (int)(to - signature);
}

static bool has_signature(const cornu__model_program *program, const int64_t *signature, int length)
{
    return program->signature_length == length &&
           memcmp(program->signature, signature, (size_t)length * sizeof *signature) == 0;
}

static cornu__model_program *find_program(cornu_model *model, const int64_t *signature, int length)
{
    if (model->last && has_signature(model->last, signature, length))
        return model->last;
    for (int i = 0; i < model->program_count; i++) {
        if (has_signature(model->programs[i], signature, length))
            return model->programs[i];
    }
    return NULL;
}

/* --- making --- */

static cornu_status copy_feeds(cornu_model *model, const cornu__lowering *lowering, cornu__model_program *program)
{
    program->feed_count = lowering->feed_count;
    program->feeds = cornu__alloc_array((size_t)lowering->feed_count, sizeof *program->feeds);
    if (!program->feeds)
        return cornu_error_status();
    program->finite_result = lowering->finite_result;
    memcpy(program->target_feeds, lowering->target_feeds, sizeof program->target_feeds);
    memcpy(program->weight_feeds, lowering->weight_feeds, sizeof program->weight_feeds);
    memcpy(program->loss_results, lowering->loss_results, sizeof program->loss_results);
    if (lowering->learning_rate_feed >= 0)
        program->feeds[lowering->learning_rate_feed] = &model->learning_rate_feed;
    if (lowering->step_feed >= 0)
        program->feeds[lowering->step_feed] = &model->step_feed;
    if (lowering->overwrite_feed >= 0)
        program->feeds[lowering->overwrite_feed] = &model->overwrite_feed;
    return CORNU_OK;
}

static void copy_output_shapes(const cornu_model *model, const cornu__graph *graph, cornu__model_program *program)
{
    for (int i = 0; program->kind == CORNU__STEP_PREDICT && i < model->output_count; i++) {
        program->output_ranks[i] = graph->results[i]->rank;
        memcpy(program->output_shapes[i], graph->results[i]->shape, sizeof program->output_shapes[i]);
    }
}

static cornu_status compile_graph(cornu_model *model, cornu__graph *graph, cornu__model_program *program)
{
    const cornu__plan *plan = program->kind == CORNU__STEP_PREDICT ? NULL : model->plan;
    int count = model->buffer_count + 2;
    cornu__buffer **buffers = cornu__alloc_array((size_t)count, sizeof *buffers);
    if (!buffers)
        return cornu_error_status();
    if (model->buffer_count > 0)
        memcpy(buffers, model->buffers, (size_t)model->buffer_count * sizeof *buffers);
    buffers[model->buffer_count] = plan ? plan->metric_states : NULL;
    buffers[model->buffer_count + 1] = plan ? plan->parts : NULL;
    cornu_status status = cornu__program_compile(model->backend, graph, count, buffers, &program->program);
    cornu__free(buffers);
    return status;
}

static cornu_status fill_program(cornu_model *model, const cornu__batch *batch, cornu__graph *graph,
                                 cornu__model_program *program)
{
    cornu__lowering lowering;
    CORNU_TRY(cornu__lower(&lowering, model, program->kind, program->accumulate, batch, graph));
    CORNU_TRY(copy_feeds(model, &lowering, program));
    copy_output_shapes(model, graph, program);
    CORNU_TRY(cornu__graph_simplify(graph));
    CORNU_TRY(cornu__graph_fuse(graph));
    return compile_graph(model, graph, program);
}

/* Keras warns too when layers were frozen or thawed behind compile's back. */
static void warn_of_changed_layers(const cornu_model *model)
{
    for (int i = 0; i < model->weight_count; i++) {
        const cornu__model_weight *entry = &model->weights[i];
        if (entry->trained == cornu__weight_is_trainable(model, entry))
            continue;
        cornu__warn(
            "model '%s': layer '%s' was %s after cornu_compile; that counts only from the next cornu_compile on",
            cornu_model_name(model), cornu_layer_name(entry->layer), entry->trained ? "frozen" : "thawed");
        return;
    }
}

/* Makes room where there is none: the program goes that was not used for longest. */
static void insert_program(cornu_model *model, cornu__model_program *program)
{
    int place = model->program_count;
    if (place == CORNU__MAX_PROGRAMS) {
        place = 0;
        for (int i = 1; i < CORNU__MAX_PROGRAMS; i++) {
            if (model->programs[i]->used < model->programs[place]->used)
                place = i;
        }
        release_program(model->programs[place]);
    } else {
        model->program_count++;
    }
    model->programs[place] = program;
    model->last = program;
}

static cornu_status check_batch(const cornu_model *model, const cornu__batch *batch)
{
    if (batch->rows < 1)
        return cornu__fail(CORNU_ERROR_DATA, "model '%s': a batch needs at least one row, got %lld",
                           cornu_model_name(model), (long long)batch->rows);
    return CORNU_OK;
}

static cornu_status make_program(cornu_model *model, cornu__step_kind kind, bool accumulate, const cornu__batch *batch,
                                 cornu__model_program **out)
{
    int64_t signature[MAX_SIGNATURE];
    CORNU_TRY(check_batch(model, batch));
    int length = write_signature(model, kind, accumulate, batch, signature);
    cornu__model_program *program = cornu__alloc(sizeof *program);
    if (!program)
        return cornu_error_status();
    if (kind == CORNU__STEP_TRAIN)
        warn_of_changed_layers(model);
    program->kind = kind;
    program->accumulate = accumulate;
    program->signature_length = length;
    program->signature = cornu__alloc_array((size_t)length, sizeof *signature);
    if (!program->signature) {
        release_program(program);
        return cornu_error_status();
    }
    memcpy(program->signature, signature, (size_t)length * sizeof *signature);
    cornu__graph *graph = cornu__graph_create();
    cornu_status status = graph ? fill_program(model, batch, graph, program) : cornu_error_status();
    cornu__graph_release(graph);
    if (status != CORNU_OK) {
        release_program(program);
        return status;
    }
    insert_program(model, program);
    *out = program;
    return CORNU_OK;
}

/* Whether this training step only sums gradients up. */
static bool only_accumulates(const cornu_model *model, cornu__step_kind kind)
{
    if (kind != CORNU__STEP_TRAIN || !model->plan)
        return false;
    int steps = cornu__plan_accumulation(model->plan);
    return steps > 1 && (model->plan->iterations + 1) % (uint64_t)steps != 0;
}

static cornu_status get_program(cornu_model *model, cornu__step_kind kind, const cornu__batch *batch,
                                cornu__model_program **program)
{
    int64_t signature[MAX_SIGNATURE];
    if (!model->homed || (kind != CORNU__STEP_PREDICT && !model->plan))
        CORNU_TRY(cornu__model_ready(model, kind));
    bool accumulate = only_accumulates(model, kind);
    int length = write_signature(model, kind, accumulate, batch, signature);
    *program = find_program(model, signature, length);
    if (!*program)
        CORNU_TRY(make_program(model, kind, accumulate, batch, program));
    (*program)->used = ++model->clock;
    model->last = *program;
    return CORNU_OK;
}

cornu_status cornu__model_prepare(cornu_model *model, cornu__step_kind kind, const cornu__batch *shapes)
{
    cornu__model_program *program;
    return get_program(model, kind, shapes, &program);
}

/* --- running --- */

static void set_feeds(const cornu_model *model, const cornu__batch *batch, cornu__model_program *program)
{
    for (int i = 0; i < model->input_count; i++)
        program->feeds[i] = batch->inputs[i].data;
    if (program->kind == CORNU__STEP_PREDICT)
        return;
    for (int i = 0; i < model->output_count; i++) {
        if (program->target_feeds[i] >= 0)
            program->feeds[program->target_feeds[i]] = batch->targets[i].data;
        if (program->weight_feeds[i] >= 0)
            program->feeds[program->weight_feeds[i]] = batch->sample_weights[i].data;
    }
}

static void set_numbers(cornu_model *model, const cornu__plan *plan)
{
    const cornu__optimizer_common *options = cornu__plan_optimizer_options(plan);
    uint64_t updates = plan->iterations / (uint64_t)cornu__plan_accumulation(plan);
    /* Keras 2's decay is no part of the rate that a callback sees and sets */
    model->learning_rate_feed = (float)(cornu__plan_learning_rate(plan) / (1 + options->decay * (double)updates));
    model->step_feed = (float)updates;
    if (options->ema_overwrite_frequency > 0)
        model->overwrite_feed = (updates + 1) % (uint64_t)options->ema_overwrite_frequency == 0;
}

static void read_losses(cornu_model *model, const cornu__model_program *program)
{
    model->loss = *(const float *)cornu__program_result(program->program, 0);
    for (int i = 0; i < model->output_count; i++) {
        int result = program->loss_results[i];
        model->output_losses[i] = result >= 0 ? *(const float *)cornu__program_result(program->program, result) : NAN;
    }
}

static bool has_updated(const cornu__model_program *program)
{
    int result = program->finite_result;
    return result < 0 || *(const float *)cornu__program_result(program->program, result) != 0;
}

/* One step by a program; `seconds`: of each kernel, or NULL. */
static cornu_status run_program(cornu_model *model, const cornu__batch *batch, cornu__model_program *program,
                                double *seconds)
{
    set_feeds(model, batch, program);
    cornu__run_state run = {.seed = model->seed, .update = model->plan ? model->plan->iterations : 0};
    if (model->plan && program->kind == CORNU__STEP_TRAIN)
        set_numbers(model, model->plan);
    CORNU_TRY(seconds ? cornu__program_profile(program->program, program->feeds, &run, seconds)
                      : cornu__program_run(program->program, program->feeds, &run));
    if (program->kind != CORNU__STEP_PREDICT)
        read_losses(model, program);
    if (model->plan && program->kind == CORNU__STEP_TRAIN && has_updated(program))
        model->plan->iterations++;
    return CORNU_OK;
}

cornu_status cornu__model_step(cornu_model *model, cornu__step_kind kind, const cornu__batch *batch)
{
    cornu__model_program *program;
    CORNU_TRY(get_program(model, kind, batch, &program));
    return run_program(model, batch, program, NULL);
}

cornu_status cornu__model_profile(cornu_model *model, cornu__step_kind kind, const cornu__batch *batch, int capacity,
                                  double *seconds, int *kernel_count, double *flops)
{
    cornu__model_program *program;
    cornu__program_statistics statistics;
    CORNU_TRY(get_program(model, kind, batch, &program));
    cornu__program_get_statistics(program->program, &statistics);
    *kernel_count = statistics.kernels;
    *flops = cornu__program_flops(program->program);
    if (statistics.kernels <= capacity)
        return run_program(model, batch, program, seconds);
    double *all = cornu__alloc_array((size_t)statistics.kernels, sizeof *all);
    if (!all)
        return cornu_error_status();
    cornu_status status = run_program(model, batch, program, all);
    memcpy(seconds, all, (size_t)capacity * sizeof *all);
    cornu__free(all);
    return status;
}

const char *cornu__model_kernel_name(cornu_model *model, cornu__step_kind kind, const cornu__batch *batch, int index)
{
    cornu__model_program *program;
    if (get_program(model, kind, batch, &program) != CORNU_OK)
        return NULL;
    return cornu__program_kernel_name(program->program, index);
}

const float *cornu__model_output(const cornu_model *model, int index, int *rank, const int64_t **shape)
{
    const cornu__model_program *program = model->last;
    if (!program || program->kind != CORNU__STEP_PREDICT || index < 0 || index >= model->output_count)
        return cornu__fail_null(CORNU_ERROR_STATE, "model '%s' has no prediction %d: its last step was none",
                                cornu_model_name(model), index);
    *rank = program->output_ranks[index];
    *shape = program->output_shapes[index];
    return cornu__program_result(program->program, index);
}
