/* hune run: a command on one machine or on many. */
#include "cli/run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/elsewhere.h"
#include "cli/input.h"
#include "cli/run-care.h"
#include "cli/run-choose.h"
#include "fleet/run/store-runs.h"
#include "proto/command.h"

struct run_options {
    /* What is ordered, and of whom: run_again_line() knows these from the order. */
    const char *as;
    const char *cwd;
    const char *stdin_path;
    struct run_places places;
    struct text_list env;
    uint64_t timeout;
    bool dry_run;
    /* How: from here on, what is said is said again in the line that tries again. */
    uint64_t deadline;
    uint64_t fanout;
    uint64_t canary;
    const char *wave;
    const char *max_fail;
    const char *record;
    bool live;
    bool gather;
    bool detach;
    bool sorted;
    bool diff;
    bool similar;
    bool raw;
    bool keep_going;
    bool even_protected;
    bool largest; /* -S: what hune does anyway */
};

int run_machines(struct session *session, const struct selection *selection,
                 struct run_order *order)
{
    if (selection->count == 1 && !order->many)
        return run_one(session, selection->indices[0], order);
    if (order->record)
        return console_usage(session->console, _("--record is for one machine."), NULL);
    return run_many(session, selection, order);
}

/* ---- what is ordered ---- */

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
    int error = console_check_variables(console, &options->env);

    if (error)
        return error;
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

/* --retry-failed without a command: what the last run ordered. `texts` holds its words. */
static int recall(struct console *console, const struct run_options *options,
                  struct run_order *order, struct buffer *texts)
{
    struct stored_run run;
    int error = store_run_find(console_store(console), 0, &run, texts);

