/*
 * test_damage.c: no picture file crashes a decoder, makes it leak, or comes through cut short.
 *
 * Files of every kind are cut at every length, have bits flipped, and are changed at random places for a bounded number of rounds; in files of
 * more than a few hundred bytes the middle is only sampled. The sanitizers' builds make this a search for memory errors.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "base/random.h"
#include "pictures.h"

#define RANDOM_ROUNDS 60
#define WHOLE 240   /* bytes at the start and at the end, where headers and directories are: each is cut and flipped */
#define SAMPLED 120 /* places between them */

/* Files for each coding path, and how many bytes at the end may be missing unnoticed (-1: any number, the format has no end). */
static const struct victim {
    const char *name;
    int slack;
} victims[] = {
    {"gray.jpg", 0},
    {"rgb_420_progressive.jpg", 0},
    {"cmyk.jpg", 0},
    {"rgb_restart.jpg", 0},
    {"orientation6.jpg", 0},
    {"palette4_interlaced.png", 0},
    {"rgba16_interlaced.png", 0},
    {"gray8_key.png", 0},
    {"palette8_alpha.png", 0},
    {"interlaced.gif", 2},
    {"transparent_in_canvas.gif", 2},
    {"l.bmp", 0},
    {"rle8.bmp", 2},
    {"rle4.bmp", 2},
    {"masks32.bmp", 0},
    {"os2.bmp", 0},
    {"rgb565.bmp", 0},
    {"p1.pbm", 1},
    {"p3_15.ppm", -1},
    {"p4.pbm", 0},
    {"p5_1000.pgm", 0},
    {"p6_255.ppm", 0},
    {"rgb_tiff_lzw.tif", -1},
    {"bilevel_group4.tif", -1},
    {"rgb_jpeg.tif", -1},
    {"palette.tif", -1},
    {"tiled_planes.tif", -1},
    {"multiplied.tif", -1},
    {"float.tif", -1},
    {"lossy.webp", 0},
    {"alpha_lossless.webp", 0},
    {"alpha.webp", 0},
    {"animated.webp", 0},
};

typedef struct reader {
    cornu__decoder decoder;
    cornu__image image;
    volatile unsigned sum;
} reader;

/* Decodes the bytes; a picture of sane size must come, or a message. Returns whether one came. */
static bool survives(reader *self, const uint8_t *bytes, size_t size)
{
    /* a block of its own, so that the sanitizer sees the first byte too many */
    uint8_t *copy = malloc(size > 0 ? size : 1);
    assert_non_null(copy);
    memcpy(copy, bytes, size);
    cornu__decode_options options = {.color_mode = size % 2 ? CORNU__RGBA : CORNU__RGB, .exif_orientation = true};
    cornu_error_clear();
    bool came = cornu__decode(&self->decoder, "damaged", copy, size, &options, &self->image) == CORNU_OK;
    free(copy);
    if (!came) {
        assert_true(cornu_error_status() != CORNU_OK);
        assert_non_null(strstr(cornu_error_message(), "damaged"));
        assert_null(strstr(cornu_error_message(), "damaged: ")); /* the file's name again, from a library */
        return false;
    }
    assert_int_equal(self->image.dtype, CORNU_UINT8);
    const uint8_t *pixels = self->image.data;
    for (size_t i = 0; i < cornu__image_count(&self->image); i += 997)
        self->sum = self->sum + pixels[i];
    return true;
}

/* The next place to damage after `i`. */
static size_t next_place(size_t i, size_t size)
{
    if (i < WHOLE || i + WHOLE >= size || size < 2 * WHOLE)
        return i + 1;
    size_t step = (size - 2 * WHOLE) / SAMPLED + 1, next = i + step;
    return next + WHOLE > size ? size - WHOLE : next;
}

static void cut(reader *self, const struct victim *victim, const uint8_t *bytes, size_t size)
{
    for (size_t length = 0; length < size; length = next_place(length, size)) {
        bool noticed = !survives(self, bytes, length);
        if (!noticed && victim->slack >= 0 && length + (size_t)victim->slack < size)
            fail_msg("%s: %zu of %zu bytes were taken for the whole", victim->name, length, size);
    }
}

