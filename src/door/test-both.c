/* See test-both.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "door/test-both.h"

void both_open(struct both *both, size_t capacity)
{
    assert_int_equal(ring_new(&both->warden, capacity), 0);
    assert_int_equal(ring_map(&both->gate, ring_fd(both->warden)), 0);
}

void both_close(struct both *both)
{
    both->warden = ring_free(both->warden);
    both->gate = ring_free(both->gate);
}

uint8_t byte_at(uint64_t offset)
{
    return (uint8_t)(offset * 31 + offset / 251);
}

size_t produce(struct ring *ring, size_t size)
{
    uint64_t head = ring_head(ring);
    size_t room;
    uint8_t *at = ring_room(ring, size, &room);

    assert_true(room <= size);
    for (size_t i = 0; i < room; i++)
        at[i] = byte_at(head + i);
    ring_publish(ring, room);
    return room;
}

void check(const struct ring *ring, uint64_t offset, size_t size)
{
    const uint8_t *bytes;

    assert_int_equal(ring_peek(ring, offset, &bytes), (int64_t)size);
    for (size_t i = 0; i < size; i++)
        assert_int_equal(bytes[i], byte_at(offset + i));
}

void poke(const struct ring *ring, off_t at, uint64_t value)
{
    assert_int_equal(pwrite(ring_fd(ring), &value, sizeof(value), at), sizeof(value));
}

static struct both common;

int both_set_up(void **state)
{
    both_open(&common, CAPACITY);
    *state = &common;
    return 0;
}

int both_set_up_page(void **state)
{
    both_open(&common, PAGE);
    *state = &common;
    return 0;
}

int both_tear_down(void **state)
{
    both_close(*state);
    return 0;
}
