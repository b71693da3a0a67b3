/* The listening sockets: accepts, and never stops accepting for want of descriptors. */
#pragma once

#include <stddef.h>
#include <uv.h>

#include "proto/limits.h"

struct gate;

struct listener {
    uv_poll_t poll; /* `data` is the gate */
    int fd;
};

struct listeners {
    struct listener all[LIMIT_LISTENERS];
    size_t count;
    /* Given up for a moment when the process has no descriptor left, to take the connection that
     * waits and close it: else the loop would spin on a socket that stays readable. */
    int reserve;
};

/* Returns 0 or -errno; the descriptors stay the caller's on error. */
int listen_start(struct gate *gate, const int *fds, size_t count);
/* Stops accepting; harmless if it never began. */
void listen_stop(struct gate *gate);
