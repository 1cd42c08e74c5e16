/*
 * jpeg.c: JPEG by libjpeg-turbo, through libjpeg's interface.
 *
 * The settings are libjpeg's defaults, which are Pillow's too: the accurate integer inverse DCT (JDCT_ISLOW), smooth upsampling of the
 * colours, blocks smoothed in incomplete progressive files. Bytes that end too early are an error as soon as they do. Four channels are
 * taken as Adobe writes them, inverted, as Pillow does.
 */
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <jpeglib.h>
#include <jerror.h>

#include "format/limits.h"
#include "image/formats.h"

#define KIND "JPEG"
#define ROWS_AT_ONCE 16
/* A block of 8 x 8 pixels takes a bit at least, in each of its up to 4 channels; in 4:2:0 as much as 3 for 4 blocks. */
#define MOST_BYTES_OF_ONE (8 * 64 * 4)

/* One file on its way. libjpeg's structs come first, so that its hooks find the rest. */
typedef struct session {
    struct jpeg_decompress_struct codec;
    struct jpeg_error_mgr errors;
    struct jpeg_source_mgr source;
    struct jpeg_progress_mgr progress;
    jmp_buf failed;
    const cornu__encoded *file;
    cornu__decoded *out;
    bool said; /* the error is set already */
} session;

static session *session_of(j_common_ptr codec)
{
    return codec->client_data;
}

static void give_up(j_common_ptr codec)
{
    session *self = session_of(codec);
    if (!self->said) {
        char message[JMSG_LENGTH_MAX];
        codec->err->format_message(codec, message);
        if (codec->err->msg_code == JERR_OUT_OF_MEMORY)
            cornu__fail_memory("decoding a JPEG file", self->file->size);
        else
            cornu__fail_damaged(self->file, KIND, "%s", message);
    }
    self->said = true;
    longjmp(self->failed, 1);
}

/* Level -1 is a warning: data that make no sense, passed over. The first is kept for who wants to know. */
static void note(j_common_ptr codec, int level)
{
    session *self = session_of(codec);
    if (level >= 0 || self->out->damage[0] != '\0')
        return;
    char message[JMSG_LENGTH_MAX];
    codec->err->format_message(codec, message);
    snprintf(self->out->damage, CORNU__DAMAGE_SIZE, "%s", message);
}

static void print_nothing(j_common_ptr codec)
{
    (void)codec;
}

static void refuse(session *self, cornu_status status)
{
    (void)status;
    self->said = true;
    longjmp(self->failed, 1);
}

/* --- Bytes in memory --- */

static void nothing(j_decompress_ptr codec)
{
    (void)codec;
}

static boolean no_more(j_decompress_ptr codec)
{
    session *self = session_of((j_common_ptr)codec);
    unsigned row = codec->output_scanline, height = codec->output_height;
    if (row > 0)
        refuse(self, cornu__fail_damaged(self->file, KIND, "it ends too early, in row %u of %u", row, height));
    refuse(self, cornu__fail_damaged(self->file, KIND, "it ends too early, after %zu bytes", self->file->size));
    return FALSE;
}

static void skip(j_decompress_ptr codec, long count)
{
    if (count <= 0)
        return;
    if ((size_t)count > codec->src->bytes_in_buffer)
        no_more(codec);
    codec->src->next_input_byte += count;
    codec->src->bytes_in_buffer -= (size_t)count;
}

/* Each scan of a progressive file is a pass over the whole picture: a small file of many takes hours. */
static void count_scans(j_common_ptr codec)
{
    session *self = session_of(codec);
    if (self->codec.input_scan_number > CORNU__MAX_IMAGE_SCANS)
        refuse(self, cornu__fail(CORNU_ERROR_LIMIT, "'%s' is a JPEG file of more than %d scans", self->file->name,
                                 CORNU__MAX_IMAGE_SCANS));
}

