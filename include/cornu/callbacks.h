/*
 * callbacks.h: hooks that training, evaluation and prediction call, in Keras's order.
 *
 *     cornu_callback *shout = cornu_callback_create(.on_epoch_end = print_loss);
 *     cornu_fit(model, x, y, .epochs = 5, .callbacks = {shout, cornu_terminate_on_nan()});
 *
 * A callback made in the call itself belongs to it; one that is kept for longer needs cornu_callback_retain and _release.
 */
#ifndef CORNU_CALLBACKS_H
#define CORNU_CALLBACKS_H

#include <cornu/array.h>
#include <cornu/history.h>
#include <cornu/options.h>
#include <cornu/waiting.h>

CORNU_BEGIN_DECLARATIONS

#ifndef CORNU_MODEL_DEFINED
#define CORNU_MODEL_DEFINED
typedef struct cornu_model cornu_model;
#endif

#define CORNU_MAX_CALLBACKS 16

typedef struct cornu_callback cornu_callback;

/* The running fit, evaluate or predict, for hooks: valid inside the hook. */
typedef struct cornu_training cornu_training;

CORNU_API cornu_model *cornu_training_model(const cornu_training *training);
CORNU_API int64_t cornu_training_epoch(const cornu_training *training);  /* the epoch in hand, from 0 */
CORNU_API int64_t cornu_training_epochs(const cornu_training *training); /* the number of the last epoch, from 1 */
CORNU_API int64_t cornu_training_steps(const cornu_training *training);  /* batches of this epoch; -1: not known */
/* Which batch is in hand, in the hooks of batches: the index that a Sequence was asked for, or the number of a plain generator's batch, as in cornu_batch. In fit
 * that is not the hook's index where batches are shuffled. -1: it is made of arrays, or none is in hand. */
CORNU_API int64_t cornu_training_batch_number(const cornu_training *training);
/* Which samples are in the batch in hand, in the hooks of batches, for any number of workers: *count numbers, one for each row, valid until the hook returns. Of arrays these are
 * their rows; of a Sequence what its batches say: of files the number that cornu_flow_filename takes (flow.h), of a dataset the sample that cornu_dataset_read
 * reads, of a program's own what it has put into cornu_batch's samples. NULL, with *count 0: nobody said, or no batch is in hand. */
CORNU_API const int64_t *cornu_training_batch_samples(const cornu_training *training, int64_t *count);
/* Ends training: after the batch in hand, then validation if it is due, then on_epoch_end and on_train_end. */
CORNU_API void cornu_training_stop(cornu_training *training);
/* Where the live page of this training is (view_metrics): "http://127.0.0.1:43210/"; NULL: nowhere. Valid as long as the training. */
CORNU_API const char *cornu_training_view_address(const cornu_training *training);
/* What the epoch's training has waited for until now, validation left out; of an evaluation or prediction: what that has. */
CORNU_API void cornu_training_waiting(const cornu_training *training, cornu_waiting *waiting);
CORNU_API double cornu_training_learning_rate(const cornu_training *training);
/* Takes effect with the next batch. Fails when a schedule governs the learning rate. */
CORNU_API cornu_status cornu_training_set_learning_rate(cornu_training *training, double learning_rate);

/* `index`: the epoch or batch, from 0; in the begin and end of the whole: 0. `logs`: what Keras passes: nothing at begins, running averages
 * after a batch, the epoch's values after an epoch (val_* included); a hook may add values, which later callbacks and the history see.
 * A status that is not CORNU_OK ends training with it and the message given to cornu_error_set; on_train_end is then not called. */
typedef cornu_status (*cornu_hook)(void *state, cornu_training *training, int64_t index, cornu_logs *logs);

