/* hune list -l: state, uptime and the most important vital signs of each machine, asked once. */
#include "cli/list.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "cli/grid.h"
#include "cli/json-line.h"
#include "cli/session.h"
#include "fleet/home/figure.h"
#include "fleet/inventory/address.h"
#include "fleet/run/fanout.h"
#include "fleet/watch/lookout.h"
#include "fleet/watch/vitals.h"
#include "proto/sshkey.h"

/* A machine that drops packets holds the answer up for no longer than this. */
enum { LIST_TIMEOUT_MS = 10 * 1000 };

#define LIST_FIELDS "cpu.busy,load.1m,mem.total,mem.used,disk.full,uptime"

struct listing;

/* One machine's turn. */
struct look {
    struct listing *listing;
    struct fanout_visit *visit;
    struct vitals_fetch *fetch;
    bool has_vitals;
    double cpu, mem, load, disk, uptime; /* percent, percent, -, percent, seconds */
};

struct listing {
    struct session *session;
    const struct selection *selection;
    struct look *looks; /* by position */
    struct fanout *fanout;
    bool done;
};

static void on_sample(const struct vitals_sample *sample, const struct trouble *trouble, void *user)
{
    struct look *look = user;
    bool failed = trouble != NULL;
    struct job_state state = failed ? outcome_of_trouble(trouble)
                                    : (struct job_state){.state = STATE_EXITED};

    look->fetch = NULL;
    if (sample) {
        look->has_vitals = true;
        look->cpu = sample->value[VITAL_CPU_BUSY];
        look->mem = vitals_percent(sample, VITAL_MEM_USED, VITAL_MEM_TOTAL);
        look->load = sample->value[VITAL_LOAD_1];
        look->disk = sample->value[VITAL_DISK_FULL];
        look->uptime = sample->value[VITAL_UPTIME];
    }
    fanout_visit_end(look->visit, state, trouble);
}

static int start(struct fanout_visit *visit, void *user)
{
    static const struct vitals_ask ask = {.fields = LIST_FIELDS};
    struct listing *listing = user;
    struct look *look = &listing->looks[fanout_visit_position(visit)];

    *look = (struct look){.listing = listing, .visit = visit};
    return vitals_once(fanout_visit_link(visit), &ask, on_sample, look, &look->fetch);
}

static enum state abandon(struct fanout_visit *visit, void *user)
{
    struct listing *listing = user;
    struct look *look = &listing->looks[fanout_visit_position(visit)];

    look->fetch = vitals_fetch_cancel(look->fetch);
    return STATE_UNREACHABLE;
}

static void on_done(struct fanout *fanout, void *user)
{
    struct listing *listing = user;

    (void)fanout;
    listing->done = true;
}

static void on_interrupt(struct session *session, unsigned times)
{
    struct listing *listing = session->user;

    (void)times;
    fanout_stop(listing->fanout);
}

/* One that answers but knows no vitals is up. */
static const char *state_word(const struct fanout_result *result)
{
    enum presence presence = PRESENCE_DOWN;

    if (result->state.state == STATE_EXITED ||
        (result->trouble && result->trouble->code == PROBLEM_NOT_FOUND))
        presence = PRESENCE_UP;
    else if (result->trouble && presence_is_refusal(result->trouble->code))
        presence = PRESENCE_REFUSED;
    return presence_word(presence);
}

static void json_figure(struct json_line *line, const char *key, double value)
{
    if (isfinite(value))
        json_line_real(line, key, round(value * 100) / 100);
}

