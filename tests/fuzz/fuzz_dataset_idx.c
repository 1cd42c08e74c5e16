/* fuzz_dataset_idx.c: libFuzzer's way into cornu_idx_dataset. */
#include "dataset_file.h"

static cornu_dataset *open_idx(const char *path)
{
    return cornu_idx_dataset(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    fuzz_dataset(bytes, size, open_idx);
    return 0;
}
