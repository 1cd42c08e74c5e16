/*
 * train.h: training, evaluation and prediction, in Keras's words.
 *
 * x, y and sample_weight are arrays whose first axis counts the samples; for a model with several inputs or outputs lists in the model's
 * order, or dictionaries by the names of inputs and outputs. Any dtype is taken; data that already has the model's dtype is not copied when
 * its order is the natural one. Arrays of (n) stand for (n, 1) where that is wanted. None of the functions keeps an array.
 *
 * fit, evaluate and predict also take a generator or Sequence as x, and then do what fit_generator, evaluate_generator and
 * predict_generator do.
 *
 * fit, fit_generator and train_on_batch end in the same compiled step: the same batches give the same bits of every weight.
 */
#ifndef CORNU_TRAIN_H
#define CORNU_TRAIN_H

#include <cornu/callbacks.h>
#include <cornu/data.h>
#include <cornu/history.h>
#include <cornu/model.h>
#include <cornu/waiting.h>

/* Chooses the first function where x is a generator or Sequence, and the second for anything else (an array, NULL); x is not evaluated. */
#ifdef __cplusplus
struct cornu_x_is_generator {
    template <class On_generator, class On_arrays> static constexpr On_generator choose(On_generator first, On_arrays)
    {
        return first;
    }
};
struct cornu_x_is_array {
    template <class On_generator, class On_arrays> static constexpr On_arrays choose(On_generator, On_arrays second)
    {
        return second;
    }
};
cornu_x_is_generator cornu_kind_of_x(cornu_generator *x);
template <class Other> cornu_x_is_array cornu_kind_of_x(const Other &x);
#define CORNU_BY_X(x, on_generator, on_arrays) decltype(cornu_kind_of_x(x))::choose(on_generator, on_arrays)
#else
#define CORNU_BY_X(x, on_generator, on_arrays) _Generic((x), cornu_generator * : on_generator, default : on_arrays)
#endif

CORNU_BEGIN_DECLARATIONS

/*
 * Progress goes to standard output. verbose = 0: none; 1: a bar, on a terminal drawn anew at most 20 times a second and never wider than it,
 * elsewhere one line at the end of each epoch; 2: that one line everywhere. The environment's CORNU_PROGRESS says how it looks:
 *
 *     auto     Keras 3's bar on a terminal that shows UTF-8, else Keras 2's (the default)
 *     keras3   Keras 3's; NO_COLOR turns its colours off
 *     keras2   Keras 2's (tf.keras), the line of verbose = 2 too
 *     json     for programs: an object per line. verbose = 2: without those of batches
 *
 * {"event": "train_begin", "initial_epoch", "epochs"}
 * {"event": "epoch_begin", "epoch", "epochs", "steps"}                            epochs count from 0 here; steps null: not known
 * {"event": "batch", "of": "fit", "epoch", "step", "steps", "seconds", "values"}  after a batch, at most 20 times a second; `step` batches
 *                                                                                 were made, in `seconds` since the epoch began
 * {"event": "epoch_end", "epoch", "step", "steps", "seconds", "values",           values: {"loss": 0.5, "val_loss": null}; what is not a
 *  "waited", "waited_for"}                                                        finite number is null. waited: seconds without a batch to train
 *                                                                                 on; waited_for: {"decoding": 1.5}, as in waiting.h
 * {"event": "train_end", "epochs_run", "stopped", "seconds"}                      stopped: by a callback or on request; missing after an error
 * {"event": "evaluate_begin" or "predict_begin", "steps"}
 * {"event": "batch", "of": "evaluate" or "predict", "step", "steps", "seconds", "values"}
 * {"event": "evaluate_end" or "predict_end", "step", "steps", "seconds", "values", "waited", "waited_for"}
 * {"event": "message", "message"}                                                 what callbacks with verbose = 1 say
 */
#define CORNU_VERBOSE_AUTO (-1) /* the environment's CORNU_VERBOSE, else 1 */

/*
 * view_metrics: a page of the losses and metrics, drawn while training runs: at http://127.0.0.1:<port>/, for browsers on this machine only.
 * The address is said on standard output when verbose is not 0, and by cornu_training_view_address. It is gone when fit returns; a browser that
 * shows it then keeps all of it. A port that cannot be had is an error; where it was only the environment that asked, a warning.
 */
