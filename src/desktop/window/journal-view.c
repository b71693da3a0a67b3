/* See journal-view.h. The list of jobs is asked for every few seconds while it can be seen; the one
 * that is selected is attached to, and its output shown. */
#include "desktop/window/journal-view.h"

#include <string.h>

#include "base/text.h"
#include "desktop/text/display.h"
#include "desktop/text/facts-text.h"
#include "desktop/view/carrier-output.h"
#include "desktop/view/output-view.h"
#include "desktop/view/row-lines.h"
#include "desktop/worker/shell.h"
#include "fleet/home/i18n.h"
#include "fleet/link/job-object.h"
#include "fleet/link/outcome.h"
#include "proto/command.h"
#include "proto/order.h"

enum { REFRESH_S = 3 };

struct _HuneJournalView {
    AdwBin parent_instance;

    GtkListBox *jobs;
    GtkButton *stop;
    GtkLabel *status;
    GtkStack *beside; /* a hint until a job is chosen, then its output */
    AdwStatusPage *hint;
    HuneOutputView *output;
    HuneOutputView *record;
    GtkStack *stack;

    HuneFleet *fleet;
    HuneMachine *machine;
    guint timer;
    gboolean is_asking;
    gboolean is_reading; /* the record */

    struct attachment *attachment; /* borrowed: it ends by itself */
};

/* One look at a job's output; the worker holds it until it has ended. */
struct attachment {
    HuneJournalView *view; /* weak */
    struct display display;
    struct carrier_output *carrier; /* NULL: its output is there to be read */
};

G_DEFINE_FINAL_TYPE(HuneJournalView, hune_journal_view, ADW_TYPE_BIN)

static char *time_text(guint64 ms)
{
    g_autoptr(GDateTime) time = ms > 0 && ms < 250000000000000
                                    ? g_date_time_new_from_unix_local((gint64)(ms / 1000))
                                    : NULL;

    return time ? g_date_time_format(time, "%x %X") : g_strdup("");
}

static char *state_text(const struct job_object *job)
{
    _cleanup_buffer_ struct buffer text = BUFFER_INIT;

    if (outcome_describe_job(job, &text) != 0)
        return g_strdup("");
    return g_strndup((const char *)buffer_bytes(&text), buffer_length(&text));
}

/* ---- looking at one job ---- */

static void show_output(HuneJournalView *self, struct attachment *attachment,
                        const struct shell_news *news)
{
    _cleanup_buffer_ struct buffer text = BUFFER_INIT;

    if (attachment->carrier)
        carrier_output_say(attachment->carrier, news->bytes->data, news->bytes->len,
                           news->is_error);
    else if (display_feed(&attachment->display, news->bytes->data, news->bytes->len, &text) == 0)
        hune_output_view_append(self->output, (const char *)buffer_bytes(&text),
                                (gssize)buffer_length(&text), HUNE_OUTPUT_PLAIN);
    worker_send_shell_shown(hune_fleet_worker(self->fleet), attachment, news->bytes->len);
}

static void show_end(HuneJournalView *self, struct attachment *attachment,
                     const struct shell_news *news)
{
    const struct job_object ended = {.state = news->state};
    g_autofree char *state = state_text(&ended);

    if (attachment->carrier)
        carrier_output_end(attachment->carrier, !news->sentence &&
                                                    news->state.state == STATE_EXITED &&
                                                    news->state.detail == 0);
    hune_output_view_end_line(self->output);
    hune_output_view_append(self->output, news->sentence ? news->sentence : state, -1,
                            HUNE_OUTPUT_NOTE);
    gtk_widget_set_sensitive(GTK_WIDGET(self->stop), FALSE);
    self->attachment = NULL;
}

static void on_told(const struct shell_news *news, void *owner)
{
    struct attachment *attachment = owner;
    HuneJournalView *self = attachment->view;

    if (self && self->attachment == attachment) {
        if (news->event == SHELL_OUTPUT)
            show_output(self, attachment, news);
        if (news->event == SHELL_ENDED)
            show_end(self, attachment, news);
    }
    if (news->event == SHELL_ENDED) {
        g_clear_weak_pointer(&attachment->view);
        carrier_output_free(attachment->carrier);
        g_free(attachment);
    }
}

static void look_away(HuneJournalView *self)
{
    if (self->attachment)
        worker_send_shell_end(hune_fleet_worker(self->fleet), self->attachment);
    self->attachment = NULL;
}

