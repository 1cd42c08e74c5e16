/* webp.c: WebP by libwebp: lossy and lossless, with alpha; the first frame of an animation. */
#include <string.h>

#include <webp/decode.h>
#include <webp/demux.h>

#include "image/formats.h"

#define KIND "WebP"

/* EXIF data stand in a chunk of their own. */
static void read_orientation(const cornu__encoded *file, cornu__decoded *out)
{
    WebPData data = {.bytes = file->bytes, .size = file->size};
    WebPDemuxer *demuxer = WebPDemux(&data);
    WebPChunkIterator chunk;
    if (!demuxer)
        return;
    if (WebPDemuxGetChunk(demuxer, "EXIF", 1, &chunk)) {
        out->orientation = cornu__exif_orientation(chunk.chunk.bytes, chunk.chunk.size);
        WebPDemuxReleaseChunkIterator(&chunk);
    }
    WebPDemuxDelete(demuxer);
}

static cornu_status decode_still(const cornu__encoded *file, cornu__image *image)
{
    size_t stride = (size_t)image->width * (size_t)image->channels, size = stride * (size_t)image->height;
    const uint8_t *done = image->channels == 4
                              ? WebPDecodeRGBAInto(file->bytes, file->size, image->data, size, (int)stride)
                              : WebPDecodeRGBInto(file->bytes, file->size, image->data, size, (int)stride);
    return done ? CORNU_OK : cornu__fail_damaged(file, KIND, "its data make no sense or end too early");
}

/* The canvas after the first frame, always RGBA. */
static cornu_status decode_animation(const cornu__encoded *file, cornu__image *image)
{
    WebPData data = {.bytes = file->bytes, .size = file->size};
    WebPAnimDecoderOptions options;
    uint8_t *canvas = NULL;
    int time;
    if (!WebPAnimDecoderOptionsInit(&options))
        return cornu__fail(CORNU_ERROR_INTERNAL, "libwebpdemux is of another version than its header");
    WebPAnimDecoder *decoder = WebPAnimDecoderNew(&data, &options);
    bool done = decoder && WebPAnimDecoderGetNext(decoder, &canvas, &time) && canvas;
    if (done)
        memcpy(image->data, canvas, cornu__image_count(image));
    WebPAnimDecoderDelete(decoder);
    return done ? CORNU_OK : cornu__fail_damaged(file, KIND, "its first frame makes no sense or ends too early");
}

bool cornu__is_webp(const uint8_t *bytes, size_t size)
{
    return size >= 12 && memcmp(bytes, "RIFF", 4) == 0 && memcmp(bytes + 8, "WEBP", 4) == 0;
}

cornu_status cornu__decode_webp(const cornu__encoded *file, cornu__decoded *out)
{
    WebPBitstreamFeatures features;
    VP8StatusCode code = WebPGetFeatures(file->bytes, file->size, &features);
    if (code != VP8_STATUS_OK)
        return cornu__fail_damaged(
            file, KIND, code == VP8_STATUS_NOT_ENOUGH_DATA ? "it ends too early" : "its header makes no sense");
    int channels = features.has_animation || features.has_alpha ? 4 : 3;
    CORNU_TRY(cornu__shape_decoded(file, KIND, out->image, CORNU_UINT8, (uint64_t)features.width,
                                   (uint64_t)features.height, channels, 0));
    read_orientation(file, out);
    return features.has_animation ? decode_animation(file, out->image) : decode_still(file, out->image);
}
