/* See table-scroll.h. In GTK 4.8 the action belongs to the list inside of a table, which is its
 * last child; asked of the table itself it is not found, and nothing happens. */
#include "desktop/view/table-scroll.h"

#include "desktop/view/sort-keys.h"

struct order {
    GtkColumnViewColumn *column; /* only to be compared */
    GtkSortType direction;
    guint look;
};

static struct order *order_of(GtkColumnView *view)
{
    return g_object_get_data(G_OBJECT(view), "hune-order");
}

static void order_free(gpointer data)
{
    struct order *order = data;

    g_clear_handle_id(&order->look, g_source_remove);
    g_free(order);
}

/* ---- a row comes into view ---- */

struct way {
    guint position;
    guint frames;
};

static void scroll(GtkWidget *list, guint position)
{
    gtk_widget_activate_action(list, "list.scroll-to-item", "u", position);
}

static gboolean on_frame(GtkWidget *list, GdkFrameClock *clock, gpointer data)
{
    struct way *way = data;

    (void)clock;
    if (way->frames++ == 0)
        return G_SOURCE_CONTINUE; /* rows are given their places behind this */
    scroll(list, way->position);
    return G_SOURCE_REMOVE;
}

/* Rows that are new have no height yet, so that the list would not know where to go: it is told
 * again when it has been drawn. */
void hune_table_scroll_to(GtkColumnView *view, guint position)
{
    GtkWidget *list = gtk_widget_get_last_child(GTK_WIDGET(view));
    struct way *way = g_new0(struct way, 1);

    scroll(list, position);
    way->position = position;
    gtk_widget_add_tick_callback(list, on_frame, way, g_free);
}

/* ---- who sorts sees the first row ---- */

/* Whether it is another order than before. */
static gboolean take_order(GtkColumnView *view)
{
    struct order *order = order_of(view);
    GtkSortType direction = GTK_SORT_ASCENDING;
    g_autoptr(GtkColumnViewColumn) column = hune_sort_keys_sorted(view, &direction);
    gboolean is_another = column != order->column || direction != order->direction;

    order->column = column;
    order->direction = direction;
    return is_another;
}

/* The titles tell the order only in the next turn of the main loop. */
static gboolean on_look(gpointer data)
{
    GtkColumnView *view = data;
    GtkSelectionModel *model = gtk_column_view_get_model(view);

    order_of(view)->look = 0;
    if (take_order(view) && model && g_list_model_get_n_items(G_LIST_MODEL(model)) > 0)
        hune_table_scroll_to(view, 0);
    return G_SOURCE_REMOVE;
}

static void on_sorted(GtkColumnView *view)
{
    struct order *order = order_of(view);

    if (order->look == 0)
        order->look = g_idle_add(on_look, view);
}

void hune_table_sort_from_top(GtkColumnView *view)
{
    g_object_set_data_full(G_OBJECT(view), "hune-order", g_new0(struct order, 1), order_free);
    take_order(view);
    g_signal_connect_object(gtk_column_view_get_sorter(view), "changed", G_CALLBACK(on_sorted),
                            view, G_CONNECT_SWAPPED);
}
