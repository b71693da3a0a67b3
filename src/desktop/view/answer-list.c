/* See answer-list.h. */
#include "desktop/view/answer-list.h"

#include "desktop/view/ellipsis.h"
#include "fleet/home/i18n.h"

struct _HuneAnswerList {
    AdwBin parent_instance;

    HuneOrder *order;
    GtkStringList *names;
    GtkSingleSelection *chosen;
    GHashTable *bound; /* struct row: those that have widgets just now */
};

G_DEFINE_FINAL_TYPE(HuneAnswerList, hune_answer_list, ADW_TYPE_BIN)

struct row {
    GtkListItem *item;
    GtkImage *icon;
    GtkLabel *name;
    GtkLabel *state;
    const char *style; /* of the icon; NULL: none */
};

static const struct {
    const char *icon;
    const char *style;
} looks[] = {
    [HUNE_ANSWER_IS_WAITING] = {"content-loading-symbolic", "dim-label"},
    [HUNE_ANSWER_IS_RUNNING] = {"media-playback-start-symbolic", "accent"},
    [HUNE_ANSWER_IS_OK] = {"emblem-ok-symbolic", "success"},
    [HUNE_ANSWER_IS_FAILED] = {"dialog-error-symbolic", "error"},
    [HUNE_ANSWER_IS_UNREACHABLE] = {"network-offline-symbolic", "warning"},
    [HUNE_ANSWER_IS_UNASKED] = {"action-unavailable-symbolic", "dim-label"},
};

/* ---- a row ---- */

static void show_icon(struct row *row, enum hune_answer_kind kind)
{
    if (row->style == looks[kind].style)
        return;
    if (row->style)
        gtk_widget_remove_css_class(GTK_WIDGET(row->icon), row->style);
    row->style = looks[kind].style;
    gtk_widget_add_css_class(GTK_WIDGET(row->icon), row->style);
}

static void show_row(HuneAnswerList *self, struct row *row)
{
    GtkWidget *widget = gtk_widget_get_parent(gtk_list_item_get_child(row->item));
    const struct hune_answer *answer = hune_order_answer(self->order,
                                                         gtk_list_item_get_position(row->item));
    enum hune_answer_kind kind = hune_answer_kind(answer);
    g_autofree char *state = hune_answer_kind_text(answer);
    g_autofree char *name = g_strdup_printf("%s, %s", answer->machine->name, state);

    gtk_image_set_from_icon_name(row->icon, looks[kind].icon);
    show_icon(row, kind);
    gtk_label_set_label(row->name, answer->machine->name);
    gtk_label_set_label(row->state, state);
    if (widget)
        gtk_accessible_update_property(GTK_ACCESSIBLE(widget), GTK_ACCESSIBLE_PROPERTY_LABEL, name,
                                       -1);
}

static GtkLabel *line_new(GtkWidget *box)
{
    GtkLabel *line = GTK_LABEL(gtk_label_new(""));

    gtk_label_set_xalign(line, 0);
    hune_label_ellipsize(line);
    gtk_box_append(GTK_BOX(box), GTK_WIDGET(line));
    return line;
}

static void on_setup(GtkSignalListItemFactory *factory, GtkListItem *item)
{
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 9);
    GtkWidget *lines = gtk_box_new(GTK_ORIENTATION_VERTICAL, 2);
    struct row *row = g_new0(struct row, 1);

    (void)factory;
    row->item = item;
    gtk_widget_set_margin_start(box, 6);
    gtk_widget_set_margin_end(box, 6);
    row->icon = GTK_IMAGE(gtk_image_new());
    /* The words say the same. */
    gtk_accessible_update_state(GTK_ACCESSIBLE(row->icon), GTK_ACCESSIBLE_STATE_HIDDEN, TRUE, -1);
    row->name = line_new(lines);
    row->state = line_new(lines);
    gtk_widget_add_css_class(GTK_WIDGET(row->state), "caption");
    gtk_widget_add_css_class(GTK_WIDGET(row->state), "dim-label");
    gtk_box_append(GTK_BOX(box), GTK_WIDGET(row->icon));
    gtk_box_append(GTK_BOX(box), lines);
    g_object_set_data_full(G_OBJECT(box), "row", row, g_free);
    gtk_list_item_set_child(item, box);
}

