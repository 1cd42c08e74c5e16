/* picture_folder.c: a folder of pictures as batches. */
#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"
#include "cli/input_scale.h"
#include "cli/picture_folder.h"
#include "cli/target_size.h"
#include "data/directory.h"
#include "image/decode.h"
#include "model/plan.h"

#define SHOWN_FILES 3 /* in a message */

#define AT(field) offsetof(cornu__picture_arguments, field)
const cornu__argument cornu__picture_argument_table[] = {
    {"target-size", CORNU__ARGUMENT_TEXT, AT(target_size), 0, "N|HEIGHT,WIDTH",
     "what all pictures are resized to [what the model's file takes]"},
    {"color-mode", CORNU__ARGUMENT_TEXT, AT(color_mode), 0, "rgb|grayscale|rgba", "[as the model's file, else rgb]"},
    {"class-mode", CORNU__ARGUMENT_TEXT, AT(class_mode), 0, "sparse|categorical|binary",
     "targets are class numbers, or rows with a 1 [what the loss, also of MODEL's file, wants]"},
    {"interpolation", CORNU__ARGUMENT_TEXT, AT(interpolation), 0, "nearest|bilinear|bicubic|hamming|box|lanczos",
     "how they are resized, with Pillow's arithmetic [bilinear]"},
    {"keep-aspect-ratio", CORNU__ARGUMENT_FLAG, AT(keep_aspect_ratio), 0, NULL,
     "the largest middle part of the wanted shape, not the whole picture stretched"},
    {"exif-orientation", CORNU__ARGUMENT_FLAG, AT(exif_orientation), 0, NULL,
     "turn photos upright as their cameras noted"},
    {"other-classes", CORNU__ARGUMENT_FLAG, AT(other_classes), 0, NULL,
     "the sub-folders are not those that the model's file names, and take their place"},
    {"bad-files", CORNU__ARGUMENT_TEXT, AT(bad_files), 0, "error|skip|replace",
     "a file that cannot be read ends all, is left out, or another takes its place [error]"},
    {"bad-files-at-most", CORNU__ARGUMENT_INT, AT(bad_files_at_most), 0, "N", "more of them are an error [any number]"},
    {0},
};

bool cornu__is_picture_folder(const char *data)
{
    struct stat about;
    return data && stat(data, &about) == 0 && S_ISDIR(about.st_mode);
}

bool cornu__is_no_picture_folder(const char *data)
{
    struct stat about;
    return !data || (stat(data, &about) == 0 && !S_ISDIR(about.st_mode));
}

/* The first option that is only for folders, as it is written; NULL: none is given. */
static const char *given_option(const cornu__picture_arguments *given)
{
    const struct {
        bool given;
        const char *name;
    } options[] = {{given->target_size, "--target-size"},
                   {given->color_mode, "--color-mode"},
                   {given->class_mode, "--class-mode"},
                   {given->interpolation, "--interpolation"},
                   {given->keep_aspect_ratio, "--keep-aspect-ratio"},
                   {given->exif_orientation, "--exif-orientation"},
                   {given->other_classes, "--other-classes"},
                   {given->bad_files, "--bad-files"},
                   {given->bad_files_at_most != CORNU__BAD_FILES_NOT_GIVEN, "--bad-files-at-most"}};
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        if (options[i].given)
            return options[i].name;
    }
    return NULL;
}

cornu_status cornu__pictures_check(const cornu__picture_arguments *arguments, const cornu__data_arguments *data)
{
    cornu_size2 unused;
    bool folder = cornu__is_picture_folder(data->data);
    const char *option = given_option(arguments);
    const char *for_others = data->target          ? "--target"
                             : data->sample_weight ? "--sample-weight"
                             : data->classes       ? "--classes"
                             : data->no_quotes     ? "--no-quotes"
                                                   : NULL;
    if (option && cornu__is_no_picture_folder(data->data))
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "%s is for a folder of pictures as --data", option);
    if (for_others && folder)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "%s does not go with a folder of pictures as --data",
                           for_others);
    return arguments->target_size ? cornu__target_size_read(arguments->target_size, &unused) : CORNU_OK;
}

