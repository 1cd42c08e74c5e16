/* tfrecord.c: writing TensorFlow's file of records. */

#include "format/tfrecord.h"

#define LENGTH_SIZE 8
#define CRC_SIZE 4

/* The polynomial is 0x1EDC6F41, bits reversed; four bits at a time. */
uint32_t cornu__crc32c(const void *bytes, size_t size)
{
    static const uint32_t table[16] = {0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3,
                                       0x61c69362, 0x7198540d, 0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
                                       0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75};
    const unsigned char *next = bytes;
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < size; i++) {
        crc ^= next[i];
        crc = (crc >> 4) ^ table[crc & 15];
        crc = (crc >> 4) ^ table[crc & 15];
    }
    return ~crc;
}

static void put(unsigned char *to, uint64_t value, int size)
{
    for (int i = 0; i < size; i++)
        to[i] = (unsigned char)(value >> (8 * i));
}

uint32_t cornu__crc32c_masked(const void *bytes, size_t size)
{
    uint32_t crc = cornu__crc32c(bytes, size);
    return ((crc >> 15) | (crc << 17)) + 0xa282ead8U;
}

cornu_status cornu__tfrecord_write(FILE *stream, const char *path, const void *bytes, size_t size)
{
    unsigned char head[LENGTH_SIZE + CRC_SIZE], tail[CRC_SIZE];
    put(head, size, LENGTH_SIZE);
    put(head + LENGTH_SIZE, cornu__crc32c_masked(head, LENGTH_SIZE), CRC_SIZE);
    put(tail, cornu__crc32c_masked(bytes, size), CRC_SIZE);
    if (fwrite(head, 1, sizeof head, stream) == sizeof head && fwrite(bytes, 1, size, stream) == size &&
        fwrite(tail, 1, sizeof tail, stream) == sizeof tail)
        return CORNU_OK;
    return cornu__fail(CORNU_ERROR_IO, "cannot write '%s': %m", path);
}
