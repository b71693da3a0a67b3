/* See shown-rows-private.h. Selecting is the whole list's. GTK remembers where a range begins by
 * its place; here the place follows the machine, when the list was put in another order meanwhile.
 */
#include "desktop/view/shown-rows-private.h"

static gboolean is_selected(GtkSelectionModel *model, guint position)
{
    return gtk_selection_model_is_selected(HUNE_SHOWN_ROWS(model)->all, position);
}

static GtkBitset *get_selection_in_range(GtkSelectionModel *model, guint position, guint count)
{
    return gtk_selection_model_get_selection_in_range(HUNE_SHOWN_ROWS(model)->all, position, count);
}

static void remember_start(HuneShownRows *self, guint position)
{
    g_clear_object(&self->start);
    self->start = g_list_model_get_item(G_LIST_MODEL(self->all), position);
    self->start_at = position;
}

static gboolean select_item(GtkSelectionModel *model, guint position, gboolean alone)
{
    HuneShownRows *self = HUNE_SHOWN_ROWS(model);

    remember_start(self, position);
    return gtk_selection_model_select_item(self->all, position, alone);
}

static gboolean unselect_item(GtkSelectionModel *model, guint position)
{
    HuneShownRows *self = HUNE_SHOWN_ROWS(model);

    remember_start(self, position);
    return gtk_selection_model_unselect_item(self->all, position);
}

static guint find_start(HuneShownRows *self)
{
    guint all = g_list_model_get_n_items(G_LIST_MODEL(self->all));

    for (guint i = 0; self->start && i < all; i++) {
        g_autoptr(GObject) item = g_list_model_get_item(G_LIST_MODEL(self->all), i);

        if (item == self->start)
            return i;
    }
    return self->start_at; /* it left the list */
}

/* From where the range's beginning is now. */
static void move_range(HuneShownRows *self, guint *position, guint *count)
{
    guint last = *position + *count - 1;
    guint end = self->start_at == *position ? last : *position;
    guint start;

    if (*count == 0 || (self->start_at != *position && self->start_at != last))
        return;
    start = find_start(self);
    *position = MIN(start, end);
    *count = MAX(start, end) - *position + 1;
}

static gboolean select_range(GtkSelectionModel *model, guint position, guint count, gboolean alone)
{
    HuneShownRows *self = HUNE_SHOWN_ROWS(model);

    move_range(self, &position, &count);
    return gtk_selection_model_select_range(self->all, position, count, alone);
}

static gboolean unselect_range(GtkSelectionModel *model, guint position, guint count)
{
    HuneShownRows *self = HUNE_SHOWN_ROWS(model);

    move_range(self, &position, &count);
    return gtk_selection_model_unselect_range(self->all, position, count);
}

static gboolean select_all(GtkSelectionModel *model)
{
    return gtk_selection_model_select_all(HUNE_SHOWN_ROWS(model)->all);
}

static gboolean unselect_all(GtkSelectionModel *model)
{
    return gtk_selection_model_unselect_all(HUNE_SHOWN_ROWS(model)->all);
}

static gboolean set_selection(GtkSelectionModel *model, GtkBitset *selected, GtkBitset *mask)
{
    return gtk_selection_model_set_selection(HUNE_SHOWN_ROWS(model)->all, selected, mask);
}

void hune_shown_rows_selection_init(GtkSelectionModelInterface *iface)
{
    iface->is_selected = is_selected;
    iface->get_selection_in_range = get_selection_in_range;
    iface->select_item = select_item;
    iface->unselect_item = unselect_item;
    iface->select_range = select_range;
    iface->unselect_range = unselect_range;
    iface->select_all = select_all;
    iface->unselect_all = unselect_all;
    iface->set_selection = set_selection;
}
