/* The parts of a long answer that left the view: a bar above it tells that there are some, and
 * brings them back one at a time. See output-private.h. */
#include "desktop/view/output-private.h"

#include "desktop/text/facts-text.h"
#include "fleet/home/i18n.h"

enum {
    PAGE_SIZE = 1 << 20,       /* bytes that are read again at a time */
    OPEN_SIZE = PAGE_SIZE / 4, /* of these, as many as certainly fit into the live text */
};

/* ---- what is shown ---- */

static char *page_text(const struct output_pager *pager)
{
    g_autofree char *from = hune_size_text((double)pager->page_from);
    g_autofree char *until = hune_size_text((double)(pager->page_from + pager->page_size));
    g_autofree char *all = hune_size_text((double)pager->said);

    if (pager->is_gap)
        return g_strdup_printf(_("From %s to %s, of %s: not to be had"), from, until, all);
    return g_strdup_printf(_("From %s on, of %s"), from, all);
}

void output_pager_show(HuneOutputView *self)
{
    struct output_pager *pager = &self->pager;
    gboolean on_page = pager->page != NULL;
    gboolean has_source = pager->source != NULL && pager->live_from > 0;
    g_autofree char *text = on_page ? page_text(pager)
                                    : g_strdup(_("Earlier lines are not shown."));

    gtk_label_set_label(pager->label, text);
    gtk_widget_set_visible(pager->bar, on_page || has_source);
    gtk_widget_set_sensitive(pager->to_begin,
                             !pager->is_asking && (!on_page || pager->page_from > 0));
    gtk_widget_set_sensitive(pager->earlier,
                             !pager->is_asking && (!on_page || pager->page_from > 0));
    gtk_widget_set_visible(pager->later, on_page);
    gtk_widget_set_sensitive(pager->later, !pager->is_asking);
    gtk_widget_set_visible(pager->to_end, on_page);
}

void output_pager_leave(HuneOutputView *self, gboolean to_end)
{
    struct output_pager *pager = &self->pager;

    if (!pager->page)
        return;
    output_scroll_stop(self);
    gtk_text_view_set_buffer(self->view, self->buffer);
    g_clear_object(&pager->page);
    if (to_end) {
        self->follows = TRUE;
        output_follow(self);
    }
    output_pager_show(self);
}

static const char *gap_text(const struct order_part *part)
{
    return part->fate == ORDER_PART_AWAY
               ? _("These lines were too many to be kept on this computer. The machine may still "
                   "have them, but cannot be asked now.\n")
               : _("These lines are gone: they were too many to be kept on this computer, and the "
                   "machine has only newer ones.\n");
}

void output_pager_set_page(HuneOutputView *self, const struct order_part *part)
{
    struct output_pager *pager = &self->pager;
    gboolean is_here = part->fate == ORDER_PART_HERE;
    GtkTextIter start;

    if (!pager->page)
        pager->page = gtk_text_buffer_new(gtk_text_buffer_get_tag_table(self->buffer));
    gtk_text_buffer_set_enable_undo(pager->page, FALSE);
    gtk_text_buffer_set_text(pager->page, "", 0);
    gtk_text_buffer_get_start_iter(pager->page, &start);
    if (is_here)
        output_view_insert(self, &start, part->text, (gssize)part->length, HUNE_OUTPUT_PLAIN);
    else
        output_view_insert(self, &start, gap_text(part), -1, HUNE_OUTPUT_NOTE);
    gtk_text_view_set_buffer(self->view, pager->page);
    pager->is_gap = !is_here;
    pager->page_from = part->from;
    pager->page_size = part->size;
    output_pager_show(self);
}

/* ---- going through it ---- */

static void ask(HuneOutputView *self, guint64 from, guint64 until, gboolean backwards)
{
    struct output_pager *pager = &self->pager;

    if (!pager->source || pager->is_asking || until <= from)
        return;
    output_find_stop(self);
    pager->is_asking = TRUE;
    pager->is_backwards = backwards;
    output_pager_show(self);
    pager->source->read(pager->user, from, until, backwards);
}

static void on_to_begin(HuneOutputView *self)
{
    ask(self, 0, MIN(PAGE_SIZE, self->pager.live_from), FALSE);
}

