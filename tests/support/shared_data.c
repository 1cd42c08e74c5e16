#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/shared_data.h"

bool shared_data_find(char out[SHARED_DATA_PATH_SIZE], const char *name)
{
    const char *folder = getenv("CORNU_SHARED_DATA"), *root = getenv("CORNU_SOURCE_DIR");
    if (folder)
        snprintf(out, SHARED_DATA_PATH_SIZE, "%s/%s", folder, name);
    else
        snprintf(out, SHARED_DATA_PATH_SIZE, "%s/../shared/data/%s", root ? root : ".", name);
    return access(out, R_OK) == 0;
}

char *shared_data_path(char out[SHARED_DATA_PATH_SIZE], const char *name)
{
    if (!shared_data_find(out, name)) {
        print_message("%s is not there (see CORNU_SHARED_DATA)\n", out);
        skip();
    }
    return out;
}
