/* fuzz_dataset_cifar.c: libFuzzer's way into cornu_cifar_dataset. */
#include "dataset_file.h"

static cornu_dataset *open_cifar(const char *path)
{
    return cornu_cifar_dataset(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    fuzz_dataset(bytes, size, open_cifar);
    return 0;
}
