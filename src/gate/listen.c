/* See listen.h. */
#define LOG_TAG "listen"
#include "gate/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "gate/gate.h"
#include "gate/session.h"

/* How many connections one listener may bring in before the others and the consoles have their
 * turn. */
enum { ACCEPT_BATCH = 64 };

static int accept_one(int fd, struct sockaddr_storage *address_out)
{
    socklen_t size = sizeof(*address_out);
    int socket;

    *address_out = (struct sockaddr_storage){0};
    socket = accept4(fd, (struct sockaddr *)address_out, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    return socket < 0 ? -errno : socket;
}

/* No descriptor is left: whoever waits is turned away, and a stranger's connection goes for the
 * next. */
static void listen_make_room(struct gate *gate, int fd)
{
    struct unopened_entry *victim = unopened_evict(&gate->unopened);
    struct sockaddr_storage address;
    int socket;

    log_warning("no descriptor is left for a new connection");
    if (victim)
        session_drop(container_of(victim, struct session, unopened));
    if (gate->listeners.reserve < 0)
        return;
    close(gate->listeners.reserve);
    socket = accept_one(fd, &address);
    if (socket >= 0)
        close(socket);
    gate->listeners.reserve = fcntl(fd, F_DUPFD_CLOEXEC, 0);
}

static void on_connection(uv_poll_t *poll, int status, int events)
{
    struct listener *listener = (struct listener *)(void *)poll;
    struct gate *gate = poll->data;
    struct sockaddr_storage address;

    (void)status; /* a socket in error says so again in accept4() */
    (void)events;
    for (int i = 0; i < ACCEPT_BATCH && !gate->leaving; i++) {
        int socket = accept_one(listener->fd, &address);
        int r;

        if (socket == -EAGAIN || socket == -EINVAL)
            return;
        if (socket == -EMFILE || socket == -ENFILE) {
            listen_make_room(gate, listener->fd);
            return;
        }
        if (socket < 0) { /* that one connection failed before it was taken (accept(2)) */
            log_debug("accept: %s", strerror(-socket));
            continue;
        }
        r = session_new(gate, socket, &address);
        if (r)
            log_warning("a connection could not be taken: %s", strerror(-r));
    }
}

int listen_start(struct gate *gate, const int *fds, size_t count)
{
    struct listeners *listeners = &gate->listeners;

    *listeners = (struct listeners){.reserve = -1};
    for (size_t i = 0; i < count; i++) {
        struct listener *listener = &listeners->all[i];
        int r = uv_poll_init(&gate->loop, &listener->poll, fds[i]);

        if (r)
            return r;
        listener->fd = fds[i];
        listener->poll.data = gate;
        listeners->count = i + 1;
        r = uv_poll_start(&listener->poll, UV_READABLE, on_connection);
        if (r)
            return r;
    }
    if (count > 0)
        listeners->reserve = fcntl(fds[0], F_DUPFD_CLOEXEC, 0);
    return 0;
}

void listen_stop(struct gate *gate)
{
    struct listeners *listeners = &gate->listeners;

    for (size_t i = 0; i < listeners->count; i++) {
        uv_close((uv_handle_t *)&listeners->all[i].poll, NULL);
        close(listeners->all[i].fd);
    }
    listeners->count = 0;
    if (listeners->reserve >= 0)
        close(listeners->reserve);
    listeners->reserve = -1;
}
