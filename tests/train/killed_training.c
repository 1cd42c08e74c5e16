/* killed_training.c: trainings in a process of their own, which may be killed at any moment. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <cornu/optimizers.h>

#include "base/random.h"
#include "train/killed_training.h"

#define LARGEST_RESULT 65536
#define SMALL_FILE 2000 /* bytes; the log has fewer */
#define FAILED_AS_WANTED 5

int killed_training_steps(const killed_training *what)
{
    return KILLED_STEPS - what->odd_steps;
}

int killed_training_validation_steps(const killed_training *what)
{
    return what->validates == ON_ARRAYS ? KILLED_STEPS : what->validates == ON_GENERATOR ? KILLED_VALIDATION_STEPS : 0;
}

int killed_training_epochs(const killed_training *what)
{
    return what->ends_early ? 3 : KILLED_EPOCHS;
}

/* --- Callbacks of the test's own --- */

/* No file may become larger than a backup is: as on a full disk, but for this process alone. */
static void fill_disk(void)
{
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){SMALL_FILE, RLIM_INFINITY});
}

static cornu_status count_down(void *state, cornu_training *training, int64_t batch, cornu_logs *logs)
{
    killer *self = state;
    (void)training;
    (void)batch;
    (void)logs;
    self->made++;
    if (self->left != NEVER && self->left-- == 0) {
        if (self->full)
            fill_disk();
        else if (self->stop)
            cornu_request_stop();
        else
            kill(getpid(), SIGKILL);
    }
    return CORNU_OK;
}

/* Remembers how many batches it has seen and what they cost, and tells the history. */
typedef struct seen {
    double batches, losses;
} seen;

static cornu_status see_batch(void *state, cornu_training *training, int64_t batch, cornu_logs *logs)
{
    seen *self = state;
    (void)training;
    (void)batch;
    self->batches++;
    self->losses += cornu_logs_get(logs, "loss");
    return CORNU_OK;
}

static cornu_status tell(void *state, cornu_training *training, int64_t epoch, cornu_logs *logs)
{
    const seen *self = state;
    (void)training;
    (void)epoch;
    cornu_status status = cornu_logs_set(logs, "batches", self->batches);
    return status == CORNU_OK ? cornu_logs_set(logs, "losses", self->losses) : status;
}

static cornu_array *save_seen(void *state)
{
    const seen *self = state;
    int64_t one = 1;
    cornu_array *items[] = {cornu_array_copy_of(CORNU_FLOAT64, 0, NULL, &self->batches),
                            cornu_array_copy_of(CORNU_FLOAT64, 1, &one, &self->losses)};
    cornu_array *list = cornu_array_list(2, items);
    cornu_array_release(items[0]);
    cornu_array_release(items[1]);
    return list;
}

static cornu_status load_seen(void *state, const cornu_array *saved)
{
    seen *self = state;
    if (cornu_array_item_count(saved) != 2)
        return cornu_error_set(CORNU_ERROR_FORMAT, "wanted two numbers");
    self->batches = cornu_array_get(cornu_array_item(saved, 0), 0);
    self->losses = cornu_array_get(cornu_array_item(saved, 1), 0);
    return CORNU_OK;
}

/* Lower with each epoch, as a schedule of the program's own: what is set must come back too. */
static double decay(int64_t epoch, double learning_rate, void *state)
{
    (void)epoch;
    (void)state;
    return 0.9 * learning_rate;
}

static void add(cornu_callback **list, cornu_callback *callback)
{
    while (*list)
        list++;
    *list = callback;
}

