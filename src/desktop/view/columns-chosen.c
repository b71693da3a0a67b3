/* See columns-chosen.h. What a person wants and what there is room for are kept apart: a narrow
 * window forgets no choice. */
#include "desktop/view/columns-chosen.h"

#include "desktop/model/settings.h"
#include "desktop/view/columns.h"
#include "desktop/view/sort-keys.h"
#include "fleet/home/i18n.h"

struct choice {
    GtkColumnViewColumn *column;
    GSimpleAction *action;
    gboolean is_wanted;
    gboolean is_kept; /* even where it means to scroll sideways */
};

struct hune_columns_chosen {
    GtkColumnView *view;
    struct hune_column_widths *widths;
    struct choice choices[HUNE_COLUMNS];
    GMenu *menu;
    GMenuModel *items;
    GtkAdjustment *across;
    guint fitting;
    gboolean lacks_room; /* the menu says so */
};

/* ---- remembering ---- */

static void remember(const struct hune_columns_chosen *chosen)
{
    g_autoptr(GStrvBuilder) hidden = g_strv_builder_new();
    g_autoptr(GStrvBuilder) kept = g_strv_builder_new();
    g_auto(GStrv) hidden_ids = NULL;
    g_auto(GStrv) kept_ids = NULL;

    for (guint i = 0; i < HUNE_COLUMNS; i++) {
        if (!chosen->choices[i].is_wanted)
            g_strv_builder_add(hidden, hune_column_at(i)->id);
        if (chosen->choices[i].is_kept)
            g_strv_builder_add(kept, hune_column_at(i)->id);
    }
    hidden_ids = g_strv_builder_end(hidden);
    kept_ids = g_strv_builder_end(kept);
    hune_settings_set_strv("hidden-columns", (const char *const *)hidden_ids);
    hune_settings_set_strv("kept-columns", (const char *const *)kept_ids);
}

/* ---- room ---- */

static int needed(const struct hune_columns_chosen *chosen, guint position)
{
    int fixed = gtk_column_view_column_get_fixed_width(chosen->choices[position].column);

    return fixed > 0 ? fixed : hune_column_widths_need(chosen->widths, position);
}

/* Those that are never given up, and those that somebody insists on. */
static gboolean is_first(const struct hune_columns_chosen *chosen, guint position)
{
    return chosen->choices[position].is_kept || hune_column_at(position)->rank == 0;
}

static void show(struct choice *choice, gboolean shown)
{
    if (gtk_column_view_column_get_visible(choice->column) != shown)
        gtk_column_view_column_set_visible(choice->column, shown);
    if (choice->action)
        g_simple_action_set_state(choice->action, g_variant_new_boolean(shown));
}

static void tell_room(struct hune_columns_chosen *chosen, gboolean lacks_room)
{
    if (chosen->lacks_room == lacks_room && g_menu_model_get_n_items(G_MENU_MODEL(chosen->menu)))
        return;
    chosen->lacks_room = lacks_room;
    g_menu_remove_all(chosen->menu);
    g_menu_append_section(chosen->menu, lacks_room ? _("There is not room for all") : NULL,
                          chosen->items);
}

/* The room that is left goes to one after the other, by their ranks. */
static void fit(struct hune_columns_chosen *chosen)
{
    int room = (int)gtk_adjustment_get_page_size(chosen->across);
    gboolean lacks_room = FALSE;

    if (room <= 0)
        room = G_MAXINT; /* it was not laid out yet */
    for (guint i = 0; i < HUNE_COLUMNS; i++) {
        struct choice *choice = &chosen->choices[i];

        if (choice->is_wanted && is_first(chosen, i))
            room -= needed(chosen, i);
        if (!choice->is_wanted || is_first(chosen, i))
            show(choice, choice->is_wanted);
    }
    for (guint rank = 1; rank < HUNE_COLUMNS; rank++) {
        for (guint i = 0; i < HUNE_COLUMNS; i++) {
            struct choice *choice = &chosen->choices[i];

            if (hune_column_at(i)->rank != rank || !choice->is_wanted || is_first(chosen, i))
                continue;
            show(choice, room >= needed(chosen, i));
            room -= needed(chosen, i); /* what is less important does not slip in instead */
            lacks_room |= room < 0;
        }
    }
    tell_room(chosen, lacks_room);
}

static gboolean fit_now(gpointer data)
{
    struct hune_columns_chosen *chosen = data;

    chosen->fitting = 0;
    fit(chosen);
    return G_SOURCE_REMOVE;
}

/* Never while widgets are given their places. */
static void fit_soon(struct hune_columns_chosen *chosen)
{
    if (chosen->fitting == 0)
        chosen->fitting = g_idle_add_full(G_PRIORITY_HIGH_IDLE, fit_now, chosen, NULL);
}

void hune_columns_chosen_look(struct hune_columns_chosen *chosen, GListModel *machines)
{
    if (!hune_column_widths_look(chosen->widths, machines))
        return;
    hune_columns_resize(chosen->view);
    fit_soon(chosen);
}

