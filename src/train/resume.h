/*
 * train/resume.h: a training that goes on from what an earlier one left.
 *
 * cornu__training_state (training.h) makes a dictionary of all that the next batch depends on; BackupAndRestore keeps it in a file. The next process
 * reads it before its data are begun (cornu__fit_resume), begins them at the kept positions, and sets the rest when on_train_begin was
 * called (cornu__fit_go_on).
 */
#ifndef CORNU_TRAIN_RESUME_H
#define CORNU_TRAIN_RESUME_H

#include "model/history.h"
#include "train/training.h"

/* By what a training knows its data again. -1: the batches' maker knows. */
typedef struct cornu__data_facts {
    int64_t samples, batch_size, steps_per_epoch, shuffle;
} cornu__data_facts;

/* What an earlier training left. All zero: nothing. */
typedef struct cornu__resumption {
    cornu_array *kept;    /* the dictionary; NULL: nothing */
    const char *keeper;   /* the callback that gave it, for messages, */
    const char *place;    /* and where that has it from */
    int64_t epoch;        /* to go on with; */
    int64_t batch, steps; /* that many of its batches, of so many, were used. 0: the epoch is not begun */
    bool stopped;         /* no other epoch is to follow */
    bool same_data;       /* the positions are of these data */
    cornu__position data, validation_data;
    bool validation_begun; /* a validation generator was, and stands at validation_data */
} cornu__resumption;

struct cornu__fit;

/* Asks the callbacks for what an earlier training left, and whether fit->facts are those of its data: in mid-epoch other data are an error,
 * between two epochs a warning. Sets fit->from and fit->initial_epoch. Before any source of data is begun. */
cornu_status cornu__fit_resume(struct cornu__fit *fit);
/* Where a source of data is to begin: for an enqueuer's `from`. */
const cornu__position *cornu__resume_data(const cornu__resumption *from);
const cornu__position *cornu__resume_validation_data(const cornu__resumption *from);
/* Warns where a plain generator must be asked again for what an earlier training used. */
void cornu__resume_warn_of_replay(const struct cornu__fit *fit, const cornu_generator *generator,
                                  const cornu__position *position, const char *which);

/* Sets model, history, callbacks and what the epoch in hand has counted. After on_train_begin. */
cornu_status cornu__fit_go_on(struct cornu__fit *fit);

void cornu__resumption_clear(cornu__resumption *from);

#endif
