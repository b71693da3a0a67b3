/* hune shell: a terminal on one machine. */
#include "cli/shell.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/job-pick.h"
#include "cli/record.h"
#include "cli/shell-session.h"
#include "proto/terminal.h"

struct shell_options {
    const char *as;
    const char *cwd;
    const char *record;
    struct text_list env;
    bool no_tilde;
};

/* ---- the order ---- */

enum { SHELL_VARIABLES = 64 };

/* What a program there needs to know of the terminal here, as ssh sends it. */
static bool is_passed_on(const char *variable)
{
    return text_starts(variable, "LANG=") || text_starts(variable, "LC_") ||
           text_starts(variable, "COLORTERM=");
}

/* Ours first: those of the order win. */
static void collect_variables(const char *const *own, const char *variables[SHELL_VARIABLES + 1])
{
    size_t count = 0;

    for (char **at = environ; *at && count < SHELL_VARIABLES / 2; at++) {
        if (is_passed_on(*at))
            variables[count++] = *at;
    }
    for (; own && *own && count < SHELL_VARIABLES; own++)
        variables[count++] = *own;
    variables[count] = NULL;
}

static int encode(struct shell *shell, const struct shell_order *order, struct buffer *payload)
{
    const struct tty *tty = shell->tty;
    const char *variables[SHELL_VARIABLES + 1];
    const char *name = getenv("TERM");
    const struct terminal terminal = {
        .size = shell->size,
        .flags = tty_flags(tty),
        .erase = tty_erase(tty),
        .name = name && strlen(name) <= TERMINAL_NAME_MAX ? name : "dumb",
    };
    const struct command command = {
        .mode = !order->command      ? COMMAND_LOGIN
                : !order->command[1] ? COMMAND_SHELL
                                     : COMMAND_ARGV,
        .arguments = order->command,
        .environment = variables,
        .directory = order->directory,
    };

    collect_variables(order->environment, variables);
    return terminal_encode(&terminal, &command, payload);
}

/* ---- opening, and what is said afterwards ---- */

static void on_interrupt(struct session *session, unsigned times)
{
    (void)times;
    shell_give_up(session->user);
}

/* How it was left, and what can be done about it. */
static void tell_leaving(const struct shell *shell)
{
    _cleanup_free_ char *again = job_attach_command(shell->machine->name,
                                                    remote_job_id(shell->job));
    struct output *error = &shell->session->console->error;
    const char *machine = shell->machine->name;
    char hint[512];

    if (shell->ended)
        return;
    snprintf(hint, sizeof(hint), _("Continue it with: %s"), again ? again : "hune attach");
    if (!remote_job_is_sent(shell->job))
        complain_say(error, NULL, _("Given up; nothing was sent to %s."), machine);
    else if (shell->leaving == SHELL_TAKEN_OVER)
        complain_say(error, hint, _("Another console has taken over this shell on %s."), machine);
    else if (shell->leaving == SHELL_HUNG_UP && !shell->is_away)
        complain_say(error, hint, _("Hung up; %s has not told yet that the shell ended."), machine);
    else
        complain_say(error, hint, _("Left; the shell goes on on %s."), machine);
}

static int failed(struct session *session, uint32_t machine, int error)
{
    struct output *output = &session->console->error;
    const char *name = session->fleet->machines[machine].name;

    if (error == -ENOTTY)
        complain(output, NULL, _("A shell needs a terminal here."), NULL,
                 _("Commands without one: hune run MACHINE -- COMMAND"));
    else if (error == -EMSGSIZE)
        complain(output, NULL, _("The command is too long for one order."), NULL, NULL);
    else
        complain(output, name, _("The shell cannot be opened."), strerror(-error), NULL);
    return error == -ENOTTY || error == -EMSGSIZE ? STATUS_USAGE : STATUS_FAILED;
}

/* What begins a shell: an order, or the job that is there. */
struct beginning {
    const struct errand *errand;
    const struct job_object *object;
    uint64_t from;
};

static int begin(struct shell *shell, struct link *link, const struct beginning *beginning)
{
    return beginning->errand ? shell_start(shell, link, beginning->errand)
                             : shell_continue(shell, link, beginning->object, beginning->from);
}

/* From the beginning until it is over. */
static int serve(struct shell *shell, uint32_t machine, const struct beginning *beginning)
{
    struct session *session = shell->session;
    struct output *error_output = &session->console->error;
    struct link *link;
    int error = link_pool_take(session->pool, machine, &link);

    if (error)
        return failed(session, machine, error);
    session_catch(session, on_interrupt, shell);
    error = begin(shell, link, beginning);
    if (!error && link_state(link) == LINK_WAITING) {
        output_print(error_output, _("hune: waiting for the connection to %s; Ctrl-C gives up\n"),
                     shell->machine->name);
        output_flush(error_output);
    }
    if (!error) {
        session_wait(session, &shell->done);
        tty_restore(shell->tty);
        tell_leaving(shell);
    }
    session_catch(session, NULL, NULL);
    shell->job = remote_job_detach(shell->job);
    link_pool_release(session->pool, machine);
    return error ? failed(session, machine, error) : shell->status;
}

