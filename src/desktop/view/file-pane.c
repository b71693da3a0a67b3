/* See file-pane.h. */
#include "desktop/view/file-pane-private.h"

#include <string.h>

#include "desktop/text/facts-text.h"
#include "desktop/view/file-columns.h"
#include "desktop/view/file-drag.h"
#include "desktop/view/folder-here.h"
#include "desktop/view/sort-keys.h"
#include "desktop/view/table-scroll.h"
#include "desktop/worker/file.h"
#include "desktop/worker/files.h"
#include "fleet/home/i18n.h"

G_DEFINE_FINAL_TYPE(HuneFilePane, hune_file_pane, ADW_TYPE_BIN)

enum { SIGNAL_CHOSEN, SIGNAL_SEND, SIGNAL_DROPPED, SIGNALS };
static guint signals[SIGNALS];

/* ---- what is shown ---- */

static void show_status(HuneFilePane *self)
{
    guint shown = g_list_model_get_n_items(G_LIST_MODEL(self->selection));
    guint all = g_list_model_get_n_items(G_LIST_MODEL(self->store));
    g_autoptr(GtkBitset)
        selected = gtk_selection_model_get_selection(GTK_SELECTION_MODEL(self->selection));
    guint chosen = (guint)gtk_bitset_get_size(selected);
    g_autoptr(GString) text = g_string_new(NULL);

    if (!self->folder) {
        gtk_label_set_label(self->status, "");
        return;
    }
    g_string_printf(text, ngettext("%u file", "%u files", shown), shown);
    if (all > shown) {
        g_string_append(text, " · ");
        g_string_append_printf(text, ngettext("%u hidden", "%u hidden", all - shown), all - shown);
    }
    if (chosen > 0) {
        g_string_append(text, " · ");
        g_string_append_printf(text, ngettext("%u chosen", "%u chosen", chosen), chosen);
    }
    if (self->is_more) {
        g_string_append(text, " · ");
        g_string_append(text, _("there are more than can be shown"));
    }
    gtk_label_set_label(self->status, text->str);
}

void hune_file_pane_tell_chosen(HuneFilePane *self)
{
    if (!self->selection) /* the window is being closed */
        return;
    show_status(self);
    g_signal_emit(self, signals[SIGNAL_CHOSEN], 0);
}

/* ---- going about ---- */

static void on_activate(HuneFilePane *self, guint position)
{
    g_autoptr(HuneFile) file = g_list_model_get_item(G_LIST_MODEL(self->selection), position);
    g_autofree char *path = NULL;

    if (!file || !file->is_folder || !self->folder)
        return;
    path = hune_path_join(self->folder, file->name);
    hune_file_pane_go(self, path);
}

/* What was typed; the same as before means: read it again. */
static void on_path(HuneFilePane *self)
{
    const char *text = gtk_editable_get_text(GTK_EDITABLE(self->path));
    g_autofree char *shown = hune_printable(self->folder);

    if (!*text || g_str_equal(text, shown))
        hune_file_pane_reload(self);
    else
        hune_file_pane_go(self, text);
    hune_sort_keys_focus_rows(self->view);
}

static void act_up(HuneFilePane *self)
{
    g_autofree char *parent = self->folder ? hune_path_parent(self->folder) : NULL;

    if (parent && !g_str_equal(parent, self->folder))
        hune_file_pane_go(self, parent);
}

static void act_home(HuneFilePane *self)
{
    hune_file_pane_go(self, "~");
}

void hune_file_pane_reload(HuneFilePane *self)
{
    const char *path = self->wanted ? self->wanted : self->folder;
    g_autofree char *copy = g_strdup(path ? path : "~");

    hune_file_pane_go(self, copy);
}

/* What another one may see is not shown under this one's name. */
void hune_file_pane_set_user(HuneFilePane *self, const char *user)
{
    if (g_strcmp0(user, self->user) == 0)
        return;
    g_free(self->user);
    self->user = g_strdup(user);
    hune_file_pane_clear(self);
    if (gtk_widget_get_mapped(GTK_WIDGET(self)))
        hune_file_pane_reload(self);
    else
        self->serial++; /* an answer that is on its way is the other one's */
}

static void on_hidden(HuneFilePane *self)
{
    gtk_filter_changed(self->filter, GTK_FILTER_CHANGE_DIFFERENT);
    hune_file_pane_tell_chosen(self);
}

