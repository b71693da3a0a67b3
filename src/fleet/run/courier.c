/* See courier.h. Parcels go over a belt (base/belt.h), so that no byte of a file is copied between
 * the two processes; a socket pair is its bell, and tells the end of either. */
#define LOG_TAG "courier"
#include "fleet/run/courier.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "base/belt.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/list.h"
#include "base/log.h"
#include "base/program.h"
#include "base/text.h"
#include "proto/transfer.h"

enum { LINE_MAX_BYTES = 16 * 1024, SMALL_READ = 4096 };

/* One pipe from the courier, or the bell. */
struct way {
    uv_poll_t poll;
    struct courier *courier;
    int fd;             /* ours; -1 once it is closed */
    struct buffer text; /* of those that carry lines */
};

struct courier {
    uv_process_t process;
    struct way bell, output, errors;
    enum courier_part part;
    const struct courier_events *events; /* NULL: abandoned */
    void *user;
    unsigned open; /* handles that libuv has not let go of */
    bool exited;
    int code;
};

bool receipt_read(struct slice line, struct receipt *receipt_out)
{
    json_t *root = json_loadb((const char *)line.bytes, line.size, 0, NULL);
    json_int_t entries, bytes;
    const char *sum;
    bool good = root &&
                json_unpack(root, "{s:I, s:I, s:s}", "entries", &entries, "bytes", &bytes, "sha256",
                            &sum) == 0 &&
                entries >= 0 && bytes >= 0 && strlen(sum) == 2 * SHA256_SIZE &&
                hex_decode(sum, 2 * SHA256_SIZE, receipt_out->sum);

    if (good) {
        receipt_out->entries = (uint64_t)entries;
        receipt_out->bytes = (uint64_t)bytes;
    }
    json_decref(root);
    return good;
}

/* ---- the end ---- */

static void on_closed(uv_handle_t *handle)
{
    struct courier *courier = handle->data;

    if (--courier->open > 0)
        return;
    buffer_deinit(&courier->output.text);
    buffer_deinit(&courier->errors.text);
    free(courier);
}

static void way_close(struct way *way)
{
    if (way->fd < 0)
        return;
    uv_close((uv_handle_t *)&way->poll, on_closed);
    close(way->fd);
    way->fd = -1;
}

/* The end is told when all that it said was heard. */
static void settle(struct courier *courier)
{
    const struct courier_events *events = courier->events;
    struct buffer *text = &courier->output.text;
    struct receipt receipt;
    bool has_receipt;

    if (!courier->exited || (events && (courier->output.fd >= 0 || courier->errors.fd >= 0 ||
                                        (courier->part == COURIER_PACKS && courier->bell.fd >= 0))))
        return;
    way_close(&courier->bell);
    uv_close((uv_handle_t *)&courier->process, on_closed);
    courier->events = NULL;
    if (!events)
        return;
    has_receipt = receipt_read(buffer_slice(text), &receipt);
    events->on_end(courier->user, courier->code, has_receipt ? &receipt : NULL);
}

static void on_exit_status(uv_process_t *process, int64_t status, int signal)
{
    struct courier *courier = process->data;

    courier->exited = true;
    courier->code = signal ? 255 : (int)status;
    settle(courier);
}

struct courier *courier_abandon(struct courier *courier)
{
    if (!courier || !courier->events)
        return NULL;
    courier->events = NULL;
    way_close(&courier->bell);
    way_close(&courier->output);
    way_close(&courier->errors);
    if (courier->exited)
        settle(courier);
    else
        /* One that packs may wait for what never comes, and has nothing to clean up. */
        uv_process_kill(&courier->process, courier->part == COURIER_PACKS ? SIGKILL : SIGTERM);
    return NULL;
}

/* ---- what it says ---- */

