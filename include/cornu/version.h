/* version.h: the version of these headers, and of the library that runs. */
#ifndef CORNU_VERSION_H
#define CORNU_VERSION_H

#include <cornu/export.h>

#define CORNU_VERSION_MAJOR 0
#define CORNU_VERSION_MINOR 1
#define CORNU_VERSION_PATCH 0
#define CORNU_VERSION_STRING "0.1.0"

CORNU_BEGIN_DECLARATIONS

/* The version of the library in use, as "MAJOR.MINOR.PATCH". Never NULL; not to be freed. */
CORNU_API const char *cornu_version(void);

CORNU_END_DECLARATIONS

#endif