static gboolean is_shown(gpointer item, gpointer data)
{
    const HuneFilePane *self = data;

    return gtk_toggle_button_get_active(self->hidden) || !((HuneFile *)item)->is_hidden;
}

static gboolean on_key(HuneFilePane *self, guint key, guint code, GdkModifierType state)
{
    GdkModifierType held = state & gtk_accelerator_get_default_mod_mask();

    (void)code;
    if ((key == GDK_KEY_BackSpace && held == 0) || (key == GDK_KEY_Up && held == GDK_ALT_MASK))
        act_up(self);
    else if (key == GDK_KEY_Home && held == GDK_ALT_MASK)
        act_home(self);
    else if (key == GDK_KEY_F5 && held == 0)
        g_signal_emit(self, signals[SIGNAL_SEND], 0);
    else if (key == GDK_KEY_l && held == GDK_CONTROL_MASK)
        gtk_widget_grab_focus(GTK_WIDGET(self->path));
    else if (key == GDK_KEY_r && held == GDK_CONTROL_MASK)
        hune_file_pane_reload(self);
    else if (key == GDK_KEY_h && held == GDK_CONTROL_MASK)
        gtk_toggle_button_set_active(self->hidden, !gtk_toggle_button_get_active(self->hidden));
    else
        return FALSE;
    return TRUE;
}

/* ---- what is chosen ---- */

gboolean hune_file_pane_is_here(HuneFilePane *self)
{
    return self->machine == NULL;
}

const char *hune_file_pane_folder(HuneFilePane *self)
{
    return self->folder;
}

const char *hune_file_pane_target(HuneFilePane *self)
{
    return !self->wanted || g_strcmp0(self->wanted, self->folder) == 0 ? self->folder : NULL;
}

char **hune_file_pane_chosen(HuneFilePane *self)
{
    g_autoptr(GtkBitset)
        selected = self->selection
                       ? gtk_selection_model_get_selection(GTK_SELECTION_MODEL(self->selection))
                       : gtk_bitset_new_empty();
    GStrvBuilder *paths = g_strv_builder_new();
    char **list;
    GtkBitsetIter iter;
    guint position;

    if (self->folder && gtk_bitset_iter_init_first(&iter, selected, &position)) {
        do {
            g_autoptr(HuneFile)
                file = g_list_model_get_item(G_LIST_MODEL(self->selection), position);
            g_autofree char *path = hune_path_join(self->folder, file->name);

            g_strv_builder_add(paths, path);
        } while (gtk_bitset_iter_next(&iter, &position));
    }
    list = g_strv_builder_end(paths);
    g_strv_builder_unref(paths);
    return list;
}

gboolean hune_file_pane_has(HuneFilePane *self, const char *name)
{
    guint count = g_list_model_get_n_items(G_LIST_MODEL(self->store));

    for (guint i = 0; i < count; i++) {
        g_autoptr(HuneFile) file = g_list_model_get_item(G_LIST_MODEL(self->store), i);

        if (g_str_equal(file->name, name))
            return TRUE;
    }
    return FALSE;
}

/* ---- drag and drop ---- */

static GdkContentProvider *on_drag(HuneFilePane *self, HuneFile *file)
{
    guint position;

    if (!g_list_store_find(self->store, file, &position))
        return NULL;
    hune_file_columns_select(GTK_SELECTION_MODEL(self->selection), file);
    return hune_file_drag_content(self);
}

static gboolean on_drop(HuneFilePane *self, const GValue *value)
{
    g_auto(GStrv) paths = self->folder ? hune_file_drop_paths(self, value) : NULL;

    if (!paths || !*paths)
        return FALSE;
    g_signal_emit(self, signals[SIGNAL_DROPPED], 0, paths);
    return TRUE;
}

static void add_drop(HuneFilePane *self)
{
    GtkDropTarget *target = gtk_drop_target_new(G_TYPE_INVALID, GDK_ACTION_COPY);
    GType types[] = {HUNE_TYPE_FILE_PANE, GDK_TYPE_FILE_LIST};

    /* Files of other programs can only go to a machine; here they are already. */
    gtk_drop_target_set_gtypes(target, types, self->machine ? 2 : 1);
    g_signal_connect_swapped(target, "drop", G_CALLBACK(on_drop), self);
    gtk_widget_add_controller(GTK_WIDGET(self), GTK_EVENT_CONTROLLER(target));
}

/* ---- the type ---- */

