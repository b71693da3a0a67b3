/* See run-dialog.h. */
#include "desktop/window/run-dialog.h"

#include "desktop/view/waves-button.h"
#include "desktop/worker/order.h"
#include "fleet/home/i18n.h"

enum { ASK_ABOVE = 10 };

struct plan {
    HuneWindow *window;
    GPtrArray *machines;
    enum verb verb;
    char *line;
    char *user;
    struct order_terms terms; /* with this user */
    GtkEditable *field;
    char *typed; /* there */
};

static void plan_free(gpointer data, GClosure *closure)
{
    struct plan *plan = data;

    (void)closure;
    g_object_unref(plan->window);
    g_ptr_array_unref(plan->machines);
    g_free(plan->line);
    g_free(plan->user);
    g_object_unref(plan->field);
    g_free(plan->typed);
    g_free(plan);
}

static void give(struct plan *plan)
{
    hune_window_give_order(plan->window, plan->machines, plan->verb, plan->line, &plan->terms);
    if (g_str_equal(gtk_editable_get_text(plan->field), plan->typed))
        gtk_editable_set_text(plan->field, "");
}

static void on_response(AdwMessageDialog *dialog, const char *response, gpointer data)
{
    struct plan *plan = data;

    (void)dialog;
    if (g_str_equal(response, "run") && hune_window_fleet(plan->window))
        give(plan);
}

static char *heading_of(const struct plan *plan)
{
    return g_strdup_printf(
        ngettext("Run this on %u machine?", "Run this on %u machines?", plan->machines->len),
        plan->machines->len);
}

static char *body_of(const struct plan *plan, gboolean dangerous)
{
    if (plan->verb == VERB_KILL)
        return g_strdup(_("The agents stop. They stay stopped until somebody starts them there; "
                          "their jobs are stopped too."));
    if (plan->verb == VERB_RESET)
        return g_strdup(_("The agents start afresh. Jobs go on running."));
    if (dangerous)
        return g_strdup_printf(_("%s\n\nThere is a word in it that destroys or stops things."),
                               plan->line);
    return g_strdup(plan->line ? plan->line : verb_info(plan->verb)->name);
}

/* As whom, and in which steps. */
static char *terms_text(const struct plan *plan)
{
    g_autofree char *waves = hune_waves_text(&plan->terms.waves, plan->machines->len);

    return plan->verb == VERB_RUN && *plan->user
               ? g_strdup_printf(_("As user %s. %s"), plan->user, waves)
               : g_steal_pointer(&waves);
}

/* The machines themselves, not only how many. */
static GtkWidget *machines_list(const struct plan *plan)
{
    g_autofree char *names = hune_fold_names(plan->machines);
    g_autofree char *terms = terms_text(plan);
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 6);
    GtkWidget *steps = gtk_label_new(terms);
    GtkWidget *scrolled = gtk_scrolled_window_new();
    GtkWidget *label = gtk_label_new(names);

    gtk_label_set_wrap(GTK_LABEL(label), TRUE);
    gtk_label_set_wrap_mode(GTK_LABEL(label), PANGO_WRAP_WORD_CHAR);
    gtk_label_set_xalign(GTK_LABEL(label), 0);
    gtk_label_set_selectable(GTK_LABEL(label), TRUE);
    gtk_widget_add_css_class(label, "monospace");
    gtk_scrolled_window_set_child(GTK_SCROLLED_WINDOW(scrolled), label);
    gtk_scrolled_window_set_policy(GTK_SCROLLED_WINDOW(scrolled), GTK_POLICY_NEVER,
                                   GTK_POLICY_AUTOMATIC);
    gtk_scrolled_window_set_propagate_natural_height(GTK_SCROLLED_WINDOW(scrolled), TRUE);
    gtk_scrolled_window_set_max_content_height(GTK_SCROLLED_WINDOW(scrolled), 160);
    gtk_label_set_wrap(GTK_LABEL(steps), TRUE);
    gtk_label_set_xalign(GTK_LABEL(steps), 0);
    gtk_box_append(GTK_BOX(box), scrolled);
    gtk_box_append(GTK_BOX(box), steps);
    return box;
}

static void ask(struct plan *plan, gboolean dangerous)
{
    g_autofree char *heading = heading_of(plan);
    g_autofree char *body = body_of(plan, dangerous);
    GtkWidget *dialog = adw_message_dialog_new(GTK_WINDOW(plan->window), heading, body);

    adw_message_dialog_set_extra_child(ADW_MESSAGE_DIALOG(dialog), machines_list(plan));
    adw_message_dialog_add_responses(ADW_MESSAGE_DIALOG(dialog), "cancel", _("Cancel"), "run",
                                     _("Run"), NULL);
    adw_message_dialog_set_response_appearance(
        ADW_MESSAGE_DIALOG(dialog), "run",
        dangerous || plan->verb != VERB_RUN ? ADW_RESPONSE_DESTRUCTIVE : ADW_RESPONSE_SUGGESTED);
    adw_message_dialog_set_default_response(ADW_MESSAGE_DIALOG(dialog),
                                            dangerous || plan->verb != VERB_RUN ? "cancel" : "run");
    g_signal_connect_data(dialog, "response", G_CALLBACK(on_response), plan, plan_free,
                          G_CONNECT_DEFAULT);
    gtk_window_present(GTK_WINDOW(dialog));
}

static char *facts_of(const struct hune_line *line)
{
    GString *words = g_string_new(NULL);

    for (int i = 0; i < FACT_COUNT; i++) {
        if (line->facts[i])
            g_string_append_printf(words, "%s%s", words->len ? " " : "", fact_name((enum fact)i));
    }
    return g_string_free(words, FALSE);
}

static enum verb verb_of(const struct hune_line *line)
{
    return line->kind == HUNE_LINE_FACTS     ? ORDER_ASK
           : line->kind == HUNE_LINE_CONTROL ? line->verb
                                             : VERB_RUN;
}

static struct plan *plan_new(HuneWindow *window, GPtrArray *machines, const struct hune_line *line,
                             const struct order_terms *terms, GtkEditable *field)
{
    struct plan *plan = g_new0(struct plan, 1);

    plan->window = g_object_ref(window);
    plan->machines = g_ptr_array_ref(machines);
    plan->verb = verb_of(line);
    plan->line = line->kind == HUNE_LINE_FACTS ? facts_of(line) : g_strdup(line->shell);
    plan->user = g_strdup(terms->user);
    plan->terms = *terms;
    plan->terms.user = plan->user;
    plan->field = g_object_ref(field);
    plan->typed = g_strdup(gtk_editable_get_text(field));
    return plan;
}

void hune_run_dialog_ask(HuneWindow *window, GPtrArray *machines, const struct hune_line *line,
                         const struct order_terms *terms, GtkEditable *field)
{
    struct plan *plan = plan_new(window, machines, line, terms, field);
    gboolean dangerous = line->kind == HUNE_LINE_SHELL && hune_line_is_dangerous(line->shell);
    gboolean is_large = machines->len > ASK_ABOVE && line->kind != HUNE_LINE_FACTS; /* only looks */

    if (is_large || dangerous || plan->verb == VERB_KILL || plan->verb == VERB_RESET) {
        ask(plan, dangerous);
        return;
    }
    give(plan);
    plan_free(plan, NULL);
}
