/* See lend.h. The folders are watched, not the files, which are replaced when they change. */
#include "warden/lend.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "door/message.h"
#include "door/system-file.h"
#include "warden/tell.h"
#include "warden/warden.h"
#define LOG_TAG "lend"
#include "base/log.h"

static const char *const files[] = SYSTEM_FILES;
static const char *const folders[] = SYSTEM_FOLDERS;

/* -1 if there is none, or none for everybody. */
static int open_public(const char *path)
{
    _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat info;

    if (fd < 0 || fstat(fd, &info) < 0 || !S_ISREG(info.st_mode) || !(info.st_mode & S_IROTH))
        return -1;
    return steal_fd(&fd);
}

static void lend(struct warden *warden, size_t which)
{
    _cleanup_buffer_ struct buffer body = BUFFER_INIT;
    _cleanup_close_ int fd = open_public(files[which]);

    if (fd < 0 || door_number_encode((uint32_t)which, &body))
        return;
    log_debug("%s has changed", files[which]);
    tell(warden, DOOR_FILE, &body, &fd, 1);
}

static void on_event(struct warden *warden, const struct inotify_event *event)
{
    /* Some were lost: it may have been any. */
    bool any = (event->mask & IN_Q_OVERFLOW) != 0;

    for (size_t i = 0; i < ELEMENTS_OF(files); i++)
        if (any || (event->len > 0 && text_equal(event->name, strrchr(files[i], '/') + 1)))
            lend(warden, i);
}

static void on_change(struct loop_source *source, uint32_t events)
{
    struct warden *warden = container_of(source, struct warden, lending);
    char bytes[4096] __attribute__((aligned(8)));
    ssize_t size;

    (void)events;
    while ((size = read(source->fd, bytes, sizeof(bytes))) > 0) {
        const struct inotify_event *event;

        for (const char *at = bytes; at < bytes + size; at += sizeof(*event) + event->len) {
            event = (const struct inotify_event *)(const void *)at;
            on_event(warden, event);
        }
    }
}

void lend_start(struct warden *warden)
{
    int r = 0;

    warden->lending = (struct loop_source){.fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC),
                                           .on_ready = on_change};
    /* A folder that is not there has no files. */
    for (size_t i = 0; i < ELEMENTS_OF(folders) && !r; i++)
        if (inotify_add_watch(warden->lending.fd, folders[i], IN_MOVED_TO | IN_CREATE | IN_ATTRIB) <
                0 &&
            errno != ENOENT)
            r = -errno;
    if (!r)
        r = loop_watch(&warden->loop, &warden->lending, EPOLLIN);
    if (r)
        log_warning("files of the system cannot be watched: %s; what replaces them is seen after "
                    "the next reset",
                    strerror(-r));
}

void lend_stop(struct warden *warden)
{
    loop_unwatch(&warden->lending);
    if (warden->lending.fd >= 0)
        close(warden->lending.fd);
    warden->lending.fd = -1;
}
