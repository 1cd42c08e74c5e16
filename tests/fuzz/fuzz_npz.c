/* fuzz_npz.c: libFuzzer's way into cornu_load_npz. */
#include "memory_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    fuzz_load(bytes, size, cornu_load_npz);
    return 0;
}
