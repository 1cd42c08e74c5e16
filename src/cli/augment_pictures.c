/* augment_pictures.c: pictures from files, folders and arrays. */
#include <string.h>

#include <cornu/image.h>

#include "array/array.h"
#include "base/memory.h"
#include "base/text.h"
#include "cli/augment_pictures.h"
#include "data/directory.h"
#include "image/decode.h"

void cornu__named_pictures_free(cornu__named_pictures *pictures)
{
    for (int64_t i = 0; pictures->names && i < pictures->count; i++)
        cornu__free(pictures->names[i]);
    cornu__free(pictures->names);
    cornu_array_release(pictures->array);
    *pictures = (cornu__named_pictures){0};
}

static cornu_status begin(cornu__named_pictures *pictures, int64_t count)
{
    *pictures = (cornu__named_pictures){.count = count};
    pictures->names = cornu__alloc_array((size_t)count, sizeof *pictures->names);
    return pictures->names ? CORNU_OK : CORNU_ERROR_OUT_OF_MEMORY;
}

/* --- Files --- */

/* The first picture's size becomes that of all. */
static cornu_status read_file(const char *path, int64_t i, cornu__named_pictures *pictures)
{
    cornu_array *all = pictures->array;
    cornu_size2 size = all ? cornu_pair((int)all->shape[1], (int)all->shape[2]) : cornu_pair(0, 0);
    cornu_array *picture = cornu_load_img(path, .target_size = size, .interpolation = "bilinear");
    if (!picture)
        return cornu_error_status();
    if (!all)
        all = pictures->array =
            cornu_array_zeros(CORNU_FLOAT32, 4, (int64_t[]){pictures->count, picture->shape[0], picture->shape[1], 3});
    if (all)
        cornu__convert(CORNU_FLOAT32, cornu_array_float32(all) + i * picture->count, picture->dtype, picture->data,
                       picture->count);
    cornu_array_release(picture);
    return all ? CORNU_OK : cornu_error_status();
}

static const char *without_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

/* A file's name without its folder, unless another has the same. */
static char *name_of(const char *const *paths, int64_t count, int64_t i)
{
    const char *name = without_folder(paths[i]);
    bool alone = true;
    for (int64_t k = 0; k < count; k++)
        alone = alone && (strcmp(paths[k], paths[i]) == 0 || strcmp(without_folder(paths[k]), name) != 0);
    return cornu__copy_text(alone ? name : paths[i]);
}

cornu_status cornu__pictures_of_files(const char *const *paths, int64_t count, int most,
                                      cornu__named_pictures *pictures)
{
    count = count < most ? count : most;
    CORNU_TRY(begin(pictures, count));
    for (int64_t i = 0; i < count; i++) {
        CORNU_TRY(read_file(paths[i], i, pictures));
        pictures->names[i] = name_of(paths, count, i);
        if (!pictures->names[i])
            return CORNU_ERROR_OUT_OF_MEMORY;
    }
    return CORNU_OK;
}

/* --- A folder --- */

/* Spread over all, so that every class has its share. */
static cornu_status read_listed(const cornu__directory *directory, int most, cornu__named_pictures *pictures)
{
    int64_t count = directory->count < (size_t)most ? (int64_t)directory->count : most;
    if (count == 0)
        return cornu__fail(CORNU_ERROR_DATA,
                           "there is no picture in '%s': no name there, or in the folders below, ends as those of "
                           "pictures do (.png, .jpg, ...)",
                           directory->path);
    CORNU_TRY(begin(pictures, count));
    for (int64_t i = 0; i < count; i++) {
        const char *name = directory->filenames[i * (int64_t)directory->count / count];
        cornu__text path = {0};
        cornu__text_add(&path, "%s/%s", directory->path, name);
        char *whole = cornu__text_take(&path);
        cornu_status status = whole ? read_file(whole, i, pictures) : CORNU_ERROR_OUT_OF_MEMORY;
        cornu__free(whole);
        CORNU_TRY(status);
        pictures->names[i] = cornu__copy_text(name + strlen("./"));
        if (!pictures->names[i])
            return CORNU_ERROR_OUT_OF_MEMORY;
    }
    return CORNU_OK;
}

/* The folder itself is taken for one class, so that it does not matter whether its pictures lie in sub-folders. */
cornu_status cornu__pictures_of_folder(const char *folder, int most, cornu__named_pictures *pictures)
{
    static const char *const itself[] = {"."};
    const cornu__directory_options options = {
        .classes = itself, .class_count = 1, .endings = cornu__picture_endings, .follow_links = true};
    cornu__directory directory;
    CORNU_TRY(cornu__directory_scan(&directory, folder, &options));
    cornu_status status = read_listed(&directory, most, pictures);
    cornu__directory_free(&directory);
    return status;
}

/* --- Arrays --- */

static cornu_status take_rows(const cornu__dataset *data, int most, cornu__named_pictures *pictures)
{
    cornu_array *x = data->x ? cornu_array_item(data->x, 0) : NULL;
    if (!x || (x->rank != 3 && x->rank != 4) || x->shape[0] < 1)
        return cornu__fail(CORNU_ERROR_SHAPE, "the data are no pictures: wanted shape (n, height, width) or (n, "
                                              "height, width, channels)");
    int64_t count = x->shape[0] < most ? x->shape[0] : most;
    CORNU_TRY(begin(pictures, count));
    cornu_array *first = cornu_array_rows(x, 0, count);
    cornu_array *floats = first ? cornu_array_cast(first, CORNU_FLOAT32) : NULL;
    if (floats)
        pictures->array = cornu_array_reshape(
            floats, 4,
            (int64_t[]){count, floats->shape[1], floats->shape[2], floats->rank == 4 ? floats->shape[3] : 1});
    cornu_array_release(first);
    cornu_array_release(floats);
    for (int64_t i = 0; pictures->array && i < count; i++) {
        cornu__text name = {0};
        cornu__text_add(&name, "picture %lld", (long long)i);
        pictures->names[i] = cornu__text_take(&name);
        if (!pictures->names[i])
            return CORNU_ERROR_OUT_OF_MEMORY;
    }
    return pictures->array ? CORNU_OK : cornu_error_status();
}

cornu_status cornu__pictures_of_arrays(const cornu__data_arguments *arguments, int most,
                                       cornu__named_pictures *pictures)
{
    cornu__dataset data = {0};
    CORNU_TRY(cornu__data_load(arguments, "", false, &data));
    cornu_status status = take_rows(&data, most, pictures);
    cornu__data_free(&data);
    return status;
}
