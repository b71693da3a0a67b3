/* The parcel of a `get` job as it comes from a machine: bytes that resume where they stopped,
 * whatever breaks, and an end that the machine is told of: before that, the job does not end. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/uuid.h"
#include "fleet/link/link.h"
#include "fleet/link/trouble.h"

struct remote_parcel;

struct remote_parcel_events {
    /* Where the next bytes belong, and for how many there is room (wire_place.room). */
    uint8_t *(*room)(void *user, size_t *size_out);
    /* They may lie there already, or elsewhere. They hold the machine's window until so many were
     * given back. */
    void (*on_bytes)(void *user, const uint8_t *bytes, size_t size);
    /* The connection broke: what came over it holds no window any more. May be followed by
     * remote_parcel_pause(). */
    void (*on_interrupted)(void *user);
    /* All of it came, or, with trouble, nothing more will. Once; nothing comes behind it. */
    void (*on_end)(void *user, const struct trouble *trouble);
};

/* Returns 0 or -errno. All callbacks come from the loop. */
int remote_parcel_start(struct remote_parcel **parcel_out, struct link *link,
                        const uint8_t id[UUID_SIZE], const struct remote_parcel_events *events,
                        void *user);
/* Lets go of it. Takes NULL, returns NULL. */
struct remote_parcel *remote_parcel_free(struct remote_parcel *parcel);
void remote_parcel_give_back(struct remote_parcel *parcel, size_t size);
/* No sending begins until resumed: there is no room for a window's worth of bytes. Only between
 * sendings; its job holds the link meanwhile. */
void remote_parcel_pause(struct remote_parcel *parcel);
void remote_parcel_resume(struct remote_parcel *parcel);
