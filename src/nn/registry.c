/* nn/registry.c: classes by name. The lists of the families are joined once, by kind. */
#include "nn/registry.h"

#include <ctype.h>
#include <pthread.h>
#include <string.h>

#include "base/text.h"

#define MAX_CLASSES 256 /* of one kind */
#define MAX_NAMES 512

static const struct {
    cornu__kind kind;
    const cornu__class *const *classes;
} families[] = {
    {CORNU__KIND_LAYER, cornu__core_layers},
    {CORNU__KIND_LAYER, cornu__activation_layers},
    {CORNU__KIND_LAYER, cornu__convolution_layers},
    {CORNU__KIND_LAYER, cornu__pooling_layers},
    {CORNU__KIND_LAYER, cornu__normalization_layers},
    {CORNU__KIND_LAYER, cornu__reshaping_layers},
    {CORNU__KIND_LAYER, cornu__merge_layers},
    {CORNU__KIND_LAYER, cornu__noise_layers},
    {CORNU__KIND_LAYER, cornu__place_steps},
    {CORNU__KIND_LAYER, cornu__bend_steps},
    {CORNU__KIND_LAYER, cornu__size_steps},
    {CORNU__KIND_LAYER, cornu__color_steps},
    {CORNU__KIND_LAYER, cornu__gray_steps},
    {CORNU__KIND_LAYER, cornu__value_steps},
    {CORNU__KIND_LAYER, cornu__filter_steps},
    {CORNU__KIND_LAYER, cornu__histogram_steps},
    {CORNU__KIND_LAYER, cornu__erasing_steps},
    {CORNU__KIND_LAYER, cornu__mix_steps},
    {CORNU__KIND_LAYER, cornu__several_steps},
    {CORNU__KIND_LOSS, cornu__losses},
    {CORNU__KIND_LOSS, cornu__crossentropy_losses},
    {CORNU__KIND_LOSS, cornu__embedding_losses},
    {CORNU__KIND_LOSS, cornu__sequence_losses},
    {CORNU__KIND_METRIC, cornu__accuracy_metrics},
    {CORNU__KIND_METRIC, cornu__mean_metrics},
    {CORNU__KIND_METRIC, cornu__confusion_metrics},
    {CORNU__KIND_METRIC, cornu__curve_metrics},
    {CORNU__KIND_METRIC, cornu__score_metrics},
    {CORNU__KIND_METRIC, cornu__overlap_metrics},
    {CORNU__KIND_OPTIMIZER, cornu__gradient_optimizers},
    {CORNU__KIND_OPTIMIZER, cornu__moment_optimizers},
    {CORNU__KIND_OPTIMIZER, cornu__norm_optimizers},
    {CORNU__KIND_OPTIMIZER, cornu__loss_scale_optimizers},
    {CORNU__KIND_SCHEDULE, cornu__schedules},
    {CORNU__KIND_INITIALIZER, cornu__initializers},
    {CORNU__KIND_REGULARIZER, cornu__regularizers},
    {CORNU__KIND_CONSTRAINT, cornu__constraints},
    {CORNU__KIND_ACTIVATION, cornu__activations},
};

static const cornu__class *joined[CORNU__KIND_COUNT][MAX_CLASSES + 1];
static pthread_once_t join_once = PTHREAD_ONCE_INIT;

static void join(void)
{
    int count[CORNU__KIND_COUNT] = {0};
    for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
        cornu__kind kind = families[i].kind;
        for (const cornu__class *const *class = families[i].classes; *class && count[kind] < MAX_CLASSES; class ++)
            joined[kind][count[kind]++] = *class;
    }
}

const cornu__class *const *cornu__classes(cornu__kind kind)
{
    pthread_once(&join_once, join);
    return joined[kind];
}

const char *cornu__kind_name(cornu__kind kind)
{
    static const char *const names[CORNU__KIND_COUNT] = {
        [CORNU__KIND_LAYER] = "layer",
        [CORNU__KIND_LOSS] = "loss",
        [CORNU__KIND_METRIC] = "metric",
        [CORNU__KIND_OPTIMIZER] = "optimizer",
        [CORNU__KIND_SCHEDULE] = "learning rate schedule",
        [CORNU__KIND_INITIALIZER] = "initializer",
        [CORNU__KIND_REGULARIZER] = "regularizer",
        [CORNU__KIND_CONSTRAINT] = "constraint",
        [CORNU__KIND_ACTIVATION] = "activation",
    };
    return kind < CORNU__KIND_COUNT ? names[kind] : "object";
}

static bool same_exactly(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

/* "GlorotUniform" and "glorot_uniform" are one name. */
static bool same_loosely(const char *a, const char *b)
{
    for (;; a++, b++) {
        while (*a == '_')
            a++;
        while (*b == '_')
            b++;
        if (tolower((unsigned char)*a) != tolower((unsigned char)*b))
            return false;
        if (!*a)
            return true;
    }
}

static const cornu__class *find(cornu__kind kind, const char *name, bool (*same)(const char *, const char *))
{
    for (const cornu__class *const *class = cornu__classes(kind); *class; class ++) {
        if (same((*class)->name, name))
            return *class;
        for (const char *const *alias = (*class)->aliases; alias && *alias; alias++)
            if (same(*alias, name))
                return *class;
    }
    return NULL;
}

/* The spelling that was meant, in the words that a program would use: aliases where there are some, else the class's name. */
static const char *nearest_name(cornu__kind kind, const char *name)
{
    const char *names[MAX_NAMES];
    size_t count = 0;
    for (const cornu__class *const *class = cornu__classes(kind); *class; class ++) {
        for (const char *const *alias = (*class)->aliases; alias && *alias && count < MAX_NAMES; alias++)
            names[count++] = *alias;
        if (count < MAX_NAMES)
            names[count++] = (*class)->name;
    }
    return cornu__text_nearest(name, names, count);
}

/* Keras 3 chooses one by the first targets; here a model is compiled, and its targets are known, before there are any. */
static bool is_some_crossentropy(cornu__kind kind, const char *name)
{
    return kind == CORNU__KIND_LOSS &&
           (cornu__text_equal_nocase(name, "crossentropy") || cornu__text_equal_nocase(name, "ce"));
}

const cornu__class *cornu__class_find(cornu__kind kind, const char *name)
{
    const cornu__class *class = find(kind, name, same_exactly);
    if (!class)
        class = find(kind, name, same_loosely);
    if (class)
        return class;
    if (is_some_crossentropy(kind, name))
        return cornu__fail_null(
            CORNU_ERROR_UNKNOWN_NAME,
            "the loss \"%s\" is one of several: wanted binary_crossentropy, categorical_crossentropy "
            "(one-hot targets) or sparse_categorical_crossentropy (class numbers)",
            name);
    const char *nearest = nearest_name(kind, name);
    return cornu__fail_null(CORNU_ERROR_UNKNOWN_NAME, "there is no %s \"%s\"%s%s%s", cornu__kind_name(kind), name,
                            nearest ? "; did you mean \"" : "", nearest ? nearest : "", nearest ? "\"?" : "");
}
