/* See results-page.h. The list on the left holds the folded answers first, then every machine; what
 * is selected there is shown on the right. */
#include "desktop/window/results-page.h"

#include "desktop/view/announce.h"
#include "desktop/view/answer-list.h"
#include "desktop/view/answer-stream.h"
#include "desktop/view/answer-text.h"
#include "desktop/view/ellipsis.h"
#include "desktop/view/output-view.h"
#include "desktop/view/row-lines.h"
#include "desktop/window/fold.h"
#include "desktop/window/save-bar.h"
#include "desktop/window/window.h"
#include "fleet/home/i18n.h"

enum { REFRESH_MS = 250 };

struct _HuneResultsPage {
    AdwBin parent_instance;

    GtkLabel *heading;
    GtkProgressBar *progress;
    GtkLabel *counts;
    GtkLabel *waves; /* which one it is, or why none follows */
    GtkButton *stop;
    GtkButton *again;
    GtkMenuButton *save;
    HuneSaveBar *saving;
    GtkListBox *groups;
    HuneAnswerList *machines;
    GtkSingleSelection *chosen; /* of them */
    HuneOutputView *output;

    HuneFleet *fleet;
    HuneOrder *order;
    struct hune_fold fold;
    const struct hune_fold_group *usual; /* what the shown group is compared with; NULL: nothing */
    int shown_position; /* of the machine whose text is shown and goes on; -1: a group's */
    struct answer_stream *stream; /* of it; NULL: a group's text is shown */
    guint timer;
    gboolean is_stale;
};

G_DEFINE_FINAL_TYPE(HuneResultsPage, hune_results_page, ADW_TYPE_BIN)

HuneOrder *hune_results_page_order(HuneResultsPage *self)
{
    return self->order;
}

/* ---- the text on the right ---- */

static const struct hune_answer *first_answer(HuneResultsPage *self,
                                              const struct hune_fold_group *group)
{
    return hune_order_answer(self->order, g_array_index(group->positions, guint, 0));
}

/* What most machines said; NULL while no two agree. */
static const struct hune_fold_group *usual_group(HuneResultsPage *self)
{
    const struct hune_fold_group *majority = hune_fold_majority(&self->fold);

    return majority && majority->positions->len > 1 ? majority : NULL;
}

static void show_group(HuneResultsPage *self, const struct hune_fold_group *group)
{
    self->shown_position = -1;
    self->stream = answer_stream_end(self->stream);
    self->usual = usual_group(self);
    hune_output_view_clear(self->output);
    if (!self->usual || self->usual == group)
        answer_text_show(self->output, first_answer(self, group));
    else
        answer_text_show_against(self->output, first_answer(self, group),
                                 first_answer(self, self->usual));
}

/* Others have answered: what is unusual is another thing now. */
static void compare_again(HuneResultsPage *self)
{
    GtkListBoxRow *row = gtk_list_box_get_selected_row(self->groups);

    if (row && self->shown_position < 0 && self->usual != usual_group(self))
        show_group(self,
                   g_ptr_array_index(self->fold.groups, (guint)gtk_list_box_row_get_index(row)));
}

static void show_machine(HuneResultsPage *self, guint position)
{
    const struct hune_answer *answer = hune_order_answer(self->order, position);

    gtk_list_box_unselect_all(self->groups);
    self->stream = answer_stream_end(self->stream);
    hune_output_view_clear(self->output);
    self->shown_position = (int)position;
    if (!answer->is_kept) {
        answer_text_show(self->output, answer);
        return;
    }
    self->stream = answer_stream_new(self->output, self->order, position);
    answer_stream_show(self->stream);
    answer_text_show_trouble(self->output, answer);
}

static void on_output(HuneResultsPage *self, guint position, const char *text, gulong length,
                      gboolean is_error)
{
    self->is_stale = TRUE;
    if (self->stream && self->shown_position == (int)position)
        answer_stream_append(self->stream, text, length, is_error);
}

/* ---- the groups ---- */

static void fill_group_row(HuneResultsPage *self, GtkListBoxRow *row,
                           const struct hune_fold_group *group)
{
    g_autofree char *names = hune_fold_group_names(group, self->order);
    g_autofree char *state = g_strdup_printf(
        ngettext("%u machine: %s", "%u machines: %s", group->positions->len), group->positions->len,
        group->end);

    hune_row_set_lines(row, names, "heading", state, group->is_ok ? "success" : "error");
}

