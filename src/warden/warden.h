/* The warden: the process that decides. It verifies orders, starts jobs, owns their output and
 * writes the audit trail. It never reads a network socket. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "door/door.h"
#include "warden/audit.h"
#include "warden/configuration.h"
#include "warden/job.h"
#include "warden/keyring.h"
#include "warden/listeners.h"
#include "warden/loop.h"
#include "warden/machine.h"
#include "warden/place.h"
#include "warden/rate.h"
#include "warden/replay.h"
#include "warden/roll.h"
#include "warden/spawner.h"
#include "warden/tree.h"

/* What the gate is doing, which decides what it may say (warden/permit.c). */
#define GATE_STATES(X)                                \
    X(NONE, "none")         /* there is no gate */    \
    X(STARTING, "starting") /* closing its sandbox */ \
    X(SERVING, "serving")                             \
    X(LEAVING, "leaving") /* was told goodbye */

enum gate_state {
#define X(name, word) GATE_##name,
    GATE_STATES(X)
#undef X
};

/* How fast one operator's orders come. */
struct rate_slot {
    uint8_t fingerprint[FINGERPRINT_SIZE];
    struct rate rate;
};

struct gate {
    enum gate_state state;
    int program; /* that it is, opened; -1 before the first start */
    pid_t pid;
    struct door *door;
    struct loop_source source;
    struct loop_timer timer; /* to start it again, or to kill one that does not leave */
    uint64_t started_ms;     /* monotonic */
    uint32_t failures;       /* ends in a row shortly after a start */
    uint64_t history_ms;     /* monotonic: when it got a new history the last time; 0: never */
};

struct warden {
    struct place place;
    struct config config;
    const char *config_listen; /* from the command line: stands above the file, also at a reset */
    struct loop loop;
    struct loop_source signals;
    struct loop_source watch; /* see watch.h */
    struct machine machine;
    uint8_t epoch[EPOCH_SIZE];
    struct keyring keyring;
    struct crypto_last last_key; /* see check.h */
    struct replay replay;
    struct roll roll;
    struct audit audit;
    struct forest forest;
    struct spawner spawner;
    struct jobs jobs;
    struct listeners listeners;
    struct gate gate;
    char self[LIMIT_USER_NAME + 1]; /* our own user */
    uint32_t gate_uid, gate_gid;
    int lock;      /* of the run folder */
    bool stopping; /* killed: when gate and jobs are gone, we are */
    struct loop_timer stop_timer;
    struct loop_timer tidy_timer; /* what takes room for nothing */
    struct rate_slot rates[64];   /* by operator */
};

/* warden/start.c */
int warden_start(struct warden *warden);
void warden_reset(struct warden *warden);
void warden_kill(struct warden *warden);
/* Ends the loop once nothing is left to wait for. */
void warden_stop_if_done(struct warden *warden);
void warden_finish(struct warden *warden);

/* warden/gate-keeper.c: the gate as a process */
void gate_init(struct warden *warden);
void gate_start(struct warden *warden);
void gate_say_goodbye(struct warden *warden);
/* The gate closed its end of the door. */
void gate_hung_up(struct warden *warden);
/* The gate broke the rules of the door, or the door broke. */
void gate_kill(struct warden *warden);
/* A child was reaped. False if it was not the gate. */
bool gate_reap(struct warden *warden, pid_t pid, int status);
void gate_set_state(struct warden *warden, enum gate_state state);

/* warden/permit.c: what comes through the door */
void permit_on_door(struct loop_source *source, uint32_t events);

/* warden/control.c: the verbs that become no job */
enum problem_code control_carry_out(struct warden *warden, const struct checked *checked,
                                    uint32_t connection);