    if (error) {
        complain_say(&console->error, _("hune runs tells which runs are remembered."), "%s",
                     _("There is no run to try again."));
        return STATUS_USAGE;
    }
    if (run.has_input && !options->stdin_path)
        return console_usage(console,
                             _("The last run had standard input, which is not remembered."),
                             _("Give it again with --stdin FILE."));
    if (!order->as && *run.as)
        order->as = run.as;
    if (buffer_append(&order->payload, run.payload.bytes, run.payload.size) < 0) {
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
    order->input_path = text_equal(path, "-") ? NULL : path;
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

/* ---- how ---- */

static int read_waves(struct console *console, const struct run_options *options,
                      struct wave_settings *waves)
{
    waves->canaries = (uint32_t)options->canary;
    waves->keep_going = options->keep_going;
    if (options->wave && (!wave_share_parse(options->wave, &waves->size) || waves->size.value == 0))
        return console_usage(console, _("--wave takes a number of machines or a part of them."),
                             _("Write it like 10 or 25%."));
    if (options->max_fail && !wave_share_parse(options->max_fail, &waves->failing))
        return console_usage(console, _("--max-fail takes a number of machines or a part of them."),
                             _("Write it like 3 or 5%."));
    waves->has_failing = options->max_fail != NULL;
    return 0;
}

/* There is no `--`: what was typed, as it would be right. */
static int ask_for_command(struct console *console, const struct run_options *options,
                           const struct words *words)
{
    const char *where = options->places.where.count ? options->places.where.items[0]
                        : console->common.target    ? console->common.target
                                                    : NULL;
    const char *const before[] = {"-w", where, NULL};
    _cleanup_buffer_ struct buffer line = BUFFER_INIT, hint = BUFFER_INIT;

    if (elsewhere_run_line(where ? before : NULL, words, &line) || !buffer_text(&line) ||
        buffer_printf(&hint, _("It stands behind --, like this: %s"), buffer_text(&line)) < 0 ||
        !buffer_text(&hint))
        return console_usage(console, _("Which command?"),
                             _("It stands behind --, for example: hune run web1 -- uptime"));
    return console_usage(console, _("Which command?"), buffer_text(&hint));
}

static int check(struct console *console, const struct run_options *options,
                 const struct words *words)
{
    bool chooses = words->count > 0 || options->places.where.count > 0 ||
                   options->places.groups.count > 0 || console->common.target;
    uint64_t number;

    if (options->places.retry_failed && chooses)
        return console_usage(console, _("--retry-failed chooses the machines itself."),
                             _("To choose among them: hune run '@last.failed&SELECTOR' -- ..."));
    if (!words->rest && !options->places.retry_failed)
        return ask_for_command(console, options, words);
    if (words->rest && words->rest_count == 0)
        return console_usage(console, _("There is no command behind --."), NULL);
    /* pdsh and clush have the time there. */
    if (options->as && text_to_u64(options->as, UINT64_MAX, &number))
        return console_usage(console, _("-u (--as) takes a user's name, not a number."),
                             _("To stop the command after a time: --timeout 30s"));
    return STATUS_OK;
}

static enum run_view view_of(const struct run_options *options)
{
    if (options->sorted)
        return RUN_VIEW_SORTED;
    if (options->gather || options->diff || options->similar)
        return RUN_VIEW_GATHER;
    return options->live ? RUN_VIEW_LIVE : RUN_VIEW_BEST;
}

/* As they are typed; so are those of the common ones that choose the list and the key. */
static int spell_manner(const struct console *console, const struct run_options *values,
                        struct buffer *out)
{
    struct common_options common = {.identity = console->common.identity,
                                    .fleet = console->common.fleet};
    const struct option_set before = {
        .options = common_options, .count = common_option_count, .values = &common};
    const struct option_set own = {.options = cli_run.options,
                                   .count = cli_run.option_count,
                                   .values = (void *)(uintptr_t)values};
    int error = options_spell(&before, 0, out);

    return error ? error : options_spell(&own, offsetof(struct run_options, deadline), out);
}

static int exec_run(struct console *console, const void *values, const struct words *words)
{
    const struct run_options *options = values;
    const struct run_care care = {.even_protected = options->even_protected,
                                  .dry_run = options->dry_run};
    _cleanup_session_ struct session session = {0};
    _cleanup_selection_ struct selection selection = SELECTION_INIT;
    _cleanup_buffer_ struct buffer selector = BUFFER_INIT, recalled = BUFFER_INIT,
                                   manner = BUFFER_INIT;
    _cleanup_(order_deinit) struct run_order order = {
        .as = options->as,
        .deadline_s = options->timeout,
        .whole_s = options->deadline,
        .at_once = (uint32_t)options->fanout,
        .input = -1,
        .record = options->record,
        .raw = options->raw,
        .view = view_of(options),
        .diff = options->diff,
        .similar = options->similar,
        .detach = options->detach,
        .live = options->live,
    };
    int status = check(console, options, words);

    order.many = order.view == RUN_VIEW_GATHER || order.view == RUN_VIEW_SORTED || order.whole_s;
    if (!status)
        status = read_waves(console, options, &order.wave);
    if (!status)
        status = run_choose(console, &options->places, words, &selector, &selection);
    if (!status)
        status = words->rest ? encode(console, options, words, &order)
                             : recall(console, options, &order, &recalled);
    if (!status)
        status = open_input(console, options->stdin_path, &order);
    if (status)
        return status;
    if (spell_manner(console, options, &manner)) {
        complain_no_memory(&console->error);
        return STATUS_FAILED;
    }
    order.selector = buffer_text(&selector);
    order.manner = buffer_text(&manner);
    status = run_care(console, &selection, &order, &care);
    if (status)
        return status == RUN_CARE_DONE ? STATUS_OK : status;
    status = session_open(&session, console, false);
    return status ? status : run_machines(&session, &selection, &order);
}

static const struct cli_option options[] = {
    OPTION(struct run_options, as, TEXT, 'u', "as", N_("USER"), N_("run as this user")),
    OPTION(struct run_options, as, TEXT, 'l', "user", N_("USER"), N_("the same")),
    OPTION(struct run_options, timeout, SECONDS, 0, "timeout", N_("TIME"),
           N_("the machine stops the job then (90s, 15m, 2h)")),
    OPTION(struct run_options, deadline, SECONDS, 0, "deadline", N_("TIME"),
           N_("wait for no machine any longer than this, all in all")),
    OPTION(struct run_options, fanout, NUMBER, 'f', "fanout", N_("N"),
           N_("machines at a time; default: as many as files allow")),
    OPTION(struct run_options, gather, FLAG, 'b', "gather", NULL,
           N_("show equal outputs once, at the end; the default on a terminal")),
    OPTION(struct run_options, live, FLAG, 0, "live", NULL,
           N_("show output as it comes; with --json one object a line")),
    OPTION(struct run_options, sorted, FLAG, 'L', "sorted", NULL,
           N_("show lines behind their machine's name, machine by machine")),
    OPTION(struct run_options, similar, FLAG, 0, "similar", NULL,
           N_("fold what differs only in names, numbers and times")),
    OPTION(struct run_options, diff, FLAG, 0, "diff", NULL,
           N_("show how the others differ from what most said")),
    OPTION(struct run_options, places.where, LIST, 'w', "where", N_("SEL"),
           N_("the machines, as pdsh and clush have it; like -t")),
    OPTION(struct run_options, places.exclude, LIST, 'x', "exclude", N_("SEL"),
           N_("but not these machines")),
    OPTION(struct run_options, places.groups, LIST, 'g', "group", N_("GROUP"),
           N_("the machines of a tag or group; like -w @GROUP")),
    OPTION(struct run_options, places.out_of, LIST, 'X', "except", N_("GROUP"),
           N_("but not those of this one; like -x @GROUP")),
    OPTION(struct run_options, canary, NUMBER, 0, "canary", N_("N"),
           N_("first on N machines; if one fails, on no other")),
    OPTION(struct run_options, wave, TEXT, 0, "wave", N_("N|N%"),
           N_("so many machines, then the next ones")),
    OPTION(struct run_options, max_fail, TEXT, 0, "max-fail", N_("N|N%"),
           N_("begin no other machine when more have failed; in waves: 0")),
    OPTION(struct run_options, keep_going, FLAG, 0, "keep-going", NULL, N_("go on whatever fails")),
    OPTION(struct run_options, dry_run, FLAG, 'n', "dry-run", NULL,
           N_("show who would get what; send nothing")),
    OPTION(struct run_options, even_protected, FLAG, 0, "even-protected", NULL,
           N_("also on machines with the tag \"protected\"")),
    OPTION(struct run_options, places.retry_failed, FLAG, 0, "retry-failed", NULL,
           N_("on the machines that failed in the last run; its command, if none is given")),
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
    OPTION(struct run_options, record, TEXT, 0, "record", N_("FILE.cast"),
           N_("one machine: record the output, for asciinema")),
    OPTION(struct run_options, largest, FLAG, 'S', "largest", NULL,
           N_("exit with the largest code of all; hune always does")),
    ELSEWHERE('a', "all", N_("All machines are a selector: hune run all -- COMMAND")),
    ELSEWHERE('B', "", N_("-b gathers standard error with the rest.")),
    ELSEWHERE('N', "", N_("-b shows equal outputs once, without a name before each line.")),
    ELSEWHERE('c', "copy", N_("Files go with hune put FILE… SEL:PATH.")),
    ELSEWHERE(0, "rcopy", N_("Files come with hune get MACHINE:PATH… DIR.")),
    ELSEWHERE('p', "par", N_("-f N is machines at a time; ports stand in the list (hune list).")),
    ELSEWHERE('o', "options", N_("No ssh takes part; the list has what is needed (hune list).")),
    ELSEWHERE('R', "", N_("There is one way to a machine, and it is no ssh.")),
    ELSEWHERE('H', "host", N_("-w SEL names the machines.")),
    ELSEWHERE('P', "print", N_("--live shows output as it comes.")),
    ELSEWHERE('q', "quiet", N_("What failed is always told; 2>/dev/null hides it.")),
    ELSEWHERE('v', "verbose", N_("hune doctor MACHINE shows the way to it, step by step.")),
};

const struct cli_command cli_run = {
    .name = "run",
    .takes_rest = true,
    .arguments = N_("[SEL] [OPTIONS] -- COMMAND…"),
    .summary = N_("Run a command on machines"),
    .details = N_(
        "One COMMAND argument is a line for the machine's shell; several are run as they "
        "are, without a shell.\nOn one machine the output passes through unchanged and the "
        "exit status is the command's.\nCtrl-C stops the command on the machines; pressed "
        "twice, it leaves the command running.\nRuns on many machines are remembered: "
        "hune runs shows them, and @last.failed, @last.ok, @last.unreachable are selectors."),
    .examples = "hune run web1 -- uptime\n"
                "hune run '@web' --diff -- 'nginx -v 2>&1'\n"
                "hune run -t web[1-3] --as www-data --timeout 5m -- ls -l /srv\n"
                "hune run all --canary 2 --wave 10% -- apt-get -y upgrade\n"
                "hune run @last.failed -- apt-get -y upgrade\n"
                "hune run db1 --stdin dump.sql -- psql shop\n"
                "hune run backup1 --detach -- /usr/local/sbin/full-backup",
    OPTIONS(options, struct run_options),
    .selects = true,
    .exec = exec_run,
};
