/* image/affine.h: rotation, shift, shear and zoom as one map from the pixels of the result to places in the picture. */
#ifndef CORNU_IMAGE_AFFINE_H
#define CORNU_IMAGE_AFFINE_H

#include <stdbool.h>

/* What old versions of Keras get wrong, for who needs their pixels again. */
typedef enum cornu__affine_compat {
    CORNU__AFFINE_EXACT, /* about the picture's centre; tx moves rows, ty columns */
    CORNU__AFFINE_KP112, /* keras-preprocessing up to 1.1.2: about a point one pixel further down and right */
    CORNU__AFFINE_TF29   /* Keras 2.9 and later: rows and columns exchanged after centring */
} cornu__affine_compat;

/* Keras's parameters: theta and shear in degrees, tx rows, ty columns, zx along the rows axis (height), zy along the columns axis. */
typedef struct cornu__affine_parameters {
    double theta, tx, ty, shear, zx, zy;
} cornu__affine_parameters;

/* Pixel (row, column) of the result is the picture's value at (a00 row + a01 column + b0, a10 row + a11 column + b1). */
typedef struct cornu__affine {
    double a00, a01, a10, a11, b0, b1;
} cornu__affine;

/* Whether these parameters change anything. */
bool cornu__affine_is_identity(const cornu__affine_parameters *parameters);

/* a := a * b as matrices whose last row is 0 0 1: a place goes through b first. */
void cornu__affine_compose(cornu__affine *a, cornu__affine b);

/* The map for a picture of this size: offset * rotation * shift * shear * zoom * -offset, in double. */
cornu__affine cornu__affine_make(const cornu__affine_parameters *parameters, int height, int width,
                                 cornu__affine_compat compat);

#endif
