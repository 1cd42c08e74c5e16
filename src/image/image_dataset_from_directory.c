/* image_dataset_from_directory.c: cornu_image_dataset_from_directory: a folder as Keras 3 reads it. */
#include <string.h>

#include <cornu/flow.h>

#include "base/memory.h"
#include "base/options.h"
#include "base/text.h"
#include "data/file_labels.h"
#include "image/picture_files.h"
#include "image/white_list.h"

#define CALLER "image_dataset_from_directory"

typedef cornu_image_dataset_from_directory_options options_type;

/* --- Arguments --- */

/* The ImageDataGenerator's word for a label_mode. */
static cornu_status find_class_mode(const options_type *given, const char **class_mode)
{
    static const char *const names[] = {"int", "binary", "categorical"}, *const modes[] = {"sparse", "binary",
                                                                                           "categorical"};
    *class_mode = "none";
    if (!given->label_mode || (!given->labels && !given->file_labels))
        return CORNU_OK;
    for (size_t i = 0; i < 3; i++) {
        if (strcmp(given->label_mode, names[i]) == 0) {
            *class_mode = modes[i];
            return CORNU_OK;
        }
    }
    const char *nearest = cornu__text_nearest(given->label_mode, names, 3);
    return cornu__fail(
        CORNU_ERROR_UNKNOWN_NAME, "there is no label_mode '%s'; wanted 'int', 'binary', 'categorical' or NULL%s%s%s",
        given->label_mode, nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
}

static cornu_status check_arguments(const options_type *given)
{
    if (given->labels && strcmp(given->labels, "inferred") != 0)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "labels is '%s'; wanted 'inferred' or NULL; labels of your own go into file_labels",
                           given->labels);
    if (given->class_names && (!given->labels || given->file_labels))
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "class_names goes with .labels = \"inferred\" and a label_mode only");
    CORNU_TRY(cornu__file_labels_check(given->file_labels, given->file_label_count));
    if (given->crop_to_aspect_ratio && given->pad_to_aspect_ratio)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "crop_to_aspect_ratio and pad_to_aspect_ratio exclude each other");
    return CORNU_OK;
}

/* --- The folder --- */

static cornu_status scan(const char *folder, const options_type *given, cornu__directory *directory)
{
    static const char *const endings[] = {".bmp", ".gif", ".jpeg", ".jpg", ".png", NULL};
    static const char *const whole[] = {"."}; /* one class: the folder itself */
    bool inferred = given->labels && !given->file_labels;
    cornu__directory_options wanted = {.classes = inferred ? given->class_names : whole,
                                       .class_count = inferred ? 0 : 1,
                                       .follow_links = given->follow_links};
    while (inferred && given->class_names && given->class_names[wanted.class_count])
        wanted.class_count++;
    CORNU_TRY(cornu__white_list(given->white_list_formats, endings, &wanted));
    CORNU_TRY(cornu__directory_scan(directory, folder, &wanted));
    if (directory->count > 0)
        return CORNU_OK;
    char why[CORNU__NO_PICTURES_SIZE];
    cornu__why_no_pictures(why, sizeof why, directory, CORNU__ALL_CLASSES, &wanted);
    return cornu__fail(CORNU_ERROR_DATA, "'%s' has no pictures%s", directory->path,
                       why[0] || given->white_list_formats ? why
                                                           : "; files count that end in bmp, gif, jpeg, jpg or png");
}

static cornu_status take_labels(const options_type *given, cornu__directory *directory, cornu__class_labels *labels)
{
    if (given->file_labels)
        CORNU_TRY(
            cornu__directory_set_labels(directory, given->file_labels, given->file_label_count, given->label_mode));
    if (given->file_labels || given->labels) {
        labels->class_count = directory->class_count;
        labels->names = directory->class_names;
        directory->class_count = 0;
        directory->class_names = NULL;
    }
    if (labels->mode == CORNU__CLASS_BINARY && labels->class_count != 2)
        return cornu__fail(CORNU_ERROR_DATA, "label_mode 'binary' wants 2 classes, and '%s' has %zu", directory->path,
                           labels->class_count);
    return CORNU_OK;
}

