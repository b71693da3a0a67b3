/* HuneRulesDialog: the rules of alerts.conf, which the command line reads, too. What is changed is
 * saved at once; what is changed elsewhere shows at once. */
#pragma once

#include "desktop/window/window.h"

G_BEGIN_DECLS

#define HUNE_TYPE_RULES_DIALOG (hune_rules_dialog_get_type())
G_DECLARE_FINAL_TYPE(HuneRulesDialog, hune_rules_dialog, HUNE, RULES_DIALOG, AdwWindow)

GtkWidget *hune_rules_dialog_new(HuneWindow *window);

G_END_DECLS
