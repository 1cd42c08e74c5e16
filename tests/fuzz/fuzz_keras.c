/*
 * fuzz_keras.c: libFuzzer's way into cornu_load_model, as a .keras archive.
 *
 * Sums and sizes would keep nearly all changes out of what lies in an archive. So an input is not the archive: it begins with 12 bytes that say how long
 * metadata.json and config.json are, and how many bytes at the end are cut off or added (a damaged archive); their bytes follow, and the rest is
 * model.weights.h5. It is packed with right sums. The mutator changes one member at a time and keeps the lengths right.
 */
#include <zip.h>

#include "model_file.h"

#define HEAD 12

size_t LLVMFuzzerMutate(uint8_t *bytes, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t max_size, unsigned seed);

typedef struct parts {
    const uint8_t *bytes[3];
    size_t sizes[3];
    uint32_t damage;
} parts;

static uint32_t number_at(const uint8_t *bytes)
{
    uint32_t number;
    memcpy(&number, bytes, sizeof number);
    return number;
}

static parts split(const uint8_t *bytes, size_t size)
{
    parts all = {.damage = number_at(bytes + 8)};
    size_t left = size - HEAD;
    const uint8_t *at = bytes + HEAD;
    for (int i = 0; i < 3; i++) {
        size_t wanted = i < 2 ? number_at(bytes + 4 * (size_t)i) : left;
        all.bytes[i] = at;
        all.sizes[i] = wanted < left ? wanted : left;
        at += all.sizes[i];
        left -= all.sizes[i];
    }
    return all;
}

/* The archive, for free. */
static uint8_t *pack(const parts *all, size_t *size)
{
    static const char *const names[] = {"metadata.json", "config.json", "model.weights.h5"};
    zip_error_t error;
    zip_stat_t about;
    zip_source_t *buffer = zip_source_buffer_create(NULL, 0, 0, &error);
    zip_source_keep(buffer);
    zip_t *archive = zip_open_from_source(buffer, ZIP_TRUNCATE, &error);
    for (int i = 0; i < 3; i++) {
        zip_int64_t index = zip_file_add(archive, names[i], zip_source_buffer(archive, all->bytes[i], all->sizes[i], 0),
                                         ZIP_FL_ENC_UTF_8);
        zip_set_file_compression(archive, (zip_uint64_t)index, ZIP_CM_STORE, 0);
    }
    if (!archive || zip_close(archive) != 0 || zip_source_stat(buffer, &about) != 0)
        abort();
    uint8_t *bytes = malloc(about.size);
    if (!bytes || zip_source_open(buffer) != 0 || zip_source_read(buffer, bytes, about.size) != (zip_int64_t)about.size)
        abort();
    zip_source_close(buffer);
    zip_source_free(buffer);
    *size = about.size;
    return bytes;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (size < HEAD)
        return -1; /* libFuzzer then forgets the input */
    const parts all = split(bytes, size);
    size_t packed_size;
    uint8_t *packed = pack(&all, &packed_size);
    if (all.damage % 8 == 7) /* mostly none */
        packed[all.damage / 8 % packed_size] ^= (uint8_t)(1 + all.damage % 251);
    fuzz_model(packed, packed_size);
    free(packed);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t max_size, unsigned seed)
{
    if (size < HEAD || seed % 64 == 0)
        return LLVMFuzzerMutate(bytes, size, max_size);
    parts all = split(bytes, size);
    unsigned chosen = seed % 8 < 1 ? 0 : seed % 8 < 5 ? 1 : 2;
    size_t room = max_size - (size - all.sizes[chosen]), before = (size_t)(all.bytes[chosen] - bytes);
    if (room == 0)
        return LLVMFuzzerMutate(bytes, size, max_size);
    size_t behind = size - before - all.sizes[chosen];
    uint8_t *member = malloc(room + 1), *tail = malloc(behind + 1);
    if (!member || !tail)
        abort();
    memcpy(member, all.bytes[chosen], all.sizes[chosen]);
    memcpy(tail, all.bytes[chosen] + all.sizes[chosen], behind);
    size_t changed = LLVMFuzzerMutate(member, all.sizes[chosen], room);
    memcpy(bytes + before, member, changed);
    memcpy(bytes + before + changed, tail, behind);
    for (unsigned i = 0; i < 2; i++) {
        uint32_t length = (uint32_t)(i == chosen ? changed : all.sizes[i]);
        memcpy(bytes + 4 * (size_t)i, &length, sizeof length);
    }
    free(member);
    free(tail);
    return before + changed + behind;
}
