/* hdf5_header.c: the header of a group or dataset, in its two versions: blocks of messages, some of which lead to further blocks. */
#include <string.h>

#include "format/hdf5_parts.h"

#define MAX_BLOCKS 250 /* of one header */
#define CONTINUATION 0x10
#define IS_SHARED 2 /* flag of a message that lies elsewhere */

struct blocks {
    int count;
    struct {
        uint64_t address, size;
    } items[MAX_BLOCKS];
};

/* The form that all messages of one header have. */
struct form {
    int version;
    bool with_order; /* version 2: each message says when it was made */
};

static cornu_status add_block(const cornu__hdf5 *file, struct blocks *blocks, cornu__hdf5_cursor *message)
{
    uint64_t address = cornu__hdf5_take(message, 8), size = cornu__hdf5_take(message, 8);
    if (message->over || blocks->count == MAX_BLOCKS)
        return cornu__hdf5_damaged(file, "a header %s", message->over ? "ends too early" : "has no end");
    blocks->items[blocks->count].address = address;
    blocks->items[blocks->count++].size = size;
    return CORNU_OK;
}

/* Types of messages that say something even from elsewhere; what is not read may lie where it wants. */
static bool matters(int type)
{
    return type == 0x01 || type == 0x03 || type == 0x06 || type == 0x08 || type == 0x0b || type == 0x0c;
}

static cornu_status read_messages(cornu__hdf5 *file, const struct form *form, cornu__hdf5_cursor block,
                                  struct blocks *blocks, cornu__hdf5_handler *handle, void *state)
{
    size_t head = form->version == 1 ? 8 : form->with_order ? 6 : 4;
    while ((size_t)(block.end - block.at) >= head) {
        int type = (int)cornu__hdf5_take(&block, form->version == 1 ? 2 : 1);
        uint64_t size = cornu__hdf5_take(&block, 2);
        int flags = (int)cornu__hdf5_take(&block, 1);
        cornu__hdf5_skip(&block, head - (form->version == 1 ? 5 : 4));
        const unsigned char *body = cornu__hdf5_take_bytes(&block, size);
        if (!body)
            return cornu__hdf5_damaged(file, "a header has a message of %llu bytes that it has no room for",
                                       (unsigned long long)size);
        cornu__hdf5_message message = {type, {.at = body, .end = body + size}};
        if (type == CONTINUATION) {
            CORNU_TRY(add_block(file, blocks, &message.body));
        } else if ((flags & IS_SHARED) && matters(type)) {
            return cornu__fail(CORNU_ERROR_UNSUPPORTED,
                               "'%s' keeps a datatype or the like away from what has it (shared messages), as Keras "
                               "does not, and that is not read",
                               file->name);
        } else {
            CORNU_TRY(handle(file, &message, state));
        }
    }
    return CORNU_OK;
}

/* Version 1: the number of bytes of messages after 16 bytes of head. */
static cornu_status begin_version1(cornu__hdf5 *file, uint64_t address, struct blocks *blocks)
{
    unsigned char *head = cornu__hdf5_load(file, address, 16, "a header");
    if (!head)
        return cornu_error_status();
    cornu__hdf5_cursor cursor = {.at = head + 8, .end = head + 16};
    blocks->items[0].address = address + 16;
    blocks->items[0].size = cornu__hdf5_take(&cursor, 4);
    blocks->count = 1;
    cornu__free(head);
    return CORNU_OK;
}

/* Version 2: "OHDR", version, flags, and what the flags say follows. *head_size: the bytes before the messages. */
static cornu_status begin_version2(cornu__hdf5 *file, uint64_t address, struct form *form, struct blocks *blocks,
                                   uint64_t *head_size)
{
    uint64_t left = file->size - address;
    unsigned char *head = cornu__hdf5_load(file, address, left < 34 ? left : 34, "a header");
    if (!head)
        return cornu_error_status();
    cornu__hdf5_cursor cursor = {.at = head + 4, .end = head + (left < 34 ? left : 34)};
    int version = (int)cornu__hdf5_take(&cursor, 1), flags = (int)cornu__hdf5_take(&cursor, 1);
    cornu__hdf5_skip(&cursor,
                     (flags & 0x20 ? 16 : 0) + (flags & 0x10 ? 4 : 0)); /* times; when attributes become dense */
    uint64_t size = cornu__hdf5_take(&cursor, 1 << (flags & 3));
    *head_size = (uint64_t)(cursor.at - head);
    bool over = cursor.over;
    cornu__free(head);
    if (over || version != 2 || size > file->size)
        return cornu__hdf5_damaged(file, "there is no header of a known version at byte %llu",
                                   (unsigned long long)address);
    form->with_order = flags & 4;
    blocks->items[0].address = address;
    blocks->items[0].size = *head_size + size + 4;
    blocks->count = 1;
    return CORNU_OK;
}

static cornu_status read_block(cornu__hdf5 *file, const struct form *form, struct blocks *blocks, int number,
                               uint64_t head_size, cornu__hdf5_handler *handle, void *state)
{
    uint64_t size = blocks->items[number].size;
    unsigned char *block = cornu__hdf5_load(file, blocks->items[number].address, size, "a header");
    if (!block)
        return cornu_error_status();
    cornu_status status = CORNU_OK;
    cornu__hdf5_cursor messages = {.at = block, .end = block + size};
    if (form->version == 2) {
        uint64_t head = number == 0 ? head_size : 4;
        status = cornu__hdf5_check_sum(file, block, size, "a header");
        if (status == CORNU_OK && (size < head + 4 || (number > 0 && memcmp(block, "OCHK", 4) != 0)))
            status = cornu__hdf5_damaged(file, "a header goes on where there is none");
        messages = (cornu__hdf5_cursor){.at = block + head, .end = block + size - 4};
    }
    if (status == CORNU_OK)
        status = read_messages(file, form, messages, blocks, handle, state);
    cornu__free(block);
    return status;
}

cornu_status cornu__hdf5_read_header(cornu__hdf5 *file, uint64_t address, cornu__hdf5_handler *handle, void *state)
{
    unsigned char *start = cornu__hdf5_load(file, address, 4, "a header");
    if (!start)
        return cornu_error_status();
    struct form form = {.version = memcmp(start, "OHDR", 4) == 0 ? 2 : start[0]};
    cornu__free(start);
    if (form.version != 1 && form.version != 2)
        return cornu__hdf5_damaged(file, "there is no header of a known version at byte %llu",
                                   (unsigned long long)address);
    struct blocks blocks = {.count = 0};
    uint64_t head_size = 0;
    CORNU_TRY(form.version == 1 ? begin_version1(file, address, &blocks)
                                : begin_version2(file, address, &form, &blocks, &head_size));
    for (int i = 0; i < blocks.count; i++)
        CORNU_TRY(read_block(file, &form, &blocks, i, head_size, handle, state));
    return CORNU_OK;
}
