/*
 * zip_directory.c: where in an archive the bytes of a stored member lie, which libzip does not tell.
 *
 * The archive ends in a record that says where its directory is; the directory has an entry for each member, in libzip's order, which says where
 * the member's own header is; behind that, which repeats its name and what else is known, are its bytes. (APPNOTE.TXT of PKWARE, 4.3; ZIP64: 4.5.3)
 */
#include <string.h>

#include "base/memory.h"
#include "format/zip.h"

#define END_SIZE 22
#define END64_LOCATOR_SIZE 20
#define END64_SIZE 56
#define ENTRY_SIZE 46
#define HEADER_SIZE 30
#define MAX_COMMENT 65535

static uint64_t number_at(const unsigned char *bytes, int size)
{
    uint64_t number = 0;
    for (int i = size - 1; i >= 0; i--)
        number = number << 8 | bytes[i];
    return number;
}

static cornu_status fail_damaged(const cornu__bytes *file)
{
    return cornu__fail(CORNU_ERROR_FORMAT, "'%s' is damaged: its directory does not say where its members are",
                       file->name);
}

/* The end record, looked for from the end backwards, as a comment may follow it. *at := its place. */
static cornu_status find_end(cornu__bytes *file, unsigned char *end, uint64_t *at)
{
    uint64_t most = END_SIZE + MAX_COMMENT, size = file->size < most ? file->size : most;
    if (size < END_SIZE)
        return fail_damaged(file);
    unsigned char *tail = cornu__alloc_uninitialized(size);
    if (!tail)
        return CORNU_ERROR_OUT_OF_MEMORY;
    cornu_status status = cornu__bytes_read(file, file->size - size, tail, size, "its directory");
    uint64_t place = size - END_SIZE + 1;
    while (status == CORNU_OK && place > 0 && memcmp(tail + --place, "PK\5\6", 4) != 0) {
        if (place == 0)
            status = fail_damaged(file);
    }
    if (status == CORNU_OK) {
        memcpy(end, tail + place, END_SIZE);
        *at = file->size - size + place;
    }
    cornu__free(tail);
    return status;
}

/* *directory := where the directory begins; an archive of more than 4 GB says it in a record of its own before the end. */
static cornu_status find_directory(cornu__bytes *file, uint64_t *directory)
{
    unsigned char end[END_SIZE], locator[END64_LOCATOR_SIZE], end64[END64_SIZE];
    uint64_t at = 0;
    CORNU_TRY(find_end(file, end, &at));
    *directory = number_at(end + 16, 4);
    if (at < END64_LOCATOR_SIZE)
        return CORNU_OK;
    CORNU_TRY(cornu__bytes_read(file, at - END64_LOCATOR_SIZE, locator, sizeof locator, "its directory"));
    if (memcmp(locator, "PK\6\7", 4) != 0)
        return CORNU_OK;
    CORNU_TRY(cornu__bytes_read(file, number_at(locator + 8, 8), end64, sizeof end64, "its directory"));
    if (memcmp(end64, "PK\6\6", 4) != 0)
        return fail_damaged(file);
    *directory = number_at(end64 + 48, 8);
    return CORNU_OK;
}

/* In the extra part of an entry, the large numbers stand for those that the entry has no room for, in their order. */
static uint64_t header_place(const unsigned char *entry, const unsigned char *extra, uint64_t extra_size)
{
    uint64_t place = number_at(entry + 42, 4);
    if (place != UINT32_MAX)
        return place;
    for (uint64_t at = 0; at + 4 <= extra_size;) {
        uint64_t kind = number_at(extra + at, 2), size = number_at(extra + at + 2, 2);
        uint64_t skip =
            (number_at(entry + 24, 4) == UINT32_MAX ? 8 : 0) + (number_at(entry + 20, 4) == UINT32_MAX ? 8 : 0);
        if (kind == 1 && skip + 8 <= size && at + 4 + size <= extra_size)
            return number_at(extra + at + 4 + skip, 8);
        at += 4 + size;
    }
    return UINT64_MAX;
}

/* *place := where the header of the member is whose entry stands at *at, which goes on to the next entry. */
static cornu_status read_entry(cornu__bytes *file, uint64_t *at, uint64_t *place)
{
    unsigned char entry[ENTRY_SIZE];
    CORNU_TRY(cornu__bytes_read(file, *at, entry, sizeof entry, "its directory"));
    if (memcmp(entry, "PK\1\2", 4) != 0)
        return fail_damaged(file);
    uint64_t name = number_at(entry + 28, 2), extra = number_at(entry + 30, 2), comment = number_at(entry + 32, 2);
    unsigned char *extras = cornu__alloc_uninitialized(extra);
    if (!extras)
        return CORNU_ERROR_OUT_OF_MEMORY;
    cornu_status status = cornu__bytes_read(file, *at + ENTRY_SIZE + name, extras, extra, "its directory");
    *place = status == CORNU_OK ? header_place(entry, extras, extra) : UINT64_MAX;
    cornu__free(extras);
    *at += ENTRY_SIZE + name + extra + comment;
    return status;
}

cornu_status cornu__zip_find_stored(zip_t *archive, zip_uint64_t index, cornu__bytes *file, uint64_t *offset)
{
    zip_stat_t about;
    zip_stat_init(&about);
    *offset = UINT64_MAX;
    if (zip_stat_index(archive, index, 0, &about) != 0 || !(about.valid & ZIP_STAT_COMP_METHOD) ||
        about.comp_method != ZIP_CM_STORE)
        return CORNU_OK;
    uint64_t at = 0, place = 0;
    CORNU_TRY(find_directory(file, &at));
    for (zip_uint64_t i = 0; i <= index; i++)
        CORNU_TRY(read_entry(file, &at, &place));
    unsigned char header[HEADER_SIZE];
    if (place == UINT64_MAX)
        return fail_damaged(file);
    CORNU_TRY(cornu__bytes_read(file, place, header, sizeof header, "the header of a member"));
    uint64_t begin = place + HEADER_SIZE + number_at(header + 26, 2) + number_at(header + 28, 2);
    if (memcmp(header, "PK\3\4", 4) != 0 || begin > file->size || about.size > file->size - begin)
        return fail_damaged(file);
    *offset = begin;
    return CORNU_OK;
}
