/* callbacks.c: making callbacks of options. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <cornu/option_text.h>

#include "base/memory.h"
#include "base/text.h"
#include "cli/callbacks.h"
#include "cli/saved_names.h"

#define MOST_SETTINGS 32

#define AT(field) offsetof(cornu__callback_arguments, field)
const cornu__argument cornu__callback_argument_table[] = {
    {"early-stopping", CORNU__ARGUMENT_SETTINGS, AT(early_stopping), 0, "SETTINGS",
     "stop when a value has stopped improving: monitor=val_loss, min_delta=0, patience=0, mode=auto, baseline=None, "
     "restore_best_weights=false, start_from_epoch=0, verbose=0"},
    {"reduce-lr-on-plateau", CORNU__ARGUMENT_SETTINGS, AT(reduce_lr_on_plateau), 0, "SETTINGS",
     "reduce the learning rate then: monitor=val_loss, factor=0.1, patience=10, mode=auto, min_delta=1e-4, cooldown=0, "
     "min_lr=0, verbose=0"},
    {"learning-rate-schedule", CORNU__ARGUMENT_LIST, AT(learning_rate_schedule), 0, "EPOCH:RATE,...",
     "the learning rate from that epoch on, counted from 0: 0:0.1,10:0.01"},
    {"checkpoint", CORNU__ARGUMENT_TEXT, AT(checkpoint), 0, "FILE[,SETTINGS]",
     "save the model as .keras or .h5, or its weights alone as .weights.h5 or .npz, after each epoch; FILE may say "
     "model.{epoch:02d}-{val_loss:.2f}.keras: monitor=val_loss, "
     "save_best_only=false, save_weights_only=false, mode=auto, period=1, save_freq=epoch, "
     "initial_value_threshold=None, verbose=0"},
    {"save-best-only", CORNU__ARGUMENT_FLAG, AT(save_best_only), 0, NULL, "--checkpoint: only what is better"},
    {"monitor", CORNU__ARGUMENT_TEXT, AT(monitor), 0, "NAME", "what these look at [val_loss]"},
    {"csv-log", CORNU__ARGUMENT_TEXT, AT(csv_log), 0, "FILE[,SETTINGS]",
     "write a line of values after each epoch: separator=',', append=false"},
    {"tensorboard", CORNU__ARGUMENT_TEXT, AT(tensorboard), 0, "FOLDER[,SETTINGS]",
     "write for TensorBoard: update_freq=epoch, histogram_freq=0, write_graph=true, write_images=false, "
     "write_steps_per_second=false"},
    {"remote-monitor", CORNU__ARGUMENT_TEXT, AT(remote_monitor), 0, "URL[,SETTINGS]",
     "send each epoch's values to a server: path=/publish/epoch/end/, field=data, send_as_json=false, timeout=10"},
    {"terminate-on-nan", CORNU__ARGUMENT_FLAG, AT(terminate_on_nan), 0, NULL, "stop when the loss is no number"},
    {"backup", CORNU__ARGUMENT_TEXT, AT(backup), 0, "FOLDER[,SETTINGS]",
     "keep what is needed to go on: the same command, started again after Ctrl-C, kill or a crash, ends with the same "
     "weights: save_freq=epoch, double_checkpoint=false, delete_checkpoint=true"},
    {0},
};

/* --- Settings --- */

/* An option's text, taken apart. */
typedef struct settings {
    char *copy;
    const char *path; /* what stands before the settings; "" where they have nothing before them */
    cornu_option_text given[MOST_SETTINGS];
    size_t count;
} settings;

/* Whether "name=" stands there. */
static bool begins_setting(const char *text)
{
    text += strspn(text, " ");
    size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyz_");
    return length > 0 && text[length] == '=';
}

/* The comma before the next setting, or NULL: a file's name may have commas of its own, and so may a value. */
static char *next_setting(char *text)
{
    char *comma = strchr(text, ',');
    while (comma && !begins_setting(comma + 1))
        comma = strchr(comma + 1, ',');
    return comma;
}

static cornu_status take_apart(const char *option, const char *text, bool has_path, settings *out)
{
    *out = (settings){.copy = cornu__copy_text(text), .path = ""};
    if (!out->copy)
        return CORNU_ERROR_OUT_OF_MEMORY;
    char *at = out->copy;
    if (has_path) {
        char *comma = next_setting(at);
        out->path = at;
        if (comma)
            *comma = '\0';
        at = comma ? comma + 1 : at + strlen(at);
    }
    while (*at) {
        if (!begins_setting(at))
            return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "--%s wants NAME=VALUE,NAME=VALUE, got '%s'", option, at);
        if (out->count == MOST_SETTINGS)
            return cornu__fail(CORNU_ERROR_LIMIT, "--%s takes at most %d settings", option, MOST_SETTINGS);
        char *comma = next_setting(at), *equals = strchr(at, '=');
        *equals = '\0';
        if (comma)
            *comma = '\0';
        out->given[out->count++] = (cornu_option_text){at + strspn(at, " "), equals + 1};
        at = comma ? comma + 1 : equals + 1 + strlen(equals + 1);
    }
    return CORNU_OK;
}

