/* An order given to one machine: made, signed for its epoch, sent, sent again unchanged after a
 * broken connection (the machine runs an id at most once), answered.
 *
 * The order is signed when the link can carry it, so it may be given long before the machine is
 * there. It leaves in the same flight as `open`, or opens the connection itself: then it is bound
 * to that connection, and is signed anew, under its id, for the next one. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/buffer.h"
#include "base/cursor.h"
#include "base/uuid.h"
#include "fleet/link/job-object.h"
#include "fleet/link/link.h"
#include "proto/verb.h"

struct submit;

/* What is asked for. */
struct errand {
    enum verb verb;
    const char *user;     /* run as; NULL or "": the operator's default there */
    uint32_t deadline_s;  /* the machine stops the job then; 0 = never */
    struct slice payload; /* by verb: proto/command.h, proto/order.h */
};

/* What is known of an order that did not get an answer. */
enum submit_fate {
    SUBMIT_ANSWERED, /* the machine took it (trouble NULL) or refused it: it does not run */
    SUBMIT_NOT_SENT, /* it never left: it does not run */
    SUBMIT_UNKNOWN,  /* it left, no answer came, and the way to the machine is gone */
    SUBMIT_LOST,     /* it left, no answer came, and the machine has restarted since */
};

struct submit_events {
    /* The order's bytes go out (again); what depends on it may be sent right behind. May be NULL.
     */
    void (*on_sent)(struct submit *submit, void *user);
    /* The end, once; the submit frees itself after it. `object` is NULL exactly if there is
     * trouble. */
    void (*on_done)(struct submit *submit, enum submit_fate fate, const struct job_object *object,
                    const struct trouble *trouble, void *user);
};

/* Everything in `errand` is copied. The id is made here. Returns 0 or -errno. Nothing is sent
 * before submit_start(). */
int submit_new(struct submit **submit_out, struct link *link, const struct errand *errand,
               const struct submit_events *events, void *user);
void submit_start(struct submit *submit);
/* No callback comes after this. An order that left may still be carried out. Takes NULL, returns
 * NULL. */
struct submit *submit_cancel(struct submit *submit);
/* Whether its bytes left at least once. */
bool submit_is_sent(const struct submit *submit);
const uint8_t *submit_id(const struct submit *submit);

/* Signs one order for what the link knows of the machine now and appends its parts: what submit
 * does, and `open`. `opens`: it opens the link's present connection. Returns 0, or -1 with
 * `trouble_out` set (NO_IDENTITY with the signer's words, or INTERNAL). */
int submit_sign(struct link *link, const struct errand *errand, const uint8_t id[UUID_SIZE],
                bool opens, struct buffer *parts_out, struct trouble *trouble_out);
