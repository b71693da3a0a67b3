/* The groups beside the list of machines: all, connected, down, needs attention, and every tag. */
#pragma once

#include <gtk/gtk.h>

#include "desktop/model/fleet-model.h"

G_BEGIN_DECLS

enum hune_group_kind {
    HUNE_GROUP_ALL,
    HUNE_GROUP_CONNECTED,
    HUNE_GROUP_DOWN,
    HUNE_GROUP_ATTENTION,
    HUNE_GROUP_TAG,
};

struct hune_group {
    enum hune_group_kind kind;
    char *tag;
};

void hune_group_clear(struct hune_group *group);
void hune_group_copy(struct hune_group *to, const struct hune_group *from);
gboolean hune_group_has(const struct hune_group *group, HuneMachine *machine);
/* Whether machines come and go without the list changing. */
gboolean hune_group_is_live(const struct hune_group *group);

/* Brings rows and counts up to date; the selected group stays selected. */
void hune_groups_update(GtkListBox *list, HuneFleet *fleet);
const struct hune_group *hune_groups_of_row(GtkListBoxRow *row);

G_END_DECLS
