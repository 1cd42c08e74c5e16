/*
 * base/memory.h: the one allocator. Every block of ours comes from here, is counted, and may be refused.
 *
 * A running training step allocates nothing: tests read the count before and after. Tests also make the n-th allocation fail.
 */
#ifndef CORNU_BASE_MEMORY_H
#define CORNU_BASE_MEMORY_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#define CORNU_ALIGNMENT 64 /* of every block: a cache line, and the widest vector */

/* `size` bytes of zeros, aligned to CORNU_ALIGNMENT; NULL with the error set when there are none. Size 0 gives a valid block. */
void *cornu__alloc(size_t size);

/* count * size bytes of zeros; NULL with the error set, also when the product overflows. */
void *cornu__alloc_array(size_t count, size_t size);

/* As alloc, but the contents are not set (large arenas). */
void *cornu__alloc_uninitialized(size_t size);

/* Grows or shrinks a block from the functions above, keeping the contents; new bytes are not set. NULL (the old block stays) on failure. */
void *cornu__realloc(void *block, size_t old_size, size_t new_size);

/* `items`, a list of `count` items of `size` bytes with room for *capacity (NULL and 0: none yet), with room for one more: itself, or grown to twice
 * the room. NULL with the error set: the list stays as it was. */
void *cornu__grow(void *items, size_t count, size_t *capacity, size_t size);

/* Frees a block; NULL is allowed. */
void cornu__free(void *block);

/* A copy of a string; NULL with the error set, or if `text` is NULL. */
char *cornu__copy_text(const char *text);

/* How many blocks were ever allocated, and how many live now. Exact across threads. */
uint64_t cornu__allocation_count(void);
uint64_t cornu__allocation_live(void);

/* For tests: the allocation number `n` from now (1 = the next) fails; 0 switches it off. */
void cornu__allocation_fail_at(uint64_t n);

#endif
