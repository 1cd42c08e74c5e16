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

#include <cornu/history.h>
#include <cornu/options.h>

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
/* Ends training: after the batch in hand, then validation if it is due, then on_epoch_end and on_train_end. */
CORNU_API void cornu_training_stop(cornu_training *training);
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
} cornu_callback_options;
#define CORNU_CALLBACK_DEFAULTS CORNU_DEFAULTS(.name = "callback")

/* cornu_callback_create(.on_epoch_end = hook, .state = pointer, ...): Keras's Callback and LambdaCallback in one. NULL on failure. */
#define cornu_callback_create(...)                                                                                     \
    CORNU_KEYWORDS(cornu_callback_create_with(&cornu_keywords), cornu_callback_options,                                \
                   CORNU_CALLBACK_DEFAULTS __VA_ARGS__)
CORNU_API cornu_callback *cornu_callback_create_with(const cornu_callback_options *options);
CORNU_API cornu_callback *cornu_callback_retain(cornu_callback *callback);
CORNU_API void cornu_callback_release(cornu_callback *callback); /* NULL is allowed */

/* Stops training after a batch that made the loss NaN or infinite; the epoch is still recorded. */
CORNU_API cornu_callback *cornu_terminate_on_nan(void);

/* Sets the learning rate at the begin of each epoch to schedule(epoch from 0, rate so far, state), and logs it as "learning_rate". */
CORNU_API cornu_callback *cornu_learning_rate_scheduler(double (*schedule)(int64_t epoch, double learning_rate,
                                                                           void *state),
                                                        void *state);

#define CORNU_NO_BASELINE __builtin_nan("")

typedef struct cornu_early_stopping_options {
    size_t struct_size;
    const char *monitor CORNU_DEFAULT("val_loss");
    double min_delta; /* a smaller change is no improvement */
    int patience;     /* epochs without improvement that are waited for */
    int verbose;      /* 1: say so when training is stopped or weights are restored */
    const char *mode CORNU_DEFAULT(
        "auto"); /* "min", "max"; "auto": "max" for accuracies, AUC, precision, recall and F-scores, else "min" */
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

CORNU_END_DECLARATIONS

#endif
