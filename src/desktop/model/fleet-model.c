/* See fleet-model.h. */
#include "desktop/model/fleet-model.h"

#include "desktop/model/machine-take.h"
#include "fleet/home/i18n.h"

struct _HuneFleet {
    GObject parent_instance;

    struct worker *worker;
    GListStore *machines;
    GHashTable *by_name; /* borrowed name -> borrowed HuneMachine */
    GPtrArray *by_slot;  /* borrowed HuneMachine or NULL */
    HuneAlerts *alerts;
    gboolean is_read;

    char *path;
    char *list_fault;
    char **bad;
    guint bad_count;
    char *key_fault;
    char *key_fingerprint;
    char *key_origin;

    guint32 match_serial;
    char *matched_text;
    gboolean match_is_valid;
    char *match_fault;
};

G_DEFINE_FINAL_TYPE(HuneFleet, hune_fleet, G_TYPE_OBJECT)
G_DEFINE_QUARK(hune - error - quark, hune_error)

enum { SIGNAL_LISTED, SIGNAL_TOLD, SIGNAL_SAMPLED, SIGNAL_MATCHED, SIGNAL_FAULTS, SIGNALS };
static guint signals[SIGNALS];

void hune_fleet_close(HuneFleet *self)
{
    /* Letters that nobody reads any more may still ask for it. */
    worker_end(g_steal_pointer(&self->worker));
}

static void hune_fleet_finalize(GObject *object)
{
    HuneFleet *self = HUNE_FLEET(object);

    hune_fleet_close(self);
    g_clear_object(&self->machines);
    g_hash_table_unref(self->by_name);
    g_ptr_array_unref(self->by_slot);
    g_clear_object(&self->alerts);
    g_free(self->path);
    g_free(self->list_fault);
    g_strfreev(self->bad);
    g_free(self->key_fault);
    g_free(self->key_fingerprint);
    g_free(self->key_origin);
    g_free(self->matched_text);
    g_free(self->match_fault);
    G_OBJECT_CLASS(hune_fleet_parent_class)->finalize(object);
}

static void hune_fleet_class_init(HuneFleetClass *class)
{
    static const char *const names[SIGNALS] = {"listed", "told", "sampled", "matched", "faults"};

    G_OBJECT_CLASS(class)->finalize = hune_fleet_finalize;
    for (guint i = 0; i < SIGNALS; i++)
        signals[i] = g_signal_new(names[i], G_TYPE_FROM_CLASS(class), G_SIGNAL_RUN_LAST, 0, NULL,
                                  NULL, NULL, G_TYPE_NONE, 0);
}

static void hune_fleet_init(HuneFleet *self)
{
    self->machines = g_list_store_new(HUNE_TYPE_MACHINE);
    self->by_name = g_hash_table_new(g_str_hash, g_str_equal);
    self->by_slot = g_ptr_array_new();
    self->alerts = hune_alerts_new();
}

HuneFleet *hune_fleet_new(const char *path, const char *identity)
{
    HuneFleet *self = g_object_new(HUNE_TYPE_FLEET, NULL);
    const struct worker_settings settings = {
        .fleet_path = path, .identity = identity, .window = self};

    self->worker = worker_start(&settings);
    return self;
}

/* ---- what it knows ---- */

struct worker *hune_fleet_worker(HuneFleet *self)
{
    return self->worker;
}

GListModel *hune_fleet_machines(HuneFleet *self)
{
    return G_LIST_MODEL(self->machines);
}

HuneMachine *hune_fleet_find(HuneFleet *self, const char *name)
{
    return g_hash_table_lookup(self->by_name, name);
}

HuneAlerts *hune_fleet_alerts(HuneFleet *self)
{
    return self->alerts;
}

gboolean hune_fleet_is_read(HuneFleet *self)
{
    return self->is_read;
}

const char *hune_fleet_path(HuneFleet *self)
{
    return self->path;
}

const char *hune_fleet_list_fault(HuneFleet *self)
{
    return self->list_fault;
}

const char *hune_fleet_key_fault(HuneFleet *self)
{
    return self->key_fault;
}

const char *hune_fleet_key_fingerprint(HuneFleet *self)
{
    return self->key_fingerprint;
}

const char *hune_fleet_key_origin(HuneFleet *self)
{
    return self->key_origin;
}

const char *const *hune_fleet_bad_lines(HuneFleet *self)
{
    return (const char *const *)self->bad;
}

guint hune_fleet_bad_count(HuneFleet *self)
{
    return self->bad_count;
}

/* ---- the list ---- */

static void set_slot(HuneFleet *self, HuneMachine *machine)
{
    if (self->by_slot->len <= machine->slot)
        g_ptr_array_set_size(self->by_slot, (gint)machine->slot + 1);
    g_ptr_array_index(self->by_slot, machine->slot) = machine;
}

