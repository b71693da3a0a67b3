/* For tests of connections over real sockets on loopback: a client, and a server that listens;
 * either may have a peer of plain socket calls instead. */
#pragma once

#include <netinet/in.h>

#include "wire/conn-private.h"
#include "wire/test-pair.h"

/* Bounds a test that hangs; no test waits for it. */
enum { HANG_MS = 60000 };

/* `side` comes first: the wire's events of test-pair.c get it as their user. */
struct test_end {
    struct test_side side;
    struct conn *conn; /* NULL before, and again after on_closed */
    enum problem_code problem;
    int system_error;
    unsigned closed;
    bool in_call; /* on_closed must not come from inside a call */
};

extern uv_loop_t loop;
extern struct conn_factory clients;
extern struct conn_factory servers;
extern struct test_end client;
extern struct test_end server;
extern int listener;
extern uv_poll_t listening;
extern struct sockaddr_in address;
extern int raw; /* the peer of plain socket calls, or -1 */

void connect_client(uint32_t timeout_ms);
/* A GET of the client's. */
struct wire_stream *get(const char *path);
/* An answer that has begun, and goes on as `source` says. */
void begin_answer(struct test_source *source);
/* Turns the loop until `*count` has reached `target`. */
void run_until(const unsigned *count, unsigned target);
void close_client(void);
/* A socket of our own towards the listener, or accepted from it. */
void raw_connect(void);
void raw_accept(void);

#define conn_test(test) cmocka_unit_test_setup_teardown(test, ends_set_up, ends_tear_down)
int ends_set_up(void **state);
int ends_tear_down(void **state);
/* For the end of the program. */
int ends_free_contexts(void **state);
