/* What a window can be told to do from its menu, by keys and by its pages. */
#include <string.h>

#include "desktop/model/history.h"
#include "desktop/text/words.h"
#include "desktop/window/add-dialog.h"
#include "desktop/window/edit-dialog.h"
#include "desktop/window/import-dialog.h"
#include "desktop/window/machine-page.h"
#include "desktop/window/machines-page.h"
#include "desktop/window/preferences.h"
#include "desktop/window/results-page.h"
#include "desktop/window/rules-dialog.h"
#include "desktop/window/run-dialog.h"
#include "desktop/window/window.h"
#include "fleet/home/i18n.h"

/* ---- orders ---- */

void hune_window_give_order(HuneWindow *self, GPtrArray *machines, enum verb verb, const char *line,
                            const struct order_terms *terms)
{
    g_autoptr(HuneOrder)
        order = hune_order_new_on_terms(hune_window_fleet(self), machines, verb, line, terms);
    AdwTabPage *tab = hune_window_add_page(self,
                                           hune_results_page_new(hune_window_fleet(self), order));
    g_autofree char *names = hune_fold_names(machines);
    g_autofree char *tooltip = g_markup_escape_text(names, -1);

    adw_tab_page_set_title(tab, line ? line : verb_info(verb)->name);
    adw_tab_page_set_tooltip(tab, tooltip);
    adw_tab_page_set_loading(tab, !hune_order_is_done(order));
}

void hune_window_run(HuneWindow *self, GPtrArray *machines, GtkEditable *field,
                     const struct order_terms *terms)
{
    struct hune_line line = hune_line_parse(gtk_editable_get_text(field));

    if (line.kind == HUNE_LINE_EMPTY)
        return;
    hune_history_add(gtk_editable_get_text(field));
    hune_run_dialog_ask(self, machines, &line, terms, field);
    g_free(line.shell);
}

/* ---- adding, editing ---- */

void hune_window_add_machine(HuneWindow *self, const char *text)
{
    gtk_window_present(GTK_WINDOW(hune_add_dialog_new(self, text)));
}

void hune_window_edit_machine(HuneWindow *self, HuneMachine *machine)
{
    gtk_window_present(GTK_WINDOW(hune_edit_dialog_new(self, machine)));
}

static void act_add(GtkWidget *widget, const char *name, GVariant *parameter)
{
    (void)name;
    (void)parameter;
    hune_window_add_machine(HUNE_WINDOW(widget), NULL);
}

static void act_undo_remove(GtkWidget *widget, const char *name, GVariant *parameter)
{
    (void)name;
    (void)parameter;
    hune_window_undo_remove(HUNE_WINDOW(widget));
}

/* ---- import, export ---- */

void hune_window_import(HuneWindow *self, GFile *file)
{
    hune_import_dialog_open(self, &(GSList){.data = file});
}

static void on_import_response(GtkNativeDialog *dialog, int response, gpointer data)
{
    g_autoptr(HuneWindow) self = data;
    g_autoptr(GFile) file = NULL;

    if (response == GTK_RESPONSE_ACCEPT)
        file = gtk_file_chooser_get_file(GTK_FILE_CHOOSER(dialog));
    if (file && hune_window_fleet(self))
        hune_window_import(self, file);
    g_object_unref(dialog);
}

static void act_import(GtkWidget *widget, const char *name, GVariant *parameter)
{
    GtkFileChooserNative *chooser = gtk_file_chooser_native_new(
        _("Import a list of machines"), GTK_WINDOW(widget), GTK_FILE_CHOOSER_ACTION_OPEN,
        _("_Open"), NULL);

    (void)name;
    (void)parameter;
    g_signal_connect(chooser, "response", G_CALLBACK(on_import_response), g_object_ref(widget));
    gtk_native_dialog_show(GTK_NATIVE_DIALOG(chooser));
}

struct export
{
    HuneWindow *window;
    GFile *file;
    struct buffer csv;
    int error;
};

/* In the worker. */
static void export_look(const struct fleet *fleet, void *context)
{
    struct export *export = context;

    export->error = fleet_export(fleet, &export->csv);
}

static void on_exported(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(HuneWindow) self = data;
    g_autoptr(GError) error = NULL;
    gboolean ok = g_file_replace_contents_finish(G_FILE(source), result, NULL, &error);

    if (!hune_window_fleet(self))
        return;
    if (ok)
        hune_window_toast(self, _("The list was exported"));
    else
        hune_window_fail(self, _("The list could not be exported"), error->message);
}

