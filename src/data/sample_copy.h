/* data/sample_copy.h: a field of one sample as that of another. */
#ifndef CORNU_DATA_SAMPLE_COPY_H
#define CORNU_DATA_SAMPLE_COPY_H

#include "data/dataset.h"

/* Field `field` of `to` := that of `from`, which has the same dtype and shape, if anybody wants it. */
cornu_status cornu__sample_copy_field(const cornu_sample *from, cornu_sample *to, int field);

/* The field of that name, which must be bytes of any size (uint8, {CORNU_NONE}); -1 with the error set. `function` is for the message. */
int cornu__bytes_field(const char *function, const cornu_dataset *dataset, const char *name);

/* The same dataset with one field changed into another by a function, under the name it had: that of cornu_dataset_map, which changes the field `number` alone, and of which
 * `copies` others are copied. `state` is released by `release`, also on failure. */
cornu_dataset *cornu__dataset_with_field(cornu_dataset *dataset, int number, const cornu_field *field,
                                         cornu_status (*change)(void *state, const cornu_sample *from,
                                                                cornu_sample *to),
                                         void *state, void (*release)(void *state));

#endif
