/* data/class_weight.h: weights of classes, folded into the weights of samples. */
#ifndef CORNU_DATA_CLASS_WEIGHT_H
#define CORNU_DATA_CLASS_WEIGHT_H

#include <cornu/train.h>

#include "data/standardize.h"

/* By class number. Classes that were not named, and those beyond, weigh 1. */
typedef struct cornu__class_table {
    int64_t count; /* 0: none */
    int64_t room;
    float *weights;
    bool *named; /* beside the weights */
} cornu__class_table;

typedef struct cornu__class_weights {
    bool strict; /* a sample of a class that was not named is an error */
    cornu__class_table outputs[CORNU__MAX_PORTS];
} cornu__class_weights;

/* What a program gives: a list for the one output there is, or a list for each of some outputs. */
typedef struct cornu__class_weight_options {
    const cornu_class_weight *class_weight;
    int class_weight_count;
    const cornu_output_class_weight *outputs; /* CORNU_MAX_PORTS of them */
    bool strict;
} cornu__class_weight_options;

/* Whether there are any. */
bool cornu__class_weights_given(int class_weight_count, const cornu_output_class_weight *outputs);

/* Checks the lists against the model's targets. *made, {0} at first, may be made anew, and then allocates only for a larger class than ever
 * before; free it with cornu__class_weights_free. */
cornu_status cornu__class_weights_make(const cornu__ports *ports, const cornu__class_weight_options *given,
                                       cornu__class_weights *made);
void cornu__class_weights_free(cornu__class_weights *class_weights);

/* Checks that each of the first `rows` rows has one class and, if that is demanded, that the class has a weight. */
cornu_status cornu__class_weights_check(const cornu__class_weights *class_weights, const cornu__ports *ports,
                                        const cornu__columns *columns, int64_t rows);

/* weights[i] *= the weight of row i's class, which is its one number, rounded, or the place of the largest of its numbers. `target` has the
 * rank 1 or 2 and dtype float32 or int32; `weights` has `per_row` numbers for each row. */
void cornu__class_weights_apply(const cornu__class_table *classes, cornu_dtype dtype, const cornu__tensor *target,
                                float *weights, int64_t per_row);

#endif
