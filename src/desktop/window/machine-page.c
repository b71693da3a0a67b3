/* See machine-page.h. The banner tells what is wrong with the connection, and what can be done. */
#include "desktop/window/machine-page.h"

#include <string.h>

#include "desktop/view/announce.h"
#include "desktop/view/fit-bin.h"
#include "desktop/window/command-view.h"
#include "desktop/window/files-view.h"
#include "desktop/window/journal-view.h"
#include "desktop/window/overview.h"
#include "desktop/window/terminal-view.h"
#include "desktop/window/way-view.h"
#include "desktop/window/window.h"
#include "fleet/home/i18n.h"

struct _HuneMachinePage {
    AdwBin parent_instance;

    /* of the template */
    GtkInfoBar *banner;
    GtkLabel *banner_title;
    GtkLabel *banner_text;
    GtkButton *banner_button;
    GtkButton *banner_second;
    GtkInfoBar *alert_bar;
    GtkLabel *alert_label;
    AdwViewStack *views;

    /* own */
    HuneFleet *fleet;
    HuneMachine *machine;
    HuneFilesView *files; /* one of the views */
    AdwTabPage *tab;      /* weak */
    guint countdown;
    enum machine_state told; /* to who hears */
};

G_DEFINE_FINAL_TYPE(HuneMachinePage, hune_machine_page, ADW_TYPE_BIN)

HuneMachine *hune_machine_page_machine(HuneMachinePage *self)
{
    return self->machine;
}

/* ---- the banner ---- */

/* What can be done about a state: at most two buttons. */
static const struct {
    const char *first;
    const char *second;
    GtkMessageType type;
} remedies[MACHINE_STATES] = {
    [MACHINE_NEW] = {N_("Find out who answers"), NULL, GTK_MESSAGE_WARNING},
    [MACHINE_IDLE] = {N_("Connect"), NULL, GTK_MESSAGE_INFO},
    [MACHINE_RECONNECTING] = {N_("Try now"), N_("Find out why…"), GTK_MESSAGE_WARNING},
    [MACHINE_UNREACHABLE] = {N_("Try now"), N_("Find out why…"), GTK_MESSAGE_ERROR},
    [MACHINE_REFUSED] = {N_("Try again"), N_("Find out why…"), GTK_MESSAGE_ERROR},
    [MACHINE_CHANGED] = {N_("Keep refusing it"), N_("It was reinstalled: pin the new id…"),
                         GTK_MESSAGE_ERROR},
    [MACHINE_VERSION] = {N_("Try again"), N_("Find out why…"), GTK_MESSAGE_ERROR},
};

/* Of a machine that is refused because a person said so: the way back. */
static const char *first_remedy(const HuneMachine *machine)
{
    return machine->is_kept_out ? N_("Try again") : remedies[machine->state].first;
}

/* What is wrong, what helps, and what goes on meanwhile. */
static char *banner_sentences(const HuneMachine *machine)
{
    if (machine->state == MACHINE_NEW && !machine->sentence)
        return g_strdup(_("Its id is not known yet, so it cannot be spoken to."));
    return g_strjoin(machine->sentence ? "\n" : "", machine->sentence ? machine->sentence : "",
                     machine->advice ? machine->advice : "",
                     machine->is_kept_out
                         ? _("You keep refusing it: nothing is sent there until you try again.")
                         : NULL,
                     NULL);
}

static void show_connecting(HuneMachinePage *self)
{
    g_autofree char *address = hune_machine_address(self->machine);
    g_autofree char *text = g_strdup_printf(_("Connecting to %s"), address);

    gtk_info_bar_set_message_type(self->banner, GTK_MESSAGE_INFO);
    gtk_label_set_label(self->banner_title, text);
    gtk_widget_set_visible(GTK_WIDGET(self->banner_text), FALSE);
    gtk_widget_set_visible(GTK_WIDGET(self->banner_button), FALSE);
    gtk_widget_set_visible(GTK_WIDGET(self->banner_second), FALSE);
    gtk_info_bar_set_revealed(self->banner, TRUE);
}

