/* image_bytes.h: bytes as a picture file in memory: what a fuzz target gives to a decoder. */
#ifndef CORNU_TESTS_FUZZ_IMAGE_BYTES_H
#define CORNU_TESTS_FUZZ_IMAGE_BYTES_H

#include <stdlib.h>

#include "image/decode.h"
#include "image/formats.h"

/* Whatever libFuzzer finds is called with this; the program's own entry is libFuzzer's. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* Decodes what begins as a file of the target's kind, looks at each element, and lets go. */
static inline int fuzz_image(const uint8_t *bytes, size_t size, cornu__is_format *is)
{
    if (!is(bytes, size))
        return -1;                                 /* libFuzzer then forgets the input */
    setenv("CORNU_MAX_READ_BYTES", "16777216", 0); /* the fuzzer has a limit of memory too */
    cornu__decoder decoder = {0};
    cornu__image image = {0};
    cornu__decode_options options = {.color_mode = size % 3 == 0   ? CORNU__GRAYSCALE
                                                   : size % 3 == 1 ? CORNU__RGB
                                                                   : CORNU__RGBA,
                                     .exif_orientation = true};
    cornu_error_clear();
    cornu_status status = cornu__decode(&decoder, "fuzz", bytes, size, &options, &image);
    if (status != CORNU_OK && cornu_error_status() == CORNU_OK)
        abort(); /* a failure without a message */
    volatile unsigned sum = 0;
    for (size_t i = 0; status == CORNU_OK && i < cornu__image_count(&image) * cornu_dtype_size(image.dtype); i++)
        sum = sum + ((const uint8_t *)image.data)[i];
    cornu__image_free(&image);
    cornu__decoder_free(&decoder);
    return 0;
}

#endif
