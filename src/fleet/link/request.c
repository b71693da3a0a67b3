/* One HTTP exchange on a link, sent again after a broken connection. */
#include "fleet/link/request.h"

#include <stdlib.h>
#include <string.h>

#include "fleet/home/i18n.h"
#include "fleet/link/exchange.h"
#include "fleet/link/link-carry.h"
#include "proto/limits.h"

struct request {
    struct link_load load;
    struct exchange exchange;
    struct link *link;
    const char *method;
    char *path;
    struct buffer bytes;
    struct wire_body flow;
    bool has_flow;
    bool is_done;
    unsigned sendings; /* without an answer that began */
    const struct request_events *events;
    void *user;
    request_document_done document_done;
    json_t *answer; /* parsed already, or NULL */
};

static const struct link_load_events load_events;
static const struct exchange_events collecting_events;
static const struct exchange_events flowing_events;

int request_new(struct request **request_out, struct link *link, const char *method,
                const char *path, const struct request_events *events, void *user)
{
    struct request *request = calloc(1, sizeof(*request));

    if (!request)
        return -ENOMEM;
    request->path = strdup(path);
    if (!request->path) {
        free(request);
        return -ENOMEM;
    }
    list_init(&request->load.at);
    request->load.events = &load_events;
    request->link = link;
    request->method = method;
    request->events = events;
    request->user = user;
    link_hold(link);
    *request_out = request;
    return 0;
}

static void request_deinit(struct request *request)
{
    list_remove(&request->load.at);
    exchange_drop(&request->exchange);
    link_opener_gone(request->link, &request->load);
    link_flush(request->link);
    link_release(request->link);
}

static void request_destroy(struct request *request)
{
    json_decref(request->answer);
    buffer_deinit(&request->bytes);
    free(request->path);
    free(request);
}

static void request_finish(struct request *request, const struct trouble *trouble)
{
    /* The answer's body stays for on_done. */
    struct buffer body = request->exchange.body;

    request->exchange.body = BUFFER_INIT;
    request->is_done = true;
    request_deinit(request);
    request->exchange.body = body;
    request->events->on_done(request, trouble, request->user);
    buffer_deinit(&request->exchange.body);
    request_destroy(request);
}

int request_set_path(struct request *request, const char *path)
{
    char *copy = strdup(path);

    if (!copy)
        return -ENOMEM;
    free(request->path);
    request->path = copy;
    return 0;
}

int request_set_bytes(struct request *request, const void *bytes, size_t size)
{
    buffer_clear(&request->bytes);
    return buffer_append(&request->bytes, bytes, size);
}

void request_set_body(struct request *request, const struct wire_body *body)
{
    request->flow = *body;
    request->has_flow = true;
}

void request_send(struct request *request)
{
    link_add_load(request->link, &request->load);
}

struct request *request_cancel(struct request *request)
{
    if (!request || request->is_done)
        return NULL;

    request_deinit(request);
    request_destroy(request);
    return NULL;
}

void request_fail(struct request *request, const struct trouble *trouble)
{
    if (!request->is_done)
        request_finish(request, trouble);
}

/* ---- as the link's load ---- */

static int request_carry(struct link_load *load, struct wire *wire)
{
    struct request *request = container_of(load, struct request, load);
    struct exchange_body body = {0};
    struct trouble trouble;
    int error;

    if (request->events->on_send && request->events->on_send(request, request->user) != 0)
        return 1;
    if (request->has_flow)
        body.flow = &request->flow;
    else
        body.bytes = buffer_slice(&request->bytes);
    error = exchange_start(&request->exchange, wire, request->method, request->path, &body,
                           request->events->on_data ? &flowing_events : &collecting_events,
                           link_where(request->link));
    if (error == -EPIPE)
        return -EPIPE;
    if (error) {
        trouble_set_errno(&trouble, link_where(request->link), error);
        request_finish(request, &trouble);
        return 1;
    }
    request->sendings++;
    if (request->events->on_sent)
        request->events->on_sent(request, request->user);
    return 0;
}

static void request_load_failed(struct link_load *load, const struct trouble *trouble)
{
    request_finish(container_of(load, struct request, load), trouble);
}

static bool request_can_open(struct link_load *load)
{
    struct request *request = container_of(load, struct request, load);

    return request->events->can_open && request->events->can_open(request, request->user);
}

static const struct link_load_events load_events = {
    .carry = request_carry,
    .can_open = request_can_open,
    .fail = request_load_failed,
};

/* ---- as the exchange's owner ---- */

/* Back into line: for a connection that broke or is about to end, or an answer that came before
 * `open` was decided. */
static void request_repeat(struct request *request, const struct trouble *trouble)
{
    list_remove(&request->load.at);
    if (request->sendings >= LIMIT_SENDINGS) {
        request_finish(request, trouble);
        return;
    }
    link_wait_load(request->link, &request->load);
    if (trouble->code == PROBLEM_LOST && request->events->on_interrupted)
        request->events->on_interrupted(request, request->user);
}

