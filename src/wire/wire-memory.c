/* Where nghttp2's memory comes from: counted, and its large buffers straight from the kernel, or
 * from the wire before.
 *
 * A session keeps one buffer of a full frame for ever (16 KiB, LIMIT_DATA_FRAME after it sent a
 * large one), of which it uses the first page only: as a mapping of its own the rest costs nothing.
 */
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

/* The latest that fits exactly (there are two sizes), out of its place; NULL if there is none. */
static struct block *spares_take(struct wire_spares *spares, size_t size)
{
    for (size_t i = spares ? spares->count : 0; i > 0; i--) {
        struct block *block = spares->blocks[i - 1];

        if (block->size != size)
            continue;
        spares->blocks[i - 1] = spares->blocks[--spares->count];
        return block;
    }
    return NULL;
}

/* False if there are enough of them. */
static bool spares_put(struct wire_spares *spares, struct block *block)
{
    if (!spares || spares->count == WIRE_SPARES_MAX)
        return false;
    spares->blocks[spares->count++] = block;
    return true;
}

void wire_spares_drop(struct wire_spares *spares)
{
    while (spares->count > 0) {
        struct block *block = spares->blocks[--spares->count];

        munmap(block, block->size);
    }
}

/* NULL for no memory. */
static struct block *block_map(size_t size)
{
    void *block = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return block == MAP_FAILED ? NULL : block;
}

static void *memory_allocate(size_t size, void *user)
{
    struct wire *wire = user;
    struct block *block;
    bool mapped = size >= MAP_FROM;

    if (size > SIZE_MAX - sizeof(*block))
        return NULL;
    size += sizeof(*block);
    block = mapped ? spares_take(wire->spares, size) : malloc(size);
    if (!block && mapped)
        block = block_map(size);
    if (!block)
        return NULL;
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
    if (!block->mapped)
        free(block);
    else if (!spares_put(wire->spares, block))
        munmap(block, block->size);
}

static void *memory_zeroed(size_t count, size_t size, void *user)
{
    size_t sum;
    void *pointer;

    if (__builtin_mul_overflow(count, size, &sum))
        return NULL;
    pointer = memory_allocate(sum, user);
    if (pointer)
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
