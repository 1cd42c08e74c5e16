/* Every public name of Keras 3 and Keras 2.3, and every argument of Keras 3's classes (tests/oracle/names.py), is Cornu's too, or stands here. */
#include "harness.h"
#include "support/oracle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_t *names_of(const char *keras)
{
    json_t *all = oracle_json("names");
    json_t *names = json_incref(json_object_get(all, keras));
    json_decref(all);
    return names;
}

static const struct {
    const char *module;
    cornu__kind kind;
} modules[] = {
    {"losses", CORNU__KIND_LOSS},
    {"metrics", CORNU__KIND_METRIC},
    {"optimizers", CORNU__KIND_OPTIMIZER},
    {"schedules", CORNU__KIND_SCHEDULE},
    {"initializers", CORNU__KIND_INITIALIZER},
    {"regularizers", CORNU__KIND_REGULARIZER},
    {"constraints", CORNU__KIND_CONSTRAINT},
};

/* What is no class with a meaning of its own: docs/keras.md says what there is instead. */
static const char *const without_class[] = {
    /* functions around classes, and what classes are derived from */
    "get", "serialize", "deserialize", "Loss", "LossFunctionWrapper", "Metric", "BaseMeanIoU",
    "SensitivitySpecificityBase", "Optimizer", "LearningRateSchedule", "Initializer", "Regularizer", "Constraint",
    "is_categorical_crossentropy", "clone_metric", "clone_metrics", "clip_norm", "TFOptimizer",
    /* building blocks of metrics */
    "Mean", "Sum", "Reduce",
    /* absent */
    "MultiOptimizer", "OptimizerMap", "STFT", "STFTInitializer", "stft", NULL};

static bool is_listed(const char *const *list, const char *name)
{
    for (; *list; list++) {
        if (strcmp(*list, name) == 0)
            return true;
    }
    return false;
}

/* A loss is a metric by its name. */
static bool is_known(cornu__kind kind, const char *name)
{
    return cornu__class_find(kind, name) || (kind == CORNU__KIND_METRIC && cornu__class_find(CORNU__KIND_LOSS, name));
}

static int count_unknown(const char *keras)
{
    json_t *all = names_of(keras), *name;
    int unknown = 0;
    size_t k;
    for (size_t i = 0; i < sizeof modules / sizeof *modules; i++) {
        json_array_foreach(json_object_get(all, modules[i].module), k, name)
        {
            const char *text = json_string_value(name);
            bool known = is_known(modules[i].kind, text), listed = is_listed(without_class, text);
            if (known != listed)
                continue;
            print_error("%s of %s: %s\n", text, modules[i].module,
                        known ? "is there, and is listed as if it were not" : "is missing");
            unknown++;
        }
    }
    json_decref(all);
    return unknown;
}

static void every_name_is_known_or_listed(void **state)
{
    (void)state;
    assert_int_equal(count_unknown("keras_3"), 0);
    assert_int_equal(count_unknown("keras_2"), 0);
}

/* Arguments that have no meaning here. "dtype": what a loss, a metric is computed in: float32 always. */
static const char *const without_field[] = {"dtype", "exclude_layers", NULL};

static void every_argument_is_a_field(void **state)
{
    (void)state;
    json_t *all = names_of("options"), *arguments, *argument;
    const char *name;
    int missing = 0;
    size_t k;
    for (size_t i = 0; i < sizeof modules / sizeof *modules; i++) {
        json_object_foreach(json_object_get(all, modules[i].module), name, arguments)
        {
            const cornu__class *class = cornu__class_find(modules[i].kind, name);
            if (!class)
                continue; /* the test above */
            json_array_foreach(arguments, k, argument)
            {
                const char *text = json_string_value(argument);
                if (is_listed(without_field, text) || cornu__class_field(class, text))
                    continue;
                print_error("%s has no '%s'\n", name, text);
                missing++;
            }
        }
    }
    json_decref(all);
    assert_int_equal(missing, 0);
}

static void a_crossentropy_that_is_not_said_which_is_answered_with_those_there_are(void **state)
{
    (void)state;
    const char *const names[] = {"crossentropy", "ce", "CrossEntropy"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_null(cornu__class_find(CORNU__KIND_LOSS, names[i]));
        assert_int_equal(cornu_error_status(), CORNU_ERROR_UNKNOWN_NAME);
        assert_non_null(strstr(cornu_error_message(), "binary_crossentropy, categorical_crossentropy (one-hot"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_name_is_known_or_listed),
        cmocka_unit_test(every_argument_is_a_field),
        cmocka_unit_test(a_crossentropy_that_is_not_said_which_is_answered_with_those_there_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