#define CORNU_VIEW_METRICS_AUTO (-1) /* the environment's CORNU_VIEW_METRICS: 0, 1, false, true, auto; else no */
#define CORNU_VIEW_METRICS_OFF 0
#define CORNU_VIEW_METRICS_ON 1

/* .shuffle: whole batches change places, the rows in a batch stay together; the smaller last one stays last */
#define CORNU_SHUFFLE_BATCH 2
#define CORNU_MAX_VALIDATION_EPOCHS 64

/* The weight of the samples of one class. Classes that are not named weigh 1. A sample's class is its target's one number, or the place of
 * the largest of its numbers (one-hot). */
typedef struct cornu_class_weight {
    int64_t class_number;
    double weight;
} cornu_class_weight;

/* The class weights of one output of several: of the output of this name, or, without a name, of the output in this place of the list. */
typedef struct cornu_output_class_weight {
    const char *output;
    const cornu_class_weight *class_weight;
    int class_weight_count;
} cornu_output_class_weight;

/* Arrays, or a generator or Sequence. All NULL: none. */
typedef struct cornu_validation_data {
    const cornu_array *x, *y, *sample_weight;
    cornu_generator *generator;
} cornu_validation_data;

typedef struct cornu_fit_options {
    size_t struct_size;
    int batch_size;              /* 0: 32; with steps_per_epoch: the samples divided by the steps, rounded up */
    int epochs CORNU_DEFAULT(1); /* the number of the last epoch: epochs run from initial_epoch to epochs - 1 */
    int verbose CORNU_DEFAULT(CORNU_VERBOSE_AUTO); /* 0: silent, 1: progress bar, 2: a line per epoch */
    cornu_callback *callbacks[CORNU_MAX_CALLBACKS];
    double validation_split;               /* 0 <= share < 1 of the samples, taken from the end before any shuffling */
    cornu_validation_data validation_data; /* beats validation_split */
    int shuffle CORNU_DEFAULT(true);       /* true, false or CORNU_SHUFFLE_BATCH */
    /* class_weight_count of them; for models with one output whose targets have at most two axes; multiplies sample_weight */
    const cornu_class_weight *class_weight;
    int class_weight_count;
    /* (n), or as much of the target's shape as leads; for several outputs a list or dictionary */
    const cornu_array *sample_weight;
    int initial_epoch;
    int64_t steps_per_epoch;                                 /* 0: until the data end */
    int64_t validation_steps;                                /* 0: until the data end */
    int validation_batch_size;                               /* 0: batch_size */
    int validation_freq CORNU_DEFAULT(1);                    /* validate after each so many epochs */
    int view_metrics CORNU_DEFAULT(CORNU_VIEW_METRICS_AUTO); /* a live page of loss and metrics: see above */
    /* instead of validation_freq: the epochs, counted from 1, to validate after: .validation_epochs = {1, 2, 10} */
    int64_t validation_epochs[CORNU_MAX_VALIDATION_EPOCHS];
    cornu_output_class_weight output_class_weights[CORNU_MAX_PORTS]; /* instead of class_weight: of each output */
    bool class_weight_strict; /* a sample whose class has no weight is an error, as in Keras 2 */
    /* As in cornu_fit_generator, when x or the validation data are a generator or Sequence. */
    int max_queue_size CORNU_DEFAULT(10);
    int workers CORNU_DEFAULT(1);
    bool use_multiprocessing;
    int worker_restarts;
    int view_port; /* of the live page; 0: one that is free */
    const char *
        view_file; /* leave what the page shows as this file, .html, which needs nothing else; with or without view_metrics */
} cornu_fit_options;
#define CORNU_FIT_DEFAULTS                                                                                             \
    CORNU_DEFAULTS(.epochs = 1, .verbose = CORNU_VERBOSE_AUTO, .shuffle = true, .validation_freq = 1,                  \
                   .view_metrics = CORNU_VIEW_METRICS_AUTO, .max_queue_size = 10, .workers = 1)

