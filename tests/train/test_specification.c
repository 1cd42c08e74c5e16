/* Numbers that were measured on real Keras, and its mistakes that are not repeated: what training promises where Keras's versions
 * disagree. The model is mostly y = w x with w = 0 at first, so that every number can be worked out by hand. */
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <cornu/initializers.h>
#include <cornu/optimizers.h>
#include <cornu/regularizers.h>

#include "base/memory.h"
#include "train/small_model.h"

static char warnings[4096];

static void note_warning(const char *message, void *unused)
{
    (void)unused;
    strncat(warnings, message, sizeof warnings - strlen(warnings) - 2);
    strcat(warnings, "\n");
}

static int set_up(void **state)
{
    (void)state;
    warnings[0] = '\0';
    cornu_set_warning_handler(note_warning, NULL);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    cornu_set_warning_handler(NULL, NULL);
    return 0;
}

/* y = w x, uncompiled. */
static cornu_model *line(double w)
{
    cornu_model *model = cornu_sequential(.seed = 1);
    cornu_add(model, cornu_dense(1, .use_bias = false, .kernel_initializer = cornu_constant(w), .input_shape = {1},
                                 .name = "line"));
    return model;
}

static cornu_array *column(int64_t rows, const float *values)
{
    cornu_array *made = cornu_array_zeros(CORNU_FLOAT32, 2, (int64_t[]){rows, 1});
    for (int64_t i = 0; made && i < rows; i++)
        cornu_array_float32(made)[i] = values[i];
    return made;
}
#define COLUMN(...) column(sizeof((float[]){__VA_ARGS__}) / sizeof(float), (float[]){__VA_ARGS__})

static void near(double got, double wanted)
{
    if (!(fabs(got - wanted) <= 1e-6 * fmax(1, fabs(wanted))))
        fail_msg("%.9g where %.9g was wanted", got, wanted);
}

static void works(cornu_status status)
{
    if (status != CORNU_OK)
        fail_msg("%s", cornu_error_message());
}

static void release_all(int count, cornu_array *const *arrays)
{
    for (int i = 0; i < count; i++)
        cornu_array_release(arrays[i]);
}
#define RELEASE(...)                                                                                                   \
    release_all(sizeof((cornu_array *[]){__VA_ARGS__}) / sizeof(cornu_array *), (cornu_array *[]){__VA_ARGS__})

/* --- Losses and metrics --- */

/* sum(w l) / n, and for the metric sum(w v) / sum(w): Keras 2.3 and 3; Keras 2.2 had 99 and 12. */
static void weights_divide_the_loss_by_samples_and_the_metric_by_weights(void **state)
{
    (void)state;
    cornu_model *model = line(0);
    works(cornu_compile(model, .optimizer = "sgd", .loss = "mse", .weighted_metrics = {"mae"}));
    cornu_array *x = COLUMN(1, 2, 3, 4), *y = COLUMN(2, 4, 6, 9), *w = COLUMN(0, 0, 1, 2);
    cornu_logs logs;
    works(cornu_test_on_batch(model, x, y, &logs, .sample_weight = w));
    near(logs.values[0], 49.5);
    near(logs.values[1], 8.0);
    works(cornu_evaluate(model, x, y, &logs, .sample_weight = w, .verbose = 0));
    near(logs.values[0], 49.5);
    near(logs.values[1], 8.0);
    works(cornu_compile(model, .optimizer = cornu_sgd(.learning_rate = 0), .loss = "mse", .weighted_metrics = {"mae"}));
    cornu_history *history = cornu_fit(model, x, y, .sample_weight = w, .verbose = 0,
                                       .validation_data = {.x = x, .y = y, .sample_weight = w});
    near(cornu_history_get(history, "loss", 0), 49.5);
    near(cornu_history_get(history, "mae", 0), 8.0);
    near(cornu_history_get(history, "val_loss", 0), 49.5);
    near(cornu_history_get(history, "val_mae", 0), 8.0);
    cornu_history_release(history);
    RELEASE(x, y, w);
    cornu_model_release(model);
}

