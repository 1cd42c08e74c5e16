/* small_model.c: a model small enough to train many times. */
#include "train/small_model.h"

cornu_model *small_model(uint64_t seed)
{
    cornu_model *model = cornu_sequential(.name = "small", .seed = seed);
    cornu_add(model, cornu_dense(8, .activation = "relu", .input_shape = {SMALL_FEATURES}, .name = "hidden"));
    cornu_add(model, cornu_dropout(0.1));
    cornu_add(model, cornu_dense(SMALL_CLASSES, .activation = "softmax", .name = "classes"));
    cornu_compile(model, .optimizer = "adam", .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"});
    return model;
}

void small_digest(cornu_model *model, char digest[CORNU_SHA256_TEXT_SIZE])
{
    if (cornu_weights_sha256(model, digest) != CORNU_OK)
        digest[0] = '\0';
}
