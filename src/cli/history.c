/* hune history: what a machine remembers of its vital signs, drawn for people, or as CSV or JSON
 * Lines for everything else. Drawing and writing are in history-show.c. */
#include "cli/history.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/session.h"
#include "cli/when.h"
#include "fleet/inventory/nearest.h"
#include "fleet/link/outcome.h"

#define HISTORY_DEFAULT "cpu,mem,load,disk,net"

/* X(short name, "what it stands for") */
#define HISTORY_SHORT_NAMES(X) \
    X("cpu", "cpu.busy")       \
    X("mem", "mem.used")       \
    X("swap", "swap.used")     \
    X("load", "load.1m")       \
    X("disk", "disk.full")     \
    X("net", "net.rx,net.tx")  \
    X("io", "disk.read,disk.write")

struct history_options {
    const char *since;
    const char *until;
    const char *step;
    const char *metric;
    bool csv;
};

/* ---- which columns ---- */

static int unknown_metric(struct console *console, const char *word, size_t size)
{
    unsigned best = 5;
    const char *nearest = NULL;
    char text[160], hint[160];

    for (int i = 0; i < VITAL_COUNT; i++) {
        const char *name = vital_info((enum vital)i)->name;
        unsigned distance = nearest_distance(word, size, name, strlen(name), best);

        if (distance < best) {
            best = distance;
            nearest = name;
        }
    }
    snprintf(text, sizeof(text), _("There is no metric \"%.*s\"."), (int)(size > 60 ? 60 : size),
             word);
    if (nearest)
        snprintf(hint, sizeof(hint), _("Did you mean %s? --metric help lists them."), nearest);
    else
        snprintf(hint, sizeof(hint), "%s", _("--metric help lists them."));
    return console_usage(console, text, hint);
}

static int add_metric(struct history_wanted *wanted, const char *word, size_t size)
{
    if (wanted->count == HISTORY_COLUMNS_MAX)
        return -ENOSPC;
    if (!vital_column_parse(word, size, &wanted->columns[wanted->count]))
        return 1;
    wanted->count++;
    return 0;
}

/* Words between commas; a comma inside of quotes belongs to the thing's name. */
static size_t word_length(const char *text)
{
    bool quoted = false;
    size_t length = 0;

    for (; text[length] && (quoted || text[length] != ','); length++) {
        if (text[length] == '\\' && quoted && text[length + 1])
            length++;
        else if (text[length] == '"')
            quoted = !quoted;
    }
    return length;
}

static int parse_metrics(struct console *console, const char *text, struct history_wanted *wanted)
{
    static const struct {
        const char *name;
        const char *meaning;
    } shorts[] = {
#define X(name, meaning) {name, meaning},
        HISTORY_SHORT_NAMES(X)
#undef X
    };

    for (size_t length; *text; text += length + (text[length] == ',')) {
        bool is_short = false;
        int error = 0;

        length = word_length(text);
        for (size_t i = 0; i < ELEMENTS_OF(shorts) && !error; i++) {
            if (strlen(shorts[i].name) != length || memcmp(shorts[i].name, text, length) != 0)
                continue;
            is_short = true;
            error = parse_metrics(console, shorts[i].meaning, wanted);
            if (error)
                return error;
        }
        if (!is_short)
            error = add_metric(wanted, text, length);
        if (error == -ENOSPC)
            return console_usage(console, _("These are too many metrics."),
                                 _("Ask for fewer at a time."));
        if (error)
            return unknown_metric(console, text, length);
    }
    return STATUS_OK;
}

static int list_metrics(struct console *console)
{
    struct output *out = &console->out;

    for (int i = 0; i < VITAL_COUNT; i++) {
        const struct vital_info *info = vital_info((enum vital)i);
        const char *label = vital_label_word(info->label);

        output_print(out, "%-22s%-10s%s%s%s%s\n", info->name, vital_unit_word(info->unit),
                     _(info->text), label ? " {" : "", label ? label : "", label ? "=\"…\"}" : "");
    }
#define X(name, meaning) output_print(out, "%-22s= %s\n", name, meaning);
    HISTORY_SHORT_NAMES(X)
#undef X
    return STATUS_OK;
}

