/*
 * base/word_map.h: words, or numbers, and a number for each, in the order in which they were added: Python's dict for a vocabulary.
 *
 * A key is bytes with a NUL behind them; a number as key is its decimal text, as in JSON.
 */
#ifndef CORNU_BASE_WORD_MAP_H
#define CORNU_BASE_WORD_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

typedef struct cornu__word_entry {
    size_t key, length; /* where in `keys` */
    uint64_t hash;
    int64_t value;
    int64_t mark; /* for the user: the last document that had the word */
} cornu__word_entry;

/* Start from {0}. */
typedef struct cornu__word_map {
    size_t count, room;
    cornu__word_entry *entries; /* in order */
    size_t keys_length, keys_room;
    char *keys;
    size_t slot_count; /* 0 or a power of two */
    size_t *slots;     /* index of an entry + 1; 0: free */
} cornu__word_map;

void cornu__word_map_free(cornu__word_map *map);
/* The entry of a key, or NULL. Valid until one is added. */
cornu__word_entry *cornu__word_map_find(const cornu__word_map *map, const char *key, size_t length);
/* *entry := the entry of a key; a new one has the value 0 and the mark -1. */
cornu_status cornu__word_map_add(cornu__word_map *map, const char *key, size_t length, cornu__word_entry **entry);
/* The key of an entry, NUL-terminated. Valid until an entry is added. */
const char *cornu__word_map_key(const cornu__word_map *map, const cornu__word_entry *entry);

/* The same for numbers as keys. */
cornu__word_entry *cornu__word_map_find_number(const cornu__word_map *map, int64_t key);
cornu_status cornu__word_map_set_number(cornu__word_map *map, int64_t key, int64_t value);
/* The value of a key, or 0. */
int64_t cornu__word_map_value(const cornu__word_map *map, const char *key);

#endif
