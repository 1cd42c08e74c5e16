/* limits.c: how much a reader may bring into memory. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "format/limits.h"

#define BYTES_WHERE_MEMORY_IS_UNKNOWN ((uint64_t)16 << 30)

/* The value of CORNU_MAX_READ_BYTES; 0 when it is not set or no positive number. */
static uint64_t limit_from_environment(void)
{
    const char *text = getenv("CORNU_MAX_READ_BYTES");
    if (!text || text[0] < '0' || text[0] > '9')
        return 0;
    char *end;
    errno = 0;
    unsigned long long bytes = strtoull(text, &end, 10);
    return errno == 0 && *end == '\0' ? bytes : 0;
}

uint64_t cornu__max_read_bytes(void)
{
    uint64_t bytes = limit_from_environment();
    if (bytes > 0)
        return bytes;
    long pages = sysconf(_SC_PHYS_PAGES), page_size = sysconf(_SC_PAGE_SIZE);
    return pages > 0 && page_size > 0 ? (uint64_t)pages * (uint64_t)page_size : BYTES_WHERE_MEMORY_IS_UNKNOWN;
}

cornu_status cornu__check_read_size(const char *name, uint64_t bytes)
{
    uint64_t most = cornu__max_read_bytes();
    if (bytes <= most)
        return CORNU_OK;
    return cornu__fail(
        CORNU_ERROR_LIMIT,
        "'%s' holds %llu bytes of data; at most %llu are read (the machine's memory, or CORNU_MAX_READ_BYTES)", name,
        (unsigned long long)bytes, (unsigned long long)most);
}

cornu_status cornu__check_image_size(const char *name, uint64_t width, uint64_t height, uint64_t bytes_per_pixel)
{
    if (width == 0 || height == 0)
        return cornu__fail(CORNU_ERROR_FORMAT, "'%s' holds a picture of %llu x %llu pixels", name,
                           (unsigned long long)width, (unsigned long long)height);
    if (width > CORNU__MAX_IMAGE_PIXELS / height)
        return cornu__fail(CORNU_ERROR_LIMIT,
                           "'%s' says that it is a picture of %llu x %llu pixels; at most %d pixels are decoded", name,
                           (unsigned long long)width, (unsigned long long)height, CORNU__MAX_IMAGE_PIXELS);
    return cornu__check_read_size(name, width * height * bytes_per_pixel);
}
