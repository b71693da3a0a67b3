/* TLS tickets for links: found in the store when a link connects, kept in memory as they come, and
 * written together. Each belongs to one machine id at one place, and is offered nowhere else. */
#pragma once

#include "base/buffer.h"
#include "base/cursor.h"
#include "fleet/home/store.h"
#include "proto/order.h"

struct tickets;

/* Returns 0 or -ENOMEM. Nothing is found or kept before tickets_use(). */
int tickets_new(struct tickets **tickets_out);
/* `store` is borrowed and may be NULL. For where it is open anyway: opening and closing it for one
 * machine costs much more than a ticket saves. */
void tickets_use(struct tickets *tickets, struct store *store);
/* Writes what came. Takes NULL, returns NULL. */
struct tickets *tickets_free(struct tickets *tickets);
/* Appends the ticket of this machine at this place. Returns 0, or anything else for none. */
int tickets_find(struct tickets *tickets, const uint8_t machine[MACHINE_ID_SIZE], const char *place,
                 struct buffer *ticket_out);
/* A new one; empty: what is there was refused, forget it. Without memory it is forgotten, too. */
void tickets_keep(struct tickets *tickets, const uint8_t machine[MACHINE_ID_SIZE],
                  const char *place, struct slice ticket);
