/* See find-bar.h. */
#include "desktop/find-bar.h"

#include "fleet/i18n.h"

#define FIND_KEY "hune-find"

struct find {
    GtkTextView *view;
    GtkSearchEntry *entry;
    GtkLabel *label;
    void (*on_found)(gpointer user);
    gpointer user;
};

static void search(struct find *find, gboolean forward, gboolean from_here)
{
    const char *text = gtk_editable_get_text(GTK_EDITABLE(find->entry));
    GtkTextIter at, match_start, match_end;
    GtkTextBuffer *buffer = gtk_text_view_get_buffer(find->view);
    gboolean found = FALSE;

    if (!*text) {
        gtk_label_set_label(find->label, "");
        return;
    }
    gtk_text_buffer_get_iter_at_mark(buffer, &at,
                                     forward && !from_here
                                         ? gtk_text_buffer_get_selection_bound(buffer)
                                         : gtk_text_buffer_get_insert(buffer));
    for (int lap = 0; lap < 2 && !found; lap++) {
        if (lap == 1 && forward)
            gtk_text_buffer_get_start_iter(buffer, &at);
        else if (lap == 1)
            gtk_text_buffer_get_end_iter(buffer, &at);
        found = forward ? gtk_text_iter_forward_search(&at, text, GTK_TEXT_SEARCH_CASE_INSENSITIVE,
                                                       &match_start, &match_end, NULL)
                        : gtk_text_iter_backward_search(&at, text, GTK_TEXT_SEARCH_CASE_INSENSITIVE,
                                                        &match_start, &match_end, NULL);
    }
    gtk_label_set_label(find->label, found ? "" : _("Not found"));
    if (!found)
        return;
    find->on_found(find->user);
    gtk_text_buffer_select_range(buffer, &match_start, &match_end);
    gtk_text_view_scroll_to_iter(find->view, &match_start, 0.1, FALSE, 0, 0);
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

GtkWidget *find_bar_new(GtkTextView *view, void (*on_found)(gpointer user), gpointer user)
{
    GtkSearchBar *bar = GTK_SEARCH_BAR(gtk_search_bar_new());
    struct find *find = g_new0(struct find, 1);

    *find = (struct find){
        .view = view,
        .entry = GTK_SEARCH_ENTRY(gtk_search_entry_new()),
        .label = GTK_LABEL(gtk_label_new("")),
        .on_found = on_found,
        .user = user,
    };
    gtk_accessible_update_property(GTK_ACCESSIBLE(find->entry), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                   _("Find in the output"), -1);
    gtk_search_bar_set_child(bar, make_row(find));
    gtk_search_bar_connect_entry(bar, GTK_EDITABLE(find->entry));
    gtk_search_bar_set_show_close_button(bar, TRUE);
    g_signal_connect_swapped(find->entry, "search-changed", G_CALLBACK(on_search_changed), find);
    g_signal_connect_swapped(find->entry, "activate", G_CALLBACK(on_search_next), find);
    g_object_set_data_full(G_OBJECT(bar), FIND_KEY, find, g_free);
    return GTK_WIDGET(bar);
}

void find_bar_open(GtkWidget *bar)
{
    struct find *find = g_object_get_data(G_OBJECT(bar), FIND_KEY);

    gtk_search_bar_set_search_mode(GTK_SEARCH_BAR(bar), TRUE);
    gtk_widget_grab_focus(GTK_WIDGET(find->entry));
}
