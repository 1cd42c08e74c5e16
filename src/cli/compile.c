/* compile.c: compiling a model for the data that were given. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "cli/compile.h"
#include "model/step.h"
#include "nn/object.h"

#define AT(field) offsetof(cornu__compile_arguments, field)
const cornu__argument cornu__compile_argument_table[] = {
    {"loss", CORNU__ARGUMENT_TEXT, AT(loss), 0, "LOSS",
     "[that of MODEL's file; else a cross-entropy for classes, mean_squared_error for numbers]"},
    {"metrics", CORNU__ARGUMENT_LIST, AT(metrics), 0, "METRICS",
     "separated by commas [those of MODEL's file; else accuracy for classes]"},
    {"threads", CORNU__ARGUMENT_INT, AT(threads), 0, "N", "threads of the kernels [one per processor]"},
    {0},
};

/* --- What the options change of what a file says --- */

/* The words of Keras's for an object, which has a name or is one. */
static const char *name_of(cornu_identifier identifier)
{
    if (!cornu__is_object(identifier))
        return identifier;
    const cornu__class *class = ((const cornu__object *)identifier)->class;
    return class->aliases && class->kind != CORNU__KIND_OPTIMIZER ? *class->aliases : class->name;
}

/* Whether a loss takes logits: that a name alone does not say. */
static bool takes_logits(cornu_identifier loss)
{
    if (!loss || !cornu__is_object(loss))
        return false;
    const cornu__object *object = loss;
    const cornu__field *field = cornu__class_field(object->class, "from_logits");
    return field && field->type == CORNU__FIELD_BOOL && *(const bool *)((const char *)object->config + field->offset);
}

static bool is_named(cornu_identifier identifier, const char *name)
{
    return identifier && !cornu__is_object(identifier) && strcmp(identifier, name) == 0;
}

static void warn_of_change(const char *file, const char *option, const char *value, const char *saved,
                           const char *consequence)
{
    cornu__warn("--%s %s takes the place of %s, which %s was compiled with%s", option, value, saved, file, consequence);
}

static bool change_optimizer(const char *file, const char *optimizer, cornu_compile_options *options)
{
    if (!optimizer)
        return false;
    warn_of_change(file, "optimizer", optimizer, name_of(options->optimizer),
                   ": it begins anew, with its own defaults");
    options->optimizer = optimizer;
    return true;
}

static bool change_loss(const char *file, const char *loss, cornu_compile_options *options)
{
    if (!loss || is_named(options->loss, loss))
        return false;
    bool several = options->losses[0] || options->output_losses[0].output;
    if (options->loss || several) {
        char saved[200];
        snprintf(saved, sizeof saved, "%s%s", several ? "the losses of its outputs" : name_of(options->loss),
                 takes_logits(options->loss) ? " with from_logits" : "");
        warn_of_change(file, "loss", loss, saved, "");
    }
    options->loss = loss;
    memset(options->losses, 0, sizeof options->losses);
    memset(options->output_losses, 0, sizeof options->output_losses);
    return true;
}

/* Whether they are those that the file says. */
static bool are_the_metrics(const cornu__text_list *metrics, const cornu_compile_options *options)
{
    bool same = !options->output_metrics[0].output;
    for (int i = 0; i < metrics->count && i < CORNU_MAX_METRICS; i++)
        same = same && is_named(options->metrics[i], metrics->items[i]);
    return same && (metrics->count >= CORNU_MAX_METRICS || !options->metrics[metrics->count]);
}

/* "accuracy,auc" of what the file says. */
static void list_metrics(const cornu_compile_options *options, cornu__text *text)
{
    for (int i = 0; i < CORNU_MAX_METRICS && options->metrics[i]; i++)
        cornu__text_add(text, "%s%s", text->length > 0 ? "," : "", name_of(options->metrics[i]));
    for (int i = 0; i < CORNU_MAX_METRICS && options->output_metrics[i].output; i++)
        cornu__text_add(text, "%s%s of %s", text->length > 0 ? "," : "", name_of(options->output_metrics[i].object),
                        options->output_metrics[i].output);
}