static void on_job_selected(HuneJournalView *self, GtkListBoxRow *row)
{
    const struct job_object *job = row ? g_object_get_data(G_OBJECT(row), "job") : NULL;
    struct shell_request request = {.is_attaching = TRUE, .told = on_told};

    if (!job || !self->machine) /* rows leave one by one when the page is closed */
        return;
    look_away(self);
    request.slot = self->machine->slot;
    hune_output_view_clear(self->output);
    gtk_stack_set_visible_child(self->beside, GTK_WIDGET(self->output));
    self->attachment = g_new0(struct attachment, 1);
    g_set_weak_pointer(&self->attachment->view, self);
    if (job_verb_carries_files(job->verb))
        self->attachment->carrier = carrier_output_new(self->output,
                                                       state_is_ended(job->state.state));
    memcpy(request.job, job->id, sizeof(request.job));
    request.from = job->first;
    request.owner = self->attachment;
    gtk_widget_set_sensitive(GTK_WIDGET(self->stop), !state_is_ended(job->state.state));
    worker_send_shell(hune_fleet_worker(self->fleet), &request);
}

static void on_stop(HuneJournalView *self)
{
    if (self->attachment)
        worker_send_shell_stop(hune_fleet_worker(self->fleet), self->attachment);
}

/* ---- the list of jobs ---- */

static void fill_row(GtkListBoxRow *row, const struct job_object *job)
{
    g_autofree char *label = hune_printable(*job->label ? job->label : job->verb);
    g_autofree char *operator_label = hune_printable(job->operator_label);
    g_autofree char *user = hune_printable(job->user);
    g_autofree char *state = state_text(job);
    g_autofree char *begun = time_text(job->started_ms);
    g_autofree char *text = g_strdup_printf(_("%s · %s · as %s · by %s"), state, begun, user,
                                            operator_label);

    hune_row_set_lines(row, label, "monospace", text, "dim-label");
    gtk_widget_set_tooltip_text(GTK_WIDGET(row), outcome_waits_advice(job->waits));
}

static gboolean is_same(const struct job_object *a, const struct job_object *b)
{
    return a && memcmp(a->id, b->id, sizeof(a->id)) == 0 && a->state.state == b->state.state &&
           a->state.detail == b->state.detail && a->waits == b->waits;
}

/* The newest first. Rows that did not change stay, and so does the selected one. */
static void show_job(HuneJournalView *self, int position, const struct job_object *job)
{
    GtkListBoxRow *row = gtk_list_box_get_row_at_index(self->jobs, position);
    const struct job_object *shown = row ? g_object_get_data(G_OBJECT(row), "job") : NULL;

    if (is_same(shown, job))
        return;
    if (!shown || memcmp(shown->id, job->id, sizeof(job->id)) != 0) {
        row = GTK_LIST_BOX_ROW(gtk_list_box_row_new());
        gtk_list_box_insert(self->jobs, GTK_WIDGET(row), position);
    }
    g_object_set_data_full(G_OBJECT(row), "job", g_memdup2(job, sizeof(*job)), g_free);
    fill_row(row, job);
}

static int by_age(gconstpointer a, gconstpointer b)
{
    const struct job_object *one = a, *other = b;

    return memcmp(other->id, one->id, sizeof(one->id)); /* UUIDv7 begins with the time */
}

/* What stands beside the list as long as no job is chosen. */
static void show_hint(HuneJournalView *self, gboolean has_jobs)
{
    adw_status_page_set_description(
        self->hint,
        has_jobs ? _("Choose a job to see what it says.")
                 : _("A command that runs on this machine, and a shell, will stand in the list. "
                     "What the chosen one says is shown here."));
}

static void show_jobs(HuneJournalView *self, json_t *root)
{
    g_autoptr(GArray) jobs = g_array_new(FALSE, FALSE, sizeof(struct job_object));
    GtkListBoxRow *row;
    json_t *entry;
    size_t index;

    json_array_foreach (json_object_get(root, "jobs"), index, entry) {
        struct job_object job;

        if (job_object_decode(entry, &job))
            g_array_append_val(jobs, job);
    }
    g_array_sort(jobs, by_age);
    for (guint i = 0; i < jobs->len; i++)
        show_job(self, (int)i, &g_array_index(jobs, struct job_object, i));
    while ((row = gtk_list_box_get_row_at_index(self->jobs, (int)jobs->len)))
        gtk_list_box_remove(self->jobs, GTK_WIDGET(row));
    gtk_label_set_label(self->status,
                        jobs->len == 0 ? _("Nothing has run here since the agent started.") : "");
    show_hint(self, jobs->len > 0);
}

static void on_jobs(json_t *root, const char *sentence, void *owner)
{
    g_autoptr(HuneJournalView) self = owner;

    self->is_asking = FALSE;
    if (self->machine) {
        if (root)
            show_jobs(self, root);
        else
            gtk_label_set_label(self->status, sentence);
    }
    json_decref(root);
}

/* ---- the record ---- */

