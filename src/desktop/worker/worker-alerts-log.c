/* The alerts that the console's memory holds, those of `hune watch` among them. */
#include "desktop/worker/alerts-private.h"

#include "base/clock.h"
#include "desktop/worker/station.h"
#include "fleet/watch/store-alerts.h"

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
    letter->items = alert_items_new();
    worker_send(worker, &letter->letter);
}
