/*
 * image/formats.h: the decoders, one per kind of file, behind one interface. decode.c chooses among them.
 *
 * Each is asked whether the first bytes are its own, and then decodes into a picture with the channels that the file has: 1 gray, 2 gray
 * and alpha, 3 RGB, 4 RGBA or CMYK. A palette is resolved, an alpha of any sort becomes a channel.
 */
#ifndef CORNU_IMAGE_FORMATS_H
#define CORNU_IMAGE_FORMATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "image/decode.h"

typedef struct cornu__encoded {
    const char *name; /* for messages */
    const uint8_t *bytes;
    size_t size;
    bool wants_alpha; /* whether a transparent colour matters */
    bool header_only; /* cornu__shape_decoded ends it, with the shape that the picture would have */
} cornu__encoded;

typedef struct cornu__decoded {
    cornu__image *image; /* to be filled: uint8, uint16 (1 channel) or float32 (1 channel) */
    bool cmyk;           /* the 4 channels are ink: 0 is none */
    int orientation;     /* EXIF's, 1 .. 8; 1: as it is */
    bool turn_always;    /* the orientation is part of the format, not a remark */
    char *damage;        /* CORNU__DAMAGE_SIZE bytes for what was repaired; "" */
} cornu__decoded;

typedef bool cornu__is_format(const uint8_t *bytes, size_t size);
typedef cornu_status cornu__decode_format(const cornu__encoded *file, cornu__decoded *out);

cornu__is_format cornu__is_jpeg, cornu__is_png, cornu__is_gif, cornu__is_bmp, cornu__is_ppm, cornu__is_tiff,
    cornu__is_webp;
cornu__decode_format cornu__decode_jpeg, cornu__decode_png, cornu__decode_gif, cornu__decode_bmp, cornu__decode_ppm,
    cornu__decode_tiff, cornu__decode_webp;

/* "'<name>' is a damaged <kind> file: <what>", CORNU_ERROR_FORMAT. */
cornu_status cornu__fail_damaged(const cornu__encoded *file, const char *kind, const char *format, ...)
    CORNU_PRINTF(3, 4);

/* Checks a picture's size: against the limits, and against what the file's bytes can hold at most, which is `expansion` bytes of picture for one of
 * theirs (0: not known). `pixel`: bytes of one. */
cornu_status cornu__check_decoded(const cornu__encoded *file, const char *kind, uint64_t width, uint64_t height,
                                  uint64_t pixel, uint64_t expansion);

/* Gives the picture its shape after the size was checked. Each decoder calls it once, when it knows that its header can be decoded. Where only that is
 * wanted the picture gets no memory and the answer is CORNU_ERROR_STOPPED, with which the decoder gives up as with any other. */
cornu_status cornu__shape_decoded(const cornu__encoded *file, const char *kind, cornu__image *image, cornu_dtype dtype,
                                  uint64_t width, uint64_t height, int channels, uint64_t expansion);

/* --- Numbers in files --- */

static inline uint32_t cornu__little16(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8;
}

static inline uint32_t cornu__little32(const uint8_t *bytes)
{
    return cornu__little16(bytes) | cornu__little16(bytes + 2) << 16;
}

static inline uint32_t cornu__big16(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 8 | (uint32_t)bytes[1];
}

static inline uint32_t cornu__big32(const uint8_t *bytes)
{
    return cornu__big16(bytes) << 16 | cornu__big16(bytes + 2);
}

/* --- exif.c --- */

/* The orientation (1 .. 8) in EXIF data, which begin with a TIFF header (perhaps after "Exif\0\0"); 1 if there is none. */
int cornu__exif_orientation(const uint8_t *bytes, size_t size);

/* to := from turned so that it stands as EXIF's `orientation` says. */
cornu_status cornu__orient(cornu__image *to, const cornu__image *from, int orientation);

/* --- color_mode.c --- */

/* to := the picture in the wanted number of channels (1, 3 or 4), as Pillow converts: uint8, but for one channel of uint16, which stays as it
 * is when one channel is wanted. `from` is another picture. */
cornu_status cornu__convert_color(cornu__image *to, const cornu__image *from, bool from_cmyk, int channels);

#endif
