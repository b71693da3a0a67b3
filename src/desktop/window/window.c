/* See window.h. */
#include "desktop/window/window.h"

#include "desktop/model/settings.h"
#include "desktop/view/announce.h"
#include "desktop/view/long-text.h"
#include "desktop/view/measure.h"
#include "desktop/window/closing.h"
#include "desktop/window/import-dialog.h"
#include "desktop/window/machine-page.h"
#include "desktop/window/machines-page.h"
#include "fleet/home/i18n.h"
#include "fleet/inventory/nodeset.h"

enum { STOPPING_TICK_MS = 50, STOPPING_TICKS = 100 };

struct _HuneWindow {
    AdwApplicationWindow parent_instance;

    /* of the template */
    AdwToastOverlay *toasts;
    AdwWindowTitle *title;
    GtkToggleButton *sidebar_button;
    GtkWidget *back_button;
    GtkInfoBar *fault_bar;
    GtkLabel *fault_label;
    GtkInfoBar *bad_bar;
    GtkLabel *bad_label;
    AdwTabBar *tab_bar;
    AdwTabView *tab_view;

    /* own */
    HuneFleet *fleet;
    GtkWidget *list;     /* borrowed, pinned; NULL in a window that was torn off */
    gboolean closes_now; /* nothing is asked any more */
    guint stopping;      /* looks since its transfers were told to stop; 0: they were not */
    guint bad_seen;      /* so many bad lines were closed away */
    gboolean is_restored;
    gboolean had_pages;
};

G_DEFINE_FINAL_TYPE(HuneWindow, hune_window, ADW_TYPE_APPLICATION_WINDOW)

/* ---- small things ---- */

HuneFleet *hune_window_fleet(HuneWindow *self)
{
    return self->fleet;
}

GtkWidget *hune_window_list(HuneWindow *self)
{
    return self->list;
}

AdwTabView *hune_window_tabs(HuneWindow *self)
{
    return self->tab_view;
}

GtkToggleButton *hune_window_groups_button(HuneWindow *self)
{
    return self->sidebar_button;
}

void hune_window_toast(HuneWindow *self, const char *text)
{
    g_autofree char *escaped = g_markup_escape_text(text, -1);

    adw_toast_overlay_add_toast(self->toasts, adw_toast_new(escaped));
    hune_announce(GTK_WIDGET(self), text);
}

void hune_window_toast_action(HuneWindow *self, const char *text, const char *button,
                              const char *action)
{
    g_autofree char *escaped = g_markup_escape_text(text, -1);
    AdwToast *toast = adw_toast_new(escaped);

    adw_toast_set_button_label(toast, button);
    adw_toast_set_action_name(toast, action);
    adw_toast_set_timeout(toast, 8);
    adw_toast_overlay_add_toast(self->toasts, toast);
    hune_announce(GTK_WIDGET(self), text);
}

GtkWidget *hune_window_fail(HuneWindow *self, const char *heading, const char *text)
{
    gboolean is_long = strlen(text) > HUNE_LONG_TEXT;
    GtkWidget *dialog = adw_message_dialog_new(GTK_WINDOW(self), heading, is_long ? NULL : text);

    if (is_long)
        adw_message_dialog_set_extra_child(ADW_MESSAGE_DIALOG(dialog), hune_long_text_new(text));
    adw_message_dialog_add_response(ADW_MESSAGE_DIALOG(dialog), "close", _("Close"));
    adw_message_dialog_set_default_response(ADW_MESSAGE_DIALOG(dialog), "close");
    gtk_window_present(GTK_WINDOW(dialog));
    return dialog;
}

char *hune_fold_names(GPtrArray *machines)
{
    _cleanup_buffer_ struct buffer folded = BUFFER_INIT;
    g_autofree const char **names = g_new(const char *, machines->len + 1);

    for (guint i = 0; i < machines->len; i++)
        names[i] = ((HuneMachine *)g_ptr_array_index(machines, i))->name;
    if (nodeset_fold(names, machines->len, &folded) != 0)
        return g_strdup("");
    return g_strndup((const char *)buffer_bytes(&folded), buffer_length(&folded));
}

/* ---- tabs ---- */

static void on_selected_page(HuneWindow *self);

AdwTabPage *hune_window_add_page(HuneWindow *self, GtkWidget *page)
{
    AdwTabPage *tab = adw_tab_view_append(self->tab_view, page);

    g_signal_connect_object(tab, "notify::title", G_CALLBACK(on_selected_page), self,
                            G_CONNECT_SWAPPED);
    adw_tab_view_set_selected_page(self->tab_view, tab);
    return tab;
}

