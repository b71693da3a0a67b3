/* At most once: which orders were accepted, and what became of them.
 *
 * Two journals of fixed-size records. Orders with an epoch are remembered in the run folder:
 * without a sync, because the page cache outlives the warden and a reboot makes them void anyway.
 * Orders with epoch zero are remembered in the state folder and synced before they run, together
 * with the latest time that each key has signed, which defeats a wall clock that was set back.
 *
 * An id is remembered until its order has expired; after that the order would be refused as
 * expired.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/uuid.h"
#include "proto/order.h"
#include "proto/sshkey.h"
#include "proto/state.h"

struct replay_entry {
    uint8_t id[UUID_SIZE];
    uint64_t expires;
    uint16_t verb;
    bool waiting;  /* epoch zero: `expires` is wall clock */
    bool lost_now; /* it ran when the last warden ended */
    struct job_state state;
    uint32_t next; /* chain in its bucket; 0 ends it */
};

struct replay_journal {
    int fd;
    char *folder, *path;
};

struct replay {
    struct replay_journal epoch_journal;
    struct replay_journal waiting_journal;
    struct replay_entry *entries; /* entry 0 is never used */
    uint32_t count, capacity;
    uint32_t *buckets;
    uint64_t seed;
    uint32_t bucket_count;   /* a power of two */
    uint64_t latest_wall_ms; /* the latest `issued` of any order that waited */
};

/* Opens and reads the journals; `fresh` starts the epoch's anew. Jobs that ran when the last warden
 * ended are `lost` now: with the machine if `fresh`, else with the agent. Returns 0 or -errno. */
int replay_init(struct replay *replay, const char *run, const char *state, bool fresh);
void replay_deinit(struct replay *replay);
/* What became of this id, or NULL if it was never accepted. */
const struct replay_entry *replay_find(const struct replay *replay, const uint8_t id[UUID_SIZE]);
/* Remembers an order before it is carried out. Returns 0 or -errno: then it must not be. */
int replay_accept(struct replay *replay, const struct order *order);
/* Remembers how it ended. */
void replay_finish(struct replay *replay, const uint8_t id[UUID_SIZE], struct job_state state);
/* Calls `tell` (may be NULL) for each order that was found `lost` at the start. Returns how many
 * there are. */
size_t replay_each_lost(const struct replay *replay,
                        void (*tell)(const struct replay_entry *entry, void *user), void *user);
/* The wall clock, but never before the latest order that was accepted on it. */
uint64_t replay_wall_ms(const struct replay *replay);

bool order_may_wait(const struct order *order); /* epoch zero */
