/* augment.c: cornu augment: a sheet of pictures as they are and as ImageDataGenerator and a pipeline of steps change them, with what was drawn under each. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <cornu/image.h>
#include <cornu/plot.h>

#include "array/array.h"
#include "base/text.h"
#include "cli/augmentation_options.h"
#include "cli/commands.h"
#include "cli/data_files.h"
#include "image/augmentation.h"
#include "image/resize_tensorflow.h"

typedef struct values {
    cornu__data_arguments data;
    cornu__text_list images;
    const char *output;
    int pictures, samples, seed;
    cornu__augmentation_arguments changes;
    const char *steps;
    bool dark;
} values;

#define AT(field) offsetof(values, field)
static const cornu__argument picture_arguments[] = {
    {"images", CORNU__ARGUMENT_LIST, AT(images), 0, "FILE,...",
     "picture files (JPEG, PNG, ...), resized to the first one's size"},
    {"pictures", CORNU__ARGUMENT_INT, AT(pictures), 1, "N", "how many are shown, from the first on [6]"},
    {"samples", CORNU__ARGUMENT_INT, AT(samples), 1, "N", "changed samples of each [7]"},
    {0},
};
static const cornu__argument draw_arguments[] = {
    {"seed", CORNU__ARGUMENT_INT, AT(seed), 0, "N", "of all draws [0]"},
    {0},
};
static const cornu__argument step_arguments[] = {
    {"steps", CORNU__ARGUMENT_TEXT, AT(steps), 0, "STEPS",
     "Keras 3's layers, after these changes: \"random_rotation(0.1), cut_mix\""},
    {0},
};
static const cornu__argument output_arguments[] = {
    {"output", CORNU__ARGUMENT_TEXT, AT(output), 0, "FILE", "the sheet: .png, .svg or .pdf [augmented.png]"},
    {"dark", CORNU__ARGUMENT_FLAG, AT(dark), 0, NULL, "light on dark"},
    {0},
};
static const cornu__argument_group groups[] = {
    {"Pictures", cornu__input_arguments, AT(data)},
    {NULL, picture_arguments, 0},
    {"Changes (ImageDataGenerator's arguments)", cornu__augmentation_argument_table, AT(changes)},
    {NULL, draw_arguments, 0},
    {"Steps (Keras 3's image preprocessing layers)", step_arguments, 0},
    {"Output", output_arguments, 0},
    {0},
};
static const values defaults = {
    .output = "augmented.png", .pictures = 6, .samples = 7, .changes = CORNU__AUGMENTATION_DEFAULTS};

static cornu_status check(const void *given)
{
    const values *options = given;
    if (options->images.count > 0 && cornu__data_given(&options->data))
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "--images and --data or --x exclude each other");
    if (options->images.count == 0 && !cornu__data_given(&options->data))
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "wanted pictures: --images FILE,..., --x FILE or --data FILE");
    return cornu__augmentation_check(&options->changes);
}

/* --- Pictures --- */

/* *pictures := float32 (n, height, width, channels). */
static cornu_status read_arrays(const values *options, cornu_array **pictures)
{
    cornu__dataset data = {0};
    CORNU_TRY(cornu__data_load(&options->data, "", false, &data));
    const cornu_array *x = data.x ? cornu_array_item(data.x, 0) : NULL;
    cornu_status status = CORNU_OK;
    if (!x || (x->rank != 3 && x->rank != 4) || x->shape[0] < 1)
        status = cornu__fail(CORNU_ERROR_SHAPE, "the data are no pictures: wanted shape (n, height, width) or (n, "
                                                "height, width, channels)");
    if (status == CORNU_OK) {
        cornu_array *first = cornu_array_rows(cornu_array_item(data.x, 0), 0,
                                              x->shape[0] < options->pictures ? x->shape[0] : options->pictures);
        cornu_array *floats = first ? cornu_array_cast(first, CORNU_FLOAT32) : NULL;
        if (floats)
            *pictures = cornu_array_reshape(floats, 4,
                                            (int64_t[]){floats->shape[0], floats->shape[1], floats->shape[2],
                                                        floats->rank == 4 ? floats->shape[3] : 1});
        cornu_array_release(first);
        cornu_array_release(floats);
        status = *pictures ? CORNU_OK : cornu_error_status();
    }
    cornu__data_free(&data);
    return status;
}

