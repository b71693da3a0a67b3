/* From a connection to an opened one: secure, greet, open; each step starts the next. Nothing is
 * sent before the machine has shown the id that was pinned. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "base/uuid.h"
#include "fleet/home/i18n.h"
#include "fleet/home/signer.h"
#include "fleet/link/document.h"
#include "fleet/link/link-private.h"
#include "fleet/link/submit.h"
#include "proto/greeting.h"
#include "proto/limits.h"
#include "proto/right.h"

enum { PROTOCOL_VERSION = 1 };

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

    link_describe_where(link, link->conn, where, sizeof(where));
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

void link_refused(struct link *link, const struct trouble *trouble)
{
    link->trouble = *trouble;
    /* The one right that opening needs. */
    if (trouble->code == PROBLEM_RIGHT_MISSING && !*trouble->detail)
        text_copy(link->trouble.detail, sizeof(link->trouble.detail), right_name(RIGHT_OBSERVE));
    link_give_up(link);
}

/* The machine refused, or the connection broke: then its own end tells why. */
static void refused(struct link *link, const struct trouble *trouble)
{
    if (trouble->code == PROBLEM_LOST)
        return;
    link_refused(link, trouble);
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

/* What was asked is answered: read, and gone on with, or given up. */
static void answered(struct link *link, struct exchange *exchange, const struct trouble *trouble,
                     bool (*read)(struct link *link, json_t *root),
                     void (*go_on)(struct link *link))
{
    json_t *root;
    bool understood;

    if (link->freed || link->has_verdict)
        return;
    if (trouble) {
        refused(link, trouble);
        return;
    }
    root = exchange_document(exchange);
    understood = read(link, root);
    json_decref(root);
    buffer_deinit(&exchange->body);
    if (understood)
        go_on(link);
    else
        link_give_up(link);
}

static void on_hello_done(struct exchange *exchange, const struct trouble *trouble)
{
    answered(container_of(exchange, struct link, hello), exchange, trouble, read_hello,
             link_greeted);
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
    answered(container_of(exchange, struct link, open), exchange, trouble, link_read_opened,
             link_became_ready);
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
