/* A text looked for in all of an answer: in what is shown, in what left the view, and around the
 * end. Nothing is looked through in the main thread: four mebibytes of lines are too much for it.
 * See output-private.h. */
#include "desktop/view/output-private.h"

#include <string.h>

#include "desktop/text/find-text.h"
#include "desktop/text/left-lines.h"
#include "desktop/view/find-bar.h"
#include "fleet/home/i18n.h"

/* A part of a text that is here, in characters; or of the source, in bytes. */
struct stretch {
    GtkTextBuffer *buffer; /* NULL: the source */
    guint64 from;
    guint64 until;
};

static void look_on(HuneOutputView *self);

/* ---- the end of a search ---- */

void output_find_stop(HuneOutputView *self)
{
    struct output_find *find = &self->find;

    find->serial++;
    if (find->in_source && self->pager.source)
        self->pager.source->search_end(self->pager.user);
    find->in_source = FALSE;
    g_clear_pointer(&find->text, g_free);
    if (find->stretches)
        g_array_set_size(find->stretches, 0);
}

static void end(HuneOutputView *self, const char *told)
{
    output_find_stop(self);
    find_bar_tell(self->find_bar, told);
}

static void show_match(HuneOutputView *self, GtkTextBuffer *buffer, int at, int size)
{
    GtkTextIter from, until;

    self->follows = FALSE;
    if (buffer == self->buffer)
        output_pager_leave(self, FALSE);
    gtk_text_buffer_get_iter_at_offset(buffer, &from, at);
    gtk_text_buffer_get_iter_at_offset(buffer, &until, at + size);
    gtk_text_buffer_select_range(buffer, &from, &until);
    output_scroll_to_cursor(self);
}

/* ---- in a text that is here ---- */

struct look {
    guint serial;
    GtkTextBuffer *buffer;
    GtkTextMark *begin; /* of `text` in the buffer, which goes on growing at its end */
    char *text;
    char *wanted;
    gboolean is_last;
    gboolean is_found;
    int at; /* characters */
    int size;
    char *found;
};

static void look_free(gpointer data)
{
    struct look *look = data;

    gtk_text_buffer_delete_mark(look->buffer, look->begin);
    g_object_unref(look->begin);
    g_object_unref(look->buffer);
    g_free(look->text);
    g_free(look->wanted);
    g_free(look->found);
    g_free(look);
}

static void look_in_thread(GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
    struct look *look = data;
    struct find_text find;
    size_t at, size;

    (void)source;
    (void)cancellable;
    find_text_init(&find, look->wanted);
    if (find_text_in(&find, look->text, strlen(look->text), look->is_last, &at, &size)) {
        look->is_found = TRUE;
        look->at = (int)g_utf8_strlen(look->text, (gssize)at);
        look->size = (int)g_utf8_strlen(look->text + at, (gssize)size);
        look->found = g_strndup(look->text + at, size);
    }
    find_text_clear(&find);
    g_task_return_boolean(task, TRUE);
}

/* The beginning of the text may have left meanwhile. */
static gboolean is_still_there(const struct look *look, int at)
{
    g_autofree char *there = NULL;
    GtkTextIter from, until;

    gtk_text_buffer_get_iter_at_offset(look->buffer, &from, at);
    gtk_text_buffer_get_iter_at_offset(look->buffer, &until, at + look->size);
    there = gtk_text_buffer_get_text(look->buffer, &from, &until, TRUE);
    return g_str_equal(there, look->found);
}

static void on_looked(GObject *source, GAsyncResult *result, gpointer user)
{
    HuneOutputView *self = HUNE_OUTPUT_VIEW(source);
    const struct look *look = g_task_get_task_data(G_TASK(result));
    GtkTextIter begin;

    (void)user;
    if (look->serial != self->find.serial)
        return;
    if (look->is_found) {
        int at;

        gtk_text_buffer_get_iter_at_mark(look->buffer, &begin, look->begin);
        at = gtk_text_iter_get_offset(&begin) + look->at;
        if (is_still_there(look, at)) {
            show_match(self, look->buffer, at, look->size);
            end(self, "");
            return;
        }
    }
    look_on(self);
}

static void look_in_buffer(HuneOutputView *self, const struct stretch *stretch)
{
    g_autoptr(GTask) task = g_task_new(self, NULL, on_looked, NULL);
    struct look *look = g_new0(struct look, 1);
    GtkTextIter from, until;

    gtk_text_buffer_get_iter_at_offset(stretch->buffer, &from, (int)stretch->from);
    gtk_text_buffer_get_iter_at_offset(stretch->buffer, &until,
                                       stretch->until == G_MAXUINT64 ? -1 : (int)stretch->until);
    look->serial = self->find.serial;
    look->buffer = g_object_ref(stretch->buffer);
    look->begin = g_object_ref(gtk_text_buffer_create_mark(look->buffer, NULL, &from, TRUE));
    look->text = gtk_text_buffer_get_text(look->buffer, &from, &until, TRUE);
    look->wanted = g_strdup(self->find.text);
    look->is_last = !self->find.is_forward;
    g_task_set_task_data(task, look, look_free);
    g_task_run_in_thread(task, look_in_thread);
}

