/* See alerts-model.h. */
#include "desktop/model/alerts-model.h"

#include "fleet/home/i18n.h"

struct _HuneAlerts {
    GObject parent_instance;

    struct alert_news *news; /* the newest; NULL: none came yet */
    GArray *none;
    char *complaint;
};

G_DEFINE_FINAL_TYPE(HuneAlerts, hune_alerts, G_TYPE_OBJECT)

enum { SIGNAL_CHANGED, SIGNAL_TOLD, SIGNALS };
static guint signals[SIGNALS];

static void hune_alerts_finalize(GObject *object)
{
    HuneAlerts *self = HUNE_ALERTS(object);

    g_clear_pointer(&self->news, alert_news_free);
    g_array_unref(self->none);
    g_free(self->complaint);
    G_OBJECT_CLASS(hune_alerts_parent_class)->finalize(object);
}

static void hune_alerts_class_init(HuneAlertsClass *class)
{
    GType type = G_TYPE_FROM_CLASS(class);

    G_OBJECT_CLASS(class)->finalize = hune_alerts_finalize;
    signals[SIGNAL_CHANGED] = g_signal_new("changed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                           G_TYPE_NONE, 0);
    signals[SIGNAL_TOLD] = g_signal_new("told", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                        G_TYPE_NONE, 1, G_TYPE_ARRAY);
}

static void hune_alerts_init(HuneAlerts *self)
{
    self->none = g_array_new(FALSE, FALSE, sizeof(struct alert_item));
}

HuneAlerts *hune_alerts_new(void)
{
    return g_object_new(HUNE_TYPE_ALERTS, NULL);
}

void hune_alerts_take(HuneAlerts *self, struct alert_news *news)
{
    g_clear_pointer(&self->news, alert_news_free);
    self->news = news;
    if (news->complaint) {
        g_free(self->complaint);
        self->complaint = g_strdup(news->complaint);
    }
    g_signal_emit(self, signals[SIGNAL_CHANGED], 0);
    if (news->events->len > 0)
        g_signal_emit(self, signals[SIGNAL_TOLD], 0, news->events);
}

GArray *hune_alerts_standing(HuneAlerts *self)
{
    return self->news ? self->news->standing : self->none;
}

GArray *hune_alerts_rules(HuneAlerts *self)
{
    return self->news ? self->news->rules : self->none;
}

const char *hune_alerts_path(HuneAlerts *self)
{
    return self->news ? self->news->path : NULL;
}

const char *hune_alerts_fault(HuneAlerts *self)
{
    return self->news ? self->news->fault : NULL;
}

const char *hune_alerts_complaint(HuneAlerts *self)
{
    return self->complaint;
}

const char *hune_alert_name(const struct alert_item *item)
{
    return *item->label ? item->label : item->rule;
}
