/* See listeners.h. */
#include "warden/listeners.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#define LOG_TAG "listen"
#include "base/log.h"

enum { LISTEN_BACKLOG = 4096, LISTEN_FDS_START = 3 /* sd_listen_fds(3) */ };

/* "A:P" or "[A]:P", numeric. Returns 0 or -EINVAL. */
static int address_parse(const char *text, struct sockaddr_storage *address_out,
                         socklen_t *size_out)
{
    struct sockaddr_in *four = (struct sockaddr_in *)address_out;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)address_out;
    const char *colon = strrchr(text, ':');
    char host[80];
    uint64_t port;

    memset(address_out, 0, sizeof(*address_out));
    if (!colon || !text_to_u64(colon + 1, 65535, &port))
        return -EINVAL;
    snprintf(host, sizeof(host), "%.*s", (int)(colon - text), text);
    if (host[0] == '[' && colon[-1] == ']') {
        host[strlen(host) - 1] = '\0';
        six->sin6_family = AF_INET6;
        six->sin6_port = htons((uint16_t)port);
        *size_out = sizeof(*six);
        return inet_pton(AF_INET6, host + 1, &six->sin6_addr) == 1 ? 0 : -EINVAL;
    }
    four->sin_family = AF_INET;
    four->sin_port = htons((uint16_t)port);
    *size_out = sizeof(*four);
    return inet_pton(AF_INET, host, &four->sin_addr) == 1 ? 0 : -EINVAL;
}

static int listener_open(const char *name, int *fd_out)
{
    struct sockaddr_storage address;
    _cleanup_close_ int fd = -1;
    const int on = 1;
    socklen_t size;
    int r;

    r = address_parse(name, &address, &size);
    if (r)
        return r;
    fd = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (address.ss_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
    if (bind(fd, (struct sockaddr *)&address, size) < 0)
        return -errno;
    *fd_out = steal_fd(&fd);
    return 0;
}

/* sd_listen_fds(3) by hand: two variables and descriptors from 3 on. */
static bool listeners_inherit(struct listeners *listeners)
{
    const char *pid_text = getenv("LISTEN_PID");
    const char *count_text = getenv("LISTEN_FDS");
    uint64_t pid;
    uint64_t count;

    if (!text_to_u64(pid_text, INT32_MAX, &pid) || (pid_t)pid != getpid() ||
        !text_to_u64(count_text, LIMIT_LISTENERS, &count) || count == 0)
        return false;
    for (uint64_t i = 0; i < count; i++) {
        int fd = LISTEN_FDS_START + (int)i;
        int copy = fcntl(fd, F_DUPFD_CLOEXEC, 64);

        close(fd);
        if (copy < 0)
            continue;
        fcntl(copy, F_SETFL, O_NONBLOCK);
        snprintf(listeners->names[listeners->count], sizeof(listeners->names[0]), "inherited %d",
                 fd);
        listeners->fds[listeners->count++] = copy;
    }
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
    listeners->inherited = listeners->count > 0;
    return listeners->inherited;
}

static void listener_complain(const char *name, int error)
{
    const char *hint = "";

    if (error == -EADDRINUSE)
        hint =
            "; another program has this port: stop it, or choose another with listen = in section "
            "[agent] of huned.conf, or --listen";
    else if (error == -EACCES)
        hint = "; ports below 1024 need root: choose another with listen = in section [agent] of "
               "huned.conf, or --listen";
    else if (error == -EADDRNOTAVAIL)
        hint = "; this machine has no such address: see listen = in section [agent] of huned.conf";
    log_error("cannot listen on %s: %s%s", name, strerror(-error), hint);
}

/* The socket that is open under this name, or -1. */
static int listeners_find(const struct listeners *listeners, const char *name)
{
    for (size_t i = 0; i < listeners->count; i++) {
        if (text_equal(listeners->names[i], name))
            return listeners->fds[i];
    }
    return -1;
}

/* Closes what `listeners` has and `others` has not. */
static void listeners_close_unless_in(struct listeners *listeners, const struct listeners *others)
{
    for (size_t i = 0; i < listeners->count; i++) {
        bool shared = false;

        for (size_t at = 0; at < others->count; at++)
            shared = shared || others->fds[at] == listeners->fds[i];
        if (!shared)
            close(listeners->fds[i]);
    }
}

int listeners_open(struct listeners *listeners, const struct config *config)
{
    struct listeners fresh = {0};
    int error = 0;

    if (listeners->inherited || (listeners->count == 0 && listeners_inherit(listeners)))
        return 0;
    for (size_t i = 0; i < config->listen_count; i++) {
        const char *name = config->listen[i];
        int fd = listeners_find(listeners, name);
        int r = 0;

        if (listeners_find(&fresh, name) >= 0)
            continue; /* named twice */
        if (fd < 0)
            r = listener_open(name, &fd);
        /* A kernel without IPv6 is no fault of the default configuration. */
        if (r == -EAFNOSUPPORT && config->listen_count > 1) {
            log_notice("not listening on %s: %s", name, strerror(-r));
            continue;
        }
        if (r) {
            listener_complain(name, r);
            error = r;
            continue;
        }
        text_copy(fresh.names[fresh.count], sizeof(fresh.names[0]), name);
        fresh.fds[fresh.count++] = fd;
    }
    /* All or nothing: an agent that serves only some of its addresses is found out too late. And at
     * a reset rather the old ones than nothing: nobody could reach the agent to mend it. */
    if (!error && fresh.count == 0)
        error = -EADDRNOTAVAIL;
    if (error) {
        listeners_close_unless_in(&fresh, listeners);
        return error;
    }
    listeners_close_unless_in(listeners, &fresh);
    *listeners = fresh;
    return 0;
}

void listeners_close(struct listeners *listeners)
{
    for (size_t i = 0; i < listeners->count; i++) {
        if (listeners->fds[i] >= 0)
            close(listeners->fds[i]);
    }
    *listeners = (struct listeners){0};
}

int listeners_publish(const struct listeners *listeners, const struct place *place)
{
    _cleanup_free_ char *path = place_path(place->run, "listen");
    _cleanup_buffer_ struct buffer text = BUFFER_INIT;
    int r = path ? 0 : -ENOMEM;

    for (size_t i = 0; !r && i < listeners->count; i++) {
        struct sockaddr_storage address = {0};
        socklen_t size = sizeof(address);
        char host[INET6_ADDRSTRLEN];

        if (getsockname(listeners->fds[i], (struct sockaddr *)&address, &size) < 0)
            return -errno;
        if (address.ss_family == AF_INET6) {
            const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)&address;

            inet_ntop(AF_INET6, &six->sin6_addr, host, sizeof(host));
            r = buffer_printf(&text, "[%s]:%u\n", host, ntohs(six->sin6_port));
        } else if (address.ss_family == AF_INET) {
            const struct sockaddr_in *four = (const struct sockaddr_in *)&address;

            inet_ntop(AF_INET, &four->sin_addr, host, sizeof(host));
            r = buffer_printf(&text, "%s:%u\n", host, ntohs(four->sin_port));
        }
    }
    return r ? r : file_replace(path, 0600, buffer_bytes(&text), buffer_length(&text));
}

void listeners_retract(const struct place *place)
{
    _cleanup_free_ char *path = place_path(place->run, "listen");

    if (path)
        unlink(path);
}

int listeners_listen(const struct listeners *listeners)
{
    int error = 0;

    for (size_t i = 0; i < listeners->count; i++) {
        if (listen(listeners->fds[i], LISTEN_BACKLOG) < 0) {
            error = -errno;
            listener_complain(listeners->names[i], error);
        }
    }
    return error;
}