static void show_groups(HuneResultsPage *self)
{
    gtk_list_box_set_placeholder(self->groups, NULL); /* readers would go on finding it */
    for (guint i = 0; i < self->fold.groups->len; i++) {
        const struct hune_fold_group *group = g_ptr_array_index(self->fold.groups, i);
        GtkListBoxRow *row = gtk_list_box_get_row_at_index(self->groups, (int)i);

        if (!row) {
            row = GTK_LIST_BOX_ROW(gtk_list_box_row_new());
            gtk_list_box_append(self->groups, GTK_WIDGET(row));
        } else if (GPOINTER_TO_UINT(g_object_get_data(G_OBJECT(row), "count")) ==
                   group->positions->len) {
            continue;
        }
        g_object_set_data(G_OBJECT(row), "count", GUINT_TO_POINTER(group->positions->len));
        fill_group_row(self, row, group);
    }
}

static void on_group_selected(HuneResultsPage *self, GtkListBoxRow *row)
{
    if (!row)
        return;
    gtk_single_selection_set_selected(self->chosen, GTK_INVALID_LIST_POSITION);
    show_group(self, g_ptr_array_index(self->fold.groups, (guint)gtk_list_box_row_get_index(row)));
}

static void on_machine_chosen(HuneResultsPage *self)
{
    guint position = gtk_single_selection_get_selected(self->chosen);

    if (position != GTK_INVALID_LIST_POSITION)
        show_machine(self, position);
}

/* ---- what it is ---- */

static char *heading_text(HuneOrder *order)
{
    const char *line = hune_order_line(order);
    const char *user = hune_order_terms(order)->user;

    if (!line)
        line = verb_info(hune_order_verb(order))->name;
    return *user ? g_strdup_printf(_("%s (as %s)"), line, user) : g_strdup(line);
}

/* ---- how far it is ---- */

static char *wave_text(const struct order_wave *wave)
{
    if (wave->is_over && wave->is_canary)
        return g_strdup(_("A canary failed: no other machine is asked."));
    if (wave->is_over)
        return g_strdup_printf(ngettext("%u machine failed, more than may: no other one is asked.",
                                        "%u machines failed, more than may: no other one is asked.",
                                        wave->failed),
                               wave->failed);
    if (wave->count < 2)
        return g_strdup("");
    if (wave->is_canary)
        return g_strdup_printf(_("Canaries (wave %u of %u)"), wave->number, wave->count);
    return g_strdup_printf(_("Wave %u of %u"), wave->number, wave->count);
}

/* Those whose turn never came are none of the others: nobody asked them. */
static char *counts_text(const struct hune_fold *fold, double seconds)
{
    if (fold->unasked == 0)
        return g_strdup_printf(
            _("%u done, %u failed, %u unreachable, %u running, %u waiting · %.1f s"), fold->ok,
            fold->failed, fold->unreachable, fold->running, fold->waiting, seconds);
    return g_strdup_printf(
        _("%u done, %u failed, %u unreachable, %u not asked, %u running, %u waiting · %.1f s"),
        fold->ok, fold->failed, fold->unreachable, fold->unasked, fold->running, fold->waiting,
        seconds);
}

/* Who runs and is out of reach comes back, or not: nobody knows yet. */
static char *broken_text(const char *counts, guint broken)
{
    return broken == 0 ? g_strdup(counts)
                       : g_strdup_printf(ngettext("%s · connection to %u of them lost",
                                                  "%s · connections to %u of them lost", broken),
                                         counts, broken);
}

/* Until the first machine is done there is no answer. */
static GtkWidget *no_answer_yet(void)
{
    GtkWidget *label = gtk_label_new(
        _("No machine is done yet. “Machines” shows what each one says meanwhile."));

    gtk_label_set_wrap(GTK_LABEL(label), TRUE);
    gtk_label_set_xalign(GTK_LABEL(label), 0);
    gtk_widget_set_valign(label, GTK_ALIGN_START);
    gtk_widget_add_css_class(label, "dim-label");
    gtk_widget_set_margin_start(label, 9);
    gtk_widget_set_margin_end(label, 9);
    gtk_widget_set_margin_top(label, 9);
    return label;
}

