/* See command-view.h. */
#include "desktop/window/command-view.h"

#include "desktop/model/history.h"
#include "desktop/model/order-model.h"
#include "desktop/text/facts-text.h"
#include "desktop/text/words.h"
#include "desktop/view/announce.h"
#include "desktop/view/answer-stream.h"
#include "desktop/view/control.h"
#include "desktop/view/ellipsis.h"
#include "desktop/view/output-view.h"
#include "desktop/window/window.h"
#include "fleet/home/i18n.h"

struct _HuneCommandView {
    AdwBin parent_instance;

    GtkEntry *entry;
    HuneUserButton *user;
    GtkButton *run;
    GtkButton *stop;
    GtkWidget *words;
    HuneOutputView *output;
    GtkLabel *status;
    GtkSpinner *spinner;

    HuneFleet *fleet;
    HuneMachine *machine;
    HuneOrder *order;             /* NULL: nothing runs */
    struct answer_stream *stream; /* of it, or of the one before; NULL: of none */
    guint asking;                 /* facts that were asked for */
    guint timer;
};

G_DEFINE_FINAL_TYPE(HuneCommandView, hune_command_view, ADW_TYPE_BIN)

/* ---- what is going on ---- */

static void set_status(HuneCommandView *self, const char *text)
{
    if (g_strcmp0(text, gtk_label_get_label(self->status)) != 0)
        gtk_label_set_label(self->status, text);
}

static void show_sensitive(HuneCommandView *self)
{
    gboolean busy = self->order != NULL || self->asking > 0;
    const char *text = gtk_editable_get_text(GTK_EDITABLE(self->entry));

    gtk_widget_set_sensitive(GTK_WIDGET(self->run), !busy && text[strspn(text, " ")] != '\0' &&
                                                        hune_user_button_get(self->user));
    gtk_widget_set_sensitive(self->words, !busy);
    gtk_widget_set_visible(GTK_WIDGET(self->stop), self->order != NULL);
    gtk_spinner_set_spinning(self->spinner, busy);
}

/* "exited(0) · 1.3 s" */
static char *ending_text(HuneOrder *order)
{
    g_autofree char *state = hune_answer_state_text(hune_order_answer(order, 0));

    return g_strdup_printf(_("%s after %.1f s"), state, hune_order_seconds(order));
}

static gboolean on_tick(gpointer data)
{
    HuneCommandView *self = data;
    g_autofree char *state = NULL;
    g_autofree char *text = NULL;

    state = hune_answer_state_text(hune_order_answer(self->order, 0));
    text = g_strdup_printf("%s · %.0f s", state, hune_order_seconds(self->order));
    set_status(self, text);
    return G_SOURCE_CONTINUE;
}

/* ---- an order ---- */

static void on_output(HuneCommandView *self, guint position, const char *text, gulong length,
                      gboolean is_error)
{
    (void)position;
    answer_stream_append(self->stream, text, length, is_error);
}

static void show_trouble(HuneCommandView *self, const struct hune_answer *answer)
{
    if (answer->note) {
        hune_output_view_append(self->output, answer->note, -1, HUNE_OUTPUT_NOTE);
        hune_output_view_end_line(self->output);
    }
    if (!answer->sentence)
        return;
    hune_output_view_append(self->output, answer->sentence, -1, HUNE_OUTPUT_NOTE);
    hune_output_view_append(self->output, "\n", 1, HUNE_OUTPUT_NOTE);
    if (answer->advice) {
        hune_output_view_append(self->output, answer->advice, -1, HUNE_OUTPUT_NOTE);
        hune_output_view_end_line(self->output);
    }
}

/* An AdwTabPage draws a mark on tabs that are not the selected one. */
static void call_attention(HuneCommandView *self)
{
    GtkWidget *page = gtk_widget_get_ancestor(GTK_WIDGET(self), ADW_TYPE_TAB_VIEW);
    GtkWidget *child = GTK_WIDGET(self);

    if (!page || gtk_widget_get_mapped(GTK_WIDGET(self)))
        return;
    while (child && !g_str_equal(G_OBJECT_TYPE_NAME(child), "HuneMachinePage"))
        child = gtk_widget_get_parent(child);
    if (child)
        adw_tab_page_set_needs_attention(adw_tab_view_get_page(ADW_TAB_VIEW(page), child), TRUE);
}

