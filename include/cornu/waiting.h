/*
 * waiting.h: what a training waits for: how much of an epoch goes by without a batch to train on, and which stage of making batches is to blame.
 *
 *     cornu_waiting waiting;
 *     cornu_history_waiting(history, 0, &waiting);
 *     printf("%.0f %% of the first epoch, %.1f s of it decoding\n", 100 * waiting.waited / waiting.seconds, waiting.stages[CORNU_STAGE_DECODE]);
 *
 * fit and fit_generator say it themselves behind an epoch that lost more than a twentieth of its time so.
 */
#ifndef CORNU_WAITING_H
#define CORNU_WAITING_H

#include <cornu/export.h>

CORNU_BEGIN_DECLARATIONS

typedef enum cornu_stage {
    CORNU_STAGE_FUNCTION, /* the program's generator or Sequence, and what is none of the others */
    CORNU_STAGE_READ,     /* bytes out of files */
    CORNU_STAGE_DECODE,   /* bytes into pixels or numbers */
    CORNU_STAGE_RESIZE,   /* pictures to the size that is wanted */
    CORNU_STAGE_AUGMENT,  /* random changes, and normalizing */
    CORNU_STAGE_COPY,     /* into the batch's place, in the dtype that the model wants */
    CORNU_STAGE_TRANSPORT /* to and from worker processes */
} cornu_stage;
#define CORNU_STAGE_COUNT 7

/* "decoding". NULL: there is no such stage. */
CORNU_API const char *cornu_stage_name(cornu_stage stage);

#define CORNU_MAX_STAGES 16

/*
 * In seconds. Where a batch was waited for, the time is shared out among the stages as the worker that made this batch spent its own on it. Without workers (.workers = 0)
 * all the time that it takes to make batches is waited for. Arrays are not waited for: 0.
 */
typedef struct cornu_waiting {
    double seconds;                  /* of the pass over the batches, waiting included */
    double waited;                   /* of these, without a batch */
    double stages[CORNU_MAX_STAGES]; /* the parts of `waited`, by cornu_stage */
} cornu_waiting;

CORNU_END_DECLARATIONS

#endif
