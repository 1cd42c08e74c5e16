/* compile.c: compiling a model for the data that were given. */
#include <string.h>

#include "cli/compile.h"
#include "model/step.h"

#define AT(field) offsetof(cornu__compile_arguments, field)
const cornu__argument cornu__compile_argument_table[] = {
    {"loss", CORNU__ARGUMENT_TEXT, AT(loss), 0, "LOSS",
     "[a cross-entropy for classes, mean_squared_error for numbers]"},
    {"metrics", CORNU__ARGUMENT_LIST, AT(metrics), 0, "METRICS", "separated by commas [accuracy for classes]"},
    {"threads", CORNU__ARGUMENT_INT, AT(threads), 0, "N", "threads of the kernels [one per processor]"},
    {0},
};

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

bool cornu__compile_keeps(const cornu__compile_arguments *arguments)
{
    return !arguments->optimizer && !arguments->loss && arguments->metrics.count == 0;
}

cornu_status cornu__model_load_compiled(const cornu__model_arguments *model_arguments,
                                        const cornu__compile_arguments *arguments, const cornu__dataset *dataset,
                                        cornu_model **model)
{
    cornu__model_arguments wanted = *model_arguments;
    wanted.keep_compiled = cornu__compile_keeps(arguments);
    wanted.threads = arguments->threads;
    return cornu__model_load(&wanted, dataset, model);
}

cornu_status cornu__compile_model(const cornu__compile_arguments *arguments, const cornu__dataset *dataset,
                                  cornu_model *model)
{
    if (cornu__compile_keeps(arguments) && cornu__model_is_compiled(model))
        return CORNU_OK;
    const char *optimizer = arguments->optimizer ? arguments->optimizer : arguments->default_optimizer;
    cornu_compile_options options = {
        .struct_size = sizeof options, .optimizer = optimizer, .loss = arguments->loss, .threads = arguments->threads};
    int outputs = cornu_output_count(model), with_accuracy = 0;
    if (outputs < 1)
        outputs = 1; /* a Sequential model that takes its input's shape from the first data */
    for (int i = 0; i < arguments->metrics.count && i < CORNU_MAX_METRICS; i++)
        options.metrics[i] = arguments->metrics.items[i];
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
