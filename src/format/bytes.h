/* format/bytes.h: numbers in the other byte order. */
#ifndef CORNU_FORMAT_BYTES_H
#define CORNU_FORMAT_BYTES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Turns the bytes of each of `count` elements of `size` (1, 2, 4 or 8) bytes around, in place. */
static inline void cornu__swap_bytes(void *elements, size_t count, size_t size)
{
    for (size_t i = 0; i < count; i++) {
        char *element = (char *)elements + i * size;
        if (size == 2) {
            uint16_t value;
            memcpy(&value, element, sizeof value);
            value = __builtin_bswap16(value);
            memcpy(element, &value, sizeof value);
        } else if (size == 4) {
            uint32_t value;
            memcpy(&value, element, sizeof value);
            value = __builtin_bswap32(value);
            memcpy(element, &value, sizeof value);
        } else if (size == 8) {
            uint64_t value;
            memcpy(&value, element, sizeof value);
            value = __builtin_bswap64(value);
            memcpy(element, &value, sizeof value);
        }
    }
}

/* The big-endian number in four bytes. */
static inline uint32_t cornu__big_endian_32(const unsigned char bytes[4])
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | (uint32_t)bytes[3];
}

#endif
