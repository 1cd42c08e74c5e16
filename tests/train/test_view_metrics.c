/* fit's live page: what it is told, what is left of it, and what it costs. */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/memory.h"
#include "base/number_text.h"
#include "support/talk.h"
#include "train/small_model.h"
#include "view/live_listen.h"

#define ROWS 64
#define ROOM (1 << 18)

static char warnings[2048];

static void note_warning(const char *message, void *unused)
{
    (void)unused;
    strncat(warnings, message, sizeof warnings - strlen(warnings) - 1);
}

typedef struct fixture {
    cornu_model *model;
    cornu_array *x, *y;
    char folder[32], page[64];
} fixture;

static int set_up(void **state)
{
    static fixture made;
    made = (fixture){.model = small_model(3), .x = small_x(ROWS), .y = small_y(ROWS), .folder = "view_XXXXXX"};
    warnings[0] = '\0';
    if (!mkdtemp(made.folder))
        return 1;
    snprintf(made.page, sizeof made.page, "%s/page.html", made.folder);
    *state = &made;
    return 0;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    cornu_array_release(f->x);
    cornu_array_release(f->y);
    cornu_model_release(f->model);
    unlink(f->page);
    return rmdir(f->folder);
}

static char *read_file(const char *path)
{
    static char text[ROOM];
    FILE *file = fopen(path, "r");
    text[0] = '\0';
    if (file) {
        text[fread(text, 1, sizeof text - 1, file)] = '\0';
        fclose(file);
    }
    return text;
}

/* A browser in a hook: it asks at the begin, and reads all at the end of the last epoch. */
typedef struct watcher {
    int port, stream;
    char told[ROOM];
    cornu_status (*then)(struct watcher *watcher, int64_t epoch);
} watcher;

static cornu_status begin_to_watch(void *state, cornu_training *training, int64_t index, cornu_logs *logs)
{
    watcher *self = state;
    char request[128];
    (void)index;
    (void)logs;
    assert_int_equal(sscanf(cornu_training_view_address(training), "http://127.0.0.1:%d/", &self->port), 1);
    snprintf(request, sizeof request, "GET /events HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n", self->port);
    self->stream = talk_to(self->port);
    assert_int_equal(talk_say(self->stream, request), 0);
    assert_int_equal(talk_hear_until(self->stream, self->told, sizeof self->told, "\"waiting\""), 0);
    return CORNU_OK;
}

/* After the first epoch waits for its values. */
static cornu_status watch(void *state, cornu_training *training, int64_t epoch, cornu_logs *logs)
{
    watcher *self = state;
    (void)training;
    (void)logs;
    if (epoch == 1)
        assert_int_equal(talk_hear_until(self->stream, self->told, sizeof self->told, "\"epoch_rows\":[[1.0,"), 0);
    return self->then ? self->then(self, epoch) : CORNU_OK;
}

static watcher seen;

/* Whether the text has the row of an epoch, with its loss to the last bit. */
static bool says_loss(const char *text, const cornu_history *history, int epoch)
{
    char expected[64], number[CORNU__NUMBER_TEXT_SIZE];
    snprintf(expected, sizeof expected, "[%d.0,%s,", epoch + 1,
             cornu__number_text(cornu_history_get(history, "loss", epoch), number));
    return strstr(text, expected) != NULL;
}

static cornu_callback *watching(cornu_status (*then)(watcher *watcher, int64_t epoch))
{
    seen = (watcher){.then = then};
    return cornu_callback_create(.on_train_begin = begin_to_watch, .on_epoch_begin = watch, .state = &seen);
}

static void a_browser_sees_the_training_from_begin_to_end(void **state)
{
    fixture *f = *state;
    cornu_history *history = cornu_fit(f->model, f->x, f->y, .epochs = 3, .verbose = 0, .validation_split = 0.25,
                                       .view_metrics = CORNU_VIEW_METRICS_ON, .callbacks = {watching(NULL)});
    assert_non_null(history);
    talk_hear(seen.stream, seen.told, sizeof seen.told);
    assert_non_null(strstr(seen.told, "\"names\":[\"loss\",\"accuracy\",\"val_loss\",\"val_accuracy\"]"));
    assert_non_null(strstr(seen.told, "\"state\":\"ended\""));
    assert_true(says_loss(seen.told, history, 2));
    assert_int_equal(talk_to(seen.port), -1);
    cornu_history_release(history);
}

