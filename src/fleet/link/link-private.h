/* What the files of a link share: link.c (life, states, retries), link-loads.c (what it carries),
 * link-connect.c (from a name to a connection), link-open.c (until the machine lets us in),
 * link-factory.c (what all links share). */
#pragma once

#include <jansson.h>

#include "fleet/link/crowd.h"
#include "fleet/link/exchange.h"
#include "fleet/link/link-carry.h"
#include "fleet/link/link.h"
#include "wire/conn.h"

struct link_factory {
    struct link_settings settings;
    struct tls_context *context;
    struct conn_factory conns;
    struct list links;
    struct list line;      /* links that wait for a place to connect from */
    struct list connected; /* links that are connected and wait for a free handshake */
    uint32_t places;       /* taken: connecting, or connected and waiting */
    uint32_t handshakes;
    uint32_t narrow; /* no more of them; see link_factory_narrow() */
    struct crowd crowd;
    uint32_t holders; /* itself, its links, their resolvers: the memory goes with the last one */
};

/* A name being resolved. It cannot be called back once the thread pool has it, so it outlives its
 * link. */
struct link_resolver {
    uv_getaddrinfo_t request;
    struct link_factory *factory;
    struct link *link; /* NULL: nobody waits for it any more */
};

/* A walk over the watchers that survives any of them leaving. */
struct link_walk {
    struct list *next;
    struct link_walk *outer;
};

enum { LINK_ADDRESSES = 8, LINK_WHERE_SIZE = TROUBLE_WHERE_SIZE - 64 };

struct link {
    struct list at; /* in factory.links */
    struct list in_line;
    struct link_factory *factory;
    void *user;
    char *host;
    char where[LINK_WHERE_SIZE];
    uint16_t port;
    bool has_pin;
    bool accept_new;
    bool persistent;
    bool bare;
    uint8_t pin[MACHINE_ID_SIZE];

    enum link_state state;
    bool has_place;   /* one of the factory's places to connect from */
    bool has_slot;    /* one of its handshakes */
    bool reached;     /* got as far as `open` once */
    bool has_verdict; /* `trouble` tells why the connection ends, whatever conn says */
    bool meets_anew;  /* the ticket that was kept is no good */
    bool was_dropped; /* of this attempt: link_is_dropped() */
    unsigned drops;   /* how often in a row */
    bool again;       /* connect again at once when the connection is closed */
    bool leaving;     /* link_disconnect() */
    bool freed;
    uint32_t held;
    uint32_t pause_ms;
    uint64_t ready_ms; /* monotonic, when `ready` was reached */
    struct trouble trouble;
    struct link_info info;
    int64_t boot_ahead_ms; /* the machine's boot clock minus ours */
    bool has_clock;
    uint64_t asked_ns; /* when `open` was sent */

    uv_timer_t timer;
    bool timer_closed;
    struct link_resolver *resolver;
    struct sockaddr_storage addresses[LINK_ADDRESSES];
    unsigned address_count;
    unsigned address;
    struct conn *conn;
    struct exchange hello;
    struct exchange open;
    struct link_load *opener; /* what opens the present connection in the place of `open` */
    struct list waiting;      /* loads that are not on the wire */
    struct list carried;
    struct list watchers;
    struct link_walk *walks;
};

/* link-factory.c */
void link_factory_hold(struct link_factory *factory);
void link_factory_release(struct link_factory *factory);
/* A place to connect from, then a handshake. True: go on. False: the link stands in line, and
 * link_start_timer() is called when it is its turn. */
bool link_take_place(struct link *link);
void link_give_place(struct link *link);
bool link_take_slot(struct link *link);
/* Both of them, and its place in line. */
void link_give_slot(struct link *link);
/* Whether it is the factory's only link; whether another one goes to the same address. */
bool link_is_alone(const struct link *link);
bool link_has_company(const struct link *link);

/* link.c */
void link_set_state(struct link *link, enum link_state state);
/* To its watchers: link->trouble, and when it tries again; 0: it does not. */
void link_tell_failed(struct link *link, uint32_t retry_ms);
/* What the state asks for comes from the loop after so long: an attempt, a handshake, patience that
 * ends. */
void link_start_timer(struct link *link, uint32_t ms);
/* It waits for the network longer than a moment: its handshake goes to another. */
void link_became_slow(struct link *link);
/* So long may a link hold a handshake that only waits for the network. */
enum { LINK_SLOW_MS = 100 };
void link_became_ready(struct link *link);
/* Frees the memory if nothing needs it any more. */
void link_reap(struct link *link);

/* link-again.c */
/* Whether it is to be there: it connects again by itself. */
bool link_is_wanted(const struct link *link);
/* The attempt or the connection is over, for the reason in link->trouble. */
void link_attempt_over(struct link *link);
/* No attempt follows; `tell`: its watchers hear why. Its loads do in any case. */
void link_close_for_good(struct link *link, bool tell);

/* link-loads.c */
void link_carry_all(struct link *link);
/* Ends everything that the link carries or should have carried. */
void link_fail_loads(struct link *link, const struct trouble *trouble);

/* link-connect.c */
/* What the machine gave, so that it is known the next time. */
void link_keep_ticket(struct link *link);
void link_attempt(struct link *link);
void link_answer_late(struct link *link);
/* It is connected, and its handshake may begin. */
void link_begin_handshake(struct link *link);
/* Ends the connection; link->trouble tells why. */
void link_give_up(struct link *link);
/* Where, with the address that the name led to. */
void link_describe_where(const struct link *link, struct conn *conn, char *text_out, size_t size);
void link_on_connected(struct conn *conn, void *user);
void link_on_closed(struct conn *conn, enum problem_code problem, int system_error, void *user);

/* link-open.c */
/* What the machine said to the load that opened the connection: what `open` would have said. False
 * with link->trouble set if it makes no sense. */
bool link_read_opened(struct link *link, json_t *root);
/* It does not open the connection. */
void link_refused(struct link *link, const struct trouble *trouble);
/* The time for an answer begins now. */
void link_restart_patience(struct link *link);
extern const struct wire_events link_wire_events;