/* Sets a struct of options as the text says. `taken` keeps what they point to: free its copy. */
static cornu_status read_settings(const char *option, const char *text, bool has_path, const char *function,
                                  void *options, settings *taken)
{
    CORNU_TRY(take_apart(option, text, has_path, taken));
    if (has_path && !*taken->path)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "--%s: there is no name before '%s'", option, text);
    if (cornu_options_set(function, options, taken->given, taken->count, 0) != CORNU_OK)
        return cornu__fail_context("--%s", option);
    return CORNU_OK;
}

/* --- One callback each: reads its settings, and makes it where `made` is not NULL --- */

typedef cornu_status maker(const cornu__callback_arguments *arguments, settings *taken, cornu_callback **made);

static cornu_status hand_over(cornu_callback *callback, cornu_callback **made)
{
    *made = callback;
    return callback ? CORNU_OK : cornu_error_status();
}

static cornu_status make_early_stopping(const cornu__callback_arguments *arguments, settings *taken,
                                        cornu_callback **made)
{
    cornu_early_stopping_options options = {.struct_size = sizeof options, CORNU_EARLY_STOPPING_DEFAULTS};
    if (!arguments->early_stopping)
        return CORNU_OK;
    options.monitor = arguments->monitor ? arguments->monitor : options.monitor;
    CORNU_TRY(read_settings("early-stopping", arguments->early_stopping, false, "early_stopping", &options, taken));
    return made ? hand_over(cornu_early_stopping_with(&options), made) : CORNU_OK;
}

static cornu_status make_reduce_lr(const cornu__callback_arguments *arguments, settings *taken, cornu_callback **made)
{
    cornu_reduce_lr_on_plateau_options options = {.struct_size = sizeof options, CORNU_REDUCE_LR_ON_PLATEAU_DEFAULTS};
    const char *text = arguments->reduce_lr_on_plateau;
    if (!text)
        return CORNU_OK;
    options.monitor = arguments->monitor ? arguments->monitor : options.monitor;
    CORNU_TRY(read_settings("reduce-lr-on-plateau", text, false, "reduce_lr_on_plateau", &options, taken));
    return made ? hand_over(cornu_reduce_lr_on_plateau_with(&options), made) : CORNU_OK;
}

static bool is_given(const settings *taken, const char *name)
{
    size_t i = 0;
    while (i < taken->count && strcmp(taken->given[i].name, name) != 0)
        i++;
    return i < taken->count;
}

/* The whole model as in Keras, unless the file's name is one of weights or the settings say otherwise. */
static cornu_status make_checkpoint(const cornu__callback_arguments *arguments, settings *taken, cornu_callback **made)
{
    cornu_model_checkpoint_options options = {.struct_size = sizeof options, CORNU_MODEL_CHECKPOINT_DEFAULTS};
    if (!arguments->checkpoint)
        return arguments->save_best_only
                   ? cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "--save-best-only is for --checkpoint")
                   : CORNU_OK;
    options.monitor = arguments->monitor ? arguments->monitor : options.monitor;
    options.save_best_only = arguments->save_best_only;
    CORNU_TRY(read_settings("checkpoint", arguments->checkpoint, true, "model_checkpoint", &options, taken));
    CORNU_TRY(cornu__check_checkpoint_name(taken->path));
    if (!is_given(taken, "save_weights_only"))
        options.save_weights_only = cornu__names_weights_only(taken->path);
    return made ? hand_over(cornu_model_checkpoint_with(taken->path, &options), made) : CORNU_OK;
}

static cornu_status make_csv_log(const cornu__callback_arguments *arguments, settings *taken, cornu_callback **made)
{
    cornu_csv_logger_options options = {.struct_size = sizeof options, CORNU_CSV_LOGGER_DEFAULTS};
    if (!arguments->csv_log)
        return CORNU_OK;
    CORNU_TRY(read_settings("csv-log", arguments->csv_log, true, "csv_logger", &options, taken));
    return made ? hand_over(cornu_csv_logger_with(taken->path, &options), made) : CORNU_OK;
}

static cornu_status make_tensorboard(const cornu__callback_arguments *arguments, settings *taken, cornu_callback **made)
{
    cornu_tensorboard_options options = {.struct_size = sizeof options, CORNU_TENSORBOARD_DEFAULTS};
    if (!arguments->tensorboard)
        return CORNU_OK;
    CORNU_TRY(read_settings("tensorboard", arguments->tensorboard, true, "tensorboard", &options, taken));
    options.log_dir = taken->path;
    return made ? hand_over(cornu_tensorboard_with(&options), made) : CORNU_OK;
}

