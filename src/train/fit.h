/* train/fit.h: the epochs of a training: what fit and fit_generator have in common. */
#ifndef CORNU_TRAIN_FIT_H
#define CORNU_TRAIN_FIT_H

#include "model/history.h"
#include "train/resume.h"
#include "train/stepping.h"

typedef struct cornu__fit {
    const char *function; /* "fit", for messages */
    cornu_model *model;
    cornu_callback *const *callbacks;
    int verbose; /* resolved */
    int64_t epochs, initial_epoch;
    cornu__data_facts facts; /* of the data, before cornu__fit_resume */
    cornu__resumption from;  /* what an earlier training left */
    bool keeps_backups;
    cornu__view_request view; /* resolved */
    int64_t validation_freq;
    const int64_t *validation_epochs; /* instead, CORNU_MAX_VALIDATION_EPOCHS of them, as the program gave them */
    cornu__enqueuer *batches;         /* of training; NULL when no more are wanted */
    int64_t steps;                    /* per epoch; 0: the length of the source's epoch */
    cornu__enqueuer *validation;      /* NULL: none */
    int64_t validation_samples;       /* of arrays; 0: not known, or none */
    int64_t validation_steps;         /* 0: the length of the source's epoch */
    cornu__workers workers;           /* of a training or validation generator */

    /* While it runs. */
    cornu_training *training;
    cornu_history *history;
    int64_t record_shift;                     /* what an epoch's number in the model's own history is more than here */
    bool epoch_over, data_ended;              /* of the epoch in hand; of all */
    const cornu_logs *epoch_values;           /* of training, while the epoch's validation runs; */
    const cornu__position *validation_begins; /* where that began; NULL: it does not run */
    const cornu_array *from_values; /* the epoch's training values, where only its validation is left; or NULL */
} cornu__fit;

/* steps * passes, or the largest number there is: no limit, as far as anyone can tell. */
static inline int64_t cornu__fit_batches(int64_t steps, int64_t passes)
{
    int64_t batches;
    return __builtin_mul_overflow(steps, passes, &batches) ? INT64_MAX : batches;
}

/* Whether the two arguments that say when to validate can be so. */
cornu_status cornu__fit_check_validation(const char *function, int validation_freq, const int64_t *validation_epochs);

/* How many validations there will be. */
int64_t cornu__fit_validations(const cornu__fit *fit);

/* Whether there are validation data. What is incomplete counts: cornu__fit_validate_on then says what is missing. */
bool cornu__fit_has_validation(const cornu_validation_data *data);

/* The validation data as a source of batches, into fit->validation. `columns` is for arrays and must outlive the training. */
cornu_status cornu__fit_validate_on(cornu__fit *fit, const cornu__ports *ports, const cornu_validation_data *data,
                                    int64_t batch_size, cornu__columns *columns);
/* The same for some rows of columns that were read already. */
cornu_status cornu__fit_validate_on_rows(cornu__fit *fit, const cornu__ports *ports, const cornu__columns *columns,
                                         int64_t begin, int64_t batch_size);

/* The model's own history (cornu_model_history): makes it ready for the epochs to come; has those that an earlier training `kept` (NULL: it kept none)
 * in it again; and puts an epoch's values into it. */
cornu_status cornu__fit_record_begin(cornu__fit *fit);
cornu_status cornu__fit_record_go_on(cornu__fit *fit, const cornu_array *kept);
cornu_status cornu__fit_record_epoch(cornu__fit *fit, int64_t epoch, const cornu_logs *logs);

/* Runs all epochs. NULL on failure. */
cornu_history *cornu__fit_run(cornu__fit *fit);

/* Whether the training still wants batches, and how many of a generator, if steps are given. */
bool cornu__fit_wants_data(const cornu__fit *fit);
int64_t cornu__fit_batches_left(const cornu__fit *fit);

/* Stops the enqueuers, and lets go of what an earlier training left. */
void cornu__fit_end(cornu__fit *fit);

#endif
