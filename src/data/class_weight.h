/* data/class_weight.h: weights of classes, folded into the weights of samples. */
#ifndef CORNU_DATA_CLASS_WEIGHT_H
#define CORNU_DATA_CLASS_WEIGHT_H

#include <cornu/train.h>

#include "data/standardize.h"

typedef struct cornu__class_weights {
    int64_t count; /* 0: none */
    int64_t room;
    float *weights; /* by class number; classes that were not named, and those beyond, weigh 1 */
} cornu__class_weights;

/* Checks the list against the model (one target, a class number for each sample). *made, {0} at first, may be made anew, and then allocates
 * only for a larger class than ever before; free it with cornu__class_weights_free. */
cornu_status cornu__class_weights_make(const cornu__ports *ports, const cornu_class_weight *items, int count,
                                       cornu__class_weights *made);
void cornu__class_weights_free(cornu__class_weights *class_weights);

/* weights[i] *= the weight of row i's class, which is its one number, rounded, or the place of the largest of its numbers. `target` has the
 * rank 1 or 2 and dtype float32 or int32; `weights` has `per_row` numbers for each row. */
void cornu__class_weights_apply(const cornu__class_weights *class_weights, cornu_dtype dtype,
                                const cornu__tensor *target, float *weights, int64_t per_row);

#endif
