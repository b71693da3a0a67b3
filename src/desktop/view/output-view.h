/* HuneOutputView: text of machines, read-only: it can be selected, searched and saved. The oldest
 * lines leave when there is too much of it, so that ten million lines cost what some thousand do;
 * they come back, a part at a time, from where they are kept.
 */
#pragma once

#include <adwaita.h>

#include "desktop/worker/order.h"

G_BEGIN_DECLS

#define HUNE_TYPE_OUTPUT_VIEW (hune_output_view_get_type())
G_DECLARE_FINAL_TYPE(HuneOutputView, hune_output_view, HUNE, OUTPUT_VIEW, AdwBin)

enum hune_output_style {
    HUNE_OUTPUT_PLAIN,
    HUNE_OUTPUT_ERROR,
    HUNE_OUTPUT_COMMAND, /* what was ordered */
    HUNE_OUTPUT_NOTE,    /* what Hune says about it */
};

GtkWidget *hune_output_view_new(void);
/* `text` is valid UTF-8 (display.h). Follows the end if the end is in view. */
void hune_output_view_append(HuneOutputView *self, const char *text, gssize length,
                             enum hune_output_style style);
/* The same, of what can be read again: `said` bytes of it had come with this. */
void hune_output_view_append_said(HuneOutputView *self, const char *text, gssize length,
                                  enum hune_output_style style, guint64 said);
/* What follows begins a source that can be read again. `read` asks for a part of it, and is
 * answered with hune_output_view_show_part(); `search` looks for a text in a part of it, and is
 * answered with hune_output_view_show_search() until it is over, which `search_end` hastens. NULL:
 * there is no source any more. */
struct hune_output_source {
    void (*read)(gpointer user, guint64 from, guint64 until, gboolean backwards);
    void (*search)(gpointer user, guint serial, const char *text, guint64 from, guint64 until,
                   gboolean backwards);
    void (*search_end)(gpointer user);
};
void hune_output_view_set_source(HuneOutputView *self, const struct hune_output_source *source,
                                 gpointer user);
/* The source has said so much before: in an empty view, the end of it is asked for, and shown
 * before what follows. */
void hune_output_view_begin_at(HuneOutputView *self, guint64 said);
void hune_output_view_show_part(HuneOutputView *self, const struct order_part *part);
void hune_output_view_show_search(HuneOutputView *self, guint serial,
                                  const struct order_search_news *news);
/* Begins a line if the text does not end with one. */
void hune_output_view_end_line(HuneOutputView *self);
void hune_output_view_clear(HuneOutputView *self);
void hune_output_view_search(HuneOutputView *self);

G_END_DECLS
