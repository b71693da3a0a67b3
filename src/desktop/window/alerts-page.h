/* HuneAlertsPage: the alerts that stand and those of before, from the console's memory; and the way
 * to their rules. */
#pragma once

#include <adwaita.h>

#include "desktop/model/fleet-model.h"

G_BEGIN_DECLS

#define HUNE_TYPE_ALERTS_PAGE (hune_alerts_page_get_type())
G_DECLARE_FINAL_TYPE(HuneAlertsPage, hune_alerts_page, HUNE, ALERTS_PAGE, AdwBin)

GtkWidget *hune_alerts_page_new(HuneFleet *fleet);

G_END_DECLS
