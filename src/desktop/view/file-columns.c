/* See file-columns.h. */
#include "desktop/view/file-columns.h"

#include <string.h>

#include "desktop/view/row-name.h"
#include "fleet/home/i18n.h"

static char *name_text(const HuneFile *file)
{
    return file->target ? g_strdup_printf("%s → %s", file->shown, file->target)
                        : g_strdup(file->shown);
}

static int by_name(gconstpointer a, gconstpointer b, gpointer data)
{
    (void)data;
    return strcmp(((const HuneFile *)a)->key, ((const HuneFile *)b)->key);
}

static int by_size(gconstpointer a, gconstpointer b, gpointer data)
{
    guint64 one = ((const HuneFile *)a)->size, other = ((const HuneFile *)b)->size;

    (void)data;
    return (one > other) - (one < other);
}

static int by_time(gconstpointer a, gconstpointer b, gpointer data)
{
    gint64 one = ((const HuneFile *)a)->modified_s, other = ((const HuneFile *)b)->modified_s;

    (void)data;
    return (one > other) - (one < other);
}

static int by_mode(gconstpointer a, gconstpointer b, gpointer data)
{
    guint32 one = ((const HuneFile *)a)->mode & 07777, other = ((const HuneFile *)b)->mode & 07777;

    (void)data;
    return (one > other) - (one < other);
}

static int folders_first(gconstpointer a, gconstpointer b, gpointer data)
{
    (void)data;
    return ((const HuneFile *)b)->is_folder - ((const HuneFile *)a)->is_folder;
}

static const struct file_column {
    const char *title;
    char *(*text)(const HuneFile *file);
    GCompareDataFunc compare;
    int width_chars;
    gboolean right;
} columns[] = {
    {N_("Name"), name_text, by_name, 12, FALSE},
    {N_("Size"), hune_file_size_text, by_size, 9, TRUE},
    {N_("Modified"), hune_file_time_text, by_time, 14, FALSE},
    {N_("Mode"), hune_file_mode_text, by_mode, 9, FALSE},
};

struct cell {
    GtkImage *icon;
    GtkLabel *label;
};

struct drag {
    HuneFilePane *pane; /* outlives its rows */
    GdkContentProvider *(*make)(HuneFilePane *pane, HuneFile *file);
};

static GdkContentProvider *on_prepare(GtkDragSource *source, double x, double y, gpointer data)
{
    struct drag *drag = g_object_get_data(G_OBJECT(source), "drag");
    HuneFile *file = gtk_list_item_get_item(data);

    (void)x;
    (void)y;
    return file ? drag->make(drag->pane, file) : NULL;
}

static void on_begin(GtkDragSource *source, GdkDrag *drag, gpointer data)
{
    HuneFile *file = gtk_list_item_get_item(data);
    GtkWidget *icon = gtk_drag_icon_get_for_drag(drag);

    (void)source;
    if (file)
        gtk_drag_icon_set_child(GTK_DRAG_ICON(icon), gtk_label_new(file->shown));
}

static void add_drag(GtkWidget *box, GtkListItem *item, struct drag *drag)
{
    GtkDragSource *source = gtk_drag_source_new();

    g_object_set_data(G_OBJECT(source), "drag", drag);
    gtk_drag_source_set_actions(source, GDK_ACTION_COPY);
    g_signal_connect(source, "prepare", G_CALLBACK(on_prepare), item);
    g_signal_connect(source, "drag-begin", G_CALLBACK(on_begin), item);
    gtk_widget_add_controller(box, GTK_EVENT_CONTROLLER(source));
}