static cornu_status read_files(const values *options, cornu_array **pictures)
{
    int64_t count = options->images.count < options->pictures ? options->images.count : options->pictures;
    cornu_size2 size = {0, 0};
    for (int64_t i = 0; i < count; i++) {
        cornu_array *picture =
            cornu_load_img(options->images.items[i], .target_size = size, .interpolation = "bilinear");
        if (!picture)
            return cornu_error_status();
        if (i == 0) {
            size = cornu_pair((int)picture->shape[0], (int)picture->shape[1]);
            *pictures = cornu_array_zeros(CORNU_FLOAT32, 4, (int64_t[]){count, size.first, size.second, 3});
        }
        if (*pictures)
            cornu__convert(CORNU_FLOAT32, cornu_array_float32(*pictures) + i * picture->count, picture->dtype,
                           picture->data, picture->count);
        cornu_array_release(picture);
        if (!*pictures)
            return cornu_error_status();
    }
    return CORNU_OK;
}

/* --- The sheet --- */

static cornu_image_data_generator *make_generator(const values *options)
{
    cornu_image_data_generator_options given = {.struct_size = sizeof given, CORNU_IMAGE_DATA_GENERATOR_DEFAULTS};
    given.seed = (uint64_t)options->seed;
    if (cornu__augmentation_set(&options->changes, &given) != CORNU_OK)
        return NULL;
    return cornu_image_data_generator_create_with(&given);
}

/* A caption of a few short lines: what was drawn, as far as it changes anything. */
static char *caption_of(const cornu_transform_options *t)
{
    cornu__text text = {0};
    if (t->theta != 0 || t->shear != 0)
        cornu__text_add(&text, "%.0f\u00b0, shear %.1f\u00b0\n", t->theta, t->shear);
    if (t->tx != 0 || t->ty != 0)
        cornu__text_add(&text, "shift %.1f, %.1f\n", t->tx, t->ty);
    if (t->zx != 1 || t->zy != 1)
        cornu__text_add(&text, "zoom %.2f, %.2f\n", t->zx, t->zy);
    if (t->channel_shift_intensity != 0)
        cornu__text_add(&text, "channels %+.3g\n", t->channel_shift_intensity);
    if (!isnan(t->brightness))
        cornu__text_add(&text, "brightness %.2f\n", t->brightness);
    if (t->flip_horizontal || t->flip_vertical)
        cornu__text_add(&text, "flip%s%s\n", t->flip_horizontal ? " sideways" : "", t->flip_vertical ? " down" : "");
    if (text.length == 0)
        cornu__text_add(&text, "as it is\n");
    if (text.data && !text.failed)
        text.data[--text.length] = '\0'; /* the last line's end */
    return cornu__text_take(&text);
}

#define SHOWN_VALUES 4

/* What a step drew, two numbers a line: "Rotation", "12.5". Nothing for one that drew only zeros. */
static void describe_step(cornu_layer *layer, const cornu_random_transformation *drawn, cornu__text *text)
{
    const char *class = cornu_object_class_name(layer), *name;
    int count = 0;
    bool changes = false, operations = false;
    for (; (name = cornu_layer_transformation_name(layer, count)) != NULL; count++) {
        changes = changes || drawn->values[count] != 0;
        operations = operations || strcmp(name, "operation_1") == 0;
    }
    if (count > 0 && !changes)
        return;
    cornu__text_add(text, "%s\n", strncmp(class, "Random", 6) == 0 ? class + 6 : class);
    for (int i = 0; i < count; i++) {
        const char *operation = operations ? cornu__operation_name((int)drawn->values[i]) : NULL;
        if (operation)
            cornu__text_add(text, "%s\n", operation);
        else if (!operations && i < SHOWN_VALUES)
            cornu__text_add(text, "%.3g%s", drawn->values[i],
                            i % 2 == 0 && i + 1 < count && i + 1 < SHOWN_VALUES ? ", " : "\n");
    }
}

typedef struct contact_sheet {
    cornu_array *cells; /* (pictures * columns, height, width, channels) */
    char **captions;
    int64_t pictures, columns;
    cornu_augmentation *steps;     /* behind the generator's transforms; or NULL */
    cornu__augmenting *augmenting; /* its run over a column of pictures */
    cornu_array *column;           /* what it makes of them */
} contact_sheet;

