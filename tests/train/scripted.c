/* scripted.c: trainings of the small model for tests of callbacks. */
#include <ftw.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/memory.h"
#include "support/scratch.h"
#include "train/scripted.h"

/* --- Fixture --- */

int scripted_set_up(void **state)
{
    static scripted made;
    made = (scripted){small_model(3), small_x(SCRIPTED_ROWS), small_y(SCRIPTED_ROWS), {0}};
    snprintf(made.folder, sizeof made.folder, "%s/cornu-callbacks-XXXXXX", scratch_folder());
    *state = &made;
    return made.model && made.x && made.y && mkdtemp(made.folder) ? 0 : 1;
}

static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *place)
{
    (void)about;
    (void)kind;
    (void)place;
    return remove(path);
}

static int remove_folder(const scripted *test)
{
    return nftw(test->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

void scripted_empty_folder(const scripted *test)
{
    assert_int_equal(remove_folder(test), 0);
    assert_int_equal(mkdir(test->folder, 0700), 0);
}

int scripted_tear_down(void **state)
{
    scripted *test = *state;
    cornu_model_release(test->model);
    cornu_array_release(test->x);
    cornu_array_release(test->y);
    return remove_folder(test);
}

int scripted_nothing_is_left(void **state)
{
    (void)state;
    return cornu__allocation_live() == 0 ? 0 : 1;
}

const char *scripted_path(const scripted *test, const char *name)
{
    static char paths[8][SCRIPTED_PATH_SIZE];
    static int next;
    char *path = paths[next++ % 8];
    snprintf(path, SCRIPTED_PATH_SIZE, "%s/%s", test->folder, name);
    return path;
}

/* --- Trainings --- */

static cornu_status play(void *state, cornu_training *training, int64_t epoch, cornu_logs *logs)
{
    const double *values = state;
    (void)training;
    return isnan(values[epoch]) ? CORNU_OK : cornu_logs_set(logs, "score", values[epoch]);
}

cornu_callback *scripted_values(const double *values)
{
    return cornu_callback_create(.on_epoch_end = play, .state = (void *)values);
}

int64_t scripted_run(const scripted *test, int epochs, cornu_callback *first, cornu_callback *second)
{
    cornu_history *history = cornu_fit(test->model, test->x, test->y, .epochs = epochs, .verbose = 0, .batch_size = 10,
                                       .callbacks = {first, second});
    if (!history)
        fail_msg("%s", cornu_error_message());
    int64_t ran = cornu_history_epoch_count(history);
    cornu_history_release(history);
    return ran;
}

void scripted_fails(const scripted *test, cornu_callback *callback, cornu_status status, const char *const *words)
{
    char before[CORNU_SHA256_TEXT_SIZE], after[CORNU_SHA256_TEXT_SIZE];
    small_digest(test->model, before);
    assert_non_null(callback);
    assert_null(cornu_fit(test->model, test->x, test->y, .verbose = 0, .callbacks = {callback}));
    if (cornu_error_status() != status)
        fail_msg("status %s: %s", cornu_status_name(cornu_error_status()), cornu_error_message());
    for (; *words; words++) {
        if (!strstr(cornu_error_message(), *words))
            fail_msg("no '%s' in: %s", *words, cornu_error_message());
    }
    small_digest(test->model, after);
    assert_string_equal(before, after); /* before the first epoch */
}

void scripted_ignore_warning(const char *message, void *nothing)
{
    (void)message;
    (void)nothing;
}

/* --- Standard output --- */

static FILE *captured;
static int kept_output;

void scripted_capture_begin(void)
{
    fflush(stdout);
    captured = tmpfile();
    kept_output = dup(STDOUT_FILENO);
    assert_non_null(captured);
    assert_true(kept_output >= 0 && dup2(fileno(captured), STDOUT_FILENO) >= 0);
}

void scripted_capture_end(char *text, size_t size)
{
    fflush(stdout);
    dup2(kept_output, STDOUT_FILENO);
    close(kept_output);
    rewind(captured);
    text[fread(text, 1, size - 1, captured)] = '\0';
    fclose(captured);
}
