/* One HTTP exchange on one wire: request out, answer in, ended once. What request.h repeats over
 * ever new connections, and what a link uses for hello and open.
 *
 * The struct is embedded in its owner. on_done is the last that happens; in it, and after
 * exchange_drop(), the owner may free it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "fleet/link/trouble.h"
#include "wire/wire.h"

struct exchange;

struct exchange_events {
    void (*on_response)(struct exchange *exchange); /* 2xx only; may be NULL */
    /* Body bytes of a 2xx answer; give them back with exchange_consume(). NULL: collected in
     * `body`. */
    void (*on_data)(struct exchange *exchange, const uint8_t *bytes, size_t size);
    void (*on_acknowledged)(struct exchange *exchange); /* may be NULL */
    /* NULL after a whole 2xx answer. PROBLEM_LOST: the connection went away under it. */
    void (*on_done)(struct exchange *exchange, const struct trouble *trouble);
};

struct exchange {
    const struct exchange_events *events;
    const char *where; /* borrowed, for troubles */
    struct wire_stream *stream;
    struct wire_body flow;
    struct buffer body;
    unsigned status;
    bool is_refusal;
    bool flows;     /* our body is not all sent yet */
    bool overflows; /* the answer was too large */
};

/* What the request carries: nothing, bytes that are copied, or a flow. */
struct exchange_body {
    struct slice bytes;
    const struct wire_body *flow;
};

/* The struct must be zeroed or have ended. Returns 0, -ENOMEM or -EPIPE. */
int exchange_start(struct exchange *exchange, struct wire *wire, const char *method,
                   const char *path, const struct exchange_body *body,
                   const struct exchange_events *events, const char *where);
/* Cancels it if it runs, without on_done, and frees what it holds. */
void exchange_drop(struct exchange *exchange);
void exchange_consume(struct exchange *exchange, size_t size);
static inline bool exchange_is_running(const struct exchange *exchange)
{
    return exchange->stream != NULL;
}

/* For the event table of a client wire whose streams are all exchanges. */
void exchange_wire_response(struct wire_stream *stream, void *user);
void exchange_wire_data(struct wire_stream *stream, const uint8_t *bytes, size_t size, void *user);
void exchange_wire_end(struct wire_stream *stream, void *user);
void exchange_wire_acknowledged(struct wire_stream *stream, void *user);
void exchange_wire_close(struct wire_stream *stream, uint32_t h2_error, void *user);
