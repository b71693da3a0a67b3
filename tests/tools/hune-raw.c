/* A console that does what no console should: gives orders damaged in a chosen way, out of turn, or
 * twice, and prints what the machine answers. Not installed; the end-to-end tests and the bench use
 * it.
 *
 * One session is one connection: hello, then open, then what was asked for. */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "raw-options.h"
#include "wire/conn.h"

/* Sessions that are on their way at once: below what a machine lets one address hold unopened. */
enum { OPENING_MAX = 32 };

enum stage { STAGE_HELLO, STAGE_OPEN, STAGE_REQUEST, STAGE_LAST, STAGE_HELD };

struct raw;

struct session {
    struct raw *raw;
    struct conn *conn;
    enum stage stage;
    uint8_t exporter[EXPORTER_SIZE];
    uint8_t epoch[EPOCH_SIZE];
    uint64_t boot_ms;
    struct buffer body;   /* the order's, for as often as it is sent */
    char path[64];        /* where it goes */
    struct buffer answer; /* of the request that is under way */
    uint32_t sent;
};

struct raw {
    struct raw_options options;
    struct conn_factory factory;
    struct session *sessions;
    uint32_t started;
    uint32_t held;
    uint32_t opening;
    int status;
    uv_pipe_t input; /* its end ends the holding */
};

static void session_next(struct session *session);

static void fail(struct session *session, const char *what)
{
    printf("failed %s\n", what);
    session->raw->status = 3;
    conn_close(session->conn);
}

static void request(struct session *session, const char *method, const char *path,
                    const struct buffer *body)
{
    struct wire_stream *stream;

    buffer_clear(&session->answer);
    if (wire_request_bytes(conn_wire(session->conn), method, path, body ? buffer_bytes(body) : NULL,
                           body ? buffer_length(body) : 0, session, &stream))
        fail(session, "no stream");
    else
        conn_flush(session->conn);
}

static enum problem_code on_established(struct wire *wire, void *user)
{
    struct session *session = user;
    struct raw_options *options = &session->raw->options;

    if (!options->has_machine)
        tls_peer_id(wire_tls(wire), options->template.order.machine);
    tls_exporter(wire_tls(wire), session->exporter);
    if (options->wrong_exporter)
        session->exporter[0] ^= 1;
    request(session, "GET", "/v1/hello", NULL);
    return PROBLEM_NONE;
}

static bool read_hello(struct session *session)
{
    json_t *hello = json_loadb((const char *)buffer_bytes(&session->answer),
                               buffer_length(&session->answer), 0, NULL);
    const char *epoch = json_string_value(json_object_get(hello, "epoch"));
    bool good = epoch && hex_decode(epoch, 2 * EPOCH_SIZE, session->epoch);

    session->boot_ms = (uint64_t)json_integer_value(json_object_get(hello, "boot_ms"));
    json_decref(hello);
    return good;
}

/* Completes an order from what hello said and signs it. */
static bool make_body(struct session *session, struct raw_order *raw)
{
    const struct raw_options *options = &session->raw->options;

    if (!options->has_epoch)
        memcpy(raw->order.epoch, session->epoch, EPOCH_SIZE);
    raw_order_date(raw, session->boot_ms);
    buffer_clear(&session->body);
    return raw_order_sign(raw, &options->key, &session->body) == 0;
}

static void send_open(struct session *session)
{
    struct raw_order raw = {
        .order = {.verb = VERB_OPEN, .payload = {session->exporter, EXPORTER_SIZE}},
        .unsigned_damage = RAW_DAMAGE_NONE,
        .signed_damage = RAW_DAMAGE_NONE,
    };

    /* The real machine's id and epoch, whatever the order that follows is to say. */
    tls_peer_id(wire_tls(conn_wire(session->conn)), raw.order.machine);
    memcpy(raw.order.epoch, session->epoch, EPOCH_SIZE);
    raw_order_date(&raw, session->boot_ms);
    buffer_clear(&session->body);
    if (uuid_make(raw.order.id) ||
        raw_order_sign(&raw, &session->raw->options.key, &session->body)) {
        fail(session, "open");
        return;
    }
    session->stage = STAGE_OPEN;
    request(session, "POST", "/v1/open", &session->body);
}

