/* See file-pane.h. */
#include "desktop/file-pane.h"

#include <string.h>

#include "desktop/facts-text.h"
#include "desktop/file.h"
#include "desktop/file-columns.h"
#include "desktop/file-drag.h"
#include "desktop/files.h"
#include "desktop/folder-here.h"
#include "desktop/sort-keys.h"
#include "fleet/i18n.h"

enum { SLOW_S = 20 };

struct _HuneFilePane {
    AdwBin parent_instance;

    GtkEntry *path;
    GtkWidget *up;
    GtkLabel *fault;
    GtkColumnView *view;
    GtkLabel *status;
    GtkSpinner *spinner;
    GtkToggleButton *hidden;

    HuneFleet *fleet;
    HuneMachine *machine; /* NULL: this computer */
    char *user;           /* there; NULL: not known yet */
    GListStore *store;
    GtkFilter *filter;
    GtkMultiSelection *selection;
    char *folder;     /* shown; NULL: none yet */
    gboolean is_more; /* than is shown */
    guint serial;     /* of the last question */
    gboolean is_reading;
    guint slow; /* runs while a machine is asked */
};

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

static void on_chosen(HuneFilePane *self)
{
    show_status(self);
    g_signal_emit(self, signals[SIGNAL_CHOSEN], 0);
}

static void show_path(HuneFilePane *self)
{
    g_autofree char *text = hune_printable(self->folder);

    gtk_editable_set_text(GTK_EDITABLE(self->path), text);
    gtk_editable_set_position(GTK_EDITABLE(self->path), -1);
    gtk_widget_set_sensitive(self->up, self->folder && !g_str_equal(self->folder, "/"));
}

static void show_fault(HuneFilePane *self, const char *sentence, const char *advice)
{
    g_autofree char *text = g_strdup_printf("%s%s%s", sentence ? sentence : "", advice ? "\n" : "",
                                            advice ? advice : "");

    gtk_label_set_label(self->fault, text);
    gtk_widget_set_visible(GTK_WIDGET(self->fault), *text != '\0');
}

/* The connection stands, but whoever is to read the folder there does not get to it. */
static gboolean on_slow(gpointer data)
{
    HuneFilePane *self = data;

    self->slow = 0;
    show_fault(self, _("The machine has not answered yet."),
               _("It goes on by itself when it does; you can read another folder meanwhile."));
    return G_SOURCE_REMOVE;
}

static void set_reading(HuneFilePane *self, gboolean is_reading)
{
    self->is_reading = is_reading;
    g_clear_handle_id(&self->slow, g_source_remove);
    if (is_reading && self->machine)
        self->slow = g_timeout_add_seconds(SLOW_S, on_slow, self);
    gtk_spinner_set_spinning(self->spinner, is_reading);
}

/* ---- a folder was read ---- */

/* The row of this name, which becomes the current one. */
static void focus_name(HuneFilePane *self, const char *name)
{
    guint count = g_list_model_get_n_items(G_LIST_MODEL(self->selection));

    for (guint i = 0; name && i < count; i++) {
        g_autoptr(HuneFile) file = g_list_model_get_item(G_LIST_MODEL(self->selection), i);

        if (!g_str_equal(file->name, name))
            continue;
        gtk_selection_model_select_item(GTK_SELECTION_MODEL(self->selection), i, TRUE);
        gtk_widget_activate_action(GTK_WIDGET(self->view), "list.scroll-to-item", "u", i);
        return;
    }
}

/* Where one came from, when one went up: the name of the folder below. */
static char *name_below(const char *folder, const char *before)
{
    gsize length = strlen(folder);
    const char *rest;

    if (!before || !g_str_has_prefix(before, folder) || g_str_equal(before, folder))
        return NULL;
    rest = before + length + (folder[length - 1] == '/' ? 0 : 1);
    return g_strndup(rest, strcspn(rest, "/"));
}

static void take(HuneFilePane *self, const char *path, GPtrArray *files, gboolean is_more)
{
    g_autofree char *below = name_below(path, self->folder);
    gboolean same = g_strcmp0(path, self->folder) == 0;
    gboolean had_focus = gtk_widget_get_focus_child(GTK_WIDGET(self->view)) != NULL;

    set_reading(self, FALSE);
    show_fault(self, NULL, NULL);
    g_free(self->folder);
    self->folder = g_strdup(path);
    self->is_more = is_more;
    g_list_store_splice(self->store, 0, g_list_model_get_n_items(G_LIST_MODEL(self->store)),
                        files->pdata, files->len);
    show_path(self);
    if (!same && below)
        focus_name(self, below);
    else if (!same && files->len > 0)
        gtk_widget_activate_action(GTK_WIDGET(self->view), "list.scroll-to-item", "u", 0);
    if (had_focus && g_list_model_get_n_items(G_LIST_MODEL(self->selection)) > 0)
        hune_sort_keys_focus_rows(self->view);
    on_chosen(self);
}

/* ---- reading, there ---- */

