/* POST /v1/open and POST /v1/pair. See open.h. */
#define LOG_TAG "open"
#include "gate/open.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "config.h"
#include "gate/gate.h"
#include "gate/handlers.h"
#include "gate/intake.h"
#include "gate/reply.h"
#include "gate/session.h"
#include "wire/tls.h"

/* Fits its door message with what that holds besides. */
enum { PAIR_BODY_MAX = 768 };

static struct slice request_body(const struct request *request)
{
    return buffer_slice(&request->body);
}

static int request_exporter(const struct request *request, uint8_t exporter_out[EXPORTER_SIZE])
{
    return tls_exporter(wire_tls(conn_wire(request->session->conn)), exporter_out);
}

/* request->work marks the request that decides about the connection. */
void open_give_up(struct request *request)
{
    if (!request->work)
        return;
    request->work = NULL;
    session_not_opened(request->session);
}

bool open_try(struct request *request)
{
    if (!session_opening(request->session)) {
        reply_problem(request, PROBLEM_BAD_REQUEST, "The connection is open, or is being opened.");
        return false;
    }
    request->work = request->session;
    return true;
}

static void open_begin(struct request *request)
{
    (void)open_try(request);
}

static void open_data(struct request *request, const uint8_t *bytes, size_t size)
{
    if (!intake_collect(request, bytes, size, LIMIT_OPENING_BODY))
        open_give_up(request);
}

static void open_end(struct request *request)
{
    _cleanup_buffer_ struct buffer message = BUFFER_INIT;
    struct door_order order = {.connection = request->session->number,
                               .parts = request_body(request)};

    if (request_ask(request, DOOR_OPENED)) {
        order.ticket = request->ticket;
        if (request_exporter(request, order.exporter) || door_order_encode(&order, &message))
            reply_problem(request, PROBLEM_INTERNAL, NULL);
        else
            request_send(request, DOOR_OPEN, &message, -1);
    }
    if (request->stage == REQUEST_ANSWERED)
        open_give_up(request);
}

json_t *open_to_json(const struct request *request, const struct door_opened *opened)
{
    const struct gate *gate = request->session->gate;
    char fingerprint[FINGERPRINT_TEXT_SIZE];

    fingerprint_format(opened->fingerprint, fingerprint);
    return json_pack("{s:o, s:o, s:o, s:s, s:o, s:s, s:I}", "rights", json_rights(opened->rights),
                     "as", json_list(opened->run_as), "operator",
                     json_foreign(opened->operator_name), "fingerprint", fingerprint, "name",
                     json_foreign(gate->name), "version", HUNE_VERSION, "wall_ms",
                     (json_int_t)clock_wall_ms());
}

void open_opened(struct request *request, const struct door_opened *opened)
{
    request->ticket = TICKET_NONE;
    if (opened->problem) {
        log_info("connection %u from %s not opened: %s", request->session->number,
                 conn_peer(request->session->conn), problem_info(opened->problem)->name);
        reply_problem(request, opened->problem, NULL);
        open_give_up(request);
        return;
    }
    if (!request->work) /* answered while the warden thought: the body was too long after all */
        return;
    request->work = NULL;
    reply_json(request, 200, open_to_json(request, opened));
    session_opened(request->session, opened);
}

static void pair_data(struct request *request, const uint8_t *bytes, size_t size)
{
    (void)intake_collect(request, bytes, size, PAIR_BODY_MAX);
}

static void pair_end(struct request *request)
{
    _cleanup_buffer_ struct buffer message = BUFFER_INIT;
    struct door_pair pair = {.request = request_body(request)};

    if (!request_ask(request, DOOR_PAIRED))
        return;
    pair.ticket = request->ticket;
    if (request_exporter(request, pair.exporter) || door_pair_encode(&pair, &message))
        reply_problem(request, PROBLEM_INTERNAL, NULL);
    else
        request_send(request, DOOR_PAIR, &message, -1);
}

void pair_paired(struct request *request, const struct door_opened *paired)
{
    request->ticket = TICKET_NONE;
    if (paired->problem) {
        reply_problem(request, paired->problem, NULL);
        return;
    }
    log_info("%s paired as %s", conn_peer(request->session->conn), paired->operator_name);
    reply_json(request, 200,
               json_pack("{s:o, s:o, s:o}", "rights", json_rights(paired->rights), "as",
                         json_list(paired->run_as), "name",
                         json_foreign(request->session->gate->name)));
}

const struct request_handler handler_OPEN = {
    .begin = open_begin,
    .data = open_data,
    .end = open_end,
    .close = open_give_up,
};

const struct request_handler handler_PAIR = {
    .data = pair_data,
    .end = pair_end,
};
