/* See history.h. */
#include "warden/history.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "proto/history.h"
#include "warden/place.h"
#define LOG_TAG "history"
#include "base/log.h"

/* Why a file that is there is not used; NULL for a good one, or one that is new and empty. */
static const char *judge(int fd, const struct history_layout *wanted)
{
    struct history_layout layout;
    uint8_t head[HISTORY_FIXED];
    struct stat info;

    if (fstat(fd, &info) < 0 || !S_ISREG(info.st_mode))
        return "it is no plain file";
    if (info.st_size == 0)
        return NULL;
    if (pread(fd, head, sizeof(head), 0) != (ssize_t)sizeof(head))
        return "it is too short";
    switch (history_head_read(head, (uint64_t)info.st_size, &layout)) {
    case HISTORY_GOOD: break;
    case HISTORY_FOREIGN: return "it is no history of Hune's";
    case HISTORY_OTHER_VERSION: return "another version of Hune made it";
    case HISTORY_DAMAGED: return "it is damaged, or was cut short";
    }
    return layout.size == wanted->size &&
                   memcmp(layout.rings, wanted->rings, sizeof(layout.rings)) == 0
               ? NULL
               : "it was made with other settings";
}

/* Returns 0 or -errno. */
static int begin(int fd, const struct history_layout *layout)
{
    uint8_t head[HISTORY_FIXED];
    struct stat info;

    if (fstat(fd, &info) < 0)
        return -errno;
    if (info.st_size > 0)
        return 0;
    /* The length first: a head says that all of it is there. Blocks come when they are filled. */
    history_head_write(layout, head);
    if (ftruncate(fd, (off_t)layout->size) < 0)
        return -errno;
    if (pwrite(fd, head, sizeof(head), 0) == (ssize_t)sizeof(head))
        return 0;
    (void)!ftruncate(fd, 0);
    return -ENOSPC;
}

static int open_one(const char *path)
{
    return open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
}

static int open_or_put_aside(const char *path, const char *aside,
                             const struct history_layout *layout)
{
    _cleanup_close_ int fd = open_one(path);
    const char *why = "it is a link";
    int r;

    if (fd < 0 && errno != ELOOP)
        return -errno;
    if (fd >= 0)
        why = judge(fd, layout);
    if (why) {
        if (rename(path, aside) < 0)
            return -errno;
        log_warning("%s is not used: %s. It is kept as %s, and a new history begins", path, why,
                    aside);
        if (fd >= 0)
            close(fd);
        fd = open_one(path);
        if (fd < 0)
            return -errno;
    }
    r = begin(fd, layout);
    return r ? r : steal_fd(&fd);
}

int history_open(const char *state, const struct config *config)
{
    _cleanup_free_ char *path = place_path(state, "history");
    _cleanup_free_ char *aside = place_path(state, "history.old");
    struct history_layout layout;
    int fd;

    if (!config->record || !path || !aside)
        return -1;
    if (history_layout_make(&layout, config->history_keep)) /* the configuration was checked */
        return -1;
    fd = open_or_put_aside(path, aside, &layout);
    if (fd < 0)
        log_error("no history is kept: %s: %s", path, strerror(-fd));
    return fd < 0 ? -1 : fd;
}

bool history_tell(const char *state, const struct config *config, char *text_out, size_t size)
{
    _cleanup_free_ char *path = place_path(state, "history");
    _cleanup_close_ int fd = -1;
    struct history_layout layout;
    const char *why;

    if (!config->record) {
        snprintf(text_out, size, "not kept: [history] record = no");
        return true;
    }
    if (!path || history_layout_make(&layout, config->history_keep))
        return false;
    fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    why = fd >= 0 ? judge(fd, &layout) : errno == ENOENT ? NULL : strerror(errno);
    if (why)
        snprintf(text_out, size, "%s: %s; the next start keeps it aside", path, why);
    else
        snprintf(text_out, size, "%s, %.1f MiB at most", path, (double)layout.size / (1 << 20));
    return !why;
}
