/* What shell.c and shell-session.c share: a shell while it lasts. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/buffer.h"
#include "cli/cast.h"
#include "cli/screen-state.h"
#include "cli/session.h"
#include "cli/tilde.h"
#include "cli/tty.h"
#include "fleet/link/remote-job.h"
#include "wire/busy-poll.h"

/* How it was left by the person; a shell that ended by itself was not. */
enum shell_leaving { SHELL_STAYS, SHELL_HUNG_UP, SHELL_DETACHED, SHELL_TAKEN_OVER };

/* X(member, signal, what is called) */
#define SHELL_SIGNALS(X)                    \
    X(resized, SIGWINCH, on_resized)        \
    X(terminated, SIGTERM, on_told_to_go)   \
    X(window_closed, SIGHUP, on_told_to_go) \
    X(quit, SIGQUIT, on_told_to_go)         \
    X(stopped, SIGTSTP, on_stopped)         \
    X(continued, SIGCONT, on_continued)

struct shell {
    struct session *session;
    const struct machine *machine;
    struct remote_job *job;
    struct tty *tty;
    struct cast *cast;
    struct tilde tilde;
    struct screen_state screen;

    struct terminal_size size; /* as the machine was told last */
    struct buffer showing;     /* what the terminal has not taken; the job is paused meanwhile */
    struct buffer sending;     /* frames that the job has not taken; no key is read meanwhile */
    uint64_t replay_end;       /* of the job's stream: what comes before it was shown before */
    bool replaying;
    bool dropping;   /* keys, until the terminal's answer to our question */
    size_t answered; /* how many bytes of that came */
    bool live;       /* the machine has the order, the terminal is raw */
    bool is_away;    /* the connection is lost */
    bool has_title;
    uint64_t away_since_ms;
    uint32_t ms; /* of the last frame, and when it came */
    uint64_t ms_at;
    enum shell_leaving leaving;
    bool ended; /* the machine told the end */
    bool done;
    int status;

    uv_poll_t poll;
    int polled; /* what it waits for */
    uv_timer_t timer;
    uv_prepare_t before_sleep; /* runs once after a key was sent */
    struct busy_poll echo;
#define X(member, number, callback) uv_signal_t member;
    SHELL_SIGNALS(X)
#undef X
    unsigned closing; /* handles; the memory goes with the last one */
};

/* Returns 0, -ENOTTY without a terminal, or another -errno. */
int shell_new(struct shell **shell_out, struct session *session, uint32_t machine);
/* Gives the terminal back, lets go of the job. Takes NULL. */
void shell_free(struct shell *shell);
/* Gives the order, or continues the job that is there. Return 0 or -errno. */
int shell_start(struct shell *shell, struct link *link, const struct errand *errand);
int shell_continue(struct shell *shell, struct link *link, const struct job_object *object,
                   uint64_t from);
/* The person gives up before the machine has the order. */
void shell_give_up(struct shell *shell);
