/* For tests of one wire against a peer whose frames are written by hand, so that no library keeps
 * the peace. */
#pragma once

#include "base/cursor.h"
#include "wire/test-pair.h"

extern struct test_side side;
extern struct buffer frames; /* what the peer says next */
extern struct writer writer; /* into `frames` */

void frame(uint8_t type, uint8_t flags, uint32_t stream, const void *payload, size_t size);
/* What has been written so far goes to the wire; what it answers is thrown away. */
int tell_only(void);
int tell(void);
/* Is there a frame that begins so in what the wire wants to say? */
bool answer_contains(const char *bytes, size_t size);
/* A client's first words. */
void greet(void);
/* ":method GET, :scheme https, :path /, :authority h" without indexing of its own (RFC 7541). */
extern const uint8_t get_block[6];
void get(uint32_t stream, uint8_t flags);

/* Against a server's wire, and against a client's. */
#define server_test(test) cmocka_unit_test_setup_teardown(test, frames_set_up, frames_tear_down)
#define client_test(test) \
    cmocka_unit_test_setup_teardown(test, frames_set_up_client, frames_tear_down_client)
int frames_set_up(void **state);
int frames_set_up_client(void **state);
int frames_tear_down(void **state);
int frames_tear_down_client(void **state);
