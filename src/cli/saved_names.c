/* saved_names.c: the endings that say what a file holds. */
#include <string.h>

#include "base/text.h"
#include "cli/saved_names.h"

static const char *const model_endings[] = {".keras", ".h5", ".hdf5", ".json", NULL};
static const char *const weights_endings[] = {".npz", ".weights.h5", ".h5", ".hdf5", NULL};
static const char *const checkpoint_endings[] = {".keras", ".h5", ".hdf5", ".weights.h5", ".npz", NULL};

static bool has_one_of(const char *path, const char *const *endings)
{
    while (*endings && !cornu__text_has_ending(path, *endings))
        endings++;
    return *endings != NULL;
}

bool cornu__names_weights_only(const char *path)
{
    static const char *const endings[] = {".npz", ".weights.h5", NULL};
    return has_one_of(path, endings);
}

/* The ending that was meant; NULL: there is none, or none is near. */
static const char *nearest_ending(const char *path, const char *const *endings)
{
    const char *folder = strrchr(path, '/'), *point = strrchr(folder ? folder : path, '.');
    size_t count = 0;
    while (endings[count])
        count++;
    return point ? cornu__text_nearest(point, endings, count) : NULL;
}

/* `wanted`: a sentence on what goes to which files. */
static cornu_status fail(const char *option, const char *path, const char *const *endings, const char *wanted)
{
    const char *nearest = nearest_ending(path, endings);
    return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "--%s: %s, got '%s'%s%s%s", option, wanted, path,
                       nearest ? "; did you mean " : "", nearest ? nearest : "", nearest ? "?" : "");
}

static cornu_status fail_for(const char *option, const char *path, const char *wanted, const char *other)
{
    return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "--%s: %s, got '%s'; that would be --%s %s", option, wanted, path,
                       other, path);
}

cornu_status cornu__check_model_name(const char *path)
{
    static const char wanted[] = "a model goes to a file whose name ends in .keras, .h5, .hdf5, or .json for its "
                                 "structure alone";
    if (path && cornu__names_weights_only(path))
        return fail_for("save-model", path, wanted, "save-weights");
    return !path || has_one_of(path, model_endings) ? CORNU_OK : fail("save-model", path, model_endings, wanted);
}

cornu_status cornu__check_weights_name(const char *path)
{
    static const char wanted[] = "weights go to a file whose name ends in .npz, .weights.h5, .h5 or .hdf5";
    static const char *const models_only[] = {".keras", ".json", NULL};
    if (path && has_one_of(path, models_only))
        return fail_for("save-weights", path, wanted, "save-model");
    return !path || has_one_of(path, weights_endings) ? CORNU_OK : fail("save-weights", path, weights_endings, wanted);
}

cornu_status cornu__check_checkpoint_name(const char *path)
{
    return !path || has_one_of(path, checkpoint_endings)
               ? CORNU_OK
               : fail("checkpoint", path, checkpoint_endings,
                      "a checkpoint goes to a file whose name ends in .keras, .h5 or .hdf5, or of weights alone in "
                      ".weights.h5 or .npz");
}