static void show_banner(HuneMachinePage *self)
{
    HuneMachine *machine = self->machine;
    enum machine_state state = machine->state;
    const char *second = remedies[state].second;
    g_autofree char *title = hune_machine_state_text(machine);
    g_autofree char *text = NULL;

    gtk_widget_set_visible(GTK_WIDGET(self->banner_button), TRUE);
    if (!machine->is_listed) {
        gtk_info_bar_set_message_type(self->banner, GTK_MESSAGE_WARNING);
        gtk_label_set_label(self->banner_title, _("This machine is no longer in the list."));
        gtk_label_set_label(self->banner_text, "");
        gtk_button_set_label(self->banner_button, _("Close the tab"));
        gtk_widget_set_visible(GTK_WIDGET(self->banner_second), FALSE);
        gtk_info_bar_set_revealed(self->banner, TRUE);
        return;
    }
    if (state == MACHINE_CONNECTING) {
        show_connecting(self);
        return;
    }
    if (!remedies[state].first) {
        gtk_info_bar_set_revealed(self->banner, FALSE);
        return;
    }
    text = banner_sentences(machine);
    gtk_info_bar_set_message_type(self->banner, remedies[state].type);
    gtk_label_set_label(self->banner_title, title);
    gtk_label_set_label(self->banner_text, text);
    gtk_widget_set_visible(GTK_WIDGET(self->banner_text), *text != '\0');
    gtk_button_set_label(self->banner_button, _(first_remedy(machine)));
    gtk_widget_set_visible(GTK_WIDGET(self->banner_second), second != NULL);
    if (second)
        gtk_button_set_label(self->banner_second, _(second));
    gtk_info_bar_set_revealed(self->banner, TRUE);
}

static HuneWindow *window_of(HuneMachinePage *self)
{
    return HUNE_WINDOW(gtk_widget_get_root(GTK_WIDGET(self)));
}

/* ---- an id that changed ---- */

struct repin {
    char *name;
    uint8_t old[MACHINE_ID_SIZE];
    uint8_t id[MACHINE_ID_SIZE];
};

static void repin_free(gpointer data)
{
    g_free(((struct repin *)data)->name);
    g_free(data);
}

/* In a thread of its own. */
static int repin(struct fleet *fleet, void *context, struct fault *fault)
{
    const struct repin *pin = context;
    uint32_t index = fleet_find(fleet, pin->name);

    if (index == FLEET_NONE) {
        fault_set(fault, NULL, _("%s is no longer in the list."), pin->name);
        return 1;
    }
    return fleet_set_id(fleet, index, pin->id);
}

static void on_repinned(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(HuneMachinePage) self = data;
    g_autoptr(GError) error = NULL;

    if (!hune_fleet_edit_finish(HUNE_FLEET(source), result, &error) &&
        gtk_widget_get_root(GTK_WIDGET(self)))
        hune_window_fail(window_of(self), _("The id could not be pinned"), error->message);
}

static void on_repin_response(HuneMachinePage *self, const char *response)
{
    struct repin *pin;

    if (!g_str_equal(response, "pin"))
        return;
    pin = g_new0(struct repin, 1);
    pin->name = g_strdup(self->machine->name);
    memcpy(pin->id, self->machine->seen_id, sizeof(pin->id));
    hune_fleet_edit(self->fleet, repin, pin, repin_free, on_repinned, g_object_ref(self));
}

static void ask_repin(HuneMachinePage *self)
{
    g_autofree char *text = g_strdup_printf(
        _("Only do this if you know that the machine was reinstalled. If it was not, somebody may "
          "stand between you and it.\n\nPinned: %s\nSeen: %s"),
        self->machine->pinned ? self->machine->pinned : "-",
        self->machine->seen ? self->machine->seen : "-");
    g_autofree char *heading = g_strdup_printf(_("Pin the new id of %s?"), self->machine->name);
    GtkWidget *dialog = adw_message_dialog_new(GTK_WINDOW(window_of(self)), heading, text);

    adw_message_dialog_add_responses(ADW_MESSAGE_DIALOG(dialog), "cancel", _("Cancel"), "pin",
                                     _("Pin the new id"), NULL);
    adw_message_dialog_set_response_appearance(ADW_MESSAGE_DIALOG(dialog), "pin",
                                               ADW_RESPONSE_DESTRUCTIVE);
    adw_message_dialog_set_default_response(ADW_MESSAGE_DIALOG(dialog), "cancel");
    g_signal_connect_object(dialog, "response", G_CALLBACK(on_repin_response), self,
                            G_CONNECT_SWAPPED);
    gtk_window_present(GTK_WINDOW(dialog));
}

static void on_banner_response(HuneMachinePage *self, int response)
{
    struct worker *worker = hune_fleet_worker(self->fleet);

    if (!self->machine->is_listed) {
        hune_window_close_page(window_of(self), GTK_WIDGET(self));
    } else if (response == 2 && self->machine->state == MACHINE_CHANGED) {
        ask_repin(self);
    } else if (response == 2) {
        hune_way_window_show(GTK_WINDOW(window_of(self)), self->fleet, self->machine);
    } else if (self->machine->state == MACHINE_CHANGED && !self->machine->is_kept_out) {
        worker_send_disconnect(worker, self->machine->slot);
    } else if (self->machine->state == MACHINE_NEW) {
        g_autofree char *address = hune_machine_address(self->machine);

        hune_window_add_machine(window_of(self), address);
    } else {
        worker_send_connect(worker, self->machine->slot);
    }
}