static void choose_callbacks(const scripted *test, const killed_training *what, killer *kills, seen *counts,
                             cornu_callback **list)
{
    add(list, cornu_callback_create(.name = "killer", .on_train_batch_end = count_down, .on_test_batch_end = count_down,
                                    .state = kills));
    /* first, so that what others remember is newer than at its own hooks */
    add(list, cornu_backup_and_restore(scripted_path(test, "backup"), .save_freq = what->save_freq,
                                       .double_checkpoint = what->doubles));
    add(list, cornu_learning_rate_scheduler(decay, NULL));
    add(list, cornu_csv_logger(scripted_path(test, "log.csv")));
    if (what->many_callbacks) {
        add(list, cornu_callback_create(.name = "seen", .on_train_batch_end = see_batch, .on_epoch_end = tell,
                                        .state = counts, .save_state = save_seen, .load_state = load_seen));
        add(list,
            cornu_reduce_lr_on_plateau(.monitor = "loss", .factor = 0.5, .patience = 1, .min_delta = 1, .cooldown = 1));
        add(list, cornu_model_checkpoint(scripted_path(test, "best.npz"), .save_weights_only = true,
                                         .save_best_only = true, .monitor = "loss"));
        add(list, cornu_early_stopping(.monitor = "loss", .patience = 3, .restore_best_weights = true));
        add(list, cornu_swap_ema_weights(.swap_on_epoch = true));
        add(list, cornu_terminate_on_nan());
    }
    if (what->ends_early)
        add(list, cornu_early_stopping(.monitor = "loss", .mode = "max", .patience = 2, .restore_best_weights = true));
}

/* --- Data --- */

static cornu_array *save_given(void *state)
{
    return cornu_array_copy_of(CORNU_INT64, 0, NULL, &((small_batches *)state)->given);
}

static cornu_status load_given(void *state, const cornu_array *saved)
{
    ((small_batches *)state)->given = *(const int64_t *)cornu_array_data(saved);
    return CORNU_OK;
}

static cornu_status seek(void *state, int64_t number)
{
    ((small_batches *)state)->given = number;
    return CORNU_OK;
}

/* Batches in another order in each epoch. */
static small_batches *batches_of(const scripted *test, uint64_t seed)
{
    int64_t order[KILLED_EPOCHS * SCRIPTED_ROWS];
    for (int epoch = 0; epoch < KILLED_EPOCHS; epoch++)
        cornu__random_permutation(cornu__random_key_make(seed, CORNU__RANDOM_USER, (uint64_t)epoch, 0), SCRIPTED_ROWS,
                                  order + epoch * SCRIPTED_ROWS);
    return small_batches_make(test->x, test->y, KILLED_BATCH_SIZE, order, KILLED_EPOCHS);
}

static cornu_generator *generator_of(const scripted *test, uint64_t seed, door way)
{
    cornu_generator_options options = {.struct_size = sizeof options,
                                       .next = small_batches_next,
                                       .state = batches_of(test, seed),
                                       .release = small_batches_free};
    if (way == BY_SAVED_GENERATOR) {
        options.save_state = save_given;
        options.load_state = load_given;
    }
    if (way == BY_SOUGHT_GENERATOR)
        options.seek = seek;
    return cornu_generator_create_with(&options);
}

/* Its epoch is as long as all of training's. */
static cornu_sequence *sequence_of(const scripted *test)
{
    return cornu_sequence_create(.length = small_batches_length, .get = small_batches_get,
                                 .state = small_batches_make(test->x, test->y, KILLED_BATCH_SIZE, NULL, 1),
                                 .release = small_batches_free);
}

static cornu_validation_data validation_of(const scripted *test, const killed_training *what)
{
    cornu_validation_data data = {0};
    if (what->validates == ON_ARRAYS)
        data = (cornu_validation_data){.x = test->x, .y = test->y};
    if (what->validates == ON_GENERATOR)
        data.generator = generator_of(test, 2, what->way);
    return data;
}

/* --- A training in a process of its own --- */

