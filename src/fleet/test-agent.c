/* See test-agent.h. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "fleet/test-agent.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/random.h"
#include "base/text.h"
#include "proto/frame.h"
#include "proto/invite.h"
#include "proto/right.h"
#include "proto/sshsig.h"
#include "proto/state.h"
#include "wire/test-certificate.h"

struct session {
    struct list at;
    struct test_agent *agent;
    struct conn *conn;
    struct list held; /* calls that wait for what becomes of `open`, or of their order */
    struct list puts; /* orders that are not complete */
    bool is_opening;
    bool is_open;
};

/* One request; `put_later`, while it waits. */
struct call {
    struct list at; /* in job.readers, session.held or session.puts, while it waits */
    struct session *session;
    struct wire_stream *stream;
    struct buffer body;
    struct buffer answer;
    struct test_job *job;
    uint64_t from; /* output: next byte to send */
    uint64_t base; /* input: offset of the body's first byte */
    bool is_output;
    bool is_input;
    bool waits;
};

/* ---- answers ---- */

static void cut_session(struct session *session)
{
    struct test_agent *agent = session->agent;

    if (conn_is_closing(session->conn))
        return;
    conn_close(session->conn);
    if (agent->reset_epoch_on_cut)
        agent->epoch[0]++;
    if (agent->reset_epoch_on_cut || agent->forget_on_cut)
        agent->job_count = 0;
}

static void respond(struct call *call, unsigned status, const char *type, const char *text)
{
    assert_int_equal(wire_respond_bytes(call->stream, status, type, text, strlen(text)), 0);
}

static void refuse(struct call *call, enum problem_code code)
{
    const struct problem_info *info = problem_info(code);
    char text[512];

    snprintf(
        text, sizeof(text),
        "{\"type\":\"urn:hune:problem:%s\",\"title\":\"%s\",\"status\":%u,\"detail\":\"said so\"}",
        info->name, info->text, info->status);
    respond(call, info->status, "application/problem+json", text);
}

static void answer_hello(struct call *call)
{
    struct test_agent *agent = call->session->agent;
    char text[512], id[FINGERPRINT_TEXT_SIZE], epoch[2 * EPOCH_SIZE + 1];

    agent->hellos++;
    if (agent->silent_hello)
        return;
    if (agent->not_hello) {
        respond(call, 200, "text/html", "<html>welcome</html>");
        return;
    }
    fingerprint_format(agent->id, id);
    hex_encode(agent->epoch, EPOCH_SIZE, epoch);
    snprintf(text, sizeof(text),
             "{\"protocol\":%" PRIu64
             ",\"agent\":\"hune/0.1.0\",\"machine\":\"%s\",\"epoch\":\"%s\","
             "\"boot_ms\":%" PRId64 "}",
             agent->protocol, id, epoch, (int64_t)clock_boot_ms() + agent->boot_ahead_ms);
    respond(call, 200, "application/json", text);
}

/* Checks an order as the warden would. */
static enum problem_code check_order(struct call *call, struct order *order_out)
{
    struct test_agent *agent = call->session->agent;
    struct order_parts parts;
    uint64_t now = (uint64_t)((int64_t)clock_boot_ms() + agent->boot_ahead_ms);

    if (order_parts_decode(&parts, buffer_bytes(&call->body), buffer_length(&call->body)) ||
        order_decode(order_out, parts.order.bytes, parts.order.size))
        return PROBLEM_MALFORMED;
    if (sshsig_verify(parts.signature, &agent->operator_key, parts.order.bytes, parts.order.size))
        return PROBLEM_SIGNATURE;
    if (memcmp(order_out->machine, agent->id, MACHINE_ID_SIZE) != 0)
        return PROBLEM_OTHER_MACHINE;
    if (memcmp(order_out->epoch, agent->epoch, EPOCH_SIZE) != 0)
        return PROBLEM_OTHER_EPOCH;
    if (order_out->issued > now + LIMIT_CLOCK_AHEAD_MS)
        return PROBLEM_NOT_YET;
    if (order_out->expires < now || order_out->expires - order_out->issued > LIMIT_ORDER_WINDOW_MS)
        return PROBLEM_EXPIRED;
    return PROBLEM_NONE;
}