static void the_file_that_is_left_holds_all_of_it(void **state)
{
    fixture *f = *state;
    cornu_history *history = cornu_fit(f->model, f->x, f->y, .epochs = 3, .verbose = 0, .view_file = f->page);
    assert_non_null(history);
    const char *page = read_file(f->page);
    for (int epoch = 0; epoch < 3; epoch++)
        assert_true(says_loss(page, history, epoch));
    assert_non_null(strstr(page, "\"state\":\"ended\""));
    assert_non_null(strstr(page, "</html>"));
    cornu_history_release(history);
}

static cornu_status fail_in_the_third(watcher *self, int64_t epoch)
{
    (void)self;
    return epoch == 2 ? cornu_error_set(CORNU_ERROR_DATA, "the third is too many") : CORNU_OK;
}

static void a_training_that_fails_leaves_its_page_and_its_message(void **state)
{
    fixture *f = *state;
    assert_null(cornu_fit(f->model, f->x, f->y, .epochs = 5, .verbose = 0, .view_metrics = 1, .view_file = f->page,
                          .callbacks = {watching(fail_in_the_third)}));
    assert_int_equal(cornu_error_status(), CORNU_ERROR_DATA);
    assert_non_null(strstr(cornu_error_message(), "the third is too many"));
    assert_non_null(strstr(read_file(f->page), "\"state\":\"failed\""));
    talk_hear(seen.stream, seen.told, sizeof seen.told);
    assert_non_null(strstr(seen.told, "\"state\":\"failed\""));
}

static cornu_status remove_folder(watcher *self, int64_t epoch)
{
    (void)self;
    return epoch == 1 && system("mv view_?????? moved_away") != 0 ? CORNU_ERROR_IO : CORNU_OK;
}

static void a_page_that_cannot_be_written_does_not_cost_the_training(void **state)
{
    fixture *f = *state;
    cornu_history *history = cornu_fit(f->model, f->x, f->y, .epochs = 3, .verbose = 0, .view_metrics = 1,
                                       .view_file = f->page, .callbacks = {watching(remove_folder)});
    assert_int_equal(rename("moved_away", f->folder), 0);
    assert_non_null(history);
    close(seen.stream);
    assert_non_null(strstr(warnings, "the page of the training could not be written"));
    cornu_history_release(history);
}

static void a_port_that_cannot_be_had(void **state)
{
    fixture *f = *state;
    int port = 0, taken = cornu__live_listen(&port);
    assert_true(taken >= 0);
    assert_null(cornu_fit(f->model, f->x, f->y, .verbose = 0, .view_metrics = 1, .view_port = port));
    assert_int_equal(cornu_error_status(), CORNU_ERROR_IO);
    assert_non_null(strstr(cornu_error_message(), "fit: view_metrics: port "));
    assert_string_equal(warnings, "");
    setenv("CORNU_VIEW_METRICS", "1", 1); /* only the environment asks: training matters more */
    cornu_history *history = cornu_fit(f->model, f->x, f->y, .verbose = 0, .view_port = port, .view_file = f->page);
    unsetenv("CORNU_VIEW_METRICS");
    assert_non_null(history);
    assert_non_null(strstr(warnings, "there is no page of the training: port "));
    assert_non_null(strstr(read_file(f->page), "\"state\":\"ended\""));
    cornu_history_release(history);
    close(taken);
}

static void a_training_that_goes_on_shows_what_was_before(void **state)
{
    fixture *f = *state;
    char backup[64], latest[96];
    snprintf(backup, sizeof backup, "%s/backup", f->folder);
    snprintf(latest, sizeof latest, "%s/latest.npz", backup);
    cornu_history_release(cornu_fit(f->model, f->x, f->y, .epochs = 2, .verbose = 0,
                                    .callbacks = {cornu_backup_and_restore(backup, .delete_checkpoint = false)}));
    cornu_model *another = small_model(4);
    cornu_history *history = cornu_fit(another, f->x, f->y, .epochs = 4, .verbose = 0, .view_file = f->page,
                                       .callbacks = {cornu_backup_and_restore(backup, .delete_checkpoint = false)});
    assert_non_null(history);
    assert_int_equal(cornu_history_epoch_count(history), 4);
    for (int epoch = 0; epoch < 4; epoch++)
        assert_true(says_loss(read_file(f->page), history, epoch));
    cornu_history_release(history);
    cornu_model_release(another);
    unlink(latest);
    rmdir(backup);
}