static cornu_history *fit(const scripted *test, const killed_training *what, cornu_model *model, killer *kills)
{
    seen counts = {0};
    cornu_validation_data validation = validation_of(test, what);
    cornu_history *history;
    cornu_generator *batches = NULL;
    int64_t validation_steps = what->validates == ON_GENERATOR ? killed_training_validation_steps(what) : 0;
    cornu_fit_options by_arrays = {.struct_size = sizeof by_arrays, CORNU_FIT_DEFAULTS};
    cornu_fit_generator_options by_batches = {.struct_size = sizeof by_batches, CORNU_FIT_GENERATOR_DEFAULTS};
    by_arrays.epochs = by_batches.epochs = KILLED_EPOCHS;
    by_arrays.verbose = by_batches.verbose = 0;
    by_arrays.validation_data = by_batches.validation_data = validation;
    by_arrays.validation_steps = by_batches.validation_steps = validation_steps;
    choose_callbacks(test, what, kills, &counts, what->way == BY_FIT ? by_arrays.callbacks : by_batches.callbacks);
    if (what->way == BY_FIT) {
        by_arrays.batch_size = KILLED_BATCH_SIZE;
        history = cornu_fit_with(model, test->x, test->y, &by_arrays);
    } else {
        bool sequence = what->way == BY_SEQUENCE;
        batches = sequence ? sequence_of(test) : generator_of(test, 1, what->way);
        by_batches.steps_per_epoch = sequence && !what->odd_steps ? 0 : killed_training_steps(what);
        by_batches.workers = sequence ? 2 : what->way == BY_GENERATOR ? 0 : 1;
        by_batches.max_queue_size = 3;
        by_batches.use_multiprocessing = what->processes;
        history = cornu_fit_generator_with(model, batches, &by_batches);
    }
    cornu_generator_release(batches);
    cornu_generator_release(validation.generator);
    return history;
}

/* In the child. Its exit status: 0 when it came to the end. */
static int train(const scripted *test, const killed_training *what, killer kills)
{
    char digest[CORNU_SHA256_TEXT_SIZE];
    cornu_set_warning_handler(scripted_ignore_warning, NULL); /* that a generator is asked again */
    cornu_model *model = small_model(3);
    cornu_compile(model,
                  .optimizer = cornu_adam(.learning_rate = 0.02, .use_ema = true,
                                          .gradient_accumulation_steps = what->accumulates ? 3 : 0),
                  .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"}, .threads = 1);
    cornu_history *history = fit(test, what, model, &kills);
    if (!history && kills.full && cornu_error_status() == CORNU_ERROR_IO &&
        strstr(cornu_error_message(), "backup/latest.npz"))
        return FAILED_AS_WANTED;
    if (!history) {
        fprintf(stderr, "%s\n", cornu_error_message());
        return 2;
    }
    small_digest(model, digest);
    FILE *file = fopen(scripted_path(test, "digest"), "w"), *made = fopen(scripted_path(test, "made"), "w");
    if (!file || !made || fputs(digest, file) < 0 || fclose(file) != 0)
        return 3;
    if (fprintf(made, "%d", kills.made) < 0 || fclose(made) != 0)
        return 3;
    return cornu_history_save_csv(history, scripted_path(test, "history.csv")) == CORNU_OK ? 0 : 4;
}

/* Reads a file behind what there is in `text`. */
static void append(char *text, const char *path)
{
    size_t length = strlen(text);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    length += fread(text + length, 1, LARGEST_RESULT - length - 2, file);
    assert_true(length < LARGEST_RESULT - 2);
    memcpy(text + length, "\n", 2);
    fclose(file);
}

static void read_result(const scripted *test, char **result)
{
    *result = calloc(1, LARGEST_RESULT);
    assert_non_null(*result);
    append(*result, scripted_path(test, "digest"));
    append(*result, scripted_path(test, "history.csv"));
    append(*result, scripted_path(test, "log.csv"));
}

int killed_training_made(const scripted *test)
{
    int made = -1;
    FILE *file = fopen(scripted_path(test, "made"), "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%d", &made), 1);
    fclose(file);
    return made;
}

bool killed_training_run(const scripted *test, const killed_training *what, killer kills, char **result)
{
    int status;
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(train(test, what, kills));
    if (kills.microseconds > 0) {
        usleep((useconds_t)kills.microseconds);
        kill(child, SIGKILL);
    }
    assert_true(waitpid(child, &status, 0) == child);
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
        return false;
    assert_true(WIFEXITED(status));
    if (kills.full && WEXITSTATUS(status) == FAILED_AS_WANTED)
        return false;
    assert_int_equal(WEXITSTATUS(status), 0);
    if (result)
        read_result(test, result);
    return true;
}
