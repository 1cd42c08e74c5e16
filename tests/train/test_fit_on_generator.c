/* A generator or Sequence as x: fit, evaluate and predict then do what their functions for generators do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "train/small_model.h"

#define ROWS 50
#define BATCH 16
#define BATCHES 4 /* the last one is smaller */

typedef struct fixture {
    cornu_array *x, *y;
    cornu_sequence *sequence;
} fixture;

static int set_up(void **state)
{
    static fixture made;
    made = (fixture){small_x(ROWS), small_y(ROWS), NULL};
    made.sequence = cornu_array_sequence(made.x, made.y, .batch_size = BATCH);
    *state = &made;
    return made.sequence ? 0 : 1;
}

static int tear_down(void **state)
{
    fixture *made = *state;
    cornu_sequence_release(made->sequence);
    cornu_array_release(made->x);
    cornu_array_release(made->y);
    return 0;
}

static void take_digest(cornu_model *model, cornu_history *history, char digest[CORNU_SHA256_TEXT_SIZE])
{
    if (!history)
        fail_msg("%s", cornu_error_message());
    cornu_history_release(history);
    small_digest(model, digest);
    cornu_model_release(model);
}

static void fit_on_a_sequence_is_fit_generator(void **state)
{
    const fixture *f = *state;
    char wanted[CORNU_SHA256_TEXT_SIZE], digest[CORNU_SHA256_TEXT_SIZE];
    for (int shuffle = 0; shuffle <= CORNU_SHUFFLE_BATCH; shuffle++) {
        cornu_model *model = small_model(3);
        take_digest(model, cornu_fit_generator(model, f->sequence, .epochs = 3, .shuffle = shuffle != 0, .verbose = 0),
                    wanted);
        model = small_model(3);
        take_digest(model,
                    cornu_fit(model, f->sequence, NULL, .epochs = 3, .shuffle = shuffle, .workers = 2,
                              .max_queue_size = 2, .verbose = 0),
                    digest);
        assert_string_equal(digest, wanted);
    }
}

static void fit_on_a_generator_takes_the_steps_that_are_asked_for(void **state)
{
    const fixture *f = *state;
    char wanted[CORNU_SHA256_TEXT_SIZE], digest[CORNU_SHA256_TEXT_SIZE];
    cornu_model *model = small_model(3);
    take_digest(model, cornu_fit(model, f->x, f->y, .batch_size = BATCH, .epochs = 2, .shuffle = false, .verbose = 0),
                wanted);
    for (int workers = 0; workers < 3; workers++) {
        small_batches *batches = small_batches_make(f->x, f->y, BATCH, NULL, 2);
        cornu_generator *generator =
            cornu_generator_create(.next = small_batches_next, .state = batches, .release = small_batches_free);
        model = small_model(3);
        take_digest(model,
                    cornu_fit(model, generator, NULL, .steps_per_epoch = BATCHES, .epochs = 2, .workers = workers,
                              .verbose = 0),
                    digest);
        assert_string_equal(digest, wanted);
        assert_int_equal(batches->given, 2 * BATCHES);
        cornu_generator_release(generator);
    }
}

static void a_loop_of_ones_own_begins_anew_behind_a_training(void **state)
{
    const fixture *f = *state;
    cornu_model *model = small_model(3);
    static const int64_t numbers[] = {0, 1, 0, 1};
    for (int i = 0; i < 4; i++) {
        cornu_batch batch;
        if (i == 2)
            cornu_history_release(cornu_fit(model, f->sequence, NULL, .verbose = 0));
        assert_int_equal(cornu_generator_next(f->sequence, &batch), CORNU_OK);
        assert_int_equal(batch.number, numbers[i]);
        cornu_batch_clear(&batch);
    }
    cornu_model_release(model);
}

static void x_is_evaluated_once(void **state)
{
    const fixture *f = *state;
    cornu_sequence *of[3] = {f->sequence, f->sequence, f->sequence}, **next = of;
    cornu_model *model = small_model(3);
    cornu_history_release(cornu_fit(model, *next++, NULL, .verbose = 0));
    assert_int_equal(next - of, 1);
    cornu_array_release(cornu_predict(model, *next++));
    assert_int_equal(next - of, 2);
    cornu_model_release(model);
}

static void weights_callbacks_and_validation_arrive(void **state)
{
    const fixture *f = *state;
    const cornu_class_weight class_weight[] = {{1, 0.5}, {2, 3}};
    char wanted[CORNU_SHA256_TEXT_SIZE], digest[CORNU_SHA256_TEXT_SIZE];
    cornu_model *model = small_model(3);
    take_digest(model,
                cornu_fit(model, f->x, f->y, .batch_size = BATCH, .shuffle = false, .class_weight = class_weight,
                          .class_weight_count = 2, .verbose = 0),
                wanted);
    model = small_model(3);
    cornu_history *history =
        cornu_fit(model, f->sequence, NULL, .shuffle = false, .class_weight = class_weight, .class_weight_count = 2,
                  .validation_data = {.x = f->x, .y = f->y}, .callbacks = {cornu_terminate_on_nan()}, .verbose = 0);
    assert_non_null(history);
    cornu_logs results;
    assert_int_equal(cornu_evaluate(model, f->x, f->y, &results, .verbose = 0), CORNU_OK); /* batches of 32, both */
    assert_true(cornu_history_get(history, "val_loss", 0) == results.values[0]);
    take_digest(model, history, digest);
    assert_string_equal(digest, wanted);
}