static struct row *row_of(GtkListItem *item)
{
    return g_object_get_data(G_OBJECT(gtk_list_item_get_child(item)), "row");
}

static void on_bind(HuneAnswerList *self, GtkListItem *item)
{
    g_hash_table_add(self->bound, row_of(item));
    show_row(self, row_of(item));
}

static void on_unbind(HuneAnswerList *self, GtkListItem *item)
{
    g_hash_table_remove(self->bound, row_of(item));
}

void hune_answer_list_update(HuneAnswerList *self)
{
    GHashTableIter iter;
    gpointer row;

    g_hash_table_iter_init(&iter, self->bound);
    while (g_hash_table_iter_next(&iter, &row, NULL))
        show_row(self, row);
}

/* ---- the type ---- */

static void hune_answer_list_dispose(GObject *object)
{
    HuneAnswerList *self = HUNE_ANSWER_LIST(object);

    adw_bin_set_child(ADW_BIN(self), NULL); /* rows leave while there is somebody to hear of it */
    g_clear_object(&self->chosen);
    g_clear_object(&self->order);
    G_OBJECT_CLASS(hune_answer_list_parent_class)->dispose(object);
}

static void hune_answer_list_finalize(GObject *object)
{
    g_hash_table_unref(HUNE_ANSWER_LIST(object)->bound);
    G_OBJECT_CLASS(hune_answer_list_parent_class)->finalize(object);
}

static void hune_answer_list_class_init(HuneAnswerListClass *class)
{
    G_OBJECT_CLASS(class)->dispose = hune_answer_list_dispose;
    G_OBJECT_CLASS(class)->finalize = hune_answer_list_finalize;
}

static void hune_answer_list_init(HuneAnswerList *self)
{
    GtkListItemFactory *factory = gtk_signal_list_item_factory_new();
    GtkWidget *scrolled = gtk_scrolled_window_new();
    GtkWidget *view;

    self->bound = g_hash_table_new(NULL, NULL);
    g_signal_connect(factory, "setup", G_CALLBACK(on_setup), NULL);
    g_signal_connect_object(factory, "bind", G_CALLBACK(on_bind), self, G_CONNECT_SWAPPED);
    g_signal_connect_object(factory, "unbind", G_CALLBACK(on_unbind), self, G_CONNECT_SWAPPED);
    self->names = gtk_string_list_new(NULL);
    self->chosen = gtk_single_selection_new(G_LIST_MODEL(self->names));
    gtk_single_selection_set_autoselect(self->chosen, FALSE);
    gtk_single_selection_set_can_unselect(self->chosen, TRUE);
    gtk_single_selection_set_selected(self->chosen, GTK_INVALID_LIST_POSITION);
    view = gtk_list_view_new(g_object_ref(GTK_SELECTION_MODEL(self->chosen)), factory);
    gtk_accessible_update_property(GTK_ACCESSIBLE(view), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                   _("Machines"), -1);
    gtk_scrolled_window_set_policy(GTK_SCROLLED_WINDOW(scrolled), GTK_POLICY_NEVER,
                                   GTK_POLICY_AUTOMATIC);
    gtk_scrolled_window_set_child(GTK_SCROLLED_WINDOW(scrolled), view);
    gtk_widget_set_vexpand(scrolled, TRUE);
    adw_bin_set_child(ADW_BIN(self), scrolled);
}

GtkWidget *hune_answer_list_new(void)
{
    return g_object_new(HUNE_TYPE_ANSWER_LIST, NULL);
}

void hune_answer_list_set_order(HuneAnswerList *self, HuneOrder *order)
{
    guint count = hune_order_count(order);
    g_autofree const char **names = g_new0(const char *, count + 1);

    self->order = g_object_ref(order);
    for (guint i = 0; i < count; i++)
        names[i] = hune_order_answer(order, i)->machine->name;
    gtk_string_list_splice(self->names, 0, 0, names);
}

GtkSingleSelection *hune_answer_list_chosen(HuneAnswerList *self)
{
    return self->chosen;
}
