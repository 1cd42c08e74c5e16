/* train/progress_look.h: which look progress has: as the environment asks for, and as the place that standard output goes to allows. */
#ifndef CORNU_TRAIN_PROGRESS_LOOK_H
#define CORNU_TRAIN_PROGRESS_LOOK_H

#include "base/status.h"
#include "train/progress.h"

typedef enum cornu__progress_look {
    CORNU__LOOK_AUTO, /* Keras 3's on a terminal that shows UTF-8, else Keras 2's */
    CORNU__LOOK_KERAS2,
    CORNU__LOOK_KERAS3,
    CORNU__LOOK_JSON
} cornu__progress_look;

/* What CORNU_PROGRESS says. Not set or empty: CORNU__LOOK_AUTO; a word that it cannot be is an error. */
cornu_status cornu__progress_look_asked(cornu__progress_look *look);

/* The style of bars on standard output as it is now. */
cornu__progress_style cornu__progress_style_now(cornu__progress_look look);

/* Columns of the terminal that the descriptor (STDOUT_FILENO) is now; 0: not known, or it is none. */
int cornu__terminal_columns(int descriptor);

#endif
