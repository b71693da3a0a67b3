/* See import-dialog.h. The worker compares the file with the list; the result, which has texts of
 * its own, is then the window's. */
#include "desktop/window/import-dialog.h"

#include "desktop/text/facts-text.h"
#include "desktop/view/dialog-header.h"
#include "desktop/view/row-name.h"
#include "fleet/home/i18n.h"
#include "fleet/inventory/import.h"

enum { FILE_MAX_BYTES = 64 << 20 };

/* Several files, one after the other. */
struct reading {
    HuneWindow *window;
    GPtrArray *files;
    guint position;
};

struct _HuneImportDialog {
    AdwWindow parent_instance;

    GtkLabel *summary;
    GtkDropDown *format;
    GtkButton *apply;
    GtkListView *view;

    HuneWindow *window; /* weak */
    HuneFleet *fleet;
    GFile *file;
    struct reading *next; /* what comes after it */
    GBytes *bytes;
    struct import *import;
    gboolean is_busy;
    gboolean was_ready; /* to import something, once */
};

G_DEFINE_FINAL_TYPE(HuneImportDialog, hune_import_dialog, ADW_TYPE_WINDOW)

/* ---- lines ---- */

static const struct {
    const char *text;
    const char *icon;
    const char *style;
} outcomes[] = {
    [IMPORT_ADDED] = {N_("Added"), "list-add-symbolic", "success"},
    [IMPORT_CHANGED] = {N_("Changed"), "document-edit-symbolic", "accent"},
    [IMPORT_UNCHANGED] = {N_("Already there"), "emblem-ok-symbolic", "dim-label"},
    [IMPORT_REFUSED] = {N_("Refused"), "dialog-warning-symbolic", "error"},
};

/* A line below for each field, with what stands there now. */
static char *changed_text(const struct import_item *item)
{
    _cleanup_buffer_ struct buffer changes = BUFFER_INIT;
    g_autofree char *title = NULL;
    g_autofree char *printable = NULL;

    import_changes(item, "\n", &changes);
    title = g_strdup_printf(_("Line %u: %s"), item->line, item->name);
    printable = hune_printable(title);
    /* What is in the list, and what may be added to it, has no line ends. */
    return g_strjoin("\n", printable, buffer_text(&changes), NULL);
}

static char *line_text(const struct import_item *item)
{
    if (item->outcome == IMPORT_REFUSED)
        return g_strdup_printf(_("Line %u: %s %s"), item->line, item->why,
                               item->hint ? item->hint : "");
    if (item->port)
        return g_strdup_printf(_("Line %u: %s, %s:%u %s"), item->line, item->name, item->host,
                               item->port, item->tags ? item->tags : "");
    return g_strdup_printf(_("Line %u: %s, %s %s"), item->line, item->name, item->host,
                           item->tags ? item->tags : "");
}

static void setup_line(GtkSignalListItemFactory *factory, GtkListItem *list_item, gpointer data)
{
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 9);
    GtkWidget *text = gtk_label_new("");

    (void)factory;
    (void)data;
    gtk_label_set_xalign(GTK_LABEL(text), 0);
    gtk_label_set_wrap(GTK_LABEL(text), TRUE);
    gtk_widget_set_hexpand(text, TRUE);
    gtk_box_append(GTK_BOX(box), gtk_image_new());
    gtk_box_append(GTK_BOX(box), gtk_label_new(""));
    gtk_box_append(GTK_BOX(box), text);
    gtk_label_set_width_chars(
        GTK_LABEL(gtk_widget_get_next_sibling(gtk_widget_get_first_child(box))), 13);
    gtk_label_set_xalign(GTK_LABEL(gtk_widget_get_next_sibling(gtk_widget_get_first_child(box))),
                         0);
    gtk_widget_set_margin_start(box, 10);
    gtk_widget_set_margin_end(box, 10);
    gtk_widget_set_margin_top(box, 3);
    gtk_widget_set_margin_bottom(box, 3);
    gtk_list_item_set_child(list_item, box);
    gtk_list_item_set_activatable(list_item, FALSE);
}

