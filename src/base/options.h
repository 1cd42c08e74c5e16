/* base/options.h: reading an options struct that a program, perhaps an older one, passed in. */
#ifndef CORNU_BASE_OPTIONS_H
#define CORNU_BASE_OPTIONS_H

#include <stddef.h>
#include <string.h>

/* Lays the given options over `whole`, which holds the defaults and is `size` bytes long, as far as the given struct_size (its first
 * member) reaches: fields are only ever appended. NULL: the defaults stay. */
static inline void cornu__options_lay(void *whole, size_t size, const void *given)
{
    size_t given_size = given ? *(const size_t *)given : 0;
    memcpy(whole, given ? given : whole, given_size < size ? given_size : size);
}

#endif