void hune_window_close_page(HuneWindow *self, GtkWidget *page)
{
    AdwTabPage *tab = adw_tab_view_get_page(self->tab_view, page);

    if (tab)
        adw_tab_view_close_page(self->tab_view, tab);
}

static void on_page_answered(GObject *page, gboolean closes)
{
    GtkWidget *child = adw_tab_page_get_child(ADW_TAB_PAGE(page));
    GtkWidget *view = child ? gtk_widget_get_ancestor(child, ADW_TYPE_TAB_VIEW) : NULL;

    if (view)
        adw_tab_view_close_page_finish(ADW_TAB_VIEW(view), ADW_TAB_PAGE(page), closes);
}

static gboolean on_close_page(HuneWindow *self, AdwTabPage *page, AdwTabView *view)
{
    gboolean stays = adw_tab_page_get_child(page) == self->list && self->list != NULL;
    guint transfers = hune_closing_count_page(page);

    if (transfers > 0)
        hune_closing_ask(GTK_WINDOW(self), transfers, on_page_answered, G_OBJECT(page));
    else
        adw_tab_view_close_page_finish(view, page, !stays);
    return GDK_EVENT_STOP;
}

static AdwTabView *on_create_window(HuneWindow *self)
{
    HuneWindow *window = hune_window_new(
        ADW_APPLICATION(gtk_window_get_application(GTK_WINDOW(self))), self->fleet, FALSE);

    gtk_window_present(GTK_WINDOW(window));
    return window->tab_view;
}

static gboolean on_empty(gpointer data)
{
    HuneWindow *self = data;

    if (self->fleet && adw_tab_view_get_n_pages(self->tab_view) == 0)
        gtk_window_destroy(GTK_WINDOW(self));
    return G_SOURCE_REMOVE;
}

/* A pinned tab alone would show a bar with nothing to choose; but what is dragged needs a place to
 * be dropped on. A window that was torn off is nothing without its pages. */
static void on_pages(HuneWindow *self)
{
    int count = adw_tab_view_get_n_pages(self->tab_view);
    gboolean moves = adw_tab_view_get_is_transferring_page(self->tab_view);

    if (!self->fleet) /* the pages leave with the window */
        return;
    gtk_widget_set_visible(GTK_WIDGET(self->tab_bar), count > 1 || moves);
    if (count == 0 && !moves && self->had_pages)
        g_idle_add_full(G_PRIORITY_DEFAULT, on_empty, g_object_ref(self), g_object_unref);
    else if (count > 0)
        self->had_pages = TRUE;
}

/* In the header, and as the desktop lists its windows. NULL: the list's. */
static void name_window(HuneWindow *self, const char *name, const char *address)
{
    g_autofree char *listed = name ? g_strdup_printf("%s – Hune", name) : g_strdup("Hune");

    adw_window_title_set_title(self->title, name ? name : "Hune");
    adw_window_title_set_subtitle(self->title, address);
    gtk_window_set_title(GTK_WINDOW(self), listed);
}

static void on_selected_page(HuneWindow *self)
{
    AdwTabPage *tab = adw_tab_view_get_selected_page(self->tab_view);
    GtkWidget *child = tab ? adw_tab_page_get_child(tab) : NULL;
    g_autofree char *address = NULL;

    gtk_widget_set_visible(GTK_WIDGET(self->sidebar_button), child && child == self->list);
    if (tab)
        adw_tab_page_set_needs_attention(tab, FALSE);
    if (!child || !HUNE_IS_MACHINE_PAGE(child)) {
        name_window(self, child && child != self->list ? adw_tab_page_get_title(tab) : NULL, "");
        return;
    }
    address = hune_machine_address(hune_machine_page_machine(HUNE_MACHINE_PAGE(child)));
    name_window(self, hune_machine_page_machine(HUNE_MACHINE_PAGE(child))->name, address);
}

/* ---- faults that stay true ---- */

static void show_faults(HuneWindow *self)
{
    const char *list = hune_fleet_list_fault(self->fleet);
    const char *key = hune_fleet_key_fault(self->fleet);
    guint bad = hune_fleet_bad_count(self->fleet);
    g_autofree char *text = g_strjoin(list && key ? "\n" : "", list ? list : "", key ? key : "",
                                      NULL);

    if (g_strcmp0(text, gtk_label_get_label(self->fault_label)) != 0)
        hune_announce(GTK_WIDGET(self), text);
    gtk_label_set_label(self->fault_label, text);
    gtk_info_bar_set_revealed(self->fault_bar, *text != '\0');
    if (bad > 0) {
        g_autofree char *sentence = g_strdup_printf(
            ngettext("%u line of the list is not understood; it stays in the file as it is.",
                     "%u lines of the list are not understood; they stay in the file as they are.",
                     bad),
            bad);

        if (bad != self->bad_seen && g_strcmp0(sentence, gtk_label_get_label(self->bad_label)) != 0)
            hune_announce(GTK_WIDGET(self), sentence);
        gtk_label_set_label(self->bad_label, sentence);
    }
    gtk_info_bar_set_revealed(self->bad_bar, bad > 0 && bad != self->bad_seen);
    if (bad == 0)
        self->bad_seen = 0;
}

