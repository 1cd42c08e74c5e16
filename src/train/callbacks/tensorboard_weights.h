/* train/callbacks/tensorboard_weights.h: what the TensorBoard callback writes of a model's weights and structure. */
#ifndef CORNU_TRAIN_TENSORBOARD_WEIGHTS_H
#define CORNU_TRAIN_TENSORBOARD_WEIGHTS_H

#include <stdbool.h>

#include <cornu/model.h>

#include "format/event_file.h"

#define CORNU__HISTOGRAM_BUCKETS 30

/* TensorBoard's rule for `count` numbers: buckets of equal width from the least to the greatest, each (left edge, right edge, how many); of numbers
 * that are all one, that one and all in the last bucket. What is not finite has no place there and is left out. */
void cornu__histogram(const float *values, int64_t count, double buckets[CORNU__HISTOGRAM_BUCKETS][3]);

/* Every weight's histogram and, if asked for, its picture, under "<weight>/histogram" and "<weight>/image". */
cornu_status cornu__tensorboard_write_weights(cornu__event_file *file, cornu_model *model, int64_t step, bool images);

/* The model's layers: Keras's JSON for the dashboard of graphs, the summary for that of texts. A model that has no JSON is a warning. */
cornu_status cornu__tensorboard_write_graph(cornu__event_file *file, cornu_model *model);

#endif
