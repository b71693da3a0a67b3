/* See pty.h. */
#include "warden/pty.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "base/belt.h"
#include "base/cleanup.h"
#include "door/screen.h"
#include "warden/fill.h"
#define LOG_TAG "pty"
#include "base/log.h"

enum {
    PTY_GROUP_MAX = 4096,
    PTY_RECALL_MS = 5000, /* a gate that does not give a terminal back by then is ended */
};

struct pty {
    struct job *job;
    int master; /* our own copy; what is read comes through the job's output */
    struct belt belt;
    bool lent;
    struct loop_timer recall; /* runs while it is wanted back */
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
    int packets = 1; /* see screen.h */
    int r;

    if (master < 0 || ioctl(master, TIOCSPTLCK, &locked) < 0 ||
        ioctl(master, TIOCPKT, &packets) < 0)
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

/* ---- lending it ---- */

static void on_not_returned(struct loop_timer *timer)
{
    struct pty *pty = container_of(timer, struct pty, recall);

    pty->job->jobs->events->on_kept(pty->job, pty->job->jobs->user);
}

int pty_new(struct pty **pty_out, struct job *job, int master)
{
    struct pty *pty = calloc(1, sizeof(*pty));
    int r = 0;

    if (!pty)
        return -ENOMEM;
    pty->job = job;
    loop_timer_init(&pty->recall, on_not_returned);
    pty->master = fcntl(master, F_DUPFD_CLOEXEC, 0);
    if (pty->master < 0)
        r = -errno;
    if (!r)
        r = belt_map(&pty->belt, job->belt, BELT_READS);
    if (r) {
        pty_free(pty);
        return r;
    }
    *pty_out = pty;
    return 0;
}

void pty_lend(struct pty *pty)
{
    struct ring *ring = pty->job->ring;

    if (!fill_is_open(&pty->job->output))
        return;
    /* The belt's bytes come next, whether they are there already or not. */
    ring_set_reading(ring, 0);
    ring_lend(ring, ring_head(ring) - pty->belt.at, pty->job->started_monotonic_ms);
    loop_unwatch(&pty->job->output.source);
    pty->lent = true;
}

bool pty_is_lent(const struct pty *pty)
{
    return pty->lent;
}

void pty_recall(struct pty *pty)
{
    if (!pty->lent || !list_is_empty(&pty->recall.link))
        return;
    loop_timer_start(pty->job->jobs->loop, &pty->recall, PTY_RECALL_MS);
    pty->job->jobs->events->on_recall(pty->job, pty->job->jobs->user);
}

void pty_returned(struct pty *pty, bool gate_is_dead)
{
    int r;

    if (!pty->lent)
        return;
    r = gate_is_dead ? screen_recover(pty->job->ring, pty->job->belt) : 0;
    if (r)
        log_order(LOG_LEVEL_ERROR, pty->job->id, "its terminal's belt is lost: %s", strerror(-r));
    loop_timer_stop(&pty->recall);
    pty->lent = false;
}

/* A belt that is not made of frames was filled by a gate gone mad; the terminal itself is well. */
static void belt_drop(struct pty *pty)
{
    size_t size;

    log_order(LOG_LEVEL_WARNING, pty->job->id, "what the gate made of its terminal is no output");
    (void)belt_bytes(&pty->belt, &size);
    (void)belt_take(&pty->belt, size);
}

bool pty_take(struct pty *pty)
{
    struct frame_header header;
    const uint8_t *payload;
    bool room = true;
    bool told = false;
    int r = 0;

    while (room && (r = screen_next(&pty->belt, &header, &payload)) == 1) {
        room = fill_frame(pty->job, &header, payload);
        if (room && belt_take(&pty->belt, FRAME_HEADER_SIZE + header.length))
            told = true;
    }
    if (r < 0)
        belt_drop(pty);
    if (told)
        pty->job->jobs->events->on_bytes(pty->job, pty->job->jobs->user);
    return room;
}

struct pty *pty_free(struct pty *pty)
{
    if (!pty)
        return NULL;
    loop_timer_stop(&pty->recall);
    belt_close(&pty->belt);
    if (pty->master >= 0)
        close(pty->master);
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
    pid_t foreground = tcgetpgrp(pty->master);

    if (foreground > 0 && foreground != pty->job->pid)
        group_hang_up(foreground);
    if (pty->job->pid > 0)
        group_hang_up(pty->job->pid);
}
