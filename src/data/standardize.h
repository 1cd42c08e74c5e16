/*
 * data/standardize.h: what a program gives as x, y and sample_weight, brought into the order and shapes of a model's inputs and outputs.
 *
 * Nothing is copied here: a column says which array feeds which port, and in which shape and dtype.
 */
#ifndef CORNU_DATA_STANDARDIZE_H
#define CORNU_DATA_STANDARDIZE_H

#include "array/array.h"
#include "data/ports.h"

typedef struct cornu__column {
    const cornu_array *array; /* NULL: none */
    cornu_dtype dtype;        /* the port's; `array` may have another */
    int rank;
    int64_t shape[CORNU_MAX_RANK]; /* as the port wants it, of the whole array: shape[0] = rows */
} cornu__column;

typedef struct cornu__columns {
    int64_t rows;
    int input_count, target_count;
    cornu__column inputs[CORNU__MAX_PORTS];
    cornu__column targets[CORNU__MAX_PORTS];
    cornu__column sample_weights[CORNU__MAX_PORTS]; /* of each target */
} cornu__columns;

/* Checks names, counts, shapes and lengths; messages name the input or target, what came and what was wanted. Where the model has
 * targets, y must be there; where it has none (prediction), y and sample_weight are not looked at. Class numbers are not checked here. */
cornu_status cornu__standardize(const cornu__ports *ports, const cornu_array *x, const cornu_array *y,
                                const cornu_array *sample_weight, cornu__columns *columns);

/* Checks that all class numbers among the targets are whole and in range; messages name target, sample and label. `first_sample` is
 * the number of the first row, for messages. */
cornu_status cornu__labels_check(const cornu__ports *ports, const cornu__columns *columns, int64_t first_sample);

#endif
