/* For tests of fan-out: many machines, each of them the test's one agent, reached by as many links.
 */
#pragma once

#include "fleet/link/test-world.h"
#include "fleet/run/fanout-task.h"

enum { MACHINES = 60 };

struct test_many {
    struct test_world world;
    struct link_pool *pool;
    struct fanout *fanout;
    struct fanout_job job;
    uint32_t machines[MACHINES];
    uint32_t dead_from;  /* machines from this index on do not exist */
    uint32_t wrong_from; /* and these have another id */
    uint32_t silent;     /* so many of the first ones answer nothing */
    uint32_t connecting; /* of fanout_settings */
    bool done;
    unsigned results[MACHINES];
    unsigned result_count;
    unsigned most_handshakes;
    size_t output_bytes;
    unsigned documents;
    unsigned infos;
    uint32_t stop_after; /* results */
    bool free_in_result;
    unsigned ended_jobs; /* of the agent's, by end_jobs() */
    uint32_t exit_state;
    uint32_t exit_detail;
    uint16_t closed_port;
    uint16_t silent_port; /* for a test to set */
    uv_check_t check;
};

/* `warm`: links stay when nobody needs them. */
void many_begin(struct test_many *many, bool warm);
void many_end(struct test_many *many);
/* Begins with the first `count` machines. */
void many_go(struct test_many *many, const struct fanout_task *task, uint32_t count,
             uint32_t at_once, uint32_t timeout_ms);
void many_wait(struct test_many *many);
/* A job whose output is counted, and which the agent ends as told. */
const struct fanout_task *many_job(struct test_many *many);
void many_expect_each_once(const struct test_many *many, uint32_t count);
/* The result at a position; PROBLEM_NONE: it has no trouble. */
void many_expect_state(const struct test_many *many, uint32_t position, enum state state,
                       enum problem_code code);

/* Tests with `struct test_many *many = *state;`, with links that do not stay, and that do. */
#define many_test(test) cmocka_unit_test_setup_teardown(test, many_set_up, many_tear_down)
#define warm_test(test) cmocka_unit_test_setup_teardown(test, many_set_up_warm, many_tear_down)
int many_set_up(void **state);
int many_set_up_warm(void **state);
int many_tear_down(void **state);
