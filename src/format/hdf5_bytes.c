/* hdf5_bytes.c: parts of an HDF5 file in memory, never more than there are, and their check sums. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "format/hdf5_parts.h"

uint64_t cornu__hdf5_take(cornu__hdf5_cursor *cursor, int bytes)
{
    const unsigned char *from = cornu__hdf5_take_bytes(cursor, (uint64_t)bytes);
    uint64_t value = 0;
    for (int i = bytes - 1; from && i >= 0; i--)
        value = value << 8 | from[i];
    return value;
}

const void *cornu__hdf5_take_bytes(cornu__hdf5_cursor *cursor, uint64_t size)
{
    if (size > (uint64_t)(cursor->end - cursor->at)) {
        cursor->over = true;
        cursor->at = cursor->end;
        return NULL;
    }
    const unsigned char *from = cursor->at;
    cursor->at += size;
    return from;
}

void cornu__hdf5_skip(cornu__hdf5_cursor *cursor, uint64_t size)
{
    cornu__hdf5_take_bytes(cursor, size);
}

cornu_status cornu__hdf5_damaged(const cornu__hdf5 *file, const char *format, ...)
{
    char message[400];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    return cornu__fail(CORNU_ERROR_FORMAT, "'%s' is damaged: %s", file->name, message);
}

static cornu_status check_place(const cornu__hdf5 *file, uint64_t address, uint64_t size)
{
    if (address <= file->size && size <= file->size - address)
        return CORNU_OK;
    return cornu__hdf5_damaged(file, "it wants %llu bytes from byte %llu on, and has %llu", (unsigned long long)size,
                               (unsigned long long)address, (unsigned long long)file->size);
}

cornu_status cornu__hdf5_read_at(const cornu__hdf5 *file, uint64_t address, uint64_t size, void *to)
{
    CORNU_TRY(check_place(file, address, size));
    if (file->bytes) {
        memcpy(to, file->bytes + address, size);
        return CORNU_OK;
    }
    for (uint64_t done = 0; done < size;) {
        ssize_t got = pread(file->descriptor, (char *)to + done, size - done, (off_t)(address + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return cornu__fail(CORNU_ERROR_IO, "cannot read '%s': %m", file->name);
        if (got == 0)
            return cornu__fail(CORNU_ERROR_IO, "'%s' became shorter while it was read", file->name);
        done += (uint64_t)got;
    }
    return CORNU_OK;
}

cornu_status cornu__hdf5_charge(cornu__hdf5 *file, uint64_t bytes)
{
    if (bytes > file->budget)
        return cornu__fail(
            CORNU_ERROR_LIMIT,
            "'%s' describes its contents again and again: it is damaged, or made to take time and memory", file->name);
    file->budget -= bytes;
    return CORNU_OK;
}

unsigned char *cornu__hdf5_load(cornu__hdf5 *file, uint64_t address, uint64_t size, const char *what)
{
    if (check_place(file, address, size) != CORNU_OK) {
        cornu__fail_context("%s", what);
        return NULL;
    }
    if (cornu__hdf5_charge(file, size) != CORNU_OK)
        return NULL;
    unsigned char *part = cornu__alloc_uninitialized(size);
    if (part && cornu__hdf5_read_at(file, address, size, part) != CORNU_OK) {
        cornu__free(part);
        return NULL;
    }
    return part;
}

/* --- check sums --- */

static uint32_t rotate(uint32_t x, int by)
{
    return x << by | x >> (32 - by);
}

static uint32_t word_at(const unsigned char *bytes, size_t count)
{
    uint32_t word = 0;
    for (size_t i = 0; i < count && i < 4; i++)
        word |= (uint32_t)bytes[i] << (8 * i);
    return word;
}

uint32_t cornu__hdf5_checksum(const void *bytes, size_t size)
{
    const unsigned char *at = bytes;
    uint32_t a = 0xdeadbeef + (uint32_t)size, b = a, c = a;
    for (; size > 12; size -= 12, at += 12) {
        a += word_at(at, 4);
        b += word_at(at + 4, 4);
        c += word_at(at + 8, 4);
        a = (a - c) ^ rotate(c, 4);
        c += b;
        b = (b - a) ^ rotate(a, 6);
        a += c;
        c = (c - b) ^ rotate(b, 8);
        b += a;
        a = (a - c) ^ rotate(c, 16);
        c += b;
        b = (b - a) ^ rotate(a, 19);
        a += c;
        c = (c - b) ^ rotate(b, 4);
        b += a;
    }
    if (size == 0)
        return c;
    a += word_at(at, size);
    b += size > 4 ? word_at(at + 4, size - 4) : 0;
    c += size > 8 ? word_at(at + 8, size - 8) : 0;
    c = (c ^ b) - rotate(b, 14);
    a = (a ^ c) - rotate(c, 11);
    b = (b ^ a) - rotate(a, 25);
    c = (c ^ b) - rotate(b, 16);
    a = (a ^ c) - rotate(c, 4);
    b = (b ^ a) - rotate(a, 14);
    return (c ^ b) - rotate(b, 24);
}

cornu_status cornu__hdf5_check_sum(const cornu__hdf5 *file, const unsigned char *part, uint64_t size, const char *what)
{
    if (size >= 4 && word_at(part + size - 4, 4) == cornu__hdf5_checksum(part, size - 4))
        return CORNU_OK;
    return cornu__hdf5_damaged(file, "%s does not have its check sum", what);
}
