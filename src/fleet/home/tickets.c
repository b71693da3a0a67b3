/* See tickets.h. */
#include "fleet/home/tickets.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/list.h"
#include "fleet/home/store-tickets.h"
#include "proto/limits.h"

/* Written together: one sync for many, and nobody else waits long. */
enum { WRITTEN_TOGETHER = 512 };

struct fresh {
    struct list at;
    struct buffer ticket;
    uint8_t machine[MACHINE_ID_SIZE];
    char place[];
};

struct tickets {
    struct store *store;
    struct list fresh;
    unsigned count;
};

int tickets_new(struct tickets **tickets_out)
{
    struct tickets *tickets = calloc(1, sizeof(*tickets));

    if (!tickets)
        return -ENOMEM;
    list_init(&tickets->fresh);
    *tickets_out = tickets;
    return 0;
}

void tickets_use(struct tickets *tickets, struct store *store)
{
    tickets->store = store;
}

static void fresh_free(struct fresh *fresh)
{
    list_remove(&fresh->at);
    buffer_wipe(&fresh->ticket);
    free(fresh);
}

static uint64_t now_s(void)
{
    return clock_wall_ms() / 1000;
}

static void write_all(struct tickets *tickets)
{
    uint64_t now = now_s();
    struct fresh *fresh;
    bool writes = tickets->count > 0 && store_begin(tickets->store) == 0;

    if (writes)
        store_tickets_tidy(tickets->store, now);
    list_for_each (&tickets->fresh, struct fresh, at, fresh) {
        if (writes)
            store_ticket_keep(
                tickets->store, fresh->machine, fresh->place,
                (struct slice){buffer_bytes(&fresh->ticket), buffer_length(&fresh->ticket)},
                now + LIMIT_TICKET_S);
        fresh_free(fresh);
    }
    if (writes)
        store_commit(tickets->store);
    tickets->count = 0;
}

struct tickets *tickets_free(struct tickets *tickets)
{
    if (!tickets)
        return NULL;
    write_all(tickets);
    free(tickets);
    return NULL;
}

int tickets_find(struct tickets *tickets, const uint8_t machine[MACHINE_ID_SIZE], const char *place,
                 struct buffer *ticket_out)
{
    return store_ticket_find(tickets->store, machine, place, now_s(), ticket_out);
}

void tickets_keep(struct tickets *tickets, const uint8_t machine[MACHINE_ID_SIZE],
                  const char *place, struct slice ticket)
{
    size_t size = strlen(place) + 1;
    struct fresh *fresh = tickets->store ? calloc(1, sizeof(*fresh) + size) : NULL;

    if (!fresh)
        return;
    memcpy(fresh->machine, machine, MACHINE_ID_SIZE);
    memcpy(fresh->place, place, size);
    list_append(&tickets->fresh, &fresh->at);
    if (buffer_append(&fresh->ticket, ticket.bytes, ticket.size)) {
        fresh_free(fresh);
        return;
    }
    if (++tickets->count >= WRITTEN_TOGETHER)
        write_all(tickets);
}
