/* See ring.h. Every shared word has one writer. The two "who sleeps" questions are settled like
 * Dekker's: each side stores its own word, then reads the other's, both sequentially consistent, so
 * at least one of them sees the other and no wake-up is lost. */
#include "door/ring-private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

int ring_fd(const struct ring *ring)
{
    return ring->fd;
}

uint32_t ring_number(const struct ring *ring)
{
    return ring->number;
}

void ring_set_number(struct ring *ring, uint32_t number)
{
    ring->number = number;
}

bool ring_is_apart(const struct ring *ring)
{
    return ring->apart;
}

size_t ring_capacity(const struct ring *ring)
{
    return ring->capacity;
}

uint64_t ring_head(const struct ring *ring)
{
    return ring->fd >= 0 ? ring->head : atomic_load(&ring->warden->head);
}

uint64_t ring_tail(const struct ring *ring)
{
    return ring->fd >= 0 ? ring->tail : atomic_load(&ring->warden->tail);
}

uint64_t ring_first(const struct ring *ring)
{
    return ring->fd >= 0 ? ring->first : atomic_load(&ring->warden->first);
}

uint64_t ring_start(const struct ring *ring)
{
    return atomic_load(&ring->warden->start);
}

uint64_t ring_start_before(const struct ring *ring, uint64_t offset)
{
    uint64_t start = starts_before(&ring->starts, offset, ring->first);

    return start > ring->first ? start : ring->first;
}

bool ring_is_ended(const struct ring *ring)
{
    return atomic_load(&ring->warden->end) == RING_ENDED;
}

bool ring_is_ending(const struct ring *ring)
{
    return atomic_load(&ring->warden->end) != RING_GOES_ON;
}

uint64_t ring_released(const struct ring *ring)
{
    return atomic_load(&ring->gate->released);
}

/* The gate may write anything there; only a value between tail and head means something. */
static uint64_t ring_released_bounded(const struct ring *ring, uint64_t tail, uint64_t head)
{
    uint64_t released = ring_released(ring);

    if (released < tail)
        return tail;
    return released > head ? head : released;
}

/* Gives up what lies before `first`, from the spool and beyond it. False, and nothing changed, if
 * the gate took its release back (ring_hold) before it could see the intent. */
static bool ring_give_up(struct ring *ring, uint64_t first)
{
    if (first <= ring->first)
        return true;
    /* Two words, since one that is taken back again must never be seen by who reads there. */
    atomic_store(&ring->warden->doomed, first);
    if (ring_released_bounded(ring, ring->first, ring->head) < first) {
        atomic_store(&ring->warden->doomed, ring->first);
        return false;
    }
    ring->first = first;
    atomic_store(&ring->warden->first, first);
    if (first > ring->tail) {
        ring->tail = first;
        atomic_store(&ring->warden->tail, first);
    }
    atomic_store(&ring->warden->start, ring_start_of(ring));
    return true;
}

bool ring_begin_spool(struct ring *ring)
{
    /* Settled like sleeping: an outlet that comes now sees this word, or we see it. */
    ring->spools = true;
    atomic_store(&ring->warden->spools, 1);
    if (atomic_load(&ring->gate->readers) == 0)
        return true;
    ring->spools = false;
    atomic_store(&ring->warden->spools, 0);
    return false;
}

void ring_spooled(struct ring *ring, uint64_t tail)
{
    ring->tail = tail;
    atomic_store(&ring->warden->tail, tail);
    /* Nothing is written over before the outlets can see that. */
    atomic_thread_fence(memory_order_seq_cst);
}

uint64_t ring_trim_spool(struct ring *ring)
{
    uint64_t released = ring_released_bounded(ring, ring->first, ring->head);

    (void)ring_give_up(ring, released < ring->tail ? released : ring->tail);
    return ring->first;
}

uint8_t *ring_room(struct ring *ring, size_t wanted, size_t *size_out)
{
    uint64_t head = ring->head;

    for (;;) {
        uint64_t released = ring_released_bounded(ring, ring->tail, head);
        uint64_t room = ring->capacity - (head - released);
        size_t size = room < wanted ? (size_t)room : wanted;
        uint64_t tail = ring->tail;

        if (head + size > ring->capacity && head + size - ring->capacity > tail)
            tail = head + size - ring->capacity;
        /* Nothing to give up: then the spool, if there is one, stays as it is, too. */
        if (tail == ring->tail || ring_give_up(ring, tail)) {
            *size_out = size;
            return ring->data + head % ring->capacity;
        }
    }
}

size_t ring_filled(const struct ring *ring)
{
    return ring->filled;
}

bool ring_is_fresh(const struct ring *ring, size_t size)
{
    return ring->head >= ring->filled && ring->head + size <= ring->capacity;
}

void ring_put(struct ring *ring, const void *bytes, size_t size)
{
    size_t at = (size_t)(ring->head % ring->capacity), done = 0;

    /* What fits into one page or two is cheaper by hand. A write that fails has found no memory:
     * then the fault below ends us, as it would have without the write. */
    if (size > 2 * RING_PAGE && ring_is_fresh(ring, size)) {
        ssize_t written = pwrite(ring->fd, bytes, size, (off_t)(2 * RING_PAGE + at));

        done = written > 0 ? (size_t)written : 0;
    }
    memcpy(ring->data + at + done, (const uint8_t *)bytes + done, size - done);
}

