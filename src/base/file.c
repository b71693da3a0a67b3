/* See file.h. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"

enum { FILE_READ_STEP = 16384, LOCK_STEP_NS = 10 * 1000 * 1000 };

int fd_read_all(int fd, size_t max, struct buffer *content)
{
    size_t total = 0;

    for (;;) {
        uint8_t *room;
        ssize_t got;
        int r = buffer_reserve(content, FILE_READ_STEP, &room);

        if (r)
            return r;
        got = read(fd, room, FILE_READ_STEP);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -errno;
        if (got == 0)
            return 0;
        buffer_commit(content, (size_t)got);
        total += (size_t)got;
        if (total > max)
            return -EFBIG;
    }
}

int file_read_at(int directory, const char *path, size_t max, struct buffer *content)
{
    _cleanup_close_ int fd = openat(directory, path, O_RDONLY | O_CLOEXEC);

    return fd < 0 ? -errno : fd_read_all(fd, max, content);
}

int file_read(const char *path, size_t max, struct buffer *content)
{
    return file_read_at(AT_FDCWD, path, max, content);
}

int fd_write_all(int fd, const void *bytes, size_t size)
{
    const char *at = bytes;

    while (size > 0) {
        ssize_t written = write(fd, at, size);

        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return -errno;
        at += written;
        size -= (size_t)written;
    }
    return 0;
}

/* The directory that holds `path`, or -errno. */
static int directory_open_of(const char *path)
{
    _cleanup_free_ char *copy = strdup(path);
    int fd;

    if (!copy)
        return -ENOMEM;
    fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

static int file_write_synced(int fd, mode_t mode, const void *bytes, size_t size)
{
    int r;

    if (fchmod(fd, mode) < 0)
        return -errno;
    r = fd_write_all(fd, bytes, size);
    if (r)
        return r;
    return fsync(fd) < 0 ? -errno : 0;
}

int file_replace(const char *path, mode_t mode, const void *bytes, size_t size)
{
    _cleanup_free_ char *target = NULL;
    _cleanup_free_ char *temporary = NULL;
    _cleanup_close_ int directory = -1;
    _cleanup_close_ int fd = -1;
    struct stat old;
    int r;

    /* A link stays a link: the file that it names is replaced (fleet files live in dotfile trees).
     */
    target = realpath(path, NULL);
    if (!target)
        target = strdup(path);
    if (!target || asprintf(&temporary, "%s.XXXXXX", target) < 0) {
        temporary = NULL;
        return -ENOMEM;
    }
    if (stat(target, &old) == 0)
        mode = old.st_mode & 07777;
    directory = directory_open_of(target);
    if (directory < 0)
        return directory;
    fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0)
        return -errno;
    r = file_write_synced(fd, mode, bytes, size);
    if (!r && rename(temporary, target) < 0)
        r = -errno;
    if (r) {
        unlink(temporary);
        return r;
    }
    /* The rename itself must reach the disk, or a crash could bring the old file back. */
    return fsync(directory) < 0 ? -errno : 0;
}

static int directory_make_one(const char *path, mode_t mode)
{
    struct stat found;

    if (mkdir(path, mode) == 0)
        return 0;
    if (errno != EEXIST || stat(path, &found) < 0)
        return -errno;
    return S_ISDIR(found.st_mode) ? 0 : -ENOTDIR;
}

int directory_make(const char *path, mode_t mode)
{
    _cleanup_free_ char *copy = strdup(path);
    int r;

    if (!copy)
        return -ENOMEM;
    for (char *at = copy; *at; at++) {
        if (*at != '/' || at == copy)
            continue;
        *at = '\0';
        r = directory_make_one(copy, mode);
        if (r)
            return r;
        *at = '/';
    }
    return directory_make_one(copy, mode);
}

int file_lock(const char *path, mode_t mode, unsigned wait_ms, int *fd_out)
{
    const struct timespec step = {.tv_nsec = LOCK_STEP_NS};
    uint64_t end = clock_monotonic_ms() + wait_ms;
    _cleanup_free_ char *target = realpath(path, NULL);
    _cleanup_free_ char *lock = NULL;
    _cleanup_close_ int fd = -1;

    if (asprintf(&lock, "%s.lock", target ? target : path) < 0) {
        lock = NULL;
        return -ENOMEM;
    }
    fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, mode);
    if (fd < 0)
        return -errno;
    while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return -errno;
        if (clock_monotonic_ms() >= end)
            return -ETIMEDOUT;
        nanosleep(&step, NULL);
    }
    *fd_out = steal_fd(&fd);
    return 0;
}