static void the_epochs_losses_are_the_moving_losses_by_size_of_batch(void **state)
{
    (void)state;
    float values[10];
    for (int i = 0; i < 10; i++)
        values[i] = (float)i / 4;
    cornu_array *x = column(10, values), *y = column(10, values);
    cornu_model *whole = line(0), *stepped = line(0);
    works(cornu_compile(whole, .optimizer = "sgd", .loss = "mse", .metrics = {"mae"}));
    works(cornu_compile(stepped, .optimizer = "sgd", .loss = "mse", .metrics = {"mae"}));
    double sum = 0, unweighted = 0, metric = 0;
    for (int64_t begin = 0; begin < 10; begin += 4) {
        int64_t end = begin + 4 < 10 ? begin + 4 : 10;
        cornu_array *some_x = cornu_array_rows(x, begin, end), *some_y = cornu_array_rows(y, begin, end);
        cornu_logs logs;
        works(cornu_train_on_batch(stepped, some_x, some_y, &logs));
        sum += (double)(end - begin) * logs.values[0];
        metric += (double)(end - begin) * logs.values[1];
        unweighted += logs.values[0];
        RELEASE(some_x, some_y);
    }
    cornu_history *history = cornu_fit(whole, x, y, .batch_size = 4, .shuffle = false, .verbose = 0);
    near(cornu_history_get(history, "loss", 0), sum / 10);
    near(cornu_history_get(history, "mae", 0), metric / 10);
    assert_true(fabs(sum / 10 - unweighted / 3) >
                1e-3); /* the plain mean of batches, as Keras 2.3 has for outputs, differs */
    cornu_history_release(history);
    RELEASE(x, y);
    cornu_model_release(whole);
    cornu_model_release(stepped);
}

/* Keras 2.3 returns the loss of the last batch, or a part of it. */
static void evaluations_in_steps_have_the_mean_of_all_batches(void **state)
{
    (void)state;
    cornu_model *model = line(0);
    works(cornu_compile(model, .optimizer = "sgd", .loss = "mse"));
    cornu_array *x = COLUMN(1, 1, 1, 1, 1), *y = COLUMN(1, 2, 3, 4, 5);
    cornu_sequence *batches = cornu_array_sequence(x, y, .batch_size = 2);
    cornu_logs logs;
    works(cornu_evaluate_generator(model, batches, &logs));
    near(logs.values[0], 55.0 / 5);
    works(cornu_evaluate(model, batches, NULL, &logs, .verbose = 0, .steps = 2));
    near(logs.values[0], 30.0 / 4);
    works(cornu_evaluate(model, x, y, &logs, .batch_size = 2, .steps = 2, .verbose = 0));
    near(logs.values[0], 30.0 / 4);
    cornu_sequence_release(batches);
    RELEASE(x, y);
    cornu_model_release(model);
}

/* As Keras 3; Keras 2 summed it over the batch. Outputs 2 and 4: 0.5 (4 + 16) / 2 beside a mean squared error of 0. */
static void an_activity_penalty_is_divided_by_the_batch(void **state)
{
    (void)state;
    cornu_model *model = cornu_sequential();
    cornu_add(model, cornu_dense(1, .use_bias = false, .kernel_initializer = cornu_constant(2),
                                 .activity_regularizer = cornu_l2(0.5), .input_shape = {1}));
    works(cornu_compile(model, .optimizer = "sgd", .loss = "mse"));
    cornu_array *x = COLUMN(1, 2), *y = COLUMN(2, 4);
    cornu_logs logs;
    works(cornu_test_on_batch(model, x, y, &logs));
    near(logs.values[0], 5.0);
    RELEASE(x, y);
    cornu_model_release(model);
}

