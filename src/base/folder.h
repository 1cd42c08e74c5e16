/* base/folder.h: making folders. */
#ifndef CORNU_BASE_FOLDER_H
#define CORNU_BASE_FOLDER_H

#include "base/status.h"

/* Makes a folder, and those that it lies in, where they are missing. */
cornu_status cornu__folder_make(const char *path);

/* The same for the folder that a file of this name lies in. */
cornu_status cornu__folder_make_for(const char *path);

#endif
