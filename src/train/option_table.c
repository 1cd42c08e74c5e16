/* option_table.c: which fields of which option structs can be set from text, and to what. */
#include <limits.h>
#include <math.h>

#include <cornu/train.h>

#include "train/option_table.h"

/* --- Kinds of values --- */

#define MOST_WHOLE 9007199254740992.0 /* 2^53: whole numbers up to here are doubles */

static const cornu__option_word no_steps[] = {{"None", 0}, {"NULL", 0}, {0}};
static const cornu__option_word no_number[] = {{"None", NAN}, {"NULL", NAN}, {0}};
static const cornu__option_word truth_words[] = {{"true", 1}, {"yes", 1}, {"on", 1}, {"false", 0},
                                                 {"no", 0},   {"off", 0}, {0}};
static const cornu__option_word shuffle_words[] = {{"true", 1}, {"false", 0}, {"batch", CORNU_SHUFFLE_BATCH}, {0}};
static const cornu__option_word verbose_words[] = {{"auto", CORNU_VERBOSE_AUTO}, {"true", 1}, {"false", 0}, {0}};
static const cornu__option_word view_words[] = {{"auto", -1}, {"true", 1}, {"false", 0}, {0}};
static const cornu__option_word update_words[] = {{"epoch", 0}, {"batch", 1}, {0}};
static const cornu__option_word save_words[] = {{"epoch", 0}, {0}};

static const cornu__option_kind
    count = {CORNU__OPTION_INT, 0, INT_MAX, NULL, "a whole number of at least 0"},
    positive_count = {CORNU__OPTION_INT, 1, INT_MAX, NULL, "a whole number of at least 1"},
    count_or_none = {CORNU__OPTION_INT, 0, INT_MAX, no_steps, "a whole number of at least 0, or None"},
    steps = {CORNU__OPTION_INT64, 0, MOST_WHOLE, no_steps, "a whole number of at least 0, or None"},
    period = {CORNU__OPTION_INT64, 1, MOST_WHOLE, NULL, "a whole number of at least 1"},
    histogram_frequency = {CORNU__OPTION_INT64, 0, MOST_WHOLE, NULL, "a whole number of at least 0"},
    save_frequency = {CORNU__OPTION_INT64, 0, MOST_WHOLE, save_words, "\"epoch\" or a number of batches"},
    update_frequency = {CORNU__OPTION_INT64, 0, MOST_WHOLE, update_words,
                        "\"epoch\", \"batch\" or a number of batches"},
    share = {CORNU__OPTION_DOUBLE, 0, 1 - 0x1p-53, NULL, "a number of at least 0 and less than 1"},
    number = {CORNU__OPTION_DOUBLE, -HUGE_VAL, HUGE_VAL, NULL, "a number"},
    number_or_none = {CORNU__OPTION_DOUBLE, -HUGE_VAL, HUGE_VAL, no_number, "a number or None"},
    size = {CORNU__OPTION_DOUBLE, 0, HUGE_VAL, NULL, "a number of at least 0"},
    truth = {CORNU__OPTION_BOOL, 0, 1, truth_words, "true or false"},
    shuffle = {CORNU__OPTION_INT, 0, CORNU_SHUFFLE_BATCH, shuffle_words, "true, false or batch"},
    verbose = {CORNU__OPTION_INT, 0, 2, verbose_words, "0, 1, 2 or auto"},
    callback_verbose = {CORNU__OPTION_INT, 0, 1, truth_words, "0 or 1"},
    view_metrics = {CORNU__OPTION_INT, 0, 1, view_words, "true, false or auto"},
    port = {CORNU__OPTION_INT, 0, 65535, NULL, "a port's number, or 0 for a free one"},
    character = {CORNU__OPTION_CHAR, 0, 0, NULL, "one character"}, text = {CORNU__OPTION_TEXT, 0, 0, NULL, "a text"},
    epochs = {CORNU__OPTION_EPOCHS, 1, MOST_WHOLE, NULL, "a list of at most 64 epochs, counted from 1: [1, 2, 10]"},
    not_text = {CORNU__OPTION_NOT_TEXT, 0, 0, NULL, NULL};

