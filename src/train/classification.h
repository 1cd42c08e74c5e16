/* train/classification.h: what a classifier said about samples whose classes are known: counts, and mistakes in order of their loss. */
#ifndef CORNU_TRAIN_CLASSIFICATION_H
#define CORNU_TRAIN_CLASSIFICATION_H

#include <cornu/array.h>

#include "base/status.h"

#define CORNU__MAX_REPORT_CLASSES 10000

typedef struct cornu__mistake {
    int64_t sample;
    int truth, said;
    double probability; /* of what was said */
    double loss;        /* -log of the probability of the truth */
} cornu__mistake;

typedef struct cornu__classification {
    int class_count;
    int64_t sample_count, right_count;
    int64_t *counts;          /* (truth, said) */
    cornu__mistake *mistakes; /* the worst first */
    int64_t mistake_count;
} cornu__classification;

/* Whether outputs and targets are about classes: NULL, or why they are not, as the end of a sentence. Class numbers for (n, classes); rows of 0
 * and one 1 for it; 0 and 1 for (n, 1). */
const char *cornu__no_classification(const cornu_array *outputs, const cornu_array *targets);

/* Counts. Outputs that are no probabilities are taken as logits. Fails where a class number is not one of the model's. */
cornu_status cornu__classify(const cornu_array *outputs, const cornu_array *targets, cornu__classification *out);
void cornu__classification_free(cornu__classification *classification);

/* Of one class, NaN where nothing was counted. */
typedef struct cornu__class_score {
    double precision, recall, f1;
    int64_t support; /* samples that are of it */
} cornu__class_score;
cornu__class_score cornu__score_of_class(const cornu__classification *classification, int number);

#endif
