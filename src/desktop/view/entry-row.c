/* See entry-row.h. */
#include "desktop/view/entry-row.h"

struct _HuneEntryRow {
    AdwPreferencesRow parent_instance;

    GtkEntry *entry;
};

static void editable_init(GtkEditableInterface *interface);

G_DEFINE_FINAL_TYPE_WITH_CODE(HuneEntryRow, hune_entry_row, ADW_TYPE_PREFERENCES_ROW,
                              G_IMPLEMENT_INTERFACE(GTK_TYPE_EDITABLE, editable_init))

enum { SIGNAL_ACTIVATED, SIGNALS };
static guint signals[SIGNALS];

enum { PROPERTY_0, PROPERTIES };

/* ---- an editable like any other ---- */

static GtkEditable *hune_entry_row_get_delegate(GtkEditable *editable)
{
    return GTK_EDITABLE(HUNE_ENTRY_ROW(editable)->entry);
}

static void editable_init(GtkEditableInterface *interface)
{
    interface->get_delegate = hune_entry_row_get_delegate;
}

static void hune_entry_row_get_property(GObject *object, guint id, GValue *value, GParamSpec *spec)
{
    if (!gtk_editable_delegate_get_property(object, id, value, spec))
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
}

static void hune_entry_row_set_property(GObject *object, guint id, const GValue *value,
                                        GParamSpec *spec)
{
    if (!gtk_editable_delegate_set_property(object, id, value, spec))
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
}

/* ---- the focus ---- */

static gboolean hune_entry_row_grab_focus(GtkWidget *widget)
{
    return gtk_widget_grab_focus(GTK_WIDGET(HUNE_ENTRY_ROW(widget)->entry));
}

/* From the list by Tab: the entry, or on to the next row. */
static gboolean hune_entry_row_focus(GtkWidget *widget, GtkDirectionType direction)
{
    return gtk_widget_child_focus(GTK_WIDGET(HUNE_ENTRY_ROW(widget)->entry), direction);
}

static void on_focus(HuneEntryRow *self)
{
    gtk_widget_add_css_class(GTK_WIDGET(self), "focused");
}

static void on_focus_lost(HuneEntryRow *self)
{
    gtk_widget_remove_css_class(GTK_WIDGET(self), "focused");
}

/* Anywhere in the row is near enough. */
static void on_pressed(HuneEntryRow *self)
{
    gtk_entry_grab_focus_without_selecting(self->entry);
}

/* ---- the type ---- */

static void on_activate(HuneEntryRow *self)
{
    g_signal_emit(self, signals[SIGNAL_ACTIVATED], 0);
}

static void on_title(HuneEntryRow *self)
{
    gtk_accessible_update_property(GTK_ACCESSIBLE(self->entry), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                   adw_preferences_row_get_title(ADW_PREFERENCES_ROW(self)), -1);
}

static void hune_entry_row_dispose(GObject *object)
{
    HuneEntryRow *self = HUNE_ENTRY_ROW(object);

    if (self->entry)
        gtk_editable_finish_delegate(GTK_EDITABLE(self));
    self->entry = NULL;
    G_OBJECT_CLASS(hune_entry_row_parent_class)->dispose(object);
}

static void hune_entry_row_class_init(HuneEntryRowClass *class)
{
    GObjectClass *object_class = G_OBJECT_CLASS(class);

    object_class->get_property = hune_entry_row_get_property;
    object_class->set_property = hune_entry_row_set_property;
    object_class->dispose = hune_entry_row_dispose;
    GTK_WIDGET_CLASS(class)->grab_focus = hune_entry_row_grab_focus;
    GTK_WIDGET_CLASS(class)->focus = hune_entry_row_focus;
    gtk_editable_install_properties(object_class, PROPERTIES);
    signals[SIGNAL_ACTIVATED] = g_signal_new("entry-activated", G_TYPE_FROM_CLASS(class),
                                             G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                                             0);
}

static void watch_focus(HuneEntryRow *self)
{
    GtkEventController *focus = gtk_event_controller_focus_new();
    GtkGesture *click = gtk_gesture_click_new();

    g_signal_connect_swapped(focus, "enter", G_CALLBACK(on_focus), self);
    g_signal_connect_swapped(focus, "leave", G_CALLBACK(on_focus_lost), self);
    gtk_widget_add_controller(GTK_WIDGET(self->entry), focus);
    g_signal_connect_swapped(click, "pressed", G_CALLBACK(on_pressed), self);
    gtk_widget_add_controller(GTK_WIDGET(self), GTK_EVENT_CONTROLLER(click));
}

static void hune_entry_row_init(HuneEntryRow *self)
{
    GtkWidget *header = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 0);
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0);
    GtkWidget *title = gtk_label_new("");

    gtk_label_set_xalign(GTK_LABEL(title), 0);
    gtk_label_set_wrap(GTK_LABEL(title), TRUE);
    gtk_widget_add_css_class(title, "subtitle");
    gtk_widget_add_css_class(title, "dim-label");
    self->entry = GTK_ENTRY(gtk_entry_new());
    gtk_entry_set_has_frame(self->entry, FALSE);
    gtk_widget_add_css_class(header, "header");
    gtk_widget_add_css_class(box, "title");
    gtk_widget_set_valign(box, GTK_ALIGN_CENTER);
    gtk_widget_set_hexpand(box, TRUE);
    gtk_box_append(GTK_BOX(header), box);
    gtk_box_append(GTK_BOX(box), title);
    gtk_box_append(GTK_BOX(box), GTK_WIDGET(self->entry));
    gtk_widget_add_css_class(GTK_WIDGET(self), "entry");
    gtk_widget_set_focusable(GTK_WIDGET(self), FALSE);
    gtk_list_box_row_set_activatable(GTK_LIST_BOX_ROW(self), FALSE);
    gtk_list_box_row_set_child(GTK_LIST_BOX_ROW(self), header);
    gtk_editable_init_delegate(GTK_EDITABLE(self));
    adw_preferences_row_set_use_markup(ADW_PREFERENCES_ROW(self), FALSE);
    g_object_bind_property(self, "title", title, "label", G_BINDING_DEFAULT);
    g_signal_connect(self, "notify::title", G_CALLBACK(on_title), NULL);
    g_signal_connect_swapped(self->entry, "activate", G_CALLBACK(on_activate), self);
    watch_focus(self);
}

HuneEntryRow *hune_entry_row_new(const char *title)
{
    return g_object_new(HUNE_TYPE_ENTRY_ROW, "title", title, NULL);
}

GtkEntry *hune_entry_row_entry(HuneEntryRow *self)
{
    return self->entry;
}
