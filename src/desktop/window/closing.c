/* See closing.h. */
#include "desktop/window/closing.h"

#include "desktop/window/machine-page.h"
#include "fleet/home/i18n.h"

guint hune_closing_count_page(AdwTabPage *page)
{
    GtkWidget *child = adw_tab_page_get_child(page);

    return HUNE_IS_MACHINE_PAGE(child) ? hune_machine_page_transfers(HUNE_MACHINE_PAGE(child)) : 0;
}

guint hune_closing_count(AdwTabView *tabs)
{
    guint count = 0;

    for (int i = 0; i < adw_tab_view_get_n_pages(tabs); i++)
        count += hune_closing_count_page(adw_tab_view_get_nth_page(tabs, i));
    return count;
}

void hune_closing_stop(AdwTabView *tabs)
{
    for (int i = 0; i < adw_tab_view_get_n_pages(tabs); i++) {
        GtkWidget *child = adw_tab_page_get_child(adw_tab_view_get_nth_page(tabs, i));

        if (HUNE_IS_MACHINE_PAGE(child))
            hune_machine_page_stop_transfers(HUNE_MACHINE_PAGE(child));
    }
}

struct question {
    HuneClosingAnswered answered;
    GObject *user;
};

static void question_free(gpointer data, GClosure *closure)
{
    struct question *question = data;

    (void)closure;
    g_object_unref(question->user);
    g_free(question);
}

static void on_response(AdwMessageDialog *dialog, const char *response, gpointer data)
{
    struct question *question = data;

    (void)dialog;
    question->answered(question->user, g_str_equal(response, "close"));
}

void hune_closing_ask(GtkWindow *parent, guint transfers, HuneClosingAnswered answered,
                      GObject *user)
{
    g_autofree char *heading = g_strdup_printf(
        ngettext("Stop %u transfer?", "Stop %u transfers?", transfers), transfers);
    GtkWidget *dialog = adw_message_dialog_new(
        parent, heading,
        _("Files are still on their way. When this closes they stop on both sides, and what was "
          "begun is taken away; what stood there before stays as it was. It can be begun again "
          "later."));
    struct question *question = g_new0(struct question, 1);

    question->answered = answered;
    question->user = g_object_ref(user);
    adw_message_dialog_add_responses(ADW_MESSAGE_DIALOG(dialog), "stay", _("Go on transferring"),
                                     "close", _("Stop and close"), NULL);
    adw_message_dialog_set_response_appearance(ADW_MESSAGE_DIALOG(dialog), "close",
                                               ADW_RESPONSE_DESTRUCTIVE);
    adw_message_dialog_set_default_response(ADW_MESSAGE_DIALOG(dialog), "stay");
    adw_message_dialog_set_close_response(ADW_MESSAGE_DIALOG(dialog), "stay");
    g_signal_connect_data(dialog, "response", G_CALLBACK(on_response), question, question_free,
                          G_CONNECT_DEFAULT);
    gtk_window_present(GTK_WINDOW(dialog));
}
