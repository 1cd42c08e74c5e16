/* flow_from_directory.c: cornu_flow_from_directory: a folder of classes as a Sequence. */
#include <cornu/flow.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/options.h"
#include "image/picture_files.h"
#include "image/white_list.h"

#define CALLER "flow_from_directory"

static cornu_status choose(const cornu_image_data_generator *generator,
                           const cornu_flow_from_directory_options *options, cornu__directory_options *wanted)
{
    *wanted = (cornu__directory_options){.classes = options->classes,
                                         .follow_links = options->follow_links,
                                         .validation_split = generator->options.validation_split};
    while (options->classes && options->classes[wanted->class_count])
        wanted->class_count++;
    CORNU_TRY(cornu__white_list(options->white_list_formats, NULL, wanted));
    return cornu__subset_named(options->subset, &wanted->subset);
}

/* That there is something to train with, and what may be a mistake. */
static cornu_status check(const cornu__directory *directory, cornu__class_mode mode,
                          const cornu__directory_options *options)
{
    char why[CORNU__NO_PICTURES_SIZE];
    const char *where = options->subset == CORNU__SUBSET_ALL ? "" : " for this subset";
    if (directory->count == 0)
        return cornu__fail(CORNU_ERROR_DATA, "the %zu class folders of '%s' have no pictures%s%s",
                           directory->class_count, directory->path, where,
                           cornu__why_no_pictures(why, sizeof why, directory, CORNU__ALL_CLASSES, options));
    if (mode == CORNU__CLASS_BINARY && directory->class_count != 2)
        return cornu__fail(CORNU_ERROR_DATA,
                           "class_mode 'binary' wants 2 classes, and '%s' has %zu; 'categorical' and 'sparse' take any "
                           "number",
                           directory->path, directory->class_count);
    for (size_t i = 0; cornu__class_mode_has_classes(mode) && i < directory->class_count; i++) {
        if (cornu__directory_class_size(directory, i) == 0)
            cornu__warn(CALLER ": class '%s' of '%s' has no pictures%s%s", directory->class_names[i], directory->path,
                        where, cornu__why_no_pictures(why, sizeof why, directory, i, options));
    }
    return CORNU_OK;
}

/* What the folder was found to hold becomes the files'. */
static void move(cornu__directory *directory, cornu__picture_files *files)
{
    files->count = (int64_t)directory->count;
    files->names = directory->filenames;
    files->labels.class_count = directory->class_count;
    files->labels.names = directory->class_names;
    files->labels.numbers = directory->classes;
    directory->count = directory->class_count = 0;
    directory->filenames = directory->class_names = NULL;
    directory->classes = NULL;
}

static cornu_sequence *sequence_of(cornu__image_iterator *iterator, const char *folder,
                                   const cornu_flow_from_directory_options *options,
                                   const cornu__file_settings *settings)
{
    cornu__picture_files *files = cornu__picture_files_of(iterator);
    cornu__directory directory;
    cornu__directory_options wanted;
    if (choose(iterator->generator, options, &wanted) != CORNU_OK ||
        cornu__directory_scan(&directory, folder, &wanted) != CORNU_OK) {
        cornu__fail_context(CALLER);
        cornu__image_iterator_free(iterator);
        return NULL;
    }
    cornu_sequence *sequence = NULL;
    if (check(&directory, files->labels.mode, &wanted) == CORNU_OK) {
        move(&directory, files);
        sequence = cornu__picture_files_sequence(iterator, directory.path, settings);
    } else {
        cornu__fail_context(CALLER);
        cornu__image_iterator_free(iterator);
    }
    cornu__directory_free(&directory);
    return sequence;
}

cornu_sequence *cornu_flow_from_directory_with(cornu_image_data_generator *generator, const char *folder,
                                               const cornu_flow_from_directory_options *options)
{
    cornu_flow_from_directory_options given = {.struct_size = sizeof given, CORNU_FLOW_FROM_DIRECTORY_DEFAULTS};
    cornu__options_lay(&given, sizeof given, options);
    cornu__file_settings settings = {.flow = {.caller = CALLER,
                                              .batch_size = given.batch_size,
                                              .shuffle = given.shuffle,
                                              .seed = given.seed,
                                              .save_to_dir = given.save_to_dir,
                                              .save_prefix = given.save_prefix,
                                              .save_format = given.save_format,
                                              .subset = given.subset,
                                              .augment = given.augment,
                                              .training = given.training},
                                     .target_size = given.target_size,
                                     .color_mode = given.color_mode,
                                     .class_mode = given.class_mode,
                                     .interpolation = given.interpolation,
                                     .aspect = given.keep_aspect_ratio ? CORNU__ASPECT_CROP : CORNU__ASPECT_STRETCH,
                                     .exif_orientation = given.exif_orientation,
                                     .bad_files = given.bad_files,
                                     .bad_files_at_most = given.bad_files_at_most};
    cornu__image_iterator *iterator = cornu__picture_files_iterator(generator, &settings, false);
    return iterator ? sequence_of(iterator, folder, &given, &settings) : NULL;
}
