/* See door.h. */
#include "door/door.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/list.h"

enum direction { TO_GATE, TO_WARDEN };

struct door_rule {
    const char *name;
    enum direction direction;
    size_t size_max;
    size_t fds_min;
    size_t fds_max;
};

static const struct door_rule door_rules[] = {
#define X(number, name, direction, size, few, many) [number] = {#name, direction, size, few, many},
    DOOR_MESSAGES(X)
#undef X
};

enum { DOOR_HEADER_SIZE = 2, DOOR_PACKET_MAX = DOOR_HEADER_SIZE + LIMIT_DOOR_MESSAGE };

/* A message that waits for the socket, with descriptors of its own. */
struct door_queued {
    struct list link;
    size_t size;
    size_t fd_count;
    int fds[DOOR_FDS_MAX];
    uint8_t bytes[];
};

struct door {
    enum door_side side;
    int socket;
    size_t queued;
    struct list queue;
    uint8_t packet[DOOR_PACKET_MAX + 1]; /* one more, to notice what is too long */
};

union door_control {
    char bytes[CMSG_SPACE(sizeof(int) * DOOR_FDS_MAX)];
    struct cmsghdr align;
};

static const struct door_rule *door_rule(uint16_t type)
{
    return type < ELEMENTS_OF(door_rules) && door_rules[type].name ? &door_rules[type] : NULL;
}

const char *door_type_name(uint16_t type)
{
    const struct door_rule *rule = door_rule(type);

    return rule ? rule->name : "unknown";
}

int door_new(struct door **door_out, enum door_side side, int socket)
{
    struct door *door = malloc(sizeof(*door));

    if (!door)
        return -ENOMEM;
    *door = (struct door){.side = side, .socket = socket};
    list_init(&door->queue);
    *door_out = door;
    return 0;
}

static void close_all(const int *fds, size_t count)
{
    for (size_t i = 0; i < count; i++)
        close(fds[i]);
}

static void door_queued_free(struct door_queued *queued)
{
    close_all(queued->fds, queued->fd_count);
    list_remove(&queued->link);
    explicit_bzero(queued->bytes, queued->size); /* SETUP holds the machine's key */
    free(queued);
}

struct door *door_free(struct door *door)
{
    struct door_queued *queued;

    if (!door)
        return NULL;
    list_for_each (&door->queue, struct door_queued, link, queued)
        door_queued_free(queued);
    close(door->socket);
    explicit_bzero(door->packet, sizeof(door->packet));
    free(door);
    return NULL;
}

int door_fd(const struct door *door)
{
    return door->socket;
}

bool door_wants_write(const struct door *door)
{
    return !list_is_empty(&door->queue);
}

