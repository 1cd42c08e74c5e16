/*
 * segmentation.c: pictures, masks and a table: a model marks the object that it is asked for, and all that is spatial is turned together.
 *
 *     segmentation FOLDER [--epochs N] [--workers N]
 *
 * Writes into FOLDER pictures with a bright disc, a dark disc and thin lines of both shades (image/0000.png), masks of one of the discs (mask/0000.png: 1 is the
 * disc) and a table that says for each picture which disc is asked for (asked.csv: bright is 1 or 0). These are three datasets side by side; a sample has
 * the fields image, mask and bright. Both the picture and the number are inputs of the model, the mask is its target. A fifth is held out, and not turned. The
 * last line says how well what the model marks there agrees with the masks: the area of both together over the area of either.
 */
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cornu/cornu.h>

enum { PICTURES = 400, SIZE = 32, PATH_SIZE = 4096 };

typedef struct settings {
    const char *folder;
    int epochs, workers;
} settings;

/* --- The data --- */

static unsigned random_below(unsigned most)
{
    static unsigned bits = 2024;
    bits = bits * 1664525u + 1013904223u;
    return (bits >> 8) % most;
}

typedef struct disc {
    int row, column, radius;
} disc;

static bool is_in(const disc *self, int row, int column)
{
    int down = row - self->row, right = column - self->column;
    return down * down + right * right <= self->radius * self->radius;
}

static disc draw_disc(int left)
{
    int radius = 3 + (int)random_below(4);
    return (disc){.row = radius + (int)random_below((unsigned)(SIZE - 2 * radius)),
                  .column = left + radius + (int)random_below((unsigned)(SIZE / 2 - 2 * radius)),
                  .radius = radius};
}

/* Two discs, side by side, on a ground with lines; the mask is of the one that is asked for. */
static void paint(bool asked_for_bright, uint8_t image[SIZE][SIZE][3], uint8_t mask[SIZE][SIZE][1])
{
    bool bright_is_left = random_below(2) == 0;
    disc bright = draw_disc(bright_is_left ? 0 : SIZE / 2), dark = draw_disc(bright_is_left ? SIZE / 2 : 0);
    int bright_line = (int)random_below(SIZE), dark_line = (int)random_below(SIZE);
    for (int row = 0; row < SIZE; row++) {
        for (int column = 0; column < SIZE; column++) {
            int shade = is_in(&bright, row, column) || row == bright_line ? 190 : 120;
            if (is_in(&dark, row, column) || column == dark_line)
                shade = 50;
            for (int channel = 0; channel < 3; channel++)
                image[row][column][channel] = (uint8_t)(shade - 20 + (int)random_below(41));
            mask[row][column][0] = is_in(asked_for_bright ? &bright : &dark, row, column);
        }
    }
}

/* false, and the error says why. */
static bool fail(const char *what, const char *path)
{
    char message[PATH_SIZE + 100];
    snprintf(message, sizeof message, "cannot %s '%s': %s", what, path, strerror(errno));
    cornu_error_set(CORNU_ERROR_IO, message);
    return false;
}

static bool make_folder(const char *path)
{
    return mkdir(path, 0777) == 0 || errno == EEXIST || fail("make the folder", path);
}

static bool save(const char *folder, const char *kind, int number, int64_t channels, uint8_t *pixels)
{
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s/%s/%04d.png", folder, kind, number);
    cornu_array *picture = cornu_array_view(CORNU_UINT8, 3, (int64_t[]){SIZE, SIZE, channels}, pixels);
    bool saved = picture && cornu_save_img(path, picture, .scale = false) == CORNU_OK;
    cornu_array_release(picture);
    return saved;
}

static bool write_data(const char *folder)
{
    char images[PATH_SIZE], masks[PATH_SIZE], table[PATH_SIZE];
    snprintf(images, sizeof images, "%s/image", folder);
    snprintf(masks, sizeof masks, "%s/mask", folder);
    snprintf(table, sizeof table, "%s/asked.csv", folder);
    if (!make_folder(folder) || !make_folder(images) || !make_folder(masks))
        return false;
    FILE *rows = fopen(table, "w");
    bool right = rows ? fprintf(rows, "bright\n") > 0 || fail("write", table) : fail("write", table);
    for (int i = 0; right && i < PICTURES; i++) {
        uint8_t image[SIZE][SIZE][3], mask[SIZE][SIZE][1];
        bool bright = random_below(2) == 0;
        paint(bright, image, mask);
        right = save(folder, "image", i, 3, image[0][0]) && save(folder, "mask", i, 1, mask[0][0]) &&
                (fprintf(rows, "%d\n", bright) > 0 || fail("write", table));
    }
    if (rows && fclose(rows) != 0)
        right = fail("write", table);
    return right;
}

/* Pictures, masks and rows side by side; NULL on failure. */
static cornu_dataset *open_data(const char *folder)
{
    char images[PATH_SIZE], masks[PATH_SIZE], table[PATH_SIZE];
    snprintf(images, sizeof images, "%s/image", folder);
    snprintf(masks, sizeof masks, "%s/mask", folder);
    snprintf(table, sizeof table, "%s/asked.csv", folder);
    cornu_dataset *parts[] = {cornu_image_files_dataset(images, .target_size = cornu_pair(SIZE, SIZE)),
                              cornu_image_files_dataset(masks, .name = "mask", .target_size = cornu_pair(SIZE, SIZE),
                                                        .color_mode = "grayscale"),
                              cornu_csv_dataset(table, .header = 1)};
    cornu_dataset *all = parts[0] && parts[1] && parts[2] ? cornu_dataset_zip(3, parts) : NULL;
    for (int i = 0; i < 3; i++)
        cornu_dataset_release(parts[i]); /* the whole keeps them */
    return all;
}

