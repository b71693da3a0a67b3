/* The life of a link: states, what it carries, who watches. How it connects is in link-connect.c,
 * and whether again in link-again.c.
 *
 * Any callback may free the link. Its memory stays until libuv has closed its timer, which never
 * happens inside a callback, so `freed` can be looked at after each. */
#define LOG_TAG "link"

#include "fleet/link/link.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "fleet/inventory/address.h"
#include "fleet/link/link-private.h"

enum {
    HEARTBEAT_MS = 15 * 1000,
    /* While nothing waits for an answer: ten thousand links that are only watched must cost next to
     * nothing, and the kernel's own probes end what is gone. */
    HEARTBEAT_IDLE_MS = 60 * 1000,
    HEARTBEAT_PATIENCE_MS = 15 * 1000,
};

/* ---- states ---- */

#define TO(name) (1u << LINK_##name)

/* Where each state may go. */
static const unsigned transitions[] = {
    [LINK_IDLE] = TO(RESOLVING) | TO(CONNECTING) | TO(WAITING) | TO(CLOSED),
    [LINK_RESOLVING] = TO(CONNECTING) | TO(WAITING) | TO(CLOSED),
    [LINK_CONNECTING] = TO(SECURING) | TO(WAITING) | TO(CLOSED),
    [LINK_SECURING] = TO(GREETING) | TO(OPENING) | TO(READY) | TO(WAITING) | TO(CLOSED),
    [LINK_GREETING] = TO(OPENING) | TO(READY) | TO(WAITING) | TO(CLOSED),
    [LINK_OPENING] = TO(READY) | TO(WAITING) | TO(CLOSED),
    [LINK_READY] = TO(WAITING) | TO(CLOSED),
    [LINK_WAITING] = TO(IDLE) | TO(RESOLVING) | TO(CONNECTING) | TO(CLOSED),
    [LINK_CLOSED] = TO(IDLE),
};

const char *link_state_name(enum link_state state)
{
    static const char *const names[] = {
#define X(name, word) [LINK_##name] = (word),
        HUNE_LINK_STATES(X)
#undef X
    };

    return names[state];
}

static void walk_begin(struct link *link, struct link_walk *walk)
{
    *walk = (struct link_walk){.next = link->watchers.next, .outer = link->walks};
    link->walks = walk;
}

/* The next watcher, or NULL at the end. */
static struct link_watcher *walk_next(struct link *link, struct link_walk *walk)
{
    struct list *at = walk->next;

    if (link->freed || at == &link->watchers) {
        link->walks = walk->outer;
        return NULL;
    }
    walk->next = at->next;
    return container_of(at, struct link_watcher, at);
}

void link_set_state(struct link *link, enum link_state state)
{
    enum link_state from = link->state;
    struct link_watcher *watcher;
    struct link_walk walk;

    if (from == state)
        return;
    assert(transitions[from] & (1u << state));
    log_debug("%s: %s → %s", link->where, link_state_name(from), link_state_name(state));
    link->state = state;
    walk_begin(link, &walk);
    while ((watcher = walk_next(link, &walk)))
        if (watcher->events->on_state)
            watcher->events->on_state(link, from, state, watcher->user);
}

void link_tell_failed(struct link *link, uint32_t retry_ms)
{
    struct link_watcher *watcher;
    struct link_walk walk;

    walk_begin(link, &walk);
    while ((watcher = walk_next(link, &walk)))
        if (watcher->events->on_failed)
            watcher->events->on_failed(link, &link->trouble, retry_ms, watcher->user);
}

void link_became_slow(struct link *link)
{
    struct link_watcher *watcher;
    struct link_walk walk;

    /* conn has its own time-out for the connection; a name has none but this. */
    if (link->state == LINK_RESOLVING)
        link_start_timer(link, link->factory->settings.connect_timeout_ms);
    link_give_place(link);
    walk_begin(link, &walk);
    while ((watcher = walk_next(link, &walk)))
        if (watcher->events->on_slow)
            watcher->events->on_slow(link, watcher->user);
}

