/* What the files of a transfer share: transfer.c (a machine's turn, its end, the way out),
 * transfer-in.c (the way in), transfer-passage.c (what is read off a parcel as it passes). */
#pragma once

#include "base/belt.h"
#include "base/buffer.h"
#include "fleet/link/remote-parcel.h"
#include "fleet/run/transfer.h"
#include "proto/parcel.h"

/* What may lie between our courier and us. There are four processes on the way of a file: where
 * there are fewer processors, what lies ready keeps one busy while another one waits for its turn.
 * With many machines at once all of it together is bounded, as far as each has the least. */
enum { TURN_BELT = 8 << 20, TURN_BELT_LEAST = 4 << 20, TURN_BELTS_TOGETHER = 256 << 20 };

/* One machine's. */
struct turn {
    struct fanout_transfer *task;
    struct fanout_visit *visit;
    struct remote_job *job;
    struct courier *courier;

    uint8_t head[PARCEL_HEAD_SIZE]; /* the parcel's first bytes, as they pass */
    size_t head_size;
    uint8_t tail[PARCEL_TAIL_SIZE]; /* and its last ones */
    uint64_t passed, total, expected;

    struct remote_parcel *parcel; /* get: once the machine has the job */
    struct belt belt;             /* to or from our courier */
    size_t kept;                  /* get: of what came, and was not given back */
    size_t seen;                  /* put: of what lies there */
    bool read_all;                /* put: our courier has said everything */
    struct buffer lines;          /* of the machine's courier */
    struct buffer text;           /* put: its receipt */

    bool job_ended, courier_ended, parcel_ended, stopping, failed_here;
    struct job_state state;
    struct trouble trouble;
    bool has_trouble;
    struct trouble older; /* what to say of its agent, if `is_older` */
    bool is_older;
    int code; /* of our courier */
    struct receipt receipt;
    bool has_receipt;
};

/* These bytes of the parcel pass: keeps its first and its last ones. */
void turn_notice(struct turn *turn, const uint8_t *bytes, size_t size);
/* So many bytes more have arrived where they go to. */
void turn_advance(struct turn *turn, size_t size);
/* The sum at the end of what passed; nothing but zeros while less did. */
const uint8_t *turn_sum(const struct turn *turn);

/* Asks for the parcel of the machine's job. Nothing if it was asked for. */
void turn_fetch(struct turn *turn);
/* Our courier has taken some of what was held. */
void turn_take_in(struct turn *turn);
/* What our courier has taken goes back to the machine as window; it tells when there is more. */
void turn_give_back(struct turn *turn);

/* Ends the turn if both of its halves have. It may be freed then. */
void turn_settle(struct turn *turn);
/* What is made there is of no use here. */
void turn_stop_here(struct turn *turn);
