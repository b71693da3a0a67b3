/* See machines-actions.h. */
#include "desktop/window/machines-actions.h"

#include "desktop/view/sort-keys.h"
#include "desktop/window/window.h"
#include "fleet/home/i18n.h"

enum { OPENED_MAX = 20 };

static HuneWindow *window_of(HuneMachinesPage *self)
{
    return HUNE_WINDOW(gtk_widget_get_root(GTK_WIDGET(self)));
}

static void act_open(GtkWidget *widget, const char *name, GVariant *parameter)
{
    HuneMachinesPage *self = HUNE_MACHINES_PAGE(widget);
    g_autoptr(GPtrArray) machines = hune_machines_page_selected(self);

    (void)name;
    (void)parameter;
    for (guint i = 0; i < MIN(machines->len, OPENED_MAX); i++)
        hune_window_open_machine(window_of(self), g_ptr_array_index(machines, i));
}

static void act_edit(GtkWidget *widget, const char *name, GVariant *parameter)
{
    HuneMachinesPage *self = HUNE_MACHINES_PAGE(widget);
    g_autoptr(GPtrArray) machines = hune_machines_page_selected(self);

    (void)name;
    (void)parameter;
    if (machines->len == 1)
        hune_window_edit_machine(window_of(self), g_ptr_array_index(machines, 0));
}

static void act_remove(GtkWidget *widget, const char *name, GVariant *parameter)
{
    HuneMachinesPage *self = HUNE_MACHINES_PAGE(widget);
    g_autoptr(GPtrArray) machines = hune_machines_page_selected(self);

    (void)name;
    (void)parameter;
    if (machines->len > 0)
        hune_window_remove_machines(window_of(self), machines);
}

static void act_connect(GtkWidget *widget, const char *name, GVariant *parameter)
{
    HuneMachinesPage *self = HUNE_MACHINES_PAGE(widget);
    g_autoptr(GPtrArray) machines = hune_machines_page_selected(self);
    struct worker *worker = hune_fleet_worker(hune_window_fleet(window_of(self)));

    (void)parameter;
    for (guint i = 0; i < machines->len; i++) {
        HuneMachine *machine = g_ptr_array_index(machines, i);

        if (g_str_equal(name, "machines.connect"))
            worker_send_connect(worker, machine->slot);
        else
            worker_send_disconnect(worker, machine->slot);
    }
}

void hune_machines_actions_install(GtkWidgetClass *widget_class)
{
    gtk_widget_class_install_action(widget_class, "machines.open", NULL, act_open);
    gtk_widget_class_install_action(widget_class, "machines.edit", NULL, act_edit);
    gtk_widget_class_install_action(widget_class, "machines.remove", NULL, act_remove);
    gtk_widget_class_install_action(widget_class, "machines.connect", NULL, act_connect);
    gtk_widget_class_install_action(widget_class, "machines.disconnect", NULL, act_connect);
}

/* ---- the menu ---- */

/* The row of widgets that `widget` is, or is in; NULL: none. The rows' list is the view's last
 * child. */
static GtkWidget *row_at(GtkWidget *view, GtkWidget *widget)
{
    GtkWidget *rows = gtk_widget_get_last_child(view);

    while (widget && gtk_widget_get_parent(widget) != rows)
        widget = gtk_widget_get_parent(widget);
    return widget;
}

static void pop_up(GtkPopover *menu, GtkWidget *at, double x, double y)
{
    gtk_widget_translate_coordinates(at, gtk_widget_get_parent(GTK_WIDGET(menu)), x, y, &x, &y);
    gtk_popover_set_pointing_to(menu,
                                &(GdkRectangle){.x = (int)x, .y = (int)y, .width = 1, .height = 1});
    gtk_popover_popup(menu);
}