/* cornu_fit(model, x, y, .epochs = 5, ...): trains; returns the history (cornu_history_release) or NULL. After an error the model keeps the
 * weights of its last whole step and can be used on.
 *
 * cornu_fit(model, generator, NULL, .steps_per_epoch = 100, ...): trains on the batches of a generator or Sequence, as cornu_fit_generator.
 * Its batches bring targets and weights and have a size of their own, so that y, batch_size, sample_weight and validation_split are errors. */
#define cornu_fit(model_, x_, y_, ...)                                                                                 \
    CORNU_KEYWORDS(CORNU_BY_X(x_, cornu_fit_on_generator_with, cornu_fit_with)(model_, x_, y_, &cornu_keywords),       \
                   cornu_fit_options, CORNU_FIT_DEFAULTS __VA_ARGS__)
CORNU_API cornu_history *cornu_fit_with(cornu_model *model, const cornu_array *x, const cornu_array *y,
                                        const cornu_fit_options *options);
CORNU_API cornu_history *cornu_fit_on_generator_with(cornu_model *model, cornu_generator *generator,
                                                     const cornu_array *y, const cornu_fit_options *options);

typedef struct cornu_fit_generator_options {
    size_t struct_size;
    int64_t steps_per_epoch; /* 0: a Sequence's length; a plain generator must be given it */
    int epochs CORNU_DEFAULT(1);
    int verbose CORNU_DEFAULT(CORNU_VERBOSE_AUTO);
    cornu_callback *callbacks[CORNU_MAX_CALLBACKS];
    cornu_validation_data validation_data;
    int64_t validation_steps; /* a plain generator must be given it */
    int validation_freq CORNU_DEFAULT(1);
    int validation_batch_size; /* of validation arrays; 0: 32 */
    const cornu_class_weight *class_weight;
    int class_weight_count;
    int max_queue_size CORNU_DEFAULT(10); /* batches made ahead */
    int workers CORNU_DEFAULT(1);         /* that make batches; 0: the calling thread makes them */
    bool use_multiprocessing;             /* workers are processes, not threads: see below */
    bool shuffle CORNU_DEFAULT(true);     /* the order of a Sequence's batches, drawn anew each epoch */
    int initial_epoch;
    int view_metrics CORNU_DEFAULT(CORNU_VIEW_METRICS_AUTO);
    /* The next three as in cornu_fit. */
    int64_t validation_epochs[CORNU_MAX_VALIDATION_EPOCHS];
    cornu_output_class_weight output_class_weights[CORNU_MAX_PORTS];
    bool class_weight_strict;
    int worker_restarts; /* how many worker processes are replaced when they die; each makes the same batch again */
    int view_port;       /* these two as in cornu_fit */
    const char *view_file;
} cornu_fit_generator_options;
#define CORNU_FIT_GENERATOR_DEFAULTS                                                                                   \
    CORNU_DEFAULTS(.epochs = 1, .verbose = CORNU_VERBOSE_AUTO, .validation_freq = 1, .max_queue_size = 10,             \
                   .workers = 1, .shuffle = true, .view_metrics = CORNU_VIEW_METRICS_AUTO)

/* Trains on the batches of a generator or Sequence. Whatever the number of workers, the batches are used in one order. A generator is never
 * asked for more batches than the epochs need, so another call goes on behind them; what was made ahead when training stops early is lost.
 * A generator that ends early ends training after that epoch, with a warning.
 *
 * Workers are threads, which run at once in C; so threads are the better choice nearly always. Processes (.use_multiprocessing = true) are for
 * functions that are not thread-safe but should run several at once, or that may crash: a worker process that dies is an error
 * (CORNU_ERROR_WORKER) which names its pid, signal and batch, or is replaced if .worker_restarts says so. Batches, order and bits are those of threads.
 *
 *   - Worker processes are forked from the program when training begins, and have its objects as they were then. What the program's functions
 *     change there, the program does not see, and the other way round. `release` runs in the program only.
 *   - A Sequence gets `workers` of them; each calls `get` alone, thread_safe or not. on_epoch_end runs in each and in the program, and must do
 *     the same in each. A plain generator gets one, whatever workers says. When training ends, the program's own generator is brought to
 *     where that one was if it has load_state or seek, or is thread_safe; else it stays, and another call begins where this one did.
 *   - SIGINT, SIGTERM, SIGHUP and SIGQUIT are ignored there: Ctrl-C is the program's to answer. A worker process dies with the program. When training ends, one that
 *     is in the midst of a batch has five seconds to finish it; then it is killed.
 *   - exit in a worker process runs nothing that the program registered with atexit.
 *   - One that takes a dead one's place is forked from a program that has threads by then: a lock of the program's own that another thread holds
 *     at that moment stays locked in it for ever. The C library's own (malloc, stdio) are safe. */