/* The files in Keras's order, as far as they are in the subset. Names below the folder lose the "./" of the folder itself. */
static cornu_status choose_files(const options_type *given, cornu__directory *directory, cornu__picture_files *files)
{
    size_t begin, end, all = directory->count;
    int64_t *order = cornu__alloc_array(all, sizeof *order);
    cornu_status status = order ? cornu__directory_order(all, given->shuffle, given->seed, given->validation_split,
                                                         given->subset, order, &begin, &end)
                                : CORNU_ERROR_OUT_OF_MEMORY;
    char why[CORNU__NO_PICTURES_SIZE];
    if (status == CORNU_OK && begin == end)
        status = cornu__fail(CORNU_ERROR_DATA, "'%s' has no pictures for this subset%s", directory->path,
                             cornu__why_no_share(why, sizeof why, given->validation_split, all, "its "));
    if (status == CORNU_OK) {
        files->names = cornu__alloc_array(end - begin, sizeof *files->names);
        files->labels.numbers = cornu__alloc_array(end - begin, sizeof *files->labels.numbers);
        status = files->names && files->labels.numbers ? CORNU_OK : CORNU_ERROR_OUT_OF_MEMORY;
    }
    if (status != CORNU_OK) {
        cornu__free(order);
        return status;
    }
    for (size_t i = begin; i < end; i++) {
        char *name = directory->filenames[order[i]];
        if (strncmp(name, "./", 2) == 0)
            memmove(name, name + 2, strlen(name) - 1);
        directory->filenames[order[i]] = NULL;
        files->names[files->count] = name;
        files->labels.numbers[files->count++] = directory->classes[order[i]];
    }
    cornu__free(order);
    return CORNU_OK;
}

/* --- The whole --- */

static cornu_status fill(const char *folder, const options_type *given, cornu__picture_files *files,
                         cornu__directory *directory)
{
    CORNU_TRY(scan(folder, given, directory));
    CORNU_TRY(take_labels(given, directory, &files->labels));
    CORNU_TRY(choose_files(given, directory, files));
    files->labels.as_int32 = files->labels.mode == CORNU__CLASS_SPARSE;
    files->labels.as_column = files->labels.mode == CORNU__CLASS_BINARY;
    return CORNU_OK;
}

static cornu_sequence *sequence_of(cornu_image_data_generator *generator, const char *folder, const options_type *given,
                                   const cornu__file_settings *settings)
{
    cornu__directory directory = {0};
    cornu__image_iterator *iterator = cornu__picture_files_iterator(generator, settings, false);
    if (!iterator)
        return NULL;
    cornu_sequence *sequence = NULL;
    if (fill(folder, given, cornu__picture_files_of(iterator), &directory) == CORNU_OK) {
        sequence = cornu__picture_files_sequence(iterator, directory.path, settings);
    } else {
        cornu__fail_context(CALLER);
        cornu__image_iterator_free(iterator);
    }
    cornu__directory_free(&directory);
    return sequence;
}

cornu_sequence *cornu_image_dataset_from_directory_with(const char *folder, const options_type *options)
{
    options_type given = {.struct_size = sizeof given, CORNU_IMAGE_DATASET_FROM_DIRECTORY_DEFAULTS};
    const char *class_mode;
    cornu__options_lay(&given, sizeof given, options);
    if (!given.label_mode) { /* as in Keras: no labels, and so no classes */
        given.labels = NULL;
        given.file_labels = NULL;
    }
    if (check_arguments(&given) != CORNU_OK || find_class_mode(&given, &class_mode) != CORNU_OK) {
        cornu__fail_context(CALLER);
        return NULL;
    }
    bool unbatched = given.batch_size == CORNU_NONE;
    cornu__file_settings settings = {.flow = {.caller = CALLER,
                                              .batch_size = unbatched ? 1 : given.batch_size,
                                              .unbatched = unbatched,
                                              .shuffle = given.shuffle,
                                              .seed = given.seed == CORNU_NONE ? 0 : given.seed,
                                              .augment = given.augment,
                                              .training = given.training},
                                     .target_size = given.image_size,
                                     .color_mode = given.color_mode,
                                     .class_mode = class_mode,
                                     .interpolation = given.interpolation,
                                     .tensorflow = true,
                                     .aspect = given.crop_to_aspect_ratio  ? CORNU__ASPECT_CROP
                                               : given.pad_to_aspect_ratio ? CORNU__ASPECT_PAD
                                                                           : CORNU__ASPECT_STRETCH,
                                     .exif_orientation = given.exif_orientation,
                                     .bad_files = given.bad_files,
                                     .bad_files_at_most = given.bad_files_at_most};
    cornu_image_data_generator *generator = cornu_image_data_generator_create(.data_format = given.data_format);
    if (!generator) {
        cornu__fail_context(CALLER);
        return NULL;
    }
    cornu_sequence *sequence = sequence_of(generator, folder, &given, &settings);
    cornu_image_data_generator_release(generator);
    return sequence;
}
