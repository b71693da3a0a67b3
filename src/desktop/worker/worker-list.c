/* The list: read, watched, changed, searched. */
#include "desktop/worker/worker-private.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"
#include "desktop/worker/news.h"
#include "fleet/home/i18n.h"
#include "fleet/inventory/selector.h"
#include "proto/sshkey.h"

enum { WATCH_MS = 1000, BAD_TOLD_MAX = 200 };

/* ---- telling it ---- */

void roster_free(struct roster *roster)
{
    g_strfreev(roster->bad);
    g_free(roster->rows);
    g_free(roster->path);
    g_free(roster->fault);
    g_string_chunk_free(roster->texts);
    g_free(roster);
}

static void drop_roster(struct letter *letter)
{
    roster_free((struct roster *)letter);
}

static void fill_row(struct worker *worker, struct roster *roster, uint32_t index)
{
    const struct machine *machine = &worker->fleet->machines[index];
    struct roster_row *row = &roster->rows[index];
    char id[FINGERPRINT_TEXT_SIZE] = "";

    if (machine->has_id)
        fingerprint_format(machine->id, id);
    *row = (struct roster_row){
        .slot = g_array_index(worker->slot_of_row, uint32_t, index),
        .port = machine->port,
        .has_id = machine->has_id,
        .name = g_string_chunk_insert(roster->texts, machine->name),
        .host = g_string_chunk_insert(roster->texts, machine->host),
        .tags = g_string_chunk_insert_const(roster->texts, machine->tags),
        .user = g_string_chunk_insert_const(roster->texts, machine->user),
        .id = g_string_chunk_insert_const(roster->texts, id),
    };
}

/* "line 7: the port is not a number from 1 to 65535 ("abc"). Leave the cell empty ..." */
static char *bad_sentence(const struct fleet *fleet, const struct fleet_bad *bad)
{
    struct fault fault = {0};

    fleet_bad_describe(fleet, bad, &fault);
    return g_strdup_printf(_("Line %u: %s %s"), bad->line, fault.text, fault.hint);
}

static void tell_roster(struct worker *worker)
{
    const struct fleet *fleet = worker->fleet;
    struct roster *roster = g_new0(struct roster, 1);
    uint32_t bad = MIN(fleet->bad_count, BAD_TOLD_MAX);

    roster->letter.read = hune_fleet_read_roster;
    roster->letter.drop = drop_roster;
    roster->texts = g_string_chunk_new(16 * 1024);
    roster->path = g_strdup(worker->fleet_path);
    roster->fault = g_strdup(worker->list_fault);
    roster->count = fleet->count;
    roster->rows = g_new(struct roster_row, fleet->count);
    for (uint32_t i = 0; i < fleet->count; i++)
        fill_row(worker, roster, i);
    roster->bad = g_new0(char *, bad + 1);
    roster->bad_count = fleet->bad_count;
    for (uint32_t i = 0; i < bad; i++)
        roster->bad[i] = bad_sentence(fleet, &fleet->bad[i]);
    worker_tell(worker, &roster->letter);
}

/* ---- reading it ---- */

static char *fault_text(const struct fault *fault)
{
    return *fault->hint ? g_strdup_printf("%s\n%s", fault->text, fault->hint)
                        : g_strdup(fault->text);
}

static bool is_same(const struct fleet *a, const struct fleet *b)
{
    size_t size = buffer_length(&b->source);

    return a && buffer_length(&a->source) == size &&
           (size == 0 || memcmp(buffer_bytes(&a->source), buffer_bytes(&b->source), size) == 0);
}

/* An empty list in place of one that cannot be read. */
static struct fleet *no_fleet(void)
{
    struct fleet *fleet = NULL;

    if (fleet_parse("", 0, &fleet, NULL) != 0)
        g_error("out of memory");
    return fleet;
}

static bool is_gone(struct worker *worker)
{
    struct stat stat_now;

    return worker->fleet && worker->fleet->count > 0 && stat(worker->fleet_path, &stat_now) != 0 &&
           errno == ENOENT;
}

static void take_list(struct worker *worker, struct fleet *fleet)
{
    struct fleet *before = worker->fleet;

    worker->fleet = fleet;
    stations_sync(worker);
    alerts_fleet_changed(worker);
    fleet_free(before);
}

/* True if the window must be told. A list that cannot be read any more leaves the machines as they
 * were: a half-written file must not close every tab. */
static bool read_list(struct worker *worker)
{
    g_autofree char *fault_before = worker->list_fault;
    struct fault fault = {0};
    struct fleet *fleet = NULL;

    worker->list_fault = NULL;
    if (is_gone(worker)) {
        worker->list_fault = g_strdup_printf(
            _("%s has disappeared. The machines are shown as they were last read."),
            worker->fleet_path);
        return g_strcmp0(worker->list_fault, fault_before) != 0;
    }
    if (fleet_load(worker->fleet_path, &fleet, &fault) != 0) {
        worker->list_fault = fault_text(&fault);
        if (worker->fleet)
            return g_strcmp0(worker->list_fault, fault_before) != 0;
        fleet = no_fleet();
    }
    if (is_same(worker->fleet, fleet) && g_strcmp0(worker->list_fault, fault_before) == 0) {
        /* But a later change is told by what the file looked like last. */
        take_list(worker, fleet);
        return false;
    }
    take_list(worker, fleet);
    return true;
}

static void reread(struct worker *worker)
{
    if (read_list(worker))
        tell_roster(worker);
}

static void on_changed(uv_fs_poll_t *watch, int status, const uv_stat_t *before,
                       const uv_stat_t *now)
{
    (void)status;
    (void)before;
    (void)now;
    reread(watch->data);
}