static void evaluate_and_predict_take_one_too(void **state)
{
    const fixture *f = *state;
    cornu_model *model = small_model(3);
    cornu_logs wanted, results;
    assert_int_equal(cornu_evaluate(model, f->x, f->y, &wanted, .batch_size = BATCH, .verbose = 0), CORNU_OK);
    assert_int_equal(cornu_evaluate(model, f->sequence, NULL, &results, .workers = 2, .verbose = 0), CORNU_OK);
    assert_int_equal(results.count, wanted.count);
    for (int i = 0; i < wanted.count; i++)
        assert_true(results.values[i] == wanted.values[i]);
    cornu_array *of_rows = cornu_predict(model, f->x, .batch_size = BATCH),
                *of_batches = cornu_predict(model, f->sequence), *few = cornu_predict(model, f->sequence, .steps = 2);
    assert_int_equal(cornu_array_size(of_batches, 0), ROWS);
    assert_int_equal(cornu_array_size(few, 0), 2 * BATCH);
    assert_memory_equal(cornu_array_data(of_rows), cornu_array_data(of_batches),
                        (size_t)cornu_array_count(of_rows) * sizeof(float));
    cornu_array_release(of_rows);
    cornu_array_release(of_batches);
    cornu_array_release(few);
    cornu_model_release(model);
}

static void says(const char *function, const char *argument)
{
    assert_int_equal(cornu_error_status(), CORNU_ERROR_INVALID_ARGUMENT);
    const char *message = cornu_error_message();
    if (strncmp(message, function, strlen(function)) != 0 || !strstr(message, argument))
        fail_msg("%s", message);
}

static void what_the_batches_bring_themselves_must_not_be_given(void **state)
{
    const fixture *f = *state;
    cornu_model *model = small_model(3);
    cornu_logs results;
    assert_null(cornu_fit(model, f->sequence, f->y, .verbose = 0));
    says("fit: x is a generator or Sequence", "y must not be given");
    assert_null(cornu_fit(model, f->sequence, NULL, .batch_size = 32, .verbose = 0));
    says("fit: ", "batch_size must not be given");
    assert_null(cornu_fit(model, f->sequence, NULL, .sample_weight = f->y, .verbose = 0));
    says("fit: ", "sample_weight must not be given");
    assert_null(cornu_fit(model, f->sequence, NULL, .validation_split = 0.1, .verbose = 0));
    says("fit: ", "validation_split must not be given");
    assert_int_not_equal(cornu_evaluate(model, f->sequence, f->y, &results), CORNU_OK);
    says("evaluate: ", "y must not be given");
    assert_int_not_equal(cornu_evaluate(model, f->sequence, NULL, &results, .batch_size = 8), CORNU_OK);
    says("evaluate: ", "batch_size must not be given");
    assert_int_not_equal(cornu_evaluate(model, f->sequence, NULL, &results, .sample_weight = f->y), CORNU_OK);
    says("evaluate: ", "sample_weight must not be given");
    assert_null(cornu_predict(model, f->sequence, .batch_size = 8));
    says("predict: ", "batch_size must not be given");
    cornu_model_release(model);
}

static void messages_name_the_function_that_was_called(void **state)
{
    const fixture *f = *state;
    cornu_model *model = small_model(3);
    cornu_logs results;
    small_batches *batches = small_batches_make(f->x, f->y, BATCH, NULL, 1);
    cornu_generator *generator =
        cornu_generator_create(.next = small_batches_next, .state = batches, .release = small_batches_free);
    assert_null(cornu_fit(model, generator, NULL, .verbose = 0));
    says("fit: a generator may be endless", "steps_per_epoch must be given");
    assert_int_not_equal(cornu_evaluate(model, generator, NULL, &results, .verbose = 0), CORNU_OK);
    says("evaluate: ", "steps must be given");
    assert_null(cornu_predict(model, generator));
    says("predict: ", "steps must be given");
    assert_null(cornu_fit(model, f->sequence, NULL, .workers = -1, .verbose = 0));
    says("fit: ", "workers is -1");
    assert_null(cornu_fit(model, f->x, f->y, .max_queue_size = 0, .verbose = 0));
    says("fit: ", "max_queue_size is 0");
    assert_null(cornu_fit(model, (cornu_generator *)NULL, NULL, .verbose = 0));
    says("fit: ", "no generator");
    assert_null(cornu_fit(model, NULL, NULL, .verbose = 0));
    says("there is no x", "'input_layer'");
    cornu_generator_release(generator);
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
        TEST(fit_on_a_sequence_is_fit_generator),
        TEST(fit_on_a_generator_takes_the_steps_that_are_asked_for),
        TEST(a_loop_of_ones_own_begins_anew_behind_a_training),
        TEST(x_is_evaluated_once),
        TEST(weights_callbacks_and_validation_arrive),
        TEST(evaluate_and_predict_take_one_too),
        TEST(what_the_batches_bring_themselves_must_not_be_given),
        TEST(messages_name_the_function_that_was_called),
    };
    return cmocka_run_group_tests(tests, NULL, nothing_is_left);
}
