/* target_size.c: what all pictures are resized to. */
#include "cli/target_size.h"

#include <limits.h>
#include <stdlib.h>

cornu_status cornu__target_size_read(const char *text, cornu_size2 *size)
{
    char *end;
    long first = strtol(text, &end, 10), second = first;
    bool right = end != text;
    if (right && (*end == ',' || *end == 'x')) {
        const char *rest = end + 1;
        second = strtol(rest, &end, 10);
        right = end != rest;
    }
    if (!right || *end != '\0' || first < 1 || second < 1 || first > INT_MAX || second > INT_MAX)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "--target-size is '%s'; wanted a number of pixels, or a height and a width: 150,200", text);
    *size = cornu_pair((int)first, (int)second);
    return CORNU_OK;
}
