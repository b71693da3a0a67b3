/* hune jobs: what runs on machines, and what has run there and is still remembered. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cli/amount.h"
#include "cli/commands.h"
#include "cli/grid.h"
#include "cli/job-pick.h"
#include "cli/jobs.h"
#include "cli/json-line.h"
#include "cli/render.h"
#include "fleet/link/outcome.h"
#include "fleet/run/fanout-task.h"
#include "proto/state.h"

struct jobs_options {
    bool running;
};

struct row {
    uint32_t machine;
    uint64_t now_ms; /* the machine's wall clock when it answered */
    struct job_object job;
};

struct listing {
    struct session *session;
    bool running; /* only these */
    struct buffer rows;
    bool failed;
    bool done;
};

static void on_document(uint32_t machine, json_t *root, void *user)
{
    struct listing *listing = user;
    const struct link *link = link_pool_peek(listing->session->pool, machine);
    uint64_t now = clock_wall_ms() + (uint64_t)(link ? link_info(link)->clock_ahead_ms : 0);
    json_t *entry;
    size_t index;

    json_array_foreach (json_object_get(root, "jobs"), index, entry) {
        struct row row = {.machine = machine, .now_ms = now};

        if (!job_object_decode(entry, &row.job) ||
            (listing->running && state_is_ended(row.job.state.state)))
            continue;
        if (buffer_append(&listing->rows, &row, sizeof(row)) < 0)
            listing->failed = true;
    }
}

static void on_result(struct fanout *fanout, uint32_t machine, const struct fanout_result *result,
                      void *user)
{
    struct listing *listing = user;
    struct console *console = listing->session->console;
    const struct ending ending = {
        .machine = listing->session->fleet->machines[machine].name,
        .state = result->state,
        .trouble = result->trouble,
    };

    (void)fanout;
    if (result->state.state != STATE_EXITED)
        renderer_of(console)->ending(console, &ending);
}

static void on_done(struct fanout *fanout, void *user)
{
    struct listing *listing = user;

    (void)fanout;
    listing->done = true;
}

static void on_interrupt(struct session *session, unsigned times)
{
    (void)times;
    fanout_stop(session->user);
}

/* ---- showing ---- */

static int compare_rows(const void *left, const void *right)
{
    const struct row *a = left, *b = right;

    if (a->machine != b->machine)
        return a->machine < b->machine ? -1 : 1;
    if (a->job.started_ms != b->job.started_ms)
        return a->job.started_ms < b->job.started_ms ? -1 : 1;
    return memcmp(a->job.id, b->job.id, UUID_SIZE);
}

static uint64_t took_ms(const struct row *row)
{
    uint64_t end = row->job.ended_ms ? row->job.ended_ms : row->now_ms;

    return end > row->job.started_ms ? end - row->job.started_ms : 0;
}

static void show_json(struct listing *listing, const struct row *row)
{
    struct json_line line = json_line_begin(&listing->session->console->out);
    const struct job_object *job = &row->job;
    char id[UUID_TEXT_SIZE];

    uuid_format(job->id, id);
    json_line_text(&line, "machine", listing->session->fleet->machines[row->machine].name);
    json_line_text(&line, "job", id);
    json_line_text(&line, "verb", job->verb);
    json_line_text(&line, "state", state_name(job->state.state));
    if (job->waits)
        json_line_text(&line, "waits", waits_name(job->waits));
    if (job->state.state == STATE_EXITED)
        json_line_number(&line, "code", job->state.detail);
    if (job->state.state == STATE_SIGNALLED)
        json_line_number(&line, "signal", job->state.detail);
    if (job->state.state == STATE_LOST)
        json_line_text(&line, "with", state_lost_with(job->state));
    json_line_text(&line, "operator", job->operator_label);
    json_line_text(&line, "as", job->user);
    json_line_text(&line, "command", job->label);
    json_line_number(&line, "started_ms", (int64_t)job->started_ms);
    if (job->ended_ms)
        json_line_number(&line, "ended_ms", (int64_t)job->ended_ms);
    json_line_number(&line, "ms", (int64_t)took_ms(row));
    json_line_number(&line, "first", (int64_t)job->first);
    json_line_number(&line, "output", (int64_t)job->output);
    json_line_end(&line);
}

static void show_row(struct listing *listing, struct grid *grid, const struct row *row)
{
    _cleanup_buffer_ struct buffer state = BUFFER_INIT;
    char text[AMOUNT_TEXT];
    char id[JOB_SHORT_SIZE];

    grid_cell(grid, listing->session->fleet->machines[row->machine].name);
    grid_cell(grid, job_short(row->job.id, id));
    grid_cell(grid, outcome_describe_job(&row->job, &state) == 0 ? buffer_text(&state) : "");
    /* In the console's time: the machine's clock may be wrong. */
    grid_cell(grid, amount_moment(row->job.started_ms + clock_wall_ms() - row->now_ms, text));
    grid_cell(grid, amount_duration(took_ms(row), text));
    grid_cell(grid, amount_size(row->job.output, text));
    grid_cell(grid, row->job.operator_label);
    grid_cell(grid, row->job.user);
    grid_cell(grid, row->job.label);
}

