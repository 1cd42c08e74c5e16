/* memory.c: counted, aligned, refusable allocation. */
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define FIRST_CAPACITY 16 /* of a list that grows */

static _Atomic uint64_t allocations;
static _Atomic uint64_t frees;
static _Atomic uint64_t fail_countdown; /* 0: never */

static bool must_fail(void)
{
    uint64_t left = atomic_load(&fail_countdown);
    while (left > 0) {
        if (atomic_compare_exchange_weak(&fail_countdown, &left, left - 1))
            return left == 1;
    }
    return false;
}

void *cornu__alloc_uninitialized(size_t size)
{
    size_t rounded = (size + CORNU_ALIGNMENT - 1) / CORNU_ALIGNMENT * CORNU_ALIGNMENT;
    if (rounded < size) {
        cornu__fail_memory("a block", size);
        return NULL;
    }
    void *block = must_fail() ? NULL : aligned_alloc(CORNU_ALIGNMENT, rounded > 0 ? rounded : CORNU_ALIGNMENT);
    if (!block) {
        cornu__fail_memory("a block", size);
        return NULL;
    }
    atomic_fetch_add_explicit(&allocations, 1, memory_order_relaxed);
    return block;
}

void *cornu__alloc(size_t size)
{
    void *block = cornu__alloc_uninitialized(size);
    if (block)
        memset(block, 0, size > 0 ? size : 1);
    return block;
}

void *cornu__alloc_array(size_t count, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(count, size, &total)) {
        cornu__fail_memory("an array", SIZE_MAX);
        return NULL;
    }
    return cornu__alloc(total);
}

void *cornu__realloc(void *block, size_t old_size, size_t new_size)
{
    void *grown = cornu__alloc_uninitialized(new_size);
    if (!grown)
        return NULL;
    if (block)
        memcpy(grown, block, old_size < new_size ? old_size : new_size);
    cornu__free(block);
    return grown;
}

void *cornu__grow(void *items, size_t count, size_t *capacity, size_t size)
{
    size_t more = *capacity ? 2 * *capacity : FIRST_CAPACITY, bytes;
    if (count < *capacity)
        return items;
    if (more < *capacity || __builtin_mul_overflow(more, size, &bytes)) {
        cornu__fail_memory("a list", SIZE_MAX);
        return NULL;
    }
    void *grown = cornu__realloc(items, count * size, bytes);
    if (grown)
        *capacity = more;
    return grown;
}

void cornu__free(void *block)
{
    if (!block)
        return;
    atomic_fetch_add_explicit(&frees, 1, memory_order_relaxed);
    free(block);
}

char *cornu__copy_text(const char *text)
{
    if (!text)
        return NULL;
    size_t size = strlen(text) + 1;
    char *copy = cornu__alloc_uninitialized(size);
    if (copy)
        memcpy(copy, text, size);
    return copy;
}

uint64_t cornu__allocation_count(void)
{
    return atomic_load(&allocations);
}

uint64_t cornu__allocation_live(void)
{
    return atomic_load(&allocations) - atomic_load(&frees);
}

void cornu__allocation_fail_at(uint64_t n)
{
    atomic_store(&fail_countdown, n);
}
