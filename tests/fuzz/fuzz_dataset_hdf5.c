/* fuzz_dataset_hdf5.c: libFuzzer's way into cornu_hdf5_dataset. */
#include "dataset_file.h"

/* Fields by name, since datasets of one file need not have as many rows. */
static cornu_dataset *open_hdf5(const char *path)
{
    static const char *const names[] = {"plain", "deflated", "shuffled", "checked", "row"};
    cornu_dataset *dataset = NULL;
    for (size_t i = 0; i < sizeof names / sizeof *names && !dataset; i++)
        dataset = cornu_hdf5_dataset(path, .fields = cornu_names(names[i]), .cache_bytes = 1000);
    return dataset;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    fuzz_dataset(bytes, size, open_hdf5);
    return 0;
}
