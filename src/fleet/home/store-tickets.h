/* TLS tickets of machines that were seen before, in the store (fleet/home/tickets.h). */
#pragma once

#include "base/buffer.h"
#include "base/cursor.h"
#include "fleet/home/store.h"
#include "proto/order.h"

/* Appends the ticket that this machine gave at this place, if it is good at `now_s` (wall clock, in
 * seconds). Returns 0, 1 if there is none, STORE_OFF or -ENOMEM. */
int store_ticket_find(struct store *store, const uint8_t machine[MACHINE_ID_SIZE],
                      const char *place, uint64_t now_s, struct buffer *ticket_out);
/* Returns 0 or STORE_OFF. An empty ticket takes away what is there. */
int store_ticket_keep(struct store *store, const uint8_t machine[MACHINE_ID_SIZE],
                      const char *place, struct slice ticket, uint64_t until_s);
/* Forgets what is good no more. */
int store_tickets_tidy(struct store *store, uint64_t now_s);