/* What was ordered, out of the order's own signed bytes. */
static char *command_of(json_t *object)
{
    _cleanup_buffer_ struct buffer bytes = BUFFER_INIT;
    _cleanup_buffer_ struct buffer text = BUFFER_INIT;
    const char *signed_text = json_string_value(json_object_get(object, "signed"));
    struct command_view view;
    struct order order;

    if (!signed_text || base64_decode(signed_text, strlen(signed_text), &bytes) != 0 ||
        order_decode(&order, buffer_bytes(&bytes), buffer_length(&bytes)) != 0 ||
        order.verb != VERB_RUN || command_decode(&view, order.payload) != 0 ||
        command_describe(&view, &text) != 0)
        return NULL;
    return g_strndup((const char *)buffer_bytes(&text), buffer_length(&text));
}

static void put(GString *line, const char *before, json_t *object, const char *key)
{
    g_autofree char *text = hune_printable(json_string_value(json_object_get(object, key)));

    if (*text)
        g_string_append_printf(line, "%s%s", before, text);
}

static void show_record_line(HuneJournalView *self, const char *bytes)
{
    json_t *object = json_loads(bytes, 0, NULL);
    const char *event = json_string_value(json_object_get(object, "event"));
    json_int_t at = json_integer_value(json_object_get(object, "at"));
    g_autofree char *time = time_text(at > 0 ? (guint64)at : 0);
    g_autofree char *command = json_is_object(object) ? command_of(object) : NULL;
    g_autofree char *printable = hune_printable(command);
    g_autoptr(GString) line = g_string_new(time);

    put(line, "  ", object, "event");
    put(line, " ", object, "verb");
    put(line, " ", object, "state");
    put(line, " ", object, "detail");
    put(line, ": ", object, "problem");
    put(line, _(" as "), object, "as");
    put(line, _(" by "), object, "operator");
    if (*printable)
        g_string_append_printf(line, ": %s", printable);
    g_string_append_c(line, '\n');
    if (json_is_object(object))
        hune_output_view_append(self->record, line->str, (gssize)line->len,
                                g_strcmp0(event, "refused") == 0 ? HUNE_OUTPUT_ERROR
                                                                 : HUNE_OUTPUT_PLAIN);
    json_decref(object);
}

static void on_record(const char *const *lines, const char *sentence, void *owner)
{
    g_autoptr(HuneJournalView) self = owner;

    self->is_reading = FALSE;
    if (!self->machine)
        return;
    hune_output_view_clear(self->record);
    if (!lines)
        hune_output_view_append(self->record, sentence, -1, HUNE_OUTPUT_NOTE);
    for (; lines && *lines; lines++)
        show_record_line(self, *lines);
}

static void read_record(HuneJournalView *self)
{
    const struct worker_record ask = {
        .slot = self->machine->slot, .done = on_record, .owner = self};

    if (self->is_reading)
        return;
    self->is_reading = TRUE;
    g_object_ref(self);
    worker_send_record(hune_fleet_worker(self->fleet), &ask);
}

/* ---- life ---- */

static void refresh(HuneJournalView *self)
{
    const struct worker_ask ask = {
        .slot = self->machine->slot, .path = "/v1/jobs", .done = on_jobs, .owner = self};

    if (self->is_asking || !gtk_widget_get_mapped(GTK_WIDGET(self)))
        return;
    self->is_asking = TRUE;
    g_object_ref(self);
    worker_send_ask(hune_fleet_worker(self->fleet), &ask);
}

static gboolean on_timer(gpointer data)
{
    refresh(data);
    return G_SOURCE_CONTINUE;
}

static void on_stack(HuneJournalView *self)
{
    if (self->machine && g_strcmp0(gtk_stack_get_visible_child_name(self->stack), "record") == 0)
        read_record(self);
}

static void hune_journal_view_map(GtkWidget *widget)
{
    GTK_WIDGET_CLASS(hune_journal_view_parent_class)->map(widget);
    refresh(HUNE_JOURNAL_VIEW(widget));
    on_stack(HUNE_JOURNAL_VIEW(widget));
}

static void hune_journal_view_dispose(GObject *object)
{
    HuneJournalView *self = HUNE_JOURNAL_VIEW(object);

    g_clear_handle_id(&self->timer, g_source_remove);
    if (self->fleet)
        look_away(self);
    g_clear_object(&self->machine);
    g_clear_object(&self->fleet);
    G_OBJECT_CLASS(hune_journal_view_parent_class)->dispose(object);
}

static void hune_journal_view_class_init(HuneJournalViewClass *class)
{
    G_OBJECT_CLASS(class)->dispose = hune_journal_view_dispose;
    GTK_WIDGET_CLASS(class)->map = hune_journal_view_map;
}