static void forget_order(HuneCommandView *self)
{
    g_clear_handle_id(&self->timer, g_source_remove);
    if (self->order)
        g_signal_handlers_disconnect_by_data(self->order, self);
    g_clear_object(&self->order);
}

static void on_done(HuneCommandView *self)
{
    g_autofree char *text = ending_text(self->order);
    const struct hune_answer *answer = hune_order_answer(self->order, 0);

    hune_output_view_end_line(self->output);
    show_trouble(self, answer);
    if (hune_order_verb(self->order) != VERB_RUN && hune_answer_is_ok(answer)) {
        const char *done = hune_control_done(hune_order_verb(self->order));

        hune_output_view_append(self->output, done, -1, HUNE_OUTPUT_NOTE);
        hune_output_view_end_line(self->output);
        if (hune_order_verb(self->order) == VERB_DISCONNECT)
            worker_send_disconnect(hune_fleet_worker(self->fleet), self->machine->slot);
    }
    set_status(self, text);
    hune_announce(GTK_WIDGET(self), text);
    forget_order(self);
    show_sensitive(self);
    call_attention(self);
}

/* With who runs it, if that is not what the list says. */
static void echo(HuneCommandView *self, const char *line, gboolean is_command)
{
    const char *user = is_command ? hune_user_button_get(self->user) : "";
    g_autofree char *text = g_strdup_printf("%s%s$ %s\n", user, *user ? " " : "", line);

    hune_output_view_end_line(self->output);
    hune_output_view_append(self->output, text, -1, HUNE_OUTPUT_COMMAND);
}

static void give_order(HuneCommandView *self, enum verb verb, const char *line)
{
    self->order = hune_order_new_kept(self->fleet, self->machine, verb, line,
                                      verb == VERB_RUN ? hune_user_button_get(self->user) : "");
    answer_stream_end(self->stream);
    self->stream = answer_stream_new(self->output, self->order, 0);
    g_signal_connect_swapped(self->order, "output", G_CALLBACK(on_output), self);
    g_signal_connect_swapped(self->order, "done", G_CALLBACK(on_done), self);
    self->timer = g_timeout_add(500, on_tick, self);
    on_tick(self);
    show_sensitive(self);
}

static void on_stop(HuneCommandView *self)
{
    if (!self->order)
        return;
    set_status(self, _("stopping it on the machine"));
    hune_order_stop(self->order);
}

/* ---- facts ---- */

struct question {
    HuneCommandView *view;
    enum fact fact;
    gint64 begun_us;
};

static void on_fact(json_t *root, const char *sentence, void *owner)
{
    struct question *question = owner;
    g_autoptr(HuneCommandView) self = question->view;
    g_autofree char *text = root ? hune_fact_text(question->fact, root, FALSE) : NULL;
    g_autofree char *status = g_strdup_printf(
        _("answered after %.1f s"),
        (double)(g_get_monotonic_time() - question->begun_us) / G_USEC_PER_SEC);
    const char *shown = text ? text : sentence;

    if (self->machine) { /* else the tab was closed meanwhile */
        hune_output_view_append(self->output, shown, -1,
                                root ? HUNE_OUTPUT_PLAIN : HUNE_OUTPUT_NOTE);
        hune_output_view_end_line(self->output);
        self->asking--;
        set_status(self, root ? status : _("not answered"));
        hune_announce(GTK_WIDGET(self), gtk_label_get_label(self->status));
        show_sensitive(self);
    }
    json_decref(root);
    g_free(question);
}

static void ask_facts(HuneCommandView *self, const gboolean wanted[FACT_COUNT])
{
    for (int i = 0; i < FACT_COUNT; i++) {
        g_autofree char *path = NULL;
        struct worker_ask ask = {.slot = self->machine->slot, .done = on_fact};
        struct question *question;

        if (!wanted[i])
            continue;
        question = g_new0(struct question, 1);
        question->view = g_object_ref(self);
        question->fact = (enum fact)i;
        question->begun_us = g_get_monotonic_time();
        path = g_strdup_printf("/v1/facts/%s", fact_name((enum fact)i));
        ask.path = path;
        ask.owner = question;
        self->asking++;
        worker_send_ask(hune_fleet_worker(self->fleet), &ask);
    }
    set_status(self, "");
    show_sensitive(self);
}

