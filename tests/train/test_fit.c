/* fit's arguments, the order of its hooks, what its history holds, and how it ends. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <cornu/optimizers.h>

#include "base/memory.h"
#include "train/small_model.h"

#define ROWS 50

typedef struct fixture {
    cornu_model *model;
    cornu_array *x, *y;
} fixture;

static char warnings[4096];

static void note_warning(const char *message, void *unused)
{
    (void)unused;
    strncat(warnings, message, sizeof warnings - strlen(warnings) - 2);
    strcat(warnings, "\n");
}

static int set_up(void **state)
{
    static fixture made;
    made = (fixture){small_model(3), small_x(ROWS), small_y(ROWS)};
    warnings[0] = '\0';
    cornu_set_warning_handler(note_warning, NULL);
    *state = &made;
    return made.model && made.x && made.y ? 0 : 1;
}

static int tear_down(void **state)
{
    fixture *made = *state;
    cornu_model_release(made->model);
    cornu_array_release(made->x);
    cornu_array_release(made->y);
    cornu_set_warning_handler(NULL, NULL);
    return 0;
}

#define FIT(...) FIT_ON(f->model, __VA_ARGS__)
#define FIT_ON(model_, ...)                                                                                            \
    ({                                                                                                                 \
        cornu_history *fitted = cornu_fit(model_, f->x, f->y, .verbose = 0, __VA_ARGS__);                              \
        if (!fitted)                                                                                                   \
            fail_msg("%s", cornu_error_message());                                                                     \
        fitted;                                                                                                        \
    })

/* --- Hooks --- */

static char trace[8192];

static void note(const char *word, int64_t index, const cornu_logs *logs)
{
    char text[200];
    snprintf(text, sizeof text, "%s%lld:%d ", word, (long long)index, logs->count);
    strncat(trace, text, sizeof trace - strlen(trace) - 1);
}

#define HOOK(name, word)                                                                                               \
    static cornu_status name(void *state, cornu_training *training, int64_t index, cornu_logs *logs)                   \
    {                                                                                                                  \
        (void)state;                                                                                                   \
        (void)training;                                                                                                \
        note(word, index, logs);                                                                                       \
        return CORNU_OK;                                                                                               \
    }
HOOK(train_begin, "train{")
HOOK(train_end, "}train")
HOOK(epoch_begin, "epoch{")
HOOK(epoch_end, "}epoch")
HOOK(batch_begin, "b{")
HOOK(batch_end, "}b")
HOOK(test_begin, "test{")
HOOK(test_end, "}test")
HOOK(test_batch_begin, "t{")
HOOK(test_batch_end, "}t")
HOOK(predict_begin, "predict{")
HOOK(predict_end, "}predict")
HOOK(predict_batch_begin, "p{")
HOOK(predict_batch_end, "}p")

static cornu_callback *tracer(void)
{
    trace[0] = '\0';
    return cornu_callback_create(.on_train_begin = train_begin, .on_train_end = train_end,
                                 .on_epoch_begin = epoch_begin, .on_epoch_end = epoch_end,
                                 .on_train_batch_begin = batch_begin, .on_train_batch_end = batch_end,
                                 .on_test_begin = test_begin, .on_test_end = test_end,
                                 .on_test_batch_begin = test_batch_begin, .on_test_batch_end = test_batch_end,
                                 .on_predict_begin = predict_begin, .on_predict_end = predict_end,
                                 .on_predict_batch_begin = predict_batch_begin,
                                 .on_predict_batch_end = predict_batch_end);
}

static void hooks_come_in_keras_order_with_keras_logs(void **state)
{
    fixture *f = *state;
    cornu_history_release(FIT(.batch_size = 25, .epochs = 2, .validation_freq = 2,
                              .validation_data = {.x = f->x, .y = f->y}, .validation_batch_size = 40,
                              .callbacks = {tracer()}));
    assert_string_equal(
        trace, "train{0:0 epoch{0:0 b{0:0 }b0:2 b{1:0 }b1:2 }epoch0:2 "
               "epoch{1:0 b{0:0 }b0:2 b{1:0 }b1:2 test{0:0 t{0:0 }t0:2 t{1:0 }t1:2 }test0:2 }epoch1:4 }train0:4 ");
}

static void evaluate_and_predict_call_their_hooks(void **state)
{
    fixture *f = *state;
    cornu_logs results;
    assert_int_equal(
        cornu_evaluate(f->model, f->x, f->y, &results, .batch_size = 25, .verbose = 0, .callbacks = {tracer()}),
        CORNU_OK);
    assert_string_equal(trace, "test{0:0 t{0:0 }t0:2 t{1:0 }t1:2 }test0:2 ");
    cornu_array *predictions = cornu_predict(f->model, f->x, .batch_size = 25, .callbacks = {tracer()});
    assert_string_equal(trace, "predict{0:0 p{0:0 }p0:0 p{1:0 }p1:0 }predict0:0 ");
    cornu_array_release(predictions);
}

static cornu_status stop_at_once(void *state, cornu_training *training, int64_t index, cornu_logs *logs)
{
    (void)logs;
    if (index == *(int *)state)
        cornu_training_stop(training);
    return CORNU_OK;
}

