/* nn/registry.h: the families of classes. Each is a NULL-terminated list in its own file; a new class is one entry there. */
#ifndef CORNU_NN_REGISTRY_H
#define CORNU_NN_REGISTRY_H

#include "nn/object.h"

typedef const cornu__class *const cornu__family[];

extern cornu__family cornu__core_layers, cornu__activation_layers, cornu__convolution_layers, cornu__pooling_layers,
    cornu__normalization_layers, cornu__reshaping_layers, cornu__merge_layers, cornu__noise_layers;
/* Of the room image: layers whose pixels are computed there. */
extern cornu__family cornu__place_steps, cornu__bend_steps, cornu__size_steps, cornu__color_steps, cornu__gray_steps,
    cornu__value_steps, cornu__filter_steps, cornu__histogram_steps, cornu__erasing_steps, cornu__mix_steps,
    cornu__several_steps;
extern cornu__family cornu__losses, cornu__crossentropy_losses, cornu__embedding_losses, cornu__sequence_losses;
extern cornu__family cornu__accuracy_metrics, cornu__mean_metrics, cornu__confusion_metrics, cornu__curve_metrics,
    cornu__score_metrics, cornu__overlap_metrics;
extern cornu__family cornu__gradient_optimizers, cornu__moment_optimizers, cornu__norm_optimizers,
    cornu__loss_scale_optimizers;
extern cornu__family cornu__schedules;
extern cornu__family cornu__initializers;
extern cornu__family cornu__regularizers;
extern cornu__family cornu__constraints;
extern cornu__family cornu__activations;

#endif
