/* What the bodies of the door's messages hold. Pure functions on bytes: every decoder returns 0 or
 * 1 for a body that is not exactly that message; every encoder 0, -ENOMEM or -EMSGSIZE. Slices and
 * texts point into the body. `ticket` is the gate's own number, which comes back with the answer.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/cursor.h"
#include "base/uuid.h"
#include "proto/invite.h"
#include "proto/order.h"
#include "proto/problem.h"
#include "proto/sshkey.h"
#include "proto/state.h"

/* SETUP: everything a gate needs to know; its descriptors are the listening sockets. */
struct door_setup {
    uint8_t machine[MACHINE_ID_SIZE];
    uint8_t epoch[EPOCH_SIZE];
    struct slice certificate; /* DER */
    struct slice key;         /* DER; the machine's, not an operator's */
    char name[256];           /* the machine's label for people */
    uint32_t gate_uid;        /* to drop to, when started as root */
    uint32_t gate_gid;
};

/* OPEN, ORDER and ENTER: the order's parts, and the channel they came through. */
struct door_order {
    uint32_t ticket;
    uint32_t connection; /* the gate's number for the connection */
    uint8_t exporter[EXPORTER_SIZE];
    char label[128];    /* a line for lists, made by the gate; nothing depends on it. OPEN: none */
    struct slice parts; /* empty when they are in the descriptor */
};

/* OPENED, PAIRED: PROBLEM_NONE and the rest, or a problem and nothing else. */
struct door_opened {
    uint32_t ticket;
    enum problem_code problem;
    uint16_t rights;
    uint8_t fingerprint[FINGERPRINT_SIZE];
    char operator_name[INVITE_LABEL_MAX + 1]; /* the comment of the key's line */
    char run_as[1024];                        /* comma-separated users, the default first */
};

struct door_pair {
    uint32_t ticket;
    uint8_t exporter[EXPORTER_SIZE];
    struct slice request; /* struct pair_request, encoded */
};

struct door_token {
    uint32_t ticket;
    uint8_t hash[32]; /* SHA-256 of the token */
};

/* TOKENED */
struct door_tokened {
    uint32_t ticket;
    uint16_t rights; /* 0: no such token */
};

/* ORDERED: the answer to ORDER. */
struct door_ordered {
    uint32_t ticket;
    enum problem_code problem;
    uint8_t id[UUID_SIZE];
    uint8_t known; /* 1: seen before; this is the job that it became */
    uint16_t verb;
    struct job_state state;
};

/* ENTERED: the answer to ENTER. A problem in `opened`, and the rest means nothing; else one in
 * `ordered` tells why the order is not carried out, though the connection is open. */
struct door_entered {
    struct door_opened opened; /* its ticket is that of both */
    struct door_ordered ordered;
};

/* JOB: descriptors {}, {ring}, {ring, input}, or {ring, bell, belt}: then files go over the belt,
 * the input of a `put` or the parcel of a `get`. Of a shell {ring}, or {ring, terminal, belt,
 * terminal}: to type into, and to read from, see screen.h. */
struct door_job {
    uint8_t id[UUID_SIZE];
    uint8_t fingerprint[FINGERPRINT_SIZE]; /* whose it is */
    uint16_t verb;
    struct job_state state;
    uint64_t started_ms; /* wall clock */
    uint64_t ended_ms;   /* 0 while it runs */
    char user[LIMIT_USER_NAME + 1];
    char operator_name[INVITE_LABEL_MAX + 1];
    char label[128];
};

/* RING, RING_BACK: a job's ring. */
struct door_ring {
    uint8_t id[UUID_SIZE];
    uint32_t number; /* 0: one that does not go from job to job */
};

/* SPOOL: the descriptor can only read; byte N of the stream is at N % capacity. */
struct door_spool {
    uint8_t id[UUID_SIZE];
    uint64_t capacity; /* not 0 */
};

/* STATE: that a job has ended. All of the output of one that never had a ring is its last frame,
 * which comes along. */
struct door_state {
    uint8_t id[UUID_SIZE];
    struct job_state state;
    uint64_t ended_ms;
    struct slice output; /* empty: it is in the ring */
};

/* AUDIT asks {ticket}; AUDIT_FILE answers {ticket, size of the older file}, descriptors {newer,
 * [older]}. */
struct door_audit {
    uint32_t ticket;
    uint64_t older_size;
};

/* HANG_UP: connection UINT32_MAX means every connection of the key. */
struct door_hang_up {
    uint32_t connection;
    uint8_t fingerprint[FINGERPRINT_SIZE];
};

int door_setup_encode(const struct door_setup *setup, struct buffer *out);
int door_setup_decode(struct door_setup *setup_out, struct slice body);
int door_order_encode(const struct door_order *order, struct buffer *out);
int door_order_decode(struct door_order *order_out, struct slice body);
int door_opened_encode(const struct door_opened *opened, struct buffer *out);
int door_opened_decode(struct door_opened *opened_out, struct slice body);
int door_pair_encode(const struct door_pair *pair, struct buffer *out);
int door_pair_decode(struct door_pair *pair_out, struct slice body);
int door_token_encode(const struct door_token *token, struct buffer *out);
int door_token_decode(struct door_token *token_out, struct slice body);
int door_tokened_encode(const struct door_tokened *tokened, struct buffer *out);
int door_tokened_decode(struct door_tokened *tokened_out, struct slice body);
int door_ordered_encode(const struct door_ordered *ordered, struct buffer *out);
int door_ordered_decode(struct door_ordered *ordered_out, struct slice body);
int door_entered_encode(const struct door_entered *entered, struct buffer *out);
int door_entered_decode(struct door_entered *entered_out, struct slice body);
int door_job_encode(const struct door_job *job, struct buffer *out);
int door_job_decode(struct door_job *job_out, struct slice body);
int door_ring_encode(const struct door_ring *ring, struct buffer *out);
int door_ring_decode(struct door_ring *ring_out, struct slice body);
/* RING_GONE: the number of the ring. FILE: which one, see system-file.h. */
int door_number_encode(uint32_t number, struct buffer *out);
int door_number_decode(uint32_t *number_out, struct slice body);
int door_spool_encode(const struct door_spool *spool, struct buffer *out);
int door_spool_decode(struct door_spool *spool_out, struct slice body);
int door_state_encode(const struct door_state *state, struct buffer *out);
int door_state_decode(struct door_state *state_out, struct slice body);
int door_audit_encode(const struct door_audit *audit, struct buffer *out);
int door_audit_decode(struct door_audit *audit_out, struct slice body);
int door_hang_up_encode(const struct door_hang_up *hang_up, struct buffer *out);
int door_hang_up_decode(struct door_hang_up *hang_up_out, struct slice body);
/* FORGOTTEN, BYTES, ROOM, INPUT_END, RECALL, RETURNED: the 16 bytes of the job's id. */
int door_id_decode(const uint8_t **id_out, struct slice body);

/* The gate's fixed descriptors at exec (warden/start.c puts them there). */
enum { DOOR_GATE_FD = 3 };
