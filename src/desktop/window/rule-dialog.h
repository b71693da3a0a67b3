/* HuneRuleDialog: one rule, judged while it is typed, with the place of a mistake marked. */
#pragma once

#include "desktop/model/fleet-model.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define HUNE_TYPE_RULE_DIALOG (hune_rule_dialog_get_type())
G_DECLARE_FINAL_TYPE(HuneRuleDialog, hune_rule_dialog, HUNE, RULE_DIALOG, AdwWindow)

/* `rule` NULL: a new one; else copied. */
GtkWidget *hune_rule_dialog_new(GtkWindow *parent, HuneFleet *fleet, const struct alert_copy *rule);

G_END_DECLS
