/*
 * format/wire.h: messages of Protocol Buffers as they lie in files (protobuf.dev, "Encoding"): a sequence of fields, each with a number, a kind and a
 * value; a message within a message is a field of bytes.
 *
 * A message is a span of bytes, and no field reaches beyond it, whatever its length says.
 */
#ifndef CORNU_FORMAT_WIRE_H
#define CORNU_FORMAT_WIRE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

typedef struct cornu__span {
    const unsigned char *at, *end;
} cornu__span;

enum {
    CORNU__WIRE_VARINT = 0,
    CORNU__WIRE_EIGHT_BYTES = 1,
    CORNU__WIRE_BYTES = 2,
    CORNU__WIRE_FOUR_BYTES = 5 /* 3 and 4, groups, are not used any more */
};

/* One field of a message. */
typedef struct cornu__wire_field {
    uint64_t number;
    int kind;
    uint64_t value;    /* of a number; bits of a fixed one */
    cornu__span bytes; /* of all kinds but VARINT */
} cornu__wire_field;

/* `size` bytes (up to 8) as a little-endian number. */
uint64_t cornu__little_endian(const unsigned char *bytes, int size);

/* Takes a varint off. false: it does not end within the span or within 64 bits. */
bool cornu__wire_take_varint(cornu__span *from, uint64_t *value);

/* Takes the next field off. false: the message is damaged. Ask only while at < end. */
bool cornu__wire_take_field(cornu__span *from, cornu__wire_field *field);

/* --- Writing, behind what `message` has --- */

void cornu__wire_add_varint(cornu__text *message, uint64_t value);
void cornu__wire_add_key(cornu__text *message, int field, int kind);
void cornu__wire_add_number(cornu__text *message, int field, uint64_t value);
/* The `size` lower bytes of `bits`, without a key. */
void cornu__wire_add_fixed(cornu__text *message, uint64_t bits, int size);
void cornu__wire_add_bytes(cornu__text *message, int field, const void *bytes, size_t size);
/* A message inside another; the inner one goes. */
void cornu__wire_add_message(cornu__text *message, int field, cornu__text *inner);

#endif