#define cornu_fit_generator(model_, generator_, ...)                                                                   \
    CORNU_KEYWORDS(cornu_fit_generator_with(model_, generator_, &cornu_keywords), cornu_fit_generator_options,         \
                   CORNU_FIT_GENERATOR_DEFAULTS __VA_ARGS__)
CORNU_API cornu_history *cornu_fit_generator_with(cornu_model *model, cornu_generator *generator,
                                                  const cornu_fit_generator_options *options);

typedef struct cornu_evaluate_options {
    size_t struct_size;
    int batch_size; /* 0: 32 */
    int verbose CORNU_DEFAULT(CORNU_VERBOSE_AUTO);
    const cornu_array *sample_weight;
    int64_t steps; /* 0: until the data end */
    cornu_callback *callbacks[CORNU_MAX_CALLBACKS];
    /* As in cornu_evaluate_generator, when x is a generator or Sequence. */
    int max_queue_size CORNU_DEFAULT(10);
    int workers CORNU_DEFAULT(1);
    bool use_multiprocessing;
    int worker_restarts;
} cornu_evaluate_options;
#define CORNU_EVALUATE_DEFAULTS CORNU_DEFAULTS(.verbose = CORNU_VERBOSE_AUTO, .max_queue_size = 10, .workers = 1)

/* cornu_evaluate(model, x, y, &results, .batch_size = 32): loss and metrics over the data, weights unchanged. `results` may be NULL: they are
 * then only shown. With a generator or Sequence as x, y, batch_size and sample_weight are errors. */
#define cornu_evaluate(model_, x_, y_, results_, ...)                                                                  \
    CORNU_KEYWORDS(CORNU_BY_X(x_, cornu_evaluate_on_generator_with, cornu_evaluate_with)(model_, x_, y_, results_,     \
                                                                                         &cornu_keywords),             \
                   cornu_evaluate_options, CORNU_EVALUATE_DEFAULTS __VA_ARGS__)
CORNU_API cornu_status cornu_evaluate_with(cornu_model *model, const cornu_array *x, const cornu_array *y,
                                           cornu_logs *results, const cornu_evaluate_options *options);
CORNU_API cornu_status cornu_evaluate_on_generator_with(cornu_model *model, cornu_generator *generator,
                                                        const cornu_array *y, cornu_logs *results,
                                                        const cornu_evaluate_options *options);

typedef struct cornu_predict_options {
    size_t struct_size;
    int batch_size; /* 0: 32 */
    int verbose;
    int64_t steps;
    cornu_callback *callbacks[CORNU_MAX_CALLBACKS];
    /* As in cornu_predict_generator, when x is a generator or Sequence. */
    int max_queue_size CORNU_DEFAULT(10);
    int workers CORNU_DEFAULT(1);
    bool use_multiprocessing;
    int worker_restarts;
} cornu_predict_options;
#define CORNU_PREDICT_DEFAULTS CORNU_DEFAULTS(.max_queue_size = 10, .workers = 1)

/* cornu_predict(model, x): a new float32 array of the model's output for every sample; for several outputs a dictionary by their names, in
 * the model's order. NULL on failure. With a generator or Sequence as x, batch_size is an error, and only x of each batch is used. */
#define cornu_predict(model_, x_, ...)                                                                                 \
    CORNU_KEYWORDS(CORNU_BY_X(x_, cornu_predict_on_generator_with, cornu_predict_with)(model_, x_, &cornu_keywords),   \
                   cornu_predict_options, CORNU_PREDICT_DEFAULTS __VA_ARGS__)
CORNU_API cornu_array *cornu_predict_with(cornu_model *model, const cornu_array *x,
                                          const cornu_predict_options *options);