static void on_menu(GtkPopover *menu, int presses, double x, double y, GtkGesture *click)
{
    GtkWidget *view = gtk_event_controller_get_widget(GTK_EVENT_CONTROLLER(click));
    GtkWidget *row = row_at(view, gtk_widget_pick(view, x, y, GTK_PICK_DEFAULT));

    (void)presses;
    hune_machines_page_mean(HUNE_MACHINES_PAGE(gtk_widget_get_parent(GTK_WIDGET(menu))), row);
    pop_up(menu, view, x, y);
}

/* ---- keys ---- */

/* The focus stands on a row that is not selected when the list was just gone into; else it may have
 * gone on from what was selected, which is meant then. Returns the row with the focus, or NULL. */
static GtkWidget *mean_focused(GtkWidget *view)
{
    GtkWidget *page = gtk_widget_get_ancestor(view, HUNE_TYPE_MACHINES_PAGE);
    GtkWidget *row = row_at(view, gtk_root_get_focus(gtk_widget_get_root(view)));
    g_autoptr(GPtrArray) machines = hune_machines_page_selected(HUNE_MACHINES_PAGE(page));

    if (machines->len == 0)
        hune_machines_page_mean(HUNE_MACHINES_PAGE(page), row);
    return row;
}

/* The menu by keys: under the row that has the focus. */
static gboolean on_menu_key(GtkWidget *view, GVariant *arguments, gpointer menu)
{
    GtkWidget *row = mean_focused(view);

    (void)arguments;
    pop_up(menu, row ? row : view, 24, row ? gtk_widget_get_height(row) : 0);
    return TRUE;
}

static gboolean on_action_key(GtkWidget *view, GVariant *arguments, gpointer action)
{
    (void)arguments;
    mean_focused(view);
    return gtk_widget_activate_action(view, action, NULL);
}

static void add_key(GtkEventController *keys, const char *trigger, GtkShortcutFunc callback,
                    gpointer data)
{
    gtk_shortcut_controller_add_shortcut(
        GTK_SHORTCUT_CONTROLLER(keys),
        gtk_shortcut_new(gtk_shortcut_trigger_parse_string(trigger),
                         gtk_callback_action_new(callback, data, NULL)));
}

static void add_keys(GtkWidget *view, GtkWidget *menu)
{
    GtkEventController *keys = gtk_shortcut_controller_new();

    add_key(keys, "<Shift>F10|Menu", on_menu_key, menu);
    add_key(keys, "F2", on_action_key, (gpointer) "machines.edit");
    add_key(keys, "Delete|KP_Delete", on_action_key, (gpointer) "machines.remove");
    gtk_widget_add_controller(view, keys);
}

GtkWidget *hune_machines_menu_new(HuneMachinesPage *page, GtkColumnView *view)
{
    g_autoptr(GMenu) menu = g_menu_new();
    GtkGesture *click = gtk_gesture_click_new();
    GtkWidget *popover;

    g_menu_append(menu, _("Open"), "machines.open");
    g_menu_append(menu, _("Connect"), "machines.connect");
    g_menu_append(menu, _("Disconnect"), "machines.disconnect");
    g_menu_append(menu, _("Edit…"), "machines.edit");
    g_menu_append(menu, _("Remove"), "machines.remove");
    popover = gtk_popover_menu_new_from_model(G_MENU_MODEL(menu));
    gtk_popover_set_has_arrow(GTK_POPOVER(popover), FALSE);
    gtk_widget_set_halign(popover, GTK_ALIGN_START);
    gtk_widget_set_parent(popover, GTK_WIDGET(page));
    gtk_gesture_single_set_button(GTK_GESTURE_SINGLE(click), GDK_BUTTON_SECONDARY);
    g_signal_connect_object(click, "pressed", G_CALLBACK(on_menu), popover, G_CONNECT_SWAPPED);
    gtk_widget_add_controller(GTK_WIDGET(view), GTK_EVENT_CONTROLLER(click));
    g_signal_connect_object(popover, "closed", G_CALLBACK(hune_sort_keys_focus_rows), view,
                            G_CONNECT_SWAPPED);
    add_keys(GTK_WIDGET(view), popover);
    return popover;
}