/* What the request asks for: the vitals, and the groups of those columns that name a thing. */
static int make_fields(const struct history_wanted *wanted, struct buffer *out)
{
    int error = 0;

    for (size_t i = 0; i < wanted->count && !error; i++) {
        const struct vital_info *info = vital_info(wanted->columns[i].vital);
        const char *word = wanted->columns[i].labelled ? vital_label_group(info->label)
                                                       : info->name;

        error = buffer_printf(out, "%s%s", i ? "," : "", word);
    }
    return error;
}

/* ---- asking ---- */

struct asking {
    struct console *console;
    struct vitals_history history;
    struct vitals_fetch *fetch;
    struct trouble trouble;
    bool failed;
    bool done;
};

static void on_history(struct vitals_history *history, const struct trouble *trouble, void *user)
{
    struct asking *asking = user;

    asking->fetch = NULL;
    asking->done = true;
    asking->failed = trouble != NULL;
    if (trouble) {
        asking->trouble = *trouble;
        return;
    }
    asking->history = *history;
    *history = (struct vitals_history){0};
}

static void on_failed(struct link *link, const struct trouble *trouble, uint32_t retry_ms,
                      void *user)
{
    struct asking *asking = user;

    (void)link;
    (void)retry_ms;
    if (asking->done)
        return;
    asking->done = asking->failed = true;
    asking->trouble = *trouble;
}

static int ask(struct session *session, uint32_t machine, const struct vitals_history_ask *ask,
               struct asking *asking)
{
    static const struct link_events events = {.on_failed = on_failed};
    struct link_watcher watcher = {.events = &events, .user = asking};
    struct link *link;
    int error = link_pool_take(session->pool, machine, &link);

    if (error)
        return error;
    link_watch(link, &watcher);
    error = vitals_history(link, ask, on_history, asking, &asking->fetch);
    if (!error)
        session_wait(session, &asking->done);
    vitals_fetch_cancel(asking->fetch);
    link_unwatch(link, &watcher);
    link_pool_give(session->pool, link);
    return error;
}

static void tell_nothing(struct console *console, const struct machine *machine, uint64_t oldest_ms)
{
    char oldest[WHEN_SIZE];

    if (oldest_ms == 0) {
        complain_say(&console->error,
                     _("Its first sample comes within ten seconds of its start, then one every ten "
                       "seconds:\n"
                       "ask again in a moment."),
                     _("%s remembers nothing yet."), machine->name);
        return;
    }
    when_format(oldest_ms, oldest);
    complain_say(&console->error, NULL,
                 _("%s remembers nothing of that time; its memory begins at %s."), machine->name,
                 oldest);
}

static int tell(struct console *console, const struct machine *machine, struct asking *asking,
                const struct history_wanted *wanted, bool csv)
{
    if (asking->failed) {
        complain_trouble(&console->error, machine->name, &asking->trouble, console->signer);
        return outcome_exit_status(outcome_of_trouble(&asking->trouble));
    }
    if (asking->history.row_count == 0 && !console->common.json && !csv) {
        tell_nothing(console, machine, asking->history.oldest_ms);
        return STATUS_OK;
    }
    if (console->common.json)
        history_json(console, machine->name, &asking->history, wanted);
    else if (csv)
        history_csv(console, &asking->history, wanted);
    else
        history_draw(console, machine->name, &asking->history, wanted);
    return STATUS_OK;
}

/* The times that were typed; 0 and below is before now, as the machine's clock has it. */
static int parse_times(struct console *console, const struct history_options *options,
                       struct vitals_history_ask *ask_out)
{
    uint64_t now_ms = clock_wall_ms(), since_ms, until_ms = now_ms, span_ms;
    struct fault fault = {0};

