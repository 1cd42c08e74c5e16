/* legacy_write.c: the groups of weights of legacy HDF5 files, as tf.keras 2 writes them. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "model/plan.h"
#include "saving/layer_weights.h"
#include "saving/legacy.h"
#include "saving/optimizer_state.h"

/* The version of tf.keras whose files these are, which readers ask for. */
#define KERAS_VERSION "2.15.0"
#define BACKEND "tensorflow"

cornu_status cornu__legacy_write_version(cornu__hdf5_writer *writer, const char *path)
{
    CORNU_TRY(cornu__hdf5_write_text(writer, path, "keras_version", KERAS_VERSION));
    return cornu__hdf5_write_text(writer, path, "backend", BACKEND);
}

/* --- names in a list: texts of our own --- */

struct names {
    char **items;
    size_t count;
};

static cornu_status begin_names(struct names *names, size_t room)
{
    *names = (struct names){.items = cornu__alloc_array(room, sizeof *names->items)};
    return names->items ? CORNU_OK : cornu_error_status();
}

static cornu_status add_name(struct names *names, cornu__text *text)
{
    char *name = cornu__text_take(text);
    if (!name)
        return cornu_error_status();
    names->items[names->count++] = name;
    return CORNU_OK;
}

static void free_names(struct names *names)
{
    for (size_t i = 0; i < names->count; i++)
        cornu__free(names->items[i]);
    cornu__free(names->items);
}

static char *join(const char *path, const char *name)
{
    cornu__text text = {0};
    cornu__text_add(&text, "%s%s%s", path, *path ? "/" : "", name);
    return cornu__text_take(&text);
}

/* --- layers --- */

/* A weight's name is its key in the model, which no other weight has: "dense/kernel:0". */
static cornu_status write_weights(cornu__hdf5_writer *writer, const cornu_model *model, const char *path,
                                  const cornu__layer_weights *weights, struct names *names)
{
    for (int i = 0; i < weights->count; i++) {
        cornu__text text = {0};
        int entry = cornu__model_find_weight(model, weights->items[i].weight, -1);
        cornu__text_add(&text, "%s:0", model->weights[entry].key);
        CORNU_TRY(add_name(names, &text));
        char *place = join(path, names->items[i]);
        cornu_status status =
            place ? cornu__write_weight(writer, place, weights->items[i].weight) : cornu_error_status();
        cornu__free(place);
        CORNU_TRY(status);
    }
    return cornu__hdf5_write_texts(writer, path, "weight_names", names->count, (const char *const *)names->items);
}

static cornu_status write_layer(cornu__hdf5_writer *writer, const cornu_model *model, const char *path,
                                cornu_layer *layer)
{
    cornu__layer_weights weights = {.count = 0};
    struct names names = {0};
    char *group = join(path, cornu_layer_name(layer));
    cornu_status status = group ? cornu__legacy_weights(layer, &weights) : cornu_error_status();
    if (status == CORNU_OK)
        status = begin_names(&names, (size_t)weights.count);
    if (status == CORNU_OK)
        status = cornu__hdf5_write_group(writer, group);
    if (status == CORNU_OK)
        status = write_weights(writer, model, group, &weights, &names);
    free_names(&names);
    cornu__layer_weights_clear(&weights);
    cornu__free(group);
    return status;
}

cornu_status cornu__legacy_write_weights(cornu__hdf5_writer *writer, const char *path, cornu_model *model)
{
    CORNU_TRY(cornu__model_need_homes(model));
    if (*path)
        CORNU_TRY(cornu__hdf5_write_group(writer, path));
    const char **names = cornu__alloc_array((size_t)model->layer_count, sizeof *names);
    if (!names)
        return cornu_error_status();
    cornu_status status = CORNU_OK;
    size_t count = 0;
    for (int i = 0; status == CORNU_OK && i < model->layer_count; i++) {
        if (!cornu__layer_is_listed(model, model->layers[i]))
            continue;
        names[count++] = cornu_layer_name(model->layers[i]);
        status = write_layer(writer, model, path, model->layers[i]);
    }
    if (status == CORNU_OK)
        status = cornu__hdf5_write_texts(writer, path, "layer_names", count, names);
    cornu__free(names);
    return status == CORNU_OK ? cornu__legacy_write_version(writer, path) : status;
}

/* --- the optimizer --- */

/* "adam/dense_kernel_momentum:3": the number makes it a name of its own, whatever layers are called. */
static void name_variable(const cornu_model *model, const cornu__optimizer_variable *variable, int number,
                          cornu__text *text)
{
    const char *optimizer = model->plan->optimizer->name;
    cornu__text_add(text, "%s/", optimizer ? optimizer : "optimizer");
    if (variable->weight >= 0) {
        for (const char *c = model->weights[variable->weight].key; *c; c++)
            cornu__text_add(text, "%c", *c == '/' ? '_' : *c);
        cornu__text_add(text, "_");
    }
    cornu__text_add(text, "%s:%d", variable->name, number);
}

static cornu_status write_variables(cornu__hdf5_writer *writer, const cornu_model *model,
                                    const cornu__optimizer_variables *variables, int count, struct names *names)
{
    for (int i = 0; i < count; i++) {
        cornu__text text = {0};
        name_variable(model, &variables->items[i], i, &text);
        CORNU_TRY(add_name(names, &text));
        char *path = join("optimizer_weights", names->items[i]);
        cornu_status status =
            path ? cornu__write_variable(writer, path, model, &variables->items[i]) : cornu_error_status();
        cornu__free(path);
        CORNU_TRY(status);
    }
    return cornu__hdf5_write_texts(writer, "optimizer_weights", "weight_names", names->count,
                                   (const char *const *)names->items);
}

cornu_status cornu__legacy_write_optimizer(cornu__hdf5_writer *writer, const cornu_model *model)
{
    cornu__optimizer_variables variables;
    struct names names = {0};
    CORNU_TRY(cornu__optimizer_list(model, CORNU__LAYOUT_KERAS_3, NULL, 0, &variables));
    cornu_status status = begin_names(&names, (size_t)variables.count);
    if (status == CORNU_OK)
        status = cornu__hdf5_write_group(writer, "optimizer_weights");
    if (status == CORNU_OK)
        status = write_variables(writer, model, &variables, variables.count, &names);
    free_names(&names);
    cornu__optimizer_list_clear(&variables);
    return status;
}