static void stopping_in_an_epoch_still_validates_and_records_it(void **state)
{
    fixture *f = *state;
    int batch = 1;
    cornu_history *history =
        FIT(.batch_size = 10, .epochs = 5, .validation_data = {.x = f->x, .y = f->y},
            .callbacks = {cornu_callback_create(.on_train_batch_end = stop_at_once, .state = &batch), tracer()});
    assert_int_equal(cornu_history_epoch_count(history), 1);
    assert_true(isfinite(cornu_history_get(history, "val_loss", 0)));
    assert_non_null(strstr(trace, "b{1:0 }b1:2 test{"));
    assert_non_null(strstr(trace, "}train0"));
    cornu_history_release(history);
}

/* As Keras 3.15.1 does, whichever of these hooks sets stop_training. */
static void an_epoch_that_is_stopped_before_its_first_batch_makes_that_one(void **state)
{
    fixture *f = *state;
    int first = 0;
    cornu_callback *const stoppers[] = {cornu_callback_create(.on_train_begin = stop_at_once, .state = &first),
                                        cornu_callback_create(.on_epoch_begin = stop_at_once, .state = &first),
                                        cornu_callback_create(.on_train_batch_begin = stop_at_once, .state = &first)};
    for (size_t i = 0; i < sizeof stoppers / sizeof *stoppers; i++) {
        cornu_history *history = FIT(.batch_size = 10, .epochs = 3, .validation_data = {.x = f->x, .y = f->y},
                                     .validation_batch_size = 50, .callbacks = {stoppers[i], tracer()});
        assert_int_equal(cornu_history_epoch_count(history), 1);
        assert_string_equal(trace,
                            "train{0:0 epoch{0:0 b{0:0 }b0:2 test{0:0 t{0:0 }t0:2 }test0:2 }epoch0:4 }train0:4 ");
        cornu_history_release(history);
    }
}

/* In a hook the step's plan and the names in the logs are in use. */
static cornu_status change_the_model(void *state, cornu_training *training, int64_t index, cornu_logs *logs)
{
    int *refused = state;
    cornu_model *model = cornu_training_model(training);
    (void)index;
    (void)logs;
    *refused += cornu_compile(model, .optimizer = "adam", .loss = "mean_absolute_error") == CORNU_ERROR_STATE;
    return CORNU_OK;
}

static void a_hook_cannot_compile_the_model_that_runs(void **state)
{
    fixture *f = *state;
    int refused = 0;
    cornu_callback *changer = cornu_callback_create(.on_epoch_end = change_the_model, .on_test_end = change_the_model,
                                                    .on_train_batch_end = change_the_model, .state = &refused);
    cornu_history_release(
        FIT(.batch_size = 25, .epochs = 2, .validation_data = {.x = f->x, .y = f->y}, .callbacks = {changer}));
    assert_int_equal(refused, 8);
    assert_non_null(strstr(cornu_error_message(), "in a fit, evaluate or predict that runs now"));
    cornu_error_clear();
    assert_int_equal(cornu_compile(f->model, .loss = "sparse_categorical_crossentropy"), CORNU_OK);
}

static cornu_status request(void *state, cornu_training *training, int64_t index, cornu_logs *logs)
{
    (void)state;
    (void)training;
    (void)logs;
    if (index == 2)
        cornu_request_stop();
    return CORNU_OK;
}

static void a_request_to_stop_ends_after_the_batch_in_hand_and_not_later_runs(void **state)
{
    fixture *f = *state;
    cornu_history *history = FIT(.batch_size = 10, .epochs = 5, .validation_data = {.x = f->x, .y = f->y},
                                 .callbacks = {cornu_callback_create(.on_train_batch_begin = request), tracer()});
    assert_int_equal(cornu_history_epoch_count(history), 1);
    assert_null(strstr(trace, "b{3"));
    assert_null(strstr(trace, "test{"));
    assert_non_null(strstr(trace, "}epoch0:2 }train0"));
    cornu_history_release(history);
    history = FIT(.epochs = 2);
    assert_int_equal(cornu_history_epoch_count(history), 2);
    cornu_history_release(history);
}

static void a_stopped_validation_leaves_no_values(void **state)
{
    fixture *f = *state;
    cornu_history *history =
        FIT(.batch_size = 10, .epochs = 5, .validation_data = {.x = f->x, .y = f->y}, .validation_batch_size = 10,
            .callbacks = {cornu_callback_create(.on_test_batch_begin = request), tracer()});
    assert_int_equal(cornu_history_epoch_count(history), 1);
    assert_non_null(strstr(trace, "}t2:2 }test0:2 }epoch0:2 }train0"));
    assert_int_equal(cornu_history_value_count(history), 2);
    cornu_history_release(history);
}

