/* The spawner: a small process, forked from the warden while that was still small, which forks the
 * jobs' first processes in its place. Forking costs by the memory of who forks; and a child of the
 * warden would hold a copy of the machine's key until it became its command.
 *
 * What it makes are the warden's children, not its own (CLONE_PARENT): who waits for them, who
 * inherits their orphans, how they are stopped is as if the warden had forked. It knows one sender,
 * keeps nothing, drops nothing, and ends when the warden does. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "warden/run.h"

struct spawner {
    pid_t pid;  /* 0: there is none */
    int socket; /* -1: there is none */
};

#define SPAWNER_INIT ((struct spawner){.socket = -1})

/* Call it before secrets are loaded, with the signals that the warden reads blocked. Returns 0 or
 * -errno. */
int spawner_start(struct spawner *spawner);
/* Harmless without one. It ends by itself; the caller reaps it. */
void spawner_stop(struct spawner *spawner);
/* A child was reaped. True if it was the spawner, which then is there no more: jobs are forked from
 * the warden itself. */
bool spawner_reap(struct spawner *spawner, pid_t pid, int status);

/* Asks for a process; the request's descriptors stay the caller's. Returns 0 or -errno. Each ask is
 * followed by one spawner_answer(). */
int spawner_ask(struct spawner *spawner, const struct run_request *request);
/* Waits for the pid. Returns it or -errno. */
pid_t spawner_answer(struct spawner *spawner);