static void show_counts(HuneResultsPage *self)
{
    const struct hune_fold *fold = &self->fold;
    guint all = hune_order_count(self->order);
    guint done = fold->ok + fold->failed + fold->unreachable + fold->unasked;
    g_autofree char *waves = wave_text(hune_order_wave(self->order));
    g_autofree char *counts = counts_text(fold, hune_order_seconds(self->order));
    g_autofree char *text = broken_text(counts, fold->broken);

    gtk_label_set_label(self->counts, text);
    gtk_label_set_label(self->waves, waves);
    gtk_widget_set_visible(GTK_WIDGET(self->waves), *waves != '\0');
    gtk_progress_bar_set_fraction(self->progress, all ? (double)done / all : 1);
    gtk_widget_set_visible(GTK_WIDGET(self->stop), !hune_order_is_done(self->order));
    gtk_widget_set_visible(GTK_WIDGET(self->again),
                           hune_order_is_done(self->order) && fold->ok < all);
    gtk_widget_set_sensitive(GTK_WIDGET(self->save), done + fold->running > 0);
}

static void refresh(HuneResultsPage *self)
{
    self->is_stale = FALSE;
    hune_answer_list_update(self->machines);
    if (hune_fold_update(&self->fold, self->order)) {
        show_groups(self);
        if (!gtk_list_box_get_selected_row(self->groups) && self->shown_position < 0)
            gtk_list_box_select_row(self->groups, gtk_list_box_get_row_at_index(self->groups, 0));
        compare_again(self);
    }
    show_counts(self);
}

static gboolean on_timer(gpointer data)
{
    HuneResultsPage *self = data;

    if (self->is_stale && gtk_widget_get_mapped(GTK_WIDGET(self)))
        refresh(self);
    else
        show_counts(self);
    return G_SOURCE_CONTINUE;
}

static void on_changed(HuneResultsPage *self)
{
    self->is_stale = TRUE;
}

static void call_attention(HuneResultsPage *self)
{
    GtkWidget *tabs = gtk_widget_get_ancestor(GTK_WIDGET(self), ADW_TYPE_TAB_VIEW);
    AdwTabPage *tab = tabs ? adw_tab_view_get_page(ADW_TAB_VIEW(tabs), GTK_WIDGET(self)) : NULL;

    if (!tab)
        return;
    adw_tab_page_set_loading(tab, FALSE);
    if (!gtk_widget_get_mapped(GTK_WIDGET(self)))
        adw_tab_page_set_needs_attention(tab, TRUE);
}

static void on_done(HuneResultsPage *self)
{
    g_clear_handle_id(&self->timer, g_source_remove);
    refresh(self);
    call_attention(self);
    hune_announce(GTK_WIDGET(self), gtk_label_get_label(self->counts));
}

/* ---- what can be done ---- */

static void on_stop(HuneResultsPage *self)
{
    hune_order_stop(self->order);
}

static void on_again(HuneResultsPage *self)
{
    g_autoptr(GPtrArray) machines = g_ptr_array_new_with_free_func(g_object_unref);

    for (guint i = 0; i < hune_order_count(self->order); i++) {
        const struct hune_answer *answer = hune_order_answer(self->order, i);

        if (!hune_answer_is_ok(answer) && answer->machine->is_listed)
            g_ptr_array_add(machines, g_object_ref(answer->machine));
    }
    if (machines->len == 0)
        return;
    hune_window_give_order(HUNE_WINDOW(gtk_widget_get_root(GTK_WIDGET(self))), machines,
                           hune_order_verb(self->order), hune_order_line(self->order),
                           hune_order_terms(self->order));
}

static void act_save(GtkWidget *widget, const char *name, GVariant *parameter)
{
    HuneResultsPage *self = HUNE_RESULTS_PAGE(widget);

    (void)name;
    hune_save_bar_ask(self->saving, self->order, g_variant_get_string(parameter, NULL));
}

/* ---- the type ---- */