/* --- What is not said --- */

/* The shape (height, width, channels) of a model's pictures, each 0 where it is open. False: it does not take pictures. */
static bool picture_shape(cornu_model *model, int64_t shape[3])
{
    int rank = 0;
    const int64_t *whole = model ? cornu_input_shape(model, 0, &rank) : NULL;
    if (!whole || cornu_input_count(model) != 1 || (rank != 3 && rank != 4))
        return false;
    for (int i = 0; i < 3; i++)
        shape[i] = i + 1 >= rank ? 1 : whole[i + 1] > 0 ? whole[i + 1] : 0;
    return true;
}

static cornu_status choose_size(const cornu__picture_request *request, cornu_size2 *size)
{
    int64_t shape[3];
    if (request->arguments->target_size)
        return cornu__target_size_read(request->arguments->target_size, size);
    if (picture_shape(request->model, shape) && shape[0] > 0 && shape[1] > 0) {
        *size = cornu_pair((int)shape[0], (int)shape[1]);
        return CORNU_OK;
    }
    return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                       "%s %s is a folder of pictures, which are brought to one size: give --target-size N or "
                       "--target-size HEIGHT,WIDTH",
                       request->option, request->folder);
}

static const char *choose_color(const cornu__picture_request *request)
{
    int64_t shape[3];
    if (request->arguments->color_mode)
        return request->arguments->color_mode;
    if (!picture_shape(request->model, shape))
        return "rgb";
    return shape[2] == 1 ? "grayscale" : shape[2] == 4 ? "rgba" : "rgb";
}

/* Whether the loss compares each of several outputs with a number of its own. */
static bool wants_rows(const cornu__picture_request *request)
{
    int rank = 0;
    const cornu__plan *plan = request->model ? request->model->plan : NULL;
    if (!plan)
        return request->loss && strncmp(request->loss, "categorical_", strlen("categorical_")) == 0;
    const int64_t *shape = cornu_output_shape(request->model, 0, &rank);
    bool several = shape && rank > 1 && shape[rank - 1] > 1;
    return several && plan->outputs[0].loss && plan->outputs[0].class_axis < 0;
}

static const char *choose_class_mode(const cornu__picture_request *request)
{
    const char *given = request->arguments->class_mode;
    return !request->labels ? "none" : given ? given : wants_rows(request) ? "categorical" : "sparse";
}

/* --- The batches --- */

static cornu_image_data_generator *make_generator(const cornu__picture_request *request)
{
    cornu_image_data_generator_options options = {.struct_size = sizeof options, CORNU_IMAGE_DATA_GENERATOR_DEFAULTS};
    if (request->augmentation && cornu__augmentation_set(request->augmentation, &options) != CORNU_OK)
        return NULL;
    options.rescale = request->divisor != 0 ? 1 / request->divisor : 1;
    options.validation_split = request->validation_split;
    options.seed = (uint64_t)request->seed;
    return cornu_image_data_generator_create_with(&options);
}

/* `classes` NULL: all sub-folders. */
static cornu_sequence *flow(const cornu__picture_request *request, cornu_image_data_generator *generator,
                            cornu_size2 size, const char *const *classes)
{
    const cornu__picture_arguments *given = request->arguments;
    return cornu_flow_from_directory(
        generator, request->folder, .target_size = size, .color_mode = choose_color(request), .classes = classes,
        .class_mode = choose_class_mode(request), .batch_size = request->batch_size, .shuffle = request->shuffle,
        .subset = request->subset, .interpolation = given->interpolation ? given->interpolation : "bilinear",
        .keep_aspect_ratio = given->keep_aspect_ratio, .exif_orientation = given->exif_orientation,
        .bad_files = given->bad_files ? given->bad_files : "error", .bad_files_at_most = given->bad_files_at_most,
        .white_list_formats = cornu_names("all"));
}

/* Whether anything lies in the folder that is a folder itself, as classes do. */
static bool has_folders(const char *path)
{
    struct dirent *entry;
    bool found = false;
    DIR *folder = opendir(path);
    while (folder && !found && (entry = readdir(folder))) {
        struct stat about;
        found =
            entry->d_name[0] != '.' && fstatat(dirfd(folder), entry->d_name, &about, 0) == 0 && S_ISDIR(about.st_mode);
    }
    if (folder)
        closedir(folder);
    return found;
}

