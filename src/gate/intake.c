/* PUT /v1/jobs/ID. See intake.h. */
#define LOG_TAG "intake"
#include "gate/intake.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "gate/describe.h"
#include "gate/gate.h"
#include "gate/handlers.h"
#include "gate/reply.h"
#include "gate/session.h"
#include "proto/state.h"
#include "proto/verb.h"
#include "wire/tls.h"

/* What a door message of an order holds beside the order. */
enum { ORDER_MESSAGE_SPARE = 1024 };

bool intake_collect(struct request *request, const uint8_t *bytes, size_t size, size_t max)
{
    enum problem_code problem = PROBLEM_NONE;

    if (size > max - buffer_length(&request->body))
        problem = PROBLEM_TOO_LARGE;
    else if (buffer_append(&request->body, bytes, size))
        problem = PROBLEM_INTERNAL;
    wire_stream_consume(request->stream, size);
    if (problem) {
        buffer_deinit(&request->body);
        reply_problem(request, problem, NULL);
    }
    return problem == PROBLEM_NONE;
}

int intake_seal(struct slice bytes)
{
    _cleanup_close_ int fd = memfd_create("hune-order", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    int r;

    if (fd < 0)
        return -errno;
    r = fd_write_all(fd, bytes.bytes, bytes.size);
    if (r)
        return r;
    if (fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0)
        return -errno;
    return steal_fd(&fd);
}

/* The order in the body, as far as the gate needs to know it. */
static enum problem_code order_look(const struct request *request, struct order *order_out)
{
    struct order_parts parts;
    int r = order_parts_decode(&parts, buffer_bytes(&request->body), buffer_length(&request->body));

    if (!r)
        r = order_decode(order_out, parts.order.bytes, parts.order.size);
    if (r == ORDER_E_VERB)
        return PROBLEM_UNSUPPORTED;
    if (r)
        return PROBLEM_MALFORMED;
    return memcmp(order_out->id, request->match.id, UUID_SIZE) == 0 ? PROBLEM_NONE
                                                                    : PROBLEM_BAD_REQUEST;
}

/* Fits the order into the message, or into a memfd beside it. Returns 0 or -errno. */
static int order_pack(const struct request *request, const struct order *order,
                      struct buffer *message_out, int *fd_out)
{
    struct session *session = request->session;
    struct door_order message = {.ticket = request->ticket, .connection = session->number};
    struct slice parts = {buffer_bytes(&request->body), buffer_length(&request->body)};
    int r = tls_exporter(wire_tls(conn_wire(session->conn)), message.exporter);

    if (r)
        return r;
    describe_order(order, message.label, sizeof(message.label));
    if (parts.size <= LIMIT_DOOR_MESSAGE - ORDER_MESSAGE_SPARE) {
        message.parts = parts;
    } else {
        *fd_out = intake_seal(parts);
        if (*fd_out < 0)
            return *fd_out;
    }
    return door_order_encode(&message, message_out);
}

static void order_ask(struct request *request, const struct order *order, enum door_type question,
                      enum door_type answer)
{
    _cleanup_buffer_ struct buffer message = BUFFER_INIT;
    _cleanup_close_ int fd = -1;
    int r;

    if (!request_ask(request, answer))
        return;
    r = order_pack(request, order, &message, &fd);
    buffer_deinit(&request->body);
    if (r) {
        log_order(LOG_LEVEL_ERROR, request->match.id, "cannot be passed on: %s", strerror(-r));
        reply_problem(request, PROBLEM_INTERNAL, NULL);
        return;
    }
    request_send(request, question, &message, fd);
}

static void order_data(struct request *request, const uint8_t *bytes, size_t size)
{
    if (!intake_collect(request, bytes, size, LIMIT_ORDER_BODY))
        session_order_settled(request->session, request->match.id);
}

void intake_forward(struct request *request, enum door_type question, enum door_type answer)
{
    struct order order;
    enum problem_code problem = order_look(request, &order);

    if (problem) {
        log_order(LOG_LEVEL_INFO, request->match.id, "connection %u: %s", request->session->number,
                  problem_info(problem)->name);
        buffer_deinit(&request->body);
        reply_problem(request, problem,
                      problem == PROBLEM_BAD_REQUEST ? "The path must name the order's own id."
                                                     : NULL);
    } else {
        log_order(LOG_LEVEL_DEBUG, order.id, "connection %u: %s, %zu bytes",
                  request->session->number, verb_info(order.verb)->name,
                  buffer_length(&request->body));
        order_ask(request, &order, question, answer);
    }
}

static void order_end(struct request *request)
{
    intake_forward(request, DOOR_ORDER, DOOR_ORDERED);
    if (request->stage == REQUEST_ANSWERED)
        session_order_settled(request->session, request->match.id);
}

static void order_close(struct request *request)
{
    if (request->stage != REQUEST_ANSWERED)
        session_order_settled(request->session, request->match.id);
}

/* What becomes no job has no object in the table. */
static json_t *ordered_to_json(const struct door_ordered *ordered)
{
    const struct verb_info *verb = verb_info(ordered->verb);
    const char *state = state_name(ordered->state.state);
    char id[UUID_TEXT_SIZE];

    uuid_format(ordered->id, id);
    return json_pack("{s:s, s:s, s:s, s:I}", "id", id, "verb", verb ? verb->name : "unknown",
                     "state", state ? state : "unknown", "detail",
                     (json_int_t)ordered->state.detail);
}

json_t *intake_to_json(const struct request *request, const struct door_ordered *ordered)
{
    const struct job *job = jobs_find(&request->session->gate->jobs, ordered->id);

    return job ? job_to_json(job) : ordered_to_json(ordered);
}

void intake_ordered(struct request *request, const struct door_ordered *ordered)
{
    request->ticket = TICKET_NONE;
    if (ordered->problem)
        reply_problem(request, ordered->problem, NULL);
    else
        reply_json(request, ordered->known ? 200 : 201, intake_to_json(request, ordered));
    session_order_settled(request->session, request->match.id);
}

const struct request_handler handler_ORDER = {
    .data = order_data,
    .end = order_end,
    .close = order_close,
};
