/* Inside of a ring: the two shared pages, and what each side keeps to itself. Every shared word has
 * one writer. For ring.c, ring-make.c and ring-words.c alone. */
#pragma once

#include <stdatomic.h>

#include "door/ring.h"
#include "door/starts.h"

#define RING_MAGIC 0x48554e4552494e47ull /* "HUNERING" */

enum { RING_PAGE = 4096, RING_CAPACITY_MAX = 1 << 30 };

enum ring_end { RING_GOES_ON, RING_ENDING, RING_ENDED };

/* Written by the warden alone. */
struct ring_warden_page {
    uint64_t magic;
    uint64_t capacity;
    _Atomic uint64_t head;
    _Atomic uint64_t tail;
    _Atomic uint64_t first;   /* before the tail: the spool's first byte */
    _Atomic uint64_t doomed;  /* what `first` is about to become, or is */
    _Atomic uint64_t starved; /* how many times there was no room */
    _Atomic uint64_t start;   /* where a frame begins, at `first` or behind it */
    _Atomic uint32_t end;     /* enum ring_end */
    _Atomic uint32_t spools;
    _Atomic uint64_t lent_origin;
    _Atomic uint64_t lent_began_ms;
    _Atomic uint32_t waits;
    _Atomic uint64_t kept;
};

/* Written by the gate alone. */
struct ring_gate_page {
    _Atomic uint64_t released;
    _Atomic uint64_t sleeping_at; /* 1 + the head it saw when there were no bytes; 0 for never */
    _Atomic uint64_t input;
    _Atomic uint64_t writer;
    _Atomic uint32_t readers;
    _Atomic uint64_t writer_from; /* `input` when it took over */
    _Atomic uint64_t reading;
    _Atomic uint64_t typed;
};

struct ring {
    struct ring_warden_page *warden;
    struct ring_gate_page *gate;
    uint8_t *data; /* `capacity` bytes, and the same ones again */
    size_t capacity;
    int fd;     /* -1 in a ring that was mapped, or is apart */
    bool apart; /* all of it is one piece of memory with this struct; its tail does not move */
    uint32_t number;
    /* The warden's own: the gate holds the same memfd and can write to both pages, so the warden
     * never reads its words back. */
    uint64_t head, tail, first, kept;
    size_t filled; /* bytes of the data, from their first on, that have memory */
    bool spools;
    enum job_waits waits;
    struct starts starts;
    uint64_t told; /* the gate's own: the `starved` for which it last told the warden of room */
};

/* What is published ends with a whole frame, so one begins at the head. */
static inline uint64_t ring_start_of(const struct ring *ring)
{
    return starts_from(&ring->starts, ring->first, ring->head);
}
