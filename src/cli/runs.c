/* hune runs: the runs on many machines that the console remembers. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "cli/amount.h"
#include "cli/commands.h"
#include "cli/grid.h"
#include "cli/json-line.h"
#include "cli/render.h"
#include "cli/run-show.h"
#include "fleet/run/store-runs.h"

enum { SHOWN_AT_FIRST = 20 };

struct runs_options {
    uint64_t limit;
    bool diff;
    bool similar;
    bool sorted;
    bool raw;
};

static int cannot_read(struct console *console)
{
    complain_say(&console->error, NULL, "%s", _("The memory of runs cannot be read."));
    return STATUS_FAILED;
}

/* ---- the list ---- */

struct listing {
    struct console *console;
    struct grid grid;
    uint32_t count;
};

static void format_time(uint64_t wall_ms, char *out, size_t size)
{
    time_t seconds = (time_t)(wall_ms / 1000);
    struct tm parts;

    *out = '\0';
    if (localtime_r(&seconds, &parts))
        strftime(out, size, "%Y-%m-%d %H:%M:%S", &parts);
}

static void run_json(struct console *console, const struct stored_run *run)
{
    struct json_line line = json_line_begin(&console->out);

    json_line_number(&line, "run", run->number);
    json_line_number(&line, "started_ms", (int64_t)run->started_ms);
    if (run->ended_ms)
        json_line_number(&line, "ended_ms", (int64_t)run->ended_ms);
    json_line_text(&line, "selector", run->selector);
    json_line_text(&line, "command", run->command);
    if (*run->as)
        json_line_text(&line, "as", run->as);
    json_line_number(&line, "machines", run->machines);
    json_line_number(&line, "ok", run->ok);
    json_line_number(&line, "failed", run->failed);
    json_line_number(&line, "unreachable", run->unreachable);
    json_line_number(&line, "unasked", run->unasked);
    if (run->ended_ms)
        json_line_number(&line, "exit_status", run->exit_status);
    json_line_end(&line);
}

static int list_one(const struct stored_run *run, void *user)
{
    struct listing *listing = user;
    char when[32], took[AMOUNT_TEXT];

    listing->count++;
    if (listing->console->common.json) {
        run_json(listing->console, run);
        return 0;
    }
    format_time(run->started_ms, when, sizeof(when));
    grid_cellf(&listing->grid, "%lld", (long long)run->number);
    grid_cell(&listing->grid, when);
    grid_cell(&listing->grid,
              run->ended_ms ? amount_duration(run->ended_ms - run->started_ms, took) : "?");
    grid_cellf(&listing->grid, "%u", run->machines);
    grid_cellf(&listing->grid, "%u", run->ok);
    grid_cellf(&listing->grid, run->failed ? "%u" : "", run->failed);
    grid_cellf(&listing->grid, run->unreachable ? "%u" : "", run->unreachable);
    grid_cellf(&listing->grid, run->unasked ? "%u" : "", run->unasked);
    grid_cell(&listing->grid, run->selector);
    grid_cell(&listing->grid, run->command);
    return 0;
}

static int list_runs(struct console *console, const struct runs_options *options)
{
    struct listing listing = {.console = console};
    uint32_t limit = options->limit ? (uint32_t)options->limit : SHOWN_AT_FIRST;
    int result;

    grid_init(&listing.grid,
              (const char *const[]){_("RUN"), _("WHEN"), _("TOOK"), _("MACHINES"), _("OK"),
                                    _("FAILED"), _("UNREACHABLE"), _("NOT ASKED"), _("SELECTOR"),
                                    _("COMMAND"), NULL});
    listing.grid.right[0] = true;
    for (size_t i = 2; i < 8; i++)
        listing.grid.right[i] = true;
    result = store_runs_each(console_store(console), limit, list_one, &listing);
    if (!result && listing.count == 0 && !console->common.json)
        output_print(&console->out, "%s\n", _("No run on many machines is remembered yet."));
    else if (!result && !console->common.json)
        grid_print(&listing.grid, "", &console->out);
    grid_deinit(&listing.grid);
    return result ? cannot_read(console) : STATUS_OK;
}

/* ---- one run ---- */

static bool read_number(const char *word, int64_t *number_out)
{
    uint64_t number;

    if (text_equal(word, "last")) {
        *number_out = 0;
        return true;
    }
    if (!text_to_u64(word, INT64_MAX, &number) || number == 0)
        return false;
    *number_out = (int64_t)number;
    return true;
}

static int no_such_run(struct console *console, const char *word)
{
    const char *hint = _("hune runs tells which runs are remembered.");

    if (word)
        complain_say(&console->error, hint, _("There is no run %s."), word);
    else
        complain_say(&console->error, hint, "%s", _("There is no run yet."));
    return STATUS_USAGE;
}

static void show_run_json(struct console *console, struct harvest *harvest)
{
    for (uint32_t i = 0; i < harvest_size(harvest); i++) {
        const struct harvest_machine *machine = harvest_machine(harvest, i);
        struct buffer said[2] = {BUFFER_INIT, BUFFER_INIT};
        struct ending ending = {
            .machine = harvest_names(harvest)[i],
            .state = machine->state,
            .job = machine->has_job ? machine->job : NULL,
            .out = machine->has_job ? &said[0] : NULL,
            .err = machine->answer[1] != HARVEST_NONE ? &said[1] : NULL,
            .ms = machine->ms,
        };

        for (size_t k = 0; k < 2; k++) {
            const struct transcript *text;

            if (machine->answer[k] == HARVEST_NONE)
                continue;
            text = &harvest_answers(harvest, k == 1)->groups[machine->answer[k]].text;
            transcript_copy(harvest_transcripts(harvest), text, UINT64_MAX, &said[k]);
            ending.said[k] = text->size;
        }
        if (machine->is_done)
            render_json.ending(console, &ending);
        for (size_t k = 0; k < 2; k++)
            buffer_deinit(&said[k]);
    }
}

