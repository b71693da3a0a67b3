/* HuneWayView: the way to one machine, each step with what was found, up to the first that fails,
 * and what to do then: what `hune doctor` says. */
#pragma once

#include <adwaita.h>

#include "desktop/model/fleet-model.h"

G_BEGIN_DECLS

#define HUNE_TYPE_WAY_VIEW (hune_way_view_get_type())
G_DECLARE_FINAL_TYPE(HuneWayView, hune_way_view, HUNE, WAY_VIEW, AdwBin)

GtkWidget *hune_way_view_new(HuneFleet *fleet);
/* Begins to look; an earlier look is given up. */
void hune_way_view_look(HuneWayView *self, const char *host, guint16 port, const guint8 *id,
                        const char *user);
/* A window of its own for a machine of the list. */
void hune_way_window_show(GtkWindow *parent, HuneFleet *fleet, HuneMachine *machine);

G_END_DECLS
