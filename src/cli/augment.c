/* augment.c: cornu augment: a sheet of pictures as they are and as ImageDataGenerator and a pipeline of steps change them, with what was drawn under each. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <cornu/image.h>
#include <cornu/plot.h>

#include "array/array.h"
#include "base/memory.h"
#include "cli/augment_captions.h"
#include "cli/augment_pictures.h"
#include "cli/commands.h"
#include "cli/picture_folder.h"
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
    {"pictures", CORNU__ARGUMENT_INT, AT(pictures), 1, "N",
     "how many are shown: the first ones; of a folder, spread over all [6]"},
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
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "wanted pictures: --images FILE,..., --x FILE, --data FILE or --data FOLDER");
    const char *of_tables = options->data.target ? "--target" : options->data.no_quotes ? "--no-quotes" : NULL;
    if (of_tables && cornu__is_picture_folder(options->data.data))
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "%s does not go with a folder of pictures as --data",
                           of_tables);
    return cornu__augmentation_check(&options->changes);
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

typedef struct contact_sheet {
    cornu_array *cells; /* (pictures * columns, height, width, channels) */
    char **captions;
    int64_t pictures, columns;
    cornu_augmentation *steps;     /* behind the generator's transforms; or NULL */
    cornu__augmenting *augmenting; /* its run over a column of pictures */
    cornu_array *column;           /* what it makes of them */
} contact_sheet;

/* *caption := what was drawn for a picture: by the generator, whose lines `drawn` are, and by the steps. Takes `drawn` over. */
static cornu_status finish_caption(const contact_sheet *sheet, const cornu__named_pictures *pictures, int64_t row,
                                   cornu__text *drawn, char **caption)
{
    for (int i = 0; i < cornu_augmentation_step_count(sheet->steps); i++) {
        const cornu_random_transformation *of_step = cornu__augmenting_drawn(sheet->augmenting, row, i);
        if (of_step)
            cornu__add_drawn_step(drawn, cornu_augmentation_step(sheet->steps, i),
                                  cornu__augmenting_extent(sheet->augmenting, i), of_step,
                                  (const char *const *)pictures->names);
    }
    if (drawn->length == 0)
        cornu__text_add(drawn, "as it is\n");
    if (drawn->data && !drawn->failed)
        drawn->data[--drawn->length] = '\0'; /* the last line's end */
    *caption = cornu__text_take(drawn);
    return *caption ? CORNU_OK : CORNU_ERROR_OUT_OF_MEMORY;
}

/* A picture as it is, in the size that the steps make. */
static cornu_status show_original(const contact_sheet *sheet, const cornu__named_pictures *named, int64_t row)
{
    cornu_array *cells = sheet->cells, *pictures = named->array;
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
    sheet->captions[row * sheet->columns] = cornu__copy_text(named->names[row]);
    return status == CORNU_OK && !sheet->captions[row * sheet->columns] ? CORNU_ERROR_OUT_OF_MEMORY : status;
}

/* The generator's change of a picture, in a new array, and the lines of its caption. */
static cornu_status draw_sample(cornu_image_data_generator *generator, const cornu_array *picture, cornu__text *caption,
                                cornu_array **changed)
{
    cornu_transform_options drawn;
    CORNU_TRY(cornu_image_data_generator_get_random_transform(generator, picture->shape, CORNU_NONE, &drawn));
    *changed = cornu_image_data_generator_apply_transform_with(generator, picture, &drawn);
    cornu__add_drawn_transform(caption, generator, &drawn);
    return *changed ? CORNU_OK : cornu_error_status();
}

static cornu_status take_sample(cornu_image_data_generator *generator, const cornu_array *pictures, int64_t row,
                                contact_sheet *sheet, cornu__text *caption)
{
    cornu_array *changed = NULL;
    cornu_array *picture = cornu_array_view(CORNU_FLOAT32, 3, pictures->shape + 1,
                                            cornu_array_float32(pictures) + row * cornu__row_count(pictures));
    cornu_status status = picture ? draw_sample(generator, picture, caption, &changed) : cornu_error_status();
    if (status == CORNU_OK)
        status = cornu__augmenting_take(sheet->augmenting, row, (uint64_t)row, cornu_array_float32(changed));
    cornu_array_release(changed);
    cornu_array_release(picture);
    return status;
}

