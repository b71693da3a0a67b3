/* For the tests of jobs, trees and terminals: jobs under a loop that reaps children, and a gate
 * that is nothing but a reader of rings. */
#pragma once

#include "warden/test-support.h"

#include "base/cleanup.h"
#include "proto/command.h"
#include "proto/verb.h"
#include "warden/job.h"
#include "warden/spawner.h"

enum { GROUND_PATIENCE_MS = 30000 /* for hangs only */ };

struct ground {
    struct loop loop;
    struct loop_source signals;
    struct loop_timer tick;
    struct forest forest;
    struct spawner spawner;
    struct jobs jobs;
    struct operator_entry who;
    unsigned rings_again, rings_gone;
    uint32_t last_gone;
    unsigned rings, bytes, states, recalls, forgotten, idle; /* how often the events came */
};

/* `sweeps`: as on a machine without cgroup v2. */
void ground_make(struct ground *ground, bool sweeps);
/* Ends what still runs. Nothing may be left of it: neither processes nor descriptors. */
void ground_remove(struct ground *ground);
/* One turn of the loop, of 10 ms at most. */
void ground_turn(struct ground *ground);
/* As many as last that long. */
void ground_turn_for(struct ground *ground, uint64_t ms);

/* A test with `struct ground *ground = *state;`. It fails, too, when a descriptor is left open. */
#define ground_test(test) cmocka_unit_test_setup_teardown(test, ground_set_up, ground_tear_down)
int ground_set_up(void **state);
int ground_tear_down(void **state);

/* A job of a shell line; `flags` of enum command_flag. */
enum problem_code start_line(struct ground *ground, const char *line, uint8_t flags,
                             uint32_t deadline, struct job **job_out);
enum problem_code start_command(struct ground *ground, const struct command *command,
                                uint32_t deadline, const char *user, struct job **job_out);
/* A job of any verb. */
enum problem_code start_payload(struct ground *ground, enum verb verb, const struct buffer *payload,
                                uint32_t deadline, const char *user, struct job **job_out);

/* A console that reads all of a job's output. */
struct reader_of_job {
    struct ring *ring;
    uint64_t at;
    struct frame_reader frames;
    struct buffer out, err;
    bool ended;
    struct job_state state; /* of the last frame */
};

/* A job that has said nothing yet has no ring: it is read from when it has. */
void reader_make(struct reader_of_job *reader, const struct job *job);
void reader_remove(struct reader_of_job *reader);
/* Reads what is there and releases it; tells the job of the room if it waits for that. */
void reader_read(struct reader_of_job *reader, struct job *job);
/* Reads until the job has ended. `job` must not be forgotten in the meantime. */
void reader_finish(struct reader_of_job *reader, struct ground *ground, struct job *job);
/* Runs a line to its end and reads all that it says. */
void run_line(struct ground *ground, const char *line, struct reader_of_job *reader);
/* Turns until the job has said something. */
void wait_for_output(struct ground *ground, const struct job *job);
/* Turns, without reading, until the job has ended. */
void wait_for_end(struct ground *ground, const struct job *job);
bool process_is_alive(pid_t pid);
