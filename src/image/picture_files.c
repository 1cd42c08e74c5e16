/* picture_files.c: pictures out of files, with their labels. */
#include <string.h>

#include "image/picture_files.h"
#include "array/array.h"
#include "base/folder.h"
#include "base/memory.h"
#include "data/file_labels.h"
#include "data/generator.h"
#include "format/limits.h"
#include "image/batch_rows.h"

typedef cornu__picture_files picture_files;
typedef cornu__image_iterator image_iterator;

/* --- Bad files --- */

static bool is_bad(const picture_files *self, int64_t row)
{
    return atomic_load_explicit(&self->is_bad[row], memory_order_relaxed);
}

static int64_t choose(const image_iterator *iterator, int64_t row, bool may_leave_out)
{
    const picture_files *self = iterator->source;
    if (!is_bad(self, row))
        return row;
    if (self->bad.policy == CORNU__BAD_FILE_SKIP && may_leave_out)
        return CORNU__LEFT_OUT;
    for (int64_t step = 1; step < self->count; step++) {
        int64_t other = (row + step) % self->count;
        if (!is_bad(self, other))
            return other;
    }
    return CORNU__NONE_READABLE;
}

static cornu_status give_up(const image_iterator *iterator, int64_t row)
{
    picture_files *self = iterator->source;
    CORNU_TRY(cornu__bad_files_add(&self->bad, self->paths[row]));
    atomic_store_explicit(&self->is_bad[row], true, memory_order_relaxed);
    return CORNU_OK;
}

/* A worker process has found a file bad: it is not tried again here either. */
static void mark_bad(void *files, const char *path)
{
    picture_files *self = files;
    for (int64_t row = 0; row < self->count; row++) {
        if (strcmp(self->paths[row], path) == 0)
            atomic_store_explicit(&self->is_bad[row], true, memory_order_relaxed);
    }
}

static cornu_status tell_news(void *iterator, cornu_array **news)
{
    picture_files *self = ((image_iterator *)iterator)->source;
    return cornu__bad_files_tell(&self->bad, news);
}

static cornu_status hear_news(void *iterator, const cornu_array *news)
{
    picture_files *self = ((image_iterator *)iterator)->source;
    return cornu__bad_files_hear(&self->bad, news, mark_bad, self);
}

/* --- A batch --- */

static cornu_status read_picture(const image_iterator *iterator, int64_t row, cornu__worker_space *space)
{
    const picture_files *self = iterator->source;
    const cornu__image *image;
    CORNU_TRY(cornu__load_image(&space->loader, self->paths[row], &self->load, &image));
    bool channels_first = iterator->generator->channels_first && image->channels > 1;
    space->picture.bytes = image->dtype == CORNU_UINT8 && !channels_first ? image->data : NULL;
    if (!space->picture.bytes)
        cornu__image_write_floats(image, channels_first, space->picture.picture);
    return CORNU_OK;
}

static cornu_status join(const image_iterator *iterator, const int64_t *rows, int64_t count, cornu__worker_space *space,
                         cornu_array *pictures, cornu_batch *batch)
{
    (void)space;
    const picture_files *self = iterator->source;
    batch->x = cornu_array_retain(pictures);
    if (self->labels.mode == CORNU__CLASS_INPUT)
        batch->y = cornu_array_retain(pictures);
    else if (self->y)
        CORNU_TRY(cornu__take_collection(self->y, rows, count, &batch->y));
    else
        CORNU_TRY(cornu__class_labels_take(&self->labels, iterator->generator->dtype, rows, count, &batch->y));
    return cornu__take_collection(batch->y ? self->sample_weight : NULL, rows, count, &batch->sample_weight);
}

static void free_texts(char **texts, size_t count)
{
    for (size_t i = 0; texts && i < count; i++)
        cornu__free(texts[i]);
    cornu__free(texts);
}

static void release(void *source)
{
    picture_files *self = source;
    free_texts(self->names, (size_t)self->count);
    free_texts(self->paths, (size_t)self->count);
    free_texts(self->labels.names, self->labels.class_count);
    cornu__free(self->labels.numbers);
    cornu__free(self->labels.first);
    cornu_array_release(self->y);
    cornu_array_release(self->sample_weight);
    cornu__bad_files_free(&self->bad);
    cornu__free(self->is_bad);
    cornu__free(self);
}

static const cornu__picture_source kind = {
    .read = read_picture, .choose = choose, .give_up = give_up, .join = join, .release = release};

/* --- Making it --- */

