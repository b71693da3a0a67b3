/* For tests of jobs: one that is given to the agent of test-agent.h, and what was told of it. */
#pragma once

#include "fleet/link/remote-job.h"
#include "fleet/link/test-world.h"

struct seen {
    struct buffer out;
    struct buffer err;
    struct buffer notes;
    struct job_state state;
    struct trouble trouble;
    bool has_trouble;
    bool accepted;
    bool ended;
    bool signalled;
    bool drained;
    bool writable;
    bool interrupted; /* at any time */
    bool has_all;     /* `until` bytes of output are there */
    size_t until;
    unsigned ends;
    unsigned interruptions;
    enum problem_code signal_code;
    size_t pause_after;
    bool detach_on_output;
};

/* They write into a `struct seen`. */
extern const struct remote_job_events followed_events;
void seen_deinit(struct seen *seen);

struct followed {
    struct test_world world;
    struct link *link;
    struct remote_job *job;
    struct seen seen;
};

/* A world whose link is connecting. */
void followed_begin(struct followed *followed);
void followed_end(struct followed *followed);
/* Gives the agent an order to run something; `follow` its output. */
void followed_give(struct followed *followed, bool follow);
/* The same, until the agent has it: its job. */
struct test_job *followed_give_and_wait(struct followed *followed);
void followed_wait_end(struct followed *followed);

/* The same output for every test that cuts, and that it came whole, once, with its end. */
void followed_fill(struct test_job *job);
void followed_expect_filled(struct followed *followed);
void expect_text(struct buffer *buffer, const char *text);

/* A test with `struct followed *followed = *state;`. */
#define followed_test(test) \
    cmocka_unit_test_setup_teardown(test, followed_set_up, followed_tear_down)
int followed_set_up(void **state);
int followed_tear_down(void **state);
