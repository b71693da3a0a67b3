/* See pty.h. */
#include "warden/pty.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "warden/fill.h"
#define LOG_TAG "pty"
#include "base/log.h"

enum { PTY_ROUNDS = 4, PTY_GROUP_MAX = 4096 };

struct pty {
    struct job *job;
    struct loop_source keys;   /* the pipe's end; fd -1 once its input is over */
    struct loop_source master; /* our own copy: waits while the terminal takes no more */
    uint64_t taken;            /* out of the pipe */
    size_t written;            /* of the first frame's keys */
    size_t size;
    uint8_t input[2 * LIMIT_TERMINAL_INPUT];
};

/* ---- opening ---- */

static int slave_give_to(int slave, const struct account *account)
{
    char storage[PTY_GROUP_MAX];
    struct group entry;
    struct group *found = NULL;
    bool has_group = getgrnam_r("tty", &entry, storage, sizeof(storage), &found) == 0 && found;

    /* The group is for write(1) and wall(1); without it nobody else may write there. */
    if (fchown(slave, account->uid, has_group ? found->gr_gid : account->gid) < 0 ||
        fchmod(slave, has_group ? 0620 : 0600) < 0)
        return -errno;
    return 0;
}

int pty_open(const struct account *account, int *master_out, int *slave_out)
{
    _cleanup_close_ int master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    _cleanup_close_ int slave = -1;
    int locked = 0;
    int r;

    if (master < 0 || ioctl(master, TIOCSPTLCK, &locked) < 0)
        return -errno;
    /* Not by its name: what stands there may be another terminal than ours. */
    slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (slave < 0)
        return -errno;
    r = geteuid() == 0 ? slave_give_to(slave, account) : 0;
    if (r)
        return r;
    *master_out = steal_fd(&master);
    *slave_out = steal_fd(&slave);
    return 0;
}

/* ---- what is typed ---- */

static void keys_stop(struct pty *pty)
{
    if (pty->keys.fd < 0)
        return;
    loop_unwatch(&pty->keys);
    loop_unwatch(&pty->master);
    close(pty->keys.fd);
    pty->keys.fd = -1;
}

/* False when the terminal takes no more now. */
static bool keys_write(struct pty *pty, struct slice keys)
{
    while (pty->written < keys.size) {
        ssize_t n = write(pty->master.fd, keys.bytes + pty->written, keys.size - pty->written);

        if (n < 0 && errno == EINTR)
            continue;
        if (n == 0 || (n < 0 && errno == EAGAIN))
            return false;
        if (n < 0)
            break; /* nobody has the terminal any more; the job's end follows */
        pty->written += (size_t)n;
    }
    pty->written = 0;
    return true;
}

static bool input_obey(struct pty *pty, const struct terminal_input *input)
{
    const struct winsize size = {
        .ws_row = input->size.rows,
        .ws_col = input->size.columns,
        .ws_xpixel = input->size.width,
        .ws_ypixel = input->size.height,
    };

    if (input->kind == TERMINAL_KEYS)
        return keys_write(pty, input->keys);
    ioctl(pty->master.fd, TIOCSWINSZ, &size);
    return true;
}

/* Acts on the frames that are there. Returns 1 when more are needed, 0 when the terminal takes no
 * more, or -EBADMSG. */
static int inputs_obey(struct pty *pty)
{
    size_t done = 0;
    struct terminal_input input;
    int r;

    while ((r = terminal_input_next(&input, (struct slice){pty->input + done, pty->size - done})) ==
           1) {
        if (!input_obey(pty, &input))
            break;
        done += input.taken;
    }
    pty->size -= done;
    memmove(pty->input, pty->input + done, pty->size);
    return r < 0 ? r : r == 0;
}

static void keys_spoil(struct pty *pty)
{
    log_order(LOG_LEVEL_WARNING, pty->job->id, "its input is not made of frames");
    fill_note(pty->job, "The input of this terminal is not made of frames; it is closed.");
    keys_stop(pty);
}

/* Takes what is in the pipe. Returns 1 if there may be more, 0 if it is empty, -1 at its end. */
static int keys_read(struct pty *pty)
{
    size_t room = sizeof(pty->input) - pty->size;
    ssize_t got;

    do
        got = read(pty->keys.fd, pty->input + pty->size, room);
    while (got < 0 && errno == EINTR);
    if (got <= 0)
        return got < 0 && errno == EAGAIN ? 0 : -1;
    pty->taken += (size_t)got;
    pty->size += (size_t)got;
    return (size_t)got == room;
}

static void keys_move(struct pty *pty)
{
    int more = 1;

    for (int round = 0; more >= 0; round++) {
        int r = inputs_obey(pty);

        if (r < 0) {
            keys_spoil(pty);
            return;
        }
        if (r == 0) {
            loop_unwatch(&pty->keys);
            loop_watch(pty->job->jobs->loop, &pty->master, EPOLLOUT);
            return;
        }
        /* What is left in the pipe wakes us again. */
        if (!more || round == PTY_ROUNDS)
            break;
        more = keys_read(pty);
    }
    if (more < 0) {
        keys_stop(pty);
        pty_hang_up(pty);
        return;
    }
    loop_unwatch(&pty->master);
    loop_watch(pty->job->jobs->loop, &pty->keys, EPOLLIN);
}

static void on_keys(struct loop_source *source, uint32_t events)
{
    (void)events;
    keys_move(container_of(source, struct pty, keys));
}

static void on_master(struct loop_source *source, uint32_t events)
{
    (void)events;
    keys_move(container_of(source, struct pty, master));
}

int pty_new(struct pty **pty_out, struct job *job, int keys, int master)
{
    struct pty *pty = calloc(1, sizeof(*pty));
    int r;

    if (!pty) {
        close(keys);
        return -ENOMEM;
    }
    pty->job = job;
    pty->keys = (struct loop_source){.fd = keys, .on_ready = on_keys};
    pty->master = (struct loop_source){.fd = fcntl(master, F_DUPFD_CLOEXEC, 0),
                                       .on_ready = on_master};
    r = pty->master.fd < 0 ? -errno : loop_watch(job->jobs->loop, &pty->keys, EPOLLIN);
    if (r) {
        pty_free(pty);
        return r;
    }
    *pty_out = pty;
    return 0;
}

struct pty *pty_free(struct pty *pty)
{
    if (!pty)
        return NULL;
    keys_stop(pty);
    loop_unwatch(&pty->master);
    if (pty->master.fd >= 0)
        close(pty->master.fd);
    explicit_bzero(pty->input, sizeof(pty->input)); /* passwords among it */
    free(pty);
    return NULL;
}

static void group_hang_up(pid_t group)
{
    kill(-group, SIGHUP);
    kill(-group, SIGCONT);
}

void pty_hang_up(struct pty *pty)
{
    pid_t foreground = tcgetpgrp(pty->master.fd);

    if (foreground > 0 && foreground != pty->job->pid)
        group_hang_up(foreground);
    if (pty->job->pid > 0)
        group_hang_up(pty->job->pid);
}

uint64_t pty_input(const struct pty *pty)
{
    int waiting = 0;

    if (pty->keys.fd >= 0)
        ioctl(pty->keys.fd, FIONREAD, &waiting);
    return pty->taken + (uint64_t)waiting;
}
