/* What is typed into a shell: tildes are for us, old answers of the terminal for nobody, all else
 * goes to the machine. */
#include "cli/shell-private.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "proto/terminal.h"

enum { SHELL_READ = 4096 };

bool shell_send_queued(struct shell *shell)
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

/* "How are you?", which every terminal answers, and "well". */
static const char question[] = "\033[5n";
static const char answer[] = "\033[0n";

void shell_drop_old_answers(struct shell *shell)
{
    shell->dropping = true;
    shell_show_text(shell, question);
}

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

static void obey(struct shell *shell, enum tilde_wish wish)
{
    switch (wish) {
    case TILDE_LEAVE: shell_leave(shell, SHELL_HUNG_UP); break;
    case TILDE_DETACH: shell_leave(shell, SHELL_DETACHED); break;
    case TILDE_SUSPEND: shell_suspend(shell); break;
    case TILDE_HELP: shell_show_help(shell); break;
    case TILDE_NOTHING: break;
    }
}

/* The key is on its way. */
static void on_before_sleep(uv_prepare_t *prepare)
{
    struct shell *shell = prepare->data;

    uv_prepare_stop(prepare);
    busy_poll_wait(&shell->echo);
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
        if (shell_send_queued(shell))
            uv_prepare_start(&shell->before_sleep, on_before_sleep);
        keys += taken;
        size -= taken;
        obey(shell, wish);
    }
    buffer_deinit(&plain);
}

/* All that was typed by now, up to `size`, so that what comes together goes together. Looking once
 * more also waits for the kernel's own worker to be done with the terminal: a processor that has
 * nothing else to do runs the machine's side of a loopback, or the network's interrupt, at once. */
static ssize_t read_keys(int fd, uint8_t *keys, size_t size)
{
    size_t got = 0;
    ssize_t n;

    do {
        n = read(fd, keys + got, size - got);
        got += n > 0 ? (size_t)n : 0;
    } while (n > 0 && got < size);
    return got > 0 ? (ssize_t)got : n;
}

static void on_terminal(uv_poll_t *poll, int status, int events)
{
    struct shell *shell = poll->data;
    /* Neither zeroed before nor wiped behind what was read: a key is a byte. */
    uint8_t keys[SHELL_READ] __attribute__((uninitialized));
    ssize_t n;

    if (shell->done)
        return;
    if (events & UV_WRITABLE && buffer_length(&shell->showing) > 0)
        shell_show_rest(shell);
    if (shell->done || (!(events & (UV_READABLE | UV_DISCONNECT)) && status == 0))
        return;
    n = read_keys(tty_fd(shell->tty), keys, sizeof(keys));
    /* The signal may come later than a key that was typed behind it. */
    shell_send_size(shell);
    if (n > 0)
        take_keys(shell, keys, (size_t)n);
    else if (n == 0 || (errno != EAGAIN && errno != EINTR))
        shell_leave(shell, SHELL_DETACHED); /* the window was closed */
    if (n > 0)
        explicit_bzero(keys, (size_t)n);
    shell_poll(shell);
}

void shell_poll(struct shell *shell)
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
