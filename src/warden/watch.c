/* See watch.h. The folders are watched, not the files, which are replaced when they change. */
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
#include "door/system-file.h"
#include "warden/lend.h"
#include "warden/tell.h"
#include "warden/warden.h"
#define LOG_TAG "watch"
#include "base/log.h"

enum {
    OPERATORS_EVENTS = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ATTRIB,
    SYSTEM_EVENTS = IN_MOVED_TO | IN_CREATE | IN_ATTRIB,
};

static const char *const system_folders[] = SYSTEM_FOLDERS;

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

/* Whichever of the folders it was: to look at the operators file once more costs next to nothing.
 */
static void on_change(struct loop_source *source, uint32_t events)
{
    struct warden *warden = container_of(source, struct warden, watch);
    char bytes[4096] __attribute__((aligned(8)));
    ssize_t size;
    int r;

    (void)events;
    while ((size = read(source->fd, bytes, sizeof(bytes))) > 0) {
        const struct inotify_event *event;

        for (const char *at = bytes; at < bytes + size; at += sizeof(*event) + event->len) {
            event = (const struct inotify_event *)(const void *)at;
            if (event->mask & IN_Q_OVERFLOW)
                lend_changed(warden, NULL); /* some were lost */
            else if (event->len > 0)
                lend_changed(warden, event->name);
        }
    }
    r = keyring_refresh(&warden->keyring);
    if (r)
        log_error("%s: %s", warden->place.operators, strerror(-r));
}

/* Two of the folders may be one, which then is watched for what both are. */
static int add_folder(const struct warden *warden, const char *folder, uint32_t events)
{
    return inotify_add_watch(warden->watch.fd, folder, events | IN_MASK_ADD) < 0 ? -errno : 0;
}

static int watch_operators(struct warden *warden)
{
    _cleanup_free_ char *copy = strdup(warden->place.operators);
    const char *folder = copy ? dirname(copy) : NULL;
    int r = folder ? directory_make(folder, 0755) : -ENOMEM;

    return r ? r : add_folder(warden, folder, OPERATORS_EVENTS);
}

static int watch_system(struct warden *warden)
{
    for (size_t i = 0; i < ELEMENTS_OF(system_folders); i++) {
        int r = add_folder(warden, system_folders[i], SYSTEM_EVENTS);

        if (r && r != -ENOENT) /* a folder that is not there has no files */
            return r;
    }
    return 0;
}

void watch_start(struct warden *warden)
{
    int r_operators;
    int r_system;
    int r;

    warden->keyring.on_lessened = on_lessened;
    warden->keyring.user = warden;
    warden->watch = (struct loop_source){.fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC),
                                         .on_ready = on_change};
    r = warden->watch.fd < 0 ? -errno : loop_watch(&warden->loop, &warden->watch, EPOLLIN);
    r_operators = r ? r : watch_operators(warden);
    r_system = r ? r : watch_system(warden);
    if (r_operators)
        log_warning(
            "%s cannot be watched: %s; who loses a right there keeps open connections until "
            "the next order",
            warden->place.operators, strerror(-r_operators));
    if (r_system)
        log_warning("files of the system cannot be watched: %s; what replaces them is seen after "
                    "the next reset",
                    strerror(-r_system));
}

void watch_stop(struct warden *warden)
{
    loop_unwatch(&warden->watch);
    if (warden->watch.fd >= 0)
        close(warden->watch.fd);
    warden->watch.fd = -1;
}
