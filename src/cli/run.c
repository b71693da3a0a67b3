/* hune run: a command on one machine or on many. */
#include "cli/run.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/input.h"
#include "cli/json-line.h"
#include "proto/command.h"

/* More machines than this are asked about first. */
enum { CONFIRM_ABOVE = 20 };

struct run_options {
    const char *as;
    const char *cwd;
    const char *stdin_path;
    struct text_list env;
    uint64_t timeout;
    uint64_t fanout;
    bool live;
    bool gather;
    bool detach;
    bool raw;
};

static void line_json(struct console *console, const char *machine, bool is_error, uint32_t ms,
                      const uint8_t *bytes, size_t size)
{
    struct json_line line = json_line_begin(&console->out);

    json_line_text(&line, "machine", machine);
    json_line_text(&line, "stream", is_error ? "err" : "out");
    json_line_number(&line, "ms", ms);
    json_line_bytes(&line, "line", bytes, size);
    json_line_end(&line);
}

void run_lines_json(struct console *console, const char *machine, bool is_error, uint32_t ms,
                    struct lines *lines, const struct slice *bytes)
{
    _cleanup_buffer_ struct buffer whole = BUFFER_INIT;
    int error;

    lines->prefix = "";
    error = bytes ? lines_feed(lines, bytes->bytes, bytes->size, &whole)
                  : lines_finish(lines, &whole);
    if (error)
        console->out.closed = true;
    while (buffer_length(&whole) > 0) {
        const uint8_t *at = buffer_bytes(&whole);
        const uint8_t *newline = memchr(at, '\n', buffer_length(&whole));
        size_t size = newline ? (size_t)(newline - at) : buffer_length(&whole);

        line_json(console, machine, is_error, ms, at, size);
        buffer_consume(&whole, newline ? size + 1 : size);
    }
    output_flush(&console->out);
}

int run_machines(struct session *session, const struct selection *selection,
                 struct run_order *order)
{
    if (selection->count == 1 && !order->gather)
        return run_one(session, selection->indices[0], order);
    return run_many(session, selection, order);
}

static bool agreed(struct console *console, const struct selection *selection)
{
    _cleanup_buffer_ struct buffer question = BUFFER_INIT;
    struct fleet *fleet;

    if (selection->count <= CONFIRM_ABOVE)
        return true;
    if (console_fleet(console, &fleet) ||
        buffer_printf(&question, _("Run it on %u machines ("), selection->count) < 0 ||
        console_describe(fleet, selection, &question) < 0 ||
        buffer_append_text(&question, ")?") < 0 || !buffer_text(&question))
        return false;
    return console_confirm(console, buffer_text(&question));
}

static int encode(struct console *console, const struct run_options *options,
                  const struct words *words, struct run_order *order)
{
    const struct command command = {
        .mode = words->rest_count == 1 ? COMMAND_SHELL : COMMAND_ARGV,
        .flags = options->stdin_path ? COMMAND_INPUT : 0,
        .arguments = words->rest,
        .environment = options->env.items,
        .directory = options->cwd,
    };
    int error;

    for (size_t i = 0; i < options->env.count; i++) {
        if (!strchr(options->env.items[i], '=') || options->env.items[i][0] == '=')
            return console_usage(console, _("--env takes NAME=VALUE."), NULL);
    }
    error = command_encode(&command, &order->payload);
    if (error == -EMSGSIZE) {
        complain_say(&console->error, _("Put what is long into a file, or send it with --stdin."),
                     "%s", _("The command is too long for one order."));
        return STATUS_USAGE;
    }
    if (error) {
        complain_no_memory(&console->error);
        return STATUS_FAILED;
    }
    return STATUS_OK;
}

static int open_input(struct console *console, const char *path, struct run_order *order)
{
    if (!path)
        return STATUS_OK;
    order->input = input_open(path);
    if (order->input >= 0)
        return STATUS_OK;
    complain(&console->error, path, _("The file cannot be read."), strerror(-order->input), NULL);
    return STATUS_FAILED;
}