/* The list's machines in their new order; those that were there before stay the same objects. */
static GPtrArray *merge(HuneFleet *self, const struct roster *roster)
{
    GHashTable *before = self->by_name;
    GPtrArray *machines = g_ptr_array_new_full(roster->count, g_object_unref);
    g_autoptr(GPtrArray) changed = g_ptr_array_new();
    GHashTableIter iter;
    gpointer value;

    self->by_name = g_hash_table_new(g_str_hash, g_str_equal);
    g_ptr_array_set_size(self->by_slot, 0);
    for (uint32_t i = 0; i < roster->count; i++) {
        const struct roster_row *row = &roster->rows[i];
        HuneMachine *machine = g_hash_table_lookup(before, row->name);
        gboolean is_new = machine == NULL;

        if (is_new) {
            machine = hune_machine_new(row->name);
        } else {
            g_object_ref(machine);
            g_hash_table_remove(before, row->name);
        }
        if (hune_machine_take_row(machine, row, is_new) && !is_new)
            g_ptr_array_add(changed, machine);
        set_slot(self, machine);
        g_hash_table_insert(self->by_name, machine->name, machine);
        g_ptr_array_add(machines, machine);
    }
    g_hash_table_iter_init(&iter, before);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        HUNE_MACHINE(value)->is_listed = FALSE;
        g_ptr_array_add(changed, value);
    }
    for (guint i = 0; i < changed->len; i++)
        hune_machine_changed(g_ptr_array_index(changed, i));
    g_hash_table_unref(before);
    return machines;
}

/* One splice of what lies between the equal beginning and the equal end: selections outside of it
 * stay, and a sorted view of ten thousand rows takes it at once. */
static void splice_list(HuneFleet *self, GPtrArray *machines)
{
    GListModel *model = G_LIST_MODEL(self->machines);
    guint before = g_list_model_get_n_items(model);
    guint head = 0, tail = 0;

    while (head < before && head < machines->len) {
        g_autoptr(GObject) item = g_list_model_get_object(model, head);

        if (item != g_ptr_array_index(machines, head))
            break;
        head++;
    }
    while (tail < before - head && tail < machines->len - head) {
        g_autoptr(GObject) item = g_list_model_get_object(model, before - 1 - tail);

        if (item != g_ptr_array_index(machines, machines->len - 1 - tail))
            break;
        tail++;
    }
    if (head + tail < before || head + tail < machines->len)
        g_list_store_splice(self->machines, head, before - head - tail, machines->pdata + head,
                            machines->len - head - tail);
}

/* ---- alerts ---- */

/* Each machine's alerts are counted, and the first one is named. */
static void count_alerts(HuneFleet *self)
{
    GArray *standing = hune_alerts_standing(self->alerts);
    g_autoptr(GHashTable) counts = g_hash_table_new(NULL, NULL);
    g_autoptr(GHashTable) names = g_hash_table_new(NULL, NULL);
    guint changed = 0;

    for (guint i = 0; i < standing->len; i++) {
        const struct alert_item *item = &g_array_index(standing, struct alert_item, i);
        HuneMachine *machine = hune_fleet_find(self, item->machine);
        guint count = GPOINTER_TO_UINT(g_hash_table_lookup(counts, machine));

        if (!machine)
            continue;
        g_hash_table_insert(counts, machine, GUINT_TO_POINTER(count + 1));
        if (count == 0)
            g_hash_table_insert(names, machine, (gpointer)hune_alert_name(item));
    }
    for (guint i = 0; i < self->by_slot->len; i++) {
        HuneMachine *machine = g_ptr_array_index(self->by_slot, i);

        if (!machine || !hune_machine_take_alerts(
                            machine, GPOINTER_TO_UINT(g_hash_table_lookup(counts, machine)),
                            g_hash_table_lookup(names, machine)))
            continue;
        hune_machine_changed(machine);
        changed++;
    }
    if (changed)
        g_signal_emit(self, signals[SIGNAL_TOLD], 0);
}

void hune_fleet_read_alerts(struct letter *letter, void *reader)
{
    HuneFleet *self = reader;

    hune_alerts_take(self->alerts, (struct alert_news *)letter);
    count_alerts(self);
}

/* ---- a list that was read ---- */

void hune_fleet_read_roster(struct letter *letter, void *reader)
{
    struct roster *roster = (struct roster *)letter;
    HuneFleet *self = reader;
    g_autoptr(GPtrArray) machines = merge(self, roster);

    self->is_read = TRUE;
    splice_list(self, machines);
    hune_set_text(&self->path, roster->path);
    hune_set_text(&self->list_fault, roster->fault);
    g_strfreev(self->bad);
    self->bad = g_steal_pointer(&roster->bad);
    self->bad_count = roster->bad_count;
    roster_free(roster);
    count_alerts(self);
    g_signal_emit(self, signals[SIGNAL_LISTED], 0);
    g_signal_emit(self, signals[SIGNAL_FAULTS], 0);
}