static void bind_line(GtkSignalListItemFactory *factory, GtkListItem *list_item, gpointer data)
{
    HuneImportDialog *self = data;
    guint position = gtk_list_item_get_position(list_item);
    GtkWidget *icon = gtk_widget_get_first_child(gtk_list_item_get_child(list_item));
    GtkWidget *outcome = gtk_widget_get_next_sibling(icon);
    GtkWidget *label = gtk_widget_get_next_sibling(outcome);
    const struct import_item *item;
    g_autofree char *text = NULL;
    g_autofree char *name = NULL;

    (void)factory;
    if (!self->import || position >= self->import->count)
        return;
    item = &self->import->items[position];
    if (item->outcome == IMPORT_CHANGED) {
        text = changed_text(item);
    } else {
        g_autofree char *line = line_text(item);

        text = hune_printable(line);
    }
    gtk_image_set_from_icon_name(GTK_IMAGE(icon), outcomes[item->outcome].icon);
    gtk_widget_set_css_classes(icon, (const char *[]){outcomes[item->outcome].style, NULL});
    gtk_label_set_label(GTK_LABEL(outcome), _(outcomes[item->outcome].text));
    gtk_label_set_label(GTK_LABEL(label), text);
    name = g_strdup_printf("%s, %s", _(outcomes[item->outcome].text), text);
    hune_row_name_line(gtk_list_item_get_child(list_item), name);
}

/* A model of as many items as there are lines; what they are is looked up by position. */
static GListModel *lines_model(guint count)
{
    GListStore *store = g_list_store_new(G_TYPE_OBJECT);
    g_autoptr(GPtrArray) items = g_ptr_array_new_with_free_func(g_object_unref);

    for (guint i = 0; i < count; i++)
        g_ptr_array_add(items, g_object_new(G_TYPE_OBJECT, NULL));
    g_list_store_splice(store, 0, 0, items->pdata, items->len);
    return G_LIST_MODEL(store);
}

/* ---- comparing ---- */

struct comparison {
    GBytes *bytes;
    enum import_format format;
    struct import *import;
    struct fault fault;
    int result;
};

static void compare(const struct fleet *fleet, void *context)
{
    struct comparison *comparison = context;
    gsize size;
    const void *bytes = g_bytes_get_data(comparison->bytes, &size);

    comparison->result = import_read(comparison->format, bytes, size, fleet, &comparison->import,
                                     &comparison->fault);
}

static void show_summary(HuneImportDialog *self)
{
    const uint32_t *n = self->import->outcomes;
    guint changes = n[IMPORT_ADDED] + n[IMPORT_CHANGED];
    g_autofree char *text = g_strdup_printf(
        _("Read as %s: %u added, %u changed, %u already there, %u refused"),
        import_format_name(self->import->format), n[IMPORT_ADDED], n[IMPORT_CHANGED],
        n[IMPORT_UNCHANGED], n[IMPORT_REFUSED]);

    gtk_label_set_label(self->summary, text);
    gtk_widget_set_sensitive(GTK_WIDGET(self->apply), changes > 0);
    if (changes > 0 && !self->was_ready) {
        self->was_ready = TRUE;
        gtk_widget_grab_focus(GTK_WIDGET(self->apply)); /* not Cancel, which stands first */
    }
}

static void show_import(HuneImportDialog *self)
{
    GListModel *model = lines_model(self->import ? self->import->count : 0);
    GtkNoSelection *selection = gtk_no_selection_new(model);

    gtk_list_view_set_model(self->view, GTK_SELECTION_MODEL(selection));
    g_object_unref(selection);
}

static void on_compared(void *context, void *owner)
{
    struct comparison *comparison = context;
    g_autoptr(HuneImportDialog) self = owner;

    self->is_busy = FALSE;
    if (self->fleet) {
        import_free(self->import);
        self->import = g_steal_pointer(&comparison->import);
        if (comparison->result) {
            g_autofree char *text = g_strdup_printf("%s\n%s", comparison->fault.text,
                                                    comparison->fault.hint);

            gtk_label_set_label(self->summary, text);
            gtk_widget_set_sensitive(GTK_WIDGET(self->apply), FALSE);
        } else {
            show_summary(self);
        }
        show_import(self);
    }
    import_free(comparison->import);
    g_bytes_unref(comparison->bytes);
    g_free(comparison);
}

static void begin_compare(HuneImportDialog *self)
{
    struct comparison *comparison;
    struct worker_look look = {.look = compare, .done = on_compared};

    if (self->is_busy || !self->bytes)
        return;
    self->is_busy = TRUE;
    comparison = g_new0(struct comparison, 1);
    comparison->bytes = g_bytes_ref(self->bytes);
    comparison->format = (enum import_format)gtk_drop_down_get_selected(self->format);
    look.context = comparison;
    look.owner = g_object_ref(self);
    worker_send_look(hune_fleet_worker(self->fleet), &look);
}

