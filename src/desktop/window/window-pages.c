/* Pages that are there once: whoever asks for one again gets the one that is open, in whichever
 * window it stands. What makes a page what it is, is known to the page. */
#include "desktop/window/alerts-page.h"
#include "desktop/window/machine-page.h"
#include "desktop/window/past-page.h"
#include "desktop/window/results-page.h"
#include "desktop/window/window.h"
#include "fleet/home/i18n.h"

typedef gboolean (*IsIt)(GtkWidget *page, gconstpointer what);

static AdwTabPage *find_in(HuneWindow *window, IsIt is_it, gconstpointer what)
{
    AdwTabView *tabs = hune_window_tabs(window);

    for (int i = 0; i < adw_tab_view_get_n_pages(tabs); i++) {
        AdwTabPage *tab = adw_tab_view_get_nth_page(tabs, i);

        if (is_it(adw_tab_page_get_child(tab), what))
            return tab;
    }
    return NULL;
}

/* This window is the first to be looked into. */
static gboolean show_open(HuneWindow *self, IsIt is_it, gconstpointer what)
{
    GtkApplication *application = gtk_window_get_application(GTK_WINDOW(self));
    AdwTabPage *tab = find_in(self, is_it, what);
    HuneWindow *window = self;

    for (GList *at = application ? gtk_application_get_windows(application) : NULL; at && !tab;
         at = at->next) {
        if (!HUNE_IS_WINDOW(at->data))
            continue;
        window = at->data;
        tab = find_in(window, is_it, what);
    }
    if (!tab)
        return FALSE;
    adw_tab_view_set_selected_page(hune_window_tabs(window), tab);
    if (window != self)
        gtk_window_present(GTK_WINDOW(window));
    return TRUE;
}

/* ---- a machine's ---- */

static gboolean is_machine(GtkWidget *page, gconstpointer machine)
{
    return HUNE_IS_MACHINE_PAGE(page) &&
           hune_machine_page_machine(HUNE_MACHINE_PAGE(page)) == machine;
}

void hune_window_open_machine(HuneWindow *self, HuneMachine *machine)
{
    GtkWidget *page;

    if (show_open(self, is_machine, machine))
        return;
    page = hune_machine_page_new(hune_window_fleet(self), machine);
    hune_machine_page_set_tab(HUNE_MACHINE_PAGE(page), hune_window_add_page(self, page));
    /* Not on the banner's text, which is selectable and takes Ctrl+F for itself. */
    hune_machine_page_show(HUNE_MACHINE_PAGE(page), "overview");
}

/* ---- alerts ---- */

static gboolean is_alerts(GtkWidget *page, gconstpointer what)
{
    (void)what;
    return HUNE_IS_ALERTS_PAGE(page);
}

void hune_window_show_alerts(HuneWindow *self)
{
    if (!show_open(self, is_alerts, NULL))
        adw_tab_page_set_title(
            hune_window_add_page(self, hune_alerts_page_new(hune_window_fleet(self))), _("Alerts"));
}

/* ---- what was run before ---- */

static gboolean is_past(GtkWidget *page, gconstpointer what)
{
    (void)what;
    return HUNE_IS_PAST_PAGE(page);
}

void hune_window_show_past(HuneWindow *self)
{
    if (!show_open(self, is_past, NULL))
        adw_tab_page_set_title(
            hune_window_add_page(self, hune_past_page_new(hune_window_fleet(self))),
            _("Commands of before"));
}

static gboolean is_past_run(GtkWidget *page, gconstpointer number)
{
    return HUNE_IS_RESULTS_PAGE(page) &&
           hune_order_past_number(hune_results_page_order(HUNE_RESULTS_PAGE(page))) ==
               *(const gint64 *)number;
}

gboolean hune_window_show_past_run(HuneWindow *self, gint64 number)
{
    return show_open(self, is_past_run, &number);
}