static void hune_results_page_dispose(GObject *object)
{
    HuneResultsPage *self = HUNE_RESULTS_PAGE(object);

    g_clear_handle_id(&self->timer, g_source_remove);
    self->stream = answer_stream_end(self->stream);
    if (self->order) {
        g_signal_handlers_disconnect_by_data(self->order, self);
        hune_order_leave(self->order); /* jobs go on; this page looks away */
        hune_fold_clear(&self->fold);
    }
    if (self->chosen)
        g_signal_handlers_disconnect_by_data(self->chosen, self);
    if (self->groups)
        g_signal_handlers_disconnect_by_data(self->groups, self);
    g_clear_object(&self->chosen);
    g_clear_object(&self->order);
    g_clear_object(&self->fleet);
    G_OBJECT_CLASS(hune_results_page_parent_class)->dispose(object);
}

static void hune_results_page_class_init(HuneResultsPageClass *class)
{
    G_OBJECT_CLASS(class)->dispose = hune_results_page_dispose;
    gtk_widget_class_install_action(GTK_WIDGET_CLASS(class), "results.save", "s", act_save);
}

static GtkWidget *make_top(HuneResultsPage *self)
{
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 6);
    GtkWidget *line = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 6);
    g_autoptr(GMenu) menu = g_menu_new();

    self->heading = GTK_LABEL(gtk_label_new(""));
    gtk_label_set_xalign(self->heading, 0);
    hune_label_ellipsize(self->heading);
    gtk_widget_add_css_class(GTK_WIDGET(self->heading), "heading");
    gtk_widget_add_css_class(GTK_WIDGET(self->heading), "monospace");
    gtk_widget_set_hexpand(GTK_WIDGET(self->heading), TRUE);
    self->stop = GTK_BUTTON(gtk_button_new_with_label(_("Stop everywhere")));
    self->again = GTK_BUTTON(gtk_button_new_with_label(_("Run again on the failed ones")));
    self->save = GTK_MENU_BUTTON(gtk_menu_button_new());
    g_signal_connect_swapped(self->stop, "clicked", G_CALLBACK(on_stop), self);
    g_signal_connect_swapped(self->again, "clicked", G_CALLBACK(on_again), self);
    gtk_widget_add_css_class(GTK_WIDGET(self->stop), "destructive-action");
    g_menu_append(menu, _("As text…"), "results.save::text");
    g_menu_append(menu, _("As CSV…"), "results.save::csv");
    g_menu_append(menu, _("As JSON…"), "results.save::json");
    gtk_menu_button_set_menu_model(self->save, G_MENU_MODEL(menu));
    gtk_menu_button_set_label(self->save, _("Save"));
    gtk_box_append(GTK_BOX(line), GTK_WIDGET(self->heading));
    gtk_box_append(GTK_BOX(line), GTK_WIDGET(self->again));
    gtk_box_append(GTK_BOX(line), GTK_WIDGET(self->stop));
    gtk_box_append(GTK_BOX(line), GTK_WIDGET(self->save));
    self->progress = GTK_PROGRESS_BAR(gtk_progress_bar_new());
    gtk_accessible_update_property(GTK_ACCESSIBLE(self->progress), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                   _("Machines done"), -1);
    self->counts = GTK_LABEL(gtk_label_new(""));
    gtk_label_set_xalign(self->counts, 0);
    gtk_widget_add_css_class(GTK_WIDGET(self->counts), "numeric");
    gtk_box_append(GTK_BOX(box), line);
    gtk_box_append(GTK_BOX(box), GTK_WIDGET(self->progress));
    gtk_box_append(GTK_BOX(box), GTK_WIDGET(self->counts));
    self->waves = GTK_LABEL(gtk_label_new(""));
    gtk_label_set_xalign(self->waves, 0);
    gtk_widget_set_visible(GTK_WIDGET(self->waves), FALSE);
    gtk_box_append(GTK_BOX(box), GTK_WIDGET(self->waves));
    self->saving = HUNE_SAVE_BAR(hune_save_bar_new());
    gtk_box_append(GTK_BOX(box), GTK_WIDGET(self->saving));
    gtk_widget_set_margin_top(box, 9);
    gtk_widget_set_margin_bottom(box, 9);
    gtk_widget_set_margin_start(box, 12);
    gtk_widget_set_margin_end(box, 12);
    return box;
}

