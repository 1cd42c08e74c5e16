/* fuzz_npy.c: libFuzzer's way into cornu_load_npy. */
#include "memory_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    fuzz_load(bytes, size, cornu_load_npy);
    return 0;
}
