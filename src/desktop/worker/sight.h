/* The vital signs of one machine in full, while somebody looks; and their history. The list's own
 * few measures of every machine come with the news (news.h). */
#pragma once

#include "desktop/worker/worker.h"
#include "fleet/watch/vitals.h"

enum { SIGHT_EVERY_MS = 2000, SIGHT_PROCESSES = 40 };

struct sight_process {
    uint64_t pid;
    double cpu;      /* percent of one processor; NAN: not known yet */
    uint64_t memory; /* bytes */
    char *user;      /* printable */
    char *command;
};

/* One sample, copied. */
struct sight_news {
    struct letter letter;
    void (*told)(const struct sight_news *news, void *owner);
    void *owner;
    bool is_over; /* nothing follows; the rest is empty */
    uint64_t time_ms;
    double value[VITAL_COUNT]; /* NAN: not known */
    double *cores;             /* cpu.busy of each */
    size_t core_count;
    struct sight_process *processes;
    size_t process_count;
};

/* Window. `told` is called until it `is_over`, which comes after worker_send_sight_end() or when
 * the machine is gone. */
void worker_send_sight(struct worker *worker, uint32_t slot,
                       void (*told)(const struct sight_news *news, void *owner), void *owner);
void worker_send_sight_end(struct worker *worker, void *owner);

/* Window. `done` runs once, in the window; `history` is borrowed and NULL if there is a sentence.
 */
struct sight_history {
    uint32_t slot;
    const char *fields; /* a literal */
    int64_t since_ms;   /* below 0: so long before now */
    void (*done)(const struct vitals_history *history, const char *sentence, void *owner);
    void *owner;
};
void worker_send_history(struct worker *worker, const struct sight_history *ask);