static void order_deinit(struct run_order *order)
{
    buffer_deinit(&order->payload);
    if (order->input >= 0)
        close(order->input);
}

static int check(struct console *console, const struct words *words)
{
    if (!words->rest)
        return console_usage(console, _("Which command?"),
                             _("It stands behind --, for example: hune run web1 -- uptime"));
    if (words->rest_count == 0)
        return console_usage(console, _("There is no command behind --."), NULL);
    return STATUS_OK;
}

static int exec_run(struct console *console, const void *values, const struct words *words)
{
    const struct run_options *options = values;
    _cleanup_session_ struct session session = {0};
    _cleanup_selection_ struct selection selection = SELECTION_INIT;
    _cleanup_(order_deinit) struct run_order order = {
        .as = options->as,
        .deadline_s = options->timeout,
        .at_once = (uint32_t)options->fanout,
        .input = -1,
        .raw = options->raw,
        .gather = options->gather,
        .detach = options->detach,
        .live = options->live,
    };
    int status = check(console, words);

    if (!status)
        status = console_select(console, words->items, &selection);
    if (!status)
        status = encode(console, options, words, &order);
    if (!status)
        status = open_input(console, options->stdin_path, &order);
    if (status)
        return status;
    if (!agreed(console, &selection))
        return STATUS_FAILED;
    status = session_open(&session, console, false);
    return status ? status : run_machines(&session, &selection, &order);
}

static const struct cli_option options[] = {
    OPTION(struct run_options, as, TEXT, 'u', "as", N_("USER"), N_("run as this user")),
    OPTION(struct run_options, timeout, SECONDS, 0, "timeout", N_("TIME"),
           N_("the machine stops the job then (90s, 15m, 2h)")),
    OPTION(struct run_options, fanout, NUMBER, 'f', "fanout", N_("N"),
           N_("machines at a time; default: as many as files allow")),
    OPTION(struct run_options, gather, FLAG, 'g', "gather", NULL,
           N_("show equal outputs once, at the end")),
    OPTION(struct run_options, live, FLAG, 0, "live", NULL,
           N_("show output as it comes; with --json one object a piece")),
    OPTION(struct run_options, detach, FLAG, 'd', "detach", NULL,
           N_("leave as soon as the machines took it; hune attach follows it")),
    OPTION(struct run_options, stdin_path, TEXT, 0, "stdin", N_("FILE|-"),
           N_("the command's standard input; without it there is none")),
    OPTION(struct run_options, cwd, TEXT, 'C', "cwd", N_("DIR"),
           N_("directory to run in; default: the user's home")),
    OPTION(struct run_options, env, LIST, 'e', "env", N_("NAME=VALUE"),
           N_("a variable of its environment; may come again")),
    OPTION(struct run_options, raw, FLAG, 0, "raw", NULL,
           N_("pass control characters to the terminal")),
};

const struct cli_command cli_run = {
    .name = "run",
    .arguments = "[SEL] [OPTIONS] -- COMMAND…",
    .summary = N_("Run a command on machines"),
    .details = N_(
        "One COMMAND argument is a line for the machine's shell; several are run as they "
        "are, without a shell.\nOn one machine the output passes through unchanged and the "
        "exit status is the command's.\nCtrl-C stops the command on the machines; pressed "
        "twice, it leaves the command running."),
    .examples = "hune run web1 -- uptime\n"
                "hune run '@web' --gather -- 'nginx -v 2>&1'\n"
                "hune run -t web[1-3] --as www-data --timeout 5m -- ls -l /srv\n"
                "hune run db1 --stdin dump.sql -- psql shop\n"
                "hune run backup1 --detach -- /usr/local/sbin/full-backup",
    OPTIONS(options, struct run_options),
    .selects = true,
    .exec = exec_run,
};