/* All pictures are a batch, so that those which mix have partners. `captions`: of each picture the lines of what the generator drew. */
static cornu_status fill_column(cornu_image_data_generator *generator, const values *options,
                                const cornu__named_pictures *pictures, int64_t column, contact_sheet *sheet,
                                cornu__text *captions)
{
    int64_t made = cornu__row_count(sheet->cells);
    cornu__augmenting_begin(sheet->augmenting, (uint64_t)options->seed, (uint64_t)column, sheet->column);
    for (int64_t row = 0; row < sheet->pictures; row++)
        CORNU_TRY(take_sample(generator, pictures->array, row, sheet, &captions[row]));
    CORNU_TRY(cornu__augmenting_finish(sheet->augmenting, sheet->pictures));
    for (int64_t row = 0; row < sheet->pictures; row++) {
        int64_t cell = row * sheet->columns + column;
        memcpy(cornu_array_float32(sheet->cells) + cell * made, cornu_array_float32(sheet->column) + row * made,
               (size_t)made * sizeof(float));
        CORNU_TRY(finish_caption(sheet, pictures, row, &captions[row], &sheet->captions[cell]));
    }
    return CORNU_OK;
}

static cornu_status make_column(cornu_image_data_generator *generator, const values *options,
                                const cornu__named_pictures *pictures, int64_t column, contact_sheet *sheet)
{
    cornu__text *captions = cornu__alloc_array((size_t)sheet->pictures, sizeof *captions);
    cornu_status status =
        captions ? fill_column(generator, options, pictures, column, sheet, captions) : CORNU_ERROR_OUT_OF_MEMORY;
    for (int64_t row = 0; captions && row < sheet->pictures; row++)
        cornu__text_free(&captions[row]);
    cornu__free(captions);
    return status;
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

static cornu_status draw(const values *options, const cornu__named_pictures *pictures,
                         cornu_image_data_generator *generator, contact_sheet *sheet)
{
    double minimum, maximum;
    CORNU_TRY(begin_sheet(pictures->array, options, sheet));
    for (int64_t row = 0; row < sheet->pictures; row++)
        CORNU_TRY(show_original(sheet, pictures, row));
    for (int64_t column = 1; column < sheet->columns; column++)
        CORNU_TRY(make_column(generator, options, pictures, column, sheet));
    find_range(pictures->array, &minimum, &maximum);
    CORNU_TRY(cornu_plot_images(options->output, sheet->cells, .captions = (const char *const *)sheet->captions,
                                .columns = (int)sheet->columns, .minimum = minimum, .maximum = maximum,
                                .dark = options->dark, .captions_left = true));
    printf("%s: %lld pictures, %d samples of each\n", options->output, (long long)sheet->pictures, options->samples);
    return CORNU_OK;
}

static cornu_status read_pictures(const values *options, cornu__named_pictures *pictures)
{
    if (options->images.count > 0)
        return cornu__pictures_of_files((const char *const *)options->images.items, options->images.count,
                                        options->pictures, pictures);
    if (cornu__is_picture_folder(options->data.data))
        return cornu__pictures_of_folder(options->data.data, options->pictures, pictures);
    return cornu__pictures_of_arrays(&options->data, options->pictures, pictures);
}

static int run(const void *given)
{
    const values *options = given;
    cornu__named_pictures pictures = {0};
    contact_sheet sheet = {0};
    cornu_image_data_generator *generator = make_generator(options);
    cornu_status status = generator ? read_pictures(options, &pictures) : cornu_error_status();
    if (status == CORNU_OK)
        status = draw(options, &pictures, generator, &sheet);
    free_sheet(&sheet);
    cornu__named_pictures_free(&pictures);
    cornu_image_data_generator_release(generator);
    return status == CORNU_OK ? CORNU__EXIT_OK : cornu__say_error("augment");
}

const cornu__subcommand cornu__command_augment = {
    .name = "augment",
    .summary = "Draws a sheet of pictures as generators and layers change them.",
    .usage = "(--images FILE,... | --x FILE | --data FILE|FOLDER)\n                     [OPTIONS]",
    .examples = "  cornu augment --images cat.jpg,dog.jpg --rotation-range 30 --zoom-range 0.2 \\\n"
                "                --horizontal-flip --output sheet.png\n"
                "  cornu augment --data share/digits.npz --width-shift-range 0.1\n"
                "  cornu augment --data photos --pictures 10 --samples 5 --zoom-range 0.3\n"
                "  cornu augment --images cat.jpg,dog.jpg \\\n"
                "                --steps \"random_rotation(0.1), random_contrast(0.3), cut_mix\"\n",
    .groups = groups,
    .values_size = sizeof(values),
    .defaults = &defaults,
    .check = check,
    .run = run,
};
