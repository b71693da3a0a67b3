/* Files between here and machines: on each machine a `get` or `put` job, here a courier of our own,
 * and between them a parcel that passes through. Broken connections are the job's affair: it
 * resumes by itself. A task for a fan-out, see fanout-task.h.
 *
 * A machine's result is exited(0) only if all of it arrived: where it was unpacked, its checksum
 * was compared, and where it came from, it was the same. */
#pragma once

#include "fleet/link/remote-job.h"
#include "fleet/run/courier.h"
#include "fleet/run/fanout.h"

/* What one machine is asked for. Borrowed until the machine's end. */
struct transfer_plan {
    const char *user;   /* run as; NULL or "": the operator's default there */
    struct slice there; /* the order's payload */
    struct slice here;  /* what our courier is given */
};

struct transfer_report {
    uint64_t entries, bytes; /* known where is_whole */
    uint8_t sum[SHA256_SIZE];
    bool
        is_whole; /* all of the parcel arrived and is in place; some things may be left out of it */
    const uint8_t *job; /* its id; NULL if no machine took it */
};

struct fanout_transfer {
    struct fanout_task task;
    enum verb verb; /* GET or PUT */
    /* Called when the machine's turn comes. Returns 0 or -errno. */
    int (*plan)(uint32_t machine, struct transfer_plan *plan_out, void *user);
    /* These may be NULL. A line from the machine's courier or from ours, raw. */
    void (*on_line)(uint32_t machine, const char *text, size_t size, void *user);
    void (*on_interrupted)(uint32_t machine, bool interrupted, void *user);
    /* Before the fan-out tells the machine's result. */
    void (*on_report)(uint32_t machine, const struct transfer_report *report, void *user);
    void *user;

    /* How far all of them are, in bytes of files, as far as it is known. */
    struct {
        uint64_t moved;
        uint64_t total;   /* of those that counted */
        uint32_t unknown; /* how many have not said how much it will be */
    } progress;
};

/* Fills `task`; the rest is set by the caller before or after. */
void fanout_transfer_init(struct fanout_transfer *transfer);
/* Stops the machine's job, and with it what was begun on both sides. Nothing if its turn is over or
 * has not come. */
void fanout_transfer_stop(const struct fanout *fanout, uint32_t position);