static void setup_cell(GtkSignalListItemFactory *factory, GtkListItem *item, gpointer data)
{
    const struct file_column *column = data;
    struct cell *cell = g_new0(struct cell, 1);
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 6);

    if (column->compare == by_name) {
        cell->icon = GTK_IMAGE(gtk_image_new());
        gtk_accessible_update_state(GTK_ACCESSIBLE(cell->icon), GTK_ACCESSIBLE_STATE_HIDDEN, TRUE,
                                    -1);
        gtk_box_append(GTK_BOX(box), GTK_WIDGET(cell->icon));
        add_drag(box, item, g_object_get_data(G_OBJECT(factory), "drag"));
    }
    cell->label = GTK_LABEL(gtk_label_new(""));
    gtk_label_set_xalign(cell->label, column->right ? 1 : 0);
    gtk_label_set_width_chars(cell->label, column->width_chars);
    gtk_label_set_single_line_mode(cell->label, TRUE);
    gtk_label_set_ellipsize(cell->label, column->compare == by_name ? PANGO_ELLIPSIZE_MIDDLE
                                                                    : PANGO_ELLIPSIZE_END);
    gtk_widget_set_hexpand(GTK_WIDGET(cell->label), TRUE);
    gtk_box_append(GTK_BOX(box), GTK_WIDGET(cell->label));
    g_object_set_data_full(G_OBJECT(box), "cell", cell, g_free);
    gtk_list_item_set_child(item, box);
}

static void bind_cell(GtkSignalListItemFactory *factory, GtkListItem *item, gpointer data)
{
    const struct file_column *column = data;
    struct cell *cell = g_object_get_data(G_OBJECT(gtk_list_item_get_child(item)), "cell");
    const HuneFile *file = gtk_list_item_get_item(item);
    g_autofree char *text = column->text(file);

    (void)factory;
    gtk_label_set_label(cell->label, text);
    if (!cell->icon)
        return;
    gtk_image_set_from_icon_name(cell->icon, hune_file_icon(file));
    hune_row_name(gtk_list_item_get_child(item), file->shown);
}

GtkSorter *hune_file_columns_add(GtkColumnView *view,
                                 GdkContentProvider *(*drag)(HuneFilePane *pane, HuneFile *file),
                                 HuneFilePane *pane)
{
    GtkMultiSorter *sorter = gtk_multi_sorter_new();

    for (size_t i = 0; i < G_N_ELEMENTS(columns); i++) {
        GtkListItemFactory *factory = gtk_signal_list_item_factory_new();
        struct drag *source = g_new0(struct drag, 1);
        g_autoptr(GtkColumnViewColumn) column = NULL;
        g_autoptr(GtkSorter)
            order = GTK_SORTER(gtk_custom_sorter_new(columns[i].compare, NULL, NULL));

        source->pane = pane;
        source->make = drag;
        g_object_set_data_full(G_OBJECT(factory), "drag", source, g_free);
        g_signal_connect(factory, "setup", G_CALLBACK(setup_cell), (gpointer)&columns[i]);
        g_signal_connect(factory, "bind", G_CALLBACK(bind_cell), (gpointer)&columns[i]);
        column = gtk_column_view_column_new(_(columns[i].title), factory);
        gtk_column_view_column_set_sorter(column, order);
        gtk_column_view_column_set_expand(column, i == 0);
        gtk_column_view_column_set_resizable(column, TRUE);
        gtk_column_view_append_column(view, column);
        if (i == 0)
            gtk_column_view_sort_by_column(view, column, GTK_SORT_ASCENDING);
    }
    gtk_multi_sorter_append(sorter, GTK_SORTER(gtk_custom_sorter_new(folders_first, NULL, NULL)));
    gtk_multi_sorter_append(sorter, g_object_ref(gtk_column_view_get_sorter(view)));
    return GTK_SORTER(sorter);
}

void hune_file_columns_select(GtkSelectionModel *selection, HuneFile *file)
{
    guint count = g_list_model_get_n_items(G_LIST_MODEL(selection));

    for (guint i = 0; i < count; i++) {
        g_autoptr(HuneFile) item = g_list_model_get_item(G_LIST_MODEL(selection), i);

        if (item != file)
            continue;
        if (!gtk_selection_model_is_selected(selection, i))
            gtk_selection_model_select_item(selection, i, TRUE);
        return;
    }
}