static void hune_file_pane_dispose(GObject *object)
{
    HuneFilePane *self = HUNE_FILE_PANE(object);

    self->serial++;
    g_clear_handle_id(&self->slow, g_source_remove);
    if (self->selection)
        g_signal_handlers_disconnect_by_data(self->selection, self);
    if (self->hidden)
        g_signal_handlers_disconnect_by_data(self->hidden, self);
    g_clear_object(&self->selection);
    g_clear_object(&self->filter);
    g_clear_object(&self->store);
    g_clear_object(&self->machine);
    g_clear_object(&self->fleet);
    G_OBJECT_CLASS(hune_file_pane_parent_class)->dispose(object);
}

static void hune_file_pane_finalize(GObject *object)
{
    g_free(HUNE_FILE_PANE(object)->folder);
    g_free(HUNE_FILE_PANE(object)->wanted);
    g_free(HUNE_FILE_PANE(object)->user);
    G_OBJECT_CLASS(hune_file_pane_parent_class)->finalize(object);
}

static void hune_file_pane_class_init(HuneFilePaneClass *class)
{
    GType type = G_TYPE_FROM_CLASS(class);

    G_OBJECT_CLASS(class)->dispose = hune_file_pane_dispose;
    G_OBJECT_CLASS(class)->finalize = hune_file_pane_finalize;
    gtk_widget_class_set_accessible_role(GTK_WIDGET_CLASS(class), GTK_ACCESSIBLE_ROLE_GROUP);
    signals[SIGNAL_CHOSEN] = g_signal_new("chosen", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                          G_TYPE_NONE, 0);
    signals[SIGNAL_SEND] = g_signal_new("send", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                        G_TYPE_NONE, 0);
    signals[SIGNAL_DROPPED] = g_signal_new("dropped", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                           G_TYPE_NONE, 1, G_TYPE_STRV);
}

static GtkWidget *icon_button(HuneFilePane *self, const char *icon, const char *name,
                              GCallback clicked)
{
    GtkWidget *button = gtk_button_new_from_icon_name(icon);

    gtk_widget_set_tooltip_text(button, name);
    gtk_widget_add_css_class(button, "flat");
    gtk_accessible_update_property(GTK_ACCESSIBLE(button), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
    g_signal_connect_swapped(button, "clicked", clicked, self);
    return button;
}

static GtkWidget *make_top(HuneFilePane *self)
{
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 3);

    self->up = icon_button(self, "go-up-symbolic", _("Parent folder"), G_CALLBACK(act_up));
    self->path = GTK_ENTRY(gtk_entry_new());
    self->hidden = GTK_TOGGLE_BUTTON(gtk_toggle_button_new());
    gtk_button_set_icon_name(GTK_BUTTON(self->hidden), "view-reveal-symbolic");
    gtk_widget_add_css_class(GTK_WIDGET(self->hidden), "flat");
    gtk_widget_set_tooltip_text(GTK_WIDGET(self->hidden), _("Show hidden files"));
    gtk_accessible_update_property(GTK_ACCESSIBLE(self->hidden), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                   _("Show hidden files"), -1);
    g_signal_connect_swapped(self->hidden, "toggled", G_CALLBACK(on_hidden), self);
    gtk_widget_set_sensitive(self->up, FALSE);
    gtk_widget_set_hexpand(GTK_WIDGET(self->path), TRUE);
    g_signal_connect_swapped(self->path, "activate", G_CALLBACK(on_path), self);
    gtk_box_append(GTK_BOX(box), self->up);
    gtk_box_append(GTK_BOX(box),
                   icon_button(self, "go-home-symbolic", _("Home"), G_CALLBACK(act_home)));
    gtk_box_append(GTK_BOX(box), GTK_WIDGET(self->path));
    gtk_box_append(GTK_BOX(box), GTK_WIDGET(self->hidden));
    gtk_box_append(GTK_BOX(box), icon_button(self, "view-refresh-symbolic", _("Read again"),
                                             G_CALLBACK(hune_file_pane_reload)));
    return box;
}

static GtkWidget *make_bottom(HuneFilePane *self)
{
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 6);

    self->status = GTK_LABEL(gtk_label_new(""));
    self->spinner = GTK_SPINNER(gtk_spinner_new());
    gtk_label_set_xalign(self->status, 0);
    gtk_label_set_ellipsize(self->status, PANGO_ELLIPSIZE_END);
    gtk_widget_set_hexpand(GTK_WIDGET(self->status), TRUE);
    gtk_widget_add_css_class(GTK_WIDGET(self->status), "caption");
    gtk_widget_add_css_class(GTK_WIDGET(self->status), "dim-label");
    gtk_box_append(GTK_BOX(box), GTK_WIDGET(self->status));
    gtk_box_append(GTK_BOX(box), GTK_WIDGET(self->spinner));
    gtk_widget_set_margin_start(box, 6);
    gtk_widget_set_margin_end(box, 6);
    return box;
}