/* Samples begin .. end - 1 in batches, changed as the generator says. */
static cornu_sequence *make_batches(cornu_dataset *all, int64_t begin, int64_t end,
                                    cornu_image_data_generator *generator)
{
    cornu_dataset *part = cornu_dataset_slice(all, begin, end);
    cornu_dataset *changed = part && generator ? cornu_augment_dataset(part, generator, .images = cornu_names("image"),
                                                                       .masks = cornu_names("mask"))
                                               : NULL;
    cornu_sequence *batches = changed ? cornu_dataset_sequence(changed, .x = cornu_names("image", "bright"),
                                                               .y = cornu_names("mask"), .batch_size = 16, .seed = 1)
                                      : NULL;
    cornu_dataset_release(changed);
    cornu_dataset_release(part);
    cornu_image_data_generator_release(generator);
    return batches;
}

/* --- The training --- */

static cornu_model *make_model(void)
{
    cornu_tensor *image = cornu_input(.shape = {SIZE, SIZE, 3}, .name = "image");
    cornu_tensor *bright = cornu_input(.shape = {1}, .name = "bright");
    cornu_tensor *seen = cornu_call(cornu_conv2d(16, 3, .padding = "same", .activation = "relu"), image);
    cornu_tensor *asked = cornu_call(cornu_reshape(.target_shape = {1, 1, 16}), cornu_call(cornu_dense(16), bright));
    cornu_tensor *both = cornu_call(cornu_add_layer(), cornu_call(cornu_conv2d(16, 3, .padding = "same"), seen), asked);
    cornu_tensor *found = cornu_call(cornu_conv2d(16, 3, .padding = "same", .activation = "relu"),
                                     cornu_call(cornu_activation("relu"), both));
    cornu_tensor *mask = cornu_call(cornu_conv2d(1, 1, .activation = "sigmoid"), found);
    cornu_model *model = cornu_functional(.inputs = {image, bright}, .outputs = {mask}, .name = "marks", .seed = 1);
    cornu_compile(model, .optimizer = cornu_adam(.learning_rate = 1e-2), .loss = "binary_crossentropy",
                  .metrics = {cornu_binary_iou(.target_class_ids = cornu_class_ids(1), .name = "iou")});
    return model;
}

static bool train(const settings *options, cornu_sequence *training, cornu_sequence *held_out)
{
    cornu_model *model = make_model();
    cornu_history *history =
        cornu_fit_generator(model, training, .epochs = options->epochs, .workers = options->workers,
                            .validation_data = {.generator = held_out}, .verbose = 2);
    if (history)
        printf("area of both over area of either: %.3f\n", cornu_history_get(history, "val_iou", -1));
    bool right = history != NULL;
    cornu_history_release(history);
    cornu_model_release(model);
    return right;
}

static int run(const settings *options)
{
    cornu_dataset *all = write_data(options->folder) ? open_data(options->folder) : NULL;
    int64_t split = PICTURES / 5 * 4;
    cornu_sequence *training =
        all ? make_batches(all, 0, split,
                           cornu_image_data_generator_create(.rotation_range = 90, .zoom_range = cornu_range(0.8, 1.2),
                                                             .width_shift_range = 0.1, .horizontal_flip = true,
                                                             .fill_mode = "reflect", .rescale = 1.0 / 255))
            : NULL;
    cornu_sequence *held_out =
        training ? make_batches(all, split, PICTURES, cornu_image_data_generator_create(.rescale = 1.0 / 255)) : NULL;
    bool right = held_out && train(options, training, held_out);
    if (!right)
        fprintf(stderr, "segmentation: %s\n", cornu_error_message());
    cornu_sequence_release(training);
    cornu_sequence_release(held_out);
    cornu_dataset_release(all);
    return right ? 0 : 1;
}

/* Whether the text is a whole number, `least` or more, and nothing else. */
static bool read_number(const char *text, int least, int *number)
{
    char *end;
    long value = strtol(text, &end, 10);
    *number = (int)value;
    return end != text && *end == '\0' && value >= least && value <= INT_MAX;
}

int main(int argc, char **argv)
{
    settings options = {.epochs = 12, .workers = 2};
    for (int i = 1; i < argc; i++) {
        bool has_value = i + 1 < argc;
        if (strcmp(argv[i], "--epochs") == 0 && has_value && read_number(argv[i + 1], 1, &options.epochs))
            i++;
        else if (strcmp(argv[i], "--workers") == 0 && has_value && read_number(argv[i + 1], 0, &options.workers))
            i++;
        else if (argv[i][0] != '-' && !options.folder)
            options.folder = argv[i];
        else
            argc = 0;
    }
    if (!options.folder || argc == 0) {
        fprintf(stderr, "Usage: segmentation FOLDER [--epochs N] [--workers N]\n");
        return 2;
    }
    return run(&options);
}