static void on_bad_bar_response(HuneWindow *self, int response)
{
    const char *const *lines = hune_fleet_bad_lines(self->fleet);
    g_autofree char *text = NULL;
    guint told;

    if (response != 1) {
        self->bad_seen = hune_fleet_bad_count(self->fleet);
        gtk_info_bar_set_revealed(self->bad_bar, FALSE);
        return;
    }
    text = g_strjoinv("\n\n", (char **)lines);
    told = g_strv_length((char **)lines);
    if (told < hune_fleet_bad_count(self->fleet)) {
        guint rest = hune_fleet_bad_count(self->fleet) - told;
        g_autofree char *all = g_steal_pointer(&text);
        g_autofree char *more = g_strdup_printf(
            ngettext("And %'u line more.", "And %'u lines more.", rest), rest);

        text = g_strdup_printf("%s\n\n%s", all, more);
    }
    hune_window_fail(self, _("Lines that are not understood"), text);
}

/* ---- its end ---- */

/* The machines hear that transfers stop before the last window, and with it the process, is gone.
 * One that is away hears nothing, and takes away by itself what was begun. */
static gboolean on_stopping(gpointer data)
{
    HuneWindow *self = data;

    if (hune_closing_count(self->tab_view) > 0 && ++self->stopping < STOPPING_TICKS)
        return G_SOURCE_CONTINUE;
    hune_window_close_now(self);
    return G_SOURCE_REMOVE;
}

static void on_window_answered(GObject *window, gboolean closes)
{
    HuneWindow *self = HUNE_WINDOW(window);

    if (!closes || self->stopping > 0)
        return;
    self->stopping = 1;
    hune_window_remember(self);
    hune_closing_stop(self->tab_view);
    gtk_widget_set_visible(GTK_WIDGET(self), FALSE);
    g_timeout_add_full(G_PRIORITY_DEFAULT, STOPPING_TICK_MS, on_stopping, g_object_ref(self),
                       g_object_unref);
}

void hune_window_stop_and_close(HuneWindow *self)
{
    if (hune_closing_count(self->tab_view) > 0)
        on_window_answered(G_OBJECT(self), TRUE);
    else
        gtk_window_close(GTK_WINDOW(self));
}

guint hune_window_transfers(HuneWindow *self)
{
    return hune_closing_count(self->tab_view);
}

void hune_window_close_now(HuneWindow *self)
{
    self->closes_now = TRUE;
    gtk_window_close(GTK_WINDOW(self));
}

static gboolean hune_window_close_request(GtkWindow *window)
{
    HuneWindow *self = HUNE_WINDOW(window);
    guint transfers = self->closes_now ? 0 : hune_closing_count(self->tab_view);

    if (transfers > 0) {
        hune_closing_ask(window, transfers, on_window_answered, G_OBJECT(window));
        return GDK_EVENT_STOP;
    }
    if (self->stopping == 0)
        hune_window_remember(self);
    return GTK_WINDOW_CLASS(hune_window_parent_class)->close_request(window);
}

static void on_listed(HuneWindow *self)
{
    if (self->is_restored || !self->list || !hune_fleet_is_read(self->fleet))
        return;
    self->is_restored = TRUE;
    hune_window_restore_tabs(self);
}

static void on_groups_toggled(HuneWindow *self)
{
    if (self->list)
        hune_machines_page_show_groups(HUNE_MACHINES_PAGE(self->list),
                                       gtk_toggle_button_get_active(self->sidebar_button));
}

/* ---- files dropped on the window ---- */

static gboolean on_drop(HuneWindow *self, const GValue *value)
{
    GSList *files = g_value_get_boxed(value);

    if (!files)
        return FALSE;
    hune_import_dialog_open(self, files);
    return TRUE;
}

static void accept_files(HuneWindow *self)
{
    GtkDropTarget *target = gtk_drop_target_new(GDK_TYPE_FILE_LIST, GDK_ACTION_COPY);

    g_signal_connect_swapped(target, "drop", G_CALLBACK(on_drop), self);
    gtk_widget_add_controller(GTK_WIDGET(self->tab_view), GTK_EVENT_CONTROLLER(target));
}

/* ---- the type ---- */

static void hune_window_dispose(GObject *object)
{
    HuneWindow *self = HUNE_WINDOW(object);

    if (self->fleet)
        g_signal_handlers_disconnect_by_data(self->fleet, self);
    g_clear_object(&self->fleet);
    G_OBJECT_CLASS(hune_window_parent_class)->dispose(object);
}

