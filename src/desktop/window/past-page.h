/* HunePastPage: what was run before, found by a search; one of them is opened with its answers. */
#pragma once

#include <adwaita.h>

#include "desktop/model/fleet-model.h"

G_BEGIN_DECLS

#define HUNE_TYPE_PAST_PAGE (hune_past_page_get_type())
G_DECLARE_FINAL_TYPE(HunePastPage, hune_past_page, HUNE, PAST_PAGE, AdwBin)

GtkWidget *hune_past_page_new(HuneFleet *fleet);

G_END_DECLS