/* With a body that was sent before, or by another. */
static bool exchange_body(struct session *session)
{
    const struct raw_options *options = &session->raw->options;

    if (options->save && file_replace(options->save, 0600, buffer_bytes(&session->body),
                                      buffer_length(&session->body)))
        return false;
    if (!options->body)
        return true;
    buffer_clear(&session->body);
    return file_read(options->body, 1 << 20, &session->body) == 0;
}

static void send_order(struct session *session)
{
    const struct raw_options *options = &session->raw->options;
    char id[UUID_TEXT_SIZE];

    if (session->sent == 0) {
        struct raw_order raw = options->template;

        raw.order.payload = buffer_slice(&options->payload);
        if (options->bound) {
            raw.order.flags |= ORDER_OPENS;
            raw.order.channel = (struct slice){session->exporter, EXPORTER_SIZE};
        }
        if ((!options->has_id && uuid_make(raw.order.id)) || !make_body(session, &raw) ||
            !exchange_body(session)) {
            fail(session, "order");
            return;
        }
        uuid_format(options->has_path_id ? options->path_id : raw.order.id, id);
        snprintf(session->path, sizeof(session->path), "/v1/%s/%s",
                 options->enter ? "enter" : "jobs", id);
    }
    session->sent++;
    session->stage = STAGE_REQUEST;
    request(session, "PUT", session->path, &session->body);
}

static void start_sessions(struct raw *raw);

static void hold(struct session *session)
{
    struct raw *raw = session->raw;

    session->stage = STAGE_HELD;
    buffer_deinit(&session->body);
    buffer_deinit(&session->answer);
    raw->held++;
    raw->opening--;
    if (raw->held == raw->options.connections) {
        printf("held %" PRIu32 "\n", raw->held);
        fflush(stdout);
    }
    start_sessions(raw);
}

/* What follows when hello, open or an earlier round is done. */
static void session_next(struct session *session)
{
    const struct raw_options *options = &session->raw->options;

    if (session->stage == STAGE_HELLO && !options->without_open) {
        send_open(session);
    } else if (options->connections > 0) {
        hold(session);
    } else if (options->get && session->stage != STAGE_REQUEST) {
        session->stage = STAGE_REQUEST;
        request(session, "GET", options->get, NULL);
    } else if (options->post && session->stage != STAGE_REQUEST) {
        session->stage = STAGE_REQUEST;
        request(session, "POST", options->post, &options->payload);
    } else if (!options->get && !options->post && session->sent < options->repeat) {
        send_order(session);
    } else if (options->then_get && session->stage != STAGE_LAST) {
        session->stage = STAGE_LAST;
        request(session, "GET", options->then_get, NULL);
    } else {
        conn_shut_down(session->conn, 1000);
    }
}

static void on_data(struct wire_stream *stream, const uint8_t *bytes, size_t size, void *user)
{
    struct session *session = user;

    if (buffer_append(&session->answer, bytes, size))
        fail(session, "memory");
    wire_stream_consume(stream, size);
}

static void on_end(struct wire_stream *stream, void *user)
{
    struct session *session = user;
    unsigned status = wire_stream_status(stream);

    if (session->stage == STAGE_HELLO) {
        if (status != 200 || !read_hello(session)) {
            fail(session, "hello");
            return;
        }
    } else if (session->stage >= STAGE_REQUEST || status != 200) {
        printf("%u ", status);
        fwrite(buffer_bytes(&session->answer), 1, buffer_length(&session->answer), stdout);
        printf("\n");
        if (session->stage == STAGE_OPEN) {
            conn_shut_down(session->conn, 1000);
            return;
        }
    }
    session_next(session);
}