typedef struct cornu_callback_options {
    size_t struct_size;
    const char *name CORNU_DEFAULT("callback"); /* for messages; copied */
    void *state;
    void (*release)(void *state);
    cornu_hook on_train_begin, on_train_end;
    cornu_hook on_epoch_begin, on_epoch_end;
    cornu_hook on_train_batch_begin, on_train_batch_end;
    cornu_hook on_test_begin, on_test_end;
    cornu_hook on_test_batch_begin, on_test_batch_end;
    cornu_hook on_predict_begin, on_predict_end;
    cornu_hook on_predict_batch_begin, on_predict_batch_end;
    /* For a training that goes on in another process (cornu_backup_and_restore); both or neither. save_state: what the callback remembers, as a
     * new array, or a list or dictionary of arrays, which the library takes over; NULL with cornu_error_set: ends training. It is called
     * between batches and after epochs, when all hooks were called. load_state: sets it again, after on_train_begin. */
    cornu_array *(*save_state)(void *state);
    cornu_status (*load_state)(void *state, const cornu_array *saved);
} cornu_callback_options;
#define CORNU_CALLBACK_DEFAULTS CORNU_DEFAULTS(.name = "callback")

/* cornu_callback_create(.on_epoch_end = hook, .state = pointer, ...): Keras's Callback and LambdaCallback in one. Like all that make callbacks
 * it never returns NULL, which would end the list it stands in: one that could not be made fails the training that it is given to, with
 * the reason. */
#define cornu_callback_create(...)                                                                                     \
    CORNU_KEYWORDS(cornu_callback_create_with(&cornu_keywords), cornu_callback_options,                                \
                   CORNU_CALLBACK_DEFAULTS __VA_ARGS__)
CORNU_API cornu_callback *cornu_callback_create_with(const cornu_callback_options *options);
CORNU_API cornu_callback *cornu_callback_retain(cornu_callback *callback);
CORNU_API void cornu_callback_release(cornu_callback *callback); /* NULL is allowed */

typedef struct cornu_terminate_on_nan_options {
    size_t struct_size;
    bool raise_error; /* training fails, and its last epoch is not recorded */
} cornu_terminate_on_nan_options;

/* cornu_terminate_on_nan(): stops training after a batch that made the loss NaN or infinite; the epoch is still recorded. */
#define cornu_terminate_on_nan(...)                                                                                    \
    CORNU_KEYWORDS(cornu_terminate_on_nan_with(&cornu_keywords), cornu_terminate_on_nan_options, __VA_ARGS__)
CORNU_API cornu_callback *cornu_terminate_on_nan_with(const cornu_terminate_on_nan_options *options);

/* The learning rate of an epoch (from 0), given the rate so far. */
typedef double (*cornu_epoch_schedule)(int64_t epoch, double learning_rate, void *state);

typedef struct cornu_learning_rate_scheduler_options {
    size_t struct_size;
    int verbose; /* 1: say at the begin of each epoch what is set */
} cornu_learning_rate_scheduler_options;

/* cornu_learning_rate_scheduler(schedule, state, .verbose = 1): sets the learning rate at the begin of each epoch to schedule(epoch, rate so
 * far, state), and logs it as "learning_rate". */
#define cornu_learning_rate_scheduler(schedule, state, ...)                                                            \
    CORNU_KEYWORDS(cornu_learning_rate_scheduler_with(schedule, state, &cornu_keywords),                               \
                   cornu_learning_rate_scheduler_options, __VA_ARGS__)
CORNU_API cornu_callback *cornu_learning_rate_scheduler_with(cornu_epoch_schedule schedule, void *state,
                                                             const cornu_learning_rate_scheduler_options *options);

#define CORNU_NO_BASELINE __builtin_nan("")

typedef struct cornu_early_stopping_options {
    size_t struct_size;
    const char *monitor CORNU_DEFAULT("val_loss");
    double min_delta; /* a smaller change is no improvement */
    int patience;     /* epochs without improvement that are waited for */
    int verbose;      /* 1: say so when training is stopped or weights are restored */
    const char *mode CORNU_DEFAULT(
        "auto"); /* "min", "max"; "auto": as the metric itself says; of a program's own, "max" where the name is that of a score */
    double baseline CORNU_DEFAULT(CORNU_NO_BASELINE); /* waiting ends only with values better than this */
    bool restore_best_weights;                        /* at the end of training, from the best epoch */
    int start_from_epoch;                             /* epochs before this one are not looked at */
} cornu_early_stopping_options;
#define CORNU_EARLY_STOPPING_DEFAULTS                                                                                  \
    CORNU_DEFAULTS(.monitor = "val_loss", .mode = "auto", .baseline = CORNU_NO_BASELINE)

