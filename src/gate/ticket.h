/* Questions that the warden has not answered yet.
 *
 * A ticket is taken for a question and stays taken until its answer, even when the console's stream
 * that asked is long gone: so an answer can never reach another request than its own, and an answer
 * to no question is the warden's breach. Knows requests only by address.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "door/door.h"

struct request;
struct ticket;

struct tickets {
    struct ticket *slots;
    size_t capacity;
    size_t taken;
    uint32_t first_free; /* TICKET_NONE if there is none */
};

#define TICKET_NONE UINT32_MAX

void tickets_init(struct tickets *tickets);
void tickets_deinit(struct tickets *tickets);

/* `answer` is the type that must come back. Returns 0, -ENOMEM, or 1 when LIMIT_TICKETS are taken.
 */
int tickets_take(struct tickets *tickets, enum door_type answer, struct request *request,
                 uint32_t *ticket_out);
/* The request is gone; its answer will find nobody. Harmless for TICKET_NONE. */
void tickets_orphan(struct tickets *tickets, uint32_t ticket);
/* The answer is here. Returns 0, or 1 if that was not asked; *request_out is NULL for an orphan. */
int tickets_settle(struct tickets *tickets, uint32_t ticket, enum door_type answer,
                   struct request **request_out);