static GtkWidget *make_view(HuneFilePane *self)
{
    GtkWidget *scrolled = gtk_scrolled_window_new();
    GtkFilterListModel *filtered;
    GtkSortListModel *sorted;
    GtkSorter *sorter;

    self->view = GTK_COLUMN_VIEW(gtk_column_view_new(NULL));
    self->store = g_list_store_new(HUNE_TYPE_FILE);
    self->filter = GTK_FILTER(gtk_custom_filter_new(is_shown, self, NULL));
    filtered = gtk_filter_list_model_new(g_object_ref(G_LIST_MODEL(self->store)),
                                         g_object_ref(self->filter));
    sorter = hune_file_columns_add(self->view, on_drag, self);
    hune_sort_keys_add(self->view);
    hune_table_sort_from_top(self->view);
    sorted = gtk_sort_list_model_new(G_LIST_MODEL(filtered), sorter);
    self->selection = gtk_multi_selection_new(G_LIST_MODEL(sorted));
    gtk_column_view_set_model(self->view, GTK_SELECTION_MODEL(self->selection));
    gtk_column_view_set_enable_rubberband(self->view, FALSE);
    gtk_widget_add_css_class(GTK_WIDGET(self->view), "data-table");
    g_signal_connect_swapped(self->view, "activate", G_CALLBACK(on_activate), self);
    g_signal_connect_swapped(self->selection, "selection-changed",
                             G_CALLBACK(hune_file_pane_tell_chosen), self);
    gtk_scrolled_window_set_child(GTK_SCROLLED_WINDOW(scrolled), GTK_WIDGET(self->view));
    gtk_widget_set_vexpand(scrolled, TRUE);
    return scrolled;
}

static void add_keys(HuneFilePane *self)
{
    GtkEventController *keys = gtk_event_controller_key_new();

    /* Before the list takes them; an entry has keys of its own. */
    g_signal_connect_swapped(keys, "key-pressed", G_CALLBACK(on_key), self);
    gtk_event_controller_set_propagation_phase(keys, GTK_PHASE_CAPTURE);
    gtk_widget_add_controller(GTK_WIDGET(self->view), keys);
}

static void hune_file_pane_init(HuneFilePane *self)
{
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 6);

    gtk_box_append(GTK_BOX(box), make_top(self));
    self->fault = GTK_LABEL(gtk_label_new(""));
    gtk_label_set_xalign(self->fault, 0);
    gtk_label_set_wrap(self->fault, TRUE);
    gtk_label_set_wrap_mode(self->fault, PANGO_WRAP_WORD_CHAR);
    gtk_label_set_selectable(self->fault, TRUE);
    gtk_widget_add_css_class(GTK_WIDGET(self->fault), "error");
    gtk_widget_set_visible(GTK_WIDGET(self->fault), FALSE);
    gtk_widget_set_margin_start(GTK_WIDGET(self->fault), 6);
    gtk_box_append(GTK_BOX(box), GTK_WIDGET(self->fault));
    gtk_box_append(GTK_BOX(box), make_view(self));
    gtk_box_append(GTK_BOX(box), make_bottom(self));
    add_keys(self);
    adw_bin_set_child(ADW_BIN(self), box);
}

static void set_name(gpointer widget, const char *name)
{
    gtk_accessible_update_property(GTK_ACCESSIBLE(widget), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
}

GtkWidget *hune_file_pane_new(HuneFleet *fleet, HuneMachine *machine)
{
    HuneFilePane *self = g_object_new(HUNE_TYPE_FILE_PANE, NULL);
    g_autofree char *files = machine ? g_strdup_printf(_("Files on %s"), machine->name)
                                     : g_strdup(_("Files here"));
    g_autofree char *folder = machine ? g_strdup_printf(_("Folder on %s"), machine->name)
                                      : g_strdup(_("Folder here"));

    self->fleet = g_object_ref(fleet);
    self->machine = machine ? g_object_ref(machine) : NULL;
    self->user = g_strdup("");
    set_name(self, files);
    set_name(self->view, files);
    set_name(self->path, folder);
    add_drop(self);
    return GTK_WIDGET(self);
}
