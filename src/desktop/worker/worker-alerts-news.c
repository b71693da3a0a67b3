/* What the window is told of its alerts: plain copies, fit to be shown. */
#include "desktop/worker/alerts-private.h"

#include "desktop/worker/station.h"
#include "fleet/watch/finding.h"

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

GArray *alert_items_new(void)
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

void alerts_tell(struct alerts *alerts)
{
    struct alert_news *news = g_new0(struct alert_news, 1);
    struct standing_list list = {.worker = alerts->worker, .items = alert_items_new()};

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
    alerts->events = alert_items_new();
    worker_tell(alerts->worker, &news->letter);
}

char *alerts_fault_text(const struct fault *fault)
{
    return *fault->hint ? g_strdup_printf("%s %s", fault->text, fault->hint)
                        : g_strdup(fault->text);
}
