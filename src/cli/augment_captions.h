/*
 * cli/augment_captions.h: what was drawn for a picture, in words: the captions of cornu augment's sheet.
 *
 * Each value has its name, Keras's own, and stands on one line with it where it can. Only what can change is told of.
 */
#ifndef CORNU_CLI_AUGMENT_CAPTIONS_H
#define CORNU_CLI_AUGMENT_CAPTIONS_H

#include <cornu/image_data_generator.h>

#include "base/text.h"
#include "image/augmentation.h"

/* What a generator drew: a line for each argument of it that is given. */
void cornu__add_drawn_transform(cornu__text *to, const cornu_image_data_generator *generator,
                                const cornu_transform_options *drawn);

/* What a step of a pipeline drew for a picture of this extent: its name, and below it a line for each value, or for the
 * operations that it chose. `names`: of the pictures of
 * the batch, for those that mix. */
void cornu__add_drawn_step(cornu__text *to, const cornu_layer *step, cornu__extent extent,
                           const cornu_random_transformation *drawn, const char *const *names);

#endif
