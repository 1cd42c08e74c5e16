/* nn/layers/spatial.c: time and images in one form; sizes of windows. */
#include "nn/layers/spatial.h"

#include <string.h>

cornu__images cornu__images_of(const cornu__spec *spec, int axes, const char *data_format)
{
    cornu__images images = {.axes = axes, .channels_first = cornu__channels_first(data_format), .size = {1, 1}};
    int first = images.channels_first ? 2 : 1;
    for (int i = 0; i < axes; i++)
        images.size[2 - axes + i] = spec->shape[first + i];
    images.channels = spec->shape[images.channels_first ? 1 : axes + 1];
    return images;
}

void cornu__images_to_spec(const cornu__images *images, cornu__spec *spec)
{
    int first = images->channels_first ? 2 : 1;
    spec->dtype = CORNU_FLOAT32;
    for (int i = 0; i < images->axes; i++)
        spec->shape[first + i] = images->size[2 - images->axes + i];
    spec->shape[images->channels_first ? 1 : images->axes + 1] = images->channels;
}

int cornu__images_channel_axis(int axes, const char *data_format)
{
    return cornu__channels_first(data_format) ? 1 : axes + 1;
}

cornu_node *cornu__images_from(cornu_node *x, int axes, const char *data_format)
{
    if (cornu__channels_first(data_format))
        x = cornu__axis_to_last(x, 1);
    return axes == 1 ? cornu__op_expand_axis(x, 1) : x;
}

cornu_node *cornu__images_back(cornu_node *y, int axes, const char *data_format)
{
    if (y && axes == 1) {
        int64_t shape[3] = {y->shape[0], y->shape[2], y->shape[3]};
        y = cornu__op_reshape(y, 3, shape);
    }
    return cornu__channels_first(data_format) ? cornu__axis_from_last(y, 1) : y;
}

cornu_size2 cornu__settle_size2(cornu_size2 given, int otherwise)
{
    if (given.first == 0 && given.second == 0)
        return cornu_pair(otherwise, otherwise);
    return given.second == 0 ? cornu_pair(given.first, given.first) : given;
}

void cornu__images_pair(cornu_size2 option, int axes, int64_t pair[2])
{
    pair[0] = axes == 1 ? 1 : option.first;
    pair[1] = axes == 1 ? option.first : option.second;
}

cornu_status cornu__size2_at_least(const char *option, int least, cornu_size2 size)
{
    CORNU_TRY(cornu__at_least(option, least, size.first));
    return cornu__at_least(option, least, size.second);
}

cornu_status cornu__window_fit(cornu__window *window, const char *padding, const cornu__images *input,
                               int64_t output[2])
{
    for (int i = 0; i < 2; i++) {
        int64_t size = input->size[i], stride = window->strides[i];
        int64_t reach = (window->size[i] - 1) * window->dilation[i] + 1;
        bool same = padding[0] == 's', causal = padding[0] == 'c' && i == 1;
        window->pad_before[i] = causal ? reach - 1 : 0;
        window->pad_after[i] = 0;
        output[i] = CORNU_NONE;
        if (size == CORNU_NONE)
            continue;
        if (same) {
            output[i] = cornu__window_pad_same(window, i, size);
        } else {
            int64_t padded = size + window->pad_before[i];
            if (padded < reach)
                return cornu__fail(CORNU_ERROR_SHAPE,
                                   "a window of %lld does not fit into an input of size %lld (%s) with padding \"%s\"",
                                   (long long)reach, (long long)size,
                                   i == 0             ? "height"
                                   : input->axes == 1 ? "time"
                                                      : "width",
                                   padding);
            output[i] = (padded - reach) / stride + 1;
        }
    }
    return CORNU_OK;
}
