/* See output-view.h. */
#include "desktop/output-view.h"

#include <string.h>

#include "fleet/i18n.h"

enum {
    CHARACTERS_MAX = 4 << 20,
    CHARACTERS_KEPT = 3 << 20, /* after cutting, so that it is not cut at every line */
};

struct _HuneOutputView {
    AdwBin parent_instance;

    GtkTextView *view;
    GtkTextBuffer *buffer;
    GtkTextTag *tags[4]; /* by enum hune_output_style */
    GtkAdjustment *adjustment;
    GtkSearchBar *search_bar;
    GtkSearchEntry *search_entry;
    GtkLabel *search_label;
    GtkTextMark *end;
    gboolean follows;
};

G_DEFINE_FINAL_TYPE(HuneOutputView, hune_output_view, ADW_TYPE_BIN)

/* ---- text ---- */

static void cut_beginning(HuneOutputView *self)
{
    int count = gtk_text_buffer_get_char_count(self->buffer);
    GtkTextIter start, until;

    if (count <= CHARACTERS_MAX)
        return;
    gtk_text_buffer_get_start_iter(self->buffer, &start);
    gtk_text_buffer_get_iter_at_offset(self->buffer, &until, count - CHARACTERS_KEPT);
    gtk_text_iter_forward_line(&until);
    gtk_text_buffer_delete(self->buffer, &start, &until);
    gtk_text_buffer_get_start_iter(self->buffer, &start);
    gtk_text_buffer_insert_with_tags(self->buffer, &start, _("(earlier lines are not shown)\n"), -1,
                                     self->tags[HUNE_OUTPUT_NOTE], NULL);
}

void hune_output_view_append(HuneOutputView *self, const char *text, gssize length,
                             enum hune_output_style style)
{
    /* GTK 4.8 tells screen readers of the text up to its NUL, whatever the length says. */
    g_autofree char *own = length >= 0 ? g_strndup(text, (gsize)length) : g_strdup(text);
    GtkTextIter end;

    gtk_text_buffer_get_end_iter(self->buffer, &end);
    if (style == HUNE_OUTPUT_PLAIN)
        gtk_text_buffer_insert(self->buffer, &end, own, -1);
    else
        gtk_text_buffer_insert_with_tags(self->buffer, &end, own, -1, self->tags[style], NULL);
    cut_beginning(self);
    if (self->follows)
        gtk_text_view_scroll_mark_onscreen(self->view, self->end);
}

void hune_output_view_end_line(HuneOutputView *self)
{
    GtkTextIter end;

    gtk_text_buffer_get_end_iter(self->buffer, &end);
    if (!gtk_text_iter_starts_line(&end))
        hune_output_view_append(self, "\n", 1, HUNE_OUTPUT_PLAIN);
}

void hune_output_view_clear(HuneOutputView *self)
{
    gtk_text_buffer_set_text(self->buffer, "", 0);
    self->follows = TRUE;
}

static void on_scrolled(HuneOutputView *self)
{
    double left = gtk_adjustment_get_upper(self->adjustment) -
                  gtk_adjustment_get_page_size(self->adjustment) -
                  gtk_adjustment_get_value(self->adjustment);

    self->follows = left < 40;
}

/* ---- searching ---- */

static void search(HuneOutputView *self, gboolean forward, gboolean from_here)
{
    const char *text = gtk_editable_get_text(GTK_EDITABLE(self->search_entry));
    GtkTextIter at, match_start, match_end;
    gboolean found = FALSE;

    if (!*text) {
        gtk_label_set_label(self->search_label, "");
        return;
    }
    gtk_text_buffer_get_iter_at_mark(self->buffer, &at,
                                     forward && !from_here
                                         ? gtk_text_buffer_get_selection_bound(self->buffer)
                                         : gtk_text_buffer_get_insert(self->buffer));
    for (int lap = 0; lap < 2 && !found; lap++) {
        if (lap == 1 && forward)
            gtk_text_buffer_get_start_iter(self->buffer, &at);
        else if (lap == 1)
            gtk_text_buffer_get_end_iter(self->buffer, &at);
        found = forward ? gtk_text_iter_forward_search(&at, text, GTK_TEXT_SEARCH_CASE_INSENSITIVE,
                                                       &match_start, &match_end, NULL)
                        : gtk_text_iter_backward_search(&at, text, GTK_TEXT_SEARCH_CASE_INSENSITIVE,
                                                        &match_start, &match_end, NULL);
    }
    gtk_label_set_label(self->search_label, found ? "" : _("Not found"));
    if (!found)
        return;
    self->follows = FALSE;
    gtk_text_buffer_select_range(self->buffer, &match_start, &match_end);
    gtk_text_view_scroll_to_iter(self->view, &match_start, 0.1, FALSE, 0, 0);
}

static void on_search_changed(HuneOutputView *self)
{
    search(self, TRUE, TRUE);
}

static void on_search_next(HuneOutputView *self)
{
    search(self, TRUE, FALSE);
}

static void on_search_previous(HuneOutputView *self)
{
    search(self, FALSE, TRUE);
}

void hune_output_view_search(HuneOutputView *self)
{
    gtk_search_bar_set_search_mode(self->search_bar, TRUE);
    gtk_widget_grab_focus(GTK_WIDGET(self->search_entry));
}

static void act_search(GtkWidget *widget, const char *name, GVariant *parameter)
{
    (void)name;
    (void)parameter;
    hune_output_view_search(HUNE_OUTPUT_VIEW(widget));
}

