/* See belt.h. Who sleeps is settled like Dekker's: each side stores its own word, then reads the
 * other's, both sequentially consistent, so at least one of them sees the other and no wake-up is
 * lost. */
#include "base/belt.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

#define BELT_MAGIC 0x48554e4542454c54ull /* "HUNEBELT" */

enum { BELT_LINE = 64, BELT_CAPACITY_MAX = 1 << 30 };

/* Each side's words in a cache line of their own. A side that waits says up to where the other one
 * must get, who clears that when it tells; 0: it does not wait. */
struct belt_page {
    _Atomic uint64_t magic;
    _Alignas(BELT_LINE) _Atomic uint64_t head;
    _Atomic uint64_t wanted_tail; /* by the writer */
    _Alignas(BELT_LINE) _Atomic uint64_t tail;
    _Atomic uint64_t wanted_head; /* by the reader */
};

int belt_make(size_t capacity)
{
    const uint64_t magic = BELT_MAGIC;
    _cleanup_close_ int fd = -1;

    if (capacity == 0 || capacity % BELT_PAGE || capacity > BELT_CAPACITY_MAX)
        return -EINVAL;
    fd = memfd_create("hune-belt", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0 || ftruncate(fd, (off_t)(BELT_PAGE + capacity)) < 0 ||
        pwrite(fd, &magic, sizeof(magic), 0) != (ssize_t)sizeof(magic) ||
        fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
        return -errno;
    return steal_fd(&fd);
}

static int map_data(struct belt *belt, int fd)
{
    /* One reservation for everything, so that the two views of the data stand side by side. */
    size_t total = BELT_PAGE + 2 * belt->capacity;
    uint8_t *base = mmap(NULL, total, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
                         0);

    if (base == MAP_FAILED)
        return -errno;
    belt->page = (struct belt_page *)(void *)base;
    belt->data = base + BELT_PAGE;
    if (mmap(base, BELT_PAGE + belt->capacity, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd,
             0) == MAP_FAILED ||
        mmap(belt->data + belt->capacity, belt->capacity, PROT_READ | PROT_WRITE,
             MAP_SHARED | MAP_FIXED, fd, BELT_PAGE) == MAP_FAILED)
        return -errno;
    return 0;
}

int belt_map(struct belt *belt, int fd, enum belt_role role)
{
    const int seals = F_SEAL_SHRINK | F_SEAL_GROW;
    struct stat info;
    int held = fcntl(fd, F_GET_SEALS);
    int r;

    *belt = (struct belt){.role = role};
    /* Without the seals the other side could cut the file short and every access would fault. */
    if (held < 0 || (held & seals) != seals || fstat(fd, &info) < 0 || info.st_size <= BELT_PAGE ||
        info.st_size > BELT_PAGE + BELT_CAPACITY_MAX || info.st_size % BELT_PAGE)
        return -EBADMSG;
    belt->capacity = (size_t)info.st_size - BELT_PAGE;
    r = map_data(belt, fd);
    if (!r && atomic_load(&belt->page->magic) != BELT_MAGIC)
        r = -EBADMSG;
    if (r) {
        belt_close(belt);
        return r;
    }
    belt->at = atomic_load(role == BELT_WRITES ? &belt->page->head : &belt->page->tail);
    return 0;
}

void belt_close(struct belt *belt)
{
    if (belt->page)
        munmap(belt->page, BELT_PAGE + 2 * belt->capacity);
    *belt = (struct belt){0};
}

/* ---- the writer ---- */

/* A reader that claims to be elsewhere finds the belt full. */
static size_t room_of(const struct belt *belt)
{
    uint64_t used = belt->at - atomic_load(&belt->page->tail);

    return used < belt->capacity ? belt->capacity - (size_t)used : 0;
}

uint8_t *belt_room(const struct belt *belt, size_t *size_out)
{
    *size_out = room_of(belt);
    return belt->data + belt->at % belt->capacity;
}

bool belt_put(struct belt *belt, size_t size)
{
    uint64_t wanted;

    belt->at += size;
    atomic_store(&belt->page->head, belt->at);
    wanted = atomic_load(&belt->page->wanted_head);
    return wanted && belt->at >= wanted && atomic_exchange(&belt->page->wanted_head, 0) != 0;
}

bool belt_wait_for_room(struct belt *belt, size_t wanted)
{
    if (room_of(belt) >= wanted)
        return false;
    atomic_store(&belt->page->wanted_tail, belt->at + wanted - belt->capacity);
    if (room_of(belt) < wanted)
        return true;
    atomic_store(&belt->page->wanted_tail, 0);
    return false;
}

uint64_t belt_written(const struct belt *belt)
{
    return belt->at;
}

int64_t belt_look_back(const struct belt *belt, uint64_t from, const uint8_t **bytes_out)
{
    if (from > belt->at || belt->at - from > belt->capacity)
        return -ERANGE;
    *bytes_out = belt->data + from % belt->capacity;
    return (int64_t)(belt->at - from);
}

/* ---- the reader ---- */

/* Whatever the writer claims, never more than there can be. */
static size_t bytes_of(const struct belt *belt)
{
    uint64_t there = atomic_load(&belt->page->head) - belt->at;

    return there < belt->capacity ? (size_t)there : belt->capacity;
}

const uint8_t *belt_bytes(const struct belt *belt, size_t *size_out)
{
    *size_out = bytes_of(belt);
    return belt->data + belt->at % belt->capacity;
}

bool belt_take(struct belt *belt, size_t size)
{
    uint64_t wanted;

    belt->at += size;
    atomic_store(&belt->page->tail, belt->at);
    wanted = atomic_load(&belt->page->wanted_tail);
    return wanted && belt->at >= wanted && atomic_exchange(&belt->page->wanted_tail, 0) != 0;
}

bool belt_wait_for_bytes(struct belt *belt, size_t wanted)
{
    if (bytes_of(belt) >= wanted)
        return false;
    atomic_store(&belt->page->wanted_head, belt->at + wanted);
    if (bytes_of(belt) < wanted)
        return true;
    atomic_store(&belt->page->wanted_head, 0);
    return false;
}