static void worker_processes_do_not_keep_the_port(void **state)
{
    fixture *f = *state;
    small_batches *batches = small_batches_make(f->x, f->y, 16, NULL, 1);
    cornu_sequence *sequence =
        cornu_sequence_create(.length = small_batches_length, .get = small_batches_get, .state = batches);
    cornu_history *history =
        cornu_fit_generator(f->model, sequence, .epochs = 3, .verbose = 0, .workers = 2, .use_multiprocessing = true,
                            .view_metrics = CORNU_VIEW_METRICS_ON, .callbacks = {watching(NULL)});
    assert_non_null(history);
    talk_hear(seen.stream, seen.told, sizeof seen.told);
    assert_true(says_loss(seen.told, history, 2));
    assert_int_equal(talk_to(seen.port), -1);
    cornu_history_release(history);
    cornu_sequence_release(sequence);
    small_batches_free(batches);
}

/* --- Browsers that go away, and several at once --- */

static cornu_status hang_up(watcher *self, int64_t epoch)
{
    if (epoch == 1)
        close(self->stream);
    return CORNU_OK;
}

static void a_browser_that_goes_away_is_no_signal(void **state)
{
    fixture *f = *state;
    signal(SIGPIPE, SIG_DFL);
    cornu_history *history = cornu_fit(f->model, f->x, f->y, .epochs = 300, .verbose = 0, .view_metrics = 1,
                                       .callbacks = {watching(hang_up)});
    assert_non_null(history);
    cornu_history_release(history);
}

static void *fit_apart(void *unused)
{
    (void)unused;
    cornu_model *model = small_model(3);
    cornu_array *x = small_x(ROWS), *y = small_y(ROWS);
    cornu_history *history = cornu_fit(model, x, y, .epochs = 20, .verbose = 0, .view_metrics = 1);
    cornu_array_release(x);
    cornu_array_release(y);
    cornu_model_release(model);
    return history;
}

static void several_trainings_at_once_have_a_page_each(void **state)
{
    (void)state;
    pthread_t threads[3];
    void *history;
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, fit_apart, NULL), 0);
    for (int i = 0; i < 3; i++) {
        pthread_join(threads[i], &history);
        assert_non_null(history);
        cornu_history_release(history);
    }
}

/* --- What it must not change --- */

static void the_same_bits_with_a_page(void **state)
{
    fixture *f = *state;
    char with[CORNU_SHA256_TEXT_SIZE], without[CORNU_SHA256_TEXT_SIZE];
    cornu_model *other = small_model(3);
    cornu_history_release(cornu_fit(f->model, f->x, f->y, .epochs = 3, .verbose = 0, .view_metrics = 1));
    cornu_history_release(cornu_fit(other, f->x, f->y, .epochs = 3, .verbose = 0));
    small_digest(f->model, with);
    small_digest(other, without);
    assert_string_equal(with, without);
    cornu_model_release(other);
}

static cornu_status count_allocations(void *state, cornu_training *training, int64_t epoch, cornu_logs *logs)
{
    uint64_t *counts = state;
    (void)training;
    (void)logs;
    if (epoch < 5)
        counts[0] = cornu__allocation_count();
    counts[1] = cornu__allocation_count();
    return CORNU_OK;
}

static void a_step_with_a_page_that_nobody_looks_at_allocates_nothing_of_ours(void **state)
{
    fixture *f = *state;
    uint64_t counts[2] = {0};
    cornu_callback *counting = cornu_callback_create(.on_epoch_begin = count_allocations, .state = counts);
    cornu_history_release(
        cornu_fit(f->model, f->x, f->y, .epochs = 50, .verbose = 0, .view_metrics = 1, .callbacks = {counting}));
    assert_true(counts[0] > 0);
    assert_int_equal(counts[0], counts[1]);
}

static int nothing_is_left(void **state)
{
    (void)state;
    return cornu__allocation_live() == 0 ? 0 : 1;
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_browser_sees_the_training_from_begin_to_end),
        TEST(the_file_that_is_left_holds_all_of_it),
        TEST(a_training_that_fails_leaves_its_page_and_its_message),
        TEST(a_page_that_cannot_be_written_does_not_cost_the_training),
        TEST(a_port_that_cannot_be_had),
        TEST(a_training_that_goes_on_shows_what_was_before),
        TEST(worker_processes_do_not_keep_the_port),
        TEST(a_browser_that_goes_away_is_no_signal),
        TEST(several_trainings_at_once_have_a_page_each),
        TEST(the_same_bits_with_a_page),
        TEST(a_step_with_a_page_that_nobody_looks_at_allocates_nothing_of_ours),
    };
    unsetenv("CORNU_VIEW_METRICS");
    cornu_set_warning_handler(note_warning, NULL);
    return cmocka_run_group_tests(tests, NULL, nothing_is_left);
}
