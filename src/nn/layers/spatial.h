/*
 * nn/layers/spatial.h: what convolution, pooling and their kin share: layers over time (B, T, C) and over images (B, H, W, C). Time is lowered as
 * images of height 1, channels_first as channels_last between two transpositions.
 */
#ifndef CORNU_NN_LAYERS_SPATIAL_H
#define CORNU_NN_LAYERS_SPATIAL_H

#include "nn/layers/support.h"

/* A tensor's sizes as those of images. */
typedef struct cornu__images {
    int axes; /* spatial ones: 1 or 2 */
    bool channels_first;
    int64_t size[2]; /* height, width; height 1 for time; CORNU_NONE: not known */
    int64_t channels;
} cornu__images;

cornu__images cornu__images_of(const cornu__spec *spec, int axes, const char *data_format);
/* `spec` := the same layout with these sizes, float32. */
void cornu__images_to_spec(const cornu__images *images, cornu__spec *spec);
/* Which axis of the layer's own tensors holds the channels. */
int cornu__images_channel_axis(int axes, const char *data_format);

/* (B, T, C) or (B, C, T) or (B, C, H, W) -> (B, H, W, C), and back. */
cornu_node *cornu__images_from(cornu_node *x, int axes, const char *data_format);
cornu_node *cornu__images_back(cornu_node *y, int axes, const char *data_format);

/* An option given for `axes` axes, as height and width; 0, where none was given: `otherwise`. */
cornu_size2 cornu__settle_size2(cornu_size2 given, int otherwise);
void cornu__images_pair(cornu_size2 option, int axes, int64_t pair[2]);

cornu_status cornu__size2_at_least(const char *option, int least, cornu_size2 size);

/* Padding and output size of a window along both axes: "valid", "same" (an odd zero at the end), "causal" (all in front, last axis).
 * window->size must be set. Errors name the option and sizes. */
cornu_status cornu__window_fit(cornu__window *window, const char *padding, const cornu__images *input,
                               int64_t output[2]);

#endif
