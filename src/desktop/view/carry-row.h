/* HuneCarryRow: files on their way to or from one machine: how far, how fast, how long yet, how it
 * ended. It keeps itself alive until the worker has told the end.
 *
 * Signals: "ended" (is_whole); "dismissed": a person has seen the end. */
#pragma once

#include <adwaita.h>

#include "desktop/model/fleet-model.h"
#include "proto/verb.h"

G_BEGIN_DECLS

#define HUNE_TYPE_CARRY_ROW (hune_carry_row_get_type())
G_DECLARE_FINAL_TYPE(HuneCarryRow, hune_carry_row, HUNE, CARRY_ROW, AdwBin)

struct hune_carry {
    enum verb verb; /* VERB_GET or VERB_PUT */
    const char *const *paths;
    const char *target; /* a folder */
    const char *user;   /* at the machine; "": as the list says */
};

/* Starts at once. */
GtkWidget *hune_carry_row_new(HuneFleet *fleet, HuneMachine *machine,
                              const struct hune_carry *carry);
gboolean hune_carry_row_is_over(HuneCarryRow *self);
enum verb hune_carry_row_verb(HuneCarryRow *self);
/* Stops it on both sides. */
void hune_carry_row_stop(HuneCarryRow *self);

G_END_DECLS
