/* See columns-chosen.h. */
#include "desktop/view/columns-chosen.h"

#include "desktop/view/columns.h"
#include "desktop/model/settings.h"
#include "desktop/view/sort-keys.h"

static void remember(GtkColumnView *view)
{
    GListModel *columns = gtk_column_view_get_columns(view);
    g_autoptr(GStrvBuilder) hidden = g_strv_builder_new();
    g_auto(GStrv) ids = NULL;

    for (guint i = 0; i < g_list_model_get_n_items(columns); i++) {
        g_autoptr(GtkColumnViewColumn) column = g_list_model_get_item(columns, i);

        if (!gtk_column_view_column_get_visible(column))
            g_strv_builder_add(hidden, g_object_get_data(G_OBJECT(column), "id"));
    }
    ids = g_strv_builder_end(hidden);
    hune_settings_set_strv("hidden-columns", (const char *const *)ids);
}

/* ---- the order ---- */

static gboolean remember_order(gpointer data)
{
    GtkSortType order;
    g_autoptr(GtkColumnViewColumn) column = hune_sort_keys_sorted(data, &order);
    g_autofree char *before = hune_settings_get_string("sorted-by");
    g_autofree char *now = NULL;

    if (!column)
        return G_SOURCE_REMOVE;
    now = g_strconcat(order == GTK_SORT_DESCENDING ? "-" : "",
                      (const char *)g_object_get_data(G_OBJECT(column), "id"), NULL);
    if (!g_str_equal(now, before))
        hune_settings_set_string("sorted-by", now);
    return G_SOURCE_REMOVE;
}

/* The titles tell of the new order only after the sorter. */
static void on_sorted(GtkColumnView *view)
{
    g_idle_add_full(G_PRIORITY_DEFAULT_IDLE, remember_order, g_object_ref(view), g_object_unref);
}

static void sort_as_before(GtkColumnView *view)
{
    g_autofree char *sorted_by = hune_settings_get_string("sorted-by");
    gboolean is_descending = sorted_by[0] == '-';
    GListModel *columns = gtk_column_view_get_columns(view);

    for (guint i = 0; i < g_list_model_get_n_items(columns); i++) {
        g_autoptr(GtkColumnViewColumn) column = g_list_model_get_item(columns, i);

        if (g_str_equal(g_object_get_data(G_OBJECT(column), "id"), sorted_by + is_descending))
            gtk_column_view_sort_by_column(
                view, column, is_descending ? GTK_SORT_DESCENDING : GTK_SORT_ASCENDING);
    }
    g_signal_connect_object(gtk_column_view_get_sorter(view), "changed", G_CALLBACK(on_sorted),
                            view, G_CONNECT_SWAPPED);
}

void hune_columns_add_chosen(GtkWidget *page, GtkColumnView *view, GtkMenuButton *button)
{
    g_autoptr(GSimpleActionGroup) actions = g_simple_action_group_new();
    g_autoptr(GMenu) menu = g_menu_new();
    g_auto(GStrv) hidden = hune_settings_get_strv("hidden-columns");
    GListModel *columns;

    hune_columns_add(view);
    columns = gtk_column_view_get_columns(view);
    for (guint i = 0; i < g_list_model_get_n_items(columns); i++) {
        g_autoptr(GtkColumnViewColumn) column = g_list_model_get_item(columns, i);
        const char *id = g_object_get_data(G_OBJECT(column), "id");
        g_autoptr(GPropertyAction) action = g_property_action_new(id, column, "visible");
        g_autofree char *name = g_strdup_printf("columns.%s", id);

        gtk_column_view_column_set_visible(column,
                                           !g_strv_contains((const char *const *)hidden, id));
        g_signal_connect_swapped(column, "notify::visible", G_CALLBACK(remember), view);
        if (g_str_equal(id, "name"))
            continue; /* always there */
        g_action_map_add_action(G_ACTION_MAP(actions), G_ACTION(action));
        g_menu_append(menu, gtk_column_view_column_get_title(column), name);
    }
    sort_as_before(view);
    gtk_widget_insert_action_group(page, "columns", G_ACTION_GROUP(actions));
    gtk_menu_button_set_menu_model(button, G_MENU_MODEL(menu));
}
