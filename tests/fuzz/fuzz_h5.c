/* fuzz_h5.c: libFuzzer's way into cornu_load_model, as legacy HDF5: the model's JSON in it, its weights, the optimizer's memory. */
#include "model_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    fuzz_model(bytes, size);
    return 0;
}
