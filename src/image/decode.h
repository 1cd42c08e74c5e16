/*
 * image/decode.h: pictures from files.
 *
 * A file's kind is told by its first bytes, never by its name: JPEG, PNG, GIF (first frame), BMP, PPM and its family, TIFF (first page),
 * WebP (first frame). What comes out is what Pillow's Image.open(path).convert(mode) gives. Sizes are checked against the limits of
 * format/limits.h, and against what so many bytes can hold, before memory is asked for. A file that is damaged or cut short is an error
 * with a sentence; the libraries' own complaints never reach the standard error output.
 */
#ifndef CORNU_IMAGE_DECODE_H
#define CORNU_IMAGE_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "image/image.h"

/* Keras's color_mode. The value is the number of channels. */
typedef enum cornu__color_mode {
    CORNU__GRAYSCALE = 1, /* one channel of 16 bits stays so (uint16); everything else becomes 8 bits of luma */
    CORNU__RGB = 3,
    CORNU__RGBA = 4
} cornu__color_mode;

#define CORNU__DAMAGE_SIZE 256

/* What one thread keeps from file to file, so that it allocates nothing once it has seen the largest. Start from {0}. */
typedef struct cornu__decoder {
    cornu__image raw;    /* the picture as the file has it */
    cornu__image turned; /* the picture before the EXIF orientation */
    uint8_t *file;       /* the last file's bytes */
    size_t file_size, file_capacity;
    const char *kind;                /* "JPEG", ...: what the last file was */
    char damage[CORNU__DAMAGE_SIZE]; /* what the decoder repaired in the last file, or "" */
} cornu__decoder;

void cornu__decoder_free(cornu__decoder *decoder);

typedef struct cornu__decode_options {
    cornu__color_mode color_mode;
    bool exif_orientation; /* turn the picture as its EXIF data say (Keras does not) */
} cornu__decode_options;

/* Decodes bytes into `image`; `name` is for messages. */
cornu_status cornu__decode(cornu__decoder *decoder, const char *name, const uint8_t *bytes, size_t size,
                           const cornu__decode_options *options, cornu__image *image);

/* Reads and decodes a file. */
cornu_status cornu__decode_file(cornu__decoder *decoder, const char *path, const cornu__decode_options *options,
                                cornu__image *image);

/* Reads and decodes a file as it is, into decoder->raw: its own size, channels and depth. */
cornu_status cornu__decode_raw(cornu__decoder *decoder, const char *path);

/* Reads of a file what says its shape, and no pixel: decoder->raw has size, channels and dtype, and no memory. */
cornu_status cornu__decode_header(cornu__decoder *decoder, const char *path);

/* "JPEG", "PNG", ... by the first bytes of a file (16 will do); NULL: it is no picture that can be read. */
const char *cornu__picture_kind(const uint8_t *bytes, size_t size);

/* The endings of names of all kinds that can be read, ".jpg" first, ending with NULL; and the kind that a name's ending promises: NULL: none of these. */
extern const char *const cornu__picture_endings[];
const char *cornu__picture_kind_promised(const char *name);

/* "grayscale", "rgb" or "rgba"; CORNU_ERROR_UNKNOWN_NAME for another name. */
cornu_status cornu__color_mode_named(const char *name, cornu__color_mode *mode);

#endif
