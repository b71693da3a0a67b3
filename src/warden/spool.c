/* See spool.h. */
#include "warden/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#define LOG_TAG "spool"
#include "base/log.h"

enum { SPOOL_STEP = 256 * 1024 };

struct spool {
    int fd;
    uint64_t capacity;
    uint64_t size; /* of the file: as far as it was ever written */
};

/* Without a name from the start where the file system can do that. */
static int spool_open(const char *folder)
{
    _cleanup_free_ char *path = NULL;
    int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT))
        return fd < 0 ? -errno : fd;
    if (asprintf(&path, "%s/spool.XXXXXX", folder) < 0)
        return -ENOMEM;
    fd = mkostemp(path, O_CLOEXEC);
    if (fd < 0)
        return -errno;
    unlink(path);
    return fd;
}

int spool_new(struct spool **spool_out, const char *folder, uint64_t capacity)
{
    struct spool *spool;
    int r = directory_make(folder, 0700);
    int fd = r ? r : spool_open(folder);

    if (fd < 0)
        return fd;
    spool = calloc(1, sizeof(*spool));
    if (!spool) {
        close(fd);
        return -ENOMEM;
    }
    *spool = (struct spool){.fd = fd, .capacity = capacity};
    *spool_out = spool;
    return 0;
}

struct spool *spool_free(struct spool *spool)
{
    if (!spool)
        return NULL;
    /* A gate may hold it open for as long as it remembers the job. */
    if (ftruncate(spool->fd, 0) < 0)
        log_warning("a spool cannot be emptied: %m");
    close(spool->fd);
    free(spool);
    return NULL;
}

int64_t spool_move(struct spool *spool, struct ring *ring, uint64_t allowance)
{
    uint64_t tail = ring_tail(ring);
    uint64_t room = spool->capacity - (tail - ring_trim_spool(ring));
    uint64_t at = tail % spool->capacity;
    const uint8_t *bytes;
    int64_t size = ring_peek(ring, tail, &bytes);
    ssize_t written;

    if (room > spool->capacity - at)
        room = spool->capacity - at;
    if (at + room > spool->size + allowance)
        room = spool->size + allowance > at ? spool->size + allowance - at : 0;
    if (size > SPOOL_STEP)
        size = SPOOL_STEP;
    if (size <= 0 || room == 0)
        return 0;
    if ((uint64_t)size > room)
        size = (int64_t)room;
    do
        written = pwrite(spool->fd, bytes, (size_t)size, (off_t)at);
    while (written < 0 && errno == EINTR);
    if (written <= 0)
        return written < 0 ? -errno : -ENOSPC;
    if (at + (uint64_t)written > spool->size)
        spool->size = at + (uint64_t)written;
    ring_spooled(ring, tail + (uint64_t)written);
    return written;
}

int spool_reader(const struct spool *spool)
{
    char path[64];
    int fd;

    snprintf(path, sizeof(path), "/proc/self/fd/%d", spool->fd);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

uint64_t spool_capacity(const struct spool *spool)
{
    return spool->capacity;
}

uint64_t spool_size(const struct spool *spool)
{
    return spool->size;
}
