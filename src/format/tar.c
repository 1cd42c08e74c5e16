/* tar.c: samples in archives of tar. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "format/limits.h"
#include "format/tar.h"

#define BLOCK 512
#define NAME_SIZE 100
#define PREFIX_SIZE 155
#define LARGEST_HEADER (1u << 20) /* of a pax header or a long name */

/* Where fields lie in a header. */
enum {
    NAME = 0,
    SIZE = 124,
    CHECKSUM = 148,
    TYPE = 156,
    MAGIC = 257,
    PREFIX = 345,
    SIZE_LENGTH = 12,
    CHECKSUM_LENGTH = 8
};

/* A text that grows and is kept. */
typedef struct kept {
    char *text;
    size_t room;
} kept;

/* What a cursor knows: the entry whose header it has read last, at whose bytes the window stands, and the sample in hand. */
typedef struct reader {
    bool pending; /* the entry is nobody's yet */
    int64_t number;
    uint64_t offset, header_offset, size;
    kept name; /* cut in two: the key and the extension */
    const char *extension;
    bool within; /* a sample */
    kept key;    /* of it */
    kept header; /* of a pax header or a long name: its bytes */
    /* what headers before an entry say of it */
    bool has_long_name, has_size;
    uint64_t long_size;
    int64_t passed_over;
} reader;

static void free_reader(void *scratch)
{
    reader *self = scratch;
    cornu__free(self->name.text);
    cornu__free(self->key.text);
    cornu__free(self->header.text);
}

static cornu_status keep_room(kept *text, size_t size)
{
    if (size <= text->room)
        return CORNU_OK;
    char *grown = cornu__alloc_uninitialized(2 * size);
    if (!grown)
        return CORNU_ERROR_OUT_OF_MEMORY;
    cornu__free(text->text);
    *text = (kept){grown, 2 * size};
    return CORNU_OK;
}

static cornu_status keep_text(kept *text, const char *from, size_t length)
{
    CORNU_TRY(keep_room(text, length + 1));
    memcpy(text->text, from, length);
    text->text[length] = '\0';
    return CORNU_OK;
}

/* --- Headers --- */

static cornu_status fail_damaged(const cornu__cursor *cursor, uint64_t offset, const char *what)
{
    return cornu__fail(CORNU_ERROR_FORMAT, "'%s', byte %llu: %s", cursor->of->file.path, (unsigned long long)offset,
                       what);
}

static cornu_status fail_truncated(const cornu__cursor *cursor, const char *name)
{
    return cornu__fail(CORNU_ERROR_FORMAT, "'%s' is truncated: it ends within '%.100s'", cursor->of->file.path, name);
}

/* An octal number with blanks or a NUL around it, or, with the first bit set, one of base 256. false: it is none, or negative, or too large. */
static bool read_number(const unsigned char *field, size_t length, uint64_t *value)
{
    *value = 0;
    if (field[0] & 0x80) {
        *value = field[0] & 0x7f;
        for (size_t i = 1; i < length; i++) {
            if (*value >> 55)
                return false;
            *value = *value << 8 | field[i];
        }
        return true;
    }
    size_t i = 0;
    while (i < length && field[i] == ' ')
        i++;
    for (; i < length && field[i] >= '0' && field[i] <= '7'; i++)
        *value = *value << 3 | (uint64_t)(field[i] - '0');
    return i == length || field[i] == ' ' || field[i] == '\0';
}

bool cornu__tar_is_header(const unsigned char *block)
{
    uint64_t said;
    int64_t with_sign = 0, without_sign = 0;
    for (int i = 0; i < BLOCK; i++) {
        int byte = i >= CHECKSUM && i < CHECKSUM + CHECKSUM_LENGTH ? ' ' : block[i];
        without_sign += byte;
        with_sign += byte < 128 ? byte : byte - 256; /* old programs summed so */
    }
    return read_number(block + CHECKSUM, CHECKSUM_LENGTH, &said) && said > 0 &&
           ((int64_t)said == without_sign || (int64_t)said == with_sign);
}

static bool is_zero(const unsigned char *block)
{
    for (int i = 0; i < BLOCK; i++) {
        if (block[i] != 0)
            return false;
    }
    return true;
}