static GtkWidget *make_beside(HuneJournalView *self)
{
    self->output = HUNE_OUTPUT_VIEW(hune_output_view_new());
    self->hint = ADW_STATUS_PAGE(adw_status_page_new());
    adw_status_page_set_icon_name(self->hint, "utilities-terminal-symbolic");
    gtk_widget_add_css_class(GTK_WIDGET(self->hint), "compact");
    show_hint(self, FALSE);
    self->beside = GTK_STACK(gtk_stack_new());
    gtk_stack_add_child(self->beside, GTK_WIDGET(self->hint));
    gtk_stack_add_child(self->beside, GTK_WIDGET(self->output));
    return GTK_WIDGET(self->beside);
}

static GtkWidget *make_jobs(HuneJournalView *self)
{
    GtkWidget *paned = gtk_paned_new(GTK_ORIENTATION_HORIZONTAL);
    GtkWidget *left = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0);
    GtkWidget *bottom = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 6);
    GtkWidget *scrolled = gtk_scrolled_window_new();

    self->jobs = GTK_LIST_BOX(gtk_list_box_new());
    gtk_accessible_update_property(GTK_ACCESSIBLE(self->jobs), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                   _("Jobs"), -1);
    g_signal_connect_object(self->jobs, "row-selected", G_CALLBACK(on_job_selected), self,
                            G_CONNECT_SWAPPED);
    self->stop = GTK_BUTTON(gtk_button_new_with_label(_("Stop the job")));
    gtk_widget_set_sensitive(GTK_WIDGET(self->stop), FALSE);
    gtk_widget_add_css_class(GTK_WIDGET(self->stop), "destructive-action");
    g_signal_connect_swapped(self->stop, "clicked", G_CALLBACK(on_stop), self);
    self->status = GTK_LABEL(gtk_label_new(""));
    gtk_label_set_wrap(self->status, TRUE);
    gtk_label_set_xalign(self->status, 0);
    gtk_widget_set_hexpand(GTK_WIDGET(self->status), TRUE);
    gtk_widget_add_css_class(GTK_WIDGET(self->status), "dim-label");
    gtk_scrolled_window_set_child(GTK_SCROLLED_WINDOW(scrolled), GTK_WIDGET(self->jobs));
    gtk_scrolled_window_set_policy(GTK_SCROLLED_WINDOW(scrolled), GTK_POLICY_NEVER,
                                   GTK_POLICY_AUTOMATIC);
    gtk_widget_set_vexpand(scrolled, TRUE);
    gtk_widget_set_margin_start(bottom, 6);
    gtk_widget_set_margin_end(bottom, 6);
    gtk_widget_set_margin_top(bottom, 6);
    gtk_widget_set_margin_bottom(bottom, 6);
    gtk_box_append(GTK_BOX(bottom), GTK_WIDGET(self->status));
    gtk_box_append(GTK_BOX(bottom), GTK_WIDGET(self->stop));
    gtk_box_append(GTK_BOX(left), scrolled);
    gtk_box_append(GTK_BOX(left), bottom);
    gtk_paned_set_start_child(GTK_PANED(paned), left);
    gtk_paned_set_end_child(GTK_PANED(paned), make_beside(self));
    gtk_paned_set_position(GTK_PANED(paned), 420);
    gtk_paned_set_shrink_start_child(GTK_PANED(paned), FALSE);
    gtk_paned_set_resize_start_child(GTK_PANED(paned), FALSE);
    return paned;
}

static void hune_journal_view_init(HuneJournalView *self)
{
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 6);
    GtkWidget *switcher = gtk_stack_switcher_new();

    self->stack = GTK_STACK(gtk_stack_new());
    self->record = HUNE_OUTPUT_VIEW(hune_output_view_new());
    gtk_stack_add_titled(self->stack, make_jobs(self), "jobs", _("Jobs"));
    gtk_stack_add_titled(self->stack, GTK_WIDGET(self->record), "record", _("Record of orders"));
    gtk_stack_switcher_set_stack(GTK_STACK_SWITCHER(switcher), self->stack);
    gtk_widget_set_halign(switcher, GTK_ALIGN_CENTER);
    gtk_widget_set_vexpand(GTK_WIDGET(self->stack), TRUE);
    g_signal_connect_swapped(self->stack, "notify::visible-child", G_CALLBACK(on_stack), self);
    gtk_box_append(GTK_BOX(box), switcher);
    gtk_box_append(GTK_BOX(box), GTK_WIDGET(self->stack));
    adw_bin_set_child(ADW_BIN(self), box);
}

GtkWidget *hune_journal_view_new(HuneFleet *fleet, HuneMachine *machine)
{
    HuneJournalView *self = g_object_new(HUNE_TYPE_JOURNAL_VIEW, NULL);

    self->fleet = g_object_ref(fleet);
    self->machine = g_object_ref(machine);
    self->timer = g_timeout_add_seconds(REFRESH_S, on_timer, self);
    return GTK_WIDGET(self);
}