/* cornu_early_stopping(.patience = 3, .restore_best_weights = true): stops training when a value has stopped improving. A value that does not
 * exist is an error before the first epoch. As Keras 3. */
#define cornu_early_stopping(...)                                                                                      \
    CORNU_KEYWORDS(cornu_early_stopping_with(&cornu_keywords), cornu_early_stopping_options,                           \
                   CORNU_EARLY_STOPPING_DEFAULTS __VA_ARGS__)
CORNU_API cornu_callback *cornu_early_stopping_with(const cornu_early_stopping_options *options);

typedef struct cornu_csv_logger_options {
    size_t struct_size;
    char separator CORNU_DEFAULT(',');
    bool append; /* go on writing a file that is there, without a second header */
} cornu_csv_logger_options;
#define CORNU_CSV_LOGGER_DEFAULTS CORNU_DEFAULTS(.separator = ',')

/* cornu_csv_logger("log.csv", .append = true): writes a line for each epoch, at once: the epoch from 0, then all values by sorted name. */
#define cornu_csv_logger(path, ...)                                                                                    \
    CORNU_KEYWORDS(cornu_csv_logger_with(path, &cornu_keywords), cornu_csv_logger_options,                             \
                   CORNU_CSV_LOGGER_DEFAULTS __VA_ARGS__)
CORNU_API cornu_callback *cornu_csv_logger_with(const char *path, const cornu_csv_logger_options *options);

typedef struct cornu_model_checkpoint_options {
    size_t struct_size;
    const char *monitor CORNU_DEFAULT("val_loss"); /* with save_best_only */
    int verbose;                                   /* 1: say when a file is written */
    bool save_best_only;                           /* only when the value is better than at the last file */
    bool save_weights_only;                        /* false: whole models, with the optimizer's memory */
    const char *mode CORNU_DEFAULT("auto");
    int64_t period CORNU_DEFAULT(1); /* epochs from one file to the next */
    int64_t save_freq;               /* not 0: batches from one file to the next, counted across epochs */
    /* save_best_only: what the first file's value must be better than; NaN: nothing */
    double initial_value_threshold CORNU_DEFAULT(CORNU_NO_BASELINE);
} cornu_model_checkpoint_options;
#define CORNU_MODEL_CHECKPOINT_DEFAULTS                                                                                \
    CORNU_DEFAULTS(.monitor = "val_loss", .mode = "auto", .period = 1, .initial_value_threshold = CORNU_NO_BASELINE)

/* cornu_model_checkpoint("model.{epoch:02d}-{val_loss:.2f}.keras"): saves the model as cornu_save does (.keras, .h5, .hdf5), or with
 * .save_weights_only = true its weights as cornu_save_weights does (.npz, .weights.h5, .h5, .hdf5). The file name's fields are filled as by Python's str.format: epoch (from 1), the epoch's values by name, and with save_freq batch (from 1) and the
 * values so far in this epoch; formats of numbers as in 02d, .2f, .4e, g. Folders are made, and a file appears whole or not at all. Errors,
 * before the first epoch where that can be: a field or monitor that there is not, a file that cannot be written, an ending that is
 * none of these. An epoch without the monitored value writes no file. As Keras 3, with Keras 2's period. */
#define cornu_model_checkpoint(path, ...)                                                                              \
    CORNU_KEYWORDS(cornu_model_checkpoint_with(path, &cornu_keywords), cornu_model_checkpoint_options,                 \
                   CORNU_MODEL_CHECKPOINT_DEFAULTS __VA_ARGS__)
CORNU_API cornu_callback *cornu_model_checkpoint_with(const char *path, const cornu_model_checkpoint_options *options);