/* A part of the results, taken for the whole, would be worse than none. */
static void a_stopped_evaluation_or_prediction_is_an_error(void **state)
{
    fixture *f = *state;
    cornu_logs results;
    for (int batch_size = 10; batch_size <= 17;
         batch_size += 7) { /* the request comes in batch 2 of 5, and in the last of 3 */
        cornu_status wanted = batch_size == 10 ? CORNU_ERROR_STOPPED : CORNU_OK;
        cornu_callback *callback = cornu_callback_create(.on_test_batch_begin = request);
        assert_int_equal(cornu_evaluate(f->model, f->x, f->y, &results, .batch_size = batch_size, .verbose = 0,
                                        .callbacks = {callback}),
                         wanted);
        callback = cornu_callback_create(.on_predict_batch_begin = request);
        cornu_error_clear();
        cornu_array *predictions = cornu_predict(f->model, f->x, .batch_size = batch_size, .callbacks = {callback});
        assert_int_equal(predictions ? CORNU_OK : cornu_error_status(), wanted);
        cornu_array_release(predictions);
    }
}

static cornu_status refuse(void *state, cornu_training *training, int64_t index, cornu_logs *logs)
{
    (void)state;
    (void)training;
    (void)logs;
    return index == 1 ? cornu_error_set(CORNU_ERROR_IO, "the coffee is out") : CORNU_OK;
}

static void an_error_of_a_hook_ends_fit_with_its_message(void **state)
{
    fixture *f = *state;
    cornu_callback *callback = cornu_callback_create(.name = "Barista", .on_epoch_begin = refuse);
    assert_null(cornu_fit(f->model, f->x, f->y, .verbose = 0, .epochs = 3, .callbacks = {callback, tracer()}));
    assert_int_equal(cornu_error_status(), CORNU_ERROR_IO);
    assert_string_equal(cornu_error_message(), "Barista, on_epoch_begin 1: the coffee is out");
    assert_null(strstr(trace, "}train"));
    cornu_history_release(FIT(.epochs = 1)); /* the model can be used on */
}

static cornu_status add_value(void *state, cornu_training *training, int64_t index, cornu_logs *logs)
{
    (void)state;
    (void)training;
    return cornu_logs_set(logs, "mine", 100.0 + (double)index);
}

static void values_that_callbacks_add_come_behind_in_the_history(void **state)
{
    fixture *f = *state;
    cornu_history *history =
        FIT(.epochs = 3, .validation_split = 0.2, .callbacks = {cornu_callback_create(.on_epoch_end = add_value)});
    const char *const names[] = {"loss", "accuracy", "val_loss", "val_accuracy", "mine"};
    assert_int_equal(cornu_history_value_count(history), 5);
    for (int i = 0; i < 5; i++)
        assert_string_equal(cornu_history_value_name(history, i), names[i]);
    assert_true(cornu_history_get(history, "mine", -1) == 102.0);
    cornu_history_release(history);
}

static double halve(int64_t epoch, double learning_rate, void *state)
{
    (void)state;
    return epoch == 0 ? learning_rate : learning_rate / 2;
}

static void a_schedule_sets_and_logs_the_learning_rate(void **state)
{
    fixture *f = *state;
    cornu_history *history = FIT(.epochs = 3, .callbacks = {cornu_learning_rate_scheduler(halve, NULL)});
    double first = cornu_history_get(history, "learning_rate", 0),
           last = cornu_history_get(history, "learning_rate", 2);
    assert_true(fabs(last / first - 0.25) < 1e-6);
    cornu_history_release(history);
}

static void a_callback_that_failed_to_be_made_is_reported(void **state)
{
    fixture *f = *state;
    assert_null(
        cornu_fit(f->model, f->x, f->y, .verbose = 0, .callbacks = {cornu_learning_rate_scheduler(NULL, NULL)}));
    assert_non_null(strstr(cornu_error_message(), "LearningRateScheduler"));
}

/* --- Values --- */

static void losses_fall_and_evaluate_agrees_with_validation(void **state)
{
    fixture *f = *state;
    cornu_logs results;
    cornu_history *history = FIT(.epochs = 30, .batch_size = 10, .validation_data = {.x = f->x, .y = f->y});
    assert_true(cornu_history_get(history, "loss", -1) < 0.9 * cornu_history_get(history, "loss", 0));
    assert_int_equal(cornu_evaluate(f->model, f->x, f->y, &results, .verbose = 0, .batch_size = 10), CORNU_OK);
    assert_true(results.values[0] == cornu_history_get(history, "val_loss", -1));
    assert_true(cornu_logs_get(&results, "accuracy") == cornu_history_get(history, "val_accuracy", -1));
    assert_true(isnan(cornu_logs_get(&results, "acuracy")));
    assert_non_null(strstr(cornu_error_message(), "was 'accuracy' meant?"));
    cornu_history_release(history);
}

static void the_mean_loss_weighs_batches_by_their_size(void **state)
{
    fixture *f = *state;
    cornu_logs whole, parts;
    assert_int_equal(cornu_evaluate(f->model, f->x, f->y, &whole, .batch_size = ROWS, .verbose = 0), CORNU_OK);
    assert_int_equal(cornu_evaluate(f->model, f->x, f->y, &parts, .batch_size = 13, .verbose = 0), CORNU_OK);
    assert_true(fabs(whole.values[0] - parts.values[0]) < 1e-6);
    assert_true(fabs(whole.values[1] - parts.values[1]) < 1e-6);
}

static int train_batches(const char *from)
{
    int count = 0;
    for (const char *at = strstr(from, "b{"); at; at = strstr(at + 1, "b{"))
        count += at == from || at[-1] == ' ';
    return count;
}

