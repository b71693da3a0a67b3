/* HuneOverview: how a machine does, and its facts. */
#pragma once

#include <adwaita.h>

#include "desktop/model/fleet-model.h"

G_BEGIN_DECLS

#define HUNE_TYPE_OVERVIEW (hune_overview_get_type())
G_DECLARE_FINAL_TYPE(HuneOverview, hune_overview, HUNE, OVERVIEW, AdwBin)

GtkWidget *hune_overview_new(HuneFleet *fleet, HuneMachine *machine);

G_END_DECLS
