/* The alerts of the window: the rules of alerts.conf, judged over what the lookout sees of every
 * machine of the list, remembered where `hune watch` does, with their commands run as it does. */
#include "desktop/alert.h"

#include <string.h>

#include "base/clock.h"
#include "desktop/station.h"
#include "fleet/alert-do.h"
#include "fleet/finding.h"
#include "fleet/i18n.h"
#include "fleet/store-alerts.h"

enum { JUDGE_MS = 1000, FILE_MS = 1000 };

struct alerts {
    struct worker *worker;
    char *path;
    struct alert_rules *rules; /* of the file */
    struct alert_rules *held;  /* those of them that can be judged; its texts are of `rules` */
    GArray *machines;          /* uint32_t: all indices of the list */
    struct alarm *alarm;       /* NULL: nothing is judged */
    struct doer *doer;
    uv_timer_t tick;
    uv_fs_poll_t watch;
    bool has_watch;
    char *file_fault; /* the file cannot be read: the rules of before hold on */
    char *held_fault; /* a rule cannot be judged */
    char *complaint;
    GArray *events; /* not told yet */
    uint32_t told;  /* alarm_changes() when it was told last */
};

/* ---- telling ---- */

void alert_item_clear(gpointer data)
{
    struct alert_item *item = data;

    g_free(item->machine);
    g_free(item->label);
    g_free(item->rule);
    g_free(item->detail);
}

static void copy_clear(gpointer data)
{
    struct alert_copy *copy = data;

    g_free(copy->label);
    g_free(copy->when);
    g_free(copy->machines);
    g_free(copy->command);
    g_free(copy->clear);
}

static GArray *items_new(void)
{
    GArray *items = g_array_new(FALSE, FALSE, sizeof(struct alert_item));

    g_array_set_clear_func(items, alert_item_clear);
    return items;
}

void alert_news_free(struct alert_news *news)
{
    g_array_unref(news->standing);
    g_array_unref(news->events);
    g_array_unref(news->rules);
    g_free(news->path);
    g_free(news->fault);
    g_free(news->complaint);
    g_free(news);
}

static void drop_news(struct letter *letter)
{
    alert_news_free((struct alert_news *)letter);
}

struct standing_list {
    struct worker *worker;
    GArray *items;
};

static void add_standing(const struct standing *standing, void *user)
{
    _cleanup_buffer_ struct buffer detail = BUFFER_INIT;
    const struct standing_list *list = user;
    struct alert_item item = {
        .machine = g_strdup(list->worker->fleet->machines[standing->position].name),
        .label = printable_line(standing->rule->label),
        .rule = printable_line(rule_text(standing->rule->rule)),
        .begun_ms = standing->begun_ms,
        .is_silent = standing->rule->is_silent,
    };

    (void)finding_explain(&detail, standing->finding);
    item.detail = printable_line(buffer_length(&detail) ? buffer_text(&detail) : "");
    g_array_append_val(list->items, item);
}

