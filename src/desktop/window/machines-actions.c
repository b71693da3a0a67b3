/* See machines-actions.h. */
#include "desktop/window/machines-actions.h"

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

static void on_menu(GtkPopover *menu, int presses, double x, double y, GtkGesture *click)
{
    GtkWidget *view = gtk_event_controller_get_widget(GTK_EVENT_CONTROLLER(click));

    (void)presses;
    gtk_widget_translate_coordinates(view, gtk_widget_get_parent(GTK_WIDGET(menu)), x, y, &x, &y);
    gtk_popover_set_pointing_to(menu,
                                &(GdkRectangle){.x = (int)x, .y = (int)y, .width = 1, .height = 1});
    gtk_popover_popup(menu);
}

/* The same by keys: under the row that has the focus. */
static gboolean on_menu_key(GtkWidget *view, GVariant *arguments, gpointer menu)
{
    GtkWidget *row = gtk_root_get_focus(gtk_widget_get_root(view));
    double x = 24, y = 0;

    (void)arguments;
    if (!row || !gtk_widget_is_ancestor(row, view))
        row = view;
    if (row != view)
        y = gtk_widget_get_height(row);
    gtk_widget_translate_coordinates(row, gtk_widget_get_parent(menu), x, y, &x, &y);
    gtk_popover_set_pointing_to(menu,
                                &(GdkRectangle){.x = (int)x, .y = (int)y, .width = 1, .height = 1});
    gtk_popover_popup(menu);
    return TRUE;
}

static void add_keys(GtkWidget *view, GtkWidget *menu)
{
    GtkEventController *keys = gtk_shortcut_controller_new();

    gtk_shortcut_controller_add_shortcut(
        GTK_SHORTCUT_CONTROLLER(keys),
        gtk_shortcut_new(gtk_shortcut_trigger_parse_string("<Shift>F10|Menu"),
                         gtk_callback_action_new(on_menu_key, menu, NULL)));
    gtk_shortcut_controller_add_shortcut(GTK_SHORTCUT_CONTROLLER(keys),
                                         gtk_shortcut_new(gtk_shortcut_trigger_parse_string("F2"),
                                                          gtk_named_action_new("machines.edit")));
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
    g_signal_connect_object(popover, "closed", G_CALLBACK(gtk_widget_grab_focus), view,
                            G_CONNECT_SWAPPED);
    add_keys(GTK_WIDGET(view), popover);
    return popover;
}
