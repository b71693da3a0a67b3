/* HuneJournalView: what runs and has run on a machine, and the machine's own record of orders. */
#pragma once

#include <adwaita.h>

#include "desktop/model/fleet-model.h"

G_BEGIN_DECLS

#define HUNE_TYPE_JOURNAL_VIEW (hune_journal_view_get_type())
G_DECLARE_FINAL_TYPE(HuneJournalView, hune_journal_view, HUNE, JOURNAL_VIEW, AdwBin)

GtkWidget *hune_journal_view_new(HuneFleet *fleet, HuneMachine *machine);

G_END_DECLS