static void on_export_looked(void *context, void *owner)
{
    struct export *export = context;
    g_autoptr(GBytes) bytes = NULL;

    (void)owner;
    if (!export->error && hune_window_fleet(export->window)) {
        bytes = g_bytes_new(buffer_bytes(&export->csv), buffer_length(&export->csv));
        g_file_replace_contents_bytes_async(export->file, bytes, NULL, FALSE, G_FILE_CREATE_NONE,
                                            NULL, on_exported, g_object_ref(export->window));
    }
    buffer_deinit(&export->csv);
    g_object_unref(export->window);
    g_object_unref(export->file);
    g_free(export);
}

void hune_window_export(HuneWindow *self, GFile *file)
{
    struct export *export = g_new0(struct export, 1);
    const struct worker_look look = {
        .look = export_look, .done = on_export_looked, .context = export};

    export->window = g_object_ref(self);
    export->file = g_object_ref(file);
    worker_send_look(hune_fleet_worker(hune_window_fleet(self)), &look);
}

static void on_export_response(GtkNativeDialog *dialog, int response, gpointer data)
{
    g_autoptr(HuneWindow) self = data;
    g_autoptr(GFile) file = NULL;

    if (response == GTK_RESPONSE_ACCEPT)
        file = gtk_file_chooser_get_file(GTK_FILE_CHOOSER(dialog));
    if (file && hune_window_fleet(self))
        hune_window_export(self, file);
    g_object_unref(dialog);
}

static void act_export(GtkWidget *widget, const char *name, GVariant *parameter)
{
    GtkFileChooserNative *chooser = gtk_file_chooser_native_new(
        _("Export the list of machines"), GTK_WINDOW(widget), GTK_FILE_CHOOSER_ACTION_SAVE,
        _("_Save"), NULL);

    (void)name;
    (void)parameter;
    gtk_file_chooser_set_current_name(GTK_FILE_CHOOSER(chooser), "machines.csv");
    g_signal_connect(chooser, "response", G_CALLBACK(on_export_response), g_object_ref(widget));
    gtk_native_dialog_show(GTK_NATIVE_DIALOG(chooser));
}

/* The same with a path: for scripts, and for whoever drives the window from outside. */
static void act_import_path(GtkWidget *widget, const char *name, GVariant *parameter)
{
    g_autoptr(GFile) file = g_file_new_for_path(g_variant_get_string(parameter, NULL));

    if (strstr(name, "import"))
        hune_window_import(HUNE_WINDOW(widget), file);
    else
        hune_window_export(HUNE_WINDOW(widget), file);
}

/* ---- walking about ---- */

static void act_filter(GtkWidget *widget, const char *name, GVariant *parameter)
{
    HuneWindow *self = HUNE_WINDOW(widget);
    GtkWidget *list = hune_window_list(self);
    AdwTabView *tabs = hune_window_tabs(self);

    (void)parameter;
    if (!list)
        return;
    adw_tab_view_set_selected_page(tabs, adw_tab_view_get_page(tabs, list));
    if (g_str_equal(name, "win.filter"))
        hune_machines_page_focus_filter(HUNE_MACHINES_PAGE(list));
    else
        hune_machines_page_focus_command(HUNE_MACHINES_PAGE(list));
}

static void act_close_tab(GtkWidget *widget, const char *name, GVariant *parameter)
{
    AdwTabView *tabs = hune_window_tabs(HUNE_WINDOW(widget));
    AdwTabPage *tab = adw_tab_view_get_selected_page(tabs);

    (void)name;
    (void)parameter;
    if (tab)
        adw_tab_view_close_page(tabs, tab);
}

/* The one with the list; NULL: it was closed. */
static HuneWindow *first_window(HuneWindow *self)
{
    GtkApplication *application = gtk_window_get_application(GTK_WINDOW(self));

    for (GList *at = gtk_application_get_windows(application); at; at = at->next) {
        if (HUNE_IS_WINDOW(at->data) && hune_window_list(at->data))
            return at->data;
    }
    return NULL;
}

/* libadwaita lets nobody drag the only tab of a window. */
static void act_bring_back(GtkWidget *widget, const char *name, GVariant *parameter)
{
    HuneWindow *self = HUNE_WINDOW(widget);
    HuneWindow *first = first_window(self);
    AdwTabView *tabs = hune_window_tabs(self);
    AdwTabPage *tab = adw_tab_view_get_selected_page(tabs);
    AdwTabView *to = first ? hune_window_tabs(first) : NULL;

    (void)name;
    (void)parameter;
    if (!tab || !first || first == self)
        return;
    adw_tab_view_transfer_page(tabs, tab, to, adw_tab_view_get_n_pages(to));
    adw_tab_view_set_selected_page(to, tab);
    gtk_window_present(GTK_WINDOW(first));
}