struct question {
    HuneFilePane *pane;
    guint serial;
    gboolean is_home;
};

static void go(HuneFilePane *self, const char *path);

static void on_listed(const struct files_listing *listing, const char *sentence, const char *advice,
                      void *owner)
{
    struct question *question = owner;
    g_autoptr(HuneFilePane) self = question->pane;

    /* An answer to a question that was followed by another one counts no more. */
    if (self->store && question->serial == self->serial) {
        if (listing) {
            take(self, listing->path, listing->files, listing->has_more);
        } else if (question->is_home && !self->folder && !advice) {
            go(self, "/"); /* many users of the system have no home */
        } else {
            set_reading(self, FALSE);
            show_fault(self, sentence, advice);
            show_path(self);
        }
    }
    g_free(question);
}

/* ---- reading, here ---- */

static void on_read(GObject *source, GAsyncResult *result, gpointer data)
{
    HuneFilePane *self = HUNE_FILE_PANE(source);
    g_autoptr(GError) error = NULL;
    const struct folder_here *folder = hune_folder_here_finish(result, &error);

    if (!self->store || GPOINTER_TO_UINT(data) != self->serial)
        return;
    if (folder) {
        take(self, folder->path, folder->files, folder->is_more);
    } else {
        set_reading(self, FALSE);
        show_fault(self, error->message, NULL);
        show_path(self);
    }
}

static void go(HuneFilePane *self, const char *path)
{
    struct worker_list ask = {.path = path, .user = self->user, .done = on_listed};
    struct question *question;

    self->serial++;
    if (!self->user)
        return;
    set_reading(self, TRUE);
    if (!self->machine) {
        hune_folder_here_read(G_OBJECT(self), path, on_read, GUINT_TO_POINTER(self->serial));
        return;
    }
    question = g_new0(struct question, 1);
    question->pane = g_object_ref(self);
    question->serial = self->serial;
    question->is_home = g_str_equal(path, "~");
    ask.slot = self->machine->slot;
    ask.owner = question;
    worker_send_list(hune_fleet_worker(self->fleet), &ask);
}

/* ---- going about ---- */

static void on_activate(HuneFilePane *self, guint position)
{
    g_autoptr(HuneFile) file = g_list_model_get_item(G_LIST_MODEL(self->selection), position);
    g_autofree char *path = NULL;

    if (!file || !file->is_folder || !self->folder)
        return;
    path = hune_path_join(self->folder, file->name);
    go(self, path);
}

/* What was typed; the same as before means: read it again. */
static void on_path(HuneFilePane *self)
{
    const char *text = gtk_editable_get_text(GTK_EDITABLE(self->path));
    g_autofree char *shown = hune_printable(self->folder);

    if (!*text || g_str_equal(text, shown))
        hune_file_pane_reload(self);
    else
        go(self, text);
    hune_sort_keys_focus_rows(self->view);
}

static void act_up(HuneFilePane *self)
{
    g_autofree char *parent = self->folder ? hune_path_parent(self->folder) : NULL;

    if (parent && !g_str_equal(parent, self->folder))
        go(self, parent);
}

static void act_home(HuneFilePane *self)
{
    go(self, "~");
}

void hune_file_pane_reload(HuneFilePane *self)
{
    go(self, self->folder ? self->folder : "~");
}

/* What another one may see is not shown under this one's name. */
void hune_file_pane_set_user(HuneFilePane *self, const char *user)
{
    if (g_strcmp0(user, self->user) == 0)
        return;
    g_free(self->user);
    self->user = g_strdup(user);
    g_clear_pointer(&self->folder, g_free);
    set_reading(self, FALSE);
    g_list_store_remove_all(self->store);
    show_fault(self, NULL, NULL);
    show_path(self);
    on_chosen(self);
    if (gtk_widget_get_mapped(GTK_WIDGET(self)))
        hune_file_pane_reload(self);
    else
        self->serial++; /* an answer that is on its way is the other one's */
}

static void on_hidden(HuneFilePane *self)
{
    gtk_filter_changed(self->filter, GTK_FILTER_CHANGE_DIFFERENT);
    on_chosen(self);
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

char **hune_file_pane_chosen(HuneFilePane *self)
{
    g_autoptr(GtkBitset)
        selected = gtk_selection_model_get_selection(GTK_SELECTION_MODEL(self->selection));
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
    sorted = gtk_sort_list_model_new(G_LIST_MODEL(filtered), sorter);
    self->selection = gtk_multi_selection_new(G_LIST_MODEL(sorted));
    gtk_column_view_set_model(self->view, GTK_SELECTION_MODEL(self->selection));
    gtk_column_view_set_enable_rubberband(self->view, FALSE);
    gtk_widget_add_css_class(GTK_WIDGET(self->view), "data-table");
    g_signal_connect_swapped(self->view, "activate", G_CALLBACK(on_activate), self);
    g_signal_connect_swapped(self->selection, "selection-changed", G_CALLBACK(on_chosen), self);
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