static int test_batches(const char *from)
{
    int count = 0;
    for (const char *at = strstr(from, "t{"); at; at = strstr(at + 1, "t{"))
        count += at[-1] == ' ';
    return count;
}

static void the_split_takes_the_last_rows_as_keras_3_does(void **state)
{
    fixture *f = *state;
    cornu_history *history = FIT(.validation_split = 0.3, .batch_size = 1, .callbacks = {tracer()});
    assert_int_equal(train_batches(trace), 35);
    assert_int_equal(test_batches(trace), 15);
    cornu_array *x = cornu_array_rows(f->x, 35, 50), *y = cornu_array_rows(f->y, 35, 50);
    cornu_logs results;
    assert_int_equal(cornu_evaluate(f->model, x, y, &results, .batch_size = 1, .verbose = 0), CORNU_OK);
    assert_true(results.values[0] == cornu_history_get(history, "val_loss", 0));
    cornu_array_release(x);
    cornu_array_release(y);
    cornu_history_release(history);
    cornu_array *two_x = cornu_array_rows(f->x, 0, 2), *two_y = cornu_array_rows(f->y, 0, 2);
    assert_null(cornu_fit(f->model, two_x, two_y, .verbose = 0, .validation_split = 0.7));
    assert_non_null(strstr(cornu_error_message(), "leaves 0 for training and 2 for validation"));
    cornu_array_release(two_x);
    cornu_array_release(two_y);
}

static void epochs_and_steps_are_counted_as_in_keras(void **state)
{
    fixture *f = *state;
    cornu_history *history = FIT(.initial_epoch = 2, .epochs = 4, .callbacks = {tracer()});
    assert_int_equal(cornu_history_epoch_count(history), 2);
    assert_int_equal(cornu_history_epoch(history, 0), 2);
    assert_int_equal(train_batches(trace), 4); /* 32 and 18 rows */
    cornu_history_release(history);
    history = FIT(.initial_epoch = 4, .epochs = 4, .callbacks = {tracer()});
    assert_int_equal(cornu_history_epoch_count(history), 0);
    assert_string_equal(trace, "train{0:0 }train0:0 ");
    cornu_history_release(history);
    cornu_history_release(FIT(.steps_per_epoch = 4, .callbacks = {tracer()})); /* batches of 13 */
    assert_int_equal(train_batches(trace), 4);
    cornu_history_release(FIT(.steps_per_epoch = 2, .batch_size = 10, .epochs = 3, .callbacks = {tracer()}));
    assert_int_equal(train_batches(trace), 6);
    assert_string_equal(warnings, "");
    cornu_history_release(FIT(.steps_per_epoch = 9, .batch_size = 10, .callbacks = {tracer()}));
    assert_int_equal(train_batches(trace), 5);
    assert_non_null(strstr(warnings, "50 samples make 5 batches of 10"));
    cornu_history_release(FIT(.batch_size = 10, .validation_steps = 2, .validation_data = {.x = f->x, .y = f->y}));
    assert_null(strstr(warnings, "validation_steps"));
    cornu_history_release(FIT(.batch_size = 10, .validation_steps = 6, .validation_data = {.x = f->x, .y = f->y}));
    assert_non_null(strstr(warnings, "validation_steps is 6, but 50 samples make 5 batches of 10"));
    cornu_history_release(FIT(.batch_size = 1000, .callbacks = {tracer()})); /* larger than the data */
    assert_int_equal(train_batches(trace), 1);
    cornu_history_release(FIT(.validation_data = {.x = f->x, .y = f->y}, .validation_steps = 3,
                              .validation_batch_size = 5, .callbacks = {tracer()}));
    assert_int_equal(test_batches(trace), 3);
}

static int64_t value_length(const cornu_history *history, const char *name)
{
    int64_t length = 0;
    assert_non_null(cornu_history_values(history, name, &length));
    return length;
}

static void validation_comes_after_every_so_many_epochs_or_the_listed_ones(void **state)
{
    fixture *f = *state;
    const cornu_validation_data held_out = {.x = f->x, .y = f->y};
    cornu_history *history = FIT(.epochs = 7, .validation_data = held_out, .validation_freq = 3);
    assert_int_equal(value_length(history, "loss"), 7);
    assert_int_equal(value_length(history, "val_loss"), 2); /* epochs 3 and 6: the list is shorter */
    cornu_history_release(history);
    history = FIT(.epochs = 7, .validation_data = held_out, .validation_epochs = {6, 2, 2, 9}, .callbacks = {tracer()});
    assert_int_equal(value_length(history, "val_loss"), 2);
    assert_non_null(strstr(trace, "}epoch1:4 epoch{2"));
    assert_non_null(strstr(trace, "}epoch5:4 epoch{6"));
    cornu_history_release(history);
    history = FIT(.initial_epoch = 2, .epochs = 4, .validation_data = held_out, .validation_epochs = {1, 2, 5});
    assert_int_equal(cornu_history_value_count(history), 2); /* none of them runs */
    cornu_history_release(history);
    cornu_sequence *sequence = cornu_array_sequence(f->x, f->y, .batch_size = 10);
    history = cornu_fit(f->model, sequence, NULL, .epochs = 4, .validation_data = {.generator = sequence},
                        .validation_epochs = {1, 4}, .verbose = 0);
    assert_int_equal(value_length(history, "val_loss"), 2);
    cornu_history_release(history);
    cornu_sequence_release(sequence);
}

