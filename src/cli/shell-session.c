/* A shell while it lasts: keys go out, what it shows comes in, and the terminal follows.
 *
 * Until the machine has the order the terminal is ours, and Ctrl-C gives up; then it is raw. A lost
 * connection changes nothing but the title: the link comes back by itself, output goes on at the
 * byte where it stopped, and keys that the machine does not have are sent again. */
#include "cli/shell-session.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/random.h"
#include "base/text.h"
#include "cli/job-pick.h"
#include "cli/render.h"
#include "fleet/outcome.h"
#include "proto/terminal.h"

enum {
    SHELL_READ = 4096,
    SHELL_HANG_UP_MS = 2000, /* for the machine to tell the end after ~. */
    SHELL_SEND_MS = 1000,    /* for keys that were typed before ~d */
    SHELL_ANSWER_MS = 500,   /* for the terminal to answer */
};

/* ---- what the shell shows ---- */

static void poll_again(struct shell *shell);
static void leave(struct shell *shell, enum shell_leaving how);

/* Writes what the terminal takes now. False if it is gone. */
static bool show_some(struct shell *shell, const uint8_t *bytes, size_t size, size_t *taken_out)
{
    ssize_t n = write(tty_fd(shell->tty), bytes, size);

    *taken_out = n > 0 ? (size_t)n : 0;
    if (n >= 0 || errno == EAGAIN || errno == EINTR)
        return true;
    leave(shell, SHELL_DETACHED);
    return false;
}

/* What the terminal does not take waits, and with it the machine. */
static void show(struct shell *shell, const void *bytes, size_t size)
{
    size_t taken = 0;

    if (buffer_length(&shell->showing) == 0 && !show_some(shell, bytes, size, &taken))
        return;
    if (taken == size)
        return;
    if (buffer_append(&shell->showing, (const uint8_t *)bytes + taken, size - taken) < 0) {
        leave(shell, SHELL_DETACHED);
        return;
    }
    remote_job_pause(shell->job);
    poll_again(shell);
}

static void show_text(struct shell *shell, const char *text)
{
    show(shell, text, strlen(text));
}

/* Lines of our own, on a terminal that is raw. */
static void show_lines(struct shell *shell, const char *lines)
{
    while (lines && *lines) {
        size_t length = strcspn(lines, "\n");

        show(shell, lines, length);
        show_text(shell, "\r\n");
        lines += length + (lines[length] == '\n');
    }
}

static void show_rest(struct shell *shell)
{
    size_t taken;

    if (!show_some(shell, buffer_bytes(&shell->showing), buffer_length(&shell->showing), &taken))
        return;
    buffer_consume(&shell->showing, taken);
    if (buffer_length(&shell->showing) > 0)
        return;
    poll_again(shell);
    remote_job_resume(shell->job);
}

static void tell_farewell(struct shell *shell)
{
    struct buffer undo = BUFFER_INIT;

    if (shell->has_title)
        buffer_append_text(&undo, "\033[23;2t");
    if (screen_state_undo(&shell->screen, &undo) == 0)
        tty_set_farewell(shell->tty, buffer_bytes(&undo), buffer_length(&undo));
    buffer_deinit(&undo);
}

/* The title alone, since the screen is the machine's; and only where it tears nothing apart. */
static void set_title(struct shell *shell, bool is_away)
{
    struct buffer text = BUFFER_INIT;
    const char *terminal = getenv("TERM");

    if (is_away == shell->has_title || !shell->live || buffer_length(&shell->showing) > 0 ||
        !screen_state_is_between(&shell->screen) || !terminal || text_equal(terminal, "dumb") ||
        text_equal(terminal, "linux"))
        return;
    shell->has_title = is_away;
    if (is_away) {
        buffer_append_text(&text, "\033[22;2t\033]2;");
        buffer_printf(&text, _("%s: connection lost, trying again"), shell->machine->name);
        buffer_append_text(&text, "\007");
    } else {
        buffer_append_text(&text, "\033[23;2t");
    }
    show(shell, buffer_bytes(&text), buffer_length(&text));
    buffer_deinit(&text);
    tell_farewell(shell);
}

/* ---- the end ---- */

static void on_timer(uv_timer_t *timer)
{
    struct shell *shell = timer->data;

    if (shell->leaving) {
        shell->done = true;
    } else if (shell->dropping) {
        shell->dropping = false;
        poll_again(shell);
    }
}

