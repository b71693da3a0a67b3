/* See agent-client.h. */
#include "fleet/home/agent-client.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"

enum agent_message {
    AGENT_REQUEST_IDENTITIES = 11,
    AGENT_IDENTITIES_ANSWER = 12,
    AGENT_SIGN_REQUEST = 13,
    AGENT_SIGN_RESPONSE = 14,
};

enum {
    AGENT_MESSAGE_MAX = 256 * 1024, /* what OpenSSH's agent takes and gives */
    AGENT_LIST_MS = 5 * 1000,
    AGENT_SIGN_MS = 60 * 1000, /* somebody may have to touch a key or confirm */
};

int agent_client_connect(const char *socket_path, int *fd_out)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    _cleanup_close_ int fd = -1;

    if (!socket_path || !*socket_path || strlen(socket_path) >= sizeof(address.sun_path))
        return AGENT_CLIENT_E_ABSENT;
    strncpy(address.sun_path, socket_path, sizeof(address.sun_path) - 1);
    /* Not blocking: a stopped agent with a full queue must not stop the console. */
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
        return AGENT_CLIENT_E_ABSENT;
    *fd_out = steal_fd(&fd);
    return 0;
}

/* Waits until `events` or `deadline`. */
static bool wait_for(int fd, short events, uint64_t deadline)
{
    for (;;) {
        struct pollfd poller = {.fd = fd, .events = events};
        uint64_t now = clock_monotonic_ms();
        int r = poll(&poller, 1, now >= deadline ? 0 : (int)(deadline - now));

        if (r > 0)
            return true;
        if (r == 0 || errno != EINTR)
            return false;
    }
}

static int send_all(int fd, const uint8_t *bytes, size_t size, uint64_t deadline)
{
    while (size > 0) {
        ssize_t sent = send(fd, bytes, size, MSG_NOSIGNAL);

        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0 && (errno == EPIPE || errno == ECONNRESET))
            return AGENT_CLIENT_E_ABSENT;
        if (sent < 0 && (errno != EAGAIN || !wait_for(fd, POLLOUT, deadline)))
            return AGENT_CLIENT_E_PROTOCOL;
        if (sent > 0) {
            bytes += sent;
            size -= (size_t)sent;
        }
    }
    return 0;
}

static int receive_all(int fd, uint8_t *bytes, size_t size, uint64_t deadline)
{
    while (size > 0) {
        ssize_t got = recv(fd, bytes, size, 0);

        if (got < 0 && errno == EINTR)
            continue;
        if (got == 0 || (got < 0 && errno == ECONNRESET))
            return AGENT_CLIENT_E_ABSENT;
        if (got < 0 && (errno != EAGAIN || !wait_for(fd, POLLIN, deadline)))
            return AGENT_CLIENT_E_PROTOCOL;
        if (got > 0) {
            bytes += got;
            size -= (size_t)got;
        }
    }
    return 0;
}

/* Sends `request` behind its length and reads one answer. Anything but `expected` is a refusal. */
static int converse(int fd, const struct buffer *request, enum agent_message expected,
                    uint64_t timeout, struct buffer *answer)
{
    _cleanup_buffer_ struct buffer framed = BUFFER_INIT;
    uint64_t deadline = clock_monotonic_ms() + timeout;
    struct writer writer = writer_init(&framed);
    struct reader reader;
    uint8_t prefix[4];
    uint8_t *room;
    uint32_t size;
    int r;

    writer_slice32(&writer, buffer_bytes(request), buffer_length(request));
    if (writer.error || buffer_length(&framed) > AGENT_MESSAGE_MAX)
        return writer.error ? -ENOMEM : AGENT_CLIENT_E_PROTOCOL;
    r = send_all(fd, buffer_bytes(&framed), buffer_length(&framed), deadline);
    if (!r)
        r = receive_all(fd, prefix, sizeof(prefix), deadline);
    if (r)
        return r;
    reader = reader_init(prefix, sizeof(prefix));
    size = reader_u32(&reader);
    if (size == 0 || size > AGENT_MESSAGE_MAX)
        return AGENT_CLIENT_E_PROTOCOL;
    r = buffer_reserve(answer, size, &room);
    if (r)
        return r;
    r = receive_all(fd, room, size, deadline);
    if (r)
        return r;
    buffer_commit(answer, size);
    if (*room != expected)
        return AGENT_CLIENT_E_REFUSED;
    buffer_consume(answer, 1);
    return 0;
}

static void copy_comment(struct slice from, char comment_out[128])
{
    size_t length = from.size < 127 ? from.size : 127;

    memcpy(comment_out, from.bytes, length);
    comment_out[length] = '\0';
}

int agent_client_holds(int fd, const struct sshkey *key, bool *holds_out, char comment_out[128])
{
    _cleanup_buffer_ struct buffer request = BUFFER_INIT;
    _cleanup_buffer_ struct buffer answer = BUFFER_INIT;
    _cleanup_buffer_ struct buffer blob = BUFFER_INIT;
    const uint8_t kind = AGENT_REQUEST_IDENTITIES;
    struct reader reader;
    uint32_t count;
    int r = sshkey_encode(key, &blob);

    *holds_out = false;
    if (!r)
        r = buffer_append(&request, &kind, 1);
    if (!r)
        r = converse(fd, &request, AGENT_IDENTITIES_ANSWER, AGENT_LIST_MS, &answer);
    if (r)
        return r;
    reader = reader_init(buffer_bytes(&answer), buffer_length(&answer));
    count = reader_u32(&reader);
    while (count-- > 0 && !reader.failed) {
        struct slice held = reader_slice32(&reader, AGENT_MESSAGE_MAX);
        struct slice comment = reader_slice32(&reader, AGENT_MESSAGE_MAX);

        if (!reader.failed && held.size == buffer_length(&blob) &&
            memcmp(held.bytes, buffer_bytes(&blob), held.size) == 0) {
            copy_comment(comment, comment_out);
            *holds_out = true;
            return 0;
        }
    }
    return reader.failed ? AGENT_CLIENT_E_PROTOCOL : 0;
}

int agent_client_sign(int fd, const struct sshkey *key, const void *bytes, size_t size,
                      struct buffer *signature_out)
{
    _cleanup_buffer_ struct buffer request = BUFFER_INIT;
    _cleanup_buffer_ struct buffer answer = BUFFER_INIT;
    _cleanup_buffer_ struct buffer blob = BUFFER_INIT;
    struct writer writer = writer_init(&request);
    struct reader reader;
    struct slice signature;
    int r = sshkey_encode(key, &blob);

    if (r)
        return r;
    writer_u8(&writer, AGENT_SIGN_REQUEST);
    writer_slice32(&writer, buffer_bytes(&blob), buffer_length(&blob));
    writer_slice32(&writer, bytes, size);
    writer_u32(&writer, 0);
    if (writer.error)
        return writer.error == -EMSGSIZE ? AGENT_CLIENT_E_PROTOCOL : writer.error;
    r = converse(fd, &request, AGENT_SIGN_RESPONSE, AGENT_SIGN_MS, &answer);
    if (r)
        return r;
    reader = reader_init(buffer_bytes(&answer), buffer_length(&answer));
    signature = reader_slice32(&reader, AGENT_MESSAGE_MAX);
    if (!reader_done(&reader))
        return AGENT_CLIENT_E_PROTOCOL;
    return buffer_append(signature_out, signature.bytes, signature.size);
}
