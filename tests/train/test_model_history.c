/* The history that a model keeps: its trainings follow one another, whole, stopped, and gone on with. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <cornu/cornu.h>

#include "train/small_model.h"

#define ROWS 24

typedef struct data {
    cornu_array *x, *y;
} data;

static int make_data(void **state)
{
    data *made = malloc(sizeof *made);
    *made = (data){small_x(ROWS), small_y(ROWS)};
    *state = made;
    return 0;
}

static int free_data(void **state)
{
    data *made = *state;
    cornu_array_release(made->x);
    cornu_array_release(made->y);
    free(made);
    return 0;
}

static void fit(const data *on, cornu_model *model, int64_t initial_epoch, int64_t epochs)
{
    cornu_history *history =
        cornu_fit(model, on->x, on->y, .initial_epoch = initial_epoch, .epochs = epochs, .verbose = 0);
    if (!history)
        fail_msg("%s", cornu_error_message());
    assert_int_equal(cornu_history_epoch_count(history), epochs - initial_epoch); /* fit's is of its own epochs */
    cornu_history_release(history);
}

static void expect_epochs(cornu_model *model, int64_t count)
{
    const cornu_history *history = cornu_model_history(model);
    assert_non_null(history);
    assert_int_equal(cornu_history_epoch_count(history), count);
    for (int64_t i = 0; i < count; i++)
        assert_int_equal(cornu_history_epoch(history, i), i);
}

static void a_model_that_was_not_trained_has_none(void **state)
{
    (void)state;
    cornu_model *model = small_model(1);
    assert_null(cornu_model_history(model));
    assert_int_equal(cornu_error_status(), CORNU_ERROR_STATE);
    assert_non_null(strstr(cornu_error_message(), "no history"));
    assert_null(cornu_model_history(NULL));
    assert_int_equal(cornu_error_status(), CORNU_ERROR_INVALID_ARGUMENT);
    cornu_model_release(model);
}

static void trainings_follow_one_another(void **state)
{
    cornu_model *model = small_model(1);
    fit(*state, model, 0, 2);
    double second = cornu_history_get(cornu_model_history(model), "loss", 1);
    fit(*state, model, 2, 4); /* goes on where it was */
    expect_epochs(model, 4);
    fit(*state, model, 0, 1); /* begins to count anew: the next one all the same */
    expect_epochs(model, 5);
    int64_t count;
    assert_non_null(cornu_history_values(cornu_model_history(model), "loss", &count));
    assert_int_equal(count, 5);
    assert_true(cornu_history_get(cornu_model_history(model), "loss", 1) == second);
    fit(*state, model, 10, 11); /* a gap is the program's wish */
    assert_int_equal(cornu_history_epoch(cornu_model_history(model), 5), 10);
    cornu_model_release(model);
}

static void values_that_are_new_or_gone_have_their_own_epochs(void **state)
{
    const data *on = *state;
    cornu_model *model = small_model(1);
    fit(on, model, 0, 2);
    cornu_compile(model, .optimizer = "sgd", .loss = "sparse_categorical_crossentropy",
                  .metrics = {"sparse_categorical_accuracy"});
    fit(on, model, 2, 3);
    int64_t count;
    const cornu_history *history = cornu_model_history(model);
    const int64_t *epochs = cornu_history_value_epochs(history, "sparse_categorical_accuracy", &count);
    assert_true(count == 1 && epochs[0] == 2);
    assert_non_null(cornu_history_value_epochs(history, "accuracy", &count));
    assert_int_equal(count, 2);
    cornu_model_release(model);
}

/* --- callbacks --- */

typedef struct watcher {
    int64_t epochs_seen; /* in the model's history, at the end of an epoch */
    int64_t fail_after;  /* this many; 0: never */
    int64_t ended;
} watcher;

static cornu_status watch(void *state, cornu_training *training, int64_t epoch, cornu_logs *logs)
{
    watcher *self = state;
    const cornu_history *history = cornu_model_history(cornu_training_model(training));
    self->epochs_seen = cornu_history_epoch_count(history);
    assert_true(cornu_history_get(history, "loss", -1) == cornu_logs_get(logs, "loss"));
    cornu_logs_set(logs, "mine", (double)epoch);
    return ++self->ended == self->fail_after ? CORNU_ERROR_IO : CORNU_OK;
}

static void callbacks_see_the_epoch_and_what_they_add_is_kept(void **state)
{
    const data *on = *state;
    cornu_model *model = small_model(1);
    watcher seen = {0};
    cornu_history *history =
        cornu_fit(model, on->x, on->y, .epochs = 3, .verbose = 0,
                  .callbacks = {cornu_callback_create(.state = &seen, .on_epoch_end = watch, .name = "watch")});
    assert_non_null(history);
    assert_int_equal(seen.epochs_seen, 3);
    expect_epochs(model, 3);
    assert_true(cornu_history_get(cornu_model_history(model), "mine", -1) == 2);
    cornu_history_release(history);
    cornu_model_release(model);
}

/* Two epochs, then four with a backup, after two of which a callback fails if it is to. */
static cornu_history *train_with_backup(const data *on, cornu_model *model, const char *folder, int64_t fail_after)
{
    watcher failing = {.fail_after = fail_after};
    return cornu_fit(model, on->x, on->y, .epochs = 4, .verbose = 0,
                     .callbacks = {cornu_backup_and_restore(folder),
                                   cornu_callback_create(.state = &failing, .on_epoch_end = watch, .name = "watch")});
}

static void a_training_that_goes_on_has_each_epoch_once(void **state)
{
    char folder[] = "/tmp/cornu-history-XXXXXX", backup[64];
    assert_non_null(mkdtemp(folder));
    snprintf(backup, sizeof backup, "%s/backup", folder);
    for (int same_model = 0; same_model < 2; same_model++) {
        cornu_model *model = small_model(1);
        fit(*state, model, 0, 2);
        assert_null(train_with_backup(*state, model, backup, 3)); /* two epochs were backed up */
        if (!same_model) {                                        /* a process that begins as the first did */
            cornu_model_release(model);
            model = small_model(1);
            fit(*state, model, 0, 2);
        }
        cornu_history *history = train_with_backup(*state, model, backup, 0);
        assert_non_null(history);
        assert_int_equal(cornu_history_epoch_count(history), 4);
        expect_epochs(model, 6);
        int64_t count;
        assert_non_null(cornu_history_values(cornu_model_history(model), "loss", &count));
        assert_int_equal(count, 6);
        for (int64_t i = 0; i < 4; i++)
            assert_true(cornu_history_get(cornu_model_history(model), "loss", i + 2) ==
                        cornu_history_get(history, "loss", i));
        cornu_history_release(history);
        cornu_model_release(model);
    }
    rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_model_that_was_not_trained_has_none),
        cmocka_unit_test(trainings_follow_one_another),
        cmocka_unit_test(values_that_are_new_or_gone_have_their_own_epochs),
        cmocka_unit_test(callbacks_see_the_epoch_and_what_they_add_is_kept),
        cmocka_unit_test(a_training_that_goes_on_has_each_epoch_once),
    };
    return cmocka_run_group_tests_name("model_history", tests, make_data, free_data);
}
