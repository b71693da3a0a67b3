/* Links by machine index. */
#include "fleet/link/link-pool.h"

#include <errno.h>
#include <stdlib.h>

struct pool_entry {
    struct link *link;
    uint32_t index;
    uint32_t taken;
    bool is_stale; /* forgotten while taken: its index may mean another machine now */
};

struct link_pool {
    struct link_factory *factory;
    struct pool_entry **entries; /* by index */
    uint32_t room;
    bool warm;
    link_pool_target target;
    void *user;
};

int link_pool_new(struct link_pool **pool_out, struct link_factory *factory, bool warm,
                  link_pool_target target, void *user)
{
    struct link_pool *pool = calloc(1, sizeof(*pool));

    if (!pool)
        return -ENOMEM;
    pool->factory = factory;
    pool->warm = warm;
    pool->target = target;
    pool->user = user;
    *pool_out = pool;
    return 0;
}

static void entry_free(struct pool_entry *entry)
{
    link_free(entry->link);
    free(entry);
}

struct link_pool *link_pool_free(struct link_pool *pool)
{
    if (!pool)
        return NULL;
    for (uint32_t i = 0; i < pool->room; i++)
        if (pool->entries[i])
            entry_free(pool->entries[i]);
    free(pool->entries);
    free(pool);
    return NULL;
}

static int pool_grow(struct link_pool *pool, uint32_t index)
{
    uint64_t room = pool->room ? pool->room : 16;
    struct pool_entry **entries;

    if (index < pool->room)
        return 0;
    while (room <= index)
        room *= 2;
    if (room > UINT32_MAX)
        room = UINT32_MAX;
    entries = reallocarray(pool->entries, room, sizeof(struct pool_entry *));
    if (!entries)
        return -ENOMEM;
    for (uint64_t i = pool->room; i < room; i++)
        entries[i] = NULL;
    pool->entries = entries;
    pool->room = (uint32_t)room;
    return 0;
}

static int pool_add(struct link_pool *pool, uint32_t index)
{
    struct link_target target = {0};
    struct pool_entry *entry;
    int error = pool_grow(pool, index);

    if (error)
        return error;
    entry = calloc(1, sizeof(*entry));
    if (!entry)
        return -ENOMEM;
    pool->target(index, &target, pool->user);
    error = link_new(&entry->link, pool->factory, &target);
    if (error) {
        free(entry);
        return error;
    }
    entry->index = index;
    link_set_user(entry->link, entry);
    pool->entries[index] = entry;
    return 0;
}

int link_pool_take(struct link_pool *pool, uint32_t index, struct link **link_out)
{
    int error = link_pool_peek(pool, index) ? 0 : pool_add(pool, index);

    if (error)
        return error;
    pool->entries[index]->taken++;
    *link_out = pool->entries[index]->link;
    link_connect(*link_out);
    return 0;
}

void link_pool_give(struct link_pool *pool, struct link *link)
{
    struct pool_entry *entry = link_user(link);

    if (--entry->taken > 0 || (pool->warm && !entry->is_stale))
        return;
    if (!entry->is_stale)
        pool->entries[entry->index] = NULL;
    entry_free(entry);
}

void link_pool_release(struct link_pool *pool, uint32_t index)
{
    struct link *link = link_pool_peek(pool, index);

    if (link)
        link_pool_give(pool, link);
}

struct link *link_pool_peek(const struct link_pool *pool, uint32_t index)
{
    return index < pool->room && pool->entries[index] ? pool->entries[index]->link : NULL;
}

void link_pool_forget(struct link_pool *pool)
{
    for (uint32_t i = 0; i < pool->room; i++) {
        struct pool_entry *entry = pool->entries[i];

        if (!entry)
            continue;
        pool->entries[i] = NULL;
        entry->is_stale = true;
        if (entry->taken == 0)
            entry_free(entry);
    }
}

struct link_factory *link_pool_factory(const struct link_pool *pool)
{
    return pool->factory;
}
