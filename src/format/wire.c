/* wire.c: messages of Protocol Buffers, field by field. */
#include "format/wire.h"

uint64_t cornu__little_endian(const unsigned char *bytes, int size)
{
    uint64_t value = 0;
    for (int i = size - 1; i >= 0; i--)
        value = value << 8 | bytes[i];
    return value;
}

bool cornu__wire_take_varint(cornu__span *from, uint64_t *value)
{
    *value = 0;
    for (int shift = 0; shift < 64 && from->at < from->end; shift += 7) {
        unsigned char byte = *from->at++;
        *value |= (uint64_t)(byte & 0x7F) << shift;
        if (!(byte & 0x80))
            return true;
    }
    return false;
}

static bool take_bytes(cornu__span *from, uint64_t size, cornu__span *bytes)
{
    if (size > (uint64_t)(from->end - from->at))
        return false;
    *bytes = (cornu__span){from->at, from->at + size};
    from->at += size;
    return true;
}

bool cornu__wire_take_field(cornu__span *from, cornu__wire_field *field)
{
    uint64_t key, size = 0;
    if (!cornu__wire_take_varint(from, &key))
        return false;
    *field = (cornu__wire_field){.number = key >> 3, .kind = (int)(key & 7)};
    switch (field->kind) {
    case CORNU__WIRE_VARINT:
        return cornu__wire_take_varint(from, &field->value);
    case CORNU__WIRE_EIGHT_BYTES:
    case CORNU__WIRE_FOUR_BYTES:
        size = field->kind == CORNU__WIRE_EIGHT_BYTES ? 8 : 4;
        if (!take_bytes(from, size, &field->bytes))
            return false;
        field->value = cornu__little_endian(field->bytes.at, (int)size);
        return true;
    case CORNU__WIRE_BYTES:
        return cornu__wire_take_varint(from, &size) && take_bytes(from, size, &field->bytes);
    default:
        return false;
    }
}

void cornu__wire_add_varint(cornu__text *message, uint64_t value)
{
    do {
        char byte = (char)((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
        cornu__text_add_bytes(message, &byte, 1);
        value >>= 7;
    } while (value > 0);
}

void cornu__wire_add_key(cornu__text *message, int field, int kind)
{
    cornu__wire_add_varint(message, (uint64_t)(field << 3 | kind));
}

void cornu__wire_add_number(cornu__text *message, int field, uint64_t value)
{
    cornu__wire_add_key(message, field, CORNU__WIRE_VARINT);
    cornu__wire_add_varint(message, value);
}

void cornu__wire_add_fixed(cornu__text *message, uint64_t bits, int size)
{
    for (int i = 0; i < size; i++) {
        char byte = (char)(bits >> (8 * i));
        cornu__text_add_bytes(message, &byte, 1);
    }
}

void cornu__wire_add_bytes(cornu__text *message, int field, const void *bytes, size_t size)
{
    cornu__wire_add_key(message, field, CORNU__WIRE_BYTES);
    cornu__wire_add_varint(message, size);
    cornu__text_add_bytes(message, bytes, size);
}

void cornu__wire_add_message(cornu__text *message, int field, cornu__text *inner)
{
    cornu__wire_add_bytes(message, field, inner->data, inner->length);
    message->failed = message->failed || inner->failed;
    cornu__text_free(inner);
}
