/* fill.c: the names of the fill modes. */
#include <string.h>

#include "base/text.h"
#include "image/fill.h"

static const char *const names[] = {"constant", "nearest", "reflect", "wrap"};

cornu_status cornu__fill_mode_from_name(const char *name, bool scipy_wrap, cornu__fill_mode *mode)
{
    size_t count = sizeof names / sizeof *names;
    for (size_t i = 0; name && i < count; i++) {
        if (strcmp(name, names[i]) == 0) {
            *mode = (cornu__fill_mode)i;
            if (*mode == CORNU__FILL_WRAP && scipy_wrap)
                *mode = CORNU__FILL_WRAP_SCIPY;
            return CORNU_OK;
        }
    }
    const char *nearest = cornu__text_nearest(name ? name : "", names, count);
    return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                       "fill_mode is \"%s\"; wanted \"constant\", \"nearest\", \"reflect\" or \"wrap\"%s%s%s",
                       name ? name : "NULL", nearest ? "; did you mean \"" : "", nearest ? nearest : "",
                       nearest ? "\"?" : "");
}
