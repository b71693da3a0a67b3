/* For tests of links: the way to the agent of test-agent.h, and what was told to who watches it. */
#pragma once

#include "fleet/link/test-world.h"

struct watched {
    struct link_watcher watcher;
    struct trouble trouble;
    char states[256];
    unsigned readies;
    unsigned failures;
    uint32_t pauses[16];
    bool ready;
    bool failed;
    bool closed;
    unsigned stop_after; /* failures; then `failed` */
};

/* Connects a new link, watched by `watched`. It ends with the world's factory. */
struct link *watched_start(struct watched *watched, struct test_world *world,
                           const struct link_target *target);

struct way {
    struct test_world world;
    struct link_target target; /* fits the agent; may be changed before way_start() */
    struct link *link;
    struct watched watched;
};

void way_begin(struct way *way);
void way_end(struct way *way);
void way_start(struct way *way);
/* The same, until it is ready. */
void way_open(struct way *way);

/* A test with a way of its own: `struct way *way = *state;`. */
#define way_test(test) cmocka_unit_test_setup_teardown(test, way_set_up, way_tear_down)
int way_set_up(void **state);
int way_tear_down(void **state);