static void weights_of_samples_and_classes_multiply(void **state)
{
    fixture *f = *state;
    float weights[ROWS], product[ROWS];
    const int32_t *labels = cornu_array_data(f->y);
    for (int i = 0; i < ROWS; i++) {
        weights[i] = (float)(1 + i % 4);
        product[i] = weights[i] * (labels[i] == 1 ? 0.5f : 1.0f);
    }
    cornu_array *w = cornu_array_view(CORNU_FLOAT32, 1, (int64_t[]){ROWS}, weights),
                *p = cornu_array_view(CORNU_FLOAT32, 1, (int64_t[]){ROWS}, product);
    const cornu_class_weight class_weight[] = {{1, 0.5}};
    char both[CORNU_SHA256_TEXT_SIZE], one[CORNU_SHA256_TEXT_SIZE], none[CORNU_SHA256_TEXT_SIZE];
    cornu_history_release(FIT(.sample_weight = w, .class_weight = class_weight, .class_weight_count = 1));
    small_digest(f->model, both);
    cornu_model_release(f->model);
    f->model = small_model(3);
    cornu_history_release(FIT(.sample_weight = p));
    small_digest(f->model, one);
    cornu_model_release(f->model);
    f->model = small_model(3);
    cornu_history_release(FIT(.epochs = 1));
    small_digest(f->model, none);
    assert_string_equal(both, one);
    assert_string_not_equal(one, none);
    cornu_array_release(w);
    cornu_array_release(p);
}

static void any_dtype_of_the_same_numbers_gives_the_same_bits(void **state)
{
    fixture *f = *state;
    const cornu_dtype dtypes[] = {CORNU_UINT8, CORNU_INT64, CORNU_FLOAT64, CORNU_FLOAT32};
    char wanted[CORNU_SHA256_TEXT_SIZE], digest[CORNU_SHA256_TEXT_SIZE];
    cornu_history_release(FIT(.epochs = 1));
    small_digest(f->model, wanted);
    cornu_array *x = cornu_array_cast(f->x, CORNU_FLOAT64);
    for (size_t i = 0; i < sizeof dtypes / sizeof *dtypes; i++) {
        cornu_model *model = small_model(3);
        cornu_array *y = cornu_array_cast(f->y, dtypes[i]);
        cornu_history_release(cornu_fit(model, x, y, .verbose = 0));
        small_digest(model, digest);
        assert_string_equal(digest, wanted);
        cornu_array_release(y);
        cornu_model_release(model);
    }
    cornu_array_release(x);
}

static cornu_model *model_without_input(void)
{
    cornu_model *model = cornu_sequential(.seed = 1);
    cornu_add(model, cornu_dense(SMALL_CLASSES, .activation = "softmax"));
    assert_int_equal(cornu_compile(model, .optimizer = "sgd", .loss = "sparse_categorical_crossentropy"), CORNU_OK);
    return model;
}

static void a_model_without_input_shape_takes_it_from_the_first_data(void **state)
{
    fixture *f = *state;
    cornu_sequence *sequence = cornu_array_sequence(f->x, f->y, .batch_size = 10);
    for (int door = 0; door < 6; door++) {
        cornu_model *model = model_without_input();
        if (door == 0)
            cornu_history_release(FIT_ON(model, .epochs = 1));
        if (door == 1)
            assert_int_equal(cornu_train_on_batch(model, f->x, f->y, NULL), CORNU_OK);
        if (door == 2)
            cornu_array_release(cornu_predict(model, f->x));
        if (door == 3)
            cornu_history_release(cornu_fit(model, sequence, NULL, .verbose = 0));
        if (door == 4)
            assert_int_equal(cornu_evaluate(model, sequence, NULL, NULL, .verbose = 0), CORNU_OK);
        if (door == 5)
            cornu_array_release(cornu_predict(model, sequence));
        assert_int_equal(cornu_count_params(model), (SMALL_FEATURES + 1) * SMALL_CLASSES);
        cornu_model_release(model);
    }
    cornu_sequence_release(sequence);
}

static cornu_status to_batch(void *state, int64_t number)
{
    ((small_batches *)state)->given = number;
    return CORNU_OK;
}

static cornu_array *where_it_is(void *state)
{
    cornu_array *made = cornu_array_zeros(CORNU_INT64, 1, (int64_t[]){1});
    if (made)
        *(int64_t *)cornu_array_data(made) = ((const small_batches *)state)->given;
    return made;
}

static cornu_status back_to(void *state, const cornu_array *saved)
{
    return to_batch(state, (int64_t)cornu_array_get(saved, 0));
}

