/* See watch.h. The folder is watched, not the file, which is replaced when it changes. */
#include "warden/watch.h"

#include <errno.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "door/message.h"
#include "warden/tell.h"
#include "warden/warden.h"
#define LOG_TAG "watch"
#include "base/log.h"

enum { WATCH_EVENTS = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ATTRIB };

static void on_lessened(const struct operator_entry *before, void *user)
{
    struct warden *warden = user;
    struct door_hang_up hang_up = {.connection = UINT32_MAX};
    _cleanup_buffer_ struct buffer body = BUFFER_INIT;

    log_notice("%s may do less than before: the connections of that key end", before->name);
    memcpy(hang_up.fingerprint, before->fingerprint, sizeof(hang_up.fingerprint));
    if (!door_hang_up_encode(&hang_up, &body))
        tell(warden, DOOR_HANG_UP, &body, NULL, 0);
}

static void on_change(struct loop_source *source, uint32_t events)
{
    struct warden *warden = container_of(source, struct warden, watch);
    char drained[4096] __attribute__((aligned(8)));
    int r;

    (void)events;
    while (read(source->fd, drained, sizeof(drained)) > 0)
        ;
    r = keyring_refresh(&warden->keyring);
    if (r)
        log_error("%s: %s", warden->place.operators, strerror(-r));
}

void watch_start(struct warden *warden)
{
    _cleanup_free_ char *copy = strdup(warden->place.operators);
    const char *folder = copy ? dirname(copy) : NULL;
    int r;

    warden->keyring.on_lessened = on_lessened;
    warden->keyring.user = warden;
    warden->watch = (struct loop_source){.fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC),
                                         .on_ready = on_change};
    r = folder ? directory_make(folder, 0755) : -ENOMEM;
    if (!r &&
        (warden->watch.fd < 0 || inotify_add_watch(warden->watch.fd, folder, WATCH_EVENTS) < 0))
        r = -errno;
    if (!r)
        r = loop_watch(&warden->loop, &warden->watch, EPOLLIN);
    if (r)
        log_warning(
            "%s cannot be watched: %s; who loses a right there keeps open connections until "
            "the next order",
            warden->place.operators, strerror(-r));
}

void watch_stop(struct warden *warden)
{
    loop_unwatch(&warden->watch);
    if (warden->watch.fd >= 0)
        close(warden->watch.fd);
    warden->watch.fd = -1;
}
