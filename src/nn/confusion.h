/* nn/confusion.h: counts of true and false positives and negatives at thresholds, as metrics keep them. */
#ifndef CORNU_NN_CONFUSION_H
#define CORNU_NN_CONFUSION_H

#include "nn/metrics.h"

enum {
    CORNU__TRUE_POSITIVES,
    CORNU__FALSE_POSITIVES,
    CORNU__TRUE_NEGATIVES,
    CORNU__FALSE_NEGATIVES,
    CORNU__CONFUSION_COUNTS
};

/* A label is true unless it is 0; a score is positive where it is larger than the threshold. All nodes of one shape. */
typedef struct cornu__counting {
    cornu_node *y_true, *y_pred;
    cornu_node *weight; /* NULL: 1 */
    int threshold_count;
    const double *thresholds;
    bool
        by_column; /* a state has a count for each threshold and element of the last axis, else one for each threshold */
} cornu__counting;

/* new_states[k] := states[k] + the count `kept[k]` (CORNU__TRUE_POSITIVES...) of this batch. */
cornu_status cornu__count_confusion(const cornu__counting *counting, int kept_count, const int *kept,
                                    cornu_node *const *states, cornu_node **new_states);

/* One element of the last axis, which stays, with size 1; all of x for column -1. */
cornu_node *cornu__column_of(cornu_node *x, int column);
/* CORNU_OK if the output has the column. */
cornu_status cornu__check_column(const cornu__spec *y_pred, int column);

/* How many numbers there are before the first 0. */
int cornu__list_count(const double *list);
/* That the thresholds of a list lie between 0 and 1. */
cornu_status cornu__check_thresholds(const double *list);

/* part / whole, 0 if there is nothing. */
static inline double cornu__ratio(double part, double whole)
{
    return whole == 0 ? 0 : part / whole;
}

#endif
