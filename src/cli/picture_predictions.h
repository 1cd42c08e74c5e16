/* cli/picture_predictions.h: what a model says of each picture of a folder, as a table. */
#ifndef CORNU_CLI_PICTURE_PREDICTIONS_H
#define CORNU_CLI_PICTURE_PREDICTIONS_H

#include <stdio.h>

#include <cornu/flow.h>
#include <cornu/model.h>

/* The place of the largest of a sample's numbers; one number is the probability of class 1. *probability := that of the class. */
int64_t cornu__most_probable(const float *numbers, int64_t count, double *probability);

/* Whether a model's outputs are one number, or one for each class, for each sample. */
cornu_status cornu__picture_predictions_check(cornu_model *model);

/* Writes CSV to `stream`: "file,class,probability", then a row for each of the outputs (n, classes) or (n, 1) of the pictures in their order. Files that could not be read and
 * were left out have none. One number is the probability of class 1. A class is its name, where the model knows
 * that, and else its number. */
cornu_status cornu__picture_predictions_write(const cornu_sequence *pictures, const cornu_model *model,
                                              const cornu_array *outputs, FILE *stream);

#endif