static cornu_status make_remote_monitor(const cornu__callback_arguments *arguments, settings *taken,
                                        cornu_callback **made)
{
    cornu_remote_monitor_options options = {.struct_size = sizeof options, CORNU_REMOTE_MONITOR_DEFAULTS};
    if (!arguments->remote_monitor)
        return CORNU_OK;
    CORNU_TRY(read_settings("remote-monitor", arguments->remote_monitor, true, "remote_monitor", &options, taken));
    options.root = taken->path;
    return made ? hand_over(cornu_remote_monitor_with(&options), made) : CORNU_OK;
}

static cornu_status make_backup(const cornu__callback_arguments *arguments, settings *taken, cornu_callback **made)
{
    cornu_backup_and_restore_options options = {.struct_size = sizeof options, CORNU_BACKUP_AND_RESTORE_DEFAULTS};
    if (!arguments->backup)
        return CORNU_OK;
    CORNU_TRY(read_settings("backup", arguments->backup, true, "backup_and_restore", &options, taken));
    return made ? hand_over(cornu_backup_and_restore_with(taken->path, &options), made) : CORNU_OK;
}

static cornu_status make_terminate_on_nan(const cornu__callback_arguments *arguments, settings *taken,
                                          cornu_callback **made)
{
    (void)taken;
    return arguments->terminate_on_nan && made ? hand_over(cornu_terminate_on_nan(), made) : CORNU_OK;
}

/* --- The learning rate by epochs --- */

static cornu_status read_step(const char *text, int64_t *epoch, double *rate)
{
    char *end;
    *epoch = strtoll(text, &end, 10);
    *rate = end != text && *end == ':' && end[1] ? strtod(end + 1, &end) : -1;
    if (*end || *epoch < 0 || !(*rate >= 0) || !isfinite(*rate))
        return cornu__fail(
            CORNU_ERROR_INVALID_ARGUMENT,
            "--learning-rate-schedule wants EPOCH:RATE, an epoch from 0 and the rate from there on, got '%s'", text);
    return CORNU_OK;
}

/* The rate of the last step that the epoch has reached. */
static double scheduled_rate(int64_t epoch, double learning_rate, void *state)
{
    const cornu__text_list *steps = state;
    int64_t reached = -1, begin;
    double rate, scheduled = learning_rate;
    for (int i = 0; i < steps->count; i++) {
        if (read_step(steps->items[i], &begin, &rate) == CORNU_OK && begin <= epoch && begin > reached) {
            reached = begin;
            scheduled = rate;
        }
    }
    return scheduled;
}

static cornu_status make_schedule(const cornu__callback_arguments *arguments, settings *taken, cornu_callback **made)
{
    const cornu__text_list *steps = &arguments->learning_rate_schedule;
    int64_t epoch;
    double rate;
    (void)taken;
    for (int i = 0; i < steps->count; i++)
        CORNU_TRY(read_step(steps->items[i], &epoch, &rate));
    if (steps->count > 0 && arguments->reduce_lr_on_plateau)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "--learning-rate-schedule and --reduce-lr-on-plateau exclude each other");
    if (steps->count == 0 || !made)
        return CORNU_OK;
    return hand_over(cornu_learning_rate_scheduler(scheduled_rate, (void *)(uintptr_t)steps), made);
}

/* --- All --- */

/* In the order in which they are called: those that change values come before those that write them; the backup, which keeps what all of
 * them have set, is last. */
static maker *const makers[] = {make_schedule,    make_terminate_on_nan, make_early_stopping,
                                make_reduce_lr,   make_checkpoint,       make_csv_log,
                                make_tensorboard, make_remote_monitor,   make_backup};
#define MAKER_COUNT (sizeof makers / sizeof *makers)

cornu_status cornu__callbacks_check(const cornu__callback_arguments *arguments)
{
    cornu_status status = CORNU_OK;
    bool monitored = arguments->early_stopping || arguments->reduce_lr_on_plateau || arguments->checkpoint;
    if (arguments->monitor && !monitored)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "--monitor is for --early-stopping, --reduce-lr-on-plateau and --checkpoint");
    for (size_t i = 0; i < MAKER_COUNT && status == CORNU_OK; i++) {
        settings taken = {0};
        status = makers[i](arguments, &taken, NULL);
        cornu__free(taken.copy);
    }
    return status;
}

cornu_status cornu__callbacks_make(const cornu__callback_arguments *arguments,
                                   cornu_callback *callbacks[CORNU_MAX_CALLBACKS])
{
    cornu_status status = CORNU_OK;
    int count = 0;
    for (size_t i = 0; i < MAKER_COUNT && status == CORNU_OK; i++) {
        settings taken = {0};
        callbacks[count] = NULL;
        status = makers[i](arguments, &taken, &callbacks[count]);
        cornu__free(taken.copy);
        count += callbacks[count] != NULL;
    }
    while (status != CORNU_OK && count > 0)
        cornu_callback_release(callbacks[--count]);
    return status;
}