static void take_metrics(const cornu__text_list *metrics, cornu_compile_options *options)
{
    for (int i = 0; i < metrics->count && i < CORNU_MAX_METRICS; i++)
        options->metrics[i] = metrics->items[i];
}

/* Weighted metrics, which no option says, stay. */
static bool change_metrics(const char *file, const cornu__text_list *metrics, cornu_compile_options *options)
{
    cornu__text given = {0}, saved = {0};
    if (metrics->count == 0 || are_the_metrics(metrics, options))
        return false;
    for (int i = 0; i < metrics->count; i++)
        cornu__text_add(&given, "%s%s", i > 0 ? "," : "", metrics->items[i]);
    list_metrics(options, &saved);
    if (given.data && saved.data)
        warn_of_change(file, "metrics", given.data, saved.data, "");
    cornu__text_free(&given);
    cornu__text_free(&saved);
    memset(options->metrics, 0, sizeof options->metrics);
    memset(options->output_metrics, 0, sizeof options->output_metrics);
    take_metrics(metrics, options);
    return true;
}

typedef struct change {
    const char *file;
    const cornu__compile_arguments *arguments;
} change;

static bool change_compile(void *state, cornu_compile_options *options)
{
    const change *wanted = state;
    bool optimizer = change_optimizer(wanted->file, wanted->arguments->optimizer, options);
    bool loss = change_loss(wanted->file, wanted->arguments->loss, options);
    return change_metrics(wanted->file, &wanted->arguments->metrics, options) || loss || optimizer;
}

cornu_status cornu__model_load_compiled(const cornu__model_arguments *model_arguments,
                                        const cornu__compile_arguments *arguments, const cornu__dataset *dataset,
                                        cornu_model **model)
{
    cornu__model_arguments wanted = *model_arguments;
    change changes = {model_arguments->model, arguments};
    wanted.compiled = true;
    wanted.threads = arguments->threads;
    wanted.change = change_compile;
    wanted.change_state = &changes;
    return cornu__model_load(&wanted, dataset, model);
}

/* --- What fits the data --- */

/* The targets of output number `index`; NULL if there are none. */
static const cornu_array *targets_of(const cornu__dataset *dataset, cornu_model *model, int index)
{
    if (!cornu_array_is_collection(dataset->y))
        return dataset->y;
    const char *name = cornu_output_name(model, index);
    return name ? cornu_array_item_named(dataset->y, name) : NULL;
}

static const char *fitting_loss(const cornu__dataset *dataset, cornu_model *model, int index)
{
    if (dataset->one_hot)
        return "categorical_crossentropy";
    if (!cornu__holds_classes(targets_of(dataset, model, index)))
        return "mean_squared_error";
    int rank = 0;
    const int64_t *shape = cornu_output_shape(model, index, &rank);
    bool one_column = shape && rank > 1 && shape[rank - 1] == 1;
    return one_column ? "binary_crossentropy" : "sparse_categorical_crossentropy";
}

cornu_status cornu__compile_model(const cornu__compile_arguments *arguments, const cornu__dataset *dataset,
                                  cornu_model *model)
{
    if (cornu__model_is_compiled(model))
        return CORNU_OK;
    const char *optimizer = arguments->optimizer ? arguments->optimizer : arguments->default_optimizer;
    cornu_compile_options options = {
        .struct_size = sizeof options, .optimizer = optimizer, .loss = arguments->loss, .threads = arguments->threads};
    int outputs = cornu_output_count(model), with_accuracy = 0;
    if (outputs < 1)
        outputs = 1; /* a Sequential model that takes its input's shape from the first data */
    take_metrics(&arguments->metrics, &options);
    for (int i = 0; i < outputs; i++) {
        const char *loss = arguments->loss ? arguments->loss : fitting_loss(dataset, model, i);
        if (!arguments->loss)
            options.losses[i] = loss;
        if (arguments->metrics.count > 0 || !strstr(loss, "crossentropy"))
            continue;
        if (outputs == 1)
            options.metrics[0] = "accuracy";
        else /* an output that is a number has no accuracy */
            options.output_metrics[with_accuracy++] = (cornu_for_output){cornu_output_name(model, i), "accuracy"};
    }
    return cornu_compile_with(model, &options);
}
