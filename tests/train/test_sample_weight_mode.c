/* sample_weight_mode of Keras 2: accepted, and a check where it is set. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "train/small_model.h"

#define ROWS 12
#define STEPS 5

/* Outputs "steps" (batch, 5, 2) and "whole" (batch, 2). */
static cornu_model *two_outputs(void)
{
    cornu_tensor *x = cornu_input(.shape = {STEPS, 3}, .name = "x");
    cornu_tensor *steps = cornu_call(cornu_dense(2, .name = "steps"), x);
    cornu_tensor *whole = cornu_call(cornu_dense(2, .name = "whole"), cornu_call(cornu_flatten(), x));
    return cornu_functional(.inputs = {x}, .outputs = {steps, whole}, .seed = 6);
}

typedef struct fixture {
    cornu_array *x, *y, *per_step, *per_sample, *temporal, *flat;
} fixture;

static int set_up(void **state)
{
    static fixture f;
    cornu_array *steps = cornu_array_zeros(CORNU_FLOAT32, 3, (int64_t[]){ROWS, STEPS, 2}),
                *whole = cornu_array_zeros(CORNU_FLOAT32, 2, (int64_t[]){ROWS, 2});
    f = (fixture){.x = cornu_array_zeros(CORNU_FLOAT32, 3, (int64_t[]){ROWS, STEPS, 3}),
                  .y = cornu_array_list(2, (cornu_array *[]){steps, whole}),
                  .per_step = cornu_array_zeros(CORNU_FLOAT32, 2, (int64_t[]){ROWS, STEPS}),
                  .per_sample = cornu_array_zeros(CORNU_FLOAT32, 1, (int64_t[]){ROWS})};
    for (int i = 0; i < ROWS * STEPS * 3; i++)
        cornu_array_float32(f.x)[i] = (float)(i % 7) - 3;
    for (int i = 0; i < ROWS * STEPS; i++)
        cornu_array_float32(f.per_step)[i] = (float)(i % 4);
    f.temporal = cornu_array_dict(1, (const char *[]){"steps"}, (cornu_array *[]){f.per_step});
    f.flat = cornu_array_dict(1, (const char *[]){"steps"}, (cornu_array *[]){f.per_sample});
    cornu_array_release(steps);
    cornu_array_release(whole);
    *state = &f;
    return f.temporal && f.flat ? 0 : 1;
}

static int tear_down(void **state)
{
    const fixture *f = *state;
    cornu_array *const all[] = {f->x, f->y, f->per_step, f->per_sample, f->temporal, f->flat};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        cornu_array_release(all[i]);
    return 0;
}

static void train(const fixture *f, cornu_model *model, cornu_status compiled, char digest[CORNU_SHA256_TEXT_SIZE])
{
    if (compiled != CORNU_OK)
        fail_msg("%s", cornu_error_message());
    cornu_history *history = cornu_fit(model, f->x, f->y, .sample_weight = f->temporal, .batch_size = 5, .verbose = 0);
    if (!history)
        fail_msg("%s", cornu_error_message());
    cornu_history_release(history);
    small_digest(model, digest);
    cornu_model_release(model);
}

static void it_changes_nothing_that_the_weights_do_not_say(void **state)
{
    const fixture *f = *state;
    char wanted[CORNU_SHA256_TEXT_SIZE], digest[CORNU_SHA256_TEXT_SIZE];
    cornu_model *model = two_outputs();
    train(f, model, cornu_compile(model, .loss = "mse"), wanted);
    model = two_outputs();
    train(f, model, cornu_compile(model, .loss = "mse", .sample_weight_modes = {"temporal", ""}), digest);
    assert_string_equal(digest, wanted);
    model = two_outputs();
    train(f, model,
          cornu_compile(model, .loss = "mse", .output_sample_weight_modes = {{"whole", NULL}, {"steps", "temporal"}}),
          digest);
    assert_string_equal(digest, wanted);
}

static void says(cornu_status status, const char *words)
{
    assert_int_equal(cornu_error_status(), status);
    if (!strstr(cornu_error_message(), words))
        fail_msg("\"%s\" does not say \"%s\"", cornu_error_message(), words);
}

static void where_it_is_set_weights_are_checked(void **state)
{
    const fixture *f = *state;
    cornu_model *model = two_outputs();
    assert_int_equal(cornu_compile(model, .loss = "mse", .sample_weight_mode = "temporal"), CORNU_OK);
    assert_null(cornu_fit(model, f->x, f->y, .sample_weight = f->flat, .verbose = 0));
    says(CORNU_ERROR_SHAPE, "sample_weight of 'steps' has 1 axes and its target 3");
    cornu_array *whole = cornu_array_dict(1, (const char *[]){"whole"}, (cornu_array *[]){f->per_step});
    assert_null(cornu_fit(model, f->x, f->y, .sample_weight = whole, .verbose = 0));
    says(CORNU_ERROR_SHAPE, "sample_weight of 'whole' has 2 axes and its target 2");
    cornu_history *history = cornu_fit(model, f->x, f->y, .verbose = 0); /* no weights, nothing to check */
    assert_non_null(history);
    cornu_history_release(history);
    cornu_array_release(whole);
    cornu_model_release(model);
}

static void a_mode_for_what_is_not_there_is_refused(void **state)
{
    (void)state;
    cornu_model *model = two_outputs();
    assert_int_not_equal(cornu_compile(model, .loss = "mse", .sample_weight_mode = "temporary"), CORNU_OK);
    says(CORNU_ERROR_INVALID_ARGUMENT, "is \"temporary\", and must be \"temporal\" or NULL");
    assert_int_not_equal(cornu_compile(model, .loss = "mse", .sample_weight_modes = {"temporal"}), CORNU_OK);
    says(CORNU_ERROR_INVALID_ARGUMENT, ".sample_weight_modes has 1 entries; the model has 2 outputs");
    assert_int_not_equal(
        cornu_compile(model, .loss = "mse", .output_sample_weight_modes = {{"step", "temporal"}, {"whole", NULL}}),
        CORNU_OK);
    says(CORNU_ERROR_UNKNOWN_NAME, "no output 'step'");
    assert_int_not_equal(cornu_compile(model, .loss = "mse", .output_sample_weight_modes = {{"steps", "temporal"}}),
                         CORNU_OK);
    says(CORNU_ERROR_INVALID_ARGUMENT, "lacks output 'whole'");
    assert_int_not_equal(
        cornu_compile(model, .loss = "mse", .sample_weight_mode = "temporal", .sample_weight_modes = {"temporal", ""}),
        CORNU_OK);
    says(CORNU_ERROR_INVALID_ARGUMENT, "got more than one of them");
    cornu_model_release(model);
}

static int nothing_is_left(void **state)
{
    (void)state;
    return cornu__allocation_live() == 0 ? 0 : 1;
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(it_changes_nothing_that_the_weights_do_not_say),
        TEST(where_it_is_set_weights_are_checked),
        TEST(a_mode_for_what_is_not_there_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, nothing_is_left);
}
