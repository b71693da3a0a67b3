/* For the tests with a real gate: what the warden tells it, and what a console asks of it, over the
 * peers of test-peers.h. One job, of one id, is enough for all of them. */
#pragma once

#include "door/ring.h"
#include "gate/test-peers.h"
#include "proto/command.h"
#include "proto/right.h"
#include "proto/verb.h"

#define JOB_TEXT "01020304-0506-7008-800a-0b0c0d0e0f10"
#define JOB_PATH "/v1/jobs/" JOB_TEXT
extern const uint8_t job_id[UUID_SIZE];

/* Takes the path of huned-gate from the command line; false, and said, when it is not there. */
bool gate_program_init(int argc, char **argv);
const char *gate_program(void);

/* A test with a gate and a console that is connected to it: `struct peers *peers = *state;`. */
#define gate_test(test) cmocka_unit_test_setup_teardown(test, gate_set_up, gate_tear_down)
int gate_set_up(void **state);
int gate_tear_down(void **state);

/* ---- the console ---- */

/* Opens the console's connection with a key whose fingerprint is all `key`. */
void open_with(struct peers *peers, uint16_t rights, uint8_t key);
/* A request without a body that is answered with `status`. */
struct exchange *get(struct peers *peers, const char *path, unsigned status);
/* Sends an order's parts for the one job. */
struct exchange *put_order(struct peers *peers, const struct buffer *parts);
/* An order's parts; the signature is for the warden to dislike. */
void make_order(struct buffer *out, uint16_t verb, const void *payload, size_t size);
void make_run(struct buffer *out, const char *line);

/* ---- the warden ---- */

/* The order that the gate passes on in a message of this type. */
struct door_order told_order(struct peers *peers, enum door_type type);
void tell_opened(struct peers *peers, uint32_t ticket, enum problem_code problem, uint16_t rights,
                 uint8_t key);
void tell_ordered(struct peers *peers, uint32_t ticket, enum problem_code problem, bool known);
/* A message that is only the job's id. */
void tell_id(struct peers *peers, enum door_type type);
/* The job has exited with 0. */
void tell_end(struct peers *peers);
/* The job, by the operator whose key's fingerprint is all `key`; `ring` NULL: it has said nothing
 * yet; `input` -1: it takes none. */
void tell_job(struct peers *peers, struct ring *ring, int input, uint8_t key);
/* With input over a belt, `input` is its bell. */
void tell_job_with(struct peers *peers, enum verb verb, struct ring *ring, int input, int belt,
                   uint8_t key);
/* A shell, whose terminal is lent. */
void tell_shell(struct peers *peers, struct ring *ring, int terminal, int belt, uint8_t key);
/* The job's ring: a new one, or one that the gate has given back. */
void tell_ring(struct peers *peers, struct ring *ring, uint32_t number, bool is_new);
void tell_ring_file(struct peers *peers, int fd, uint32_t number);
/* The same without input, with a new ring; the caller frees that. */
struct ring *tell_new_job(struct peers *peers, uint8_t key);
/* Publishes bytes in the job's ring and tells the gate if it must. */
void ring_say(struct peers *peers, struct ring *ring, const void *bytes, size_t size);
/* Ends the job. */
void ring_finish(struct peers *peers, struct ring *ring);
