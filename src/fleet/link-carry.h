/* What a link carries, as request.h sees it: loads wait in the link's line, are put on the wire
 * when it can carry, and learn when the link gives up. Inside this folder only. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "fleet/link.h"
#include "wire/wire.h"

struct link_load;

struct link_load_events {
    /* Put it on the wire. Returns 0; -EPIPE if this connection takes no more (the load stays in
     * line); 1 if the load ended itself meanwhile (it may be gone). */
    int (*carry)(struct link_load *load, struct wire *wire);
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
/* Whether `open` was granted on the present connection. */
bool link_is_open(const struct link *link);
/* The channel binding of the present connection. Returns 0, -EIO, or -ENOTCONN without one. */
int link_exporter(struct link *link, uint8_t exporter_out[EXPORTER_SIZE]);
/* How long an order for this machine is good. */
uint32_t link_order_window_ms(const struct link *link);
