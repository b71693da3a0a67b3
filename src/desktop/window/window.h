/* HuneWindow: tabs over one fleet; the first tab is the list. What happens outside of one page
 * (tabs, dialogs, toasts) is here and in window-actions.c. */
#pragma once

#include <adwaita.h>

#include "desktop/model/fleet-model.h"
#include "desktop/worker/order.h"
#include "proto/verb.h"

G_BEGIN_DECLS

#define HUNE_TYPE_WINDOW (hune_window_get_type())
G_DECLARE_FINAL_TYPE(HuneWindow, hune_window, HUNE, WINDOW, AdwApplicationWindow)

/* `with_list`: false for a window made of a tab that was torn off. */
HuneWindow *hune_window_new(AdwApplication *application, HuneFleet *fleet, gboolean with_list);
HuneFleet *hune_window_fleet(HuneWindow *self);
/* Files that are on their way in its tabs. */
guint hune_window_transfers(HuneWindow *self);
/* Stops them first; nothing is asked about them any more. */
void hune_window_stop_and_close(HuneWindow *self);
/* Without asking about what is under way. */
void hune_window_close_now(HuneWindow *self);

void hune_window_toast(HuneWindow *self, const char *text);
/* A toast with a button that runs an action of the window. */
void hune_window_toast_action(HuneWindow *self, const char *text, const char *button,
                              const char *action);
/* What failed, in a dialog: the first line is its heading, the rest what to do. The dialog, for
 * those who wait until it is read. */
GtkWidget *hune_window_fail(HuneWindow *self, const char *heading, const char *text);

/* A page in a tab of its own; takes a floating page. */
AdwTabPage *hune_window_add_page(HuneWindow *self, GtkWidget *page);
void hune_window_close_page(HuneWindow *self, GtkWidget *page);
/* Runs the line in `field` on machines, after the confirmation that it needs; the answers get a
 * tab, and the field is empty for the next line. One that is called off stays there. */
void hune_window_run(HuneWindow *self, GPtrArray *machines, GtkEditable *field,
                     const struct order_terms *terms);
/* The same without asking. */
void hune_window_give_order(HuneWindow *self, GPtrArray *machines, enum verb verb, const char *line,
                            const struct order_terms *terms);
void hune_window_add_machine(HuneWindow *self, const char *link);
void hune_window_edit_machine(HuneWindow *self, HuneMachine *machine);
void hune_window_remove_machines(HuneWindow *self, GPtrArray *machines);
/* Those that were removed last come back. */
void hune_window_undo_remove(HuneWindow *self);
/* Looks at the list in this file before taking it over. */
void hune_window_import(HuneWindow *self, GFile *file);
void hune_window_export(HuneWindow *self, GFile *file);

/* "web[1-3],db1"; free it. */
char *hune_fold_names(GPtrArray *machines);

/* ---- window-actions.c ---- */
void hune_window_install_actions(GtkWidgetClass *class);

/* ---- window-pages.c: each of them is there once; it is made if it is in no window yet ---- */
void hune_window_open_machine(HuneWindow *self, HuneMachine *machine);
void hune_window_show_alerts(HuneWindow *self);
/* What was run before; and one of these runs. Of that, FALSE: it is not open. */
void hune_window_show_past(HuneWindow *self);
gboolean hune_window_show_past_run(HuneWindow *self, gint64 number);

/* ---- window-session.c ---- */
/* Only the window with the list has a session; of any other, nothing is remembered. */
void hune_window_remember(HuneWindow *self);
/* Opens the tabs of the session before. In front is what was, unless a machine that was named at
 * the start is there already. */
void hune_window_restore_tabs(HuneWindow *self);

/* ---- window.c, for these two ---- */
GtkWidget *hune_window_list(HuneWindow *self); /* NULL in a window without it */
AdwTabView *hune_window_tabs(HuneWindow *self);
GtkToggleButton *hune_window_groups_button(HuneWindow *self);

G_END_DECLS
