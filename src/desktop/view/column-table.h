/* The columns of the machines' list as a table: what each shows, how it sorts, how much room it
 * wants. No widgets here. */
#pragma once

#include "desktop/model/machine.h"
#include "desktop/view/sparkline.h"

G_BEGIN_DECLS

enum { HUNE_COLUMNS = 9, HUNE_COLUMN_CHARS_MAX = 28 };

struct hune_column {
    const char *id;
    const char *title;
    char *(*text)(const HuneMachine *machine); /* NULL: a sparkline */
    int (*compare)(gconstpointer a, gconstpointer b, gpointer user_data);
    enum hune_measure measure;
    const char *usual; /* there is room for this text at least, as long as there is room */
    const char *least; /* and for this one, or its longest text, always */
    guint rank;        /* where there is no room for all, the largest goes; 0: never goes */
    gboolean expand;
    gboolean right;
    gboolean has_icon;
};

/* Of HUNE_COLUMNS. */
const struct hune_column *hune_column_at(guint position);
gboolean hune_column_shows_name(const struct hune_column *column);
/* Whether it is another with each sample. */
gboolean hune_column_is_sampled(const struct hune_column *column);

G_END_DECLS
