/* See history.h. */
#include "warden/history.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "proto/history.h"
#include "proto/limits.h"
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

struct names {
    char *path, *aside, *making;
};

static void names_deinit(struct names *names)
{
    free(names->path);
    free(names->aside);
    free(names->making);
}

static int names_init(struct names *names, const char *state)
{
    *names = (struct names){.path = place_path(state, "history"),
                            .aside = place_path(state, "history.old"),
                            .making = place_path(state, "history.new")};
    return names->path && names->aside && names->making ? 0 : -ENOMEM;
}
#define _cleanup_names_ _cleanup_(names_deinit)

static int settle(const struct names *names)
{
    if (access(names->making, F_OK) < 0)
        return errno == ENOENT ? 0 : -errno;
    if ((rename(names->path, names->aside) < 0 && errno != ENOENT) ||
        rename(names->making, names->path) < 0)
        return -errno;
    log_notice("a new history begins; what was in use before is kept as %s, and may be deleted",
               names->aside);
    return 0;
}

/* A file of before that the gate may take from: of any settings, or cut short. -1 for none. */
static int open_source(const char *path)
{
    _cleanup_close_ int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct history_layout layout;
    uint8_t head[HISTORY_FIXED];
    struct stat info;

    if (fd < 0 || fstat(fd, &info) < 0 || !S_ISREG(info.st_mode) ||
        pread(fd, head, sizeof(head), 0) != (ssize_t)sizeof(head) ||
        history_head_read_any(head, &layout) != HISTORY_GOOD)
        return -1;
    return steal_fd(&fd);
}

static void add_source(const char *path, struct history_files *files)
{
    int fd = open_source(path);

    if (fd >= 0)
        files->fds[files->count++] = fd;
}

static int make_new(const struct names *names, const struct history_layout *layout,
                    struct history_files *files_out)
{
    _cleanup_close_ int fd = -1;
    int r;

    /* Of one who was killed before the files of before were carried over. */
    if (unlink(names->making) < 0 && errno != ENOENT)
        return -errno;
    fd = open(names->making, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    r = fd < 0 ? -errno : begin(fd, layout);
    if (r) {
        unlink(names->making);
        return r;
    }
    files_out->fds[files_out->count++] = steal_fd(&fd);
    add_source(names->path, files_out);
    add_source(names->aside, files_out);
    r = files_out->count > 1 ? 0 : settle(names);
    if (r)
        unlink(names->making);
    return r;
}

/* The file as it is, if it is good. Returns 1, with the reason, for one that is not to be used. */
static int open_good(const struct names *names, const struct history_layout *layout,
                     struct history_files *files_out, const char **why_out)
{
    const int flags = O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
    _cleanup_close_ int fd = open(names->path, O_RDWR | O_CREAT | flags, 0600);
    int error = fd < 0 ? errno : 0;
    bool read_only = error == EROFS || error == EACCES;
    int r;

    if (read_only) {
        fd = open(names->path, O_RDONLY | flags);
        if (fd < 0)
            return -error;
    }
    if (fd < 0 && error != ELOOP)
        return -error;
    *why_out = fd < 0 ? "it is a link" : judge(fd, layout);
    if (*why_out)
        return read_only ? -error : 1;
    if (read_only)
        log_error("%s: %s. What is in it can be asked for, but nothing is added until this is "
                  "mended and the agent is reset",
                  names->path, strerror(error));
    r = begin(fd, layout);
    if (r)
        return r;
    files_out->fds[files_out->count++] = steal_fd(&fd);
    if (!read_only)
        add_source(names->aside, files_out);
    return 0;
}

static int open_or_make(const struct names *names, const struct history_layout *layout,
                        struct history_files *files_out)
{
    const char *why = NULL;
    int r;

    (void)unlink(names->making);
    r = open_good(names, layout, files_out, &why);
    if (r <= 0)
        return r;
    log_warning("%s is not used: %s. It is kept as %s, and a new history begins with what can be "
                "read of it",
                names->path, why, names->aside);
    return make_new(names, layout, files_out);
}

typedef int (*files_function)(const struct names *names, const struct history_layout *layout,
                              struct history_files *files_out);

static void get_files(const char *state, const struct config *config, files_function function,
                      struct history_files *files_out)
{
    _cleanup_names_ struct names names = {0};
    struct history_layout layout;
    int r;

    *files_out = (struct history_files){0};
    if (!config->record || names_init(&names, state) ||
        history_layout_make(&layout, config->history_keep)) /* the configuration was checked */
        return;
    r = function(&names, &layout, files_out);
    if (!r)
        return;
    log_error("no history can be kept in %s: %s. Watching goes on", names.path, strerror(-r));
    history_close(files_out);
}

void history_open(const char *state, const struct config *config, struct history_files *files_out)
{
    get_files(state, config, open_or_make, files_out);
}

void history_anew(const char *state, const struct config *config, struct history_files *files_out)
{
    get_files(state, config, make_new, files_out);
}

void history_settle(const char *state)
{
    _cleanup_names_ struct names names = {0};
    int r = names_init(&names, state);

    if (!r)
        r = settle(&names);
    if (r)
        log_error("%s cannot take the place of the history of before: %s. What is recorded from "
                  "now on is lost at the next start",
                  names.making ? names.making : "the new history", strerror(-r));
}

void history_close(struct history_files *files)
{
    while (files->count > 0)
        close(files->fds[--files->count]);
}

void history_tidy(const char *state, uint64_t now_ms)
{
    _cleanup_free_ char *aside = place_path(state, "history.old");
    struct stat info;
    uint64_t since_ms;

    /* Its change time is when it got that name. One that lies ahead was set by another clock: the
     * clock jumped since, and that is what the file is kept for. */
    if (!aside || lstat(aside, &info) < 0 || S_ISDIR(info.st_mode))
        return;
    since_ms = (uint64_t)info.st_ctim.tv_sec * 1000;
    if (now_ms < since_ms || now_ms - since_ms < LIMIT_HISTORY_ASIDE_MS)
        return;
    if (unlink(aside) == 0)
        log_notice("%s was put aside %llu days ago and is removed", aside,
                   (unsigned long long)((now_ms - since_ms) / (24 * 3600 * 1000)));
    else
        log_warning("%s cannot be removed: %s", aside, strerror(errno));
}

bool history_tell(const char *state, const struct config *config, char *text_out, size_t size)
{
    _cleanup_free_ char *path = place_path(state, "history");
    _cleanup_free_ char *aside = place_path(state, "history.old");
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
    else if (fd >= 0 && access(path, W_OK) < 0)
        snprintf(text_out, size, "%s cannot be written: %s", path, why = strerror(errno));
    else
        snprintf(text_out, size, "%s, %.1f MiB at most%s", path, (double)layout.size / (1 << 20),
                 aside && access(aside, F_OK) == 0
                     ? "; history.old beside it is of before, and goes by itself after two weeks"
                     : "");
    return !why;
}
