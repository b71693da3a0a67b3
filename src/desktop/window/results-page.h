/* HuneResultsPage: one order on many machines while it runs and after: how far it is, equal answers
 * folded into one, every machine's own text. */
#pragma once

#include <adwaita.h>

#include "desktop/model/order-model.h"

G_BEGIN_DECLS

#define HUNE_TYPE_RESULTS_PAGE (hune_results_page_get_type())
G_DECLARE_FINAL_TYPE(HuneResultsPage, hune_results_page, HUNE, RESULTS_PAGE, AdwBin)

/* Takes no reference to a floating order: it keeps its own. */
GtkWidget *hune_results_page_new(HuneFleet *fleet, HuneOrder *order);
/* Borrowed. */
HuneOrder *hune_results_page_order(HuneResultsPage *self);

G_END_DECLS
