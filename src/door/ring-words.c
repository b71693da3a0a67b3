/* See ring.h: what is written down beside the output: what the job waits for; and of its input and
 * its lent terminal, what must outlive the gate. None of it moves the output. */
#include "door/ring-private.h"

void ring_set_waits(struct ring *ring, enum job_waits waits)
{
    if (ring->waits == waits)
        return;
    ring->waits = waits;
    atomic_store(&ring->warden->waits, waits);
}

enum job_waits ring_waits(const struct ring *ring)
{
    uint32_t waits = atomic_load(&ring->warden->waits);

    return waits < WAITS_COUNT ? (enum job_waits)waits : WAITS_NOT;
}

uint64_t ring_input(const struct ring *ring)
{
    return atomic_load(&ring->gate->input);
}

void ring_add_input(struct ring *ring, size_t size)
{
    atomic_fetch_add(&ring->gate->input, size);
}

uint64_t ring_writer(const struct ring *ring)
{
    return atomic_load(&ring->gate->writer);
}

uint64_t ring_writer_input(const struct ring *ring)
{
    uint64_t input = ring_input(ring);
    uint64_t from = atomic_load(&ring->gate->writer_from);

    return input > from ? input - from : 0;
}

void ring_take_input(struct ring *ring, uint64_t writer)
{
    atomic_store(&ring->gate->writer_from, ring_input(ring));
    atomic_store(&ring->gate->typed, 0); /* the one before left its frame unfinished */
    atomic_store(&ring->gate->writer, writer);
}

void ring_lend(struct ring *ring, uint64_t origin, uint64_t began_ms)
{
    atomic_store(&ring->warden->lent_origin, origin);
    atomic_store(&ring->warden->lent_began_ms, began_ms);
}

uint64_t ring_lent_origin(const struct ring *ring)
{
    return atomic_load(&ring->warden->lent_origin);
}

uint64_t ring_lent_began_ms(const struct ring *ring)
{
    return atomic_load(&ring->warden->lent_began_ms);
}

uint64_t ring_reading(const struct ring *ring)
{
    return atomic_load(&ring->gate->reading);
}

void ring_set_reading(struct ring *ring, uint64_t word)
{
    atomic_store(&ring->gate->reading, word);
}

uint64_t ring_typed(const struct ring *ring)
{
    return atomic_load(&ring->gate->typed);
}

void ring_set_typed(struct ring *ring, uint64_t offset)
{
    atomic_store(&ring->gate->typed, offset);
}
