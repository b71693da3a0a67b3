/* See mirror.h. */
#include "base/mirror.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"

int mirror_open(struct mirror *mirror, size_t capacity)
{
    _cleanup_close_ int fd = -1;
    uint8_t *base;

    if (mirror->data)
        return 0;
    if (capacity == 0 || capacity % (size_t)sysconf(_SC_PAGESIZE))
        return -EINVAL;
    fd = memfd_create("hune-mirror", MFD_CLOEXEC);
    if (fd < 0 || ftruncate(fd, (off_t)capacity) < 0)
        return -errno;
    /* One reservation, so that the two views stand side by side. */
    base = mmap(NULL, 2 * capacity, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED)
        return -errno;
    for (int view = 0; view < 2; view++) {
        if (mmap(base + (view ? capacity : 0), capacity, PROT_READ | PROT_WRITE,
                 MAP_SHARED | MAP_FIXED, fd, 0) == MAP_FAILED) {
            int error = errno;

            munmap(base, 2 * capacity);
            return -error;
        }
    }
    *mirror = (struct mirror){.data = base, .capacity = capacity};
    return 0;
}

void mirror_close(struct mirror *mirror)
{
    if (mirror->data)
        munmap(mirror->data, 2 * mirror->capacity);
    *mirror = (struct mirror){0};
}

void mirror_commit(struct mirror *mirror, size_t size)
{
    mirror->length += size;
}

void mirror_consume(struct mirror *mirror, size_t size)
{
    mirror->length -= size;
    /* Empty, it begins at its begin again: fewer pages are touched. */
    mirror->begin = mirror->length ? (mirror->begin + size) % mirror->capacity : 0;
}
