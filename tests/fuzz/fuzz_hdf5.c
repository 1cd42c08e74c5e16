/* fuzz_hdf5.c: libFuzzer's way into the reader of HDF5 files. */
#include "format/hdf5.h"
#include "memory_file.h"

static void read_all(const cornu__hdf5_node *node)
{
    for (size_t i = 0; i < node->child_count; i++)
        read_all(node->children[i]);
    for (size_t i = 0; i < node->attribute_count; i++)
        (void)cornu__hdf5_text(node, node->attributes[i].name);
    if (!node->is_dataset)
        return;
    cornu_error_clear();
    cornu_array *array = cornu__hdf5_read(node);
    if (!array && cornu_error_status() == CORNU_OK)
        abort(); /* a failure without a message */
    volatile double sum = 0;
    for (int64_t i = 0; i < cornu_array_count(array); i++)
        sum = sum + cornu_array_get(array, i);
    cornu_array_release(array);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    setenv("CORNU_MAX_READ_BYTES", "16777216", 0); /* the fuzzer has a limit of memory too */
    cornu_error_clear();
    cornu__hdf5 *file = cornu__hdf5_open_bytes("fuzzed.h5", bytes, size);
    if (!file && cornu_error_status() == CORNU_OK)
        abort();
    if (file)
        read_all(cornu__hdf5_root(file));
    cornu__hdf5_close(file);
    return 0;
}
