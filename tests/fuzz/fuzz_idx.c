/* fuzz_idx.c: libFuzzer's way into cornu_load_idx. */
#include "memory_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    fuzz_load(bytes, size, cornu_load_idx);
    return 0;
}
