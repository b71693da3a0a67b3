/* See terminal-tools.h. */
#include "desktop/view/terminal-tools.h"

#include "fleet/home/i18n.h"

static const double STEP = 1.1, SMALLEST = 0.4, LARGEST = 4;

struct tools {
    VteTerminal *terminal;
    GtkWidget *owner;
    GtkPopover *menu;
    void (*find)(GtkWidget *owner);
};

static void act_copy(GSimpleAction *action, GVariant *parameter, gpointer data)
{
    (void)action;
    (void)parameter;
    vte_terminal_copy_clipboard_format(((struct tools *)data)->terminal, VTE_FORMAT_TEXT);
}

static void act_paste(GSimpleAction *action, GVariant *parameter, gpointer data)
{
    (void)action;
    (void)parameter;
    vte_terminal_paste_clipboard(((struct tools *)data)->terminal);
}

static void act_find(GSimpleAction *action, GVariant *parameter, gpointer data)
{
    struct tools *tools = data;

    (void)action;
    (void)parameter;
    tools->find(tools->owner);
}

static void scale(struct tools *tools, double by)
{
    double now = vte_terminal_get_font_scale(tools->terminal);

    vte_terminal_set_font_scale(tools->terminal, CLAMP(now * by, SMALLEST, LARGEST));
}

static void act_larger(GSimpleAction *action, GVariant *parameter, gpointer data)
{
    (void)action;
    (void)parameter;
    scale(data, STEP);
}

static void act_smaller(GSimpleAction *action, GVariant *parameter, gpointer data)
{
    (void)action;
    (void)parameter;
    scale(data, 1 / STEP);
}

static void act_normal(GSimpleAction *action, GVariant *parameter, gpointer data)
{
    (void)action;
    (void)parameter;
    vte_terminal_set_font_scale(((struct tools *)data)->terminal, 1);
}

static const GActionEntry actions[] = {
    {.name = "copy", .activate = act_copy},       {.name = "paste", .activate = act_paste},
    {.name = "find", .activate = act_find},       {.name = "larger", .activate = act_larger},
    {.name = "smaller", .activate = act_smaller}, {.name = "normal", .activate = act_normal},
};

/* ---- the menu ---- */

static void show_menu(struct tools *tools, double x, double y)
{
    gtk_widget_translate_coordinates(GTK_WIDGET(tools->terminal), tools->owner, x, y, &x, &y);
    gtk_popover_set_pointing_to(tools->menu,
                                &(GdkRectangle){.x = (int)x, .y = (int)y, .width = 1, .height = 1});
    gtk_popover_popup(tools->menu);
}

static void on_click(struct tools *tools, int presses, double x, double y, GtkGesture *click)
{
    GtkWidget *around = gtk_event_controller_get_widget(GTK_EVENT_CONTROLLER(click));

    (void)presses;
    gtk_gesture_set_state(click, GTK_EVENT_SEQUENCE_CLAIMED);
    gtk_widget_translate_coordinates(around, GTK_WIDGET(tools->terminal), x, y, &x, &y);
    show_menu(tools, x, y);
}

/* GTK gives the focus to whatever is first in the window, and keys meant for the shell with it. */
static void on_menu_closed(struct tools *tools)
{
    gtk_widget_grab_focus(GTK_WIDGET(tools->terminal));
}

static void add_item(GMenu *section, const char *label, const char *action, const char *key)
{
    g_autoptr(GMenuItem) item = g_menu_item_new(label, action);

    g_menu_item_set_attribute(item, "accel", "s", key);
    g_menu_append_item(section, item);
}