/* "90s", "2m": as it may stand in the file. */
static char *span_text(uint64_t ms)
{
    static const struct {
        uint64_t seconds;
        char unit;
    } units[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
    uint64_t seconds = ms / 1000;
    size_t i = 0;

    if (ms == RULE_CLEAR_MS)
        return g_strdup("");
    while (units[i].seconds > 1 && (seconds == 0 || seconds % units[i].seconds))
        i++;
    return g_strdup_printf("%" G_GUINT64_FORMAT "%c", (guint64)(seconds / units[i].seconds),
                           units[i].unit);
}

/* As it stands in the file; a widget takes UTF-8 only. */
static char *valid(const char *text)
{
    return g_utf8_make_valid(text ? text : "", -1);
}

static GArray *copy_rules(const struct alert_rules *rules)
{
    GArray *copies = g_array_new(FALSE, FALSE, sizeof(struct alert_copy));

    g_array_set_clear_func(copies, copy_clear);
    for (uint32_t i = 0; i < rules->count; i++) {
        const struct alert_rule *rule = &rules->items[i];
        struct alert_copy copy = {
            .label = valid(rule->label),
            .when = valid(rule_text(rule->rule)),
            .machines = valid(rule->machines),
            .command = valid(rule->command),
            .clear = span_text(rule->clear_ms),
            .is_silent = rule->is_silent,
        };

        g_array_append_val(copies, copy);
    }
    return copies;
}

static void tell_alerts(struct alerts *alerts)
{
    struct alert_news *news = g_new0(struct alert_news, 1);
    struct standing_list list = {.worker = alerts->worker, .items = items_new()};

    if (alerts->alarm) {
        alarm_each(alerts->alarm, add_standing, &list);
        alerts->told = alarm_changes(alerts->alarm);
    }
    news->letter.read = hune_fleet_read_alerts;
    news->letter.drop = drop_news;
    news->standing = list.items;
    news->events = alerts->events;
    news->rules = copy_rules(alerts->rules);
    news->path = g_strdup(alerts->path);
    news->fault = g_strdup(alerts->file_fault ? alerts->file_fault : alerts->held_fault);
    news->complaint = g_steal_pointer(&alerts->complaint);
    alerts->events = items_new();
    worker_tell(alerts->worker, &news->letter);
}

/* ---- judging ---- */

static void on_alert(struct alarm *alarm, const struct alert *alert, void *user)
{
    struct alerts *alerts = user;
    struct alert_item item = {
        .machine = g_strdup(alert->machine->name),
        .label = printable_line(alert->rule->label),
        .rule = printable_line(rule_text(alert->rule->rule)),
        .detail = printable_line(alert->detail),
        .begun_ms = alert->begun_ms,
        .ended_ms = alert->is_over ? alert->at_ms : 0,
        .is_silent = alert->rule->is_silent,
    };

    (void)alarm;
    g_array_append_val(alerts->events, item);
    if (alert->rule->command && alerts->doer)
        doer_command(alerts->doer, alert->rule->command, alert);
}

static void on_complaint(const char *machine, const char *sentence, void *user)
{
    struct alerts *alerts = user;
    g_autofree char *text = printable_line(sentence);

    if (!alerts->complaint)
        alerts->complaint = machine ? g_strdup_printf("%s: %s", machine, text)
                                    : g_steal_pointer(&text);
}

static void on_tick(uv_timer_t *timer)
{
    struct alerts *alerts = timer->data;
    struct worker *worker = alerts->worker;
    uint64_t now_ms = clock_monotonic_ms(), wall_ms = clock_wall_ms();

    for (uint32_t i = 0; alerts->alarm && i < worker->fleet->count; i++) {
        const struct station *station = station_at(worker,
                                                   g_array_index(worker->slot_of_row, uint32_t, i));
        struct reading reading;

        if (!station || station->position == STATION_UNSEEN)
            continue;
        lookout_reading(worker->lookout, station->position, now_ms, &reading);
        alarm_judge(alerts->alarm, i, &reading, now_ms, wall_ms);
    }
    if (alerts->complaint || (alerts->alarm && alarm_changes(alerts->alarm) != alerts->told))
        tell_alerts(alerts);
}

/* ---- what is judged ---- */

static char *fault_text(const struct fault *fault)
{
    return *fault->hint ? g_strdup_printf("%s %s", fault->text, fault->hint)
                        : g_strdup(fault->text);
}

/* A rule whose machines cannot be found costs no other rule. */
static struct alert_rules *rules_that_fit(struct alerts *alerts)
{
    struct alert_rules *held = g_new0(struct alert_rules, 1);

    g_clear_pointer(&alerts->held_fault, g_free);
    for (uint32_t i = 0; i < alerts->rules->count; i++) {
        _cleanup_selection_ struct selection selection = SELECTION_INIT;
        const struct alert_rule *rule = &alerts->rules->items[i];
        struct fault fault = {0};

        if (rule->machines &&
            selector_match(alerts->worker->fleet, rule->machines, &selection, &fault) != 0) {
            g_autofree char *text = fault_text(&fault);

            if (!alerts->held_fault)
                alerts->held_fault = g_strdup_printf("%s: %s", rule->label, text);
            continue;
        }
        held->items[held->count++] = *rule;
    }
    return held;
}

static void ask_for_fields(struct alerts *alerts)
{
    char *fields = NULL;

    if (!alerts->worker->lookout || alert_rules_fields(alerts->held, LIST_FIELDS, &fields) != 0)
        return;
    lookout_set_fields(alerts->worker->lookout, fields);
    free(fields);
}

/* The list or the rules are others: what goes on goes on in a new alarm. */
static void renew(struct alerts *alerts)
{
    struct alarm *before = alerts->alarm;
    struct alert_rules *held_before = alerts->held;
    GArray *machines_before = alerts->machines;
    struct alarm_settings settings = {.fleet = alerts->worker->fleet,
                                      .store = alerts->worker->store,
                                      .before = before,
                                      .on_alert = on_alert,
                                      .user = alerts};

    alerts->held = rules_that_fit(alerts);
    alerts->machines = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    for (uint32_t i = 0; i < alerts->worker->fleet->count; i++)
        g_array_append_val(alerts->machines, i);
    settings.machines = (const uint32_t *)(void *)alerts->machines->data;
    settings.count = alerts->machines->len;
    settings.rules = alerts->held;
    alerts->alarm = NULL;
    if (alerts->held->count > 0 &&
        alarm_new(&alerts->alarm, &settings, clock_monotonic_ms(), NULL) != 0)
        alerts->alarm = NULL;
    alarm_free(before);
    g_free(held_before);
    g_array_unref(machines_before);
    ask_for_fields(alerts);
    tell_alerts(alerts);
}

void alerts_fleet_changed(struct worker *worker)
{
    if (worker->alerts)
        renew(worker->alerts);
}

static void rules_free(struct alert_rules *rules)
{
    alert_rules_deinit(rules);
    g_free(rules);
}

static void read_rules(struct alerts *alerts)
{
    struct alert_rules *rules = g_new0(struct alert_rules, 1);
    struct alert_rules *before = alerts->rules;
    struct fault fault = {0};
    int error = alert_rules_read(rules, alerts->path, &fault);

    g_clear_pointer(&alerts->file_fault, g_free);
    if (error) {
        g_autofree char *text = error > 0 ? fault_text(&fault) : g_strdup(g_strerror(-error));

        rules_free(rules);
        alerts->file_fault = fault.line ? g_strdup_printf(_("%s, line %u: %s"), alerts->path,
                                                          fault.line, text)
                                        : g_strdup_printf("%s: %s", alerts->path, text);
        tell_alerts(alerts);
        return;
    }
    alerts->rules = rules;
    renew(alerts); /* the rules of before are read from once more */
    rules_free(before);
}

static void on_file_changed(uv_fs_poll_t *watch, int status, const uv_stat_t *before,
                            const uv_stat_t *now)
{
    (void)status;
    (void)before;
    (void)now;
    read_rules(watch->data);
}

/* ---- life ---- */

void alerts_begin(struct worker *worker)
{
    struct alerts *alerts;
    struct doer_settings doer = {.loop = &worker->loop, .on_complaint = on_complaint};

    if (!worker->has_paths)
        return;
    alerts = worker->alerts = g_new0(struct alerts, 1);
    alerts->worker = worker;
    alerts->path = g_build_filename(worker->paths.config, "alerts.conf", NULL);
    alerts->rules = g_new0(struct alert_rules, 1);
    alerts->machines = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    alerts->events = items_new();
    doer.user = alerts;
    if (doer_new(&alerts->doer, &doer) != 0)
        alerts->doer = NULL;
    store_alerts_prune(worker->store, clock_wall_ms());
    uv_timer_init(&worker->loop, &alerts->tick);
    alerts->tick.data = alerts;
    uv_timer_start(&alerts->tick, on_tick, JUDGE_MS, JUDGE_MS);
    if (uv_fs_poll_init(&worker->loop, &alerts->watch) == 0) {
        alerts->has_watch = true;
        alerts->watch.data = alerts;
        uv_fs_poll_start(&alerts->watch, on_file_changed, alerts->path, FILE_MS);
    }
    read_rules(alerts);
}

static void alerts_free(struct alerts *alerts)
{
    alarm_free(alerts->alarm);
    rules_free(alerts->rules);
    g_free(alerts->held);
    g_array_unref(alerts->machines);
    g_array_unref(alerts->events);
    g_free(alerts->path);
    g_free(alerts->file_fault);
    g_free(alerts->held_fault);
    g_free(alerts->complaint);
    g_free(alerts);
}

static void on_watch_closed(uv_handle_t *handle)
{
    alerts_free(handle->data);
}

static void on_tick_closed(uv_handle_t *handle)
{
    struct alerts *alerts = handle->data;

    if (alerts->has_watch)
        uv_close((uv_handle_t *)&alerts->watch, on_watch_closed);
    else
        alerts_free(alerts);
}

void alerts_end(struct worker *worker)
{
    struct alerts *alerts = worker->alerts;

    if (!alerts)
        return;
    worker->alerts = NULL;
    alerts->doer = doer_free(alerts->doer);
    uv_close((uv_handle_t *)&alerts->tick, on_tick_closed);
}

void alerts_presence(struct worker *worker, uint32_t slot, enum presence presence,
                     const struct trouble *trouble)
{
    const struct station *station = station_at(worker, slot);

    if (station && presence != PRESENCE_UNKNOWN)
        store_presence(worker->store, station->name, presence,
                       trouble ? trouble_word(trouble) : NULL, clock_wall_ms());
}

/* ---- changing the file ---- */

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
    g_autofree char *text = change->result ? fault_text(&change->fault) : NULL;

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
        read_rules(worker->alerts);
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

/* ---- what is remembered ---- */

struct log_letter {
    struct letter letter;
    struct alert_log log;
    GArray *items; /* struct alert_item, oldest first */
};

static void read_log(struct letter *letter, void *reader)
{
    struct log_letter *log = (struct log_letter *)letter;

    (void)reader;
    log->log.done((const struct alert_item *)(void *)log->items->data, log->items->len,
                  log->log.owner);
    g_array_unref(log->items);
    g_free(log);
}

static void drop_log(struct letter *letter)
{
    read_log(letter, NULL);
}

static struct alert_item *item_of_end(GArray *items, const struct stored_event *event)
{
    for (guint i = items->len; i > 0; i--) {
        struct alert_item *item = &g_array_index(items, struct alert_item, i - 1);

        if (item->begun_ms == event->begun_ms && g_str_equal(item->machine, event->machine) &&
            g_str_equal(item->rule, event->rule))
            return item;
    }
    return NULL;
}

static void take_event(const struct stored_event *event, void *user)
{
    GArray *items = user;
    bool is_end = event->rule && g_str_equal(event->kind, "end");
    struct alert_item *known = is_end ? item_of_end(items, event) : NULL;
    struct alert_item item;

    if (!event->rule)
        return;
    if (known) {
        known->ended_ms = event->at_ms;
        return;
    }
    item = (struct alert_item){
        .machine = printable_line(event->machine),
        .label = g_strdup(""),
        .rule = printable_line(event->rule),
        .detail = printable_line(event->detail),
        .begun_ms = is_end ? event->begun_ms : event->at_ms,
        .ended_ms = is_end ? event->at_ms : 0,
    };
    g_array_append_val(items, item);
    if (items->len >= 2 * ALERT_LOG_MAX)
        g_array_remove_range(items, 0, ALERT_LOG_MAX);
}

static void ask_log(struct letter *letter, void *reader)
{
    struct log_letter *log = (struct log_letter *)letter;
    struct worker *worker = reader;
    uint64_t now_ms = clock_wall_ms();

    store_events(worker->store, now_ms - (uint64_t)ALERT_LOG_DAYS * 86400000, NULL, take_event,
                 log->items);
    if (log->items->len > ALERT_LOG_MAX)
        g_array_remove_range(log->items, 0, log->items->len - ALERT_LOG_MAX);
    letter->read = read_log;
    worker_tell(worker, letter);
}

void worker_send_alert_log(struct worker *worker, const struct alert_log *log)
{
    struct log_letter *letter = g_new0(struct log_letter, 1);

    letter->letter.read = ask_log;
    letter->letter.drop = drop_log;
    letter->log = *log;
    letter->items = items_new();
    worker_send(worker, &letter->letter);
}
