/*
 * option_text.h: fields of option structs set by name from text, for bindings and commands.
 *
 *     cornu_fit_generator_options options = {.struct_size = sizeof options, CORNU_FIT_GENERATOR_DEFAULTS};
 *     const cornu_option_text given[] = {{"epochs", "5"}, {"workers", "2"}, {"shuffle", "false"}};
 *     if (cornu_options_set("fit_generator", &options, given, 3, 0) != CORNU_OK)
 *         fprintf(stderr, "%s\n", cornu_error_message());
 *
 * Arrays, callbacks, class weights and other pointers are not set by text: put them into the struct.
 *
 * The names that these arguments had in Keras 1 are taken too, with a warning that says what was made of them, as Keras 2 does:
 *
 *     nb_epoch             epochs
 *     samples_per_epoch    steps_per_epoch: the samples divided by the generator's batch size, rounded down
 *     nb_val_samples       validation_steps: the number is taken as batches
 *     val_samples          steps: the number is taken as batches
 *     nb_worker            workers
 *     pickle_safe          use_multiprocessing
 *     max_q_size           max_queue_size
 */
#ifndef CORNU_OPTION_TEXT_H
#define CORNU_OPTION_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include <cornu/error.h>

CORNU_BEGIN_DECLARATIONS

typedef struct cornu_option_text {
    const char *name;  /* of the struct's field, or what Keras 1 called it */
    const char *value; /* a number with a decimal point, true or false, a name; None where the field can be left out */
} cornu_option_text;

/* Sets the fields of `options`, a struct with its struct_size and defaults in place, to `count` texts. `function` says what the options are
 * of: "fit", "fit_generator", "evaluate", "predict", "evaluate_generator", "predict_generator", "train_on_batch", "test_on_batch", or a
 * callback: "early_stopping", "reduce_lr_on_plateau", "model_checkpoint", "csv_logger", "remote_monitor", "tensorboard",
 * "backup_and_restore", "swap_ema_weights", "terminate_on_nan", "learning_rate_scheduler". A field that holds a text points to the value given, which must live as long as the options.
 * `generator_batch_size`: of the generator that the options go with, for samples_per_epoch; 0: it has none, and the number is taken as
 * batches, as Keras 2 does.
 *
 * Errors, after which some fields may be set and others not: a name that is not there (with the nearest that is), a value that is not of
 * the field's kind or range, an argument given twice, be it once by its name in Keras 1; a field that the program's struct, made for an
 * older version, does not have. */
CORNU_API cornu_status cornu_options_set(const char *function, void *options, const cornu_option_text *given,
                                         size_t count, int64_t generator_batch_size);

/* The names that can be set by text, in the struct's order; NULL for an index behind the last and for a function that is not there. */
CORNU_API const char *cornu_options_name(const char *function, size_t index);

CORNU_END_DECLARATIONS

#endif
