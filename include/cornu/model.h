/*
 * model.h: building, compiling and looking at models.
 *
 *     cornu_model *model = cornu_sequential(.name = "digits");
 *     cornu_add(model, cornu_dense(128, .activation = "relu", .input_shape = {784}));
 *     cornu_add(model, cornu_dense(10, .activation = "softmax"));
 *     cornu_compile(model, .optimizer = "adam", .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"});
 *
 * A chain like this needs no check per line: a failed constructor poisons what it makes, and cornu_compile (or whatever first needs the
 * model) reports the first cause.
 */
#ifndef CORNU_MODEL_H
#define CORNU_MODEL_H

#include <stdio.h>

#include <cornu/layers.h>
#include <cornu/options.h>

CORNU_BEGIN_DECLARATIONS

#ifndef CORNU_MODEL_DEFINED
#define CORNU_MODEL_DEFINED
typedef struct cornu_model cornu_model;
#endif

/* A tensor between layers of a functional model: what cornu_input and cornu_call return. Belongs to the layers that it joins: it lives as
 * long as any model made of it, or until cornu_tensor_release. */
typedef struct cornu_tensor cornu_tensor;

CORNU_END_DECLARATIONS

#endif