typedef struct cornu_reduce_lr_on_plateau_options {
    size_t struct_size;
    const char *monitor CORNU_DEFAULT("val_loss");
    double factor CORNU_DEFAULT(0.1); /* 0 <= factor < 1: what the learning rate is multiplied by */
    int patience CORNU_DEFAULT(10);   /* epochs without improvement that are waited for */
    int verbose;                      /* 1: say when the rate is reduced */
    const char *mode CORNU_DEFAULT("auto");
    double min_delta CORNU_DEFAULT(1e-4); /* a smaller change is no improvement */
    int cooldown;                         /* epochs after a reduction that are not waited for */
    double min_lr;                        /* the rate never goes below */
} cornu_reduce_lr_on_plateau_options;
#define CORNU_REDUCE_LR_ON_PLATEAU_DEFAULTS                                                                            \
    CORNU_DEFAULTS(.monitor = "val_loss", .factor = 0.1, .patience = 10, .mode = "auto", .min_delta = 1e-4)

/* cornu_reduce_lr_on_plateau(.factor = 0.5, .patience = 3): reduces the learning rate when a value has stopped improving, and logs it as
 * "learning_rate". Errors, before the first epoch: a value that does not exist; a learning rate that follows a schedule. As Keras 3. */
#define cornu_reduce_lr_on_plateau(...)                                                                                \
    CORNU_KEYWORDS(cornu_reduce_lr_on_plateau_with(&cornu_keywords), cornu_reduce_lr_on_plateau_options,               \
                   CORNU_REDUCE_LR_ON_PLATEAU_DEFAULTS __VA_ARGS__)
CORNU_API cornu_callback *cornu_reduce_lr_on_plateau_with(const cornu_reduce_lr_on_plateau_options *options);

typedef struct cornu_swap_ema_weights_options {
    size_t struct_size;
    bool
        swap_on_epoch; /* also from the end of each epoch to the begin of the next, so that a ModelCheckpoint behind saves the average */
} cornu_swap_ema_weights_options;

/* cornu_swap_ema_weights(): validates, evaluates and predicts with the moving average of the weights, which the optimizer must keep (its
 * .use_ema): an error before the first epoch where it does not. Training goes on with the weights themselves. */
#define cornu_swap_ema_weights(...)                                                                                    \
    CORNU_KEYWORDS(cornu_swap_ema_weights_with(&cornu_keywords), cornu_swap_ema_weights_options, __VA_ARGS__)
CORNU_API cornu_callback *cornu_swap_ema_weights_with(const cornu_swap_ema_weights_options *options);

#define CORNU_MAX_HEADERS 16

typedef struct cornu_remote_monitor_options {
    size_t struct_size;
    const char *root CORNU_DEFAULT("http://localhost:9000");
    const char *path CORNU_DEFAULT("/publish/epoch/end/"); /* behind root */
    const char *field CORNU_DEFAULT("data");               /* of the form that is sent */
    const char *headers[CORNU_MAX_HEADERS];                /* "Name: value"; ends at its first NULL */
    bool send_as_json;                                     /* the values themselves, not in a form */
    double timeout CORNU_DEFAULT(10);                      /* seconds that a server may take */
} cornu_remote_monitor_options;
#define CORNU_REMOTE_MONITOR_DEFAULTS                                                                                  \
    CORNU_DEFAULTS(.root = "http://localhost:9000", .path = "/publish/epoch/end/", .field = "data", .timeout = 10)

/* cornu_remote_monitor(.root = "http://localhost:9000"): sends {"epoch": from 0, values by name} to a server by POST after each epoch; a value
 * that is not finite as null. A server that cannot be reached is a warning. */
#define cornu_remote_monitor(...)                                                                                      \
    CORNU_KEYWORDS(cornu_remote_monitor_with(&cornu_keywords), cornu_remote_monitor_options,                           \
                   CORNU_REMOTE_MONITOR_DEFAULTS __VA_ARGS__)
CORNU_API cornu_callback *cornu_remote_monitor_with(const cornu_remote_monitor_options *options);