static GtkWidget *small_button(const char *icon, const char *name, GCallback clicked,
                               HuneOutputView *self)
{
    GtkWidget *button = gtk_button_new_from_icon_name(icon);

    gtk_widget_set_tooltip_text(button, name);
    gtk_accessible_update_property(GTK_ACCESSIBLE(button), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
    g_signal_connect_swapped(button, "clicked", clicked, self);
    return button;
}

static GtkWidget *make_search(HuneOutputView *self)
{
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 6);

    self->search_bar = GTK_SEARCH_BAR(gtk_search_bar_new());
    self->search_entry = GTK_SEARCH_ENTRY(gtk_search_entry_new());
    self->search_label = GTK_LABEL(gtk_label_new(""));
    gtk_accessible_update_property(GTK_ACCESSIBLE(self->search_entry),
                                   GTK_ACCESSIBLE_PROPERTY_LABEL, _("Find in the output"), -1);
    gtk_widget_set_hexpand(GTK_WIDGET(self->search_entry), TRUE);
    gtk_box_append(GTK_BOX(box), GTK_WIDGET(self->search_entry));
    gtk_box_append(GTK_BOX(box), small_button("go-up-symbolic", _("Find the previous one"),
                                              G_CALLBACK(on_search_previous), self));
    gtk_box_append(GTK_BOX(box), small_button("go-down-symbolic", _("Find the next one"),
                                              G_CALLBACK(on_search_next), self));
    gtk_box_append(GTK_BOX(box), GTK_WIDGET(self->search_label));
    gtk_search_bar_set_child(self->search_bar, box);
    gtk_search_bar_connect_entry(self->search_bar, GTK_EDITABLE(self->search_entry));
    gtk_search_bar_set_show_close_button(self->search_bar, TRUE);
    g_signal_connect_swapped(self->search_entry, "search-changed", G_CALLBACK(on_search_changed),
                             self);
    g_signal_connect_swapped(self->search_entry, "activate", G_CALLBACK(on_search_next), self);
    return GTK_WIDGET(self->search_bar);
}

/* ---- the type ---- */

/* Colours follow light and dark. */
static void set_colours(HuneOutputView *self)
{
    gboolean dark = adw_style_manager_get_dark(adw_style_manager_get_default());

    g_object_set(self->tags[HUNE_OUTPUT_ERROR], "foreground", dark ? "#ff938c" : "#c01c28", NULL);
    g_object_set(self->tags[HUNE_OUTPUT_NOTE], "foreground", dark ? "#99c1f1" : "#1a5fb4", NULL);
}

static void hune_output_view_dispose(GObject *object)
{
    g_signal_handlers_disconnect_by_data(adw_style_manager_get_default(), object);
    G_OBJECT_CLASS(hune_output_view_parent_class)->dispose(object);
}

static void hune_output_view_class_init(HuneOutputViewClass *class)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(class);

    G_OBJECT_CLASS(class)->dispose = hune_output_view_dispose;
    gtk_widget_class_install_action(widget_class, "output.search", NULL, act_search);
    gtk_widget_class_add_binding_action(widget_class, GDK_KEY_F, GDK_CONTROL_MASK | GDK_SHIFT_MASK,
                                        "output.search", NULL);
}

static void make_tags(HuneOutputView *self)
{
    self->tags[HUNE_OUTPUT_ERROR] = gtk_text_buffer_create_tag(self->buffer, NULL, NULL);
    self->tags[HUNE_OUTPUT_NOTE] = gtk_text_buffer_create_tag(self->buffer, NULL, "style",
                                                              PANGO_STYLE_ITALIC, NULL);
    self->tags[HUNE_OUTPUT_COMMAND] = gtk_text_buffer_create_tag(self->buffer, NULL, "weight",
                                                                 PANGO_WEIGHT_BOLD, NULL);
    set_colours(self);
}

static void hune_output_view_init(HuneOutputView *self)
{
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0);
    GtkWidget *scrolled = gtk_scrolled_window_new();
    GtkTextIter end;

    self->view = GTK_TEXT_VIEW(gtk_text_view_new());
    self->buffer = gtk_text_view_get_buffer(self->view);
    self->follows = TRUE;
    gtk_text_view_set_editable(self->view, FALSE);
    gtk_text_view_set_cursor_visible(self->view, FALSE);
    gtk_text_view_set_monospace(self->view, TRUE);
    gtk_text_view_set_wrap_mode(self->view, GTK_WRAP_CHAR);
    gtk_text_view_set_left_margin(self->view, 9);
    gtk_text_view_set_right_margin(self->view, 9);
    gtk_text_view_set_top_margin(self->view, 6);
    gtk_text_view_set_bottom_margin(self->view, 6);
    gtk_text_buffer_set_enable_undo(self->buffer, FALSE);
    gtk_accessible_update_property(GTK_ACCESSIBLE(self->view), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                   _("Output"), -1);
    gtk_text_buffer_get_end_iter(self->buffer, &end);
    self->end = gtk_text_buffer_create_mark(self->buffer, NULL, &end, FALSE);
    make_tags(self);
    gtk_scrolled_window_set_child(GTK_SCROLLED_WINDOW(scrolled), GTK_WIDGET(self->view));
    gtk_widget_set_vexpand(scrolled, TRUE);
    self->adjustment = gtk_scrolled_window_get_vadjustment(GTK_SCROLLED_WINDOW(scrolled));
    g_signal_connect_swapped(self->adjustment, "value-changed", G_CALLBACK(on_scrolled), self);
    g_signal_connect_swapped(adw_style_manager_get_default(), "notify::dark",
                             G_CALLBACK(set_colours), self);
    gtk_box_append(GTK_BOX(box), make_search(self));
    gtk_box_append(GTK_BOX(box), scrolled);
    adw_bin_set_child(ADW_BIN(self), box);
}

GtkWidget *hune_output_view_new(void)
{
    return g_object_new(HUNE_TYPE_OUTPUT_VIEW, NULL);
}