/* --- Training, evaluation, prediction --- */

#define AT(field) offsetof(cornu_fit_options, field)
static const cornu__option_field fit_fields[] = {
    {"batch_size", &count_or_none, AT(batch_size)},
    {"epochs", &count, AT(epochs)},
    {"verbose", &verbose, AT(verbose)},
    {"callbacks", &not_text, AT(callbacks)},
    {"validation_split", &share, AT(validation_split)},
    {"validation_data", &not_text, AT(validation_data)},
    {"shuffle", &shuffle, AT(shuffle)},
    {"class_weight", &not_text, AT(class_weight)},
    {"class_weight_count", &not_text, AT(class_weight_count)},
    {"sample_weight", &not_text, AT(sample_weight)},
    {"initial_epoch", &count, AT(initial_epoch)},
    {"steps_per_epoch", &steps, AT(steps_per_epoch)},
    {"validation_steps", &steps, AT(validation_steps)},
    {"validation_batch_size", &count_or_none, AT(validation_batch_size)},
    {"validation_freq", &positive_count, AT(validation_freq)},
    {"view_metrics", &view_metrics, AT(view_metrics)},
    {"validation_epochs", &epochs, AT(validation_epochs)},
    {"output_class_weights", &not_text, AT(output_class_weights)},
    {"class_weight_strict", &truth, AT(class_weight_strict)},
    {"max_queue_size", &positive_count, AT(max_queue_size)},
    {"workers", &count, AT(workers)},
    {"use_multiprocessing", &truth, AT(use_multiprocessing)},
    {"worker_restarts", &count, AT(worker_restarts)},
    {"view_port", &port, AT(view_port)},
    {"view_file", &text, AT(view_file)},
    {0},
};

#undef AT
#define AT(field) offsetof(cornu_fit_generator_options, field)
static const cornu__option_field fit_generator_fields[] = {
    {"steps_per_epoch", &steps, AT(steps_per_epoch)},
    {"epochs", &count, AT(epochs)},
    {"verbose", &verbose, AT(verbose)},
    {"callbacks", &not_text, AT(callbacks)},
    {"validation_data", &not_text, AT(validation_data)},
    {"validation_steps", &steps, AT(validation_steps)},
    {"validation_freq", &positive_count, AT(validation_freq)},
    {"validation_batch_size", &count_or_none, AT(validation_batch_size)},
    {"class_weight", &not_text, AT(class_weight)},
    {"class_weight_count", &not_text, AT(class_weight_count)},
    {"max_queue_size", &positive_count, AT(max_queue_size)},
    {"workers", &count, AT(workers)},
    {"use_multiprocessing", &truth, AT(use_multiprocessing)},
    {"worker_restarts", &count, AT(worker_restarts)},
    {"shuffle", &truth, AT(shuffle)},
    {"initial_epoch", &count, AT(initial_epoch)},
    {"view_metrics", &view_metrics, AT(view_metrics)},
    {"validation_epochs", &epochs, AT(validation_epochs)},
    {"output_class_weights", &not_text, AT(output_class_weights)},
    {"class_weight_strict", &truth, AT(class_weight_strict)},
    {"view_port", &port, AT(view_port)},
    {"view_file", &text, AT(view_file)},
    {0},
};

#undef AT
#define AT(field) offsetof(cornu_evaluate_options, field)
static const cornu__option_field evaluate_fields[] = {
    {"batch_size", &count_or_none, AT(batch_size)},
    {"verbose", &verbose, AT(verbose)},
    {"sample_weight", &not_text, AT(sample_weight)},
    {"steps", &steps, AT(steps)},
    {"callbacks", &not_text, AT(callbacks)},
    {"max_queue_size", &positive_count, AT(max_queue_size)},
    {"workers", &count, AT(workers)},
    {"use_multiprocessing", &truth, AT(use_multiprocessing)},
    {"worker_restarts", &count, AT(worker_restarts)},
    {0},
};

