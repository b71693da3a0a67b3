/* See shown-rows.h. A row that is to go stands behind what the list has, below an empty one that
 * fills the view, until its turn comes. */
#include "desktop/view/columns.h"
#include "desktop/view/shown-rows-private.h"

/* What is done with a frame, so that it stays a short one; how many rows have widgets in GTK 4.8,
 * about; and how many come before anything has a height. */
enum { MADE_A_FRAME = 12, FILLED_A_FRAME = 40, ROWS_WITH_WIDGETS = 205, ROWS_AT_FIRST = 40 };

/* ---- the view ---- */

/* The table's last child holds the rows. */
static GtkWidget *list_of(HuneShownRows *self)
{
    return gtk_widget_get_last_child(GTK_WIDGET(self->view));
}

static guint count_all(HuneShownRows *self)
{
    return g_list_model_get_n_items(G_LIST_MODEL(self->all));
}

static guint rows_in_view(HuneShownRows *self)
{
    int height = gtk_widget_get_height(list_of(self));

    return self->row_height > 0 ? (guint)(height / self->row_height) + 2 : ROWS_AT_FIRST;
}

static void measure_row(HuneShownRows *self)
{
    GtkWidget *row = gtk_widget_get_first_child(list_of(self));

    if (row && gtk_widget_get_height(row) > 0 && !gtk_widget_has_css_class(row, "filler"))
        self->row_height = gtk_widget_get_height(row);
}

static void go_to(HuneShownRows *self, guint position)
{
    gtk_widget_activate_action(list_of(self), "list.scroll-to-item", "u", position);
}

/* ---- the focus follows its machine ---- */

/* The row of widgets that has the keyboard's focus, or NULL. */
static GtkWidget *focused(HuneShownRows *self)
{
    GtkWidget *row = gtk_widget_get_focus_child(list_of(self));
    GtkRoot *root = row ? gtk_widget_get_root(row) : NULL;
    GtkWidget *focus = root ? gtk_root_get_focus(root) : NULL;

    return focus && (focus == row || gtk_widget_is_ancestor(focus, row)) ? row : NULL;
}

/* Before the rows get other machines. */
static HuneMachine *focused_machine(HuneShownRows *self)
{
    GtkWidget *widget = focused(self);
    HuneRow *row = widget ? hune_columns_row_of(widget) : NULL;

    return row && row->machine ? g_object_ref(row->machine) : NULL;
}

static void focus_row(HuneShownRows *self, HuneRow *row)
{
    GtkWidget *widget = gtk_widget_get_first_child(list_of(self));

    while (widget && hune_columns_row_of(widget) != row)
        widget = gtk_widget_get_next_sibling(widget);
    if (widget)
        gtk_widget_grab_focus(widget);
}

static void keep_focus(HuneShownRows *self, HuneMachine *machine)
{
    HuneRow *row = hune_columns_row_of(focused(self));
    guint count = MIN(self->rows->len, count_all(self));

    if (row->machine == machine)
        return;
    for (guint i = 0; i < count; i++) {
        g_autoptr(HuneMachine) item = g_list_model_get_item(G_LIST_MODEL(self->all), i);

        if (item == machine) {
            go_to(self, i);
            focus_row(self, self->rows->pdata[i]);
            return;
        }
    }
}

/* ---- the rows ---- */

static void free_row(gpointer row)
{
    if (row)
        g_object_unref(row);
}

static void resize(HuneShownRows *self, guint count)
{
    guint before = self->rows->len;

    g_ptr_array_set_size(self->rows, (int)count);
    if (count > before)
        g_list_model_items_changed(G_LIST_MODEL(self), before, 0, count - before);
    else if (count < before)
        g_list_model_items_changed(G_LIST_MODEL(self), count, before - count, 0);
}

/* Behind the last row of the list. */
static void fill_view(HuneShownRows *self, guint all)
{
    int height = gtk_widget_get_height(list_of(self)) - (int)all * self->row_height;

    if (height > 0 && self->rows->pdata[all])
        hune_row_set_empty(self->rows->pdata[all], height);
}

