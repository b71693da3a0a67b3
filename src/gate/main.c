/* huned-gate: started by huned, never by hand. Takes what it needs through the door, gives up
 * everything else, serves. */
#define LOG_TAG "gate"

#include <errno.h>
#include <jansson.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <string.h>
#include <sys/socket.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/random.h"
#include "gate/gate.h"
#include "gate/sandbox.h"

enum { EXIT_USAGE = 2, HEAP_STEP = 64 * 1024, HEAP_SPARE = 256 * 1024, HEAP_LARGE = 128 * 1024 };

/* A gate is to be small, not fast at malloc(): one arena, and free memory goes back soon. */
static void prepare_process(void)
{
    size_t seed = 0;

    prctl(PR_SET_NAME, "huned-gate"); /* older kernels name what was started by descriptor by it */
    mallopt(M_ARENA_MAX, 1);
    mallopt(M_TRIM_THRESHOLD, HEAP_SPARE);
    mallopt(M_TOP_PAD, HEAP_STEP);
    mallopt(M_MMAP_THRESHOLD, HEAP_LARGE);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* LIMIT_GATE_FILE is an error, not an end */
    /* Ctrl-C and a service manager's stop reach the whole group, but are for the warden, which then
     * says goodbye. */
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    /* Else jansson would open /dev/urandom when the sandbox is closed. */
    if (!random_bytes(&seed, sizeof(seed)))
        json_object_seed(seed | 1);
}

static bool is_door(int fd)
{
    socklen_t size = sizeof(int);
    int type = 0;

    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_SEQPACKET;
}

/* Waits for the first message, which must be SETUP. Returns 0 or -errno. */
static int receive_setup(struct door *door, struct door_setup *setup_out,
                         struct door_message *message_out)
{
    struct pollfd wait = {.fd = door_fd(door), .events = POLLIN};
    int r;

    while ((r = door_receive(door, message_out)) == 0)
        if (poll(&wait, 1, -1) < 0 && errno != EINTR)
            return -errno;
    if (r < 0)
        return r;
    if (message_out->type != DOOR_SETUP || door_setup_decode(setup_out, message_out->body))
        return -EPROTO;
    return 0;
}

/* Everything that needs the key, the user or the file system; afterwards none of them is there. */
static int start(struct gate *gate, struct door *door)
{
    struct door_message message;
    struct tls_context *tls = NULL;
    struct door_setup setup;
    const char *step = "setup";
    int r = receive_setup(door, &setup, &message);

    if (!r) {
        step = "the machine's key";
        r = tls_context_new_server(&tls, setup.certificate, setup.key);
        explicit_bzero((void *)(uintptr_t)message.body.bytes, message.body.size);
    }
    if (!r) {
        step = "dropping privileges";
        r = sandbox_drop(setup.gate_uid, setup.gate_gid);
    }
    if (!r) {
        step = "the loop";
        r = gate_init(gate, door, tls, &setup, message.fds, message.fd_count);
    }
    if (!r) {
        step = "the sandbox";
        r = sandbox_close();
    }
    if (r && r != -EPIPE) /* a warden that is gone needs no words */
        log_error("cannot start: %s: %s", step, strerror(-r));
    return r;
}

/* The warden's own, one digit. */
static enum log_level verbosity_of(const char *digit)
{
    int level = digit[0] - '0';

    return level >= LOG_LEVEL_ERROR && level <= LOG_LEVEL_DEBUG ? (enum log_level)level
                                                                : LOG_LEVEL_INFO;
}

int main(int argc, char **argv)
{
    struct gate gate;
    struct door *door;
    int status;

    if (!is_door(DOOR_GATE_FD)) {
        fprintf(stderr, "huned-gate is a part of huned and is started by it.\n");
        return EXIT_USAGE;
    }
    log_open("huned-gate", argc > 1 ? verbosity_of(argv[1]) : LOG_LEVEL_INFO);
    prepare_process();
    if (door_new(&door, DOOR_GATE, DOOR_GATE_FD))
        return EXIT_FAILURE;
    if (start(&gate, door) || gate_send(&gate, DOOR_READY, NULL, 0, -1))
        return EXIT_FAILURE;
    memory_trim(); /* what starting took is not needed again */
    log_debug("serves");
    status = gate_run(&gate);
    gate_deinit(&gate);
    return status;
}
