/* file.c: new files that appear whole or not at all. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"

#define NAME_ATTEMPTS 1000
#define UNFINISHED ".new-" /* between the wanted name, and the process and a number */

/* The mode that the new file shall have: that of the file it replaces. Other things than files are never replaced: as
 * root, a rename over /dev/null would take it away from the whole system. */
static cornu_status wanted_mode(const char *path, mode_t *mode)
{
    struct stat old;
    *mode = 0;
    if (stat(path, &old) != 0)
        return errno == ENOENT ? CORNU_OK : cornu__fail(CORNU_ERROR_IO, "cannot write '%s': %m", path);
    if (S_ISDIR(old.st_mode))
        return cornu__fail(CORNU_ERROR_IO, "cannot write '%s': it is a folder", path);
    if (!S_ISREG(old.st_mode))
        return cornu__fail(CORNU_ERROR_IO, "cannot write '%s': it is a device or pipe, not a file", path);
    *mode = old.st_mode & 0777;
    return CORNU_OK;
}

/* Where the file really lies: a symbolic link stays one, and what it points to is replaced. NULL with the error set. */
static char *place_of(const char *path)
{
    struct stat about;
    bool linked = lstat(path, &about) == 0 && S_ISLNK(about.st_mode);
    char *target = linked ? realpath(path, NULL) : NULL;
    char *place = cornu__copy_text(target ? target : path);
    free(target);
    return place;
}

/* A file is locked as long as it is unfinished: the lock ends with whoever holds it, however that was, and so tells what was left behind from what is
 * being written, where a process's number does not (it is given again, and is always 1 in many containers). Somebody may have taken the file for
 * left behind between its creation and its lock: false. A file system without locks is no reason not to save. */
static bool lock(int descriptor)
{
    struct stat about;
    return flock(descriptor, LOCK_EX | LOCK_NB) != 0 || fstat(descriptor, &about) != 0 || about.st_nlink > 0;
}

/* Creates a file that was not there, beside `file->path`: only there can a rename put it in place in one step. */
static int create_beside(cornu__new_file *file)
{
    for (int attempt = 0; attempt < NAME_ATTEMPTS; attempt++) {
        cornu__text name = {0};
        cornu__text_add(&name, "%s" UNFINISHED "%ld-%d", file->path, (long)getpid(), attempt);
        file->temporary_path = cornu__text_take(&name);
        if (!file->temporary_path)
            return -1;
        int descriptor = open(file->temporary_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (descriptor >= 0 && lock(descriptor))
            return descriptor;
        int cause = descriptor >= 0 ? EEXIST : errno;
        if (descriptor >= 0)
            close(descriptor);
        cornu__free(file->temporary_path);
        file->temporary_path = NULL;
        errno = cause;
        if (cause != EEXIST)
            break;
    }
    cornu__fail(CORNU_ERROR_IO, "cannot write '%s': %m", file->path);
    return -1;
}

cornu_status cornu__file_begin(cornu__new_file *file, const char *path)
{
    *file = (cornu__new_file){0};
    if (!path || path[0] == '\0')
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "cannot write a file without a name");
    mode_t mode;
    CORNU_TRY(wanted_mode(path, &mode));
    file->path = place_of(path);
    if (!file->path)
        return cornu_error_status();
    int descriptor = create_beside(file);
    if (descriptor < 0) {
        cornu__free(file->path);
        file->path = NULL;
        return cornu_error_status();
    }
    if (mode != 0)
        (void)!fchmod(descriptor, mode); /* a file system without modes is no reason not to save */
    file->stream = fdopen(descriptor, "wb");
    if (!file->stream) {
        close(descriptor);
        cornu_status status = cornu__fail(CORNU_ERROR_IO, "cannot write '%s': %m", path);
        cornu__file_abandon(file);
        return status;
    }
    return CORNU_OK;
}

/* NULL for want of memory. */
static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    cornu__text folder = {0};
    if (!slash)
        cornu__text_add(&folder, ".");
    else
        cornu__text_add_bytes(&folder, path, slash == path ? 1 : (size_t)(slash - path));
    return cornu__text_take(&folder);
}

/* Makes the rename itself durable. Some file systems cannot flush a folder; the file is in place all the same. */
static void flush_folder_of(const char *path)
{
    char *folder = folder_of(path);
    int descriptor = folder ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (descriptor >= 0) {
        fsync(descriptor);
        close(descriptor);
    }
    cornu__free(folder);
}

cornu_status cornu__file_commit(cornu__new_file *file)
{
    if (!file->stream)
        return cornu__fail(CORNU_ERROR_INTERNAL, "a file was to be finished that was never begun");
    errno = 0;
    bool written = fflush(file->stream) == 0 && !ferror(file->stream) && fsync(fileno(file->stream)) == 0;
    int cause = errno, locked = fcntl(fileno(file->stream), F_DUPFD_CLOEXEC, 0); /* until it has its name */
    bool closed = fclose(file->stream) == 0;
    file->stream = NULL;
    if (written && !closed)
        cause = errno;
    cornu_status status = CORNU_OK;
    errno = cause;
    if (!written || !closed) {
        /* Without a cause here, a write failed earlier: its errno is gone. */
        status = cornu__fail(CORNU_ERROR_IO,
                             cause != 0 ? "cannot write '%s': %m" : "cannot write '%s': is the disk full?", file->path);
    } else if (rename(file->temporary_path, file->path) != 0) {
        status = cornu__fail(CORNU_ERROR_IO, "cannot put '%s' in place: %m", file->path);
    } else {
        flush_folder_of(file->path);
        cornu__free(file->temporary_path);
        file->temporary_path = NULL;
    }
    if (locked >= 0)
        close(locked);
    cornu__file_abandon(file);
    return status;
}

void cornu__file_abandon(cornu__new_file *file)
{
    if (file->stream)
        fclose(file->stream);
    if (file->temporary_path)
        unlink(file->temporary_path);
    cornu__free(file->temporary_path);
    cornu__free(file->path);
    *file = (cornu__new_file){0};
}

cornu_status cornu__file_check_place(const char *path)
{
    cornu__new_file file;
    CORNU_TRY(cornu__file_begin(&file, path));
    cornu__file_abandon(&file);
    return CORNU_OK;
}

/* Whether nobody holds the file's lock. */
static bool is_unlocked(int folder, const char *name)
{
    int descriptor = openat(folder, name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (descriptor < 0)
        return false;
    bool unlocked = flock(descriptor, LOCK_EX | LOCK_NB) == 0;
    close(descriptor);
    return unlocked;
}

/* Whether a file's name is "<wanted>.new-<process>-<number>", of a process that is no more or does not write it. */
static bool is_left_behind(int folder, const char *name, const char *wanted)
{
    size_t length = strlen(wanted);
    long process, number;
    int end = 0;
    if (strncmp(name, wanted, length) != 0 ||
        sscanf(name + length, UNFINISHED "%ld-%ld%n", &process, &number, &end) != 2 || name[length + (size_t)end])
        return false;
    bool gone = process > 0 && kill((pid_t)process, 0) != 0 && errno == ESRCH;
    return gone || (process > 0 && is_unlocked(folder, name));
}

void cornu__file_remove_unfinished(const char *path)
{
    char *folder = folder_of(path);
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    DIR *opened = folder ? opendir(folder) : NULL;
    struct dirent *entry;
    while (opened && (entry = readdir(opened)) != NULL) {
        if (is_left_behind(dirfd(opened), entry->d_name, name))
            unlinkat(dirfd(opened), entry->d_name, 0);
    }
    if (opened)
        closedir(opened);
    cornu__free(folder);
}