static char *caption_of_steps(const contact_sheet *sheet, int64_t row, char *before)
{
    cornu__text text = {0};
    if (strcmp(before, "as it is") != 0)
        cornu__text_add(&text, "%s\n", before);
    for (int i = 0; i < cornu_augmentation_step_count(sheet->steps); i++)
        describe_step(cornu_augmentation_step(sheet->steps, i), cornu__augmenting_drawn(sheet->augmenting, row, i),
                      &text);
    if (text.length == 0)
        cornu__text_add(&text, "as it is\n");
    if (text.data && !text.failed)
        text.data[--text.length] = '\0';
    cornu__free(before);
    return cornu__text_take(&text);
}

/* A picture as it is, in the size that the steps make. */
static cornu_status show_original(const contact_sheet *sheet, const cornu_array *pictures, int64_t row)
{
    cornu_array *cells = sheet->cells;
    float *cell = cornu_array_float32(cells) + row * sheet->columns * cornu__row_count(cells);
    cornu__image from =
        cornu__image_view(CORNU_FLOAT32, (int)pictures->shape[1], (int)pictures->shape[2], (int)pictures->shape[3],
                          cornu_array_float32(pictures) + row * cornu__row_count(pictures));
    cornu__image resized = {0};
    cornu__resizer resizer = {0};
    cornu_status status = cornu__resize_tensorflow(&resizer, &from, cornu__box_of(&from), CORNU__TF_BILINEAR, true,
                                                   (int)cells->shape[1], (int)cells->shape[2], &resized);
    if (status == CORNU_OK)
        memcpy(cell, resized.data, (size_t)cornu__row_count(cells) * sizeof(float));
    cornu__image_free(&resized);
    cornu__resizer_free(&resizer);
    cornu__text name = {0};
    cornu__text_add(&name, "picture %lld", (long long)row);
    sheet->captions[row * sheet->columns] = cornu__text_take(&name);
    return status == CORNU_OK && !sheet->captions[row * sheet->columns] ? CORNU_ERROR_OUT_OF_MEMORY : status;
}

/* The generator's change of a picture, in a new array. */
static cornu_status draw_sample(cornu_image_data_generator *generator, const cornu_array *picture, char **caption,
                                cornu_array **changed)
{
    cornu_transform_options drawn;
    CORNU_TRY(cornu_image_data_generator_get_random_transform(generator, picture->shape, CORNU_NONE, &drawn));
    *changed = cornu_image_data_generator_apply_transform_with(generator, picture, &drawn);
    if (!*changed)
        return cornu_error_status();
    *caption = caption_of(&drawn);
    return *caption ? CORNU_OK : CORNU_ERROR_OUT_OF_MEMORY;
}

/* The samples of one column: all pictures are a batch, so that those which mix have partners. */
static cornu_status fill_column(cornu_image_data_generator *generator, const values *options, cornu_array *pictures,
                                int64_t column, contact_sheet *sheet)
{
    int64_t size = cornu__row_count(pictures), made = cornu__row_count(sheet->cells);
    cornu__augmenting_begin(sheet->augmenting, (uint64_t)options->seed, (uint64_t)column, sheet->column);
    for (int64_t row = 0; row < sheet->pictures; row++) {
        cornu_array *picture =
            cornu_array_view(CORNU_FLOAT32, 3, pictures->shape + 1, cornu_array_float32(pictures) + row * size);
        cornu_array *changed = NULL;
        cornu_status status = picture ? CORNU_OK : cornu_error_status();
        if (status == CORNU_OK)
            status = draw_sample(generator, picture, &sheet->captions[row * sheet->columns + column], &changed);
        if (status == CORNU_OK)
            status = cornu__augmenting_take(sheet->augmenting, row, (uint64_t)row, cornu_array_float32(changed));
        cornu_array_release(changed);
        cornu_array_release(picture);
        CORNU_TRY(status);
    }
    CORNU_TRY(cornu__augmenting_finish(sheet->augmenting, sheet->pictures));
    for (int64_t row = 0; row < sheet->pictures; row++) {
        int64_t cell = row * sheet->columns + column;
        memcpy(cornu_array_float32(sheet->cells) + cell * made, cornu_array_float32(sheet->column) + row * made,
               (size_t)made * sizeof(float));
        if (cornu_augmentation_step_count(sheet->steps) > 0)
            sheet->captions[cell] = caption_of_steps(sheet, row, sheet->captions[cell]);
        if (!sheet->captions[cell])
            return CORNU_ERROR_OUT_OF_MEMORY;
    }
    return CORNU_OK;
}

