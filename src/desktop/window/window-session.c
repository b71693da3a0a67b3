/* What a window is like at its end, and the tabs that it had, are there again at the next start. */
#include "desktop/model/settings.h"
#include "desktop/window/machine-page.h"
#include "desktop/window/window.h"

/* What was in front comes there again, and without it the list; but first what was named at the
 * start. */
static void restore_front(HuneWindow *self, AdwTabPage *now)
{
    AdwTabView *tabs = hune_window_tabs(self);
    g_autofree char *name = hune_settings_get_string("front-machine");
    HuneMachine *machine = *name ? hune_fleet_find(hune_window_fleet(self), name) : NULL;

    if (machine && adw_tab_page_get_child(now) == hune_window_list(self))
        hune_window_open_machine(self, machine);
    else
        adw_tab_view_set_selected_page(tabs, now);
}

void hune_window_restore_tabs(HuneWindow *self)
{
    g_auto(GStrv) names = hune_settings_get_strv("open-machines");
    AdwTabPage *now = adw_tab_view_get_selected_page(hune_window_tabs(self));

    for (char **name = names; *name; name++) {
        HuneMachine *machine = hune_fleet_find(hune_window_fleet(self), *name);

        if (machine)
            hune_window_open_machine(self, machine);
    }
    if (*names)
        restore_front(self, now);
}

static void add_open(GStrvBuilder *builder, HuneWindow *window)
{
    AdwTabView *tabs = hune_window_tabs(window);

    for (int i = 0; i < adw_tab_view_get_n_pages(tabs); i++) {
        GtkWidget *child = adw_tab_page_get_child(adw_tab_view_get_nth_page(tabs, i));

        if (HUNE_IS_MACHINE_PAGE(child))
            g_strv_builder_add(builder, hune_machine_page_machine(HUNE_MACHINE_PAGE(child))->name);
    }
}

/* That of this window; what is in front of another stands before this one, too, but is not its own.
 */
static void remember_front(HuneWindow *self)
{
    AdwTabPage *tab = adw_tab_view_get_selected_page(hune_window_tabs(self));
    GtkWidget *child = tab ? adw_tab_page_get_child(tab) : NULL;

    hune_settings_set_string("front-machine",
                             child && HUNE_IS_MACHINE_PAGE(child)
                                 ? hune_machine_page_machine(HUNE_MACHINE_PAGE(child))->name
                                 : "");
}

/* The tabs of this window in their order, and behind them those of windows that were torn off. */
static void remember_tabs(HuneWindow *self)
{
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    GtkApplication *application = gtk_window_get_application(GTK_WINDOW(self));
    g_auto(GStrv) names = NULL;

    add_open(builder, self);
    for (GList *at = application ? gtk_application_get_windows(application) : NULL; at;
         at = at->next) {
        if (HUNE_IS_WINDOW(at->data) && at->data != self)
            add_open(builder, at->data);
    }
    names = g_strv_builder_end(builder);
    hune_settings_set_strv("open-machines", (const char *const *)names);
}

void hune_window_remember(HuneWindow *self)
{
    int width, height;

    if (!hune_window_list(self))
        return;
    gtk_window_get_default_size(GTK_WINDOW(self), &width, &height);
    hune_settings_set_int("width", width);
    hune_settings_set_int("height", height);
    hune_settings_set_boolean("maximized", gtk_window_is_maximized(GTK_WINDOW(self)));
    remember_tabs(self);
    remember_front(self);
}
