/* The gate as a process: started with one descriptor, watched, told goodbye, started again when it
 * died. Consoles notice nothing but a broken connection, and resume. */
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/program.h"
#include "base/text.h"
#include "door/message.h"
#include "warden/history.h"
#include "warden/place.h"
#include "warden/tell.h"
#include "warden/warden.h"
#define LOG_TAG "start"
#include "base/log.h"

enum {
    GATE_SOON_MS = 1000, /* a gate that ends sooner than this has failed */
    GATE_RETRY_MS = 100, /* then doubled with each failure */
    GATE_RETRY_MAX_MS = 10000,
    GATE_LEAVE_MS = 2500, /* for what is being said to the consoles */
    GATE_DOOR_BYTES = 1 << 20,
    RUN_EXIT_NO_GATE = 127,
};

void gate_set_state(struct warden *warden, enum gate_state state)
{
    static const char *const names[] = {
#define X(name, word) [GATE_##name] = (word),
        GATE_STATES(X)
#undef X
    };

    log_debug("gate: %s -> %s", names[warden->gate.state], names[state]);
    warden->gate.state = state;
}

static _Noreturn void gate_child(int program, int door)
{
    char verbosity[] = {(char)('0' + log_verbosity()), '\0'};
    char *const arguments[] = {(char *)"huned-gate", verbosity, NULL};
    sigset_t none;
    int null;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    /* Nothing but standard error and the door goes along. */
    if (door != DOOR_GATE_FD && dup2(door, DOOR_GATE_FD) < 0)
        _exit(RUN_EXIT_NO_GATE);
    fcntl(DOOR_GATE_FD, F_SETFD, 0);
    null = open("/dev/null", O_RDWR);
    if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0)
        _exit(RUN_EXIT_NO_GATE);
    if (syscall(SYS_close_range, DOOR_GATE_FD + 1, ~0u, CLOSE_RANGE_CLOEXEC) < 0) {
        for (int fd = DOOR_GATE_FD + 1; fd < 65536; fd++)
            fcntl(fd, F_SETFD, FD_CLOEXEC);
    }
    execveat(program, "", arguments, environ, AT_EMPTY_PATH);
    _exit(RUN_EXIT_NO_GATE);
}

/* The program is opened once: warden and gate are of one version also when a newer one was
 * installed meanwhile. */
static int gate_find_program(struct gate *gate)
{
    _cleanup_free_ char *path = program_path("gate", "huned-gate");
    struct stat ours;
    struct stat installed;

    if (!path)
        return -ENOMEM;
    if (gate->program < 0) {
        gate->program = open(path, O_PATH | O_CLOEXEC);
        return gate->program < 0 ? -errno : 0;
    }
    if (fstat(gate->program, &ours) == 0 && stat(path, &installed) == 0 &&
        (ours.st_ino != installed.st_ino || ours.st_dev != installed.st_dev))
        log_notice("a newer version is installed; it is used when huned is started again");
    return 0;
}

static int gate_spawn(struct warden *warden)
{
    const int size = GATE_DOOR_BYTES;
    int ends[2];
    pid_t pid;
    int r = gate_find_program(&warden->gate);

    if (r)
        return r;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
        return -errno;
    /* Only root may go beyond the system's limit; without it the door's queue does the waiting. */
    for (int i = 0; i < 2; i++) {
        if (setsockopt(ends[i], SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)) < 0)
            setsockopt(ends[i], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
    }
    pid = fork();
    if (pid == 0)
        gate_child(warden->gate.program, ends[1]);
    close(ends[1]);
    r = pid < 0 ? -errno : door_new(&warden->gate.door, DOOR_WARDEN, ends[0]);
    if (r) {
        close(ends[0]);
        if (pid > 0)
            kill(pid, SIGKILL);
        return r;
    }
    warden->gate.pid = pid;
    warden->gate.started_ms = clock_monotonic_ms();
    jobs_lend(&warden->jobs);
    return 0;
}

static void gate_send_setup(struct warden *warden)
{
    _cleanup_wipe_ struct buffer body = BUFFER_INIT;
    struct door_setup setup = {
        .certificate = {.bytes = buffer_bytes(&warden->machine.certificate),
                        .size = buffer_length(&warden->machine.certificate)},
        .key = {.bytes = buffer_bytes(&warden->machine.key),
                .size = buffer_length(&warden->machine.key)},
        .gate_uid = warden->gate_uid,
        .gate_gid = warden->gate_gid,
    };

    (void)listeners_listen(&warden->listeners);
    memcpy(setup.machine, warden->machine.id, sizeof(setup.machine));
    memcpy(setup.epoch, warden->epoch, sizeof(setup.epoch));
    text_copy(setup.name, sizeof(setup.name), warden->config.name);
    if (door_setup_encode(&setup, &body)) {
        gate_kill(warden);
        return;
    }
    tell(warden, DOOR_SETUP, &body, warden->listeners.fds, warden->listeners.count);
}

