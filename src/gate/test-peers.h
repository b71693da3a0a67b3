/* For the tests with a real gate: its two neighbours, in one process and without a loop: a warden
 * that says what the test tells it to, and a console. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buffer.h"
#include "door/door.h"
#include "door/message.h"
#include "wire/wire.h"

enum { PEERS_STREAMS = 32 };

/* One request of the console and all that came of it. */
struct exchange {
    struct wire_stream *stream; /* NULL once it is closed */
    unsigned status;
    struct buffer body;
    bool ended;
    bool closed;
    uint32_t h2_error;
    /* What it sends; NULL for nothing. `sent` never passes `released`. */
    const uint8_t *bytes;
    size_t size;
    size_t released;
    size_t sent;
};

struct peers {
    const char *program;
    pid_t gate;
    struct door *door;
    uint16_t port;
    int listener;
    struct buffer certificate;
    struct buffer key;
    struct tls_context *tls;
    /* the console */
    int socket;
    struct wire *wire;
    bool lost; /* the gate ended the connection */
    struct exchange exchanges[PEERS_STREAMS];
    size_t exchange_count;
    /* the last message through the door, its descriptors owned here */
    struct door_message message;
    unsigned idle; /* how often it was said that nobody is connected */
    bool told;
};

/* Each of these fails the test when it cannot do its work. */
void peers_start(struct peers *peers, const char *program);
/* Ends the door and returns the gate's exit status as waitpid() has it. */
int peers_stop(struct peers *peers);
/* Waits for the gate to end by itself. */
int peers_wait(struct peers *peers);
void peers_connect(struct peers *peers);
void peers_disconnect(struct peers *peers);

struct exchange *peers_request(struct peers *peers, const char *method, const char *path,
                               const char *authorization, const void *bytes, size_t size);
/* The same, of which only the first `released` bytes may go for now. */
struct exchange *peers_request_part(struct peers *peers, const char *method, const char *path,
                                    const void *bytes, size_t size, size_t released);
void exchange_release(struct exchange *exchange, size_t released);

/* Lets everything run until the exchange is over, and checks its status. */
void peers_finish(struct peers *peers, struct exchange *exchange, unsigned status);
/* Lets everything run until at least `size` bytes of answer are there. */
void peers_receive(struct peers *peers, struct exchange *exchange, size_t size);
/* Lets everything run for a moment. */
void peers_pass(struct peers *peers, unsigned ms);
/* The same, long enough for whatever would happen; nothing may be said to the warden in it. */
void peers_quiet(struct peers *peers);
/* Waits for the next message to the warden, which must be of this type; it is in peers->message. */
struct slice peers_told(struct peers *peers, enum door_type type);
void peers_tell(struct peers *peers, enum door_type type, const void *body, size_t size,
                const int *fds, size_t fd_count);
/* Waits until the gate has taken what it was told: its door and its consoles are served in no
 * order. */
void peers_settle(struct peers *peers);
/* True when the answer's text has that in it. */
bool exchange_says(struct exchange *exchange, const char *text);
