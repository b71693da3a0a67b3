/* Messages on the desktop for alerts that begin and end: one for each, or one for all where many
 * come at once. They are clicked to see the machine, or the alerts. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* `events`: struct alert_item. The application has the actions "open-machine" (s) and
 * "show-alerts". */
void hune_alert_notify(GApplication *application, GArray *events);

G_END_DECLS