static void show_head(struct console *console, const struct stored_run *run)
{
    struct output *output = &console->out;
    char when[32];

    format_time(run->started_ms, when, sizeof(when));
    output_print(output, "%s", output_colour(output, COLOUR_BOLD));
    output_print(output, _("Run %lld, %s: "), (long long)run->number, when);
    output_safe(output, run->command);
    output_print(output, "%s\n", output_plain(output));
    if (!run->ended_ms)
        output_print(output, "%s\n",
                     _("It did not come to its end here; jobs may have gone on without hune."));
}

/* Hosts of the machines that are in the fleet list still. */
static const char **find_hosts(struct console *console, struct harvest *harvest)
{
    const char **hosts = calloc(harvest_size(harvest) + 1, sizeof(*hosts));
    struct fleet *fleet;

    if (!hosts || console_fleet(console, &fleet))
        return hosts;
    for (uint32_t i = 0; i < harvest_size(harvest); i++) {
        uint32_t index = fleet_find(fleet, harvest_names(harvest)[i]);

        hosts[i] = index == FLEET_NONE ? NULL : fleet->machines[index].host;
    }
    return hosts;
}

static void show_run_people(struct console *console, const struct runs_options *options,
                            const struct stored_run *run, struct harvest *harvest)
{
    _cleanup_free_ const char **hosts = find_hosts(console, harvest);
    const struct show_options shown = {
        .raw = options->raw, .diff = options->diff, .similar = options->similar, .hosts = hosts};

    show_head(console, run);
    if (options->sorted)
        show_lines(console, harvest, options->raw);
    else
        show_answers(console, harvest, &shown);
    output_flush(&console->out);
    show_failures(console, harvest);
    show_summary(console, harvest);
}

static int show_run(struct console *console, const struct runs_options *options, const char *word)
{
    _cleanup_buffer_ struct buffer texts = BUFFER_INIT;
    struct harvest *harvest = NULL;
    struct stored_run run;
    int64_t number = 0;
    int error;

    if (word && !read_number(word, &number))
        return no_such_run(console, word);
    error = store_run_find(console_store(console), number, &run, &texts);
    if (!error)
        error = harvest_load(&harvest, console_store(console), run.number);
    if (error == STORE_NO_RUN)
        return no_such_run(console, word);
    if (error)
        return cannot_read(console);
    if (console->common.json)
        show_run_json(console, harvest);
    else
        show_run_people(console, options, &run, harvest);
    harvest_free(harvest);
    return STATUS_OK;
}

static int forget(struct console *console, const char *word)
{
    int64_t number = 0;
    int error;

    if (!word || (!text_equal(word, "all") && !read_number(word, &number)))
        return console_usage(console, _("Which run is to be forgotten?"),
                             _("Say its number, or all."));
    if (number == 0 && !console_confirm(console, _("Forget all runs and what they said?")))
        return STATUS_FAILED;
    error = store_run_forget(console_store(console), number);
    if (error == STORE_NO_RUN)
        return no_such_run(console, word);
    return error ? cannot_read(console) : STATUS_OK;
}

static int exec_runs(struct console *console, const void *values, const struct words *words)
{
    const struct runs_options *options = values;
    const char *verb = words->count > 0 ? words->items[0] : NULL;
    const char *word = words->count > 1 ? words->items[1] : NULL;
    int64_t number;

    if (words->count > 2)
        return console_usage(console, _("This takes one run."), NULL);
    if (!verb)
        return list_runs(console, options);
    if (text_equal(verb, "show"))
        return show_run(console, options, word);
    if (text_equal(verb, "forget"))
        return forget(console, word);
    if (!word && read_number(verb, &number))
        return show_run(console, options, verb);
    return console_usage(console, _("There are: hune runs, hune runs show N, hune runs forget N."),
                         NULL);
}

static const struct cli_option options[] = {
    OPTION(struct runs_options, limit, NUMBER, 'n', "limit", N_("N"),
           N_("so many of the newest runs; default 20")),
    OPTION(struct runs_options, diff, FLAG, 0, "diff", NULL,
           N_("show how the others differ from what most said")),
    OPTION(struct runs_options, similar, FLAG, 0, "similar", NULL,
           N_("fold what differs only in names, numbers and times")),
    OPTION(struct runs_options, sorted, FLAG, 'L', "sorted", NULL,
           N_("show lines behind their machine's name, machine by machine")),
    OPTION(struct runs_options, raw, FLAG, 0, "raw", NULL,
           N_("pass control characters to the terminal")),
};

const struct cli_command cli_runs = {
    .name = "runs",
    .arguments = N_("[show [N]] [forget N|all]"),
    .summary = N_("Show the runs of before and what came of them"),
    .details = N_("Runs on many machines are remembered with what the machines said, until newer "
                  "ones need the room.\nTheir machines are selectors: @last, @last.failed, "
                  "@run17.ok, @run17.unreachable."),
    .examples = "hune runs\n"
                "hune runs show 17 --diff\n"
                "hune run @run17.failed -- systemctl status nginx",
    OPTIONS(options, struct runs_options),
    .exec = exec_runs,
};
