/* image/save_picture.h: a picture as a file to look at. */
#ifndef CORNU_IMAGE_SAVE_PICTURE_H
#define CORNU_IMAGE_SAVE_PICTURE_H

#include <cornu/array.h>

#include "base/status.h"

/* Writes picture `index` of an array (n, height, width, channels), or (n, channels, height, width), of 1, 3 or 4 channels, as PNG: its lowest
 * value black, its highest white, as Keras's array_to_img. The file appears whole or not at all. */
cornu_status cornu__save_picture(const char *path, const cornu_array *pictures, int64_t index, bool channels_first);

#endif