/* By the loss, as in Keras 2: each label of a multi-label model counts; Keras 3 would compare the places of the largest. */
static void accuracy_of_a_multi_label_model_is_binary(void **state)
{
    (void)state;
    cornu_model *model = cornu_sequential();
    cornu_add(model, cornu_activation("sigmoid", .input_shape = {4}));
    works(cornu_compile(model, .optimizer = "sgd", .loss = "binary_crossentropy", .metrics = {"accuracy"}));
    float logits[2][4] = {{1, -1, 1, -1}, {-2, -2, 3, 1}}, labels[2][4] = {{1, 0, 0, 0}, {0, 0, 1, 0}};
    cornu_array *x = cornu_array_view(CORNU_FLOAT32, 2, (int64_t[]){2, 4}, logits),
                *y = cornu_array_view(CORNU_FLOAT32, 2, (int64_t[]){2, 4}, labels);
    cornu_logs logs;
    works(cornu_test_on_batch(model, x, y, &logs));
    near(cornu_logs_get(&logs, "accuracy"), 6.0 / 8);
    RELEASE(x, y);
    cornu_model_release(model);
}

static void one_number_for_each_sample_is_no_one_hot_target(void **state)
{
    (void)state;
    cornu_model *model = small_model(1);
    works(cornu_compile(model, .optimizer = "sgd", .loss = "categorical_crossentropy"));
    cornu_array *x = small_x(4), *y = small_y(4);
    assert_null(cornu_fit(model, x, y, .verbose = 0));
    assert_non_null(strstr(cornu_error_message(), "class numbers go with the loss sparse_categorical_crossentropy"));
    RELEASE(x, y);
    cornu_model_release(model);
}

/* --- Arguments of fit --- */

static cornu_status count_call(void *state, cornu_training *training, int64_t index, cornu_logs *logs)
{
    (void)training, (void)index, (void)logs;
    ++*(int *)state;
    return CORNU_OK;
}

/* (int)(10 (1 - 0.9)) is 0 in doubles: Keras 2 then trains on nothing. */
static void a_split_that_leaves_no_training_is_an_error(void **state)
{
    (void)state;
    cornu_model *model = small_model(1);
    cornu_array *x = small_x(10), *y = small_y(10);
    assert_null(cornu_fit(model, x, y, .validation_split = 0.9, .verbose = 0));
    assert_non_null(strstr(cornu_error_message(), "of 10 samples leaves 0 for training and 10 for validation"));
    RELEASE(x, y);
    cornu_model_release(model);
}

/* Four batches, of which three make an epoch: 3, 3, 3, from the first row each time (Keras 3 has 3, 1, 3). */
static void steps_fewer_than_the_data_begin_anew_each_epoch(void **state)
{
    (void)state;
    int batches = 0;
    cornu_array *x = COLUMN(1, 2, 3, 4, 5, 6, 7, 8), *y = COLUMN(1, 2, 3, 4, 5, 6, 7, 8);
    cornu_model *model = line(0);
    works(cornu_compile(model, .optimizer = cornu_sgd(.learning_rate = 0), .loss = "mse"));
    cornu_history *history =
        cornu_fit(model, x, y, .batch_size = 2, .steps_per_epoch = 3, .epochs = 3, .shuffle = false, .verbose = 0,
                  .callbacks = {cornu_callback_create(.on_train_batch_end = count_call, .state = &batches)});
    assert_int_equal(batches, 9);
    for (int epoch = 0; epoch < 3; epoch++)
        near(cornu_history_get(history, "loss", epoch), 91.0 / 6); /* 1 + 4 + 9 + 16 + 25 + 36 */
    cornu_history_release(history);
    assert_string_equal(warnings, "");
    batches = 0; /* without a batch_size: of ceil(8 / 3) = 3 rows */
    cornu_history_release(
        cornu_fit(model, x, y, .steps_per_epoch = 3, .verbose = 0,
                  .callbacks = {cornu_callback_create(.on_train_batch_end = count_call, .state = &batches)}));
    assert_int_equal(batches, 3);
    RELEASE(x, y);
    cornu_model_release(model);
}