/* The batch that told the shape is the first one trained on, once, whatever the generator can do. */
static void the_batch_that_tells_the_shape_is_not_lost(void **state)
{
    fixture *f = *state;
    char wanted[CORNU_SHA256_TEXT_SIZE], digest[CORNU_SHA256_TEXT_SIZE];
    cornu_model *model = model_without_input();
    cornu_history_release(FIT_ON(model, .batch_size = 10, .shuffle = false));
    small_digest(model, wanted);
    cornu_model_release(model);
    for (int kind = 0; kind < 9; kind++) {
        small_batches *batches = small_batches_make(f->x, f->y, 10, NULL, 1);
        cornu_generator *generator =
            cornu_generator_create(.next = small_batches_next, .state = batches, .release = small_batches_free,
                                   .seek = kind % 3 == 1 ? to_batch : NULL,
                                   .save_state = kind % 3 == 2 ? where_it_is : NULL,
                                   .load_state = kind % 3 == 2 ? back_to : NULL);
        model = model_without_input();
        cornu_history *history =
            cornu_fit(model, generator, NULL, .steps_per_epoch = 5, .workers = kind / 3, .verbose = 0);
        if (!history)
            fail_msg("%s", cornu_error_message());
        cornu_history_release(history);
        assert_int_equal(batches->given, 5);
        small_digest(model, digest);
        assert_string_equal(digest, wanted);
        cornu_model_release(model);
        cornu_generator_release(generator);
    }
    small_batches *batches = small_batches_make(f->x, f->y, 10, NULL, 1); /* asked here, used by a worker process */
    cornu_generator *generator = cornu_generator_create(.next = small_batches_next, .state = batches);
    model = model_without_input();
    cornu_history_release(
        cornu_fit(model, generator, NULL, .steps_per_epoch = 5, .use_multiprocessing = true, .verbose = 0));
    small_digest(model, digest);
    assert_string_equal(digest, wanted);
    cornu_model_release(model);
    cornu_generator_release(generator);
    batches->given = 0; /* asked, and never used */
    generator = cornu_generator_create(.next = small_batches_next, .state = batches, .release = small_batches_free);
    model = model_without_input();
    assert_null(cornu_fit(model, generator, NULL, .verbose = 0));
    cornu_generator_release(generator);
    cornu_model_release(model);
}

/* --- Prediction --- */

static void predictions_do_not_depend_on_how_they_are_asked_for(void **state)
{
    fixture *f = *state;
    cornu_array *whole = cornu_predict(f->model, f->x, .batch_size = ROWS),
                *parts = cornu_predict(f->model, f->x, .batch_size = 7);
    cornu_array *at_once = cornu_predict_on_batch(f->model, f->x);
    cornu_sequence *sequence = cornu_array_sequence(f->x, NULL, .batch_size = 7);
    cornu_array *generated = cornu_predict_generator(f->model, sequence, .workers = 2);
    cornu_array *const all[] = {parts, at_once, generated};
    assert_non_null(whole);
    assert_int_equal(cornu_array_rank(whole), 2);
    assert_int_equal(cornu_array_size(whole, 0), ROWS);
    assert_int_equal(cornu_array_size(whole, 1), SMALL_CLASSES);
    for (int i = 0; i < 3; i++) {
        assert_non_null(all[i]);
        assert_int_equal(cornu_array_size(all[i], 0), ROWS);
        for (int64_t k = 0; k < ROWS * SMALL_CLASSES; k++)
            assert_true(fabs(cornu_array_get(all[i], k) - cornu_array_get(whole, k)) < 1e-6);
        cornu_array_release(all[i]);
    }
    cornu_array_release(whole);
    cornu_sequence_release(sequence);
    cornu_array *few = cornu_predict(f->model, f->x, .batch_size = 7, .steps = 2);
    assert_int_equal(cornu_array_size(few, 0), 14);
    cornu_array_release(few);
}

/* --- Generators --- */

static void an_exhausted_generator_finishes_the_epoch_and_ends(void **state)
{
    fixture *f = *state;
    for (int workers = 0; workers < 3; workers++) {
        small_batches *batches = small_batches_make(f->x, f->y, 10, NULL, 1); /* five batches */
        cornu_generator *generator =
            cornu_generator_create(.next = small_batches_next, .state = batches, .release = small_batches_free);
        warnings[0] = '\0';
        cornu_history *history =
            cornu_fit_generator(f->model, generator, .steps_per_epoch = 3, .epochs = 4, .workers = workers,
                                .verbose = 0, .validation_data = {.x = f->x, .y = f->y}, .callbacks = {tracer()});
        assert_non_null(history);
        assert_int_equal(train_batches(trace), 5);
        assert_int_equal(cornu_history_epoch_count(history), 2);
        assert_true(isfinite(cornu_history_get(history, "val_loss", 1)));
        assert_non_null(strstr(warnings, "no more batches in epoch 2"));
        assert_non_null(strstr(trace, "}train"));
        cornu_history_release(history);
        assert_null(cornu_fit_generator(f->model, generator, .steps_per_epoch = 3, .workers = workers, .verbose = 0));
        assert_int_equal(cornu_error_status(), CORNU_ERROR_DATA);
        cornu_generator_release(generator);
    }
}