static void show_json(struct listing *listing, uint32_t position)
{
    struct console *console = listing->session->console;
    const struct machine *machine =
        &listing->session->fleet->machines[listing->selection->indices[position]];
    const struct fanout_result *result = fanout_result(listing->fanout, position);
    const struct look *look = &listing->looks[position];
    struct json_line line = json_line_begin(&console->out);
    char id[FINGERPRINT_TEXT_SIZE];

    json_line_text(&line, "name", machine->name);
    json_line_text(&line, "host", machine->host);
    json_line_number(&line, "port", machine->port);
    json_line_list(&line, "tags", machine->tags);
    if (*machine->user)
        json_line_text(&line, "user", machine->user);
    if (machine->has_id) {
        fingerprint_format(machine->id, id);
        json_line_text(&line, "id", id);
    }
    json_line_text(&line, "state", state_word(result));
    if (result->trouble)
        json_line_text(&line, "problem", trouble_word(result->trouble));
    if (look->has_vitals) {
        json_figure(&line, "uptime", look->uptime);
        json_figure(&line, "cpu", look->cpu);
        json_figure(&line, "mem", look->mem);
        json_figure(&line, "load", look->load);
        json_figure(&line, "disk", look->disk);
    }
    json_line_end(&line);
}

static void cell_figure(struct grid *grid, bool known, double value, enum vital_unit unit)
{
    _cleanup_buffer_ struct buffer text = BUFFER_INIT;

    if (known)
        figure_append(&text, value, unit);
    grid_cell(grid, known ? buffer_text(&text) : "");
}

static void show_people(struct listing *listing)
{
    struct console *console = listing->session->console;
    _cleanup_grid_ struct grid grid;

    grid_init(&grid,
              (const char *const[]){_("NAME"), _("STATE"), _("UPTIME"), _("CPU"), _("MEM"),
                                    _("LOAD"), _("DISK"), _("ADDRESS"), _("TAGS"), "", NULL});
    grid.right[3] = grid.right[4] = grid.right[5] = grid.right[6] = true;
    for (uint32_t i = 0; i < listing->selection->count; i++) {
        const struct machine *machine =
            &listing->session->fleet->machines[listing->selection->indices[i]];
        const struct fanout_result *result = fanout_result(listing->fanout, i);
        const struct look *look = &listing->looks[i];
        _cleanup_buffer_ struct buffer address = BUFFER_INIT;

        grid_cell(&grid, machine->name);
        grid_cell(&grid, _(state_word(result)));
        cell_figure(&grid, look->has_vitals, look->uptime, VITAL_UNIT_SECONDS);
        cell_figure(&grid, look->has_vitals, look->cpu, VITAL_UNIT_PERCENT);
        cell_figure(&grid, look->has_vitals, look->mem, VITAL_UNIT_PERCENT);
        cell_figure(&grid, look->has_vitals, look->load, VITAL_UNIT_LOAD);
        cell_figure(&grid, look->has_vitals, look->disk, VITAL_UNIT_PERCENT);
        grid_cell(&grid, address_append(&address, machine->host, machine->port) == 0
                             ? buffer_text(&address)
                             : "");
        grid_cell(&grid, machine->tags);
        grid_cell(&grid, result->trouble ? _(problem_info(result->trouble->code)->text) : "");
    }
    grid_print(&grid, "", &console->out);
}

static void show(struct listing *listing)
{
    if (!listing->session->console->common.json) {
        show_people(listing);
        return;
    }
    for (uint32_t i = 0; i < listing->selection->count; i++)
        show_json(listing, i);
}

int list_long(struct console *console, const struct selection *selection)
{
    static const struct fanout_events events = {.on_done = on_done};
    _cleanup_session_ struct session session = {0};
    struct listing listing = {.session = &session, .selection = selection};
    const struct fanout_task task = {.start = start, .abandon = abandon, .user = &listing};
    struct fanout_settings settings = {.machines = selection->indices,
                                       .count = selection->count,
                                       .timeout_ms = LIST_TIMEOUT_MS,
                                       .task = &task,
                                       .events = &events,
                                       .user = &listing};
    int status = session_open(&session, console, false);

    if (status)
        return status;
    settings.pool = session.pool;
    listing.looks = calloc(selection->count + 1, sizeof(*listing.looks));
    if (!listing.looks || fanout_new(&listing.fanout, &settings) < 0) {
        complain_no_memory(&console->error);
        status = STATUS_FAILED;
    } else {
        session_catch(&session, on_interrupt, &listing);
        fanout_start(listing.fanout);
        session_wait(&session, &listing.done);
        session_catch(&session, NULL, NULL);
        show(&listing);
    }
    fanout_free(listing.fanout);
    free(listing.looks);
    return status;
}