void link_watch(struct link *link, struct link_watcher *watcher)
{
    list_append(&link->watchers, &watcher->at);
}

void link_unwatch(struct link *link, struct link_watcher *watcher)
{
    for (struct link_walk *walk = link->walks; walk; walk = walk->outer)
        if (walk->next == &watcher->at)
            walk->next = watcher->at.next;
    list_remove(&watcher->at);
}

/* ---- time ---- */

static void on_timer(uv_timer_t *timer)
{
    struct link *link = timer->data;

    if (link->freed)
        return;
    if (link->state == LINK_IDLE || link->state == LINK_WAITING)
        link_attempt(link);
    else if (link->state == LINK_READY)
        link_carry_all(link);
    else if (link->has_slot && link->state == LINK_CONNECTING)
        link_begin_handshake(link);
    else if (link->has_place && link->state <= LINK_CONNECTING)
        link_became_slow(link);
    else
        link_answer_late(link);
}

void link_start_timer(struct link *link, uint32_t ms)
{
    if (!link->freed)
        uv_timer_start(&link->timer, on_timer, ms, 0);
}

static void link_apply_heartbeat(struct link *link)
{
    uint32_t interval = link->held > 0 ? HEARTBEAT_MS : link->persistent ? HEARTBEAT_IDLE_MS : 0;

    if (link->state != LINK_READY || !link->conn || conn_is_closing(link->conn))
        return;
    wire_set_heartbeat(conn_wire(link->conn), interval, interval ? HEARTBEAT_PATIENCE_MS : 0);
    conn_flush(link->conn);
}

void link_became_ready(struct link *link)
{
    struct link_watcher *watcher;
    struct link_walk walk;

    uv_timer_stop(&link->timer);
    crowd_opened(&link->factory->crowd);
    link_give_slot(link);
    link->trouble.code = PROBLEM_NONE;
    link->drops = 0;
    link->ready_ms = clock_monotonic_ms();
    link_keep_ticket(link);
    link_set_state(link, LINK_READY);
    if (link->freed || link->state != LINK_READY)
        return;
    link_apply_heartbeat(link);
    /* A bare link carries from here on; so does what came back because `open` was not decided yet.
     */
    link_carry_all(link);
    walk_begin(link, &walk);
    while ((watcher = walk_next(link, &walk)))
        if (watcher->events->on_ready)
            watcher->events->on_ready(link, &link->info, watcher->user);
}

/* ---- life ---- */

static int link_copy_target(struct link *link, const struct link_target *target)
{
    _cleanup_buffer_ struct buffer where = BUFFER_INIT;

    link->host = strdup(target->host);
    if (!link->host || address_append(&where, target->host, target->port) < 0)
        return -ENOMEM;
    snprintf(link->where, sizeof(link->where), "%.*s", (int)buffer_length(&where),
             (const char *)buffer_bytes(&where));
    link->port = target->port;
    link->accept_new = target->accept_new;
    link->persistent = target->persistent;
    link->bare = target->bare;
    link->has_pin = target->id != NULL;
    if (target->id)
        memcpy(link->pin, target->id, MACHINE_ID_SIZE);
    return 0;
}

int link_new(struct link **link_out, struct link_factory *factory, const struct link_target *target)
{
    struct link *link = calloc(1, sizeof(*link));

    if (!link)
        return -ENOMEM;
    if (link_copy_target(link, target) < 0) {
        free(link->host);
        free(link);
        return -ENOMEM;
    }
    link->factory = factory;
    link_factory_hold(factory);
    list_init(&link->in_line);
    list_init(&link->waiting);
    list_init(&link->carried);
    list_init(&link->watchers);
    list_append(&factory->links, &link->at);
    uv_timer_init(factory->settings.loop, &link->timer);
    link->timer.data = link;
    *link_out = link;
    return 0;
}