static cornu_status stop(void *state, cornu_training *training, int64_t index, cornu_logs *logs)
{
    (void)state, (void)index, (void)logs;
    cornu_training_stop(training);
    return CORNU_OK;
}

static void a_stopped_training_does_not_stop_the_next(void **state)
{
    (void)state;
    cornu_model *model = small_model(1);
    cornu_array *x = small_x(10), *y = small_y(10);
    cornu_history *first =
        cornu_fit(model, x, y, .epochs = 3, .verbose = 0, .callbacks = {cornu_callback_create(.on_epoch_end = stop)});
    cornu_history *second = cornu_fit(model, x, y, .epochs = 3, .verbose = 0);
    assert_int_equal(cornu_history_epoch_count(first), 1);
    assert_int_equal(cornu_history_epoch_count(second), 3);
    cornu_history_release(first);
    cornu_history_release(second);
    RELEASE(x, y);
    cornu_model_release(model);
}

/* What is trained is fixed by compile; a layer frozen or thawed since then is told of, once. */
static void trainable_counts_from_the_next_compile_on(void **state)
{
    (void)state;
    cornu_model *model = line(0);
    cornu_array *x = COLUMN(1), *y = COLUMN(1);
    works(cornu_compile(model, .optimizer = "sgd", .loss = "mse"));
    char before[CORNU_SHA256_TEXT_SIZE], after[CORNU_SHA256_TEXT_SIZE];
    small_digest(model, before);
    cornu_set_trainable(cornu_get_layer(model, "line", 0), false);
    works(cornu_train_on_batch(model, x, y, NULL));
    small_digest(model, after);
    assert_string_not_equal(before, after);
    char *warning = strstr(warnings, "'line'");
    assert_non_null(warning);
    works(cornu_train_on_batch(model, x, y, NULL));
    assert_null(strstr(warning + 1, "'line'"));
    works(cornu_compile(model, .optimizer = "sgd", .loss = "mse"));
    warnings[0] = '\0';
    small_digest(model, before);
    works(cornu_train_on_batch(model, x, y, NULL));
    small_digest(model, after);
    assert_string_equal(before, after);
    assert_string_equal(warnings, "");
    RELEASE(x, y);
    cornu_model_release(model);
}

/* --- Generators and Sequences --- */

/* Notes which batches are asked for, in order; "|" where an epoch of a Sequence ends. */
typedef struct noted {
    int64_t length;
    char order[512];
    pthread_t thread;
    bool other_thread;
} noted;

static void note(noted *self, const char *format, int64_t number)
{
    size_t used = strlen(self->order);
    snprintf(self->order + used, sizeof self->order - used, format, (long long)number);
    self->other_thread |= !pthread_equal(self->thread, pthread_self());
}

static cornu_status give(void *state, int64_t index, cornu_batch *batch)
{
    note(state, "%lld ", index);
    batch->x = COLUMN((float)index);
    batch->y = COLUMN((float)index);
    return CORNU_OK;
}

static cornu_status give_next(void *state, cornu_batch *batch)
{
    return give(state, batch->number, batch);
}

static int64_t length_of(void *state)
{
    return ((const noted *)state)->length;
}

static void end_epoch(void *state)
{
    note(state, "| ", 0);
}

static cornu_sequence *sequence_of(noted *self)
{
    self->thread = pthread_self();
    return cornu_sequence_create(.length = length_of, .get = give, .on_epoch_end = end_epoch, .state = self,
                                 .thread_safe = false);
}

static cornu_model *compiled_line(void)
{
    cornu_model *model = line(0);
    works(cornu_compile(model, .optimizer = "sgd", .loss = "mse"));
    return model;
}

