/* See application.h. */
#include "desktop/window/application.h"

#include <glib-unix.h>
#include <signal.h>
#include <stdlib.h>

#include "config.h"
#include "desktop/model/fleet-model.h"
#include "desktop/view/plain-breaks.h"
#include "desktop/view/spoken-names.h"
#include "desktop/window/alert-notify.h"
#include "desktop/window/closing.h"
#include "desktop/window/preferences.h"
#include "desktop/window/window.h"
#include "fleet/home/i18n.h"

struct _HuneApplication {
    AdwApplication parent_instance;

    HuneFleet *fleet;
    char *fleet_path;
    char *identity;
    char *to_open;        /* a machine or a link that was named when it was started */
    char *to_import;      /* likewise a list */
    gboolean is_asking;   /* whether to stop what is under way */
    gboolean has_options; /* they were understood */
};

G_DEFINE_FINAL_TYPE(HuneApplication, hune_application, ADW_TYPE_APPLICATION)

/* ---- what it was started with ---- */

static HuneWindow *main_window(HuneApplication *self)
{
    for (GList *at = gtk_application_get_windows(GTK_APPLICATION(self)); at; at = at->next) {
        if (HUNE_IS_WINDOW(at->data) && hune_window_list(HUNE_WINDOW(at->data)))
            return HUNE_WINDOW(at->data);
    }
    return NULL;
}

static void open_named(HuneApplication *self)
{
    HuneWindow *window = main_window(self);
    HuneMachine *machine;

    if (!window || !hune_fleet_is_read(self->fleet))
        return;
    if (self->to_import) {
        g_autoptr(GFile) file = g_file_new_for_path(self->to_import);

        hune_window_import(window, file);
        g_clear_pointer(&self->to_import, g_free);
    }
    if (!self->to_open)
        return;
    machine = hune_fleet_find(self->fleet, self->to_open);
    if (machine)
        hune_window_open_machine(window, machine);
    else if (g_str_has_prefix(self->to_open, "hune://"))
        hune_window_add_machine(window, self->to_open);
    else
        hune_window_fail(window, _("There is no such machine in the list"), self->to_open);
    g_clear_pointer(&self->to_open, g_free);
}

static void on_alerts(HuneApplication *self, GArray *events)
{
    hune_alert_notify(G_APPLICATION(self), events);
}

static void hune_application_activate(GApplication *application)
{
    HuneApplication *self = HUNE_APPLICATION(application);
    HuneWindow *window = main_window(self);

    if (!self->fleet) {
        self->fleet = hune_fleet_new(self->fleet_path, self->identity);
        hune_preferences_apply_to(self->fleet);
        g_signal_connect_swapped(self->fleet, "listed", G_CALLBACK(open_named), self);
        g_signal_connect_object(hune_fleet_alerts(self->fleet), "told", G_CALLBACK(on_alerts), self,
                                G_CONNECT_SWAPPED);
    }
    if (!window)
        window = hune_window_new(ADW_APPLICATION(self), self->fleet, TRUE);
    gtk_window_present(GTK_WINDOW(window));
    open_named(self);
}

/* Options that only the first instance can follow are taken there; a name to open goes to whichever
 * instance there is. */
static int hune_application_command_line(GApplication *application, GApplicationCommandLine *line)
{
    HuneApplication *self = HUNE_APPLICATION(application);
    GVariantDict *options = g_application_command_line_get_options_dict(line);
    g_auto(GStrv) arguments = g_application_command_line_get_arguments(line, NULL);

    if (!self->fleet) {
        g_variant_dict_lookup(options, "fleet", "^ay", &self->fleet_path);
        g_variant_dict_lookup(options, "identity", "^ay", &self->identity);
    }
    g_clear_pointer(&self->to_import, g_free);
    g_variant_dict_lookup(options, "import", "^ay", &self->to_import);
    g_free(self->to_open);
    self->to_open = arguments[0] && arguments[1] ? g_strdup(arguments[1]) : NULL;
    g_application_activate(application);
    return 0;
}

/* GTK would say it in a warning of its own. */
static gboolean has_display(void)
{
    const char *wayland = g_getenv("WAYLAND_DISPLAY");
    const char *x11 = g_getenv("DISPLAY");

    if (gtk_init_check())
        return TRUE;
    if (wayland || x11)
        g_printerr(_("hune-desktop: The display %s cannot be opened.\n"), wayland ? wayland : x11);
    else
        g_printerr("%s\n", _("hune-desktop: There is no display."));
    g_printerr("  %s\n",
               _("Start it on a desktop. Without one, “hune” does the same on a terminal."));
    return FALSE;
}