static int record(struct shell *shell, const struct shell_order *order)
{
    const struct cast_head head = {
        .columns = shell->size.columns,
        .rows = shell->size.rows,
        .title = shell->machine->name,
        .command = order->command && !order->command[1] ? order->command[0] : NULL,
        .terminal = getenv("TERM"),
    };

    if (!order->record)
        return STATUS_OK;
    return record_begin(shell->session->console, order->record, &head, &shell->cast);
}

int shell_open(struct session *session, uint32_t machine, const struct shell_order *order)
{
    _cleanup_buffer_ struct buffer payload = BUFFER_INIT;
    struct errand errand = {.verb = VERB_SHELL};
    struct shell *shell;
    int status;
    int error = shell_new(&shell, session, machine);

    if (error)
        return failed(session, machine, error);
    shell->tilde.is_off = order->plain_keys;
    errand.user = order->as ? order->as : shell->machine->user;
    error = encode(shell, order, &payload);
    errand.payload = buffer_slice(&payload);
    status = error ? failed(session, machine, error) : record(shell, order);
    if (!status)
        status = serve(shell, machine, &(struct beginning){.errand = &errand});
    record_end(session->console, order->record, shell->cast);
    shell_free(shell);
    return status;
}

int shell_attach(struct session *session, uint32_t machine, const struct job_object *object,
                 uint64_t from)
{
    struct shell *shell;
    int status;
    int error = shell_new(&shell, session, machine);

    if (error)
        return failed(session, machine, error);
    status = serve(shell, machine, &(struct beginning){.object = object, .from = from});
    shell_free(shell);
    return status;
}

/* ---- the command ---- */

static int exec_shell(struct console *console, const void *values, const struct words *words)
{
    const struct shell_options *options = values;
    const struct shell_order order = {
        .as = options->as,
        .directory = options->cwd,
        .environment = options->env.items,
        .command = words->rest_count > 0 ? words->rest : NULL,
        .record = options->record,
        .plain_keys = options->no_tilde,
    };
    _cleanup_session_ struct session session = {0};
    uint32_t machine;
    int status;

    if (words->rest && words->rest_count == 0)
        return console_usage(console, _("There is no command behind --."), NULL);
    status = console_check_variables(console, &options->env);
    if (!status)
        status = console_select_one(console, words->items, &machine);
    if (!status)
        status = session_open(&session, console, false);
    return status ? status : shell_open(&session, machine, &order);
}

static const struct cli_option options[] = {
    OPTION(struct shell_options, as, TEXT, 'u', "as", N_("USER"), N_("be this user there")),
    OPTION(struct shell_options, as, TEXT, 'l', "user", N_("USER"), N_("the same")),
    OPTION(struct shell_options, cwd, TEXT, 'C', "cwd", N_("DIR"),
           N_("directory to begin in; default: the user's home")),
    OPTION(struct shell_options, env, LIST, 'e', "env", N_("NAME=VALUE"),
           N_("a variable of its environment; may come again")),
    OPTION(struct shell_options, record, TEXT, 0, "record", N_("FILE.cast"),
           N_("record what is shown, for asciinema")),
    OPTION(struct shell_options, no_tilde, FLAG, 0, "no-tilde", NULL,
           N_("every key is the machine's, also ~")),
    ELSEWHERE('p', "port", N_("The port stands in the list (hune list, hune add HOST:PORT).")),
    ELSEWHERE('L', "", N_("Nothing is forwarded: Hune carries shells, commands and files.")),
    ELSEWHERE('R', "", N_("Nothing is forwarded: Hune carries shells, commands and files.")),
    ELSEWHERE('D', "", N_("Nothing is forwarded: Hune carries shells, commands and files.")),
    ELSEWHERE('X', "", N_("Nothing is forwarded: Hune carries shells, commands and files.")),
    ELSEWHERE('A', "", N_("Nothing is forwarded: Hune carries shells, commands and files.")),
    ELSEWHERE('o', "", N_("No ssh takes part; the list has what is needed (hune list).")),
    ELSEWHERE('v', "", N_("hune doctor MACHINE shows the way to it, step by step.")),
};

const struct cli_command cli_shell = {
    .name = "shell",
    .takes_rest = true,
    .arguments = N_("[MACHINE] [OPTIONS] [-- COMMAND…]"),
    .summary = N_("Open a shell on a machine"),
    .details = N_(
        "The user's login shell, or COMMAND, on a terminal of the machine; window size, Ctrl-C and "
        "all other keys are its own. It survives a lost connection: keep the window open, and it "
        "goes on.\nBehind a newline, ~. hangs up, ~d leaves it running (hune attach continues it), "
        "~? tells more."),
    .examples = "hune shell web1\n"
                "hune shell web1 --as www-data -- htop\n"
                "hune shell db1 --record upgrade.cast",
    OPTIONS(options, struct shell_options),
    .selects = true,
    .exec = exec_shell,
};