guint hune_machine_page_transfers(HuneMachinePage *self)
{
    return hune_files_view_transfers(self->files);
}

void hune_machine_page_stop_transfers(HuneMachinePage *self)
{
    hune_files_view_stop(self->files);
}

/* ---- the tab ---- */

static void show_tab(HuneMachinePage *self)
{
    g_autofree char *address = NULL;
    g_autofree char *state = NULL;
    g_autofree char *tooltip = NULL;
    g_autoptr(GIcon) icon = NULL;

    if (!self->tab)
        return;
    address = hune_machine_address(self->machine);
    state = hune_machine_state_text(self->machine);
    tooltip = g_markup_printf_escaped("%s\n%s", address, state);
    adw_tab_page_set_title(self->tab, self->machine->name);
    adw_tab_page_set_tooltip(self->tab, tooltip);
    adw_tab_page_set_loading(self->tab, self->machine->state == MACHINE_CONNECTING);
    icon = g_themed_icon_new(hune_machine_state_icon(self->machine));
    adw_tab_page_set_icon(self->tab, icon);
}

void hune_machine_page_set_tab(HuneMachinePage *self, AdwTabPage *tab)
{
    g_set_weak_pointer(&self->tab, tab);
    show_tab(self);
}

static gboolean on_countdown(gpointer data)
{
    HuneMachinePage *self = data;

    if (gtk_widget_get_mapped(GTK_WIDGET(self)))
        show_banner(self);
    if (self->machine->retry_us)
        return G_SOURCE_CONTINUE;
    self->countdown = 0;
    return G_SOURCE_REMOVE;
}

static void append_alert(GString *text, const struct alert_item *item)
{
    if (text->len > 0)
        g_string_append_c(text, '\n');
    if (*item->label)
        g_string_append_printf(text, _("%s: %s"), item->label, item->rule);
    else
        g_string_append(text, item->rule);
    if (*item->detail)
        g_string_append_printf(text, ", %s", item->detail);
}

static void show_alerts(HuneMachinePage *self)
{
    GArray *standing = hune_alerts_standing(hune_fleet_alerts(self->fleet));
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; self->machine->alerts && i < standing->len; i++) {
        const struct alert_item *item = &g_array_index(standing, struct alert_item, i);

        if (g_str_equal(item->machine, self->machine->name))
            append_alert(text, item);
    }
    if (g_strcmp0(text->str, gtk_label_get_label(self->alert_label)) != 0)
        hune_announce(GTK_WIDGET(self), text->str);
    gtk_label_set_label(self->alert_label, text->str);
    gtk_info_bar_set_revealed(self->alert_bar, text->len > 0);
}

/* The seconds that go by are not told. */
static void tell_state(HuneMachinePage *self)
{
    g_autofree char *title = hune_machine_state_text(self->machine);
    g_autofree char *sentences = banner_sentences(self->machine);
    g_autofree char *text = g_strdup_printf("%s%s%s", title, *sentences ? "\n" : "", sentences);

    if (self->machine->state == self->told)
        return;
    self->told = self->machine->state;
    hune_announce(GTK_WIDGET(self), text);
}

static void on_changed(HuneMachinePage *self)
{
    show_banner(self);
    tell_state(self);
    show_alerts(self);
    show_tab(self);
    if (self->machine->retry_us && !self->countdown)
        self->countdown = g_timeout_add_seconds(1, on_countdown, self);
}

/* Who came by a key goes on by keys: what is typed next is for the view that is shown. */
static gboolean focus_view(gpointer data)
{
    HuneMachinePage *self = data;
    GtkWidget *view = self->machine ? adw_view_stack_get_visible_child(self->views) : NULL;
    GtkRoot *root = gtk_widget_get_root(GTK_WIDGET(self));
    GtkWidget *focus = root ? gtk_root_get_focus(root) : NULL;

    if (view && gtk_widget_get_mapped(view) && !(focus && gtk_widget_is_ancestor(focus, view)))
        gtk_widget_child_focus(view, GTK_DIR_TAB_FORWARD);
    /* A page that comes up gave the banner the focus, and so selected its text. */
    gtk_label_select_region(self->banner_title, 0, 0);
    gtk_label_select_region(self->banner_text, 0, 0);
    gtk_label_select_region(self->alert_label, 0, 0);
    return G_SOURCE_REMOVE;
}

