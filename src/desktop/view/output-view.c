/* See output-view.h. */
#include "desktop/view/output-private.h"

#include <string.h>

#include "desktop/text/left-lines.h"
#include "desktop/view/find-bar.h"
#include "fleet/home/i18n.h"

enum {
    CHARACTERS_MAX = 4 << 20,
    CHARACTERS_KEPT = 3 << 20, /* after cutting, so that it is not cut at every line */
    PLACES_APART = 32 * 1024,  /* characters between places whose number of bytes is known */
    FLOOD_MAX = 512 * 1024,    /* bytes that are let in at a time */
    LET_IN_MS = 40,
};

/* So many characters were appended when so many bytes had been said. */
struct place {
    guint64 characters;
    guint64 said;
};

/* Text that waits to be let in. */
struct piece {
    enum hune_output_style style;
    gsize size;
    guint64 said;
    gboolean ends_line;
};

G_DEFINE_FINAL_TYPE(HuneOutputView, hune_output_view, ADW_TYPE_BIN)

/* ---- text ---- */

/* Where a cut may be: a place whose number of bytes is known. */
static gboolean cut_at_mark(HuneOutputView *self, int count)
{
    guint64 wanted = self->appended - CHARACTERS_KEPT;
    GtkTextIter start, until;

    for (guint i = 0; i < self->marks->len; i++) {
        struct place place = g_array_index(self->marks, struct place, i);

        if (place.characters < wanted)
            continue;
        gtk_text_buffer_get_start_iter(self->buffer, &start);
        gtk_text_buffer_get_iter_at_offset(self->buffer, &until,
                                           count - (int)(self->appended - place.characters));
        gtk_text_buffer_delete(self->buffer, &start, &until);
        g_array_remove_range(self->marks, 0, i + 1);
        self->pager.live_from = place.said;
        return TRUE;
    }
    return FALSE;
}

static void cut_beginning(HuneOutputView *self)
{
    int count = gtk_text_buffer_get_char_count(self->buffer);
    GtkTextIter start, until;

    if (count <= CHARACTERS_MAX)
        return;
    if (!cut_at_mark(self, count)) {
        gtk_text_buffer_get_start_iter(self->buffer, &start);
        gtk_text_buffer_get_iter_at_offset(self->buffer, &until, count - CHARACTERS_KEPT);
        gtk_text_iter_forward_line(&until);
        gtk_text_buffer_delete(self->buffer, &start, &until);
    }
    gtk_text_buffer_get_start_iter(self->buffer, &start);
    gtk_text_buffer_insert_with_tags(self->buffer, &start, _("(earlier lines are not shown)\n"), -1,
                                     self->tags[HUNE_OUTPUT_NOTE], NULL);
    output_pager_show(self);
}

static gboolean has_letter_before(const GtkTextIter *at)
{
    GtkTextIter line = *at;
    g_autofree char *before = NULL;

    gtk_text_iter_set_line_offset(&line, 0);
    before = gtk_text_iter_get_text(&line, at);
    return left_lines_has_letter(before);
}

guint64 output_view_insert(HuneOutputView *self, GtkTextIter *at, const char *text, gssize length,
                           enum hune_output_style style)
{
    /* GTK 4.8 tells screen readers of the text up to its NUL, whatever the length says. */
    g_autofree char *own = length >= 0 ? g_strndup(text, (gsize)length) : g_strdup(text);
    g_autofree char *marked = left_lines(own, FALSE);

    if (marked && has_letter_before(at)) { /* rare, and the line may be long: looked at only then */
        g_free(marked);
        marked = left_lines(own, TRUE);
    }
    gtk_text_buffer_insert_with_tags(gtk_text_iter_get_buffer(at), at, marked ? marked : own, -1,
                                     self->tags[style], NULL);
    return (guint64)g_utf8_strlen(marked ? marked : own, -1);
}

static void append(HuneOutputView *self, const char *text, gssize length,
                   enum hune_output_style style)
{
    GtkTextIter end;

    gtk_text_buffer_get_end_iter(self->buffer, &end);
    self->appended += output_view_insert(self, &end, text, length, style);
}

static void settle(HuneOutputView *self)
{
    cut_beginning(self);
    output_follow(self);
}

/* ---- a flood: what nobody could read in time is not laid out at all ---- */

static void insert_piece(HuneOutputView *self, const struct piece *piece, const char *text)
{
    struct place place = {.said = piece->said};
    guint64 before = self->marks->len > 0
                         ? g_array_index(self->marks, struct place, self->marks->len - 1).characters
                         : 0;

    append(self, text, (gssize)piece->size, piece->style);
    place.characters = self->appended;
    if (place.characters - before > PLACES_APART * (piece->ends_line ? 1 : 8))
        g_array_append_val(self->marks, place);
}

/* How many of the first pieces are left out; the buffer's text then goes with them. A cut is best
 * behind a whole line, but not for the price of a line that fills all by itself. */
