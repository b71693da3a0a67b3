/* HuneAlerts: what the window knows of alerts: which stand, the rules, what is wrong with their
 * file. HuneFleet owns it, and counts the alerts of each machine.
 *
 * Signals: "changed" (any of it), "told" (a GArray of struct alert_item: they began or ended just
 * now). */
#pragma once

#include <glib-object.h>

#include "desktop/worker/alert.h"

G_BEGIN_DECLS

#define HUNE_TYPE_ALERTS (hune_alerts_get_type())
G_DECLARE_FINAL_TYPE(HuneAlerts, hune_alerts, HUNE, ALERTS, GObject)

HuneAlerts *hune_alerts_new(void);
/* Takes over what was told. */
void hune_alerts_take(HuneAlerts *self, struct alert_news *news);

/* Of struct alert_item, in the order of the list. Borrowed. */
GArray *hune_alerts_standing(HuneAlerts *self);
/* Of struct alert_copy, in the order of the file. Borrowed. */
GArray *hune_alerts_rules(HuneAlerts *self);
/* Borrowed; may be NULL. */
const char *hune_alerts_path(HuneAlerts *self);
/* A sentence: why some rules, or all, do not hold; NULL. */
const char *hune_alerts_fault(HuneAlerts *self);
/* A sentence about a command of a rule that failed last; NULL. */
const char *hune_alerts_complaint(HuneAlerts *self);

/* "hot", or the rule where it has no name. Borrowed. */
const char *hune_alert_name(const struct alert_item *item);

G_END_DECLS
