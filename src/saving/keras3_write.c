/* keras3_write.c: Keras 3's tree of weights. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "model/plan.h"
#include "saving/keras3.h"
#include "saving/layer_weights.h"
#include "saving/optimizer_state.h"

struct writing {
    cornu__hdf5_writer *writer;
    const cornu_model *model; /* the outermost */
    bool *written;            /* per entry of its weights */
};

/* "<path>/vars", with the object's name. */
static cornu_status write_object(const struct writing *writing, const char *path, const char *name)
{
    cornu__text vars = {0};
    cornu__text_add(&vars, "%s%svars", path, *path ? "/" : "");
    char *group = cornu__text_take(&vars);
    cornu_status status = group ? cornu__hdf5_write_group(writing->writer, group) : cornu_error_status();
    if (status == CORNU_OK)
        status = cornu__hdf5_write_text(writing->writer, group, "name", name);
    cornu__free(group);
    return status;
}

static cornu_status write_weight(const struct writing *writing, const char *path, const char *part, int number,
                                 const cornu__weight *weight)
{
    cornu__text text = {0};
    cornu__text_add(&text, "%s/%s%svars/%d", path, part, *part ? "/" : "", number);
    char *place = cornu__text_take(&text);
    cornu_status status = place ? cornu__write_weight(writing->writer, place, weight) : cornu_error_status();
    cornu__free(place);
    return status;
}

static cornu_status write_weights(struct writing *writing, const char *path, const cornu_layer *layer)
{
    for (int i = 0; i < layer->weight_count; i++) {
        int entry = cornu__model_find_weight(writing->model, layer->weights[i], -1);
        if (entry < 0 || writing->written[entry])
            continue; /* a shared layer stands where it is met first */
        CORNU_TRY(write_weight(writing, path, cornu__weight_part(layer), i, layer->weights[i]));
        writing->written[entry] = true;
    }
    return CORNU_OK;
}

static cornu_status write_model(struct writing *writing, const char *path, const cornu_model *model);

static cornu_status write_layer(struct writing *writing, const char *path, const cornu_layer *layer)
{
    CORNU_TRY(write_object(writing, path, cornu_layer_name(layer)));
    return layer->model ? write_model(writing, path, layer->model) : write_weights(writing, path, layer);
}

static cornu_status write_model(struct writing *writing, const char *path, const cornu_model *model)
{
    cornu__container_names names = {.model = model};
    for (int i = 0; i < model->layer_count; i++) {
        char name[CORNU__CONTAINER_NAME_SIZE];
        int number;
        cornu__container_next(&names, name, &number);
        if (!cornu__layer_is_listed(model, model->layers[i]))
            continue;
        cornu__text text = {0};
        cornu__text_add(&text, "%s%slayers/%s", path, *path ? "/" : "", name);
        char *place = cornu__text_take(&text);
        cornu_status status = place ? write_layer(writing, place, model->layers[i]) : cornu_error_status();
        cornu__free(place);
        CORNU_TRY(status);
    }
    return CORNU_OK;
}

/* --- the optimizer --- */

static cornu_status write_variable(const struct writing *writing, int number, const cornu__optimizer_variable *variable)
{
    char path[64];
    snprintf(path, sizeof path, "optimizer/vars/%d", number);
    return cornu__write_variable(writing->writer, path, writing->model, variable);
}

/* Before the first update Keras's optimizers have no memory but these two. */
static cornu_status write_optimizer(const struct writing *writing)
{
    cornu__optimizer_variables variables;
    const cornu__plan *plan = writing->model->plan;
    CORNU_TRY(write_object(writing, "optimizer", plan->optimizer->name ? plan->optimizer->name : "optimizer"));
    CORNU_TRY(cornu__optimizer_list(writing->model, CORNU__LAYOUT_KERAS_3, NULL, 0, &variables));
    int count = plan->iterations > 0 ? variables.count : cornu__optimizer_head(&variables);
    cornu_status status = CORNU_OK;
    for (int i = 0; status == CORNU_OK && i < count; i++)
        status = write_variable(writing, i, &variables.items[i]);
    cornu__optimizer_list_clear(&variables);
    return status;
}

cornu_status cornu__keras3_write(cornu__hdf5_writer *writer, cornu_model *model, bool with_optimizer)
{
    struct writing writing = {.writer = writer, .model = model};
    CORNU_TRY(cornu__model_need_homes(model));
    writing.written = cornu__alloc_array((size_t)model->weight_count, sizeof *writing.written);
    if (!writing.written)
        return cornu_error_status();
    cornu_status status = write_object(&writing, "", cornu_model_name(model));
    if (status == CORNU_OK)
        status = write_model(&writing, "", model);
    if (status == CORNU_OK && with_optimizer && model->plan)
        status = write_optimizer(&writing);
    cornu__free(writing.written);
    return status;
}