bool ring_publish(struct ring *ring, size_t size)
{
    uint64_t head = ring->head;

    starts_add(&ring->starts, head, ring->first);
    ring->head = head + size;
    if (ring->head > ring->filled)
        ring->filled = ring->head < ring->capacity ? (size_t)ring->head : ring->capacity;
    atomic_store(&ring->warden->head, ring->head);
    return atomic_load(&ring->gate->sleeping_at) == head + 1;
}

void ring_set_kept(struct ring *ring, uint64_t offset)
{
    ring->kept = offset;
    atomic_store(&ring->warden->kept, offset);
}

uint64_t ring_kept(const struct ring *ring)
{
    uint64_t kept = ring->fd >= 0 ? ring->kept : atomic_load(&ring->warden->kept);
    uint64_t tail = ring_tail(ring);

    return kept > tail ? kept : tail;
}

void ring_begin_end(struct ring *ring)
{
    atomic_store(&ring->warden->end, RING_ENDING);
}

void ring_end(struct ring *ring)
{
    atomic_store(&ring->warden->end, RING_ENDED);
}

bool ring_wait_for_room(struct ring *ring, size_t wanted)
{
    /* A number and not the release that was seen: a release between looking and storing would make
     * that one out of date, and the next release would tell nobody. */
    atomic_fetch_add(&ring->warden->starved, 1);
    return ring->capacity - (ring->head - ring_released_bounded(ring, ring->tail, ring->head)) <
           wanted;
}

uint64_t ring_needed_from(const struct ring *ring, size_t keep)
{
    uint64_t head = ring_head(ring);
    uint64_t first = ring_first(ring);
    uint64_t from = ring_released_bounded(ring, first, head);

    if (head - from < keep)
        from = head > keep ? head - keep : 0;
    return from > first ? from : first;
}

void ring_shrink(struct ring *ring, size_t keep)
{
    uint64_t head = ring->head;
    size_t kept;
    size_t begin;
    size_t end;

    while (!ring_give_up(ring, ring_needed_from(ring, keep)))
        ;
    kept = (size_t)(head - ring->tail);
    if (kept >= ring->capacity || ring->fd < 0)
        return;
    /* The free part runs from head round to tail, in up to two pieces of the file. */
    begin = (size_t)(head % ring->capacity);
    end = begin + (ring->capacity - kept);
    begin = (begin + RING_PAGE - 1) & ~(size_t)(RING_PAGE - 1);
    end &= ~(size_t)(RING_PAGE - 1);
    while (begin < end) {
        size_t at = begin % ring->capacity;
        size_t size = end - begin < ring->capacity - at ? end - begin : ring->capacity - at;

        fallocate(ring->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)(2 * RING_PAGE + at),
                  (off_t)size);
        begin += size;
    }
}

int64_t ring_peek(const struct ring *ring, uint64_t offset, const uint8_t **bytes_out)
{
    uint64_t head = ring_head(ring);

    if (offset > head)
        return -ERANGE;
    if (offset < ring_tail(ring))
        return -ENODATA;
    /* A warden gone mad must not lead us outside of the mapping. */
    if (head - offset > ring->capacity)
        return -ENODATA;
    *bytes_out = ring->data + (ring->apart ? offset - ring_tail(ring) : offset % ring->capacity);
    return (int64_t)(head - offset);
}

void ring_add_reader(struct ring *ring)
{
    atomic_fetch_add(&ring->gate->readers, 1);
}

void ring_remove_reader(struct ring *ring)
{
    atomic_fetch_sub(&ring->gate->readers, 1);
}

bool ring_spools(const struct ring *ring)
{
    return atomic_load(&ring->warden->spools) != 0;
}

int64_t ring_copy(const struct ring *ring, uint64_t offset, void *to, size_t size)
{
    const uint8_t *bytes;
    int64_t there = ring_peek(ring, offset, &bytes);

    if (there <= 0)
        return there;
    if ((uint64_t)there < size)
        size = (size_t)there;
    memcpy(to, bytes, size);
    atomic_thread_fence(memory_order_seq_cst);
    return ring_tail(ring) > offset ? -ENODATA : (int64_t)size;
}

bool ring_release(struct ring *ring, uint64_t offset)
{
    uint64_t starved;

    if (offset <= ring_released(ring))
        return false;
    atomic_store(&ring->gate->released, offset);
    starved = atomic_load(&ring->warden->starved);
    if (starved == ring->told)
        return false;
    ring->told = starved;
    return true;
}

int ring_hold(struct ring *ring, uint64_t offset)
{
    if (offset > ring_head(ring))
        return -ERANGE;
    if (offset < ring_released(ring))
        atomic_store(&ring->gate->released, offset);
    return offset < atomic_load(&ring->warden->doomed) ? -ENODATA : 0;
}

bool ring_wait_for_bytes(struct ring *ring, uint64_t offset)
{
    atomic_store(&ring->gate->sleeping_at, offset + 1);
    return ring_head(ring) <= offset && !ring_is_ended(ring);
}
