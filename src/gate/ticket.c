/* See ticket.h. */
#include "gate/ticket.h"

#include <errno.h>
#include <stdlib.h>

#include "proto/limits.h"

struct ticket {
    struct request *request;
    enum door_type answer; /* 0 while the slot is free */
    uint32_t next_free;
};

enum { TICKETS_AT_FIRST = 16 };

void tickets_init(struct tickets *tickets)
{
    *tickets = (struct tickets){.first_free = TICKET_NONE};
}

void tickets_deinit(struct tickets *tickets)
{
    free(tickets->slots);
    tickets_init(tickets);
}

static int tickets_grow(struct tickets *tickets)
{
    size_t capacity = tickets->capacity ? 2 * tickets->capacity : TICKETS_AT_FIRST;
    struct ticket *slots = reallocarray(tickets->slots, capacity, sizeof(*slots));

    if (!slots)
        return -ENOMEM;
    for (size_t i = capacity; i-- > tickets->capacity;) {
        slots[i] = (struct ticket){.next_free = tickets->first_free};
        tickets->first_free = (uint32_t)i;
    }
    tickets->slots = slots;
    tickets->capacity = capacity;
    return 0;
}

int tickets_take(struct tickets *tickets, enum door_type answer, struct request *request,
                 uint32_t *ticket_out)
{
    struct ticket *slot;

    *ticket_out = TICKET_NONE;
    if (tickets->taken >= LIMIT_TICKETS)
        return 1;
    if (tickets->first_free == TICKET_NONE) {
        int r = tickets_grow(tickets);

        if (r)
            return r;
    }
    *ticket_out = tickets->first_free;
    slot = &tickets->slots[*ticket_out];
    tickets->first_free = slot->next_free;
    *slot = (struct ticket){.request = request, .answer = answer, .next_free = TICKET_NONE};
    tickets->taken++;
    return 0;
}

void tickets_orphan(struct tickets *tickets, uint32_t ticket)
{
    if (ticket < tickets->capacity)
        tickets->slots[ticket].request = NULL;
}

int tickets_settle(struct tickets *tickets, uint32_t ticket, enum door_type answer,
                   struct request **request_out)
{
    struct ticket *slot;

    *request_out = NULL;
    if (ticket >= tickets->capacity || tickets->slots[ticket].answer != answer)
        return 1;
    slot = &tickets->slots[ticket];
    *request_out = slot->request;
    *slot = (struct ticket){.next_free = tickets->first_free};
    tickets->first_free = ticket;
    tickets->taken--;
    return 0;
}