CORNU_API cornu_array *cornu_predict_on_generator_with(cornu_model *model, cornu_generator *generator,
                                                       const cornu_predict_options *options);

typedef struct cornu_generator_run_options {
    size_t struct_size;
    int64_t steps; /* 0: a Sequence's length; a plain generator must be given it */
    cornu_callback *callbacks[CORNU_MAX_CALLBACKS];
    int max_queue_size CORNU_DEFAULT(10);
    int workers CORNU_DEFAULT(1);
    bool use_multiprocessing;
    int verbose;
    int worker_restarts;
} cornu_generator_run_options;
#define CORNU_GENERATOR_RUN_DEFAULTS CORNU_DEFAULTS(.max_queue_size = 10, .workers = 1)

#define cornu_evaluate_generator(model_, generator_, results_, ...)                                                    \
    CORNU_KEYWORDS(cornu_evaluate_generator_with(model_, generator_, results_, &cornu_keywords),                       \
                   cornu_generator_run_options, CORNU_GENERATOR_RUN_DEFAULTS __VA_ARGS__)
CORNU_API cornu_status cornu_evaluate_generator_with(cornu_model *model, cornu_generator *generator,
                                                     cornu_logs *results, const cornu_generator_run_options *options);

/* As cornu_predict; only x of each batch is used. */
#define cornu_predict_generator(model_, generator_, ...)                                                               \
    CORNU_KEYWORDS(cornu_predict_generator_with(model_, generator_, &cornu_keywords), cornu_generator_run_options,     \
                   CORNU_GENERATOR_RUN_DEFAULTS __VA_ARGS__)
CORNU_API cornu_array *cornu_predict_generator_with(cornu_model *model, cornu_generator *generator,
                                                    const cornu_generator_run_options *options);

typedef struct cornu_on_batch_options {
    size_t struct_size;
    const cornu_array *sample_weight;
    const cornu_class_weight *class_weight; /* train_on_batch only */
    int class_weight_count;
    bool reset_metrics CORNU_DEFAULT(true); /* before the step: the metrics are this batch's; false: they run on */
    cornu_output_class_weight output_class_weights[CORNU_MAX_PORTS]; /* as class_weight, of each output */
    bool class_weight_strict;
} cornu_on_batch_options;
#define CORNU_ON_BATCH_DEFAULTS CORNU_DEFAULTS(.reset_metrics = true)

/* cornu_train_on_batch(model, x, y, &logs): one update on one batch. `logs` receives the loss before the update and the metrics; NULL: not
 * wanted. Nothing is allocated once a batch of this shape was seen. */
#define cornu_train_on_batch(model_, x_, y_, logs_, ...)                                                               \
    CORNU_KEYWORDS(cornu_train_on_batch_with(model_, x_, y_, logs_, &cornu_keywords), cornu_on_batch_options,          \
                   CORNU_ON_BATCH_DEFAULTS __VA_ARGS__)
CORNU_API cornu_status cornu_train_on_batch_with(cornu_model *model, const cornu_array *x, const cornu_array *y,
                                                 cornu_logs *logs, const cornu_on_batch_options *options);

/* Loss and metrics of one batch, weights unchanged. */
#define cornu_test_on_batch(model_, x_, y_, logs_, ...)                                                                \
    CORNU_KEYWORDS(cornu_test_on_batch_with(model_, x_, y_, logs_, &cornu_keywords), cornu_on_batch_options,           \
                   CORNU_ON_BATCH_DEFAULTS __VA_ARGS__)
CORNU_API cornu_status cornu_test_on_batch_with(cornu_model *model, const cornu_array *x, const cornu_array *y,
                                                cornu_logs *logs, const cornu_on_batch_options *options);

/* The outputs for one batch, as cornu_predict returns them. */
CORNU_API cornu_array *cornu_predict_on_batch(cornu_model *model, const cornu_array *x);

/* Ends every training, evaluation and prediction that runs now in this process after the batch in hand; one that is still waited for is given
 * up. fit returns its history as usual; evaluate and predict, which then have no whole result, fail with CORNU_ERROR_STOPPED. May be
 * called by a signal handler and from any thread. */
CORNU_API void cornu_request_stop(void);

CORNU_END_DECLARATIONS

#endif
