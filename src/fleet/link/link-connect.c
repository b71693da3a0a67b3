/* From a name to a connection: resolve, connect; and what follows when it ends. What is said on it
 * before it is opened: link-open.c. */
#include <stdlib.h>
#include <string.h>
#include <netdb.h>

#include "base/text.h"
#include "fleet/home/i18n.h"
#include "fleet/home/tickets.h"
#include "fleet/link/link-private.h"

/* ---- resolve ---- */

static void connect_address(struct link *link);

static void fail_attempt(struct link *link, enum problem_code code, const char *detail)
{
    trouble_set(&link->trouble, code, link->where, detail ? "%s" : NULL, detail);
    link_attempt_over(link);
}

static void take_addresses(struct link *link, const struct addrinfo *addresses)
{
    link->address_count = 0;
    for (; addresses && link->address_count < LINK_ADDRESSES; addresses = addresses->ai_next) {
        struct sockaddr_storage *address = &link->addresses[link->address_count];

        if (addresses->ai_addrlen > sizeof(*address))
            continue;
        memcpy(address, addresses->ai_addr, addresses->ai_addrlen);
        link->address_count++;
    }
}

/* The C library's words are better known than libuv's, and in the reader's language. */
static const char *resolve_reason(int status)
{
    switch (status) {
    case UV_EAI_NONAME: return gai_strerror(EAI_NONAME);
    case UV_EAI_NODATA: return gai_strerror(EAI_NODATA);
    case UV_EAI_AGAIN: return gai_strerror(EAI_AGAIN);
    case UV_EAI_FAIL: return gai_strerror(EAI_FAIL);
    default: return uv_strerror(status);
    }
}

static void on_resolved(uv_getaddrinfo_t *request, int status, struct addrinfo *addresses)
{
    struct link_resolver *resolver = container_of(request, struct link_resolver, request);
    struct link *link = resolver->link;
    struct link_factory *factory = resolver->factory;

    free(resolver);
    if (link) {
        link->resolver = NULL;
        take_addresses(link, addresses);
        if (status == 0 && link->address_count > 0)
            connect_address(link);
        else
            fail_attempt(link, PROBLEM_RESOLVE, status ? resolve_reason(status) : NULL);
    }
    uv_freeaddrinfo(addresses);
    link_factory_release(factory);
}

static int resolve(struct link *link)
{
    struct link_resolver *resolver = calloc(1, sizeof(*resolver));
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    char service[8];
    int error;

    if (!resolver)
        return -ENOMEM;
    snprintf(service, sizeof(service), "%u", link->port);
    resolver->factory = link->factory;
    resolver->link = link;
    error = uv_getaddrinfo(link->factory->settings.loop, &resolver->request, on_resolved,
                           link->host, service, &hints);
    if (error) {
        free(resolver);
        return error;
    }
    link->resolver = resolver;
    link_factory_hold(link->factory);
    return 0;
}

/* An address needs no thread pool. */
static bool parse_address(struct link *link)
{
    struct sockaddr_storage *address = &link->addresses[0];

    if (uv_ip4_addr(link->host, link->port, (struct sockaddr_in *)address) != 0 &&
        uv_ip6_addr(link->host, link->port, (struct sockaddr_in6 *)address) != 0)
        return false;
    link->address_count = 1;
    return true;
}

void link_attempt(struct link *link)
{
    int error;

    if (!link_take_place(link)) {
        link_set_state(link, LINK_IDLE);
        return;
    }
    link->address = 0;
    link->address_count = 0;
    link->trouble.code = PROBLEM_NONE;
    if (parse_address(link)) {
        connect_address(link);
        return;
    }
    error = resolve(link);
    if (error) {
        fail_attempt(link, PROBLEM_RESOLVE, resolve_reason(error));
        return;
    }
    link_start_timer(link, LINK_SLOW_MS);
    link_set_state(link, LINK_RESOLVING);
}

/* ---- connect ---- */

/* Of the machine that is pinned, from this very place; anything else is no use. */
static void offer_ticket(struct link *link)
{
    _cleanup_wipe_ struct buffer ticket = BUFFER_INIT;
    struct tickets *tickets = link->factory->settings.tickets;

    if (!tickets || !link->has_pin || link->meets_anew ||
        tickets_find(tickets, link->pin, link->where, &ticket))
        return;
    (void)tls_offer_ticket(wire_tls(conn_wire(link->conn)),
                           (struct slice){buffer_bytes(&ticket), buffer_length(&ticket)},
                           link->pin);
}

/* The handshake failed, and a ticket had a part in it: once more without. */
static bool ticket_was_bad(struct link *link, struct conn *conn, enum problem_code problem)
{
    struct tls *tls = wire_tls(conn_wire(conn));

    if (problem != PROBLEM_TLS_FAILED || link->has_verdict || link->freed ||
        !tls_has_offered(tls) || tls_is_established(tls))
        return false;
    tickets_keep(link->factory->settings.tickets, link->pin, link->where, (struct slice){0});
    link->meets_anew = true;
    return true;
}

void link_keep_ticket(struct link *link)
{
    struct tickets *tickets = link->factory->settings.tickets;
    struct slice ticket = {0};

    link->meets_anew = false;
    if (tickets && link->conn)
        ticket = tls_ticket(wire_tls(conn_wire(link->conn)));
    if (ticket.size > 0)
        tickets_keep(tickets, link->info.id, link->where, ticket);
}