void hune_machine_page_show(HuneMachinePage *self, const char *name)
{
    adw_view_stack_set_visible_child_name(self->views, name);
    /* Once what had the focus is hidden: GTK looks for another place of its own. */
    g_idle_add_full(G_PRIORITY_DEFAULT_IDLE, focus_view, g_object_ref(self), g_object_unref);
}

void hune_machine_page_step(HuneMachinePage *self, gboolean forward)
{
    g_autoptr(GtkSelectionModel) pages = adw_view_stack_get_pages(self->views);
    guint count = g_list_model_get_n_items(G_LIST_MODEL(pages));

    for (guint i = 0; i < count; i++) {
        g_autoptr(AdwViewStackPage) page = NULL;

        if (!gtk_selection_model_is_selected(pages, i))
            continue;
        page = g_list_model_get_item(G_LIST_MODEL(pages), (i + (forward ? 1 : count - 1)) % count);
        hune_machine_page_show(self, adw_view_stack_page_get_name(page));
        return;
    }
}

/* ---- the type ---- */

static void hune_machine_page_dispose(GObject *object)
{
    HuneMachinePage *self = HUNE_MACHINE_PAGE(object);

    g_clear_handle_id(&self->countdown, g_source_remove);
    if (self->machine)
        g_signal_handlers_disconnect_by_data(self->machine, self);
    g_clear_weak_pointer(&self->tab);
    g_clear_object(&self->machine);
    g_clear_object(&self->fleet);
    G_OBJECT_CLASS(hune_machine_page_parent_class)->dispose(object);
}

static void hune_machine_page_class_init(HuneMachinePageClass *class)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(class);

    G_OBJECT_CLASS(class)->dispose = hune_machine_page_dispose;
    gtk_widget_class_set_template_from_resource(widget_class, "/org/hune/Hune/machine-page.ui");
#define CHILD(name) gtk_widget_class_bind_template_child(widget_class, HuneMachinePage, name)
    CHILD(banner);
    CHILD(banner_title);
    CHILD(banner_text);
    CHILD(banner_button);
    CHILD(banner_second);
    CHILD(alert_bar);
    CHILD(alert_label);
    CHILD(views);
#undef CHILD
    gtk_widget_class_bind_template_callback(widget_class, on_banner_response);
}

static void hune_machine_page_init(HuneMachinePage *self)
{
    g_type_ensure(HUNE_TYPE_FIT_BIN);
    gtk_widget_init_template(GTK_WIDGET(self));
}

static void add_view(HuneMachinePage *self, GtkWidget *view, const char *name, const char *title,
                     const char *icon)
{
    adw_view_stack_add_titled(self->views, view, name, title);
    adw_view_stack_page_set_icon_name(adw_view_stack_get_page(self->views, view), icon);
}

GtkWidget *hune_machine_page_new(HuneFleet *fleet, HuneMachine *machine)
{
    HuneMachinePage *self = g_object_new(HUNE_TYPE_MACHINE_PAGE, NULL);
    GtkWidget *command = hune_command_view_new(fleet, machine);
    GtkWidget *terminal = hune_terminal_view_new(fleet, machine);
    GtkWidget *files = hune_files_view_new(fleet, machine);

    self->fleet = g_object_ref(fleet);
    self->machine = g_object_ref(machine);
    add_view(self, hune_overview_new(fleet, machine), "overview", _("Overview"),
             "computer-symbolic");
    add_view(self, command, "command", _("Command"), "system-run-symbolic");
    add_view(self, terminal, "terminal", _("Terminal"), "utilities-terminal-symbolic");
    self->files = HUNE_FILES_VIEW(files);
    add_view(self, files, "files", _("Files"), "folder-symbolic");
    add_view(self, hune_journal_view_new(fleet, machine), "journal", _("Journal"),
             "x-office-document-symbolic");
    g_object_bind_property(hune_command_view_user(HUNE_COMMAND_VIEW(command)), "user",
                           hune_terminal_view_user(HUNE_TERMINAL_VIEW(terminal)), "user",
                           G_BINDING_BIDIRECTIONAL);
    g_object_bind_property(hune_command_view_user(HUNE_COMMAND_VIEW(command)), "user",
                           hune_files_view_user(self->files), "user", G_BINDING_BIDIRECTIONAL);
    g_signal_connect_swapped(machine, "changed", G_CALLBACK(on_changed), self);
    on_changed(self);
    return GTK_WIDGET(self);
}