    if (!when_parse(options->since ? options->since : "24h", now_ms, &since_ms, &fault) ||
        (options->until && !when_parse(options->until, now_ms, &until_ms, &fault)))
        return console_usage(console, fault.text, fault.hint);
    if (since_ms >= until_ms)
        return console_usage(console, _("--since must come before --until."), NULL);
    if (options->step &&
        (!vital_span_parse(options->step, &ask_out->step_ms) || ask_out->step_ms == 0))
        return console_usage(console, _("--step takes a length of time."),
                             _("Write it like 10s, 2m, 1h or 1d."));
    ask_out->since_ms = (int64_t)since_ms;
    ask_out->until_ms = options->until ? (int64_t)until_ms : 0;
    /* A length of time means the machine's own clock, which may be another. */
    if (!options->since || vital_span_parse(options->since, &span_ms))
        ask_out->since_ms = (int64_t)since_ms - (int64_t)now_ms;
    if (options->until && vital_span_parse(options->until, &span_ms))
        ask_out->until_ms = (int64_t)until_ms - (int64_t)now_ms;
    return STATUS_OK;
}

static int exec_history(struct console *console, const void *values, const struct words *words)
{
    const struct history_options *options = values;
    const char *metric = options->metric ? options->metric : HISTORY_DEFAULT;
    _cleanup_session_ struct session session = {0};
    _cleanup_buffer_ struct buffer fields = BUFFER_INIT;
    struct vitals_history_ask question = {0};
    struct history_wanted wanted = {0};
    struct asking asking = {.console = console};
    uint32_t machine;
    int status;

    if (text_equal(metric, "help"))
        return list_metrics(console);
    status = parse_metrics(console, metric, &wanted);
    if (!status)
        status = parse_times(console, options, &question);
    if (!status)
        status = console_select_one(console, words->items, &machine);
    if (!status)
        status = session_open(&session, console, false);
    if (status)
        return status;
    if (make_fields(&wanted, &fields) < 0 || !buffer_text(&fields))
        return STATUS_FAILED;
    question.fields = buffer_text(&fields);
    if (ask(&session, machine, &question, &asking) < 0) {
        complain_no_memory(&console->error);
        status = STATUS_FAILED;
    } else {
        status = tell(console, &session.fleet->machines[machine], &asking, &wanted, options->csv);
    }
    vitals_history_deinit(&asking.history);
    return status;
}

static const struct cli_option options[] = {
    OPTION(struct history_options, since, TEXT, 's', "since", N_("WHEN"),
           N_("from when on: 24h, 14:00, 2026-11-25; default 24h")),
    OPTION(struct history_options, until, TEXT, 0, "until", N_("WHEN"),
           N_("until when; default now")),
    OPTION(struct history_options, step, TEXT, 0, "step", N_("TIME"),
           N_("one row for so long; default what gives some hundred rows")),
    OPTION(struct history_options, metric, TEXT, 'm', "metric", N_("A,B"),
           N_("which vital signs; default cpu,mem,load,disk,net; `help` lists them")),
    OPTION(struct history_options, csv, FLAG, 0, "csv", NULL, N_("print CSV")),
};

const struct cli_command cli_history = {
    .name = "history",
    .arguments = "MACHINE",
    .summary = N_("Show how a machine has been doing"),
    .details = N_(
        "The machine remembers its vital signs by itself: a day in steps of ten seconds,\n"
        "two weeks in steps of two minutes, a year in steps of an hour."),
    .examples = "hune history web1\nhune history web1 --since 7d --metric cpu,mem\n"
                "hune history web1 --since 2026-11-24 --until 2026-11-25 --csv > day.csv\n"
                "hune history web1 --metric 'disk.full{mount=\"/srv\"},net' --json",
    OPTIONS(options, struct history_options),
    .selects = true,
    .exec = exec_history,
};
