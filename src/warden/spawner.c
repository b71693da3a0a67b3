/* See spawner.h. */
#include "warden/spawner.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/file.h"
#define LOG_TAG "run"
#include "base/log.h"

/* One message: the request as it stands in memory (both sides are one program), then the payload;
 * a longer payload is in a memfd behind the request's own descriptors. */
enum {
    SPAWNER_INLINE = 64 * 1024,
    SPAWNER_FDS = RUN_DESCRIPTORS + 1,
    /* How long it may be held up by a child that shares its memory and hangs, on a file system that
     * does not answer, say. */
    SPAWNER_PATIENCE_MS = 3000,
};

_Static_assert((int)SPAWNER_INLINE <= (int)RUN_SHARED_PAYLOAD, "what comes inline may be shared");

union control {
    struct cmsghdr header; /* for its alignment */
    char bytes[CMSG_SPACE(SPAWNER_FDS * sizeof(int))];
};

/* ---- the process ---- */

struct asked {
    struct run_request request;
    uint8_t payload[SPAWNER_INLINE];
};

/* Puts the descriptors that came where the request has them. Returns the payload's memfd or -1. */
static int take_descriptors(struct msghdr *message, struct run_request *request)
{
    struct cmsghdr *header = CMSG_FIRSTHDR(message);
    int fds[SPAWNER_FDS];
    size_t count = 0;
    size_t next = 0;

    if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS) {
        count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        memcpy(fds, CMSG_DATA(header), count * sizeof(int));
    }
    for (size_t i = 0; i < RUN_DESCRIPTORS; i++) {
        if (request->descriptors[i] >= 0)
            request->descriptors[i] = next < count ? fds[next++] : -1;
    }
    return next < count ? fds[next] : -1;
}

static pid_t serve_one(int socket, struct asked *asked, struct msghdr *message, size_t size)
{
    _cleanup_buffer_ struct buffer stored = BUFFER_INIT;
    struct run_request *request = &asked->request;
    _cleanup_close_ int payload = take_descriptors(message, request);
    bool told;
    pid_t pid;
    int r = 0;

    request->payload.bytes = asked->payload;
    if (payload >= 0) {
        r = lseek(payload, 0, SEEK_SET) < 0 ? -errno
                                            : fd_read_all(payload, LIMIT_ORDER_PAYLOAD, &stored);
        request->payload.bytes = buffer_bytes(&stored);
    } else if (request->payload.size > size - sizeof(*request)) {
        r = -EBADMSG;
    }
    pid = -ENOSYS;
    if (!r && run_may_share(request))
        pid = run_clone_shared(request, socket);
    told = pid > 0; /* by itself */
    if (!told)
        pid = r ? r : run_clone(request, CLONE_PARENT);
    for (size_t i = 0; i < RUN_DESCRIPTORS; i++) {
        if (request->descriptors[i] >= 0)
            close(request->descriptors[i]);
    }
    if (told)
        return pid;
    return send(socket, &pid, sizeof(pid), MSG_NOSIGNAL) == sizeof(pid) ? pid : -EPIPE;
}

static _Noreturn void spawner_main(int socket)
{
    static struct asked asked;
    union control control;

    prctl(PR_SET_NAME, "huned-spawner");
    prctl(PR_SET_DUMPABLE, 0);
    /* Only standard error and the warden stay. */
    if (dup2(socket, STDIN_FILENO) < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0 ||
        syscall(SYS_close_range, 3, ~0u, 0) < 0)
        _exit(RUN_EXIT_NOT_STARTED);
    for (;;) {
        struct iovec part = {.iov_base = &asked, .iov_len = sizeof(asked)};
        struct msghdr message = {.msg_iov = &part,
                                 .msg_iovlen = 1,
                                 .msg_control = &control,
                                 .msg_controllen = sizeof(control)};
        ssize_t size = recvmsg(STDIN_FILENO, &message, MSG_CMSG_CLOEXEC);

        if (size < 0 && errno == EINTR)
            continue;
        if (size < (ssize_t)sizeof(asked.request)) /* the warden is gone */
            _exit(0);
        if (serve_one(STDIN_FILENO, &asked, &message, (size_t)size) == -EPIPE)
            _exit(0);
    }
}

