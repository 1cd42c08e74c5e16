/* A thousand epochs of one batch: every epoch begins and ends a pass, and on_epoch_end is called between the workers' batches. Small enough to
 * run under the thread sanitizer too. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/memory.h"
#include "train/small_model.h"

#define ROWS 8
#define EPOCHS 1000

typedef struct one_batch {
    cornu_array *x, *y;
    int64_t given, ended;
} one_batch;

static int set_up(void **state)
{
    static one_batch made;
    made = (one_batch){.x = small_x(ROWS), .y = small_y(ROWS)};
    *state = &made;
    return made.x && made.y ? 0 : 1;
}

static int tear_down(void **state)
{
    one_batch *data = *state;
    cornu_array_release(data->x);
    cornu_array_release(data->y);
    return cornu__allocation_live() == 0 ? 0 : 1;
}

static int64_t length(void *state)
{
    (void)state;
    return 1;
}

/* Without locks or atomics: a Sequence that is not thread-safe is called by one thread at a time, and not while on_epoch_end runs. */
static cornu_status get(void *state, int64_t index, cornu_batch *batch)
{
    one_batch *data = state;
    assert_int_equal(index, 0);
    assert_int_equal(data->given++, data->ended);
    batch->x = cornu_array_retain(data->x);
    batch->y = cornu_array_retain(data->y);
    return CORNU_OK;
}

static void on_epoch_end(void *state)
{
    ((one_batch *)state)->ended++;
}

static void expect_all(cornu_history *history)
{
    if (!history)
        fail_msg("%s", cornu_error_message());
    assert_int_equal(cornu_history_epoch_count(history), EPOCHS);
    assert_true(cornu_history_get(history, "loss", -1) < cornu_history_get(history, "loss", 0));
    cornu_history_release(history);
}

static void fit_runs_a_thousand_epochs(void **state)
{
    const one_batch *data = *state;
    cornu_model *model = small_model(1);
    assert_non_null(model);
    expect_all(cornu_fit(model, data->x, data->y, .batch_size = ROWS, .epochs = EPOCHS, .verbose = 0,
                         .validation_data = {.x = data->x, .y = data->y}));
    cornu_model_release(model);
}

static void fit_generator_runs_a_thousand_epochs(void **state)
{
    one_batch *data = *state;
    for (int workers = 0; workers < 3; workers++) {
        cornu_model *model = small_model(1);
        cornu_sequence *sequence = cornu_sequence_create(.length = length, .get = get, .on_epoch_end = on_epoch_end,
                                                         .state = data, .thread_safe = false);
        assert_non_null(model);
        assert_non_null(sequence);
        data->given = data->ended = 0;
        expect_all(cornu_fit_generator(model, sequence, .epochs = EPOCHS, .verbose = 0, .workers = workers,
                                       .max_queue_size = 3));
        assert_int_equal(data->given, EPOCHS);
        assert_int_equal(data->ended, EPOCHS);
        cornu_sequence_release(sequence);
        cornu_model_release(model);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fit_runs_a_thousand_epochs),
        cmocka_unit_test(fit_generator_runs_a_thousand_epochs),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
