/* See control.h. The sentences are those of the command line. */
#include "desktop/view/control.h"

#include <adwaita.h>

#include "fleet/home/i18n.h"

struct question {
    GtkWidget *widget;
    enum verb verb;
    void (*agreed)(gpointer widget, enum verb verb);
};

const char *hune_control_done(enum verb verb)
{
    if (verb == VERB_KILL)
        return _("the agent stops");
    return verb == VERB_RESET ? _("the agent starts afresh") : _("disconnected");
}

static void on_response(AdwMessageDialog *dialog, const char *response, gpointer data)
{
    struct question *question = data;

    (void)dialog;
    if (g_str_equal(response, "yes"))
        question->agreed(question->widget, question->verb);
}

static void question_free(gpointer data, GClosure *closure)
{
    struct question *question = data;

    (void)closure;
    g_object_unref(question->widget);
    g_free(question);
}

static char *body_of(const char *names, enum verb verb)
{
    if (verb == VERB_KILL)
        return g_strdup_printf(
            _("Stop the agent on %s? It stays stopped until somebody starts it there; its jobs "
              "are stopped too."),
            names);
    return g_strdup_printf(_("Let the agent on %s start afresh? Jobs go on running."), names);
}

void hune_control_ask(GtkWidget *widget, const char *names, enum verb verb,
                      void (*agreed)(gpointer widget, enum verb verb))
{
    g_autofree char *body = NULL;
    GtkWidget *dialog;
    struct question *question;

    if (verb == VERB_DISCONNECT) { /* nothing is lost by disconnecting */
        agreed(widget, verb);
        return;
    }
    body = body_of(names, verb);
    dialog = adw_message_dialog_new(GTK_WINDOW(gtk_widget_get_root(widget)),
                                    verb == VERB_KILL ? _("Stop the agent?") : _("Start afresh?"),
                                    body);
    adw_message_dialog_add_responses(ADW_MESSAGE_DIALOG(dialog), "cancel", _("Cancel"), "yes",
                                     verb == VERB_KILL ? _("Stop the agent") : _("Start afresh"),
                                     NULL);
    adw_message_dialog_set_response_appearance(ADW_MESSAGE_DIALOG(dialog), "yes",
                                               ADW_RESPONSE_DESTRUCTIVE);
    adw_message_dialog_set_default_response(ADW_MESSAGE_DIALOG(dialog), "cancel");
    question = g_new0(struct question, 1);
    question->widget = g_object_ref(widget);
    question->verb = verb;
    question->agreed = agreed;
    g_signal_connect_data(dialog, "response", G_CALLBACK(on_response), question, question_free,
                          G_CONNECT_DEFAULT);
    gtk_window_present(GTK_WINDOW(dialog));
}