static cornu_status read_load_settings(const cornu__file_settings *settings, cornu__load_options *load)
{
    int height = settings->target_size.first, width = settings->target_size.second;
    if (height < 1 || width < 1)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "target_size is (%d, %d); wanted a height and a width of at least 1", height, width);
    if ((int64_t)height * width > CORNU__MAX_IMAGE_PIXELS)
        return cornu__fail(CORNU_ERROR_LIMIT, "target_size (%d, %d) is more than %d pixels", height, width,
                           CORNU__MAX_IMAGE_PIXELS);
    *load = (cornu__load_options){.decode.exif_orientation = settings->exif_orientation,
                                  .height = height,
                                  .width = width,
                                  .aspect = settings->aspect,
                                  .tensorflow = settings->tensorflow};
    CORNU_TRY(cornu__color_mode_named(settings->color_mode, &load->decode.color_mode));
    return settings->tensorflow ? cornu__tensorflow_method_named(settings->interpolation, &load->method)
                                : cornu__interpolation_named(settings->interpolation, &load->interpolation);
}

static cornu_status read_settings(image_iterator *iterator, const cornu__file_settings *settings, bool table)
{
    picture_files *self = iterator->source;
    cornu__bad_file_policy policy;
    CORNU_TRY(read_load_settings(settings, &self->load));
    CORNU_TRY(cornu__class_mode_named(settings->class_mode, table, &self->labels.mode));
    CORNU_TRY(cornu__bad_file_policy_named(settings->bad_files, &policy));
    if (settings->bad_files_at_most < CORNU_NONE)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "bad_files_at_most is %lld; wanted CORNU_NONE or a number from 0 on",
                           (long long)settings->bad_files_at_most);
    self->bad.policy = policy;
    self->bad.at_most = settings->bad_files_at_most;
    iterator->shape = (cornu__picture_shape){
        .height = self->load.height, .width = self->load.width, .channels = (int64_t)self->load.decode.color_mode};
    int64_t height = self->load.height, width = self->load.width, channels = iterator->shape.channels;
    const int64_t last[] = {height, width, channels}, first[] = {channels, height, width};
    return cornu__picture_check(iterator->generator, iterator->generator->channels_first ? first : last, "pictures");
}

image_iterator *cornu__picture_files_iterator(cornu_image_data_generator *generator,
                                              const cornu__file_settings *settings, bool table)
{
    if (cornu__flow_settings_check(generator, &settings->flow) != CORNU_OK)
        return NULL;
    picture_files *self = cornu__alloc(sizeof *self);
    if (!self)
        return NULL;
    cornu__bad_files_init(&self->bad, CORNU__BAD_FILE_ERROR, CORNU_NONE);
    image_iterator *iterator = cornu__image_iterator_create(generator, &kind, self);
    if (!iterator) {
        release(self);
        return NULL;
    }
    if (read_settings(iterator, settings, table) == CORNU_OK)
        return iterator;
    cornu__fail_context("%s", settings->flow.caller);
    cornu__image_iterator_free(iterator);
    return NULL;
}

picture_files *cornu__picture_files_of(const image_iterator *iterator)
{
    return iterator->source;
}

static cornu_status make_paths(picture_files *self, const char *folder)
{
    self->paths = cornu__alloc_array((size_t)self->count, sizeof *self->paths);
    self->is_bad = cornu__alloc_array((size_t)self->count, sizeof *self->is_bad);
    if (!self->paths || !self->is_bad)
        return CORNU_ERROR_OUT_OF_MEMORY;
    for (int64_t i = 0; i < self->count; i++) {
        self->paths[i] = cornu__path_below(folder, self->names[i]);
        if (!self->paths[i])
            return cornu_error_status();
    }
    return CORNU_OK;
}

/* Whether labels are the numbers of the classes that have names; labels of the program's own may be others. */
static bool has_class_table(const picture_files *self)
{
    const cornu__class_labels *labels = &self->labels;
    if (!cornu__class_mode_has_classes(labels->mode))
        return false;
    size_t count = labels->first ? (size_t)labels->first[self->count] : (size_t)self->count;
    return cornu__are_class_numbers(labels->numbers, count, labels->class_count);
}

cornu_sequence *cornu__picture_files_sequence(image_iterator *iterator, const char *folder,
                                              const cornu__file_settings *settings)
{
    picture_files *self = iterator->source;
    if (make_paths(self, folder) != CORNU_OK) {
        cornu__image_iterator_free(iterator);
        return NULL;
    }
    iterator->count = self->count;
    cornu_sequence *sequence = cornu__image_iterator_sequence(iterator, &settings->flow);
    if (sequence && has_class_table(self)) {
        sequence->class_names = (const char *const *)self->labels.names;
        sequence->class_count = (int)self->labels.class_count;
    }
    if (sequence) {
        sequence->tell_news = tell_news;
        sequence->hear_news = hear_news;
    }
    return sequence;
}

picture_files *cornu__picture_files_of_sequence(const cornu_sequence *sequence)
{
    image_iterator *iterator = cornu__image_iterator_of(sequence);
    if (iterator && iterator->kind == &kind)
        return iterator->source;
    return iterator ? cornu__fail_null(CORNU_ERROR_INVALID_ARGUMENT, "this Sequence has no files: it is cornu_flow's")
                    : NULL;
}
