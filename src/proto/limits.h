/* Every limit of Hune, with the attack or the accident that it prevents. Both sides of the wire and
 * both sides of the door take their numbers from here; docs/protocol.md repeats none of them. */
#pragma once

#define HUNE_LIMITS(X)                                                                             \
    /* An order that fills memory before its signature was looked at. */                           \
    X(LIMIT_ORDER_PAYLOAD, 1 << 20)                                                                \
    /* Order, signature and their framing as one request body. */                                  \
    X(LIMIT_ORDER_BODY, LIMIT_ORDER_PAYLOAD + 8192)                                                \
    /* A signature blob; an Ed25519 one is under 200 bytes, a FIDO one under 300. */               \
    X(LIMIT_SIGNATURE, 2048)                                                                       \
    /* An `open`, or an order that opens its connection: what a stranger can make the gate keep.   \
     */                                                                                            \
    X(LIMIT_OPENING_BODY, 7 * 1024)                                                                \
    /* User names as useradd(8) allows them. */                                                    \
    X(LIMIT_USER_NAME, 32)                                                                         \
    /* An order signed today and played back next year: the longest window an epoch order has. */  \
    X(LIMIT_ORDER_WINDOW_MS, 15 * 60 * 1000)                                                       \
    /* The same for an order with epoch zero, which may wait for a machine that is away. */        \
    X(LIMIT_WAITING_WINDOW_MS, 14 * 24 * 3600 * 1000)                                              \
    /* A console whose idea of the boot clock is a little ahead. */                                \
    X(LIMIT_CLOCK_AHEAD_MS, 10 * 1000)                                                             \
    /* Arguments and variables of one command: keeps the child's parsing linear and small. */      \
    X(LIMIT_ARGUMENTS, 4096)                                                                       \
    /* One line of an operators file; a key line is under 300 bytes. */                            \
    X(LIMIT_OPERATOR_LINE, 4096)                                                                   \
    X(LIMIT_OPERATORS_FILE, 1 << 20)                                                               \
    /* Guesses of an 80-bit invitation code, by everybody together. */                             \
    X(LIMIT_INVITE_TRIES, 5)                                                                       \
    X(LIMIT_INVITATIONS, 64)                                                                       \
    /* Sockets that one address can hold without having opened: a handshake flood. */              \
    X(LIMIT_UNOPENED_PER_ADDRESS, 64)                                                              \
    X(LIMIT_UNOPENED, 1024)                                                                        \
    /* From accept to an opened connection; a slow trickle ends here. */                           \
    X(LIMIT_HANDSHAKE_MS, 10 * 1000)                                                               \
    /* How long a console may resume what it once saw, in seconds: as long as somebody who read    \
     * its files could pretend to be that machine. */                                              \
    X(LIMIT_TICKET_S, 24 * 3600)                                                                   \
    /* Streams before and after `open`. */                                                         \
    X(LIMIT_STREAMS_UNOPENED, 4)                                                                   \
    X(LIMIT_STREAMS, 256)                                                                          \
    /* Orders, pairings and tokens that a connection can try before it is let in: each costs a     \
     * signature. */                                                                               \
    X(LIMIT_ADMISSION_TRIES, 8)                                                                    \
    /* All header bytes of one request (RFC 9113, section 6.5.2 counting). */                      \
    X(LIMIT_HEADER_BYTES, 16 * 1024)                                                               \
    /* SETTINGS entries and queued answers to PING and SETTINGS: floods of CVE-2019-9512, 9515. */ \
    X(LIMIT_SETTINGS, 8)                                                                           \
    X(LIMIT_OUTBOUND_ACKS, 100)                                                                    \
    /* Rapid Reset, CVE-2023-44487: burst, then per second. */                                     \
    X(LIMIT_RESET_BURST, 50)                                                                       \
    X(LIMIT_RESET_RATE, 10)                                                                        \
    /* The CONTINUATION flood, CVE-2024-28182. */                                                  \
    X(LIMIT_CONTINUATIONS, 2)                                                                      \
    /* Bytes of one stream that may be on their way: throughput on a long path, memory per peer.   \
     */                                                                                            \
    X(LIMIT_STREAM_WINDOW, 2 << 20)                                                                \
    X(LIMIT_CONNECTION_WINDOW, 4 << 20)                                                            \
    /* Bytes that a server lets a client send before it reads them: an order and no more. */       \
    X(LIMIT_REQUEST_WINDOW, 256 * 1024)                                                            \
    /* The same of who has opened: standard input on a long path, and what a job that does not     \
     * read it costs the gate. */                                                                  \
    X(LIMIT_INPUT_WINDOW, 1 << 20)                                                                 \
    /* DATA frames; larger ones mean fewer of them per MiB. */                                     \
    X(LIMIT_DATA_FRAME, 256 * 1024)                                                                \
    /* Ciphertext waiting for the socket before a connection stops producing. */                   \
    X(LIMIT_SEND_AHEAD, 256 * 1024)                                                                \
    /* Control frames that wait for a peer that does not read, before the server reads no more. */ \
    X(LIMIT_OUTBOUND_FRAMES, 1024)                                                                 \
    /* Bytes taken from a socket in one turn, so that one busy peer does not starve the others. */ \
    X(LIMIT_READ, 256 * 1024)                                                                      \
    /* A refused peer that should still see why; then the socket is closed under it. */            \
    X(LIMIT_LINGER_MS, 500)                                                                        \
    /* A peer whose machine vanished: the kernel ends the connection, no timer of ours runs. */    \
    X(LIMIT_SILENT_PEER_MS, 60 * 1000)                                                             \
    /* One job's output: at least a stream window, so that all that was not acknowledged is kept.  \
     */                                                                                            \
    X(LIMIT_RING, 2 << 20)                                                                         \
    /* One output frame, so that reading resumes at a frame's start without long searches. */      \
    X(LIMIT_FRAME, 256 * 1024)                                                                     \
    /* Jobs that run at once, and results that are remembered: a fork bomb by orders. */           \
    X(LIMIT_JOBS_RUNNING, 1024)                                                                    \
    X(LIMIT_JOBS_KEPT, 2048)                                                                       \
    /* Receipts that a console owes for outputs that it was sent: one that never answers costs     \
     * so many names of jobs. */                                                                   \
    X(LIMIT_RECEIPTS, 256)                                                                         \
    /* Orders per second of one operator key, and the burst above that. */                         \
    X(LIMIT_ORDERS_PER_SECOND, 2000)                                                               \
    X(LIMIT_ORDERS_BURST, 4000)                                                                    \
    /* A door message; longer orders cross in a sealed memfd. */                                   \
    X(LIMIT_DOOR_MESSAGE, 64 * 1024)                                                               \
    /* Messages that may wait for a gate that does not read: a stuck gate is a dead gate. */       \
    X(LIMIT_DOOR_QUEUE, 16384)                                                                     \
    /* Questions to the warden that it has not answered: requests pile up before a slow warden. */ \
    X(LIMIT_TICKETS, 16384)                                                                        \
    /* Bodies of all requests together that wait for a decision, most of them of strangers. */     \
    X(LIMIT_HELD_BYTES, 16 << 20)                                                                  \
    /* The console: a machine that answers without end. Documents, and error answers. */           \
    X(LIMIT_DOCUMENT, 16 << 20)                                                                    \
    X(LIMIT_PROBLEM, 16 * 1024)                                                                    \
    /* The same of its vitals: a line, what a head names, things of one kind, rows of a history    \
     * (the agent gives no more of them, whatever step is asked for). */                           \
    X(LIMIT_VITALS_LINE, 2 << 20)                                                                  \
    X(LIMIT_VITALS_COLUMNS, 32768)                                                                 \
    X(LIMIT_VITALS_THINGS, 4096)                                                                   \
    X(LIMIT_HISTORY_ROWS, 12000)                                                                   \
    /* The file of the history, whatever the configuration says; and any file that the gate, which \
     * fills it, could make grow if it were taken over. */                                         \
    X(LIMIT_HISTORY_FILE, 64 << 20)                                                                \
    X(LIMIT_GATE_FILE, 256 << 20)                                                                  \
    /* A wall clock that jumps further than this begins a new history instead of writing over what \
     * is there. Less is what a time server does to a clock that went wrong by itself. */          \
    X(LIMIT_HISTORY_BACK_MS, 5 * 60 * 1000)                                                        \
    X(LIMIT_HISTORY_AHEAD_MS, 60 * 60 * 1000)                                                      \
    /* A history that was put aside takes its room on the disk so long, by the clock by which it   \
     * was put aside. It is there for a clock that was wrong and is right again. */                \
    X(LIMIT_HISTORY_ASIDE_MS, 14ull * 24 * 3600 * 1000)                                            \
    /* Processes listed with a sample, busiest and largest each. */                                \
    X(LIMIT_VITALS_PROCESSES, 50)                                                                  \
    /* What a shell shows before the warden keeps it: memory of each open shell. */                \
    X(LIMIT_SCREEN_BELT, 64 << 10)                                                                 \
    /* Bytes of files on their way from the gate to the courier that unpacks them: an input        \
     * window, and what keeps the courier busy while the gate waits for its turn. */               \
    X(LIMIT_INPUT_BELT, 8 << 20)                                                                   \
    /* The same from the courier that packs them to the gate: what a console has not acknowledged, \
     * and as much again that is ready. */                                                         \
    X(LIMIT_OUTPUT_BELT, 4 << 20)                                                                  \
    /* Standard input that the console reads ahead of the machine: more than an input window. */   \
    X(LIMIT_INPUT_AHEAD, 2 << 20)                                                                  \
    /* One record of a parcel: memory on both sides, and a length that is a lie. */                \
    X(LIMIT_PARCEL_RECORD, 256 * 1024)                                                             \
    /* A name in a parcel, and how deep folders lie in each other: what the kernel takes, and a    \
     * descriptor per level. */                                                                    \
    X(LIMIT_PARCEL_NAME, 4096)                                                                     \
    X(LIMIT_PARCEL_DEPTH, 128)                                                                     \
    /* Bytes behind the end of the archive in a parcel; tar(5) pads with zeros up to a block. */   \
    X(LIMIT_PARCEL_PADDING, 64 * 1024)                                                             \
    /* What is told of one folder: a folder of millions of files, or a machine that never ends. */ \
    X(LIMIT_LISTING_ENTRIES, 100 * 1000)                                                           \
    X(LIMIT_LISTING_BYTES, 16 << 20)                                                               \
    /* One frame of a terminal's input: memory of its console's stream. */                         \
    X(LIMIT_TERMINAL_INPUT, 4096)                                                                  \
    /* Sendings of one request over ever new connections that all broke before an answer. */       \
    X(LIMIT_SENDINGS, 8)                                                                           \
    X(LIMIT_LISTENERS, 8)                                                                          \
    /* Lines per minute, and the burst above that, which strangers can add to the audit log. */    \
    X(LIMIT_AUDIT_STRANGERS, 2)                                                                    \
    X(LIMIT_AUDIT_STRANGERS_BURST, 100)                                                            \
    /* The audit log starts a new file at this size and keeps one old one. */                      \
    X(LIMIT_AUDIT_FILE, 16 << 20)

enum hune_limit {
#define X(name, value) name = (value),
    HUNE_LIMITS(X)
#undef X
};

_Static_assert((int)LIMIT_RING >= (int)LIMIT_STREAM_WINDOW,
               "a ring holds what is not acknowledged");
