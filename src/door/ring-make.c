/* How rings come into being and go: see ring.h. */
#include "door/ring-private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

static int ring_map_data(struct ring *ring, int fd, int protection)
{
    /* One reservation for everything, so that the two views of the data stand side by side. */
    size_t total = 2 * RING_PAGE + 2 * ring->capacity;
    uint8_t *base = mmap(NULL, total, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
                         0);
    uint8_t *data = base + 2 * RING_PAGE;

    if (base == MAP_FAILED)
        return -errno;
    ring->warden = (struct ring_warden_page *)(void *)base;
    ring->gate = (struct ring_gate_page *)(void *)(base + RING_PAGE);
    ring->data = data;
    if (mmap(base, 2 * RING_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) ==
            MAP_FAILED ||
        mmap(data, ring->capacity, protection, MAP_SHARED | MAP_FIXED, fd, 2 * RING_PAGE) ==
            MAP_FAILED ||
        mmap(data + ring->capacity, ring->capacity, protection, MAP_SHARED | MAP_FIXED, fd,
             2 * RING_PAGE) == MAP_FAILED)
        return -errno;
    /* A job's child has no business with the ring, and fork() is cheaper without it. */
    madvise(base, total, MADV_DONTFORK);
    return 0;
}

int ring_new(struct ring **ring_out, size_t capacity)
{
    struct ring *ring;
    int r;

    if (capacity == 0 || capacity % RING_PAGE || capacity > RING_CAPACITY_MAX)
        return -EINVAL;
    ring = calloc(1, sizeof(*ring));
    if (!ring)
        return -ENOMEM;
    ring->capacity = capacity;
    ring->fd = memfd_create("hune-ring", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (ring->fd < 0 || ftruncate(ring->fd, (off_t)(2 * RING_PAGE + capacity)) < 0 ||
        fcntl(ring->fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
        r = -errno;
    else
        r = ring_map_data(ring, ring->fd, PROT_READ | PROT_WRITE);
    if (r) {
        ring_free(ring);
        return r;
    }
    ring->warden->magic = RING_MAGIC;
    ring->warden->capacity = capacity;
    *ring_out = ring;
    return 0;
}

int ring_restore(struct ring **ring_out, size_t capacity, uint64_t tail, const void *bytes,
                 size_t size)
{
    int r;

    if (size > capacity)
        return -EINVAL;
    r = ring_new(ring_out, capacity);
    if (r)
        return r;
    /* The data lies at the offset's place in the ring, which the second view makes contiguous. */
    if (size > 0)
        memcpy((*ring_out)->data + tail % capacity, bytes, size);
    (*ring_out)->tail = (*ring_out)->first = tail;
    (*ring_out)->head = tail + size;
    atomic_store(&(*ring_out)->warden->doomed, tail);
    atomic_store(&(*ring_out)->warden->tail, tail);
    atomic_store(&(*ring_out)->warden->first, tail);
    atomic_store(&(*ring_out)->warden->start, tail);
    atomic_store(&(*ring_out)->warden->head, tail + size);
    ring_end(*ring_out);
    return 0;
}

void ring_restate(struct ring *ring, bool ended)
{
    ring->warden->magic = RING_MAGIC;
    ring->warden->capacity = ring->capacity;
    atomic_store(&ring->warden->doomed, ring->first);
    atomic_store(&ring->warden->first, ring->first);
    atomic_store(&ring->warden->tail, ring->tail);
    atomic_store(&ring->warden->spools, ring->spools);
    atomic_store(&ring->warden->waits, ring->waits);
    atomic_store(&ring->gate->readers, 0);
    atomic_store(&ring->warden->start, ring_start_of(ring));
    atomic_store(&ring->warden->head, ring->head);
    atomic_store(&ring->warden->end, ended ? RING_ENDED : RING_GOES_ON);
}

void ring_renew(struct ring *ring)
{
    ring->head = ring->tail = ring->first = ring->kept = 0;
    ring->spools = false;
    ring->waits = WAITS_NOT;
    ring->starts = (struct starts){0};
    *ring->warden = (struct ring_warden_page){.magic = RING_MAGIC, .capacity = ring->capacity};
    *ring->gate = (struct ring_gate_page){0};
}

void ring_renewed(struct ring *ring)
{
    ring->told = 0;
}

int ring_map(struct ring **ring_out, int fd)
{
    const int seals = F_SEAL_SHRINK | F_SEAL_GROW;
    struct ring *ring;
    struct stat info;
    int held;
    int r;

    /* Without the seals the other side could cut the file short and every access would fault. */
    held = fcntl(fd, F_GET_SEALS);
    if (held < 0 || (held & seals) != seals || fstat(fd, &info) < 0 ||
        info.st_size <= 2 * RING_PAGE || info.st_size > 2 * RING_PAGE + RING_CAPACITY_MAX)
        return -EBADMSG;
    ring = calloc(1, sizeof(*ring));
    if (!ring)
        return -ENOMEM;
    ring->fd = -1;
    ring->capacity = (size_t)info.st_size - 2 * RING_PAGE;
    r = ring->capacity % RING_PAGE ? -EBADMSG : ring_map_data(ring, fd, PROT_READ);
    if (!r && (ring->warden->magic != RING_MAGIC || ring->warden->capacity != ring->capacity))
        r = -EBADMSG;
    if (r) {
        ring_free(ring);
        return r;
    }
    *ring_out = ring;
    return 0;
}

/* All of a ring that is apart. */
struct ring_apart {
    struct ring ring;
    struct ring_warden_page warden;
    struct ring_gate_page gate;
    uint8_t data[];
};

/* `bytes` are those of the stream from `tail` on; a frame begins there. */
static struct ring_apart *apart_new(uint64_t tail, struct slice bytes)
{
    struct ring_apart *apart = malloc(sizeof(*apart) + bytes.size);

    if (!apart)
        return NULL;
    memset(apart, 0, sizeof(*apart));
    apart->ring = (struct ring){
        .warden = &apart->warden,
        .gate = &apart->gate,
        .data = apart->data,
        .capacity = bytes.size ? bytes.size : 1, /* what offsets are divided by */
        .fd = -1,
        .apart = true,
    };
    if (bytes.size > 0)
        memcpy(apart->data, bytes.bytes, bytes.size);
    atomic_store(&apart->warden.head, tail + bytes.size);
    atomic_store(&apart->warden.tail, tail);
    atomic_store(&apart->warden.first, tail);
    atomic_store(&apart->warden.doomed, tail);
    atomic_store(&apart->warden.start, tail);
    atomic_store(&apart->gate.released, tail);
    return apart;
}

int ring_new_apart(struct ring **ring_out, struct slice bytes, bool ended)
{
    struct ring_apart *apart = apart_new(0, bytes);

    if (!apart)
        return -ENOMEM;
    atomic_store(&apart->warden.end, ended ? RING_ENDED : RING_GOES_ON);
    *ring_out = &apart->ring;
    return 0;
}

int ring_new_kept(struct ring **ring_out, const struct ring *ring)
{
    uint64_t head = ring_head(ring);
    uint64_t kept = ring_kept(ring);
    struct slice bytes = {.size = 0};
    struct ring_apart *apart;
    int64_t size = kept < head ? ring_peek(ring, kept, &bytes.bytes) : 0;

    /* A warden gone mad loses what it would have kept. */
    bytes.size = size > 0 ? (size_t)size : 0;
    apart = apart_new(head - bytes.size, bytes);
    if (!apart)
        return -ENOMEM;
    atomic_store(&apart->warden.end, RING_ENDED);
    atomic_store(&apart->gate.released, head);
    atomic_store(&apart->gate.input, atomic_load(&ring->gate->input));
    atomic_store(&apart->gate.writer, atomic_load(&ring->gate->writer));
    atomic_store(&apart->gate.writer_from, atomic_load(&ring->gate->writer_from));
    *ring_out = &apart->ring;
    return 0;
}

struct ring *ring_free(struct ring *ring)
{
    if (!ring)
        return NULL;
    if (ring->warden && !ring->apart)
        munmap(ring->warden, 2 * RING_PAGE + 2 * ring->capacity);
    if (ring->fd >= 0)
        close(ring->fd);
    free(ring);
    return NULL;
}
