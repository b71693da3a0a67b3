/* HuneUserButton: as which user a command or a shell runs: what the list says, or another one, who
 * is typed or picked from those that the machines allow. As `hune run --as`.
 *
 * Property "user": the name as typed, "" for the list's; it may be no name at all. */
#pragma once

#include <adwaita.h>

#include "desktop/model/machine.h"

G_BEGIN_DECLS

#define HUNE_TYPE_USER_BUTTON (hune_user_button_get_type())
G_DECLARE_FINAL_TYPE(HuneUserButton, hune_user_button, HUNE, USER_BUTTON, AdwBin)

GtkWidget *hune_user_button_new(void);
/* For these machines (HuneMachine): only users that all of them allow are proposed. */
void hune_user_button_set_machines(HuneUserButton *self, GPtrArray *machines);
/* For one. */
void hune_user_button_set_machine(HuneUserButton *self, HuneMachine *machine);
/* "" for the list's; NULL if what was typed is no user's name. Borrowed until it changes. */
const char *hune_user_button_get(HuneUserButton *self);

G_END_DECLS
