/* A shell while it lasts: keys go out, what it shows comes in, and the terminal follows.
 *
 * Until the machine has the order the terminal is ours, and Ctrl-C gives up; then it is raw. A lost
 * connection changes nothing but the title: the link comes back by itself, output goes on at the
 * byte where it stopped, and keys that the machine does not have are sent again. */
#include "cli/shell-private.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/random.h"
#include "cli/render.h"
#include "fleet/link/outcome.h"
#include "proto/terminal.h"

enum {
    SHELL_HANG_UP_MS = 2000,     /* for the machine to tell the end after ~. */
    SHELL_SEND_MS = 1000,        /* for keys that were typed before ~d */
    SHELL_ANSWER_MS = 500,       /* for the terminal to answer */
    SHELL_ECHO_NS = 1000 * 1000, /* as long as a machine nearby takes to echo a key */
};

/* ---- the end ---- */

static void on_timer(uv_timer_t *timer)
{
    struct shell *shell = timer->data;

    if (shell->leaving) {
        shell->done = true;
    } else if (shell->dropping) {
        shell->dropping = false;
        shell_poll(shell);
    }
}

void shell_leave(struct shell *shell, enum shell_leaving how)
{
    if (shell->done || shell->leaving)
        return;
    shell->leaving = how;
    if (how == SHELL_HUNG_UP)
        shell->status = STATUS_SIGNALLED + SIGHUP; /* unless the machine tells better */
    else if (how == SHELL_TAKEN_OVER)
        shell->status = STATUS_FAILED;
    if (!shell->live || shell->is_away) {
        shell->done = true;
    } else if (how == SHELL_HUNG_UP) {
        remote_job_write_end(shell->job);
        uv_timer_start(&shell->timer, on_timer, SHELL_HANG_UP_MS, 0);
    } else if (shell_send_queued(shell) && remote_job_input_is_sent(shell->job)) {
        /* They are on the wire when the loop comes round again. */
        uv_timer_start(&shell->timer, on_timer, 0, 0);
    } else {
        uv_timer_start(&shell->timer, on_timer, SHELL_SEND_MS, 0);
    }
}

/* ---- the terminal's size and signals ---- */

static uint32_t shell_ms(const struct shell *shell)
{
    return shell->ms + (uint32_t)(clock_monotonic_ms() - shell->ms_at);
}

static void announce_size(struct shell *shell)
{
    if (terminal_input_resize(&shell->sending, &shell->size) == 0)
        shell_send_queued(shell);
}

void shell_send_size(struct shell *shell)
{
    struct terminal_size size = tty_size(shell->tty);

    if (memcmp(&size, &shell->size, sizeof(size)) == 0)
        return;
    shell->size = size;
    cast_resize(shell->cast, shell_ms(shell), size.columns, size.rows);
    announce_size(shell);
}

static void on_resized(uv_signal_t *signal, int number)
{
    struct shell *shell = signal->data;

    (void)number;
    if (shell->live)
        shell_send_size(shell);
}

static void become_raw(struct shell *shell)
{
    if (tty_make_raw(shell->tty) < 0)
        shell_leave(shell, SHELL_DETACHED);
}

static void on_stopped(uv_signal_t *signal, int number);

void shell_suspend(struct shell *shell)
{
    uv_signal_stop(&shell->stopped);
    shell_tell_farewell(shell);
    tty_restore(shell->tty);
    kill(0, SIGTSTP);
    uv_signal_start(&shell->stopped, on_stopped, SIGTSTP);
    become_raw(shell);
    shell_send_size(shell);
}

static void on_stopped(uv_signal_t *signal, int number)
{
    (void)number;
    shell_suspend(signal->data);
}

static void on_continued(uv_signal_t *signal, int number)
{
    struct shell *shell = signal->data;

    (void)number;
    if (shell->live && !shell->done)
        become_raw(shell);
}

static void on_told_to_go(uv_signal_t *signal, int number)
{
    struct shell *shell = signal->data;

    shell->status = STATUS_SIGNALLED + number;
    shell_leave(shell, SHELL_DETACHED);
}

/* ---- the job ---- */

static void on_accepted(struct remote_job *job, void *user)
{
    struct shell *shell = user;

    (void)job;
    if (shell->live || shell->done)
        return;
    shell->live = true;
    become_raw(shell);
    /* Also where it is known: it opens the way of the keys, and whoever had it is told. */
    announce_size(shell);
    shell_poll(shell);
}

/* All that was shown before is shown again. */
static void end_replay(struct shell *shell)
{
    shell->replaying = false;
    if (shell->screen.asked) {
        shell_drop_old_answers(shell);
        uv_timer_start(&shell->timer, on_timer, SHELL_ANSWER_MS, 0);
    }
    shell_poll(shell);
}

static void on_output(struct remote_job *job, enum frame_kind kind, const uint8_t *bytes,
                      size_t size, uint32_t ms, void *user)
{
    struct shell *shell = user;

    (void)kind;
    shell->ms = ms;
    shell->ms_at = clock_monotonic_ms();
    screen_state_feed(&shell->screen, bytes, size);
    shell_tell_farewell(shell);
    shell_show(shell, bytes, size);
    cast_output(shell->cast, ms, bytes, size);
    if (shell->replaying && remote_job_taken(job) >= shell->replay_end)
        end_replay(shell);
}

