/*
 * bench_images.c: how many picture files a second one thread decodes and resizes.
 *
 *     bench_images FOLDER [SECONDS]
 *
 * reads every JPEG file below the folder into memory and prints, for each stage, images a second of this thread's processor
 * time: the median of rounds over all files, as JSON.
 * "libjpeg" is the plain library on the same bytes: what a decoder can reach. bench/pictures.py runs this beside other libraries.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <jpeglib.h>

#include "array/array.h"
#include "base/text.h"
#include "image/image_data_generator.h"
#include "image/load.h"

#define PATH_SIZE 4096
#define SIZE 224
#define MOST_ROUNDS 1000

typedef struct picture {
    char *path;
    uint8_t *bytes;
    size_t size;
    cornu__image decoded;
} picture;

static picture *pictures;
static size_t picture_count;

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time); /* so that other work on the machine does not count */
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static void give_up(const char *what)
{
    fprintf(stderr, "bench_images: %s\n", what);
    exit(1);
}

static void keep_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    struct stat about;
    if (!file || fstat(fileno(file), &about) != 0)
        give_up(path);
    pictures = realloc(pictures, (picture_count + 1) * sizeof *pictures);
    uint8_t *bytes = malloc((size_t)about.st_size + 1);
    if (!pictures || !bytes || fread(bytes, 1, (size_t)about.st_size, file) != (size_t)about.st_size)
        give_up(path);
    pictures[picture_count++] = (picture){.path = strdup(path), .bytes = bytes, .size = (size_t)about.st_size};
    fclose(file);
}

static void keep_folder(const char *folder)
{
    char path[PATH_SIZE];
    DIR *entries = opendir(folder);
    if (!entries)
        give_up(folder);
    for (struct dirent *entry; (entry = readdir(entries));) {
        struct stat about;
        if (entry->d_name[0] == '.' || snprintf(path, sizeof path, "%s/%s", folder, entry->d_name) >= PATH_SIZE ||
            stat(path, &about) != 0)
            continue;
        if (S_ISDIR(about.st_mode))
            keep_folder(path);
        else if (cornu__text_has_ending(path, ".jpg") || cornu__text_has_ending(path, ".jpeg"))
            keep_file(path);
    }
    closedir(entries);
}

/* --- Stages --- */

static cornu__decoder decoder;
static cornu__resizer resizer;
static cornu__image decoded, resized;

static void check(cornu_status status)
{
    if (status != CORNU_OK)
        give_up(cornu_error_message());
}

/* libjpeg's own error handler ends the program, which is right here. */
static void by_libjpeg(const picture *one)
{
    struct jpeg_decompress_struct codec;
    struct jpeg_error_mgr errors;
    codec.err = jpeg_std_error(&errors);
    jpeg_create_decompress(&codec);
    jpeg_mem_src(&codec, one->bytes, one->size);
    jpeg_read_header(&codec, TRUE);
    codec.out_color_space = JCS_RGB;
    check(cornu__image_shape(&decoded, CORNU_UINT8, (int)codec.image_height, (int)codec.image_width, 3));
    jpeg_start_decompress(&codec);
    while (codec.output_scanline < codec.output_height) {
        JSAMPROW row = (JSAMPROW)decoded.data + (size_t)codec.output_scanline * codec.output_width * 3;
        jpeg_read_scanlines(&codec, &row, 1);
    }
    jpeg_finish_decompress(&codec);
    jpeg_destroy_decompress(&codec);
}

/* As cornu__decode_file does before it decodes. */
static void read_again(const picture *one)
{
    int descriptor = open(one->path, O_RDONLY | O_CLOEXEC);
    struct stat about;
    if (descriptor < 0 || fstat(descriptor, &about) != 0 ||
        read(descriptor, one->bytes, one->size) != (ssize_t)one->size)
        give_up(one->path);
    close(descriptor);
}

