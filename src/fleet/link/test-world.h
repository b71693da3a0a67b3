/* What every test of the connected half needs: a loop, a key in a folder of its own, an agent, and
 * links to it. */
#pragma once

#include "fleet/link/link.h"
#include "fleet/link/test-agent.h"

struct test_world {
    uv_loop_t loop;
    char directory[64];
    struct signer *signer;
    struct test_agent agent;
    struct link_factory *factory;
    struct link_settings settings; /* for the factory; set before test_world_factory() */
    uv_timer_t limit;
    uint64_t limit_ms;
    bool is_late;
};

/* The loop, a key in a temporary directory, an agent. */
void test_world_begin(struct test_world *world);
/* The factory, made at first use. */
struct link_factory *test_world_factory(struct test_world *world);
/* A target that fits the agent. */
struct link_target test_world_target(const struct test_world *world);
/* Turns the loop until *done; fails the test after twenty seconds. */
void test_world_run(struct test_world *world, const bool *done);
/* Turns the loop for `ms`. */
void test_world_wait(struct test_world *world, unsigned ms);
/* Ends all of it and checks that nothing is left in the loop. */
void test_world_end(struct test_world *world);
