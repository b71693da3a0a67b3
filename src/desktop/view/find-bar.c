/* See find-bar.h. */
#include "desktop/view/find-bar.h"

#include "fleet/home/i18n.h"

#define FIND_KEY "hune-find"

struct find {
    GtkSearchEntry *entry;
    GtkLabel *label;
    const struct find_bar_events *events;
    gpointer user;
};

static void search(struct find *find, gboolean forward, gboolean from_here)
{
    const char *text = gtk_editable_get_text(GTK_EDITABLE(find->entry));

    gtk_label_set_label(find->label, "");
    if (*text)
        find->events->find(find->user, text, forward, from_here);
    else
        find->events->stop(find->user);
}

static void on_search_changed(struct find *find)
{
    search(find, TRUE, TRUE);
}

static void on_search_next(struct find *find)
{
    search(find, TRUE, FALSE);
}

static void on_search_previous(struct find *find)
{
    search(find, FALSE, TRUE);
}

static void on_mode(GtkSearchBar *bar, GParamSpec *spec, gpointer data)
{
    struct find *find = data;

    (void)spec;
    if (!gtk_search_bar_get_search_mode(bar))
        find->events->stop(find->user);
}

static GtkWidget *small_button(const char *icon, const char *name, GCallback clicked,
                               struct find *find)
{
    GtkWidget *button = gtk_button_new_from_icon_name(icon);

    gtk_widget_set_tooltip_text(button, name);
    gtk_accessible_update_property(GTK_ACCESSIBLE(button), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
    g_signal_connect_swapped(button, "clicked", clicked, find);
    return button;
}

static GtkWidget *make_row(struct find *find)
{
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 6);

    gtk_widget_set_hexpand(GTK_WIDGET(find->entry), TRUE);
    gtk_box_append(GTK_BOX(box), GTK_WIDGET(find->entry));
    gtk_box_append(GTK_BOX(box), small_button("go-up-symbolic", _("Find the previous one"),
                                              G_CALLBACK(on_search_previous), find));
    gtk_box_append(GTK_BOX(box), small_button("go-down-symbolic", _("Find the next one"),
                                              G_CALLBACK(on_search_next), find));
    gtk_box_append(GTK_BOX(box), GTK_WIDGET(find->label));
    return box;
}

GtkWidget *find_bar_new(const struct find_bar_events *events, gpointer user)
{
    GtkSearchBar *bar = GTK_SEARCH_BAR(gtk_search_bar_new());
    struct find *find = g_new0(struct find, 1);

    *find = (struct find){
        .entry = GTK_SEARCH_ENTRY(gtk_search_entry_new()),
        .label = GTK_LABEL(gtk_label_new("")),
        .events = events,
        .user = user,
    };
    gtk_accessible_update_property(GTK_ACCESSIBLE(find->entry), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                   _("Find in the output"), -1);
    gtk_search_bar_set_child(bar, make_row(find));
    gtk_search_bar_connect_entry(bar, GTK_EDITABLE(find->entry));
    gtk_search_bar_set_show_close_button(bar, TRUE);
    g_signal_connect_swapped(find->entry, "search-changed", G_CALLBACK(on_search_changed), find);
    g_signal_connect_swapped(find->entry, "activate", G_CALLBACK(on_search_next), find);
    g_signal_connect(bar, "notify::search-mode-enabled", G_CALLBACK(on_mode), find);
    g_object_set_data_full(G_OBJECT(bar), FIND_KEY, find, g_free);
    return GTK_WIDGET(bar);
}

void find_bar_open(GtkWidget *bar)
{
    struct find *find = g_object_get_data(G_OBJECT(bar), FIND_KEY);

    gtk_search_bar_set_search_mode(GTK_SEARCH_BAR(bar), TRUE);
    gtk_widget_grab_focus(GTK_WIDGET(find->entry));
}

void find_bar_tell(GtkWidget *bar, const char *text)
{
    struct find *find = g_object_get_data(G_OBJECT(bar), FIND_KEY);

    gtk_label_set_label(find->label, text);
}
