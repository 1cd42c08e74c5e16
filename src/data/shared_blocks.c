/* shared_blocks.c: memory that the program and its worker processes share. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/memory.h"
#include "data/shared_blocks.h"

#define SMALLEST ((size_t)65536) /* also a multiple of every page size there is */

cornu_status cornu__shared_blocks_open(cornu__shared_blocks *blocks, int count)
{
    *blocks = (cornu__shared_blocks){.file = -1};
    pthread_mutex_init(&blocks->lock, NULL);
    blocks->blocks = cornu__alloc_array((size_t)count, sizeof *blocks->blocks);
    if (!blocks->blocks)
        return CORNU_ERROR_OUT_OF_MEMORY;
    blocks->count = count;
    blocks->file = memfd_create("cornu batches", MFD_CLOEXEC);
    if (blocks->file < 0)
        return cornu__fail(CORNU_ERROR_WORKER, "the system refused shared memory for worker processes: %s",
                           strerror(errno));
    return CORNU_OK;
}

static void unmap(cornu__shared_block *block)
{
    if (block->address)
        munmap(block->address, block->size);
    block->address = NULL;
}

void cornu__shared_blocks_forget(cornu__shared_blocks *blocks)
{
    for (int i = 0; i < blocks->count; i++) {
        unmap(&blocks->blocks[i]);
        blocks->blocks[i] = (cornu__shared_block){0};
    }
}

void cornu__shared_blocks_close(cornu__shared_blocks *blocks)
{
    cornu__shared_blocks_forget(blocks);
    cornu__free(blocks->blocks);
    if (blocks->file >= 0)
        close(blocks->file);
    pthread_mutex_destroy(&blocks->lock);
    *blocks = (cornu__shared_blocks){.file = -1};
}

static cornu_status map(const cornu__shared_blocks *blocks, cornu__shared_block *block, int protection)
{
    void *address = mmap(NULL, block->size, protection, MAP_SHARED, blocks->file, (off_t)block->offset);
    if (address == MAP_FAILED)
        return cornu__fail(CORNU_ERROR_OUT_OF_MEMORY,
                           "out of memory: %zu bytes of shared memory could not be mapped: %s", block->size,
                           strerror(errno));
    block->address = address;
    return CORNU_OK;
}

/* An eighth of slack at most, so that batches which grow slowly do not move each time. */
static size_t with_slack(size_t size)
{
    size_t step = SMALLEST;
    while (step < size / 8)
        step *= 2;
    return (size + step - 1) / step * step;
}

/* A signal can interrupt the taking of many pages. */
static int allocate(int file, off_t offset, off_t size)
{
    int refused;
    do
        refused = fallocate(file, 0, offset, size) == 0 ? 0 : errno;
    while (refused == EINTR);
    return refused;
}

/* The memory is taken now: later, where it is written, the system could refuse it only by ending the process. */
static cornu_status reserve(cornu__shared_blocks *blocks, cornu__shared_block *block)
{
    pthread_mutex_lock(&blocks->lock);
    block->offset = blocks->end;
    int refused = allocate(blocks->file, (off_t)block->offset, (off_t)block->size);
    if (refused == EOPNOTSUPP || refused == ENOSYS)
        refused = ftruncate(blocks->file, (off_t)(block->offset + block->size)) == 0 ? 0 : errno;
    if (refused == 0)
        blocks->end += block->size;
    pthread_mutex_unlock(&blocks->lock);
    if (refused == 0)
        return CORNU_OK;
    return cornu__fail(CORNU_ERROR_OUT_OF_MEMORY, "out of memory: shared memory for a batch wanted %zu bytes: %s",
                       block->size, strerror(refused));
}

cornu_status cornu__shared_blocks_grow(cornu__shared_blocks *blocks, int block_number, size_t size)
{
    cornu__shared_block *block = &blocks->blocks[block_number];
    if (size <= block->size)
        return CORNU_OK;
    if (size > PTRDIFF_MAX / 2)
        return cornu__fail_memory("a batch in shared memory", size);
    unmap(block);
    if (block->size > 0)
        (void)fallocate(blocks->file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)block->offset,
                        (off_t)block->size); /* refused: it is freed with the rest */
    *block = (cornu__shared_block){.size = with_slack(size)};
    cornu_status status = reserve(blocks, block);
    if (status == CORNU_OK)
        status = map(blocks, block, PROT_READ);
    if (status != CORNU_OK)
        *block = (cornu__shared_block){0};
    return status;
}

cornu_status cornu__shared_blocks_map(cornu__shared_blocks *blocks, int block_number, size_t offset, size_t size)
{
    cornu__shared_block *block = &blocks->blocks[block_number];
    if (block->address && block->offset == offset && block->size == size)
        return CORNU_OK;
    unmap(block);
    *block = (cornu__shared_block){.offset = offset, .size = size};
    return map(blocks, block, PROT_READ | PROT_WRITE);
}
