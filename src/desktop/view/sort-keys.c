/* See sort-keys.h. GTK 4.8 has no words for the titles: they are found as the children of the
 * table's first child, in the order of the columns, and how the table is sorted is read from the
 * style class of the arrow in the title. */
#include "desktop/view/sort-keys.h"

#include <gdk/gdkkeysyms.h>

static gboolean has_class_below(GtkWidget *widget, const char *class)
{
    if (gtk_widget_has_css_class(widget, class))
        return TRUE;
    for (GtkWidget *child = gtk_widget_get_first_child(widget); child;
         child = gtk_widget_get_next_sibling(child)) {
        if (has_class_below(child, class))
            return TRUE;
    }
    return FALSE;
}

static void sort(GtkWidget *title, GtkColumnViewColumn *column)
{
    GtkSortType order = has_class_below(title, "ascending") ? GTK_SORT_DESCENDING
                                                            : GTK_SORT_ASCENDING;

    gtk_column_view_sort_by_column(gtk_column_view_column_get_column_view(column), column, order);
}

/* To the next title that can take the focus. */
static void go_beside(GtkWidget *title, gboolean forward)
{
    do
        title = forward ? gtk_widget_get_next_sibling(title) : gtk_widget_get_prev_sibling(title);
    while (title && !gtk_widget_grab_focus(title));
}

/* The titles are one stop of Tab, and the rows are another. */
static void leave(GtkWidget *stop, GtkDirectionType direction)
{
    gtk_widget_set_can_focus(stop, FALSE);
    gtk_widget_child_focus(GTK_WIDGET(gtk_widget_get_root(stop)), direction);
    gtk_widget_set_can_focus(stop, TRUE);
}

static gboolean on_key(GtkEventControllerKey *keys, guint key, guint code, GdkModifierType state,
                       gpointer data)
{
    GtkColumnViewColumn *column = data;
    GtkWidget *title = gtk_event_controller_get_widget(GTK_EVENT_CONTROLLER(keys));
    GdkModifierType held = state & gtk_accelerator_get_default_mod_mask();

    (void)code;
    if (held == GDK_SHIFT_MASK && key == GDK_KEY_ISO_Left_Tab) {
        leave(gtk_widget_get_parent(title), GTK_DIR_TAB_BACKWARD);
        return TRUE;
    }
    if (held != 0)
        return FALSE;
    switch (key) {
    case GDK_KEY_space:
    case GDK_KEY_Return:
    case GDK_KEY_KP_Enter: sort(title, column); return TRUE;
    case GDK_KEY_Left: go_beside(title, FALSE); return TRUE;
    case GDK_KEY_Right: go_beside(title, TRUE); return TRUE;
    case GDK_KEY_Down:
    case GDK_KEY_Tab:
        return hune_sort_keys_focus_rows(gtk_column_view_column_get_column_view(column));
    default: return FALSE;
    }
}

/* Among the rows; GTK goes from row to row with Tab. */
static gboolean on_rows_key(GtkColumnView *view, guint key, guint code, GdkModifierType state)
{
    GtkWidget *titles = gtk_widget_get_first_child(GTK_WIDGET(view));
    GdkModifierType held = state & gtk_accelerator_get_default_mod_mask();

    (void)code;
    if (held == 0 && key == GDK_KEY_Tab) {
        leave(gtk_widget_get_last_child(GTK_WIDGET(view)), GTK_DIR_TAB_FORWARD);
        return TRUE;
    }
    return held == GDK_SHIFT_MASK && key == GDK_KEY_ISO_Left_Tab &&
           gtk_widget_child_focus(titles, GTK_DIR_TAB_FORWARD);
}

/* GTK 4.8 takes the row of titles for a row of the list, which the second of two quick clicks would
 * open: the title under the pointer never got it, and the order stayed as it was. */
static void let_titles_be_clicked(GtkWidget *header)
{
    g_autoptr(GListModel) controllers = gtk_widget_observe_controllers(header);

    for (guint i = 0; i < g_list_model_get_n_items(controllers); i++) {
        g_autoptr(GtkEventController) controller = g_list_model_get_item(controllers, i);

        if (GTK_IS_GESTURE_CLICK(controller) &&
            gtk_event_controller_get_propagation_phase(controller) == GTK_PHASE_BUBBLE)
            gtk_event_controller_set_propagation_phase(controller, GTK_PHASE_NONE);
    }
}

void hune_sort_keys_add(GtkColumnView *view)
{
    GtkWidget *header = gtk_widget_get_first_child(GTK_WIDGET(view));
    GtkWidget *title = gtk_widget_get_first_child(header);
    GtkEventController *rows = gtk_event_controller_key_new();
    GListModel *columns = gtk_column_view_get_columns(view);

    gtk_widget_set_can_focus(header, TRUE);
    let_titles_be_clicked(header);
    g_signal_connect_swapped(rows, "key-pressed", G_CALLBACK(on_rows_key), view);
    gtk_widget_add_controller(gtk_widget_get_last_child(GTK_WIDGET(view)), rows);
    for (guint i = 0; title && i < g_list_model_get_n_items(columns);
         i++, title = gtk_widget_get_next_sibling(title)) {
        g_autoptr(GtkColumnViewColumn) column = g_list_model_get_item(columns, i);
        GtkEventController *keys = gtk_event_controller_key_new();

        gtk_widget_set_focusable(title, gtk_column_view_column_get_sorter(column) != NULL);
        gtk_accessible_update_property(GTK_ACCESSIBLE(title), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                       gtk_column_view_column_get_title(column), -1);
        g_signal_connect(keys, "key-pressed", G_CALLBACK(on_key),
                         column); /* it outlives the title */
        gtk_widget_add_controller(title, keys);
    }
}

gboolean hune_sort_keys_focus_rows(GtkColumnView *view)
{
    return gtk_widget_grab_focus(gtk_widget_get_last_child(GTK_WIDGET(view)));
}

GtkColumnViewColumn *hune_sort_keys_sorted(GtkColumnView *view, GtkSortType *order_out)
{
    GtkWidget *header = gtk_widget_get_first_child(GTK_WIDGET(view));
    GtkWidget *title = header ? gtk_widget_get_first_child(header) : NULL;
    GListModel *columns = gtk_column_view_get_columns(view);
    guint count = columns ? g_list_model_get_n_items(columns) : 0;

    for (guint i = 0; title && i < count; i++, title = gtk_widget_get_next_sibling(title)) {
        gboolean is_ascending = has_class_below(title, "ascending");

        if (!is_ascending && !has_class_below(title, "descending"))
            continue;
        *order_out = is_ascending ? GTK_SORT_ASCENDING : GTK_SORT_DESCENDING;
        return g_list_model_get_item(columns, i);
    }
    return NULL;
}