void list_begin(struct worker *worker)
{
    if (!worker->fleet_path) {
        worker->fleet = no_fleet();
        return;
    }
    read_list(worker);
    tell_roster(worker);
    if (uv_fs_poll_init(&worker->loop, &worker->watch) != 0)
        return;
    worker->watch.data = worker;
    worker->has_watch = true;
    uv_fs_poll_start(&worker->watch, on_changed, worker->fleet_path, WATCH_MS);
}

void list_end(struct worker *worker)
{
    if (worker->has_watch)
        uv_close((uv_handle_t *)&worker->watch, NULL);
    worker->has_watch = false;
}

/* ---- changing it ---- */

struct edit_letter {
    struct letter letter;
    uv_work_t work;
    struct worker *worker;
    struct worker_edit edit;
    char *path;
    struct fault fault;
    int result;
};

static void finish_edit(struct edit_letter *letter, const struct fault *fault)
{
    letter->edit.done(letter->edit.context, fault, letter->edit.owner);
    g_free(letter->path);
    g_free(letter);
}

static void read_edited(struct letter *letter, void *reader)
{
    struct edit_letter *edited = (struct edit_letter *)letter;

    (void)reader;
    finish_edit(edited, edited->result ? &edited->fault : NULL);
}

/* Nobody is left to be told, but what the letter carries must be freed. */
static void drop_edit(struct letter *letter)
{
    struct fault fault = {0};

    fault_set(&fault, NULL, "%s", _("The window was closed."));
    finish_edit((struct edit_letter *)letter, &fault);
}

static void edit_in_thread(uv_work_t *work)
{
    struct edit_letter *letter = work->data;

    letter->result = fleet_edit(letter->path, letter->edit.edit, letter->edit.context,
                                &letter->fault);
    if (letter->result && !*letter->fault.text)
        fault_set(&letter->fault, NULL, "%s", _("There is not enough memory."));
}

static void edit_ended(uv_work_t *work, int status)
{
    struct edit_letter *letter = work->data;
    struct worker *worker = letter->worker;

    (void)status;
    if (!worker->is_ending)
        reread(worker);
    letter->letter.read = read_edited;
    worker_tell(worker, &letter->letter);
}

static void read_edit(struct letter *letter, void *reader)
{
    struct edit_letter *edit = (struct edit_letter *)letter;
    struct worker *worker = reader;

    edit->worker = worker;
    edit->path = g_strdup(worker->fleet_path);
    edit->work.data = edit;
    if (!edit->path || uv_queue_work(&worker->loop, &edit->work, edit_in_thread, edit_ended) != 0) {
        fault_set(&edit->fault, NULL, "%s", _("The fleet list cannot be changed."));
        edit->result = -EIO;
        edit->letter.read = read_edited;
        worker_tell(worker, &edit->letter);
    }
}

void worker_send_edit(struct worker *worker, const struct worker_edit *edit)
{
    struct edit_letter *letter = g_new0(struct edit_letter, 1);

    letter->letter.read = read_edit;
    letter->letter.drop = drop_edit;
    letter->edit = *edit;
    worker_send(worker, &letter->letter);
}

/* ---- looking at it ---- */

struct look_letter {
    struct letter letter;
    struct worker_look look;
};

static void read_looked(struct letter *letter, void *reader)
{
    struct look_letter *looked = (struct look_letter *)letter;

    (void)reader;
    looked->look.done(looked->look.context, looked->look.owner);
    g_free(looked);
}

static void drop_look(struct letter *letter)
{
    read_looked(letter, NULL);
}

static void read_look(struct letter *letter, void *reader)
{
    struct look_letter *look = (struct look_letter *)letter;
    struct worker *worker = reader;

    look->look.look(worker->fleet, look->look.context);
    letter->read = read_looked;
    worker_tell(worker, letter);
}

void worker_send_look(struct worker *worker, const struct worker_look *look)
{
    struct look_letter *letter = g_new0(struct look_letter, 1);

    letter->letter.read = read_look;
    letter->letter.drop = drop_look;
    letter->look = *look;
    worker_send(worker, &letter->letter);
}

/* ---- searching it ---- */

void match_free(struct match *match)
{
    g_free(match->text);
    g_free(match->fault);
    g_free(match->bits);
    g_free(match);
}

static void drop_match(struct letter *letter)
{
    match_free((struct match *)letter);
}

static void mark_slots(struct worker *worker, const struct selection *selection,
                       struct match *match)
{
    match->bit_count = worker->stations->len;
    match->bits = g_malloc0(match->bit_count + 1);
    match->count = selection->count;
    for (uint32_t i = 0; i < selection->count; i++)
        match->bits[g_array_index(worker->slot_of_row, uint32_t, selection->indices[i])] = 1;
}

static void read_match(struct letter *letter, void *reader)
{
    _cleanup_selection_ struct selection selection = SELECTION_INIT;
    struct match *match = (struct match *)letter;
    struct worker *worker = reader;
    struct fault fault = {0};

    match->is_valid = selector_match(worker->fleet, match->text, &selection, &fault) == 0;
    if (match->is_valid)
        mark_slots(worker, &selection, match);
    else
        match->fault = fault_text(&fault);
    letter->read = hune_fleet_read_match;
    worker_tell(worker, letter);
}

void worker_send_match(struct worker *worker, const char *text, uint32_t serial)
{
    struct match *match = g_new0(struct match, 1);

    match->letter.read = read_match;
    match->letter.drop = drop_match;
    match->text = g_strdup(text);
    match->serial = serial;
    worker_send(worker, &match->letter);
}