/* ---- applying ---- */

/* In a thread of its own; the dialog does not touch the import until it is over. */
static int apply(struct fleet *fleet, void *context, struct fault *fault)
{
    (void)fault;
    return import_apply(context, fleet);
}

static void import_release(gpointer data)
{
    import_free(data);
}

static void on_applied(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(HuneImportDialog) self = data;
    g_autoptr(GError) error = NULL;
    const struct import *import = g_task_get_task_data(G_TASK(result));
    gboolean ok = hune_fleet_edit_finish(HUNE_FLEET(source), result, &error);
    guint changes = import->outcomes[IMPORT_ADDED] + import->outcomes[IMPORT_CHANGED];
    g_autofree char *text = g_strdup_printf(
        ngettext("%u machine was imported", "%u machines were imported", changes), changes);

    if (self->window && ok)
        hune_window_toast(self->window, text);
    else if (self->window)
        hune_window_fail(self->window, _("The list could not be imported"), error->message);
    if (self->fleet)
        gtk_window_close(GTK_WINDOW(self));
}

static void on_apply(HuneImportDialog *self)
{
    struct import *import = g_steal_pointer(&self->import);

    if (!import)
        return;
    gtk_widget_set_sensitive(GTK_WIDGET(self->apply), FALSE);
    show_import(self);
    hune_fleet_edit(self->fleet, apply, import, import_release, on_applied, g_object_ref(self));
}

/* ---- the next file ---- */

static void on_read(GObject *source, GAsyncResult *result, gpointer data);

static void reading_free(struct reading *reading)
{
    g_object_unref(reading->window);
    g_ptr_array_unref(reading->files);
    g_free(reading);
}

/* Takes it over; NULL does nothing. */
static void read_next(struct reading *reading)
{
    if (!reading)
        return;
    if (!hune_window_fleet(reading->window) || reading->position == reading->files->len)
        reading_free(reading);
    else
        g_file_load_contents_async(g_ptr_array_index(reading->files, reading->position++), NULL,
                                   on_read, reading);
}

/* ---- the type ---- */

static void hune_import_dialog_dispose(GObject *object)
{
    HuneImportDialog *self = HUNE_IMPORT_DIALOG(object);

    g_clear_weak_pointer(&self->window);
    g_clear_object(&self->fleet);
    g_clear_object(&self->file);
    read_next(g_steal_pointer(&self->next));
    g_clear_pointer(&self->bytes, g_bytes_unref);
    self->import = import_free(self->import);
    G_OBJECT_CLASS(hune_import_dialog_parent_class)->dispose(object);
}

static void hune_import_dialog_class_init(HuneImportDialogClass *class)
{
    G_OBJECT_CLASS(class)->dispose = hune_import_dialog_dispose;
    gtk_widget_class_set_accessible_role(GTK_WIDGET_CLASS(class), GTK_ACCESSIBLE_ROLE_DIALOG);
    gtk_widget_class_add_binding_action(GTK_WIDGET_CLASS(class), GDK_KEY_Escape, 0, "window.close",
                                        NULL);
}

/* In the order of enum import_format. */
static GtkWidget *make_format(HuneImportDialog *self)
{
    const char *names[] = {_("Find out"), "CSV", "ssh config", "Ansible", "hosts", NULL};

    self->format = GTK_DROP_DOWN(gtk_drop_down_new_from_strings(names));
    /* It is the button inside that has the focus, and is read. */
    gtk_accessible_update_property(GTK_ACCESSIBLE(self->format), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                   _("Format of the list"), -1);
    gtk_accessible_update_property(
        GTK_ACCESSIBLE(gtk_widget_get_first_child(GTK_WIDGET(self->format))),
        GTK_ACCESSIBLE_PROPERTY_LABEL, _("Format of the list"), -1);
    g_signal_connect_swapped(self->format, "notify::selected", G_CALLBACK(begin_compare), self);
    return GTK_WIDGET(self->format);
}

