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
 * being written, where a process's number does not (it is given again, is always 1 in many containers, and means nothing outside them). Somebody may have taken
 * the file for left behind between its creation and its lock: false. A file system without locks is no reason not to save. */
static bool lock(int descriptor)
{
    struct stat about;
    if (flock(descriptor, LOCK_EX | LOCK_NB) != 0)
        return errno != EWOULDBLOCK; /* else it is about to be removed */
    return fstat(descriptor, &about) != 0 || about.st_nlink > 0;
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

/* Whether a file's name is "<wanted>.new-<process>-<number>". */
static bool is_unfinished(const char *name, const char *wanted, long *process)
{
    size_t length = strlen(wanted);
    long number;
    int end = 0;
    return strncmp(name, wanted, length) == 0 &&
           sscanf(name + length, UNFINISHED "%ld-%ld%n", process, &number, &end) == 2 &&
           name[length + (size_t)end] == '\0' && *process > 0;
}

/* The lock says whether somebody writes the file; where there are no locks, or it may not be opened, whether there is such a process. It is removed under its
 * lock, so that nobody begins to write it in between. */
static void remove_left_behind(int folder, const char *name, long process)
{
    int descriptor = openat(folder, name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    bool locked = descriptor >= 0 && flock(descriptor, LOCK_EX | LOCK_NB) == 0;
    bool written = descriptor >= 0 && !locked && errno == EWOULDBLOCK;
    bool gone = kill((pid_t)process, 0) != 0 && errno == ESRCH;
    if (locked || (gone && !written))
        unlinkat(folder, name, 0);
    if (descriptor >= 0)
        close(descriptor);
}

void cornu__file_remove_unfinished(const char *path)
{
    char *folder = folder_of(path);
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    DIR *opened = folder ? opendir(folder) : NULL;
    struct dirent *entry;
    long process;
    while (opened && (entry = readdir(opened)) != NULL) {
        if (is_unfinished(entry->d_name, name, &process))
            remove_left_behind(dirfd(opened), entry->d_name, process);
    }
    if (opened)
        closedir(opened);
    cornu__free(folder);
}