static void prepare(session *self)
{
    struct jpeg_decompress_struct *codec = &self->codec;
    codec->err = jpeg_std_error(&self->errors);
    codec->client_data = self;
    self->errors.error_exit = give_up;
    self->errors.emit_message = note;
    self->errors.output_message = print_nothing;
    self->source = (struct jpeg_source_mgr){.next_input_byte = self->file->bytes,
                                            .bytes_in_buffer = self->file->size,
                                            .init_source = nothing,
                                            .fill_input_buffer = no_more,
                                            .skip_input_data = skip,
                                            .resync_to_restart = jpeg_resync_to_restart,
                                            .term_source = nothing};
    self->progress.progress_monitor = count_scans;
}

static void read_orientation(session *self)
{
    for (jpeg_saved_marker_ptr marker = self->codec.marker_list; marker; marker = marker->next) {
        if (marker->data_length >= 6 && memcmp(marker->data, "Exif\0\0", 6) == 0) {
            self->out->orientation = cornu__exif_orientation(marker->data, marker->data_length);
            return;
        }
    }
}

static void read_header(session *self)
{
    struct jpeg_decompress_struct *codec = &self->codec;
    jpeg_save_markers(codec, JPEG_APP0 + 1, 0xFFFF);
    jpeg_read_header(codec, TRUE);
    read_orientation(self);
    int channels = codec->num_components;
    if (channels != 1 && channels != 3 && channels != 4)
        refuse(self, cornu__fail(CORNU_ERROR_UNSUPPORTED, "'%s' is a JPEG file of %d channels; wanted 1, 3 or 4",
                                 self->file->name, channels));
    codec->out_color_space = channels == 1 ? JCS_GRAYSCALE : channels == 3 ? JCS_RGB : JCS_CMYK;
    self->out->cmyk = channels == 4;
    if (cornu__shape_decoded(self->file, KIND, self->out->image, CORNU_UINT8, codec->image_width, codec->image_height,
                             channels, codec->arith_code ? 0 : MOST_BYTES_OF_ONE) != CORNU_OK)
        refuse(self, cornu_error_status());
}

static void read_rows(session *self)
{
    struct jpeg_decompress_struct *codec = &self->codec;
    cornu__image *image = self->out->image;
    size_t stride = (size_t)image->width * (size_t)image->channels;
    JSAMPROW rows[ROWS_AT_ONCE];
    jpeg_start_decompress(codec);
    while (codec->output_scanline < codec->output_height) {
        JDIMENSION first = codec->output_scanline, left = codec->output_height - first;
        JDIMENSION count = left < ROWS_AT_ONCE ? left : ROWS_AT_ONCE;
        for (JDIMENSION i = 0; i < count; i++)
            rows[i] = (JSAMPROW)image->data + (first + i) * stride;
        jpeg_read_scanlines(codec, rows, count);
    }
    jpeg_finish_decompress(codec);
}

static void invert(cornu__image *image)
{
    uint8_t *values = image->data;
    for (size_t i = 0; i < cornu__image_count(image); i++)
        values[i] = (uint8_t)(255 - values[i]);
}

bool cornu__is_jpeg(const uint8_t *bytes, size_t size)
{
    return size >= 3 && bytes[0] == 0xFF && bytes[1] == 0xD8 && bytes[2] == 0xFF;
}

cornu_status cornu__decode_jpeg(const cornu__encoded *file, cornu__decoded *out)
{
    session self = {.file = file, .out = out};
    prepare(&self);
    if (setjmp(self.failed) == 0) {
        jpeg_create_decompress(&self.codec);
        self.codec.src = &self.source;
        self.codec.progress = &self.progress;
        read_header(&self);
        read_rows(&self);
    }
    jpeg_destroy_decompress(&self.codec);
    if (self.said)
        return cornu_error_status();
    if (out->cmyk)
        invert(out->image);
    return CORNU_OK;
}
