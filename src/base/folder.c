/* folder.c: making folders, and what lies in them. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/folder.h"
#include "base/memory.h"
#include "base/text.h"

static cornu_status make_one(const char *path)
{
    struct stat there;
    if (mkdir(path, 0777) == 0)
        return CORNU_OK;
    int cause = errno;
    if (stat(path, &there) == 0 && S_ISDIR(there.st_mode))
        return CORNU_OK; /* also where another process was first, or the folder above may only be read */
    errno = cause == EEXIST ? ENOTDIR : cause;
    return cornu__fail(CORNU_ERROR_IO, "cannot make the folder '%s': %m", path);
}

/* `path` is cut at each of its slashes in turn, and whole again afterwards. */
static cornu_status make_all(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        cornu_status status = make_one(path);
        *slash = '/';
        CORNU_TRY(status);
    }
    return make_one(path);
}

cornu_status cornu__folder_make(const char *path)
{
    if (!path || !*path)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "cannot make a folder without a name");
    char *copy = cornu__copy_text(path);
    if (!copy)
        return CORNU_ERROR_OUT_OF_MEMORY;
    cornu_status status = make_all(copy);
    cornu__free(copy);
    return status;
}

cornu_status cornu__folder_make_for(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash || slash == path)
        return CORNU_OK;
    char *folder = cornu__copy_text(path);
    if (!folder)
        return CORNU_ERROR_OUT_OF_MEMORY;
    folder[slash - path] = '\0';
    cornu_status status = make_all(folder);
    cornu__free(folder);
    return status;
}

char *cornu__path_below(const char *folder, const char *name)
{
    cornu__text path = {0};
    name += strncmp(name, "./", 2) == 0 ? 2 : 0;
    bool below = folder && name[0] != '/';
    cornu__text_add(&path, "%s%s%s", below ? folder : "", below ? "/" : "", name);
    return cornu__text_take(&path);
}