static int hune_application_local_options(GApplication *application, GVariantDict *options)
{
    HUNE_APPLICATION(application)->has_options = TRUE;
    if (g_variant_dict_contains(options, "version")) {
        g_print("hune-desktop %s\n", HUNE_VERSION);
        return 0;
    }
    if (!has_display())
        return EXIT_FAILURE;
    if (g_variant_dict_contains(options, "new-instance"))
        g_application_set_flags(application,
                                g_application_get_flags(application) | G_APPLICATION_NON_UNIQUE);
    return -1;
}

/* ---- actions ---- */

static void act_about(GSimpleAction *action, GVariant *parameter, gpointer data)
{
    GtkApplication *application = data;
    GtkWidget *about = g_object_new(
        ADW_TYPE_ABOUT_WINDOW, "accessible-role", GTK_ACCESSIBLE_ROLE_DIALOG, "transient-for",
        gtk_application_get_active_window(application), "application-name", "Hune",
        "application-icon", "org.hune.Hune", "version", HUNE_VERSION, "comments",
        _("See and command every machine in your care."), "license-type", GTK_LICENSE_APACHE_2_0,
        "developer-name", _("The Hune project"), NULL);

    (void)action;
    (void)parameter;
    gtk_window_present(GTK_WINDOW(about));
}

/* All of them, held. The list's own comes first: it remembers the tabs of windows that were torn
 * off while they stand. */
static GList *windows_to_close(HuneApplication *self)
{
    GList *windows = g_list_copy(gtk_application_get_windows(GTK_APPLICATION(self)));
    HuneWindow *main = main_window(self);

    if (main)
        windows = g_list_prepend(g_list_remove(windows, main), main);
    for (GList *at = windows; at; at = at->next)
        g_object_ref(at->data);
    return windows;
}

static guint count_transfers(GList *windows)
{
    guint count = 0;

    for (GList *at = windows; at; at = at->next)
        count += HUNE_IS_WINDOW(at->data) ? hune_window_transfers(at->data) : 0;
    return count;
}

static gboolean close_all(gpointer data)
{
    GList *windows = windows_to_close(data);

    for (GList *at = windows; at; at = at->next) {
        if (HUNE_IS_WINDOW(at->data))
            hune_window_stop_and_close(at->data);
        else
            gtk_window_close(at->data);
    }
    g_list_free_full(windows, g_object_unref);
    return G_SOURCE_REMOVE;
}

static void on_quit_answered(GObject *application, gboolean closes)
{
    HUNE_APPLICATION(application)->is_asking = FALSE;
    if (closes) /* once the question itself is gone */
        g_idle_add_full(G_PRIORITY_DEFAULT_IDLE, close_all, g_object_ref(application),
                        g_object_unref);
}

/* One question for all windows, before any of them closes. */
static void act_quit(GSimpleAction *action, GVariant *parameter, gpointer data)
{
    HuneApplication *self = data;
    GList *windows = windows_to_close(self);
    guint transfers = count_transfers(windows);

    (void)action;
    (void)parameter;
    g_list_free_full(windows, g_object_unref);
    if (self->is_asking)
        return;
    if (transfers == 0) {
        close_all(self);
        return;
    }
    self->is_asking = TRUE;
    hune_closing_ask(gtk_application_get_active_window(data), transfers, on_quit_answered, data);
}

/* What messages on the desktop lead to. */
static void act_show(GSimpleAction *action, GVariant *parameter, gpointer data)
{
    HuneApplication *self = data;
    HuneWindow *window;
    HuneMachine *machine;

    (void)action;
    g_application_activate(data);
    window = main_window(self);
    machine = parameter ? hune_fleet_find(self->fleet, g_variant_get_string(parameter, NULL))
                        : NULL;
    if (machine)
        hune_window_open_machine(window, machine);
    else
        hune_window_show_alerts(window);
}

/* Every window is closed, so that ending from outside is ending in order. */
static gboolean on_signal(gpointer data)
{
    GList *windows = windows_to_close(data);

    for (GList *at = windows; at; at = at->next) {
        if (HUNE_IS_WINDOW(at->data))
            hune_window_close_now(at->data);
    }
    g_list_free_full(windows, g_object_unref);
    g_application_quit(data);
    return G_SOURCE_REMOVE;
}