static size_t field_length(const unsigned char *field, size_t most)
{
    const unsigned char *end = memchr(field, '\0', most);
    return end ? (size_t)(end - field) : most;
}

/* The name in a header: ustar's prefix before it. GNU has other things there. */
static cornu_status keep_name(reader *self, const unsigned char *block)
{
    char name[PREFIX_SIZE + 1 + NAME_SIZE];
    size_t length = 0, prefix = 0;
    if (memcmp(block + MAGIC, "ustar", 6) == 0)
        prefix = field_length(block + PREFIX, PREFIX_SIZE);
    if (prefix > 0) {
        memcpy(name, block + PREFIX, prefix);
        name[prefix] = '/';
        length = prefix + 1;
    }
    size_t rest = field_length(block + NAME, NAME_SIZE);
    memcpy(name + length, block + NAME, rest);
    return keep_text(&self->name, name, length + rest);
}

static uint64_t padded(uint64_t size)
{
    return (size + BLOCK - 1) / BLOCK * BLOCK;
}

/* The bytes of a header that describes the next one, with a NUL behind them. */
static cornu_status read_description(cornu__cursor *cursor, uint64_t size)
{
    reader *self = cursor->scratch;
    bool whole;
    if (size > LARGEST_HEADER)
        return fail_damaged(cursor, cursor->window.offset, "a header of more than a megabyte");
    CORNU_TRY(keep_room(&self->header, (size_t)size + 1));
    CORNU_TRY(cornu__window_read(&cursor->window, self->header.text, size, &whole));
    self->header.text[size] = '\0';
    if (whole)
        CORNU_TRY(cornu__window_skip(&cursor->window, padded(size) - size, &whole));
    return whole ? CORNU_OK : fail_truncated(cursor, "a header");
}

/* One "key=value" of a pax header that counts. `is_global`: of all entries that follow. */
static cornu_status read_pax_record(cornu__cursor *cursor, const char *record, size_t length, bool is_global)
{
    reader *self = cursor->scratch;
    bool is_path = length > 5 && memcmp(record, "path=", 5) == 0;
    bool is_size = length > 5 && memcmp(record, "size=", 5) == 0;
    if (length > 10 && memcmp(record, "GNU.sparse", 10) == 0)
        return fail_damaged(cursor, cursor->window.offset, "sparse files in archives are not read");
    if ((is_path || is_size) && is_global)
        return fail_damaged(cursor, cursor->window.offset, "a global header gives all files one name or size");
    if (is_path) {
        self->has_long_name = true;
        return keep_text(&self->name, record + 5, length - 5);
    }
    if (is_size) {
        char *end;
        self->has_size = true;
        self->long_size = strtoull(record + 5, &end, 10);
        if (*end != '\n' || record[5] < '0' || record[5] > '9')
            return fail_damaged(cursor, cursor->window.offset, "the size in a pax header is no number");
    }
    return CORNU_OK;
}

/* Records "<length> <key>=<value>\n", the length of all of it. */
static cornu_status read_pax(cornu__cursor *cursor, uint64_t size, bool is_global)
{
    reader *self = cursor->scratch;
    CORNU_TRY(read_description(cursor, size));
    const char *next = self->header.text, *end = next + size;
    while (next < end && *next != '\0') {
        char *record;
        unsigned long long length = *next >= '0' && *next <= '9' ? strtoull(next, &record, 10) : 0;
        if (length == 0 || length > (unsigned long long)(end - next) || *record != ' ' || next[length - 1] != '\n' ||
            record + 1 >= next + length)
            return fail_damaged(cursor, cursor->window.offset, "a pax header that is none");
        record++;
        size_t left = (size_t)(next + length - 1 - record);
        CORNU_TRY(read_pax_record(cursor, record, left, is_global));
        next += length;
    }
    return CORNU_OK;
}

static cornu_status read_long_name(cornu__cursor *cursor, uint64_t size)
{
    reader *self = cursor->scratch;
    CORNU_TRY(read_description(cursor, size));
    self->has_long_name = true;
    return keep_text(&self->name, self->header.text, strlen(self->header.text));
}