typedef struct cornu_tensorboard_options {
    size_t struct_size;
    const char *log_dir CORNU_DEFAULT("logs");
    int64_t update_freq; /* 0: after epochs; else also after each so many batches, from 1 */
    bool write_steps_per_second;
    int64_t histogram_freq;               /* 0: never; else weights after every so many epochs, from epoch 0 on */
    bool write_graph CORNU_DEFAULT(true); /* the model's layers, when training begins */
    bool write_images;                    /* with histogram_freq: weights as pictures, too */
} cornu_tensorboard_options;
#define CORNU_TENSORBOARD_DEFAULTS CORNU_DEFAULTS(.log_dir = "logs", .write_graph = true)

/* cornu_tensorboard(.log_dir = "logs", .histogram_freq = 1): writes values for TensorBoard, which shows them while training runs: in
 * <log_dir>/train "epoch_<name>" by epoch (from 0), with the learning rate, and "batch_<name>" by batch of this training (from 1); in
 * <log_dir>/validation "epoch_<name>", and "evaluation_<name>_vs_iterations" by updates made. Histograms of weights are
 * "<model>/<layer>/<weight>/histogram" (of a functional model without its name), of 30 buckets. Pictures, at most 3 of a weight, end in
 * "/image": 0 is black, 1 white, what is beyond is cut; weights that have no picture are left out. The graph is "keras", and the
 * summary is among the texts. All as Keras 3, which has no summary; its profiler and projector are absent. */
#define cornu_tensorboard(...)                                                                                         \
    CORNU_KEYWORDS(cornu_tensorboard_with(&cornu_keywords), cornu_tensorboard_options,                                 \
                   CORNU_TENSORBOARD_DEFAULTS __VA_ARGS__)
CORNU_API cornu_callback *cornu_tensorboard_with(const cornu_tensorboard_options *options);

typedef struct cornu_backup_and_restore_options {
    size_t struct_size;
    bool delete_checkpoint CORNU_DEFAULT(true); /* when training has ended */
    int64_t save_freq;                          /* not 0: also after each so many batches, counted across epochs */
    bool double_checkpoint; /* keep the file before the latest too, and go on from it where the latest is damaged */
} cornu_backup_and_restore_options;
#define CORNU_BACKUP_AND_RESTORE_DEFAULTS CORNU_DEFAULTS(.delete_checkpoint = true)

/* cornu_backup_and_restore("backup", .save_freq = 100): a training that was killed at any moment, and is started again by the same program, goes
 * on behind the last batch that it kept and ends with the same bits of every weight and of the history, which is whole again.
 * backup_dir/latest.npz is written after each epoch, after each save_freq batches, and where cornu_request_stop ends training; whole or not
 * at all. It holds weights, the optimizer's memory, updates made, learning rate, where the data and the epoch stand, what losses and metrics
 * have counted, the history, and what the callbacks remember; a program's own by their save_state. It may stand anywhere in the list, since it
 * writes when all hooks were called.
 *
 * It overrides fit's initial_epoch. In mid-epoch on_epoch_begin is not called again. A plain generator goes on by its own hooks (data.h);
 * without them it is asked again for what was used, with a warning. A callback that was not there before begins anew, with a warning; one
 * that is there no more is forgotten, with a warning. Where the file is removed at the end, that comes after every on_train_end.
 *
 * Errors, before the first epoch: a file that is damaged (with double_checkpoint: both), or of another model, optimizer or other metrics; in
 * mid-epoch also other data: number of samples, batch size, steps per epoch, shuffle (between two epochs that is a warning). During training:
 * a file that cannot be written; the one before stays as it was. */
#define cornu_backup_and_restore(backup_dir, ...)                                                                      \
    CORNU_KEYWORDS(cornu_backup_and_restore_with(backup_dir, &cornu_keywords), cornu_backup_and_restore_options,       \
                   CORNU_BACKUP_AND_RESTORE_DEFAULTS __VA_ARGS__)
CORNU_API cornu_callback *cornu_backup_and_restore_with(const char *backup_dir,
                                                        const cornu_backup_and_restore_options *options);

CORNU_END_DECLARATIONS

#endif