/* These rows get their machines. */
static void fill(HuneShownRows *self, guint from, guint to)
{
    guint end = MIN(MIN(to, self->rows->len), count_all(self));

    for (guint i = from; i < end; i++) {
        HuneRow *row = self->rows->pdata[i];
        g_autoptr(HuneMachine) machine = NULL;

        if (!row)
            continue;
        machine = g_list_model_get_item(G_LIST_MODEL(self->all), i);
        hune_row_set_machine(row, machine);
    }
    if (from < end && self->was_selected)
        gtk_selection_model_selection_changed(GTK_SELECTION_MODEL(self), from, end - from);
    self->filled = to;
}

/* One kind of work with each frame. */
static gboolean on_tick(GtkWidget *view, GdkFrameClock *clock, gpointer data)
{
    HuneShownRows *self = data;
    guint all = count_all(self);
    guint count = self->rows->len;

    (void)view;
    (void)clock;
    if (self->filled < MIN(MIN(count, all), ROWS_WITH_WIDGETS))
        fill(self, self->filled, self->filled + FILLED_A_FRAME);
    else if (count < all && count + MADE_A_FRAME < ROWS_WITH_WIDGETS)
        resize(self, MIN(all, count + MADE_A_FRAME));
    else if (count > all + MADE_A_FRAME)
        resize(self, count - MADE_A_FRAME);
    else {
        hune_shown_rows_finish(self);
        self->tick = 0;
        return G_SOURCE_REMOVE;
    }
    return G_SOURCE_CONTINUE;
}

void hune_shown_rows_finish(HuneShownRows *self)
{
    guint all = count_all(self);

    if (self->filled < all)
        fill(self, self->filled, all);
    resize(self, all);
}

/* ---- what the whole list tells ---- */

/* As many rows as the view needs. */
static void resize_for_view(HuneShownRows *self, guint all)
{
    guint count = self->rows->len;

    if (count < all && count < ROWS_WITH_WIDGETS) {
        resize(self, MIN(all, MAX(count, rows_in_view(self))));
    } else if (count <= all + MADE_A_FRAME) {
        resize(self, all);
    } else {
        resize(self, MIN(count, MAX(all, ROWS_WITH_WIDGETS)));
        if (self->rows->len > all)
            fill_view(self, all);
    }
}

static void show_another(HuneShownRows *self, guint all)
{
    GtkAdjustment *scrolled = gtk_scrollable_get_vadjustment(GTK_SCROLLABLE(self->view));

    fill(self, 0, rows_in_view(self));
    if (gtk_adjustment_get_value(scrolled) > 0)
        go_to(self, 0);
    resize_for_view(self, all);
}

static void show_change(HuneShownRows *self, guint position, guint all)
{
    g_autoptr(HuneMachine) machine = focused_machine(self);

    fill(self, MIN(position, self->filled), G_MAXUINT);
    if (self->tick == 0)
        resize(self, all);
    if (machine && focused(self))
        keep_focus(self, machine);
}

static gboolean is_any_selected(HuneShownRows *self)
{
    g_autoptr(GtkBitset) selected = gtk_selection_model_get_selection(self->all);

    return !gtk_bitset_is_empty(selected);
}

/* The frames keep us until the work is done, or until the view goes. */
static void go_on_with_frames(HuneShownRows *self)
{
    if (self->tick == 0)
        self->tick = gtk_widget_add_tick_callback(GTK_WIDGET(self->view), on_tick,
                                                  g_object_ref(self), g_object_unref);
}

static void on_items_changed(HuneShownRows *self, guint position)
{
    guint all = count_all(self);
    gboolean is_selected_now = is_any_selected(self);

    if (!self->view)
        return;
    self->was_selected |= is_selected_now;
    measure_row(self);
    if (self->is_another || self->rows->len == 0)
        show_another(self, all);
    else
        show_change(self, position, all);
    if (self->filled >= all)
        self->was_selected = is_selected_now;
    if (self->filled < all || self->rows->len != all)
        go_on_with_frames(self);
}

static void on_selection_changed(HuneShownRows *self, guint position, guint count)
{
    guint end = MIN(self->rows->len, position + count);

    self->was_selected = TRUE;
    if (position < end)
        gtk_selection_model_selection_changed(GTK_SELECTION_MODEL(self), position, end - position);
}

/* ---- a list model ---- */