/* ---- in what left the view ---- */

/* The page has marks that the part had not. */
static int match_in_page(HuneOutputView *self, gsize at)
{
    GtkTextIter start, end;
    g_autofree char *text = NULL;

    gtk_text_buffer_get_bounds(self->pager.page, &start, &end);
    text = gtk_text_iter_get_text(&start, &end);
    return (int)(at + left_lines_before(text, at));
}

void hune_output_view_show_search(HuneOutputView *self, guint serial,
                                  const struct order_search_news *news)
{
    struct output_find *find = &self->find;

    if (!find->in_source || serial != find->serial) /* of one that was given up */
        return;
    if (!news->is_over) {
        g_autofree char *text = g_strdup_printf(_("Searching: %.0f %%"), news->fraction * 100);

        find_bar_tell(self->find_bar, text);
        return;
    }
    find->in_source = FALSE;
    find->has_skipped |= news->has_skipped;
    if (!news->is_found) {
        look_on(self);
        return;
    }
    output_pager_set_page(self, &news->part);
    show_match(self, self->pager.page, match_in_page(self, news->part.match_at),
               (int)news->part.match_size);
    end(self, "");
}

/* ---- one stretch after the other ---- */

static void look_on(HuneOutputView *self)
{
    struct output_find *find = &self->find;
    const struct output_pager *pager = &self->pager;
    struct stretch stretch;

    if (find->next >= find->stretches->len) {
        end(self, find->has_skipped ? _("Not found in what is kept here") : _("Not found"));
        return;
    }
    stretch = g_array_index(find->stretches, struct stretch, find->next++);
    if (stretch.buffer) {
        look_in_buffer(self, &stretch);
        return;
    }
    find->in_source = TRUE;
    find_bar_tell(self->find_bar, _("Searching"));
    pager->source->search(pager->user, find->serial, find->text, stretch.from, stretch.until,
                          !find->is_forward);
}

static void add_text(HuneOutputView *self, GtkTextBuffer *buffer, guint64 from, guint64 until)
{
    const struct stretch stretch = {.buffer = buffer, .from = from, .until = until};

    g_array_append_val(self->find.stretches, stretch);
}

static void add_source(HuneOutputView *self, guint64 from, guint64 until)
{
    const struct stretch stretch = {.from = from, .until = until};

    if (self->pager.source && from < until)
        g_array_append_val(self->find.stretches, stretch);
}

/* Where the cursor is: what was found last is selected. */
static guint64 cursor_at(GtkTextBuffer *buffer, gboolean forward, gboolean from_here)
{
    GtkTextIter at;

    gtk_text_buffer_get_iter_at_mark(buffer, &at,
                                     forward && !from_here
                                         ? gtk_text_buffer_get_selection_bound(buffer)
                                         : gtk_text_buffer_get_insert(buffer));
    return (guint64)gtk_text_iter_get_offset(&at);
}

/* From the cursor on, around the end, and back to where it began. */
static void plan(HuneOutputView *self, gboolean from_here)
{
    const struct output_pager *pager = &self->pager;
    GtkTextBuffer *shown = pager->page ? pager->page : self->buffer;
    guint64 at = cursor_at(shown, self->find.is_forward, from_here);
    guint64 before = pager->page ? pager->page_from : pager->live_from;
    guint64 behind = pager->page ? pager->page_from + pager->page_size : pager->live_from;

    if (self->find.is_forward) {
        add_text(self, shown, at, G_MAXUINT64);
        add_source(self, behind, pager->live_from);
        if (pager->page)
            add_text(self, self->buffer, 0, G_MAXUINT64);
        add_source(self, 0, before);
    } else {
        add_text(self, shown, 0, at);
        add_source(self, 0, before);
        if (pager->page)
            add_text(self, self->buffer, 0, G_MAXUINT64);
        add_source(self, behind, pager->live_from);
    }
    add_text(self, shown, 0, G_MAXUINT64);
}

static void on_find(gpointer user, const char *text, gboolean forward, gboolean from_here)
{
    HuneOutputView *self = user;
    g_autofree char *own = g_strdup(text);

    output_find_stop(self);
    self->find.text = g_steal_pointer(&own);
    self->find.is_forward = forward;
    self->find.has_skipped = FALSE;
    self->find.next = 0;
    plan(self, from_here);
    look_on(self);
}

static void on_stop(gpointer user)
{
    output_find_stop(user);
}

GtkWidget *output_find_make(HuneOutputView *self)
{
    static const struct find_bar_events events = {.find = on_find, .stop = on_stop};

    self->find.stretches = g_array_new(FALSE, FALSE, sizeof(struct stretch));
    self->find_bar = find_bar_new(&events, self);
    return self->find_bar;
}

void output_find_dispose(HuneOutputView *self)
{
    output_find_stop(self);
    g_clear_pointer(&self->find.stretches, g_array_unref);
}