/* --- Entries --- */

/* Cuts a name at the first dot behind the last slash. false: it has none there, or begins with it, as hidden files do. */
static bool cut_name(reader *self)
{
    char *base = strrchr(self->name.text, '/');
    base = base ? base + 1 : self->name.text;
    char *dot = strchr(base, '.');
    if (!dot || dot == base || dot[1] == '\0')
        return false;
    *dot = '\0';
    self->extension = dot + 1;
    for (char *letter = dot + 1; *letter; letter++)
        *letter = (char)(*letter >= 'A' && *letter <= 'Z' ? *letter - 'A' + 'a' : *letter);
    return true;
}

static cornu_status step_over(cornu__cursor *cursor, uint64_t size, const char *name)
{
    bool whole;
    if (size > UINT64_MAX - BLOCK)
        return fail_truncated(cursor, name);
    CORNU_TRY(cornu__window_skip(&cursor->window, padded(size), &whole));
    return whole ? CORNU_OK : fail_truncated(cursor, name);
}

static bool is_file(char type)
{
    return type == '0' || type == '\0' || type == '7';
}

/* What a header is of, whose bytes follow. *found: a file that counts, which is then pending. */
static cornu_status read_entry(cornu__cursor *cursor, const unsigned char *block, uint64_t size, bool *found)
{
    reader *self = cursor->scratch;
    char type = (char)block[TYPE];
    if (!self->has_long_name)
        CORNU_TRY(keep_name(self, block));
    size = self->has_size ? self->long_size : size;
    self->has_long_name = self->has_size = false;
    if (type == 'S')
        return fail_damaged(cursor, cursor->window.offset, "sparse files in archives are not read");
    size_t length = strlen(self->name.text);
    bool is_folder = type == '5' || (length > 0 && self->name.text[length - 1] == '/');
    if (!is_file(type)) /* links and devices have no bytes, whatever their header says */
        size = type >= '1' && type <= '6' ? 0 : size;
    *found = is_file(type) && !is_folder && cut_name(self);
    if (!*found) {
        self->passed_over += !is_folder;
        return step_over(cursor, size, self->name.text);
    }
    if (size > CORNU__MAX_BINARY_RECORD)
        return cornu__fail(CORNU_ERROR_LIMIT, "'%s': '%.100s.%.20s' has %llu bytes; at most %llu are read",
                           cursor->of->file.path, self->name.text, self->extension, (unsigned long long)size,
                           (unsigned long long)CORNU__MAX_BINARY_RECORD);
    if (padded(size) > cornu__window_left(&cursor->window))
        return fail_truncated(cursor, self->name.text);
    self->pending = true;
    self->number = cursor->number;
    self->size = size;
    self->offset = cursor->window.offset;
    return CORNU_OK;
}

/* Reads one header, and what it describes unless that is a file that counts. *more is false at the archive's end. */
static cornu_status read_header(cornu__cursor *cursor, bool *found, bool *more)
{
    cornu__window *window = &cursor->window;
    uint64_t size, at = window->offset;
    CORNU_TRY(cornu__window_want(window, BLOCK));
    size_t available = cornu__window_available(window);
    *found = false;
    *more = available > 0;
    if (!*more)
        return CORNU_OK;
    if (available < BLOCK)
        return fail_truncated(cursor, "a header");
    unsigned char block[BLOCK];
    memcpy(block, window->bytes + window->begin, BLOCK);
    if (is_zero(block)) {
        *more = false;
        return CORNU_OK;
    }
    if (!cornu__tar_is_header(block))
        return fail_damaged(cursor, at,
                            "wanted the header of a file, and its sum is wrong: the archive is damaged, or no tar");
    if (!read_number(block + SIZE, SIZE_LENGTH, &size))
        return fail_damaged(cursor, at, "the size in a header is no number");
    cornu__window_take(window, BLOCK);
    switch (block[TYPE]) {
    case 'x':
        return read_pax(cursor, size, false);
    case 'g':
        return read_pax(cursor, size, true);
    case 'L':
        return read_long_name(cursor, size);
    case 'K':
        return read_description(cursor, size);
    default:
        return read_entry(cursor, block, size, found);
    }
}