/* Gives the job what is queued. False if it takes no more now. */
static bool send_queued(struct shell *shell)
{
    int error = 0;

    if (buffer_length(&shell->sending) > 0)
        error = remote_job_write(shell->job, buffer_bytes(&shell->sending),
                                 buffer_length(&shell->sending));
    if (error == -EAGAIN)
        return false;
    buffer_clear(&shell->sending);
    return true;
}

static void leave(struct shell *shell, enum shell_leaving how)
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
    } else if (send_queued(shell) && remote_job_input_is_sent(shell->job)) {
        /* They are on the wire when the loop comes round again. */
        uv_timer_start(&shell->timer, on_timer, 0, 0);
    } else {
        uv_timer_start(&shell->timer, on_timer, SHELL_SEND_MS, 0);
    }
}

/* ---- keys ---- */

static uint32_t shell_ms(const struct shell *shell)
{
    return shell->ms + (uint32_t)(clock_monotonic_ms() - shell->ms_at);
}

static void announce_size(struct shell *shell)
{
    if (terminal_input_resize(&shell->sending, &shell->size) == 0)
        send_queued(shell);
}

/* Tells the machine the window's size, if it does not know it. */
static void send_size(struct shell *shell)
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
        send_size(shell);
}

static void become_raw(struct shell *shell)
{
    if (tty_make_raw(shell->tty) < 0)
        leave(shell, SHELL_DETACHED);
}

static void on_stopped(uv_signal_t *signal, int number);

/* The person wants the shell that hune was started from. */
static void suspend(struct shell *shell)
{
    uv_signal_stop(&shell->stopped);
    tell_farewell(shell);
    tty_restore(shell->tty);
    kill(0, SIGTSTP);
    uv_signal_start(&shell->stopped, on_stopped, SIGTSTP);
    become_raw(shell);
    send_size(shell);
}

static void on_stopped(uv_signal_t *signal, int number)
{
    (void)number;
    suspend(signal->data);
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
    leave(shell, SHELL_DETACHED);
}

static void show_help(struct shell *shell)
{
    _cleanup_free_ char *again = job_attach_command(shell->machine->name,
                                                    remote_job_id(shell->job));
    struct buffer text = BUFFER_INIT;

    buffer_printf(&text,
                  _("Keys that are for hune, behind a newline:\n"
                    " ~.   hang the shell up and leave\n"
                    " ~d   leave it running; later: %s\n"
                    " ~^Z  suspend hune\n"
                    " ~~   send one tilde\n"
                    " ~?   this help\n"),
                  again ? again : "hune attach");
    if (shell->is_away)
        buffer_printf(&text, _("The connection is lost for %u s; trying again.\n"),
                      (unsigned)((clock_monotonic_ms() - shell->away_since_ms) / 1000));
    show_text(shell, "~?\r\n");
    show_lines(shell, buffer_text(&text));
    buffer_deinit(&text);
}

static void obey(struct shell *shell, enum tilde_wish wish)
{
    switch (wish) {
    case TILDE_LEAVE: leave(shell, SHELL_HUNG_UP); break;
    case TILDE_DETACH: leave(shell, SHELL_DETACHED); break;
    case TILDE_SUSPEND: suspend(shell); break;
    case TILDE_HELP: show_help(shell); break;
    case TILDE_NOTHING: break;
    }
}

/* A terminal that is shown an old question answers it, and the answer would be typed into the
 * shell. It works in order: behind its answer to a question of ours no old one is left. */
static const char question[] = "\033[5n";
static const char answer[] = "\033[0n";

/* Drops keys up to our answer; returns how many. */
static size_t drop(struct shell *shell, const uint8_t *keys, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        shell->answered = keys[i] == (uint8_t)answer[shell->answered] ? shell->answered + 1
                          : keys[i] == (uint8_t)answer[0]             ? 1
                                                                      : 0;
        if (shell->answered == sizeof(answer) - 1) {
            shell->dropping = false;
            uv_timer_stop(&shell->timer);
            return i + 1;
        }
    }
    return size;
}