static void connect_address(struct link *link)
{
    const struct sockaddr *address = (const struct sockaddr *)&link->addresses[link->address];
    int error = conn_new(&link->conn, &link->factory->conns, link);

    if (error) {
        trouble_set_errno(&link->trouble, link->where, error);
        link_attempt_over(link);
        return;
    }
    offer_ticket(link);
    conn_connect(link->conn, address, link->factory->settings.connect_timeout_ms);
    uv_timer_stop(&link->timer);
    if (link->has_place)
        link_start_timer(link, LINK_SLOW_MS);
    link_set_state(link, LINK_CONNECTING);
}

void link_on_connected(struct conn *conn, void *user)
{
    struct link *link = user;

    if (link->freed || link->state != LINK_CONNECTING)
        return;
    uv_timer_stop(&link->timer);
    if (link_take_slot(link))
        link_begin_handshake(link);
    else
        conn_hold(conn);
}

void link_begin_handshake(struct link *link)
{
    link_give_place(link);
    link_start_timer(link, link->factory->settings.answer_timeout_ms);
    link_set_state(link, LINK_SECURING);
    if (!link->freed && link->conn)
        conn_go_on(link->conn, link->factory->settings.connect_timeout_ms);
}

/* Where, with the address that the name led to. */
void link_describe_where(const struct link *link, struct conn *conn, char *text_out, size_t size)
{
    const char *peer = conn_peer(conn);

    if (*peer && !text_equal(peer, link->where))
        snprintf(text_out, size, "%s (%s)", link->where, peer);
    else
        snprintf(text_out, size, "%s", link->where);
}

/* The machine ended the connection before it was open, and did not say why. A port that does so to
 * the only link is not asked again. */
static bool link_is_dropped(const struct link *link, enum problem_code problem)
{
    return link->state >= LINK_SECURING && link->state <= LINK_OPENING && !link->has_verdict &&
           !link->freed && (problem == PROBLEM_CLOSED || problem == PROBLEM_LOST) &&
           !link_is_alone(link);
}

static void explain_end(struct link *link, struct conn *conn, enum problem_code problem,
                        int system_error)
{
    char where[TROUBLE_WHERE_SIZE];
    const char *reason = wire_reason(conn_wire(conn));

    if (system_error)
        reason = strerror(-system_error);
    else if (problem == PROBLEM_TIMEOUT && link->state == LINK_SECURING)
        reason = _("TCP connects, but TLS gets no answer");
    if (problem == PROBLEM_NONE)
        problem = PROBLEM_CLOSED;
    link->was_dropped = link_is_dropped(link, problem);
    if (link->was_dropped && link_has_company(link))
        problem = PROBLEM_CROWDED;
    link_describe_where(link, conn, where, sizeof(where));
    trouble_set(&link->trouble, problem, where, *reason ? "%s" : NULL, reason);
    link->trouble.system_error = system_error;
}

static bool another_may_answer(const struct link *link, enum problem_code problem)
{
    return link->state == LINK_CONNECTING && !link->has_verdict && !link->freed &&
           link->address + 1 < link->address_count &&
           (problem == PROBLEM_CONNECTION_REFUSED || problem == PROBLEM_UNREACHABLE ||
            problem == PROBLEM_TIMEOUT);
}

void link_on_closed(struct conn *conn, enum problem_code problem, int system_error, void *user)
{
    struct link *link = user;
    bool next = another_may_answer(link, problem);
    bool again = ticket_was_bad(link, conn, problem);

    /* "Unreachable" from one family says less than what an earlier address said. */
    if (!link->has_verdict && !link->freed &&
        !(problem == PROBLEM_UNREACHABLE && link->trouble.code != PROBLEM_NONE))
        explain_end(link, conn, problem, system_error);
    exchange_drop(&link->hello);
    exchange_drop(&link->open);
    link->opener = NULL;
    link->conn = NULL;
    if (link->freed) {
        link_reap(link);
        return;
    }
    if (again) {
        link->again = true;
        link_attempt_over(link);
        return;
    }
    if (next) {
        link->address++;
        connect_address(link);
        return;
    }
    link_attempt_over(link);
}

void link_give_up(struct link *link)
{
    link->has_verdict = true;
    if (link->conn)
        conn_close(link->conn);
    else
        link_attempt_over(link);
}

void link_answer_late(struct link *link)
{
    static const char *const details[] = {
        [LINK_RESOLVING] = N_("the name service does not answer"),
        [LINK_CONNECTING] = N_("no connection"),
        [LINK_SECURING] = N_("TCP connects, but TLS gets no answer"),
        [LINK_GREETING] = N_("TLS stands, but hello gets no answer"),
        [LINK_OPENING] = N_("hello was answered, open gets no answer"),
    };

    if (link->state > LINK_OPENING)
        return;
    trouble_set(&link->trouble, PROBLEM_TIMEOUT, link->where, "%s", _(details[link->state]));
    if (link->resolver) {
        link->resolver->link = NULL;
        link->resolver = NULL;
    }
    link_give_up(link);
}
