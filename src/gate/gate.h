/* The gate as a whole: what all of its modules share, and the one way in which it ends.
 *
 * One process, one loop, one thread. Everything hangs below `struct gate`; nothing is global.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/buffer.h"
#include "base/list.h"
#include "door/door.h"
#include "door/message.h"
#include "gate/jobs.h"
#include "gate/listen.h"
#include "gate/pulse.h"
#include "gate/record.h"
#include "gate/ticket.h"
#include "gate/unopened.h"
#include "wire/conn.h"
#include "wire/tls.h"

struct gate {
    uv_loop_t loop;
    struct door *door;
    uv_poll_t door_poll;
    int door_events; /* that it waits for */
    struct tls_context *tls;
    struct conn_factory factory;
    struct listeners listeners;

    struct list sessions;
    uint32_t last_connection; /* the number of the newest session */
    uv_tcp_t first_stream;    /* with a loop's first, libuv opens a spare file: later it may not */
    uv_timer_t trim_timer;    /* runs when sessions have ended */
    struct unopened unopened;
    uv_timer_t unopened_timer; /* runs only while there is an unopened session */
    bool in_burst;             /* see burst.h */
    size_t held_bytes;         /* LIMIT_HELD_BYTES */

    struct jobs jobs;
    struct tickets tickets;
    struct pulse pulse;
    struct record record;

    uint8_t machine[MACHINE_ID_SIZE];
    uint8_t epoch[EPOCH_SIZE];
    char name[256];

    bool leaving; /* nothing new begins; the loop ends with the last session */
    int status;   /* of the process */
};

/* Takes over the door, the listening sockets and the TLS context; on error they stay the caller's
 * to leave to exit(). Returns 0 or -errno. */
int gate_init(struct gate *gate, struct door *door, struct tls_context *tls,
              const struct door_setup *setup, const int *listeners, size_t listener_count);
/* Serves until the warden says goodbye or is gone. Returns the status to exit with. */
int gate_run(struct gate *gate);
void gate_deinit(struct gate *gate);

/* Sends to the warden. Returns 0, or -errno after the gate began to leave because of it: the
 * request at hand is then to be answered with PROBLEM_SHUTTING_DOWN. */
int gate_send(struct gate *gate, enum door_type type, const void *body, size_t size, int fd);
/* Stops accepting, lets the consoles' connections end within a second, then ends the loop. */
void gate_leave(struct gate *gate);
/* A session has ended: free memory goes back to the kernel soon, at most once in a while. */
void gate_trim_later(struct gate *gate);
/* Ends the loop at the next turn if the gate is leaving and no session is left. */
void gate_session_gone(struct gate *gate);