static void on_note(struct remote_job *job, const char *text, size_t size, void *user)
{
    (void)job;
    shell_show_note(user, text, size);
}

static void on_interrupted(struct remote_job *job, bool is_away, void *user)
{
    struct shell *shell = user;

    (void)job;
    shell->is_away = is_away;
    shell->away_since_ms = clock_monotonic_ms();
    shell_set_title(shell, is_away);
    if (shell->leaving && is_away)
        shell->done = true;
}

static void on_writable(struct remote_job *job, void *user)
{
    struct shell *shell = user;

    (void)job;
    if (shell_send_queued(shell))
        shell_poll(shell);
}

static void on_input_end(struct remote_job *job, const struct trouble *trouble, void *user)
{
    struct shell *shell = user;

    (void)job;
    if (trouble && trouble->code == PROBLEM_TAKEN_OVER)
        shell_leave(shell, SHELL_TAKEN_OVER);
}

static void on_end(struct remote_job *job, struct job_state state, const struct trouble *trouble,
                   void *user)
{
    struct shell *shell = user;
    const struct ending ending = {
        .machine = shell->machine->name,
        .state = state,
        .trouble = trouble,
        .job = remote_job_id(job),
        .ms = shell->ms,
    };

    tty_restore(shell->tty);
    shell->status = outcome_exit_status(state);
    shell->ended = true;
    if (trouble || (state.state != STATE_EXITED && shell->leaving != SHELL_HUNG_UP))
        render_people.ending(shell->session->console, &ending);
    shell->done = true;
}

static const struct remote_job_events job_events = {
    .on_accepted = on_accepted,
    .on_output = on_output,
    .on_note = on_note,
    .on_interrupted = on_interrupted,
    .on_writable = on_writable,
    .on_input_end = on_input_end,
    .on_end = on_end,
};

int shell_start(struct shell *shell, struct link *link, const struct errand *errand)
{
    return remote_job_start(&shell->job, link, errand, true, &job_events, shell);
}

int shell_continue(struct shell *shell, struct link *link, const struct job_object *object,
                   uint64_t from)
{
    uint64_t now = clock_wall_ms() << 16;
    uint16_t chance = 0;
    int error;

    random_bytes(&chance, sizeof(chance));
    shell->replay_end = object->output;
    shell->replaying = object->output > from && !state_is_ended(object->state.state);
    error = remote_job_attach(&shell->job, link, object->id, from, 0, &job_events, shell);
    if (!error && shell->job)
        remote_job_take_input(shell->job,
                              (now > object->writer ? now : object->writer + 1) | chance);
    return error;
}

void shell_give_up(struct shell *shell)
{
    shell->status = STATUS_SIGNALLED + SIGINT;
    shell_leave(shell, SHELL_DETACHED);
}

/* ---- life ---- */

static void on_closed(uv_handle_t *handle)
{
    struct shell *shell = handle->data;

    if (--shell->closing == 0)
        free(shell);
}

static void handle_close(struct shell *shell, uv_handle_t *handle)
{
    shell->closing++;
    handle->data = shell;
    uv_close(handle, on_closed);
}

int shell_new(struct shell **shell_out, struct session *session, uint32_t machine)
{
    struct shell *shell = calloc(1, sizeof(*shell));
    int r;

    if (!shell)
        return -ENOMEM;
    shell->session = session;
    shell->machine = &session->fleet->machines[machine];
    r = tty_open(&shell->tty);
    if (!r)
        shell->size = tty_size(shell->tty);
    if (!r)
        r = uv_poll_init(&session->loop, &shell->poll, tty_fd(shell->tty));
    if (r) {
        tty_close(shell->tty);
        free(shell);
        return r;
    }
    shell->poll.data = shell;
    uv_timer_init(&session->loop, &shell->timer);
    shell->timer.data = shell;
    uv_prepare_init(&session->loop, &shell->before_sleep);
    shell->before_sleep.data = shell;
    busy_poll_init(&shell->echo, &session->loop, SHELL_ECHO_NS);
#define X(member, number, callback)                 \
    uv_signal_init(&session->loop, &shell->member); \
    shell->member.data = shell;                     \
    uv_signal_start(&shell->member, callback, number);
    SHELL_SIGNALS(X)
#undef X
    *shell_out = shell;
    return 0;
}

void shell_free(struct shell *shell)
{
    if (!shell)
        return;
    remote_job_detach(shell->job);
    handle_close(shell, (uv_handle_t *)&shell->poll);
    handle_close(shell, (uv_handle_t *)&shell->timer);
    handle_close(shell, (uv_handle_t *)&shell->before_sleep);
#define X(member, number, callback) handle_close(shell, (uv_handle_t *)&shell->member);
    SHELL_SIGNALS(X)
#undef X
    tty_close(shell->tty);
    buffer_wipe(&shell->sending);
    buffer_deinit(&shell->showing);
}
