/* For developers: how many bytes per second one stream carries over loopback, the server in a
 * process of its own. Not installed.
 *
 *     tool-throughput [MIB [CONGESTION]]      default: 4096 MiB, cubic
 *
 * A kernel whose congestion control paces (bbr) would otherwise be what is measured. */
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/text.h"
#include "wire/conn.h"
#include "wire/test-certificate.h"

static uint8_t content[1 << 20];

struct run {
    uv_loop_t loop;
    struct conn_factory factory;
    struct conn *conn;
    uint64_t left; /* server: to send; client: to receive */
    uint64_t started_ns;
    uint64_t ended_ns;
    enum problem_code problem;
};

static enum body_state run_peek(void *user, size_t max, struct slice *bytes_out)
{
    struct run *run = user;
    size_t size = max < sizeof(content) ? max : sizeof(content);

    if (size > run->left)
        size = (size_t)run->left;
    *bytes_out = (struct slice){content, size};
    return size == run->left ? BODY_END : BODY_MORE;
}

static void run_took(void *user, size_t size)
{
    struct run *run = user;

    run->left -= size;
}

static void run_on_request(struct wire_stream *stream, void *user)
{
    struct wire_body body = {.peek = run_peek, .took = run_took, .user = user};

    wire_respond(stream, 200, NULL, &body);
}

static void run_on_response(struct wire_stream *stream, void *user)
{
    struct run *run = user;

    (void)stream;
    run->started_ns = clock_monotonic_ns();
}

static void run_on_data(struct wire_stream *stream, const uint8_t *bytes, size_t size, void *user)
{
    struct run *run = user;

    (void)bytes;
    run->left -= size;
    wire_stream_consume(stream, size);
}

static void run_on_close(struct wire_stream *stream, uint32_t h2_error, void *user)
{
    struct run *run = user;

    (void)stream;
    (void)h2_error;
    run->ended_ns = clock_monotonic_ns();
    if (run->factory.role == TLS_CLIENT)
        conn_close(run->conn);
}

static void run_on_closed(struct conn *conn, enum problem_code problem, int system_error,
                          void *user)
{
    struct run *run = user;

    (void)conn;
    (void)system_error;
    run->problem = problem;
}

static const struct wire_events run_events = {
    .on_request = run_on_request,
    .on_response = run_on_response,
    .on_data = run_on_data,
    .on_close = run_on_close,
};

static int run_init(struct run *run, enum tls_role role, struct tls_context *context,
                    uint64_t bytes, const char *congestion)
{
    *run = (struct run){.left = bytes};
    if (uv_loop_init(&run->loop))
        return 1;
    conn_factory_init(&run->factory, &run->loop, role, context, &run_events, run_on_closed);
    run->factory.congestion = congestion;
    return conn_new(&run->conn, &run->factory, run) != 0;
}

static void run_report_cpu(const char *who)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    printf("%s: %.2f s user, %.2f s system, %ld MiB at most\n", who,
           (double)usage.ru_utime.tv_sec + (double)usage.ru_utime.tv_usec / 1e6,
           (double)usage.ru_stime.tv_sec + (double)usage.ru_stime.tv_usec / 1e6,
           usage.ru_maxrss / 1024);
    fflush(stdout);
}

static int serve(int listener, uint64_t bytes, const char *congestion)
{
    struct buffer certificate = BUFFER_INIT;
    struct buffer key = BUFFER_INIT;
    struct tls_context *context;
    struct run run;
    int fd;

    if (test_certificate_make(&certificate, &key) ||
        tls_context_new_server(&context, buffer_slice(&certificate), buffer_slice(&key)) ||
        run_init(&run, TLS_SERVER, context, bytes, congestion))
        return 1;
    fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0 || conn_accept(run.conn, fd))
        return 1;
    uv_run(&run.loop, UV_RUN_DEFAULT);
    run_report_cpu("server");
    return 0;
}

static int ask(const struct sockaddr *address, uint64_t bytes, const char *congestion)
{
    struct tls_context *context;
    struct wire_stream *stream;
    struct run run;
    double seconds;

    if (tls_context_new_client(&context) ||
        run_init(&run, TLS_CLIENT, context, bytes, congestion) ||
        wire_request(conn_wire(run.conn), "GET", "/", NULL, 0, NULL, NULL, &stream))
        return 1;
    conn_connect(run.conn, address, 5000);
    uv_run(&run.loop, UV_RUN_DEFAULT);
    if (run.left || run.problem != PROBLEM_NONE) {
        fprintf(stderr, "%s, %llu bytes missing\n", problem_info(run.problem)->text,
                (unsigned long long)run.left);
        return 1;
    }
    run_report_cpu("client");
    seconds = (double)(run.ended_ns - run.started_ns) / 1e9;
    printf("%.0f MB/s\n", (double)bytes / 1e6 / seconds);
    return 0;
}

int main(int argc, char **argv)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    const char *congestion = argc > 2 ? argv[2] : "cubic";
    uint64_t mebibytes = 4096;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    pid_t server;
    int failed;

    if ((argc > 1 && !text_to_u64(argv[1], 1 << 20, &mebibytes)) ||
        bind(listener, (struct sockaddr *)&address, sizeof(address)) || listen(listener, 1) ||
        getsockname(listener, (struct sockaddr *)&address, &size)) {
        fprintf(stderr, "usage: tool-throughput [MIB [CONGESTION]]\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    server = fork();
    if (server == 0)
        _exit(serve(listener, mebibytes << 20, congestion));
    failed = ask((struct sockaddr *)&address, mebibytes << 20, congestion);
    if (failed)
        kill(server, SIGTERM);
    waitpid(server, NULL, 0);
    return failed;
}
