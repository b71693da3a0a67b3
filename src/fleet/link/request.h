/* One HTTP exchange on a link: waits until the link can carry it, is sent, is sent again after a
 * broken connection (so everything here must be safe to repeat), ends exactly once.
 *
 * A request holds its link (link_hold) while it lives. It frees itself after on_done. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <jansson.h>

#include "fleet/link/link.h"
#include "fleet/link/trouble.h"
#include "wire/wire.h"

struct request;

struct request_events {
    /* Before each sending: set path and body if they changed since. Returns 0, or anything else
     * after it called request_fail() or, where request_opens(), request_cannot_open(). May be NULL.
     */
    int (*on_send)(struct request *request, void *user);
    /* Whether it can open its connection (see link-carry.h). NULL: no. */
    bool (*can_open)(const struct request *request, void *user);
    /* It is on the wire (again): what shall follow it may be sent now. May be NULL. */
    void (*on_sent)(struct request *request, void *user);
    /* A 2xx answer began. May be NULL. */
    void (*on_response)(struct request *request, unsigned status, void *user);
    /* Body bytes of a 2xx answer; give them back with request_consume(). NULL: the body is
     * collected, up to LIMIT_DOCUMENT, for request_body(). */
    void (*on_data)(struct request *request, const uint8_t *bytes, size_t size, void *user);
    /* request_acknowledged() has grown. May be NULL. */
    void (*on_acknowledged)(struct request *request, void *user);
    /* The connection broke under it; it is sent again when the link is back. May be NULL. */
    void (*on_interrupted)(struct request *request, void *user);
    /* The sending at hand was to open the connection and was refused: the machine did not take it.
     * It is sent again when the link is back. May be NULL. */
    void (*on_turned_away)(struct request *request, void *user);
    /* The end: trouble NULL after a whole 2xx answer. */
    void (*on_done)(struct request *request, const struct trouble *trouble, void *user);
};

/* Returns 0 or -ENOMEM. `method` is a literal. Nothing happens before request_send(). */
int request_new(struct request **request_out, struct link *link, const char *method,
                const char *path, const struct request_events *events, void *user);
/* Returns 0 or -ENOMEM; the old path stays on error. */
int request_set_path(struct request *request, const char *path);
/* A body of bytes that are copied. Returns 0 or -ENOMEM. */
int request_set_bytes(struct request *request, const void *bytes, size_t size);
/* A body that flows; copied, its `user` must live as long as the request. */
void request_set_body(struct request *request, const struct wire_body *body);
/* Sends it, now or when the link can carry it. All failures come through on_done; on_done may come
 * from inside this call only if the link is closed. */
void request_send(struct request *request);
/* No callback comes after this, the request is gone. Takes NULL, returns NULL. */
struct request *request_cancel(struct request *request);
/* Ends the request with this trouble: on_done is called. */
void request_fail(struct request *request, const struct trouble *trouble);

/* Whether the sending at hand opens the connection. The answer is then an object with `open`, what
 * `open` would be answered with, beside the rest; a refusal without it means both. */
bool request_opens(const struct request *request);
/* It cannot after all: the link fails with this trouble, and the request with it. */
void request_cannot_open(struct request *request, const struct trouble *trouble);

/* From inside on_response: where the body of this answer goes; copied, its `user` must live as long
 * as the request. */
void request_set_place(struct request *request, const struct wire_place *place);
void request_consume(struct request *request, size_t size);
/* The flowing body that said BODY_WAIT has more. */
void request_resume(struct request *request);
uint64_t request_acknowledged(const struct request *request);
/* Whether it is on a connection now (not waiting for one). */
bool request_is_sent(const struct request *request);
unsigned request_status(const struct request *request);
struct slice request_body(const struct request *request);
/* The body as JSON: a reference of the caller's, or NULL with the reason. */
json_t *request_json(const struct request *request, json_error_t *reason_out);
struct link *request_link(const struct request *request);

/* A JSON document. `root` is borrowed and NULL exactly if there is trouble. */
typedef void (*request_document_done)(json_t *root, const struct trouble *trouble, void *user);
/* GET it. Returns 0 or -ENOMEM; cancel with request_cancel() before it is done. `request_out` may
 * be NULL. */
int request_document(struct link *link, const char *path, request_document_done done, void *user,
                     struct request **request_out);
