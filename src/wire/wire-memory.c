/* Where nghttp2's memory comes from: counted, and its large buffers straight from the kernel.
 *
 * A session keeps one buffer of a full frame for ever (16 KiB, LIMIT_DATA_FRAME after it sent a
 * large one), of which an idle connection uses the first page only: as a mapping of its own the
 * rest costs nothing. */
#include "wire/wire-private.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* In front of each block; as long as malloc's alignment, so that the block stays aligned. */
struct block {
    size_t size; /* with this header */
    bool mapped;
} __attribute__((aligned(16)));

enum { MAP_FROM = 12 * 1024 };

static void *memory_allocate(size_t size, void *user)
{
    struct wire *wire = user;
    struct block *block;
    bool mapped = size >= MAP_FROM;

    if (size > SIZE_MAX - sizeof(*block))
        return NULL;
    size += sizeof(*block);
    if (mapped) {
        block = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (block == MAP_FAILED)
            return NULL;
    } else {
        block = malloc(size);
        if (!block)
            return NULL;
    }
    *block = (struct block){.size = size, .mapped = mapped};
    wire->memory += size;
    return block + 1;
}

static void memory_free(void *pointer, void *user)
{
    struct wire *wire = user;
    struct block *block = pointer;

    if (!block)
        return;
    block--;
    wire->memory -= block->size;
    if (block->mapped)
        munmap(block, block->size);
    else
        free(block);
}

static void *memory_zeroed(size_t count, size_t size, void *user)
{
    size_t sum;
    void *pointer;

    if (__builtin_mul_overflow(count, size, &sum))
        return NULL;
    pointer = memory_allocate(sum, user);
    /* A fresh mapping is zeroed, and touching it would cost its pages. */
    if (pointer && sum < MAP_FROM)
        memset(pointer, 0, sum);
    return pointer;
}

static void *memory_resize(void *pointer, size_t size, void *user)
{
    size_t old = pointer ? ((struct block *)pointer)[-1].size - sizeof(struct block) : 0;
    void *moved = memory_allocate(size, user);

    if (!moved)
        return NULL;
    if (pointer)
        memcpy(moved, pointer, old < size ? old : size);
    memory_free(pointer, user);
    return moved;
}

void wire_memory_init(struct wire *wire)
{
    wire->memory_hooks = (nghttp2_mem){
        .mem_user_data = wire,
        .malloc = memory_allocate,
        .free = memory_free,
        .calloc = memory_zeroed,
        .realloc = memory_resize,
    };
}