void link_reap(struct link *link)
{
    if (!link->freed || !link->timer_closed || link->conn)
        return;
    link_factory_release(link->factory);
    free(link->host);
    free(link);
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct link *link = handle->data;

    link->timer_closed = true;
    link_reap(link);
}

struct link *link_free(struct link *link)
{
    struct trouble trouble;

    if (!link || link->freed)
        return NULL;
    link->freed = true;
    list_remove(&link->at);
    link_give_slot(link);
    trouble_set(&trouble, PROBLEM_LOST, link->where, NULL);
    link_fail_loads(link, &trouble);
    exchange_drop(&link->hello);
    exchange_drop(&link->open);
    if (link->resolver) {
        link->resolver->link = NULL;
        (void)uv_cancel(
            (uv_req_t *)&link->resolver->request); /* too late: its callback still comes */
        link->resolver = NULL;
    }
    if (link->conn)
        conn_close(link->conn);
    uv_close((uv_handle_t *)&link->timer, on_timer_closed);
    return NULL;
}

void link_note_gain(struct link *link)
{
    link->pause_ms = 0;
}

void link_connect(struct link *link)
{
    switch (link->state) {
    case LINK_CLOSED:
        link->pause_ms = 0;
        link->trouble.code = PROBLEM_NONE;
        link->reached = false;
        link_set_state(link, LINK_IDLE);
        link_start_timer(link, 0);
        break;
    case LINK_IDLE:
        if (list_is_empty(&link->in_line) && !uv_is_active((uv_handle_t *)&link->timer))
            link_start_timer(link, 0);
        break;
    case LINK_WAITING: link_start_timer(link, 0); break;
    default: break;
    }
}

/* Lets a name go that is being resolved. */
static void link_drop_resolver(struct link *link)
{
    if (!link->resolver)
        return;
    link->resolver->link = NULL;
    (void)uv_cancel((uv_req_t *)&link->resolver->request);
    link->resolver = NULL;
}

void link_disconnect(struct link *link)
{
    if (link->state == LINK_CLOSED)
        return;
    trouble_set(&link->trouble, PROBLEM_CLOSED, link->where, NULL);
    link->leaving = true;
    link->has_verdict = true;
    link->again = false;
    link_drop_resolver(link);
    if (link->conn)
        conn_close(link->conn);
    else
        link_attempt_over(link);
}

void link_greet_again(struct link *link)
{
    if (!link->conn || conn_is_closing(link->conn) || link->leaving)
        return;
    link->again = true;
    link->has_verdict = true;
    conn_close(link->conn);
}

void link_hold(struct link *link)
{
    if (link->held++ == 0)
        link_apply_heartbeat(link);
}

void link_release(struct link *link)
{
    assert(link->held > 0);
    if (--link->held > 0 || link->freed)
        return;
    link_apply_heartbeat(link);
    if (link->state == LINK_WAITING && !link_is_wanted(link) && !link->conn)
        link_close_for_good(link, false);
}

void link_set_persistent(struct link *link, bool persistent)
{
    link->persistent = persistent;
    link_apply_heartbeat(link);
}

enum link_state link_state(const struct link *link)
{
    return link->state;
}

const struct link_info *link_info(const struct link *link)
{
    return &link->info;
}

const struct trouble *link_trouble(const struct link *link)
{
    return &link->trouble;
}

const char *link_where(const struct link *link)
{
    return link->where;
}

uint64_t link_boot_ms(const struct link *link)
{
    return link->has_clock ? (uint64_t)((int64_t)clock_boot_ms() + link->boot_ahead_ms) : 0;
}

uint32_t link_order_window_ms(const struct link *link)
{
    return link->factory->settings.order_window_ms;
}

struct link_factory *link_factory_of(const struct link *link)
{
    return link->factory;
}

const char *link_peer(const struct link *link)
{
    return link->conn ? conn_peer(link->conn) : "";
}

void link_set_user(struct link *link, void *user)
{
    link->user = user;
}

void *link_user(const struct link *link)
{
    return link->user;
}