/* ---- the warden's side ---- */

int spawner_start(struct spawner *spawner)
{
    const struct timeval patience = {.tv_sec = SPAWNER_PATIENCE_MS / 1000,
                                     .tv_usec = SPAWNER_PATIENCE_MS % 1000 * 1000};
    int ends[2];

    *spawner = SPAWNER_INIT;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
        return -errno;
    spawner->pid = fork();
    if (spawner->pid == 0)
        spawner_main(ends[1]);
    close(ends[1]);
    if (spawner->pid < 0) {
        int error = errno;

        close(ends[0]);
        *spawner = SPAWNER_INIT;
        return -error;
    }
    spawner->socket = ends[0];
    setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    return 0;
}

void spawner_stop(struct spawner *spawner)
{
    if (spawner->socket >= 0)
        close(spawner->socket);
    spawner->socket = -1;
}

bool spawner_reap(struct spawner *spawner, pid_t pid, int status)
{
    if (spawner->pid == 0 || pid != spawner->pid)
        return false;
    if (spawner->socket >= 0)
        log_warning("the spawner ended (status %#x); jobs are forked from the agent itself",
                    (unsigned)status);
    spawner_stop(spawner);
    spawner->pid = 0;
    return true;
}

static int payload_file(struct slice payload)
{
    _cleanup_close_ int fd = memfd_create("hune-payload", MFD_CLOEXEC);
    int r = fd < 0 ? -errno : fd_write_all(fd, payload.bytes, payload.size);

    return r ? r : steal_fd(&fd);
}

int spawner_ask(struct spawner *spawner, const struct run_request *request)
{
    struct iovec parts[] = {
        {.iov_base = (void *)request, .iov_len = sizeof(*request)},
        {.iov_base = (void *)request->payload.bytes, .iov_len = request->payload.size},
    };
    union control control = {0};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2, .msg_control = &control};
    struct cmsghdr *header = &control.header;
    _cleanup_close_ int payload = -1;
    int fds[SPAWNER_FDS];
    size_t count = 0;

    for (size_t i = 0; i < RUN_DESCRIPTORS; i++) {
        if (request->descriptors[i] >= 0)
            fds[count++] = request->descriptors[i];
    }
    if (request->payload.size > SPAWNER_INLINE) {
        payload = payload_file(request->payload);
        if (payload < 0)
            return payload;
        fds[count++] = payload;
        message.msg_iovlen = 1;
    }
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(count * sizeof(int));
    memcpy(CMSG_DATA(header), fds, count * sizeof(int));
    message.msg_controllen = CMSG_SPACE(count * sizeof(int));
    return sendmsg(spawner->socket, &message, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

/* Returns 0 with what it answered, a pid or -errno; or -errno of our own. */
static int spawner_hear(struct spawner *spawner, pid_t *pid_out)
{
    ssize_t size;

    do
        size = recv(spawner->socket, pid_out, sizeof(*pid_out), 0);
    while (size < 0 && errno == EINTR);
    if (size < 0)
        return -errno;
    return size == sizeof(*pid_out) ? 0 : -EPIPE;
}

pid_t spawner_answer(struct spawner *spawner)
{
    pid_t pid;
    int r = spawner_hear(spawner, &pid);

    if (r == -EAGAIN) {
        /* What it was asked for must not begin behind our back, later. The child that holds it up
         * lives on. */
        log_error("the spawner does not answer, and is ended");
        kill(spawner->pid, SIGKILL);
        r = spawner_hear(spawner, &pid); /* it may have answered meanwhile */
    }
    return r ? r : pid;
}
