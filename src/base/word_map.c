/* word_map.c: a hash table with open addressing beside a list of entries. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/word_map.h"

#define NUMBER_TEXT_SIZE 24

void cornu__word_map_free(cornu__word_map *map)
{
    cornu__free(map->entries);
    cornu__free(map->keys);
    cornu__free(map->slots);
    *map = (cornu__word_map){0};
}

/* FNV-1a (Fowler, Noll and Vo) with 64 bits. */
static uint64_t hash_of(const char *key, size_t length)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)key[i]) * UINT64_C(0x100000001b3);
    return hash ^ hash >> 32;
}

/* The slot in which the key is, or the free one where it belongs; there always is a free one. */
static size_t slot_of(const cornu__word_map *map, const char *key, size_t length, uint64_t hash)
{
    size_t slot = (size_t)hash & (map->slot_count - 1);
    while (map->slots[slot] != 0) {
        const cornu__word_entry *entry = &map->entries[map->slots[slot] - 1];
        if (entry->hash == hash && entry->length == length && memcmp(map->keys + entry->key, key, length) == 0)
            break;
        slot = (slot + 1) & (map->slot_count - 1);
    }
    return slot;
}

cornu__word_entry *cornu__word_map_find(const cornu__word_map *map, const char *key, size_t length)
{
    if (map->slot_count == 0)
        return NULL;
    size_t slot = slot_of(map, key, length, hash_of(key, length));
    return map->slots[slot] == 0 ? NULL : &map->entries[map->slots[slot] - 1];
}

/* At most half of the slots are taken. */
static cornu_status grow_slots(cornu__word_map *map)
{
    if (2 * (map->count + 1) <= map->slot_count)
        return CORNU_OK;
    size_t slot_count = map->slot_count == 0 ? 64 : 2 * map->slot_count;
    size_t *slots = cornu__alloc_array(slot_count, sizeof *slots);
    if (!slots)
        return cornu_error_status();
    cornu__free(map->slots);
    map->slots = slots;
    map->slot_count = slot_count;
    for (size_t i = 0; i < map->count; i++) {
        const cornu__word_entry *entry = &map->entries[i];
        slots[slot_of(map, map->keys + entry->key, entry->length, entry->hash)] = i + 1;
    }
    return CORNU_OK;
}

static cornu_status grow_entries(cornu__word_map *map)
{
    if (map->count < map->room)
        return CORNU_OK;
    size_t room = map->room == 0 ? 32 : 2 * map->room;
    cornu__word_entry *entries = cornu__realloc(map->entries, map->count * sizeof *entries, room * sizeof *entries);
    if (!entries)
        return cornu_error_status();
    map->entries = entries;
    map->room = room;
    return CORNU_OK;
}

static cornu_status grow_keys(cornu__word_map *map, size_t length)
{
    size_t wanted = map->keys_length + length + 1;
    if (wanted <= map->keys_room)
        return CORNU_OK;
    size_t room = wanted + wanted / 2 + 256;
    char *keys = cornu__realloc(map->keys, map->keys_length, room);
    if (!keys)
        return cornu_error_status();
    map->keys = keys;
    map->keys_room = room;
    return CORNU_OK;
}

cornu_status cornu__word_map_add(cornu__word_map *map, const char *key, size_t length, cornu__word_entry **entry)
{
    *entry = cornu__word_map_find(map, key, length);
    if (*entry)
        return CORNU_OK;
    CORNU_TRY(grow_slots(map));
    CORNU_TRY(grow_entries(map));
    CORNU_TRY(grow_keys(map, length));
    uint64_t hash = hash_of(key, length);
    map->slots[slot_of(map, key, length, hash)] = map->count + 1;
    *entry = &map->entries[map->count++];
    **entry = (cornu__word_entry){.key = map->keys_length, .length = length, .hash = hash, .mark = -1};
    memcpy(map->keys + map->keys_length, key, length);
    map->keys[map->keys_length + length] = '\0';
    map->keys_length += length + 1;
    return CORNU_OK;
}

const char *cornu__word_map_key(const cornu__word_map *map, const cornu__word_entry *entry)
{
    return map->keys + entry->key;
}

cornu__word_entry *cornu__word_map_find_number(const cornu__word_map *map, int64_t key)
{
    char text[NUMBER_TEXT_SIZE];
    int length = snprintf(text, sizeof text, "%" PRId64, key);
    return cornu__word_map_find(map, text, (size_t)length);
}

cornu_status cornu__word_map_set_number(cornu__word_map *map, int64_t key, int64_t value)
{
    char text[NUMBER_TEXT_SIZE];
    int length = snprintf(text, sizeof text, "%" PRId64, key);
    cornu__word_entry *entry;
    CORNU_TRY(cornu__word_map_add(map, text, (size_t)length, &entry));
    entry->value = value;
    return CORNU_OK;
}

int64_t cornu__word_map_value(const cornu__word_map *map, const char *key)
{
    const cornu__word_entry *entry = cornu__word_map_find(map, key, strlen(key));
    return entry ? entry->value : 0;
}