#undef AT
#define AT(field) offsetof(cornu_predict_options, field)
static const cornu__option_field predict_fields[] = {
    {"batch_size", &count_or_none, AT(batch_size)},
    {"verbose", &verbose, AT(verbose)},
    {"steps", &steps, AT(steps)},
    {"callbacks", &not_text, AT(callbacks)},
    {"max_queue_size", &positive_count, AT(max_queue_size)},
    {"workers", &count, AT(workers)},
    {"use_multiprocessing", &truth, AT(use_multiprocessing)},
    {"worker_restarts", &count, AT(worker_restarts)},
    {0},
};

#undef AT
#define AT(field) offsetof(cornu_generator_run_options, field)
static const cornu__option_field generator_run_fields[] = {
    {"steps", &steps, AT(steps)},
    {"callbacks", &not_text, AT(callbacks)},
    {"max_queue_size", &positive_count, AT(max_queue_size)},
    {"workers", &count, AT(workers)},
    {"use_multiprocessing", &truth, AT(use_multiprocessing)},
    {"worker_restarts", &count, AT(worker_restarts)},
    {"verbose", &verbose, AT(verbose)},
    {0},
};

#undef AT
#define AT(field) offsetof(cornu_on_batch_options, field)
static const cornu__option_field on_batch_fields[] = {
    {"sample_weight", &not_text, AT(sample_weight)},
    {"class_weight", &not_text, AT(class_weight)},
    {"class_weight_count", &not_text, AT(class_weight_count)},
    {"reset_metrics", &truth, AT(reset_metrics)},
    {"output_class_weights", &not_text, AT(output_class_weights)},
    {"class_weight_strict", &truth, AT(class_weight_strict)},
    {0},
};

/* --- Callbacks --- */

#undef AT
#define AT(field) offsetof(cornu_early_stopping_options, field)
static const cornu__option_field early_stopping_fields[] = {
    {"monitor", &text, AT(monitor)},
    {"min_delta", &number, AT(min_delta)},
    {"patience", &count, AT(patience)},
    {"verbose", &callback_verbose, AT(verbose)},
    {"mode", &text, AT(mode)},
    {"baseline", &number_or_none, AT(baseline)},
    {"restore_best_weights", &truth, AT(restore_best_weights)},
    {"start_from_epoch", &count, AT(start_from_epoch)},
    {0},
};

#undef AT
#define AT(field) offsetof(cornu_terminate_on_nan_options, field)
static const cornu__option_field terminate_on_nan_fields[] = {
    {"raise_error", &truth, AT(raise_error)},
    {0},
};

#undef AT
#define AT(field) offsetof(cornu_learning_rate_scheduler_options, field)
static const cornu__option_field learning_rate_scheduler_fields[] = {
    {"verbose", &callback_verbose, AT(verbose)},
    {0},
};

#undef AT
#define AT(field) offsetof(cornu_reduce_lr_on_plateau_options, field)
static const cornu__option_field reduce_lr_on_plateau_fields[] = {
    {"monitor", &text, AT(monitor)},
    {"factor", &share, AT(factor)},
    {"patience", &count, AT(patience)},
    {"verbose", &callback_verbose, AT(verbose)},
    {"mode", &text, AT(mode)},
    {"min_delta", &number, AT(min_delta)},
    {"cooldown", &count, AT(cooldown)},
    {"min_lr", &size, AT(min_lr)},
    {0},
};

