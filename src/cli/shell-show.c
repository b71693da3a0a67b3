/* What a shell shows, and what we show between it. The screen is the machine's: of our own there is
 * only the window's title, and lines that somebody asked for. */
#include "cli/shell-private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "cli/job-pick.h"

/* Writes what the terminal takes now. False if it is gone. */
static bool show_some(struct shell *shell, const uint8_t *bytes, size_t size, size_t *taken_out)
{
    ssize_t n = write(tty_fd(shell->tty), bytes, size);

    *taken_out = n > 0 ? (size_t)n : 0;
    if (n >= 0 || errno == EAGAIN || errno == EINTR)
        return true;
    shell_leave(shell, SHELL_DETACHED);
    return false;
}

void shell_show(struct shell *shell, const void *bytes, size_t size)
{
    size_t taken = 0;

    if (buffer_length(&shell->showing) == 0 && !show_some(shell, bytes, size, &taken))
        return;
    if (taken == size)
        return;
    if (buffer_append(&shell->showing, (const uint8_t *)bytes + taken, size - taken) < 0) {
        shell_leave(shell, SHELL_DETACHED);
        return;
    }
    remote_job_pause(shell->job);
    shell_poll(shell);
}

void shell_show_text(struct shell *shell, const char *text)
{
    shell_show(shell, text, strlen(text));
}

/* Lines of our own, on a terminal that is raw. */
static void show_lines(struct shell *shell, const char *lines)
{
    while (lines && *lines) {
        size_t length = strcspn(lines, "\n");

        shell_show(shell, lines, length);
        shell_show_text(shell, "\r\n");
        lines += length + (lines[length] == '\n');
    }
}

void shell_show_rest(struct shell *shell)
{
    size_t taken;

    if (!show_some(shell, buffer_bytes(&shell->showing), buffer_length(&shell->showing), &taken))
        return;
    buffer_consume(&shell->showing, taken);
    if (buffer_length(&shell->showing) > 0)
        return;
    shell_poll(shell);
    remote_job_resume(shell->job);
}

/* ---- the title ---- */

void shell_tell_farewell(struct shell *shell)
{
    struct buffer undo = BUFFER_INIT;

    if (shell->has_title)
        buffer_append_text(&undo, "\033[23;2t");
    if (screen_state_undo(&shell->screen, &undo) == 0)
        tty_set_farewell(shell->tty, buffer_bytes(&undo), buffer_length(&undo));
    buffer_deinit(&undo);
}

void shell_set_title(struct shell *shell, bool is_away)
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
    shell_show(shell, buffer_bytes(&text), buffer_length(&text));
    buffer_deinit(&text);
    shell_tell_farewell(shell);
}

/* ---- lines of our own ---- */

void shell_show_note(struct shell *shell, const char *text, size_t size)
{
    struct buffer line = BUFFER_INIT;

    if (buffer_printf(&line, "\r\nhune: %s: ", shell->machine->name) == 0 &&
        text_append_printable_line(&line, text, size) == 0 &&
        buffer_append_text(&line, "\r\n") == 0)
        shell_show(shell, buffer_bytes(&line), buffer_length(&line));
    buffer_deinit(&line);
}

void shell_show_help(struct shell *shell)
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
    shell_show_text(shell, "~?\r\n");
    show_lines(shell, buffer_text(&text));
    buffer_deinit(&text);
}
