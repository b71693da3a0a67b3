/* Machines by name and by host: chained hash tables whose links are in the machines themselves. */
#include "fleet/inventory/machines-private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { INDEX_SLOTS_MIN = 64 };

/* FNV-1a. The list is the operator's own, so nobody gains from collisions. */
static uint32_t hash_text(const char *text)
{
    uint64_t hash = 0xcbf29ce484222325u;

    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 0x100000001b3u;
    return (uint32_t)(hash ^ hash >> 32);
}

static uint32_t *index_head(const struct fleet_index *index, const char *text)
{
    return &index->heads[hash_text(text) & index->mask];
}

static int index_reset(struct fleet_index *index, uint32_t room)
{
    uint32_t slots = INDEX_SLOTS_MIN;
    uint32_t *heads;

    while (slots < room)
        slots *= 2;
    heads = reallocarray(index->heads, slots, sizeof(*heads));
    if (!heads)
        return -ENOMEM;
    memset(heads, 0xff, slots * sizeof(*heads));
    *index = (struct fleet_index){.heads = heads, .mask = slots - 1};
    return 0;
}

void fleet_index_insert(struct fleet *fleet, uint32_t machine)
{
    struct machine *entry = &fleet->machines[machine];
    uint32_t *head = index_head(&fleet->by_name, entry->name);

    entry->next_of_name = *head;
    *head = machine;
    head = index_head(&fleet->by_host, entry->host);
    entry->next_of_host = *head;
    *head = machine;
}

void fleet_index_remove(struct fleet *fleet, uint32_t machine)
{
    struct machine *entry = &fleet->machines[machine];
    uint32_t *at = index_head(&fleet->by_name, entry->name);

    while (*at != machine)
        at = &fleet->machines[*at].next_of_name;
    *at = entry->next_of_name;
    at = index_head(&fleet->by_host, entry->host);
    while (*at != machine)
        at = &fleet->machines[*at].next_of_host;
    *at = entry->next_of_host;
}

int fleet_reindex(struct fleet *fleet)
{
    int r = index_reset(&fleet->by_name, fleet->machine_room);

    if (!r)
        r = index_reset(&fleet->by_host, fleet->machine_room);
    for (uint32_t i = 0; !r && i < fleet->count; i++)
        fleet_index_insert(fleet, i);
    return r;
}

uint32_t fleet_find(const struct fleet *fleet, const char *name)
{
    uint32_t at = fleet->by_name.heads ? *index_head(&fleet->by_name, name) : FLEET_NONE;

    while (at != FLEET_NONE && strcmp(fleet->machines[at].name, name) != 0)
        at = fleet->machines[at].next_of_name;
    return at;
}

static uint32_t host_from(const struct fleet *fleet, uint32_t at, const char *host, uint16_t port)
{
    while (at != FLEET_NONE && (strcmp(fleet->machines[at].host, host) != 0 ||
                                (port && fleet->machines[at].port != port)))
        at = fleet->machines[at].next_of_host;
    return at;
}

uint32_t fleet_find_host(const struct fleet *fleet, const char *host, uint16_t port)
{
    uint32_t head = fleet->by_host.heads ? *index_head(&fleet->by_host, host) : FLEET_NONE;

    return host_from(fleet, head, host, port);
}

uint32_t fleet_next_host(const struct fleet *fleet, uint32_t index, uint16_t port)
{
    const struct machine *machine = &fleet->machines[index];

    return host_from(fleet, machine->next_of_host, machine->host, port);
}
