/* The door: the SOCK_SEQPACKET pair between warden and gate, and the table of what may cross it.
 *
 * Anything that is not in the table, goes the wrong way, is too long, or carries the wrong number
 * of descriptors is a breach: the warden kills the gate, the gate ends itself.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/cursor.h"
#include "proto/limits.h"

enum { DOOR_FDS_MAX = LIMIT_LISTENERS };

/* X(number, NAME, direction, largest body, fewest descriptors, most descriptors) */
#define DOOR_MESSAGES(X)                                                                        \
    /* Once, first: who this machine is, and the sockets to listen on. */                       \
    X(1, SETUP, TO_GATE, LIMIT_DOOR_MESSAGE, 0, LIMIT_LISTENERS)                                \
    /* Once: the sandbox is closed and the gate serves. */                                      \
    X(2, READY, TO_WARDEN, 0, 0, 0)                                                             \
    X(3, OPEN, TO_WARDEN, 8192, 0, 0)                                                           \
    X(4, OPENED, TO_GATE, 8192, 0, 0)                                                           \
    X(5, PAIR, TO_WARDEN, 1024, 0, 0)                                                           \
    X(6, PAIRED, TO_GATE, 8192, 0, 0)                                                           \
    X(7, TOKEN, TO_WARDEN, 64, 0, 0)                                                            \
    X(8, TOKENED, TO_GATE, 64, 0, 0)                                                            \
    /* An order to carry out: in the message, or in a sealed memfd when it is long. */          \
    X(9, ORDER, TO_WARDEN, LIMIT_DOOR_MESSAGE, 0, 1)                                            \
    X(10, ORDERED, TO_GATE, 256, 0, 0)                                                          \
    /* A job: its ring, and the write end of its standard input while that is open; of a shell  \
     * its terminal, which is lent. One that nobody types to has no ring before it says         \
     * something. Sent before ORDERED for a new job, and for every job to a new gate. */        \
    X(11, JOB, TO_GATE, 4096, 0, 4)                                                             \
    X(12, STATE, TO_GATE, 128, 0, 0)                                                            \
    X(13, FORGOTTEN, TO_GATE, 16, 0, 0)                                                         \
    /* The ring has more bytes; the ring has more room; the console's input is complete. */     \
    X(14, BYTES, TO_GATE, 16, 0, 0)                                                             \
    X(15, ROOM, TO_WARDEN, 16, 0, 0)                                                            \
    X(16, INPUT_END, TO_WARDEN, 16, 0, 0)                                                       \
    X(17, AUDIT, TO_WARDEN, 16, 0, 0)                                                           \
    X(18, AUDIT_FILE, TO_GATE, 16, 0, 2)                                                        \
    /* End the connections of this key (or the one connection that asked). */                   \
    X(19, HANG_UP, TO_GATE, 64, 0, 0)                                                           \
    /* Finish what is being said to the consoles, then exit. */                                 \
    X(20, GOODBYE, TO_GATE, 8, 0, 0)                                                            \
    /* Nobody is connected any more. */                                                         \
    X(21, IDLE, TO_WARDEN, 0, 0, 0)                                                             \
    /* A job that nobody read has a spool; it holds what is older than the ring. */             \
    X(22, SPOOL, TO_GATE, 24, 1, 1)                                                             \
    /* The file to keep the vital signs in, if there is one; behind it those of before, to be   \
     * read. When what they hold is carried over, the file that is new takes its place. */      \
    X(23, HISTORY, TO_GATE, 0, 1, 3)                                                            \
    X(24, HISTORY_CARRIED, TO_WARDEN, 0, 0, 0)                                                  \
    /* The clock jumped: another file is wanted. */                                             \
    X(25, HISTORY_ANEW, TO_WARDEN, 0, 0, 0)                                                     \
    /* An order that opens its connection, and what became of both. */                          \
    X(26, ENTER, TO_WARDEN, 8192, 0, 0)                                                         \
    X(27, ENTERED, TO_GATE, 8192, 0, 0)                                                         \
    /* The terminal that was lent is wanted back; here it is, what it showed is on the belt. */ \
    X(28, RECALL, TO_GATE, 16, 0, 0)                                                            \
    X(29, RETURNED, TO_WARDEN, 16, 0, 0)                                                        \
    /* A job that had no ring has one now: a new one, or, of a number alone, one given back. */ \
    X(30, RING, TO_GATE, 20, 0, 1)                                                              \
    /* The ring of a job that has ended: nobody reads it, and all who did have what they read.  \
     * The gate keeps it mapped until it gets it with another job, or it is gone. */            \
    X(31, RING_BACK, TO_WARDEN, 20, 0, 0)                                                       \
    X(32, RING_GONE, TO_GATE, 4, 0, 0)                                                          \
    /* A file of the system was replaced, and the gate's sandbox knows only the one of before:  \
     * this is the new one. */                                                                  \
    X(33, FILE, TO_GATE, 4, 1, 1)

enum door_type {
#define X(number, name, direction, size, few, many) DOOR_##name = (number),
    DOOR_MESSAGES(X)
#undef X
};

enum door_side { DOOR_WARDEN, DOOR_GATE };

struct door;

/* One message as it arrived: the body is borrowed until the next call, the descriptors belong to
 * the receiver (close what is not used). */
struct door_message {
    enum door_type type;
    struct slice body;
    int fds[DOOR_FDS_MAX];
    size_t fd_count;
};

/* `side` is our side. Takes the socket over. Returns 0 or -ENOMEM. */
int door_new(struct door **door_out, enum door_side side, int socket);
struct door *door_free(struct door *door);
int door_fd(const struct door *door);
const char *door_type_name(uint16_t type);

/* The next message. Returns 1 with one, 0 when there is none now, -EPIPE when the other side is
 * gone, -EPROTO for a breach of the table, or another -errno. */
int door_receive(struct door *door, struct door_message *message_out);
/* Sends, or queues while the socket is full; descriptors are duplicated into the message, so the
 * caller keeps its own. Returns 0, -errno, or -ENOBUFS when LIMIT_DOOR_QUEUE is reached. */
int door_send(struct door *door, enum door_type type, const void *body, size_t size, const int *fds,
              size_t fd_count);
/* True while messages are queued: call door_flush() when the socket is writable. */
bool door_wants_write(const struct door *door);
int door_flush(struct door *door);
