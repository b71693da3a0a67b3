/* What the files of a wire share: wire.c (life, bytes, time), wire-http.c (what nghttp2 tells us),
 * wire-stream.c (what we tell nghttp2), wire-memory.c (where nghttp2's memory comes from). */
#pragma once

#include <nghttp2/nghttp2.h>

#include "base/buffer.h"
#include "base/list.h"
#include "proto/limits.h"
#include "wire/wire.h"

struct wire {
    enum tls_role role;
    struct tls *tls; /* NULL: plain HTTP/2, for fuzzing and tests */
    nghttp2_session *session;
    nghttp2_mem memory_hooks;
    struct wire_spares *spares; /* borrowed, or NULL */
    size_t memory;
    const struct wire_events *events;
    void *user;
    struct buffer staged; /* plaintext that is to become one record */
    struct buffer plain;  /* outgoing, when there is no TLS */
    struct list streams;
    size_t stream_count;
    enum problem_code problem;
    int32_t payload_id;  /* the stream of the body bytes that come next, */
    size_t payload_left; /* and how many of them, up to the next frame; 0: other bytes may come */
    int failure;         /* -ENOMEM, for good; 0 while all is well */
    const char *reason;  /* static text or NULL */
    uint64_t started_ms;
    uint64_t heard_ms;
    uint64_t ping_ms; /* when the unanswered heartbeat went out, 0 for none */
    uint32_t heartbeat_interval_ms;
    uint32_t heartbeat_patience_ms;
    uint32_t stream_limit;
    uint64_t receipts;      /* how many were asked for; their numbers count from 1 */
    uint64_t receipts_void; /* and up to which there will be none */
    size_t patient; /* so many of the frames in nghttp2's queue say nothing that matters now */
    bool established;
    bool heard_settings; /* the peer does speak HTTP/2 */
    bool broke_off;      /* GOAWAY with an error went out: the peer broke the protocol */
    bool shutting_down;
    bool notice_sent; /* the first GOAWAY is out; its PING's answer brings the second */
};

struct wire_stream {
    struct list link; /* in wire.streams */
    struct wire *wire;
    void *user;
    struct wire_body body;
    struct wire_place place; /* of what comes */
    struct slice lent;       /* what peek lent for the DATA frame at hand */
    struct buffer copy;      /* the body of wire_request_bytes() and wire_respond_bytes() */
    uint64_t sent;
    uint64_t granted; /* sum of the peer's WINDOW_UPDATEs */
    char *method;
    char *path;
    char *authorization;
    char *content_type;
    int32_t id;
    uint16_t status;
    uint32_t header_bytes;
    uint32_t drained;
    uint32_t unread; /* body bytes that the application has not given back */
    bool announced;  /* the application knows it: on_close is due */
    bool answered;   /* server: responded; client: on_response was called */
    bool ended;      /* the peer's half is complete */
    bool sent_all;   /* our half is complete, or soon will be without further bytes */
    bool draining;   /* server: answered in full; what still comes of the request is thrown away */
    bool cancelled;  /* reset by us: no more events but on_close */
};

/* wire.c: the first problem wins. */
void wire_fail(struct wire *wire, enum problem_code problem, const char *reason);
void wire_fail_memory(struct wire *wire);
bool wire_is_over(const struct wire *wire);
/* The end of every entry of the driver. Returns 0, or what made the connection fail, negative. */
int wire_settle(struct wire *wire);
/* Appends plaintext to the record at hand. Returns 0 or a negative errno. */
int wire_stage(struct wire *wire, const void *bytes, size_t size);
/* Encrypts what is staged, then `bytes` without copying them. Returns 0 or a negative errno. */
int wire_encrypt(struct wire *wire, const void *bytes, size_t size);
/* Ciphertext and staged plaintext that wait. */
size_t wire_backlog(const struct wire *wire);
/* Control frames wait for a peer that does not read: read no more from it until it does. */
bool wire_is_choked(const struct wire *wire);

/* All that there is to send (and there is some) may wait a moment for what will be sent soon: a
 * server's settings, ticket and acknowledgements for the answer to requests that are complete, a
 * client's acknowledgements for its next request or its goodbye. To send them by themselves costs
 * both sides as much as an answer does. */
bool wire_can_wait(const struct wire *wire);

/* wire-http.c. Returns 0 or -ENOMEM. */
int wire_session_new(struct wire *wire);
int wire_submit_settings(struct wire *wire);
/* wire-memory.c. */
void wire_memory_init(struct wire *wire);

/* wire-stream.c. */
struct wire_stream *wire_stream_new(struct wire *wire);
/* Tells the application, if it knows the stream, and frees it. */
void wire_stream_close(struct wire_stream *stream, uint32_t h2_error);
int wire_send_data(nghttp2_session *session, nghttp2_frame *frame, const uint8_t *header,
                   size_t length, nghttp2_data_source *source, void *user);

/* For fuzzing and hostile tests: a wire without TLS, established from the start. */
int wire_new_plain(struct wire **wire_out, enum tls_role role, const struct wire_events *events,
                   void *user, uint64_t now_ms);
/* The same as wire_receive() for HTTP/2 bytes that are decrypted already. */
int wire_receive_plain(struct wire *wire, const void *bytes, size_t size, uint64_t now_ms);
