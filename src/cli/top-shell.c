/* The terminal handed to others for a while: to a shell on a machine, or to the shell that started
 * hune top. */
#include "cli/top.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>

#include "base/text.h"
#include "cli/commands.h"

static void on_shell_closed(uv_handle_t *handle)
{
    free(handle);
}

static void on_shell_end(uv_process_t *process, int64_t code, int signal_number)
{
    struct top *top = process->data;

    (void)code;
    (void)signal_number;
    uv_close((uv_handle_t *)process, on_shell_closed);
    top->shell = NULL;
    screen_return(top->screen);
    uv_poll_start(&top->keys, UV_READABLE | UV_DISCONNECT, top->keys.poll_cb);
    top_draw_soon(top, 0);
}

static int spawn_shell(struct top *top, const char *machine)
{
    const struct common_options *common = &top->session.console->common;
    const char *words[8] = {"hune", "shell", machine};
    uv_stdio_container_t stdio[3] = {{.flags = UV_INHERIT_FD, .data.fd = 0},
                                     {.flags = UV_INHERIT_FD, .data.fd = 1},
                                     {.flags = UV_INHERIT_FD, .data.fd = 2}};
    uv_process_options_t options = {.exit_cb = on_shell_end,
                                    .file = "/proc/self/exe",
                                    .args = (char **)(size_t)words, /* as execvp(3) */
                                    .stdio = stdio,
                                    .stdio_count = 3};
    size_t count = 3;
    int error;

    if (common->fleet) {
        words[count++] = "--fleet";
        words[count++] = common->fleet;
    }
    if (common->identity) {
        words[count++] = "--identity";
        words[count++] = common->identity;
    }
    top->shell = calloc(1, sizeof(*top->shell));
    if (!top->shell)
        return -ENOMEM;
    top->shell->data = top;
    error = uv_spawn(&top->session.loop, top->shell, &options);
    if (error) {
        uv_close((uv_handle_t *)top->shell, on_shell_closed);
        top->shell = NULL;
    }
    return error;
}

void top_shell(struct top *top)
{
    uint32_t position = top->mode == TOP_MACHINE ? top->viewed : table_chosen(&top->table);
    int error;

    if (position == FLEET_NONE)
        return;
    if (!cli_find("shell")) {
        text_copy(top->note, sizeof(top->note), _("This hune has no `hune shell`."));
        return;
    }
    uv_poll_stop(&top->keys);
    screen_leave(top->screen);
    error = spawn_shell(top, top->table.rows[position].machine->name);
    if (!error)
        return;
    snprintf(top->note, sizeof(top->note), _("The shell does not start: %s"), uv_strerror(error));
    screen_return(top->screen);
    uv_poll_start(&top->keys, UV_READABLE | UV_DISCONNECT, top->keys.poll_cb);
}

void top_suspend(struct top *top)
{
    if (top->shell)
        return;
    screen_leave(top->screen);
    raise(SIGSTOP);
    screen_return(top->screen);
    top_draw_soon(top, 0);
}

void top_end_shell(struct top *top)
{
    if (!top->shell)
        return;
    uv_process_kill(top->shell, SIGHUP);
    uv_close((uv_handle_t *)top->shell, on_shell_closed);
}
