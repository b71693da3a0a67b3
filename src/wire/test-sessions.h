/* For tests: a client's and a server's TLS session, with nothing between them but what a test
 * carries. */
#pragma once

#include "wire/tls-private.h"

extern struct tls *client;
extern struct tls *server;

int sessions_set_up(void **state);
int sessions_tear_down(void **state);
/* Feeds what `from` has to say to `to`; returns what `to` made of it. */
int carry(struct tls *from, struct tls *to, uint8_t *plain_out, size_t size,
          enum tls_error *error_out);
/* To and fro, to its end or the first error. */
enum tls_error handshake(void);

#define sessions_test(test) \
    cmocka_unit_test_setup_teardown(test, sessions_set_up, sessions_tear_down)
