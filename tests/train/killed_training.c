/* killed_training.c: trainings in a process of their own, which may be killed at any moment. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <cornu/optimizers.h>

#include "train/killed_training.h"

/* --- A training in a process of its own, which kills itself after some batches --- */

static cornu_status count_down(void *state, cornu_training *training, int64_t batch, cornu_logs *logs)
{
    killer *self = state;
    (void)training;
    (void)batch;
    (void)logs;
    if (self->left != NEVER && self->left-- == 0) {
        if (!self->stop)
            kill(getpid(), SIGKILL);
        cornu_request_stop();
    }
    return CORNU_OK;
}

/* Lower with each epoch, as a schedule of the program's own: what is set must come back too. */
static double decay(int64_t epoch, double learning_rate, void *state)
{
    (void)epoch;
    (void)state;
    return 0.9 * learning_rate;
}

static cornu_history *fit(door way, cornu_model *model, const cornu_array *x, const cornu_array *y, killer *kills,
                          cornu_callback *backup)
{
    cornu_callback *end = cornu_callback_create(.on_train_batch_end = count_down, .state = kills);
    cornu_callback *rate = cornu_learning_rate_scheduler(decay, NULL);
    if (way == BY_FIT)
        return cornu_fit(model, x, y, .epochs = KILLED_EPOCHS, .batch_size = KILLED_BATCH_SIZE, .verbose = 0,
                         .validation_data = {.x = x, .y = y}, .callbacks = {end, rate, backup});
    small_batches *batches = small_batches_make(x, y, KILLED_BATCH_SIZE, NULL, KILLED_EPOCHS);
    cornu_generator *generator =
        way == BY_GENERATOR
            ? cornu_generator_create(.next = small_batches_next, .state = batches, .release = small_batches_free)
            : NULL;
    cornu_sequence *sequence = way == BY_SEQUENCE
                                   ? cornu_sequence_create(.length = small_batches_length, .get = small_batches_get,
                                                           .state = batches, .release = small_batches_free)
                                   : NULL;
    cornu_history *history = way == BY_GENERATOR
                                 ? cornu_fit_generator(model, generator, .epochs = KILLED_EPOCHS,
                                                       .steps_per_epoch = SCRIPTED_ROWS / KILLED_BATCH_SIZE,
                                                       .verbose = 0, .workers = 0, .callbacks = {end, rate, backup})
                                 : cornu_fit_generator(model, sequence, .epochs = KILLED_EPOCHS, .verbose = 0,
                                                       .workers = 0, .callbacks = {end, rate, backup});
    cornu_generator_release(generator);
    cornu_sequence_release(sequence);
    return history;
}

/* In the child: trains, and writes the digest of the weights. Its exit status: 0 when it came to the end. */
static int train(door way, const char *folder, const char *digest_path, killer kills)
{
    char digest[CORNU_SHA256_TEXT_SIZE];
    cornu_model *model = small_model(3);
    cornu_compile(model, .optimizer = cornu_adam(.learning_rate = 0.02, .use_ema = true),
                  .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"}, .threads = 1);
    cornu_array *x = small_x(SCRIPTED_ROWS), *y = small_y(SCRIPTED_ROWS);
    cornu_history *history = fit(way, model, x, y, &kills, cornu_backup_and_restore(folder));
    if (!history) {
        fprintf(stderr, "%s\n", cornu_error_message());
        return 2;
    }
    small_digest(model, digest);
    FILE *file = fopen(digest_path, "w");
    if (!file || fputs(digest, file) < 0 || fclose(file) != 0)
        return 3;
    return 0;
}

bool killed_training_run(door way, const char *folder, const char *digest_path, killer kills)
{
    int status;
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(train(way, folder, digest_path, kills));
    if (kills.microseconds > 0) {
        usleep((useconds_t)kills.microseconds);
        kill(child, SIGKILL);
    }
    assert_true(waitpid(child, &status, 0) == child);
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
        return false;
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    return true;
}

void killed_training_digest(const char *path, char digest[CORNU_SHA256_TEXT_SIZE])
{
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_non_null(fgets(digest, CORNU_SHA256_TEXT_SIZE, file));
    fclose(file);
}
