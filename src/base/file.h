/*
 * base/file.h: files that appear whole or not at all.
 *
 * Bytes go to a new file beside the wanted one; commit flushes it to the disk (fsync), renames it over the wanted name and
 * flushes the folder. Whatever happens before commit, the old file stays as it was. The new one gets its mode; where the
 * wanted name is a symbolic link, the file it points to is replaced.
 */
#ifndef CORNU_BASE_FILE_H
#define CORNU_BASE_FILE_H

#include <stdio.h>

#include "base/status.h"

typedef struct cornu__new_file {
    FILE *stream; /* write here */
    char *path;   /* the wanted name */
    char *temporary_path;
} cornu__new_file;

/* Whether a file of this name could be begun now. */
cornu_status cornu__file_check_place(const char *path);

/* Removes what processes that were killed had begun under this name; what is being written stays. */
void cornu__file_remove_unfinished(const char *path);

cornu_status cornu__file_begin(cornu__new_file *file, const char *path);
/* After this, successful or not, `file` is closed. */
cornu_status cornu__file_commit(cornu__new_file *file);
/* Removes the unfinished file; harmless after commit. */
void cornu__file_abandon(cornu__new_file *file);

#endif
