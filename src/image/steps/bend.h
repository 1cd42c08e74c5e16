/* image/steps/bend.h: maps that are not affine. */
#ifndef CORNU_IMAGE_STEPS_BEND_H
#define CORNU_IMAGE_STEPS_BEND_H

#include "image/steps/filter.h"

/* The projective map that brings four points to four others: (x, y) to ((m0 x + m1 y + m2) / k, (m3 x + m4 y + m5) / k), k = m6 x + m7 y + 1. False: there
 * is none. Points are x, y, x, y, ... */
bool cornu__projection_make(const double from[8], const double to[8], double map[8]);

/* Keras's elastic_transform: standard normal noise of a picture's size becomes how far each of its pixels is moved. `between`: as much memory again. */
cornu_status cornu__elastic_smooth(int height, int width, double scale, float *noise, float *between);

#endif
