/* summary prints what Keras 3 prints, byte for byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <cornu/model.h>

#include "base/memory.h"
#include "model/golden.h"

#define PIPE_WIDTH 80 /* Keras cuts what is wider off; Cornu prints lines as long as they were asked for */

/* The JSON of a model stands with the case without options. */
static const char *json_of(const json_t *cases, const char *model)
{
    const json_t *item;
    size_t i;
    json_array_foreach(cases, i, item)
    {
        const char *json = json_string_value(json_object_get(item, "json"));
        if (json && strcmp(json_string_value(json_object_get(item, "model")), model) == 0)
            return json;
    }
    fail_msg("there is no JSON of model '%s'", model);
    return NULL;
}

/* The first PIPE_WIDTH characters (not bytes) of each line. */
static char *cut(const char *text)
{
    char *out = malloc(strlen(text) + 1), *to = out;
    int column = 0;
    for (const char *from = text; *from; from++) {
        if (*from == '\n')
            column = 0;
        else if (((unsigned char)*from & 0xC0) != 0x80)
            column++;
        if (column <= PIPE_WIDTH)
            *to++ = *from;
    }
    *to = '\0';
    return out;
}

static void check_case(const json_t *cases, const json_t *item)
{
    const char *name = json_string_value(json_object_get(item, "model")),
               *wanted = json_string_value(json_object_get(item, "stdout"));
    const json_t *options = json_object_get(item, "options");
    cornu_model *model = cornu_model_from_json(json_of(cases, name), 0);
    if (!model)
        fail_msg("model '%s': %s", name, cornu_error_message());
    if (strcmp(name, "compiled") == 0)
        assert_ok(cornu_compile(model, .optimizer = "adam", .loss = "mse"));
    if (strcmp(name, "frozen") == 0)
        cornu_set_trainable(cornu_get_layer(model, "hidden", 0), false);
    char *got =
        cornu_summary_text(model, .line_length = (int)json_integer_value(json_object_get(options, "line_length")),
                           .expand_nested = json_is_true(json_object_get(options, "expand_nested")),
                           .show_trainable = json_is_true(json_object_get(options, "show_trainable")));
    if (!got)
        fail_msg("model '%s': %s", name, cornu_error_message());
    char *got_cut = cut(got), *wanted_cut = cut(wanted);
    while (strlen(wanted_cut) > 1 && strcmp(wanted_cut + strlen(wanted_cut) - 2, "\n\n") == 0)
        wanted_cut[strlen(wanted_cut) - 1] = '\0'; /* print_msg adds an empty line */
    if (strcmp(got_cut, wanted_cut) != 0)
        fail_msg("model '%s'\ngot:\n%s\nKeras prints:\n%s", name, got_cut, wanted_cut);
    free(got_cut);
    free(wanted_cut);
    cornu_free(got);
    cornu_model_release(model);
}

static void summaries_are_those_of_keras_3(void **state)
{
    (void)state;
    unsetenv("COLUMNS");
    json_t *golden = oracle_json("summary");
    const json_t *cases = json_object_get(golden, "cases"), *item;
    size_t i;
    int checked = 0;
    json_array_foreach(cases, i, item)
    {
        if (json_integer_value(json_object_get(item, "keras")) != 3)
            continue;
        check_case(cases, item);
        checked++;
    }
    assert_true(checked >= 20);
    json_decref(golden);
}

static void a_line_length_that_cannot_hold_the_columns_is_refused(void **state)
{
    (void)state;
    cornu_model *model = cornu_sequential(.name = "small");
    cornu_add(model, cornu_dense(3, .input_shape = {2}));
    assert_null(cornu_summary_text(model, .line_length = 12));
    assert_message_has("12 characters");
    cornu_model_release(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(summaries_are_those_of_keras_3),
        cmocka_unit_test(a_line_length_that_cannot_hold_the_columns_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