/* Each kind of waiting is explained once. */
static void show_advice(struct output *out, const struct row *rows, size_t count)
{
    bool told[WAITS_COUNT] = {[WAITS_NOT] = true};

    for (size_t i = 0; i < count; i++) {
        enum job_waits waits = rows[i].job.waits;

        if (!told[waits])
            output_print(out, "%s\n", outcome_waits_advice(waits));
        told[waits] = true;
    }
}

static void show(struct listing *listing)
{
    struct console *console = listing->session->console;
    const struct row *rows = (const struct row *)(const void *)buffer_bytes(&listing->rows);
    size_t count = buffer_length(&listing->rows) / sizeof(*rows);
    _cleanup_grid_ struct grid grid;

    grid_init(&grid,
              (const char *const[]){_("MACHINE"), _("JOB"), _("STATE"), _("SINCE"), _("TOOK"),
                                    _("OUTPUT"), _("BY"), _("AS"), _("COMMAND"), NULL});
    grid.right[4] = grid.right[5] = true;
    if (count > 0)
        qsort((void *)(size_t)rows, count, sizeof(*rows), compare_rows);
    for (size_t i = 0; i < count; i++) {
        if (console->common.json)
            show_json(listing, &rows[i]);
        else
            show_row(listing, &grid, &rows[i]);
    }
    if (!console->common.json && count > 0) {
        grid_print(&grid, "", &console->out);
        output_flush(&console->out);
        show_advice(&console->error, rows, count);
    } else if (!console->common.json && console->out.terminal)
        output_print(&console->out, "%s\n",
                     listing->running ? _("No job runs there.")
                                      : _("No job runs there, and none is remembered."));
    output_flush(&console->out);
}

/* For the completion at the prompt. */
static void remember(struct listing *listing)
{
    const struct row *rows = (const struct row *)(const void *)buffer_bytes(&listing->rows);
    size_t count = buffer_length(&listing->rows) / sizeof(*rows);
    char id[JOB_SHORT_SIZE];

    buffer_clear(&listing->session->jobs);
    for (size_t i = 0; i < count; i++)
        buffer_append(&listing->session->jobs, job_short(rows[i].job.id, id), sizeof(id));
}

int jobs_machines(struct session *session, const struct selection *selection, bool running)
{
    static const struct fanout_events events = {.on_result = on_result, .on_done = on_done};
    struct listing listing = {.session = session, .running = running, .rows = BUFFER_INIT};
    struct fanout_document document = {
        .path = "/v1/jobs", .on_document = on_document, .user = &listing};
    struct fanout_settings settings = {
        .pool = session->pool,
        .machines = selection->indices,
        .count = selection->count,
        .task = &document.task,
        .events = &events,
        .user = &listing,
    };
    struct fanout *fanout;
    int status;

    fanout_document_init(&document);
    if (fanout_new(&fanout, &settings) < 0) {
        complain_no_memory(&session->console->error);
        return STATUS_FAILED;
    }
    session_catch(session, on_interrupt, fanout);
    fanout_start(fanout);
    session_wait(session, &listing.done);
    session_catch(session, NULL, NULL);
    show(&listing);
    remember(&listing);
    status = fanout_exit_status(fanout);
    fanout_free(fanout);
    buffer_deinit(&listing.rows);
    return listing.failed ? STATUS_FAILED : status;
}

static int exec_jobs(struct console *console, const void *values, const struct words *words)
{
    const struct jobs_options *options = values;
    _cleanup_session_ struct session session = {0};
    _cleanup_selection_ struct selection selection = SELECTION_INIT;
    int status = console_select(console, words->items, &selection);

    if (!status)
        status = session_open(&session, console, false);
    return status ? status : jobs_machines(&session, &selection, options->running);
}

static const struct cli_option options[] = {
    OPTION(struct jobs_options, running, FLAG, 'r', "running", NULL,
           N_("leave out what has ended")),
};

const struct cli_command cli_jobs = {
    .name = "jobs",
    .arguments = N_("[SEL]"),
    .summary = N_("Show the jobs of machines, running and ended"),
    .details = N_("Of everybody, not only your own. Machines remember what has ended for an hour "
                  "([jobs] keep), or until hune forget."),
    .examples = "hune jobs\nhune jobs '@web' --running",
    OPTIONS(options, struct jobs_options),
    .selects = true,
    .exec = exec_jobs,
};