static void hune_application_startup(GApplication *application)
{
    static const GActionEntry actions[] = {
        {.name = "about", .activate = act_about},
        {.name = "quit", .activate = act_quit},
        {.name = "show-alerts", .activate = act_show},
        {.name = "open-machine", .activate = act_show, .parameter_type = "s"}};
    GtkApplication *gtk = GTK_APPLICATION(application);

    G_APPLICATION_CLASS(hune_application_parent_class)->startup(application);
    g_action_map_add_action_entries(G_ACTION_MAP(application), actions, G_N_ELEMENTS(actions),
                                    application);
    gtk_application_set_accels_for_action(gtk, "app.quit",
                                          (const char *[]){"<Control><Shift>q", NULL});
    gtk_application_set_accels_for_action(gtk, "win.close-tab",
                                          (const char *[]){"<Control><Shift>w", NULL});
    gtk_application_set_accels_for_action(gtk, "win.bring-back",
                                          (const char *[]){"<Control><Shift>b", NULL});
    /* The only way by keys from a terminal to what is beside it: Alt with digits is the shell's. */
    gtk_application_set_accels_for_action(gtk, "win.view-next",
                                          (const char *[]){"<Control><Alt>Page_Down", NULL});
    gtk_application_set_accels_for_action(gtk, "win.view-before",
                                          (const char *[]){"<Control><Alt>Page_Up", NULL});
    gtk_application_set_accels_for_action(gtk, "win.add",
                                          (const char *[]){"<Control><Shift>n", NULL});
    g_unix_signal_add(SIGTERM, on_signal, application);
    g_unix_signal_add(SIGINT, on_signal, application);
    hune_plain_breaks_begin();
    hune_spoken_names_begin();
    hune_preferences_apply();
}

static void hune_application_shutdown(GApplication *application)
{
    HuneApplication *self = HUNE_APPLICATION(application);

    if (self->fleet) {
        g_signal_handlers_disconnect_by_data(self->fleet, self);
        hune_fleet_close(self->fleet);
    }
    g_clear_object(&self->fleet);
    G_APPLICATION_CLASS(hune_application_parent_class)->shutdown(application);
}

static void hune_application_finalize(GObject *object)
{
    HuneApplication *self = HUNE_APPLICATION(object);

    g_free(self->fleet_path);
    g_free(self->identity);
    g_free(self->to_open);
    g_free(self->to_import);
    G_OBJECT_CLASS(hune_application_parent_class)->finalize(object);
}

/* GLib says what is wrong with an option, and ends with 1. */
static gboolean hune_application_local_command_line(GApplication *application, char ***arguments,
                                                    int *status)
{
    gboolean is_over = G_APPLICATION_CLASS(hune_application_parent_class)
                           ->local_command_line(application, arguments, status);

    if (is_over && *status == 1 && !HUNE_APPLICATION(application)->has_options) {
        g_printerr("%s\n", _("“hune-desktop --help” shows the options."));
        *status = 2; /* as hune does */
    }
    return is_over;
}

static void hune_application_class_init(HuneApplicationClass *class)
{
    G_OBJECT_CLASS(class)->finalize = hune_application_finalize;
    G_APPLICATION_CLASS(class)->activate = hune_application_activate;
    G_APPLICATION_CLASS(class)->startup = hune_application_startup;
    G_APPLICATION_CLASS(class)->shutdown = hune_application_shutdown;
    G_APPLICATION_CLASS(class)->local_command_line = hune_application_local_command_line;
    G_APPLICATION_CLASS(class)->command_line = hune_application_command_line;
    G_APPLICATION_CLASS(class)->handle_local_options = hune_application_local_options;
}

static void hune_application_init(HuneApplication *self)
{
    const GOptionEntry options[] = {
        {"fleet", 'f', 0, G_OPTION_ARG_FILENAME, NULL, N_("The list of machines"), N_("FILE")},
        {"identity", 'i', 0, G_OPTION_ARG_FILENAME, NULL, N_("Your signing key"), N_("FILE")},
        {"import", 0, 0, G_OPTION_ARG_FILENAME, NULL,
         N_("Show what a list of machines would change, to take it over"), N_("FILE")},
        {"new-instance", 0, 0, G_OPTION_ARG_NONE, NULL,
         N_("Do not join a Hune that is running already"), NULL},
        {"version", 0, 0, G_OPTION_ARG_NONE, NULL, N_("Show the version"), NULL},
        {0}};

    g_application_add_main_option_entries(G_APPLICATION(self), options);
    g_application_set_option_context_parameter_string(G_APPLICATION(self), _("[MACHINE|LINK]"));
    g_application_set_option_context_summary(
        G_APPLICATION(self), _("Hune for the desktop: see and command every machine in your "
                               "care.\nA MACHINE of the list "
                               "gets its tab; a LINK of “huned invite” is joined."));
}

HuneApplication *hune_application_new(void)
{
    return g_object_new(HUNE_TYPE_APPLICATION, "application-id", "org.hune.Hune", "flags",
                        G_APPLICATION_HANDLES_COMMAND_LINE, "resource-base-path", "/org/hune/Hune",
                        NULL);
}