static void answer_open(struct call *call)
{
    struct test_agent *agent = call->session->agent;
    _cleanup_buffer_ struct buffer rights = BUFFER_INIT;
    uint8_t exporter[EXPORTER_SIZE];
    const uint8_t *told;
    struct order order;
    char text[512];

    agent->opens++;
    if (agent->silent_open)
        return;
    if (agent->refuse_open != PROBLEM_NONE) {
        refuse(call, agent->refuse_open);
        return;
    }
    tls_exporter(wire_tls(conn_wire(call->session->conn)), exporter);
    if (check_order(call, &order) != PROBLEM_NONE || order.verb != VERB_OPEN ||
        order_open_decode(order.payload, &told) || memcmp(told, exporter, EXPORTER_SIZE) != 0) {
        agent->bad_orders++;
        refuse(call, PROBLEM_SIGNATURE);
        return;
    }
    call->session->is_open = true;
    if (agent->rights == RIGHTS_ALL)
        buffer_append_text(&rights, "\"observe\",\"run\",\"control\"");
    else
        buffer_append_text(&rights, "\"observe\"");
    snprintf(
        text, sizeof(text),
        "{\"rights\":[%s],\"as\":[\"root\",\"www-data\"],\"operator\":\"alice@laptop\","
        "\"fingerprint\":\"SHA256:x\",\"name\":\"web1\",\"version\":\"0.1.0\",\"wall_ms\":%" PRId64
        "}",
        buffer_text(&rights), (int64_t)clock_wall_ms() + agent->wall_ahead_ms);
    respond(call, 200, "application/json", text);
}

static void answer_pair(struct call *call)
{
    struct test_agent *agent = call->session->agent;
    uint8_t exporter[EXPORTER_SIZE], code[INVITE_CODE_SIZE] = {1, 2, 3};
    struct pair_request request;
    bool is_right = false;

    agent->pairs++;
    tls_exporter(wire_tls(conn_wire(call->session->conn)), exporter);
    if (pair_request_decode(&request, buffer_bytes(&call->body), buffer_length(&call->body)) != 0 ||
        pair_check(&request, code, exporter, agent->id, &is_right) != 0 || !is_right ||
        !sshkey_equal(&request.key, &agent->operator_key)) {
        refuse(call, PROBLEM_INVITE_WRONG);
        return;
    }
    respond(call, 200, "application/json",
            "{\"rights\":[\"observe\",\"run\"],\"as\":[\"root\"],\"name\":\"web1\"}");
}

/* ---- jobs ---- */

static struct test_job *find_job(struct test_agent *agent, const uint8_t id[UUID_SIZE])
{
    for (unsigned i = 0; i < agent->job_count; i++)
        if (memcmp(agent->jobs[i].id, id, UUID_SIZE) == 0)
            return &agent->jobs[i];
    return NULL;
}

struct test_job *test_agent_job(struct test_agent *agent)
{
    return agent->job_count ? &agent->jobs[agent->job_count - 1] : NULL;
}

static void wake_readers(struct test_job *job)
{
    struct call *call;

    list_for_each (&job->readers, struct call, at, call) {
        list_remove(&call->at);
        wire_stream_resume(call->stream);
        conn_flush(call->session->conn);
    }
}

void test_job_frame(struct test_job *job, unsigned kind, const void *bytes, size_t size)
{
    struct frame_header header = {.kind = kind, .length = (uint32_t)size, .ms = 7};
    uint8_t head[FRAME_HEADER_SIZE];

    frame_header_encode(&header, head);
    buffer_append(&job->output, head, sizeof(head));
    buffer_append(&job->output, bytes, size);
    wake_readers(job);
}

void test_job_exit(struct test_job *job, uint32_t state, uint32_t detail)
{
    _cleanup_buffer_ struct buffer payload = BUFFER_INIT;
    struct writer writer = writer_init(&payload);

    writer_u32(&writer, state);
    writer_u32(&writer, detail);
    test_job_frame(job, FRAME_EXIT, buffer_bytes(&payload), buffer_length(&payload));
    job->output_ended = true;
    wake_readers(job);
}

static void answer_job(struct call *call, struct test_job *job, unsigned status)
{
    struct test_agent *agent = call->session->agent;
    char text[256], id[UUID_TEXT_SIZE];
    bool is_job = verb_info(job->verb) && verb_info(job->verb)->becomes_job;

    (void)agent;
    uuid_format(job->id, id);
    snprintf(text, sizeof(text), "{\"id\":\"%s\",\"verb\":\"run\",\"state\":\"%s\",\"detail\":0}",
             id, is_job ? "running" : "exited");
    respond(call, status, "application/json", text);
}

