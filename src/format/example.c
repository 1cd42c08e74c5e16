/* example.c: tf.train.Example. */
#include <string.h>

#include "format/example.h"

/* Numbers of fields. */
enum { EXAMPLE_FEATURES = 1, FEATURES_ENTRY = 1, ENTRY_KEY = 1, ENTRY_VALUE = 2, LIST_VALUE = 1 };

/* --- Reading --- */

/* The list that comes last counts, as of any field that may come once. */
static bool read_feature(cornu__span message, cornu__feature *feature)
{
    cornu__wire_field next;
    while (message.at < message.end) {
        if (!cornu__wire_take_field(&message, &next))
            return false;
        if (next.kind == CORNU__WIRE_BYTES && next.number >= CORNU__FEATURE_BYTES &&
            next.number <= CORNU__FEATURE_INTS) {
            feature->kind = (cornu__feature_kind)next.number;
            feature->list = next.bytes;
        }
    }
    return true;
}

static bool read_entry(cornu__span message, cornu__feature *feature)
{
    cornu__wire_field next;
    *feature = (cornu__feature){.name = {message.at, message.at}};
    while (message.at < message.end) {
        if (!cornu__wire_take_field(&message, &next))
            return false;
        if (next.kind == CORNU__WIRE_BYTES && next.number == ENTRY_KEY)
            feature->name = next.bytes;
        else if (next.kind == CORNU__WIRE_BYTES && next.number == ENTRY_VALUE && !read_feature(next.bytes, feature))
            return false;
    }
    return true;
}

bool cornu__example_next(cornu__example *self, cornu__feature *feature, bool *more)
{
    cornu__wire_field next;
    *more = true;
    while (self->features.at < self->features.end || self->message.at < self->message.end) {
        bool within = self->features.at < self->features.end;
        if (!cornu__wire_take_field(within ? &self->features : &self->message, &next))
            return false;
        if (next.kind != CORNU__WIRE_BYTES)
            continue;
        if (within && next.number == FEATURES_ENTRY)
            return read_entry(next.bytes, feature);
        if (!within && next.number == EXAMPLE_FEATURES)
            self->features = next.bytes;
    }
    *more = false;
    return true;
}

/* Takes the next value off a list of numbers. Writers pack them into one field of bytes; they may also come one by one, and readers take both.
 * `packed` is what is left of the pack in hand, {0} at first. *more is false at the end. */
static bool take_number(const cornu__feature *of, cornu__span *list, cornu__span *packed, uint64_t *value, bool *more)
{
    bool floats = of->kind == CORNU__FEATURE_FLOATS;
    int one = floats ? CORNU__WIRE_FOUR_BYTES : CORNU__WIRE_VARINT;
    cornu__wire_field next;
    *more = true;
    while (packed->at < packed->end || list->at < list->end) {
        if (packed->at < packed->end) {
            if (!floats)
                return cornu__wire_take_varint(packed, value);
            if (packed->end - packed->at < 4)
                return false;
            *value = cornu__little_endian(packed->at, 4);
            packed->at += 4;
            return true;
        }
        if (!cornu__wire_take_field(list, &next))
            return false;
        if (next.number == LIST_VALUE && next.kind == one) {
            *value = next.value;
            return true;
        }
        if (next.number == LIST_VALUE && next.kind == CORNU__WIRE_BYTES)
            *packed = next.bytes;
    }
    *more = false;
    return true;
}

/* The same for byte strings. */
static bool take_string(cornu__span *list, cornu__span *string, bool *more)
{
    cornu__wire_field next;
    *more = true;
    while (list->at < list->end) {
        if (!cornu__wire_take_field(list, &next))
            return false;
        if (next.number == LIST_VALUE && next.kind == CORNU__WIRE_BYTES) {
            *string = next.bytes;
            return true;
        }
    }
    *more = false;
    return true;
}

bool cornu__feature_count(const cornu__feature *feature, int64_t *count)
{
    cornu__span list = feature->list, packed = {0};
    uint64_t value;
    bool more = feature->kind != CORNU__FEATURE_NONE;
    *count = 0;
    while (more) {
        bool whole = feature->kind == CORNU__FEATURE_BYTES ? take_string(&list, &packed, &more)
                                                           : take_number(feature, &list, &packed, &value, &more);
        if (!whole)
            return false;
        *count += more;
    }
    return true;
}

void cornu__feature_floats(const cornu__feature *feature, float *values)
{
    cornu__span list = feature->list, packed = {0};
    uint64_t value;
    for (bool more; take_number(feature, &list, &packed, &value, &more) && more; values++) {
        uint32_t bits = (uint32_t)value;
        memcpy(values, &bits, sizeof bits);
    }
}

void cornu__feature_ints(const cornu__feature *feature, int64_t *values)
{
    cornu__span list = feature->list, packed = {0};
    uint64_t value;
    for (bool more; take_number(feature, &list, &packed, &value, &more) && more;)
        *values++ = (int64_t)value;
}

cornu__span cornu__feature_bytes(const cornu__feature *feature)
{
    cornu__span list = feature->list, string = {list.at, list.at};
    bool more;
    take_string(&list, &string, &more);
    return string;
}

/* --- Writing --- */

/* An entry of the map: the feature's name and its list, which goes. */
static void add_feature(cornu__text *features, const char *name, cornu__feature_kind kind, cornu__text *list)
{
    cornu__text entry = {0}, feature = {0};
    cornu__wire_add_message(&feature, (int)kind, list);
    cornu__wire_add_bytes(&entry, ENTRY_KEY, name, strlen(name));
    cornu__wire_add_message(&entry, ENTRY_VALUE, &feature);
    cornu__wire_add_message(features, FEATURES_ENTRY, &entry);
}

void cornu__example_add_bytes(cornu__text *features, const char *name, const void *bytes, size_t size)
{
    cornu__text list = {0};
    cornu__wire_add_bytes(&list, LIST_VALUE, bytes, size);
    add_feature(features, name, CORNU__FEATURE_BYTES, &list);
}

void cornu__example_add_floats(cornu__text *features, const char *name, const float *values, int64_t count)
{
    cornu__text list = {0}, packed = {0};
    for (int64_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        cornu__wire_add_fixed(&packed, bits, sizeof bits);
    }
    cornu__wire_add_message(&list, LIST_VALUE, &packed);
    add_feature(features, name, CORNU__FEATURE_FLOATS, &list);
}

void cornu__example_add_ints(cornu__text *features, const char *name, const int64_t *values, int64_t count)
{
    cornu__text list = {0}, packed = {0};
    for (int64_t i = 0; i < count; i++)
        cornu__wire_add_varint(&packed, (uint64_t)values[i]);
    cornu__wire_add_message(&list, LIST_VALUE, &packed);
    add_feature(features, name, CORNU__FEATURE_INTS, &list);
}

void cornu__example_end(cornu__text *example, cornu__text *features)
{
    *example = (cornu__text){0};
    cornu__wire_add_message(example, EXAMPLE_FEATURES, features);
}
