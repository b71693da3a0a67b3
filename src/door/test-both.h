/* For the tests of rings: the warden's side, made with ring_new(), and the gate's, a second mapping
 * of the same memory, as it is between the two processes. */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "door/ring.h"

enum { PAGE = 4096, CAPACITY = 4 * PAGE };

/* Where the shared words stand: what a gate that keeps to nothing could write. */
enum {
    AT_MAGIC = 0,
    AT_CAPACITY = 8,
    AT_HEAD = 16,
    AT_TAIL = 24,
    AT_RELEASED = PAGE,
    AT_INPUT = PAGE + 16
};

struct both {
    struct ring *warden;
    struct ring *gate;
};

void both_open(struct both *both, size_t capacity);
void both_close(struct both *both);
/* A byte that tells its offset in the stream. */
uint8_t byte_at(uint64_t offset);
/* Writes as much as fits of `size`. Returns how much. */
size_t produce(struct ring *ring, size_t size);
/* The gate has these bytes. */
void check(const struct ring *ring, uint64_t offset, size_t size);
/* Writes a shared word past the gate's mapping, which has only the functions of the header. */
void poke(const struct ring *ring, off_t at, uint64_t value);

/* Tests with `struct both *both = *state;`, of CAPACITY and of one page. */
#define ring_test(test) cmocka_unit_test_setup_teardown(test, both_set_up, both_tear_down)
#define page_test(test) cmocka_unit_test_setup_teardown(test, both_set_up_page, both_tear_down)
int both_set_up(void **state);
int both_set_up_page(void **state);
int both_tear_down(void **state);
