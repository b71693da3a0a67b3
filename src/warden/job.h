/* The stop `job`: an order that is being, or has been, carried out. A job lives independently of
 * any connection and of the gate; its output is in its ring. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "base/buffer.h"
#include "base/list.h"
#include "door/door.h"
#include "door/ring.h"
#include "proto/frame.h"
#include "warden/check.h"
#include "warden/loop.h"
#include "warden/rings.h"
#include "warden/tree.h"

struct jobs;
struct job;
struct roll_entry;
struct spawner;
struct account;
struct spool;
struct pty;

/* One of the two pipes that the job's output comes through. */
struct job_pipe {
    struct loop_source source;
    enum frame_kind kind;
    struct job *job;
};

struct job {
    struct list link;
    struct list hash_link;
    struct jobs *jobs;
    uint8_t id[UUID_SIZE];
    uint8_t fingerprint[FINGERPRINT_SIZE];
    uint16_t verb;
    struct job_state state;
    char user[LIMIT_USER_NAME + 1];
    char operator_name[INVITE_LABEL_MAX + 1];
    char label[128];
    uint64_t started_ms; /* wall clock */
    uint64_t ended_ms;
    uint64_t started_monotonic_ms, ended_monotonic_ms;
    pid_t pid;             /* 0 once it is reaped */
    int status;            /* of waitpid(2) */
    enum state stopped_as; /* TIMED_OUT or KILLED once the tree was told to end, else RUNNING */
    struct ring *ring;     /* NULL once it is parked, and before it says something */
    struct spool *spool;   /* what the ring has no room for while nobody reads; mostly NULL */
    int spool_error;       /* the disk's, until it takes bytes again */
    bool spool_is_full;    /* told, until it takes bytes again */
    struct loop_timer spooling;
    /* The last of a parked ring, or all of what never had one: no mapping and no descriptor for
     * what has ended. */
    struct buffer kept;
    uint64_t kept_from; /* the offset of its first byte */
    struct job_pipe output, errors;
    struct pty *pty; /* of a `shell`, whose terminal is its output; else NULL */
    int input; /* our copy of the write end, for the next gate; -1 when the input is complete */
    int belt;  /* what files go over, with `input` as its bell; what a shell shows; or -1 */
    struct tree tree;
    int roll_slot;              /* see roll.h */
    struct loop_timer deadline; /* then: the time to end by itself after SIGTERM; then: to drain */
};

/* What the jobs say to whoever talks to the gate. */
struct jobs_events {
    /* It has a ring now, and soon something in it; the gate may have that one mapped. */
    void (*on_ring)(const struct job *job, bool is_mapped, void *user);
    /* The gate need not keep that ring mapped. */
    void (*on_ring_gone)(uint32_t number, void *user);
    /* The gate waits for bytes, and there are some; of the last ones on_state() tells. */
    void (*on_bytes)(const struct job *job, void *user);
    void (*on_state)(const struct job *job, void *user);
    /* The gate shall give its terminal back; it has not done so. */
    void (*on_recall)(const struct job *job, void *user);
    void (*on_kept)(const struct job *job, void *user);
    /* It has a spool now, for the gate to read. */
    void (*on_spool)(const struct job *job, void *user);
    void (*on_forgotten)(const struct job *job, void *user);
    /* The last running job has ended. */
    void (*on_idle)(void *user);
};

enum { JOBS_BUCKETS = 1024 };

struct jobs {
    struct loop *loop;
    struct forest *forest;
    struct spawner *spawner; /* may be NULL */
    const struct jobs_events *events;
    void *user;
    struct list active; /* by start */
    struct list ended;  /* by end */
    struct list buckets[JOBS_BUCKETS];
    size_t running, kept;
    uint64_t kept_bytes;
    uint64_t keep_ms, memory_max, running_max; /* from the configuration */
    uint64_t spool_max;                        /* bytes of one job; 0: none is spooled */
    uint64_t spooled;                          /* bytes on the disk, of all */
    char *spool_folder;
    struct rings rings;
    uint8_t *scoop;           /* what output is read into on its way to a fresh ring, or NULL */
    struct rlimit files;      /* what jobs get, see run.h */
    struct account *account;  /* the last that was looked up; NULL before */
    uint64_t account_ms;      /* when */
    struct loop_timer forget; /* when the oldest ended job's time is up */
};

void jobs_init(struct jobs *jobs, struct loop *loop, struct forest *forest,
               const struct jobs_events *events, void *user);
/* Ends what still runs, at once. */
void jobs_deinit(struct jobs *jobs);
struct job *jobs_find(struct jobs *jobs, const uint8_t id[UUID_SIZE]);

/* Carries out a checked order that becomes a job. Returns PROBLEM_NONE with the job, or why not. */
enum problem_code job_start(struct jobs *jobs, const struct checked *checked, const char *label,
                            struct job **job_out);
/* A job of a warden that was killed: it has ended as `state`, and nothing is left of its output. */
void jobs_add_lost(struct jobs *jobs, const struct roll_entry *entry, struct job_state state);
/* A signal for the job's process group; 0 stops its whole tree: SIGTERM, a moment, then for good.
 */
void job_signal(struct job *job, int signal);
/* The whole tree ends now, and the job as `why`. */
void job_stop(struct job *job, enum state why);
/* The console's input is complete. */
void job_end_input(struct job *job);
/* The gate says that there is room in the ring again, or much on a shell's belt. */
void job_has_room(struct job *job);
/* The gate gave the job's terminal back. */
void job_returned(struct job *job, bool gate_is_dead);
/* The gate needs the ring of a job that has ended no more. */
void jobs_ring_back(struct jobs *jobs, const uint8_t id[UUID_SIZE], uint32_t number);
/* A gate begins. */
void jobs_lend(struct jobs *jobs);
/* It is dead: nothing is lent any more. */
void jobs_take_back(struct jobs *jobs);
/* The ring to show to a gate, NULL before there is one; release it with job_ring_release(). Returns
 * 0 or -errno. */
int job_ring_borrow(const struct job *job, struct ring **ring_out);
void job_ring_release(const struct job *job, struct ring *ring);
/* Gives the rings of ended jobs back as far as the consoles have their bytes by now. */
void jobs_tidy(struct jobs *jobs);
/* Drops an ended job. */
void job_forget(struct job *job);
/* A child was reaped. False if it is no job's first process. */
bool jobs_reap(struct jobs *jobs, pid_t pid, int status);
/* Stops all that runs, as `job_signal(job, 0)` does. */
void jobs_stop_all(struct jobs *jobs);
