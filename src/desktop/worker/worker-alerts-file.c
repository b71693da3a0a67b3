/* A rule is written, changed or taken out: the file is rewritten on a thread of its own, and read
 * again at once. */
#include "desktop/worker/alerts-private.h"

#include "desktop/worker/station.h"
#include "fleet/home/i18n.h"

struct change_letter {
    struct letter letter;
    uv_work_t work;
    struct worker *worker;
    char *path;
    char *label;
    bool has_draft;
    struct alert_draft draft; /* its texts are this letter's */
    struct fault fault;
    int result;
    void (*done)(const char *fault, void *owner);
    void *owner;
};

static void finish_change(struct change_letter *change, const char *fault)
{
    change->done(fault, change->owner);
    g_free((char *)change->draft.label);
    g_free((char *)change->draft.when);
    g_free((char *)change->draft.machines);
    g_free((char *)change->draft.command);
    g_free((char *)change->draft.clear);
    g_free(change->label);
    g_free(change->path);
    g_free(change);
}

static void read_changed(struct letter *letter, void *reader)
{
    struct change_letter *change = (struct change_letter *)letter;
    g_autofree char *text = change->result ? alerts_fault_text(&change->fault) : NULL;

    (void)reader;
    finish_change(change, text);
}

static void drop_change(struct letter *letter)
{
    finish_change((struct change_letter *)letter, _("The window was closed."));
}

static void change_in_thread(uv_work_t *work)
{
    struct change_letter *change = work->data;

    change->result = alert_rules_change(change->path, change->label,
                                        change->has_draft ? &change->draft : NULL, &change->fault);
}

static void change_ended(uv_work_t *work, int status)
{
    struct change_letter *change = work->data;
    struct worker *worker = change->worker;

    (void)status;
    if (worker->alerts)
        alerts_read_rules(worker->alerts);
    change->letter.read = read_changed;
    worker_tell(worker, &change->letter);
}

static void read_change(struct letter *letter, void *reader)
{
    struct change_letter *change = (struct change_letter *)letter;
    struct worker *worker = reader;

    change->worker = worker;
    change->work.data = change;
    change->path = worker->alerts ? g_strdup(worker->alerts->path) : NULL;
    if (change->path &&
        uv_queue_work(&worker->loop, &change->work, change_in_thread, change_ended) == 0)
        return;
    fault_set(&change->fault, NULL, "%s", _("The rules cannot be changed."));
    change->result = -1;
    letter->read = read_changed;
    worker_tell(worker, letter);
}

void worker_send_alert_change(struct worker *worker, const struct alert_change *change)
{
    struct change_letter *letter = g_new0(struct change_letter, 1);

    letter->letter.read = read_change;
    letter->letter.drop = drop_change;
    letter->label = g_strdup(change->label);
    letter->done = change->done;
    letter->owner = change->owner;
    if (change->draft) {
        letter->has_draft = true;
        letter->draft = (struct alert_draft){
            .label = g_strdup(change->draft->label),
            .when = g_strdup(change->draft->when),
            .machines = g_strdup(change->draft->machines),
            .command = g_strdup(change->draft->command),
            .clear = g_strdup(change->draft->clear),
            .is_silent = change->draft->is_silent,
        };
    }
    worker_send(worker, &letter->letter);
}
