/* From nothing to a serving agent, and back: start, reset, kill. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "proto/sshkey.h"
#include "warden/epoch.h"
#include "warden/history.h"
#include "warden/inherit.h"
#include "warden/notify.h"
#include "warden/spool.h"
#include "warden/tell.h"
#include "warden/warden.h"
#include "warden/watch.h"
#define LOG_TAG "start"
#include "base/log.h"

enum { STOP_PATIENCE_MS = 5000, UID_NOBODY = 65534 };

/* ---- signals, as events ---- */

static void reap_children(struct warden *warden)
{
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (!gate_reap(warden, pid, status) && !spawner_reap(&warden->spawner, pid, status))
            jobs_reap(&warden->jobs, pid, status); /* else an orphan that a job left to us */
    }
}

static void on_signal(struct loop_source *source, uint32_t events)
{
    struct warden *warden = container_of(source, struct warden, signals);
    struct signalfd_siginfo info;

    (void)events;
    while (read(source->fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
        switch (info.ssi_signo) {
        case SIGCHLD: reap_children(warden); break;
        case SIGHUP:
            log_notice("reset by signal");
            warden_reset(warden);
            break;
        default: log_notice("stopping: %s", strsignal((int)info.ssi_signo)); warden_kill(warden);
        }
    }
}

static int signals_watch(struct warden *warden)
{
    sigset_t wanted;

    sigemptyset(&wanted);
    sigaddset(&wanted, SIGCHLD);
    sigaddset(&wanted, SIGHUP);
    sigaddset(&wanted, SIGINT);
    sigaddset(&wanted, SIGTERM);
    if (sigprocmask(SIG_BLOCK, &wanted, NULL) < 0)
        return -errno;
    /* What we were started with (nohup(1) ignores SIGHUP) is not for our jobs to inherit. */
    for (int number = 1; number < NSIG; number++)
        signal(number, SIG_DFL);
    signal(SIGPIPE, SIG_IGN);
    warden->signals = (struct loop_source){
        .fd = signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK),
        .on_ready = on_signal,
    };
    if (warden->signals.fd < 0)
        return -errno;
    return loop_watch(&warden->loop, &warden->signals, EPOLLIN);
}

/* ---- start ---- */

/* Each kept job holds a descriptor, each running one three more. */
static void raise_limits(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    /* The machine's key is in our memory: no core file, no tracing by the same user. */
    prctl(PR_SET_DUMPABLE, 0);
}

/* A system's own users stand in the file; asking every name service for one that is missing would
 * load their libraries for good. */
static const struct passwd *system_user(const char *name)
{
    _cleanup_fclose_ FILE *file = fopen("/etc/passwd", "re");
    const struct passwd *entry = NULL;

    while (file && (entry = fgetpwent(file)) && !text_equal(entry->pw_name, name))
        ;
    return entry;
}

static void find_users(struct warden *warden)
{
    const struct passwd *own = getpwuid(geteuid());
    const struct passwd *gate;

    text_copy(warden->self, sizeof(warden->self), own ? own->pw_name : "");
    warden->gate_uid = geteuid();
    warden->gate_gid = getegid();
    if (!warden->place.privileged)
        return;
    gate = system_user(warden->config.gate_user);
    warden->gate_uid = gate ? gate->pw_uid : UID_NOBODY;
    warden->gate_gid = gate ? gate->pw_gid : UID_NOBODY;
    if (!gate)
        log_notice("there is no user \"%s\" for the gate, so it runs as nobody",
                   warden->config.gate_user);
}

static void apply_config(struct warden *warden)
{
    warden->jobs.keep_ms = warden->config.keep_seconds * 1000;
    warden->jobs.memory_max = warden->config.memory;
    warden->jobs.running_max = warden->config.jobs;
    warden->jobs.spool_max = warden->config.spool;
    if (warden->jobs.spool_max > 0 && warden->jobs.spool_max < SPOOL_LEAST)
        warden->jobs.spool_max = SPOOL_LEAST;
}

static void on_stop_over(struct loop_timer *timer)
{
    struct warden *warden = container_of(timer, struct warden, stop_timer);

    log_warning("something does not end; leaving without it");
    loop_stop(&warden->loop);
}

static void on_tidy(struct loop_timer *timer)
{
    enum { EVERY_MS = 6 * 3600 * 1000 };
    struct warden *warden = container_of(timer, struct warden, tidy_timer);

    history_tidy(warden->place.state, clock_wall_ms());
    loop_timer_start(&warden->loop, timer, EVERY_MS);
}

/* Two agents with one memory would each run the same order. The lock goes with the process. */
static int claim_place(struct warden *warden)
{
    _cleanup_free_ char *path = place_path(warden->place.run, "lock");

    if (!path)
        return -ENOMEM;
    warden->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (warden->lock < 0 || flock(warden->lock, LOCK_EX | LOCK_NB) < 0) {
        int error = errno;

        log_error(error == EWOULDBLOCK
                      ? "another huned already runs with %s; stop it first, or give "
                        "this one a folder of its own (--state)%.0s"
                      : "cannot lock %s: %s",
                  path, strerror(error));
        return -error;
    }
    return 0;
}

