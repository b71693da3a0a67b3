/* HuneFilePane: one folder, of this computer or of a machine: gone through by mouse or by keyboard.
 * It reads folders without ever making the window wait, and changes nothing.
 *
 * Keys: Return opens a folder, Alt+Up or BackSpace the one that it is in, Alt+Home the home,
 * Ctrl+L the path, Ctrl+R reads again, Ctrl+H hidden files, F5 sends what is chosen to the other
 * pane.
 *
 * Signals: "chosen" (the selection or the folder changed); "send" (what is chosen shall go to the
 * other side); "dropped" (GStrv): these paths of the other side were dropped here. */
#pragma once

#include <adwaita.h>

#include "desktop/model/fleet-model.h"

G_BEGIN_DECLS

#define HUNE_TYPE_FILE_PANE (hune_file_pane_get_type())
G_DECLARE_FINAL_TYPE(HuneFilePane, hune_file_pane, HUNE, FILE_PANE, AdwBin)

/* `machine` NULL: this computer. */
GtkWidget *hune_file_pane_new(HuneFleet *fleet, HuneMachine *machine);
gboolean hune_file_pane_is_here(HuneFilePane *self);
/* The folder that is shown; NULL while none was read. */
const char *hune_file_pane_folder(HuneFilePane *self);
/* The folder that files go into: the one that is shown, but NULL while another one is being read,
 * since the path above the list is that one's already. */
const char *hune_file_pane_target(HuneFilePane *self);
/* Paths of what is selected, NULL-terminated; free them. */
char **hune_file_pane_chosen(HuneFilePane *self);
/* Whether something of this name is there. */
gboolean hune_file_pane_has(HuneFilePane *self, const char *name);
/* Of a machine: reads as this user from now on, beginning at the home. "": as the list says; NULL:
 * nothing is read until it is known as whom. */
void hune_file_pane_set_user(HuneFilePane *self, const char *user);
/* Reads the folder again, or the one that is being read; a first time, the home. */
void hune_file_pane_reload(HuneFilePane *self);

G_END_DECLS