static void hune_window_class_init(HuneWindowClass *class)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(class);

    G_OBJECT_CLASS(class)->dispose = hune_window_dispose;
    GTK_WINDOW_CLASS(class)->close_request = hune_window_close_request;
    gtk_widget_class_set_template_from_resource(widget_class, "/org/hune/Hune/window.ui");
#define CHILD(name) gtk_widget_class_bind_template_child(widget_class, HuneWindow, name)
    CHILD(toasts);
    CHILD(title);
    CHILD(sidebar_button);
    CHILD(back_button);
    CHILD(fault_bar);
    CHILD(fault_label);
    CHILD(bad_bar);
    CHILD(bad_label);
    CHILD(tab_bar);
    CHILD(tab_view);
#undef CHILD
    gtk_widget_class_bind_template_callback(widget_class, on_close_page);
    gtk_widget_class_bind_template_callback(widget_class, on_create_window);
    gtk_widget_class_bind_template_callback(widget_class, on_pages);
    gtk_widget_class_bind_template_callback(widget_class, on_selected_page);
    gtk_widget_class_bind_template_callback(widget_class, on_bad_bar_response);
    hune_window_install_actions(widget_class);
}

/* A page that does not fit into a small window is scrolled; one that fits is not, for the sake of
 * those behind it. */
static void measure_page_in_front(HuneWindow *self)
{
    GtkWidget *stack = gtk_widget_get_first_child(GTK_WIDGET(self->tab_view));

    if (GTK_IS_STACK(stack)) {
        gtk_stack_set_hhomogeneous(GTK_STACK(stack), FALSE);
        gtk_stack_set_vhomogeneous(GTK_STACK(stack), FALSE);
    }
}

static void hune_window_init(HuneWindow *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
    measure_page_in_front(self);
    /* Alt and a number chooses among the views of the machine in front (window-actions.c). */
    adw_tab_view_remove_shortcuts(self->tab_view, ADW_TAB_VIEW_SHORTCUT_ALT_DIGITS |
                                                      ADW_TAB_VIEW_SHORTCUT_ALT_ZERO);
    g_signal_connect_swapped(self->sidebar_button, "toggled", G_CALLBACK(on_groups_toggled), self);
    accept_files(self);
}

/* A pinned tab shows its icon alone, and libadwaita gives it no name for who cannot see that. */
static void name_tab(GtkWidget *widget, AdwTabPage *page)
{
    if (g_strcmp0(G_OBJECT_TYPE_NAME(widget), "AdwTab") == 0 &&
        g_object_class_find_property(G_OBJECT_GET_CLASS(widget), "page")) {
        g_autoptr(GObject) shown = NULL;

        g_object_get(widget, "page", &shown, NULL);
        if (shown == G_OBJECT(page))
            gtk_accessible_update_property(GTK_ACCESSIBLE(widget), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                           adw_tab_page_get_title(page), -1);
    }
    for (GtkWidget *child = gtk_widget_get_first_child(widget); child;
         child = gtk_widget_get_next_sibling(child))
        name_tab(child, page);
}

/* Pinned: whoever closes it, or tears it off and closes that window, would be left without a list.
 */
static void add_list(HuneWindow *self)
{
    g_autoptr(GIcon) icon = g_themed_icon_new("view-list-symbolic");
    AdwTabPage *tab;

    self->list = hune_machines_page_new(self->fleet);
    tab = adw_tab_view_append_pinned(self->tab_view, self->list);
    adw_tab_page_set_title(tab, _("All machines"));
    adw_tab_page_set_icon(tab, icon);
    name_tab(GTK_WIDGET(self->tab_bar), tab);
    on_selected_page(self);
    gtk_window_set_default_size(GTK_WINDOW(self), hune_settings_get_int("width", 1100),
                                hune_settings_get_int("height", 700));
    if (hune_settings_get_boolean("maximized", FALSE))
        gtk_window_maximize(GTK_WINDOW(self));
}

HuneWindow *hune_window_new(AdwApplication *application, HuneFleet *fleet, gboolean with_list)
{
    HuneWindow *self = g_object_new(HUNE_TYPE_WINDOW, "application", application, NULL);

    self->fleet = g_object_ref(fleet);
    hune_measure_window(GTK_WINDOW(self));
    if (with_list)
        add_list(self);
    gtk_widget_set_visible(self->back_button, !with_list);
    g_signal_connect_swapped(fleet, "faults", G_CALLBACK(show_faults), self);
    g_signal_connect_swapped(fleet, "listed", G_CALLBACK(on_listed), self);
    show_faults(self);
    on_listed(self);
    return self;
}
