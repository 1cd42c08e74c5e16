/* image/warp_places.h: a picture seen through any map: a place is given for each pixel of a row of the result. */
#ifndef CORNU_IMAGE_WARP_PLACES_H
#define CORNU_IMAGE_WARP_PLACES_H

#include "image/warp.h"

/* to[i] := the picture at (rows[i], columns[i]). Of the warp the fill mode, order 0 or 1, and the constant count. What is no number, or 2^30 pixels and
 * more away, has the constant. */
void cornu__warp_places(const cornu__warp *warp, cornu__extent extent, const float *from, const double *rows,
                        const double *columns, int count, float *to);

#endif
