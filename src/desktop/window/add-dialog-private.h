/* What the files of the dialog share: add-dialog.c (its pages, meeting, saving), add-form.c (what
 * is typed, judged while it is typed). */
#pragma once

#include "desktop/view/entry-row.h"
#include "desktop/window/add-dialog.h"
#include "fleet/inventory/newcomer.h"
#include "proto/invite.h"

G_BEGIN_DECLS

struct _HuneAddDialog {
    AdwWindow parent_instance;

    /* of the template */
    GtkStack *stack;
    GtkButton *cancel_button;
    GtkButton *next_button;
    HuneEntryRow *link_row;
    GtkLabel *link_error;
    AdwPreferencesGroup *address_group;
    HuneEntryRow *host_row;
    GtkLabel *host_error;
    HuneEntryRow *port_row;
    GtkLabel *port_error;
    HuneEntryRow *name_row;
    HuneEntryRow *tags_row;
    GtkLabel *name_error;
    GtkSpinner *spinner;
    GtkLabel *progress_label;
    AdwPreferencesGroup *confirm_group;
    GtkLabel *failed_title;
    GtkLabel *failed_text;
    AdwBin *failed_way; /* holds the way to the machine, step by step */

    /* own */
    HuneWindow *window; /* weak */
    HuneFleet *fleet;
    GList *confirm_rows;  /* borrowed */
    gboolean was_touched; /* an empty form is not reproached */
    gboolean is_meeting;
    gboolean is_called_off;

    /* whom it is about */
    char *host;
    guint16 port;
    gboolean has_link;
    struct invite_link invite;
    uint8_t id[MACHINE_ID_SIZE];
    char *own_name;
};

/* ---- add-form.c ---- */
const char *hune_add_form_text(HuneEntryRow *row);
/* Says beside each field what is wrong with it, and takes host, port and link from those that are
 * right. True if all are. */
gboolean hune_add_form_judge(HuneAddDialog *self);

G_END_DECLS