static void take_keys(struct shell *shell, const uint8_t *keys, size_t size)
{
    struct buffer plain = BUFFER_INIT;
    enum tilde_wish wish;

    /* Somebody waits: the next attempt is now. */
    if (shell->is_away)
        link_connect(remote_job_link(shell->job));
    if (shell->dropping) {
        size_t dropped = drop(shell, keys, size);

        keys += dropped;
        size -= dropped;
    }
    while (size > 0 && !shell->done && !shell->leaving) {
        size_t taken = tilde_feed(&shell->tilde, keys, size, &plain, &wish);

        terminal_input_keys(&shell->sending, buffer_bytes(&plain), buffer_length(&plain));
        buffer_wipe(&plain);
        send_queued(shell);
        keys += taken;
        size -= taken;
        obey(shell, wish);
    }
    buffer_deinit(&plain);
}

static void on_terminal(uv_poll_t *poll, int status, int events)
{
    struct shell *shell = poll->data;
    uint8_t keys[SHELL_READ];
    ssize_t n;

    if (shell->done)
        return;
    if (events & UV_WRITABLE && buffer_length(&shell->showing) > 0)
        show_rest(shell);
    if (shell->done || (!(events & (UV_READABLE | UV_DISCONNECT)) && status == 0))
        return;
    n = read(tty_fd(shell->tty), keys, sizeof(keys));
    /* The signal may come later than a key that was typed behind it. */
    send_size(shell);
    if (n > 0)
        take_keys(shell, keys, (size_t)n);
    else if (n == 0 || (errno != EAGAIN && errno != EINTR))
        leave(shell, SHELL_DETACHED); /* the window was closed */
    explicit_bzero(keys, sizeof(keys));
    poll_again(shell);
}

static void poll_again(struct shell *shell)
{
    int events = 0;

    if (shell->live && !shell->done) {
        if (buffer_length(&shell->sending) == 0 && !shell->replaying)
            events |= UV_READABLE | UV_DISCONNECT;
        if (buffer_length(&shell->showing) > 0)
            events |= UV_WRITABLE;
    }
    if (events == shell->polled)
        return; /* each change costs two system calls, and one key is one turn */
    shell->polled = events;
    if (events)
        uv_poll_start(&shell->poll, events, on_terminal);
    else
        uv_poll_stop(&shell->poll);
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
    poll_again(shell);
}

/* All that was shown before is shown again. */
static void end_replay(struct shell *shell)
{
    shell->replaying = false;
    if (shell->screen.asked) {
        shell->dropping = true;
        show_text(shell, question);
        uv_timer_start(&shell->timer, on_timer, SHELL_ANSWER_MS, 0);
    }
    poll_again(shell);
}

static void on_output(struct remote_job *job, enum frame_kind kind, const uint8_t *bytes,
                      size_t size, uint32_t ms, void *user)
{
    struct shell *shell = user;

    (void)kind;
    shell->ms = ms;
    shell->ms_at = clock_monotonic_ms();
    screen_state_feed(&shell->screen, bytes, size);
    tell_farewell(shell);
    show(shell, bytes, size);
    cast_output(shell->cast, ms, bytes, size);
    if (shell->replaying && remote_job_taken(job) >= shell->replay_end)
        end_replay(shell);
}

static void on_note(struct remote_job *job, const char *text, size_t size, void *user)
{
    struct shell *shell = user;
    struct buffer line = BUFFER_INIT;

    (void)job;
    if (buffer_printf(&line, "\r\nhune: %s: ", shell->machine->name) == 0 &&
        text_append_printable_line(&line, text, size) == 0 &&
        buffer_append_text(&line, "\r\n") == 0)
        show(shell, buffer_bytes(&line), buffer_length(&line));
    buffer_deinit(&line);
}

static void on_interrupted(struct remote_job *job, bool is_away, void *user)
{
    struct shell *shell = user;

    (void)job;
    shell->is_away = is_away;
    shell->away_since_ms = clock_monotonic_ms();
    set_title(shell, is_away);
    if (shell->leaving && is_away)
        shell->done = true;
}

static void on_writable(struct remote_job *job, void *user)
{
    struct shell *shell = user;

    (void)job;
    if (send_queued(shell))
        poll_again(shell);
}

static void on_input_end(struct remote_job *job, const struct trouble *trouble, void *user)
{
    struct shell *shell = user;

    (void)job;
    if (trouble && trouble->code == PROBLEM_TAKEN_OVER)
        leave(shell, SHELL_TAKEN_OVER);
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
    leave(shell, SHELL_DETACHED);
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
#define X(member, number, callback) handle_close(shell, (uv_handle_t *)&shell->member);
    SHELL_SIGNALS(X)
#undef X
    tty_close(shell->tty);
    buffer_wipe(&shell->sending);
    buffer_deinit(&shell->showing);
}