/* ---- lines ---- */

static void on_control_agreed(gpointer data, enum verb verb)
{
    HuneCommandView *self = data;

    if (self->order)
        return;
    echo(self, verb_info(verb)->name, FALSE);
    give_order(self, verb, NULL);
}

static void obey(HuneCommandView *self, const char *text)
{
    struct hune_line line = hune_line_parse(text);

    if (line.kind == HUNE_LINE_EMPTY || self->order || self->asking)
        return;
    hune_history_add(text);
    if (line.kind == HUNE_LINE_CONTROL) {
        hune_control_ask(GTK_WIDGET(self), self->machine->name, line.verb, on_control_agreed);
        return;
    }
    echo(self, text, line.kind == HUNE_LINE_SHELL);
    if (line.kind == HUNE_LINE_FACTS)
        ask_facts(self, line.facts);
    else
        give_order(self, VERB_RUN, line.shell);
    g_free(line.shell);
}

static void on_run(HuneCommandView *self)
{
    g_autofree char *text = NULL;

    if (self->order || self->asking || !hune_user_button_get(self->user))
        return;
    text = g_strdup(hune_history_take(self->entry));
    obey(self, text);
    gtk_editable_set_text(GTK_EDITABLE(self->entry), "");
}

static void on_word(HuneCommandView *self, GtkButton *button)
{
    obey(self, gtk_button_get_label(button));
}

/* ---- saving ---- */

static void on_clear(HuneCommandView *self)
{
    hune_output_view_clear(self->output);
}

static void on_find(HuneCommandView *self)
{
    hune_output_view_search(self->output);
}

/* ---- the type ---- */

static void hune_command_view_dispose(GObject *object)
{
    HuneCommandView *self = HUNE_COMMAND_VIEW(object);

    /* The job goes on at the machine: closing a tab is looking away. */
    if (self->order)
        hune_order_leave(self->order);
    forget_order(self);
    self->stream = answer_stream_end(self->stream);
    g_clear_object(&self->machine);
    g_clear_object(&self->fleet);
    G_OBJECT_CLASS(hune_command_view_parent_class)->dispose(object);
}

static void hune_command_view_class_init(HuneCommandViewClass *class)
{
    G_OBJECT_CLASS(class)->dispose = hune_command_view_dispose;
}

static void add_word(HuneCommandView *self, GtkWidget *box, const char *word, gboolean destructive)
{
    GtkWidget *button = gtk_button_new_with_label(word);

    gtk_widget_add_css_class(button, "flat");
    gtk_widget_add_css_class(button, "caption");
    if (destructive)
        gtk_widget_add_css_class(button, "error");
    g_signal_connect_object(button, "clicked", G_CALLBACK(on_word), self, G_CONNECT_SWAPPED);
    gtk_box_append(GTK_BOX(box), button);
}

static GtkWidget *make_words(HuneCommandView *self)
{
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 0);
    GtkWidget *scrolled = gtk_scrolled_window_new();

    for (int i = 0; i < FACT_COUNT; i++)
        add_word(self, box, fact_name((enum fact)i), FALSE);
    gtk_box_append(GTK_BOX(box), gtk_separator_new(GTK_ORIENTATION_VERTICAL));
    add_word(self, box, "disconnect", FALSE);
    add_word(self, box, "reset", TRUE);
    add_word(self, box, "kill", TRUE);
    gtk_scrolled_window_set_policy(GTK_SCROLLED_WINDOW(scrolled), GTK_POLICY_AUTOMATIC,
                                   GTK_POLICY_NEVER);
    gtk_scrolled_window_set_child(GTK_SCROLLED_WINDOW(scrolled), box);
    self->words = box;
    return scrolled;
}