static void gate_send_history(struct warden *warden)
{
    struct history_files files;

    history_open(warden->place.state, &warden->config, &files);
    if (files.count > 0)
        tell(warden, DOOR_HISTORY, NULL, files.fds, files.count);
    history_close(&files);
}

static void on_start_again(struct loop_timer *timer)
{
    gate_start(container_of(timer, struct warden, gate.timer));
}

static void on_did_not_leave(struct loop_timer *timer)
{
    log_warning("the gate does not leave; it is ended");
    gate_kill(container_of(timer, struct warden, gate.timer));
}

static void gate_start_later(struct warden *warden)
{
    uint64_t delay = GATE_RETRY_MS;

    for (uint32_t i = 1; i < warden->gate.failures && delay < GATE_RETRY_MAX_MS; i++)
        delay *= 2;
    loop_timer_stop(&warden->gate.timer);
    loop_timer_init(&warden->gate.timer, on_start_again);
    loop_timer_start(&warden->loop, &warden->gate.timer, warden->gate.failures ? delay : 0);
}

void gate_init(struct warden *warden)
{
    warden->gate = (struct gate){.state = GATE_NONE, .program = -1};
    warden->gate.source = (struct loop_source){.fd = -1, .on_ready = permit_on_door};
    loop_timer_init(&warden->gate.timer, on_start_again);
}

void gate_start(struct warden *warden)
{
    struct gate *gate = &warden->gate;
    int r = gate_spawn(warden);

    if (r) {
        log_error("the gate cannot be started: %s", strerror(-r));
        gate->failures++;
        gate_start_later(warden);
        return;
    }
    gate_set_state(warden, GATE_STARTING);
    gate->source.fd = door_fd(gate->door);
    r = loop_watch(&warden->loop, &gate->source, EPOLLIN);
    if (r) {
        gate_kill(warden);
        return;
    }
    gate_send_setup(warden);
    if (gate->door)
        gate_send_history(warden);
    if (gate->door)
        tell_jobs(warden);
}

void gate_say_goodbye(struct warden *warden)
{
    struct gate *gate = &warden->gate;

    if (gate->state != GATE_SERVING && gate->state != GATE_STARTING)
        return;
    gate_set_state(warden, GATE_LEAVING);
    tell(warden, DOOR_GOODBYE, NULL, NULL, 0);
    loop_timer_stop(&gate->timer);
    loop_timer_init(&gate->timer, on_did_not_leave);
    loop_timer_start(&warden->loop, &gate->timer, GATE_LEAVE_MS);
}

void gate_hung_up(struct warden *warden)
{
    struct gate *gate = &warden->gate;

    /* It is ending, and SIGCHLD tells the rest; one that only says so is ended. */
    loop_unwatch(&gate->source);
    if (gate->state == GATE_LEAVING)
        return;
    loop_timer_stop(&gate->timer);
    loop_timer_init(&gate->timer, on_did_not_leave);
    loop_timer_start(&warden->loop, &gate->timer, GATE_LEAVE_MS);
}

static void gate_close_door(struct warden *warden)
{
    loop_unwatch(&warden->gate.source);
    warden->gate.source.fd = -1;
    warden->gate.door = door_free(warden->gate.door);
}

void gate_kill(struct warden *warden)
{
    gate_close_door(warden);
    if (warden->gate.pid > 0)
        kill(warden->gate.pid, SIGKILL);
}

static void gate_tell_end(const struct warden *warden, int status)
{
    if (warden->gate.state == GATE_LEAVING)
        return;
    if (WIFSIGNALED(status))
        log_error("the gate was ended by signal %d (%s)", WTERMSIG(status),
                  strsignal(WTERMSIG(status)));
    else if (WEXITSTATUS(status) == RUN_EXIT_NO_GATE)
        log_error("the gate's program cannot be run; is Hune installed completely?");
    else
        log_error("the gate ended with status %d", WEXITSTATUS(status));
}

bool gate_reap(struct warden *warden, pid_t pid, int status)
{
    struct gate *gate = &warden->gate;
    bool soon = clock_monotonic_ms() - gate->started_ms < GATE_SOON_MS;

    if (pid != gate->pid)
        return false;
    gate_tell_end(warden, status);
    gate->pid = 0;
    gate_close_door(warden);
    jobs_take_back(&warden->jobs);
    gate->failures = gate->state != GATE_LEAVING && soon ? gate->failures + 1 : 0;
    gate_set_state(warden, GATE_NONE);
    loop_timer_stop(&gate->timer);
    if (warden->stopping)
        warden_stop_if_done(warden);
    else
        gate_start_later(warden);
    return true;
}
