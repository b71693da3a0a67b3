/* Many machines kept in sight: each one's connection stays, its vital signs stream in, and what is
 * known of it now stands in one small struct. What `hune top`, `hune list -l`, `hune watch` and the
 * desktop look at.
 *
 * Presence
 *  - up: the machine let us in. A connection that breaks leaves it up until the next attempt fails
 *    too: an agent that starts afresh is no outage.
 *  - down: an attempt to connect failed. The link goes on trying.
 *  - refused: somebody answers, but is another machine, or does not let us in. Tried again now and
 *    then.
 * All functions belong to the loop's thread; callbacks come from the loop. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "fleet/link/link-pool.h"
#include "fleet/link/trouble.h"
#include "fleet/watch/rule.h"
#include "fleet/watch/vitals.h"

/* X(NAME): what there is a short memory of, for sparklines. */
#define HUNE_TRACKS(X)                 \
    X(CPU)  /* cpu.busy */             \
    X(MEM)  /* percent of mem.total */ \
    X(DISK) /* disk.busy */            \
    X(NET)  /* net.rx + net.tx */

enum track {
#define X(name) TRACK_##name,
    HUNE_TRACKS(X)
#undef X
        TRACK_COUNT, /* how many there are */
};

enum {
    TRACK_LENGTH = 40,                /* samples */
    LOOKOUT_RETRY_MS = 60 * 1000,     /* who refused is asked again */
    LOOKOUT_STALE_SAMPLES = 3,        /* so many that did not come: what was known is old */
    LOOKOUT_STALE_LEAST_MS = 5 * 1000 /* a stream of one second may stumble */
};

/* One machine. */
struct sight {
    enum presence presence;
    bool is_ready;             /* there is a connection now */
    enum problem_code problem; /* why it is down or refused, or gives no vitals */
    uint64_t presence_ms;      /* monotonic: since when it is so; 0: from the beginning */
    uint64_t sample_ms;        /* monotonic: of the newest sample; 0: none came yet */
    uint64_t attempt_ms;       /* monotonic: when it is tried again; 0: it is tried, or is there */
    uint32_t round_trip_ms;
    float vitals[VITAL_COUNT];               /* NAN: not known */
    float tracks[TRACK_COUNT][TRACK_LENGTH]; /* oldest first; NAN: a gap */
};

/* Whether somebody is there who will go on not letting us in: PRESENCE_REFUSED, not down. */
bool presence_is_refusal(enum problem_code code);

struct lookout;

/* Any may be NULL. They may do anything but free the lookout or remove the machine. */
struct lookout_events {
    /* How the console gets on with the machine changed: its connection, its presence, its problem.
     */
    void (*on_change)(struct lookout *lookout, uint32_t position, void *user);
    /* A sample came; NULL: one that was expected did not. */
    void (*on_sample)(struct lookout *lookout, uint32_t position,
                      const struct vitals_sample *sample, void *user);
    /* Its presence changed: a step of one of up, down, refused. `trouble` tells why it is not up,
     * NULL if it is. Comes before on_change. */
    void (*on_presence)(struct lookout *lookout, uint32_t position, enum presence from,
                        enum presence to, const struct trouble *trouble, void *user);
    /* The connection is there, or there again. Comes after on_change. */
    void (*on_ready)(struct lookout *lookout, uint32_t position, const struct link_info *info,
                     void *user);
    /* An attempt, or a connection, failed. Comes after on_change. */
    void (*on_failed)(struct lookout *lookout, uint32_t position, const struct trouble *trouble,
                      void *user);
};

struct lookout_settings {
    struct link_pool *pool;   /* borrowed; its links are taken for as long as the lookout lives */
    const uint32_t *machines; /* indices; copied. More may come: lookout_add() */
    uint32_t count;
    const char *fields; /* of vitals_ask; copied. NULL: no vitals, presence only */
    uint32_t every_ms;
    const struct lookout_events *events;
    void *user;
};

/* Connections begin at once, a factory's handshakes at a time. Returns 0 or -ENOMEM. */
int lookout_new(struct lookout **lookout_out, const struct lookout_settings *settings);
/* Gives the links back. No callback comes after this. Takes NULL, returns NULL. */
struct lookout *lookout_free(struct lookout *lookout);

/* Looks at one more machine. Its position is that of one that was removed, or the count of before.
 * `problem` other than PROBLEM_NONE: it cannot even be tried (its id is not known), which counts as
 * refused. Returns 0 or -ENOMEM. */
int lookout_add(struct lookout *lookout, uint32_t machine, enum problem_code problem,
                uint32_t *position_out);
/* Looks away from it and gives its link back; nothing more is told of it. */
void lookout_remove(struct lookout *lookout, uint32_t position);
/* Ends the connection because a person said so: its presence is unknown, and it is not tried again
 * until lookout_wake(), or until somebody else connects the link. */
void lookout_rest(struct lookout *lookout, uint32_t position);
/* Tries it now, whatever it waits for. */
void lookout_wake(struct lookout *lookout, uint32_t position);
bool lookout_is_resting(const struct lookout *lookout, uint32_t position);
/* Asks for other vitals from now on, as in lookout_settings. Returns 0 or -ENOMEM. */
int lookout_set_fields(struct lookout *lookout, const char *fields);

/* Positions are below this. */
uint32_t lookout_count(const struct lookout *lookout);
uint32_t lookout_machine(const struct lookout *lookout, uint32_t position);
const struct sight *lookout_sight(const struct lookout *lookout, uint32_t position);
/* How many machines are in this state. */
uint32_t lookout_present(const struct lookout *lookout, enum presence presence);
/* NULL if it cannot be tried. */
struct link *lookout_link(const struct lookout *lookout, uint32_t position);
/* Puts what an earlier lookout knew in the place of nothing: the fleet list was read anew. */
void lookout_adopt(struct lookout *lookout, uint32_t position, const struct sight *sight);
/* Whether the newest sample is too old to say how the machine is. */
bool lookout_is_stale(const struct lookout *lookout, const struct sight *sight, uint64_t now_ms);
/* What a rule judges: vitals are NULL where they are stale. */
void lookout_reading(const struct lookout *lookout, uint32_t position, uint64_t now_ms,
                     struct reading *reading_out);
