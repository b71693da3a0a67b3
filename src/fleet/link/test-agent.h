/* For tests: an agent on the test's own loop. It speaks the protocol through wire's server role,
 * really checks orders, and can be told to misbehave. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/buffer.h"
#include "base/list.h"
#include "fleet/home/signer.h"
#include "fleet/link/link.h"
#include "proto/order.h"
#include "proto/problem.h"
#include "wire/conn.h"

struct test_job {
    uint8_t id[UUID_SIZE];
    uint16_t verb;
    char user[LIMIT_USER_NAME + 1];
    struct buffer payload;
    struct buffer output; /* frames so far, or the parcel */
    bool output_ended;
    struct buffer input;
    bool input_ended;
    struct list readers; /* streams that wait for more output */
};

struct test_agent {
    uv_loop_t *loop;
    struct tls_context *context;
    struct conn_factory factory;
    uv_poll_t listener;
    int socket;
    uint16_t port;
    uint8_t id[MACHINE_ID_SIZE];
    uint8_t epoch[EPOCH_SIZE];
    struct sshkey operator_key;
    struct list sessions;
    struct test_job jobs[128];
    unsigned job_count;

    /* How it behaves. */
    enum problem_code refuse_open; /* PROBLEM_NONE: grants it */
    enum problem_code refuse_put;
    unsigned refuse_put_times; /* 0: always */
    bool greets; /* in the handshake, and orders may open: else it is one that knows neither */
    bool silent_hello;
    bool silent_open;
    bool lose_put;           /* takes an order, and cuts the connection instead of answering */
    bool hush_known;         /* does not answer an order that it has already */
    bool drop_put;           /* cuts the connection without taking the order */
    bool reset_epoch_on_cut; /* the machine restarts whenever the connection is cut */
    bool forget_on_cut;
    bool refuse_output; /* PROBLEM_NO_SUCH_JOB for every output */
    bool holds_nothing; /* an agent that refuses what comes before `open` is decided */
    unsigned drops;     /* connections that it ends before it hears anything, from the next on */
    bool no_parcels;    /* knows no such path */
    bool not_hello;     /* answers hello with a web page */
    uint64_t protocol;
    uint16_t rights;
    int64_t boot_ahead_ms;
    int64_t wall_ahead_ms;
    uint64_t cut_output_at; /* cut after this byte of the stream of frames; 0: never */
    unsigned cuts_left;
    uint64_t cut_input_at; /* cut when so many bytes of input came; 0: never */
    bool echo;             /* the job's output is its input, and it ends when the input does */
    uint32_t exit_code;
    const char *document; /* the answer to GET /v1/facts */
    const char *vitals;   /* the answer to GET /v1/vitals; it does not end by itself */
    bool vitals_end;      /* but now it does */
    enum problem_code refuse_vitals;
    unsigned refuse_vitals_times; /* 0: always */

    /* What happened. */
    unsigned connections;
    unsigned hellos;
    unsigned opens;
    unsigned enters; /* orders that were to open their connection */
    unsigned puts;
    unsigned accepted; /* orders that were taken, each id once */
    unsigned outputs;
    uint64_t output_from; /* of the last of them */
    unsigned vitals_asked;
    char vitals_path[256]; /* the last */
    unsigned pairs;
    unsigned held; /* requests that had to wait for `open` or for their order */
    unsigned bad_orders;
    struct order last_order; /* without its payload */
};

/* Listens on a free port of 127.0.0.1; `signer` is the operator that it knows. */
void test_agent_start(struct test_agent *agent, uv_loop_t *loop, const struct signer *signer);
/* Ends the connections; run the loop afterwards. */
void test_agent_cut(struct test_agent *agent);
void test_agent_stop(struct test_agent *agent);
/* After the loop has closed everything. */
void test_agent_deinit(struct test_agent *agent);
/* The newest job, or NULL. */
struct test_job *test_agent_job(struct test_agent *agent);
/* Appends a frame to the job's output and wakes its readers. */
void test_job_frame(struct test_job *job, unsigned kind, const void *bytes, size_t size);
void test_job_exit(struct test_job *job, uint32_t state, uint32_t detail);
/* A port of 127.0.0.1 on which nobody listens. */
uint16_t test_closed_port(void);
