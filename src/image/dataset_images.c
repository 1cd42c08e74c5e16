/* dataset_images.c: a dataset's encoded pictures decoded. */
#include "base/memory.h"
#include "base/options.h"
#include "base/text.h"
#include "data/sample_copy.h"
#include "image/picture_reader.h"

typedef struct decoding {
    int field;
    char *name; /* for messages */
    cornu__picture_reader reader;
} decoding;

static void decoding_release(void *state)
{
    decoding *self = state;
    cornu__picture_reader_end(&self->reader);
    cornu__free(self->name);
    cornu__free(self);
}

static cornu_status decode(void *state, const cornu_sample *from, cornu_sample *to)
{
    decoding *self = state;
    return cornu__picture_reader_bytes(&self->reader, self->name, cornu_sample_data(from, self->field),
                                       (size_t)cornu_sample_size(from, self->field),
                                       cornu_sample_data(to, self->field));
}

cornu_dataset *cornu_decode_images_with(cornu_dataset *dataset, const char *field,
                                        const cornu_decode_images_options *options)
{
    cornu_decode_images_options given = {.struct_size = sizeof given, CORNU_DECODE_IMAGES_DEFAULTS};
    cornu__options_lay(&given, sizeof given, options);
    int number = cornu__bytes_field("decode_images", dataset, field);
    decoding *self = number >= 0 ? cornu__alloc(sizeof *self) : NULL;
    if (!self)
        return NULL;
    self->field = number;
    cornu_status status = cornu__picture_reader_begin(&self->reader, "decode_images", &given);
    self->name = cornu__copy_text(field);
    if (status != CORNU_OK || !self->name) {
        decoding_release(self);
        return NULL;
    }
    const cornu_field picture = cornu__picture_reader_field(&self->reader, dataset->fields[number].name);
    return cornu__dataset_with_field(dataset, number, &picture, decode, self, decoding_release);
}
