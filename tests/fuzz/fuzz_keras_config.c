/* fuzz_keras_config.c: libFuzzer's way into the JSON of models, of any Keras's. */
#include "model_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char *text = malloc(size + 1);
    if (!text)
        return 0;
    memcpy(text, bytes, size);
    text[size] = '\0';
    fuzz_prepare();
    cornu_model *model = cornu_model_from_json(text, 0);
    if (!model && cornu_error_status() == CORNU_OK)
        abort(); /* a failure without a message */
    if (model)
        fuzz_write_back(model);
    cornu_model_release(model);
    free(text);
    return 0;
}