static GtkWidget *scroll(GtkWidget *child)
{
    GtkWidget *scrolled = gtk_scrolled_window_new();

    gtk_scrolled_window_set_policy(GTK_SCROLLED_WINDOW(scrolled), GTK_POLICY_NEVER,
                                   GTK_POLICY_AUTOMATIC);
    gtk_scrolled_window_set_child(GTK_SCROLLED_WINDOW(scrolled), child);
    gtk_widget_set_vexpand(scrolled, TRUE);
    return scrolled;
}

static GtkWidget *make_side(HuneResultsPage *self)
{
    GtkWidget *stack = gtk_stack_new();
    GtkWidget *switcher = gtk_stack_switcher_new();
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 6);

    self->groups = GTK_LIST_BOX(gtk_list_box_new());
    gtk_list_box_set_placeholder(self->groups, no_answer_yet());
    gtk_accessible_update_property(GTK_ACCESSIBLE(self->groups), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                   _("Answers"), -1);
    g_signal_connect_swapped(self->groups, "row-selected", G_CALLBACK(on_group_selected), self);
    self->machines = HUNE_ANSWER_LIST(hune_answer_list_new());
    self->chosen = g_object_ref(hune_answer_list_chosen(self->machines));
    g_signal_connect_swapped(self->chosen, "notify::selected", G_CALLBACK(on_machine_chosen), self);
    gtk_stack_add_titled(GTK_STACK(stack), scroll(GTK_WIDGET(self->groups)), "answers",
                         _("Answers"));
    gtk_stack_add_titled(GTK_STACK(stack), GTK_WIDGET(self->machines), "machines", _("Machines"));
    gtk_stack_switcher_set_stack(GTK_STACK_SWITCHER(switcher), GTK_STACK(stack));
    gtk_widget_set_halign(switcher, GTK_ALIGN_CENTER);
    gtk_box_append(GTK_BOX(box), switcher);
    gtk_box_append(GTK_BOX(box), stack);
    gtk_widget_set_size_request(box, 240, -1);
    return box;
}

static void hune_results_page_init(HuneResultsPage *self)
{
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0);
    GtkWidget *paned = gtk_paned_new(GTK_ORIENTATION_HORIZONTAL);

    self->shown_position = -1;
    self->output = HUNE_OUTPUT_VIEW(hune_output_view_new());
    gtk_box_append(GTK_BOX(box), make_top(self));
    gtk_box_append(GTK_BOX(box), gtk_separator_new(GTK_ORIENTATION_HORIZONTAL));
    gtk_paned_set_start_child(GTK_PANED(paned), make_side(self));
    gtk_paned_set_end_child(GTK_PANED(paned), GTK_WIDGET(self->output));
    gtk_paned_set_resize_start_child(GTK_PANED(paned), FALSE);
    gtk_paned_set_shrink_start_child(GTK_PANED(paned), FALSE);
    gtk_paned_set_position(GTK_PANED(paned), 300);
    gtk_widget_set_vexpand(paned, TRUE);
    gtk_box_append(GTK_BOX(box), paned);
    adw_bin_set_child(ADW_BIN(self), box);
}

GtkWidget *hune_results_page_new(HuneFleet *fleet, HuneOrder *order)
{
    HuneResultsPage *self = g_object_new(HUNE_TYPE_RESULTS_PAGE, NULL);
    g_autofree char *heading = heading_text(order);

    self->fleet = g_object_ref(fleet);
    self->order = g_object_ref(order);
    hune_fold_init(&self->fold, hune_order_count(order));
    hune_answer_list_set_order(self->machines, order);
    gtk_label_set_label(self->heading, heading);
    g_signal_connect_swapped(order, "output", G_CALLBACK(on_output), self);
    g_signal_connect_swapped(order, "changed", G_CALLBACK(on_changed), self);
    g_signal_connect_swapped(order, "done", G_CALLBACK(on_done), self);
    if (hune_order_is_done(order))
        refresh(self);
    else
        self->timer = g_timeout_add(REFRESH_MS, on_timer, self);
    show_counts(self);
    return GTK_WIDGET(self);
}
