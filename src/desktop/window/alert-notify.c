/* See alert-notify.h. */
#include "desktop/window/alert-notify.h"

#include "base/buffer.h"
#include "base/cleanup.h"
#include "desktop/model/alerts-model.h"
#include "fleet/home/figure.h"
#include "fleet/home/i18n.h"
#include "fleet/inventory/nodeset.h"

/* More at once are told as one: a network that breaks is one message, not a thousand. */
enum { SINGLE_MAX = 3 };

/* The end takes the place of the begin. */
static char *id_of(const struct alert_item *item)
{
    return g_strdup_printf("alert-%s-%08x", item->machine, g_str_hash(item->rule));
}

static char *span_of(const struct alert_item *item)
{
    _cleanup_buffer_ struct buffer span = BUFFER_INIT;

    figure_append_span(&span,
                       (double)(item->ended_ms - MIN(item->begun_ms, item->ended_ms)) / 1000);
    return g_strdup(buffer_length(&span) ? buffer_text(&span) : "");
}

static void send(GApplication *application, const char *id, const char *title, const char *body,
                 gboolean is_over, const char *machine)
{
    g_autoptr(GNotification) message = g_notification_new(title);

    g_notification_set_body(message, body);
    g_notification_set_priority(message, is_over ? G_NOTIFICATION_PRIORITY_LOW
                                                 : G_NOTIFICATION_PRIORITY_URGENT);
    if (machine)
        g_notification_set_default_action_and_target(message, "app.open-machine", "s", machine);
    else
        g_notification_set_default_action(message, "app.show-alerts");
    g_application_send_notification(application, id, message);
}

static void send_one(GApplication *application, const struct alert_item *item)
{
    gboolean is_over = item->ended_ms != 0;
    g_autofree char *id = id_of(item);
    g_autofree char *title = g_strdup_printf(is_over ? _("%s: %s is over") : _("%s: %s"),
                                             item->machine, hune_alert_name(item));
    g_autofree char *span = is_over ? span_of(item) : NULL;
    g_autofree char *body = is_over ? g_strdup_printf(_("%s, for %s"), item->rule, span)
                                    : g_strdup_printf("%s%s%s", item->rule,
                                                      *item->detail ? "\n" : "", item->detail);

    send(application, id, title, body, is_over, item->machine);
}

static void send_many(GApplication *application, GPtrArray *items, gboolean is_over)
{
    _cleanup_buffer_ struct buffer names = BUFFER_INIT;
    g_autofree const char **machines = g_new(const char *, items->len + 1);
    g_autofree char *title = NULL;

    for (guint i = 0; i < items->len; i++)
        machines[i] = ((const struct alert_item *)g_ptr_array_index(items, i))->machine;
    if (nodeset_fold(machines, items->len, &names) != 0)
        return;
    title = is_over
                ? g_strdup_printf(ngettext("%u alert is over", "%u alerts are over", items->len),
                                  items->len)
                : g_strdup_printf(ngettext("%u alert", "%u alerts", items->len), items->len);
    send(application, is_over ? "alerts-over" : "alerts", title,
         buffer_length(&names) ? buffer_text(&names) : "", is_over, NULL);
}

static void send_kind(GApplication *application, GArray *events, gboolean is_over)
{
    g_autoptr(GPtrArray) items = g_ptr_array_new();

    for (guint i = 0; i < events->len; i++) {
        struct alert_item *item = &g_array_index(events, struct alert_item, i);

        if (!item->is_silent && (item->ended_ms != 0) == is_over)
            g_ptr_array_add(items, item);
    }
    if (items->len > SINGLE_MAX) {
        send_many(application, items, is_over);
        return;
    }
    for (guint i = 0; i < items->len; i++)
        send_one(application, g_ptr_array_index(items, i));
}

void hune_alert_notify(GApplication *application, GArray *events)
{
    send_kind(application, events, FALSE);
    send_kind(application, events, TRUE);
}
