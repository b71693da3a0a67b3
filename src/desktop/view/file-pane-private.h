/* What the files of HuneFilePane share: file-pane.c (the widget, and what is done in it) and
 * file-pane-read.c (how a folder gets into it). */
#pragma once

#include "desktop/view/file-pane.h"

struct _HuneFilePane {
    AdwBin parent_instance;

    GtkEntry *path;
    GtkWidget *up;
    GtkLabel *fault;
    GtkColumnView *view;
    GtkLabel *status;
    GtkSpinner *spinner;
    GtkToggleButton *hidden;

    HuneFleet *fleet;
    HuneMachine *machine; /* NULL: this computer */
    char *user;           /* there; NULL: not known yet */
    GListStore *store;
    GtkFilter *filter;
    GtkMultiSelection *selection;
    char *folder;     /* shown; NULL: none yet */
    gboolean is_more; /* than is shown */
    guint serial;     /* of the last question */
    char *wanted;     /* the folder that is being read; NULL: none is */
    guint slow;       /* runs while a machine is asked */
};

/* ---- file-pane-read.c ---- */

/* Reads a folder and shows it, or says why not; "~" is the user's home. A question that was not
 * answered yet counts no more. */
void hune_file_pane_go(HuneFilePane *self, const char *path);
/* Shows no folder. */
void hune_file_pane_clear(HuneFilePane *self);

/* ---- file-pane.c ---- */

/* Other files than before are there, or are chosen. */
void hune_file_pane_tell_chosen(HuneFilePane *self);