static void tell_lines(struct courier *courier, bool all)
{
    struct buffer *text = &courier->errors.text;

    while (buffer_length(text) > 0 && courier->events) {
        const uint8_t *bytes = buffer_bytes(text);
        const uint8_t *newline = memchr(bytes, '\n', buffer_length(text));
        size_t size = newline ? (size_t)(newline - bytes) : buffer_length(text);

        if (!newline && !all && size < LINE_MAX_BYTES)
            return;
        courier->events->on_line(courier->user, (const char *)bytes, size);
        buffer_consume(text, size + (newline != NULL));
    }
}

/* What comes in small pieces: lines, and the receipt. */
static void on_text(uv_poll_t *poll, int status, int events)
{
    struct way *way = container_of(poll, struct way, poll);
    struct courier *courier = way->courier;
    uint8_t bytes[SMALL_READ];
    ssize_t got = status < 0 ? 0 : read(way->fd, bytes, sizeof(bytes));

    (void)events;
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    /* A receipt is short; without memory, or when it is not, there is none. */
    if (got > 0 && buffer_length(&way->text) < LINE_MAX_BYTES)
        (void)buffer_append(&way->text, bytes, (size_t)got);
    if (way == &courier->errors)
        tell_lines(courier, got <= 0);
    if (got <= 0 && way->fd >= 0) {
        way_close(way);
        settle(courier);
    }
}

/* ---- what it carries ---- */

static void on_bell(uv_poll_t *poll, int status, int events)
{
    struct way *way = container_of(poll, struct way, poll);
    struct courier *courier = way->courier;
    uint8_t bells[SMALL_READ];
    ssize_t got = status < 0 ? 0 : recv(way->fd, bells, sizeof(bells), MSG_DONTWAIT);

    (void)events;
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got <= 0)
        way_close(way);
    /* From inside, it may be abandoned. */
    courier->events->on_bell(courier->user);
    if (got <= 0 && courier->events)
        settle(courier);
}

void courier_ring(struct courier *courier)
{
    /* What does not fit is a word too many, and one that is gone tells so itself. */
    if (courier->bell.fd >= 0)
        (void)!send(courier->bell.fd, "", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void courier_write_end(struct courier *courier)
{
    if (courier->bell.fd >= 0)
        shutdown(courier->bell.fd, SHUT_WR);
}

bool courier_has_said_all(const struct courier *courier)
{
    return courier->bell.fd < 0;
}

/* ---- the start ---- */

struct ends {
    int theirs[TRANSFER_BELT_FD + 1];
    int bell, output, errors; /* ours */
};

static void ends_close(struct ends *ends)
{
    int ours[] = {ends->bell, ends->output, ends->errors};

    for (size_t i = 0; i < ELEMENTS_OF(ends->theirs); i++) {
        if (ends->theirs[i] > STDERR_FILENO)
            close(ends->theirs[i]);
    }
    for (size_t i = 0; i < ELEMENTS_OF(ours); i++) {
        if (ours[i] >= 0)
            close(ours[i]);
    }
}

static int pipe_make(int *reader_out, int *writer_out)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) < 0)
        return -errno;
    *reader_out = ends[0];
    *writer_out = ends[1];
    return 0;
}

static int bell_make(int *ours_out, int *theirs_out)
{
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
        return -errno;
    *ours_out = ends[0];
    *theirs_out = ends[1];
    return 0;
}

static int order_make(struct slice payload, int *fd_out)
{
    int r;

    *fd_out = memfd_create("hune-transfer", MFD_CLOEXEC);
    if (*fd_out < 0)
        return -errno;
    r = fd_write_all(*fd_out, payload.bytes, payload.size);
    return !r && lseek(*fd_out, 0, SEEK_SET) < 0 ? -errno : r;
}

/* The parcel's way is the bell's descriptor; the other one of standard input and output is ours, or
 * carries the receipt. */
