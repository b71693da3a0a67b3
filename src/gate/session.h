/* One console's connection: unopened, opening, open; its requests; what its operator may do. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "door/message.h"
#include "gate/unopened.h"
#include "proto/crypto.h"
#include "wire/conn.h"

struct gate;
struct request;

enum session_state {
    SESSION_UNOPENED,
    SESSION_OPENING, /* an `open` is on its way; later requests wait for what becomes of it */
    SESSION_OPEN,
};

struct session {
    struct list link; /* in the gate's */
    struct gate *gate;
    struct conn *conn;
    struct unopened_entry unopened;
    struct list requests;
    struct list receipts; /* that were asked for, see receipt.h */
    uint32_t receipt_count;
    uint32_t number; /* what the warden calls this connection */
    enum session_state state;
    uint32_t asked; /* questions to the warden before it was admitted */
    bool admitted;  /* opened, or came with a good token */
    bool leaving;
    bool closing; /* conn_close() was called */
    uint16_t rights;
    uint8_t fingerprint[FINGERPRINT_SIZE]; /* the operator's key, once open */
    uint16_t token_rights;
    uint8_t token_hash[SHA256_SIZE]; /* of the last token that was asked about */
    uint64_t token_until_ms;
};

/* What the wire and the conn of each session call. */
extern const struct wire_events session_events;
void session_on_closed(struct conn *conn, enum problem_code problem, int system_error, void *user);

/* Takes an accepted socket over, also on error. Returns 0 or -errno. */
int session_new(struct gate *gate, int socket, const struct sockaddr_storage *address);
/* Ends the unopened ones whose time is up, and sets the timer for the next. */
void session_expire(struct gate *gate);
/* Ends the connection now. */
void session_drop(struct session *session);
/* Lets the connection end within a moment; what it is being told still gets out. */
void session_leave(struct session *session);
bool session_is_leaving(const struct session *session);

/* An `open` begins: false if the session is past that. */
bool session_opening(struct session *session);
/* What became of it; the requests that waited go on. */
void session_opened(struct session *session, const struct door_opened *opened);
void session_not_opened(struct session *session);
/* Whether the warden may be asked something for this connection. A stranger's has
 * LIMIT_ADMISSION_TRIES questions; they are counted when asked, since a stream can be reset before
 * its answer. */
bool session_may_ask(struct session *session);
/* The connection has shown that it is no stranger's: its time to open has no end any more. */
void session_admitted(struct session *session);

/* Whether an order for this job is under way on this connection. */
bool session_awaits_order(const struct session *session, const uint8_t id[UUID_SIZE]);
/* It is no more: the requests for that job go on. */
void session_order_settled(struct session *session, const uint8_t id[UUID_SIZE]);

/* Something was given to the wire; it goes out at the end of this turn. */
void session_said(struct session *session);
/* Whether this session may see and feed what that operator started. */
bool session_may_touch(const struct session *session, const uint8_t fingerprint[FINGERPRINT_SIZE]);