/* In each part of `order` between bars each of the numbers 0 .. length - 1 stands once (in the last, which may be cut short, at most once). */
static void each_number_once(const char *order, int64_t length)
{
    int seen[64] = {0};
    int64_t count = 0;
    for (const char *at = order; *at; at += strcspn(at, " ") + 1) {
        if (*at == '|') {
            assert_int_equal(count, length);
            memset(seen, 0, sizeof seen);
            count = 0;
            continue;
        }
        assert_int_equal(seen[strtol(at, NULL, 10)]++, 0);
        count++;
    }
}

/* Keras 2.3 neither shuffles a Sequence nor calls its on_epoch_end when workers is 0. */
static void without_workers_a_sequence_is_shuffled_and_its_epochs_end(void **state)
{
    (void)state;
    char orders[3][512];
    for (int workers = 0; workers < 3; workers++) {
        noted self = {.length = 12};
        cornu_sequence *sequence = sequence_of(&self);
        cornu_model *model = compiled_line();
        cornu_history_release(cornu_fit(model, sequence, NULL, .epochs = 3, .workers = workers, .verbose = 0));
        each_number_once(self.order, 12);
        assert_int_equal(strlen(self.order) - strlen(strrchr(self.order, '|')), strlen(self.order) - 2);
        assert_null(strstr(self.order, "0 1 2 3 4 5 6 7 8 9 10 11 "));
        assert_int_equal(self.other_thread, workers > 0); /* without workers the calling thread makes them */
        strcpy(orders[workers], self.order);
        cornu_sequence_release(sequence);
        cornu_model_release(model);
    }
    assert_string_equal(orders[0], orders[1]);
    assert_string_equal(orders[0], orders[2]);
}

static void a_sequence_longer_than_an_epoch_goes_on_in_its_own_order(void **state)
{
    (void)state;
    for (int workers = 0; workers < 2; workers++) {
        noted self = {.length = 4};
        cornu_sequence *sequence = sequence_of(&self);
        cornu_model *model = compiled_line();
        cornu_history_release(
            cornu_fit(model, sequence, NULL, .steps_per_epoch = 2, .epochs = 3, .workers = workers, .verbose = 0));
        each_number_once(self.order, 4);
        assert_int_equal(strcspn(self.order, "|"), strlen("0 1 2 3 ")); /* two epochs of training for one of its own */
        assert_int_equal(strlen(self.order), strlen("0 1 2 3 | 0 1 ")); /* and nothing is asked for in vain */
        cornu_sequence_release(sequence);
        cornu_model_release(model);
    }
}

static void a_validation_generator_goes_on_and_a_sequence_is_not_shuffled(void **state)
{
    (void)state;
    for (int workers = 0; workers < 3; workers++) {
        noted by_generator = {0}, by_sequence = {.length = 5};
        cornu_generator *generator = cornu_generator_create(.next = give_next, .state = &by_generator);
        cornu_sequence *sequence = sequence_of(&by_sequence);
        cornu_model *model = compiled_line();
        cornu_array *x = COLUMN(1, 2), *y = COLUMN(1, 2);
        cornu_history *history = cornu_fit(model, x, y, .epochs = 3, .validation_data = {.generator = generator},
                                           .validation_steps = 2, .workers = workers, .verbose = 0);
        assert_non_null(history);
        cornu_history_release(history);
        assert_string_equal(by_generator.order, "0 1 2 3 4 5 ");
        history = cornu_fit(model, x, y, .epochs = 2, .validation_data = {.generator = sequence}, .shuffle = true,
                            .workers = workers, .verbose = 0);
        assert_non_null(history);
        cornu_history_release(history);
        assert_string_equal(by_sequence.order, "0 1 2 3 4 | 0 1 2 3 4 | ");
        RELEASE(x, y);
        cornu_generator_release(generator);
        cornu_sequence_release(sequence);
        cornu_model_release(model);
    }
}