static guint pieces_to_skip(HuneOutputView *self)
{
    gsize left = self->waiting->len;
    guint any = 0;

    if (left <= FLOOD_MAX)
        return 0;
    for (guint i = 0; i + 1 < self->pieces->len && (!any || left > FLOOD_MAX / 2); i++) {
        const struct piece *piece = &g_array_index(self->pieces, struct piece, i);

        left -= piece->size;
        if (left <= FLOOD_MAX && piece->ends_line)
            return i + 1;
        if (left <= FLOOD_MAX && !any)
            any = i + 1;
    }
    return any;
}

static void begin_anew(HuneOutputView *self, guint64 said)
{
    gtk_text_buffer_set_text(self->buffer, "", 0);
    g_array_set_size(self->marks, 0);
    self->pager.live_from = said;
    append(self, _("(earlier lines are not shown)\n"), -1, HUNE_OUTPUT_NOTE);
    output_pager_show(self);
}

static void let_in(HuneOutputView *self)
{
    guint skipped = pieces_to_skip(self);
    gsize at = 0;

    g_clear_handle_id(&self->timer, g_source_remove);
    if (self->pieces->len == 0)
        return;
    output_follow_begin(self);
    for (guint i = 0; i < self->pieces->len; i++) {
        const struct piece *piece = &g_array_index(self->pieces, struct piece, i);

        if (i >= skipped)
            insert_piece(self, piece, self->waiting->str + at);
        else if (i + 1 == skipped)
            begin_anew(self, piece->said);
        at += piece->size;
    }
    g_array_set_size(self->pieces, 0);
    g_string_truncate(self->waiting, 0);
    settle(self);
}

static gboolean on_timer(gpointer data)
{
    HuneOutputView *self = data;

    self->timer = 0;
    let_in(self);
    return G_SOURCE_REMOVE;
}

void hune_output_view_append(HuneOutputView *self, const char *text, gssize length,
                             enum hune_output_style style)
{
    let_in(self);
    output_follow_begin(self);
    append(self, text, length, style);
    settle(self);
}

void hune_output_view_append_said(HuneOutputView *self, const char *text, gssize length,
                                  enum hune_output_style style, guint64 said)
{
    gsize size = length >= 0 ? (gsize)length : strlen(text);
    const struct piece piece = {
        .style = style,
        .size = size,
        .said = said,
        .ends_line = size > 0 && text[size - 1] == '\n',
    };

    self->pager.said = said;
    g_string_append_len(self->waiting, text, (gssize)size);
    g_array_append_val(self->pieces, piece);
    /* Nor is it kept while the window has no time for it. */
    if (self->waiting->len > 8 * FLOOD_MAX)
        let_in(self);
    else if (!self->timer)
        self->timer = g_timeout_add(LET_IN_MS, on_timer, self);
}

/* ---- the source ---- */

void hune_output_view_set_source(HuneOutputView *self, const struct hune_output_source *source,
                                 gpointer user)
{
    let_in(self);
    output_pager_set_source(self, source, user);
    g_array_set_size(self->marks, 0);
}

void hune_output_view_begin_at(HuneOutputView *self, guint64 said)
{
    let_in(self);
    self->pager.said = said;
    begin_anew(self, said);
    output_pager_open(self);
}

/* Behind the note that there is more, or in its place. */
void output_view_prepend(HuneOutputView *self, const struct order_part *part)
{
    guint64 characters;
    struct place place = {.said = part->from + part->size};
    GtkTextIter start, behind, end;

    output_follow_begin(self);
    gtk_text_buffer_get_start_iter(self->buffer, &start);
    behind = start;
    gtk_text_iter_forward_line(&behind);
    if (part->from == 0)
        gtk_text_buffer_delete(self->buffer, &start, &behind);
    characters = output_view_insert(self, &behind, part->text, (gssize)part->length,
                                    HUNE_OUTPUT_PLAIN);
    self->pager.live_from = part->from;
    self->appended += characters;
    for (guint i = 0; i < self->marks->len; i++)
        g_array_index(self->marks, struct place, i).characters += characters;
    gtk_text_buffer_get_end_iter(self->buffer, &end);
    place.characters = self->appended - (guint64)(gtk_text_iter_get_offset(&end) -
                                                  gtk_text_iter_get_offset(&behind));
    g_array_prepend_val(self->marks, place);
    settle(self);
}

void hune_output_view_end_line(HuneOutputView *self)
{
    GtkTextIter end;

    let_in(self);
    gtk_text_buffer_get_end_iter(self->buffer, &end);
    if (!gtk_text_iter_starts_line(&end))
        hune_output_view_append(self, "\n", 1, HUNE_OUTPUT_PLAIN);
}

void hune_output_view_clear(HuneOutputView *self)
{
    let_in(self);
    output_pager_leave(self, TRUE);
    gtk_text_buffer_set_text(self->buffer, "", 0);
    self->follows = TRUE;
    self->appended = 0;
    hune_output_view_set_source(self, self->pager.source, self->pager.user);
}

/* ---- searching ---- */

void hune_output_view_search(HuneOutputView *self)
{
    find_bar_open(self->find_bar);
}

static void act_search(GtkWidget *widget, const char *name, GVariant *parameter)
{
    (void)name;
    (void)parameter;
    hune_output_view_search(HUNE_OUTPUT_VIEW(widget));
}