static struct test_job *new_job(struct test_agent *agent, const struct order *order)
{
    struct test_job *job = &agent->jobs[agent->job_count++];

    buffer_clear(&job->payload);
    buffer_clear(&job->output);
    buffer_clear(&job->input);
    job->output_ended = job->input_ended = false;
    list_init(&job->readers);
    memcpy(job->id, order->id, UUID_SIZE);
    memcpy(job->user, order->user, sizeof(job->user));
    job->verb = order->verb;
    buffer_append(&job->payload, order->payload.bytes, order->payload.size);
    return job;
}

static void answer_put(struct call *call)
{
    struct test_agent *agent = call->session->agent;
    struct test_job *job;
    struct order order;
    enum problem_code code;

    agent->puts++;
    if (agent->drop_put) {
        agent->drop_put = false;
        cut_session(call->session);
        return;
    }
    code = check_order(call, &order);
    if (code == PROBLEM_NONE && agent->refuse_put != PROBLEM_NONE) {
        code = agent->refuse_put;
        if (agent->refuse_put_times > 0 && --agent->refuse_put_times == 0)
            agent->refuse_put = PROBLEM_NONE;
        if (code == PROBLEM_OTHER_EPOCH)
            agent->epoch[0]++;
    }
    if (code != PROBLEM_NONE) {
        agent->bad_orders++;
        refuse(call, code);
        return;
    }
    agent->last_order = order;
    job = find_job(agent, order.id);
    if (job) {
        answer_job(call, job, 200);
        return;
    }
    agent->accepted++;
    job = new_job(agent, &order);
    if (agent->lose_put) {
        agent->lose_put = false;
        cut_session(call->session);
        return;
    }
    answer_job(call, job, 201);
}

static enum body_state output_peek(void *user, size_t max, struct slice *bytes_out)
{
    struct call *call = user;
    struct test_agent *agent = call->session->agent;
    uint64_t size = buffer_length(&call->job->output);
    uint64_t end = size;

    /* Closing takes until the next turn of the loop. */
    if (conn_is_closing(call->session->conn))
        return BODY_WAIT;
    if (agent->cuts_left > 0 && agent->cut_output_at > call->from && agent->cut_output_at < end)
        end = agent->cut_output_at;
    if (end - call->from > max)
        end = call->from + max;
    bytes_out->bytes = buffer_bytes(&call->job->output) + call->from;
    bytes_out->size = (size_t)(end - call->from);
    if (end == size && call->job->output_ended)
        return BODY_END;
    if (bytes_out->size > 0)
        return BODY_MORE;
    list_remove(&call->at);
    list_append(&call->job->readers, &call->at);
    return BODY_WAIT;
}

static void output_took(void *user, size_t size)
{
    struct call *call = user;
    struct test_agent *agent = call->session->agent;

    call->from += size;
    if (agent->cuts_left > 0 && call->from == agent->cut_output_at) {
        agent->cuts_left--;
        cut_session(call->session);
    }
}

static uint64_t query_from(const char *path)
{
    const char *from = strstr(path, "?from=");

    return from ? strtoull(from + strlen("?from="), NULL, 10) : 0;
}

static struct test_job *path_job(struct test_agent *agent, const char *path)
{
    char text[UUID_TEXT_SIZE] = "";
    uint8_t id[UUID_SIZE];

    memcpy(text, path + strlen("/v1/jobs/"), UUID_TEXT_SIZE - 1);
    return uuid_parse(text, id) ? find_job(agent, id) : NULL;
}

static void answer_output(struct call *call)
{
    struct test_agent *agent = call->session->agent;
    const char *path = wire_stream_path(call->stream);
    struct wire_body body = {.peek = output_peek, .took = output_took, .user = call};

    agent->outputs++;
    call->job = path_job(agent, path);
    call->from = query_from(path);
    if (!call->job || agent->refuse_output || call->from > buffer_length(&call->job->output)) {
        refuse(call, agent->refuse_output || !call->job ? PROBLEM_NO_SUCH_JOB : PROBLEM_GONE);
        return;
    }
    wire_respond(call->stream, 200, "application/vnd.hune.frames", &body);
}

static enum body_state vitals_peek(void *user, size_t max, struct slice *bytes_out)
{
    struct call *call = user;
    size_t length = buffer_length(&call->answer);

