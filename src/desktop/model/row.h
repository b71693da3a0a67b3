/* HuneRow: a row of the list of machines, and the machine that stands there just now. The list
 * gives its rows other machines instead of other rows, because a row of widgets is dear.
 *
 * Signals: "changed": another machine, or news of this one; "sampled": new measures of it. */
#pragma once

#include "desktop/model/machine.h"

G_BEGIN_DECLS

#define HUNE_TYPE_ROW (hune_row_get_type())
G_DECLARE_FINAL_TYPE(HuneRow, hune_row, HUNE, ROW, GObject)

/* Everybody reads the fields. */
struct _HuneRow {
    GObject parent_instance;

    HuneMachine *machine; /* NULL: an empty row */
    int height;           /* of an empty row, in pixels */
    guint seen;           /* how many cells show it */
    gulong changed;
    gulong sampled;
};

/* Takes a reference of its own. */
HuneRow *hune_row_new(HuneMachine *machine);
void hune_row_set_machine(HuneRow *self, HuneMachine *machine);
void hune_row_set_empty(HuneRow *self, int height);
/* A cell shows it, or no longer: it follows its machine as long as one does. */
void hune_row_show(HuneRow *self);
void hune_row_hide(HuneRow *self);

G_END_DECLS