static GType get_item_type(GListModel *model)
{
    (void)model;
    return HUNE_TYPE_ROW;
}

static guint get_n_items(GListModel *model)
{
    return HUNE_SHOWN_ROWS(model)->rows->len;
}

static gpointer get_item(GListModel *model, guint position)
{
    HuneShownRows *self = HUNE_SHOWN_ROWS(model);

    if (position >= self->rows->len)
        return NULL;
    if (!self->rows->pdata[position]) {
        g_autoptr(HuneMachine) machine = g_list_model_get_item(G_LIST_MODEL(self->all), position);

        self->rows->pdata[position] = hune_row_new(machine);
    }
    return g_object_ref(self->rows->pdata[position]);
}

static void list_model_init(GListModelInterface *iface)
{
    iface->get_item_type = get_item_type;
    iface->get_n_items = get_n_items;
    iface->get_item = get_item;
}

/* ---- the type ---- */

G_DEFINE_FINAL_TYPE_WITH_CODE(HuneShownRows, hune_shown_rows, G_TYPE_OBJECT,
                              G_IMPLEMENT_INTERFACE(G_TYPE_LIST_MODEL, list_model_init)
                                  G_IMPLEMENT_INTERFACE(GTK_TYPE_SELECTION_MODEL,
                                                        hune_shown_rows_selection_init))

static void hune_shown_rows_dispose(GObject *object)
{
    HuneShownRows *self = HUNE_SHOWN_ROWS(object);

    if (self->all)
        g_signal_handlers_disconnect_by_data(self->all, self);
    if (self->tick && self->view)
        gtk_widget_remove_tick_callback(GTK_WIDGET(self->view), self->tick);
    self->tick = 0;
    g_clear_weak_pointer(&self->view);
    g_clear_object(&self->all);
    g_clear_pointer(&self->rows, g_ptr_array_unref);
    g_clear_object(&self->start);
    G_OBJECT_CLASS(hune_shown_rows_parent_class)->dispose(object);
}

static void hune_shown_rows_class_init(HuneShownRowsClass *class)
{
    G_OBJECT_CLASS(class)->dispose = hune_shown_rows_dispose;
}

static void hune_shown_rows_init(HuneShownRows *self)
{
    self->rows = g_ptr_array_new_with_free_func(free_row);
}

/* A hand on the list finds all of it. */
static gboolean on_key(HuneShownRows *self)
{
    hune_shown_rows_finish(self);
    return GDK_EVENT_PROPAGATE;
}

static void watch_hands(HuneShownRows *self)
{
    GtkEventController *keys = gtk_event_controller_key_new();
    GtkEventController *wheel = gtk_event_controller_scroll_new(
        GTK_EVENT_CONTROLLER_SCROLL_VERTICAL);

    gtk_event_controller_set_propagation_phase(keys, GTK_PHASE_CAPTURE);
    g_signal_connect_object(keys, "key-pressed", G_CALLBACK(on_key), self, G_CONNECT_SWAPPED);
    gtk_widget_add_controller(GTK_WIDGET(self->view), keys);
    gtk_event_controller_set_propagation_phase(wheel, GTK_PHASE_CAPTURE);
    g_signal_connect_object(wheel, "scroll", G_CALLBACK(on_key), self, G_CONNECT_SWAPPED);
    gtk_widget_add_controller(GTK_WIDGET(self->view), wheel);
}

HuneShownRows *hune_shown_rows_new(GtkColumnView *view, GtkSelectionModel *all)
{
    HuneShownRows *self = g_object_new(HUNE_TYPE_SHOWN_ROWS, NULL);

    self->all = g_object_ref(all);
    g_set_weak_pointer(&self->view, view);
    g_ptr_array_set_size(self->rows, (int)count_all(self));
    g_signal_connect_swapped(all, "items-changed", G_CALLBACK(on_items_changed), self);
    g_signal_connect_swapped(all, "selection-changed", G_CALLBACK(on_selection_changed), self);
    gtk_column_view_set_model(view, GTK_SELECTION_MODEL(self));
    watch_hands(self);
    return self;
}

void hune_shown_rows_begin(HuneShownRows *self)
{
    self->is_another = TRUE;
}

void hune_shown_rows_end(HuneShownRows *self)
{
    self->is_another = FALSE;
}