static void on_earlier(HuneOutputView *self)
{
    const struct output_pager *pager = &self->pager;
    guint64 until = pager->page ? pager->page_from : pager->live_from;

    ask(self, until > PAGE_SIZE ? until - PAGE_SIZE : 0, until, TRUE);
}

static void on_later(HuneOutputView *self)
{
    const struct output_pager *pager = &self->pager;
    guint64 from = pager->page_from + pager->page_size;

    if (from >= pager->live_from)
        output_pager_leave(self, TRUE);
    else
        ask(self, from, MIN(from + PAGE_SIZE, pager->live_from), FALSE);
}

static void on_to_end(HuneOutputView *self)
{
    output_pager_leave(self, TRUE);
}

void output_pager_open(HuneOutputView *self)
{
    guint64 until = self->pager.live_from;

    self->pager.is_opening = until > 0;
    ask(self, until > OPEN_SIZE ? until - OPEN_SIZE : 0, until, TRUE);
}

/* What the live text lacks; more of it may have gone meanwhile. */
static void open_with(HuneOutputView *self, const struct order_part *part)
{
    self->pager.is_opening = FALSE;
    if (part->from + part->size == self->pager.live_from)
        output_view_prepend(self, part);
    output_pager_show(self);
}

void hune_output_view_show_part(HuneOutputView *self, const struct order_part *part)
{
    struct output_pager *pager = &self->pager;
    GtkTextIter at;

    pager->is_asking = FALSE;
    if (pager->is_opening && part->fate == ORDER_PART_HERE) {
        open_with(self, part);
        return;
    }
    pager->is_opening = FALSE;
    if (part->size == 0) {
        output_pager_show(self);
        return;
    }
    output_pager_set_page(self, part);
    /* One reads on from where one was. */
    if (pager->is_backwards)
        gtk_text_buffer_get_end_iter(pager->page, &at);
    else
        gtk_text_buffer_get_start_iter(pager->page, &at);
    gtk_text_buffer_place_cursor(pager->page, &at);
    output_scroll_to_cursor(self);
}

void output_pager_set_source(HuneOutputView *self, const struct hune_output_source *source,
                             gpointer user)
{
    struct output_pager *pager = &self->pager;

    output_find_stop(self);
    output_pager_leave(self, TRUE);
    pager->source = source;
    pager->user = user;
    pager->said = pager->live_from = 0;
    pager->is_asking = pager->is_opening = FALSE;
    output_pager_show(self);
}

/* ---- the bar ---- */

static GtkWidget *button_new(HuneOutputView *self, const char *name, GCallback clicked)
{
    GtkWidget *button = gtk_button_new_with_label(name);

    gtk_widget_add_css_class(button, "flat");
    g_signal_connect_swapped(button, "clicked", clicked, self);
    gtk_box_append(GTK_BOX(self->pager.bar), button);
    return button;
}

GtkWidget *output_pager_make(HuneOutputView *self)
{
    struct output_pager *pager = &self->pager;

    pager->bar = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 6);
    pager->label = GTK_LABEL(gtk_label_new(""));
    gtk_label_set_xalign(pager->label, 0);
    gtk_label_set_ellipsize(pager->label, PANGO_ELLIPSIZE_END);
    gtk_widget_set_hexpand(GTK_WIDGET(pager->label), TRUE);
    gtk_widget_add_css_class(GTK_WIDGET(pager->label), "dim-label");
    gtk_widget_set_margin_start(pager->bar, 9);
    gtk_widget_set_margin_end(pager->bar, 6);
    gtk_widget_set_margin_bottom(pager->bar, 3);
    gtk_box_append(GTK_BOX(pager->bar), GTK_WIDGET(pager->label));
    pager->to_begin = button_new(self, _("To the beginning"), G_CALLBACK(on_to_begin));
    pager->earlier = button_new(self, _("Earlier lines"), G_CALLBACK(on_earlier));
    pager->later = button_new(self, _("Later lines"), G_CALLBACK(on_later));
    pager->to_end = button_new(self, _("To the end"), G_CALLBACK(on_to_end));
    gtk_widget_set_visible(pager->bar, FALSE);
    return pager->bar;
}

void output_pager_dispose(HuneOutputView *self)
{
    output_scroll_stop(self);
    g_clear_object(&self->pager.page);
    self->pager.source = NULL;
}
