/* base/folder.h: making folders, and what lies in them. */
#ifndef CORNU_BASE_FOLDER_H
#define CORNU_BASE_FOLDER_H

#include "base/status.h"

/* Makes a folder, and those that it lies in, where they are missing. */
cornu_status cornu__folder_make(const char *path);

/* The same for the folder that a file of this name lies in. */
cornu_status cornu__folder_make_for(const char *path);

/* "<folder>/<name>", a new text, or NULL: without a "./" at the name's begin; `name` alone if it begins with '/' or there is no folder (NULL). */
char *cornu__path_below(const char *folder, const char *name);

#endif