static void door_take_fds(struct msghdr *header, struct door_message *message)
{
    for (struct cmsghdr *at = CMSG_FIRSTHDR(header); at; at = CMSG_NXTHDR(header, at)) {
        if (at->cmsg_level != SOL_SOCKET || at->cmsg_type != SCM_RIGHTS)
            continue;
        message->fd_count = (at->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        memcpy(message->fds, CMSG_DATA(at), message->fd_count * sizeof(int));
    }
}

int door_receive(struct door *door, struct door_message *message_out)
{
    enum direction inward = door->side == DOOR_GATE ? TO_GATE : TO_WARDEN;
    struct iovec space = {.iov_base = door->packet, .iov_len = sizeof(door->packet)};
    union door_control control;
    struct msghdr header = {.msg_iov = &space,
                            .msg_iovlen = 1,
                            .msg_control = control.bytes,
                            /* not CMSG_SPACE: padding could take in one descriptor more */
                            .msg_controllen = CMSG_LEN(sizeof(int) * DOOR_FDS_MAX)};
    const struct door_rule *rule;
    ssize_t size;
    size_t body;

    do
        size = recvmsg(door->socket, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    while (size < 0 && errno == EINTR);
    if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        return 0;
    if (size < 0)
        return errno == ECONNRESET ? -EPIPE : -errno;
    *message_out = (struct door_message){0};
    door_take_fds(&header, message_out);
    if (size == 0) {
        /* Also what an empty packet looks like, and that one can carry descriptors. */
        close_all(message_out->fds, message_out->fd_count);
        return -EPIPE;
    }
    message_out->type = size >= DOOR_HEADER_SIZE ? door->packet[0] << 8 | door->packet[1] : 0;
    rule = door_rule((uint16_t)message_out->type);
    body = (size_t)size - DOOR_HEADER_SIZE;
    if (!rule || rule->direction != inward || body > rule->size_max ||
        (header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) || message_out->fd_count < rule->fds_min ||
        message_out->fd_count > rule->fds_max) {
        close_all(message_out->fds, message_out->fd_count);
        return -EPROTO;
    }
    message_out->body = (struct slice){.bytes = door->packet + DOOR_HEADER_SIZE, .size = body};
    return 1;
}

/* A message is one packet, in one part or in two. */
static int door_transmit(struct door *door, struct iovec *parts, size_t part_count, const int *fds,
                         size_t fd_count)
{
    struct msghdr header = {.msg_iov = parts, .msg_iovlen = part_count};
    union door_control control;
    ssize_t sent;

    if (fd_count > 0) {
        struct cmsghdr *rights = &control.align;

        header.msg_control = control.bytes;
        header.msg_controllen = CMSG_SPACE(sizeof(int) * fd_count);
        memset(&control, 0, sizeof(control));
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(sizeof(int) * fd_count);
        memcpy(CMSG_DATA(rights), fds, sizeof(int) * fd_count);
    }
    do
        sent = sendmsg(door->socket, &header, MSG_DONTWAIT | MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    /* ETOOMANYREFS: too many descriptors in flight, which the other side's reading cures. */
    if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == ETOOMANYREFS))
        return 1;
    return sent < 0 ? -errno : 0;
}

static int door_enqueue(struct door *door, const uint8_t header[DOOR_HEADER_SIZE], const void *body,
                        size_t size, const int *fds, size_t fd_count)
{
    struct door_queued *queued;

    if (door->queued >= LIMIT_DOOR_QUEUE)
        return -ENOBUFS;
    queued = malloc(sizeof(*queued) + DOOR_HEADER_SIZE + size);
    if (!queued)
        return -ENOMEM;
    queued->size = DOOR_HEADER_SIZE + size;
    queued->fd_count = 0;
    memcpy(queued->bytes, header, DOOR_HEADER_SIZE);
    if (size > 0)
        memcpy(queued->bytes + DOOR_HEADER_SIZE, body, size);
    list_append(&door->queue, &queued->link);
    for (size_t i = 0; i < fd_count; i++) {
        int copy = fcntl(fds[i], F_DUPFD_CLOEXEC, 0);

        if (copy < 0) {
            int error = -errno;

            door_queued_free(queued);
            return error;
        }
        queued->fds[queued->fd_count++] = copy;
    }
    door->queued++;
    return 0;
}

int door_send(struct door *door, enum door_type type, const void *body, size_t size, const int *fds,
              size_t fd_count)
{
    enum direction outward = door->side == DOOR_GATE ? TO_WARDEN : TO_GATE;
    const struct door_rule *rule = door_rule((uint16_t)type);
    uint8_t header[DOOR_HEADER_SIZE] = {(uint8_t)(type >> 8), (uint8_t)type};
    struct iovec parts[] = {
        {.iov_base = header, .iov_len = sizeof(header)},
        {.iov_base = (void *)(uintptr_t)body, .iov_len = size},
    };
    int r = 1;

    if (!rule || rule->direction != outward || size > rule->size_max || fd_count < rule->fds_min ||
        fd_count > rule->fds_max)
        return -EPROTO;
    if (!door_wants_write(door))
        r = door_transmit(door, parts, ELEMENTS_OF(parts), fds, fd_count);
    return r == 1 ? door_enqueue(door, header, body, size, fds, fd_count) : r;
}

int door_flush(struct door *door)
{
    struct door_queued *queued;

    list_for_each (&door->queue, struct door_queued, link, queued) {
        struct iovec part = {.iov_base = queued->bytes, .iov_len = queued->size};
        int r = door_transmit(door, &part, 1, queued->fds, queued->fd_count);

        if (r)
            return r < 0 ? r : 0;
        door_queued_free(queued);
        door->queued--;
    }
    return 0;
}
