/* fuzz_csv.c: libFuzzer's way into cornu_load_csv, with a target column of any kind. */
#include <cornu/csv.h>

#include "memory_file.h"

static cornu_array *load(const char *path)
{
    return cornu_load_csv(path, .target = "-1");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    fuzz_load(bytes, size, load);
    return 0;
}
