/* Many small texts that die together: one allocation for thousands of them. */
#pragma once

#include <stddef.h>

struct arena_block;

/* Copies `size` bytes and a NUL behind them. `*arena` is NULL at first. NULL for no memory. */
char *arena_text(struct arena_block **arena, const void *bytes, size_t size);
/* Frees all texts; returns NULL. */
struct arena_block *arena_free(struct arena_block *arena);