static void on_close(struct wire_stream *stream, uint32_t h2_error, void *user)
{
    (void)stream;
    (void)user;
    if (h2_error)
        printf("stream closed %" PRIu32 "\n", h2_error);
}

static void ignore_stream(struct wire_stream *stream, void *user)
{
    (void)stream;
    (void)user;
}

static const struct wire_events events = {
    .on_established = on_established,
    .on_response = ignore_stream,
    .on_data = on_data,
    .on_end = on_end,
    .on_close = on_close,
};

static void on_closed(struct conn *conn, enum problem_code problem, int system_error, void *user)
{
    struct session *session = user;
    struct raw *raw = session->raw;

    (void)conn;
    (void)system_error;
    if (problem != PROBLEM_NONE &&
        !(problem == PROBLEM_CLOSED && session->stage >= STAGE_REQUEST)) {
        printf("closed %s\n", problem_info(problem)->name);
        raw->status = 3;
        /* What was to be held is not; the others are of no use. */
        if (raw->options.connections > 0 && !uv_is_closing((uv_handle_t *)&raw->input))
            uv_close((uv_handle_t *)&raw->input, NULL);
    }
    session->conn = NULL;
    buffer_deinit(&session->body);
    buffer_deinit(&session->answer);
}

static void start_sessions(struct raw *raw)
{
    uint32_t wanted = raw->options.connections > 0 ? raw->options.connections : 1;

    while (raw->started < wanted && raw->opening < OPENING_MAX) {
        struct session *session = &raw->sessions[raw->started++];

        raw->opening++;
        session->raw = raw;
        if (conn_new(&session->conn, &raw->factory, session)) {
            raw->status = 3;
            return;
        }
        conn_connect(session->conn, (const struct sockaddr *)&raw->options.address, 10 * 1000);
    }
}

static void on_input_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer_out)
{
    static char byte;

    (void)handle;
    (void)suggested;
    *buffer_out = uv_buf_init(&byte, 1);
}

static void on_input(uv_stream_t *stream, ssize_t size, const uv_buf_t *buffer)
{
    struct raw *raw = stream->data;

    (void)buffer;
    if (size >= 0)
        return;
    for (uint32_t i = 0; i < raw->started; i++)
        if (raw->sessions[i].conn)
            conn_close(raw->sessions[i].conn);
    uv_close((uv_handle_t *)stream, NULL);
}

static int run(struct raw *raw, uv_loop_t *loop)
{
    struct tls_context *context;
    uint32_t count = raw->options.connections > 0 ? raw->options.connections : 1;

    if (tls_context_new_client(&context))
        return 3;
    raw->sessions = calloc(count, sizeof(*raw->sessions));
    if (!raw->sessions) {
        tls_context_free(context);
        return 3;
    }
    conn_factory_init(&raw->factory, loop, TLS_CLIENT, context, &events, on_closed);
    if (raw->options.connections > 0) {
        uv_pipe_init(loop, &raw->input, 0);
        raw->input.data = raw;
        uv_pipe_open(&raw->input, 0);
        uv_read_start((uv_stream_t *)&raw->input, on_input_room, on_input);
    }
    start_sessions(raw);
    uv_run(loop, UV_RUN_DEFAULT);
    conn_factory_deinit(&raw->factory);
    tls_context_free(context);
    free(raw->sessions);
    return raw->status;
}

int main(int argc, char **argv)
{
    struct raw raw = {0};
    uv_loop_t loop;
    int status = 1;

    log_open("hune-raw", LOG_LEVEL_WARNING);
    if (raw_options_parse(&raw.options, argc, argv) == 0 && uv_loop_init(&loop) == 0) {
        status = run(&raw, &loop);
        uv_loop_close(&loop);
    }
    raw_options_deinit(&raw.options);
    return status;
}
