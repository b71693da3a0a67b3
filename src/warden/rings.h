/* Rings that go from job to job (door/ring.h): those that the gate has given back, mapped here and
 * there, with the memory that their jobs filled.
 *
 * One goes to a job of the same operator alone, and only while the gate lives that gave it back.
 * They are held for a moment, for runs of many jobs, and not for a machine at rest. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "door/ring.h"
#include "proto/sshkey.h"
#include "warden/loop.h"

enum { RINGS_READY_MAX = 64 };

struct ready_ring {
    struct ring *ring;
    uint8_t fingerprint[FINGERPRINT_SIZE];
};

struct rings {
    struct loop *loop;
    void (*on_gone)(uint32_t number, void *user);
    void *user;
    struct ready_ring ready[RINGS_READY_MAX]; /* the last is the warmest */
    size_t ready_count;
    size_t ready_bytes;
    size_t lent; /* with jobs, and not back yet */
    uint32_t last_number;
    bool open; /* a gate is there */
    bool used; /* since the timer was set */
    struct loop_timer rest;
};

/* `on_gone`: the gate need not keep the ring of that number mapped. */
void rings_init(struct rings *rings, struct loop *loop,
                void (*on_gone)(uint32_t number, void *user), void *user);
/* A gate begins: from here on rings may come back. */
void rings_open(struct rings *rings);
/* It is dead, and what it has mapped with it: the rings of jobs are theirs for good, and their
 * numbers to be taken off. */
void rings_close(struct rings *rings);
/* Nobody needs rings soon. */
void rings_rest(struct rings *rings);

/* A ring for a job of that operator. `mapped_out`: the gate has it. Returns 0 or -errno. */
int rings_take(struct rings *rings, const uint8_t fingerprint[FINGERPRINT_SIZE],
               struct ring **ring_out, bool *mapped_out);
/* The gate gave it back: takes it over. */
void rings_put(struct rings *rings, struct ring *ring, const uint8_t fingerprint[FINGERPRINT_SIZE]);
/* Frees a ring of a job; its gate may have it mapped for longer. Takes NULL, returns NULL. */
struct ring *rings_drop(struct rings *rings, struct ring *ring);
