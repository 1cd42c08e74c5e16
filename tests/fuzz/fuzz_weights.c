/* fuzz_weights.c: libFuzzer's way into cornu_load_weights, into the model whose files are tests/saving/fixtures/mlp.*. */
#include "model_file.h"

static cornu_model *make_model(void)
{
    fuzz_prepare();
    cornu_model *model = cornu_sequential(.name = "mlp");
    cornu_add(model, cornu_dense(5, .activation = "relu", .name = "first", .input_shape = {6}));
    cornu_add(model, cornu_batch_normalization());
    cornu_add(model, cornu_dropout(0));
    cornu_add(model, cornu_dense(3, .activation = "softmax", .name = "last"));
    if (cornu_compile(model, .optimizer = "adam", .loss = "sparse_categorical_crossentropy", .threads = 1) != CORNU_OK)
        abort();
    return model;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static cornu_model *model;
    char path[MEMORY_PATH_SIZE], before[CORNU_SHA256_TEXT_SIZE], after[CORNU_SHA256_TEXT_SIZE];
    if (!model)
        model = make_model();
    int descriptor = memory_file(bytes, size, path);
    cornu_error_clear();
    if (cornu_weights_sha256(model, before) != CORNU_OK)
        abort();
    if (cornu_load_weights(model, path) != CORNU_OK) {
        if (cornu_error_status() == CORNU_OK)
            abort(); /* a failure without a message */
        if (cornu_weights_sha256(model, after) != CORNU_OK || strcmp(before, after) != 0)
            abort(); /* all weights or none */
    }
    close(descriptor);
    return 0;
}