    *bytes_out = (struct slice){buffer_bytes(&call->answer), length < max ? length : max};
    if (bytes_out->size < length)
        return BODY_MORE;
    if (call->session->agent->vitals_end)
        return BODY_END;
    return length > 0 ? BODY_MORE : BODY_WAIT;
}

static void vitals_took(void *user, size_t size)
{
    struct call *call = user;

    buffer_consume(&call->answer, size);
}

static void answer_vitals(struct call *call)
{
    struct test_agent *agent = call->session->agent;
    struct wire_body body = {.peek = vitals_peek, .took = vitals_took, .user = call};

    agent->vitals_asked++;
    text_copy(agent->vitals_path, sizeof(agent->vitals_path), wire_stream_path(call->stream));
    if (agent->refuse_vitals) {
        refuse(call, agent->refuse_vitals);
        if (agent->refuse_vitals_times > 0 && --agent->refuse_vitals_times == 0)
            agent->refuse_vitals = PROBLEM_NONE;
        return;
    }
    buffer_append_text(&call->answer, agent->vitals);
    wire_respond(call->stream, 200, "application/x-ndjson", &body);
}

static void begin_input(struct call *call)
{
    const char *path = wire_stream_path(call->stream);

    call->job = path_job(call->session->agent, path);
    call->base = query_from(path);
    call->is_input = true;
}

/* Bytes that came before, on another connection, are not taken twice. */
static void take_input(struct call *call, const uint8_t *bytes, size_t size)
{
    struct test_agent *agent = call->session->agent;
    struct test_job *job = call->job;
    uint64_t have = buffer_length(&job->input), skip = have > call->base ? have - call->base : 0;

    assert_true(call->base <= have);
    call->base += size;
    if (skip >= size)
        return;
    buffer_append(&job->input, bytes + skip, size - skip);
    if (agent->echo)
        test_job_frame(job, FRAME_OUT, bytes + skip, size - skip);
    if (agent->cut_input_at && buffer_length(&job->input) >= agent->cut_input_at) {
        agent->cut_input_at = 0;
        cut_session(call->session);
    }
}

static void end_input(struct call *call)
{
    struct test_job *job = call->job;
    char text[64];

    job->input_ended = true;
    if (call->session->agent->echo)
        test_job_exit(job, STATE_EXITED, call->session->agent->exit_code);
    snprintf(text, sizeof(text), "{\"taken\":%zu}", buffer_length(&job->input));
    respond(call, 200, "application/json", text);
}

/* ---- the wire's events ---- */

static void on_request(struct wire_stream *stream, void *user)
{
    struct call *call = calloc(1, sizeof(*call));

    assert_non_null(call);
    list_init(&call->at);
    call->session = user;
    call->stream = stream;
    wire_stream_set_user(stream, call);
    if (strstr(wire_stream_path(stream), "/input?"))
        begin_input(call);
    if (text_equal(wire_stream_path(stream), "/v1/open"))
        call->session->is_opening = true;
    if (text_equal(wire_stream_method(stream), "PUT"))
        list_append(&call->session->puts, &call->at);
}

static void on_data(struct wire_stream *stream, const uint8_t *bytes, size_t size, void *user)
{
    struct call *call = wire_stream_user(stream);

    (void)user;
    wire_stream_consume(stream, size);
    if (call->is_input && call->job)
        take_input(call, bytes, size);
    else
        buffer_append(&call->body, bytes, size);
}

/* As the gate does: later requests wait for `open`, and those for a job for its order. */
static bool must_wait(const struct call *call)
{
    const struct session *session = call->session;
    const char *path = wire_stream_path(call->stream);
    struct call *put;

    if (session->agent->holds_nothing)
        return false;
    if (session->is_opening && !text_equal(path, "/v1/open"))
        return true;
    if (strstr(path, "/output?"))
        list_for_each (&call->session->puts, struct call, at, put)
            if (text_starts(path, wire_stream_path(put->stream)))
                return true;
    return false;
}

