/* The alerts of the window: the rules of alerts.conf, judged over what the lookout sees of every
 * machine of the list, remembered where `hune watch` does, with their commands run as it does. */
#include "desktop/worker/alerts-private.h"

#include "base/clock.h"
#include "desktop/worker/station.h"
#include "fleet/home/i18n.h"
#include "fleet/watch/store-alerts.h"

enum { JUDGE_MS = 1000, FILE_MS = 1000 };

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
        alerts_tell(alerts);
}

/* ---- what is judged ---- */

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
            g_autofree char *text = alerts_fault_text(&fault);

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
    alerts_tell(alerts);
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

void alerts_read_rules(struct alerts *alerts)
{
    struct alert_rules *rules = g_new0(struct alert_rules, 1);
    struct alert_rules *before = alerts->rules;
    struct fault fault = {0};
    int error = alert_rules_read(rules, alerts->path, &fault);

    g_clear_pointer(&alerts->file_fault, g_free);
    if (error) {
        g_autofree char *text = error > 0 ? alerts_fault_text(&fault)
                                          : g_strdup(g_strerror(-error));

        rules_free(rules);
        alerts->file_fault = fault.line ? g_strdup_printf(_("%s, line %u: %s"), alerts->path,
                                                          fault.line, text)
                                        : g_strdup_printf("%s: %s", alerts->path, text);
        alerts_tell(alerts);
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
    alerts_read_rules(watch->data);
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
    alerts->events = alert_items_new();
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
    alerts_read_rules(alerts);
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
