/* See columns.h. */
#include "desktop/view/columns.h"

#include "desktop/text/facts-text.h"
#include "desktop/view/column-table.h"
#include "desktop/view/row-name.h"
#include "desktop/view/sparkline.h"
#include "desktop/view/text-cell.h"
#include "fleet/home/i18n.h"

/* What the cells of one column are made from. */
struct column {
    const struct hune_column *column;
    struct hune_cell_width *width;
};

struct cell {
    const struct hune_column *column;
    HuneRow *row; /* the list item has it */
    HuneTextCell *label;
    GtkImage *icon; /* of the state's column alone */
    gulong handler;
    gulong sampled; /* of what goes on by itself: disk, uptime */
};

static void show_icon(struct cell *cell, const HuneMachine *machine)
{
    gtk_image_set_from_icon_name(cell->icon, machine ? hune_machine_state_icon(machine) : NULL);
    gtk_widget_remove_css_class(GTK_WIDGET(cell->icon), "success");
    gtk_widget_remove_css_class(GTK_WIDGET(cell->icon), "warning");
    if (!machine)
        return;
    if (hune_machine_needs_attention(machine))
        gtk_widget_add_css_class(GTK_WIDGET(cell->icon), "warning");
    else if (machine->state == MACHINE_CONNECTED)
        gtk_widget_add_css_class(GTK_WIDGET(cell->icon), "success");
}

/* An empty row fills what is left of the view (see shown-rows.c). */
static void show_height(struct cell *cell)
{
    GtkWidget *row = gtk_widget_get_parent(gtk_widget_get_parent(GTK_WIDGET(cell->label)));

    if (hune_text_cell_set_height(cell->label, cell->row->height) && row) {
        if (cell->row->height > 0)
            gtk_widget_add_css_class(row, "filler");
        else
            gtk_widget_remove_css_class(row, "filler");
    }
}

static void name_row(struct cell *cell, const HuneMachine *machine)
{
    g_autofree char *state = machine ? hune_machine_state_word(machine) : NULL;
    g_autofree char *name = machine ? g_strdup_printf("%s, %s", machine->name, state)
                                    : g_strdup("");

    hune_row_name(GTK_WIDGET(cell->label), name);
}

/* Who cannot see the curves hears numbers: "CPU 12 %, Memory 40 %, Disk 64 %". */
static void describe_row(struct cell *cell)
{
    const HuneMachine *machine = cell->row->machine;
    gboolean is_live = machine && machine->state == MACHINE_CONNECTED;
    const struct {
        const char *title;
        float part;
    } measures[] = {{_("CPU"), is_live ? hune_machine_cpu(machine) : -1},
                    {_("Memory"), is_live ? hune_machine_memory(machine) : -1},
                    {_("Disk"), is_live ? machine->disk : -1}};
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; i < G_N_ELEMENTS(measures); i++) {
        g_autofree char *percent = hune_percent_text(measures[i].part);

        if (*percent)
            g_string_append_printf(text, "%s%s %s", text->len ? ", " : "", measures[i].title,
                                   percent);
    }
    hune_row_describe(GTK_WIDGET(cell->label), text->str);
}

static void show_cell(struct cell *cell)
{
    HuneMachine *machine = cell->row->machine;
    g_autofree char *text = machine ? cell->column->text(machine) : g_strdup("");

    hune_text_cell_set_text(cell->label, text);
    if (hune_column_shows_name(cell->column)) {
        show_height(cell);
        name_row(cell, machine);
        describe_row(cell);
    }
    if (cell->icon)
        show_icon(cell, machine);
}

static void setup_text(GtkSignalListItemFactory *factory, GtkListItem *item, gpointer data)
{
    const struct column *made = data;
    const struct hune_column *column = made->column;
    struct cell *cell = g_new0(struct cell, 1);
    GtkWidget *label = hune_text_cell_new(made->width, column->right);
    GtkWidget *child = label;

    (void)factory;
    cell->column = column;
    cell->label = HUNE_TEXT_CELL(label);
    if (column->has_icon) {
        child = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 6);
        cell->icon = GTK_IMAGE(gtk_image_new());
        gtk_accessible_update_state(GTK_ACCESSIBLE(cell->icon), GTK_ACCESSIBLE_STATE_HIDDEN, TRUE,
                                    -1);
        gtk_box_append(GTK_BOX(child), GTK_WIDGET(cell->icon));
        gtk_widget_set_hexpand(label, TRUE);
        gtk_box_append(GTK_BOX(child), label);
    }
    g_object_set_data_full(G_OBJECT(child), "cell", cell, g_free);
    gtk_list_item_set_child(item, child);
}

static struct cell *cell_of(GtkListItem *item)
{
    return g_object_get_data(G_OBJECT(gtk_list_item_get_child(item)), "cell");
}