/* Makes a file that counts pending. *more is false when there is none left. */
static cornu_status look_for_entry(cornu__cursor *cursor, bool *more)
{
    reader *self = cursor->scratch;
    *more = true;
    if (self->pending && self->number == cursor->number && self->offset == cursor->window.offset)
        return CORNU_OK;
    self->pending = false;
    self->has_long_name = self->has_size = false;
    for (bool found = false; !found;) {
        if (!self->has_long_name && !self->has_size)
            self->header_offset = cursor->window.offset;
        CORNU_TRY(read_header(cursor, &found, more));
        if (!*more)
            return CORNU_OK;
    }
    return CORNU_OK;
}

cornu_status cornu__tar_next(cornu__cursor *cursor, cornu__tar_entry *entry, bool *more)
{
    reader *self = cursor->scratch;
    CORNU_TRY(look_for_entry(cursor, more));
    if (!self->within && *more) {
        CORNU_TRY(keep_text(&self->key, self->name.text, strlen(self->name.text)));
        self->within = true;
    }
    if (self->within && (!*more || strcmp(self->key.text, self->name.text) != 0)) {
        *more = self->within = false;
        cornu__cursor_passed(cursor);
        self->number = cursor->number;
    }
    if (*more)
        *entry = (cornu__tar_entry){.key = self->key.text, .extension = self->extension, .size = self->size};
    return CORNU_OK;
}

cornu_status cornu__tar_read(cornu__cursor *cursor, void *to)
{
    reader *self = cursor->scratch;
    bool whole;
    CORNU_TRY(cornu__window_read(&cursor->window, to, self->size, &whole));
    if (whole)
        CORNU_TRY(cornu__window_skip(&cursor->window, padded(self->size) - self->size, &whole));
    self->pending = false;
    return whole ? CORNU_OK : fail_truncated(cursor, self->name.text);
}

cornu_status cornu__tar_pass(cornu__cursor *cursor)
{
    reader *self = cursor->scratch;
    self->pending = false;
    return step_over(cursor, self->size, self->name.text);
}

/* --- Samples --- */

static cornu_status skip_sample(cornu__cursor *cursor, bool *more)
{
    cornu__tar_entry entry;
    bool within;
    int64_t number = cursor->number;
    CORNU_TRY(cornu__tar_next(cursor, &entry, &within));
    *more = within;
    while (within) {
        CORNU_TRY(cornu__tar_pass(cursor));
        CORNU_TRY(cornu__tar_next(cursor, &entry, &within));
    }
    cursor->number = number; /* who skips counts */
    return CORNU_OK;
}

const cornu__record_format cornu__tar_format = {
    .skip = skip_sample, .scratch_size = sizeof(reader), .free_scratch = free_reader};

static cornu_status visit_sample(cornu__record_file *file, cornu__cursor *cursor, cornu__tar_visitor *visitor,
                                 bool *more)
{
    const reader *self = cursor->scratch;
    cornu__tar_entry entry;
    CORNU_TRY(cornu__tar_next(cursor, &entry, more));
    if (!*more)
        return CORNU_OK;
    CORNU_TRY(cornu__record_file_count(file, (cornu__record_mark){.offset = self->header_offset}));
    for (bool within = true; within;) {
        CORNU_TRY(visitor->entry(visitor->state, &entry));
        CORNU_TRY(cornu__tar_pass(cursor));
        CORNU_TRY(cornu__tar_next(cursor, &entry, &within));
    }
    return visitor->end(visitor->state, self->key.text);
}

cornu_status cornu__tar_index(cornu__record_file *file, cornu__tar_visitor *visitor)
{
    cornu__cursor *cursor = cornu__record_file_begin(file);
    cornu_status status = cursor ? CORNU_OK : CORNU_ERROR_OUT_OF_MEMORY;
    for (bool more = true; status == CORNU_OK && more;)
        status = visit_sample(file, cursor, visitor, &more);
    if (!cursor)
        return status;
    visitor->passed_over = ((const reader *)cursor->scratch)->passed_over;
    cornu__record_file_give_back(file, cursor, status);
    return status;
}