static void flip_bits(reader *self, uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i = next_place(i, size)) {
        uint8_t kept = bytes[i];
        for (int bit = 0; bit < 8; bit++) {
            bytes[i] = kept ^ (uint8_t)(1 << bit);
            survives(self, bytes, size);
        }
        bytes[i] = kept;
    }
}

static void change_at_random(reader *self, const uint8_t *bytes, size_t size, uint64_t number)
{
    uint8_t *copy = malloc(size);
    assert_non_null(copy);
    cornu__random_key key = cornu__random_key_make(3, CORNU__RANDOM_USER, size, number);
    for (uint64_t round = 0, draw = 0; round < RANDOM_ROUNDS; round++) {
        memcpy(copy, bytes, size);
        uint64_t changes = 1 + cornu__random_below(key, draw++, 8);
        for (uint64_t change = 0; change < changes; change++) {
            size_t place = cornu__random_below(key, draw++, size);
            copy[place] = (uint8_t)cornu__random_below(key, draw++, 256);
        }
        survives(self, copy, size);
    }
    free(copy);
}

static void damage(void **state)
{
    const char *endings = *state;
    char path[PATH_SIZE];
    size_t count = 0;
    for (size_t i = 0; i < sizeof victims / sizeof *victims; i++) {
        const char *name = victims[i].name;
        if (!strstr(endings, strrchr(name, '.')))
            continue;
        size_t size;
        uint8_t *bytes = read_bytes(picture_path(path, name), &size);
        uint64_t live = cornu__allocation_live();
        reader self = {0};
        assert_true(survives(&self, bytes, size));
        cut(&self, &victims[i], bytes, size);
        flip_bits(&self, bytes, size);
        change_at_random(&self, bytes, size, i);
        assert_true(survives(&self, bytes, size));
        cornu__image_free(&self.image);
        cornu__decoder_free(&self.decoder);
        assert_int_equal(cornu__allocation_live(), live);
        free(bytes);
        count++;
    }
    assert_true(count > 0);
}

/* Every allocation of a decoding fails once: an error each time, and nothing left behind. */
static void a_refused_allocation_is_an_error_and_leaks_nothing(void **state)
{
    (void)state;
    static const char *const names[] = {"cmyk.jpg",   "gray8.png", "plain.gif",  "l.bmp",
                                        "p5_255.pgm", "tiled.tif", "lossy.webp", "orientation6.jpg"};
    char path[PATH_SIZE];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        cornu_status status = CORNU_ERROR_OUT_OF_MEMORY;
        uint64_t live = cornu__allocation_live(), failures = 0;
        for (; status != CORNU_OK; failures++) {
            cornu__decoder decoder = {0};
            cornu__image image = {0};
            cornu__decode_options options = {.color_mode = CORNU__RGBA, .exif_orientation = true};
            cornu__allocation_fail_at(failures + 1);
            status = cornu__decode_file(&decoder, picture_path(path, names[i]), &options, &image);
            cornu__allocation_fail_at(0);
            assert_true(status == CORNU_OK || status == CORNU_ERROR_OUT_OF_MEMORY);
            assert_true(failures < 100);
            cornu__image_free(&image);
            cornu__decoder_free(&decoder);
            assert_int_equal(cornu__allocation_live(), live);
        }
        assert_true(failures >= 2);
    }
}

int main(void)
{
    setenv("CORNU_MAX_READ_BYTES", "67108864", 0); /* what a file may promise */
    const struct CMUnitTest tests[] = {
        {"jpeg_files", damage, NULL, NULL, ".jpg"},
        {"png_files", damage, NULL, NULL, ".png"},
        {"gif_files", damage, NULL, NULL, ".gif"},
        {"bmp_files", damage, NULL, NULL, ".bmp"},
        {"pixmap_files", damage, NULL, NULL, ".pbm.pgm.ppm"},
        {"tiff_files", damage, NULL, NULL, ".tif"},
        {"webp_files", damage, NULL, NULL, ".webp"},
        cmocka_unit_test(a_refused_allocation_is_an_error_and_leaks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