static void decode(const picture *one)
{
    static const cornu__decode_options options = {.color_mode = CORNU__RGB};
    check(cornu__decode(&decoder, "a picture", one->bytes, one->size, &options, &decoded));
}

static void resize(const picture *one, cornu__interpolation interpolation)
{
    check(cornu__resize(&resizer, &one->decoded, cornu__box_of(&one->decoded), interpolation, SIZE, SIZE, &resized));
}

static void resize_nearest(const picture *one)
{
    resize(one, CORNU__NEAREST);
}

static void resize_bilinear(const picture *one)
{
    resize(one, CORNU__BILINEAR);
}

static void resize_lanczos(const picture *one)
{
    resize(one, CORNU__LANCZOS);
}

static void decode_and_resize(const picture *one)
{
    decode(one);
    check(cornu__resize(&resizer, &decoded, cornu__box_of(&decoded), CORNU__BILINEAR, SIZE, SIZE, &resized));
}

/* What flow_from_directory does with a picture that is read and resized. */
static void augment(const picture *one)
{
    static cornu_image_data_generator *generator;
    static cornu__picture_space space;
    static float values[SIZE * SIZE * 3];
    static uint64_t number;
    const cornu__picture_shape shape = {SIZE, SIZE, 3};
    if (!generator) {
        generator =
            cornu_image_data_generator_create(.rotation_range = 30, .width_shift_range = 0.1, .height_shift_range = 0.1,
                                              .shear_range = 10, .zoom_range = 0.2, .horizontal_flip = true);
        check(generator ? cornu__picture_space_create(generator, shape, &space) : cornu_error_status());
    }
    if (resized.width != SIZE)
        resize(one, CORNU__BILINEAR);
    cornu__draws draws = {.key = cornu__random_key_make(1, CORNU__RANDOM_AUGMENT, 0, number++)};
    cornu_transform_options transform = cornu__draw_transform(generator, &draws, shape);
    space.bytes = resized.data;
    check(cornu__picture_transform(generator, shape, &transform, NULL, values, &space));
}

static const struct stage {
    const char *name;
    void (*run)(const picture *one);
} stages[] = {
    {"read", read_again},
    {"libjpeg", by_libjpeg},
    {"decode", decode},
    {"resize nearest", resize_nearest},
    {"resize bilinear", resize_bilinear},
    {"resize lanczos", resize_lanczos},
    {"decode and resize bilinear", decode_and_resize},
    {"augment", augment},
};

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* Images a second: the median of as many rounds over all pictures as `seconds` allow, at least three. */
static double measure(const struct stage *stage, double seconds)
{
    static double rates[MOST_ROUNDS];
    int rounds = 0;
    double begin = now(), last = begin;
    while (rounds < 3 || (last - begin < seconds && rounds < MOST_ROUNDS)) {
        for (size_t i = 0; i < picture_count; i++)
            stage->run(&pictures[i]);
        double end = now();
        rates[rounds++] = (double)picture_count / (end - last);
        last = end;
    }
    qsort(rates, (size_t)rounds, sizeof *rates, by_size);
    return rates[rounds / 2];
}

int main(int argc, char **argv)
{
    if (argc < 2)
        give_up("usage: bench_images FOLDER [SECONDS]");
    double seconds = argc > 2 ? strtod(argv[2], NULL) : 3;
    keep_folder(argv[1]);
    if (picture_count == 0)
        give_up("there is no JPEG file in the folder");
    for (size_t i = 0; i < picture_count; i++) {
        static const cornu__decode_options options = {.color_mode = CORNU__RGB};
        check(
            cornu__decode(&decoder, "a picture", pictures[i].bytes, pictures[i].size, &options, &pictures[i].decoded));
    }
    printf("{\"images\": %zu", picture_count);
    for (size_t i = 0; i < sizeof stages / sizeof *stages; i++)
        printf(", \"%s\": %.1f", stages[i].name, measure(&stages[i], seconds));
    printf("}\n");
    return 0;
}