static void dispatch(struct call *call)
{
    struct session *session = call->session;
    const char *path = wire_stream_path(call->stream), *method = wire_stream_method(call->stream);

    list_remove(&call->at);
    if (must_wait(call)) {
        session->agent->held++;
        list_append(&session->held, &call->at);
    } else if (text_equal(path, "/v1/hello")) {
        answer_hello(call);
    } else if (text_equal(path, "/v1/open")) {
        answer_open(call);
        session->is_opening = session->agent->silent_open;
    } else if (text_equal(path, "/v1/pair")) {
        answer_pair(call);
    } else if (!session->is_open) {
        refuse(call, PROBLEM_NOT_OPEN);
    } else if (text_equal(method, "PUT")) {
        answer_put(call);
    } else if (call->is_input && call->job) {
        end_input(call);
    } else if (strstr(path, "/output?")) {
        answer_output(call);
    } else if (text_starts(path, "/v1/vitals?")) {
        answer_vitals(call);
    } else if (text_equal(path, "/v1/facts")) {
        respond(call, 200, "application/json", session->agent->document);
    } else {
        refuse(call, PROBLEM_NOT_FOUND);
    }
}

static void on_end(struct wire_stream *stream, void *user)
{
    struct session *session = user;
    struct list held;

    if (conn_is_closing(session->conn))
        return;
    dispatch(wire_stream_user(stream));
    /* What waited may go on now, or waits again. */
    list_init(&held);
    while (!list_is_empty(&session->held)) {
        struct list *at = session->held.next;

        list_remove(at);
        list_append(&held, at);
    }
    while (!list_is_empty(&held) && !conn_is_closing(session->conn))
        dispatch(container_of(held.next, struct call, at));
    while (!list_is_empty(&held))
        list_remove(held.next);
}

static void on_close(struct wire_stream *stream, uint32_t h2_error, void *user)
{
    struct call *call = wire_stream_user(stream);

    (void)h2_error;
    (void)user;
    list_remove(&call->at);
    buffer_deinit(&call->body);
    buffer_deinit(&call->answer);
    free(call);
}

static const struct wire_events events = {
    .on_request = on_request,
    .on_data = on_data,
    .on_end = on_end,
    .on_close = on_close,
};

static void on_closed(struct conn *conn, enum problem_code problem, int system_error, void *user)
{
    struct session *session = user;

    (void)conn;
    (void)problem;
    (void)system_error;
    list_remove(&session->at);
    free(session);
}

/* ---- life ---- */

static void on_acceptable(uv_poll_t *poll, int status, int what)
{
    struct test_agent *agent = poll->data;
    struct session *session;
    int socket = accept4(agent->socket, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

    (void)status;
    (void)what;
    if (socket < 0)
        return;
    agent->connections++;
    session = calloc(1, sizeof(*session));
    assert_non_null(session);
    session->agent = agent;
    list_init(&session->held);
    list_init(&session->puts);
    list_append(&agent->sessions, &session->at);
    assert_int_equal(conn_new(&session->conn, &agent->factory, session), 0);
    conn_accept(session->conn, socket);
}

static int listen_anywhere(uint16_t *port_out)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    *port_out = ntohs(address.sin_port);
    return fd;
}

uint16_t test_closed_port(void)
{
    uint16_t port;

    close(listen_anywhere(&port));
    return port;
}

/* The id that a console will see: asked from the certificate, over a handshake in memory. */
static void learn_id(struct test_agent *agent)
{
    struct tls_context *context;
    struct tls *client, *server;
    uint8_t scratch[1024];
    enum tls_error error;

    assert_int_equal(tls_context_new_client(&context), 0);
    assert_int_equal(tls_new(&client, context), 0);
    assert_int_equal(tls_new(&server, agent->context), 0);
    for (int i = 0; i < 4 && !tls_is_established(client); i++) {
        struct tls *from = i % 2 ? server : client, *to = i % 2 ? client : server;
        struct buffer *bytes = tls_outgoing(from);

        tls_read(from, scratch, sizeof(scratch), &error);
        tls_feed(to, buffer_bytes(bytes), buffer_length(bytes));
        tls_read(to, scratch, sizeof(scratch), &error);
        buffer_clear(bytes);
    }
    assert_int_equal(tls_peer_id(client, agent->id), 0);
    tls_free(client);
    tls_free(server);
    tls_context_free(context);
}