static void steps_without_end_end_with_the_generator(void **state)
{
    fixture *f = *state;
    small_batches *batches = small_batches_make(f->x, f->y, 10, NULL, 1);
    cornu_generator *generator =
        cornu_generator_create(.next = small_batches_next, .state = batches, .release = small_batches_free);
    cornu_history *history = cornu_fit_generator(f->model, generator, .steps_per_epoch = INT64_MAX, .epochs = 3,
                                                 .verbose = 0, .callbacks = {tracer()});
    assert_non_null(history);
    assert_int_equal(train_batches(trace), 5);
    assert_int_equal(cornu_history_epoch_count(history), 1);
    cornu_history_release(history);
    cornu_generator_release(generator);
}

static cornu_status fail_third(void *state, cornu_batch *batch)
{
    if (batch->number == 2)
        return cornu_error_set(CORNU_ERROR_IO, "the file pictures/3.png is gone");
    return small_batches_get(state, batch->number, batch);
}

static void an_error_in_a_worker_is_fits_error_with_its_batch(void **state)
{
    fixture *f = *state;
    small_batches *batches = small_batches_make(f->x, f->y, 10, NULL, 2);
    for (int workers = 0; workers < 5; workers += 2) {
        cornu_generator *generator =
            cornu_generator_create(.next = fail_third, .state = batches, .thread_safe = workers == 4);
        assert_null(cornu_fit_generator(f->model, generator, .steps_per_epoch = 5, .workers = workers, .verbose = 0));
        assert_int_equal(cornu_error_status(), CORNU_ERROR_IO);
        assert_non_null(strstr(cornu_error_message(), "batch 2: the file pictures/3.png is gone"));
        cornu_generator_release(generator);
    }
    cornu_history_release(FIT(.epochs = 1));
    small_batches_free(batches);
}

static void validation_comes_from_arrays_generators_and_sequences_alike(void **state)
{
    fixture *f = *state;
    double wanted = NAN;
    for (int kind = 0; kind < 3; kind++) {
        cornu_model *model = small_model(3);
        cornu_sequence *training = cornu_array_sequence(f->x, f->y, .batch_size = 10);
        small_batches *batches = small_batches_make(f->x, f->y, 10, NULL, 2);
        cornu_generator *generator = kind == 1   ? cornu_generator_create(.next = small_batches_next, .state = batches)
                                     : kind == 2 ? cornu_array_sequence(f->x, f->y, .batch_size = 10)
                                                 : NULL;
        cornu_validation_data given =
            kind == 0 ? (cornu_validation_data){.x = f->x, .y = f->y} : (cornu_validation_data){.generator = generator};
        cornu_history *history =
            cornu_fit_generator(model, training, .epochs = 2, .verbose = 0, .validation_data = given,
                                .validation_steps = kind == 1 ? 5 : 0, .validation_batch_size = 10);
        assert_non_null(history);
        double loss = cornu_history_get(history, "val_loss", 1);
        if (kind == 0)
            wanted = loss;
        assert_true(loss == wanted);
        cornu_history_release(history);
        cornu_generator_release(generator);
        cornu_sequence_release(training);
        small_batches_free(batches);
        cornu_model_release(model);
    }
}

typedef struct growing {
    small_batches *batches;
    int64_t length;
    int ends;
} growing;

static int64_t growing_length(void *state)
{
    return ((growing *)state)->length;
}

static cornu_status growing_get(void *state, int64_t index, cornu_batch *batch)
{
    return small_batches_get(((growing *)state)->batches, index, batch);
}

static void growing_end(void *state)
{
    growing *self = state;
    self->ends++;
    self->length++;
}

static void a_sequence_is_asked_its_length_again_after_each_epoch(void **state)
{
    fixture *f = *state;
    for (int workers = 0; workers < 3; workers++) {
        growing grows = {small_batches_make(f->x, f->y, 10, NULL, 1), 2, 0};
        cornu_sequence *sequence = cornu_sequence_create(.length = growing_length, .get = growing_get,
                                                         .on_epoch_end = growing_end, .state = &grows);
        cornu_history_release(cornu_fit_generator(f->model, sequence, .epochs = 3, .workers = workers, .verbose = 0,
                                                  .callbacks = {tracer()}));
        assert_int_equal(train_batches(trace), 2 + 3 + 4);
        assert_int_equal(grows.ends, 3);
        cornu_sequence_release(sequence);
        small_batches_free(grows.batches);
    }
}

static int64_t ending_length(void *state)
{
    int *asked = state;
    return (*asked)++ < 2 ? 2 : 0; /* when fit begins, and for its first epoch */
}

static cornu_status ending_get(void *state, int64_t index, cornu_batch *batch)
{
    (void)state;
    batch->x = small_x(10 + index);
    batch->y = small_y(10 + index);
    return batch->x && batch->y ? CORNU_OK : cornu_error_status();
}

static void a_sequence_that_loses_its_batches_is_an_error_and_no_hang(void **state)
{
    fixture *f = *state;
    for (int workers = 0; workers < 3; workers++) {
        int asked = 0;
        cornu_sequence *sequence = cornu_sequence_create(.length = ending_length, .get = ending_get, .state = &asked);
        assert_null(cornu_fit_generator(f->model, sequence, .epochs = 3, .workers = workers, .verbose = 0,
                                        .callbacks = {tracer()}));
        assert_int_equal(cornu_error_status(), CORNU_ERROR_DATA);
        assert_non_null(strstr(cornu_error_message(), "length 0"));
        assert_int_equal(train_batches(trace), 2);
        cornu_sequence_release(sequence);
    }
}