/* Another font. */
static gboolean measure_now(gpointer data)
{
    struct hune_columns_chosen *chosen = data;

    hune_column_widths_measure(chosen->widths);
    hune_columns_resize(chosen->view);
    return fit_now(chosen);
}

static void on_font(struct hune_columns_chosen *chosen)
{
    g_clear_handle_id(&chosen->fitting, g_source_remove);
    chosen->fitting = g_idle_add_full(G_PRIORITY_HIGH_IDLE, measure_now, chosen, NULL);
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

/* ---- choosing ---- */

static void on_chosen(GSimpleAction *action, GVariant *parameter, gpointer data)
{
    struct hune_columns_chosen *chosen = data;

    (void)parameter;
    for (guint i = 0; i < HUNE_COLUMNS; i++) {
        struct choice *choice = &chosen->choices[i];

        if (choice->action != action)
            continue;
        choice->is_wanted = !gtk_column_view_column_get_visible(choice->column);
        choice->is_kept = FALSE;
        fit(chosen);
        if (choice->is_wanted && !gtk_column_view_column_get_visible(choice->column)) {
            choice->is_kept = TRUE;
            fit(chosen);
        }
    }
    remember(chosen);
}

static void add_action(struct hune_columns_chosen *chosen, guint position, GActionMap *actions,
                       GMenu *items)
{
    struct choice *choice = &chosen->choices[position];
    const struct hune_column *column = hune_column_at(position);
    g_autofree char *name = g_strdup_printf("columns.%s", column->id);

    choice->action = g_simple_action_new_stateful(column->id, NULL, g_variant_new_boolean(TRUE));
    g_signal_connect(choice->action, "activate", G_CALLBACK(on_chosen), chosen);
    g_action_map_add_action(actions, G_ACTION(choice->action));
    g_menu_append(items, _(column->title), name);
}

static void add_choices(struct hune_columns_chosen *chosen, GActionMap *actions, GMenu *items)
{
    g_auto(GStrv) hidden = hune_settings_get_strv("hidden-columns");
    g_auto(GStrv) kept = hune_settings_get_strv("kept-columns");
    GListModel *columns = gtk_column_view_get_columns(chosen->view);

    for (guint i = 0; i < HUNE_COLUMNS; i++) {
        struct choice *choice = &chosen->choices[i];
        const char *id = hune_column_at(i)->id;

        choice->column = g_list_model_get_item(columns, i);
        choice->is_wanted = !g_strv_contains((const char *const *)hidden, id);
        choice->is_kept = g_strv_contains((const char *const *)kept, id);
        if (!g_str_equal(id, "name")) /* always there */
            add_action(chosen, i, actions, items);
    }
}

struct hune_columns_chosen *hune_columns_chosen_new(GtkWidget *page, GtkColumnView *view,
                                                    GtkMenuButton *button)
{
    struct hune_columns_chosen *chosen = g_new0(struct hune_columns_chosen, 1);
    g_autoptr(GSimpleActionGroup) actions = g_simple_action_group_new();
    GtkSettings *settings = gtk_widget_get_settings(GTK_WIDGET(view));
    GMenu *items = g_menu_new();

    chosen->view = view;
    chosen->widths = hune_column_widths_new(view);
    chosen->menu = g_menu_new();
    chosen->items = G_MENU_MODEL(items);
    chosen->across = g_object_ref(gtk_scrollable_get_hadjustment(GTK_SCROLLABLE(view)));
    hune_columns_add(view, chosen->widths);
    hune_column_widths_measure(chosen->widths);
    add_choices(chosen, G_ACTION_MAP(actions), items);
    fit(chosen);
    sort_as_before(view);
    g_signal_connect_swapped(chosen->across, "notify::page-size", G_CALLBACK(fit_soon), chosen);
    g_signal_connect_swapped(settings, "notify::gtk-font-name", G_CALLBACK(on_font), chosen);
    g_signal_connect_swapped(settings, "notify::gtk-xft-dpi", G_CALLBACK(on_font), chosen);
    gtk_widget_insert_action_group(page, "columns", G_ACTION_GROUP(actions));
    gtk_menu_button_set_menu_model(button, G_MENU_MODEL(chosen->menu));
    return chosen;
}

void hune_columns_chosen_free(struct hune_columns_chosen *chosen)
{
    if (!chosen)
        return;
    g_clear_handle_id(&chosen->fitting, g_source_remove);
    g_signal_handlers_disconnect_by_data(chosen->across, chosen);
    g_signal_handlers_disconnect_by_data(gtk_settings_get_default(), chosen);
    for (guint i = 0; i < HUNE_COLUMNS; i++) {
        if (chosen->choices[i].action)
            g_signal_handlers_disconnect_by_data(chosen->choices[i].action, chosen);
        g_clear_object(&chosen->choices[i].action);
        g_object_unref(chosen->choices[i].column);
    }
    hune_column_widths_free(chosen->widths);
    g_object_unref(chosen->across);
    g_object_unref(chosen->items);
    g_object_unref(chosen->menu);
    g_free(chosen);
}