static void act_groups(GtkWidget *widget, const char *name, GVariant *parameter)
{
    GtkToggleButton *button = hune_window_groups_button(HUNE_WINDOW(widget));

    (void)name;
    (void)parameter;
    gtk_toggle_button_set_active(button, !gtk_toggle_button_get_active(button));
}

static void act_view(GtkWidget *widget, const char *name, GVariant *parameter)
{
    AdwTabPage *tab = adw_tab_view_get_selected_page(hune_window_tabs(HUNE_WINDOW(widget)));
    GtkWidget *child = tab ? adw_tab_page_get_child(tab) : NULL;

    if (!child || !HUNE_IS_MACHINE_PAGE(child))
        return;
    if (parameter)
        hune_machine_page_show(HUNE_MACHINE_PAGE(child), g_variant_get_string(parameter, NULL));
    else
        hune_machine_page_step(HUNE_MACHINE_PAGE(child), g_str_equal(name, "win.view-next"));
}

static void act_past(GtkWidget *widget, const char *name, GVariant *parameter)
{
    (void)name;
    (void)parameter;
    hune_window_show_past(HUNE_WINDOW(widget));
}

static void act_alerts(GtkWidget *widget, const char *name, GVariant *parameter)
{
    (void)parameter;
    if (g_str_equal(name, "win.rules"))
        gtk_window_present(GTK_WINDOW(hune_rules_dialog_new(HUNE_WINDOW(widget))));
    else
        hune_window_show_alerts(HUNE_WINDOW(widget));
}

static void act_preferences(GtkWidget *widget, const char *name, GVariant *parameter)
{
    (void)name;
    (void)parameter;
    hune_preferences_show(HUNE_WINDOW(widget));
}

/* Letters with Ctrl+Shift, since a terminal must get Ctrl with letters; the list's own keys are
 * bindings of the class, which a focused terminal takes first. */
void hune_window_install_actions(GtkWidgetClass *class)
{
    static const char *const views[] = {"overview", "command", "terminal", "files", "journal"};

    gtk_widget_class_install_action(class, "win.add", NULL, act_add);
    gtk_widget_class_install_action(class, "win.import", NULL, act_import);
    gtk_widget_class_install_action(class, "win.export", NULL, act_export);
    gtk_widget_class_install_action(class, "win.import-path", "s", act_import_path);
    gtk_widget_class_install_action(class, "win.export-path", "s", act_import_path);
    gtk_widget_class_install_action(class, "win.undo-remove", NULL, act_undo_remove);
    gtk_widget_class_install_action(class, "win.filter", NULL, act_filter);
    gtk_widget_class_install_action(class, "win.command", NULL, act_filter);
    gtk_widget_class_install_action(class, "win.close-tab", NULL, act_close_tab);
    gtk_widget_class_install_action(class, "win.bring-back", NULL, act_bring_back);
    gtk_widget_class_install_action(class, "win.groups", NULL, act_groups);
    gtk_widget_class_install_action(class, "win.view", "s", act_view);
    gtk_widget_class_install_action(class, "win.view-next", NULL, act_view);
    gtk_widget_class_install_action(class, "win.view-before", NULL, act_view);
    gtk_widget_class_install_action(class, "win.past", NULL, act_past);
    gtk_widget_class_add_binding_action(class, GDK_KEY_h, GDK_CONTROL_MASK, "win.past", NULL);
    gtk_widget_class_install_action(class, "win.alerts", NULL, act_alerts);
    gtk_widget_class_install_action(class, "win.rules", NULL, act_alerts);
    gtk_widget_class_add_binding_action(class, GDK_KEY_e, GDK_CONTROL_MASK, "win.alerts", NULL);
    gtk_widget_class_install_action(class, "win.preferences", NULL, act_preferences);
    gtk_widget_class_add_binding_action(class, GDK_KEY_f, GDK_CONTROL_MASK, "win.filter", NULL);
    gtk_widget_class_add_binding_action(class, GDK_KEY_n, GDK_CONTROL_MASK, "win.add", NULL);
    gtk_widget_class_add_binding_action(class, GDK_KEY_F9, 0, "win.groups", NULL);
    gtk_widget_class_add_binding_action(class, GDK_KEY_l, GDK_CONTROL_MASK, "win.command", NULL);
    for (guint i = 0; i < G_N_ELEMENTS(views); i++)
        gtk_widget_class_add_binding_action(class, GDK_KEY_1 + i, GDK_ALT_MASK, "win.view", "s",
                                            views[i]);
}