/* ---- the type ---- */

/* Colours follow light and dark. */
static void set_colours(HuneOutputView *self)
{
    gboolean dark = adw_style_manager_get_dark(adw_style_manager_get_default());

    g_object_set(self->tags[HUNE_OUTPUT_ERROR], "foreground", dark ? "#ff938c" : "#c01c28", NULL);
    g_object_set(self->tags[HUNE_OUTPUT_NOTE], "foreground", dark ? "#99c1f1" : "#1a5fb4", NULL);
}

static void hune_output_view_dispose(GObject *object)
{
    HuneOutputView *self = HUNE_OUTPUT_VIEW(object);

    g_signal_handlers_disconnect_by_data(adw_style_manager_get_default(), object);
    g_clear_handle_id(&self->timer, g_source_remove);
    output_follow_dispose(self);
    output_find_dispose(self);
    output_pager_dispose(self);
    G_OBJECT_CLASS(hune_output_view_parent_class)->dispose(object);
}

static void hune_output_view_finalize(GObject *object)
{
    HuneOutputView *self = HUNE_OUTPUT_VIEW(object);

    g_array_unref(self->marks);
    g_array_unref(self->pieces);
    g_string_free(self->waiting, TRUE);
    g_object_unref(self->buffer);
    G_OBJECT_CLASS(hune_output_view_parent_class)->finalize(object);
}

static void hune_output_view_class_init(HuneOutputViewClass *class)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(class);

    G_OBJECT_CLASS(class)->dispose = hune_output_view_dispose;
    G_OBJECT_CLASS(class)->finalize = hune_output_view_finalize;
    gtk_widget_class_install_action(widget_class, "output.search", NULL, act_search);
    gtk_widget_class_add_binding_action(widget_class, GDK_KEY_F, GDK_CONTROL_MASK | GDK_SHIFT_MASK,
                                        "output.search", NULL);
}

/* A long line goes on in the next one, without the hyphen that GTK would add to it there. */
static void make_tags(HuneOutputView *self)
{
    self->tags[HUNE_OUTPUT_PLAIN] = gtk_text_buffer_create_tag(self->buffer, NULL, NULL);
    self->tags[HUNE_OUTPUT_ERROR] = gtk_text_buffer_create_tag(self->buffer, NULL, NULL);
    self->tags[HUNE_OUTPUT_NOTE] = gtk_text_buffer_create_tag(self->buffer, NULL, "style",
                                                              PANGO_STYLE_ITALIC, NULL);
    self->tags[HUNE_OUTPUT_COMMAND] = gtk_text_buffer_create_tag(self->buffer, NULL, "weight",
                                                                 PANGO_WEIGHT_BOLD, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(self->tags); i++)
        g_object_set(self->tags[i], "insert-hyphens", FALSE, NULL);
    set_colours(self);
}

static void hune_output_view_init(HuneOutputView *self)
{
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0);
    GtkWidget *scrolled = gtk_scrolled_window_new();
    GtkTextIter end;

    self->marks = g_array_new(FALSE, FALSE, sizeof(struct place));
    self->pieces = g_array_new(FALSE, FALSE, sizeof(struct piece));
    self->waiting = g_string_new(NULL);
    self->view = GTK_TEXT_VIEW(gtk_text_view_new());
    self->buffer = g_object_ref(gtk_text_view_get_buffer(self->view));
    gtk_text_view_set_editable(self->view, FALSE);
    gtk_text_view_set_cursor_visible(self->view, FALSE);
    gtk_text_view_set_monospace(self->view, TRUE);
    gtk_text_view_set_wrap_mode(self->view, GTK_WRAP_CHAR);
    gtk_text_view_set_left_margin(self->view, 9);
    gtk_text_view_set_right_margin(self->view, 9);
    gtk_text_view_set_top_margin(self->view, 6);
    gtk_text_view_set_bottom_margin(self->view, 6);
    gtk_text_buffer_set_enable_undo(self->buffer, FALSE);
    gtk_accessible_update_property(GTK_ACCESSIBLE(self->view), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                   _("Output"), -1);
    gtk_text_buffer_get_end_iter(self->buffer, &end);
    self->end = gtk_text_buffer_create_mark(self->buffer, NULL, &end, FALSE);
    make_tags(self);
    gtk_scrolled_window_set_child(GTK_SCROLLED_WINDOW(scrolled), GTK_WIDGET(self->view));
    gtk_widget_set_vexpand(scrolled, TRUE);
    output_follow_watch(self, scrolled);
    output_copy_watch(self->view);
    g_signal_connect_swapped(adw_style_manager_get_default(), "notify::dark",
                             G_CALLBACK(set_colours), self);
    gtk_box_append(GTK_BOX(box), output_find_make(self));
    gtk_box_append(GTK_BOX(box), output_pager_make(self));
    gtk_box_append(GTK_BOX(box), scrolled);
    adw_bin_set_child(ADW_BIN(self), box);
}

GtkWidget *hune_output_view_new(void)
{
    return g_object_new(HUNE_TYPE_OUTPUT_VIEW, NULL);
}
