/*
 * gif.c: the first frame of a GIF by giflib, on the file's canvas.
 *
 * As in Pillow: where the frame does not cover the canvas there is the transparent colour, or colour 0 if there is none; a frame that goes
 * beyond the canvas makes it larger; colours come from the frame's palette, else the file's, else the index is the gray level.
 */
#include <string.h>

#include <gif_lib.h>

#include "base/memory.h"
#include "image/formats.h"

#define KIND "GIF"
#define MOST_PIXELS_OF_A_BYTE 2731 /* a code of 12 bits stands for up to 4096 */

typedef struct session {
    const cornu__encoded *file;
    size_t done;
    GifFileType *codec;
    cornu__decoded *out;
    int transparent; /* colour index, or -1 */
    bool ended;      /* more bytes were wanted than there are */
} session;

static int read_bytes(GifFileType *codec, GifByteType *to, int size)
{
    session *self = codec->UserData;
    size_t left = self->file->size - self->done, count = (size_t)size < left ? (size_t)size : left;
    self->ended = self->ended || count < (size_t)size;
    memcpy(to, self->file->bytes + self->done, count);
    self->done += count;
    return (int)count;
}

static cornu_status fail_by_giflib(const session *self, int code)
{
    if (self->ended)
        return cornu__fail_damaged(self->file, KIND, "it ends too early, after %zu bytes", self->file->size);
    if (code == D_GIF_ERR_NOT_ENOUGH_MEM)
        return cornu__fail_memory("decoding a GIF file", self->file->size);
    const char *text = GifErrorString(code);
    return cornu__fail_damaged(self->file, KIND, "%s", text ? text : "its data make no sense");
}

/* A graphic control block before the frame may name the transparent colour. */
static cornu_status read_extension(session *self)
{
    int code;
    GifByteType *block;
    if (DGifGetExtension(self->codec, &code, &block) == GIF_ERROR)
        return fail_by_giflib(self, self->codec->Error);
    if (code == GRAPHICS_EXT_FUNC_CODE && block && block[0] >= 4)
        self->transparent = block[1] & 1 ? block[4] : -1;
    while (block) {
        if (DGifGetExtensionNext(self->codec, &block) == GIF_ERROR)
            return fail_by_giflib(self, self->codec->Error);
    }
    return CORNU_OK;
}

static cornu_status find_frame(session *self)
{
    for (;;) {
        GifRecordType type;
        if (DGifGetRecordType(self->codec, &type) == GIF_ERROR)
            return fail_by_giflib(self, self->codec->Error);
        if (type == EXTENSION_RECORD_TYPE) {
            CORNU_TRY(read_extension(self));
        } else if (type == IMAGE_DESC_RECORD_TYPE) {
            if (DGifGetImageDesc(self->codec) == GIF_ERROR)
                return fail_by_giflib(self, self->codec->Error);
            return CORNU_OK;
        } else {
            return cornu__fail_damaged(self->file, KIND, "there is no frame in it");
        }
    }
}

/* The colour of each index as RGBA. */
static void make_palette(const session *self, uint8_t palette[256][4])
{
    const ColorMapObject *map = self->codec->Image.ColorMap ? self->codec->Image.ColorMap : self->codec->SColorMap;
    for (int i = 0; i < 256; i++) {
        GifColorType color = {0, 0, 0};
        if (!map)
            color = (GifColorType){(GifByteType)i, (GifByteType)i, (GifByteType)i};
        else if (i < map->ColorCount)
            color = map->Colors[i];
        palette[i][0] = color.Red;
        palette[i][1] = color.Green;
        palette[i][2] = color.Blue;
        palette[i][3] = i == self->transparent ? 0 : 255;
    }
}

static void paint(uint8_t *to, const uint8_t (*palette)[4], const uint8_t *indices, size_t count, size_t channels)
{
    for (size_t i = 0; i < count; i++)
        memcpy(to + i * channels, palette[indices[i]], channels);
}

static cornu_status read_rows(session *self, uint8_t *line)
{
    static const int starts[] = {0, 4, 2, 1}, steps[] = {8, 8, 4, 2};
    const GifImageDesc *frame = &self->codec->Image;
    cornu__image *image = self->out->image;
    size_t channels = (size_t)image->channels, stride = (size_t)image->width * channels;
    uint8_t palette[256][4];
    make_palette(self, palette);
    memset(line, self->transparent >= 0 ? self->transparent : 0, (size_t)image->width);
    for (int row = 0; row < image->height; row++)
        paint((uint8_t *)image->data + (size_t)row * stride, palette, line, (size_t)image->width, channels);
    for (int pass = frame->Interlace ? 0 : 3; pass < 4; pass++) {
        int step = frame->Interlace ? steps[pass] : 1;
        for (int row = frame->Interlace ? starts[pass] : 0; row < frame->Height; row += step) {
            if (DGifGetLine(self->codec, line, frame->Width) == GIF_ERROR)
                return fail_by_giflib(self, self->codec->Error);
            uint8_t *to = (uint8_t *)image->data + (size_t)(frame->Top + row) * stride + (size_t)frame->Left * channels;
            paint(to, palette, line, (size_t)frame->Width, channels);
        }
    }
    return CORNU_OK;
}

static cornu_status decode(session *self)
{
    CORNU_TRY(find_frame(self));
    const GifImageDesc *frame = &self->codec->Image;
    int right = frame->Left + frame->Width, bottom = frame->Top + frame->Height;
    int width = right > self->codec->SWidth ? right : self->codec->SWidth;
    int height = bottom > self->codec->SHeight ? bottom : self->codec->SHeight;
    if (frame->Width < 1 || frame->Height < 1)
        return cornu__fail_damaged(self->file, KIND, "its first frame has no pixels");
    CORNU_TRY(cornu__check_decoded(self->file, KIND, (uint64_t)frame->Width, (uint64_t)frame->Height, 1,
                                   MOST_PIXELS_OF_A_BYTE));
    /* A frame may be a small part of what the header calls the screen, but of no screen that only fills memory. */
    int channels = self->file->wants_alpha && self->transparent >= 0 ? 4 : 3;
    CORNU_TRY(cornu__shape_decoded(self->file, KIND, self->out->image, CORNU_UINT8, (uint64_t)width, (uint64_t)height,
                                   channels, MOST_PIXELS_OF_A_BYTE * (uint64_t)channels));
    uint8_t *line = cornu__alloc_uninitialized((size_t)width);
    if (!line)
        return cornu_error_status();
    cornu_status status = read_rows(self, line);
    cornu__free(line);
    return status;
}

bool cornu__is_gif(const uint8_t *bytes, size_t size)
{
    return size >= 6 && (memcmp(bytes, "GIF87a", 6) == 0 || memcmp(bytes, "GIF89a", 6) == 0);
}

cornu_status cornu__decode_gif(const cornu__encoded *file, cornu__decoded *out)
{
    session self = {.file = file, .out = out, .transparent = -1};
    int code = 0;
    self.codec = DGifOpen(&self, read_bytes, &code);
    if (!self.codec)
        return fail_by_giflib(&self, code);
    cornu_status status = decode(&self);
    DGifCloseFile(self.codec, &code);
    return status;
}
