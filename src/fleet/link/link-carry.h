/* What a link carries, as request.h sees it: loads wait in the link's line, are put on the wire
 * when it can carry, and learn when the link gives up. Inside this folder only. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "base/list.h"
#include "fleet/link/link.h"
#include "wire/wire.h"

struct link_load;

struct link_load_events {
    /* Put it on the wire. Returns 0; -EPIPE if this connection takes no more (the load stays in
     * line); 1 if the load ended itself meanwhile (it may be gone). */
    int (*carry)(struct link_load *load, struct wire *wire);
    /* May be NULL: no. Whether it can open the connection by itself, in the place of `open`. It is
     * then carried first, finds link_opens_with() true, and tells what became of it. */
    bool (*can_open)(struct link_load *load);
    /* The link gave up. The load is in no list; it may free itself. */
    void (*fail)(struct link_load *load, const struct trouble *trouble);
};

struct link_load {
    struct list at;
    const struct link_load_events *events;
};

/* Puts the load at the end of the line and carries what can be carried; fails it at once if the
 * link is closed. */
void link_add_load(struct link *link, struct link_load *load);
/* Puts it into line and carries nothing now: for a load whose connection is breaking. */
void link_wait_load(struct link *link, struct link_load *load);
/* Bytes were given to the wire, or taken from it, outside of a wire event. */
void link_flush(struct link *link);
/* Whether the present connection is being opened by this load. It then ends in one of: */
bool link_opens_with(const struct link *link, const struct link_load *load);
/* the machine let us in. `root` is the object that `open` is answered with. Until link_ready() the
 * link is not `ready`. Returns false, with the link given up, if it makes no sense. */
bool link_let_in(struct link *link, json_t *root);
void link_ready(struct link *link);
/* the machine did not, or the order could not be signed; */
void link_not_let_in(struct link *link, const struct trouble *trouble);
/* the load is gone. The connection, which may be open by now or not, is made anew. */
void link_opener_gone(struct link *link, const struct link_load *load);
/* Whether `open` was granted on the present connection. */
bool link_is_open(const struct link *link);
/* The channel binding of the present connection. Returns 0, -EIO, or -ENOTCONN without one. */
int link_exporter(struct link *link, uint8_t exporter_out[EXPORTER_SIZE]);
/* How long an order for this machine is good. */
uint32_t link_order_window_ms(const struct link *link);