static void bind_text(GtkSignalListItemFactory *factory, GtkListItem *item, gpointer data)
{
    struct cell *cell = cell_of(item);

    (void)factory;
    (void)data;
    cell->row = gtk_list_item_get_item(item);
    hune_row_show(cell->row);
    cell->handler = g_signal_connect_swapped(cell->row, "changed", G_CALLBACK(show_cell), cell);
    if (hune_column_is_sampled(cell->column))
        cell->sampled = g_signal_connect_swapped(cell->row, "sampled", G_CALLBACK(show_cell), cell);
    else if (hune_column_shows_name(cell->column))
        cell->sampled = g_signal_connect_swapped(cell->row, "sampled", G_CALLBACK(describe_row),
                                                 cell);
    show_cell(cell);
}

static void unbind_text(GtkSignalListItemFactory *factory, GtkListItem *item, gpointer data)
{
    struct cell *cell = cell_of(item);

    (void)factory;
    (void)data;
    g_clear_signal_handler(&cell->handler, cell->row);
    g_clear_signal_handler(&cell->sampled, cell->row);
    hune_row_hide(cell->row);
    cell->row = NULL;
}

static void setup_sparkline(GtkSignalListItemFactory *factory, GtkListItem *item, gpointer data)
{
    const struct column *made = data;

    (void)factory;
    gtk_list_item_set_child(item, hune_sparkline_new(made->column->measure, made->width));
}

static void show_sparkline(HuneSparkline *sparkline, HuneRow *row)
{
    hune_sparkline_set_machine(sparkline, row->machine);
}

static void bind_sparkline(GtkSignalListItemFactory *factory, GtkListItem *item, gpointer data)
{
    HuneSparkline *sparkline = HUNE_SPARKLINE(gtk_list_item_get_child(item));
    HuneRow *row = gtk_list_item_get_item(item);

    (void)factory;
    (void)data;
    hune_row_show(row);
    g_signal_connect_swapped(row, "changed", G_CALLBACK(show_sparkline), sparkline);
    show_sparkline(sparkline, row);
}

static void unbind_sparkline(GtkSignalListItemFactory *factory, GtkListItem *item, gpointer data)
{
    HuneSparkline *sparkline = HUNE_SPARKLINE(gtk_list_item_get_child(item));
    HuneRow *row = gtk_list_item_get_item(item);

    (void)factory;
    (void)data;
    g_signal_handlers_disconnect_by_func(row, show_sparkline, sparkline);
    hune_row_hide(row);
    hune_sparkline_set_machine(sparkline, NULL);
}

static void column_free(gpointer data, GClosure *closure)
{
    struct column *made = data;

    (void)closure;
    g_rc_box_release(made->width);
    g_free(made);
}

static GtkListItemFactory *factory_of(const struct hune_column *column,
                                      struct hune_cell_width *width)
{
    GtkListItemFactory *factory = gtk_signal_list_item_factory_new();
    gboolean text = column->text != NULL;
    struct column *made = g_new0(struct column, 1);

    made->column = column;
    made->width = g_rc_box_acquire(width);
    g_signal_connect_data(factory, "setup", G_CALLBACK(text ? setup_text : setup_sparkline), made,
                          column_free, 0);
    g_signal_connect(factory, "bind", G_CALLBACK(text ? bind_text : bind_sparkline), NULL);
    g_signal_connect(factory, "unbind", G_CALLBACK(text ? unbind_text : unbind_sparkline), NULL);
    return factory;
}

void hune_columns_add(GtkColumnView *view, struct hune_column_widths *widths)
{
    for (guint i = 0; i < HUNE_COLUMNS; i++) {
        const struct hune_column *column = hune_column_at(i);
        g_autoptr(GtkColumnViewColumn) made = gtk_column_view_column_new(
            _(column->title), factory_of(column, hune_column_width(widths, i)));
        g_autoptr(GtkSorter)
            sorter = GTK_SORTER(gtk_custom_sorter_new(column->compare, NULL, NULL));

        g_object_set_data(G_OBJECT(made), "id", (gpointer)column->id);
        gtk_column_view_column_set_sorter(made, sorter);
        gtk_column_view_column_set_expand(made, column->expand);
        gtk_column_view_column_set_resizable(made, TRUE);
        gtk_column_view_append_column(view, made);
    }
}

/* One cell of each column is enough: the column asks all of its cells then. */
void hune_columns_resize(GtkColumnView *view)
{
    GtkWidget *row = gtk_widget_get_first_child(gtk_widget_get_last_child(GTK_WIDGET(view)));
    GtkWidget *cell = row ? gtk_widget_get_first_child(row) : NULL;

    for (; cell; cell = gtk_widget_get_next_sibling(cell)) {
        GtkWidget *child = gtk_widget_get_first_child(cell);
        struct cell *data = child ? g_object_get_data(G_OBJECT(child), "cell") : NULL;

        if (child)
            gtk_widget_queue_resize(data ? GTK_WIDGET(data->label) : child);
    }
}

HuneRow *hune_columns_row_of(GtkWidget *row)
{
    for (GtkWidget *at = gtk_widget_get_first_child(row); at;
         at = gtk_widget_get_next_sibling(at)) {
        GtkWidget *child = gtk_widget_get_first_child(at);
        struct cell *cell = child ? g_object_get_data(G_OBJECT(child), "cell") : NULL;

        if (cell)
            return cell->row;
    }
    return NULL;
}
