/* fuzz_image_bmp.c: libFuzzer's way into cornu__decode_bmp. */
#include "image_bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    return fuzz_image(bytes, size, cornu__is_bmp);
}