static void evaluate_generator_is_evaluate(void **state)
{
    fixture *f = *state;
    cornu_logs wanted, results;
    cornu_sequence *sequence = cornu_array_sequence(f->x, f->y, .batch_size = 7);
    assert_int_equal(cornu_evaluate(f->model, f->x, f->y, &wanted, .batch_size = 7, .verbose = 0), CORNU_OK);
    assert_int_equal(cornu_evaluate_generator(f->model, sequence, &results, .workers = 3), CORNU_OK);
    assert_true(results.values[0] == wanted.values[0] && results.values[1] == wanted.values[1]);
    cornu_sequence_release(sequence);
}

static cornu_model *linear_model(cornu_identifier optimizer)
{
    cornu_model *model = cornu_sequential(.seed = 5);
    cornu_add(model, cornu_dense(SMALL_CLASSES, .activation = "softmax", .input_shape = {SMALL_FEATURES}));
    assert_int_equal(cornu_compile(model, .optimizer = optimizer, .loss = "sparse_categorical_crossentropy"), CORNU_OK);
    return model;
}

/* avg = 0.9 avg + 0.1 w after each update, begun at the first update's w: worked out here from the weights of plain updates. */
static void a_moving_average_of_the_weights_is_the_weights_in_the_end(void **state)
{
    const fixture *f = *state;
    enum { KERNEL = SMALL_FEATURES * SMALL_CLASSES };
    cornu_model *averaging = linear_model(cornu_sgd(.learning_rate = 0.5, .use_ema = true, .ema_momentum = 0.9));
    cornu_model *plain = linear_model(cornu_sgd(.learning_rate = 0.5));
    double average[KERNEL];
    for (int64_t first = 0; first < ROWS; first += 10) {
        cornu_array *x = cornu_array_rows(f->x, first, first + 10), *y = cornu_array_rows(f->y, first, first + 10);
        assert_int_equal(cornu_train_on_batch(plain, x, y, NULL), CORNU_OK);
        cornu_array *weights = cornu_get_weights(plain);
        for (int i = 0; i < KERNEL; i++) {
            double now = cornu_array_get(cornu_array_item(weights, 0), i);
            average[i] = first == 0 ? now : 0.9 * average[i] + 0.1 * now;
        }
        cornu_array_release(weights);
        cornu_array_release(x);
        cornu_array_release(y);
    }
    cornu_history_release(FIT_ON(averaging, .batch_size = 10, .shuffle = false));
    cornu_array *weights = cornu_get_weights(averaging);
    for (int i = 0; i < KERNEL; i++)
        assert_true(fabs(cornu_array_get(cornu_array_item(weights, 0), i) - average[i]) < 1e-6);
    cornu_array_release(weights);
    cornu_model_release(averaging);
    cornu_model_release(plain);
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
        TEST(hooks_come_in_keras_order_with_keras_logs),
        TEST(evaluate_and_predict_call_their_hooks),
        TEST(stopping_in_an_epoch_still_validates_and_records_it),
        TEST(a_hook_cannot_compile_the_model_that_runs),
        TEST(an_epoch_that_is_stopped_before_its_first_batch_makes_that_one),
        TEST(a_request_to_stop_ends_after_the_batch_in_hand_and_not_later_runs),
        TEST(a_stopped_validation_leaves_no_values),
        TEST(a_stopped_evaluation_or_prediction_is_an_error),
        TEST(an_error_of_a_hook_ends_fit_with_its_message),
        TEST(values_that_callbacks_add_come_behind_in_the_history),
        TEST(a_schedule_sets_and_logs_the_learning_rate),
        TEST(a_callback_that_failed_to_be_made_is_reported),
        TEST(losses_fall_and_evaluate_agrees_with_validation),
        TEST(the_mean_loss_weighs_batches_by_their_size),
        TEST(the_split_takes_the_last_rows_as_keras_3_does),
        TEST(epochs_and_steps_are_counted_as_in_keras),
        TEST(validation_comes_after_every_so_many_epochs_or_the_listed_ones),
        TEST(weights_of_samples_and_classes_multiply),
        TEST(any_dtype_of_the_same_numbers_gives_the_same_bits),
        TEST(a_model_without_input_shape_takes_it_from_the_first_data),
        TEST(the_batch_that_tells_the_shape_is_not_lost),
        TEST(predictions_do_not_depend_on_how_they_are_asked_for),
        TEST(an_exhausted_generator_finishes_the_epoch_and_ends),
        TEST(steps_without_end_end_with_the_generator),
        TEST(an_error_in_a_worker_is_fits_error_with_its_batch),
        TEST(validation_comes_from_arrays_generators_and_sequences_alike),
        TEST(a_sequence_is_asked_its_length_again_after_each_epoch),
        TEST(a_sequence_that_loses_its_batches_is_an_error_and_no_hang),
        TEST(evaluate_generator_is_evaluate),
        TEST(a_moving_average_of_the_weights_is_the_weights_in_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, nothing_is_left);
}
