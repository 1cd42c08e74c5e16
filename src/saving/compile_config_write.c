/* compile_config_write.c: what a model was compiled with as Keras 3 writes it. */
#include <string.h>

#include "base/log.h"
#include "model/plan.h"
#include "model/request.h"
#include "saving/compile_config.h"

struct writing {
    const cornu_model *model;
    const cornu_compile_options *options;
    bool unwritable; /* something cannot be written, and was named */
};

/* Whether the class is one of those that files can name. */
static bool is_known(const cornu__object *object)
{
    for (const cornu__class *const *class = cornu__classes(object->class->kind); *class; class ++) {
        if (*class == object->class)
            return true;
    }
    return false;
}

/* A name, or an object with its config; NULL: neither. */
static json_t *write_identifier(struct writing *writing, cornu_identifier identifier)
{
    if (!identifier || (!cornu__is_object(identifier) && *(const char *)identifier == '\0'))
        return json_null();
    if (!cornu__is_object(identifier))
        return json_string(identifier);
    const cornu__object *object = identifier;
    if (object->class && is_known(object))
        return cornu__object_to_json(object);
    if (!writing->unwritable)
        cornu__warn(
            "model '%s' is saved without what it was compiled with: '%s' is the program's own and stands in no file",
            cornu_model_name(writing->model), object->name ? object->name : "an object");
    writing->unwritable = true;
    return json_null();
}

/* Around the inner optimizer; the scale as it is now, so that a training that is read again goes on with it. */
static json_t *wrap_in_loss_scale(const cornu__plan *plan, json_t *inner)
{
    float scale = (float)plan->initial_scale;
    if (plan->scale_offset >= 0 && cornu__buffer_download(plan->parts, plan->scale_offset, 1, &scale) != CORNU_OK)
        scale = (float)plan->initial_scale;
    return json_pack("{s:s, s:s, s:{s:s, s:o, s:f, s:i}, s:n}", "module", "keras.optimizers", "class_name",
                     "LossScaleOptimizer", "config", "name", "loss_scale_optimizer", "inner_optimizer", inner,
                     "initial_scale", (double)scale, "dynamic_growth_steps", plan->growth_steps, "registered_name");
}

/* The learning rate as it is now: callbacks may have changed it. */
static json_t *write_optimizer(struct writing *writing)
{
    const cornu__plan *plan = writing->model->plan;
    json_t *json = write_identifier(writing, plan->optimizer);
    json_t *config = json_object_get(json, "config");
    if (config && !cornu__plan_optimizer_options(plan)->schedule)
        json_object_set_new(config, "learning_rate", json_real(plan->learning_rate));
    return plan->growth_steps > 0 ? wrap_in_loss_scale(plan, json) : json;
}

static const char *output_name(const struct writing *writing, int output)
{
    return writing->model->port_names[CORNU__MAX_PORTS + output];
}

static json_t *write_losses(struct writing *writing)
{
    const cornu_compile_options *options = writing->options;
    if (options->loss)
        return write_identifier(writing, options->loss);
    if (options->losses[0]) {
        json_t *list = json_array();
        for (int i = 0; i < writing->model->output_count; i++)
            json_array_append_new(list, write_identifier(writing, options->losses[i]));
        return list;
    }
    if (!options->output_losses[0].output)
        return json_null();
    json_t *dictionary = json_object();
    for (int i = 0; i < CORNU_MAX_PORTS && options->output_losses[i].output; i++)
        json_object_set_new(dictionary, options->output_losses[i].output,
                            write_identifier(writing, options->output_losses[i].object));
    return dictionary;
}

static json_t *write_loss_weights(const struct writing *writing)
{
    const cornu_compile_options *options = writing->options;
    bool listed = false;
    for (int i = 0; i < writing->model->output_count; i++)
        listed |= options->loss_weights[i] != 0;
    if (!listed && !options->output_loss_weights[0].output)
        return json_null();
    if (!listed) {
        json_t *dictionary = json_object();
        for (int i = 0; i < CORNU_MAX_PORTS && options->output_loss_weights[i].output; i++)
            json_object_set_new(dictionary, options->output_loss_weights[i].output,
                                json_real(options->output_loss_weights[i].weight));
        return dictionary;
    }
    json_t *list = json_array();
    for (int i = 0; i < writing->model->output_count; i++)
        json_array_append_new(list, json_real(options->loss_weights[i]));
    return list;
}

/* The metrics of one output: those for all (of outputs with a loss), then those that name it. */
static json_t *write_metrics_of(struct writing *writing, int output, const cornu_identifier *for_all,
                                const cornu_for_output *by_name)
{
    json_t *list = json_array();
    for (int i = 0; i < CORNU_MAX_METRICS && for_all[i] && writing->model->plan->outputs[output].loss; i++)
        json_array_append_new(list, write_identifier(writing, for_all[i]));
    for (int i = 0; i < CORNU_MAX_METRICS && by_name[i].output; i++) {
        if (strcmp(by_name[i].output, output_name(writing, output)) == 0)
            json_array_append_new(list, write_identifier(writing, by_name[i].object));
    }
    return list;
}

/* Keras 3 takes one list for one output, and a dictionary for several. */
static json_t *write_metrics(struct writing *writing, const cornu_identifier *for_all, const cornu_for_output *by_name)
{
    if (!for_all[0] && !by_name[0].output)
        return json_null();
    if (writing->model->output_count == 1)
        return write_metrics_of(writing, 0, for_all, by_name);
    json_t *dictionary = json_object();
    for (int i = 0; i < writing->model->output_count; i++) {
        json_t *list = write_metrics_of(writing, i, for_all, by_name);
        if (json_array_size(list) > 0)
            json_object_set(dictionary, output_name(writing, i), list);
        json_decref(list);
    }
    return dictionary;
}

cornu_status cornu__compile_config_write(const cornu_model *model, json_t **out)
{
    *out = NULL;
    if (!model->plan || !model->request)
        return CORNU_OK;
    struct writing writing = {.model = model, .options = &model->request->options};
    const cornu_compile_options *options = writing.options;
    json_t *json = json_object();
    json_object_set_new(json, "optimizer", write_optimizer(&writing));
    json_object_set_new(json, "loss", write_losses(&writing));
    json_object_set_new(json, "loss_weights", write_loss_weights(&writing));
    json_object_set_new(json, "metrics", write_metrics(&writing, options->metrics, options->output_metrics));
    json_object_set_new(json, "weighted_metrics",
                        write_metrics(&writing, options->weighted_metrics, options->output_weighted_metrics));
    json_object_set_new(json, "run_eagerly", json_false());
    json_object_set_new(json, "steps_per_execution", json_integer(1));
    json_object_set_new(json, "jit_compile", json_false());
    if (json_object_size(json) == 8 && !writing.unwritable) {
        *out = json;
        return CORNU_OK;
    }
    json_decref(json);
    return writing.unwritable ? CORNU_OK : cornu__fail_memory("what a model was compiled with", 0);
}
