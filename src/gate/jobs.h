/* The gate's table of jobs, as the warden tells it: who, what, how far; and each job's ring. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "base/list.h"
#include "door/message.h"
#include "door/ring.h"

struct gate;
struct input;
struct parcel;
struct tty;

enum { JOBS_BUCKETS = 512 };

struct job {
    struct job *next; /* in its bucket */
    struct list link; /* in the order in which they came */
    struct gate *gate;
    uint8_t id[UUID_SIZE];
    uint8_t fingerprint[FINGERPRINT_SIZE];
    uint16_t verb;
    struct job_state state;
    uint64_t started_ms;
    uint64_t ended_ms;
    char user[LIMIT_USER_NAME + 1];
    char *operator_name;
    char *label;
    struct ring *ring; /* one of our own while it has said nothing, and if it never does */
    int spool;         /* what is older than the ring, or -1 */
    uint64_t spool_capacity;
    struct list readers;   /* struct outlet */
    struct input *input;   /* NULL once standard input is closed */
    struct parcel *parcel; /* of a `get`, until it has ended; else NULL */
    struct tty *tty;       /* of a shell, while it is lent to us and after; else NULL */
    bool forgotten;        /* out of the table; goes with its last reader */
};

struct jobs {
    struct job **buckets;
    struct list all;
    struct list idle_rings; /* see rings.h */
    uint64_t seed;          /* ids are chosen by consoles; where they fall in the table is not */
};

/* Returns 0 or -errno. */
int jobs_init(struct jobs *jobs);
void jobs_deinit(struct jobs *jobs);

/* NULL for a job that is not in the table. */
struct job *jobs_find(const struct jobs *jobs, const uint8_t id[UUID_SIZE]);
/* What comes with a job; each of them -1 if it does not. */
struct job_descriptors {
    int ring;     /* mapped; of a job that said nothing yet -1 */
    int input;    /* taken over; or the bell of a parcel */
    int belt;     /* mapped: for the input, the parcel, or of the terminal */
    int terminal; /* taken over */
};

/* `fds` that are only mapped stay the caller's, the others are taken over, also on error. Returns
 * 0, -ENOMEM, another -errno or -EBADMSG from the ring, or -EEXIST. */
int jobs_add(struct jobs *jobs, struct gate *gate, const struct door_job *told,
             struct job_descriptors *fds);
/* The end of its stream; some of it may not be in the ring yet. */
uint64_t job_head(const struct job *job);
/* It says something: its ring, whose descriptor stays the caller's; -1: it was given back before.
 * Returns 0, or as ring_map(); -ENOENT for none that was given back. */
int job_set_ring(struct job *job, int ring, uint32_t number);
/* It ended and never had a ring: this is what it would hold. Returns 0 or -ENOMEM. */
int job_set_output(struct job *job, struct slice output);
/* Takes the descriptor over. */
void job_set_spool(struct job *job, int spool, uint64_t capacity);
void job_set_state(struct job *job, struct job_state state, uint64_t ended_ms);
/* Takes the job out of the table; readers that are at it may finish. */
void jobs_forget(struct jobs *jobs, struct job *job);
/* Frees a job that is forgotten and has no reader left. */
void job_release(struct job *job);
/* The job object of docs/protocol.md, or NULL. */
json_t *job_to_json(const struct job *job);