static void hune_import_dialog_init(HuneImportDialog *self)
{
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0);
    GtkWidget *top = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 12);
    GtkWidget *scrolled = gtk_scrolled_window_new();
    GtkListItemFactory *factory = gtk_signal_list_item_factory_new();

    g_signal_connect(factory, "setup", G_CALLBACK(setup_line), self);
    g_signal_connect(factory, "bind", G_CALLBACK(bind_line), self);
    self->summary = GTK_LABEL(gtk_label_new(""));
    gtk_label_set_wrap(self->summary, TRUE);
    gtk_label_set_xalign(self->summary, 0);
    gtk_widget_set_hexpand(GTK_WIDGET(self->summary), TRUE);
    self->view = GTK_LIST_VIEW(gtk_list_view_new(NULL, factory));
    gtk_accessible_update_property(GTK_ACCESSIBLE(self->view), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                   _("Lines of the list"), -1);
    gtk_scrolled_window_set_child(GTK_SCROLLED_WINDOW(scrolled), GTK_WIDGET(self->view));
    gtk_widget_set_vexpand(scrolled, TRUE);
    gtk_box_append(GTK_BOX(top), GTK_WIDGET(self->summary));
    gtk_box_append(GTK_BOX(top), make_format(self));
    gtk_widget_set_margin_top(top, 12);
    gtk_widget_set_margin_bottom(top, 12);
    gtk_widget_set_margin_start(top, 12);
    gtk_widget_set_margin_end(top, 12);
    gtk_box_append(GTK_BOX(box), dialog_header_new(GTK_WINDOW(self), _("Import"),
                                                   G_CALLBACK(on_apply), &self->apply));
    gtk_widget_set_sensitive(GTK_WIDGET(self->apply), FALSE);
    gtk_box_append(GTK_BOX(box), top);
    gtk_box_append(GTK_BOX(box), scrolled);
    adw_window_set_content(ADW_WINDOW(self), box);
    gtk_window_set_modal(GTK_WINDOW(self), TRUE);
    gtk_window_set_title(GTK_WINDOW(self), _("Import a list"));
    gtk_window_set_default_size(GTK_WINDOW(self), 700, 480);
}

/* ---- reading ---- */

static void open_with(struct reading *reading, GFile *file, GBytes *bytes)
{
    HuneImportDialog *self = g_object_new(HUNE_TYPE_IMPORT_DIALOG, "transient-for", reading->window,
                                          NULL);
    guint count = reading->files->len;

    g_set_weak_pointer(&self->window, reading->window);
    self->fleet = g_object_ref(hune_window_fleet(reading->window));
    self->file = g_object_ref(file);
    self->bytes = g_bytes_ref(bytes);
    self->next = reading;
    if (count > 1) {
        g_autofree char *name = g_file_get_basename(file);
        g_autofree char *shown = hune_printable(name);
        g_autofree char *title = g_strdup_printf(_("Import %s (%u of %u)"), shown,
                                                 reading->position, count);

        gtk_window_set_title(GTK_WINDOW(self), title);
    }
    begin_compare(self);
    gtk_window_present(GTK_WINDOW(self));
}

static void tell_fault(struct reading *reading, const char *heading, const char *text)
{
    GtkWidget *dialog = hune_window_fail(reading->window, heading, text);

    g_signal_connect_swapped(dialog, "destroy", G_CALLBACK(read_next), reading);
}

static void on_read(GObject *source, GAsyncResult *result, gpointer data)
{
    struct reading *reading = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) bytes = NULL;
    g_autofree char *name = g_file_get_parse_name(G_FILE(source));
    char *contents;
    gsize size;
    gboolean is_read = g_file_load_contents_finish(G_FILE(source), result, &contents, &size, NULL,
                                                   &error);

    if (is_read)
        bytes = g_bytes_new_take(contents, size);
    if (!hune_window_fleet(reading->window))
        reading_free(reading); /* it was closed meanwhile */
    else if (!is_read)
        tell_fault(reading, _("The file cannot be read"), error->message);
    else if (size > FILE_MAX_BYTES)
        tell_fault(reading, _("The file is too large for a list of machines"), name);
    else
        open_with(reading, G_FILE(source), bytes);
}

void hune_import_dialog_open(HuneWindow *window, GSList *files)
{
    struct reading *reading = g_new0(struct reading, 1);

    reading->window = g_object_ref(window);
    reading->files = g_ptr_array_new_with_free_func(g_object_unref);
    for (GSList *at = files; at; at = at->next)
        g_ptr_array_add(reading->files, g_object_ref(at->data));
    read_next(reading);
}