#undef AT
#define AT(field) offsetof(cornu_model_checkpoint_options, field)
static const cornu__option_field model_checkpoint_fields[] = {
    {"monitor", &text, AT(monitor)},
    {"verbose", &callback_verbose, AT(verbose)},
    {"save_best_only", &truth, AT(save_best_only)},
    {"save_weights_only", &truth, AT(save_weights_only)},
    {"mode", &text, AT(mode)},
    {"period", &period, AT(period)},
    {"save_freq", &save_frequency, AT(save_freq)},
    {"initial_value_threshold", &number_or_none, AT(initial_value_threshold)},
    {0},
};

#undef AT
#define AT(field) offsetof(cornu_csv_logger_options, field)
static const cornu__option_field csv_logger_fields[] = {
    {"separator", &character, AT(separator)},
    {"append", &truth, AT(append)},
    {0},
};

#undef AT
#define AT(field) offsetof(cornu_remote_monitor_options, field)
static const cornu__option_field remote_monitor_fields[] = {
    {"root", &text, AT(root)},
    {"path", &text, AT(path)},
    {"field", &text, AT(field)},
    {"headers", &not_text, AT(headers)},
    {"send_as_json", &truth, AT(send_as_json)},
    {"timeout", &number, AT(timeout)},
    {0},
};

#undef AT
#define AT(field) offsetof(cornu_tensorboard_options, field)
static const cornu__option_field tensorboard_fields[] = {
    {"log_dir", &text, AT(log_dir)},
    {"update_freq", &update_frequency, AT(update_freq)},
    {"write_steps_per_second", &truth, AT(write_steps_per_second)},
    {"histogram_freq", &histogram_frequency, AT(histogram_freq)},
    {"write_graph", &truth, AT(write_graph)},
    {"write_images", &truth, AT(write_images)},
    {0},
};

#undef AT
#define AT(field) offsetof(cornu_backup_and_restore_options, field)
static const cornu__option_field backup_and_restore_fields[] = {
    {"delete_checkpoint", &truth, AT(delete_checkpoint)},
    {"save_freq", &save_frequency, AT(save_freq)},
    {"double_checkpoint", &truth, AT(double_checkpoint)},
    {0},
};

#undef AT
#define AT(field) offsetof(cornu_swap_ema_weights_options, field)
static const cornu__option_field swap_ema_weights_fields[] = {
    {"swap_on_epoch", &truth, AT(swap_on_epoch)},
    {0},
};

/* --- All --- */

const cornu__option_table cornu__option_tables[] = {
    {"fit", fit_fields},
    {"fit_generator", fit_generator_fields},
    {"evaluate", evaluate_fields},
    {"predict", predict_fields},
    {"evaluate_generator", generator_run_fields},
    {"predict_generator", generator_run_fields},
    {"train_on_batch", on_batch_fields},
    {"test_on_batch", on_batch_fields},
    {"early_stopping", early_stopping_fields},
    {"reduce_lr_on_plateau", reduce_lr_on_plateau_fields},
    {"model_checkpoint", model_checkpoint_fields},
    {"csv_logger", csv_logger_fields},
    {"remote_monitor", remote_monitor_fields},
    {"tensorboard", tensorboard_fields},
    {"backup_and_restore", backup_and_restore_fields},
    {"swap_ema_weights", swap_ema_weights_fields},
    {"terminate_on_nan", terminate_on_nan_fields},
    {"learning_rate_scheduler", learning_rate_scheduler_fields},
    {0},
};

const cornu__legacy_option cornu__legacy_options[] = {
    {"nb_epoch", "epochs", CORNU__LEGACY_RENAMED},
    {"samples_per_epoch", "steps_per_epoch", CORNU__LEGACY_SAMPLES_PER_EPOCH},
    {"nb_val_samples", "validation_steps", CORNU__LEGACY_SAMPLES},
    {"val_samples", "steps", CORNU__LEGACY_SAMPLES},
    {"nb_worker", "workers", CORNU__LEGACY_RENAMED},
    {"pickle_safe", "use_multiprocessing", CORNU__LEGACY_RENAMED},
    {"max_q_size", "max_queue_size", CORNU__LEGACY_RENAMED},
    {0},
};
