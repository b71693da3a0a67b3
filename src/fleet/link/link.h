/* The way to one machine: resolve, connect, prove who is there, say hello, open, stay connected.
 *
 * Life of a link
 *  1. link_new(), link_watch(), link_connect(). Requests may be given to it from then on: those
 * that come early wait and leave in the same flight as `open`.
 *  2. Callbacks come from the loop, never from inside link_new() or link_connect(). A callback may
 * do anything to the link, link_free() too.
 *  3. A link that is wanted (persistent, or a request or a job holds it) and that got as far as
 * `open` once connects again by itself, with growing pauses. Otherwise it ends in `closed` and
 * link_connect() starts it afresh.
 *  4. link_free() ends it at once for the caller; what libuv still has to close goes on in the
 * loop. All functions belong to the loop's thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/list.h"
#include "fleet/link/trouble.h"
#include "proto/order.h"
#include "proto/sshkey.h"

struct link;
struct link_factory;
struct signer;
struct tickets;

/* X(NAME, "word") */
#define HUNE_LINK_STATES(X)                                                          \
    X(IDLE, "idle")             /* not asked yet, or in line for a free handshake */ \
    X(RESOLVING, "resolving")   /* name to addresses */                              \
    X(CONNECTING, "connecting") /* TCP */                                            \
    X(SECURING, "securing")     /* TLS, and the machine id */                        \
    X(GREETING, "greeting")     /* hello */                                          \
    X(OPENING, "opening")       /* open; requests leave already */                   \
    X(READY, "ready")           /* the machine told our rights */                    \
    X(WAITING, "waiting")       /* lost or refused; tries again after a pause */     \
    X(CLOSED, "closed")         /* over until link_connect() */

enum link_state {
#define X(name, word) LINK_##name,
    HUNE_LINK_STATES(X)
#undef X
};

const char *link_state_name(enum link_state state);

/* ---- what all links of a loop share ---- */

struct link_settings {
    uv_loop_t *loop;             /* borrowed */
    struct signer *signer;       /* borrowed; NULL: nothing can be opened (NO_IDENTITY) */
    struct tickets *tickets;     /* borrowed; NULL: each machine is met as for the first time */
    uint32_t connect_timeout_ms; /* one address, TCP; 0 = 5 s */
    uint32_t answer_timeout_ms;  /* TLS, hello and open together; 0 = 10 s */
    uint32_t order_window_ms;    /* how long an order is good; 0 = 5 min, at most the protocol's */
    uint32_t handshakes;         /* on their way at once; 0 = 128 */
    /* Links that connect, or are connected and wait for a handshake; 0 = 512. Who waits for the
     * network longer than a moment does not count: the dead cost the living nothing. */
    uint32_t places;
    uint32_t first_pause_ms; /* before connecting again, doubled each time up to 30 s; 0 = 250 ms */
};

/* Returns 0 or -errno. There is one client TLS context per factory: make one factory per process.
 */
int link_factory_new(struct link_factory **factory_out, const struct link_settings *settings);
/* Frees all its links as link_free() does. The memory goes when the loop has closed their handles:
 * run the loop until it has nothing left, then close it. Takes NULL, returns NULL. */
struct link_factory *link_factory_free(struct link_factory *factory);
uv_loop_t *link_factory_loop(const struct link_factory *factory);
struct signer *link_factory_signer(const struct link_factory *factory);
/* Handshakes on their way now. */
uint32_t link_factory_handshakes(const struct link_factory *factory);
/* So many at most until told otherwise; UINT32_MAX: as many as usual. */
void link_factory_narrow(struct link_factory *factory, uint32_t handshakes);
/* One more than that may begin, if one waits for it. */
void link_factory_let_one(struct link_factory *factory);
/* How many links may connect at once. */
uint32_t link_factory_places_max(const struct link_factory *factory);

/* ---- one link ---- */

struct link_target {
    const char *host; /* name or address, no brackets; copied */
    uint16_t port;
    const uint8_t *id; /* MACHINE_ID_SIZE bytes, the pinned id; copied. NULL: not known */
    bool accept_new;   /* without a pinned id: take whoever answers and tell the id */
    bool persistent;   /* stay, retry for ever, send heartbeats */
    bool bare;         /* stop after hello, send no open: for pairing */
};

/* What the machine told. Valid from `ready` on, and afterwards as last heard. */
struct link_info {
    uint8_t id[MACHINE_ID_SIZE]; /* as seen */
    uint8_t epoch[EPOCH_SIZE];
    uint16_t rights;  /* RIGHT_* */
    char run_as[256]; /* "root,www-data": the users that may be run as */
    char name[256];   /* the machine's own name; raw: make it printable */
    char version[64];
    char operator_label[256];                /* how the machine calls us */
    char fingerprint[FINGERPRINT_TEXT_SIZE]; /* our key as the machine knows it */
    int64_t clock_ahead_ms;                  /* the machine's wall clock minus ours */
    uint32_t round_trip_ms;                  /* of `open` */
};

struct link_events {
    /* Any of them may be NULL. */
    void (*on_state)(struct link *link, enum link_state from, enum link_state to, void *user);
    void (*on_ready)(struct link *link, const struct link_info *info, void *user);
    /* An attempt, or a connection that stood, failed. `retry_ms` tells when the next attempt is
     * made; 0: there is none, the link is closed. */
    void (*on_failed)(struct link *link, const struct trouble *trouble, uint32_t retry_ms,
                      void *user);
    /* It waits for a name or for the machine's first answer, and gave its place to another link. */
    void (*on_slow)(struct link *link, void *user);
};

/* Whoever wants to hear of a link; the struct is the caller's and must stay until link_unwatch() or
 * link_free(). */
struct link_watcher {
    struct list at;
    const struct link_events *events;
    void *user;
};

/* Returns 0 or -ENOMEM. */
int link_new(struct link **link_out, struct link_factory *factory,
             const struct link_target *target);
/* No callback comes after this. Requests that are still on it end with PROBLEM_LOST first (their
 * on_done is called from inside). Takes NULL, returns NULL. */
struct link *link_free(struct link *link);
/* Starts an idle or closed link, ends the pause of a waiting one; else does nothing. */
void link_connect(struct link *link);
/* Ends the connection politely and stays closed; what is on it fails with PROBLEM_CLOSED. */
void link_disconnect(struct link *link);
/* Something was gained over the present connection: when it breaks, the next attempt is made soon,
 * however short it was. */
void link_note_gain(struct link *link);
/* Drops the connection and connects again at once: the epoch is no longer the machine's. */
void link_greet_again(struct link *link);
void link_watch(struct link *link, struct link_watcher *watcher);
void link_unwatch(struct link *link, struct link_watcher *watcher);
/* While held at least once, a link that got through once reconnects and sends heartbeats. */
void link_hold(struct link *link);
void link_release(struct link *link);
void link_set_persistent(struct link *link, bool persistent);

enum link_state link_state(const struct link *link);
/* Never NULL; texts are empty before `ready`. */
const struct link_info *link_info(const struct link *link);
/* Of the last failure; code PROBLEM_NONE if there was none since the last `ready`. */
const struct trouble *link_trouble(const struct link *link);
/* "host:port", "[v6]:port". */
const char *link_where(const struct link *link);
/* The machine's boot clock now; 0 before hello. */
uint64_t link_boot_ms(const struct link *link);
struct link_factory *link_factory_of(const struct link *link);
/* The address that is connected, such as "192.0.2.7:10000"; "" without one. */
const char *link_peer(const struct link *link);
/* Free for the owner's use. */
void link_set_user(struct link *link, void *user);
void *link_user(const struct link *link);