/* Where labels do not matter, pictures may also lie in the folder itself. */
static bool is_flat(const cornu__picture_request *request)
{
    return !request->labels && !has_folders(request->folder);
}

static cornu_sequence *make_batches(const cornu__picture_request *request, cornu_image_data_generator *generator,
                                    cornu_size2 size)
{
    return flow(request, generator, size, is_flat(request) ? cornu_names(".") : NULL);
}

/* --- What is left out --- */

static void warn_of_others(const cornu__picture_request *request, const cornu__directory *all)
{
    cornu__text names = {0};
    size_t count = 0;
    for (size_t i = 0; i < all->count; i++) {
        const char *name = all->filenames[i];
        if (cornu__picture_kind_promised(name))
            continue;
        if (count++ < SHOWN_FILES)
            cornu__text_add(&names, "%s'%s'", count > 1 ? ", " : "", strncmp(name, "./", 2) == 0 ? name + 2 : name);
    }
    if (count > 0 && names.data && !names.failed)
        cornu__warn("%s %s: %zu file%s passed over, whose name%s not end as a picture's: %s%s", request->option,
                    request->folder, count, count > 1 ? "s are" : " is", count > 1 ? "s do" : " does", names.data,
                    count > SHOWN_FILES ? ", ..." : "");
    cornu__text_free(&names);
}

/* Files whose names do not end as those of pictures do are no samples, as in Keras: whoever has pictures without endings must not be left to wonder. */
static void warn_of_passed_over(const cornu__picture_request *request)
{
    static const char *const itself[] = {"."}, *const any[] = {"", NULL};
    bool flat = is_flat(request);
    const cornu__directory_options options = {
        .classes = flat ? itself : NULL, .class_count = flat ? 1 : 0, .endings = any};
    cornu__directory all;
    if (request->subset && strcmp(request->subset, "validation") == 0) /* the same folder once more */
        return;
    if (cornu__directory_scan(&all, request->folder, &options) != CORNU_OK) /* the flow over it was made */
        return;
    warn_of_others(request, &all);
    cornu__directory_free(&all);
}

/* --- What they are like --- */

static cornu_status copy_class_names(cornu__dataset *dataset)
{
    size_t count = (size_t)cornu_flow_num_classes(dataset->pictures);
    dataset->names.classes = cornu__alloc_array(count, sizeof *dataset->names.classes);
    if (!dataset->names.classes)
        return CORNU_ERROR_OUT_OF_MEMORY;
    for (size_t i = 0; i < count; i++) {
        dataset->names.classes[i] = cornu__copy_text(cornu_flow_class_name(dataset->pictures, (int)i));
        dataset->names.class_count = i + 1;
        if (!dataset->names.classes[i])
            return CORNU_ERROR_OUT_OF_MEMORY;
    }
    return CORNU_OK;
}

/* One target of each class, as the batches have them: numbers, or rows with a 1. */
static cornu_array *make_targets(int64_t classes, bool rows)
{
    cornu_array *targets = rows ? cornu_array_zeros(CORNU_FLOAT32, 2, (int64_t[]){classes, classes})
                                : cornu_array_zeros(CORNU_INT32, 1, &classes);
    for (int64_t i = 0; targets && i < classes; i++) {
        if (rows)
            cornu_array_float32(targets)[i * classes + i] = 1;
        else
            ((int32_t *)cornu_array_data(targets))[i] = (int32_t)i;
    }
    return targets;
}

static cornu_status describe(const cornu__picture_request *request, cornu_size2 size, cornu__dataset *dataset)
{
    const char *color = choose_color(request);
    int64_t channels = strcmp(color, "grayscale") == 0 ? 1 : strcmp(color, "rgba") == 0 ? 4 : 3;
    dataset->x = cornu_array_zeros(CORNU_FLOAT32, 4, (int64_t[]){1, size.first, size.second, channels});
    if (!dataset->x)
        return cornu_error_status();
    if (!request->labels)
        return CORNU_OK;
    CORNU_TRY(copy_class_names(dataset));
    dataset->one_hot = strcmp(choose_class_mode(request), "categorical") == 0;
    dataset->y = make_targets((int64_t)dataset->names.class_count, dataset->one_hot);
    return dataset->y ? CORNU_OK : cornu_error_status();
}