static cornu_status give_nothing(void *state, int64_t index, cornu_batch *batch)
{
    (void)state;
    batch->x = cornu_array_zeros(CORNU_FLOAT32, 2, (int64_t[]){index == 1 ? 0 : 2, 1});
    batch->y = cornu_array_zeros(CORNU_FLOAT32, 2, (int64_t[]){index == 1 ? 0 : 2, 1});
    return CORNU_OK;
}

static void a_batch_without_rows_is_an_error(void **state)
{
    (void)state;
    noted self = {.length = 3};
    cornu_sequence *sequence = cornu_sequence_create(.length = length_of, .get = give_nothing, .state = &self);
    cornu_model *model = compiled_line();
    cornu_logs logs;
    for (int workers = 0; workers < 2; workers++) {
        assert_int_equal(cornu_evaluate(model, sequence, NULL, &logs, .workers = workers, .verbose = 0),
                         CORNU_ERROR_DATA);
        assert_non_null(strstr(cornu_error_message(), "batch 1: there are no data: input 'input_layer' has 0 samples"));
        assert_null(cornu_predict(model, sequence, .workers = workers));
        assert_non_null(strstr(cornu_error_message(), "0 samples"));
        assert_null(cornu_fit(model, sequence, NULL, .workers = workers, .shuffle = false, .verbose = 0));
        assert_non_null(strstr(cornu_error_message(), "0 samples"));
    }
    cornu_sequence_release(sequence);
    cornu_model_release(model);
}

/* Rows of x are the batch's size, whatever it is. */
static cornu_status give_growing(void *state, int64_t index, cornu_batch *batch)
{
    (void)state;
    const float ones[4] = {1, 1, 1, 1},
                numbers[4] = {(float)index + 1, (float)index + 1, (float)index + 1, (float)index + 1};
    batch->x = column(index + 1, ones);
    batch->y = column(index + 1, numbers);
    return CORNU_OK;
}

static void batches_of_any_size_count_by_their_rows(void **state)
{
    (void)state;
    noted self = {.length = 4};
    cornu_sequence *sequence = cornu_sequence_create(.length = length_of, .get = give_growing, .state = &self);
    cornu_model *model = compiled_line();
    cornu_logs logs;
    works(cornu_evaluate(model, sequence, NULL, &logs, .verbose = 0));
    near(logs.values[0], (1 * 1 + 2 * 4 + 3 * 9 + 4 * 16) / 10.0);
    cornu_array *predicted = cornu_predict(model, sequence);
    assert_int_equal(cornu_array_size(predicted, 0), 10);
    cornu_array_release(predicted);
    cornu_sequence_release(sequence);
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
        TEST(weights_divide_the_loss_by_samples_and_the_metric_by_weights),
        TEST(the_epochs_losses_are_the_moving_losses_by_size_of_batch),
        TEST(evaluations_in_steps_have_the_mean_of_all_batches),
        TEST(an_activity_penalty_is_divided_by_the_batch),
        TEST(accuracy_of_a_multi_label_model_is_binary),
        TEST(one_number_for_each_sample_is_no_one_hot_target),
        TEST(a_split_that_leaves_no_training_is_an_error),
        TEST(steps_fewer_than_the_data_begin_anew_each_epoch),
        TEST(a_stopped_training_does_not_stop_the_next),
        TEST(trainable_counts_from_the_next_compile_on),
        TEST(without_workers_a_sequence_is_shuffled_and_its_epochs_end),
        TEST(a_sequence_longer_than_an_epoch_goes_on_in_its_own_order),
        TEST(a_validation_generator_goes_on_and_a_sequence_is_not_shuffled),
        TEST(a_batch_without_rows_is_an_error),
        TEST(batches_of_any_size_count_by_their_rows),
    };
    return cmocka_run_group_tests(tests, NULL, nothing_is_left);
}
