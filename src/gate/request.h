/* One request of a console: from its headers until its stream is gone.
 *
 * Life of a request
 *  1. request_new() when the headers are there. It is HELD while something must be decided first:
 * whether the connection is open, whether the token is good, whether the job that it names comes to
 * be.
 *  2. WORKING: its handler has it. Body bytes that came before go to the handler first.
 *  3. ANSWERED: the response is on its way. Body bytes that still come are let pass.
 *  4. request_free() when the stream is gone, in any of these.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/list.h"
#include "door/door.h"
#include "gate/route.h"
#include "wire/wire.h"

struct session;
struct request;

/* What a route does; any of them may be NULL. */
struct request_handler {
    void (*begin)(struct request *request);
    /* Body bytes; the handler gives them back with wire_stream_consume(), now or later. */
    void (*data)(struct request *request, const uint8_t *bytes, size_t size);
    void (*end)(struct request *request);
    void (*acknowledged)(struct request *request);
    /* The stream is gone: let go of request->work. Called in any stage, also if begin was not. */
    void (*close)(struct request *request);
    /* The session or the gate is leaving: end what would go on by itself. */
    void (*leave)(struct request *request);
};

enum request_stage { REQUEST_HELD, REQUEST_WORKING, REQUEST_ANSWERED };

struct request {
    struct list link; /* in its session's */
    struct session *session;
    struct wire_stream *stream;
    const struct request_handler *handler;
    struct route_match match;
    enum problem_code mismatch; /* what route_match() said */
    enum request_stage stage;
    bool ended;      /* the body is complete */
    bool sent_whole; /* at its close: the answer has left to its end */
    bool by_token;
    bool token_known;
    uint16_t rights;
    uint32_t ticket;
    struct buffer body; /* held bytes; then the handler's own use */
    void *work;         /* the handler's */
};

/* Returns 0 or -ENOMEM. */
int request_new(struct request **request_out, struct session *session, struct wire_stream *stream);
struct request *request_free(struct request *request);

/* Looks whether the request may begin now, and begins it, answers it with what it lacks, or holds
 * it. */
void request_admit(struct request *request);
void request_data(struct request *request, const uint8_t *bytes, size_t size);
void request_end(struct request *request);
void request_acknowledged(struct request *request);
void request_leave(struct request *request);
/* The warden's answer about the token. */
void request_tokened(struct request *request, uint16_t rights);

/* Takes a ticket for a question whose answer is of type `answer`; on failure the request is
 * answered. Returns true with request->ticket set. */
bool request_ask(struct request *request, enum door_type answer);
/* Sends the question; on failure the request is answered. */
void request_send(struct request *request, enum door_type type, const struct buffer *body, int fd);