void test_agent_start(struct test_agent *agent, uv_loop_t *loop, const struct signer *signer)
{
    _cleanup_buffer_ struct buffer certificate = BUFFER_INIT, key = BUFFER_INIT;

    *agent = (struct test_agent){
        .loop = loop,
        .protocol = 1,
        .rights = RIGHTS_ALL,
        .boot_ahead_ms = 1000 * 1000,
        .operator_key = *signer_key(signer),
        .document = "{\"name\":{\"host\":\"web1\"}}",
    };
    list_init(&agent->sessions);
    random_bytes(agent->epoch, sizeof(agent->epoch));
    assert_int_equal(test_certificate_make(&certificate, &key), 0);
    assert_int_equal(tls_context_new_server(
                         &agent->context,
                         (struct slice){buffer_bytes(&certificate), buffer_length(&certificate)},
                         (struct slice){buffer_bytes(&key), buffer_length(&key)}),
                     0);
    learn_id(agent);
    conn_factory_init(&agent->factory, loop, TLS_SERVER, agent->context, &events, on_closed);
    agent->socket = listen_anywhere(&agent->port);
    assert_int_equal(listen(agent->socket, 64), 0);
    assert_int_equal(uv_poll_init(loop, &agent->listener, agent->socket), 0);
    agent->listener.data = agent;
    uv_poll_start(&agent->listener, UV_READABLE, on_acceptable);
}

void test_agent_cut(struct test_agent *agent)
{
    struct session *session;

    list_for_each (&agent->sessions, struct session, at, session)
        cut_session(session);
}

void test_agent_stop(struct test_agent *agent)
{
    uv_close((uv_handle_t *)&agent->listener, NULL);
    test_agent_cut(agent);
}

void test_agent_deinit(struct test_agent *agent)
{
    assert_true(list_is_empty(&agent->sessions));
    close(agent->socket);
    conn_factory_deinit(&agent->factory);
    tls_context_free(agent->context);
    for (size_t i = 0; i < ELEMENTS_OF(agent->jobs); i++) {
        buffer_deinit(&agent->jobs[i].payload);
        buffer_deinit(&agent->jobs[i].output);
        buffer_deinit(&agent->jobs[i].input);
    }
}

/* ---- the world of a test ---- */

void test_world_begin(struct test_world *world)
{
    char path[96];
    struct fault fault;

    *world = (struct test_world){.directory = "/tmp/hune-test-XXXXXX"};
    assert_non_null(mkdtemp(world->directory));
    snprintf(path, sizeof(path), "%s/id_ed25519", world->directory);
    assert_int_equal(signer_open(NULL, path, &world->signer, &fault), 0);
    uv_loop_init(&world->loop);
    uv_timer_init(&world->loop, &world->limit);
    world->limit.data = world;
    test_agent_start(&world->agent, &world->loop, world->signer);
}

struct link_factory *test_world_factory(struct test_world *world)
{
    if (!world->factory) {
        world->settings.loop = &world->loop;
        if (!world->settings.signer)
            world->settings.signer = world->signer;
        assert_int_equal(link_factory_new(&world->factory, &world->settings), 0);
    }
    return world->factory;
}

struct link_target test_world_target(const struct test_world *world)
{
    return (struct link_target){
        .host = "127.0.0.1", .port = world->agent.port, .id = world->agent.id};
}

/* Wakes the loop now and then: one turn of it runs timers first, and would then sleep although they
 * changed what it is waited for. */
static void on_limit(uv_timer_t *timer)
{
    struct test_world *world = timer->data;

    world->is_late = clock_monotonic_ms() >= world->limit_ms;
}

static void begin_limit(struct test_world *world, unsigned ms)
{
    world->is_late = false;
    world->limit_ms = clock_monotonic_ms() + ms;
    uv_timer_start(&world->limit, on_limit, 2, 2);
}

void test_world_run(struct test_world *world, const bool *done)
{
    begin_limit(world, 20 * 1000);
    while (!*done && !world->is_late)
        uv_run(&world->loop, UV_RUN_ONCE);
    uv_timer_stop(&world->limit);
    assert_true(*done);
}

void test_world_wait(struct test_world *world, unsigned ms)
{
    begin_limit(world, ms);
    while (!world->is_late)
        uv_run(&world->loop, UV_RUN_ONCE);
    uv_timer_stop(&world->limit);
}

void test_world_end(struct test_world *world)
{
    char path[96];

    link_factory_free(world->factory);
    test_agent_stop(&world->agent);
    uv_close((uv_handle_t *)&world->limit, NULL);
    uv_run(&world->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&world->loop), 0);
    test_agent_deinit(&world->agent);
    signer_free(world->signer);
    snprintf(path, sizeof(path), "%s/id_ed25519", world->directory);
    unlink(path);
    snprintf(path, sizeof(path), "%s/id_ed25519.pub", world->directory);
    unlink(path);
    assert_int_equal(rmdir(world->directory), 0);
}
