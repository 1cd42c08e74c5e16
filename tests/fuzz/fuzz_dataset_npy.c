/* fuzz_dataset_npy.c: libFuzzer's way into cornu_npy_dataset. */
#include "dataset_file.h"

static cornu_dataset *open_npy(const char *path)
{
    return cornu_npy_dataset(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    fuzz_dataset(bytes, size, open_npy);
    return 0;
}
