/* fuzz_dataset_npz.c: libFuzzer's way into cornu_npz_dataset. */
#include "dataset_file.h"

static cornu_dataset *open_npz(const char *path)
{
    return cornu_npz_dataset(path, .fields = cornu_names("x"));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    fuzz_dataset(bytes, size, open_npz);
    return 0;
}
