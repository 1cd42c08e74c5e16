/* dataset_image_files.c: cornu_image_files_dataset: the pictures of a folder, or of a list, one sample each. */
#include <string.h>

#include <cornu/image_dataset.h>

#include "base/folder.h"
#include "base/memory.h"
#include "base/options.h"
#include "image/picture_reader.h"
#include "image/white_list.h"

#define CALLER "image_files_dataset"

typedef cornu_image_files_dataset_options options_type;

typedef struct image_files {
    int64_t count;
    char **paths;
    cornu__directory directory; /* of a folder: its files' classes */
    bool labels;
    cornu__picture_reader reader;
} image_files;

static void release(void *state)
{
    image_files *self = state;
    for (int64_t i = 0; self->paths && i < self->count; i++)
        cornu__free(self->paths[i]);
    cornu__free(self->paths);
    cornu__directory_free(&self->directory);
    cornu__picture_reader_end(&self->reader);
    cornu__free(self);
}

static cornu_status read_picture(void *state, int64_t index, cornu_sample *sample)
{
    image_files *self = state;
    if (self->labels && cornu_sample_wants(sample, 1))
        *(int32_t *)cornu_sample_data(sample, 1) = self->directory.classes[index];
    if (!cornu_sample_wants(sample, 0))
        return CORNU_OK;
    return cornu__picture_reader_file(&self->reader, self->paths[index], cornu_sample_data(sample, 0));
}

static const char *path_of(void *state, int64_t index)
{
    return ((const image_files *)state)->paths[index];
}

/* --- Opening --- */

static cornu_status check(const options_type *given, const char *folder)
{
    if (!folder && !given->paths)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "there is neither a folder nor .paths");
    if (given->labels && strcmp(given->labels, "inferred") != 0)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "labels is '%s'; wanted 'inferred' or NULL", given->labels);
    if (given->paths && given->labels)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "labels are inferred from a folder's class folders, not from .paths");
    if (!given->name || !given->name[0])
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "the field has no name; wanted .name = \"image\" or another");
    return CORNU_OK;
}

static cornu_status scan(image_files *self, const char *folder, const options_type *given)
{
    static const char *const whole[] = {"."}; /* one class: the folder itself */
    cornu__directory_options wanted = {.classes = given->labels ? NULL : whole,
                                       .class_count = given->labels ? 0 : 1,
                                       .follow_links = given->follow_links};
    CORNU_TRY(cornu__white_list(given->white_list_formats, NULL, &wanted));
    CORNU_TRY(cornu__directory_scan(&self->directory, folder, &wanted));
    char why[CORNU__NO_PICTURES_SIZE];
    return self->directory.count > 0
               ? CORNU_OK
               : cornu__fail(CORNU_ERROR_DATA, "'%s' has no pictures%s", folder,
                             cornu__why_no_pictures(why, sizeof why, &self->directory, CORNU__ALL_CLASSES, &wanted));
}

/* The files' names, below `folder` unless they begin with '/'. */
static cornu_status make_paths(image_files *self, const char *folder, const char *const *names, size_t count)
{
    self->paths = cornu__alloc_array(count, sizeof *self->paths);
    if (!self->paths)
        return CORNU_ERROR_OUT_OF_MEMORY;
    self->count = (int64_t)count;
    for (size_t i = 0; i < count; i++) {
        self->paths[i] = cornu__path_below(folder, names[i]);
        if (!self->paths[i])
            return cornu_error_status();
    }
    return CORNU_OK;
}

static cornu_status list_files(image_files *self, const char *folder, const options_type *given)
{
    size_t count = 0;
    if (!given->paths) {
        CORNU_TRY(scan(self, folder, given));
        return make_paths(self, self->directory.path, (const char *const *)self->directory.filenames,
                          self->directory.count);
    }
    while (given->paths[count])
        count++;
    return count > 0 ? make_paths(self, folder, given->paths, count)
                     : cornu__fail(CORNU_ERROR_DATA, ".paths names no file");
}

static cornu_status open_files(image_files *self, const char *folder, const options_type *given)
{
    const cornu_decode_images_options pictures = {.struct_size = sizeof pictures,
                                                  .target_size = given->target_size,
                                                  .color_mode = given->color_mode,
                                                  .interpolation = given->interpolation,
                                                  .keep_aspect_ratio = given->keep_aspect_ratio,
                                                  .exif_orientation = given->exif_orientation,
                                                  .dtype = given->dtype,
                                                  .bad_files = given->bad_files,
                                                  .bad_files_at_most = given->bad_files_at_most};
    CORNU_TRY(cornu__picture_reader_begin(&self->reader, CALLER, &pictures));
    cornu_status status = check(given, folder);
    if (status == CORNU_OK)
        status = list_files(self, folder, given);
    self->labels = given->labels != NULL;
    return status == CORNU_OK ? CORNU_OK : cornu__fail_context(CALLER);
}

cornu_dataset *cornu_image_files_dataset_with(const char *folder, const options_type *options)
{
    options_type given = {.struct_size = sizeof given, CORNU_IMAGE_FILES_DATASET_DEFAULTS};
    cornu__options_lay(&given, sizeof given, options);
    image_files *self = cornu__alloc(sizeof *self);
    if (!self)
        return NULL;
    cornu_dataset *dataset = NULL;
    if (open_files(self, folder, &given) == CORNU_OK) {
        const cornu_field fields[] = {cornu__picture_reader_field(&self->reader, given.name),
                                      {.name = "label",
                                       .dtype = CORNU_INT32,
                                       .num_classes = (int64_t)self->directory.class_count,
                                       .class_names = (const char *const *)self->directory.class_names}};
        dataset = cornu_dataset_create(.name = folder ? folder : self->paths[0], .count = self->count, .fields = fields,
                                       .field_count = self->labels ? 2 : 1, .read = read_picture,
                                       .sample_name = path_of, .state = self, .release = release, .thread_safe = true);
    }
    if (!dataset)
        release(self);
    return dataset;
}
