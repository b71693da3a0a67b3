/* From a name to an opened connection: resolve, connect, secure, greet, open; each step starts the
 * next. */
#define LOG_TAG "link"

#include <stdlib.h>
#include <string.h>
#include <netdb.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "base/uuid.h"
#include "fleet/document.h"
#include "fleet/i18n.h"
#include "fleet/link-private.h"
#include "fleet/signer.h"
#include "fleet/submit.h"
#include "fleet/tickets.h"
#include "proto/greeting.h"
#include "proto/limits.h"

enum { PROTOCOL_VERSION = 1 };

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
static void describe_where(const struct link *link, struct conn *conn, char *text_out, size_t size)
{
    const char *peer = conn_peer(conn);

    if (*peer && !text_equal(peer, link->where))
        snprintf(text_out, size, "%s (%s)", link->where, peer);
    else
        snprintf(text_out, size, "%s", link->where);
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
    describe_where(link, conn, where, sizeof(where));
    trouble_set(&link->trouble, problem == PROBLEM_NONE ? PROBLEM_CLOSED : problem, where,
                *reason ? "%s" : NULL, reason);
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

/* ---- secure ---- */

static const struct exchange_events hello_events;

/* Is it the machine that was pinned? Nothing was sent to it yet. */
static enum problem_code check_id(struct link *link, const uint8_t seen[MACHINE_ID_SIZE])
{
    enum problem_code code = PROBLEM_NONE;

    if (link->has_pin && memcmp(seen, link->pin, MACHINE_ID_SIZE) != 0)
        code = PROBLEM_ID_CHANGED;
    else if (!link->has_pin && !link->accept_new)
        code = PROBLEM_ID_UNKNOWN;
    if (code == PROBLEM_NONE) {
        memcpy(link->info.id, seen, MACHINE_ID_SIZE);
        /* Whoever was taken once must be there again when the link reconnects. */
        memcpy(link->pin, seen, MACHINE_ID_SIZE);
        link->has_pin = true;
        return code;
    }

    char where[TROUBLE_WHERE_SIZE];

    describe_where(link, link->conn, where, sizeof(where));
    trouble_set(&link->trouble, code, where, NULL);
    link->trouble.has_seen = true;
    memcpy(link->trouble.seen, seen, MACHINE_ID_SIZE);
    link->trouble.has_pinned = link->has_pin;
    memcpy(link->trouble.pinned, link->pin, MACHINE_ID_SIZE);
    link->has_verdict = true;
    return code;
}

static void link_greeted(struct link *link);

static void set_clock(struct link *link, uint64_t boot_ms)
{
    /* Told a little before now: an order is rather too old than from the future. */
    link->boot_ahead_ms = (int64_t)boot_ms - (int64_t)clock_boot_ms();
    link->has_clock = true;
}

/* What hello would tell, said within the handshake. */
static bool read_greeting(struct link *link, struct wire *wire)
{
    struct greeting greeting;

    if (!greeting_decode(&greeting, tls_greeting(wire_tls(wire))))
        return false;
    memcpy(link->info.epoch, greeting.epoch, EPOCH_SIZE);
    set_clock(link, greeting.boot_ms);
    return true;
}

static enum problem_code on_established(struct wire *wire, void *user)
{
    struct link *link = user;
    uint8_t seen[MACHINE_ID_SIZE];
    enum problem_code code;

    if (link->freed)
        return PROBLEM_CLOSED;
    if (tls_peer_id(wire_tls(wire), seen)) {
        trouble_set(&link->trouble, PROBLEM_TLS_FAILED, link->where, _("it shows no certificate"));
        link->has_verdict = true;
        return PROBLEM_TLS_FAILED;
    }
    code = check_id(link, seen);
    if (code != PROBLEM_NONE)
        return code;
    if (read_greeting(link, wire)) {
        link_greeted(link);
        return PROBLEM_NONE;
    }
    if (exchange_start(&link->hello, wire, "GET", "/v1/hello", NULL, &hello_events, link->where)) {
        trouble_set_errno(&link->trouble, link->where, -ENOMEM);
        link->has_verdict = true;
        return PROBLEM_INTERNAL;
    }
    link_set_state(link, LINK_GREETING);
    return PROBLEM_NONE;
}

const struct wire_events link_wire_events = {
    .on_established = on_established,
    .on_response = exchange_wire_response,
    .on_data = exchange_wire_data,
    .on_end = exchange_wire_end,
    .on_acknowledged = exchange_wire_acknowledged,
    .on_close = exchange_wire_close,
};

/* ---- greet ---- */

/* The machine refused, or the connection broke: then its own end tells why. */
static void refused(struct link *link, const struct trouble *trouble)
{
    if (trouble->code == PROBLEM_LOST)
        return;
    link->trouble = *trouble;
    link_give_up(link);
}

static json_t *exchange_document(const struct exchange *exchange)
{
    return json_loadb((const char *)buffer_bytes(&exchange->body), buffer_length(&exchange->body),
                      0, NULL);
}

/* Returns false with link->trouble set. */
static bool read_hello(struct link *link, json_t *root)
{
    char epoch[2 * EPOCH_SIZE + 2];
    uint64_t protocol, boot_ms;

    if (!document_u64(root, "protocol", &protocol)) {
        trouble_set(&link->trouble, PROBLEM_NOT_HUNE, link->where, _("its hello is none of ours"));
        return false;
    }
    if (protocol != PROTOCOL_VERSION) {
        trouble_set(&link->trouble, PROBLEM_VERSION, link->where,
                    _("it speaks protocol %llu, this console %d"), (unsigned long long)protocol,
                    PROTOCOL_VERSION);
        return false;
    }
    document_text(root, "epoch", epoch, sizeof(epoch));
    if (strlen(epoch) != sizeof(link->info.epoch) * 2 ||
        !hex_decode(epoch, sizeof(link->info.epoch) * 2, link->info.epoch) ||
        !document_u64(root, "boot_ms", &boot_ms) || boot_ms > INT64_MAX) {
        trouble_set(&link->trouble, PROBLEM_NOT_HUNE, link->where, _("its hello lacks the epoch"));
        return false;
    }
    set_clock(link, boot_ms);
    return true;
}

static void on_hello_done(struct exchange *exchange, const struct trouble *trouble)
{
    struct link *link = container_of(exchange, struct link, hello);
    json_t *root;
    bool understood;

    if (link->freed || link->has_verdict)
        return;
    if (trouble) {
        refused(link, trouble);
        return;
    }
    root = exchange_document(exchange);
    understood = read_hello(link, root);
    json_decref(root);
    buffer_deinit(&exchange->body);
    if (!understood)
        link_give_up(link);
    else
        link_greeted(link);
}

static const struct exchange_events hello_events = {.on_done = on_hello_done};

/* ---- open ---- */

bool link_read_opened(struct link *link, json_t *root)
{
    uint64_t round_trip_ns = clock_monotonic_ns() - link->asked_ns, wall_ms;
    struct link_info *info = &link->info;

    if (!json_is_object(root)) {
        trouble_set(&link->trouble, PROBLEM_NOT_HUNE, link->where,
                    _("its answer to open is no JSON"));
        return false;
    }
    info->rights = document_rights(root, "rights");
    document_words(root, "as", info->run_as, sizeof(info->run_as));
    document_text(root, "name", info->name, sizeof(info->name));
    document_text(root, "version", info->version, sizeof(info->version));
    document_text(root, "operator", info->operator_label, sizeof(info->operator_label));
    document_text(root, "fingerprint", info->fingerprint, sizeof(info->fingerprint));
    info->round_trip_ms = (uint32_t)(round_trip_ns / 1000000);
    info->clock_ahead_ms = 0;
    if (document_u64(root, "wall_ms", &wall_ms) && wall_ms <= INT64_MAX)
        info->clock_ahead_ms = (int64_t)wall_ms -
                               (int64_t)(clock_wall_ms() - info->round_trip_ms / 2);
    return true;
}

static void on_open_done(struct exchange *exchange, const struct trouble *trouble)
{
    struct link *link = container_of(exchange, struct link, open);
    json_t *root;
    bool understood;

    if (link->freed || link->has_verdict)
        return;
    if (trouble) {
        refused(link, trouble);
        return;
    }
    root = exchange_document(exchange);
    understood = link_read_opened(link, root);
    json_decref(root);
    buffer_deinit(&exchange->body);
    if (understood)
        link_became_ready(link);
    else
        link_give_up(link);
}

static const struct exchange_events open_events = {.on_done = on_open_done};

/* Signs an `open` order that holds on this channel only. Returns false with link->trouble set. */
static bool sign_open(struct link *link, struct buffer *parts_out)
{
    uint8_t exporter[EXPORTER_SIZE], id[UUID_SIZE];
    struct errand errand = {.verb = VERB_OPEN, .payload = {exporter, sizeof(exporter)}};
    int error = link_exporter(link, exporter);

    error = error ? error : uuid_make(id);
    if (error) {
        trouble_set_errno(&link->trouble, link->where, error);
        return false;
    }
    return submit_sign(link, &errand, id, false, parts_out, &link->trouble) == 0;
}

void link_restart_patience(struct link *link)
{
    /* Signing may have waited for a person's touch. */
    uv_update_time(link->factory->settings.loop);
    link_start_timer(link, link->factory->settings.answer_timeout_ms);
    link->asked_ns = clock_monotonic_ns();
}

static void send_open(struct link *link)
{
    _cleanup_buffer_ struct buffer parts = BUFFER_INIT;

    if (!sign_open(link, &parts)) {
        link_give_up(link);
        return;
    }

    struct exchange_body body = {.bytes = {buffer_bytes(&parts), buffer_length(&parts)}};

    link_restart_patience(link);
    if (exchange_start(&link->open, conn_wire(link->conn), "POST", "/v1/open", &body, &open_events,
                       link->where)) {
        trouble_set(&link->trouble, PROBLEM_CLOSED, link->where,
                    _("it takes no requests after hello"));
        link_give_up(link);
        return;
    }
    link->reached = true;
    link_set_state(link, LINK_OPENING);
    /* Whatever waits goes out in the same flight: the machine holds it until it decided. */
    link_carry_all(link);
}

/* The machine is known, and its clock: now it is to let us in. What waits first may do that by
 * itself, if the machine knows that way, as those do that greet in the handshake. */
static void link_greeted(struct link *link)
{
    struct link_load *first = NULL;

    if (link->bare) {
        link_became_ready(link);
        return;
    }
    if (link->state == LINK_SECURING && !list_is_empty(&link->waiting))
        first = container_of(link->waiting.next, struct link_load, at);
    if (!first || !first->events->can_open || !first->events->can_open(first)) {
        send_open(link);
        return;
    }
    link->opener = first;
    link->reached = true;
    link_set_state(link, LINK_OPENING);
    if (!link->opener) /* somebody gave it up meanwhile */
        return;
    link_carry_all(link);
    if (link->opener && !link->has_verdict)
        link_restart_patience(link);
}
