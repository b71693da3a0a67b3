/* HuneOutputView: text of machines, read-only: it can be selected, searched and saved. The oldest
 * lines leave when there is too much of it, so that ten million lines cost what some thousand do.
 */
#pragma once

#include <adwaita.h>

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
/* Begins a line if the text does not end with one. */
void hune_output_view_end_line(HuneOutputView *self);
void hune_output_view_clear(HuneOutputView *self);
void hune_output_view_search(HuneOutputView *self);

G_END_DECLS