/* ---- news ---- */

static HuneMachine *machine_at(HuneFleet *self, guint32 slot)
{
    return slot < self->by_slot->len ? g_ptr_array_index(self->by_slot, slot) : NULL;
}

void hune_fleet_read_news(struct letter *letter, void *reader)
{
    struct news *news = (struct news *)letter;
    HuneFleet *self = reader;

    for (guint i = 0; i < news->items->len; i++) {
        struct news_item *item = &g_array_index(news->items, struct news_item, i);
        HuneMachine *machine = machine_at(self, item->slot);

        if (machine)
            hune_machine_take_news(machine, item);
    }
    news_free(news);
    g_signal_emit(self, signals[SIGNAL_TOLD], 0);
}

void hune_fleet_read_samples(struct letter *letter, void *reader)
{
    struct samples *samples = (struct samples *)letter;
    HuneFleet *self = reader;

    for (guint i = 0; i < samples->items->len; i++) {
        const struct sample_item *item = &g_array_index(samples->items, struct sample_item, i);
        HuneMachine *machine = machine_at(self, item->slot);

        if (machine)
            hune_machine_take_sample(machine, item);
    }
    samples_free(samples);
    g_signal_emit(self, signals[SIGNAL_SAMPLED], 0);
}

void hune_fleet_read_brief(struct letter *letter, void *reader)
{
    struct brief *brief = (struct brief *)letter;
    HuneFleet *self = reader;
    HuneMachine *machine = machine_at(self, brief->slot);

    if (machine)
        hune_machine_take_brief(machine, brief);
    brief_free(brief);
}

void hune_fleet_read_key(struct letter *letter, void *reader)
{
    struct key_news *news = (struct key_news *)letter;
    HuneFleet *self = reader;

    hune_set_text(&self->key_fault, news->fault);
    hune_set_text(&self->key_fingerprint, news->fingerprint);
    hune_set_text(&self->key_origin, news->origin);
    key_news_free(news);
    g_signal_emit(self, signals[SIGNAL_FAULTS], 0);
}

/* ---- selectors ---- */

void hune_fleet_match(HuneFleet *self, const char *text)
{
    worker_send_match(self->worker, text, ++self->match_serial);
}

const char *hune_fleet_matched_text(HuneFleet *self)
{
    return self->matched_text;
}

gboolean hune_fleet_match_is_valid(HuneFleet *self)
{
    return self->match_is_valid;
}

const char *hune_fleet_match_fault(HuneFleet *self)
{
    return self->match_fault;
}

void hune_fleet_read_match(struct letter *letter, void *reader)
{
    struct match *match = (struct match *)letter;
    HuneFleet *self = reader;

    if (match->serial == self->match_serial) {
        hune_set_text(&self->matched_text, match->text);
        hune_set_text(&self->match_fault, match->fault);
        self->match_is_valid = match->is_valid;
        for (guint i = 0; match->is_valid && i < self->by_slot->len; i++) {
            HuneMachine *machine = g_ptr_array_index(self->by_slot, i);

            if (machine)
                machine->matches = i < match->bit_count && match->bits[i];
        }
        g_signal_emit(self, signals[SIGNAL_MATCHED], 0);
    }
    match_free(match);
}

/* ---- edits ---- */

static void edited(void *context, const struct fault *fault, void *owner)
{
    g_autoptr(GTask) task = owner;

    (void)context; /* the task's own */
    if (!fault)
        g_task_return_boolean(task, TRUE);
    else
        g_task_return_new_error(task, HUNE_ERROR, 0, *fault->hint ? "%s\n%s" : "%s%s", fault->text,
                                fault->hint);
}

void hune_fleet_edit(HuneFleet *self,
                     int (*edit)(struct fleet *fleet, void *context, struct fault *fault),
                     void *context, GDestroyNotify free_context, GAsyncReadyCallback callback,
                     gpointer user_data)
{
    GTask *task = g_task_new(self, NULL, callback, user_data);
    const struct worker_edit letter = {
        .edit = edit, .context = context, .done = edited, .owner = task};

    g_task_set_task_data(task, context, free_context);
    if (!self->worker) {
        g_task_return_new_error(task, HUNE_ERROR, 0, "%s", _("The window was closed."));
        g_object_unref(task);
        return;
    }
    worker_send_edit(self->worker, &letter);
}

gboolean hune_fleet_edit_finish(HuneFleet *self, GAsyncResult *result, GError **error)
{
    g_return_val_if_fail(g_task_is_valid(result, self), FALSE);
    return g_task_propagate_boolean(G_TASK(result), error);
}