cornu_status cornu__pictures_load(const cornu__picture_request *request, cornu__dataset *dataset)
{
    cornu_size2 size;
    *dataset = (cornu__dataset){0};
    CORNU_TRY(choose_size(request, &size));
    cornu_image_data_generator *generator = make_generator(request);
    dataset->pictures = generator ? make_batches(request, generator, size) : NULL;
    cornu_image_data_generator_release(generator);
    cornu_status status = dataset->pictures ? describe(request, size, dataset) : cornu_error_status();
    if (status == CORNU_OK) {
        warn_of_passed_over(request);
        return CORNU_OK;
    }
    cornu__data_free(dataset);
    return cornu__fail_context("%s", request->option);
}

static cornu_status load_model(const cornu__model_arguments *arguments, const cornu__compile_arguments *compile,
                               const cornu__dataset *dataset, cornu_model **model)
{
    return compile ? cornu__model_load_compiled(arguments, compile, dataset, model)
                   : cornu__model_load(arguments, dataset, model);
}

/* That a model from a file tells the folder's classes apart, by number and, where it knows them, by name. */
static cornu_status check_model_classes(const cornu__picture_request *request, const cornu__model_arguments *arguments,
                                        const cornu__dataset *dataset, cornu_model *model)
{
    CORNU_TRY(cornu__data_check_class_count(dataset, model));
    for (size_t i = 0; i < dataset->names.class_count; i++) {
        const char *learned = cornu_model_class_name(model, (int)i), *came = dataset->names.classes[i];
        if (learned && strcmp(learned, came) != 0)
            return cornu__fail(
                CORNU_ERROR_DATA,
                "%s %s: class %zu is '%s', and %s has learned it as '%s'; with --other-classes the folder's "
                "take the place of the model's",
                request->option, request->folder, i, came, arguments->model, learned);
    }
    return CORNU_OK;
}

cornu_status cornu__pictures_load_with_model(cornu__picture_request *request,
                                             const cornu__model_arguments *model_arguments,
                                             const cornu__compile_arguments *compile, cornu__dataset *dataset,
                                             cornu_model **model)
{
    bool from_file = cornu__model_names_file(model_arguments->model);
    if (from_file) {
        CORNU_TRY(load_model(model_arguments, compile, NULL, model));
        request->model = *model;
        request->divisor = cornu__input_divisor(model_arguments, *model);
        CORNU_TRY(cornu_model_set_input_scale(*model, 1 / request->divisor));
        if (request->arguments->other_classes)
            CORNU_TRY(cornu_model_set_class_names(*model, NULL, 0));
    }
    CORNU_TRY(cornu__pictures_load(request, dataset));
    return from_file ? check_model_classes(request, model_arguments, dataset, *model)
                     : load_model(model_arguments, compile, dataset, model);
}

/* --- Classes --- */

/* A class that `names` have and `others` lack, or NULL. */
static const char *missing_in(const cornu__csv_names *names, const cornu__csv_names *others)
{
    for (size_t i = 0; i < names->class_count; i++) {
        bool found = false;
        for (size_t k = 0; k < others->class_count && !found; k++)
            found = strcmp(names->classes[i], others->classes[k]) == 0;
        if (!found)
            return names->classes[i];
    }
    return NULL;
}

cornu_status cornu__pictures_check_classes(const cornu__dataset *training, const cornu__dataset *validation)
{
    const char *missing = missing_in(&training->names, &validation->names);
    const char *extra = missing_in(&validation->names, &training->names);
    if (!missing && !extra)
        return CORNU_OK;
    return cornu__fail(CORNU_ERROR_DATA,
                       "--validation-data: the folder %s class '%s', which that of --data %s; both must have the same "
                       "sub-folders",
                       missing ? "lacks" : "has", missing ? missing : extra, missing ? "has" : "lacks");
}