static cornu_status begin_sheet(const cornu_array *pictures, const values *options, contact_sheet *sheet)
{
    sheet->pictures = pictures->shape[0];
    sheet->columns = options->samples + 1;
    sheet->steps = cornu_augmentation_create();
    if (!sheet->steps)
        return CORNU_ERROR_OUT_OF_MEMORY;
    CORNU_TRY(cornu_augmentation_add_text(sheet->steps, options->steps));
    cornu__extent from = {(int)pictures->shape[1], (int)pictures->shape[2], (int)pictures->shape[3]}, to = from;
    CORNU_TRY(cornu__augmentation_output(sheet->steps, true, &to));
    sheet->augmenting = cornu__augmenting_create(sheet->steps, true, from, 0, sheet->pictures);
    int64_t shape[4] = {sheet->pictures, to.height, to.width, to.channels};
    sheet->column = cornu_array_zeros(CORNU_FLOAT32, 4, shape);
    shape[0] *= sheet->columns;
    sheet->cells = cornu_array_zeros(CORNU_FLOAT32, 4, shape);
    sheet->captions = cornu__alloc_array((size_t)shape[0], sizeof *sheet->captions);
    return sheet->augmenting && sheet->column && sheet->cells && sheet->captions ? CORNU_OK : cornu_error_status();
}

static void free_sheet(contact_sheet *sheet)
{
    for (int64_t i = 0; sheet->captions && i < sheet->pictures * sheet->columns; i++)
        cornu__free(sheet->captions[i]);
    cornu__free(sheet->captions);
    cornu_array_release(sheet->cells);
    cornu_array_release(sheet->column);
    cornu__augmenting_free(sheet->augmenting);
    cornu_augmentation_release(sheet->steps);
}

/* The pictures' own range is black to white, so that brightness can be seen. */
static void find_range(const cornu_array *pictures, double *minimum, double *maximum)
{
    *minimum = *maximum = cornu_array_get(pictures, 0);
    for (int64_t i = 1; i < pictures->count; i++) {
        *minimum = fmin(*minimum, cornu_array_get(pictures, i));
        *maximum = fmax(*maximum, cornu_array_get(pictures, i));
    }
}

static cornu_status draw(const values *options, cornu_array *pictures, cornu_image_data_generator *generator,
                         contact_sheet *sheet)
{
    double minimum, maximum;
    CORNU_TRY(begin_sheet(pictures, options, sheet));
    for (int64_t row = 0; row < sheet->pictures; row++)
        CORNU_TRY(show_original(sheet, pictures, row));
    for (int64_t column = 1; column < sheet->columns; column++)
        CORNU_TRY(fill_column(generator, options, pictures, column, sheet));
    find_range(pictures, &minimum, &maximum);
    CORNU_TRY(cornu_plot_images(options->output, sheet->cells, .captions = (const char *const *)sheet->captions,
                                .columns = (int)sheet->columns, .minimum = minimum, .maximum = maximum,
                                .dark = options->dark));
    printf("%s: %lld pictures, %d samples of each\n", options->output, (long long)sheet->pictures, options->samples);
    return CORNU_OK;
}

static int run(const void *given)
{
    const values *options = given;
    cornu_array *pictures = NULL;
    contact_sheet sheet = {0};
    cornu_image_data_generator *generator = make_generator(options);
    cornu_status status = generator ? CORNU_OK : cornu_error_status();
    if (status == CORNU_OK)
        status = options->images.count > 0 ? read_files(options, &pictures) : read_arrays(options, &pictures);
    if (status == CORNU_OK)
        status = draw(options, pictures, generator, &sheet);
    free_sheet(&sheet);
    cornu_array_release(pictures);
    cornu_image_data_generator_release(generator);
    return status == CORNU_OK ? CORNU__EXIT_OK : cornu__say_error("augment");
}

const cornu__subcommand cornu__command_augment = {
    .name = "augment",
    .summary = "Draws a sheet of pictures as generators and layers change them.",
    .usage = "(--images FILE,... | --x FILE | --data FILE) [OPTIONS]",
    .examples = "  cornu augment --images cat.jpg,dog.jpg --rotation-range 30 --zoom-range 0.2 \\\n"
                "                --horizontal-flip --output sheet.png\n"
                "  cornu augment --data share/digits.npz --width-shift-range 0.1\n"
                "  cornu augment --images cat.jpg,dog.jpg \\\n"
                "                --steps \"random_rotation(0.1), random_contrast(0.3), cut_mix\"\n",
    .groups = groups,
    .values_size = sizeof(values),
    .defaults = &defaults,
    .check = check,
    .run = run,
};
