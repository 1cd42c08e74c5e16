/*
 * png.c: PNG by libpng, of every depth, colour type and interlacing.
 *
 * One channel of 16 bits keeps them; of more channels the high byte is taken, as Pillow does. Gamma and colour profiles are not applied.
 * Chunks that hold texts and profiles are not read at all.
 */
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <png.h>

#include "format/limits.h"
#include "image/formats.h"

#define KIND "PNG"
#define SIGNATURE_SIZE 8

typedef struct session {
    png_structp codec;
    png_infop about;
    jmp_buf failed;
    const cornu__encoded *file;
    size_t done; /* bytes given to libpng */
    cornu__decoded *out;
    bool said;
} session;

static void refuse(session *self, cornu_status status)
{
    (void)status;
    self->said = true;
    longjmp(self->failed, 1);
}

static void give_up(png_structp codec, png_const_charp message)
{
    session *self = png_get_error_ptr(codec);
    refuse(self, cornu__fail_damaged(self->file, KIND, "%s", message));
}

static void note(png_structp codec, png_const_charp message)
{
    session *self = png_get_error_ptr(codec);
    if (self->out->damage[0] == '\0')
        snprintf(self->out->damage, CORNU__DAMAGE_SIZE, "%s", message);
}

static void read_bytes(png_structp codec, png_bytep to, size_t size)
{
    session *self = png_get_io_ptr(codec);
    if (size > self->file->size - self->done)
        refuse(self, cornu__fail_damaged(self->file, KIND, "it ends too early, after %zu bytes", self->file->size));
    memcpy(to, self->file->bytes + self->done, size);
    self->done += size;
}

static void skip_what_is_not_needed(png_structp codec)
{
    static const png_byte chunks[] = "iCCP\0zTXt\0iTXt\0tEXt\0sPLT\0hIST\0tIME\0pCAL\0sCAL";
    png_set_keep_unknown_chunks(codec, PNG_HANDLE_CHUNK_NEVER, chunks, sizeof chunks / 5);
}

/* What libpng is to make of the file's channels. */
static void choose_channels(session *self, int depth, int type)
{
    png_structp codec = self->codec;
    bool gray16 = type == PNG_COLOR_TYPE_GRAY && depth == 16;
    if (type == PNG_COLOR_TYPE_PALETTE)
        png_set_palette_to_rgb(codec);
    if (type == PNG_COLOR_TYPE_GRAY && depth < 8)
        png_set_expand_gray_1_2_4_to_8(codec);
    if (!gray16 && self->file->wants_alpha && png_get_valid(codec, self->about, PNG_INFO_tRNS))
        png_set_tRNS_to_alpha(codec);
    if (gray16 && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
        png_set_swap(codec);
    else if (depth == 16)
        png_set_strip_16(codec);
}

static void read_orientation(session *self)
{
    png_bytep exif = NULL;
    png_uint_32 size = 0;
    if (png_get_eXIf_1(self->codec, self->about, &size, &exif) != 0 && exif)
        self->out->orientation = cornu__exif_orientation(exif, size);
}

static void read_header(session *self, int *passes)
{
    png_structp codec = self->codec;
    png_uint_32 width, height;
    int depth, type;
    png_set_read_fn(codec, self, read_bytes);
    png_set_user_limits(codec, 0x7FFFFFFF, 0x7FFFFFFF); /* ours say more below */
    skip_what_is_not_needed(codec);
    png_read_info(codec, self->about);
    png_get_IHDR(codec, self->about, &width, &height, &depth, &type, NULL, NULL, NULL);
    if (cornu__check_image_size(self->file->name, width, height, 8) != CORNU_OK)
        refuse(self, cornu_error_status());
    choose_channels(self, depth, type);
    *passes = png_set_interlace_handling(codec);
    png_read_update_info(codec, self->about);
    read_orientation(self);
    cornu_dtype dtype = png_get_bit_depth(codec, self->about) == 16 ? CORNU_UINT16 : CORNU_UINT8;
    /* A bit in the file may be an RGBA pixel from the palette. */
    if (cornu__shape_decoded(self->file, KIND, self->out->image, dtype, width, height,
                             png_get_channels(codec, self->about), CORNU__MAX_EXPANSION * 32) != CORNU_OK)
        refuse(self, cornu_error_status());
}

static void read_rows(session *self, int passes)
{
    cornu__image *image = self->out->image;
    size_t stride = (size_t)image->width * (size_t)image->channels * cornu_dtype_size(image->dtype);
    for (int pass = 0; pass < passes; pass++) {
        for (int row = 0; row < image->height; row++)
            png_read_row(self->codec, (png_bytep)image->data + (size_t)row * stride, NULL);
    }
    png_read_end(self->codec, NULL);
}

static void decode(session *self)
{
    if (setjmp(self->failed) != 0)
        return;
    int passes;
    read_header(self, &passes);
    read_rows(self, passes);
}

bool cornu__is_png(const uint8_t *bytes, size_t size)
{
    return size >= SIGNATURE_SIZE && memcmp(bytes, "\x89PNG\r\n\x1A\n", SIGNATURE_SIZE) == 0;
}

cornu_status cornu__decode_png(const cornu__encoded *file, cornu__decoded *out)
{
    session self = {.file = file, .out = out};
    self.codec = png_create_read_struct(PNG_LIBPNG_VER_STRING, &self, give_up, note);
    self.about = self.codec ? png_create_info_struct(self.codec) : NULL;
    if (self.about)
        decode(&self);
    else
        cornu__fail_memory("decoding a PNG file", file->size);
    bool read = self.about && !self.said;
    png_destroy_read_struct(&self.codec, &self.about, NULL);
    return read ? CORNU_OK : cornu_error_status();
}