/* The answer to the request that was to open the connection. */
static void request_entered(struct request *request, const struct trouble *trouble)
{
    json_t *root = request_json(request, NULL);
    json_t *open = json_object_get(root, "open");
    struct link *link = request->link;
    struct trouble refusal;

    json_decref(request->answer);
    request->answer = json_incref(root);
    if (open || !trouble) {
        if (link_let_in(link, open))
            request_finish(request, trouble);
        else
            request_repeat(request, link_trouble(link));
        link_ready(link);
    } else if (trouble->code == PROBLEM_OTHER_EPOCH) {
        /* The order's own affair: it is made anew, if it may be. */
        link_opener_gone(link, &request->load);
        request_finish(request, trouble);
    } else {
        refusal = *trouble;
        link_not_let_in(link, &refusal);
        if (request->events->on_turned_away)
            request->events->on_turned_away(request, request->user);
        request_repeat(request, &refusal);
    }
    json_decref(root);
}

static void on_exchange_done(struct exchange *exchange, const struct trouble *trouble)
{
    struct request *request = container_of(exchange, struct request, exchange);
    enum problem_code code = trouble ? trouble->code : PROBLEM_NONE;
    bool is_early = code == PROBLEM_NOT_OPEN && !link_is_open(request->link);

    if (request_opens(request) && code != PROBLEM_LOST) {
        request_entered(request, trouble);
        return;
    }
    if (code == PROBLEM_LOST || code == PROBLEM_SHUTTING_DOWN || is_early)
        request_repeat(request, trouble);
    else
        request_finish(request, trouble);
}

static void on_exchange_response(struct exchange *exchange)
{
    struct request *request = container_of(exchange, struct request, exchange);

    request->sendings = 0;
    if (request->events->on_response)
        request->events->on_response(request, exchange->status, request->user);
}

static void on_exchange_data(struct exchange *exchange, const uint8_t *bytes, size_t size)
{
    struct request *request = container_of(exchange, struct request, exchange);

    request->events->on_data(request, bytes, size, request->user);
}

static void on_exchange_acknowledged(struct exchange *exchange)
{
    struct request *request = container_of(exchange, struct request, exchange);

    request->sendings = 0; /* it went forward */
    if (request->events->on_acknowledged)
        request->events->on_acknowledged(request, request->user);
}

static const struct exchange_events collecting_events = {
    .on_response = on_exchange_response,
    .on_acknowledged = on_exchange_acknowledged,
    .on_done = on_exchange_done,
};

static const struct exchange_events flowing_events = {
    .on_response = on_exchange_response,
    .on_data = on_exchange_data,
    .on_acknowledged = on_exchange_acknowledged,
    .on_done = on_exchange_done,
};

bool request_opens(const struct request *request)
{
    return link_opens_with(request->link, &request->load);
}

void request_cannot_open(struct request *request, const struct trouble *trouble)
{
    link_not_let_in(request->link, trouble);
}

void request_set_place(struct request *request, const struct wire_place *place)
{
    if (request->exchange.stream)
        wire_stream_set_place(request->exchange.stream, place);
}

void request_consume(struct request *request, size_t size)
{
    exchange_consume(&request->exchange, size);
    link_flush(request->link);
}

void request_resume(struct request *request)
{
    if (!exchange_is_running(&request->exchange))
        return;
    wire_stream_resume(request->exchange.stream);
    link_flush(request->link);
}

uint64_t request_acknowledged(const struct request *request)
{
    if (!exchange_is_running(&request->exchange))
        return 0;
    return wire_stream_acknowledged(request->exchange.stream);
}

bool request_is_sent(const struct request *request)
{
    return exchange_is_running(&request->exchange);
}

unsigned request_status(const struct request *request)
{
    return request->exchange.status;
}

struct slice request_body(const struct request *request)
{
    return buffer_slice(&request->exchange.body);
}

json_t *request_json(const struct request *request, json_error_t *reason_out)
{
    struct slice body = request_body(request);

    if (request->answer)
        return json_incref(request->answer);
    return json_loadb(body.bytes ? (const char *)body.bytes : "", body.size, 0, reason_out);
}

struct link *request_link(const struct request *request)
{
    return request->link;
}

/* ---- documents ---- */

static void on_document(struct request *request, const struct trouble *trouble, void *user)
{
    struct trouble bad;
    json_t *root = NULL;
    json_error_t reason;

    if (!trouble) {
        root = request_json(request, &reason);
        if (!root) {
            trouble_set(&bad, PROBLEM_NOT_HUNE, link_where(request->link),
                        _("its answer is no JSON: %s"), reason.text);
            trouble = &bad;
        }
    }
    request->document_done(root, trouble, user);
    json_decref(root);
}

int request_document(struct link *link, const char *path, request_document_done done, void *user,
                     struct request **request_out)
{
    static const struct request_events events = {.on_done = on_document};
    struct request *request;
    int error = request_new(&request, link, "GET", path, &events, user);

    if (error)
        return error;
    request->document_done = done;
    if (request_out)
        *request_out = request;
    request_send(request);
    return 0;
}
