/* See arena.h. Blocks are a linked list; the newest is the one that has room. */
#include "fleet/inventory/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { ARENA_BLOCK = 64 * 1024 };

struct arena_block {
    struct arena_block *next;
    size_t used;
    size_t room;
    char bytes[];
};

char *arena_text(struct arena_block **arena, const void *bytes, size_t size)
{
    struct arena_block *block = *arena;
    char *text;

    if (size > SIZE_MAX / 2)
        return NULL;
    if (!block || block->room - block->used <= size) {
        size_t room = size + 1 > ARENA_BLOCK ? size + 1 : ARENA_BLOCK;

        block = malloc(sizeof(*block) + room);
        if (!block)
            return NULL;
        *block = (struct arena_block){.next = *arena, .room = room};
        *arena = block;
    }
    text = block->bytes + block->used;
    if (size)
        memcpy(text, bytes, size);
    text[size] = '\0';
    block->used += size + 1;
    return text;
}

struct arena_block *arena_free(struct arena_block *arena)
{
    while (arena) {
        struct arena_block *next = arena->next;

        free(arena);
        arena = next;
    }
    return NULL;
}
