/* For tests: a client's and a server's wire joined in memory, with what happened to each written
 * down. */
#pragma once

#include "wire/wire-private.h"

/* An outgoing body of `left` bytes, byte n of which is (uint8_t)(n * 7). */
struct test_source {
    uint64_t at;
    uint64_t left;
    uint64_t ready; /* of these may go now; then the body waits */
    bool wait;      /* use `ready` */
    bool fail;
    uint64_t took;
    uint64_t largest; /* what was taken at once */
};
struct wire_body test_source_body(struct test_source *source);

struct test_side {
    struct wire *wire;
    struct wire_stream *stream; /* the last that began here */
    unsigned established;
    unsigned requests;
    unsigned responses;
    unsigned ends;
    unsigned closes;
    unsigned acknowledged;
    unsigned receipts;
    uint64_t receipt; /* the last one's number */
    unsigned refused; /* of the closes, with WIRE_H2_REFUSED */
    uint32_t close_error;
    unsigned status;
    char method[16];
    char path[64];
    char authorization[64];
    char content_type[64];
    uint64_t received;
    bool damaged;               /* a body byte was not the expected one */
    struct slice place;         /* where body bytes may be put, from its begin on, */
    uint64_t placed;            /* and how many were */
    bool hold;                  /* do not give window back */
    struct wire_stream *held;   /* do not give window back for this one */
    struct test_source *answer; /* server: the body of every answer; NULL: "ok" */
    bool silent;                /* server: answer nothing */
    enum problem_code refuse;   /* what on_established says */
    void (*on_request)(struct test_side *side, struct wire_stream *stream);
    void (*on_data)(struct test_side *side, struct wire_stream *stream);
};

struct test_pair {
    struct test_side client;
    struct test_side server;
    uint64_t now;
    size_t at_once;     /* bytes per wire_receive(); 0 for all */
    uint64_t to_client; /* bytes carried so far */
    uint64_t to_server;
    uint64_t cut_to_client; /* carry no more than that */
    uint64_t cut_to_server;
};

extern const struct wire_events test_events;

/* One context per role for the whole test program. */
struct tls_context *test_server_context(void);
struct tls_context *test_client_context(void);
void test_contexts_free(void);

void test_pair_init(struct test_pair *pair);
void test_pair_init_plain(struct test_pair *pair);
void test_pair_deinit(struct test_pair *pair);
/* Carries bytes to and fro until neither side has any more. */
void test_pair_run(struct test_pair *pair);
/* One step: the client's bytes to the server, then the server's to the client. True if any moved.
 */
bool test_pair_step(struct test_pair *pair);
