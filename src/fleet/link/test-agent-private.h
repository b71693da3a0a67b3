/* What the files of the tests' agent share (test-agent.h): a console's connection, and a request on
 * it. */
#pragma once

#include "fleet/link/test-agent.h"

struct session {
    struct list at;
    struct test_agent *agent;
    struct conn *conn;
    struct list held; /* calls that wait for what becomes of `open`, or of their order */
    struct list puts; /* orders that are not complete */
    bool is_opening;
    bool is_open;
};

/* One request. */
struct call {
    struct list at; /* in job.readers, session.held or session.puts, while it waits */
    struct session *session;
    struct wire_stream *stream;
    struct buffer body;
    struct buffer answer;
    struct test_job *job;
    uint64_t from; /* output: next byte to send */
    uint64_t base; /* input: offset of the body's first byte */
    bool is_input;
    bool enters; /* it has opened its connection: the answer tells both */
};

/* Cuts the connection, and forgets what the agent was told to forget then. */
void session_cut(struct session *session);

/* ---- test-agent-answers.c ---- */

void call_respond(struct call *call, unsigned status, const char *type, const char *text);
void call_refuse(struct call *call, enum problem_code code);
/* Checks an order as the warden would. */
enum problem_code call_check_order(struct call *call, struct order *order_out);
void answer_hello(struct call *call);
void answer_open(struct call *call);
void answer_pair(struct call *call);
/* What `open` is answered with. */
void describe_open(const struct call *call, char *text_out, size_t size);
void answer_vitals(struct call *call);

/* ---- test-agent-jobs.c ---- */

void answer_put(struct call *call);
/* As `open` and the order behind it. */
void answer_enter(struct call *call);
void answer_output(struct call *call);
void input_begin(struct call *call);
/* Bytes that came before, on another connection, are not taken twice. */
void input_take(struct call *call, const uint8_t *bytes, size_t size);
void input_end(struct call *call);