static GMenu *make_menu(void)
{
    GMenu *menu = g_menu_new();
    g_autoptr(GMenu) text = g_menu_new();
    g_autoptr(GMenu) size = g_menu_new();

    add_item(text, _("Copy"), "terminal.copy", "<Control><Shift>c");
    add_item(text, _("Paste"), "terminal.paste", "<Control><Shift>v");
    add_item(text, _("Find…"), "terminal.find", "<Control><Shift>f");
    add_item(size, _("Larger letters"), "terminal.larger", "<Control>plus");
    add_item(size, _("Smaller letters"), "terminal.smaller", "<Control>minus");
    add_item(size, _("Normal size"), "terminal.normal", "<Control>0");
    g_menu_append_section(menu, NULL, G_MENU_MODEL(text));
    g_menu_append_section(menu, NULL, G_MENU_MODEL(size));
    return menu;
}

/* ---- keys: those that a terminal does not take ---- */

static const char *find_action(guint key, GdkModifierType state)
{
    gboolean control = (state & GDK_CONTROL_MASK) != 0, shift = (state & GDK_SHIFT_MASK) != 0;

    if (!control)
        return NULL;
    switch (gdk_keyval_to_lower(key)) {
    case GDK_KEY_plus:
    case GDK_KEY_KP_Add: return "larger";
    case GDK_KEY_minus:
    case GDK_KEY_KP_Subtract: return "smaller";
    case GDK_KEY_0: return "normal";
    case GDK_KEY_c: return shift ? "copy" : NULL;
    case GDK_KEY_v: return shift ? "paste" : NULL;
    case GDK_KEY_f: return shift ? "find" : NULL;
    default: return NULL;
    }
}

static gboolean on_key(struct tools *tools, guint key, guint code, GdkModifierType state)
{
    const char *action = find_action(key, state);
    g_autofree char *name = action ? g_strconcat("terminal.", action, NULL) : NULL;

    (void)code;
    if (key == GDK_KEY_Menu || (key == GDK_KEY_F10 && (state & GDK_SHIFT_MASK))) {
        show_menu(tools, 24, 24);
        return TRUE;
    }
    return name && gtk_widget_activate_action(tools->owner, name, NULL);
}

GtkWidget *hune_terminal_tools_add(VteTerminal *terminal, GtkWidget *around, GtkWidget *owner,
                                   void (*find)(GtkWidget *owner))
{
    g_autoptr(GSimpleActionGroup) group = g_simple_action_group_new();
    g_autoptr(GMenu) menu = make_menu();
    GtkEventController *keys = gtk_event_controller_key_new();
    GtkGesture *click = gtk_gesture_click_new();
    struct tools *tools = g_new0(struct tools, 1);

    *tools = (struct tools){.terminal = terminal, .owner = owner, .find = find};
    g_object_set_data_full(G_OBJECT(terminal), "tools", tools, g_free);
    g_action_map_add_action_entries(G_ACTION_MAP(group), actions, G_N_ELEMENTS(actions), tools);
    gtk_widget_insert_action_group(owner, "terminal", G_ACTION_GROUP(group));
    tools->menu = GTK_POPOVER(gtk_popover_menu_new_from_model(G_MENU_MODEL(menu)));
    gtk_popover_set_has_arrow(tools->menu, FALSE);
    gtk_widget_set_halign(GTK_WIDGET(tools->menu), GTK_ALIGN_START);
    gtk_widget_set_parent(GTK_WIDGET(tools->menu), owner);
    g_signal_connect_swapped(tools->menu, "closed", G_CALLBACK(on_menu_closed), tools);
    gtk_event_controller_set_propagation_phase(keys, GTK_PHASE_CAPTURE);
    g_signal_connect_swapped(keys, "key-pressed", G_CALLBACK(on_key), tools);
    gtk_widget_add_controller(GTK_WIDGET(terminal), keys);
    /* Around it: a program that takes the mouse has it first. */
    gtk_gesture_single_set_button(GTK_GESTURE_SINGLE(click), GDK_BUTTON_SECONDARY);
    g_signal_connect_swapped(click, "pressed", G_CALLBACK(on_click), tools);
    gtk_widget_add_controller(around, GTK_EVENT_CONTROLLER(click));
    return GTK_WIDGET(tools->menu);
}