static GtkWidget *make_line(HuneCommandView *self)
{
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 6);

    self->entry = GTK_ENTRY(gtk_entry_new());
    self->run = GTK_BUTTON(gtk_button_new_with_label(_("Run")));
    self->stop = GTK_BUTTON(gtk_button_new_with_label(_("Stop")));
    gtk_widget_set_hexpand(GTK_WIDGET(self->entry), TRUE);
    gtk_widget_add_css_class(GTK_WIDGET(self->entry), "monospace");
    gtk_widget_add_css_class(GTK_WIDGET(self->run), "suggested-action");
    gtk_widget_add_css_class(GTK_WIDGET(self->stop), "destructive-action");
    gtk_entry_set_placeholder_text(self->entry, _("A command for this machine"));
    gtk_accessible_update_property(GTK_ACCESSIBLE(self->entry), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                   _("Command to run"), -1);
    hune_history_attach(self->entry);
    g_signal_connect_swapped(self->entry, "activate", G_CALLBACK(on_run), self);
    g_signal_connect_swapped(self->entry, "changed", G_CALLBACK(show_sensitive), self);
    g_signal_connect_swapped(self->run, "clicked", G_CALLBACK(on_run), self);
    g_signal_connect_swapped(self->stop, "clicked", G_CALLBACK(on_stop), self);
    self->user = HUNE_USER_BUTTON(hune_user_button_new());
    g_signal_connect_swapped(self->user, "notify::user", G_CALLBACK(show_sensitive), self);
    gtk_box_append(GTK_BOX(box), GTK_WIDGET(self->entry));
    gtk_box_append(GTK_BOX(box), GTK_WIDGET(self->user));
    gtk_box_append(GTK_BOX(box), GTK_WIDGET(self->stop));
    gtk_box_append(GTK_BOX(box), GTK_WIDGET(self->run));
    return box;
}

static GtkWidget *make_status(HuneCommandView *self)
{
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 6);
    GtkWidget *find = gtk_button_new_with_label(_("Find"));
    GtkWidget *clear = gtk_button_new_with_label(_("Clear"));

    self->spinner = GTK_SPINNER(gtk_spinner_new());
    self->status = GTK_LABEL(gtk_label_new(""));
    gtk_label_set_xalign(self->status, 0);
    hune_label_ellipsize(self->status);
    gtk_widget_set_hexpand(GTK_WIDGET(self->status), TRUE);
    gtk_widget_add_css_class(GTK_WIDGET(self->status), "numeric");
    gtk_widget_add_css_class(find, "flat");
    gtk_widget_add_css_class(clear, "flat");
    g_signal_connect_swapped(find, "clicked", G_CALLBACK(on_find), self);
    g_signal_connect_swapped(clear, "clicked", G_CALLBACK(on_clear), self);
    gtk_box_append(GTK_BOX(box), GTK_WIDGET(self->spinner));
    gtk_box_append(GTK_BOX(box), GTK_WIDGET(self->status));
    gtk_box_append(GTK_BOX(box), find);
    gtk_box_append(GTK_BOX(box), clear);
    return box;
}

static void hune_command_view_init(HuneCommandView *self)
{
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 6);
    GtkWidget *top = gtk_box_new(GTK_ORIENTATION_VERTICAL, 3);
    GtkWidget *bottom;

    gtk_box_append(GTK_BOX(top), make_line(self));
    gtk_box_append(GTK_BOX(top), make_words(self));
    gtk_widget_set_margin_start(top, 6);
    gtk_widget_set_margin_end(top, 6);
    self->output = HUNE_OUTPUT_VIEW(hune_output_view_new());
    bottom = make_status(self);
    gtk_widget_set_margin_start(bottom, 12);
    gtk_widget_set_margin_end(bottom, 6);
    gtk_widget_set_margin_bottom(bottom, 6);
    gtk_box_append(GTK_BOX(box), top);
    gtk_box_append(GTK_BOX(box), GTK_WIDGET(self->output));
    gtk_box_append(GTK_BOX(box), bottom);
    adw_bin_set_child(ADW_BIN(self), box);
}

GtkWidget *hune_command_view_new(HuneFleet *fleet, HuneMachine *machine)
{
    HuneCommandView *self = g_object_new(HUNE_TYPE_COMMAND_VIEW, NULL);

    self->fleet = g_object_ref(fleet);
    self->machine = g_object_ref(machine);
    hune_user_button_set_machine(self->user, machine);
    show_sensitive(self);
    return GTK_WIDGET(self);
}

HuneUserButton *hune_command_view_user(HuneCommandView *self)
{
    return self->user;
}
