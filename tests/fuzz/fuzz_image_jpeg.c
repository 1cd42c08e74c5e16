/* fuzz_image_jpeg.c: libFuzzer's way into cornu__decode_jpeg. */
#include "image_bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    return fuzz_image(bytes, size, cornu__is_jpeg);
}