static int start_memory(struct warden *warden)
{
    const char *failed = "";
    bool fresh;
    int r;

    r = place_make(&warden->place, &failed);
    if (r) {
        log_error("cannot make %s: %s", failed, strerror(-r));
        return r;
    }
    r = claim_place(warden);
    if (r)
        return r;
    r = machine_load(&warden->machine, &warden->place, &warden->config);
    if (r) {
        log_error("the machine's key in %s cannot be used: %s", warden->place.state, strerror(-r));
        return r;
    }
    r = epoch_load(warden->place.run, warden->epoch, &fresh);
    if (!r)
        r = replay_init(&warden->replay, warden->place.run, warden->place.state, fresh);
    if (!r)
        r = audit_init(&warden->audit, warden->place.state);
    if (!r) {
        warden->jobs.spool_folder = place_path(warden->place.state, "spool");
        r = warden->jobs.spool_folder ? 0 : -ENOMEM;
    }
    if (!r)
        r = roll_init(&warden->roll, warden->place.run);
    if (r)
        log_error("the agent's memory in %s and %s cannot be used: %s", warden->place.run,
                  warden->place.state, strerror(-r));
    return r;
}

int warden_start(struct warden *warden)
{
    char id[FINGERPRINT_TEXT_SIZE];
    int r;

    /* What warden_finish() looks at is made before anything can fail. */
    loop_timer_init(&warden->stop_timer, on_stop_over);
    loop_timer_init(&warden->tidy_timer, on_tidy);
    gate_init(warden);
    jobs_init(&warden->jobs, &warden->loop, &warden->forest, &tell_jobs_events, warden);
    warden->spawner = SPAWNER_INIT;
    warden->jobs.spawner = &warden->spawner;
    keyring_init(&warden->keyring, warden->place.operators);
    warden->replay.epoch_journal.fd = -1;
    warden->replay.waiting_journal.fd = -1;
    warden->audit.fd = -1;
    warden->roll.fd = -1;
    find_users(warden);
    r = loop_init(&warden->loop);
    if (!r)
        r = signals_watch(warden);
    if (!r)
        r = forest_init(&warden->forest);
    if (!r)
        r = spawner_start(&warden->spawner);
    if (r) {
        log_error("cannot start: %s", strerror(-r));
        return r;
    }
    raise_limits();
    apply_config(warden);
    r = start_memory(warden);
    if (!r)
        r = listeners_open(&warden->listeners, &warden->config);
    if (!r)
        r = listeners_publish(&warden->listeners, &warden->place);
    if (!r)
        r = listeners_listen(&warden->listeners);
    if (r)
        return r;
    watch_start(warden);
    keyring_refresh(&warden->keyring);
    inherit_jobs(warden);
    fingerprint_format(warden->machine.id, id);
    for (size_t i = 0; i < warden->listeners.count; i++)
        log_notice("listening on %s", warden->listeners.names[i]);
    log_notice("this machine is %s, id %s, %zu operators", warden->config.name, id,
               warden->keyring.count);
    audit_event(&warden->audit, "started", id);
    on_tidy(&warden->tidy_timer);
    gate_start(warden);
    return 0;
}

/* ---- reset and kill ---- */

static void reread_config(struct warden *warden)
{
    struct config fresh;
    struct config_error error;
    int r = config_read(&fresh, warden->place.config, &error);

    if (!r && warden->config_listen)
        r = config_set_listen(&fresh, warden->config_listen, &error);
    if (r) {
        log_error("%s: line %d: %s; the old settings stay", warden->place.config, error.line,
                  r < 0 ? strerror(-r) : error.text);
        return;
    }
    warden->config = fresh;
    apply_config(warden);
    if (listeners_open(&warden->listeners, &warden->config) ||
        listeners_publish(&warden->listeners, &warden->place))
        log_error("the agent listens where it did before");
}

void warden_reset(struct warden *warden)
{
    reread_config(warden);
    audit_event(&warden->audit, "reset", "");
    gate_say_goodbye(warden);
}

/* First the jobs end, while the gate can still tell the consoles how; then the gate; then we. */
void warden_kill(struct warden *warden)
{
    if (warden->stopping)
        return;
    warden->stopping = true;
    notify_stopping();
    audit_event(&warden->audit, "stopped", "");
    loop_timer_start(&warden->loop, &warden->stop_timer, STOP_PATIENCE_MS);
    jobs_stop_all(&warden->jobs);
    warden_stop_if_done(warden);
}

void warden_stop_if_done(struct warden *warden)
{
    if (!warden->stopping || warden->jobs.running > 0)
        return;
    if (warden->gate.pid == 0)
        loop_stop(&warden->loop);
    else
        gate_say_goodbye(warden);
}

void warden_finish(struct warden *warden)
{
    watch_stop(warden);
    gate_kill(warden);
    if (warden->gate.program >= 0)
        close(warden->gate.program);
    jobs_deinit(&warden->jobs);
    spawner_stop(&warden->spawner);
    if (warden->listeners.count > 0)
        listeners_retract(&warden->place);
    listeners_close(&warden->listeners);
    audit_deinit(&warden->audit);
    roll_deinit(&warden->roll);
    replay_deinit(&warden->replay);
    crypto_last_deinit(&warden->last_key);
    keyring_deinit(&warden->keyring);
    machine_deinit(&warden->machine);
    forest_deinit(&warden->forest);
    if (warden->signals.fd >= 0)
        close(warden->signals.fd);
    if (warden->lock >= 0)
        close(warden->lock);
    loop_deinit(&warden->loop);
    place_deinit(&warden->place);
}