static int ends_make(struct ends *ends, enum courier_part part, struct slice payload,
                     size_t belt_size)
{
    bool streams = payload.size > 0 && (payload.bytes[0] & TRANSFER_STREAM);
    int way = part == COURIER_PACKS ? STDOUT_FILENO : STDIN_FILENO;
    int r;

    *ends = (struct ends){
        .theirs = {-1, -1, -1, -1, -1, -1}, .bell = -1, .output = -1, .errors = -1};
    r = order_make(payload, &ends->theirs[TRANSFER_ORDER_FD]);
    if (!r)
        r = pipe_make(&ends->errors, &ends->theirs[STDERR_FILENO]);
    if (!r)
        r = bell_make(&ends->bell, &ends->theirs[way]);
    if (!r)
        r = ends->theirs[TRANSFER_BELT_FD] = belt_make(belt_size);
    if (r < 0)
        return r;
    if (streams)
        ends->theirs[STDOUT_FILENO - way] = STDOUT_FILENO - way;
    else if (part == COURIER_UNPACKS)
        return pipe_make(&ends->output, &ends->theirs[STDOUT_FILENO]);
    return 0;
}

static int way_open(struct courier *courier, struct way *way, int *fd, uv_poll_cb on_ready)
{
    int r;

    way->courier = courier;
    way->fd = -1;
    if (*fd < 0)
        return 0;
    r = fcntl(*fd, F_SETFL, O_NONBLOCK) < 0 ? -errno
                                            : uv_poll_init(courier->process.loop, &way->poll, *fd);
    if (r)
        return r;
    way->poll.data = courier;
    way->fd = steal_fd(fd);
    courier->open++;
    return uv_poll_start(&way->poll, UV_READABLE, on_ready);
}

static int spawn(struct courier *courier, uv_loop_t *loop, const struct ends *ends)
{
    _cleanup_free_ char *path = program_path("courier", "hune-courier");
    char *arguments[] = {(char *)"hune-courier",
                         (char *)(courier->part == COURIER_PACKS ? "get" : "put"), NULL};
    uv_stdio_container_t stdio[TRANSFER_BELT_FD + 1];
    /* In a session of its own: Ctrl-C is ours to deal with. */
    const uv_process_options_t options = {
        .exit_cb = on_exit_status,
        .file = path,
        .args = arguments,
        .flags = UV_PROCESS_DETACHED,
        .stdio_count = ELEMENTS_OF(stdio),
        .stdio = stdio,
    };

    if (!path)
        return -ENOMEM;
    for (size_t i = 0; i < ELEMENTS_OF(stdio); i++) {
        stdio[i].flags = ends->theirs[i] < 0 ? UV_IGNORE : UV_INHERIT_FD;
        stdio[i].data.fd = ends->theirs[i];
    }
    courier->process.data = courier;
    courier->open++; /* also when it fails, the handle must be closed */
    return uv_spawn(loop, &courier->process, &options);
}

int courier_start(struct courier **courier_out, uv_loop_t *loop, enum courier_part part,
                  struct slice payload, size_t belt_size, struct belt *belt,
                  const struct courier_events *events, void *user)
{
    struct courier *courier = calloc(1, sizeof(*courier));
    struct ends ends;
    int r;

    if (!courier)
        return -ENOMEM;
    courier->part = part;
    courier->bell.fd = courier->output.fd = courier->errors.fd = -1;
    r = ends_make(&ends, part, payload, belt_size);
    if (!r)
        r = belt_map(belt, ends.theirs[TRANSFER_BELT_FD],
                     part == COURIER_PACKS ? BELT_READS : BELT_WRITES);
    if (r) {
        ends_close(&ends);
        free(courier);
        return r;
    }
    r = spawn(courier, loop, &ends);
    courier->exited = r != 0;
    courier->events = events;
    courier->user = user;
    if (!r)
        r = way_open(courier, &courier->bell, &ends.bell, on_bell);
    if (!r)
        r = way_open(courier, &courier->output, &ends.output, on_text);
    if (!r)
        r = way_open(courier, &courier->errors, &ends.errors, on_text);
    ends_close(&ends);
    if (r) {
        courier_abandon(courier);
        belt_close(belt);
        return r;
    }
    *courier_out = courier;
    return 0;
}
