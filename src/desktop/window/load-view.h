/* HuneLoadView: how a machine does: processor, memory, network and disks, live or from the agent's
 * own memory of the last hour, day or fortnight; and its busiest processes. */
#pragma once

#include <adwaita.h>

#include "desktop/model/fleet-model.h"

G_BEGIN_DECLS

#define HUNE_TYPE_LOAD_VIEW (hune_load_view_get_type())
G_DECLARE_FINAL_TYPE(HuneLoadView, hune_load_view, HUNE, LOAD_VIEW, AdwBin)

GtkWidget *hune_load_view_new(HuneFleet *fleet, HuneMachine *machine);

G_END_DECLS
